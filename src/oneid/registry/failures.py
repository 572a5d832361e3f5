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
E633 the folder belongs to another registry, of which this one is a copy; or to another project on the same registry
E639 the registry is of an older version, and a dry run does not bring it up to date
==== =========================================================================================

What a database says in detail may hold the ids of members, so only its own summary is passed on.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import sqlalchemy as sa

from oneid.vocabulary.errors import Place, RegistryError
from oneid.vocabulary.language import said

__all__ = ["not_ours", "shown", "told"]

_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CORRUPT_INDEX", "SQLITE_CORRUPT_SEQUENCE", "SQLITE_CORRUPT_VTAB"}
_NO_SECRETS = {"host", "port", "connect_timeout", "application_name"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_BUSY_TIMEOUT"}


def shown(url: sa.URL) -> str:
    """The file, or the address without password and options: any of these may be a secret."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(query={}).render_as_string(hide_password=True)


def _without_secrets(text: str, url: sa.URL) -> str:
    """What a driver or server says, without the password and the values of options, in any spelling."""
    values = (value for name, value in url.query.items() if name not in _NO_SECRETS)
    secrets = [url.password, *(value for one in values for value in ([one] if isinstance(one, str) else one))]
    for secret in sorted({str(one) for one in secrets if one}, key=len, reverse=True):
        for form in dict.fromkeys((secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1])):
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "***", text)
    return text


def not_ours(folder: Path, owner: str) -> RegistryError:
    """E633, for a folder that an original owns."""
    message = said("the folder belongs to the registry {owner}, of which this one is a copy", owner=owner)
    hint = "copy the folder too and name the copy with --out, so that the original stays as it is"
    return RegistryError("E633", message, place=Place(str(folder)), hint=hint)


@contextmanager
def told(engine: sa.Engine) -> Iterator[None]:
    """Turns what the database raises into a RegistryError (E600, E603, E604 or E607)."""
    driver = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (sa.exc.SQLAlchemyError, driver, UnicodeEncodeError, OverflowError) as error:
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
        full = name == "SQLITE_FULL"
        hint = "free some space and run again" if full else "look at the file, its folder and its disk"
        return RegistryError(
            "E600", said("the registry's database refused: {reason}", reason=str(error)), place=place, hint=hint
        )
    diagnosis = getattr(error, "diag", None)
    summary = getattr(diagnosis, "message_primary", None)
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, engine.dialect.loaded_dbapi.OperationalError) and (
        not state or state[:2] in ("08", "57", "28", "3D")
    ):
        reason = _without_secrets(summary or _first_line(error), engine.url)
        hint = "look whether the server runs and takes this user and database"
        return RegistryError(
            "E603", said("the registry's server cannot be reached: {reason}", reason=reason), place=place, hint=hint
        )
    reason = _without_secrets(summary or type(error).__name__, engine.url)
    return RegistryError("E600", said("the registry's database refused: {reason}", reason=reason), place=place)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
