"""Who gets which pair: one case after the other, nobody the same; and the draw of pairs for labels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.review.cases import Cases, Queue, draw


def queue(*pairs: tuple[int, int], done: tuple[int, ...] = (), clock=lambda: 0.0) -> Queue:
    a, b = zip(*pairs, strict=True)
    return Queue(Cases(np.array(a), np.array(b)), done, clock)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=30))
def test_cases_are_a_partition(pairs: list[tuple[int, int]]) -> None:
    """Each pair is in one case, that of the first pair with one of its persons that was in none."""
    made = Cases(np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64))
    found = list(made)
    assert sorted(number for case in found for number in case) == list(range(len(pairs)))
    for case in found:
        assert case == sorted(case)
        assert all(set(pairs[case[0]]) & set(pairs[number]) for number in case)
        assert all(number in made[made.of(number)] for number in case)
    assert [case[0] for case in found] == sorted(case[0] for case in found)


def test_two_never_get_the_same() -> None:
    """Not even the same case; each goes on with what is theirs until it is done."""
    made = queue((1, 2), (2, 3), (4, 5), (6, 7))
    assert (made.next("a"), made.next("b")) == (0, 2)
    made.finish(0)
    assert (made.next("a"), made.next("b"), made.next("c")) == (1, 2, 3)
    assert made.next("d") is None
    made.finish(1)
    made.finish(3)
    assert (made.next("a"), made.next("c")) == (None, None)
    assert made.waiting == 1
    assert made.decided == 3


def test_who_does_nothing_gives_way() -> None:
    """After a quarter of an hour; whoever holds a case and looks at it keeps it."""
    now = [0.0]
    made = queue((1, 2), done=(), clock=lambda: now[0])
    assert made.next("a") == 0
    now[0] = 800
    assert (made.next("a"), made.next("b")) == (0, None)
    now[0] = 1_600
    assert made.holder(0) == "a"
    now[0] = 1_800
    assert made.holder(0) is None
    assert made.next("b") == 0


def test_one_pair_is_taken() -> None:
    """From the list: not one that another holds, and what was held before is free again."""
    made = queue((1, 2), (3, 4))
    assert made.next("a") == 0
    assert not made.take(0, "b")
    assert made.take(1, "a")
    assert made.next("b") == 0
    assert not made.take(7, "a")
    assert made.place(1) == (1, 1)
    assert made.ahead(5) == [[0], [1]]


def test_a_pair_waits_again() -> None:
    made = queue((1, 2), (3, 4), done=(0, 1))
    assert made.next("a") is None
    made.reopen(0)
    assert made.next("a") == 0


@pytest.fixture
def drawn() -> tuple[pl.DataFrame, pl.DataFrame]:
    patterns = pl.DataFrame({"pattern": [1, 2, 3, 4], "score": [900, -900, 10, 20],
                             "verdict": ["match", "never", "none", "review"]})  # fmt: skip
    return patterns, pl.DataFrame({"pattern": [1] * 50 + [2] * 40 + [3] * 4 + [4] * 6})


def test_pairs_for_labels_are_of_all_kinds(drawn: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Of each verdict and band as many, and what is rare whole; the same each time."""
    found = draw(*drawn, 24)
    kinds = drawn[1]["pattern"].gather(found).value_counts().sort("pattern")
    assert kinds.rows() == [(1, 7), (2, 7), (3, 4), (4, 6)]
    assert len(set(found.tolist())) == 24
    assert np.array_equal(found, draw(*drawn, 24))
    assert len(draw(*drawn, 1_000)) == 100
