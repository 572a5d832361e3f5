"""What the commands of the registry share: opening it, its options, records and moments as words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oneid.cli import console
from oneid.cli.options import folder_of, variables
from oneid.cli.terminal.given import config_of, thing
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import said
from oneid.vocabulary.localtime import JAPAN
from oneid.vocabulary.references import RecordRef

if TYPE_CHECKING:
    import polars as pl

    from oneid.registry import Registry
    from oneid.settings.config import Config as Settings

__all__ = [
    "Folder", "VariablesOfActs", "config_for_acts", "in_plain", "record_of", "registry_of", "show_frame", "unknown",
]  # fmt: skip

Folder = Annotated[
    Path | None,
    typer.Option("--out", parser=folder_of, metavar="PATH", help="The folder of the last run, if it was moved."),
]
VariablesOfActs = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Fills {NAME} in paths of rules and decisions.")
]


@contextmanager
def registry_of(config: Path) -> Iterator[Registry]:
    """The registry of a config, for reading."""
    from oneid.registry.fromconfig import open_registry

    with open_registry(config_of(config, "registry", {}, ())) as registry:
        yield registry


def config_for_acts(path: Path, var: list[str] | None) -> Settings:
    """A config for an act, which reads no source."""
    from oneid.settings.configfile import ACTS

    return config_of(path, "registry", variables(var), ACTS)


def show_frame(frame: pl.DataFrame) -> None:
    """A frame as a table."""
    console.show(
        frame.columns, (["" if value is None else in_plain(value) for value in row] for row in frame.iter_rows())
    )


def in_plain(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    """A cell as text; moments are those of Japan."""
    return value.astimezone(JAPAN).isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)


def record_of(word: str) -> RecordRef:
    """A record, ``SOURCE:ID``. E420 for what is none."""
    try:
        return RecordRef.parse(word)
    except ValueError:
        hint = said("write SOURCE:ID, as in ec:E12")
        if thing(word) == "oneid":
            hint = said("`oneid registry show {word}` tells of a OneID; a record is SOURCE:ID, as in ec:E12", word=word)
        raise UsageError("E420", said("'{word}' is no record", word=word), hint=hint) from None


def unknown(oneid: str) -> UsageError:
    """E460: no such OneID was ever given."""
    hint = said("OneIDs are OID and 14 symbols")
    if thing(oneid) == "record":
        hint = said("`oneid registry find {word}` tells of a record", word=oneid)
    return UsageError("E460", said("no OneID {oneid} was ever given", oneid=oneid), hint=hint)
