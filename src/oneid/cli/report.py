"""The commands ``oneid report``, a run as a page that people look at, and ``oneid export``, as whole tables.

E419  CSV was asked for, and no folder for it; or two places
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oneid.cli.console import done, say
from oneid.cli.options import folder_of
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import language, said

if TYPE_CHECKING:
    import polars as pl

__all__ = ["export", "refuse", "report", "write_report"]


def refuse(output: Path) -> None:
    """Refuses to write a report where another file is (E307)."""
    from oneid.outputs.ownfiles import refuse_file
    from oneid.report.page import is_report

    refuse_file(output, is_report)


def write_report(
    run: Path,
    output: Path,
    wanted: str | None = None,
    *,
    tables: Mapping[str, pl.DataFrame] | None = None,
    show_pii: bool = False,
) -> None:
    """Writes the page of the run in a folder; ``tables``: its tables, where they are in memory. E307 where another file
    is there, E322 where it cannot be written.
    """
    from oneid.outputs.textfile import write_text
    from oneid.report.page import is_report
    from oneid.report.page import report as made

    text = made(run, wanted or language(), made=tables, show_pii=show_pii)
    write_text("E322", "the report cannot be written", output, text, is_report)


def report(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    lang: Annotated[str | None, typer.Option(help="ja or en; left out: ONEID_LANG, else the locale.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Left out: report.html in the folder.")] = None,
    show_pii: Annotated[bool, typer.Option("--show-pii", help="Do not mask names and ids.")] = False,
) -> None:
    """Write a page about a run: what came in and out, duplicates, rules, scores, what waits, quality, cost.

    Examples:
        oneid report out
        oneid report out --lang ja -o page.html
    """
    from oneid.cli.terminal.given import refuse_no_run

    refuse_no_run(run, "report")
    written = output or run / "report.html"
    write_report(run, written, lang, show_pii=show_pii)
    done()
    say(said("wrote {file}", file=written))


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    to: Annotated[str | None, typer.Option("--to", metavar="URL", help="A database: its address, or env:NAME.")] = None,
    prefix: Annotated[str, typer.Option(help="What the names of tables in it begin with.")] = "oneid_",
    schema: Annotated[str | None, typer.Option(help="The schema of its tables; left out: the database's.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", parser=folder_of, metavar="PATH", help="Another folder; left out: the run's own."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV instead of Parquet, with --out.")] = False,
) -> None:
    """Write the whole tables of a run, also where it left only what changed; or into a database, with keys and types,
    all replaced in one transaction.

    Examples:
        oneid export out
        oneid export out --out tables --csv
        oneid export out --to sqlite:///oneid-tables.db
        oneid export out --to env:WAREHOUSE_URL --schema crm
    """
    from oneid.cli.terminal.given import refuse_no_run

    refuse_no_run(run, "export")
    if csv and folder is None:
        raise UsageError("E419", said("--csv needs a folder of its own"), hint="oneid export RUN --out DIR --csv")
    if to is not None and folder is not None:
        raise UsageError("E419", said("--to and --out are two places"), hint=said("export twice"))
    if to is None:
        _into_folder(run, folder, csv=csv)
    else:
        _into_database(run, to, prefix, schema)


def _into_folder(run: Path, folder: Path | None, *, csv: bool) -> None:
    from oneid.outputs.export import copied, whole

    written = whole(run) if folder is None else copied(run, folder, csv=csv)
    done()
    if written:
        say(said("wrote {n} tables into {folder}", n=len(written), folder=folder or run))
    else:
        say(said("the whole tables are there"))


def _into_database(run: Path, to: str, prefix: str, schema: str | None) -> None:
    from oneid.runs.result import read_run

    names = read_run(run).export(to, prefix=prefix, schema=schema)
    done()
    say(said("wrote {n} tables: {names}", n=len(names), names=", ".join(names)))
