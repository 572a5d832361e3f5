"""Finding a registry's database by its address, and making sure that it is one that this code can use."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import sqlalchemy as sa

from oneid.outputs.ownfiles import refuse_file
from oneid.outputs.textfile import special
from oneid.registry import migrate
from oneid.registry.failures import shown, told
from oneid.registry.filesum import UNSEALED, refuse_damage, seal_copy
from oneid.registry.forgetting import scrub
from oneid.registry.locking import held
from oneid.vocabulary.errors import Place, RegistryError
from oneid.vocabulary.language import said
from oneid.vocabulary.terminaltext import in_line
from oneid.vocabulary.version import install

__all__ = [
    "WRITING", "backup", "file_at", "file_of", "is_there", "open_engine", "original", "probe", "server_of", "stale",
]  # fmt: skip

WRITING: Final = {"oneid_writing": True}
"""Execution options of a connection that will write: on SQLite it takes the right to write at once, so that it never
finds half-way that another one took it."""

_STAMP: Final = "oneid_stamp"

_PATIENCE: Final = 10.0
"""Seconds to wait for another process that makes or writes the same database."""


_SQLITE: Final = b"SQLite format 3\0"
_FORMS: Final = "write sqlite:///FILE or postgresql://USER@HOST/DATABASE"

_MAKING: Final = 0x6F6E656964_01
"""The advisory lock of a server under which tables are made."""


def open_engine(url: str, base: Path, *, create: bool, update: bool = True) -> tuple[sa.Engine, tuple[str, ...]]:
    """An engine on a registry of the latest version, and notes for the user about what was done to it. A file that is
    damaged is refused before anything is read from it; one that was not closed is looked through by whoever may
    ``create``, and so may write. An older version is brought up to date, or, without ``update``, refused (E639).

    Raises RegistryError: E601 to E605, and E600 where the database refuses.
    """
    address = _address(url, base)
    try:
        engine = _engine(address)
        engine.dialect.create_connect_args(address)
    except (sa.exc.ArgumentError, ValueError):
        raise _not_understood() from None
    try:
        if engine.dialect.name == "sqlite":
            _find_file(engine, create=create)
            refuse_damage(engine, walked=create)
        with told(engine):
            return engine, _up_to_date(engine, create=create, update=update)
    except BaseException:
        engine.dispose()
        raise


def _up_to_date(engine: sa.Engine, *, create: bool, update: bool) -> tuple[str, ...]:
    with engine.connect() as connection:
        found = migrate.version(connection)
    if found is None:
        if not create:
            raise _none_there(engine)
        _make(engine)
    elif found != migrate.latest():
        if not update:
            hint = "a run, not a dry one, or a reading brings it up to date"
            place = Place(shown(engine.url))
            raise RegistryError("E639", "the registry is of an older version", place=place, hint=hint)
        return (_update(engine, found),)
    return ()


def _not_understood() -> RegistryError:
    return RegistryError("E601", "the registry's address is not understood", hint=_FORMS)


def _address(url: str, base: Path) -> sa.URL:
    hint = _FORMS
    try:
        address = sa.make_url(url)
        (address.host or "").encode("idna")
    except (sa.exc.ArgumentError, ValueError):
        raise _not_understood() from None
    values = (value for one in address.query.values() for value in ([one] if isinstance(one, str) else one))
    parts = (str(part) for part in address[1:6] if part is not None)
    if any(in_line(part) != part for part in (*parts, *address.query, *values)):
        raise _not_understood()
    backend = address.get_backend_name()
    if backend == "sqlite" and address.drivername in ("sqlite", "sqlite+pysqlite"):
        if address.database in (None, "", ":memory:"):
            raise RegistryError("E601", "a registry must be a file that lasts", hint=hint)
        if address.query or address.host or address.username:
            raise RegistryError("E601", "the address of a file has neither server nor options", hint=hint)
        return address.set(drivername="sqlite", database=str((base / str(address.database)).absolute()))
    if address.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    raise RegistryError("E601", said("no registry is kept in '{drivername}'", drivername=address.drivername), hint=hint)


def _engine(address: sa.URL) -> sa.Engine:
    if address.drivername == "sqlite":
        file = Path(str(address.database))
        engine = sa.create_engine(address, hide_parameters=True, creator=lambda: _connected(file))
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    name = f"process {os.getpid()} on {socket.gethostname()}"[:63]
    settings: dict[str, Any] = {"application_name": name, "connect_timeout": 10}
    try:
        said = {name: value for name, value in address.query.items() if name in settings}
        return sa.create_engine(address, hide_parameters=True, pool_pre_ping=True, connect_args=settings | said)
    except ImportError:
        raise RegistryError("E601", "the driver of PostgreSQL is not installed", hint=install("postgres")) from None


def _connected(path: Path) -> sqlite3.Connection:
    """A connection to a file. SQLite keeps a log beside it, also to read; where it may not, and no process has one
    there, the file is read as one that nobody writes (:func:`stale` tells when somebody did).
    """
    path = path.resolve()
    if os.access(path.parent, os.W_OK) or any(path.with_name(path.name + end).exists() for end in ("-wal", "-shm")):
        return sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)  # the pool lends it to one at a time
    address = f"{path.as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, timeout=_PATIENCE, check_same_thread=False)


def _stamp(path: Path) -> tuple[int, int, bool]:
    path = path.resolve()
    found = path.stat()
    return found.st_mtime_ns, found.st_size, path.with_name(path.name + "-wal").exists()


def stale(connection: sa.Connection) -> bool:
    """Whether a file that is read as one that nobody writes was written since; its connection is given up then."""
    stamp = connection.info.get(_STAMP)
    if stamp is None or stamp == _stamp(Path(str(connection.engine.url.database))):
        return False
    connection.invalidate()
    return True


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
    """Every connection: commits that a power cut cannot undo, and deleted rows overwritten."""
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so
    (_, _, file), *_ = connection.execute("PRAGMA database_list").fetchall()
    if record is not None and not os.access(Path(file).parent, os.W_OK) and not _stamp(Path(file))[2]:
        record.info[_STAMP] = _stamp(Path(file))
        return
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute("PRAGMA cache_size = -65536").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("oneid_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
    if writing:
        connection.exec_driver_sql(UNSEALED)


def file_at(url: str, base: Path) -> Path | None:
    """The file that an address is of, if it is one of SQLite."""
    try:
        address = _address(url, base)
    except RegistryError:
        return None
    return Path(str(address.database)) if address.drivername == "sqlite" else None


def file_of(engine: sa.Engine) -> Path | None:
    """The file of a registry on SQLite."""
    return Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None


def server_of(connection: sa.Connection) -> str | None:
    """Which database and schema of which cluster of servers a registry on PostgreSQL is in, however it is reached."""
    if connection.dialect.name == "sqlite":
        return None
    database = connection.exec_driver_sql("SELECT current_database() || '.' || current_schema()").scalar_one()
    try:
        with connection.begin_nested():
            number = connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()").scalar()
    except sa.exc.DBAPIError:  # this user may not ask
        number = None
    return f"postgresql:{database}" + ("" if number is None else f"@{number}")


def _untouched(path: Path) -> closing[sqlite3.Connection]:
    """A connection that reads a file as it lies there, without a log or a lock."""
    return closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True))


def is_there(path: Path, identity: str) -> bool:
    """Whether the registry of that id is in a file, which is not touched; of one that cannot be read it is believed,
    and of one that has no id, for that may still be in its log.
    """
    if not path.is_file():
        return False
    try:
        with _untouched(path) as connection:
            found = connection.execute("SELECT value FROM settings WHERE name = 'id'").fetchall()
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorname", "") not in ("SQLITE_NOTADB", "SQLITE_ERROR")
    return found in ([], [(identity,)])


def _none_there(engine: sa.Engine) -> RegistryError:
    hint = "a run makes it; look at 'registry' in the config"
    return RegistryError("E602", "there is no registry", place=Place(shown(engine.url)), hint=hint)


def _no_file(path: Path, error: OSError) -> RegistryError:
    return RegistryError(
        "E600", said("the registry's file cannot be made: {reason}", reason=error.strerror), place=Place(str(path))
    )


def probe(path: Path) -> None:
    """Tries whether a registry's file could be made, and leaves no trace: E600."""
    there = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        with TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise _no_file(path, error) from None


