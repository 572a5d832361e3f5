"""Measures reading files that are larger than what is kept of them, and adds the figures to benchmarks/RESULTS.md.

Usage: ``python benchmarks/large_inputs.py [--mib 2048] [--print-only]``

The members of a demo's shop are repeated under numbers of their own until a text of so many MiB is packed (csv.gz), in
UTF-8 and in cp932, and an array of JSON has a third of it. Each file is read by the reader of sources, all of the seven
columns, in a process of its own: seconds, what the process took at most (``ru_maxrss``) beyond its start, and what the
columns need that are kept: 16 bytes a cell, and the text of cells that are longer than 12 bytes. Whether no row is lost
is asserted: their number, all numbers of members, and the last row. Tables of databases are measured by ``tables.py``.
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
from results import tell

from oneid.demo import generate

COLUMNS = ("member_id", "last_name", "first_name", "email", "phone", "birthdate", "zip_code")
READ = r"""
import resource, sys, time
from pathlib import Path
from oneid.sources.files import Request, read_path
path, rows, *columns = sys.argv[1:]
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, begun = peak(), time.perf_counter()
table = read_path(Path(path), Request(tuple(columns), ("member_id",)))
taken, seconds = peak() - before, time.perf_counter() - begun
spent = resource.getrusage(resource.RUSAGE_SELF)
lengths = (cells.str.len_bytes() for cells in table.frame.get_columns())
long = sum(int(one.filter(one > 12).sum()) for one in lengths)
kept = (16 * table.frame.width * table.height + long + table.rows.estimated_size()) / 2**20
ids = table.frame.get_column("member_id")
assert table.height == table.frame.height == ids.n_unique() == int(rows), (table.height, rows)
assert (ids.min(), ids.max()) == ("E000000000", f"E{int(rows) - 1:09d}")
assert table.frame.null_count().row(0) == (0,) * len(columns)
print(seconds, spent.ru_utime + spent.ru_stime, kept, taken)
"""


def blocks(demo: Path, most: int) -> Iterator[pl.DataFrame]:
    """Members under numbers of their own, until their text has so many bytes."""
    members = (
        pl.read_csv(demo / "ec.csv", infer_schema=False)
        .fill_null("")
        .with_columns(pl.exclude("member_id").str.replace_all('"', ""))
    )
    text = members.write_csv(include_header=False)
    for begin in range(0, most // len(text.encode()) * members.height, members.height):
        numbers = pl.Series(range(begin, begin + members.height)).cast(pl.String).str.zfill(9)
        yield members.with_columns(("E" + numbers).alias("member_id"))


def packed(demo: Path, most: int, encoding: str) -> tuple[Path, int, int]:
    """A csv.gz, its rows, and the bytes of its text."""
    path, rows, size = demo / f"members_{encoding}.csv.gz", 0, 0
    with gzip.open(path, "wb", compresslevel=1) as file:
        for block in blocks(demo, most):
            text = block.write_csv(include_header=not rows).encode(encoding, errors="replace")
            rows, size = rows + block.height, size + len(text)
            file.write(text)
    return path, rows, size


def array(demo: Path, most: int) -> tuple[Path, int, int]:
    """A JSON array, its objects, and its bytes."""
    path, rows = demo / "members.json", 0
    with path.open("wb") as file:
        for block in blocks(demo, most):
            lines = block.select(COLUMNS).write_ndjson().strip().encode()
            file.write((b",\n" if rows else b"[") + lines.replace(b"\n", b",\n"))
            rows += block.height
        file.write(b"]\n")
    return path, rows, path.stat().st_size


def main() -> None:
    """Makes the files, measures and tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory(prefix="oneid-large-") as folder:
        demo = Path(folder)
        generate(records=100_000, seed=5).write(demo)
        made: dict[str, Callable[[], tuple[Path, int, int]]] = {
            "csv.gz, UTF-8": lambda: packed(demo, args.mib << 20, "utf-8"),
            "csv.gz, cp932": lambda: packed(demo, args.mib << 20, "cp932"),
            "JSON array": lambda: array(demo, (args.mib << 20) // 3),
        }
        for name, make in made.items():
            path, count, size = make()
            command = [sys.executable, "-c", READ, str(path), str(count), *COLUMNS]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            seconds, spent, kept, taken = map(float, told)
            path.unlink()
            figures = (f"{seconds:.0f}", f"{spent:.0f}", f"{kept:,.0f}", f"{taken:,.0f}")
            rows.append((name, f"{size / 2**20:,.0f}", f"{count:,}", *figures))
    head = ("file", "MiB of text", "rows", "seconds", "of CPU", "MiB of the columns kept", "MiB at most")
    tell("reading files that are larger than what is kept", head, rows, write=not args.print_only)


if __name__ == "__main__":
    main()
