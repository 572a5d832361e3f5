"""What can have changed since the run before: a few new records among many known ones are paired as a full run would.

The pairs of the run before stand, but for those with a *dirty* record. Dirty are

- new, changed and gone records;
- the holders of a value that became shared, or is no longer
(:func:`oneid.pairs.columns.contradicted`);
- records whose effective blocking keys are others now, because a block grew above its rule's ``most``, or fell below,
  or other records of it are equal;
- records that are equal to others than before (:mod:`oneid.pairs.alike`).

All pairs with a dirty record are made and compared anew. So the outcome equals that of comparing all records, which is
tested: a pair of two clean records has the keys and the levels that it had, for names are rare or common by what was
learned once (:mod:`oneid.records.columnfacts`), not by today's counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.base import Engine
from oneid.pairs import blocking as block
from oneid.pairs.alike import Alike
from oneid.pairs.evidence import Candidates, candidates
from oneid.pairs.keynumbers import KeyNumbers
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import Codes, among

__all__ = ["Before", "Changed", "KeptPairs", "Keys", "Now", "Shared", "changed"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
_NONE = np.iinfo(np.uint32).max
Shared = Mapping[str, Codes]
"""By facet whose values several people may share (:attr:`oneid.kinds.compared.Compared.held`): the codes of those that
are shared, sorted."""
KeptPairs = tuple[Rows, Rows, Codes, KeyNumbers]
"""Pairs of record numbers with their patterns, and which blocking key made each."""


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
    def from_columns(cls, columns: Mapping[str, Codes]) -> Keys:
        """The keys of the columns of such a table; others are left out."""
        found: dict[str, dict[str, list[Codes]]] = {"b": {}, "h": {}}
        for column, codes in columns.items():
            part, _, rest = column.partition(":")
            if part in found:
                found[part].setdefault(rest.rpartition(":")[0], []).append(codes)
        return cls(found["b"], found["h"])

    def of(self, rows: Rows | npt.NDArray[np.intp]) -> Keys:
        """The keys of some records."""
        blocking, held = (
            {name: [codes[rows] for codes in places] for name, places in found.items()}
            for found in (self.blocking, self.held)
        )
        return Keys(blocking, held)

    @property
    def height(self) -> int:
        """How many records there are."""
        return next((codes.size for places in self.held.values() for codes in places), 0)


@dataclass(frozen=True)
class Before:
    """The run before: the place of each of its records among the keys, its pairs (record numbers of that run) with
    patterns and blocking keys, its shared values, and which records were equal.
    """

    place: Rows
    left: Rows
    right: Rows
    pattern: Codes
    key: KeyNumbers
    shared: Shared
    alike: Alike | None = None


@dataclass(frozen=True)
class Now:
    """The records of now: the place of each among the keys, its number in the run before (the largest uint32: it is
    new), and whether it is new or changed. A changed record has a place of its own. ``alike`` tells, given the shared
    values, which records are equal.
    """

    place: Rows
    was: Rows
    fresh: Flags
    alike: Callable[[Shared], Alike] | None = None


@dataclass(frozen=True)
class Changed:
    """What is paired anew: the candidate pairs ``made`` of the records ``rows`` (numbers of now). ``kept`` are the
    pairs of then that stand, by the numbers of now, with their patterns. ``dirty`` tells the records of now whose pairs
    are made anew; ``shared`` are the shared values of now, ``alike`` tells which records are equal, ``equal`` are pairs
    of these that no blocking key makes and that have a dirty record.
    """

    made: Candidates
    rows: Rows
    kept: KeptPairs
    dirty: Flags
    shared: Shared
    alike: Alike
    equal: tuple[Rows, Rows]


def changed(
    rules: Sequence[BlockingRule],
    keys: Keys,
    before: Before,
    now: Now,
    engine: Engine,
    contradicted: Callable[[Rows, Mapping[str, Sequence[Codes]]], Shared],
) -> Changed:
    """What of the pairs of now is not as it was.

    ``keys`` are those of all places, of then and of now. ``contradicted`` is given places, and per field of
    facet their values of interest (others 0), and tells which of these are shared.
    """
    then, today = (np.zeros(keys.height, dtype=np.bool_) for _ in range(2))
    then[before.place], today[now.place] = True, True
    turn = _Turn(then, today, np.flatnonzero(then & ~today), np.flatnonzero(today & ~then))
    shared, dirty = _shared_now(before, keys, turn, contradicted)
    dirty |= today & ~then
    alike = Alike.none(now.place.size) if now.alike is None else now.alike(shared)
    old, new = (_Classes.of(*one, keys.height) for one in ((before.alike, before.place), (alike, now.place)))
    dirty |= new.others_than(old) & today
    dirty |= _other_blocks(rules, keys, turn, (old, new), engine)
    touched = block.keys_of(rules, keys.of(np.flatnonzero(dirty)).blocking)
    some = np.flatnonzero(_sharing(rules, keys, dirty) & today)
    row = np.full(keys.height, _NONE, dtype=np.uint32)
    row[now.place] = np.arange(now.place.size, dtype=np.uint32)
    mine = dirty[now.place]
    a, b = _renumbered(before, now, mine)
    there = (a != _NONE) & (b != _NONE)
    made = candidates(
        rules, keys.of(some).blocking, engine, new.counted(some), touched=touched, dirty=dirty[some]
    )  # fmt: skip
    equal = [side[mine[alike.links[0]] | mine[alike.links[1]]] for side in alike.links]
    at, to = (np.searchsorted(some, now.place[side]).astype(np.uint32) for side in equal)
    more = ~made.met(at, to)
    return Changed(
        made=made,
        rows=row[some],
        kept=(a[there], b[there], before.pattern[there], before.key[there]),
        dirty=mine,
        shared=shared,
        alike=alike,
        equal=(equal[0][more], equal[1][more]),
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    """By place, whether a record of then, and one of now, is there; and the places that emptied and that filled."""

    then: Flags
    today: Flags
    old: npt.NDArray[np.intp]
    new: npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Classes:
    """By place the class of equal records and whether the record counts in large blocks; ``links``: their pairs, by
    places, each as one sorted number.
    """

    kind: Codes
    first: Flags
    links: Codes

    @classmethod
    def of(cls, alike: Alike | None, place: Rows, height: int) -> _Classes:
        """The classes of the records at some places."""
        kind, first = np.zeros(height, np.uint64), np.ones(height, np.bool_)
        if alike is None or not alike.rows.size:
            return cls(kind, first, np.zeros(0, np.uint64))
        at = place[alike.rows]
        kind[at], first[at] = alike.kind, alike.rows == alike.least
        a, b = (place[side] for side in alike.links)
        links = np.minimum(a, b).astype(np.uint64) << np.uint64(32) | np.maximum(a, b)
        return cls(kind, first, np.sort(links))

    def others_than(self, old: _Classes) -> Flags:
        """The places of records that meet others for being equal than they did."""
        found = np.zeros(self.kind.size, np.bool_)
        turned = np.setxor1d(self.links, old.links, assume_unique=True)
        found[(turned >> np.uint64(32)).astype(np.intp)] = True
        found[turned.astype(np.uint32)] = True
        return found

    def turned(self, old: _Classes) -> Flags:
        """The places of records that count otherwise than they did."""
        found: Flags = (self.kind != old.kind) | (self.first != old.first)
        return found

    def counted(self, some: npt.NDArray[np.intp]) -> block.Counted | None:
        """How the records at some places count; None: each for itself."""
        if not self.links.size:
            return None
        return block.Counted(self.kind[some], self.first[some])


def _renumbered(before: Before, now: Now, dirty: Flags) -> tuple[Rows, Rows]:
    """The ends of the pairs of then by the numbers of now, the largest uint32 for records that are gone or dirty."""
    stays = (now.was != _NONE) & ~dirty
    row = np.full(before.place.size, _NONE, dtype=np.uint32)
    row[now.was[stays]] = np.flatnonzero(stays).astype(np.uint32)
    return row[before.left], row[before.right]


def _shared_now(
    before: Before,
    keys: Keys,
    turn: _Turn,
    contradicted: Callable[[Rows, Mapping[str, Sequence[Codes]]], Shared],
) -> tuple[dict[str, Codes], Flags]:
    """The shared values of now, and the holders of those that were not shared before, or no longer are."""
    values, holds = {}, {}
    holder = np.zeros(keys.height, dtype=np.bool_)
    for name, places in keys.held.items():
        values[name] = np.unique(np.concatenate([codes[rows] for codes in places for rows in (turn.old, turn.new)]))
        values[name] = values[name][values[name] != 0]
        holds[name] = [among(codes, values[name]) & turn.today for codes in places]
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
        met = among(was_shared, values[name])
        now[name] = np.unique(np.concatenate((was_shared[~met], found[name])))
        turned = np.setxor1d(was_shared[met], found[name], assume_unique=True)
        for codes in places:
            dirty |= among(codes, turned) & turn.today
    return now, dirty


def _sharing(rules: Sequence[BlockingRule], keys: Keys, some: Flags) -> Flags:
    """The places that may have a key of a rule in common with those that are marked: they have its first field's."""
    found = np.zeros(keys.height, dtype=np.bool_)
    for name in dict.fromkeys(rule.keys[0] for rule in rules):
        columns = keys.blocking.get(name, ())
        values = np.unique(np.concatenate([np.zeros(1, np.uint64), *(codes[some] for codes in columns)]))[1:]
        for codes in columns:
            found |= among(codes, values)
    return found


def _other_blocks(
    rules: Sequence[BlockingRule],
    keys: Keys,
    turn: _Turn,
    classes: tuple[_Classes, _Classes],
    engine: Engine,
) -> Flags:
    """The places of records that stay as they were, and yet have other effective keys now than before; ``classes``: of
    equal records then and now.
    """
    other_ = (turn.then != turn.today) | classes[1].turned(classes[0])
    touched = block.keys_of(rules, keys.of(np.flatnonzero(other_)).blocking)
    inside = _sharing(rules, keys, other_)
    other = np.zeros(keys.height, dtype=np.bool_)
    stay = np.flatnonzero(inside & turn.then & turn.today)
    made = []
    for there, alike in zip((turn.then, turn.today), classes, strict=True):
        some = np.flatnonzero(inside & there)
        plan = block.plan(rules, keys.of(some).blocking, engine, touched, alike.counted(some))
        at = np.searchsorted(some, stay)
        made.append([[slot[at] for slot in rule] for rule in plan.slots])
    for then, today in zip(*made, strict=True):
        for ours, theirs in zip(then, today, strict=True):
            other[stay] |= ours != theirs
    return other
