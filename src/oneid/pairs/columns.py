"""From features to the arrays that blocking and comparing work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.base import Engine
from oneid.japanese.kanji import fold_soft
from oneid.japanese.readings import candidates
from oneid.japanese.romaji import unvoiced
from oneid.japanese.text import on_tokens
from oneid.kinds.name.levels import LOST, Names, Part, Split, Text, name
from oneid.kinds.name.rarity import Borne, bearers, expected, held
from oneid.kinds.phone import is_mobile
from oneid.pairs.compare import Columns, Places, birth
from oneid.records.features import CUSTOM
from oneid.vocabulary.codes import Codes, both, code, list_codes, mix
from oneid.vocabulary.patterns import LEVELS

__all__ = ["block_keys", "borne", "columns_of", "contradicted", "contradicting", "spoken"]

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.uint32]

MOST_HOLDERS = 12
"""Up to so many holders of a value every pair of them is looked at; of more, the first against each other one."""


CODED = (
    "name", "family", "given", "kana_family", "kana_given", "key_family", "key_given", "nickname", "nickname_key",
    "town", "block", "building", "room", "postcode", "sex",
)  # fmt: skip
"""The features with one value that are compared by their codes."""


def _part(frame: pl.DataFrame, part: str, codes: Mapping[str, Codes], unvoiced_: Mapping[str, pl.Series]) -> Part:
    """The family or the given names."""
    text = {kind: Text(codes[kind + part], frame[kind + part]) for kind in ("", "kana_", "key_")}
    return Part(
        kanji=text[""],
        soft=code(unvoiced_["soft_" + part]),
        kana=text["kana_"],
        key=text["key_"],
        unvoiced=code(unvoiced_["unvoiced_" + part]),
        phonetic=code(frame["phonetic_" + part]),
        cut=frame["cut_" + part].fill_null(value=False).to_numpy(),
    )


def _names(frame: pl.DataFrame, codes: Mapping[str, Codes], engine: Engine, known: Borne | None) -> Names:
    ordered = pl.min_horizontal("key_family", "key_given"), pl.max_horizontal("key_family", "key_given")
    whole = pl.col("key_family").is_not_null() & pl.col("key_given").is_not_null()
    key = code(frame.select(pl.when(whole).then(pl.concat_str(*ordered, separator=" "))).to_series())
    work = [(fold_soft, "family"), (fold_soft, "given"), (unvoiced, "key_family"), (unvoiced, "key_given")]
    made = engine.map(lambda one: _each(frame[one[1]], one[0]), work)
    folded = dict(zip(("soft_family", "soft_given", "unvoiced_family", "unvoiced_given"), made, strict=True))
    family, given = (_part(frame, part, codes, folded) for part in ("family", "given"))
    every = None if known is None else known.plus(frame["source"], codes["name"], key)

    def count(kind: str, part: str, held_by: Codes) -> npt.NDArray[np.float32]:
        likely = expected(frame[part + "family"], frame[part + "given"], kind)
        if every is None:
            return bearers(held(held_by), likely)
        return bearers((every.kanji if kind == "kanji" else every.key).of(held_by), likely, every.records)

    count_kanji, count_key = engine.map(lambda one: count(*one), [("kanji", "", codes["name"]), ("key", "key_", key)])
    return Names(
        kanji=Text(codes["name"], frame["name"]),
        lost=frame["name"].str.contains(LOST, literal=True).fill_null(value=False).to_numpy(),
        family=family,
        given=given,
        key=key,
        from_romaji=frame["from_romaji"].fill_null(value=False).to_numpy(),
        foreign=frame["foreign"].fill_null(value=False).to_numpy(),
        sound=_in_any_order(code(frame["sound_family"]), code(frame["sound_given"])),
        count_kanji=count_kanji,
        count_key=count_key,
        nickname=codes["nickname"],
        nickname_key=codes["nickname_key"],
        others=tuple(_other_splits(frame, family, given)),
    )


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
        parts = (_replaced(part, made[kind], rows) for part, kind in ((family, "family"), (given, "given")))
        yield Split(there, *parts)


def _replaced(part: Part, kanji: pl.Series, rows: pl.Series) -> Part:
    """A part with other kanji in some rows."""
    codes, soft = part.kanji.codes.copy(), part.soft.copy()
    codes[rows.to_numpy()] = code(kanji)
    soft[rows.to_numpy()] = code(_each(kanji, fold_soft))
    return replace(part, kanji=Text(codes, part.kanji.values.clone().scatter(rows, kanji)), soft=soft)


def _places_of(column: pl.Series) -> list[Text]:
    """A List column as texts per place."""
    arrays = list_codes(column)
    frame = column.to_frame("v")
    return [
        Text(codes, frame.select(pl.col("v").list.get(i, null_on_oob=True)).to_series())
        for i, codes in enumerate(arrays)
    ]


def columns_of(
    features: pl.DataFrame,
    engine: Engine,
    names: Borne | None = None,
    shared: Mapping[str, Sequence[Flags]] | None = None,
) -> Columns:
    """The comparison columns of records; ``features`` is what :func:`oneid.records.together.combine` gives.

    Left out, ``names`` (how many records bear each name) and ``shared`` (``phone`` and ``email``: for each place in
    their lists and each record, whether the value there is shared) are what these records show. Records of sources that
    ``names`` does not count are counted in addition.
    """
    codes = dict(zip(CODED, engine.map(lambda name_: code(features[name_]), CODED), strict=True))
    phones, emails = engine.map(_places_of, [features["phone"], features["email"]])
    boxes = list_codes(features["mailbox"])
    no_flags = np.zeros(features.height, dtype=np.bool_)
    open_ = Columns(
        names=_names(features, codes, engine, names),
        year=features["year"].fill_null(0).to_numpy(),
        month=features["month"].fill_null(0).to_numpy(),
        day=features["day"].fill_null(0).to_numpy(),
        phones=phones,
        mobile=[is_mobile(text.values).to_numpy() for text in phones],
        phone_shared=[no_flags] * len(phones),
        emails=emails,
        mailbox=boxes,
        email_shared=[no_flags] * len(emails),
        places=Places(**{name_: codes[name_] for name_ in ("town", "block", "building", "room", "postcode")}),
        sex=codes["sex"],
        company=(features["customer"] == "company").fill_null(value=False).to_numpy(),
        others={
            name_.removeprefix(CUSTOM): _places_of(features[name_])
            for name_ in features.columns
            if name_.startswith(CUSTOM)
        },
    )
    if shared is not None:
        return replace(open_, phone_shared=list(shared["phone"]), email_shared=list(shared["email"]))
    values = [[text.codes for text in phones], [text.codes for text in emails]]
    phone_shared, email_shared = engine.map(lambda places: contradicted(open_, places), values)
    return replace(open_, phone_shared=phone_shared, email_shared=email_shared)


def borne(columns: Columns, sources: pl.Series, known: Borne | None = None) -> Borne:
    """How many records bear each name: what is ``known``, and the records of sources that it does not count.

    ``sources`` names the source of each record.
    """
    return (known or Borne()).plus(sources, columns.names.kanji.codes, columns.names.key)


def contradicted(columns: Columns, places: Sequence[Codes]) -> list[Flags]:
    """Per place and record: whether the holders of its value contradict each other.

    Holders contradict each other where two of them bear the same family name with another given name, or wholly
    different names, or were born on different days while their names do not agree. A value that many records hold is
    not shared for that: most often they are one person's.
    """
    keys = np.concatenate(places)
    rows = np.tile(np.arange(places[0].size, dtype=np.uint32), len(places))
    keys, rows = keys[keys != 0], rows[keys != 0]
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    bad = np.zeros(0, dtype=np.uint64)
    if keys.size:
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        left, right, of = _holder_pairs(starts, np.diff(np.append(starts, keys.size)))
        bad = np.unique(keys[of[_contradict(columns, rows[left], rows[right])]])
    if not bad.size:
        return [np.zeros(place.size, dtype=np.bool_) for place in places]
    return [np.isin(place, bad) for place in places]


def _holder_pairs(
    starts: npt.NDArray[np.intp], sizes: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Positions of the holders to look at together, and the start of their value."""
    left, right, of = [], [], []
    for size in np.unique(sizes[sizes > 1]).tolist():
        mine = starts[sizes == size]
        i, j = np.triu_indices(size, 1) if size <= MOST_HOLDERS else (np.zeros(size - 1, int), np.arange(1, size))
        left.append((mine[:, None] + i).ravel())
        right.append((mine[:, None] + j).ravel())
        of.append(np.repeat(mine, i.size))
    if not left:
        none = np.zeros(0, dtype=np.intp)
        return none, none, none
    return np.concatenate(left), np.concatenate(right), np.concatenate(of)


