"""The commands that judge rules and runs: ``oneid check``, ``diff``, ``evaluate``, ``train`` and ``schema``."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from oneid.cli.console import annotate, done, say, say_json, show, strong, tell, write
from oneid.cli.options import Format, Variables, folder_of, variables
from oneid.cli.terminal.commands import Config
from oneid.cli.terminal.progress import progress
from oneid.vocabulary.errors import UsageError, raise_all
from oneid.vocabulary.language import said

if TYPE_CHECKING:
    from oneid.training.train import Proposal

__all__ = ["check", "diff", "evaluate", "schema", "train"]


_TITLES: Final = (
    said("against the truth"),
    said("against labelled pairs"),
    said("labelled pairs by verdict"),
    said("labelled pairs that are wrong"),
    said("pairs by source"),
    said("links by rule"),
    said("patterns with most mistakes"),
    said("pairs behind them"),
    said("score alone, at each threshold"),
    said("true pairs that each blocking key brings"),
    said("blocking, against the truth"),
    said("blocking, estimated without the truth"),
    said("bits per level"),
    said("bits where levels come together"),
)
"""What tables of measures are called."""


class Form(StrEnum):
    """How a difference is told."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class What(StrEnum):
    """What a schema is of."""

    CONFIG = "config"
    RULES = "rules"
    CASES = "cases"


