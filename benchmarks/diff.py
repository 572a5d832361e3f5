"""`oneid diff` of changes of rules on one run: seconds, memory, how wide its bounds are, and whether they hold.

Usage: ``python benchmarks/diff.py [--config FILE] [--records 1000000] [--seed 5] [--skip-full] [--print-only]``

The demo of a config is taken, and resolved first if no run is there; else one is made in a temporary folder. Some
changes are made to the preset's rules; each is diffed in a process of its own, as the command does it: without data,
with data, and, unless ``--skip-full``, against a run in full by the changed rules. Counted is what is not equal with
data, and what is not inside the bounds without. Targets: 10 s and 2 GB for a million records without data.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
from results import registered_demo, tell

import oneid
from oneid.diff import page
from oneid.diff.sides import diff_rules
from oneid.settings.configfile import load

ALARM = "guards: {alarm: 500}"
LOOSE = "  - {id: loose, when: {name: [equal_rare, equal_common], birth: [missing]}, verdict: match, why: a name}\n"


def changes() -> dict[str, str]:
    """Rules files by what is changed."""
    preset = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
    fewer, count = re.subn(r"  - id: name-postcode\n(    .*\n)+", "", preset)
    assert count == 1
    assert ALARM in preset
    return {
        "a match rule less": fewer,
        "match at 2 bits, not 5": preset.replace("match: 5,", "match: 2,"),
        "a loose match rule more": preset.replace("\nrules:\n", f"\nrules:\n{LOOSE}", 1),
        "one per source (ec)": preset.replace(ALARM, "guards: {alarm: 500, one_per_source: [ec]}"),
    }


@dataclass(frozen=True)
class Told:
    """What one diff said, and what it took."""

    seconds: float
    megabytes: int
    figures: dict[str, Any]
    ranges: dict[str, tuple[int, int]]
    unknown: int
    table: pl.DataFrame


def one(run: Path, rules: Path, config: Path | None, told: multiprocessing.Queue[Told]) -> None:
    """In a process of its own: the diff with its page and files."""
    begun = time.perf_counter()
    found = diff_rules(run, rules, None if config is None else load(config))
    with tempfile.TemporaryDirectory() as folder:
        found.write(Path(folder), page.page(found))
    seconds = time.perf_counter() - begun
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    ranges = {name: tuple(ends) for name, ends in found.ranges.items()}
    told.put(Told(seconds, int(peak) // 1024, found.figures, ranges, found.about["unknown_pairs"], found.table))  # type: ignore[arg-type]


def apart(run: Path, rules: Path, config: Path | None) -> Told:
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[Told] = context.Queue()
    process = context.Process(target=one, args=(run, rules, config, told))
    process.start()
    found = told.get(timeout=3600)
    process.join()
    return found


def outside(bounded: Told, exact: Told) -> int:
    """How many figures and members of the exact diff are outside what was told without data."""
    wrong = 0
    for name, value in (("oneids", exact.figures["oneids"][1]), ("moved", exact.figures["moved"])):
        told = bounded.figures[name][1] if name == "oneids" else bounded.figures[name]
        low, high = bounded.ranges.get(name, (told, told))
        wrong += not low <= value <= high
    sure = bounded.table.filter("certain").drop("certain")
    return wrong + sure.join(exact.table, on=sure.columns, how="anti", nulls_equal=True).height


def against_full(config: Path, rules: Path, run: Path, exact: Told) -> int:
    """How many records are in another cluster than a run in full by the rules puts them."""
    with oneid.resolve(load(config).model_copy(update={"rules": str(rules), "registry": None}), keep=False) as made:
        full = made.to_polars()["merge_map"].select("source", "source_id", full="oneid")
    member = ["source", "source_id"]
    before = pl.read_parquet(run / "merge_map.parquet").select(*member, "oneid")
    both = before.join(exact.table, on=member, how="left").join(full, on=member)
    both = both.with_columns(told=pl.coalesce("oneid_new", "oneid"))
    split = both.group_by("full").agg(pl.col("told").n_unique()).filter(pl.col("told") > 1).height
    joined = both.group_by("told").agg(pl.col("full").n_unique()).filter(pl.col("full") > 1).height
    return split + joined


def measure(config: Path, full: bool, write: bool) -> None:
    """Every change on the run of one config."""
    out = config.parent / "out"
    if not (out / "run.json").is_file():
        with oneid.resolve(config, folder=out, keep=False) as result:
            result.write(out)
    rows = []
    for what, text in changes().items():
        with tempfile.TemporaryDirectory() as folder:
            rules = Path(folder) / "rules.yaml"
            rules.write_text(text, "utf-8")
            quick, exact = apart(out, rules, None), apart(out, rules, config)
            low, high = quick.ranges.get("oneids", (quick.figures["oneids"][1],) * 2)
            said = str(against_full(config, rules, out, exact)) if full else "not run"
            rows.append((
                what, f"{quick.seconds:.1f}", f"{quick.megabytes:,}", f"{exact.seconds:.1f}",
                f"{exact.figures['moved']:,}", f"{quick.unknown:,}", f"{low:,} to {high:,}",
                f"{exact.figures['oneids'][1]:,}", str(outside(quick, exact)), said,
            ))  # fmt: skip
    head = (
        "change", "s", "MB", "s with data", "members moved", "pairs never compared", "OneIDs without data",
        "with data", "outside the bounds", "unlike a full run",
    )  # fmt: skip
    records = pl.read_parquet(out / "merge_map.parquet", columns=["oneid"]).height
    tell("diff of rules", head, rows, note=f"On a run of {records:,} records.", write=write)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--skip-full", action="store_true")
    parser.add_argument("--print-only", action="store_true")
    wanted = parser.parse_args()
    with registered_demo(wanted.config, wanted.records, wanted.seed) as config:
        measure(config, not wanted.skip_full, not wanted.print_only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
