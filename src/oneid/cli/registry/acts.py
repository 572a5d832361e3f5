"""The commands of the registry that change who is who: ``merge``, ``split``, ``decide``, ``rekey``, ``rename-source``,
``detach``, ``rollback`` and ``erase``. Each is a publication of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from oneid.cli.console import done, say, say_json, tell
from oneid.cli.options import Format
from oneid.cli.registry.shared import Folder, VariablesOfActs, config_for_acts, record_of, registry_of
from oneid.cli.report import write_report
from oneid.cli.terminal.commands import Config
from oneid.vocabulary.errors import OneIDError, UsageError
from oneid.vocabulary.language import joined, said

if TYPE_CHECKING:
    from oneid.identity.decisions import Note
    from oneid.runs.result import Result

__all__ = ["decide", "detach", "erase", "merge", "rekey", "rename_source", "rollback", "split"]


_EVENTS: Final = (
    said("created"), said("joined"), said("left"), said("merged"), said("split"), said("moved"), said("retired"),
    said("reinstated"), said("rekeyed"),
)  # fmt: skip

By = Annotated[str | None, typer.Option(help="Who decides.")]
Reason = Annotated[str | None, typer.Option(help="Why.")]
Ticket = Annotated[str | None, typer.Option(help="The ticket that asks for it.")]
Approved = Annotated[str | None, typer.Option("--approved-by", help="Who approved it.")]


def _note(by: str | None, reason: str | None, ticket: str | None, approved_by: str | None) -> Note:
    from oneid.identity.decisions import Note

    return Note(by=by, reason=reason, ticket=ticket, approved_by=approved_by)


def _publish(result: Result, folder: Path | None, form: str) -> None:
    """Publishes an act and says what it did."""
    from oneid.outputs.ownfiles import REPORT

    with result:
        head = folder or result.published_in
        result.write(head)
    done()
    try:  # the page that is there is of the run before
        write_report(head, head / REPORT)
    except OneIDError as error:
        tell(said("note: {note}", note=error))
    counts = dict(result.to_polars()["events"]["event"].value_counts().sort("event").iter_rows())
    for note in result.told:
        tell(said("note: {note}", note=note))
    if form == "json":
        notes = list(result.run["notes"])
        say_json({"run_id": result.run["run_id"], "folder": str(head), "events": counts, "notes": notes})
        return
    named = {event: said(event) if event in _EVENTS else event for event in counts}
    told = joined(", ", [said("{n:,} {event}", n=n, event=named[event]) for event, n in counts.items()])
    what = told if counts else said("nothing changed")
    say(said("published {run} in {folder}: {what}", run=result.run["run_id"], folder=head, what=what))
    for note in result.run["notes"]:
        say(note)


def merge(
    config: Config,
    oneids: Annotated[list[str], typer.Argument(help="OneIDs of one person.")],
    by: By = None,
    reason: Reason = None,
    ticket: Ticket = None,
    approved_by: Approved = None,
    folder: Folder = None,
    var: VariablesOfActs = None,
    form: Format = "text",
) -> None:
    """Make one OneID of several; the others lead to it from now on.

    Examples:
        oneid registry merge OID00000000000000 OID1111111111111C --by sato
    """
    from oneid.runs import acts

    note = _note(by, reason, ticket, approved_by)
    _publish(acts.merge(config_for_acts(config, var), oneids, note, folder), folder, form)


def split(
    config: Config,
    oneid: Annotated[str, typer.Argument(help="A OneID of two people.")],
    records: Annotated[list[str] | None, typer.Argument(help="Records (SOURCE:ID) that are somebody else.")] = None,
    by: By = None,
    reason: Reason = None,
    ticket: Ticket = None,
    approved_by: Approved = None,
    folder: Folder = None,
    var: VariablesOfActs = None,
    form: Format = "text",
) -> None:
    """Part records from a OneID; without records, take back what was merged into it.

    Examples:
        oneid registry split OID00000000000000 ec:E0000002 --by sato
    """
    from oneid.runs import acts

    refs = [record_of(word) for word in records] if records else None
    note = _note(by, reason, ticket, approved_by)
    _publish(acts.split(config_for_acts(config, var), oneid, refs, note, folder), folder, form)


def decide(
    config: Config,
    file: Annotated[Path, typer.Argument(help="A decisions file (CSV).")],
    folder: Folder = None,
    var: VariablesOfActs = None,
    form: Format = "text",
) -> None:
    """Take decisions on pairs into the registry.

    Examples:
        oneid registry decide decisions.csv
    """
    from oneid.identity import decisions
    from oneid.runs import acts

    _publish(acts.decide(config_for_acts(config, var), decisions.lines(file), folder), folder, form)


def rekey(
    config: Config,
    source: Annotated[str, typer.Argument(help="The source that renumbered its members.")],
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns old_id and new_id.")],
    folder: Folder = None,
    var: VariablesOfActs = None,
    form: Format = "text",
) -> None:
    """Give a source's members their new numbers; their OneIDs stay.

    Examples:
        oneid registry rekey point_card old_new.csv
    """
    from oneid.runs import acts

    pairs = acts.read_renumbering(file)
    _publish(acts.rekey(config_for_acts(config, var), source, pairs, folder), folder, form)


def rename_source(
    config: Config,
    old: Annotated[str, typer.Argument(help="The name that the source had.")],
    new: Annotated[str, typer.Argument(help="The name that it has in the config now.")],
    folder: Folder = None,
    var: VariablesOfActs = None,
    form: Format = "text",
) -> None:
    """Give a source its new name; its members keep their OneIDs.

    Examples:
        oneid registry rename-source ec shop
    """
    from oneid.runs import acts

    _publish(acts.rename_source(config_for_acts(config, var), old, new, folder), folder, form)


def detach(
    config: Config,
    source: Annotated[str, typer.Argument(help="The source that is not there any more.")],
    folder: Folder = None,
    var: VariablesOfActs = None,
    form: Format = "text",
) -> None:
    """Let all members of a source leave; OneIDs of theirs alone are retired.

    Examples:
        oneid registry detach mail_list
    """
    from oneid.runs import acts

    _publish(acts.detach(config_for_acts(config, var), source, folder), folder, form)


def rollback(
    config: Config,
    run: Annotated[str, typer.Argument(help="The run, by number or name, after which things were right.")],
    folder: Folder = None,
    var: VariablesOfActs = None,
    form: Format = "text",
) -> None:
    """Put people back as they were after an earlier run; the next run judges anew.

    Examples:
        oneid registry rollback 3
    """
    from oneid.runs import acts

    with registry_of(config) as registry:
        known = None if run.isdecimal() else registry.knows(run)
    if known is None and not run.isdecimal():
        hint = said("oneid registry log --runs lists them")
        raise UsageError("E471", said("there is no run '{run}'", run=run), hint=hint)
    number = int(run) if known is None else known.number
    _publish(acts.rollback(config_for_acts(config, var), number, folder), folder, form)


def erase(
    config: Config,
    what: Annotated[list[str], typer.Argument(help="A OneID, or records (SOURCE:ID).")],
    receipt: Annotated[Path, typer.Option(help="The file for the receipt (JSON).")],
    folder: Folder = None,
    var: VariablesOfActs = None,
) -> None:
    """Remove all data of a person, and write a receipt without personal data.

    Examples:
        oneid registry erase OID00000000000000 --receipt receipt.json
    """
    from oneid.outputs.ownfiles import refuse_file
    from oneid.outputs.textfile import probe_text, write_text
    from oneid.runs import acts

    refuse_file(receipt)
    whole = len(what) == 1 and ":" not in what[0]
    refs = [] if whole else [record_of(word) for word in what]
    probe_text("E305", "the receipt cannot be written", receipt)
    result, made = acts.erase(config_for_acts(config, var), what[0] if whole else None, refs, folder)
    _publish(result, folder, "text")
    with registry_of(config) as registry:  # which knows by now what could not be done
        kept = next(one for one in registry.receipts() if one["receipt"] == made.number)
    counts = [said("{n:,} of {source}", n=count, source=source) for source, count in made.records.items()]
    say(said("erased: {records}", records=joined(", ", counts)))
    for line in kept["to_do"]:
        say(said("left to do: {line}", line=line))
    text = json.dumps(kept, ensure_ascii=False, indent=2) + "\n"
    lost = said(
        "the person is erased, and the receipt cannot be written (oneid registry receipt {number} prints it)",
        number=made.number,
    )
    write_text("E305", lost, receipt, text, lambda _: False)
    say(said("receipt {number} in {file}", number=made.number, file=receipt))
