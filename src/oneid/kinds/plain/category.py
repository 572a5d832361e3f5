"""Categories: one of a few words, such as a favourite store; that two records share a rare one says more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import polars as pl

from oneid.japanese.text import is_placeholder
from oneid.kinds.base import Facet, Kind
from oneid.kinds.holders import Borne, Counted
from oneid.kinds.plain.own import NEAR, Counting, Values, best, own
from oneid.kinds.plain.rarity import any_value, is_rare
from oneid.kinds.plain.tidied import judged, tidied
from oneid.kinds.shapes import Flags, Levels, Options, Rows
from oneid.kinds.texts import few_edits
from oneid.vocabulary.codes import equal
from oneid.vocabulary.patterns import MISSING

__all__ = ["CATEGORY", "CATEGORY_LEVELS", "category"]

CATEGORY_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal_rare": "The values are equal and rare: at most 1 in 100 of the records that have a value hold it.",
    "equal_common": "The values are equal, and more records hold it.",
    "near": NEAR,
    "differs": "The values are different.",
}

_LEVEL = {word: np.uint8(number) for number, word in enumerate(CATEGORY_LEVELS)}
_ORDER = (("equal_rare", "equal_common", "differs"), ("equal_rare", "near", "differs"))
_ALSO = {"equal": ("equal_rare", "equal_common")}


def category(values: pl.Series) -> pl.DataFrame:
    """One of a few words: tidied and in lower case.

    >>> category(pl.Series(["ＧＯＬＤ", "Gold "]))["normalized"].to_list()
    ['gold', 'gold']
    """
    lower = pl.col("display").str.to_lowercase().str.normalize("NFKC")
    return judged(tidied(values), lower, is_placeholder(pl.col("display")))


def _counted(column: str, values: Values) -> Counted:
    places = [place.codes for place in values.places]
    return {column: [*places, any_value(places)]}


def _weighed(column: str, values: Values, borne: Borne) -> Sequence[Flags]:
    """By place, which records' values are rare."""
    return [is_rare(column, place.codes, borne) for place in values.places]


def _judge(values: Values, a: int, b: int, left: Rows, right: Rows) -> Levels:
    first, second = values.places[a], values.places[b]
    same = equal(first.codes[left], second.codes[right])
    equal_ = np.where(values.more[a][left], _LEVEL["equal_rare"], _LEVEL["equal_common"])
    result = np.where(same, equal_, _LEVEL["differs"])
    result[few_edits(first, left, right, ~same, second)] = _LEVEL["near"]
    return result


def _own(field: str, _options: Options | None = None) -> Facet:
    """The facet of a field of categories."""
    compare = partial(best, judge=_judge)
    return own(field, CATEGORY_LEVELS, compare, order=_ORDER, also=_ALSO, counting=Counting(_counted, _weighed))


CATEGORY = Kind("category", category, _own, longest=2000)
"""Categories."""
