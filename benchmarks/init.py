"""Measures `oneid init` on one large file, and adds the figures to benchmarks/RESULTS.md.

Usage: ``python benchmarks/init.py [--rows 1000000] [--rounds 3] [--print-only]``

The members of a demo are repeated under numbers of their own until there are enough rows: those of the shop (UTF-8) and
of the point card (cp932). Each round runs whole commands in turn: ``oneid --version``, which is Python's and the
command's own start; ``init`` of the first ten rows, which is start-up with all that a guess needs; ``init`` of all.
Medians of the clock are given, and the least CPU time, for other work may run beside.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from results import tell

from oneid.demo import generate

FILES = {"ec": ("utf-8", "E"), "point_card": ("cp932", "P")}


def made(demo: Path, name: str, rows: int) -> tuple[Path, Path]:
    """A file of so many rows, and one of its first ten."""
    encoding, letter = FILES[name]
    head, *lines = (demo / f"{name}.csv").read_text(encoding).splitlines(keepends=True)
    large, small = demo / f"{name}_{rows}.csv", demo / f"{name}_10.csv"
    for path, count in ((large, rows), (small, 10)):
        with path.open("w", encoding=encoding, newline="") as file:
            file.write(head)
            for number in range(count):
                line = lines[number % len(lines)]
                file.write(f"{letter}{number:09d}{line[line.index(',') :]}")
    return large, small


def measured(*command: str) -> tuple[float, float]:
    """Wall and CPU seconds of a whole command."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run([sys.executable, "-m", "oneid", *command], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return perf_counter() - begun, cpu


def main() -> None:
    """Makes the files, measures and tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oneid-init-") as name:
        demo = Path(name)
        generate(records=min(args.rows, 100_000), seed=5).write(demo)
        commands = {"`oneid --version`": ["--version"]}
        for source, (encoding, _) in FILES.items():
            for path, count in zip(made(demo, source, args.rows), (args.rows, 10), strict=True):
                told = f"`init`, {source} in {encoding}, {count:,} rows, {path.stat().st_size / 1e6:,.0f} MB"
                commands[told] = ["init", str(path), "--force", "-o", str(demo / "made.yaml")]
        found: dict[str, list[tuple[float, float]]] = {told: [] for told in commands}
        for _ in range(args.rounds):
            for told, command in commands.items():
                found[told].append(measured(*command))
    rows = [
        (told, f"{median(wall for wall, _ in one):.2f}", f"{min(cpu for _, cpu in one):.2f}")
        for told, one in found.items()
    ]
    note = f"Whole commands, {args.rounds} rounds."
    head = ("command", "seconds, median", "seconds of CPU, least")
    tell("`oneid init` on a large file", head, rows, note=note, write=not args.print_only)


if __name__ == "__main__":
    main()
