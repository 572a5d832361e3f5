"""Frames into tables and queries into frames, as fast as each database takes and gives them.

Moments are whole microseconds since 1970 on the way: ``Datetime`` columns of a frame are written as such, and read as
such where the contract says ``Datetime``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from oneid.registry.schema import METADATA, text_type

__all__ = ["Contract", "drop_setting", "fetch", "insert", "listed", "put_setting", "setting", "table"]

_ROWS: Final = 50_000
_TUPLES: Final = 500
"""Rows fetched at a time: more of them alive keep the garbage collector busy (a million: 2.0 s, else 3.5)."""

_MANY: Final = 100_000
"""From so many rows on, indexes are cheaper made anew than kept up."""

Contract = Mapping[str, "pl.DataType | type[pl.DataType]"]


def insert(connection: sa.Connection, into: sa.Table, frame: pl.DataFrame) -> None:
    """Adds the rows of ``frame``, whose columns are named as those of ``table`` (in any order).

    An empty table is filled with many rows without its indexes, which are made afterwards.
    """
    if frame.is_empty():
        return
    moments = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    frame = frame.with_columns(pl.col(moments).dt.epoch("us")) if moments else frame
    fill = (
        len(frame) >= _MANY and connection.execute(sa.select(sa.literal(1)).select_from(into).limit(1)).first() is None
    )
    if fill:
        for index in into.indexes:
            index.drop(connection)
    if connection.dialect.name == "postgresql":
        _copy(connection, into, frame)
    else:
        _bind(connection, into, frame)
    if fill:
        for index in sorted(into.indexes, key=lambda index: str(index.name)):
            index.create(connection)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ANALYZE {into.name}")


def _bind(connection: sa.Connection, into: sa.Table, frame: pl.DataFrame) -> None:
    statement: Any = into.insert().compile(dialect=connection.dialect, column_keys=frame.columns)
    ordered = frame.select(statement.positiontup)
    cursor = connection.connection.cursor()
    try:
        for part in ordered.iter_slices(_ROWS):
            rows = zip(*(column.to_list() for column in part.get_columns()), strict=True)
            cursor.executemany(str(statement), rows)  # type: ignore[arg-type]
    finally:
        cursor.close()


def _copy(connection: sa.Connection, into: sa.Table, frame: pl.DataFrame) -> None:
    """Polars quotes texts and leaves nulls bare, which is how COPY tells an empty text from a null."""
    names = ", ".join(f'"{name}"' for name in frame.columns)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {into.name} ({names}) FROM STDIN (FORMAT csv)") as copy:
        for part in frame.iter_slices(_ROWS):
            text = io.BytesIO()
            part.write_csv(text, include_header=False, quote_style="non_numeric")
            copy.write(text.getvalue())


def fetch(connection: sa.Connection, query: sa.Select[Any], contract: Contract) -> pl.DataFrame:
    """The rows of ``query``, whose columns are those of ``contract`` in its order, read piece by piece."""
    moments = [name for name, kind in contract.items() if isinstance(kind, pl.Datetime)]
    kinds = {name: pl.Int64 if name in moments else kind for name, kind in contract.items()}
    parts = [pl.DataFrame(schema=kinds)]
    streamed = connection.execute(query, execution_options={"stream_results": True, "max_row_buffer": _TUPLES})
    for rows in streamed.partitions(_TUPLES):
        columns = zip(kinds.items(), zip(*rows, strict=True), strict=True)
        parts.append(pl.DataFrame([pl.Series(name, list(cells), kind) for (name, kind), cells in columns]))
    frame = pl.concat(parts)
    return frame.with_columns(pl.from_epoch(pl.col(moments), "us").dt.replace_time_zone("UTC")) if moments else frame


@contextmanager
def listed(connection: sa.Connection, frame: pl.DataFrame) -> Iterator[sa.Table]:
    """A temporary table ``named`` of the text columns of ``frame``, for statements that concern many rows."""
    columns = [sa.Column(name, text_type()) for name in frame.columns]
    table = sa.Table("named", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    table.create(connection, checkfirst=False)
    insert(connection, table, frame)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE named")
    yield table
    table.drop(connection, checkfirst=False)


def table(name: str) -> sa.Table:
    """A table of the registry."""
    return METADATA.tables[name]


def setting(connection: sa.Connection, name: str) -> str | None:
    """What the registry keeps of itself under a name."""
    settings = table("settings")
    value = connection.execute(sa.select(settings.c.value).where(settings.c.name == name)).scalar()
    return None if value is None else str(value)


def put_setting(connection: sa.Connection, name: str, value: str) -> None:
    """Keeps something of the registry itself under a name."""
    drop_setting(connection, name)
    connection.execute(table("settings").insert(), {"name": name, "value": value})


def drop_setting(connection: sa.Connection, name: str) -> None:
    """Keeps it no more."""
    settings = table("settings")
    connection.execute(settings.delete().where(settings.c.name == name))