def _find_file(engine: sa.Engine, *, create: bool) -> None:
    """Makes the file aside and renames it, so that an empty file can only be a damaged one."""
    path = Path(str(engine.url.database))
    try:
        there = path.exists()
    except OSError as error:
        raise _no_file(path, error) from None
    if not there:
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
            raise _no_file(path, error) from None
    elif not path.is_file() or path.stat().st_size == 0:
        hint = "move it away, and put the last backup in its place"
        raise RegistryError("E604", "this is no registry, or it is damaged", place=Place(str(path)), hint=hint)
    else:
        _refuse_others(path)


def _refuse_others(path: Path) -> None:
    """Refuses another program's database before a connection would change how it is kept."""
    try:
        with _untouched(path) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:  # damaged: whoever opens it tells
        return
    if names and migrate.VERSIONS not in names:
        message = said("there are tables of another program: {names}", names=", ".join(sorted(names)[:5]))
        hint = "give the registry a file of its own"
        raise RegistryError("E605", message, place=Place(str(path)), hint=hint)


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
        saved = said("as it was: restore it from the server's own backup (pg_dump before an update makes one)")
        if engine.dialect.name == "sqlite":
            path = Path(str(engine.url.database))
            names = (f"{path.name}.before-{to}{number}.bak" for number in chain([""], (f".{n}" for n in count(2))))
            copy = next(place for place in map(path.with_name, names) if not place.exists())
            backup(engine, copy)
            saved = said("its copy as it was: {name}", name=copy.name)
        with engine.connect().execution_options(**WRITING) as connection, connection.begin():
            if migrate.version(connection) != to:
                migrate.upgrade(connection)
        scrub(engine, rebuild=False)
    return said("the registry was updated from version {found} to {to}; {saved}", found=found, to=to, saved=saved)


