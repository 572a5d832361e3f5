"""Explaining from a run's folder among a million records: the whole command, wall and CPU, without and with a registry.

Usage: ``python benchmarks/explain.py [--records 1000000] [--seed 5] [--rounds 7] [--run FOLDER ...] [--print-only]``

With ``--run`` the folders that are named are asked, else a demo is resolved twice in a temporary folder. Asked are a
linked pair, a refused one, two records that no blocking key brought together, and a whole OneID; each ``--rounds``
times in a process of its own after one that warms the disk. Told are the best and the median wall time and the least
CPU time (user and system), for other work on a machine makes each longer; and what a page takes. Target: 1.0 s of wall
at best.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import polars as pl
from results import tell
from run import timed

from oneid.demo import generate


def asked(run: Path) -> dict[str, list[str]]:
    """What is asked of a run."""
    links = pl.read_parquet(run / "links.parquet")
    members = pl.read_parquet(run / "merge_map.parquet", columns=["source", "source_id", "oneid", "status"])
    ends = [["source_l", "source_id_l"], ["source_r", "source_id_r"]]
    found = {}
    for words, some in (
        ("a linked pair", links.filter("applied")),
        ("a refused pair", links.filter(~pl.col("applied"))),
    ):
        row = some.row(some.height // 2, named=True)
        found[words] = [":".join(row[name] for name in end) for end in ends]
    far = (members.row(members.height // 3), members.row(2 * members.height // 3))
    found["two that no key brought together"] = [f"{source}:{id_}" for source, id_, *_ in far]
    linked = members.filter(pl.col("status") == "linked")
    found["a whole OneID"] = [linked["oneid"][linked.height // 2]]
    found["a linked pair as a page"] = [
        *found["a linked pair"],
        "--html",
        str(Path(tempfile.gettempdir()) / "why.html"),
    ]
    return found


def resolved(config: Path, out: Path) -> Path:
    """The folder of a run of a config."""
    timed([sys.executable, "-m", "oneid", "resolve", str(config), "--out", str(out)])
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--run", type=Path, nargs="*")
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = args.run
        if not runs:
            config = generate(args.records, seed=args.seed).write(Path(folder))
            registered = config.with_name("registered.yaml")
            registered.write_text(config.read_text("utf-8") + "registry: sqlite:///r.db\n", "utf-8")
            runs = [resolved(config, Path(folder) / "plain"), resolved(registered, Path(folder) / "registered")]
        rows = []
        for run in runs:
            kind = "with a registry" if (run / "known/base").is_dir() else "without a registry"
            for words, what in asked(run).items():
                command = [sys.executable, "-m", "oneid", "explain", str(run), *what]
                times = [timed(command) for _ in range(args.rounds + 1)][1:]
                wall, cpu = [one.seconds for one in times], [one.cpu for one in times]
                rows.append(
                    [kind, words, f"{min(wall):.2f} s", f"{statistics.median(wall):.2f} s", f"{min(cpu):.2f} s"]
                )
    load = os.getloadavg()[0]
    note = f"Load of the machine at the end: {load:.1f}." if load > 1.5 else ""
    head = ["run", "asked", "wall, best", "wall, median", "CPU, least"]
    tell(f"explaining from the folder, {args.records:,} demo records", head, rows, note=note, write=not args.print_only)


if __name__ == "__main__":
    main()
