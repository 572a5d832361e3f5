"""Stops what moves files one after the other, between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["cut_after"]


@contextmanager
def cut_after(moves: int, stopped: type[BaseException]) -> Iterator[list[str]]:
    """The names of the targets that were moved to; instead of one move more ``stopped`` is raised."""
    move, moved = Path.replace, list[str]()

    def cut(self: Path, target: Path) -> Path:
        if len(moved) == moves:
            raise stopped
        moved.append(target.name)
        return move(self, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", cut)
        yield moved
