"""The default engine: threads of this process. NumPy, RapidFuzz, SciPy and Polars release the interpreter's lock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

__all__ = ["LocalEngine"]

Share = TypeVar("Share")
Result = TypeVar("Result")


class LocalEngine:
    """Runs shares in ``threads`` threads (left out: one per available core), holding few results at a time."""

    name = "local"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or _cores()

    def map(self, function: Callable[[Share], Result], shares: Iterable[Share]) -> Iterator[Result]:
        """``function`` of each share, in order; shares are taken only as threads become free."""
        waits = iter(shares)
        first = list(islice(waits, 2))
        if self.threads == 1 or len(first) < 2:
            yield from map(function, chain(first, waits))
            return
        with ThreadPoolExecutor(self.threads) as pool:
            waiting: deque[Future[Result]] = deque()
            for share in chain(first, waits):
                waiting.append(pool.submit(function, share))
                if len(waiting) > self.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
