"""Dates other than births, compared as dates: equal, within some days, or a slip of the pen apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import polars as pl

from oneid.kinds.base import Facet, Kind, Option
from oneid.kinds.birth.facet import one_slip
from oneid.kinds.birth.kind import DATES
from oneid.kinds.birth.normalizer import read_dates
from oneid.kinds.plain.own import Values, best, own
from oneid.kinds.shapes import Levels, Options, Rows
from oneid.kinds.texts import level_of_pairs
from oneid.vocabulary.codes import equal
from oneid.vocabulary.language import said
from oneid.vocabulary.patterns import MISSING

__all__ = ["DATE", "DATE_LEVELS", "date"]

DATE_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal": "The dates are equal.",
    "within": "They are no more days apart than the tolerance; without a tolerance there is no such pair.",
    "near": "One slip explains it: a digit, two neighbouring digits exchanged, or day and month exchanged.",
    "differs": "The dates are different.",
}

_LEVEL = {word: np.uint8(number) for number, word in enumerate(DATE_LEVELS)}
_ORDER = (("equal", "within", "differs"), ("equal", "near", "differs"))


def date(values: pl.Series) -> pl.DataFrame:
    """Dates other than births (a first day as a member), as ISO ``YYYY-MM-DD``.

    Read as :func:`oneid.kinds.birth.normalizer.birth` reads them, but no date is a placeholder for how often it comes
    (many join on the day a shop opens), and the years 1 to 9999 are in range.

    >>> date(pl.Series(["2019/5/1", "令和元年5月1日"]))["normalized"].to_list()
    ['2019-05-01', '2019-05-01']
    """
    return read_dates(values).select("normalized", "display", "reason", "year", "month", "day")


def _tolerance(text: str) -> int:
    """So many whole days."""
    if not re.fullmatch("[1-9][0-9]{0,5}", text.strip()):
        raise ValueError(said("expected a whole number of days above 0, such as 3"))
    return int(text)


def _levels(days: int, lefts: Sequence[str], rights: Sequence[str]) -> Levels:
    """The levels of pairs of dates that are not equal."""
    sides = [pl.Series(texts, dtype=pl.String) for texts in (lefts, rights)]
    day, other = (texts.str.to_date("%Y-%m-%d").to_physical().to_numpy().astype(np.int64) for texts in sides)
    numbers = (texts.str.replace_all("-", "", literal=True).cast(pl.Int32).to_numpy() for texts in sides)
    result = np.where(one_slip(*numbers), _LEVEL["near"], _LEVEL["differs"])
    result[np.abs(day - other) <= days] = _LEVEL["within"]
    return result


def _judge(values: Values, a: int, b: int, left: Rows, right: Rows, days: int) -> Levels:
    first, second = values.places[a], values.places[b]
    same = equal(first.codes[left], second.codes[right])
    result = level_of_pairs(first, second, left, right, ~same, partial(_levels, days))
    result[same] = _LEVEL["equal"]
    return result


def _own(field: str, options: Options | None = None) -> Facet:
    """The facet of a field of dates."""
    judge = partial(_judge, days=(options or {}).get("tolerance", 0))
    return own(field, DATE_LEVELS, partial(best, judge=judge), order=_ORDER)


_ABOUT = "How many days two dates of one person may be apart, such as `3`."

DATE = Kind("date", date, _own, decision=DATES, options={"tolerance": Option(_tolerance, _ABOUT)})
"""Dates other than births."""
