"""Names as arrays: what two records' names are compared and paired by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.kanji import fold_soft
from oneid.japanese.likelyreadings import candidates
from oneid.japanese.romaji import unvoiced
from oneid.japanese.text import on_tokens
from oneid.kinds.base import Context, Home, Key
from oneid.kinds.holders import HEARD
from oneid.kinds.name.known import SPELLED
from oneid.kinds.name.levels import Names, Split
from oneid.kinds.name.matching.connected import JOINED, fold_connected, fold_unconnected
from oneid.kinds.name.matching.parts import LOST, Part
from oneid.kinds.name.rarity import bearers, expected, held
from oneid.kinds.texts import Text
from oneid.vocabulary.codes import Codes, both, code, mix

Fold = Callable[[pl.Expr], pl.Expr]

__all__ = ["KEYS", "MOST_READINGS", "columns", "counted", "home", "keys", "spoken"]

KEYS: Mapping[str, Key] = {
    "reading": Key("the spelling-free reading of the name", ("name", "kana", "romaji")),
    "spoken": Key("the likely readings of names in kanji alone, on which they meet names in kana alone", ("name",)),
    "kanji": Key("the folded kanji name", ("name",)),
    "given": Key("the spelling-free reading of the given name", ("name", "kana", "romaji")),
}
"""The blocking keys of names."""

_CODED = (
    "name", "family", "given", "kana_family", "kana_given", "key_family", "key_given", "nickname", "nickname_key",
    "words", "suffix",
)  # fmt: skip
"""The features that are compared by their codes."""


def columns(features: pl.DataFrame, context: Context) -> Names:
    """The names of records; how many records bear each is counted among these, or as it is known from before."""
    one = pl.col("family").is_null() != pl.col("given").is_null()  # a part alone is nobody's whole name
    whole = features.lazy().select(name=pl.when(~one).then("name")).collect()
    features = features.with_columns(whole["name"])
    codes = dict(zip(_CODED, context.engine.map(lambda name: code(features[name]), _CODED), strict=True))
    return _names(features, codes, context)


def counted(names: Names) -> Mapping[str, Sequence[Codes]]:
    """What is counted of names: whole names in ``kanji``, readings (``key``), and that there are readings without
    kanji.
    """
    alone = (names.kanji.codes == 0) & (names.key != 0)
    return {"kanji": [names.kanji.codes], "key": [names.key], HEARD: [alone.astype(np.uint64)]}


def keys(names: Names, heard: bool | None) -> Mapping[str, Sequence[Codes]]:
    """The codes of the blocking keys :data:`KEYS`; ``heard`` is for :func:`spoken`."""
    return {
        "reading": [names.key], "spoken": spoken(names, heard), "kanji": [names.kanji.codes],
        "given": [names.given.key.codes],
    }  # fmt: skip


def _part(frame: pl.DataFrame, part: str, codes: Mapping[str, Codes], unvoiced_: Mapping[str, pl.Series]) -> Part:
    """The family or the given names."""
    text = {kind: Text(codes[kind + part], frame[kind + part]) for kind in ("", "kana_", "key_")}
    written = frame[part]
    spelled = (written.str.contains(SPELLED) & frame["key_" + part].is_not_null()).fill_null(value=False)
    among = written.str.contains(_SOUNDING).fill_null(value=False) & ~spelled
    kanji = text[""]
    if spelled.any():
        values = pl.DataFrame({"text": written, "spelled": spelled}).select(pl.when(~pl.col("spelled")).then("text"))
        kanji = Text(np.where(spelled.to_numpy(), np.uint64(0), kanji.codes), values.to_series())
    soft = np.where(spelled.to_numpy(), np.uint64(0), code(unvoiced_["soft_" + part]))
    return Part(
        kanji=kanji,
        soft=soft,
        kana=text["kana_"],
        key=text["key_"],
        unvoiced=code(unvoiced_["unvoiced_" + part]),
        phonetic=code(frame["phonetic_" + part]),
        cut=frame["cut_" + part].fill_null(value=False).to_numpy(),
        bare=_bare(written, soft) if part == "family" else soft,
        spelled=spelled.to_numpy(),
        mixed=among.to_numpy(),
    )


def _bare(families: pl.Series, soft: Codes) -> Codes:
    """The codes of family names without what joins two of their kanji."""
    rows = families.str.contains(JOINED).fill_null(value=False).arg_true()
    if rows.is_empty():
        return soft
    texts = families.gather(rows).alias("text").to_frame().select(fold_unconnected(pl.col("text"))).to_series()
    made = soft.copy()
    made[rows.to_numpy()] = code(texts)
    return made


def _names(frame: pl.DataFrame, codes: Mapping[str, Codes], context: Context) -> Names:
    engine, known = context.engine, context.borne
    ordered = pl.min_horizontal("key_family", "key_given"), pl.max_horizontal("key_family", "key_given")
    whole = pl.col("key_family").is_not_null() & pl.col("key_given").is_not_null()
    key = code(frame.select(pl.when(whole).then(pl.concat_str(*ordered, separator=" "))).to_series())
    work = [(fold_connected, "family"), (fold_soft, "given"), (unvoiced, "key_family"), (unvoiced, "key_given")]
    made = engine.map(lambda one: _each(frame[one[1]], one[0]), work)
    folded = dict(zip(("soft_family", "soft_given", "unvoiced_family", "unvoiced_given"), made, strict=True))
    family, given = (_part(frame, part, codes, folded) for part in ("family", "given"))
    every = None if known is None else known.plus(context.sources, {"kanji": [codes["name"]], "key": [key]})

    def count(kind: str, part: str, held_by: Codes) -> npt.NDArray[np.float32]:
        likely = expected(frame[part + "family"], frame[part + "given"], kind)
        if every is None:
            return bearers(held(held_by), likely)
        return bearers(every.of(kind).of(held_by), likely, every.records)

    count_kanji, count_key = engine.map(lambda one: count(*one), [("kanji", "", codes["name"]), ("key", "key_", key)])
    written = frame.select(_OF_OTHERS)
    return Names(
        kanji=Text(codes["name"], frame["name"]),
        lost=frame["name"].str.contains(LOST, literal=True).fill_null(value=False).to_numpy(),
        family=family,
        given=given,
        key=key,
        from_romaji=frame["from_romaji"].fill_null(value=False).to_numpy(),
        foreign=frame["foreign"].fill_null(value=False).to_numpy(),
        unsure=frame["unsure"].fill_null(value=False).to_numpy(),
        words=Text(codes["words"], frame["words"]),
        heard=(frame["sound_family"], frame["sound_given"]),
        suffix=Text(codes["suffix"], frame["suffix"]),
        sound=_in_any_order(code(frame["sound_family"]), code(frame["sound_given"])),
        count_kanji=count_kanji,
        count_key=count_key,
        nickname=Text(codes["nickname"], frame["nickname"]),
        nickname_key=codes["nickname_key"],
        several=_several(frame),
        others=lambda rows: _others(written[rows], family.of(rows), given.of(rows)),
    )


_OF_OTHERS = ("name", "second_family", "second_given", "other_splits")


def _several(frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which names can be split in several ways, or have a second name beside them."""
    second = pl.col("second_family").is_not_null() & pl.col("second_given").is_not_null()
    split = (pl.col("other_splits").list.len() > 0).fill_null(value=False)
    return frame.select(second | split).to_series().to_numpy()


