"""Levels of evidence: each level of each field has cases, and edit distances are those of pair-by-pair measuring."""

from __future__ import annotations

import functools
from itertools import pairwise

import jellyfish
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from conftest import features_of
from oneid.engines.local import LocalEngine
from oneid.kinds.compared import LEVELS, Compared
from oneid.kinds.name.levels import COMMON, RARE, Text, one_edit
from oneid.kinds.plain.own import PLAIN_LEVELS
from oneid.pairs.columns import columns_of
from oneid.pairs.compare import compare
from oneid.vocabulary.codes import code
from paths import cases

CARD = Compared.with_own([("identifier", "card", {})])
ROWS = cases("compare")
ALL_LEVELS = {**LEVELS, "card": tuple(PLAIN_LEVELS)}


def records(row) -> list[dict[str, str]]:
    """Left, right, and who else is there."""
    named = {field: row["left"][field] for field in ("name", "kana") if field in row["left"]}
    return [row["left"], row["right"], *row.get("also", []), *[named] * (row.get("bearers", 2) - 2)]


@functools.cache
def features() -> list[pl.DataFrame]:
    """The features of each case's records; all cases are normalized together, and apart from one another after that."""
    every = [records(row) for row in ROWS]
    frame = features_of([record for one in every for record in one])
    starts = np.cumsum([0, *map(len, every)])
    return [frame[int(a) : int(b)] for a, b in pairwise(starts)]


def levels(frame: pl.DataFrame) -> list[dict[str, str]]:
    """The names of the levels of the first two rows, this way round and the other."""
    left, right = np.array([0, 1], dtype=np.uint32), np.array([1, 0], dtype=np.uint32)
    found = compare(columns_of(frame, LocalEngine(1), compared=CARD), left, right)
    return [{field: ALL_LEVELS[field][int(level[at])] for field, level in found.items()} for at in (0, 1)]


@pytest.mark.parametrize("at", range(len(ROWS)), ids=lambda at: f"{at}-{ROWS[at]['field']}-{ROWS[at]['level']}")
def test_case(at: int) -> None:
    """Each case of tests/kinds/cases/compare.yaml; turning left and right around changes nothing."""
    row, frame = ROWS[at], features()[at]
    found, turned = levels(frame)
    assert found[row["field"]] == row["level"], row.get("why")
    assert turned == found


def test_every_level_has_a_case() -> None:
    """Of every field."""
    covered = {(row["field"], row["level"]) for row in ROWS}
    assert {(field, level) for field, names in ALL_LEVELS.items() for level in names} <= covered


def test_the_edges_of_rare_and_common() -> None:
    """The cases with bearers in the case file stand at these."""
    assert (RARE, COMMON) == (6, 40)


words = st.lists(st.none() | st.text("アイウエ", max_size=5), min_size=2, max_size=8)


def text_of(values) -> Text:
    column = pl.Series(values, dtype=pl.String)
    return Text(code(column), column)


@given(words, words)
@settings(deadline=None)
def test_one_edit_is_osa_distance_of_one(ours, theirs) -> None:
    """Pair by pair: RapidFuzz's OSA; jellyfish has the same measure under the name Damerau-Levenshtein where a
    distance of one is concerned.
    """
    grid = [
        (a, b) for a in range(len(ours)) for b in range(len(theirs)) if ours[a] is not None and theirs[b] is not None
    ]
    left = np.array([a for a, _ in grid], dtype=np.uint32)
    right = np.array([b for _, b in grid], dtype=np.uint32)
    found = one_edit(text_of(ours), left, right, np.ones(left.size, bool), text_of(theirs))
    for near, (a, b) in zip(found.tolist(), grid, strict=True):
        x, y = ours[a], theirs[b]
        long_enough = min(len(x), len(y)) >= 2 and max(len(x), len(y)) >= 3
        assert near == (long_enough and OSA.distance(x, y) <= 1)
        assert near == (long_enough and jellyfish.damerau_levenshtein_distance(x, y) <= 1)


def test_one_edit_looks_only_among_the_pairs_asked_for() -> None:
    """What is not asked for is not near, whatever it is."""
    text = text_of(["サトウ", "サトオ", "サトウ"])
    left, right = np.array([0, 0], dtype=np.uint32), np.array([1, 2], dtype=np.uint32)
    assert one_edit(text, left, right, np.array([True, False])).tolist() == [True, False]
    assert one_edit(text, left, right, np.array([False, False])).tolist() == [False, False]
    assert one_edit(text_of(["林", "森"]), left[:1], right[:1], np.array([True])).tolist() == [False]