def check(
    config: Config,
    cases: Annotated[Path | None, typer.Option(help="A file of cases, or a folder of them.")] = None,
    run: Annotated[Path | None, typer.Option(help="The folder of the run that cases refer to.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    sarif: Annotated[Path | None, typer.Option(help="Write SARIF to this file.")] = None,
    format_: Annotated[
        Literal["text", "json", "github", "markdown"], typer.Option("--format", help="The form of what is printed.")
    ] = "text",
    var: Variables = None,
) -> None:
    """Check config and rules, and whether cases come out as expected: exit 1 if one that must hold does not.

    Examples:
        oneid check
        oneid check oneid.yaml --cases cases.yaml --format github
    """
    from oneid.cli.terminal.given import refuse_no_config
    from oneid.outputs.ownfiles import refuse_file
    from oneid.outputs.textfile import write_text
    from oneid.ruletests import reports
    from oneid.ruletests.check import check as checked

    refuse_no_config(config, "check")
    files = ((junit, reports.as_junit, reports.is_junit), (sarif, reports.as_sarif, reports.is_sarif))
    for file, _, ours in files:
        if file is not None:
            refuse_file(file, ours)
    report = checked(config, cases, run, variables(var))
    done()
    for file, made, ours in files:
        if file is not None:
            write_text("E322", "the report cannot be written", file, made(report), ours)
    if format_ == "text":
        raise_all(report.problems)
    told = reports.FORMATS[format_](report)
    if format_ == "github":
        annotate(told)
    else:
        write(told)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def diff(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    other: Annotated[Path | None, typer.Argument(metavar="[RUN_B]", help="The folder of another run.")] = None,
    rules: Annotated[str | None, typer.Option(help="Instead of another run: other rules, a preset or a file.")] = None,
    data: Annotated[Path | None, typer.Option(help="The run's config, to compare what was never compared.")] = None,
    limits: Annotated[Path | None, typer.Option(help="A YAML file with limits; left out, those of --data.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", parser=folder_of, metavar="PATH", help="For diff.parquet, diff.html and diff.json."),
    ] = None,
    var: Variables = None,
    form: Annotated[Form, typer.Option("--format", help="What to print.")] = Form.TEXT,
) -> None:
    """Say what other rules would change in a run, or what changed from one run to another; exit 1 beyond a limit.

    Examples:
        oneid diff out --rules rules.yaml
        oneid diff out other --format markdown
    """
    from oneid.cli.terminal.given import refuse_no_run
    from oneid.diff import page
    from oneid.diff.difference import refuse_written
    from oneid.diff.sides import diff_rules, diff_runs
    from oneid.settings import configfile
    from oneid.settings.config import Limits

    for folder_of_run in filter(None, (run, other)):
        refuse_no_run(folder_of_run, "diff")
    if (other is None) == (rules is None) or (data is not None and rules is None):
        hint = said("oneid diff RUN --rules FILE [--data CONFIG], or oneid diff RUN_A RUN_B")
        raise UsageError("E496", said("one run needs other rules, two runs need nothing else"), hint=hint)
    if folder is not None:
        refuse_written(folder)
    config = None if data is None else configfile.load(data, variables(var))
    allowed = Limits() if config is None else config.limits
    if limits is not None:
        allowed = configfile.load_limits(limits)
    found = diff_rules(run, rules, config) if rules is not None else diff_runs(run, other or run)
    told = {
        Form.TEXT: lambda: write(page.text(found)),
        Form.JSON: lambda: say_json(found.to_dict()),
        Form.MARKDOWN: lambda: write(page.markdown(found)),
    }
    told[form]()
    if folder is not None:
        found.write(folder, page.page(found))
        tell(said("files in {folder}", folder=folder))
    found.check(allowed)


def evaluate(
    merge_map: Annotated[Path, typer.Argument(help="A merge map (Parquet or CSV), or the folder of a run.")],
    truth: Annotated[
        Path | None, typer.Argument(help="The truth: source, source_id, person_id; or labelled pairs.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="The run's folder, if the merge map is not in it.")] = None,
    config: Annotated[Path | None, typer.Option(help="The config whose blocking keys are measured.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", parser=folder_of, metavar="PATH", help="A folder for all tables, and a picture."),
    ] = None,
    var: Variables = None,
    form: Format = "text",
) -> None:
    """Measure a merge map against a truth or labelled pairs, or, without one, estimate what blocking brings together.

    Examples:
        oneid evaluate out truth.csv
        oneid evaluate out labels.csv
        oneid evaluate out
    """
    from oneid.cli.terminal.given import refuse_no_merge_map
    from oneid.evaluation.evaluate import evaluate as evaluated
    from oneid.evaluation.evaluate import refuse_written
    from oneid.settings.configfile import load

    refuse_no_merge_map(merge_map)
    if folder is not None:
        refuse_written(folder)
    found = evaluated(merge_map, truth, run=run, config=load(config, variables(var)) if config else None)
    if form == "json":
        say_json(found.to_dict())
    else:
        for title, frame in found.shown():
            say(strong(said(title) if title in _TITLES else title))
            show(frame.columns, frame.iter_rows())
        for note in found.notes:
            say(said("note: {note}", note=note))
    if folder is not None:
        found.write(folder)
        if form == "text":
            say(said("files in {folder}", folder=folder))


def train(
    config: Config,
    truth: Annotated[
        Path | None, typer.Option(help="Labels: a truth, or decisions on pairs; none if left out.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The rules file to write.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a rules file that is there.")] = False,
    var: Variables = None,
    form: Format = "text",
) -> None:
    """Propose a rules file fitted to the data, and show what it would change.

    Examples:
        oneid train --truth truth.csv
        oneid train oneid.yaml --truth truth.csv -o rules.yaml
    """
    from oneid.cli.terminal.given import config_of
    from oneid.runs.preparing import inputs_of
    from oneid.training import train as training

    if output is not None:
        training.refuse_existing(output, force)  # before anything is read
    settings = config_of(config, "train", variables(var))
    inputs = inputs_of(settings)
    if output is not None:
        training.refuse_existing(output, force, inputs)
    with progress() as shown:
        found = training.train(settings, truth, progress=shown)
    if form == "json":
        say_json(_document(found, output))
    else:
        for title, frame in found.shown():
            say(strong(said(title) if title in _TITLES else title))
            show(frame.columns, frame.iter_rows())
        for note in found.notes:
            say(note)
    if output is None:
        if form == "text":
            say(said("nothing was written; -o rules.yaml writes the proposal"))
        return
    training.write(found, output, force=force, inputs=inputs)
    done()
    if form == "text":
        named = f"rules: {os.path.relpath(output, config.parent)}"
        say(said("wrote {file}; to try it, name it in the config: {line}", file=output, line=named))


def _document(found: Proposal, output: Path | None) -> dict[str, Any]:
    """A proposal as one JSON document."""
    now, then = found.links
    return {
        "weights": found.weights.to_dicts(),
        "interactions": found.interactions.to_dicts(),
        "moves": found.moves.to_dicts(),
        "links": {"now": now, "proposed": then},
        "notes": list(found.notes),
        "written": None if output is None else str(output),
    }


def schema(
    what: Annotated[What, typer.Argument(help="What the schema is of.")] = What.CONFIG,
    dbt: Annotated[bool, typer.Option("--dbt", help="Instead: dbt sources with tests, for the output tables.")] = False,
    merge: Annotated[
        Path | None, typer.Option("--merge", metavar="RUN", help="Instead: MERGE statements for what a run changed.")
    ] = None,
) -> None:
    """Print a JSON Schema for editors, the output tables as dbt sources, or the MERGE statements for a run's changes.

    Examples:
        oneid schema rules
        oneid schema --dbt
        oneid schema --merge out
    """
    if merge is not None:
        from oneid.cli.terminal.given import refuse_no_run
        from oneid.interop.warehouse import merges
        from oneid.outputs.runtables import read_tables

        refuse_no_run(merge, "schema --merge")
        write(merges(read_tables(merge)))
        return
    from oneid.interop import dbt as dbtsources
    from oneid.settings import jsonschemas as schemas

    write(dbtsources.text() if dbt else schemas.text(what.value))
