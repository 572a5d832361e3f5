"""The commands ``oneid diff`` and ``oneid schema``."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from oneid.cli.console import err
from oneid.vocabulary.errors import UsageError

__all__ = ["diff", "schema"]


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


def diff(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    other: Annotated[Path | None, typer.Argument(metavar="[RUN_B]", help="The folder of another run.")] = None,
    rules: Annotated[str | None, typer.Option(help="Instead of another run: other rules, a preset or a file.")] = None,
    data: Annotated[Path | None, typer.Option(help="The run's config, to compare what was never compared.")] = None,
    limits: Annotated[Path | None, typer.Option(help="A YAML file with limits; left out, those of --data.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="For diff.parquet, diff.html and diff.json.")] = None,
    form: Annotated[Form, typer.Option("--format", help="What to print.")] = Form.TEXT,
) -> None:
    """Say what other rules would change in a run, or what changed from one run to another; exit 1 beyond a limit."""
    from oneid.diff import page
    from oneid.diff.sides import diff_rules, diff_runs
    from oneid.settings import configfile
    from oneid.settings.config import Limits

    if (other is None) == (rules is None) or (data is not None and rules is None):
        hint = "oneid diff RUN --rules FILE [--data CONFIG], or oneid diff RUN_A RUN_B"
        raise UsageError("E496", "one run needs other rules, two runs need nothing else", hint=hint)
    config = None if data is None else configfile.load(data)
    allowed = Limits() if config is None else config.limits
    if limits is not None:
        allowed = configfile.load_limits(limits)
    found = diff_rules(run, rules, config) if rules is not None else diff_runs(run, other or run)
    told = {
        Form.TEXT: lambda: page.text(found),
        Form.JSON: lambda: json.dumps(found.to_dict(), ensure_ascii=False, indent=2) + "\n",
        Form.MARKDOWN: lambda: page.markdown(found),
    }
    sys.stdout.write(told[form]())
    if folder is not None:
        found.write(folder, page.page(found))
        err.print(f"files in {folder}", markup=False)
    found.check(allowed)


def schema(
    what: Annotated[What, typer.Argument(help="What the schema is of.")] = What.CONFIG,
    dbt: Annotated[bool, typer.Option("--dbt", help="Instead: dbt sources with tests, for the output tables.")] = False,
) -> None:
    """Print a JSON Schema for editors, or the output tables as dbt sources."""
    from oneid.interop import dbt as dbtsources
    from oneid.settings import jsonschemas as schemas

    sys.stdout.write(dbtsources.text() if dbt else schemas.text(what.value))
