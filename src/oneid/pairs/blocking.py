"""Blocking: which pairs of records are worth comparing.

Records that share a key make candidate pairs. Keys are tried in the order of the rules file, and a pair is made
once, by the first rule under which its two records meet: a pair that an earlier rule also makes is recognised by
comparing the two records' keys of that rule, so no set of all pairs is ever held.

Only *effective* keys generate and suppress. Block sizes are counted first; of a block above its rule's ``most``, rows
that agree in everything compared count once (:mod:`oneid.pairs.alike`). What is then still above it is refined by the
rule's second key, and what is still too large is left out and reported with its size and the pairs that it would have
made: a key that everybody shares proves nothing about anybody. Equal rows are linked all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oneid.engines.base import Engine
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import Codes, among, is_in, mix, order

__all__ = ["BlockReport", "Blocks", "Counted", "Plan", "Task", "combined", "keys_of", "met", "pairs", "plan", "tasks"]

Rows = npt.NDArray[np.uint32]

MAX_TASK_PAIRS = 1_000_000


@dataclass(frozen=True, slots=True)
class BlockReport:
    """What one rule made and left out. ``equal_pairs`` were not made because one record stood for several that are like
    it; ``left_out_pairs`` are those of different records.
    """

    rule: str
    blocks: int
    largest: int
    pairs: int
    refined: int
    left_out_blocks: int
    left_out_largest: int
    left_out_pairs: int
    equal_pairs: int


@dataclass(frozen=True)
class Counted:
    """By record its class of equal ones (0: none), and whether it counts in blocks that are too large: the first ones
    of classes do, and all that are in none.
    """

    kind: Codes
    first: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Blocks:
    """Records in the order of their effective keys: ``rows`` and ``keys`` of one length, and each block's first
    place and size. A record with several values of a field stands in several places, but once in a block; one that
    shares a key with no other stands nowhere.
    """

    rows: Rows
    keys: Codes
    starts: npt.NDArray[np.intp]
    sizes: npt.NDArray[np.intp]

    @property
    def pairs(self) -> int:
        """The pairs that the blocks make."""
        return _choose(self.sizes.astype(np.int64))


@dataclass(frozen=True)
class Plan:
    """The effective keys: per rule, one code array per place of a field with several values (0 is no key), which
    records have more than the first, and the blocks that they make.
    """

    rules: tuple[BlockingRule, ...]
    slots: tuple[tuple[Codes, ...], ...]
    more: tuple[npt.NDArray[np.bool_], ...]
    blocks: tuple[Blocks, ...]
    report: tuple[BlockReport, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A share of the blocks of one rule: each group has a block size and the first places of blocks of that size."""

    rule: int
    groups: tuple[tuple[int, npt.NDArray[np.intp]], ...]


def plan(
    rules: Sequence[BlockingRule],
    columns: Mapping[str, Sequence[Codes]],
    engine: Engine,
    touched: Sequence[Codes] | None = None,
    counted: Counted | None = None,
) -> Plan:
    """Counts blocks and decides the effective keys.

    ``columns`` gives, per key name, one code array per place (one for ordinary fields). A rule whose keys no source has
    makes no block. ``touched``, where given, has the keys (see :func:`keys_of`) per rule whose blocks alone are made,
    as they would be among all; the keys of records in no such block are 0. ``counted`` tells which records are equal.
    """
    only: Sequence[Codes | None] = [None] * len(rules) if touched is None else list(touched)
    made = list(
        engine.map(lambda one: _effective(one[0], columns, one[1], counted), list(zip(rules, only, strict=True)))
    )
    slots, blocks, report = zip(*made, strict=True) if made else ((), (), ())
    more = engine.map(_have_more, slots)
    return Plan(tuple(rules), slots, tuple(more), blocks, report)


def keys_of(rules: Sequence[BlockingRule], columns: Mapping[str, Sequence[Codes]]) -> list[Codes]:
    """The distinct keys of all records by rule, sorted, before large blocks are refined or left out."""
    found = []
    for rule in rules:
        mine = combined(rule.keys, columns)
        keys = np.unique(np.concatenate(mine)) if mine else np.zeros(0, np.uint64)
        found.append(keys[keys != 0])
    return found


