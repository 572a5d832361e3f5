"""Cases that refer to records of a written run: what became of them there.

Numbers, levels and verdicts are read from the run's files; no personal data is needed, and none is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from oneid.outputs.runtables import read_tables
from oneid.ruletests.cases import Case
from oneid.ruletests.worlds import Came, Outcome, came_of, groups
from oneid.settings.rules import Rules
from oneid.vocabulary.errors import ConfigError, OneIDError, Place
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef

__all__ = ["outcomes"]

Member = tuple[int, str]
"""A record's number and its OneID."""

_NOT_LEVELS = ("pattern", "pairs", "score", "rule", "verdict")


def outcomes(cases: Sequence[Case], folder: Path, rules: Rules) -> tuple[list[Outcome], list[OneIDError]]:
    """What came of the cases in the run that was written into ``folder``, and what cannot be followed (E156).

    Raises InputError where there is no whole run, and ConfigError (E157) where it was made with other rules.
    """
    tables = read_tables(folder)
    made_with = tables.run.get("rules_version")
    if made_with != rules.rules_version:
        hint = "resolve again with these rules, then check; `oneid diff` tells what they change"
        what = said(
            "the run was made with other rules ({made_with}, now {rules_version})",
            made_with=made_with,
            rules_version=rules.rules_version,
        )
        raise ConfigError("E157", what, place=Place(str(folder)), hint=hint)
    members = _members(tables["merge_map"], {ref for case in cases for ref in case.refs.values()})
    problems: list[OneIDError] = [
        ConfigError("E156", said("no record {ref} in the run", ref=ref), place=Place(case.file, case.line, case.id))
        for case in cases for ref in case.refs.values() if ref not in members
    ]  # fmt: skip
    sound = [case for case in cases if all(ref in members for ref in case.refs.values())]
    ends = [(case.refs[a], case.refs[b]) for case in sound for a, b, _ in case.asked]
    evidence = _evidence(tables, [(members[a][0], members[b][0]) for a, b in ends])
    ruled = _ruled(tables, ends)
    found = []
    for case in sound:
        pairs = tuple(_came(case, a, b, members, evidence, ruled) for a, b, _ in case.asked)
        found.append(Outcome(case, pairs, groups({letter: members[ref][1] for letter, ref in case.refs.items()})))
    return found, problems


def _members(merge_map: pl.DataFrame, wanted: set[RecordRef]) -> dict[RecordRef, Member]:
    refs = pl.DataFrame([(ref.source, ref.source_id) for ref in wanted], ["source", "source_id"], orient="row")
    rows = merge_map.select("source", "source_id", "oneid").with_row_index("row")
    found = rows.join(refs, on=["source", "source_id"], how="semi") if wanted else rows.clear()
    return {RecordRef(source, id_): (row, oneid) for row, source, id_, oneid in found.iter_rows()}


def _evidence(
    tables: Mapping[str, pl.DataFrame], ends: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], dict[str, str]]:
    """The rows of the pattern table that compared pairs bear, by the smaller and larger number."""
    wanted = pl.DataFrame(
        [(min(pair), max(pair)) for pair in ends], {"left": pl.UInt32, "right": pl.UInt32}, orient="row"
    ).unique()
    pairs = tables["state/pairs"].join(wanted, on=["left", "right"])
    rows = pairs.join(tables["patterns"], on="pattern", how="left")
    return {(row["left"], row["right"]): row for row in rows.to_dicts()}


def _ruled(
    tables: Mapping[str, pl.DataFrame], ends: Sequence[tuple[RecordRef, RecordRef]]
) -> dict[frozenset[RecordRef], tuple[str, str]]:
    """By pair, the rule (or ``decision``) and the table, links or review, that it stands in."""
    ids = [ref.source_id for pair in ends for ref in pair]
    found = {}
    for name in ("links", "review"):
        near = tables[name].filter(pl.col("source_id_l").is_in(ids) & pl.col("source_id_r").is_in(ids))
        for source, id_, other, other_id, rule in near.select(
            "source_l", "source_id_l", "source_r", "source_id_r", "rule"
        ).iter_rows():
            found[frozenset((RecordRef(source, id_), RecordRef(other, other_id)))] = rule, name
    return found


def _came(
    case: Case,
    a: str,
    b: str,
    members: Mapping[RecordRef, Member],
    evidence: Mapping[tuple[int, int], Mapping[str, str]],
    ruled: Mapping[frozenset[RecordRef], tuple[str, str]],
) -> Came:
    (first, one), (second, other) = members[case.refs[a]], members[case.refs[b]]
    row = evidence.get((min(first, second), max(first, second)))
    rule, table = ruled.get(frozenset((case.refs[a], case.refs[b])), ("", ""))
    said = str(row["verdict"]) if row else ""
    return Came(
        a=a,
        b=b,
        verdict=came_of(one == other, table == "review", said),
        rule=rule or (str(row["rule"]) if row else ""),
        said=said,
        score=int(row["score"]) if row else 0,
        levels={name: level for name, level in row.items() if name not in (*_NOT_LEVELS, "left", "right")}
        if row
        else {},
        candidate=row is not None,
    )
