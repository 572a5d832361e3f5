"""The command ``oneid check``: are config and rules sound, and do the cases hold?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from oneid.cli.console import variables
from oneid.vocabulary.errors import raise_all

__all__ = ["check"]


def check(
    config: Annotated[Path, typer.Argument(help="The config, a YAML file.")],
    cases: Annotated[Path | None, typer.Option(help="A file of cases, or a folder of them.")] = None,
    run: Annotated[Path | None, typer.Option(help="The folder of the run that cases refer to.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    sarif: Annotated[Path | None, typer.Option(help="Write SARIF to this file.")] = None,
    format_: Annotated[
        Literal["text", "json", "github", "markdown"], typer.Option("--format", help="The form of what is printed.")
    ] = "text",
    var: Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Fills {NAME} in paths.")] = None,
) -> None:
    """Check config and rules, and whether cases come out as expected: exit 1 if one that must hold does not."""
    from oneid.outputs.textfile import write_text
    from oneid.ruletests import reports
    from oneid.ruletests.check import check as checked

    report = checked(config, cases, run, variables(var))
    for file, made in ((junit, reports.as_junit), (sarif, reports.as_sarif)):
        if file is not None:
            write_text("E322", "the report cannot be written", file, made(report))
    if format_ == "text":
        raise_all(report.problems)
    sys.stdout.write(reports.FORMATS[format_](report))
    if report.exit_code:
        raise typer.Exit(report.exit_code)
