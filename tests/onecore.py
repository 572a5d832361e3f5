"""Each process of a suite that runs side by side keeps to a core of its own, as long as there are enough.

To be imported before Polars, which starts a thread per core that it sees: thousands of frames of a few rows are handed
from thread to thread for nothing. What runs in several threads is tested by tests that ask for them.
"""

from __future__ import annotations

import os

__all__: list[str] = []


def _keep_to_one(worker: str, workers: int) -> None:
    """``worker`` is gw0, gw1 ... of ``workers``; without one, the only process, all cores stay."""
    if not worker.startswith("gw") or not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    if 1 < workers <= len(cores):
        os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})


_keep_to_one(os.environ.get("PYTEST_XDIST_WORKER", ""), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
