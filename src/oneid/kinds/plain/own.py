"""Fields of one's own: how a kind's values are compared, by themselves, under a name that the config gives.

:func:`own` makes the facet of such a field from its levels and a function that compares two lists of values;
:func:`plain` is that of identifiers and of every kind that says nothing else: equal, near, differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Context, Facet, Key
from oneid.kinds.few import Few
from oneid.kinds.holders import Borne
from oneid.kinds.quick import listed
from oneid.kinds.shapes import Found, FoundRow, Levels, Options, Rows
from oneid.kinds.texts import Text, few_edits, places_of, texts_of
from oneid.vocabulary.codes import Codes, both, equal
from oneid.vocabulary.patterns import MISSING

__all__ = ["CUSTOM", "PLAIN_LEVELS", "Values", "own", "plain"]

CUSTOM = "x:"
"""The prefix of fields of one's own among the features."""

PLAIN_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal": "",
    "near": "at most one edit for every four characters",
    "differs": "",
}


@dataclass(frozen=True)
class Values:
    """The values of a field of one's own, place by place, and whatever else its comparison looks at."""

    places: Sequence[Text]
    more: Any = None


def own(
    field: str,
    levels: Mapping[str, str],
    compare: Callable[[Values, Rows, Rows], Levels],
    *,
    order: tuple[tuple[str, ...], ...] = (),
    prepare: Callable[[Sequence[Text], Context], Any] | None = None,
    counted: Callable[[Values], Mapping[str, Sequence[Codes]]] | None = None,
) -> Facet:
    """The facet of a field of one's own: a list of texts per record, compared by ``compare``, paired by equal values.

    ``prepare`` makes what else the comparison needs (:attr:`Values.more`) of the values and the context; ``counted``
    says what is to be counted of them over all records.
    """
    column = CUSTOM + field

    def columns(features: pl.DataFrame, context: Context) -> Values:
        held = features[column] if column in features.columns else _nothing(features.height)
        places = places_of(held)
        return Values(places, None if prepare is None else prepare(places, context))

    def few(made: Few, borne: Borne) -> Values:
        if prepare is None:
            return Values(made.listed(column))
        frame = made.frame({column: pl.List(pl.String)})
        return columns(frame, Context.of_few(made.size, borne))

    return Facet(
        name=column,
        features={column: pl.List(pl.String)},
        make=partial(_make, field),
        make_one=partial(_make_one, field),
        columns=columns,
        few=few,
        counted=counted,
        comparisons=(Comparison(field, levels, compare, order=order),),
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
    return own(field, PLAIN_LEVELS, _plainly, order=(("equal", "near", "differs"),))


def _nothing(height: int) -> pl.Series:
    return pl.Series("value", [None] * height, dtype=pl.List(pl.String))


def _make(field: str, found: Found, _height: int) -> dict[str, pl.Series]:
    """Nothing of sources that have no such field."""
    return {CUSTOM + field: texts_of(found[field], "normalized")} if field in found else {}


def _make_one(field: str, found: FoundRow, _families: object) -> dict[str, Any]:
    return {CUSTOM + field: listed(found[field], "normalized")} if field in found else {}


def _plainly(values: Values, left: Rows, right: Rows) -> Levels:
    """The level of an identifier or the like: the best of all pairs of values."""
    level = {word: np.uint8(number) for number, word in enumerate(PLAIN_LEVELS)}
    places = values.places
    result = np.zeros(left.size, dtype=np.uint8)
    for a in places:
        for b in places:
            there = both(a.codes[left], b.codes[right])
            result[there & (result == level["missing"])] = level["differs"]
            open_ = there & (result == level["differs"]) & ~equal(a.codes[left], b.codes[right])
            result[few_edits(a, left, right, open_, b)] = level["near"]
    for a in places:
        for b in places:
            result[equal(a.codes[left], b.codes[right])] = level["equal"]
    return result
