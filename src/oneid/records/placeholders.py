"""What a column's own counts betray: values that too many differently named records hold to be true.

What a form or a clerk fills in where nothing is known (the day 1980-01-01, the number 03-1111-2222) looks like any
other value; only its holders show it: there are too many of them, and their names differ as much as
those of records taken at random. Duplicates of one person and families have few names, so they are never betrayed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.text import as_text

__all__ = ["COLUMN_PLACEHOLDER", "column_placeholders"]

COLUMN_PLACEHOLDER = "column_placeholder"
"""The reason of every value that is found here."""

_FEWEST = 30
"""Up to so many names may share a value in any column: an extended family, a small firm, a club."""
_TIMES = 5
"""Births heap on true days too (people were registered on New Year's Day), but not five times the days around."""
_DEVIATIONS = 6
_REACH = 548
"""Days before and after that tell how many births to expect on a day: a year and a half, for age groups differ."""
_HEAP_YEARS = 5

_Counts = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

_SCHEMA = {"value": pl.String, "rows": pl.UInt32, "names": pl.UInt32, "reason": pl.String}


def column_placeholders(values: pl.Series, names: pl.Series, *, dates: bool = False) -> pl.DataFrame:
    """The values of a column that are placeholders: value, rows (its holders), names (how many different) and reason,
    the most frequent first.

    ``values`` are normalized (ISO dates, E.164, e-mail), ``names`` is any one spelling of the holders' names, both
    String with null for unknown and of one length; rows that lack either are not counted. ``dates`` says that the
    values are births.

    A value with c rows and k different names is a placeholder if both hold:

    - k > max(30, 5 m + 6 sqrt(5 m)), where m is the number of rows to expect. For other values than dates m = 0. For a
      birth, m is the mean per day of the 548 days before and after it; a Poisson count with the mean 5 m exceeds this
      bound with a probability below 1e-6, so that even a day five times as popular as its neighbours is let go.
    - k is at least half of the number of different names that c rows taken at random would have: the sum over all
      names of 1 - exp(-c f / n), where f of the n rows bear the name. Members of one household, or one person's
      duplicate records, have far fewer.

    Where years alone are known, systems write January 1. So the first days of all years are also judged together,
    against the days around them; if they fall and are not the greater part of the column, each of them is a
    placeholder.

    >>> rows = pl.DataFrame({"birth": ["1980-01-01"] * 40 + ["1975-05-05"] * 40, "name": [*range(40), *[7] * 40]})
    >>> column_placeholders(rows["birth"], rows["name"], dates=True)["value"].to_list()
    ['1980-01-01']
    """
    every = pl.DataFrame({"value": as_text(values), "name": as_text(names)})
    held = (every if dates else every.filter(_held_by_many(every["value"]))).drop_nulls()
    counted = held.group_by("value").agg(rows=pl.len()).sort("value")
    days = counted["value"].str.to_date("%Y-%m-%d", strict=False) if dates else None
    many = counted["rows"] > _FEWEST
    if days is not None:
        many |= _new_years(days)
    if not many.any():
        return pl.DataFrame(schema=_SCHEMA)
    asked = held.join(counted.filter(many), on="value", how="semi")
    different = asked.group_by("value").agg(names=pl.col("name").n_unique())
    counted = counted.join(different, on="value", how="left", maintain_order="left").with_columns(
        pl.col("names").fill_null(0)
    )
    rows, found = counted["rows"].cast(pl.Int64).to_numpy(), counted["names"].cast(pl.Int64).to_numpy()
    expected = np.zeros(len(rows)) if days is None else _expected(days, rows)
    sham = found > _bound(expected)
    if sham.any():
        frequencies = every.drop_nulls().group_by("name").len().group_by("len").len("names")
        sham[sham] = _as_at_random(rows[sham], found[sham], frequencies)
    if days is not None:
        sham |= _new_year(days, rows, found, expected, sham)
    made = counted.filter(pl.Series(sham)).with_columns(reason=pl.lit(COLUMN_PLACEHOLDER))
    return made.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items()).sort(
        "rows", "value", descending=[True, False]
    )


def _held_by_many(values: pl.Series) -> pl.Series:
    """Which rows hold a value that many hold: they are few. Told by the ends of hashes, so there may be some more."""
    there = values.is_not_null()
    bits = 1 + max(1, len(values)).bit_length()
    ends = values.hash().to_numpy() & np.uint64((1 << bits) - 1)
    counts = np.bincount(ends[there.to_numpy()].astype(np.int64), minlength=1 << bits)
    return pl.Series(counts[ends.astype(np.int64)] > _FEWEST) & there


def _bound(expected: _Floats) -> _Floats:
    """How many different names may hold a value that ``expected`` rows are expected to hold."""
    high = _TIMES * expected
    bound: _Floats = np.maximum(float(_FEWEST), high + _DEVIATIONS * np.sqrt(high))
    return bound


def _as_at_random(rows: _Counts, names: _Counts, frequencies: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether so many different ``names`` among ``rows`` are at least half of what rows taken at random would have.

    ``frequencies``: how many names (``names``) are borne by so many rows (``len``).
    """
    borne, many = frequencies["len"].to_numpy().astype(np.float64), frequencies["names"].to_numpy().astype(np.float64)
    total = float((borne * many).sum())
    random = [float((many * -np.expm1(-count * borne / total)).sum()) for count in rows]
    return 2 * names >= np.array(random)


def _expected(days: pl.Series, rows: _Counts) -> _Floats:
    """Rows to expect on each day (ascending; a null is no day and expects none): the mean of the days around it."""
    number = days.cast(pl.Int64).fill_null(-(10**7)).to_numpy()
    order = np.argsort(number, kind="stable")
    number, counts = number[order], rows[order]
    upto = np.concatenate([[0], np.cumsum(counts)])
    after = np.searchsorted(number, number + _REACH, "right")
    before = np.searchsorted(number, number - _REACH)
    out = np.empty(len(rows))
    out[order] = (upto[after] - upto[before] - counts) / (2 * _REACH)
    return out


def _new_years(days: pl.Series) -> pl.Series:
    return ((days.dt.month() == 1) & (days.dt.day() == 1)).fill_null(value=False)


def _new_year(
    days: pl.Series, rows: _Counts, names: _Counts, expected: _Floats, known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The first days of all years, if together they are far too many; ``known`` ones are left out of the count."""
    first = _new_years(days).to_numpy()
    open_ = first & ~known
    usual = rows.sum() - rows[known].sum()
    heap = names[open_].sum() > _bound(np.array([expected[open_].sum()]))[0]
    if heap and open_.sum() >= _HEAP_YEARS and 2 * rows[open_].sum() <= usual:
        return open_
    return np.zeros(len(rows), dtype=np.bool_)
