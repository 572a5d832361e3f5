"""Clustering: links become entities, with a verdict on whole clusters.

Links alone chain strangers together: A is B, B is C, yet A and C can be seen to be two people. So every pair inside a
component of more than two records is compared, also those that no blocking key made. A component without a *never* pair
stands. In the others links are applied strongest first (people's decisions, then the score, then the smaller record
numbers), refusing a union that would put a *never* pair together. Nor does a link of a record that says less than two
others bring these together where they contradict each other (:mod:`oneid.clusters.bridges`). A component above the
alarm size has its threshold raised step by step until its parts are below, and is reported; records that agree in
everything compared count once there (:mod:`oneid.clusters.equalrows`).

The result depends on the links and the record numbers alone, never on their order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from oneid.clusters.bridges import Bridges
from oneid.pairs.judged import DECIDED, ScoredPairs
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.language import said

__all__ = [
    "Alarm", "Cap", "Clusters", "applied", "cluster", "components", "inside_pairs", "outranked", "reached", "tame",
]  # fmt: skip

Rows = npt.NDArray[np.uint32]
Labels = npt.NDArray[np.uint32]
_STEPS = 20
"""So many steps along links are quicker than all components; few clusters are longer."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A component above the alarm size: a record of it, its size, and the score its links were raised to."""

    record: int
    size: int
    raised_to: int


@dataclass(frozen=True)
class Clusters:
    """``labels``: per record, the least record number of its cluster. ``conflicts``: components that held never
    pairs.
    """

    labels: Labels
    alarms: tuple[Alarm, ...] = ()
    conflicts: int = 0
    compared_inside: int = 0
    never: ScoredPairs = field(default_factory=ScoredPairs.none)


def components(size: int, left: Rows, right: Rows) -> Labels:
    """Connected components; each record is labelled with the least record number of its component."""
    graph = coo_array((np.ones(left.size, np.uint8), (left, right)), shape=(size, size))
    _, raw = connected_components(graph, directed=False)
    least = np.full(int(raw.max(initial=-1)) + 1, size, dtype=np.uint32)
    np.minimum.at(least, raw, np.arange(size, dtype=np.uint32))
    return least[raw]


def reached(marked: npt.NDArray[np.bool_], left: Rows, right: Rows) -> npt.NDArray[np.bool_]:
    """The records of all components that hold a marked one.

    >>> reached(np.array([True, False, False, False]), np.array([0, 2], "u4"), np.array([1, 3], "u4")).tolist()
    [True, True, False, False]
    """
    found = marked.copy()
    for _ in range(_STEPS):
        border = np.flatnonzero(found[left] != found[right])
        if not border.size:
            return found
        found[left[border]] = True
        found[right[border]] = True
    label = components(found.size, left, right)
    hit = np.zeros(found.size, dtype=np.bool_)
    hit[label[found]] = True
    return hit[label]


