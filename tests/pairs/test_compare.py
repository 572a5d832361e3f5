"""Comparing: the same both ways round, nothing where nothing is said, and each pair by itself."""

from __future__ import annotations

import numpy as np
import polars as pl

from conftest import features_of
from kinds.test_levels import ALL_LEVELS, CARD, features
from oneid.engines.local import LocalEngine
from oneid.pairs.columns import columns_of
from oneid.pairs.compare import compare, pattern
from oneid.vocabulary.patterns import Schema


def people_columns(size: int):
    """All records of the case file, as one population."""
    frame = pl.concat(features())
    return columns_of(frame[: min(size, frame.height)], LocalEngine(1), compared=CARD)


def test_comparing_is_symmetric() -> None:
    """Every record of the case file against every other, both ways round."""
    columns = people_columns(200)
    size = columns.height
    left, right = (part.astype(np.uint32) for part in np.triu_indices(size, 1))
    one, other = compare(columns, left, right), compare(columns, right, left)
    assert all((one[field] == other[field]).all() for field in one)


def test_missing_is_never_equal() -> None:
    """A record that says nothing, against itself and all others: every field is missing."""
    frame = pl.concat([features_of([{}, {}]), pl.concat(features())[:150]])
    columns = columns_of(frame, LocalEngine(1), compared=CARD)
    rows = np.arange(frame.height, dtype=np.uint32)
    for blank in (0, 1):
        found = compare(columns, np.full_like(rows, blank), rows)
        assert {field: set(level.tolist()) for field, level in found.items()} == {field: {0} for field in found}


def test_a_pair_does_not_depend_on_the_other_pairs() -> None:
    """Compared alone, or among all pairs, in whatever order."""
    columns = people_columns(60)
    schema = Schema(ALL_LEVELS)
    left, right = (part.astype(np.uint32) for part in np.triu_indices(60, 1))
    whole = pattern(schema, columns, left, right)
    for at in range(0, left.size, 97):
        assert pattern(schema, columns, left[at : at + 1], right[at : at + 1])[0] == whole[at]
    assert (pattern(schema, columns, left[::-1], right[::-1])[::-1] == whole).all()
    assert pattern(schema, columns, left[:0], right[:0]).size == 0
