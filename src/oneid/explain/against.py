"""What stands against two records that are linked and yet have two OneIDs: a verdict on whole clusters refused the
link (:mod:`oneid.clusters.clustering`), and this finds out why.

Of the two OneIDs some pair is never one person, by the rules or by people; or a source has each person once; or the
link is that of a record which says less than two others that contradict each other; or the two together would hold more
values of a field than the rules allow. Sets of records only grow while links are applied, so what refused the link then
is found in the OneIDs of now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from oneid.explain.evidence import Pair, RunEvidence
from oneid.explain.facts import Against
from oneid.vocabulary.references import RecordRef, Verdict

__all__ = ["against"]

_MOST = 12
Who = Mapping[int, tuple[RecordRef, str]]


def against(
    evidence: RunEvidence, link: Pair, sides: tuple[set[int], set[int]], near: Sequence[Pair], who: Who
) -> tuple[Against, ...]:
    """What stands against a refused link: ``sides`` are the records of the OneIDs of its two ends, ``near`` the pairs
    of its component, ``who`` tells of its records who they are. The first is the one that says most; never empty.
    """
    one, other = sides
    crossing = [
        pair
        for pair in near
        if (pair.left in one and pair.right in other) or (pair.left in other and pair.right in one)
    ]
    found = _never(evidence, crossing, who)
    found += _once(evidence, sides, who)
    found += _bridged(evidence, link, sides, near, who)
    found += _values(evidence, sides)
    if not found:
        found = [Against("size" if evidence.run.get("alarms") else "unknown")]
    return tuple(found[:_MOST])


def _never(evidence: RunEvidence, crossing: Sequence[Pair], who: Who) -> list[Against]:
    why = {rule.id: rule.reason for rule in evidence.rules.rules}
    found = []
    for pair in sorted(crossing, key=lambda pair: (not pair.decided, pair.score, pair.left, pair.right)):
        deferred = pair.decided and pair.verdict is Verdict.REVIEW
        if pair.verdict is Verdict.NEVER or deferred:
            kind = "deferred" if deferred else "decision" if pair.decided else "never"
            found.append(Against(
                kind, who[pair.left][0], who[pair.right][0], rule=pair.rule, why=why.get(pair.rule, ""),
                score=None if pair.decided else pair.score,
            ))  # fmt: skip
    return found


def _once(evidence: RunEvidence, sides: tuple[set[int], set[int]], who: Who) -> list[Against]:
    """Records of a source that has each person once."""
    once = set(evidence.rules.guards.one_per_source)
    if not once:
        return []
    ends = (sorted(row for row in side if who[row][0].source in once) for side in sides)
    return [
        Against("one_per_source", who[a][0], who[b][0], field=who[a][0].source)
        for a, b in product(*ends)
        if who[a][0].source == who[b][0].source
    ]


def _bridged(
    evidence: RunEvidence, link: Pair, sides: tuple[set[int], set[int]], near: Sequence[Pair], who: Who
) -> list[Against]:
    """Records that contradict each other, between which an end of the link stands as one that says less than both."""
    from oneid.clusters.bridges import bridges
    from oneid.pairs.judged import DECIDED, Judged, ScoredPairs

    rows = sorted({end for pair in near for end in (pair.left, pair.right)})
    if len(rows) < 3 or link.decided:
        return []
    at = {row: number for number, row in enumerate(rows)}
    verdicts = tuple(Verdict)
    judged = Judged(
        left=np.array([at[pair.left] for pair in near], dtype=np.uint32),
        right=np.array([at[pair.right] for pair in near], dtype=np.uint32),
        pattern=np.array([pair.pattern for pair in near], dtype=np.uint64),
        score=np.array([DECIDED if pair.decided else pair.score for pair in near], dtype=np.int32),
        verdict=np.array([verdicts.index(pair.verdict) for pair in near], dtype=np.uint8),
        rule=np.zeros(len(near), dtype=np.uint16),
        rules=("",),
    )
    labels = np.zeros(len(rows), dtype=np.uint32)
    made = bridges([judged], labels, evidence.config.compared.comparisons, evidence.schema)
    one, other = ({at[row] for row in side if row in at} for side in sides)
    ends = at[link.left], at[link.right]
    found = []
    for end in ends:
        for a, b in made.stands.get(end, ()):
            if (a in one and b in other) or (a in other and b in one):
                found.append(Against("bridge", who[rows[a]][0], who[rows[b]][0], via=who[rows[end]][0]))
    which = np.array([pair.linked for pair in near], dtype=np.bool_)
    links = ScoredPairs(judged.left, judged.right, judged.score).take(which)
    if ends in made.undecided(links):
        for end in ends:
            found += [
                Against("undecided", who[rows[a]][0], who[rows[b]][0], via=who[rows[end]][0])
                for a, b in made.stands.get(end, ())
                if ends[1 - ends.index(end)] in (a, b)
            ]
    return list(dict.fromkeys(found))


def _values(evidence: RunEvidence, sides: tuple[set[int], set[int]]) -> list[Against]:
    """Fields of which both together would hold more values than a OneID may."""
    most = evidence.rules.guards.most_values
    if not most:
        return []
    from oneid.clusters.clustering import Cap
    from oneid.pairs.columns import block_keys

    rows = np.array(sorted(sides[0] | sides[1]), dtype=np.uint32)
    columns, _ = evidence.columns(rows)
    borne = evidence.learning.borne
    keys = block_keys(columns, None if borne is None else borne.heard)
    found = []
    for name in sorted(most):
        cap = Cap(keys.get(name, ()), most[name])
        held = frozenset().union(*(cap.held(at) for at in range(rows.size)))
        if len(held) > most[name]:
            found.append(Against("values", field=name, count=len(held), most=most[name]))
    return found
