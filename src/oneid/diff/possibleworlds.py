"""What clustering can come to where some pairs were never compared.

Clusters depend on never pairs, also between records that no link joins (:mod:`oneid.clusters.clustering`). Where such a
pair was not compared it may be one or not, and every answer makes a *world*. :func:`bounds` gives two partitions that
hold in all worlds: records of one *core* are together in each, records of different *groups* are apart in each. So the
number of clusters lies between the number of groups and that of cores, and where core and group are the same the
outcome is certain.

Trying only "all of them never" and "none" would not do: a union refused early leaves room for another later, so that a
world in between can join records that are apart in both. (docs/decisions/020-diff-without-data.md)

How: links are applied strongest first as in :func:`oneid.clusters.clustering.cluster`, to cores and groups at once. In
every world a record's cluster holds its core and lies in its group. So a link is surely refused where a known never
pair, a known bridge, or a cap, parts the two cores; it surely joins where neither known nor possible never pairs and
bridges, nor caps, part the two groups; else the groups become one and the cores stay. A bridge is a record that says
less than two others (:mod:`oneid.clusters.bridges`): pairs that were not compared may make more of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oneid.clusters.bridges import Bridges
from oneid.clusters.clustering import Cap, Labels
from oneid.pairs.judged import DECIDED, ScoredPairs

__all__ = ["Bounds", "bounds"]

Adjacent = Mapping[int, set[int]]


@dataclass(frozen=True)
class Bounds:
    """Two partitions, as labels: per record the least record number of its core, and of its group."""

    cores: Labels
    groups: Labels

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """The records whose outcome is not certain: those of groups of several cores."""
        several = np.zeros(self.groups.size, np.bool_)
        several[self.groups[self.cores != self.groups]] = True
        return several[self.groups]


def bounds(
    labels: Labels,
    components: Labels,
    links: ScoredPairs,
    never: ScoredPairs,
    unknown: ScoredPairs,
    caps: Sequence[Cap] = (),
    between: tuple[Bridges, Bridges] | None = None,
) -> Bounds:
    """The cores and groups of all worlds in which some of the ``unknown`` pairs are never pairs too.

    ``labels``: the clusters of the world in which none is. ``components``: those of ``links``, both after an alarm.
    ``never`` and ``unknown`` lie inside components and are not outranked by decisions. ``between``: the bridges that
    are known, and all that there may be.
    """
    sure, possible = between or (Bridges(), Bridges())
    cores, groups = labels.copy(), labels.copy()
    marked = np.zeros(labels.size, np.bool_)
    marked[components[unknown.left]] = True
    mine = [pairs.take(marked[components[pairs.left]]) for pairs in (links, never, unknown)]
    barred, doubt = (_adjacent(pairs) for pairs in mine[1:])
    strongest = np.lexsort((mine[0].right, mine[0].left, -mine[0].score.astype(np.int64)))
    worlds = _Worlds(barred, doubt, caps, sure, possible)
    ordered = mine[0].take(strongest)
    void, perhaps = sure.undecided(ordered), possible.undecided(ordered)
    for a, b, score in zip(ordered.left.tolist(), ordered.right.tolist(), ordered.score.tolist(), strict=True):
        if score == DECIDED or (a, b) not in void:
            worlds.link(a, b, decided=score == DECIDED, sure=score == DECIDED or (a, b) not in perhaps)
    for part, sets in ((cores, worlds.core), (groups, worlds.group)):
        for row in np.flatnonzero(marked[components]).tolist():
            part[row] = min(sets.get(row, {row}))
    return Bounds(cores, groups)


def _adjacent(pairs: ScoredPairs) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for a, b in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found


class _Worlds:
    """The cores and groups after the links so far; a record not in them is alone."""

    def __init__(
        self, never: Adjacent, doubt: Adjacent, caps: Sequence[Cap], bridges: Bridges, possible: Bridges
    ) -> None:
        self.core: dict[int, set[int]] = {}
        self.group: dict[int, set[int]] = {}
        self.never = never
        self.doubt = doubt
        self.caps = caps
        self.bridges = bridges
        self.possible = possible

    def link(self, a: int, b: int, *, decided: bool, sure: bool) -> None:
        """Applies a link of all worlds; ``sure``: it counts in each."""
        core_a, core_b = self.core.get(a, {a}), self.core.get(b, {b})
        if a in core_b or _parted(core_a, core_b, self.never) or self._over(core_a | core_b, decided=decided):
            return
        if not decided and self.bridges.joined((a, b), core_a, core_b):
            return
        group_a, group_b = self.group.get(a, {a}), self.group.get(b, {b})
        bridged = not decided and self.possible.joined((a, b), group_a, group_b)
        if sure and not bridged and self._joins(group_a, group_b, decided=decided):
            _join(self.core, core_a, core_b)
        _join(self.group, self.group.get(a, {a}), self.group.get(b, {b}))

    def _joins(self, a: set[int], b: set[int], *, decided: bool) -> bool:
        """Whether two groups, or two cores of one, come together in every world."""
        if self._over(a | b, decided=decided):
            return False
        if a is not b:
            return not (_parted(a, b, self.never) or _parted(a, b, self.doubt))
        return not any(
            (self.never.get(row, set()) | self.doubt.get(row, set())) & a - self.core.get(row, {row}) for row in a
        )

    def _over(self, records: set[int], *, decided: bool) -> bool:
        if decided:
            return False
        return any(len(frozenset().union(*map(cap.held, records))) > cap.most for cap in self.caps)


def _parted(a: set[int], b: set[int], pairs: Adjacent) -> bool:
    small, large = (a, b) if len(a) < len(b) else (b, a)
    return any(not pairs.get(row, set()).isdisjoint(large) for row in small)


def _join(sets: dict[int, set[int]], a: set[int], b: set[int]) -> None:
    if a is b:
        return
    whole = a | b
    for row in whole:
        sets[row] = whole
