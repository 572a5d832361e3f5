"""Whether a folder holds the registry's last run: one that was restored from a backup would answer with members who
have left, or were erased, since.

==== ===================================================================================
E624 the folder holds a run that the registry does not know
E631 the folder holds an earlier run than the registry's last: an older backup
==== ===================================================================================
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runjson import unfinished
from oneid.outputs.runtables import Tables, read_tables
from oneid.vocabulary.errors import OutputError, Place, RegistryError
from oneid.vocabulary.language import said

__all__ = ["Last", "Publication", "is_last", "last_tables"]

_PATIENCE = 10.0
"""Seconds to wait for a publication that the registry knows, and whose files are just being put into place."""
_PAUSE = 0.05


class Publication(Protocol):
    """What the registry says of a run; see :class:`oneid.registry.Head`."""

    @property
    def number(self) -> int:
        """1, 2, ..."""

    @property
    def run_id(self) -> str:
        """Its name."""

    @property
    def input(self) -> str:
        """The digest of what it was made from."""

    @property
    def folder(self) -> str | None:
        """Where its files were published."""


class Last(Protocol):
    """Asks a registry for its last publication."""

    def __call__(self) -> Publication | None:
        """The last publication."""

    def stamp(self) -> object:
        """What is another when there is another publication, where that is cheaply told."""


def is_last(run: Mapping[str, Any], last: Publication | None) -> bool:
    """Whether a run, by its run.json, is the registry's last."""
    made = run.get("registry") or {}
    if last is None:
        return False
    return (run.get("run_id"), made.get("number"), made.get("input")) == (last.run_id, last.number, last.input)


def last_tables(folder: Path, last: Last | None) -> tuple[Tables, Publication | None]:
    """The tables of the run in ``folder``, and what the registry said of its last, where there is one to ask.

    A publication that a crash cut short is finished, if this process may write there. Raises what
    :func:`oneid.outputs.runtables.read_tables` does, and RegistryError: E624, E631.
    """
    tables = read_tables(folder)
    if last is None:
        return tables, None
    told = last()
    until = time.monotonic() + _PATIENCE
    while not is_last(tables.run, told):
        if not (told and unfinished(folder)) or time.monotonic() > until:
            raise _refused(folder, tables.run, told)
        _finish(folder, told)
        tables, told = read_tables(folder), last()
    return tables, told


def _finish(folder: Path, told: Publication) -> None:
    """Finishes the publication, if nobody else is about it."""
    try:
        with RunFolder(folder, committed=lambda run_id: run_id == told.run_id):
            pass
    except OutputError as error:
        if error.code != "E304":
            raise
        time.sleep(_PAUSE)


def _refused(folder: Path, run: Mapping[str, Any], told: Publication | None) -> RegistryError:
    number, place = (run.get("registry") or {}).get("number"), Place(str(folder))
    if told is None or not isinstance(number, int) or number >= told.number:
        hint = "is it the folder of another registry, or is the registry an older backup?"
        return RegistryError("E624", "the folder holds a run that the registry does not know", place=place, hint=hint)
    message = said(
        "the folder holds run {number}, and the registry's last is run {last}", number=number, last=told.number
    )
    hint = said(
        "run {last} was published into {folder}; put a newer backup in its place, or run again",
        last=told.number,
        folder=told.folder,
    )
    return RegistryError("E631", message, place=place, hint=hint)
