"""Blocking: which pairs of records are worth comparing.

Records that share a key make candidate pairs. Keys are tried in the order of the rules file, and a pair is made once, by
the first rule under which its two records meet: a pair that an earlier rule also makes is recognised by comparing the two
records' keys of that rule, so no set of all pairs is ever held.

Only *effective* keys generate and suppress. Block sizes are counted first; a block above its rule's ``most`` is refined
by the rule's second key, and what is still too large is left out and reported with its size and the pairs it would have
made: a key that everybody shares proves nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oneid.codes import Codes, equal, mix
from oneid.rules import BlockingRule

__all__ = ["BlockReport", "Plan", "Task", "met", "pairs", "plan", "tasks"]

Rows = npt.NDArray[np.uint32]

MAX_TASK_PAIRS = 1_000_000


@dataclass(frozen=True, slots=True)
class BlockReport:
    """What one rule made and left out."""

    rule: str
    blocks: int
    largest: int
    pairs: int
    refined: int
    left_out_blocks: int
    left_out_largest: int
    left_out_pairs: int


@dataclass(frozen=True)
class Plan:
    """The effective keys: per rule, one code array per place of a field with several values; 0 is no key."""

    rules: tuple[BlockingRule, ...]
    slots: tuple[tuple[Codes, ...], ...]
    report: tuple[BlockReport, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A share of the blocks of one rule: ``order`` lists records by key, and each (size, starts) are its blocks in it."""

    rule: int
    order: Rows
    keys: Codes
    groups: tuple[tuple[int, npt.NDArray[np.intp]], ...]


def plan(rules: Sequence[BlockingRule], columns: Mapping[str, Sequence[Codes]]) -> Plan:
    """Counts blocks and decides the effective keys.

    ``columns`` gives, per key name, one code array per place (one for ordinary fields). A rule whose keys no source has
    makes no block.
    """
    slots: list[tuple[Codes, ...]] = []
    report: list[BlockReport] = []
    for rule in rules:
        if any(key not in columns for key in rule.keys):
            slots.append(())
            report.append(BlockReport(rule.name, 0, 0, 0, 0, 0, 0, 0))
            continue
        effective, line = _effective(rule, columns)
        slots.append(tuple(effective))
        report.append(line)
    return Plan(tuple(rules), tuple(slots), tuple(report))


def _combined(keys: Sequence[str], columns: Mapping[str, Sequence[Codes]]) -> list[Codes]:
    """One code array per combination of places of the keys' fields."""
    combined: list[list[Codes]] = [[]]
    for key in keys:
        combined = [[*head, place] for head in combined for place in columns[key]]
    return [mix(*parts) for parts in combined]


def _effective(rule: BlockingRule, columns: Mapping[str, Sequence[Codes]]) -> tuple[list[Codes], BlockReport]:
    slots = _combined(rule.keys, columns)
    refined = 0
    wanted = _pair_count(_sizes(slots)[1])
    over = _over(slots, rule.most)
    if rule.then and over.values.size and all(key in columns for key in rule.then):
        finer = _combined(rule.then, columns)[0]
        refined = int(over.values.size)
        slots = [np.where(_is_in(slot, over.values), mix(slot, finer), slot) for slot in slots]
        over = _over(slots, rule.most)
    if over.values.size:
        slots = [np.where(_is_in(slot, over.values), np.uint64(0), slot) for slot in slots]
    sizes = _sizes(slots)[1]
    made = _pair_count(sizes)
    line = BlockReport(
        rule=rule.name,
        blocks=int((sizes > 1).sum()),
        largest=int(sizes.max(initial=0)),
        pairs=made,
        refined=refined,
        left_out_blocks=int(over.values.size),
        left_out_largest=int(over.sizes.max(initial=0)),
        left_out_pairs=wanted - made,
    )
    return slots, line


@dataclass(frozen=True, slots=True)
class _Over:
    values: Codes
    sizes: npt.NDArray[np.int64]


def _sizes(slots: Sequence[Codes]) -> tuple[Codes, npt.NDArray[np.intp]]:
    """Distinct keys and their block sizes. One record cannot hold a key in two places: see ``list_codes``."""
    every = np.concatenate(slots) if len(slots) > 1 else slots[0]
    values, counts = np.unique(every[every != 0], return_counts=True)
    return values, counts


def _pair_count(sizes: npt.NDArray[np.intp]) -> int:
    wide = sizes.astype(np.int64)
    return int((wide * (wide - 1) // 2).sum())


def _over(slots: Sequence[Codes], most: int) -> _Over:
    values, sizes = _sizes(slots)
    large = sizes > most
    return _Over(values[large], sizes[large].astype(np.int64))


def _is_in(slot: Codes, values: Codes) -> npt.NDArray[np.bool_]:
    place = np.searchsorted(values, slot)
    place[place == values.size] = 0
    return values[place] == slot


def tasks(made: Plan, most_pairs: int = MAX_TASK_PAIRS) -> Iterator[Task]:
    """Cuts the work into shares of about ``most_pairs`` pairs, in an order that depends on the keys alone."""
    for number, slots in enumerate(made.slots):
        if not slots:
            continue
        keys = np.concatenate(slots)
        rows = np.tile(np.arange(slots[0].size, dtype=np.uint32), len(slots))
        held = keys != 0
        keys, rows = keys[held], rows[held]
        if not keys.size:
            continue
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        sizes = np.diff(np.append(starts, keys.size))
        yield from _share(number, rows, keys, starts, sizes, most_pairs)


def _share(
    number: int,
    rows: Rows,
    keys: Codes,
    starts: npt.NDArray[np.intp],
    sizes: npt.NDArray[np.intp],
    most_pairs: int,
) -> Iterator[Task]:
    groups: list[tuple[int, npt.NDArray[np.intp]]] = []
    room = most_pairs
    for size in np.unique(sizes[sizes > 1]).tolist():
        mine = starts[sizes == size]
        each = size * (size - 1) // 2
        while mine.size:
            take = max(room // each, 1)
            groups.append((size, mine[:take]))
            room -= each * min(take, mine.size)
            mine = mine[take:]
            if room <= 0:
                yield Task(number, rows, keys, tuple(groups))
                groups, room = [], most_pairs
    if groups:
        yield Task(number, rows, keys, tuple(groups))


def pairs(made: Plan, task: Task) -> tuple[Rows, Rows]:
    """The candidate pairs of one share that no earlier rule (and no smaller key of this rule) makes; left < right."""
    lefts: list[npt.NDArray[np.intp]] = []
    rights: list[npt.NDArray[np.intp]] = []
    for size, starts in task.groups:
        i, j = np.triu_indices(size, 1)
        lefts.append((starts[:, None] + i).ravel())
        rights.append((starts[:, None] + j).ravel())
    at = np.concatenate(lefts)
    key = task.keys[at]
    first, second = task.order[at], task.order[np.concatenate(rights)]
    left, right = np.minimum(first, second), np.maximum(first, second)
    keep = (left != right) & ~met(made, left, right, task.rule)
    mine = made.slots[task.rule]
    if len(mine) > 1:
        for a in mine:
            for b in mine:
                meets = a[left]
                keep &= ~(equal(meets, b[right]) & (meets < key))
    return left[keep], right[keep]


def met(made: Plan, left: Rows, right: Rows, rules: int | None = None) -> npt.NDArray[np.bool_]:
    """Which pairs share an effective key of one of the first ``rules`` rules (left out: of any), and so are candidates."""
    result = np.zeros(left.size, dtype=np.bool_)
    for slots in made.slots[:rules]:
        for a in slots:
            for b in slots:
                result |= equal(a[left], b[right])
    return result