def _have_more(slots: Sequence[Codes]) -> npt.NDArray[np.bool_]:
    """Which records have a key in another place than the first."""
    result = np.zeros(slots[0].size if slots else 0, dtype=np.bool_)
    for slot in slots[1:]:
        result |= slot != 0
    return result


def combined(keys: Sequence[str], columns: Mapping[str, Sequence[Codes]]) -> list[Codes]:
    """One code array per combination of places of the keys' fields; none where a key has no column."""
    combined: list[list[Codes]] = [[]]
    for key in keys:
        combined = [[*head, place] for head in combined for place in columns.get(key, ())]
    return [mix(*parts) for parts in combined if parts]


def _effective(
    rule: BlockingRule, columns: Mapping[str, Sequence[Codes]], only: Codes | None, counted: Counted | None
) -> tuple[tuple[Codes, ...], Blocks, BlockReport]:
    slots = combined(rule.keys, columns)
    if only is not None:
        slots = [np.where(among(slot, only), slot, np.uint64(0)) for slot in slots]
    blocks = _blocks(slots)
    wanted, refined = blocks.pairs, 0
    slots, blocks, over = _thinned(slots, blocks, rule.most, counted)
    lost = _different(blocks, over, counted)
    finer = combined(rule.then, columns)
    if over.size and finer:
        refined = int(over.size)
        parted = [is_in(slot, over) for slot in slots]
        slots = [np.where(mine, mix(slot, finer[0]), slot) for slot, mine in zip(slots, parted, strict=True)]
        parts = np.unique(np.concatenate([slot[mine] for slot, mine in zip(slots, parted, strict=True)]))
        whole = _blocks(slots)
        slots, blocks, over = _thinned(slots, whole, rule.most, counted)
        lost -= _different(whole, np.setdiff1d(parts, over), counted)
    largest = 0
    if over.size:
        largest = int(blocks.sizes.max())
        slots = [np.where(is_in(slot, over), np.uint64(0), slot) for slot in slots]
        blocks = _blocks(slots)
    line = BlockReport(
        rule=rule.name,
        blocks=int((blocks.sizes > 1).sum()),
        largest=int(blocks.sizes.max(initial=0)),
        pairs=blocks.pairs,
        refined=refined,
        left_out_blocks=int(over.size),
        left_out_largest=largest,
        left_out_pairs=lost,
        equal_pairs=wanted - blocks.pairs - lost,
    )
    return tuple(slots), blocks, line


def _thinned(
    slots: list[Codes], blocks: Blocks, most: int, counted: Counted | None
) -> tuple[list[Codes], Blocks, Codes]:
    """The slots and blocks after those above ``most`` that have so many different records at most lost the others; and
    the keys of the blocks that are above it still.
    """
    large = blocks.sizes > most
    if counted is not None and large.any():
        heads = np.add.reduceat(counted.first[blocks.rows].astype(np.int64), blocks.starts)
        keys = blocks.keys[blocks.starts[large & (heads <= most)]]
        if keys.size:
            slots = [np.where(is_in(slot, keys) & ~counted.first, np.uint64(0), slot) for slot in slots]
            blocks = _blocks(slots)
            large = blocks.sizes > most
    return slots, blocks, blocks.keys[blocks.starts[large]]


def _different(blocks: Blocks, keys: Codes, counted: Counted | None) -> int:
    """The pairs of blocks with some (sorted) keys that are not of equal records."""
    if not keys.size:
        return 0
    mine = is_in(blocks.keys[blocks.starts], keys)
    sizes = blocks.sizes[mine].astype(np.int64)
    if counted is None:
        return _choose(sizes)
    block = np.repeat(np.arange(blocks.sizes.size), np.where(mine, blocks.sizes, 0))
    kind = counted.kind[blocks.rows[np.repeat(mine, blocks.sizes)]]
    alike = np.unique(np.stack((block[kind != 0].astype(np.uint64), kind[kind != 0])), axis=1, return_counts=True)[1]
    return _choose(sizes) - _choose(alike.astype(np.int64))


