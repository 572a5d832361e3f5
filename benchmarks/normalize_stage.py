"""The whole normalize stage on the demo's five systems: what a run does between reading and blocking.

Usage: ``python benchmarks/normalize_stage.py [--records 1000000] [--rounds 3] [--seed 5] [--demo FOLDER]
[--print-only]``

Timed are :func:`oneid.records.features.normalize_source` of each source, as :mod:`oneid.runs.pipeline` runs them in its
threads, and
:func:`oneid.records.together.combine`; reading is timed apart and left out. Then each field alone, for the CPU that its
kind takes. Target: a median of 6 seconds for a million records on 2 cores.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from results import tell

from oneid.demo import generate
from oneid.engines.local import LocalEngine
from oneid.records.features import Normalized, normalize_source
from oneid.records.fields import normalize_field
from oneid.records.together import combine
from oneid.settings import configfile
from oneid.settings.config import Config, Source
from oneid.sources.reading import read_source

TARGET = 6.0

Frames = Mapping[str, pl.DataFrame]


def stage(config: Config, frames: Frames, engine: LocalEngine) -> tuple[float, float]:
    """Seconds of normalizing all sources, and of combining them. Sources go to threads as in a run."""
    names = sorted(frames, key=lambda name: name.encode())
    order = sorted(names, key=lambda name: -frames[name].estimated_size())

    def one(name: str) -> Normalized:
        return normalize_source(frames[name], config.sources[name], engine)

    begun = time.perf_counter()
    made = dict(zip(order, engine.map(one, order), strict=True))
    between = time.perf_counter()
    combine([made[name].features for name in names], engine)
    return between - begun, time.perf_counter() - between


def by_kind(config: Config, frames: Frames) -> dict[str, float]:
    """Seconds of CPU per field kind, over all sources, one field at a time."""
    found: dict[str, float] = {}

    def timed(rows: pl.DataFrame, source: Source, field: str, postcode: pl.Series | None) -> list[pl.DataFrame]:
        spec = source.fields[field]
        begun = time.process_time()
        made = normalize_field(rows, spec, postcode)
        kind = f"{spec.kind} (parts)" if spec.shape == "parts" else spec.kind
        found[kind] = found.get(kind, 0.0) + time.process_time() - begun
        return made

    for name, rows in frames.items():
        source, postcode = config.sources[name], None
        for field in sorted(source.fields, key=lambda field: field != "postcode"):
            made = timed(rows, source, field, postcode)
            postcode = made[0]["normalized"] if field == "postcode" else postcode
    return found


def main() -> None:
    """Makes or takes the demo, times the stage, and tells the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--demo", type=Path, help="a folder that `oneid demo` wrote; left out: made for the occasion")
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    engine = LocalEngine()
    with tempfile.TemporaryDirectory(prefix="oneid-bench-") as name:
        path = args.demo / "oneid.yaml" if args.demo else None
        if path is None:
            path = generate(records=args.records, seed=args.seed).write(Path(name))
        config = configfile.load(path)
        begun = time.perf_counter()
        frames = {source: read_source(config.sources[source], config).frame for source in config.sources}
        reading = time.perf_counter() - begun
    rounds: list[tuple[float, float]] = []
    for number in range(args.rounds):
        rounds.append(stage(config, frames, engine))
        print(f"round {number + 1}: sources {rounds[-1][0]:.1f} s, combine {rounds[-1][1]:.1f} s", flush=True)
    kinds = by_kind(config, frames)
    begun = time.process_time()
    stage(config, frames, LocalEngine(1))
    whole = time.process_time() - begun
    seconds = statistics.median(sum(parts) for parts in rounds)
    records = sum(frame.height for frame in frames.values())
    rows = [
        ("normalize stage, median", f"{seconds:.1f} s (all rounds: {', '.join(f'{sum(r):.1f}' for r in rounds)})"),
        ("for a million records; target", f"{seconds * 1e6 / records:.1f} s; {TARGET:.0f} s on 2 cores"),
        ("of it combining, median", f"{statistics.median(parts[1] for parts in rounds):.1f} s"),
        ("seconds of CPU, sources one after the other", f"{whole:.1f}"),
        ("reading, not counted", f"{reading:.1f} s"),
        ("CPU of features, shown values, counts and combining", f"{whole - sum(kinds.values()):.2f} s"),
        *((f"CPU of {kind}", f"{cpu:.2f} s") for kind, cpu in sorted(kinds.items(), key=lambda item: -item[1])),
    ]
    title = f"normalize stage, {records:,} demo records of {len(frames)} systems"
    tell(title, ("figure", "value"), rows, note=f"{engine.threads} threads.", write=not args.print_only)


if __name__ == "__main__":
    main()
