"""Publish gates: a run that breaches a limit of the config is not written.

====  =======================  ==========================================================================
E501  largest                  a OneID holds more records than the limit
E502  source_rows_drop_pct     a source gave fewer rows than in the run before, by more than the limit
E503  members_moved_pct        of the members that both runs know, more changed their OneID than the limit
====  =======================  ==========================================================================

The last two compare with the run that stands in the output folder; where there is none, they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from oneid.config import Limits
from oneid.errors import LimitBreached, OneIDError, raise_all

__all__ = ["Previous", "check"]


@dataclass(frozen=True, slots=True)
class Previous:
    """What the gates look at of the run before: its merge map and its run.json."""

    merge_map: pl.DataFrame
    run: Mapping[str, Any]


def check(
    limits: Limits, tables: Mapping[str, pl.DataFrame], run: Mapping[str, Any], previous: Previous | None
) -> None:
    """Raises LimitBreached for every limit that the run breaches, all at once."""
    problems: list[OneIDError] = []
    largest = int(tables["golden"]["n_records"].max() or 0)  # type: ignore[arg-type]
    if limits.largest is not None and largest > limits.largest:
        hint = "look at it with oneid explain, tighten the rules, or raise limits.largest"
        message = f"the largest OneID has {largest} records, more than {limits.largest}"
        problems.append(LimitBreached("E501", message, hint=hint))
    if previous is not None:
        problems += _rows(limits, run, previous)
        problems += _moved(limits, tables["merge_map"], previous)
    raise_all(problems)


def _rows(limits: Limits, run: Mapping[str, Any], previous: Previous) -> list[OneIDError]:
    most = limits.source_rows_drop_pct
    if most is None:
        return []
    problems: list[OneIDError] = []
    for name, before in previous.run.get("rows_in", {}).items():
        now = run["rows_in"].get(name, 0)
        drop = 100 * (before - now) / before if before else 0.0
        if drop > most:
            message = f"source '{name}' gave {now} rows, {drop:.1f} % fewer than the {before} of the run before"
            hint = "is its file whole? else raise limits.source_rows_drop_pct for this run"
            problems.append(LimitBreached("E502", message, hint=hint))
    return problems


def _moved(limits: Limits, merge_map: pl.DataFrame, previous: Previous) -> list[OneIDError]:
    most = limits.members_moved_pct
    if most is None:
        return []
    member = ["source", "source_id"]
    both = merge_map.select(*member, "oneid").join(
        previous.merge_map.select(*member, before="oneid"), on=member, how="inner"
    )
    moved = int((both["oneid"] != both["before"]).sum())
    share = 100 * moved / both.height if both.height else 0.0
    if share <= most:
        return []
    message = f"{moved} of {both.height} known members changed their OneID, {share:.2f} %"
    hint = "look at the rules' last change, or raise limits.members_moved_pct for this run"
    return [LimitBreached("E503", message, hint=hint)]
