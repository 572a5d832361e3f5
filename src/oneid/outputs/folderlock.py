"""A folder that one process at a time may write, and what the system says when it may not be written at all.

The lock is ``flock`` on a file in the folder where there is one: the system lets go when the process ends, however it
ends. Elsewhere (Windows, some network file systems) it is a file that only one process can create, and that has to be
removed by hand after a crash.
"""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

import polars as pl

from oneid.vocabulary.errors import OutputError, Place

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["LOCKS", "as_output_error", "lock"]

LOCKS: Final = ("lock", "lock.held")
"""The names of the files that :func:`lock` makes."""

_CODES: Final = {
    errno.EACCES: ("E301", "no permission to write", "choose another folder, or let this user write there"),
    errno.EPERM: ("E301", "no permission to write", "choose another folder, or let this user write there"),
    errno.EROFS: ("E301", "the file system is read-only", "choose another folder"),
    errno.EEXIST: ("E302", "there is a file where the folder should be", "choose another folder, or move the file"),
    errno.ENOTDIR: ("E302", "there is a file where the folder should be", "choose another folder, or move the file"),
    errno.ENOSPC: ("E303", "the disk is full", "free some space and run again"),
    errno.EDQUOT: ("E303", "the disk quota is used up", "free some space and run again"),
}


@contextmanager
def as_output_error(folder: Path, hint: str | None = None) -> Iterator[None]:
    """Turns a refusal of the system into an OutputError that names ``folder``: E301 no permission, E302 a file where a
    folder should be or the other way round, E303 disk full, E305 anything else. ``hint`` replaces the usual one.
    """
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        number = getattr(error, "errno", None)  # Polars gives the system's number only in its message
        told = re.search(r"\(os error (\d+)\)", str(error))
        if number is None and told:
            number = int(told[1])
        if number is None and not isinstance(error, OSError):
            raise
        known = "the system refused: " + (os.strerror(number) if number else type(error).__name__)
        code, message, usual = _CODES.get(number or 0, ("E305", known, "look at the folder's disk"))
        raise OutputError(code, message, place=Place(str(folder)), hint=hint or usual) from error


def lock(folder: Path) -> Callable[[], None]:
    """Takes the lock of an existing folder, or raises E304 saying who holds it; gives the function that lets go."""
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    path, exclusive = (folder / name for name in LOCKS)
    if fcntl is not None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise _held(path, "wait for it to end") from error
        except OSError:  # a file system without locks
            os.close(descriptor)
        else:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, holder.encode())
            return lambda: os.close(descriptor)
    try:
        with exclusive.open("x", encoding="utf-8") as file:
            file.write(holder)
    except FileExistsError as error:
        raise _held(exclusive, f"if it is no longer running, remove {exclusive}") from error
    return lambda: exclusive.unlink(missing_ok=True)


def _held(path: Path, hint: str) -> OutputError:
    who = path.read_text("utf-8") or "an unknown process"
    return OutputError("E304", f"another run is writing here: {who}", place=Place(str(path.parent)), hint=hint)
