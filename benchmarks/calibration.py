"""Compares what scores state with what is true, on demo data, and draws ``docs/images/calibration.svg``.

Usage: ``python benchmarks/calibration.py [--records 100000] [--seed 5] [--noise 1.0] [--print-only]``

A score of s bits states the probability 2^s / (1 + 2^s) that a pair is one person. Pairs are put into bins of that
probability, finer towards 1, and in each the mean stated probability is set beside the share that is right: for all
compared pairs, and for links (pairs whose verdict is match, by a rule or by the score). Then come the rules and the
patterns whose links are furthest off.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from results import tell

import oneid
from oneid.demo import generate
from oneid.evaluation.mistakes import by_pattern
from oneid.vocabulary.pages.lines import Axis, line_chart

PICTURE = Path(__file__).resolve().parent.parent / "docs/images/calibration.svg"
EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
HEAD = ("stated probability", "pairs", "stated", "right", "right - stated")


def judged(folder: Path) -> pl.DataFrame:
    """The pattern table of a demo with pairs, true, and the stated probability ``stated``."""
    tables = oneid.resolve(folder / "oneid.yaml", keep=False).to_polars()
    truth = pl.read_csv(folder / "truth.csv", infer_schema=False).rename({"system": "source", "member_id": "source_id"})
    records = tables["merge_map"].select("source", "source_id", "oneid").with_row_index("rec")
    records = records.join(truth, on=["source", "source_id"], how="left", maintain_order="left")
    found = by_pattern(records, tables["state/pairs"], tables["patterns"])
    return found.with_columns(stated=1 / (1 + 2.0 ** (-pl.col("score") / 100)))


def binned(found: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Pairs, mean stated probability and share right, per group."""
    weight = pl.col("pairs").cast(pl.Float64)
    made = found.group_by(*by).agg(
        pl.col("pairs").sum(),
        stated=(pl.col("stated") * weight).sum() / weight.sum(),
        right=pl.col("true").sum() / weight.sum(),
    )
    return made.with_columns(off=pl.col("right") - pl.col("stated"))


def in_bins(found: pl.DataFrame) -> pl.DataFrame:
    """Per bin of the stated probability."""
    names = [f"{low:g} to {high:g}" for low, high in zip((0, *EDGES), (*EDGES, 1), strict=True)]
    number = np.searchsorted(EDGES, found["stated"].to_numpy(), side="right")
    known = found.with_columns(number=pl.Series(number), bin=pl.Series(names).gather(number))
    return binned(known, "number", "bin").sort("number")


def lines(table: pl.DataFrame, name: str) -> list[list[str]]:
    """Rows of a table for people."""
    return [
        [str(row[name]), f"{row['pairs']:,}", f"{row['stated']:.4f}", f"{row['right']:.4f}", f"{row['off']:+.4f}"]
        for row in table.iter_rows(named=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--noise", type=float, default=1.0)
    parser.add_argument("--print-only", action="store_true", help="leave RESULTS.md and the picture as they are")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oneid-bench-") as folder:
        generate(records=args.records, seed=args.seed, noise=args.noise).write(Path(folder))
        found = judged(Path(folder))
    links = found.filter(pl.col("verdict") == "match")
    sure = links.filter(pl.col("stated") >= 0.9)
    about = f"{args.records:,} demo records, seed {args.seed}, noise {args.noise:g}"
    write = not args.print_only
    all_bins, link_bins = in_bins(found), in_bins(links)
    whole = binned(sure.with_columns(bin=pl.lit("0.9 to 1, all")), "bin")
    parts = {
        "all compared pairs": lines(all_bins, "bin"),
        "links": [*lines(link_bins, "bin"), *lines(whole, "bin")],
        "links of 0.9 to 1 by rule": lines(binned(sure, "rule").sort(pl.col("off").abs(), descending=True), "rule"),
        "links of 0.9 to 1, patterns furthest off": lines(furthest(sure), "evidence"),
        "all compared pairs, patterns furthest off": lines(furthest(found), "evidence"),
    }
    for part, rows in parts.items():
        first = "evidence" if "patterns" in part else "rule" if "rule" in part else HEAD[0]
        tell(f"calibration, {part}, {about}", (first, *HEAD[1:]), rows, write=write)
    if write:
        PICTURE.write_text(picture(all_bins, link_bins, about), "utf-8")


def furthest(found: pl.DataFrame, most: int = 15) -> pl.DataFrame:
    """The patterns whose stated probability is off by most pairs."""
    table = binned(found, "evidence", "rule")
    told = table.with_columns(evidence=pl.format("{} ({})", "evidence", "rule"))
    return told.sort((pl.col("off") * pl.col("pairs")).abs(), "evidence", descending=[True, False]).head(most)


def picture(every: pl.DataFrame, links: pl.DataFrame, about: str) -> str:
    """Stated probability across, share right upwards."""
    drawn = {
        "as stated": [(0.0, 0.0), (1.0, 1.0)],
        "all compared pairs": list(every.select("stated", "right").iter_rows()),
        "links": list(links.select("stated", "right").iter_rows()),
    }
    axes = Axis("stated probability", 0, 1), Axis("share that is right", 0, 1)
    return line_chart(f"Calibration: {about}", *axes, drawn, dots=True)


if __name__ == "__main__":
    main()
