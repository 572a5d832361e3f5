"""Publish gates: a run that breaches a limit of the config is not written.

====  ======================== =========================================================================
E501  largest                  a OneID holds more records than the limit
E502  source_rows_drop_pct     a source gave fewer rows than in the run before, by more than the limit
E503  members_moved_pct        of the members that both runs know, more changed their OneID than the limit
E504  birth_contradictions_pct of the OneIDs with several records, more hold two different dates of birth
E505  members_renumbered_pct   of a source's members, more seem to have come back under other ids (1 if left out)
====  ======================== =========================================================================

E501, E503 and E504 name some of the OneIDs that are meant, to be looked at: ``oneid explain CONFIG OID... --fresh``
runs again, for what is not published is in no folder. E502 and E503 compare with the run that stands in the output
folder, E505 with the registry; where there is none, they hold. What a delta feed brings says nothing about E502.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from oneid.settings.config import Limits
from oneid.vocabulary.errors import LimitBreached, OneIDError, raise_all
from oneid.vocabulary.language import Said, said

__all__ = ["NAMED", "Looked", "Previous", "before", "births", "check", "figures", "largest", "look", "moved"]

NAMED = 3
"""So many OneIDs are named."""

_KEPT = ("run_id", "finished", "records", "oneids", "birth_contradictions", "rows_in", "fields")


@dataclass(frozen=True, slots=True)
class Previous:
    """What the gates look at of the run before: its merge map and its run.json."""

    merge_map: pl.DataFrame
    run: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Looked:
    """What the gates look at: records of the largest OneID; of the OneIDs of several records those with two births,
    and all of them; by source the members that seem renumbered, and all before; by source rows before and now; members
    that changed their OneID, and all that both runs know (None: there is none before, or nobody asks). ``named``: by
    the code of a limit some of the OneIDs that it is about.
    """

    largest: int
    births: tuple[int, int]
    renumbered: Mapping[str, tuple[int, int]]
    rows: Mapping[str, tuple[int, int]]
    moved: tuple[int, int] | None
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)


def look(
    limits: Limits, tables: Mapping[str, pl.DataFrame], run: Mapping[str, Any], previous: Previous | None
) -> Looked:
    """Counts what the limits are about."""
    records = tables["golden"]["n_records"]
    asked = previous is not None and limits.members_moved_pct is not None
    moved_, changed = (None, []) if previous is None or not asked else _members(tables["merge_map"], previous)
    return Looked(
        largest=int(records.max() or 0),  # type: ignore[arg-type]
        births=(run.get("birth_contradictions", 0), int((records > 1).sum())),
        renumbered=run.get("renumbered", {}),
        rows={} if previous is None else _rows(run, previous),
        moved=moved_,
        named={
            "E501": _largest(limits, tables["golden"]),
            "E503": changed,
            "E504": run.get("birth_contradictions_in", ()),
        },
    )


def check(limits: Limits, found: Looked) -> None:
    """Raises LimitBreached for every limit that the run breaches, all at once."""
    named = {code: found.named.get(code, ()) for code in ("E501", "E503", "E504")}
    problems = largest(limits, found.largest, named["E501"]) + births(limits, *found.births, named["E504"])
    problems += _renumbered(limits, found) + _fewer(limits, found)
    problems += [] if found.moved is None else moved(limits, *found.moved, named["E503"])
    raise_all(problems)


def _largest(limits: Limits, golden: pl.DataFrame) -> list[str]:
    """The largest OneIDs of those that are too large."""
    if limits.largest is None:
        return []
    over = golden.filter(pl.col("n_records") > limits.largest).select("oneid", "n_records")
    found: list[str] = over.sort("n_records", "oneid", descending=[True, False])["oneid"].head(NAMED).to_list()
    return found


def _naming(message: Said, oneids: Sequence[str]) -> Said:
    """A message that names some of the OneIDs that it is about."""
    return said("{message}: {oneids}", message=message, oneids=", ".join(oneids[:NAMED])) if oneids else message


def figures(limits: Limits, found: Looked) -> list[dict[str, Any]]:
    """What was looked at, for run.json: ``limit``, its ``code``, ``source`` (None: all), what was ``found`` (None:
    there is no run before) and the ``most`` that may be (None: no gate).
    """
    moved_ = None if found.moved is None else _share(*found.moved)
    rows: list[tuple[str, str, str | None, float | None]] = [
        ("largest", "E501", None, found.largest),
        ("birth_contradictions_pct", "E504", None, _share(*found.births)),
        ("members_moved_pct", "E503", None, moved_),
    ]
    rows += [("source_rows_drop_pct", "E502", name, max(_drop(*of), 0.0)) for name, of in found.rows.items()]
    rows += [("members_renumbered_pct", "E505", name, _share(*of)) for name, of in found.renumbered.items()]
    return [
        {"limit": limit, "code": code, "source": source, "most": getattr(limits, limit),
         "found": None if value is None else round(value, 3)}
        for limit, code, source, value in rows
    ]  # fmt: skip


def before(previous: Previous | None) -> dict[str, Any] | None:
    """What run.json says of the run before, so that a reader sees what drifts: ``held`` are records by source."""
    if previous is None:
        return None
    run = previous.run
    held = {name: sum(n for word, n in of.items() if word != "gone") for name, of in run.get("feeds", {}).items()}
    return {name: run[name] for name in _KEPT if name in run} | {"held": held}


def largest(limits: Limits, records: int, oneids: Sequence[str] = ()) -> list[OneIDError]:
    """E501 where the largest OneID has too many records; ``oneids``: some that have."""
    if limits.largest is None or records <= limits.largest:
        return []
    hint = "look at them with oneid explain CONFIG OID... --fresh, tighten the rules, or raise limits.largest"
    message = said("the largest OneID has {records} records, more than {most}", records=records, most=limits.largest)
    return [LimitBreached("E501", _naming(message, oneids), hint=hint)]


def births(limits: Limits, found: int, several: int, oneids: Sequence[str] = ()) -> list[OneIDError]:
    """E504 where too many of the ``several`` OneIDs of several records hold two dates of birth; ``oneids``: some that
    do.
    """
    most, share = limits.birth_contradictions_pct, _share(found, several)
    if most is None or share <= most:
        return []
    message = said(
        "{found} of {several} OneIDs of several records hold two dates of birth, {share:.2f} %",
        found=found,
        several=several,
        share=share,
    )
    hint = (
        "look at them with oneid explain CONFIG OID... --fresh, tighten the rules, or raise "
        "limits.birth_contradictions_pct"
    )
    return [LimitBreached("E504", _naming(message, oneids), hint=hint)]


def moved(limits: Limits, members: int, known: int, oneids: Sequence[str] = ()) -> list[OneIDError]:
    """E503 where too many of the ``known`` members changed their OneID; ``oneids``: some that they have now."""
    most, share = limits.members_moved_pct, _share(members, known)
    if most is None or share <= most:
        return []
    message = said(
        "{members} of {known} known members changed their OneID, {share:.2f} %",
        members=members,
        known=known,
        share=share,
    )
    hint = (
        "look at them with oneid explain CONFIG OID... --fresh, look at the rules' last change, or raise "
        "limits.members_moved_pct for this run"
    )
    return [LimitBreached("E503", _naming(message, oneids), hint=hint)]


def _renumbered(limits: Limits, looked: Looked) -> list[OneIDError]:
    most = limits.members_renumbered_pct
    problems: list[OneIDError] = []
    for name, (found, before_) in looked.renumbered.items():
        if most is None or _share(found, before_) <= most:
            continue
        message = said(
            "{found} of {before} members of '{name}' seem to have come back under other ids",
            found=found,
            before=before_,
            name=name,
        )
        hint = said(
            "oneid registry rekey {name} rekeys/{name}.csv keeps their OneIDs; or raise limits.members_renumbered_pct",
            name=name,
        )
        problems.append(LimitBreached("E505", message, hint=hint))
    return problems


def _fewer(limits: Limits, looked: Looked) -> list[OneIDError]:
    most = limits.source_rows_drop_pct
    problems: list[OneIDError] = []
    for name, (was, now) in looked.rows.items():
        if most is not None and _drop(was, now) > most:
            message = said(
                "source '{name}' gave {now} rows, {drop:.1f} % fewer than the {before} of the run before",
                name=name,
                now=now,
                drop=_drop(was, now),
                before=was,
            )
            hint = "is its file whole? else raise limits.source_rows_drop_pct for this run"
            problems.append(LimitBreached("E502", message, hint=hint))
    return problems


def _rows(run: Mapping[str, Any], previous: Previous) -> dict[str, tuple[int, int]]:
    """Of each source that gave all its rows both times: the rows before, and those now."""
    delta = {*run.get("delta", ()), *previous.run.get("delta", ())}
    came = previous.run.get("rows_in", {})
    return {name: (was, run["rows_in"].get(name, 0)) for name, was in came.items() if name not in delta}


def _members(merge_map: pl.DataFrame, previous: Previous) -> tuple[tuple[int, int], list[str]]:
    """How many members changed their OneID, and how many both runs know; some of the OneIDs that they have now."""
    member = ["source", "source_id"]
    both = merge_map.select(*member, "oneid").join(
        previous.merge_map.select(*member, before="oneid"), on=member, how="inner"
    )
    changed = both.filter(pl.col("oneid") != pl.col("before"))["oneid"]
    return (changed.len(), both.height), changed.unique(maintain_order=True).head(NAMED).to_list()


def _share(part: int, whole: int) -> float:
    """In percent; 0 of nothing."""
    return 100 * part / whole if whole else 0.0


def _drop(was: int, now: int) -> float:
    return _share(was - now, was)
