"""Measures reading a large table of a database, and adds the figures to benchmarks/RESULTS.md.

Usage: ``python benchmarks/tables.py [--rows 10000000] [--print-only]``

The members of a demo's shop are repeated under numbers of their own until a table on SQLite and one on DuckDB have a
tenth of the rows and all of them; both are written in batches. Each is read by the reader of sources, in a process of
its own: seconds, what the process took at most beyond its start, and what the columns need that are kept: 16 bytes a
cell, and the text of cells that are longer than 12 bytes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import sqlalchemy as sa
from results import tell

from oneid.demo import generate

COLUMNS = ("member_id", "last_name", "first_name", "email", "phone", "birthdate", "zip_code")
BATCH = 100_000
READ = r"""
import re, sys, time
from pathlib import Path
from oneid.settings.config import Layout
from oneid.sources.formats.database import read_database
from oneid.sources.formats.table import Request
address, *columns = sys.argv[1:]
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before, begun = peak(), time.perf_counter()
table = read_database(address, Request(tuple(columns), ("member_id",), layout=Layout(table="members")), Path())
taken, seconds = peak() - before, time.perf_counter() - begun
lengths = (cells.str.len_bytes() for cells in table.frame.get_columns())
long = sum(int(one.filter(one > 12).sum()) for one in lengths)
kept = (16 * table.frame.width * table.height + long + table.rows.estimated_size()) / 2**20
print(table.height, seconds, kept, taken)
"""


def batches(demo: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Members under numbers of their own."""
    members = pl.read_csv(demo / "ec.csv", columns=COLUMNS, infer_schema=False).select(COLUMNS)
    for begin in range(0, rows, BATCH):
        numbers = pl.int_range(begin, min(rows, begin + BATCH), eager=True)
        yield members[(numbers % members.height).to_list()].with_columns(
            member_id=pl.lit("E") + numbers.cast(pl.String).str.zfill(9)
        )


def written(address: str, demo: Path, rows: int) -> None:
    """A table of so many members at a new address."""
    url = sa.make_url(address)
    table = f"create table members ({', '.join(f'{name} text' for name in COLUMNS)})"
    if url.get_backend_name() == "duckdb":
        with duckdb.connect(str(url.database)) as connection:
            connection.execute(table)
            for batch in batches(demo, rows):
                connection.register("batch", batch.to_arrow())
                connection.execute("insert into members select * from batch")
        return
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(table)
        holes = ", ".join("?" * len(COLUMNS))
        for batch in batches(demo, rows):
            connection.exec_driver_sql(f"insert into members values ({holes})", batch.rows())
    engine.dispose()


def main() -> None:
    """Makes the tables, reads them and tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="oneid-tables-") as name:
        demo = Path(name)
        generate(records=min(args.rows, 100_000), seed=5).write(demo)
        for kind in ("sqlite", "duckdb"):
            for count in (args.rows // 10, args.rows):
                address = f"{kind}:///{demo}/{kind}_{count}.db"
                written(address, demo, count)
                command = [sys.executable, "-c", READ, address, *COLUMNS]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                read, seconds, kept, taken = map(float, done.stdout.split())
                assert read == count
                rows.append((kind, f"{count:,}", f"{seconds:.1f}", f"{kept:,.0f}", f"{taken:,.0f}"))
    head = ("database", "rows", "seconds", "MiB of the columns kept", "MiB at most")
    note = f"{len(COLUMNS)} columns of text."
    tell("reading a large table of a database", head, rows, note=note, write=not args.print_only)


if __name__ == "__main__":
    main()
