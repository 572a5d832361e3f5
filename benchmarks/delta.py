"""Times a small delta against a full run on the same known records, and adds the figures to ``RESULTS.md``.

Usage: ``python benchmarks/delta.py [--records 1000000] [--delta 10000] [--rounds 3] [--seed 5] [--print-only]``

The demo's records but half of the delta are resolved in full into a new registry (that is timed, a whole process). The
delta then brings the missing half, and as many known records with another digit in phone, mail address or name. Each
round takes a copy of registry and folder, times the delta (a whole process), with whole tables and with ``outputs:
changes``, and then a run in full of the same data, as a first run on a registry does it. A last row is the floor under
any delta that leaves the outputs as they are promised, one file each and every row in it: reading the seven large ones,
changing one row in a hundred, writing them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import yaml
from results import tell
from run import Timed, timed

from oneid.demo import generate

ONEID = str(Path(sys.executable).with_name("oneid"))


def make(folder: Path, records: int, delta: int, seed: int) -> None:
    """The demo in ``folder``, its files shortened, with ``delta/`` beside them and the three configs."""
    generate(records=records, seed=seed).write(folder)
    config = yaml.safe_load((folder / "oneid.yaml").read_text("utf-8"))
    config["registry"] = "sqlite:///registry.db"
    for part in ("delta", "whole"):
        (folder / part).mkdir()
    for name, source in config["sources"].items():
        path = folder / source["path"]
        encoding = source.get("encoding", "utf8")
        rows = pl.read_csv(path.read_text(encoding).encode(), infer_schema=False)
        count = max(1, round(delta * rows.height / records / 2))
        order = rows.with_row_index("at").sample(2 * count, seed=seed, shuffle=True)
        new, changed = order.head(count), order.tail(count).drop("at")
        fields = source["fields"]
        column = next(fields[kind] for kind in ("phone", "email", "kana", "name") if isinstance(fields.get(kind), str))
        changed = changed.with_columns(pl.col(column).str.replace(r"\d", "3"))
        kept = rows.with_row_index("at").join(new.select("at"), on="at", how="anti").drop("at")
        key = source["id"]
        whole = kept.join(changed.select(key), on=key, how="anti")
        for target, frame in (
            (path, kept),
            (folder / "delta" / path.name, pl.concat([new.drop("at"), changed])),
            (folder / "whole" / path.name, pl.concat([whole, new.drop("at"), changed])),
        ):
            target.write_bytes(frame.write_csv().encode(encoding))
        source["name"] = name
    configs = (("base", "", "full"), ("delta", "delta/", "delta"), ("whole", "whole/", "full"))
    for kind, place, feed in (*configs, ("changes", "delta/", "delta")):
        sources = {
            name: {**{k: v for k, v in source.items() if k != "name"}, "path": place + source["path"], "feed": feed}
            for name, source in config["sources"].items()
        }
        more = {"outputs": "changes"} if kind == "changes" else {}
        text = yaml.safe_dump({**config, **more, "sources": sources}, allow_unicode=True, sort_keys=False)
        (folder / f"{kind}.yaml").write_text(text, "utf-8")


OUTPUTS = ("golden", "golden_values", "merge_map", "members", "links", "aliases", "households")


def floor(folder: Path) -> None:
    """Reads the large outputs of a run, changes one row in a hundred and writes them, two at a time."""

    def change(name: str) -> None:
        table = pl.read_parquet(folder / f"{name}.parquet")
        order = pl.int_range(table.height, dtype=pl.UInt32, eager=True)
        other = pl.concat([table, table[::100]])[order + (order % 100 == 0) * ((order // 100) + table.height - order)]
        other.rechunk().write_parquet(folder / f"{name}.again", compression="zstd", statistics=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, OUTPUTS))


def times(figures: Mapping[str, Sequence[Timed]], of: Callable[[Timed], float]) -> dict[str, float]:
    """How many times as much of something a full run takes as each kind of delta: the median of the rounds."""
    return {
        kind: statistics.median(of(w) / of(d) for d, w in zip(figures[kind], figures["whole"], strict=True))
        for kind in ("delta", "changes")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--delta", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="Where to work and what to keep; a temporary folder if left out.")
    parser.add_argument("--print-only", action="store_true")
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.floor:
        floor(said.floor)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = said.folder or Path(temporary)
        if not (folder / "base.yaml").exists():
            make(folder, said.records, said.delta, said.seed)
        if not (folder / "out").exists():
            first = timed([ONEID, "resolve", str(folder / "base.yaml"), "--out", str(folder / "out")])
            print(f"first run {first.seconds:.1f} s, {first.peak_mb} MB", flush=True)
        stages: dict[str, str] = {}
        figures: dict[str, list[Timed]] = {"changes": [], "delta": [], "whole": []}
        lowest: list[Timed] = []
        for number in range(said.rounds):
            for kind, found in figures.items():
                work = folder / "round"
                shutil.rmtree(work, ignore_errors=True)
                work.mkdir()
                known = ("registry.db", "out") if kind != "whole" else ()
                items = (*known, "delta", "whole", f"{kind}.yaml")
                subprocess.run(["cp", "-a", *(folder / item for item in items), work], check=True)  # links stay links
                os.sync()  # what was copied is not written while the run is timed
                command = [ONEID, "resolve", str(work / f"{kind}.yaml"), "--out", str(work / "out")]
                done = timed(command)
                found.append(done)
                about = json.loads((work / "out" / "run.json").read_text("utf-8"))
                stages[kind] = ", ".join(f"{stage['stage']} {stage['seconds']:.2f}" for stage in about["stages"])
                if kind == "delta":
                    done = timed([sys.executable, __file__, "--floor", str(work / "out")])
                    lowest.append(done)
                    print(number + 1, "floor", f"{done.seconds:.2f} s, {done.peak_mb} MB", flush=True)
                last = found[-1]
                figure = f"{last.seconds:.2f} s, CPU {last.cpu:.2f} s, {last.peak_mb} MB"
                print(number + 1, kind, f"{figure}; {stages[kind]}", flush=True)
    ratios, of_cpu = times(figures, lambda one: one.seconds), times(figures, lambda one: one.cpu)
    figures["outputs alone"], stages["outputs alone"] = lowest, "read, change, write"
    rows = [
        [
            kind,
            f"{statistics.median(one.seconds for one in found):.2f}",
            f"{statistics.median(one.cpu for one in found):.2f}",
            str(max(one.peak_mb for one in found)),
            stages[kind],
        ]
        for kind, found in figures.items()
    ]
    note = (
        f"The full run takes {ratios['delta']:.1f} times as long as a delta with whole tables (4 asked), "
        f"{ratios['changes']:.1f} times as long as one with `outputs: changes` (8 asked); medians of {said.rounds} "
        f"rounds' ratios. Of CPU: {of_cpu['delta']:.1f} and {of_cpu['changes']:.1f} times."
    )
    title = f"a delta of {said.delta:,} on {said.records:,} records"
    tell(title, ["run", "seconds", "CPU s", "peak MB", "stages"], rows, note=note, write=not said.print_only)


if __name__ == "__main__":
    main()