def _contradict(columns: Columns, left: Rows, right: Rows) -> Flags:
    return contradicting(name(columns.names, left, right), birth(columns, left, right))


_TWO_NAMES, _OPEN_NAME = (
    np.array([word in words for word in LEVELS["name"]], dtype=np.bool_)
    for words in (("family_equal", "differs"), ("missing", "given_only", "given_equal"))
)


def contradicting(names: npt.NDArray[np.uint8], births: npt.NDArray[np.uint8]) -> Flags:
    """Where the levels of the name and of the birth date show two holders who contradict each other."""
    bad: Flags = _TWO_NAMES[names] | (_OPEN_NAME[names] & (births == LEVELS["birth"].index("differs")))
    return bad


def block_keys(columns: Columns, heard: bool | None = None) -> Mapping[str, Sequence[Codes]]:
    """The codes that blocking keys are made of, by the names of :data:`oneid.settings.rulesfile.BLOCKING_KEYS`;
    ``heard`` is for
    :func:`spoken`.

    Companies have keys of their own, so that a company and a person, its representative say, are never compared.
    """
    year, month, day = (part.astype(np.uint64) for part in (columns.year, columns.month, columns.day))
    names, places = columns.names, columns.places
    keys: dict[str, Sequence[Codes]] = {
        "email": [text.codes for text in columns.emails],
        "mailbox": columns.mailbox,
        "phone": [text.codes for text in columns.phones],
        "reading": [names.key],
        "spoken": spoken(names, heard),
        "kanji": [names.kanji.codes],
        "given": [names.given.key.codes],
        "birth": [mix(year, month, day)],
        "birth_year_month": [mix(year, month)],
        "birth_month_day": [mix(month, day)],
        "birth_year": [mix(year, year)],
        "postcode": [places.postcode],
        "place": [mix(places.town, places.block)],
        "town": [places.town],
    }
    rows = np.flatnonzero(columns.company)
    every = {**keys, **{field: [text.codes for text in texts] for field, texts in columns.others.items()}}
    return {name_: [_apart(place, rows) for place in found] for name_, found in every.items()} if rows.size else every


def _apart(codes: Codes, rows: npt.NDArray[np.intp]) -> Codes:
    """The codes, those of some rows other than anyone else's."""
    changed = codes.copy()
    changed[rows] = mix(codes[rows], np.ones(rows.size, np.uint64))
    return changed


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
