"""What an engine can do. One method: everything that can be cut into independent shares goes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Engine"]

Share = TypeVar("Share")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs shares of work. Results come in the order of the shares, so no outcome depends on how many run at once."""

    @property
    def name(self) -> str:
        """How the engine is called in run.json."""
        ...

    def map(self, function: Callable[[Share], Result], shares: Iterable[Share]) -> Iterator[Result]:
        """``function`` of each share, in order."""
        ...
