"""Values per second for each normalizer, on the values of the demo.

Usage: ``python benchmarks/normalize_speed.py [--count 200000] [--records 700000] [--seed 5] [--rounds 5] [--print-only]
[--extras]``

Per kind a column of at most ``--count`` distinct values, as the demo's five systems write them (sex, of which there are
few spellings, repeats). Each number of threads is a process of its own, because Polars makes its threads once. CPU time
is summed over threads, and the best round counts: what one free core does. ``--extras`` only says which extras are
installed. Target: 300,000 a second of CPU, addresses 100,000.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from results import EXTRAS, extras, tell

from oneid.demo import generate
from oneid.kinds.name.spelling.kana import kana_parts
from oneid.kinds.name.spelling.normalizer import name_parts
from oneid.kinds.normalizing import NORMALIZERS as KINDS

THREADS = (1, 2)
TARGETS = {"address": 100_000}
TARGET = 300_000

PARTS: Mapping[str, Callable[[pl.Series, pl.Series], pl.DataFrame]] = {
    "name parts": name_parts,
    "kana parts": kana_parts,
}

COLUMNS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "name": (("point_card", "氏名"), ("credit_card", "full_name")),
    "name parts": (("ec", "last_name", "first_name"),),
    "kana": (("point_card", "フリガナ"), ("credit_card", "full_name_kana")),
    "kana parts": (("ec", "last_name_kana", "first_name_kana"), ("prepaid", "kana_sei", "kana_mei")),
    "romaji": (("credit_card", "embossed_name"),),
    "nickname": (("mail_list", "nickname"),),
    "birth": (("point_card", "生年月日"), ("credit_card", "date_of_birth"), ("prepaid", "birthday"),
              ("ec", "birthdate")),
    "sex": (("point_card", "性別"), ("credit_card", "gender"), ("ec", "sex")),
    "phone": (("point_card", "電話番号"), ("credit_card", "mobile_phone"), ("credit_card", "home_phone"),
              ("prepaid", "tel"), ("ec", "phone")),
    "email": (("credit_card", "email"), ("prepaid", "mail"), ("mail_list", "email"), ("ec", "email")),
    "postcode": (("point_card", "郵便番号"), ("credit_card", "postal_code"), ("mail_list", "zip"), ("ec", "zip_code")),
    "address": (("point_card", "住所"), ("credit_card", "address1", "address2", "address3"),
                ("ec", "prefecture", "city", "street", "building")),
    "identifier": (("point_card", "会員番号"), ("ec", "member_id")),
    "text": (("mail_list", "nickname"), ("ec", "building")),
    "category": (("ec", "city"), ("ec", "building")),
    "number": (("point_card", "ポイント残高"), ("credit_card", "points"), ("prepaid", "balance")),
    "date": (("point_card", "入会日"), ("prepaid", "registered_at"), ("ec", "created_at")),
}  # fmt: skip
"""Where the demo holds values of a kind: source and column, or the columns that are joined (or are parts)."""


@dataclass(frozen=True)
class Speed:
    """Best of some rounds over ``rows`` values: seconds of CPU and of the clock, and the share that is usable."""

    rows: int
    cpu: float
    wall: float
    usable: float


def values_of(sources: Mapping[str, pl.DataFrame], kind: str, count: int) -> pl.DataFrame:
    """At most ``count`` distinct values of a kind, in the order of the sources; parts are two columns."""
    found = []
    for source, *columns in COLUMNS[kind]:
        frame = sources[source].select(columns)
        if kind in PARTS:
            frame = frame.rename(dict(zip(columns, ("value", "other"), strict=True)))
        else:
            frame = frame.select(value=pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).replace("", None))
        found.append(frame.drop_nulls())
    every = pl.concat(found)
    shuffled = every.sample(fraction=1.0, shuffle=True, seed=1)  # each system its share
    return (shuffled if kind == "sex" else shuffled.unique(maintain_order=True)).head(count)


def measure(values: pl.DataFrame, kind: str, rounds: int) -> Speed:
    """Times the normalizer of a kind in this process."""
    columns = values.get_columns()
    function: Callable[..., pl.DataFrame] = PARTS[kind] if kind in PARTS else KINDS[kind]
    function(*(column.head(10) for column in columns))
    cpu, wall = [], []
    for _ in range(rounds):
        begun, clock = time.process_time(), time.perf_counter()
        made = function(*columns)
        cpu.append(time.process_time() - begun)
        wall.append(time.perf_counter() - clock)
    usable = 1 - made["normalized"].null_count() / values.height
    return Speed(values.height, min(cpu), min(wall), usable)


def worker(folder: Path, rounds: int) -> None:
    """Measures every kind and prints the figures as JSON."""
    found = {kind: asdict(measure(pl.read_parquet(folder / f"{kind}.parquet"), kind, rounds)) for kind in COLUMNS}
    print(json.dumps(found))


def main() -> None:
    """Makes the values, measures them with one thread and with two, and tells the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--records", type=int, default=700_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--print-only", action="store_true")
    parser.add_argument("--extras", action="store_true")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.extras:
        there = extras()
        print("\n".join(f"{extra}: {there.get(extra, 'not installed')}" for extra in EXTRAS))
        return
    if args.worker:
        worker(args.worker, args.rounds)
        return
    speeds: dict[int, dict[str, Speed]] = {}
    with tempfile.TemporaryDirectory(prefix="oneid-bench-") as name:
        folder = Path(name)
        sources = generate(records=args.records, seed=args.seed).sources
        for kind in COLUMNS:
            values_of(sources, kind, args.count).write_parquet(folder / f"{kind}.parquet")
        del sources
        command = [sys.executable, __file__, "--worker", name, "--rounds", str(args.rounds)]
        for threads in THREADS:
            environment = os.environ | {"POLARS_MAX_THREADS": str(threads)}
            said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout
            speeds[threads] = {kind: Speed(**figures) for kind, figures in json.loads(said).items()}
    rows = []
    for kind, one in speeds[1].items():
        two = speeds[2][kind]
        target = TARGETS.get(kind, TARGET)
        figures = [one.rows / one.cpu, one.rows / one.wall, two.rows / two.cpu, two.rows / two.wall]
        met = "met" if figures[0] >= target else "missed"
        rows.append(
            [kind, f"{one.rows:,}", f"{one.usable:.3f}", *(f"{each:,.0f}" for each in figures), f"{target:,} {met}"]
        )
    head = [
        "kind",
        "values",
        "usable",
        "1 thread: a second of CPU",
        "of clock",
        "2 threads: of CPU",
        "of clock",
        "target",
    ]
    tell(
        f"normalizers, values a second (demo of {args.records:,}, seed {args.seed})",
        head,
        rows,
        write=not args.print_only,
    )


if __name__ == "__main__":
    main()