def original(engine: sa.Engine, identity: str | None, last: str | None) -> str | None:
    """The file at ``last``, where it is that registry, is not the engine's own and is still there."""
    here = file_of(engine)
    if identity is None or last is None or here is None or last == str(here.resolve()):
        return None
    there = Path(last)
    return last if is_there(there, identity) and not there.samefile(here) else None


def backup(engine: sa.Engine, path: Path, identity: str | None = None) -> None:
    """Copies a SQLite registry as it stands, whole, while others read and write; the copy appears at once, or
    not (E600).

    A file that is there is replaced only if it is such a copy of the registry of that ``identity`` and nobody has gone
    on with it since: E307.
    """
    try:
        _copied(engine, path, identity)
    except OSError as error:
        message = said("the backup cannot be written: {reason}", reason=error.strerror)
        raise RegistryError("E600", message, place=Place(str(path))) from None


def _copied(engine: sa.Engine, path: Path, identity: str | None) -> None:
    aside = path.parent / f"{path.name}.part"
    refuse_file(path, lambda content: _is_backup(path, content, identity))
    refuse_file(aside, lambda content: content.startswith(_SQLITE))
    aside.unlink(missing_ok=True)
    if special(path):
        raise RegistryError("E600", "the backup cannot be written: that is no file", place=Place(str(path)))
    source = Path(str(engine.url.database))
    aside.touch(source.stat().st_mode & 0o777 | 0o600)  # a copy is as private as what it is of
    with told(engine), closing(_connected(source)) as ours, closing(sqlite3.connect(aside)) as copy:
        ours.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE").close()
        copy.execute("DELETE FROM settings WHERE name = 'backup'").close()
        copy.execute("INSERT INTO settings (name, value) VALUES ('backup', 'of')").close()
        seal_copy(copy, aside)
    _flush(aside)
    aside.replace(path)
    _flush(path.parent)


def _is_backup(path: Path, content: bytes, identity: str | None) -> bool:
    if identity is None or not content.startswith(_SQLITE):
        return False
    try:
        with _untouched(path) as connection:
            found = dict(
                connection.execute("SELECT name, value FROM settings WHERE name IN ('id', 'backup')").fetchall()
            )
    except sqlite3.Error:
        return False
    return found == {"id": identity, "backup": "of"}
