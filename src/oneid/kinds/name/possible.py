"""Questions about people's names as they are written: may these kanji be read so, and where does the family name end?

For notebooks and checks; a run asks the same of whole columns (:mod:`oneid.japanese.readings`,
:mod:`oneid.kinds.name.split`).
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from oneid.japanese.kanji import fold_hard
from oneid.japanese.readings import possible
from oneid.japanese.romaji import name_keys
from oneid.kinds.containers import as_column, like
from oneid.kinds.name.spelling.kana import readings
from oneid.kinds.name.spelling.normalizer import name
from oneid.kinds.name.split import possible_splits as cuts_of
from oneid.kinds.name.split import split_kana
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import said

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Split", "possible_reading", "possible_splits"]

_OF_HOUSEHOLD = r"^\p{Han}{2,4}[家宅方]$"


class Split(NamedTuple):
    """One way to split a name: folded family and given name, and its share (0 to 1) among the possible ones."""

    family: str
    given: str
    share: float


def _names(values: Any) -> pl.DataFrame:  # noqa: ANN401
    made = name(as_column(values))
    person = (made["kind"] == "person") | ((made["kind"] == "nickname") & (made["script"] == "kanji"))
    return made.with_columns(person=person.fill_null(value=False))


def _same_length(kanji: Sized, kana: Sized) -> None:
    if len(kanji) != len(kana):
        raise UsageError(
            "E403",
            said("{kanji} names and {kana} readings", kanji=len(kanji), kana=len(kana)),
            hint="give one reading for each name",
        )


def possible_reading(
    kanji: Sequence[Any] | pd.Series[Any] | pl.Series, kana: Sequence[Any] | pd.Series[Any] | pl.Series
) -> Any:  # noqa: ANN401
    """Whether each reading is a possible one of the name beside it, in the container that ``kanji`` came in.

    ``kanji`` and ``kana`` are n values each, as people write them: whole names, or family or given names alone; the
    reading in kana or Latin letters. Where both are in two parts, each part must be readable. Returns True, False, or
    None where a value cannot be used or a character is too rare to say. Raises UsageError (E403) where the lengths
    differ. With the extra ``reading`` a dictionary is asked too.

    >>> possible_reading(["東海林 太郎", "東海林 太郎", "小鳥遊"], ["ショウジ タロウ", "ﾄｳｶｲﾘﾝ ﾀﾛｳ", "スズキ"])
    [True, True, False]
    """
    _same_length(kanji, kana)
    names, texts = _names(kanji), as_column(kana)
    spoken = readings(texts)
    latin = spoken["normalized"].is_null() & texts.is_not_null()
    keys = name_keys(texts.to_frame("x").select(pl.coalesce(spoken["display"], "x")).to_series())
    frame = names.select("normalized", "family", "given", latin=latin, first=keys["first"], last=keys["last"])
    frame = frame.with_columns(
        kanji=pl.when(names["person"] & (names["script"] == "kanji")).then("normalized"),
        two=(keys["key"] != pl.col("first")).fill_null(value=False),
    )
    straight, turned = (_readable(frame, *order) for order in (("first", "last"), ("last", "first")))
    either = frame.select(pl.when(latin & frame["two"]).then(straight | turned).otherwise(straight)).to_series()
    return like(kanji, _or_as_written(either, as_column(kanji), frame["first"]).to_list())


def _or_as_written(said: pl.Series, names: pl.Series, keys: pl.Series) -> pl.Series:
    """Whether a name that was taken for a household's (吉野家) may be read so with its last character."""
    rows = (names.str.contains(_OF_HOUSEHOLD) & ~said.fill_null(value=True)).fill_null(value=False).arg_true()
    if rows.is_empty():
        return said
    written = names.gather(rows).alias("x").to_frame().select(fold_hard(pl.col("x"))).to_series()
    return said.clone().scatter(rows, possible(written, keys.gather(rows)))


def _readable(frame: pl.DataFrame, first: str, last: str) -> pl.Series:
    """Whether the names can be read with the keys in this order: part by part where both have two parts, else whole."""
    joined = frame.select(pl.when("two").then(pl.concat_str(first, last)).otherwise("first")).to_series()
    whole = possible(frame["kanji"], joined)
    apart = possible(frame["family"], frame[first]) & possible(frame["given"], frame[last])
    parts = frame["two"] & frame["family"].is_not_null() & frame["kanji"].is_not_null()
    return pl.DataFrame({"parts": parts, "apart": apart, "whole": whole}).select(
        pl.when("parts").then("apart").otherwise("whole")
    ).to_series()  # fmt: skip


def possible_splits(
    names: Sequence[Any] | pd.Series[Any] | pl.Series,
    kana: Sequence[Any] | pd.Series[Any] | pl.Series | None = None,
) -> list[list[Split]]:
    """The possible splits into family and given name of names in kanji, the likeliest first.

    ``names``: n values as people write them; ``kana``: their readings, n values, None where unknown. A name that is
    written in two parts has just that split; one that looks like no name has none, nor has a family or given name that
    stands alone. Raises UsageError (E403) where the lengths differ.

    >>> possible_splits(["森下実"], ["モリ シタミ"])[0][0][:2]
    ('森', '下実')
    """
    spoken = readings(pl.Series([None] * len(names), dtype=pl.String) if kana is None else as_column(kana))
    if kana is not None:
        _same_length(names, kana)
    made = _names(names).with_columns(known=pl.col("family").is_not_null())
    nothing = pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String})
    kanji = (pl.col("script") == "kanji") & pl.col("person") & ~pl.col("known")
    whole = made.select(pl.when(kanji).then("normalized")).to_series()
    unspaced = spoken.select(pl.when(pl.col("family").is_null()).then("normalized")).to_series()
    parts = split_kana(unspaced)
    family, given = (spoken[part].fill_null(parts[part]) for part in ("family", "given"))
    found = cuts_of(whole, family, given, nothing)
    result: list[list[Split]] = []
    for row, cuts, shares, alone in zip(made.iter_rows(named=True), *found, strict=True):
        if row["known"]:
            result.append([Split(row["family"], row["given"], 1.0)])
        elif alone:
            result.append([])
        else:
            text = row["normalized"]
            result.append([Split(text[:cut], text[cut:], share) for cut, share in zip(cuts, shares, strict=True)])
    return result
