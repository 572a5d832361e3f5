"""Many rows into a table and out of it."""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from oneid.registry.bulk import fetch, insert, table
from oneid.registry.opening import WRITING, open_engine
from registry.conftest import Place

MANY = 100_000


def indexes(connection: sa.Connection) -> dict[str | None, list[str | None]]:
    """The columns of each index of the events."""
    return {index["name"]: index["column_names"] for index in sa.inspect(connection).get_indexes("events")}


def test_many_rows_into_an_empty_table_keep_its_indexes(place: Place) -> None:
    """All rows are there, read in order; what was made anew is what was there; more rows come on top."""
    place.open()
    engine, _ = open_engine(place.url, place.folder, create=False)
    of = table("events")
    number = pl.int_range(MANY, eager=True, dtype=pl.Int64)
    names = {"oneid": pl.lit("O"), "other_oneid": pl.lit(None, pl.String), "source": pl.lit("a"),
             "source_id": pl.lit("1"), "reason": pl.lit("new")}  # fmt: skip
    frame = pl.DataFrame({"run": number // 1000, "place": number % 1000}).with_columns(event=pl.lit("joined"), **names)
    contract = {"run": pl.UInt32, "place": pl.UInt32, "event": pl.String}
    query = sa.select(of.c.run, of.c.place, of.c.event).order_by(of.c.run, of.c.place)
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        before = indexes(connection)
        insert(connection, of, frame)
        assert indexes(connection) == before
        assert len(before) == 3
        found = fetch(connection, query, contract)
        assert found.equals(frame.select(list(contract)).cast(dict(contract)))
        insert(connection, of, frame.tail(2).with_columns(run=pl.lit(MANY)))
        insert(connection, of, frame.clear())
        assert fetch(connection, query, contract).height == MANY + 2
    engine.dispose()
