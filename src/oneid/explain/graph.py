"""The records of one OneID, or of two, as a graph: who is linked to whom, which link alone holds two parts together,
and by which way two records come together.

A link is a bridge where the OneID would fall in two without it; the weakest link is the one of the least score.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from oneid.explain.evidence import Pair, RunEvidence
from oneid.explain.facts import Edge, Graph, Node
from oneid.vocabulary.references import RecordRef, Verdict

__all__ = ["MOST_NODES", "component", "drawn", "held_alone", "route"]

MOST_NODES = 60
"""So many records are drawn; more would be a ball of wool."""
_REFUSED = 1 << 20
Ends = tuple[int, int]


def route(links: Iterable[Ends], refused: Iterable[Ends], start: int, end: int) -> list[int]:
    """The way from one record to another by as few refused links as need be, and then by as few links; of ways of one
    length that of the least record numbers. Empty where there is none.

    >>> route([(1, 2), (2, 3)], [(1, 3)], 1, 3), route([(1, 2)], [(2, 3)], 1, 3), route([(1, 2)], [], 1, 9)
    ([1, 2, 3], [1, 2, 3], [])
    """
    near: dict[int, dict[int, int]] = {}
    for cost, ends in ((1, links), (_REFUSED, refused)):
        for a, b in ends:
            near.setdefault(a, {}).setdefault(b, cost)
            near.setdefault(b, {}).setdefault(a, cost)
    best: dict[int, int] = {}
    border: list[tuple[int, list[int]]] = [(0, [start])]
    while border:
        cost, way = heapq.heappop(border)
        last = way[-1]
        if last == end:
            return way
        if last in best:
            continue
        best[last] = cost
        for other, more in sorted(near.get(last, {}).items()):
            if other not in best:
                heapq.heappush(border, (cost + more, [*way, other]))
    return []


def held_alone(nodes: Iterable[int], links: Sequence[Ends]) -> set[Ends]:
    """The links without which their component falls in two (bridges of the graph)."""
    near: dict[int, set[int]] = {node: set() for node in nodes}
    for a, b in links:
        near[a].add(b)
        near[b].add(a)
    found = set()
    for a, b in _tree(near):
        near[a].discard(b)
        near[b].discard(a)
        if b not in _reached(near, a):
            found.add((min(a, b), max(a, b)))
        near[a].add(b)
        near[b].add(a)
    return found


def _tree(near: Mapping[int, set[int]]) -> list[Ends]:
    """Links that span each component: only these can be bridges."""
    seen: set[int] = set()
    tree = []
    for root in sorted(near):
        border = [] if root in seen else [root]
        seen.add(root)
        while border:
            node = border.pop()
            for other in sorted(near[node] - seen):
                seen.add(other)
                tree.append((node, other))
                border.append(other)
    return tree


def _reached(near: Mapping[int, set[int]], start: int) -> set[int]:
    seen, border = {start}, [start]
    while border:
        fresh = near[border.pop()] - seen
        seen |= fresh
        border += fresh
    return seen


def component(evidence: RunEvidence, rows: Iterable[int], most: int) -> set[int]:
    """The records that links lead to from some, refused ones too; no more than ``most``, nearest first."""
    seen = set(rows)
    border = sorted(seen)
    while border and len(seen) < most:
        links = [one for one in evidence.pairs(border, both=False) if one.linked]
        fresh = {end for one in links for end in (one.left, one.right)} - seen
        border = sorted(fresh)[: most - len(seen)]
        seen |= set(border)
    return seen


def drawn(pairs: Sequence[Pair], who: Mapping[int, tuple[RecordRef, str]], marked: Iterable[int] = ()) -> Graph | None:
    """The graph of some records by their numbers, of all pairs of which that say something, within one OneID and
    between two; ``marked`` are those that were asked for. None for too many records.
    """
    if len(who) > MOST_NODES:
        return None
    known = [one for one in pairs if one.left in who and one.right in who]
    links = [one for one in known if one.linked and _together(one, who)]
    alone = held_alone(who, [(one.left, one.right) for one in links])
    scored = [one for one in links if not one.decided]
    least = min((one.score for one in scored), default=None)
    edges = []
    for one in known:
        together = _together(one, who)
        never = one.verdict is Verdict.NEVER and (together or one.decided)
        if not (one.linked or never or (one.asked and not together)):
            continue
        linked = one in links
        edges.append(Edge(
            left=who[one.left][0], right=who[one.right][0], score=one.score, rule=one.rule, verdict=one.verdict,
            applied=linked, decided=one.decided, alone=linked and (one.left, one.right) in alone,
            weakest=linked and not one.decided and one.score == least and len(links) > 1,
        ))  # fmt: skip
    asked = set(marked)
    nodes = tuple(Node(ref, oneid, row in asked) for row, (ref, oneid) in sorted(who.items()))
    return Graph(nodes, tuple(edges))


def _together(one: Pair, who: Mapping[int, tuple[RecordRef, str]]) -> bool:
    return who[one.left][1] == who[one.right][1]
