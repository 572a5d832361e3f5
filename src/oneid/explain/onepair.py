"""Why two records are one person or not, field by field: the levels and the bits, the rule, the links that join them,
or what keeps them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from oneid.explain.against import against
from oneid.explain.answers import Explanation
from oneid.explain.arguments import record
from oneid.explain.evidence import Pair, RunEvidence
from oneid.explain.facts import Against, FieldEvidence, Step
from oneid.explain.graph import component, drawn, route
from oneid.pairs import scoring
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.masking import mask_pair
from oneid.vocabulary.references import RecordRef

__all__ = ["explain_pair", "fields_of"]

Who = Mapping[int, tuple[RecordRef, str]]


def explain_pair(
    evidence: RunEvidence, a: str | RecordRef, b: str | RecordRef, *, show_pii: bool = False
) -> Explanation:
    """Explains a pair of records of a run; values are masked unless ``show_pii``, so that what differs stays visible.

    Raises UsageError: E420, E422 (:mod:`oneid.explain.arguments`), E421 for a record that the run does not have.
    """
    first, second = _two(a, b)
    low, high = sorted((evidence.row(first), evidence.row(second)))
    pair = evidence.pair(low, high)
    who: Who = evidence.who((low, high))
    rules = evidence.rules
    bits = scoring.explain_bits(rules, pair.levels)
    oneids = who[low][1], who[high][1]
    sides = _sides(evidence, oneids)
    if oneids[0] == oneids[1]:
        near = evidence.pairs(sides[0])
        way = route(_links(near), (), low, high)
        who = {**who, **evidence.who(sides[0])}
        stands: tuple[Against, ...] = ()
    else:
        near, way, who, stands = _apart(evidence, pair, sides, who)
    steps = _steps(way, near, who)
    shown = {end: who[end] for end in sorted({*sides[0], *sides[1], *way, low, high}) if end in who}
    return Explanation(
        left=who[low][0],
        right=who[high][0],
        fields=fields_of(evidence, pair, evidence.shown([low, high]), show_pii=show_pii),
        extra=tuple((name, value) for name, value in bits.items() if name not in pair.levels),
        score=pair.score,
        rule=pair.rule,
        why={named.id: named.reason for named in rules.rules}.get(pair.rule, ""),
        verdict=pair.verdict,
        oneids=oneids,
        candidate=pair.found in ("key", "equal"),
        path=tuple(who[row][0] for row in way) if oneids[0] == oneids[1] else (),
        key_rule=pair.key,
        equal=pair.alike,
        found=pair.found,
        steps=steps,
        against=stands,
        limits=(rules.thresholds.match, rules.thresholds.review, rules.thresholds.never),
        graph=drawn(near, shown, (low, high)),
        run_id=str(evidence.run.get("run_id", "")),
        masked=not show_pii,
    )


def _two(a: str | RecordRef, b: str | RecordRef) -> tuple[RecordRef, RecordRef]:
    first, second = record(a), record(b)
    if first == second:
        raise UsageError("E422", "the two records are one and the same record")
    return first, second


def fields_of(
    evidence: RunEvidence, pair: Pair, values: Mapping[int, Mapping[str, str]], *, show_pii: bool
) -> tuple[FieldEvidence, ...]:
    """The compared fields of a pair with both values as shown."""
    bits = scoring.explain_bits(evidence.rules, pair.levels)
    fields = []
    for field, level in pair.levels.items():
        if field == scoring.SOURCES:
            continue
        one, other = values[pair.left].get(field, ""), values[pair.right].get(field, "")
        if not show_pii:
            one, other = mask_pair(one, other)
        fields.append(FieldEvidence(field, one, other, level, bits.get(field, 0.0)))
    return tuple(fields)


def _links(pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    return [(one.left, one.right) for one in pairs if one.linked]


def _sides(evidence: RunEvidence, oneids: tuple[str, str]) -> tuple[set[int], set[int]]:
    one = set(evidence.members(oneids[0]).tolist())
    return one, one if oneids[0] == oneids[1] else set(evidence.members(oneids[1]).tolist())


def _apart(
    evidence: RunEvidence, pair: Pair, sides: tuple[set[int], set[int]], who: Who
) -> tuple[list[Pair], list[int], Who, tuple[Against, ...]]:
    """Of two records with two OneIDs the pairs near them, the chain of links from the one to the other, if there is
    one, who all these are, and what stands against the links of the chain that were refused.
    """
    most = evidence.rules.guards.alarm
    reached = component(evidence, {pair.left}, most) | sides[0] | sides[1]
    near = evidence.pairs(reached)
    who = {**who, **evidence.who(reached)}
    links = [one for one in near if one.linked]
    holding = [(one.left, one.right) for one in links if who[one.left][1] == who[one.right][1]]
    refused = [(one.left, one.right) for one in links if who[one.left][1] != who[one.right][1]]
    way = route(holding, refused, pair.left, pair.right)
    of = {(one.left, one.right): one for one in links}
    found: list[Against] = []
    for ends in _ends(way):
        if ends in set(refused):
            link = of[ends]
            parts = tuple({row for row in who if who[row][1] == who[end][1]} for end in ends)
            found += against(evidence, link, (parts[0], parts[1]), near, who)
    return near, way, who, tuple(dict.fromkeys(found))


def _ends(way: Sequence[int]) -> list[tuple[int, int]]:
    return [(min(a, b), max(a, b)) for a, b in pairwise(way)]


def _steps(way: Sequence[int], near: Sequence[Pair], who: Who) -> tuple[Step, ...]:
    of = {(one.left, one.right): one for one in near if one.linked}
    steps = []
    for a, b in pairwise(way):
        one = of[min(a, b), max(a, b)]
        applied = who[a][1] == who[b][1]
        steps.append(Step(who[a][0], who[b][0], one.score, one.rule, applied, one.decided))
    return tuple(steps)
