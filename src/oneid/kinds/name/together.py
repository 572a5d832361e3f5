"""What the names of all sources show together: unspaced names are split by the families that the data itself shows,
keys and sounds are made, handles are told from names.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from oneid.engines.base import Engine
from oneid.engines.mapped import Table, in_memory
from oneid.japanese.latin import latin
from oneid.japanese.romaji import fold_tokens
from oneid.japanese.sound import sound
from oneid.japanese.text import katakana
from oneid.kinds.families import Families
from oneid.kinds.name.features import LATER
from oneid.kinds.name.known import (
    LONE,
    SPELLED,
    SPELLED_KANA,
    known_keys,
    lone_families,
    split_lost,
    surname_kanji,
)
from oneid.kinds.name.matching.parts import LOST
from oneid.kinds.name.matching.words import words_of
from oneid.kinds.name.split import given_first, split_kana, split_names

__all__ = ["families", "together"]


def together(frame: pl.DataFrame, engine: Engine, seen: Families | None = None) -> pl.DataFrame:
    """All sources' features with unspaced names split and keys made, :data:`~oneid.kinds.name.features.LATER` gone.

    ``seen`` are the family names to split by, and whether names in kana need their sounds; left out, as the frame
    shows.
    """
    frame = _split_kana(frame)

    def split(frame: pl.DataFrame) -> pl.DataFrame:
        return _split_kanji(frame, _shown(frame.lazy()) if seen is None else seen.names)

    def sounds(frame: pl.DataFrame) -> pl.DataFrame:
        return _sounds(frame, _any_latin(frame) if seen is None else seen.latin)

    made = engine.map(lambda step: step(frame), (split, _keys, sounds, _words))
    columns = [column for part in made for column in part.get_columns()]
    return _told_apart(_lone(_spelled(frame.with_columns(columns)))).drop(*LATER)


def _words(frame: pl.DataFrame) -> pl.DataFrame:
    """The words of foreign names of three words and more."""
    rows = frame["worded"].is_not_null().arg_true()
    none = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    texts = [words_of(text) for text in frame["worded"].gather(rows).to_list()]
    return pl.DataFrame({"words": none.scatter(rows, pl.Series(texts, dtype=pl.String))})


def _spelled(frame: pl.DataFrame) -> pl.DataFrame:
    """Parts of names in kanji that stand in kana or Latin letters have their sound from that."""
    for part in ("family", "given"):
        text, key, kana = frame[part], frame[f"key_{part}"], frame[f"kana_{part}"]
        rows = (text.str.contains(SPELLED) & key.is_null()).fill_null(value=False).arg_true()
        if rows.is_empty():
            continue
        asked = text.gather(rows).alias("text").to_frame()
        spoken = asked.select(pl.when(pl.col("text").str.contains(SPELLED_KANA)).then(katakana(pl.col("text"))))
        heard = pl.DataFrame({"kana": spoken.to_series(), "old": kana.gather(rows)}).select(pl.coalesce("old", "kana"))
        frame = frame.with_columns(
            key.clone().scatter(rows, fold_tokens(asked["text"])), kana.clone().scatter(rows, heard.to_series())
        )
    return frame


def _lone(frame: pl.DataFrame) -> pl.DataFrame:
    """Readings and handles that are nothing but a family name in kana or Latin letters become that family name."""
    nobody = pl.all_horizontal(pl.col("name", "key_family", "key_given").is_null())
    rows = frame.select(nobody & pl.col("kana_whole").is_not_null()).to_series().arg_true()
    keys = fold_tokens(frame["kana_whole"].gather(rows))
    keys = keys.to_frame("key").select(pl.when(pl.col("key").is_in(list(lone_families()))).then("key")).to_series()
    frame = frame.with_columns(frame["key_family"].clone().scatter(rows, keys))
    nobody &= pl.col("key_family").is_null() & (pl.col("kind") == "nickname")
    asked = nobody & pl.col("nickname").str.contains(LONE)
    rows = frame.select(asked.fill_null(value=False)).to_series().arg_true()
    keys = fold_tokens(frame["nickname"].gather(rows))
    family = keys.is_in(list(lone_families()))
    rows, keys = rows.filter(family), keys.filter(family)
    if rows.is_empty():
        return frame
    none = pl.Series([None], dtype=pl.String)
    return frame.with_columns(
        frame["key_family"].clone().scatter(rows, keys),
        frame["kind"].clone().scatter(rows, pl.Series(["person"])),
        *(frame[name].clone().scatter(rows, none) for name in ("nickname", "nickname_key")),
    )


def _told_apart(frame: pl.DataFrame) -> pl.DataFrame:
    """Where nothing tells which of two words without kanji is the family name."""
    open_ = pl.col("name").is_null() & pl.all_horizontal(pl.col("key_family", "key_given").is_not_null())
    rows = frame.select((open_ & pl.col("latin_family").is_null()).fill_null(value=False)).to_series().arg_true()
    families, givens = known_keys()
    asked = frame.select("key_family", "key_given")[rows]
    known = asked["key_family"].is_in(families.implode()) | asked["key_given"].is_in(givens.implode())
    no = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    return frame.with_columns(no.scatter(rows, ~known).alias("unsure"))


def families(parts: Iterable[Table], known: Families | None = None) -> Families:
    """The family names that records show apart: those ``known``, and those of sources of which they are not known.

    ``parts`` are the features of sources, one table each.
    """
    old = () if known is None else known.sources
    sources, latin = set(old), known is not None and known.latin
    found = [pl.DataFrame(schema=_SHOWN)] if known is None else [known.names]
    for part in parts:
        frame = in_memory(part.select(["source", "family", "kana_family", "kana_given", "kana_whole", "latin"]))
        frame = frame.filter(~pl.col("source").is_in(list(old)))
        sources |= {*frame["source"].unique()}
        latin |= _any_latin(frame)
        found.append(_shown(_split_kana(frame.filter(pl.col("family").is_not_null())).lazy()))
    if known is not None and sources == set(old):
        return known
    return Families(tuple(sorted(sources)), pl.concat(found).unique().sort("kanji", "reading"), latin)


_SHOWN = {"kanji": pl.String, "reading": pl.String}


def _any_latin(frame: pl.DataFrame) -> bool:
    return frame["latin"].null_count() < frame.height


def _shown(frame: pl.LazyFrame) -> pl.DataFrame:
    """The family names that are known apart, with their readings (kanji, reading)."""
    known = frame.filter(pl.col("family").is_not_null())
    return known.select(kanji="family", reading="kana_family").unique().collect()


def _split_kana(frame: pl.DataFrame) -> pl.DataFrame:
    unsplit = pl.col("kana_family").is_null() & pl.col("kana_given").is_null() & pl.col("kana_whole").is_not_null()
    rows = frame.select(unsplit).to_series().arg_true()
    parts = split_kana(frame["kana_whole"].gather(rows))
    return frame.with_columns(
        frame[f"kana_{part}"].clone().scatter(rows, parts[part]) for part in ("family", "given")
    )  # fmt: skip


def _split_kanji(frame: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Splits unspaced kanji names by the families ``seen``; what turns out to be a bare given name without kana becomes
    a nickname.
    """
    whole = pl.col("family").is_null() & pl.col("given").is_null()
    unsplit = whole & pl.col("name").is_not_null() & (pl.col("kind") == "person")
    rows = frame.select(unsplit).to_series().arg_true()
    columns = ["name", "family", "given", "kana_family", "kana_given", "nickname", "kind"]
    asked = frame.select(columns)[rows]
    parts = split_names(asked["name"], asked["kana_family"], asked["kana_given"], seen)
    parts = _split_lost(asked["name"], parts)
    lone = parts["family"].is_null() & ~parts["whole_given"] & asked["name"].is_in(surname_kanji().implode())
    alone = asked["kana_family"].is_null() & (parts["whole_given"] | parts["family"].is_null())
    alone &= (asked["name"].str.len_chars() <= 4) & ~lone
    none = pl.lit(None, dtype=pl.String)
    family = pl.DataFrame({"cut": parts["family"], "whole": asked["name"], "lone": lone}).select(
        family=pl.when("lone").then("whole").otherwise("cut")
    )
    made = asked.lazy().with_columns(family["family"], parts["given"], alone.alias("alone")).select(
        name=pl.when("alone").then(none).otherwise("name"),
        family=pl.when("alone").then(none).otherwise("family"),
        given=pl.when("alone").then(none).otherwise("given"),
        nickname=pl.when("alone").then("name").otherwise("nickname"),
        kind=pl.when("alone").then(pl.lit("nickname")).otherwise("kind"),
    ).collect()  # fmt: skip
    others = pl.DataFrame({"row": rows, "other_splits": parts["others"], "alone": alone})
    others = others.filter(~pl.col("alone") & (pl.col("other_splits").list.len() > 0)).drop("alone")
    every = pl.DataFrame({"row": pl.int_range(frame.height, dtype=pl.UInt32, eager=True)})
    placed = every.join(others, on="row", how="left", maintain_order="left")["other_splits"]
    second = _split_second(frame["second"], seen)
    return frame.select(placed, *(frame[name].clone().scatter(rows, made[name]) for name in made.columns)).with_columns(
        second.get_columns()
    )