def _others(frame: pl.DataFrame, family: Part, given: Part) -> list[Split]:
    """The other splits of some names, whose parts by the likeliest split are these."""
    return [*_second_names(frame, family, given), *_other_splits(frame, family, given)]


_SOUNDING = "[ぁ-ゖァ-ヺa-zà-ɏ]"


def home(features: pl.DataFrame) -> Home:
    """The family names, in kanji, old and new forms alike, and by their reading."""
    return Home(names=(code(_each(features["family"], fold_connected)), code(features["key_family"])))


def _each(column: pl.Series, function: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """``function`` of a column of parts of names."""
    return on_tokens(column, lambda tokens: tokens.to_frame("value").select(function(pl.col("value"))).to_series())


def _other_splits(frame: pl.DataFrame, family: Part, given: Part) -> Iterator[Split]:
    """The further possible splits of unspaced names, the second best of all names first."""
    lists = frame["other_splits"]
    for place in range(int(lists.list.len().max() or 0)):  # type: ignore[arg-type]
        rows = (lists.list.len() > place).fill_null(value=False).arg_true()
        cuts = lists.gather(rows).list.get(place).alias("cut")
        texts = pl.DataFrame([frame["name"].gather(rows), cuts])
        name_, cut = pl.col("name"), pl.col("cut")
        made = texts.select(family=name_.str.slice(0, cut), given=name_.str.slice(cut))
        there = np.zeros(frame.height, dtype=np.bool_)
        there[rows.to_numpy()] = True
        wanted = ((family, "family", fold_connected), (given, "given", fold_soft))
        parts = (_replaced(part, made[kind], rows, fold) for part, kind, fold in wanted)
        yield Split(there, *parts)


def _second_names(frame: pl.DataFrame, family: Part, given: Part) -> Iterator[Split]:
    """What people are called beside their names, as another split: with their own kanji and no sound."""
    rows = (frame["second_family"].is_not_null() & frame["second_given"].is_not_null()).arg_true()
    if rows.is_empty():
        return
    there = np.zeros(frame.height, dtype=np.bool_)
    there[rows.to_numpy()] = True
    parts = []
    for part, kind, fold in ((family, "second_family", fold_connected), (given, "second_given", fold_soft)):
        made = _replaced(part, frame[kind].gather(rows), rows, fold)
        kana, key = (_silenced(text, there) for text in (part.kana, part.key))
        parts.append(made.renamed(there, made.kanji, made.soft, kana, key))
    yield Split(there, *parts)


def _silenced(text: Text, rows: npt.NDArray[np.bool_]) -> Text:
    values = pl.DataFrame([text.values.alias("text"), pl.Series("rows", rows)]).select(
        pl.when(~pl.col("rows")).then("text")
    )
    return Text(np.where(rows, np.uint64(0), text.codes), values.to_series())


def _replaced(part: Part, kanji: pl.Series, rows: pl.Series, fold: Fold) -> Part:
    """A part with other kanji in some rows."""
    codes, soft = part.kanji.codes.copy(), part.soft.copy()
    codes[rows.to_numpy()] = code(kanji)
    soft[rows.to_numpy()] = code(_each(kanji, fold))
    return replace(part, kanji=Text(codes, part.kanji.values.clone().scatter(rows, kanji)), soft=soft)


MOST_READINGS = 3
"""Up to so many readings of a name in kanji alone are blocking keys."""


def spoken(names: Names, heard: bool | None = None) -> list[Codes]:
    """The key on which names in kanji alone meet names in kana or romaji alone: the reading without voicing, or one
    for each likely reading of the kanji. All other names meet on kanji or reading, and have none.

    Kanji are read only where they could meet any name that is ``heard`` alone; left out, one of these records.
    """
    family, given = names.family, names.given
    silent = both(family.kanji.codes, given.kanji.codes) & (family.key.codes == 0) & (given.key.codes == 0)
    sounds = (names.kanji.codes == 0) & (names.key != 0)
    keys = [np.where(sounds, _in_any_order(family.unvoiced, given.unvoiced), np.uint64(0))]
    rows = np.flatnonzero(silent)
    if not rows.size or not (sounds.any() if heard is None else heard):
        return keys
    at = rows.astype(np.uint32)
    wanted = pl.DataFrame({
        "row": rows, "family": family.kanji.values.gather(at), "given": given.kanji.values.gather(at),
    })  # fmt: skip
    likely = _likely_readings(wanted.select("family", "given").unique())
    found = wanted.join(likely, on=["family", "given"], maintain_order="left")
    for place in range(MOST_READINGS):
        if place:
            keys.append(np.zeros_like(keys[0]))
        here = found.filter(place=place)
        parts = (code(here["family_key"]), code(here["given_key"]))
        keys[place][here["row"].to_numpy()] = _in_any_order(*parts)
    return keys


def _in_any_order(first: Codes, second: Codes) -> Codes:
    return mix(np.minimum(first, second), np.maximum(first, second))


def _likely_readings(names: pl.DataFrame) -> pl.DataFrame:
    """For distinct family and given names in kanji the likeliest readings together, without voicing: family, given,
    family_key, given_key, place (0 for the likeliest).
    """
    made = names
    for part, most in (("family", 2), ("given", MOST_READINGS)):
        read = candidates(names[part], part, most).rename({"kanji": part, "share": f"{part}_share"})
        read = read.with_columns(unvoiced(pl.col("key")).alias(f"{part}_key")).drop("key")
        made = made.join(read, on=part)
    made = made.unique(["family", "given", "family_key", "given_key"], maintain_order=True)
    made = made.with_columns(share=pl.col("family_share") * pl.col("given_share"))
    made = made.sort("share", "family_key", "given_key", descending=[True, False, False])
    place = pl.int_range(pl.len()).over("family", "given")
    return made.with_columns(place=place).filter(pl.col("place") < MOST_READINGS)
