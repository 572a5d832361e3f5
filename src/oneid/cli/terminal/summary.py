"""What a run says of itself when it is done: in words (:func:`show_summary`) and as JSON (:func:`as_document`).

Counts, names of sources and rules, and nothing of any member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from oneid.cli.console import log, logging, say, show, strong
from oneid.runs.result import Result
from oneid.sources.reading import NUMBERS
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.language import joined, said

__all__ = ["as_document", "refused_fields", "show_summary", "since_last_run"]

_NUMBERS: Final = re.compile(
    "(?P<source>.*?): "
    + re.escape(NUMBERS).replace(r"\{column\}", "(?P<column>.*)").replace(r"\{type\}", "(?P<type>.*)")
)
_PUBLIC: Final = said("public default: anyone can compute OneIDs from member numbers; set key: env:NAME")
_FEW: Final = 20
"""Fewer filled values of a field say nothing of it as a whole."""
_EVENTS: Final[Mapping[str, str]] = {
    "created": "{n:,} new OneIDs",
    "joined": "{n:,} new records of known OneIDs",
    "left": "{n:,} records left",
    "merged": "{n:,} OneIDs merged",
    "split": "{n:,} OneIDs split",
    "reinstated": "{n:,} OneIDs un-merged",
    "moved": "{n:,} records moved",
    "retired": "{n:,} OneIDs retired",
    "rekeyed": "{n:,} records renumbered",
}


def since_last_run(result: Result) -> dict[str, int] | None:
    """What happened since the run before, by event; None where there is none before it, or no registry that knows."""
    registry = result.run.get("registry") or {}
    if result.run.get("unchanged"):
        return dict.fromkeys(_EVENTS, 0)
    if int(registry.get("number", 1)) == 1:
        return None
    counted = dict(result.to_polars()["events"]["event"].cast(str).value_counts().iter_rows())
    return {event: int(counted.get(event, 0)) for event in _EVENTS}


def refused_fields(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of sources of whose filled values less than half can be used, and why the others cannot."""
    found = []
    for one in run.get("fields", ()):
        reasons = {reason: count for reason, count in one["refused"].items() if reason != "partial"}
        filled = one["filled"]
        unusable = filled - one["usable"] - one["refused"].get("partial", 0)
        if filled >= _FEW and 2 * unusable > filled:
            order = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
            found.append({
                "source": one["source"], "field": one["field"], "filled": filled, "unusable": unusable,
                "reasons": {reason: reasons[reason] for reason in order},
            })  # fmt: skip
    return found


def as_document(result: Result, folder: Path, problems: list[OneIDError] | None = None) -> dict[str, Any]:
    """The run as one JSON document. ``problems``: the limits that a rehearsal found to be breached (None: no rehearsal,
    and the run was published).
    """
    run = result.run
    return {
        "run_id": run["run_id"],
        "folder": str(folder),
        "published": problems is None and not run.get("unchanged", False),
        "dry_run": problems is not None,
        "unchanged": bool(run.get("unchanged", False)),
        "summary": result.summary(),
        "since_last_run": since_last_run(result),
        "rejected": run.get("rejected", {}),
        "refused_fields": refused_fields(run),
        "blocks_left_out": run.get("blocks_left_out", []),
        "alarms": run.get("alarms", []),
        "key": "secret" if run.get("key") == "secret" else "public",
        "notes": list(run.get("notes", ())),
        "seconds": round(_seconds(run), 3),
        "limits_breached": [
            {"code": one.code, "message": one.message, "hint": one.hint} for one in problems or ()
        ],
    }  # fmt: skip


def show_summary(result: Result, folder: Path, *, rehearsed: bool = False) -> None:
    """Prints what the run found; nothing with ``--quiet``."""
    if logging().level < 0:
        return
    if result.run.get("unchanged"):
        say(said("nothing new since run {run}, in {folder}", run=result.run["run_id"], folder=folder))
        return
    _came_in(result)
    _came_out(result)
    _left_out(result.run)
    seconds = _seconds(result.run)
    if rehearsed:
        say(said("{seconds:.1f} s, a rehearsal: nothing was written", seconds=seconds))
    else:
        page = folder / "report.html"
        say(said("{seconds:.1f} s, files in {folder}; look at {page}", seconds=seconds, folder=folder, page=page))


def _seconds(run: Mapping[str, Any]) -> float:
    return sum(float(stage["seconds"]) for stage in run.get("stages", ()))


def _came_in(result: Result) -> None:
    found, run = result.summary(), result.run
    records = found["records"]
    say(strong(said("{sources} sources, {records:,} records", sources=len(records), records=sum(records.values()))))
    _counted(records)
    if found["rejected"]:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in run["rejected"].items())
        say(
            strong(said("{n:,} rows rejected", n=found["rejected"])),
            said(" ({reasons}), see rejected.parquet", reasons=reasons),
        )
    for one in refused_fields(run):
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in one["reasons"].items())
        say(
            strong(said("{field} of {source}", field=one["field"], source=one["source"]), "bold yellow"),
            said(": {percent:.0f} % of {filled:,} values cannot be used ({reasons})",
                 percent=100 * one["unusable"] / one["filled"], filled=one["filled"], reasons=reasons),
        )  # fmt: skip
    for note in run.get("notes", ()):
        if numbers := _NUMBERS.fullmatch(note):
            say(strong(numbers["source"]), ": ", said(NUMBERS, column=numbers["column"], type=numbers["type"]))
        elif logging().level > 0:
            log("note", note)


def _came_out(result: Result) -> None:
    found = result.summary()
    say(
        strong(said("{n:,} OneIDs", n=found["oneids"])),
        said(", the largest of {n} records", n=found["largest"]),
    )
    changed = since_last_run(result)
    if changed is not None:
        told = [said(_EVENTS[event], n=count) for event, count in changed.items() if count]
        say(strong(said("since the last run")), ": ", joined(", ", told) if told else said("no change"))
    say(
        strong(said("{n:,} households", n=found["households"])),
        said(" of two OneIDs or more, see households.parquet"),
    )
    say(strong(said("links per rule")))
    _counted(found["links_by_rule"])
    say(strong(said("{n:,} pairs to review", n=found["review"])), said(", see review.parquet"))


def _counted(counts: Mapping[str, int]) -> None:
    show(["", ""], ([f"  {name}", f"{count:,}"] for name, count in counts.items()), header=False)


def _left_out(run: Mapping[str, Any]) -> None:
    for part in run["blocks_left_out"]:
        say(said(
            "not paired by {rule}: {pairs:,} pairs of blocks that are too large ({refined:,} refined, {dropped:,} "
            "dropped)",
            rule=part["rule"], pairs=part["pairs"], refined=part["refined_blocks"], dropped=part["dropped_blocks"],
        ))  # fmt: skip
    if run["blocks_left_out"]:
        say(said("  another key may have paired them; equal records are linked all the same"))
    for alarm in run["alarms"]:
        say(
            strong(said("alarm"), "bold red"),
            said(": a cluster of {n:,} records was split", n=alarm["size"]),
        )
    if run["key"] != "secret":
        say(said("key: {key}", key=_PUBLIC if run["key"] == _PUBLIC else run["key"]))
