"""The command ``oneid``. Exit codes: 0 fine, 1 a check failed or a limit was breached, 2 bad input or usage, 3
internal.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from oneid.cli import check, diff, lookup, registry
from oneid.cli.console import err, out, variables
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.version import VERSION

if TYPE_CHECKING:
    from oneid.runs.result import Result
    from oneid.settings.config import Config

__all__ = ["app", "main"]

app = typer.Typer(
    name="oneid",
    help="One lasting OneID per person from the member records of separate systems.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped, as shells have it."""

STAGE_WORDS = {
    "read": "read and normalize",
    "compare": "block and compare",
    "judge": "judge patterns",
    "cluster": "cluster",
    "identify": "give OneIDs",
    "golden": "golden records",
    "write": "write",
}


@contextmanager
def _progress() -> Iterator[Any]:
    """A callback for stages: a bar on a terminal, plain lines in a log."""
    if not err.is_terminal:

        def line(stage: str, share: float) -> None:
            if share >= 1:
                err.print(f"{STAGE_WORDS.get(stage, stage)}: done")

        yield line
        return
    columns = (TextColumn("{task.description:<20}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(STAGE_WORDS.get(stage, stage), total=1.0)
            bar.update(tasks[stage], completed=share)

        yield show


def _resolve_and_write(
    config: Config, folder: Path, csv: bool, run_id: str | None, threads: int | None, wait: float = 0.0
) -> Result:
    from oneid.outputs.runfolder import probe
    from oneid.runs.resolve import resolve as run

    probe(folder)
    with _progress() as progress:
        result = run(config, run_id=run_id, folder=folder, wait=wait, threads=threads, progress=progress, keep=False)
        with result:
            progress("write", 0.0)
            result.write(folder, csv=csv)
            progress("write", 1.0)
    return result


def _show_summary(result: Result, folder: Path) -> None:
    found = result.summary()
    if result.run.get("unchanged"):
        out.print(f"nothing new since run {result.run['run_id']}, in {folder}")
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, count in found["records"].items():
        table.add_row(f"  {name}", f"{count:,}")
    out.print(f"[bold]{len(found['records'])} sources, {sum(found['records'].values()):,} records[/]")
    out.print(table)
    if found["rejected"]:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in result.run["rejected"].items())
        out.print(f"[bold]{found['rejected']:,} rows rejected[/] ({reasons}), see rejected.parquet")
    out.print(f"[bold]{found['oneids']:,} OneIDs[/], the largest of {found['largest']} records")
    out.print(f"[bold]{found['households']:,} households[/] of two OneIDs or more, see households.parquet")
    out.print("[bold]links per rule[/]")
    links = Table(box=None, show_header=False, pad_edge=False)
    for rule, count in found["links_by_rule"].items():
        links.add_row(f"  {rule}", f"{count:,}")
    out.print(links)
    out.print(f"[bold]{found['review']:,} pairs to review[/], see review.parquet")
    for part in result.run["blocks_left_out"]:
        how = f"{part['refined_blocks']:,} refined, {part['dropped_blocks']:,} dropped"
        out.print(f"not paired by {part['rule']}: {part['pairs']:,} pairs of blocks that are too large ({how})")
    if result.run["blocks_left_out"]:
        out.print("  another key may have paired them; equal records are linked all the same")
    for alarm in result.run["alarms"]:
        out.print(f"[bold red]alarm[/]: a cluster of {alarm['size']:,} records was split")
    if result.run["key"] != "secret":
        out.print(f"key: {result.run['key']}")
    seconds = sum(stage["seconds"] for stage in result.run["stages"])
    out.print(f"{seconds:.1f} s, files in {folder}")


Variables = Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Fills {NAME} in paths.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads; one per core if left out.")]


@app.command()
def resolve(
    config: Annotated[Path, typer.Argument(help="The config, a YAML file.")],
    folder: Annotated[Path, typer.Option("--out", help="The folder for the results.")],
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV beside Parquet.")] = False,
    run_id: Annotated[str | None, typer.Option(help="The run's name; derived from the data if left out.")] = None,
    threads: Threads = None,
    wait: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for another run on the registry.")] = 0.0,
    var: Variables = None,
) -> None:
    """Find who is who and write merge map, golden records and evidence."""
    from oneid.settings.configfile import load

    loaded = load(config, variables(var))
    _show_summary(_resolve_and_write(loaded, folder, csv, run_id, threads, wait), folder)


@app.command()
def demo(
    records: Annotated[int, typer.Option(min=50, max=20_000_000, help="About how many records.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    folder: Annotated[Path, typer.Option("--out", help="The folder for everything.")] = Path("oneid-demo"),
    noise: Annotated[float, typer.Option(min=0.0, max=5.0, help="How many errors; 1 is usual.")] = 1.0,
) -> None:
    """Make five demo systems with a known truth, resolve them and show what was found."""
    import polars as pl

    from oneid.demo import generate
    from oneid.evaluation.measures import quality
    from oneid.settings.configfile import load

    generate(records=records, seed=seed, noise=noise).write(folder)
    result = _resolve_and_write(load(folder / "oneid.yaml"), folder / "out", False, None, None)
    _show_summary(result, folder / "out")
    truth = pl.read_csv(folder / "truth.csv", infer_schema=False)
    found = quality(
        result.to_polars()["merge_map"],
        truth.rename({"system": "source", "member_id": "source_id"}),
    )
    out.print(
        f"[bold]against the truth[/]: precision {found.precision:.4f}, recall {found.recall:.4f}, F1 {found.f1:.4f}, "
        f"{found.wrong_per_10k:.1f} wrong per 10,000 OneIDs, {found.lost} lost"
    )
    out.print(f"sources, truth and config in {folder}")
    for row in result.to_polars()["links"].head(1).iter_rows(named=True):
        pair = f"{row['source_l']}:{row['source_id_l']} {row['source_r']}:{row['source_id_r']}"
        out.print(f"why two records are one person: oneid explain {folder}/oneid.yaml {pair}")


@app.command()
def init(
    files: Annotated[list[Path], typer.Argument(help="The sources' files.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The config to write.")] = Path("oneid.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a config that is there.")] = False,
) -> None:
    """Guess sources, encodings, ids and fields, and write a commented config."""
    from oneid.sources.guess import init as write_config

    write_config(files, output, force=force)
    out.print(f"wrote {output}; look it over, then: oneid profile {output}")


@app.command()
def profile(config: Annotated[Path, typer.Argument(help="The config, a YAML file.")], var: Variables = None) -> None:
    """Show what is filled, usable, placeholder, unreadable and shared, before any matching."""
    from oneid.evaluation.profile import profile as profiled
    from oneid.settings import configfile

    with _progress() as progress:
        frame = profiled(configfile.load(config, variables(var)), progress)
    table = Table(*frame.columns, box=None)
    for row in frame.iter_rows():
        table.add_row(
            *(f"{value:,}" if isinstance(value, int) else "" if value is None else str(value) for value in row)
        )
    out.print(table)


@app.command()
def normalize(
    kind: Annotated[str, typer.Argument(help="A field kind: name, birth, address ...")],
    values: Annotated[list[str], typer.Argument(help="Values to normalize.")],
) -> None:
    """Show what a normalizer makes of values, as JSON lines."""
    from oneid.kinds.normalizing import normalize as normalized

    shown = normalized(kind, values, reasons=True).to_dict("records")
    for row in shown:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


@app.command()
def explain(
    config: Annotated[Path, typer.Argument(help="The config, a YAML file.")],
    what: Annotated[list[str], typer.Argument(help="Two records (source:id), or OneIDs.")],
    show_pii: Annotated[bool, typer.Option("--show-pii", help="Do not mask values.")] = False,
    var: Variables = None,
) -> None:
    """Say why two records are one person or not, or show whole OneIDs."""
    from oneid.runs.explain import explain_oneid
    from oneid.runs.resolve import resolve as run
    from oneid.settings.configfile import load

    loaded = load(config, variables(var))
    with _progress() as progress:
        result = run(loaded, progress=progress)
    if len(what) == 2 and all(":" in word for word in what):
        out.print(result.explain(what[0], what[1], show_pii=show_pii).text(), markup=False)
        return
    for oneid in what:
        out.print(explain_oneid(result.to_polars(), oneid, show_pii=show_pii), markup=False)


@app.command()
def evaluate(
    merge_map: Annotated[Path, typer.Argument(help="A merge map (Parquet or CSV), or the folder of a run.")],
    truth: Annotated[Path | None, typer.Argument(help="The truth: source, source_id, person_id.")] = None,
    run: Annotated[Path | None, typer.Option(help="The run's folder, if the merge map is not in it.")] = None,
    config: Annotated[Path | None, typer.Option(help="The config whose blocking keys are measured.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="A folder for all tables, and a picture.")] = None,
    var: Variables = None,
) -> None:
    """Measure a merge map against a truth, or, without one, estimate what blocking brings together."""
    from rich.text import Text

    from oneid.evaluation.evaluate import evaluate as evaluated
    from oneid.settings.configfile import load

    found = evaluated(merge_map, truth, run=run, config=load(config, variables(var)) if config else None)
    for title, frame in found.shown():
        table = Table(*frame.columns, box=None)
        for row in frame.iter_rows():
            table.add_row(*map(Text, row))
        out.print(f"[bold]{title}[/]")
        out.print(table)
    for note in found.notes:
        out.print(f"note: {note}", markup=False)
    if folder is not None:
        found.write(folder)
        out.print(f"files in {folder}")


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="The config, a YAML file.")],
    truth: Annotated[
        Path | None, typer.Option(help="Labels: a truth, or decisions on pairs; none if left out.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The rules file to write.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a rules file that is there.")] = False,
    var: Variables = None,
) -> None:
    """Propose a rules file fitted to the data, and show what it would change."""
    from rich.text import Text

    from oneid.settings.configfile import load
    from oneid.training import train as training

    if output is not None:
        training.refuse_existing(output, force)
    with _progress() as progress:
        found = training.train(load(config, variables(var)), truth, progress=progress)
    for title, frame in found.shown():
        table = Table(*frame.columns, box=None)
        for row in frame.iter_rows():
            table.add_row(*map(Text, row))
        out.print(f"[bold]{title}[/]")
        out.print(table)
    out.print("\n".join(found.notes), markup=False)
    if output is None:
        out.print("nothing was written; -o rules.yaml writes the proposal")
    else:
        training.write(found, output, force=force)
        named = os.path.relpath(output, config.parent)
        out.print(f"wrote {output}; to try it, name it in the config: rules: {named}", markup=False)


for command in (lookup.lookup, check.check, diff.diff, diff.schema):
    app.command()(command)
app.add_typer(registry.app)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """One lasting OneID per person from the member records of separate systems."""
    if version:
        out.print(f"oneid {VERSION}")
        raise typer.Exit


def main() -> None:
    """Entry point: runs a command and turns errors into one line and an exit code."""
    argv = sys.argv[1:]
    debug = "--debug" in argv
    code = None
    try:
        code = app([word for word in argv if word != "--debug"], standalone_mode=False)
    except OneIDError as error:
        if debug:
            traceback.print_exc()
        err.print(str(error), style="red", markup=False)
        raise SystemExit(error.exit_code) from None
    except typer.Abort:
        raise SystemExit(2) from None
    except typer.TyperException as error:
        if error.format_message():  # without arguments the help was shown
            err.print(
                f"E400 {error.format_message()} Hint: oneid --help, oneid COMMAND --help", style="red", markup=False
            )
        raise SystemExit(2) from None
    except Exception as error:
        if debug:
            raise
        err.print(
            f"E999 internal error: {type(error).__name__}. Hint: run again with --debug and report it", style="red"
        )
        raise SystemExit(3) from None
    if code:  # an Exit comes back as its code: Typer turns Ctrl-C into one
        if code == INTERRUPTED:
            err.print(
                "stopped; the old outputs stand, or, if they were being published, the new ones: whole either way",
                style="red",
            )
        raise SystemExit(code)
