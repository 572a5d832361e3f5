"""Small partitions and states that the tests of this room are told with."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import strategies as st

from oneid.identity.assignment import assign
from oneid.identity.renumbering import RENUMBERED
from oneid.identity.state import Assignment, Run, State
from oneid.vocabulary.errors import OneIDError

Record = tuple[str, str]
Partition = dict[Record, int]
KEY = b"a test's secret"
RECORDS: list[Record] = [
    ("a", "1"),
    ("a", "10"),
    ("a", "9"),
    ("b", "1"),
    ("b", "二"),
    ("c", ""),
    ("c", "x"),
    ("c", "x:y"),
]


def run_of(number: int) -> Run:
    return Run(f"run {number % 3} {number}", number, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number))


def members_of(partition: Partition) -> pl.DataFrame:
    ranked = sorted(partition, key=lambda record: (record[0].encode(), record[1].encode()))
    return pl.DataFrame(
        [(rec, *record, partition[record]) for rec, record in enumerate(ranked)],
        schema={"rec": pl.UInt32, "source": pl.String, "source_id": pl.String, "cluster": pl.UInt32},
        orient="row",
    )


def partition_of(*clusters: str) -> Partition:
    """``partition_of("a1 b1", "c2")``: records of sources a, b, c in two clusters."""
    return {(name[0], name[1:]): number for number, names in enumerate(clusters) for name in names.split()}


def follow(*partitions: Partition) -> list[Assignment]:
    """One run after the other."""
    done: list[Assignment] = []
    for number, partition in enumerate(partitions, 1):
        done.append(assign(members_of(partition), done[-1].state if done else None, KEY, run_of(number)))
    return done


def oneid_of(result: Assignment) -> dict[Record, str]:
    return {
        (source, id_): oneid
        for source, id_, oneid in result.state.assignments.select("source", "source_id", "oneid").rows()
    }


def named(result: Assignment, name: str) -> str:
    return oneid_of(result)[name[0], name[1:]]


def current(result: Assignment) -> dict[str, str | None]:
    return dict(result.aliases.select("oneid", "current_oneid").rows())


def told(result: Assignment) -> Counter[tuple[str, str]]:
    return Counter(result.events.select("event", "reason").rows())


partitions = st.dictionaries(st.sampled_from(RECORDS), st.integers(0, 4))
histories = st.lists(partitions, min_size=1, max_size=7)


def frame_of(*records: Record) -> pl.DataFrame:
    return pl.DataFrame(records, {"source": pl.String, "source_id": pl.String}, orient="row")


def renumbering(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, RENUMBERED, orient="row")


def bearers(state: State) -> dict[Record, str]:
    return {(row[0], row[1]): row[2] for row in state.assignments.select("source", "source_id", "oneid").rows()}


def leads(state: State) -> dict[str, str | None]:
    return dict(state.oneids.select("oneid", "current_oneid").rows())


def wrong(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(OneIDError) as caught:
        call(*arguments)
    assert caught.value.exit_code == 2
    assert all(problem.hint for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]
