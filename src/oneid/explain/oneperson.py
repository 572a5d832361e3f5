"""A whole OneID: its golden record, its records side by side, the links that hold them field by field, and what is
doubtful about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from oneid.daily.keptrows import some_rows
from oneid.explain.answers import OneIDExplanation
from oneid.explain.evidence import Pair, RunEvidence
from oneid.explain.facts import Edge, GoldenValue, Link, Member
from oneid.explain.graph import drawn, held_alone
from oneid.explain.onepair import fields_of
from oneid.vocabulary.masking import mask
from oneid.vocabulary.references import RecordRef, Verdict

__all__ = ["explain_oneid"]

_MOST = 30
"""So many links, and so many doubtful pairs, are told."""
Who = Mapping[int, tuple[RecordRef, str]]


def explain_oneid(evidence: RunEvidence, oneid: str, *, show_pii: bool = False) -> OneIDExplanation:
    """Explains a OneID of a run; values are masked unless ``show_pii``. E412 for one that the run does not have."""
    rows = evidence.members(oneid)
    own = set(rows.tolist())
    near = evidence.pairs(own, both=False)
    links = [one for one in near if one.linked and one.left in own and one.right in own]
    out = [one for one in near if (one.left in own) != (one.right in own)]
    out = [one for one in out if one.linked or one.asked]
    out = sorted(out, key=lambda one: (one.verdict is not Verdict.MATCH, -one.score, one.left, one.right))[:_MOST]
    told = sorted(links, key=lambda one: (one.decided, one.score, one.left, one.right))[:_MOST]
    ends = own | {end for one in out for end in (one.left, one.right)}
    who = evidence.who(ends)
    needed = {end for one in (*told, *out) for end in (one.left, one.right)} | own
    values = evidence.shown(sorted(needed))
    alone = held_alone(own, [(one.left, one.right) for one in links])
    least = min((one.score for one in links if not one.decided), default=None)

    def as_link(one: Pair) -> Link:
        holds = one.left in own and one.right in own
        edge = Edge(
            left=who[one.left][0], right=who[one.right][0], score=one.score, rule=one.rule, verdict=one.verdict,
            applied=holds, decided=one.decided, alone=holds and (one.left, one.right) in alone,
            weakest=holds and not one.decided and one.score == least and len(links) > 1,
        )  # fmt: skip
        strange = one.right if one.left in own else one.left
        fields = fields_of(evidence, one, values, show_pii=show_pii)
        return Link(edge, fields, None if holds else who[strange][1])

    return OneIDExplanation(
        oneid=oneid,
        sources=len({who[row][0].source for row in own}),
        golden=_golden(evidence, oneid, show_pii=show_pii),
        members=_members(evidence, sorted(own), values, who, show_pii=show_pii),
        links=tuple(map(as_link, told)),
        doubtful=tuple(map(as_link, out)),
        more=len(links) - len(told),
        graph=drawn([one for one in near if one in links or one in out], who),
        run_id=str(evidence.run.get("run_id", "")),
        masked=not show_pii,
    )


def _golden(evidence: RunEvidence, oneid: str, *, show_pii: bool) -> tuple[GoldenValue, ...]:
    golden = evidence.scan("golden").filter(pl.col("oneid") == oneid).collect()
    found = []
    for name in golden.columns:
        if f"{name}_source" in golden.columns and golden.height and golden[name][0] is not None:
            value = str(golden[name][0])
            ref = RecordRef(golden[f"{name}_source"][0], golden[f"{name}_source_id"][0])
            found.append(GoldenValue(name, value if show_pii else mask(value), ref))
    return tuple(found)


def _members(
    evidence: RunEvidence, rows: Sequence[int], values: Mapping[int, Mapping[str, str]], who: Who, *, show_pii: bool
) -> tuple[Member, ...]:
    columns = ("status", "rule", "score", "via_source", "via_source_id")
    said = some_rows(evidence.scan("merge_map").select(columns), pl.Series(rows, dtype=pl.UInt32).to_numpy())
    found = []
    for row, one in zip(rows, said.iter_rows(named=True), strict=True):
        shown = {field: value if show_pii else mask(value) for field, value in values[row].items() if value}
        via = None if one["via_source"] is None else RecordRef(one["via_source"], one["via_source_id"])
        found.append(Member(who[row][0], str(one["status"]), shown, one["rule"], one["score"], via))
    return tuple(found)