def _choose(sizes: npt.NDArray[np.int64]) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _blocks(slots: Sequence[Codes]) -> Blocks:
    none = np.zeros(0, dtype=np.intp)
    if not slots:
        return Blocks(np.zeros(0, np.uint32), np.zeros(0, np.uint64), none, none)
    keys = np.concatenate(slots)
    held = np.flatnonzero(keys)
    sorted_ = held[order(keys[held])]
    rows, keys = (sorted_ % slots[0].size).astype(np.uint32), keys[sorted_]
    if not keys.size:
        return Blocks(rows, keys, none, none)
    as_before = keys[1:] == keys[:-1]
    first, last = ~np.append(False, as_before), ~np.append(as_before, False)
    met_ = ~(first & last)
    rows, keys = rows[met_], keys[met_]
    starts = np.flatnonzero(first[met_])
    return Blocks(rows, keys, starts, np.diff(np.append(starts, keys.size)))


def tasks(made: Plan, most_pairs: int = MAX_TASK_PAIRS) -> Iterator[Task]:
    """Cuts the work into shares of about ``most_pairs`` pairs, in an order that depends on the keys alone."""
    for number, blocks in enumerate(made.blocks):
        groups: list[tuple[int, npt.NDArray[np.intp]]] = []
        room = most_pairs
        for size in np.unique(blocks.sizes[blocks.sizes > 1]).tolist():
            mine = blocks.starts[blocks.sizes == size]
            each = size * (size - 1) // 2
            while mine.size:
                take = max(room // each, 1)
                groups.append((size, mine[:take]))
                room -= each * min(take, mine.size)
                mine = mine[take:]
                if room <= 0:
                    yield Task(number, tuple(groups))
                    groups, room = [], most_pairs
        if groups:
            yield Task(number, tuple(groups))


def pairs(made: Plan, task: Task) -> tuple[Rows, Rows]:
    """The candidate pairs of one share that no earlier rule (and no smaller key of this rule) makes; left < right."""
    lefts: list[npt.NDArray[np.intp]] = []
    rights: list[npt.NDArray[np.intp]] = []
    for size, starts in task.groups:
        i, j = np.triu_indices(size, 1)
        lefts.append((starts[:, None] + i).ravel())
        rights.append((starts[:, None] + j).ravel())
    at = np.concatenate(lefts)
    blocks = made.blocks[task.rule]
    key = blocks.keys[at]
    first, second = blocks.rows[at], blocks.rows[np.concatenate(rights)]
    left, right = np.minimum(first, second), np.maximum(first, second)
    keep = (left != right) & ~met(made, left, right, task.rule)
    left, right, key = left[keep], right[keep], key[keep]
    smaller = np.zeros(left.size, dtype=np.bool_)
    for where, shared in _shared(made, task.rule, left, right):
        smaller[where] |= (shared < key[where]) & (shared != 0)
    return left[~smaller], right[~smaller]


def _shared(made: Plan, rule: int, left: Rows, right: Rows) -> Iterator[tuple[slice | npt.NDArray[np.intp], Codes]]:
    """The keys of a rule that pairs share, 0 for none, per combination of places: which pairs, and their keys.

    Only records with several values have keys beyond the first place, and they are few.
    """
    slots = made.slots[rule]
    if slots:
        yield slice(None), _common(slots[0][left], slots[0][right])
    if len(slots) > 1:
        at = np.flatnonzero(made.more[rule][left] | made.more[rule][right])
        ours, theirs = ([slot[rows[at]] for slot in slots] for rows in (left, right))
        for i, a in enumerate(ours):
            for j, b in enumerate(theirs):
                if i or j:
                    yield at, _common(a, b)


def _common(left: Codes, right: Codes) -> Codes:
    return np.where(left == right, left, np.uint64(0))


def met(made: Plan, left: Rows, right: Rows, rules: int | None = None) -> npt.NDArray[np.bool_]:
    """Which pairs share an effective key of one of the first ``rules`` rules (left out: of any), and so are
    candidates.
    """
    result = np.zeros(left.size, dtype=np.bool_)
    for rule in range(len(made.rules))[:rules]:
        for at, shared in _shared(made, rule, left, right):
            result[at] |= shared != 0
    return result
