"""What records are reduced to by the fields name, kana, romaji and nickname: :data:`FEATURES`.

A name is read in the script that it is written in. One written in kana serves as the kana, one written in Latin letters
as the romaji, where the source has none. What needs the features of all sources comes later:
:mod:`oneid.kinds.name.together`.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.romaji import romaji
from oneid.kinds.name.matching.words import generation
from oneid.kinds.name.spelling.kana import readings
from oneid.kinds.shapes import Contract, Found, Frames
from oneid.kinds.texts import first_usable, where_written

__all__ = ["BEHIND", "FEATURES", "LATER", "OTHER_SCRIPT", "SEVERAL", "make", "without_handles"]

FEATURES: Contract = {
    "name": pl.String, "family": pl.String, "given": pl.String, "script": pl.String, "kind": pl.String,
    "other_splits": pl.List(pl.UInt8),
    "kana_family": pl.String, "kana_given": pl.String, "kana_whole": pl.String,
    "key_family": pl.String, "key_given": pl.String, "from_romaji": pl.Boolean,
    "cut_family": pl.Boolean, "cut_given": pl.Boolean, "foreign": pl.Boolean, "unsure": pl.Boolean,
    "words": pl.String, "suffix": pl.String, "second": pl.String, "second_family": pl.String, "second_given": pl.String,
    "sound_family": pl.String, "sound_given": pl.String, "phonetic_family": pl.String, "phonetic_given": pl.String,
    "nickname": pl.String, "nickname_key": pl.String,
}  # fmt: skip

LATER = ("romaji_first", "romaji_last", "romaji_cut", "latin_family", "latin_given", "latin", "worded")
"""Columns of the sources' features that keys and sounds are made of, and that go when these are made."""


_BESIDE = ("reading", "romaji", "second", "foreign", "spoken_family", "spoken_given")


def _nulls(height: int, dtype: pl.DataType | type[pl.DataType] = pl.String) -> pl.Series:
    return pl.Series("value", [None] * height, dtype=dtype)


def make(found: Found, height: int) -> dict[str, pl.Series]:
    """Name, kana and keys from the fields name, kana, romaji and nickname.

    A name written in kana serves as the kana, one written in Latin letters as the romaji, where the source has none.
    """
    empty = _nulls(height)
    names = found["name"][0] if "name" in found else None
    parts = _by_script(names, height)
    spoken, latin, nicknames = parts["spoken"], parts["latin"], parts["handle"]
    kanas, romajis = list(found.get("kana", [])), list(found.get("romaji", []))
    kanas += [where_written(text, readings) for text in (spoken, parts["reading"]) if text.null_count() < height]
    romajis += [where_written(text, romaji) for text in (latin, parts["romaji"]) if text.null_count() < height]
    if "nickname" in found:
        nicknames = (
            pl.DataFrame({"a": nicknames, "b": found["nickname"][0]["display"]})
            .select(pl.coalesce("a", "b"))
            .to_series()
        )
    return {
        **{column: parts[column] for column in ("name", "family", "given", "script", "kind")},
        "kana_family": _first_of(kanas, "family", parts["spoken_family"]),
        "kana_given": _first_of(kanas, "given", parts["spoken_given"]),
        "kana_whole": first_usable(kanas, "normalized") if kanas else empty,
        "romaji_first": first_usable(romajis, "first") if romajis else empty,
        "romaji_last": first_usable(romajis, "last") if romajis else empty,
        "romaji_cut": first_usable(romajis, "truncated") if romajis else _nulls(height, pl.Boolean),
        "latin": _in_latin(parts, found),
        "latin_family": parts["latin_family"],
        "latin_given": parts["latin_given"],
        "nickname": nicknames,
        "second": parts["second"],
        **_worded(parts, kanas, romajis, height),
    }


SEVERAL = r"[\s,.・]\S+[\s,.・]+\S"
OTHER_SCRIPT = r"^[^A-Za-zÀ-ɏ\p{Han}\p{Hiragana}\p{Katakana}]+$"
BEHIND = r"(?i)[\s,.・](?:jr|sr|junior|senior|ii|iii|iv|2nd|3rd|4th|ジュニア|シニア|二世|三世)\.?(?:[\s,.・]|$)"


