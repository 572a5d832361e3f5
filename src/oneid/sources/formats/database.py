"""Tables and queries of databases as columns of text: by SQLAlchemy, of DuckDB by itself. Read in batches, never
written to: within a transaction that may only read, where the database has such.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pyarrow as pa
import sqlalchemy as sa

from oneid.outputs.elsewhere.addresses import shown
from oneid.outputs.elsewhere.databases import QUIET, reason, url_of, without_driver
from oneid.sources.columnnames import check_columns
from oneid.sources.formats.table import Request, Table, numbered
from oneid.sources.frames import cells_to_text, project, read_frame
from oneid.vocabulary.errors import InputError, OneIDError, Place
from oneid.vocabulary.language import said

__all__ = ["read_database"]

_BATCH = 50_000
_SETTINGS = f"{QUIET}; set arrow_output_version = '1.4'; set produce_arrow_string_view = true"
"""Has DuckDB give cells of up to 12 bytes as Polars keeps them, without a buffer beside them."""


def read_database(address: str, request: Request, base: Path) -> Table:
    """The wanted columns of the table or query that the config names. E201, E206, E211, E219."""
    place = Place(shown(address))
    layout = request.layout
    if layout.table is None and layout.query is None:
        hint = "add 'table: NAME' or 'query: SELECT ...' to the source"
        raise InputError("E219", "it is not said what is read of the database", place=place, hint=hint)
    url = url_of(address, base)
    embedded = url.get_backend_name() in ("sqlite", "duckdb")
    if embedded and not Path(url.database or "").is_file():
        raise InputError("E201", "there is no such file", place=place, hint="relative to the folder of the config")
    try:
        return _duckdb(url, request, place) if url.get_backend_name() == "duckdb" else _sql(url, request, place)
    except OneIDError:
        raise
    except ImportError as error:
        told, hint = without_driver(error)
        raise InputError("E211", told, place=place, hint=hint) from None
    except Exception as error:  # noqa: BLE001 - whatever a driver raises
        told = said("the database cannot be read: {reason}", reason=reason(error))
        hint = "do address, table or query, and rights hold? try the same with the database's own program"
        raise InputError("E219", told, place=place, hint=hint) from None


def _sql(url: sa.URL, request: Request, place: Place) -> Table:
    kind = url.get_backend_name()
    if kind == "sqlite":
        url = url.set(database="file:" + quote(Path(str(url.database)).as_posix()), query={"mode": "ro", "uri": "true"})
    engine = sa.create_engine(url)
    options: dict[str, Any] = {"stream_results": True, "yield_per": _BATCH}
    if kind == "postgresql":
        options["postgresql_readonly"] = True
    try:
        with engine.connect().execution_options(**options) as connection:
            result = connection.execute(_query(connection, request, place))
            names = list(result.keys())
            check_columns(names, request.columns, place, request.wanted_by)
            wanted = list(dict.fromkeys(names if request.columns is None else request.columns))
            at = [names.index(name) for name in wanted]
            return _table(
                ([[row[k] for row in rows] for k in at] for rows in result.partitions()), wanted, request, place
            )
    finally:
        engine.dispose()


def _query(connection: sa.Connection, request: Request, place: Place) -> sa.Executable:
    """The query of the config, or of its table the wanted columns."""
    if request.layout.query is not None:
        return sa.text(request.layout.query.replace(":", r"\:"))
    schema, _, name = str(request.layout.table).rpartition(".")
    try:
        known = [column["name"] for column in sa.inspect(connection).get_columns(name, schema or None)]
    except sa.exc.NoSuchTableError:
        known = []
    if not known:
        hint = "with its schema, if that is another: table: crm.members"
        raise InputError("E219", said("there is no table '{name}'", name=name), place=place, hint=hint)
    check_columns(known, request.columns, place, request.wanted_by)
    wanted = known if request.columns is None else request.columns
    columns: list[sa.ColumnClause[Any]] = [sa.column(column) for column in dict.fromkeys(wanted)]
    return sa.select(*columns).select_from(sa.table(name, *columns, schema=schema or None))


def _table(
    batches: Iterator[Sequence[Sequence[object]]], wanted: Sequence[str], request: Request, place: Place
) -> Table:
    frames = [pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))]
    numbers: dict[str, str] = {}
    for cells in batches:
        numbers = numbers or {
            name: "number" for name, column in zip(wanted, cells, strict=True) if _are_numbers(column)
        }
        frames.append(cells_to_text(dict(zip(wanted, cells, strict=True)), request.ids, place))
    frame = pl.concat(frames)
    return Table(frame, numbered(frame.height), numbers=numbers)


def _are_numbers(values: Sequence[object]) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in there)


def _duckdb(url: sa.URL, request: Request, place: Place) -> Table:
    duckdb = importlib.import_module("duckdb")
    with duckdb.connect(str(url.database), read_only=True) as connection:
        connection.execute(_SETTINGS)
        layout = request.layout
        relation = connection.sql(layout.query) if layout.query is not None else connection.table(str(layout.table))
        read = [read_frame(one, request.columns, request.ids, place.file or "") for one in _batches(relation, request)]
    frame = pl.concat(one for one, _ in read)
    return Table(frame, numbered(frame.height), numbers=read[0][1])


def _batches(relation: Any, request: Request) -> Iterator[pa.Table]:  # noqa: ANN401 - DuckDB may not be there
    """The rows of the columns that may be asked for, one table without rows first, which tells their types."""
    reader = project(relation, request.columns).to_arrow_reader(_BATCH)
    yield reader.schema.empty_table()
    for batch in reader:
        yield pa.Table.from_batches([batch])
