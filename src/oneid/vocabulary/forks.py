"""Refuses to work in a process that was forked from one that worked already, where it would wait for ever.

Columns are worked on by a pool of threads that begins with the first of them. A fork copies the memory of a process
and none of its threads, so the child waits for threads that are not there, and nothing tells it. What was only imported
before a fork works on both sides of it.
"""

from __future__ import annotations

import os

from oneid.vocabulary.errors import UsageError

__all__ = ["one_process"]

_used_in: int | None = None


def one_process() -> None:
    """To be called first by whatever works on columns. Raises E425 in the child of a process that called it."""
    global _used_in  # noqa: PLW0603 - it is the process that has threads, or has none
    here = os.getpid()
    if _used_in is None:
        _used_in = here
    elif _used_in != here:
        hint = "start processes by 'spawn' or 'forkserver', or use oneid in the child alone"
        raise UsageError("E425", "this process was forked from one that had used oneid", hint=hint)
