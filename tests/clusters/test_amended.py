"""Clusters that stand: parts come together again where nothing says with which other part one does not go."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oneid.clusters.amended import rejoined
from oneid.clusters.clustering import Cap
from oneid.pairs.judged import ScoredPairs


def never(*pairs: tuple[int, int]) -> ScoredPairs:
    left, right = (np.array([pair[side] for pair in pairs], np.uint32) for side in (0, 1))
    return ScoredPairs(left, right, np.zeros(len(pairs), np.int32))


def rejoin(standing: list[int], labels: list[int], *pairs: tuple[int, int], caps: tuple[Cap, ...] = ()) -> list[int]:
    return rejoined(np.array(labels, np.uint32), np.array(standing, np.uint32), never(*pairs), caps).tolist()


def test_two_sides() -> None:
    """Each side comes together, though no evidence holds it."""
    assert rejoin([0] * 4, [0, 1, 2, 3], (0, 2), (0, 3), (1, 2), (1, 3)) == [0, 0, 2, 2]


def test_who_could_go_with_either_goes_with_none() -> None:
    """Without evidence nobody can tell; where nothing was parted, all stay together."""
    assert rejoin([0] * 3, [0, 1, 2], (0, 2)) == [0, 1, 2]
    assert rejoin([0] * 3, [0, 1, 2]) == [0, 0, 0]


def test_other_clusters_are_let_alone() -> None:
    """A pair that parts records of two clusters parts none of either."""
    assert rejoin([0, 0, 2, 2], [0, 1, 2, 3], (0, 2)) == [0, 0, 2, 2]


def test_a_cluster_that_was_joined_goes_over_no_cap() -> None:
    """Its own part may, for it stood so."""
    caps = (Cap([np.array([1, 2, 3], np.uint64)], 2),)
    assert rejoin([0, 1, 1], [0, 0, 2], caps=caps) == [0, 0, 2]
    assert rejoin([0, 0, 0], [0, 0, 2], caps=caps) == [0, 0, 0]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_nobody_meets_whom_something_parts(groups: list[int], data: st.DataObject) -> None:
    """Nor anybody with whom it neither stood nor was joined; and what is together stays so."""
    size = len(groups)
    standing = [groups.index(group) for group in groups]
    records = st.integers(0, size - 1)
    pairs = [(a, b) for a, b in data.draw(st.lists(st.tuples(records, records), max_size=6)) if a < b]
    made = rejoin(standing, list(range(size)), *pairs)
    for a in range(size):
        for b in range(a + 1, size):
            together = made[a] == made[b]
            assert not (together and (a, b) in pairs)
            assert not (together and standing[a] != standing[b])
            free = not any({a, b} & set(pair) for pair in pairs if standing[pair[0]] == standing[pair[1]])
            apart = [pair for pair in pairs if standing[pair[0]] == standing[pair[1]] == standing[a]]
            if standing[a] == standing[b] and free and not apart:
                assert together
