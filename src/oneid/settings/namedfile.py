"""Reading a file that a person named: whole, and never without end."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from oneid.vocabulary.language import said

__all__ = ["MOST_YAML", "contents", "reason_of", "refuse_device"]

MOST_YAML: Final = 16
"""MiB; more is no config, no rules file and no file of cases."""


def refuse_device(path: Path) -> None:
    """Raises OSError for a device, which may never end; pipes do."""
    if path.is_char_device() or path.is_block_device():
        raise OSError(errno.EINVAL, said("it is a device, not a file"))


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read as text, for people."""
    told = error.strerror if isinstance(error, OSError) else said("it is no text in UTF-8")
    return told or type(error).__name__


def contents(path: Path, most: int | None = None) -> bytes:
    """What a file holds. Raises OSError as reading does, for a device, and for more than ``most`` MiB; its ``strerror``
    is fit for people.
    """
    refuse_device(path)
    with path.open("rb") as file:
        data = file.read(-1 if most is None else (most << 20) + 1)
    if most is not None and len(data) > most << 20:
        raise OSError(errno.EFBIG, said("it is larger than {most} MiB", most=most))
    return data
