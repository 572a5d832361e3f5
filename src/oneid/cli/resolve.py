"""The commands ``oneid resolve`` and ``oneid demo``: a whole run, from sources to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oneid.cli import report
from oneid.cli.console import complain, done, log, logging, say, say_json, strong, tell
from oneid.cli.options import Format, Threads, Variables, folder_of, variables
from oneid.cli.terminal.commands import Config
from oneid.cli.terminal.progress import progress
from oneid.vocabulary.errors import LimitBreached, OneIDError
from oneid.vocabulary.language import said

if TYPE_CHECKING:
    from oneid.runs.result import Result
    from oneid.settings import config as settings

__all__ = ["demo", "resolve"]


def resolve(
    config: Config,
    folder: Annotated[
        Path, typer.Option("--out", parser=folder_of, metavar="PATH", help="The folder for the results.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do all but publishing: check the limits, write nothing.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV beside Parquet.")] = False,
    run_id: Annotated[str | None, typer.Option(help="The run's name; derived from the data if left out.")] = None,
    threads: Threads = None,
    wait: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for another run on the registry.")] = 0.0,
    var: Variables = None,
    form: Format = "text",
) -> None:
    """Find who is who and write merge map, golden records and evidence.

    Examples:
        oneid resolve --out out
        oneid resolve oneid.yaml --out out --dry-run
        oneid resolve oneid.yaml --out out --csv --format json
    """
    from oneid.cli.terminal.given import config_of

    loaded = config_of(config, "resolve", variables(var))
    if dry_run:
        _rehearse(loaded, folder, csv, run_id, threads, form)
        return
    _tell(_resolve_and_write(loaded, folder, csv, run_id, threads, wait), folder, form)


def _resolve_and_write(
    config: settings.Config, folder: Path, csv: bool, run_id: str | None, threads: int | None, wait: float = 0.0
) -> Result:
    from oneid.outputs.runfolder import probe
    from oneid.runs.preparing import inputs_of
    from oneid.runs.resolve import resolve as run

    probe(folder, inputs_of(config), csv=csv)
    report.refuse(folder / "report.html")
    with progress() as shown:
        result = run(config, run_id=run_id, folder=folder, wait=wait, threads=threads, progress=shown, keep=False)
        with result:
            shown("write", 0.0)
            result.write(folder, csv=csv)
            done()
            try:
                tables = None if result.run.get("unchanged") else result.to_polars()
                report.write_report(folder, folder / "report.html", tables=tables)
            except OneIDError as error:  # the run stands
                tell(said("note: {note}", note=str(error)))
            shown("write", 1.0)
        for note in result.told:
            tell(said("note: {note}", note=note))
    return result


def _rehearse(
    config: settings.Config, folder: Path, csv: bool, run_id: str | None, threads: int | None, form: str
) -> None:
    """Does all that a run does but publish, tells what it would say, and ends as it would."""
    from oneid.cli.terminal.summary import as_document, show_summary
    from oneid.outputs.runfolder import probe
    from oneid.runs.preparing import inputs_of
    from oneid.runs.resolve import resolve as run

    probe(folder, inputs_of(config), csv=csv)
    report.refuse(folder / "report.html")
    breached: LimitBreached | OneIDError | None = None
    with progress() as shown:
        result = run(config, run_id=run_id, folder=folder, dry_run=True, threads=threads, progress=shown, keep=False)
        with result:
            shown("gates", 0.0)
            try:
                result.write(folder, csv=csv)
            except OneIDError as error:
                if error.exit_code != LimitBreached.exit_code:
                    raise
                breached = error
            shown("gates", 1.0)
    if form == "json":
        say_json(as_document(result, folder, list(breached.problems) if breached else []))
    else:
        show_summary(result, folder, rehearsed=True)
    if breached is not None:
        complain(breached)
        raise typer.Exit(breached.exit_code)
    if form == "text" and logging().level >= 0 and not result.run.get("unchanged"):
        say(said("no limit is breached: the run would be published"))


def _tell(result: Result, folder: Path, form: str) -> None:
    from oneid.cli.terminal.summary import as_document, show_summary

    if logging().level > 0:
        for stage in result.run.get("stages", ()):
            facts = {name: value for name, value in stage.items() if name != "stage"}
            told = ", ".join(f"{name} {value:,}" for name, value in facts.items())
            log("measured", f"{stage['stage']}: {told}", stage=stage["stage"], **facts)
    if form == "json":
        say_json(as_document(result, folder))
    else:
        show_summary(result, folder)


def _make(folder: Path, records: int, seed: int, noise: float) -> Path:
    from oneid.demo import write_files

    with progress() as shown:
        shown("make", 0.0)
        return write_files(folder, records, seed, noise, progress=shown)


def _tell_files(config: Path, form: str) -> None:
    if form == "json":
        say_json({"config": str(config)})
    elif logging().level >= 0:
        say(said("sources, truth and config in {folder}", folder=config.parent))


def demo(
    records: Annotated[int, typer.Option(min=50, max=50_000_000, help="About how many records.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    folder: Annotated[
        Path, typer.Option("--out", parser=folder_of, metavar="PATH", help="The folder for everything.")
    ] = Path("oneid-demo"),
    noise: Annotated[float, typer.Option(min=0.0, max=5.0, help="How many errors; 1 is usual.")] = 1.0,
    files_only: Annotated[bool, typer.Option("--files-only", help="Make the files, and resolve nothing.")] = False,
    form: Format = "text",
) -> None:
    """Make five demo systems with a known truth, resolve them and show what was found.

    Examples:
        oneid demo
        oneid demo --records 2000 --out small
        oneid demo --records 2000 --out made --files-only
    """
    import polars as pl

    from oneid.cli.terminal.summary import as_document
    from oneid.evaluation.measures import quality
    from oneid.outputs.runfolder import probe
    from oneid.settings.configfile import load

    out = folder / "out"
    if not files_only:
        probe(out)
    config = _make(folder, records, seed, noise)
    if files_only:
        _tell_files(config, form)
        return
    result = _resolve_and_write(load(config), out, False, None, None)
    truth = pl.read_csv(folder / "truth.csv", infer_schema=False)
    found = quality(
        result.to_polars()["merge_map"],
        truth.rename({"system": "source", "member_id": "source_id"}),
    )
    if form == "json":
        against = {"precision": found.precision, "recall": found.recall, "f1": found.f1,
                   "wrong_per_10k": found.wrong_per_10k, "lost": found.lost}  # fmt: skip
        say_json({**as_document(result, out), "against_truth": against})
        return
    _tell(result, out, form)
    if logging().level < 0:
        return
    say(
        strong(said("against the truth")),
        said(
            ": precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}, {wrong:.1f} wrong per 10,000 OneIDs, "
            "{lost} lost",
            precision=found.precision, recall=found.recall, f1=found.f1, wrong=found.wrong_per_10k, lost=found.lost,
        ),
    )  # fmt: skip
    say(said("sources, truth and config in {folder}", folder=folder))
    for row in result.to_polars()["links"].head(1).iter_rows(named=True):
        pair = f"{row['source_l']}:{row['source_id_l']} {row['source_r']}:{row['source_id_r']}"
        say(said("why two records are one person: {command}", command=f"oneid explain {out} {pair}"))
    say(said("look at it: {page}", page=out / "report.html"))
