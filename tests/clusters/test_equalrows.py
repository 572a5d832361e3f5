"""Equal rows as one: who stands for whom, and what becomes of their pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.clusters.equalrows import as_one, standing_for
from oneid.pairs.judged import DECIDED, Judged
from oneid.vocabulary.references import Verdict
from strategies import thorough

VERDICTS = [str(verdict) for verdict in Verdict]
Said = dict[tuple[int, int], tuple[str, bool]]


def judged(said: Said) -> Judged:
    """The pairs with their verdicts; whether people decided it. Patterns and rules are all different."""
    ends = np.array(list(said), np.uint32).reshape(-1, 2)
    number = np.arange(len(said))
    return Judged(
        ends[:, 0], ends[:, 1], number.astype(np.uint64),
        np.array([DECIDED if decided else 7 for _, decided in said.values()], np.int32),
        np.array([VERDICTS.index(word) for word, _ in said.values()], np.uint8), number.astype(np.uint16), ("score",),
    )  # fmt: skip


@given(st.data())
@settings(max_examples=thorough(200), deadline=None)
def test_a_linked_equal_row_stands_for_the_later_ones(data: st.DataObject) -> None:
    """Not for one that people decided about, nor for one of a source that has each person once."""
    size = data.draw(st.integers(2, 6))
    first = {later: data.draw(st.none() | st.integers(0, later - 1)) for later in range(1, size)}
    equal = {later: one for later, one in first.items() if one is not None and first.get(one) is None}
    told = st.tuples(st.sampled_from([*VERDICTS, "match", "match"]), st.sampled_from([False, False, False, True]))
    said: Said = data.draw(st.dictionaries(st.sampled_from(list(combinations(range(size), 2))), told, max_size=12))
    said |= {(one, later): data.draw(told) for later, one in equal.items()}
    alone = np.array(data.draw(st.lists(st.sampled_from([False, False, True]), min_size=size, max_size=size)))
    others = (np.array([*equal.values()], np.uint32), np.array([*equal], np.uint32))

    by_people = {end for ends, (_, decided) in said.items() if decided for end in ends}
    expected = [
        equal[row]
        if row in equal and said[equal[row], row][0] == "match" and row not in by_people and not alone[row] else row
        for row in range(size)
    ]  # fmt: skip
    same = standing_for(others, judged(said), alone)
    assert (same is None) == (expected == list(range(size)))
    assert same is None or same.tolist() == expected

    pairs = judged(said)
    made = as_one(pairs, same)
    told_of = [(sorted((expected[a], expected[b])), n) for n, (a, b) in enumerate(said) if expected[a] != expected[b]]
    assert [[a, b] for a, b in zip(made.left.tolist(), made.right.tolist(), strict=True)] == [e for e, _ in told_of]
    for name in ("pattern", "score", "verdict", "rule"):
        assert getattr(made, name).tolist() == getattr(pairs, name)[[n for _, n in told_of]].tolist()
