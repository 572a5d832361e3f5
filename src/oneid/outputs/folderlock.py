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
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Final

import polars as pl

from oneid.vocabulary.errors import OutputError, Place
from oneid.vocabulary.language import said

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
        refusal = os.strerror(number) if number else type(error).__name__
        known = said("the system refused: {reason}", reason=refusal)
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
            try:
                _tell(descriptor, holder)
            except BaseException:
                os.close(descriptor)
                raise
            return lambda: _close(descriptor)
    try:
        descriptor = os.open(exclusive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError as error:
        raise _held(exclusive, said("if it is no longer running, remove {exclusive}", exclusive=exclusive)) from error
    try:
        try:
            _tell(descriptor, holder)
        finally:
            os.close(descriptor)
    except BaseException:
        exclusive.unlink(missing_ok=True)
        raise
    return lambda: _remove(exclusive)


def _close(descriptor: int) -> None:
    """Lets go: whatever the system says of it, a file that was closed is closed, and its lock is gone."""
    with suppress(OSError):
        os.close(descriptor)


def _remove(exclusive: Path) -> None:
    with as_output_error(exclusive.parent, said("what was published stands; remove {exclusive}", exclusive=exclusive)):
        exclusive.unlink(missing_ok=True)


def _tell(descriptor: int, holder: str) -> None:
    """Writes into a lock that is taken who holds it; where that fails, it has to be let go of."""
    os.ftruncate(descriptor, 0)
    os.write(descriptor, holder.encode())


def _held(path: Path, hint: str) -> OutputError:
    who = path.read_text("utf-8") or said("an unknown process")
    return OutputError(
        "E304", said("another run is writing here: {who}", who=who), place=Place(str(path.parent)), hint=hint
    )
