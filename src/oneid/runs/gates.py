"""Publish gates: a run that breaches a limit of the config is not written.

====  ======================== =========================================================================
E501  largest                  a OneID holds more records than the limit
E502  source_rows_drop_pct     a source gave fewer rows than in the run before, by more than the limit
E503  members_moved_pct        of the members that both runs know, more changed their OneID than the limit
E504  birth_contradictions_pct of the OneIDs with several records, more hold two different dates of birth
E505  members_renumbered_pct   of a source's members, more seem to have come back under other ids (1 if left out)
====  ======================== =========================================================================

E502 and E503 compare with the run that stands in the output folder, E505 with the registry; where there is none, they
hold. What a delta feed brings says nothing about E502.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from oneid.settings.config import Limits
from oneid.vocabulary.errors import LimitBreached, OneIDError, raise_all

__all__ = ["Previous", "births", "check", "largest", "moved"]


@dataclass(frozen=True, slots=True)
class Previous:
    """What the gates look at of the run before: its merge map and its run.json."""

    merge_map: pl.DataFrame
    run: Mapping[str, Any]


def check(
    limits: Limits, tables: Mapping[str, pl.DataFrame], run: Mapping[str, Any], previous: Previous | None
) -> None:
    """Raises LimitBreached for every limit that the run breaches, all at once."""
    records = tables["golden"]["n_records"]
    problems = largest(limits, int(records.max() or 0))  # type: ignore[arg-type]
    problems += births(limits, run.get("birth_contradictions", 0), int((records > 1).sum()))
    problems += _renumbered(limits, run)
    if previous is not None:
        problems += _rows(limits, run, previous)
        problems += _moved(limits, tables["merge_map"], previous)
    raise_all(problems)


def largest(limits: Limits, records: int) -> list[OneIDError]:
    """E501 where the largest OneID has too many records."""
    if limits.largest is None or records <= limits.largest:
        return []
    hint = "look at it with oneid explain, tighten the rules, or raise limits.largest"
    message = f"the largest OneID has {records} records, more than {limits.largest}"
    return [LimitBreached("E501", message, hint=hint)]


def births(limits: Limits, found: int, several: int) -> list[OneIDError]:
    """E504 where too many of the ``several`` OneIDs of several records hold two dates of birth."""
    most = limits.birth_contradictions_pct
    if most is None or not several or 100 * found / several <= most:
        return []
    message = f"{found} of {several} OneIDs of several records hold two dates of birth, {100 * found / several:.2f} %"
    hint = "look at some with oneid explain, tighten the rules, or raise limits.birth_contradictions_pct"
    return [LimitBreached("E504", message, hint=hint)]


def _renumbered(limits: Limits, run: Mapping[str, Any]) -> list[OneIDError]:
    most = limits.members_renumbered_pct
    problems: list[OneIDError] = []
    for name, (found, before) in run.get("renumbered", {}).items():
        if most is None or 100 * found / before <= most:
            continue
        message = f"{found} of {before} members of '{name}' seem to have come back under other ids"
        hint = (
            f"oneid registry rekey {name} rekeys/{name}.csv keeps their OneIDs; or raise limits.members_renumbered_pct"
        )
        problems.append(LimitBreached("E505", message, hint=hint))
    return problems


def _rows(limits: Limits, run: Mapping[str, Any], previous: Previous) -> list[OneIDError]:
    most = limits.source_rows_drop_pct
    if most is None:
        return []
    problems: list[OneIDError] = []
    for name, before in previous.run.get("rows_in", {}).items():
        if name in run.get("delta", ()) or name in previous.run.get("delta", ()):
            continue
        now = run["rows_in"].get(name, 0)
        drop = 100 * (before - now) / before if before else 0.0
        if drop > most:
            message = f"source '{name}' gave {now} rows, {drop:.1f} % fewer than the {before} of the run before"
            hint = "is its file whole? else raise limits.source_rows_drop_pct for this run"
            problems.append(LimitBreached("E502", message, hint=hint))
    return problems


def _moved(limits: Limits, merge_map: pl.DataFrame, previous: Previous) -> list[OneIDError]:
    if limits.members_moved_pct is None:
        return []
    member = ["source", "source_id"]
    both = merge_map.select(*member, "oneid").join(
        previous.merge_map.select(*member, before="oneid"), on=member, how="inner"
    )
    return moved(limits, int((both["oneid"] != both["before"]).sum()), both.height)


def moved(limits: Limits, members: int, known: int) -> list[OneIDError]:
    """E503 where too many of the ``known`` members changed their OneID."""
    most = limits.members_moved_pct
    share = 100 * members / known if known else 0.0
    if most is None or share <= most:
        return []
    message = f"{members} of {known} known members changed their OneID, {share:.2f} %"
    hint = "look at the rules' last change, or raise limits.members_moved_pct for this run"
    return [LimitBreached("E503", message, hint=hint)]
