"""Comparing: a pair of records becomes one evidence level per field, and the levels one pattern.

Everything works on arrays of pairs (row numbers ``left``, ``right``). How a field is compared is its facet's
(:mod:`oneid.kinds`): equality is a comparison of codes; edit distances are computed once per distinct pair of values.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from oneid.kinds.shapes import Levels, Rows
from oneid.pairs.columns import Columns
from oneid.vocabulary.patterns import Schema

__all__ = ["compare", "pattern"]


def compare(columns: Columns, left: Rows, right: Rows) -> dict[str, Levels]:
    """The level numbers of all fields for pairs of rows."""
    return {
        one.field: one.compare(columns.parts[facet.name], left, right)
        for facet in columns.compared.facets
        for one in facet.comparisons
    }


def pattern(schema: Schema, columns: Columns, left: Rows, right: Rows) -> npt.NDArray[np.uint64]:
    """The patterns of pairs of rows."""
    return schema.pack(compare(columns, left, right))