def _split_second(names: pl.Series, seen: pl.DataFrame) -> pl.DataFrame:
    """Family and given name of what people are called beside their name."""
    none = pl.repeat(None, len(names), dtype=pl.String, eager=True)
    rows = names.is_not_null().arg_true()
    made = {"second": names, "second_family": none, "second_given": none}
    if rows.is_empty():
        return pl.DataFrame(made)
    halves = names.gather(rows).str.splitn(" ", 2).struct.unnest()
    unread = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    whole = halves["field_0"].zip_with(halves["field_1"].is_null(), unread)
    cut = split_names(whole, unread, unread, seen)
    apart = halves["field_1"].is_not_null()
    family = halves["field_0"].zip_with(apart, cut["family"])
    given = halves["field_1"].str.replace_all(" ", "", literal=True).zip_with(apart, cut["given"])
    joined = names.str.replace_all(" ", "", literal=True)
    return pl.DataFrame(
        {
            "second": joined,
            "second_family": none.clone().scatter(rows, family),
            "second_given": none.clone().scatter(rows, given),
        }
    )


def _split_lost(names: pl.Series, parts: pl.DataFrame) -> pl.DataFrame:
    """The parts of unspaced names of which characters are lost, by what they may have been."""
    rows = names.str.contains(LOST, literal=True).arg_true()
    if rows.is_empty():
        return parts
    cuts = [split_lost(name) for name in names.gather(rows).to_list()]
    rows = rows.filter(pl.Series([cut is not None for cut in cuts], dtype=pl.Boolean))
    made = pl.DataFrame(
        [cut for cut in cuts if cut], schema=dict.fromkeys(("family", "given"), pl.String), orient="row"
    )
    return parts.with_columns(parts[name].clone().scatter(rows, made[name]) for name in made.columns)


