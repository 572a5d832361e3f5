"""Memory goes back to the system."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from oneid.engines.freed import give_back


def resident() -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_freed_arrays_go_back():
    """Of many arrays of a size that the C library keeps in its heap, what lies below one that stays goes back too."""
    held = [np.ones(12_000, dtype=np.uint64) for _ in range(400)]
    last = held.pop()
    before = resident()
    del held
    give_back()
    assert before - resident() > 20_000
    assert last[0] == 1
