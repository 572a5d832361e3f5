"""The commands ``oneid registry ...``: who bears which OneID, since when and why, and what people do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from oneid.cli.console import out
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.references import RecordRef

if TYPE_CHECKING:
    import polars as pl

    from oneid.identity.decisions import Note
    from oneid.registry import Registry
    from oneid.runs.result import Result

__all__ = ["app"]

app = typer.Typer(
    name="registry",
    help="The OneIDs over time: look them up, split, merge, renumber, roll back, erase.",
    no_args_is_help=True,
)

_JAPAN = timezone(timedelta(hours=9))

Config = Annotated[Path, typer.Option("--config", help="The config that names the registry.")]
Folder = Annotated[Path | None, typer.Option("--out", help="The folder of the last run, if it was moved.")]
AsOf = Annotated[str | None, typer.Option(help="A run's number, a day, or a moment (of Japan); now if left out.")]
By = Annotated[str | None, typer.Option(help="Who decides.")]
Reason = Annotated[str | None, typer.Option(help="Why.")]
Ticket = Annotated[str | None, typer.Option(help="The ticket that asks for it.")]
Approved = Annotated[str | None, typer.Option("--approved-by", help="Who approved it.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="A CSV file to write as well.")]
YAML = Path("oneid.yaml")


@contextmanager
def _registry(config: Path) -> Iterator[Registry]:
    """The registry of a config, for reading."""
    from oneid.registry.fromconfig import open_registry
    from oneid.settings.configfile import load

    with open_registry(load(config)) as registry:
        yield registry


def moment(text: str | None) -> int | datetime | None:
    """``3`` is a run, ``2026-11-22`` the end of that day, ``2026-11-22T09:00`` a moment, in Japan. E470 for others.

    >>> moment("3"), moment("2026-11-22").isoformat()
    (3, '2026-11-22T23:59:59.999999+09:00')
    """
    if text is None:
        return None
    if text.isdecimal() and len(text) < 8:
        return int(text)
    try:
        if len(text) <= 10:
            return datetime.combine(date.fromisoformat(text), time.max, _JAPAN)
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "a run's number, 2026-11-22, or 2026-11-22T09:00"
        raise UsageError("E470", f"'{text}' is no run and no time", hint=hint) from None
    return found if found.tzinfo else found.replace(tzinfo=_JAPAN)


def _show(frame: pl.DataFrame, csv: Path | None = None) -> None:
    """A frame as a table, and as a file if asked for."""
    table = Table(*frame.columns, box=None)
    for row in frame.iter_rows():
        table.add_row(*(Text("" if value is None else _plain(value)) for value in row))
    out.print(table)
    if csv is not None:
        from oneid.outputs.tablefiles import defused
        from oneid.outputs.textfile import write_text

        write_text("E305", "the CSV file cannot be written", csv, "\ufeff" + defused(frame).write_csv())
        out.print(f"wrote {csv}", markup=False)


def _plain(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    return value.astimezone(_JAPAN).isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)


def _ref(word: str) -> RecordRef:
    """A record, ``SOURCE:ID``. E420 for what is none."""
    try:
        return RecordRef.parse(word)
    except ValueError:
        raise UsageError("E420", f"'{word}' is no record", hint="write SOURCE:ID, as in ec:E12") from None


def _unknown(oneid: str) -> UsageError:
    return UsageError("E460", f"no OneID {oneid} was ever given", hint="OneIDs are OID and 14 symbols")


def _note(by: str | None, reason: str | None, ticket: str | None, approved_by: str | None) -> Note:
    from oneid.identity.decisions import Note

    return Note(by=by, reason=reason, ticket=ticket, approved_by=approved_by)


def _publish(result: Result, folder: Path | None) -> None:
    """Publishes an act and says what it did."""
    with result:
        head = folder or result.published_in
        result.write(head)
    events = result.to_polars()["events"]["event"].value_counts().sort("event")
    told = ", ".join(f"{count:,} {event}" for event, count in events.iter_rows()) or "nothing changed"
    out.print(f"published {result.run['run_id']} in {head}: {told}", markup=False)


@app.command()
def show(what: Annotated[list[str], typer.Argument(help="OneIDs.")], as_of: AsOf = None, config: Config = YAML) -> None:
    """Show what is known of OneIDs: where they lead, their founder, aliases and members."""
    when = moment(as_of)
    with _registry(config) as registry:
        for oneid in what:
            found = registry.oneid(oneid, when)
            if found is None:
                raise _unknown(oneid)
            current = found["current"]
            state = "retired" if current is None else "living" if current == oneid else f"leads to {current}"
            out.print(f"{oneid}: {state} since {_plain(found['since'])}", markup=False)
            founder = "erased" if found["founder"] is None else str(found["founder"])
            out.print(f"  born {_plain(found['born'])} (run {found['born_run']}), founder {founder}", markup=False)
            if found["aliases"]:
                out.print(f"  aliases: {', '.join(found['aliases'])}", markup=False)
            for row in registry.members(oneid, when).iter_rows(named=True):
                out.print(f"  {row['source']}:{row['source_id']}  since {row['run_id']}", markup=False)


@app.command()
def find(
    records: Annotated[list[str], typer.Argument(help="Records, SOURCE:ID.")],
    as_of: AsOf = None,
    config: Config = YAML,
) -> None:
    """Show the OneID of records, and every one that they had."""
    when = moment(as_of)
    with _registry(config) as registry:
        for word in records:
            record = _ref(word)
            out.print(f"{word}: {registry.find(record, when) or 'not known'}", markup=False)
            if when is None:
                _show(registry.history(record))


@app.command()
def log(
    oneid: Annotated[str | None, typer.Option(help="Only events of this OneID.")] = None,
    record: Annotated[str | None, typer.Option(help="Only events of this record, SOURCE:ID.")] = None,
    since: Annotated[str | None, typer.Option(help="Only after this run, day or moment.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = 100,
    runs: Annotated[bool, typer.Option("--runs", help="The runs instead of events.")] = False,
    csv: Csv = None,
    config: Config = YAML,
) -> None:
    """Show what happened: the last events, or all runs."""
    with _registry(config) as registry:
        if runs:
            _show(registry.runs().select("number", "run_id", "kind", "at", "day", "folder"), csv)
            return
        if oneid is not None and registry.oneid(oneid) is None:
            raise _unknown(oneid)
        found = registry.events(oneid=oneid, record=_ref(record) if record else None, since=moment(since), limit=limit)
        _show(found, csv)


@app.command()
def exposure(oneid: Annotated[str, typer.Argument(help="A OneID.")], csv: Csv = None, config: Config = YAML) -> None:
    """Show whose data was shown under a OneID, between which moments."""
    with _registry(config) as registry:
        if registry.oneid(oneid) is None:
            raise _unknown(oneid)
        _show(registry.exposure(oneid), csv)


@app.command()
def merge(
    oneids: Annotated[list[str], typer.Argument(help="OneIDs of one person.")],
    by: By = None,
    reason: Reason = None,
    ticket: Ticket = None,
    approved_by: Approved = None,
    folder: Folder = None,
    config: Config = YAML,
) -> None:
    """Make one OneID of several; the others lead to it from now on."""
    from oneid.runs import acts
    from oneid.settings.configfile import load

    _publish(acts.merge(load(config), oneids, _note(by, reason, ticket, approved_by), folder), folder)


@app.command()
def split(
    oneid: Annotated[str, typer.Argument(help="A OneID of two people.")],
    records: Annotated[list[str] | None, typer.Argument(help="Records (SOURCE:ID) that are somebody else.")] = None,
    by: By = None,
    reason: Reason = None,
    ticket: Ticket = None,
    approved_by: Approved = None,
    folder: Folder = None,
    config: Config = YAML,
) -> None:
    """Part records from a OneID; without records, take back what was merged into it."""
    from oneid.runs import acts
    from oneid.settings.configfile import load

    refs = [_ref(word) for word in records] if records else None
    _publish(acts.split(load(config), oneid, refs, _note(by, reason, ticket, approved_by), folder), folder)


@app.command()
def decide(
    file: Annotated[Path, typer.Argument(help="A decisions file (CSV).")], folder: Folder = None, config: Config = YAML
) -> None:
    """Take decisions on pairs into the registry."""
    from oneid.identity import decisions
    from oneid.runs import acts
    from oneid.settings.configfile import load

    _publish(acts.decide(load(config), decisions.lines(file), folder), folder)


@app.command()
def rekey(
    source: Annotated[str, typer.Argument(help="The source that renumbered its members.")],
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns old_id and new_id.")],
    folder: Folder = None,
    config: Config = YAML,
) -> None:
    """Give a source's members their new numbers; their OneIDs stay."""
    from oneid.runs import acts
    from oneid.settings.configfile import load

    _publish(acts.rekey(load(config), source, acts.read_renumbering(file), folder), folder)


