"""What the databases say when they refuse, in words for users.

==== =========================================================================================
E600 the database refused: disk full, no permission, read-only, anything else
E601 the address of the registry is not understood, or its driver is missing
E602 there is no registry there
E603 the server cannot be reached
E604 the file is no database, or is damaged
E605 the registry was made by a newer version, or its tables are another program's
E606 the registry belongs to another key
E607 another process is writing
E608 the registry has moved on since the run began
E609 no such moment: not yet, before what was pruned, or without a time zone
E620 a new id is that of a former member, whose history it would be mixed with
==== =========================================================================================

What a database says in detail may hold the ids of members, so only its own summary is passed on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from oneid.vocabulary.errors import Place, RegistryError

__all__ = ["shown", "told"]

_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CORRUPT_INDEX", "SQLITE_CORRUPT_SEQUENCE", "SQLITE_CORRUPT_VTAB"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_BUSY_TIMEOUT"}


def shown(url: sa.URL) -> str:
    """The file, or the address without the password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


@contextmanager
def told(engine: sa.Engine) -> Iterator[None]:
    """Turns what the database raises into a RegistryError (E600, E603, E604 or E607)."""
    driver = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (sa.exc.SQLAlchemyError, driver) as error:
        # the cause is not chained: a database's details hold the ids of members
        raise _error(engine, getattr(error, "orig", None) or error) from None


def _error(engine: sa.Engine, error: BaseException) -> RegistryError:
    place = Place(shown(engine.url))
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "")
        if name in _DAMAGED:
            hint = "move it away with its -wal and -shm files, and put the last backup in its place"
            return RegistryError("E604", "this is no registry, or it is damaged", place=place, hint=hint)
        if name in _BUSY:
            return RegistryError("E607", "another process is writing to the registry", place=place, hint="try again")
        hint = {"SQLITE_FULL": "free some space and run again"}.get(name, "look at the file, its folder and its disk")
        return RegistryError("E600", f"the registry's database refused: {error}", place=place, hint=hint)
    diagnosis = getattr(error, "diag", None)
    summary = getattr(diagnosis, "message_primary", None)
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, engine.dialect.loaded_dbapi.OperationalError) and (
        not state or state[:2] in ("08", "57", "28", "3D")
    ):
        reason = summary or _first_line(error, engine.url)
        hint = "look whether the server runs and takes this user and database"
        return RegistryError("E603", f"the registry's server cannot be reached: {reason}", place=place, hint=hint)
    said = summary or type(error).__name__
    return RegistryError("E600", f"the registry's database refused: {said}", place=place)


def _first_line(error: BaseException, url: sa.URL) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line.replace(str(url.password), "***") if url.password else line
