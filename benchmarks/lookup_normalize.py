"""What normalizing one record for a look-up costs, on records of the demo's five systems.

Usage: ``python benchmarks/lookup_normalize.py [--count 5000] [--seed 5] [--print-only]``

Measured in one process: seconds of the imports, of the first record (tables are read at the first call) and of the
first record of each other system; then for each of ``--count`` records the milliseconds of
:func:`oneid.records.onerecord.features_of`, and per kind of field the share of values read in plain Python. Targets:
median 1 ms, 99 of 100 within 8 ms, cold start 1 s. The records come in a random order, as calls do.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEGUN = time.perf_counter()
from oneid.records import onerecord  # noqa: E402  its import is measured

IMPORTED = time.perf_counter() - BEGUN

import polars as pl  # noqa: E402
from results import tell  # noqa: E402

from oneid.demo import generate  # noqa: E402
from oneid.kinds.catalogue import KINDS  # noqa: E402
from oneid.settings.config import Source  # noqa: E402
from oneid.settings.configfile import load  # noqa: E402
from oneid.sources.reading import read_source  # noqa: E402

Record = tuple[Source, dict[str, Any]]


def records(count: int, seed: int) -> list[Record]:
    """``count`` records of the demo's systems, as many of each, in a random order."""
    with tempfile.TemporaryDirectory() as folder:
        config = load(generate(5 * count, seed=seed).write(Path(folder)))
        found: list[Record] = []
        for source in config.sources.values():
            rows = read_source(source, config).frame.select(pl.col("^@.*$").name.map(lambda name: name[1:]))
            each = count // len(config.sources)
            found += [(source, row) for row in rows.sample(each, seed=seed).iter_rows(named=True)]
    random.Random(seed).shuffle(found)
    return found


def cold(asked: list[Record]) -> tuple[float, float]:
    """Seconds of the first record, and of the first record of every other system together."""
    firsts = {source.name: (source, record) for source, record in reversed(asked)}
    spent = []
    for source, record in firsts.values():
        begun = time.perf_counter()
        onerecord.features_of(record, source)
        spent.append(time.perf_counter() - begun)
    return spent[0], sum(spent[1:])


def timed(asked: list[Record]) -> list[float]:
    """Milliseconds per record, ascending."""
    spent = []
    for source, record in asked:
        begun = time.perf_counter()
        onerecord.features_of(record, source)
        spent.append(1000 * (time.perf_counter() - begun))
    return sorted(spent)


def shares(asked: list[Record]) -> dict[str, float]:
    """Per kind the share of the values there that the usual readers read."""
    there: Counter[str] = Counter()
    read: Counter[str] = Counter()

    def counted(name: str, reader: Callable[..., Any]) -> Callable[..., Any]:
        def reading(*said: Any) -> Any:  # noqa: ANN401
            row = reader(*said)
            there[name] += 1
            read[name] += row is not None
            return row

        return reading

    readers = ("usual", "usual_by", "usual_parts")
    plain = [(kind, name, getattr(kind, name)) for kind in KINDS.values() for name in readers if getattr(kind, name)]
    for kind, name, reader in plain:
        object.__setattr__(kind, name, counted(f"{kind.name} parts" if name == "usual_parts" else kind.name, reader))
    try:
        timed(asked)
    finally:
        for kind, name, reader in plain:
            object.__setattr__(kind, name, reader)
    return {name: read[name] / there[name] for name in sorted(there)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--print-only", action="store_true")
    wanted = parser.parse_args()
    asked = records(wanted.count, wanted.seed)
    first, others = cold(asked)
    spent = timed(asked)
    note = (
        f"{len(asked)} records of five systems in random order: median {spent[len(spent) // 2]:.2f} ms, 90 of 100 "
        f"within {spent[len(spent) * 9 // 10]:.2f} ms, 99 within {spent[len(spent) * 99 // 100]:.2f} ms, "
        f"most {spent[-1]:.1f} ms. Cold: imports {IMPORTED:.2f} s, first record {first:.2f} s, "
        f"first of each other system {others:.2f} s."
    )
    rows = [(kind, f"{share:.1%}") for kind, share in shares(asked).items()]
    tell("one record normalized", ("kind", "read in plain Python"), rows, note=note, write=not wanted.print_only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
