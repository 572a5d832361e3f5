"""Look-ups among a million known records: opening, latency, memory, and readers beside a nightly run.

Usage: ``python benchmarks/lookup.py [--config FILE] [--records 1000000] [--seed 5] [--count 2000] [--readers 8]
[--print-only]``

With ``--config`` the demo of that config, which names a registry, is taken, and resolved first if no run is there;
else one is made in a temporary folder. Records of all systems, as their systems have them, are looked up in a random
order in one process: milliseconds of wall time and of CPU time, normalizing included. Then so many processes look
records up while a run with one source's feed cut by one row is published; counted are failures, look-ups, and the
slowest. Targets: median 3 ms, 99 of 100 within 15 ms, opening 1 s, no reader blocked or failing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import sys
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Event
from pathlib import Path

import polars as pl
from results import registered_demo, tell

import oneid
from oneid.settings.config import Config
from oneid.settings.configfile import load
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import OneIDError

Record = tuple[str, dict[str, str | None]]


def records(config: Config, count: int, seed: int) -> list[Record]:
    """``count`` records, as many of each source, in a random order."""
    found: list[Record] = []
    for name, source in config.sources.items():
        cells = read_source(source, config).frame.select(pl.col("^@.*$").name.map(lambda column: column[1:]))
        rows = cells.select(list(source.columns)).sample(count // len(config.sources), seed=seed)
        found += [(name, row) for row in rows.iter_rows(named=True)]
    random.Random(seed).shuffle(found)
    return found


def memory() -> str:
    """Of this process: what is its own, and what it shares with all that map the same files."""
    said = Path("/proc/self/status").read_text()
    found = dict(re.findall(r"(RssAnon|RssFile):\s+(\d+) kB", said))
    return f"{int(found['RssAnon']) // 1024} MB own, {int(found['RssFile']) // 1024} MB of files"


def latencies(folder: Path, asked: Sequence[Record], told: multiprocessing.Queue[tuple[object, ...]]) -> None:
    """In a process of its own: seconds and CPU seconds of opening and of each look-up, and what was found."""
    begun, cpu = time.perf_counter(), time.process_time()
    lookup = oneid.open_lookup(folder)
    opened = time.perf_counter() - begun, time.process_time() - cpu
    wall, spent, found = [], [], 0
    for source, record in asked:
        begun, cpu = time.perf_counter(), time.process_time()
        found += lookup.lookup(record, source=source).oneid is not None
        wall.append(time.perf_counter() - begun)
        spent.append(time.process_time() - cpu)
    told.put((opened, sorted(wall), sorted(spent), found, memory()))


def reader(folder: Path, asked: Sequence[Record], done: Event, told: multiprocessing.Queue[tuple[object, ...]]) -> None:
    """Looks records up until ``done``: how many, failures, the slowest, and how many runs answered."""
    lookup = oneid.open_lookup(folder)
    count, failed, slowest, runs = 0, 0, 0.0, set()
    while not done.is_set() or lookup.refresh():
        source, record = asked[count % len(asked)]
        begun = time.perf_counter()
        try:
            lookup.lookup(record, source=source)
        except (OneIDError, OSError):
            failed += 1
        slowest = max(slowest, time.perf_counter() - begun)
        runs.add(lookup.run_id)
        count += 1
        time.sleep(0.05)  # a call centre's pace
    told.put((count, failed, slowest, len(runs)))


def beside_a_run(config: Path, out: Path, asked: Sequence[Record], readers: int) -> str:
    """Readers while a run is made and published."""
    context = multiprocessing.get_context("spawn")
    done, told = context.Event(), context.Queue()
    some = [context.Process(target=reader, args=(out, asked, done, told)) for _ in range(readers)]
    for one in some:
        one.start()
    source = next(iter(load(config).sources.values()))
    path = load(config).path(source.path or "")
    before = path.read_bytes()
    begun = time.perf_counter()
    try:
        path.unlink()  # it may be a link to files of others
        path.write_bytes(before[: before.rstrip(b"\r\n").rfind(b"\n") + 1])
        with oneid.resolve(config, folder=out, wait=60, keep=False) as result:
            result.write(out)
    finally:
        seconds = time.perf_counter() - begun
        done.set()
    counts, failed, slowest, runs = zip(*(told.get(timeout=600) for _ in some), strict=True)
    for one in some:
        one.join()
    return (
        f"{readers} processes looked {sum(counts):,} records up while a run of {seconds:.0f} s was made and published: "
        f"{sum(failed)} failed, the slowest took {1000 * max(slowest):.0f} ms, {sum(n > 1 for n in runs)} went on with "
        f"the new run."
    )


def ways(seconds: Sequence[float]) -> tuple[str, ...]:
    """Median, 90, 99 of 100 and the most, in milliseconds."""
    return tuple(
        f"{1000 * seconds[min(int(len(seconds) * share), len(seconds) - 1)]:.2f}" for share in (0.5, 0.9, 0.99, 1)
    )


def measure(config: Path, count: int, seed: int, readers: int, write: bool) -> None:
    """Everything on the demo of one config."""
    out = config.parent / "out"
    if not (out / "run.json").is_file():
        with oneid.resolve(config, folder=out, keep=False) as result:
            result.write(out)
    loaded = load(config)
    asked = records(loaded, count, seed)
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=latencies, args=(out, asked, told))
    process.start()
    (wall, cpu), slow, spent, found, held = told.get(timeout=3600)
    process.join()
    size = sum(path.stat().st_size for path in (out / "index").rglob("*.arrow")) // 1_000_000
    note = (
        f"{count:,} records of all sources among {oneid.read_run(out).run['records']:,}: {found:,} have one clear "
        f"OneID. Opening {wall:.2f} s ({cpu:.2f} s of CPU), memory {held}; the index is {size} MB."
    )
    if readers:
        note += " " + beside_a_run(config, out, asked[:500], readers)
    head = ("one look-up, ms", "median", "90 of 100", "99 of 100", "most")
    tell("look-ups", head, [("wall", *ways(slow)), ("CPU", *ways(spent))], note=note, write=write)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--print-only", action="store_true")
    wanted = parser.parse_args()
    with registered_demo(wanted.config, wanted.records, wanted.seed) as config:
        measure(config, wanted.count, wanted.seed, wanted.readers, not wanted.print_only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
