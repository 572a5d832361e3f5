"""Measuring: figures against counting pair by pair."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.evaluate import quality


def frames(given_: dict[str, str], true: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    def frame(held, column):
        rows = [("s", record, value) for record, value in held.items()]
        return pl.DataFrame(rows, schema=dict.fromkeys(("source", "source_id", column), pl.String), orient="row")

    return frame(given_, "oneid"), frame(true, "person_id")


def test_by_hand() -> None:
    """Five records of three people under three OneIDs: one right pair of three made, one of two true pairs found."""
    found = quality(
        *frames({"a": "X", "b": "X", "c": "X", "d": "Y", "e": "Z"}, {"a": "1", "b": "1", "c": "2", "d": "3", "e": "3"})
    )
    assert (found.records, found.oneids, found.persons, found.lost, found.duplicated) == (5, 3, 3, 0, 0)
    assert (found.precision, found.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert found.f1 == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    assert found.b3_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.b3_recall == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 / 2) / 5)
    assert (found.wrong, found.largest, found.exact_persons) == (1, 3, 0)
    assert found.wrong_per_10k == pytest.approx(1e4 / 3)
    assert found.to_dict()["largest"] == 3


def test_lost_and_doubled_records() -> None:
    """A record without a OneID is lost and alone; one with two counts once; one without truth does not."""
    merge_map, truth = frames({"a": "X", "b": "X", "z": "X"}, {"a": "1", "b": "1", "c": "1"})
    found = quality(pl.concat([merge_map, merge_map.head(1)]), truth)
    assert (found.records, found.lost, found.duplicated) == (3, 1, 1)
    assert (found.precision, found.recall) == (1.0, pytest.approx(1 / 3))
    assert found.wrong == 0


def test_perfect_and_empty() -> None:
    """Everything right is 1; nothing at all is no mistake."""
    perfect = quality(*frames({"a": "X", "b": "X", "c": "Y"}, {"a": "1", "b": "1", "c": "2"}))
    assert (perfect.precision, perfect.recall, perfect.f1, perfect.b3_f1, perfect.exact_persons) == (1, 1, 1, 1, 1)
    empty = quality(*frames({}, {}))
    assert (empty.records, empty.precision, empty.recall, empty.largest) == (0, 1.0, 1.0, 0)


labels = st.lists(st.tuples(st.sampled_from("XYZ"), st.sampled_from("123")), min_size=1, max_size=10)


@given(labels)
@settings(max_examples=40, deadline=None)
def test_pairwise_figures_are_counts_of_pairs(rows) -> None:
    """Against counting all pairs."""
    given_ = {str(n): oneid for n, (oneid, _) in enumerate(rows)}
    true = {str(n): person for n, (_, person) in enumerate(rows)}
    pairs = list(combinations(given_, 2))
    made = [(a, b) for a, b in pairs if given_[a] == given_[b]]
    same = [(a, b) for a, b in pairs if true[a] == true[b]]
    right = len(set(made) & set(same))
    found = quality(*frames(given_, true))
    assert found.precision == (pytest.approx(right / len(made)) if made else 1.0)
    assert found.recall == (pytest.approx(right / len(same)) if same else 1.0)
