"""Makes one call of this process fail, or the process die there: for ``faults.py``, and an everyday test.

Counted are the calls that touch a folder, and the statements of a registry: opening, renaming, linking, removing,
making and listing (what ``sys.addaudithook`` tells of), ``os.fsync``, ``os.write`` and ``os.close``, connecting to a
database, its statements and commits. Call number N of them fails, as the system or the database would refuse it, or
the process is killed there. What libraries write in native code cannot be counted so: there a size is set beyond which
no file may grow (``RLIMIT_FSIZE``). It needs no compiler and no privilege.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

__all__ = ["ERRORS", "KILLED", "Injector", "install"]

ERRORS: Final = ("ENOSPC", "EIO", "EACCES", "EMFILE", "EDQUOT", "EINTR")
KILLED: Final = "KILL"
"""Instead of an error: the process dies before the call."""
ALL: Final = ("EIO", "EMFILE")
"""Of these a server ends all connections, as when it is started again; of others the one of the statement."""
_AUDITED: Final = {
    "open", "os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod",
    "os.listdir", "os.scandir", "os.utime", "shutil.rmtree", "shutil.copyfile", "shutil.move", "tempfile.mkstemp",
    "sqlite3.connect",
}  # fmt: skip
_REFUSALS: Final = {
    "ENOSPC": ("database or disk is full", "SQLITE_FULL"),
    "EDQUOT": ("database or disk is full", "SQLITE_FULL"),
    "EIO": ("disk I/O error", "SQLITE_IOERR"),
    "EINTR": ("disk I/O error", "SQLITE_IOERR"),
    "EACCES": ("attempt to write a readonly database", "SQLITE_READONLY"),
    "EMFILE": ("unable to open database file", "SQLITE_CANTOPEN"),
}
"""What SQLite says where the system refuses."""


class Injector:
    """Counts calls under ``root`` while it is armed, and lets number ``at`` fail with ``error`` (a name of
    :data:`ERRORS`, or :data:`KILLED`); without ``at`` none. ``told`` is called with each call's name before it.
    """

    def __init__(self, root: Path, told: Callable[[str], object] = lambda _call: None) -> None:
        self._root = os.fspath(root.resolve())
        self._told = told
        self._owner = threading.RLock()
        self._inside = threading.local()
        self._plain: dict[str, Any] = {}
        self._hooked = self.armed = False
        self.count, self.error = 0, ""
        self.at: int | None = None

    def arm(self, at: int | None, error: str) -> None:
        """Begins to count anew."""
        self.count, self.at, self.error = 0, at, error
        if not self._hooked:
            sys.addaudithook(self._audited)  # stays for good
            self._hooked = True
        for name in ("fsync", "write", "close"):
            self._plain[name] = getattr(os, name)
            setattr(os, name, self._wrapped(name, self._plain[name]))
        self.armed = True

    def disarm(self) -> None:
        """Lets every call pass from now on."""
        self.armed = False
        for name, plain in self._plain.items():
            setattr(os, name, plain)
        self._plain.clear()

    def strikes(self, call: str) -> bool:
        """Counts a call; whether it is the one that shall fail. Dies where that is asked for."""
        with self._owner:
            self.count += 1
            self._told(call)
            if self.count != self.at:
                return False
            if self.error == KILLED:
                os.kill(os.getpid(), signal.SIGKILL)
            return True

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.armed or event not in _AUDITED or getattr(self._inside, "now", False):
            return
        self._inside.now = True
        try:
            place = self._place(event, arguments)
            if place is not None and self.strikes(f"{event} {place}"):
                refuse(self.error, sqlite=event == "sqlite3.connect")
        finally:
            self._inside.now = False

    def _place(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        """The path of a call below the root; None for one that is elsewhere."""
        if not arguments or isinstance(arguments[0], int):
            return None
        path = os.fsdecode(arguments[0])
        if event == "sqlite3.connect":
            path = path.removeprefix("file:").partition("?")[0]
        folder = next((number for number in arguments[1:] if isinstance(number, int) and number > 2), None)
        if event in ("os.remove", "os.rmdir", "os.mkdir") and folder is not None and not os.path.isabs(path):  # noqa: PTH117
            path = f"{_opened(arguments[-1]) or self._root}/{path}"
        return self._below(os.path.abspath(path))  # noqa: PTH100 - links are left as they are

    def _below(self, path: str) -> str | None:
        if path == self._root:
            return "."
        return path[len(self._root) + 1 :] if path.startswith(self._root + os.sep) else None

    def _wrapped(self, name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, *arguments: Any) -> Any:  # noqa: ANN401 - as it is passed on
            place = self._file(descriptor) if self.armed and not getattr(self._inside, "now", False) else None
            if place is None or not self.strikes(f"os.{name} {place}"):
                return plain(descriptor, *arguments)
            if name == "close":  # a file is closed all the same
                plain(descriptor)
            if name == "write":
                with suppress(OSError):
                    plain(descriptor, bytes(arguments[0])[: len(arguments[0]) // 2])
            refuse(self.error)

        return call

    def _file(self, descriptor: int) -> str | None:
        """The place below the root of an open file; where the system does not tell it, every file counts."""
        try:
            kind = os.fstat(descriptor).st_mode
        except OSError:
            return None
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            return None
        path = _opened(descriptor)
        return "?" if path is None else self._below(path)


def refuse(error: str, *, sqlite: bool = False) -> NoReturn:
    """Raises what the system, or SQLite, raises."""
    if sqlite:
        words, name = _REFUSALS[error]
        refusal = sqlite3.OperationalError(words)
        refusal.sqlite_errorname = name
        raise refusal
    number = getattr(errno, error)
    raise OSError(number, os.strerror(number))


def _opened(descriptor: int) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - it is no path of ours
    except OSError:
        return None


def install(fault: Mapping[str, Any], told: Callable[[str], object]) -> None:
    """In a process that lives for one command. ``root``: the folder; ``at``: the number of the call (None: only
    counted); ``error``: a name of :data:`ERRORS`, or :data:`KILLED`; or ``size``: bytes that no file may grow beyond,
    where the process dies if ``error`` is KILLED.
    """
    if fault.get("size") is not None:
        import resource  # noqa: PLC0415 - not on every system

        if fault["error"] == KILLED:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault["size"], fault["size"]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return
    injector = Injector(Path(fault["root"]), told)
    _listen(injector)
    injector.arm(fault.get("at"), fault.get("error", ""))


def _listen(injector: Injector) -> None:
    """Counts statements and commits too. On a server the connection is then really ended, from another one."""
    import sqlalchemy as sa  # noqa: PLC0415

    def struck(dialect: str, connection: Any) -> None:  # noqa: ANN401 - of either driver
        if dialect == "sqlite":
            refuse(injector.error, sqlite=True)
        import psycopg  # noqa: PLC0415

        injector.armed = False
        address = connection.info.dsn
        with psycopg.connect(address, password=connection.info.password, autocommit=True) as other:
            ends = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
            if injector.error in ALL:
                other.execute(ends + "datname = current_database() AND pid <> pg_backend_pid()")
            else:
                other.execute(ends + "pid = %s", [connection.info.backend_pid])
        injector.armed = True

    def statement(cursor: Any, text: str, _parameters: object, context: Any) -> None:  # noqa: ANN401
        if injector.armed and injector.strikes("statement " + " ".join(text.split()[:3])):
            struck(context.dialect.name, cursor.connection)

    def plain(cursor: Any, text: str, context: Any) -> None:  # noqa: ANN401
        statement(cursor, text, None, context)

    def commit(connection: sa.Connection) -> None:
        if injector.armed and injector.strikes("commit"):
            struck(connection.dialect.name, connection.connection.driver_connection)

    sa.event.listen(sa.Engine, "do_execute", statement)
    sa.event.listen(sa.Engine, "do_executemany", statement)
    sa.event.listen(sa.Engine, "do_execute_no_params", plain)
    sa.event.listen(sa.Engine, "commit", commit)
