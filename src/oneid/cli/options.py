"""Options that several commands have, and what they say: folders, variables, moments, forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Literal

import typer

from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import said
from oneid.vocabulary.localtime import JAPAN

__all__ = ["Format", "Threads", "Variables", "folder_of", "moment", "variables"]

Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="What is printed: words, or one JSON document.")
]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads; one per core if left out.")]
Variables = Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Fills {NAME} in paths.")]


def folder_of(text: str) -> Path:
    """A folder that an option names. E408 for an empty text."""
    from oneid.outputs.ownfiles import given

    return given(text)


def variables(given: Sequence[str] | None) -> dict[str, str]:
    """``--var ds=2026-11-22`` as a mapping. E407 for what has no name or no value."""
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError("E407", "a variable needs a name and a value", hint="--var ds=2026-11-22")
        found[name] = value
    return found


def moment(text: str | None) -> int | datetime | None:
    """``3`` is a run, ``2026-11-22`` the end of that day, ``2026-11-22T09:00`` a moment, in Japan. E470 for others.

    >>> moment("3"), moment("2026-11-22").isoformat()
    (3, '2026-11-22T23:59:59.999999+09:00')
    """
    if text is None:
        return None
    if text.isdecimal() and len(text) < 8:
        return int(text)
    try:
        if len(text) <= 10:
            return datetime.combine(date.fromisoformat(text), time.max, JAPAN)
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "a run's number, 2026-11-22, or 2026-11-22T09:00"
        raise UsageError("E470", said("'{text}' is no run and no time", text=text), hint=hint) from None
    return found if found.tzinfo else found.replace(tzinfo=JAPAN)
