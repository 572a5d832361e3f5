"""What can have changed since the run before: a few new records among many known ones are paired as a full run would.

The pairs of the run before stand, but for those with a *dirty* record. Dirty are

- new, changed and gone records;
- the holders of a phone or a mail address that became shared, or is no longer (:func:`oneid.columns.contradicted`);
- records whose effective blocking keys are others now, because a block grew above its rule's ``most``, or fell below.

All pairs with a dirty record are made and compared anew. So the outcome equals that of comparing all records, which is
tested: a pair of two clean records has the keys and the levels that it had, for names are rare or common by what was
learned once (:mod:`oneid.learned`), not by today's counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid import block
from oneid.block import among
from oneid.codes import Codes
from oneid.engines.base import Engine
from oneid.rules import BlockingRule

__all__ = ["HELD", "Before", "Keys", "Paired", "Shared", "pairs"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
HELD = ("phone", "email")
"""The fields whose values can be shared."""

_NONE = np.iinfo(np.uint32).max
Shared = Mapping[str, Codes]
"""By field of :data:`HELD`: the codes of its values that are shared, sorted."""


@dataclass(frozen=True)
class Keys:
    """What records are paired by: the codes of blocking keys, and those of the values that can be shared; by name one
    array per place, 0 for none, one entry per record.
    """

    blocking: Mapping[str, Sequence[Codes]]
    held: Mapping[str, Sequence[Codes]]

    def table(self) -> pl.DataFrame:
        """As a table: one UInt64 column per part, name and place."""
        parts = (("b", self.blocking), ("h", self.held))
        return pl.DataFrame({
            f"{part}:{name}:{place}": codes
            for part, found in parts
            for name, places in found.items()
            for place, codes in enumerate(places)
        })  # fmt: skip

    @classmethod
    def from_table(cls, table: pl.DataFrame) -> Keys:
        """The keys of a table that :meth:`table` made."""
        found: dict[str, dict[str, list[Codes]]] = {"b": {}, "h": {}}
        for column in table.columns:
            part, _, rest = column.partition(":")
            found[part].setdefault(rest.rpartition(":")[0], []).append(table[column].to_numpy())
        return cls(found["b"], found["h"])

    def of(self, rows: Rows | npt.NDArray[np.intp]) -> Keys:
        """The keys of some records."""
        blocking, held = (
            {name: [codes[rows] for codes in places] for name, places in found.items()}
            for found in (self.blocking, self.held)
        )
        return Keys(blocking, held)

    def plus(self, other: Keys, order: npt.NDArray[np.intp]) -> Keys:
        """These records followed by others, put in an order."""
        return Keys(
            _joined(self.blocking, other.blocking, order, self.height, other.height),
            _joined(self.held, other.held, order, self.height, other.height),
        )

    def as_wide_as(self, other: Keys) -> Keys:
        """These keys with as many places as ``other`` has at least."""
        none = Keys(
            *(
                {name: [codes[:0] for codes in places] for name, places in found.items()}
                for found in (other.blocking, other.held)
            )
        )
        return self.plus(none, np.arange(self.height))

    @property
    def height(self) -> int:
        """How many records there are."""
        return next((codes.size for places in self.held.values() for codes in places), 0)


def _joined(
    first: Mapping[str, Sequence[Codes]],
    second: Mapping[str, Sequence[Codes]],
    order: npt.NDArray[np.intp],
    heights: int,
    others: int,
) -> dict[str, list[Codes]]:
    found = {}
    for name in dict.fromkeys((*first, *second)):
        ours, theirs = list(first.get(name, ())), list(second.get(name, ()))
        for _ in range(len(theirs) - len(ours)):
            ours.append(np.zeros(heights, np.uint64))
        for _ in range(len(ours) - len(theirs)):
            theirs.append(np.zeros(others, np.uint64))
        found[name] = [np.concatenate(pair)[order] for pair in zip(ours, theirs, strict=True)]
    return found


@dataclass(frozen=True)
class Before:
    """The run before: its keys, pairs (record numbers of that run) with patterns, and shared values."""

    keys: Keys
    left: Rows
    right: Rows
    pattern: Codes
    shared: Shared


@dataclass(frozen=True)
class Paired:
    """All candidate pairs of the records of now. ``dirty`` tells the records whose pairs were made anew; ``shared``
    are the shared values of now.
    """

    left: Rows
    right: Rows
    pattern: Codes
    dirty: Flags
    shared: Shared
    compared: int
    report: tuple[block.BlockReport, ...]


def pairs(
    rules: Sequence[BlockingRule],
    before: Before,
    keys: Keys,
    was: Rows,
    fresh: Flags,
    engine: Engine,
    contradicted: Callable[[Rows, Mapping[str, Sequence[Codes]]], Shared],
    patterns: Callable[[Rows, Rows, Shared], Codes],
) -> Paired:
    """The candidate pairs of now with their patterns.

    ``keys`` are those of all records of now; ``was`` has the number that each had before (the largest uint32: it is
    new), ``fresh`` tells those that are new or changed. ``contradicted`` is given records, and per field of
    :data:`HELD` their values of interest (others 0), and tells which of these are shared. ``patterns`` compares pairs.
    """
    before = replace(before, keys=before.keys.as_wide_as(keys))
    stays = (was != _NONE) & ~fresh
    outdated = np.ones(before.keys.height, dtype=np.bool_)
    outdated[was[stays]] = False
    old_rows, new_rows = np.flatnonzero(outdated), np.flatnonzero(fresh)
    shared, dirty = _shared_now(before, keys, old_rows, new_rows, contradicted)
    dirty |= fresh
    dirty |= _other_blocks(rules, before, keys, (old_rows, new_rows), (was, stays), engine)
    touched = block.keys_of(rules, keys.of(np.flatnonzero(dirty)).blocking)
    plan = block.plan(rules, keys.blocking, engine, touched)

    def run(task: block.Task) -> tuple[Rows, Rows, Codes]:
        left, right = block.pairs(plan, task)
        mine = dirty[left] | dirty[right]
        return left[mine], right[mine], np.zeros(0, np.uint64)

    made = list(engine.map(run, list(block.tasks(plan))))
    left, right = (np.concatenate([part[side] for part in made]) if made else np.zeros(0, np.uint32) for side in (0, 1))
    pattern = patterns(left, right, shared) if left.size else np.zeros(0, np.uint64)
    now = np.full(before.keys.height, _NONE, dtype=np.uint32)
    now[was[stays]] = np.flatnonzero(stays).astype(np.uint32)
    a, b = now[before.left], now[before.right]
    there = (a != _NONE) & (b != _NONE)
    there[there] &= ~(dirty[a[there]] | dirty[b[there]])
    return Paired(
        left=np.concatenate((a[there], left)),
        right=np.concatenate((b[there], right)),
        pattern=np.concatenate((before.pattern[there], pattern)),
        dirty=dirty,
        shared=shared,
        compared=int(left.size),
        report=plan.report,
    )


def _shared_now(
    before: Before,
    keys: Keys,
    old_rows: npt.NDArray[np.intp],
    new_rows: npt.NDArray[np.intp],
    contradicted: Callable[[Rows, Mapping[str, Sequence[Codes]]], Shared],
) -> tuple[dict[str, Codes], Flags]:
    """The shared values of now, and the holders of those that were not shared before, or no longer are."""
    values, holds = {}, {}
    holder = np.zeros(keys.height, dtype=np.bool_)
    for name, places in keys.held.items():
        old = [codes[old_rows] for codes in before.keys.held.get(name, ())]
        values[name] = np.unique(np.concatenate([*old, *(codes[new_rows] for codes in places)]))
        values[name] = values[name][values[name] != 0]
        holds[name] = [among(codes, values[name]) for codes in places]
        for flags in holds[name]:
            holder |= flags
    rows = np.flatnonzero(holder).astype(np.uint32)
    asked = {
        name: [
            np.where(flags[rows], codes[rows], np.uint64(0)) for codes, flags in zip(places, holds[name], strict=True)
        ]
        for name, places in keys.held.items()
    }
    found = contradicted(rows, asked)
    dirty = np.zeros(keys.height, dtype=np.bool_)
    now = {}
    for name, places in keys.held.items():
        was_shared = before.shared.get(name, np.zeros(0, np.uint64))
        still = was_shared[~among(was_shared, values[name])]
        now[name] = np.unique(np.concatenate((still, found[name])))
        turned = np.setxor1d(was_shared[among(was_shared, values[name])], found[name], assume_unique=True)
        for codes in places:
            dirty |= among(codes, turned)
    return now, dirty


def _other_blocks(
    rules: Sequence[BlockingRule],
    before: Before,
    keys: Keys,
    rows: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    stay: tuple[Rows, Flags],
    engine: Engine,
) -> Flags:
    """The records that stay as they were, and yet have other effective keys now than before."""
    (old_rows, new_rows), (was, stays) = rows, stay
    gone, come = (block.keys_of(rules, some.blocking) for some in (before.keys.of(old_rows), keys.of(new_rows)))
    touched = [np.union1d(a, b) for a, b in zip(gone, come, strict=True)]
    old = block.plan(rules, before.keys.blocking, engine, touched)
    new = block.plan(rules, keys.blocking, engine, touched)
    other = np.zeros(keys.height, dtype=np.bool_)
    at = np.flatnonzero(stays)
    for ours, theirs in zip(new.slots, old.slots, strict=True):
        for place in range(max(len(ours), len(theirs))):
            mine = ours[place][at] if place < len(ours) else np.uint64(0)
            his = theirs[place][was[at]] if place < len(theirs) else np.uint64(0)
            other[at] |= mine != his
    return other
