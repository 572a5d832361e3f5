"""Dates of birth as a kind, and what their columns decide of each date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import polars as pl

from oneid.japanese.eras import Span
from oneid.kinds.base import Betrayal, Decision, Header, Kind
from oneid.kinds.birth import quick
from oneid.kinds.birth.datecolumn import DateColumn
from oneid.kinds.birth.facet import BIRTH_FACET
from oneid.kinds.birth.normalizer import birth, birth_by, birth_parts, birth_parts_by, dates_by
from oneid.kinds.plain.own import plain
from oneid.kinds.shapes import Contract, Row, Words

__all__ = ["BIRTH", "DATES", "LOOKS_LIKE_A_DATE"]

LOOKS_LIKE_A_DATE = (
    r"(\d{4}|[MTSHR明大昭平令][治正和成]?(\d{1,2}|元))[年./-]?\s?\d{1,2}[月./-]?\s?\d{1,2}日?([T\s].*)?|[MTSHR]\d{6}"
)
"""What the whole of a date looks like."""

_DECIDED: Contract = {
    "latest": pl.Date, "newest": pl.Int32, "births": pl.Boolean, "serials": pl.Boolean, "six_digits": pl.Boolean,
    "short_year": pl.String, "before_year": pl.String, "no_year": pl.String, "coding": pl.String,
    "runs_on": pl.String, "frequent": pl.List(pl.Date),
}  # fmt: skip

_LATER = {"no_year": ""}


def _flat(column: DateColumn) -> tuple[Any, ...]:
    span, *rest = (getattr(column, one.name) for one in fields(DateColumn))
    return span.latest, span.newest, span.births, *rest


def _unflat(row: tuple[Any, ...]) -> DateColumn:
    named = dict(zip(_DECIDED, row, strict=True))
    span = Span(*(named.pop(name) for name in ("latest", "newest", "births")))
    return DateColumn(span, **{**named, "frequent": tuple(named["frequent"])})


def _alone(column: DateColumn) -> bool:
    """Whether a column decides nothing: its values are read as each is alone."""
    return column == DateColumn(column.span)


def _late(row: Row, column: DateColumn) -> bool:
    """Whether a date is later than the column's may be."""
    return row["normalized"] is not None and row["normalized"] > column.span.latest.isoformat()


def _settled(row: Row, text: str | None, column: DateColumn) -> bool:
    if _late(row, column):
        return False
    if _alone(column):
        return True
    frequent = row["normalized"] in {day.isoformat() for day in column.frequent}
    # whole dates, the year or an era first
    return text is not None and not frequent and quick.birth(text) is not None


def _births(values: pl.Series, _words: Words | None, known: DateColumn | None) -> tuple[pl.DataFrame, DateColumn]:
    return birth_by(values, known)


def _births_of_parts(parts: Sequence[pl.Series], known: DateColumn | None) -> tuple[pl.DataFrame, DateColumn]:
    year, month, day = parts
    return birth_parts_by(year, month, day, known)


def _dates(values: pl.Series, _words: Words | None, known: DateColumn | None) -> tuple[pl.DataFrame, DateColumn]:
    return dates_by(values, known)


def _parts(parts: Sequence[pl.Series], _beside: pl.Series | None) -> pl.DataFrame:
    year, month, day = parts
    return birth_parts(year, month, day)


_CLEAR = re.compile(r"\s*((1[89]|20)\d\d\D.*|(1[89]|20)\d{6}|[明大昭平令MTSHRmtshr].*)?", re.S)


def _clear(text: str) -> bool:
    """Whether a date begins with the year, in four digits or by its era, or is left out."""
    return _CLEAR.fullmatch(text) is not None


_FEWEST, _SPAN, _NEWEST = 10, 15, 2016


def _evident(values: pl.Series) -> pl.Series:
    """Which days are births though nothing says so: all, where there are several, people of many ages were born on
    them, and the last of them lies far back.
    """
    days = birth(values).get_column("normalized")
    years = (
        days.filter(values.str.contains(r"\d\D+\d{1,2}\D+\d")).str.slice(0, 4).cast(pl.Int32, strict=False).drop_nulls()
    )
    low, high = years.min(), years.max()
    spread = isinstance(low, int) and isinstance(high, int) and high - low >= _SPAN and high <= _NEWEST
    return days.is_not_null() & (len(years) >= _FEWEST and spread)


DATES = Decision("dates", _DECIDED, _dates, _settled, _flat, _unflat, _clear, later=_LATER)
"""How a column of dates other than births decides."""

BIRTH = Kind(
    "birth",
    birth,
    plain,
    facet=BIRTH_FACET,
    parts=("year", "month", "day"),
    from_parts=_parts,
    decision=Decision("dates", _DECIDED, _births, _settled, _flat, _unflat, _clear, _births_of_parts, _LATER),
    usual=quick.birth,
    example="S55.3.7",
    usual_parts=quick.birth_parts,
    partial=("year", "month", "day"),
    in_short=True,
    headers=(
        Header(80, r"birth_?year|year_of_birth|生年(?!月)|誕生年", "year"),
        Header(90, r"birth_?month|month_of_birth|(?<!年)生月|誕生月", "month"),
        Header(100, r"day_of_birth|(?<![月誕])生日", "day"),
        Header(110, r"birth|(^|_)dob($|_)|生年月日|誕生日", else_part="day"),
    ),
    looks={
        "year": r"(19|20)\d\d年?|[明大昭平令MTSHR].*\d+年?|\d{1,2}",
        "month": r"(0?[1-9]|1[0-2])月?",
        "day": r"(0?[1-9]|[12]\d|3[01])日?",
    },
    evident=_evident,
    tells=3,
    betrayal=Betrayal(("normalized", "year", "month", "day"), dates=True),
)
"""Dates of birth."""
