"""Writes one text file in one piece: nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from oneid.vocabulary.errors import OutputError, Place

__all__ = ["write_text"]


def write_text(code: str, message: str, output: Path, text: str) -> None:
    """Writes ``text`` (UTF-8, lines ended as they are) beside ``output`` and moves it there.

    Raises OutputError with ``code`` and ``message`` where that cannot be done; then nothing is left behind.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=output.parent, prefix=f".{output.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.chmod(0o644)
        temporary.replace(output)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        hint = "does its folder exist, and may you write there?"
        raise OutputError(code, f"{message}: {error.strerror}", place=Place(str(output)), hint=hint) from None
