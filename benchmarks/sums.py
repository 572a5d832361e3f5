"""What it costs to compare all that a run builds on with its checksums: the folder's files, and the registry's.

Usage: ``python benchmarks/sums.py [--config FILE] [--records 1000000] [--seed 5] [--rounds 5] [--print-only]``

With ``--config`` the demo of that config, which names a registry, is taken, and resolved first if no run is there;
else one is made in a temporary folder. Told is the least of the rounds, with files in the system's cache: seconds, and
CPU seconds. Target: 1.5 s for a million records.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from results import registered_demo, tell

import oneid
from oneid.outputs.runtables import read_tables
from oneid.registry import Registry
from oneid.settings.configfile import load


def least(act: Callable[[], object], rounds: int) -> tuple[str, str]:
    """The least seconds and CPU seconds of some rounds."""
    wall, spent = [], []
    for _ in range(rounds):
        begun, cpu = time.perf_counter(), time.process_time()
        act()
        wall.append(time.perf_counter() - begun)
        spent.append(time.process_time() - cpu)
    return f"{min(wall):.2f}", f"{min(spent):.2f}"


def measure(config: Path, rounds: int) -> tuple[int, list[tuple[str, ...]]]:
    """The number of records, and a row for the folder and one for the registry's file."""
    settings, out = load(config), config.parent / "out"
    if not (out / "run.json").exists():
        with oneid.resolve(config, folder=out) as result:
            result.write(out)
    tables = read_tables(out)
    size = sum(int(about["bytes"]) for about in tables.run["files"].values())
    rows: list[tuple[str, ...]] = [
        ("files of the folder", f"{size / 1e6:,.0f}", *least(lambda: read_tables(out).verify(), rounds))
    ]
    url = settings.registry or ""
    file = config.parent / url.removeprefix("sqlite:///")

    def opened() -> None:
        Registry.open(url, base=config.parent).close()

    rows.append(("the registry's file, opened", f"{file.stat().st_size / 1e6:,.0f}", *least(opened, rounds)))
    return tables["merge_map"].height, rows


def main() -> None:
    """Parses the command line, measures, tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--print-only", action="store_true", help="do not add to RESULTS.md")
    given = parser.parse_args()
    with registered_demo(given.config, given.records, given.seed) as config:
        records, rows = measure(config, given.rounds)
    title = f"comparing all files of a run of {records:,} records with their sums"
    tell(title, ("what", "MB", "seconds", "CPU seconds"), rows, write=not given.print_only)


if __name__ == "__main__":
    main()
