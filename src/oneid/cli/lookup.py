"""The command ``oneid lookup``: which OneID is this record?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from oneid.cli.console import out
from oneid.vocabulary.errors import UsageError

__all__ = ["lookup"]


def lookup(
    where: Annotated[Path, typer.Argument(metavar="CONFIG", help="The config, or the folder of a run.")],
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="name=..., birth=..., phone=...")],
    source: Annotated[str | None, typer.Option(help="The values are columns of this source, as it has them.")] = None,
    show_pii: Annotated[bool, typer.Option("--show-pii", help="Do not mask values.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which OneID a record has, without a run: exit 0 if it is clear, 1 if there is none or people must decide."""
    record = _record(values)
    from oneid.registry.fromconfig import open_lookup

    found = open_lookup(where).lookup(record, source=source)
    if as_json:
        sys.stdout.write(json.dumps(found.as_dict(show_pii=show_pii), ensure_ascii=False, indent=2) + "\n")
    else:
        out.print(found.text(show_pii=show_pii), markup=False)
    if found.oneid is None:
        raise typer.Exit(1)


def _record(values: list[str]) -> dict[str, str | None]:
    """``name=佐藤太郎`` as a mapping. E483 for what has no name, or one twice."""
    record: dict[str, str | None] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals) or name in record:
            raise UsageError("E483", "a value needs a field of its own", hint="name=佐藤太郎 phone=090-1234-5678")
        record[name] = value
    return record
