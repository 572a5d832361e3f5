"""A rollback: founders, homes and ways are those of then."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.small import KEY, RECORDS, Partition, bearers, follow, leads, partition_of, run_of
from oneid.identity.rollback import rollback
from strategies import thorough

FEW = RECORDS[:5]
partitions = st.lists(st.integers(0, 3), min_size=len(FEW), max_size=len(FEW)).map(
    lambda labels: dict(zip(FEW, labels, strict=True))
)


@settings(max_examples=thorough(50), deadline=None)
@given(st.lists(partitions, min_size=2, max_size=4), st.data())
def test_where_nobody_came_or_left_all_is_as_it_was_then(history: list[Partition], data: st.DataObject) -> None:
    """Who bears which OneID, where each led and by which way, its founder, and the home of each record; OneIDs given
    since lead to a living one, or are retired.
    """
    states = [done.state for done in follow(*history)]
    then, now = data.draw(st.sampled_from(states[:-1])), states[-1]
    done = rollback(now, then, KEY, run_of(9)).state
    columns = ["source", "source_id", "oneid", "home_oneid", "first_run"]
    assert done.assignments.select(columns).equals(then.assignments.select(columns))
    known = done.oneids.filter(pl.col("oneid").is_in(then.oneids["oneid"].implode()))
    assert known.drop("since").equals(then.oneids.drop("since"))
    assert done.oneids["oneid"].to_list() == now.oneids["oneid"].to_list()
    assert {led for led in leads(done).values() if led} == set(bearers(done).values())


def test_who_came_since_stays_apart_from_the_older_ones() -> None:
    """In the groups of today; who left for good is not called back."""
    results = follow(partition_of("a1 a9", "b1"), partition_of("a1 a9 b1 c1", "cx"), partition_of("a1 b1 c1 cx"))
    done = rollback(results[2].state, results[0].state, KEY, run_of(4)).state
    whose, then = bearers(done), bearers(results[0].state)
    assert {record: whose[record] for record in (("a", "1"), ("b", "1"))} == {
        record: then[record] for record in (("a", "1"), ("b", "1"))
    }
    assert ("a", "9") not in whose
    assert whose["c", "1"] == whose["c", "x"] not in then.values()