def _first_of(kanas: Frames, part: str, told: pl.Series) -> pl.Series:
    """A part of the first usable reading, else what a name in kana that is known in parts has there."""
    found = first_usable(kanas, part) if kanas else _nulls(len(told))
    return pl.DataFrame({"found": found, "told": told}).select(pl.coalesce("found", "told")).to_series()


def _worded(parts: pl.DataFrame, kanas: Frames, romajis: Frames, height: int) -> dict[str, pl.Series]:
    """Names in Latin letters or kana of three words and more, and of other scripts, as written; and their generation.

    Only names without kanji are looked at word by word.
    """
    shown = {f"k{at}": frame["display"] for at, frame in enumerate(kanas)}
    shown |= {f"r{at}": frame["display"] for at, frame in enumerate(romajis)}
    frame = pl.DataFrame({"other": parts["foreign"], **shown})
    usable = [pl.when(pl.col(name).str.contains(SEVERAL)).then(name) for name in shown]
    text = frame.lazy().select(pl.coalesce(*usable, "other")).collect().to_series()
    rows = text.is_not_null().arg_true()
    none = _nulls(height)
    if rows.is_empty():
        return {"worded": none, "suffix": none}
    asked = text.gather(rows)
    ends = [generation(one) if behind else None for one, behind in zip(asked, asked.str.contains(BEHIND), strict=True)]
    return {"worded": text, "suffix": none.scatter(rows, pl.Series(ends, dtype=pl.String))}


def _by_script(names: pl.DataFrame | None, height: int) -> pl.DataFrame:
    """What a name is to each script: kanji names whole and in parts, kana (spoken), Latin letters, handles.

    Latin family and given names that the source knows apart are kept apart: their order need not be made out.
    """
    if names is None:
        columns = (
            "name",
            "family",
            "given",
            "latin_family",
            "latin_given",
            "spoken",
            "latin",
            "handle",
            "script",
            "kind",
            *_BESIDE,
        )
        return pl.DataFrame({column: _nulls(height) for column in columns})
    kanji, latin, kana = (pl.col("script") == script for script in ("kanji", "latin", "kana"))
    person, named = pl.col("kind") == "person", pl.col("kind").is_in(["person", "company"])
    return names.lazy().select(
        "script",
        "kind",
        name=pl.when(kanji & named).then("normalized"),
        family=pl.when(kanji & named).then("family"),
        given=pl.when(kanji & named).then("given"),
        latin_family=pl.when(latin & named).then("family"),
        latin_given=pl.when(latin & named).then("given"),
        spoken=pl.when(person & kana).then("display"),
        latin=pl.when(person & latin).then("display"),
        handle=pl.when((pl.col("kind") == "nickname") | (person & kana & pl.col("lost"))).then("display"),
        foreign=pl.when(person & latin & pl.col("normalized").str.contains(OTHER_SCRIPT)).then("display"),
        spoken_family=pl.when(person & kana).then("family"),
        spoken_given=pl.when(person & kana).then("given"),
        **{name: pl.when(named).then(name) for name in _BESIDE[:3]},
    ).collect()  # fmt: skip


def _in_latin(names: pl.DataFrame, found: Found) -> pl.Series:
    """Names in Latin letters of members whose name the source has in no Japanese script."""
    japanese = pl.col("script").is_in(["kanji", "kana"]) & (pl.col("kind") != "nickname")
    text = pl.col("latin")
    if "romaji" in found:
        names = names.with_columns(romaji=found["romaji"][0]["display"])
        text = pl.coalesce(text, pl.when(~japanese.fill_null(value=False)).then("romaji"))
    if "kana" in found:
        unread = found["kana"][0]["normalized"].is_null()
        return names.select(pl.when(unread).then(text).alias("latin")).to_series()
    return names.select(text.alias("latin")).to_series()


def without_handles(values: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """The values with what turned out to be no name of a person moved from ``name`` to ``nickname``, so that no golden
    record is called ねこ好き. Rows are those of ``features``.
    """
    if "name" not in values.columns:
        return values
    nickname = features["kind"] == "nickname"
    known = pl.col("nickname") if "nickname" in values.columns else pl.lit(None, dtype=pl.String)
    return values.with_columns(
        name=pl.when(~nickname.fill_null(value=False)).then("name"),
        nickname=pl.when(nickname).then(pl.coalesce(known, "name")).otherwise(known),
    )