@app.command()
def rollback(
    run: Annotated[str, typer.Argument(help="The run, by number or name, after which things were right.")],
    folder: Folder = None,
    config: Config = YAML,
) -> None:
    """Put people back as they were after an earlier run; the next run judges anew."""
    from oneid.runs import acts
    from oneid.settings.configfile import load

    with _registry(config) as registry:
        known = None if run.isdecimal() else registry.knows(run)
    if known is None and not run.isdecimal():
        raise UsageError("E471", f"there is no run '{run}'", hint="oneid registry log --runs lists them")
    _publish(acts.rollback(load(config), int(run) if known is None else known.number, folder), folder)


@app.command()
def erase(
    what: Annotated[list[str], typer.Argument(help="A OneID, or records (SOURCE:ID).")],
    receipt: Annotated[Path, typer.Option(help="The file for the receipt (JSON).")],
    folder: Folder = None,
    config: Config = YAML,
) -> None:
    """Remove all data of a person, and write a receipt without personal data."""
    from oneid.outputs.textfile import write_text
    from oneid.runs import acts
    from oneid.settings.configfile import load

    whole = len(what) == 1 and ":" not in what[0]
    refs = [] if whole else [_ref(word) for word in what]
    result, made = acts.erase(load(config), what[0] if whole else None, refs, folder)
    _publish(result, folder)
    text = json.dumps(made.as_dict(), ensure_ascii=False, indent=2) + "\n"
    write_text("E305", "the receipt cannot be written", receipt, text)
    for line in made.left:
        out.print(f"left to do: {line}", markup=False)
    out.print(f"receipt {made.number} in {receipt}", markup=False)


@app.command()
def prune(
    before: Annotated[str, typer.Option(help="A day or a moment; history from before it goes.")],
    config: Config = YAML,
) -> None:
    """Remove history from before a day; OneIDs and what leads where always stay."""
    when = moment(before)
    if not isinstance(when, datetime):
        raise UsageError("E470", f"'{before}' is no day and no moment", hint="2026-11-22, or 2026-11-22T09:00")
    if len(before) <= 10:
        when = datetime.combine(when.date(), time.min, _JAPAN)
    with _registry(config) as registry, registry.lock():
        done = registry.prune(when)
    out.print(", ".join(f"{count:,} rows of {name}" for name, count in done.items()) + " removed", markup=False)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write.")], config: Config = YAML) -> None:
    """Copy a registry on SQLite, as it stands, into a file."""
    with _registry(config) as registry:
        registry.backup(file)
    out.print(f"wrote {file}", markup=False)
