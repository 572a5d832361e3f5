"""Measures the report of a run, and what notebooks ask of it, and adds the figures to benchmarks/RESULTS.md.

Usage: ``python benchmarks/report.py [--run DIR] [--records 1000000] [--rounds 5] [--print-only]``

Without ``--run`` the demo is made and resolved first. In each round ``oneid report`` runs as a whole process, in
English and in Japanese, and another process reads the run, makes six pictures and shows the largest OneID. The least of
all rounds is told, of the clock and of CPU time, for other work may run beside.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import polars as pl
from results import tell
from run import timed

from oneid.demo import generate

NOTEBOOK = """
import sys, time
import oneid
begun = time.perf_counter()
run = oneid.read_run(sys.argv[1])
size = sum(len(str(run.plot.picture(name))) for name in ("flow", "overlaps", "rules", "scores", "sizes", "quality"))
drawn = time.perf_counter()
run.records(run.to_polars()["golden"].sort("n_records")["oneid"][-1])
print(f"{drawn - begun:.3f} {time.perf_counter() - drawn:.3f} {size} {time.process_time():.3f}")
"""


def measured(command: list[str]) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds and output of a whole process."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return perf_counter() - begun, cpu, done.stdout


def figures(run: Path, rounds: int, folder: Path) -> list[tuple[str, str, str]]:
    """What is asked beside what is reached."""
    rows = []
    for language in ("en", "ja"):
        page = folder / f"{language}.html"
        command = [sys.executable, "-m", "oneid", "report", str(run), "--lang", language, "-o", str(page)]
        found = [measured(command)[:2] for _ in range(rounds)]
        wall, cpu = (min(column) for column in zip(*found, strict=True))
        rows.append((f"report in {language}, seconds of the clock / of CPU", "5", f"{wall:.2f} / {cpu:.2f}"))
        rows.append((f"report in {language}, KB", "3,000", f"{page.stat().st_size / 1000:,.0f}"))
    found_ = [measured([sys.executable, "-c", NOTEBOOK, str(run)]) for _ in range(rounds)]
    parts = [[float(word) for word in text.split()] for _, _, text in found_]
    drawn, shown = (min(row[at] for row in parts) for at in (0, 1))
    cpu = min(row[3] for row in parts)
    rows.append(("notebook: read the run and make six pictures, seconds of the clock", "", f"{drawn:.2f}"))
    rows.append(("notebook: records of the largest OneID, seconds of the clock", "", f"{shown:.2f}"))
    rows.append(("notebook: both, with start-up, seconds of CPU", "", f"{cpu:.2f}"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oneid-report-") as name:
        folder, run = Path(name), args.run
        if run is None:
            config = generate(records=args.records, seed=5).write(folder / "demo")
            run = folder / "out"
            timed([sys.executable, "-m", "oneid", "resolve", str(config), "--out", str(run)])
        records = pl.scan_parquet(run / "merge_map.parquet").select(pl.len()).collect().item()
        rows = figures(run, args.rounds, folder)
    title = f"the report of {records:,} demo records"
    note = f"The least of {args.rounds} rounds; other work ran beside."
    tell(title, ("figure", "at most", "reached"), rows, note=note, write=not args.print_only)


if __name__ == "__main__":
    main()
