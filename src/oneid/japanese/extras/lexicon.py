"""Readings of whole words by a dictionary, where the extra ``reading`` (SudachiPy and SudachiDict) is installed.

Without it :func:`words` knows nothing, and what depends on it works from the shipped tables alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["available", "words"]


@cache
def _lookup() -> Callable[[str], Any] | None:
    try:
        from sudachipy import Dictionary  # loading it takes half a second and 100 MB

        return Dictionary().lookup  # type: ignore[no-any-return]
    except ImportError:  # neither the package nor a dictionary for it
        return None


def available() -> bool:
    """Whether the dictionary is installed."""
    return _lookup() is not None


@cache
def words(text: str) -> tuple[str, ...]:
    """The readings (katakana) under which the dictionary has ``text`` as a word, in the order of their bytes."""
    lookup = _lookup()
    if lookup is None:
        return ()
    return tuple(sorted({word.reading_form() for word in lookup(text)} - {"", "キゴウ"}))
