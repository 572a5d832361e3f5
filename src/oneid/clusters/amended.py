"""Clusters that stand, changed by nothing but what people say of some pairs: what an act makes of them between runs.

Who stands together stays together, whatever the rules say today, and nobody joins whom nobody named. Where people join
two clusters, the evidence between these counts as in a run: what contradicts them is left out. Where people part
records of one cluster, each of the others goes by the evidence; without any it goes with those from whom nothing parts
it, if these are one side, and else it is alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from oneid.clusters import clustering
from oneid.clusters.bridges import bridges
from oneid.clusters.clustering import Cap, Clusters
from oneid.clusters.equalrows import as_one, standing_for
from oneid.clusters.wholeclusters import Compared, ToCluster
from oneid.kinds.base import Comparison
from oneid.pairs import judged as links
from oneid.pairs.evidence import Comparing
from oneid.pairs.judged import DECIDED, Judged, ScoredPairs, deferred
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import Codes, among
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

__all__ = ["amended", "rejoined"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
_MATCH = tuple(Verdict).index(Verdict.MATCH)


def amended(
    part: ToCluster, standing: Rows, said: Flags, evidence: Comparing, rules: Rules, schema: Schema,
    comparisons: Sequence[Comparison],
) -> tuple[Clusters, Compared]:  # fmt: skip
    """The clusters of the records of a part that stand as ``standing`` (the least of each, by their numbers in it),
    with what is ``said`` of pairs (by place in ``part.judged``) heeded; and the pairs that were compared for it, by the
    numbers of the records, as :func:`oneid.clusters.wholeclusters.clustered` gives them.
    """
    judged = part.judged
    together = standing[judged.left] == standing[judged.right]
    heard = np.where(together, judged.verdict == _MATCH, judged.verdict != _MATCH) | said
    alone = part.sources.is_in(rules.guards.one_per_source).to_numpy()
    same = standing_for(_within(part.equal, standing), _some(judged, heard), alone)
    judged = as_one(_some(judged, heard), same)
    match = judged.of(Verdict.MATCH)
    chain = np.arange(standing.size, dtype=np.uint32)
    chain = chain if same is None else chain[same == chain]
    labels = clustering.components(
        standing.size, np.concatenate((match.left, standing[chain])), np.concatenate((match.right, chain))
    )
    left, right = clustering.inside_pairs(labels, rules.guards.alarm)
    apart = standing[left] != standing[right]
    never, known, compared = _between(part, judged, (left[apart], right[apart]), evidence, rules, schema)
    never = clustering.outranked(standing.size, match, judged.of(Verdict.NEVER).plus(deferred(judged)).plus(never))
    most = rules.guards.most_values
    caps = [Cap(part.keys[name], most[name]) for name in sorted(most) if name in part.keys]
    found, conflicts = clustering.applied(
        labels, match, never, caps, bridges([judged, *known], labels, comparisons, schema)
    )
    made = rejoined(found if same is None else found[same], standing, never, caps)
    return Clusters(made, conflicts=conflicts, compared_inside=int(compared[0].size), never=never), compared


def _within(equal: tuple[Rows, Rows], standing: Rows) -> tuple[Rows, Rows]:
    """Those of the equal records that stand together."""
    first, other = equal
    together = standing[first] == standing[other]
    return first[together], other[together]


def _some(judged: Judged, where: Flags) -> Judged:
    names = ("left", "right", "pattern", "score", "verdict", "rule")
    return replace(judged, **{name: getattr(judged, name)[where] for name in names})


def _between(
    part: ToCluster, judged: Judged, pairs: tuple[Rows, Rows], evidence: Comparing, rules: Rules, schema: Schema
) -> tuple[ScoredPairs, list[Judged], Compared]:
    """Which pairs across clusters that were joined contradict each other: those of a source of which a person has one
    record, and those that no blocking key made and the rules keep apart.
    """
    left, right = pairs
    rows, number = part.rows, part.sources.rank("dense").to_numpy()
    alone = part.sources.is_in(rules.guards.one_per_source).to_numpy()
    barred = alone[left] & (number[left] == number[right])
    mine = judged.score == DECIDED
    decided = _codes(judged.left[mine], judged.right[mine])
    open_ = ~among(_codes(left, right), np.sort(decided))
    fresh = open_ & ~barred & ~part.met(left, right)
    at, to = left[fresh], right[fresh]
    if not at.size:
        known, compared = [], (rows[:0], rows[:0], np.zeros(0, np.uint64))
    else:
        patterns = evidence.patterns(rows[at], rows[to])
        known, compared = [links.judge(rules, schema, at, to, patterns)], (rows[at], rows[to], patterns)
    out = barred & open_
    never = ScoredPairs(left[out], right[out], np.zeros(int(out.sum()), np.int32))
    return (never.plus(known[0].of(Verdict.NEVER)) if known else never), known, compared


def _codes(left: Rows, right: Rows) -> Codes:
    codes: Codes = left.astype(np.uint64) << np.uint64(32) | right
    return codes


def rejoined(labels: Rows, standing: Rows, never: ScoredPairs, caps: Sequence[Cap] = ()) -> Rows:
    """``labels`` with the parts of each standing cluster joined again where nothing says with which other part one
    does not go: those that no pair of ``never`` parts, directly or by what stands between them. No cluster goes over a
    cap by it that a cluster of its own did not.

    >>> standing = np.zeros(4, "u4")
    >>> apart = ScoredPairs(np.array([0, 1], "u4"), np.array([2, 2], "u4"), np.zeros(2, "i4"))
    >>> rejoined(np.arange(4, dtype="u4"), standing, apart.take(np.array([True, False]))).tolist()
    [0, 1, 2, 3]
    >>> rejoined(np.array([0, 1, 2, 2], "u4"), standing, apart).tolist()
    [0, 0, 2, 2]
    """
    parts: dict[int, set[int]] = {}
    for cluster, label in zip(*np.unique(np.stack((standing, labels)), axis=1).tolist(), strict=True):
        parts.setdefault(cluster, set()).add(label)
    mended = labels.copy()
    for cluster, some in parts.items():
        if len(some) > 1:
            _rejoin(mended, standing == cluster, never, caps)
    return mended


def _rejoin(labels: Rows, rows: Flags, never: ScoredPairs, caps: Sequence[Cap]) -> None:
    """Joins again, in place, the parts of the standing cluster ``rows``."""
    foes: dict[int, set[int]] = {}
    for a, b in zip(labels[never.left].tolist(), labels[never.right].tolist(), strict=True):
        foes.setdefault(a, set()).add(b)
        foes.setdefault(b, set()).add(a)
    left = set(labels[rows].tolist())
    while left:
        first = min(left)
        side, border = {first}, [first]
        left.discard(first)
        while border:
            met = left - foes.get(border.pop(), set())
            left -= met
            side |= met
            border += sorted(met)
        if len(side) == 1 or any(foes.get(one, set()) & side for one in side):
            continue
        which = np.isin(labels, list(side))
        if rows[which].all() or not any(_over(cap, which) for cap in caps):
            labels[which] = min(side)


def _over(cap: Cap, which: Flags) -> bool:
    return len(frozenset().union(*(cap.held(record) for record in np.flatnonzero(which).tolist()))) > cap.most
