"""What every normalizer promises (see :mod:`oneid.kinds.normalizing`), as checks that name the values that break it.

``PROPERTIES`` has one function per promise: from a kind and a column of n texts or nulls to n Booleans, True where the
promise is broken. The tests and ``scripts/fuzz.py`` ask all of them of all kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import polars as pl

from oneid.japanese.latin import latin
from oneid.japanese.text import is_placeholder
from oneid.kinds.normalizing import NORMALIZERS as KINDS

__all__ = ["BY_COLUMN", "CASED", "HALF_WIDTH", "NORMALIZERS", "PROPERTIES", "Property", "made"]

NORMALIZERS: dict[str, Callable[[pl.Series], pl.DataFrame]] = {**KINDS, "latin": latin}
"""What is held to the contract: every field kind, and what reads foreign members' names."""

Property = Callable[[str, pl.Series], pl.Series]

BY_COLUMN = ("birth", "date")
"""Kinds whose values may be decided by the rest of their column: 3/7/1980 by another value with a day above 12."""

CASED = ("text",)
"""Kinds in which upper and lower case are two."""

_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_VOICED = "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ"
_PLAIN = dict(
    zip(
        "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン",
        (chr(code) for code in range(0xFF61, 0xFF9E)),
        strict=True,
    )
)
_EVERY = 3
"""How many columns a column is dealt out into, so that its values get other neighbours."""

HALF_WIDTH: Mapping[int, str] = str.maketrans(
    _PLAIN
    | {
        kana: _PLAIN[bare] + "ﾞ"
        for kana, bare in zip(_VOICED, "カキクケコサシスセソタチツテトハヒフヘホウ", strict=True)
    }
    | {kana: _PLAIN[bare] + "ﾟ" for kana, bare in zip("パピプペポ", "ハヒフヘホ", strict=True)}
)
"""Full-width katakana as half-width katakana, which NFKC turns back."""


def made(kind: str, values: pl.Series) -> pl.DataFrame:
    """What the normalizer makes of a column; that of the last columns is kept, as all promises ask for the same."""
    return _made(NORMALIZERS[kind], tuple(values.to_list()))


@lru_cache(maxsize=4)
def _made(normalizer: Callable[[pl.Series], pl.DataFrame], values: tuple[str | None, ...]) -> pl.DataFrame:
    return normalizer(pl.Series("value", values, dtype=pl.String))


def _each(values: pl.Series, change: Callable[[str], str]) -> pl.Series:
    texts = [None if value is None else change(value) for value in values.to_list()]
    return pl.Series("value", texts, dtype=pl.String)


def _differ(left: pl.DataFrame, right: pl.DataFrame, *columns: str) -> pl.Series:
    """Where any of the columns (all, if none is named) differs between frames of one height."""
    names = columns or left.columns
    found = [left[name].ne_missing(right[name]) for name in names]
    return pl.DataFrame([column.alias(str(at)) for at, column in enumerate(found)]).select(
        pl.any_horizontal(pl.all())
    ).to_series()  # fmt: skip


def _same(kind: str, values: pl.Series, changed: pl.Series) -> pl.Series:
    return _differ(made(kind, values), made(kind, changed), "normalized", "reason")


def reason_where_nothing(kind: str, values: pl.Series) -> pl.Series:
    """One row per value, the contract's columns first; a reason exactly where nothing is usable; null is missing."""
    frame = made(kind, values)
    assert frame.columns[:3] == ["normalized", "display", "reason"], frame.columns
    assert frame.dtypes[:3] == [pl.String] * 3, frame.dtypes
    assert frame.height == len(values), f"{frame.height} rows of {len(values)}"
    missing = pl.col("reason").eq_missing("missing")
    blank = values.is_null().alias("blank")
    return frame.with_columns(blank).select(
        (pl.col("normalized").is_null() != pl.col("reason").is_not_null())
        | (pl.col("blank") & ~missing)
        | (missing & pl.col("display").is_not_null())
        | pl.any_horizontal((pl.col("normalized", "reason") == "").fill_null(value=False))
    ).to_series()  # fmt: skip


def normal_form_is_stable(kind: str, values: pl.Series) -> pl.Series:
    """Normalizing a normal form gives it back, but where a romaji key spells a null word (ナ is a name, NA is none)."""
    frame = made(kind, values)
    again = made(kind, frame["normalized"])
    broken = _differ(frame, again, "normalized")
    if kind == "romaji":
        spelled = frame.select(is_placeholder(pl.col("normalized"), dummies=True)).to_series()
        broken &= ~spelled.fill_null(value=False)
    return broken


def display_is_stable(kind: str, values: pl.Series) -> pl.Series:
    """What people see of a usable value is read as the same value and shown the same."""
    frame = made(kind, values)
    shown = frame.select(pl.when(pl.col("normalized").is_not_null()).then("display")).to_series()
    broken = _differ(frame, made(kind, shown), "normalized", "display")
    return broken & frame["normalized"].is_not_null()


def width_never_matters(kind: str, values: pl.Series) -> pl.Series:
    """Full-width letters, digits and signs, and half-width katakana, are those of usual width."""
    wide = _each(values, lambda value: value.translate(_FULL_WIDTH))
    narrow = _each(values, lambda value: value.translate(HALF_WIDTH))
    return _same(kind, values, wide) | _same(kind, values, narrow)


def case_never_matters(kind: str, values: pl.Series) -> pl.Series:
    """Upper and lower case are one, but in free text. ASCII alone is turned: beyond it case is no one-to-one thing."""
    if kind in CASED:
        return pl.repeat(value=False, n=len(values), eager=True)
    upper = _each(values, lambda value: re.sub("[a-z]+", lambda found: found[0].upper(), value))
    lower = _each(values, lambda value: re.sub("[A-Z]+", lambda found: found[0].lower(), value))
    return _same(kind, values, upper) | _same(kind, values, lower)


def outer_and_double_blanks_never_matter(kind: str, values: pl.Series) -> pl.Series:
    """Blanks and invisible characters around a value, and blanks of any width where there is one, change nothing."""
    around = _each(values, lambda value: f"\u3000\ufeff{value}\u200b \t")
    double = _each(values, lambda value: value.replace(" ", " \u3000"))
    return _same(kind, values, around) | _same(kind, values, double)


def order_never_matters(kind: str, values: pl.Series) -> pl.Series:
    """A column read backwards gives the same rows, all columns of them."""
    return _differ(made(kind, values), made(kind, values.reverse()).reverse())


def neighbours_never_matter(kind: str, values: pl.Series) -> pl.Series:
    """A value gives the same beside other values, and the first one alone, but where the column may decide.

    Every third value makes a column, so that none keeps a neighbour.
    """
    if kind in BY_COLUMN or values.is_empty():
        return pl.repeat(value=False, n=len(values), eager=True)
    rows = pl.Series(range(len(values)), dtype=pl.Int64)
    parts = [rows.filter(rows % _EVERY == rest) for rest in range(min(_EVERY, len(values)))]
    apart = pl.concat([made(kind, values.gather(part)) for part in parts])[pl.concat(parts).arg_sort()]
    alone = _differ(made(kind, values.head(1)), apart.head(1))
    return _differ(made(kind, values), apart) | (alone.any() & (rows == 0))


PROPERTIES: Mapping[str, Property] = {
    check.__name__: check
    for check in (
        reason_where_nothing,
        normal_form_is_stable,
        display_is_stable,
        width_never_matters,
        case_never_matters,
        outer_and_double_blanks_never_matter,
        order_never_matters,
        neighbours_never_matter,
    )
}
"""Every promise by its name."""
