"""The least that any program must do: read the demo's files and write a run's outputs with Polars, nothing in between.

Usage: ``python benchmarks/bare.py DEMO_FOLDER RUN_FOLDER OUT_FOLDER``. ``benchmarks/run.py`` times it as a whole
process against ``oneid resolve`` on the same files; only the writing of outputs that ``resolve`` would make is
repeated, from the run's own Parquet files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

ENCODINGS = {"point_card.csv": "cp932"}


def main(demo: Path, run: Path, out: Path) -> None:
    """Reads every source file as text, then every output of a run, and writes the outputs again."""
    rows = 0
    for name in ("credit_card", "ec", "mail_list", "point_card", "prepaid"):
        file = demo / f"{name}.csv"
        rows += pl.read_csv(file, infer_schema=False, encoding=ENCODINGS.get(file.name, "utf8")).height
    out.mkdir(parents=True, exist_ok=True)
    for name in json.loads((run / "run.json").read_text("utf-8"))["files"]:
        if name.endswith(".parquet"):
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            pl.read_parquet(run / name).write_parquet(target, compression="zstd")
    print(rows)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
