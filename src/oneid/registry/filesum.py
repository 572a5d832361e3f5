"""Damage to the file of a registry on SQLite: a sum of all its bytes, kept in the file itself.

A commit that ends well is sealed: the file's CRC-32, which no flipped bit leaves as it was, is written into the field
of the header that SQLite keeps for applications (``PRAGMA user_version``), so that it goes along with every copy and
backup. Every transaction of ours that writes takes the seal away first, and so does any crash before the next one: such
a file is walked through by SQLite itself (``PRAGMA integrity_check``), which takes seconds where the sum takes
milliseconds. What SQLite writes into the header of its own accord is no part of the sum.

==== ===========================================================
E604 the file is not as it was last written
==== ===========================================================
"""

from __future__ import annotations

import os
import sqlite3
import sys
import zlib
from collections import OrderedDict
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from oneid.registry.failures import shown, told
from oneid.vocabulary.errors import Place, RegistryError

__all__ = ["UNSEALED", "refuse_damage", "seal", "seal_copy", "walk"]

UNSEALED: Final = "PRAGMA user_version = 0"
"""Takes the seal away, inside a transaction."""

_BLOCK: Final = 1 << 20
_JOURNALS: Final = (18, 19)
_COUNTERS: Final = (slice(24, 28), slice(92, 96))
"""What changes with every commit, twice, and how many times is of no matter."""
_OF_LIBRARY: Final = (slice(40, 44), slice(96, 100))
"""The schema's version, which a backup sets anew, and the library's."""
_SEAL: Final = slice(60, 64)

_MOST_OPEN: Final = 64
_open: OrderedDict[tuple[int, int], int] = OrderedDict()
"""Files that were read, by device and inode. To close one lets go of all locks that SQLite holds on it in this process
(https://www.sqlite.org/howtocorrupt.html, 2.2), so they stay open."""


def refuse_damage(engine: sa.Engine, *, walked: bool) -> None:
    """Raises E604 where the file is not as its seal says; ``walked``: where there is none, SQLite looks through it."""
    if engine.dialect.name != "sqlite":
        return
    with told(engine), engine.connect() as connection:
        # in a transaction, so that nobody moves the log into the file meanwhile
        sealed = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if sealed and sealed != _sum(_path(engine)):
            raise _damaged(engine, "the registry's file is damaged: it is not as it was last written")
        if not sealed and walked:
            _walk(engine, connection)


def walk(engine: sa.Engine) -> None:
    """The same, and SQLite looks through the whole file whatever the seal says."""
    refuse_damage(engine, walked=False)
    if engine.dialect.name == "sqlite":
        with told(engine), engine.connect() as connection:
            _walk(engine, connection)


def seal(engine: sa.Engine) -> None:
    """Seals the file after a commit whose log was moved into it. Where others read or write meanwhile it stays
    unsealed, until the next commit.
    """
    if engine.dialect.name != "sqlite":
        return
    path = _path(engine)
    log = Path(f"{path}-wal")
    with told(engine), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL").close()
        connection.execute("PRAGMA busy_timeout = 100").close()
        connection.execute("BEGIN IMMEDIATE").close()
        if log.exists() and log.stat().st_size:
            connection.execute("ROLLBACK").close()
            return
        connection.execute(f"PRAGMA user_version = {_sum(path)}").close()
        connection.execute("COMMIT").close()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def seal_copy(connection: sqlite3.Connection, path: Path) -> None:
    """Seals a file that has no log and that nobody else knows yet, by its ``connection``."""
    connection.execute(UNSEALED).close()
    connection.commit()
    connection.execute(f"PRAGMA user_version = {_sum(str(path))}").close()
    connection.commit()


def _path(engine: sa.Engine) -> str:
    return str(engine.url.database)


def _walk(engine: sa.Engine, connection: sa.Connection) -> None:
    said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().all()
    if said != ["ok"] or connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise _damaged(engine, "the registry's file is damaged")


def _damaged(engine: sa.Engine, message: str) -> RegistryError:
    hint = (
        "move it away with its -wal and -shm files, and put the last backup in its place; if another program wrote to "
        'it on purpose, say so: sqlite3 FILE "PRAGMA user_version = 0"'
    )
    return RegistryError("E604", message, place=Place(shown(engine.url)), hint=hint)


def _sum(path: str) -> int:
    """The sum of a file, as a number of 32 bits with a sign, which is never 0."""
    descriptor = _opened(path)
    try:
        block = _header(os.read(descriptor, _BLOCK) if sys.platform == "win32" else os.pread(descriptor, _BLOCK, 0))
        found, at = 0, 0
        while block:
            found, at = zlib.crc32(block, found), at + len(block)
            block = os.read(descriptor, _BLOCK) if sys.platform == "win32" else os.pread(descriptor, _BLOCK, at)
    finally:
        if sys.platform == "win32":  # has no such locks, and lets no open file be replaced
            os.close(descriptor)
    return (found if found < 1 << 31 else found - (1 << 32)) or 1


def _header(block: bytes) -> bytes:
    """The first block, without what SQLite writes into its header by itself. The counters are equal, or one is
    damaged.
    """
    made = bytearray(block)
    for place in _JOURNALS:
        made[place] = 1 if made[place] in (1, 2) else made[place]
    same = made[_COUNTERS[0]] == made[_COUNTERS[1]]
    for part in (*_COUNTERS, *_OF_LIBRARY):
        made[part] = bytes(4)
    made[_SEAL] = b"same" if same else b"else"
    return bytes(made)


def _opened(path: str) -> int:
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    if sys.platform == "win32":
        return os.open(path, flags)
    about = Path(path).stat()
    which = about.st_dev, about.st_ino
    if which not in _open:
        while len(_open) >= _MOST_OPEN:
            with suppress(OSError):
                os.close(_open.popitem(last=False)[1])
        _open[which] = os.open(path, flags)
    _open.move_to_end(which)
    return _open[which]
