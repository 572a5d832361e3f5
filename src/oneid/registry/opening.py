"""Finding a registry's database by its address, and making sure that it is one that this code can use."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from oneid.registry import migrate
from oneid.registry.failures import shown, told
from oneid.registry.locking import held
from oneid.vocabulary.errors import Place, RegistryError
from oneid.vocabulary.version import install

__all__ = ["WRITING", "backup", "open_engine", "scrub"]

WRITING: Final = {"oneid_writing": True}
"""Execution options of a connection that will write: on SQLite it takes the right to write at once, so that it never
finds half-way that another one took it."""

_PATIENCE: Final = 10.0
"""Seconds to wait for another process that makes or writes the same database."""


_MAKING: Final = 0x6F6E656964_01
"""The advisory lock of a server under which tables are made."""


def open_engine(url: str, base: Path, *, create: bool) -> tuple[sa.Engine, tuple[str, ...]]:
    """An engine on a registry of the latest version, and notes for the user about what was done to it.

    Raises RegistryError: E601 to E605, and E600 where the database refuses.
    """
    engine = _engine(_address(url, base))
    try:
        if engine.dialect.name == "sqlite":
            _find_file(engine, create=create)
        with told(engine):
            return engine, _up_to_date(engine, create=create)
    except BaseException:
        engine.dispose()
        raise


def _up_to_date(engine: sa.Engine, *, create: bool) -> tuple[str, ...]:
    with engine.connect() as connection:
        found = migrate.version(connection)
    if found is None:
        if not create:
            raise _none_there(engine)
        _make(engine)
    elif found != migrate.latest():
        return (_update(engine, found),)
    return ()


def _address(url: str, base: Path) -> sa.URL:
    hint = "write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise RegistryError("E601", "the registry's address is not understood", hint=hint) from None
    backend = address.get_backend_name()
    if backend == "sqlite" and address.drivername in ("sqlite", "sqlite+pysqlite"):
        if address.database in (None, "", ":memory:"):
            raise RegistryError("E601", "a registry must be a file that lasts", hint=hint)
        return address.set(drivername="sqlite", database=str((base / str(address.database)).absolute()))
    if address.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    raise RegistryError("E601", f"no registry is kept in '{address.drivername}'", hint=hint)


def _engine(address: sa.URL) -> sa.Engine:
    if address.drivername == "sqlite":
        engine = sa.create_engine(address, hide_parameters=True, connect_args={"timeout": _PATIENCE})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    name = f"process {os.getpid()} on {socket.gethostname()}"[:63]
    settings: dict[str, Any] = {"application_name": name, "connect_timeout": 10}
    try:
        return sa.create_engine(
            address, hide_parameters=True, pool_pre_ping=True, connect_args=settings | dict(address.query)
        )
    except ImportError:
        raise RegistryError("E601", "the driver of PostgreSQL is not installed", hint=install("postgres")) from None


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    """Every connection: commits that a power cut cannot undo, and deleted rows overwritten."""
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute("PRAGMA cache_size = -65536").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("oneid_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _none_there(engine: sa.Engine) -> RegistryError:
    hint = "a run makes it; look at 'registry' in the config"
    return RegistryError("E602", "there is no registry", place=Place(shown(engine.url)), hint=hint)


def _find_file(engine: sa.Engine, *, create: bool) -> None:
    """Makes the file aside and renames it, so that an empty file can only be a damaged one."""
    path = Path(str(engine.url.database))
    if not path.exists():
        if path.with_name(path.name + "-wal").exists():
            message = "the registry's file is gone, and its -wal file is still there"
            hint = "put the file back, or move the -wal file away too and put the last backup in its place"
            raise RegistryError("E604", message, place=Place(str(path)), hint=hint)
        if not create:
            raise _none_there(engine)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with held(engine, _PATIENCE):
                if not path.exists():
                    _make_file(path)
        except OSError as error:
            message = f"the registry's folder cannot be written: {error.strerror}"
            raise RegistryError("E600", message, place=Place(str(path))) from None
    elif not path.is_file() or path.stat().st_size == 0:
        hint = "move it away, and put the last backup in its place"
        raise RegistryError("E604", "this is no registry, or it is damaged", place=Place(str(path)), hint=hint)


def _make_file(path: Path) -> None:
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(aside)), hide_parameters=True)
    sa.event.listen(engine, "begin", _begin_sqlite)
    with told(engine):
        with engine.begin() as connection:
            migrate.upgrade(connection)
        engine.dispose()
    _flush(aside)
    aside.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(engine: sa.Engine) -> None:
    """Makes the tables in an empty database of a server; of two at once, the second finds them made."""
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.literal(_MAKING, sa.BigInteger))))
        if migrate.version(connection) is None:
            migrate.upgrade(connection)


def _update(engine: sa.Engine, found: str) -> str:
    """Brings an older registry up to date while nobody else writes; says what was done."""
    with held(engine, _PATIENCE):
        to = migrate.latest()
        saved = "as it was: restore it from the server's own backup (pg_dump before an update makes one)"
        if engine.dialect.name == "sqlite":
            path = Path(str(engine.url.database))
            copy = path.with_name(f"{path.name}.before-{to}.bak")
            backup(engine, copy)
            saved = f"its copy as it was: {copy.name}"
        with engine.connect().execution_options(**WRITING) as connection, connection.begin():
            if migrate.version(connection) != to:
                migrate.upgrade(connection)
    return f"the registry was updated from version {found} to {to}; {saved}"


def backup(engine: sa.Engine, path: Path) -> None:
    """Copies a SQLite registry as it stands, whole, while others read and write; the copy appears at once or not."""
    aside = path.with_name(path.name + ".part")
    aside.unlink(missing_ok=True)
    source = str(engine.url.database)
    with told(engine), closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(aside)) as copy:
        ours.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE").close()
    _flush(aside)
    aside.replace(path)
    _flush(path.parent)


def scrub(engine: sa.Engine, *, rebuild: bool) -> bool:
    """After a commit on SQLite: moves the log into the file and empties it; with ``rebuild`` the file is written anew
    before, so that no deleted byte is left. False where a reader stood in the way: then it has to be done later.
    """
    if engine.dialect.name != "sqlite":
        if rebuild:
            with told(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for name in ("memberships", "oneids", "events", "decisions", "rekeys"):
                    connection.exec_driver_sql(f"VACUUM {name}")
        return True
    with told(engine), closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as connection:
        _prepare_sqlite(connection, None)
        if rebuild:
            connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}").close()
            connection.execute("VACUUM").close()
        connection.execute(f"PRAGMA busy_timeout = {2000 if rebuild else 100}").close()
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return not busy
