"""Clustering some records, all of them or those that can have changed, with a verdict on whole clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters import clustering
from oneid.clusters.bridges import Bridges, bridges
from oneid.clusters.clustering import Cap, Clusters
from oneid.clusters.equalrows import as_one, standing_for
from oneid.kinds.base import Comparison
from oneid.pairs import judged as links
from oneid.pairs.evidence import Comparing
from oneid.pairs.judged import DECIDED, Judged, ScoredPairs, deferred
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

__all__ = ["Compared", "ToCluster", "clustered"]

Rows = npt.NDArray[np.uint32]
Compared = tuple[Rows, Rows, Codes]
"""Pairs of records with their patterns."""


@dataclass(frozen=True)
class ToCluster:
    """The records ``rows`` with the judged pairs among them. Here, in ``judged`` and for ``met``, they are numbered 0,
    1, ...; ``sources`` and ``keys`` (those values that a guard counts) have one entry for each. ``met`` tells which
    pairs were compared already. ``equal``: the earlier and the later ones of records that agree in everything compared.
    """

    rows: Rows
    judged: Judged
    sources: pl.Series
    keys: Mapping[str, Sequence[Codes]]
    met: Callable[[Rows, Rows], npt.NDArray[np.bool_]]
    equal: tuple[Rows, Rows] = field(default_factory=lambda: (np.zeros(0, np.uint32), np.zeros(0, np.uint32)))


def clustered(
    part: ToCluster,
    evidence: Comparing,
    rules: Rules,
    schema: Schema,
    comparisons: Sequence[Comparison],
    judge: Callable[[Rows, Rows, Codes], Judged] | None = None,
) -> tuple[Clusters, Compared]:
    """The clusters of the records of a part, by their numbers in it; and the pairs that no blocking key made and that
    were compared because they came into one component, by the numbers of the records. ``comparisons``: those of the
    run. ``judge``: how these pairs are judged by the rules, where somebody knows the patterns already.
    """
    judge = judge or partial(links.judge, rules, schema)
    rows, guards = part.rows, rules.guards
    alone = part.sources.is_in(guards.one_per_source).to_numpy()
    same = standing_for(part.equal, part.judged, alone)
    judged = as_one(part.judged, same)
    number = part.sources.rank("dense").to_numpy()
    by_people = judged.score == DECIDED
    decided = judged.left[by_people].astype(np.uint64) << np.uint64(32) | judged.right[by_people]
    compared: Compared = rows[:0], rows[:0], np.zeros(0, np.uint64)
    known = [judged]

    def inside(left: Rows, right: Rows) -> ScoredPairs:
        nonlocal compared
        barred = alone[left] & (number[left] == number[right])
        fresh = ~part.met(left, right) & ~barred & ~np.isin(left.astype(np.uint64) << np.uint64(32) | right, decided)
        at, to = left[fresh], right[fresh]
        patterns = evidence.patterns(rows[at], rows[to])
        compared = rows[at], rows[to], patterns
        known.append(judge(at, to, patterns))
        nothing = np.zeros(int(barred.sum()), np.int32)
        return known[-1].of(Verdict.NEVER).plus(ScoredPairs(left[barred], right[barred], nothing))

    def between(labels: Rows) -> Bridges:
        return bridges(known, labels, comparisons, schema)

    caps = [Cap(part.keys[name], most) for name, most in sorted(guards.most_values.items()) if name in part.keys]
    match = judged.of(Verdict.MATCH)
    barred = alone[match.left] & (number[match.left] == number[match.right]) & (match.score < DECIDED)
    never = judged.of(Verdict.NEVER).plus(match.take(barred)).plus(deferred(judged))
    made = clustering.cluster(rows.size, match.take(~barred), never, inside, guards.alarm, caps, between)
    return (made if same is None else replace(made, labels=made.labels[same])), compared
