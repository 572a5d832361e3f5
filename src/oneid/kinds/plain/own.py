"""Fields of one's own: how a kind's values are compared, by themselves, under a name that the config gives.

:func:`own` makes the facet of such a field from its levels and a function that compares two lists of values;
:func:`best` compares each value of one record with each of the other, for several columns of one field are several
values; :func:`plain` is the facet of identifiers and of every kind that says nothing else: equal, near, differs.
A kind that judges two texts at a time is made more briefly by :mod:`oneid.kinds.plain.author`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Context, Facet, Key
from oneid.kinds.few import Few, coded
from oneid.kinds.holders import Borne, Counted
from oneid.kinds.quick import listed
from oneid.kinds.shapes import Found, FoundRow, Levels, Options, Rows
from oneid.kinds.texts import Text, few_edits, places_of, texts_of
from oneid.vocabulary.codes import both, equal
from oneid.vocabulary.patterns import MISSING

__all__ = ["CUSTOM", "NEAR", "PLAIN_LEVELS", "Counting", "Values", "best", "own", "plain"]

CUSTOM = "x:"
"""The prefix of fields of one's own among the features."""

NEAR = "The values are nearly equal: at most one slip of the pen for every four characters."

PLAIN_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal": "The values are equal.",
    "near": NEAR,
    "differs": "The values are different.",
}


@dataclass(frozen=True)
class Values:
    """The values of a field of one's own, place by place, and whatever else its comparison looks at."""

    places: Sequence[Text]
    more: Any = None


@dataclass(frozen=True)
class Counting:
    """How rarity comes into a comparison. ``read`` makes of the values what is to be counted of them
    (:attr:`Values.more`), ``counted`` names it, by the feature it is of, for all records, and ``weighed`` makes
    :attr:`Values.more` of that and of how many records hold each of what was counted. Texts have the codes of columns.
    """

    counted: Callable[[str, Values], Counted]
    weighed: Callable[[str, Values, Borne], Any]
    read: Callable[[Sequence[Text]], Any] = lambda _places: None


def own(
    field: str,
    levels: Mapping[str, str],
    compare: Callable[[Values, Rows, Rows], Levels],
    *,
    order: tuple[tuple[str, ...], ...] = (),
    also: Mapping[str, tuple[str, ...]] | None = None,
    counting: Counting | None = None,
) -> Facet:
    """The facet of a field of one's own: a list of texts per record, compared by ``compare``, paired by equal values.

    ``levels``, ``order`` and ``also`` are those of :class:`~oneid.kinds.base.Comparison`; ``compare`` is given the
    values and rows of them, left and right, and returns the number of the level of each pair. ``counting``: where it
    matters how many records hold a value.
    """
    column = CUSTOM + field

    def columns(features: pl.DataFrame, context: Context) -> Values:
        held = features[column] if column in features.columns else _nothing(features.height)
        values = Values(places_of(held))
        if counting is None:
            return values
        values = replace(values, more=counting.read(values.places))
        return replace(values, more=counting.weighed(column, values, context.counts(counting.counted(column, values))))

    def few(made: Few, borne: Borne) -> Values:
        if counting is None:
            return Values(made.listed(column))
        texts = [made.texts(column, place) for place in range(made.places[column])]
        coded([text for place in texts for text in place])  # all at once
        values = Values([Text(coded(place), _series(place)) for place in texts])
        values = replace(values, more=counting.read(values.places))
        return replace(values, more=counting.weighed(column, values, borne))

    return Facet(
        name=column,
        features={column: pl.List(pl.String)},
        make=partial(_make, field),
        make_one=partial(_make_one, field),
        columns=columns,
        few=few,
        counted=None if counting is None else partial(counting.counted, column),
        comparisons=(Comparison(field, levels, compare, order=order, also=also or {}),),
        keys=lambda values, _heard: {field: [text.codes for text in values.places]},
        key_names={field: Key("the values of this field", (field,))},
        keys_of_one=lambda record, _borne: {field: record.codes(column)},
        trusted={field: {column: "normalized"}},
    )


def plain(field: str, _options: Options | None = None) -> Facet:
    """The facet of a field whose values are equal, near (a slip of the pen) or different.

    >>> plain("card").comparisons[0].words
    ('missing', 'equal', 'near', 'differs')
    """
    return own(field, PLAIN_LEVELS, partial(best, judge=_plainly), order=(("equal", "near", "differs"),))


def best(values: Values, left: Rows, right: Rows, judge: Callable[[Values, int, int, Rows, Rows], Levels]) -> Levels:
    """The level of records: the best, which is the first, of all pairs of their values; 0 where a side has none.

    ``judge`` gives the level numbers of pairs of rows, all of which have a value in the place ``a`` of the left side
    and in the place ``b`` of the right one: ``(values, a, b, left, right)``. Pairs that are surely of the first level
    are asked once.
    """
    result = np.zeros(left.size, dtype=np.uint8)
    for a, first in enumerate(values.places):
        for b, second in enumerate(values.places):
            at = np.flatnonzero(both(first.codes[left], second.codes[right]) & (result != 1))
            if at.size:
                said, before = judge(values, a, b, left[at], right[at]), result[at]
                result[at] = np.where(before == 0, said, np.minimum(before, said))
    return result


def _nothing(height: int) -> pl.Series:
    return pl.Series("value", [None] * height, dtype=pl.List(pl.String))


def _series(texts: Sequence[str]) -> pl.Series:
    return pl.Series([text or None for text in texts], dtype=pl.String)


def _make(field: str, found: Found, _height: int) -> dict[str, pl.Series]:
    """Nothing of sources that have no such field."""
    return {CUSTOM + field: texts_of(found[field], "normalized")} if field in found else {}


def _make_one(field: str, found: FoundRow, _families: object) -> dict[str, Any]:
    return {CUSTOM + field: listed(found[field], "normalized")} if field in found else {}


_EQUAL, _NEAR, _DIFFERS = (np.uint8(number) for number in (1, 2, 3))


def _plainly(values: Values, a: int, b: int, left: Rows, right: Rows) -> Levels:
    """The levels of identifiers and the like."""
    first, second = values.places[a], values.places[b]
    same = equal(first.codes[left], second.codes[right])
    result = np.where(same, _EQUAL, _DIFFERS)
    result[few_edits(first, left, right, ~same, second)] = _NEAR
    return result
