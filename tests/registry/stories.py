"""Runs for the registry's tests: partitions, what the runs make of them, and publishing it."""

from __future__ import annotations

from collections.abc import Sequence

from identity.small import Partition, follow, partition_of, run_of
from oneid.identity.state import Assignment, State
from oneid.registry import Publication, Registry

__all__ = ["merged_and_split", "publication", "publish", "publish_all"]


def publication(number: int, before: State, done: Assignment, **more: object) -> Publication:
    run = run_of(number)
    told = {"kind": "run", "input": f"input {number}", "day": None, "folder": "out", "info": {"数": number}} | more
    return Publication(run=run, before=before, after=done.state, events=done.events, **told)  # type: ignore[arg-type]


def publish(registry: Registry, number: int, before: State, done: Assignment, **more: object) -> None:
    registry.publish(publication(number, before, done, **more))


def publish_all(registry: Registry, history: Sequence[Partition]) -> list[Assignment]:
    """One run after the other, each going on from what the registry holds."""
    results = follow(*history)
    for number, done in enumerate(results, 1):
        publish(registry, number, registry.state(), done)
    return results


def merged_and_split() -> list[Partition]:
    """Two people, taken for one in run 2, told apart in run 3; c1 leaves in run 4."""
    apart = ("a1 a2", "b1 b2", "c1")
    return [
        partition_of(*apart),
        partition_of("a1 a2 b1 b2", "c1"),
        partition_of(*apart),
        partition_of(*apart[:2]),
    ]
