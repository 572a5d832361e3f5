"""The commands of the registry that look after its database: ``prune`` and ``backup``."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from oneid.cli.console import done, say
from oneid.cli.options import moment
from oneid.cli.registry.shared import registry_of
from oneid.cli.terminal.commands import Config
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import joined, said
from oneid.vocabulary.localtime import JAPAN

__all__ = ["backup", "prune"]


def prune(
    config: Config,
    before: Annotated[str, typer.Option(help="A day or a moment; history from before it goes.")],
) -> None:
    """Remove history from before a day; OneIDs and what leads where always stay.

    Examples:
        oneid registry prune --before 2025-01-01
    """
    when = moment(before)
    if not isinstance(when, datetime):
        hint = said("2026-11-22, or 2026-11-22T09:00")
        raise UsageError("E470", said("'{before}' is no day and no moment", before=before), hint=hint)
    if len(before) <= 10:
        when = datetime.combine(when.date(), time.min, JAPAN)
    with registry_of(config) as registry, registry.lock():
        gone = registry.prune(when)
    done()
    rows = joined(", ", [said("{n:,} rows of {name}", n=count, name=name) for name, count in gone.items()])
    say(said("{rows} removed", rows=rows))


def backup(config: Config, file: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Copy a registry on SQLite, as it stands, into a file.

    Examples:
        oneid registry backup oneid.db.bak
    """
    with registry_of(config) as registry:
        registry.backup(file)
    done()
    say(said("wrote {file}", file=file))
