"""Dates other than births."""

from __future__ import annotations

import polars as pl

from oneid.kinds.base import Kind
from oneid.kinds.birth.kind import DATES
from oneid.kinds.birth.normalizer import read_dates
from oneid.kinds.plain.own import plain

__all__ = ["DATE", "date"]


def date(values: pl.Series) -> pl.DataFrame:
    """Dates other than births (a first day as a member), as ISO ``YYYY-MM-DD``.

    Read as :func:`oneid.kinds.birth.normalizer.birth` reads them, but no date is a placeholder for how often it comes
    (many join on the day a shop opens), and the years 1 to 9999 are in range.

    >>> date(pl.Series(["2019/5/1", "令和元年5月1日"]))["normalized"].to_list()
    ['2019-05-01', '2019-05-01']
    """
    return read_dates(values).select("normalized", "display", "reason", "year", "month", "day")


DATE = Kind("date", date, plain, decision=DATES)
"""Dates other than births."""
