"""Memory that is no longer used goes back to the system, which allocators do late or never of their own accord."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

from oneid.engines.mapped import let_go

__all__ = ["give_back"]


@cache
def _trim() -> Any:  # noqa: ANN401 - a function of the C library, or None where there is none
    """``malloc_trim`` of glibc (malloc_trim(3)): also arrays of megabytes may lie in its heap."""
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Gives back what was freed; milliseconds, and nothing where the C library cannot."""
    trim = _trim()
    if trim is not None:
        trim(0)
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    let_go()
