"""The one right to write to a registry: held for a whole run, and gone when the process that holds it is gone.

On SQLite it is a lock file in the folder ``<database>.lock`` (:mod:`oneid.outputs.folderlock`), on PostgreSQL an
advisory lock of a connection of its own. Readers need no lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from oneid.outputs.folderlock import LOCKS, lock
from oneid.registry.failures import shown, told
from oneid.vocabulary.errors import OutputError, Place, RegistryError
from oneid.vocabulary.language import said

__all__ = ["held"]

_NUMBER: Final = 0x6F6E656964_02
"""The advisory lock of a registry's writer; such locks are apart for each database of a server."""

_PAUSE: Final = 0.1


@contextmanager
def held(engine: sa.Engine, wait: float) -> Iterator[None]:
    """Holds the right to write. Waits up to ``wait`` seconds for another one, then raises E607 saying who has it."""
    attempt = _try_file if engine.dialect.name == "sqlite" else _try_server
    until = time.monotonic() + wait
    while True:
        taken = attempt(engine)
        if not isinstance(taken, RegistryError):
            break
        left = until - time.monotonic()
        if left <= 0:
            raise taken
        time.sleep(min(_PAUSE, left))
    try:
        yield
    finally:
        taken()


def _try_file(engine: sa.Engine) -> Callable[[], None] | RegistryError:
    path = Path(str(engine.url.database))
    folder = path.with_name(path.name + ".lock")
    try:
        folder.mkdir(exist_ok=True)
        return lock(folder)
    except OutputError as error:
        who = error.message.rpartition(": ")[2]
        times = [file.stat().st_mtime for file in map(folder.joinpath, LOCKS) if file.exists()]
        since = datetime.fromtimestamp(max(times), UTC) if times else None
        return _refused(engine, who, since, error.hint)
    except OSError as error:
        place = Place(str(folder))
        raise RegistryError(
            "E600", said("the registry's lock cannot be made: {reason}", reason=error.strerror), place=place
        ) from None


def _try_server(engine: sa.Engine) -> Callable[[], None] | RegistryError:
    with told(engine):
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        number = sa.literal(_NUMBER, sa.BigInteger)
        if connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar():
            connection.detach()  # never back into the pool: the lock ends with the connection
            return lambda: _let_go(connection)
        holder = connection.execute(
            sa.text(
                "SELECT a.application_name, a.state_change FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) "
                "WHERE l.locktype = 'advisory' AND l.granted AND l.database = a.datid "
                "AND l.classid = :high AND l.objid = :low AND a.datname = current_database()"
            ),
            {"high": _NUMBER >> 32, "low": _NUMBER & 0xFFFFFFFF},
        ).first()
        connection.close()
    who, since = (holder[0], holder[1]) if holder else (None, None)
    return _refused(engine, who or said("another process"), since, "wait for it to end")


def _let_go(connection: sa.Connection) -> None:
    """Ends the lock and the connection: the server may still be about ending that when the next one asks."""
    with suppress(sa.exc.SQLAlchemyError):  # the server is gone, and the lock with it
        connection.execute(sa.select(sa.func.pg_advisory_unlock(sa.literal(_NUMBER, sa.BigInteger))))
    connection.close()


def _refused(engine: sa.Engine, who: str, since: datetime | None, hint: str | None) -> RegistryError:
    when = said(" since {since:%Y-%m-%d %H:%M:%S} UTC", since=since.astimezone(UTC)) if since else ""
    message = said("another run is writing to the registry: {who}{when}", who=who, when=when)
    return RegistryError("E607", message, place=Place(shown(engine.url)), hint=hint)
