"""Writes one text file in one piece: nobody ever sees half of it, nobody loses a file that is not ours, and nobody may
read it whom the umask keeps out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from oneid.outputs.ownfiles import refuse_file
from oneid.vocabulary.errors import OutputError, Place
from oneid.vocabulary.language import said, verbatim

__all__ = ["probe_text", "special", "write_text"]

_PART: Final = re.compile(r"\.oneid-\w+\.part")
_HOUR: Final = 3600.0
"""So long no text is being written."""


def special(path: Path) -> bool:
    """Whether something stands there that is neither a file nor a folder, and must not be replaced by one."""
    return path.exists() and not path.is_file() and not path.is_dir()


def write_text(code: str, message: str, output: Path, text: str, ours: Callable[[bytes], bool] | None = None) -> None:
    """Writes ``text`` (UTF-8, lines ended as they are) beside ``output`` and moves it there; into a device or a pipe at
    once. Where ``output`` is a link, the file that it leads to is meant.

    ``ours`` tells whether the content of a file that is there is ours to replace (E307 where it is not); left out, the
    caller has made sure. Raises OutputError with ``code`` and ``message`` where it cannot be written; then nothing is
    left behind.
    """
    if ours is not None:
        refuse_file(output, ours)
    try:
        output = output.resolve()
        if special(output):
            output.write_text(text, encoding="utf-8", newline="\n")
            return
        sweep(output.parent)
        temporary = output.parent / f".oneid-{secrets.token_hex(8)}.part"
        try:
            with temporary.open("x", encoding="utf-8", newline="\n") as file:  # as the umask has it
                file.write(text)
            temporary.replace(output)
        except BaseException:
            with contextlib.suppress(OSError, ValueError):
                temporary.unlink()
            raise
    except (OSError, ValueError, RuntimeError) as error:  # a name or text that no file can have, or links that go round
        reason = getattr(error, "strerror", None) or said("that cannot be a file's name or text")
        raise _refused(code, message, reason, output) from None


def probe_text(code: str, message: str, output: Path) -> None:
    """Tries whether :func:`write_text` could write ``output``, and leaves no trace; raises what that does."""
    try:
        if output.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise _refused(code, message, error.strerror, output) from None


def _refused(code: str, message: str, reason: str | None, output: Path) -> OutputError:
    told = said("{message}: {reason}", message=verbatim(message), reason=reason)
    return OutputError(code, told, place=Place(str(output)), hint="does its folder exist, and may you write there?")


def sweep(folder: Path) -> None:
    """Removes what killed writers left in ``folder``: their files that nobody has written to for an hour."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if _PART.fullmatch(path.name) and path.stat().st_mtime < time.time() - _HOUR:
                path.unlink(missing_ok=True)