def _keys(frame: pl.DataFrame) -> pl.DataFrame:
    """The spelling-free keys of family and given name: from the kana, else from the romaji with its order made out."""
    kana_only = pl.when(pl.col("nickname").str.contains(r"^[\p{Hiragana}\p{Katakana}ー]+$")).then("nickname")
    keys = pl.DataFrame({
        "nickname_key": fold_tokens(frame.select(kana_only).to_series()),
        "key_family": fold_tokens(frame["kana_family"]),
        "key_given": fold_tokens(frame["kana_given"]),
    })  # fmt: skip
    silent = keys.select(pl.any_horizontal(pl.col("key_family", "key_given").is_null())).to_series()
    spelled = frame.select(pl.any_horizontal(pl.col("romaji_first", "latin_family", "latin_given").is_not_null()))
    rows = (silent & spelled.to_series()).arg_true()
    made = _keys_in_latin(frame.select(*LATER, "kana_family", "kana_given")[rows], keys[rows])
    no = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    flags = {name: no.clone().scatter(rows, made[name]) for name in ("from_romaji", "cut_family", "cut_given")}
    return keys.with_columns(
        *(keys[name].clone().scatter(rows, made[name]) for name in ("key_family", "key_given")),
        **flags,
    )


def _keys_in_latin(spelled: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The keys of records that lack kana for a part and have the name in Latin letters."""
    turned = given_first(spelled["romaji_first"], spelled["romaji_last"])
    frame = spelled.with_columns(
        keys["key_family"],
        keys["key_given"],
        turned.alias("turned"),
        *(fold_tokens(spelled[f"latin_{part}"]).alias(f"latin_{part}") for part in ("family", "given")),
    )
    told = pl.any_horizontal(pl.col("latin_family", "latin_given").is_not_null())  # one part alone is no whole name
    last_is_family = pl.when(~told).then(pl.when("turned").then("romaji_last").otherwise("romaji_first"))
    first_is_given = pl.when(~told).then(pl.when("turned").then("romaji_first").otherwise("romaji_last"))
    silent = pl.col("kana_family").is_null() & pl.col("kana_given").is_null()
    cut = silent & pl.col("romaji_cut").fill_null(value=False)
    return frame.select(
        key_family=pl.coalesce("key_family", "latin_family", last_is_family),
        key_given=pl.coalesce("key_given", "latin_given", first_is_given),
        from_romaji=silent & pl.col("romaji_first").is_not_null(),
        cut_family=cut & pl.col("turned"),
        cut_given=cut & ~pl.col("turned"),
    )


def _sounds(frame: pl.DataFrame, kana: bool) -> pl.DataFrame:
    """How names in Latin letters sound, and what names in ``kana`` sound like that: only where any could meet them."""
    shown = frame["latin"]
    rows = shown.is_not_null().arg_true()
    none = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    heard = pl.DataFrame(dict.fromkeys(SOUNDS, none))
    if not rows.is_empty():
        parts = pl.concat_str("latin_family", "latin_given", separator=", ")  # the order that the source knows
        made = latin(frame.select(pl.coalesce(parts, shown)).to_series().gather(rows))
        heard = pl.DataFrame({name: none.clone().scatter(rows, made[name]) for name in SOUNDS})
    if kana:
        spoken = [sound(frame[f"kana_{part}"]).alias(f"kana_{part}") for part in ("family", "given")]
        heard = heard.with_columns(spoken).with_columns(
            pl.coalesce(f"sound_{part}", f"kana_{part}").alias(f"sound_{part}") for part in ("family", "given")
        )
    return heard.select(*SOUNDS, shown.is_not_null().alias("foreign"))


SOUNDS = ("sound_family", "sound_given", "phonetic_family", "phonetic_given")
"""The features of names in Latin letters; names in kana have the first two as well."""
