"""Assigning OneIDs to what changed alone gives what assigning all of them gives."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from identity.small import KEY, RECORDS, Partition, members_of, run_of
from oneid.identity.assignment import assign
from oneid.identity.reassignment import Change, reassign
from oneid.identity.state import Assignment
from strategies import thorough

NONE = np.iinfo(np.uint32).max

partitions = st.dictionaries(st.sampled_from(RECORDS), st.integers(0, 4))
histories = st.lists(st.tuples(partitions, st.sets(st.sampled_from(RECORDS))), min_size=1, max_size=6)


def groups(partition: Partition) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Per record the whole cluster."""
    return {
        record: frozenset(other for other, there in partition.items() if there == mine)
        for record, mine in partition.items()
    }


def changed_only(
    before: Partition, now: Partition, more: set[tuple[str, str]], last: Assignment, number: int
) -> Change:
    """Reassigns with those records marked whose cluster is another now, and some more."""
    members = members_of(now)
    records = list(members.select("source", "source_id").iter_rows())
    old = {pair: row for row, pair in enumerate(last.state.assignments.select("source", "source_id").iter_rows())}
    was = np.array([old.get(record, NONE) for record in records], dtype=np.uint32)
    then, today = groups(before), groups(now)
    changed = np.array([then.get(one) != today[one] or one in more for one in records], dtype=np.bool_)
    labels = members["cluster"].to_numpy()
    return reassign(members, labels, was, changed, last.state, KEY, run_of(number))


@settings(max_examples=thorough(40), deadline=None)
@given(histories)
def test_what_changed_alone_gives_the_same(history: list[tuple[Partition, set[tuple[str, str]]]]) -> None:
    """Any history: state, events and aliases equal, row for row."""
    last = assign(members_of({}), None, KEY, run_of(1))
    before: Partition = {}
    for number, (now, more) in enumerate(history, 2):
        whole = assign(members_of(now), last.state, KEY, run_of(number))
        part = changed_only(before, now, more, last, number)
        assert_frame_equal(part.whole.state.assignments, whole.state.assignments)
        assert_frame_equal(part.whole.state.oneids, whole.state.oneids)
        assert_frame_equal(part.whole.events, whole.events, check_row_order=True)
        assert_frame_equal(part.whole.aliases, whole.aliases)
        last, before = whole, now


def test_only_what_changed_is_touched() -> None:
    """Of three people one gets a record: the other two are not looked at."""
    before: Partition = {("a", "1"): 0, ("a", "9"): 1, ("b", "1"): 2}
    first = assign(members_of(before), None, KEY, run_of(1))
    now = {**before, ("c", "x"): 1}
    made = changed_only(before, now, set(), first, 2)
    assert made.touched.tolist() == [False, True, False, True]
    assert made.before.assignments.height == 1
    assert made.whole.events.select("event").to_series().to_list() == ["joined"]
    assert isinstance(made.after.oneids, pl.DataFrame)
