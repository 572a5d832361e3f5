"""Environments of their own for the packages that benchmarks stand beside: never in that of oneid."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["peer_python"]


@contextmanager
def peer_python(python: Path | None, *requirements: str) -> Iterator[Path]:
    """The interpreter of an environment that has ``requirements``: ``python`` if given, which is taken as it is, else
    one that is made in a temporary folder, by pip, and is gone at the end.
    """
    if python is not None:
        yield python
        return
    with tempfile.TemporaryDirectory(prefix="oneid-peer-") as folder:
        venv.create(folder, with_pip=True)
        made = Path(folder, "Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        subprocess.run([made, "-m", "pip", "install", "--quiet", *requirements], check=True, stderr=subprocess.DEVNULL)
        yield made
