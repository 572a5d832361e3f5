"""The commands of the registry that only look: ``show``, ``find``, ``log``, ``exposure``, ``receipt``, ``verify``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oneid.cli.console import say, say_json
from oneid.cli.options import Format, moment
from oneid.cli.registry.shared import Folder, in_plain, record_of, registry_of, show_frame, unknown
from oneid.cli.terminal.commands import Config
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import said

if TYPE_CHECKING:
    import polars as pl

    from oneid.registry import Registry

__all__ = ["exposure", "find", "log", "receipt", "show", "verify"]

_RUNS = ("number", "run_id", "kind", "at", "day", "folder")
_EXPOSURE = ("source", "source_id", "shown_as", "from_at", "to_at", "from_run", "to_run")

AsOf = Annotated[str | None, typer.Option(help="A run's number, a day, or a moment (of Japan); now if left out.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="A CSV file to write as well.")]


def show(
    config: Config,
    what: Annotated[list[str], typer.Argument(help="OneIDs.")],
    as_of: AsOf = None,
    form: Format = "text",
) -> None:
    """Show what is known of OneIDs: where they lead, their founder, aliases and members.

    Examples:
        oneid registry show OID00000000000000
        oneid registry show oneid.yaml OID00000000000000 --as-of 2026-11-01
    """
    when = moment(as_of)
    with registry_of(config) as registry:
        found = [_oneid(registry, oneid, when) for oneid in what]
    if form == "json":
        say_json({"oneids": found})
        return
    for one in found:
        _say_oneid(one)


def _oneid(registry: Registry, oneid: str, when: int | datetime | None) -> dict[str, Any]:
    found = registry.oneid(oneid, when)
    if found is None:
        raise unknown(oneid)
    current = found["current"]
    founder = found["founder"]
    members = registry.members(oneid, when).select("source", "source_id", "run_id")
    return {
        "oneid": oneid,
        "state": "retired" if current is None else "living" if current == oneid else "redirected",
        "current_oneid": current,
        "since": in_plain(found["since"]),
        "born": in_plain(found["born"]),
        "born_run": found["born_run"],
        "founder": None if founder is None else {"source": founder.source, "source_id": founder.source_id},
        "aliases": list(found["aliases"]),
        "members": members.to_dicts(),
    }


def _say_oneid(one: dict[str, Any]) -> None:
    states = {
        "retired": said("retired"),
        "living": said("living"),
        "redirected": said("leads to {oneid}", oneid=one["current_oneid"]),
    }
    say(said("{oneid}: {state} since {at}", oneid=one["oneid"], state=states[one["state"]], at=one["since"]))
    founder = one["founder"]
    told = said("erased") if founder is None else f"{founder['source']}:{founder['source_id']}"
    say(said("  born {at} (run {run}), founder {founder}", at=one["born"], run=one["born_run"], founder=told))
    if one["aliases"]:
        say(said("  aliases: {oneids}", oneids=", ".join(one["aliases"])))
    for row in one["members"]:
        say(said("  {record}  since {run}", record=f"{row['source']}:{row['source_id']}", run=row["run_id"]))


def find(
    config: Config,
    records: Annotated[list[str], typer.Argument(help="Records, SOURCE:ID.")],
    as_of: AsOf = None,
    form: Format = "text",
) -> None:
    """Show the OneID of records, and every one that they had.

    Examples:
        oneid registry find ec:E0000002
        oneid registry find oneid.yaml ec:E0000002 --as-of 3 --format json
    """
    when = moment(as_of)
    found = []
    with registry_of(config) as registry:
        for word in records:
            record = record_of(word)
            oneid = registry.find(record, when)
            history = registry.history(record) if when is None else None
            if form == "text":
                say(f"{word}: ", oneid or said("not known"))
                if history is not None and history.height:
                    show_frame(history)
                continue
            one = {"source": record.source, "source_id": record.source_id, "oneid": oneid}
            found.append(one if history is None else {**one, "history": _rows(history)})
    if form == "json":
        say_json({"records": found})


def log(
    config: Config,
    oneid: Annotated[str | None, typer.Option(help="Only events of this OneID.")] = None,
    record: Annotated[str | None, typer.Option(help="Only events of this record, SOURCE:ID.")] = None,
    since: Annotated[str | None, typer.Option(help="Only after this run, day or moment.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = 100,
    runs: Annotated[bool, typer.Option("--runs", help="The runs instead of events.")] = False,
    csv: Csv = None,
    form: Format = "text",
) -> None:
    """Show what happened: the last events, or all runs.

    Examples:
        oneid registry log --limit 5
        oneid registry log oneid.yaml --runs --format json
    """
    with registry_of(config) as registry:
        if runs:
            _tell("runs", registry.runs().select(_RUNS), form, csv)
            return
        if oneid is not None and registry.oneid(oneid) is None:
            raise unknown(oneid)
        of = record_of(record) if record else None
        found = registry.events(oneid=oneid, record=of, since=moment(since), limit=limit)
        _tell("events", found, form, csv)


def exposure(
    config: Config,
    oneid: Annotated[str, typer.Argument(help="A OneID.")],
    csv: Csv = None,
    form: Format = "text",
) -> None:
    """Show whose data was shown under a OneID, between which moments.

    Examples:
        oneid registry exposure OID00000000000000
    """
    with registry_of(config) as registry:
        if registry.oneid(oneid) is None:
            raise unknown(oneid)
        _tell("exposure", registry.exposure(oneid), form, csv)


def _tell(name: str, frame: pl.DataFrame, form: str, csv: Path | None) -> None:
    """Prints a frame, and writes it as a CSV file if asked for."""
    if form == "json":
        say_json({name: _rows(frame)})
    else:
        show_frame(frame)
    if csv is None:
        return
    from oneid.outputs.tables.tablefiles import defused
    from oneid.outputs.textfile import write_text

    text = "\ufeff" + defused(frame).write_csv()
    write_text("E305", said("the CSV file cannot be written"), csv, text, _is_table)
    if form == "text":
        say(said("wrote {file}", file=csv))


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: in_plain(value) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in frame.iter_rows(named=True)
    ]


def _is_table(begin: bytes) -> bool:
    """Whether a file that begins so is a table of these commands: events, runs or exposure."""
    from oneid.identity.state import EVENTS

    header = begin.splitlines()[0].decode("utf-8-sig", "replace")
    return header in (",".join(EVENTS), *map(",".join, (_RUNS, _EXPOSURE)))


def receipt(
    config: Config,
    number: Annotated[str | None, typer.Argument(help="A receipt, or a run; all erasures if left out.")] = None,
) -> None:
    """Print the receipts of erasures once more, as JSON lines.

    Examples:
        oneid registry receipt
    """
    with registry_of(config) as registry:
        found = registry.receipts()
    if number is not None:
        found = [one for one in found if number in (one["receipt"], one["run_id"])]
        if not found:
            hint = said("oneid registry receipt prints all")
            raise UsageError("E472", said("there is no such receipt"), hint=hint)
    for one in found:
        say_json(one, indent=None)


def verify(config: Config, folder: Folder = None, form: Format = "text") -> None:
    """Look through the registry and the folder of its last run for damage and contradictions.

    Examples:
        oneid registry verify
    """
    from oneid.runs import lastfolder

    with registry_of(config) as registry:
        found = lastfolder.verify(registry, folder)
    if form == "json":
        say_json({"sound": True, "looked_at": found})
    else:
        say(said("sound: {counts}", counts=", ".join(f"{count:,} {what}" for what, count in found.items())))
