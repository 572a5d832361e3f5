"""Measures the main job on demo data and adds the figures to ``benchmarks/RESULTS.md``.

Usage: ``python benchmarks/run.py [--records 1000000] [--rounds 3] [--seed 5]``

Makes the demo, then in each round times ``oneid resolve`` (csv to all files, a whole process) and the bare reading and
writing of the same files with Polars (``benchmarks/bare.py``), one after the other, and takes medians and the median of
the rounds' ratios: the machine's mood strikes out. Quality is measured against the demo's truth.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import polars as pl

from oneid.demo import write_files
from oneid.evaluation.measures import quality

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"


@dataclass(frozen=True)
class Timed:
    """A finished process: wall seconds, the most memory it held, in MB, and CPU seconds, of the user and the system."""

    seconds: float
    peak_mb: int
    cpu: float = 0.0


def timed(command: list[str]) -> Timed:
    """Runs a command to its end; its output is shown only if it fails."""
    begun = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} failed:\n{output.decode(errors='replace')}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Timed(seconds, usage.ru_maxrss // unit, usage.ru_utime + usage.ru_stime)


def machine() -> str:
    """What this machine is, in a line."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    cores = len(os.sched_getaffinity(0))
    chip = model[1] if model else platform.processor()
    return f"{cores} cores ({chip}), {memory} GiB, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="oneid-bench-"))
    try:
        begun = perf_counter()
        write_files(folder / "demo", args.records, args.seed)
        made = perf_counter() - begun
        full, bare = [], []
        for number in range(args.rounds):
            out = folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            full.append(
                timed([sys.executable, "-m", "oneid", "resolve", str(folder / "demo/oneid.yaml"), "--out", str(out)])
            )
            bare.append(
                timed([sys.executable, str(HERE / "bare.py"), str(folder / "demo"), str(out), str(folder / "bare")])
            )
            print(f"round {number + 1}: resolve {full[-1].seconds:.1f} s, bare {bare[-1].seconds:.1f} s", flush=True)
        run = json.loads((folder / "out/run.json").read_text("utf-8"))
        truth = pl.read_csv(folder / "demo/truth.csv", infer_schema=False)
        found = quality(
            pl.read_parquet(folder / "out/merge_map.parquet"),
            truth.rename({"system": "source", "member_id": "source_id"}),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = statistics.median(item.seconds for item in full)
    ratio = statistics.median(a.seconds / b.seconds for a, b in zip(full, bare, strict=True))
    stages = ", ".join(f"{stage['stage']} {stage['seconds']:.1f}" for stage in run["stages"])
    rows = [
        ("demo made and written", f"{made:.1f} s"),
        (
            "resolve, csv to all files, median",
            f"{seconds:.1f} s (all rounds: {', '.join(f'{i.seconds:.1f}' for i in full)})",
        ),
        ("peak memory", f"{max(item.peak_mb for item in full):,} MB"),
        ("bare Polars, same files, median", f"{statistics.median(item.seconds for item in bare):.1f} s"),
        ("resolve / bare, median of rounds", f"{ratio:.1f}"),
        ("stages of the last round, seconds", stages),
        ("candidate pairs / distinct patterns", f"{run['candidate_pairs']:,} / {run['stages'][2]['out']:,}"),
        ("precision / recall / F1", f"{found.precision:.4f} / {found.recall:.4f} / {found.f1:.4f}"),
        ("B-cubed F1 / wrong per 10,000 OneIDs", f"{found.b3_f1:.4f} / {found.wrong_per_10k:.1f}"),
        ("lost / duplicated records", f"{found.lost} / {found.duplicated}"),
    ]
    day = datetime.now(UTC).date().isoformat()
    text = f"\n## {day}: {args.records:,} demo records, seed {args.seed}\n\n{machine()}; Polars {pl.__version__}.\n\n"
    text += "| figure | value |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows)
    head = "# Results\n\nEach section is what `make bench` printed on the day and machine it names, newest last.\n"
    RESULTS.write_text((RESULTS.read_text("utf-8") if RESULTS.exists() else head) + text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
