"""The command ``oneid lookup``: which OneID is this record?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oneid.cli.console import say, say_json, tell
from oneid.cli.options import Format
from oneid.cli.terminal.commands import OnConfig
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import said

__all__ = ["OnConfigOrRun", "lookup"]


class OnConfigOrRun(OnConfig):
    """A command on a config or the folder of a run, before ``FIELD=VALUE``."""

    likely = staticmethod(lambda word: "=" not in word or Path(word).exists())


def lookup(
    where: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG",
            help="The config, or the folder of a run; left out: oneid.yaml in this folder.",
            show_default=False,
        ),
    ],
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="name=..., birth=..., and so on.")],
    source: Annotated[str | None, typer.Option(help="The values are columns of this source, as it has them.")] = None,
    show_pii: Annotated[bool, typer.Option("--show-pii", help="Do not mask values.")] = False,
    form: Format = "text",
    as_json: Annotated[bool, typer.Option("--json", hidden=True, help="The same as --format json.")] = False,
) -> None:
    """Say which OneID a record has, without a run: exit 0 if it is clear, 1 if there is none or people must decide.

    Examples:
        oneid lookup name=佐藤花子 email=hanako@example.jp
        oneid lookup out name=佐藤花子 birth=1980-03-07 --format json
    """
    from oneid.cli.terminal.given import refuse_no_config, thing
    from oneid.registry.fromconfig import open_lookup

    record = _record(values)
    if thing(where) not in ("run", "folder", "project"):
        refuse_no_config(where, "lookup")
    lookup_ = open_lookup(where)
    if not lookup_.asked:
        tell(
            said("note: whether {where} holds the last run was not asked, for its registry is not at hand", where=where)
        )
    found = lookup_.lookup(record, source=source)
    if as_json or form == "json":
        say_json(found.as_dict(show_pii=show_pii))
    else:
        say(found.text(show_pii=show_pii))
    if found.oneid is None:
        raise typer.Exit(1)


def _example() -> str:
    """Two fields with usual values, as a shell takes them."""
    from oneid.kinds.catalogue import KINDS

    usual = [f"{name}={kind.example}" for name, kind in KINDS.items() if kind.example and " " not in kind.example]
    return " ".join(usual[:2])


def _record(values: list[str]) -> dict[str, str | None]:
    """``name=佐藤太郎`` as a mapping. E483 for what has no name, or one twice."""
    record: dict[str, str | None] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals) or name in record:
            raise UsageError("E483", said("a value needs a field of its own"), hint=_example())
        record[name] = value
    return record