def inside_pairs(labels: Labels, most: int) -> tuple[Rows, Rows]:
    """All pairs inside clusters of three to ``most`` records."""
    order = np.argsort(labels, kind="stable").astype(np.uint32)
    ordered = labels[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if labels.size else np.zeros(0, int)
    sizes = np.diff(np.append(starts, labels.size))
    left, right = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
    for size in np.unique(sizes[(sizes > 2) & (sizes <= most)]).tolist():
        i, j = np.triu_indices(size, 1)
        mine = starts[sizes == size]
        left.append(order[(mine[:, None] + i).ravel()])
        right.append(order[(mine[:, None] + j).ravel()])
    return np.concatenate(left), np.concatenate(right)


def tame(labels: Labels, links: ScoredPairs, most: int) -> tuple[Labels, ScoredPairs, tuple[Alarm, ...]]:
    """Raises the threshold inside components above ``most`` until none is left; decided links always stay. Gives the
    components, the links that are left, and what was raised.
    """
    alarms: list[Alarm] = []
    size = np.bincount(labels, minlength=labels.size)
    while (size > most).any():
        large = size[labels] > most
        among = large[links.left]
        score = links.score[among & (links.score < DECIDED)]
        if not score.size:
            break
        keep = ~among | (links.score == DECIDED)
        for label in np.flatnonzero(size > most).tolist():
            mine = among & (labels[links.left] == label)
            steps = np.unique(links.score[mine & (links.score < DECIDED)])
            if not steps.size:  # all decided by people
                continue
            raised = int(steps[steps.size // 2]) if steps.size > 1 else int(DECIDED)
            keep |= mine & (links.score >= raised)
            alarms.append(Alarm(label, int(size[label]), raised))
        links = links.take(keep)
        labels = components(labels.size, links.left, links.right)
        size = np.bincount(labels, minlength=labels.size)
    return labels, links, tuple(alarms)


@dataclass(frozen=True)
class Cap:
    """The most distinct values of a field that one cluster may hold; ``places`` has one code array per place (0:
    none).
    """

    places: Sequence[Codes]
    most: int

    def held(self, record: int) -> frozenset[int]:
        """The values of one record."""
        return frozenset(int(place[record]) for place in self.places if place[record])

    def exceeded(self, labels: Labels) -> Labels:
        """The labels of clusters that hold more."""
        held = [place != 0 for place in self.places]
        label = np.concatenate([labels[there] for there in held]).astype(np.uint64)
        value = np.concatenate([place[there] for place, there in zip(self.places, held, strict=True)])
        distinct = np.unique(np.stack((label, value)), axis=1)
        found, counts = np.unique(distinct[0], return_counts=True)
        return found[counts > self.most].astype(np.uint32)


class _Unions:
    """Disjoint sets that refuse to join the two sides of a never pair, by a link of a bridge what it stands between, or
    more values of a field than its cap.
    """

    def __init__(self, never: ScoredPairs, caps: Sequence[Cap], bridges: Bridges) -> None:
        self.parent: dict[int, int] = {}
        self.members: dict[int, set[int]] = {}
        self.enemies: dict[int, set[int]] = {}
        self.caps = caps
        for a, b in zip(never.left.tolist(), never.right.tolist(), strict=True):
            self.enemies.setdefault(a, set()).add(b)
            self.enemies.setdefault(b, set()).add(a)
        self.bridges = bridges

    def find(self, record: int) -> int:
        """The root of a record's set."""
        while (above := self.parent.get(record, record)) != record:
            self.parent[record] = record = self.parent.get(above, above)
        return record

    def _over(self, cap: Cap, records: set[int]) -> bool:
        return len(frozenset().union(*map(cap.held, records))) > cap.most

    def join(self, a: int, b: int, decided: bool) -> bool:
        """Joins the sets of two records, unless that would put a never pair together, go over a cap, or make a bridge.

        What a person decided is no matter of caps and bridges.
        """
        ends = a, b
        a, b = self.find(a), self.find(b)
        if a == b:
            return True
        own, other = self.members.get(a, {a}), self.members.get(b, {b})
        if not self.enemies.get(a, set()).isdisjoint(other):
            return False
        if not decided and self.bridges.joined(ends, own, other):
            return False
        if not decided and any(self._over(cap, own | other) for cap in self.caps):
            return False
        if len(own) < len(other):
            a, b, own, other = b, a, other, own
        self.parent[b] = a
        self.members[a] = own | other
        self.enemies[a] = self.enemies.get(a, set()) | self.enemies.pop(b, set())
        self.members.pop(b, None)
        return True


def applied(
    labels: Labels, links: ScoredPairs, never: ScoredPairs, caps: Sequence[Cap], bridges: Bridges
) -> tuple[Labels, int]:
    """Makes the components that hold never pairs, bridges or too many values anew: strongest link first. Gives the
    labels, and how many components these were.
    """
    exceeded = [cap.exceeded(labels) for cap in caps]
    conflicted = np.unique(np.concatenate((labels[never.left], labels[bridges.records()], *exceeded)))
    if not conflicted.size:
        return labels, 0
    marked = np.zeros(labels.size, np.bool_)
    marked[conflicted] = True
    mine = links.take(marked[labels[links.left]])
    mine = mine.take(np.lexsort((mine.right, mine.left, -mine.score.astype(np.int64))))
    unions = _Unions(never, caps, bridges)
    void = bridges.undecided(mine)
    for a, b, strength in zip(mine.left.tolist(), mine.right.tolist(), mine.score.tolist(), strict=True):
        if (a, b) in void:
            continue
        if not unions.join(a, b, strength == DECIDED) and strength == DECIDED:
            raise InternalError("E902", said("a decided link of records {a} and {b} was refused", a=a, b=b))
    result = labels.copy()
    rows = np.flatnonzero(marked[labels])
    roots = np.fromiter((unions.find(row) for row in rows.tolist()), dtype=np.int64, count=rows.size)
    _, inverse = np.unique(roots, return_inverse=True)
    least = np.full(int(inverse.max()) + 1, labels.size, dtype=np.int64)
    np.minimum.at(least, inverse, rows)
    result[rows] = least[inverse]
    return result, int(conflicted.size)


def outranked(size: int, links: ScoredPairs, never: ScoredPairs) -> ScoredPairs:
    """``never`` without the evidence against whom decided ``links`` join, by a chain if need be."""
    decided = links.take(links.score == DECIDED)
    if not decided.left.size:
        return never
    same = components(size, decided.left, decided.right)
    return never.take((never.score == DECIDED) | (same[never.left] != same[never.right]))


def cluster(
    size: int,
    links: ScoredPairs,
    never: ScoredPairs,
    compare_inside: Callable[[Rows, Rows], ScoredPairs],
    alarm: int = 500,
    caps: Sequence[Cap] = (),
    bridges: Callable[[Labels], Bridges] = lambda _labels: Bridges(),
) -> Clusters:
    """Clusters ``size`` records.

    ``links`` are the pairs whose verdict is match, ``never`` the compared pairs whose verdict is never; decided ones
    have the score :data:`DECIDED` in either and contradict each other nowhere (:func:`oneid.identity.decisions.check`).
    Decisions outrank evidence: whom a chain of them joins, no never pair from evidence parts. ``compare_inside`` is
    given pairs inside components, compares those that were not compared yet, and gives back the never pairs among
    them. ``bridges`` is then given the components, and tells which of their records say less than others.
    """
    labels = components(size, links.left, links.right)
    labels, links, alarms = tame(labels, links, alarm)
    left, right = inside_pairs(labels, alarm)
    found = compare_inside(left, right)
    every = outranked(size, links, never.take(labels[never.left] == labels[never.right]).plus(found))
    labels, conflicts = applied(labels, links, every, caps, bridges(labels))
    return Clusters(labels, alarms, conflicts, int(left.size), found)
