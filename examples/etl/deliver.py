"""Stands for the systems that deliver: four files of a day, and the shop's members in a database of its own.

    SHOP_DATABASE=sqlite:///shop.db python deliver.py --ds 2026-11-22

The members are made up. Every day the shop has one more of them, and one who has moved; with systems of your own this
script is not needed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from oneid.demo import generate

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Makes the day's folder in ``landing``, and the table ``members`` of the shop."""
    parser = argparse.ArgumentParser(description="Demo members of one day")
    parser.add_argument("--ds", required=True, type=dt.date.fromisoformat, help="the day, such as 2026-11-22")
    parser.add_argument("--records", type=int, default=2000)
    arguments = parser.parse_args()

    landing = HERE / "landing" / arguments.ds.isoformat()
    generate(records=arguments.records, seed=1).write(landing)
    members = pl.read_csv(landing / "ec.csv", infer_schema=False)
    (landing / "ec.csv").unlink()

    members = members.head(members.height - 31 + arguments.ds.day)
    moved = pl.int_range(pl.len()) == arguments.ds.day
    members = members.with_columns(street=pl.when(moved).then(pl.lit("1-2-3")).otherwise("street"))
    address = sa.make_url(os.environ["SHOP_DATABASE"])
    members.write_database("members", sa.create_engine(address), if_table_exists="replace")


if __name__ == "__main__":
    main()
