"""The tables of a run into a database: with keys and types, replaced in one transaction.

Tables are called ``oneid_merge_map`` and so on; a table of that name that has other columns is somebody else's and not
touched. Numbers without a sign of 64 bits, which no database has, are written as text. E325: there is no writing to it;
E307: a table is not ours.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from oneid.outputs.elsewhere.addresses import address_of, is_database, shown
from oneid.outputs.tables.changes import KEYS
from oneid.vocabulary.errors import OneIDError, OutputError, Place, UsageError
from oneid.vocabulary.language import said
from oneid.vocabulary.version import install

__all__ = ["QUIET", "export", "reason", "url_of", "without_driver"]

UNIQUE: Mapping[str, tuple[str, ...]] = {**KEYS, "rejected": ("source", "row")}
"""What is unique in a table."""
_INDEXED = ("oneid", "current_oneid")
_BATCH = 20_000
QUIET = "set enable_progress_bar = false"
"""Keeps DuckDB from drawing how far it is into what a command prints."""
_TYPES: Mapping[type[pl.DataType], Any] = {
    pl.Boolean: sa.Boolean, pl.Date: sa.Date, pl.Float32: sa.Double, pl.Float64: sa.Double, pl.UInt64: sa.Text,
}  # fmt: skip


def export(
    tables: Mapping[str, pl.DataFrame], to: str, *, prefix: str = "oneid_", schema: str | None = None
) -> list[str]:
    """Writes tables into the database at the address ``to`` (or ``env:NAME``), each as ``prefix`` and its name, and
    returns these names. All of them are replaced, or none.
    """
    address = address_of(to)
    if not is_database(address):
        hint = "as postgresql+psycopg://user@host/database, sqlite:///file.db or duckdb:///file.duckdb"
        raise UsageError("E404", "that is no address of a database", hint=hint)
    frames = {f"{prefix}{name}": (name, _plain(table)) for name, table in tables.items() if "/" not in name}
    place = Place(shown(address))
    url = url_of(address, Path())
    try:
        if url.get_backend_name() == "duckdb":
            _duckdb(frames, str(url.database), schema)
        else:
            _sql(frames, url, schema, place)
    except OneIDError:
        raise
    except ImportError as error:
        told, hint = without_driver(error)
        raise OutputError("E325", told, place=place, hint=hint) from None
    except Exception as error:  # noqa: BLE001 - whatever a driver raises
        told = said("the tables cannot be written: {reason}", reason=reason(error))
        raise OutputError("E325", told, place=place, hint="nothing was changed there") from None
    return list(frames)


def url_of(address: str, base: Path) -> sa.URL:
    """An address for SQLAlchemy; the file of an embedded database from the folder ``base``. E404 where it is none."""
    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        hint = "as postgresql+psycopg://user@host/database, or sqlite:///file.db"
        raise UsageError("E404", "the address of the database cannot be read", hint=hint) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() in ("sqlite", "duckdb") and url.database and url.database != ":memory:":
        url = url.set(database=str(base / url.database))
    return url


def without_driver(error: ImportError) -> tuple[str, str]:
    """What is said, and hinted, where the driver of a database is not installed."""
    hint = said("install it into the same environment: pip install {module}", module=error.name)
    if error.name == "psycopg":
        hint = said("{install}, for PostgreSQL", install=install("postgres"))
    return said("the database needs a driver: {module}", module=error.name), hint


def reason(error: Exception) -> str:
    """What kind of error a driver tells; its text may hold values of rows."""
    return type(getattr(error, "orig", None) or error).__name__


def _plain(table: pl.DataFrame) -> pl.DataFrame:
    """A table of types that every database has."""
    large = [pl.col(name).cast(pl.String) for name, kind in table.schema.items() if kind == pl.UInt64]
    nested = [pl.col(name).cast(pl.String) for name, kind in table.schema.items() if kind.is_nested()]
    return table.with_columns(*large, *nested)


def _table(name: str, short: str, frame: pl.DataFrame, metadata: sa.MetaData) -> sa.Table:
    keys = UNIQUE.get(short, ())
    columns = [
        sa.Column(column, _kind(kind, column in keys), primary_key=column in keys)
        for column, kind in frame.schema.items()
    ]
    indexes = [
        sa.Index(f"{name}_{column}", column) for column in _INDEXED if column in frame.columns and keys[:1] != (column,)
    ]
    return sa.Table(name, metadata, *columns, *indexes)


def _kind(kind: pl.DataType, key: bool) -> Any:  # noqa: ANN401 - a type of SQLAlchemy
    if isinstance(kind, pl.Datetime):
        return sa.DateTime(timezone=kind.time_zone is not None)
    if kind.is_integer():
        return sa.BigInteger()
    return _TYPES.get(type(kind), sa.Text)() if not key else sa.Text().with_variant(sa.String(255), "mysql", "mariadb")


def _sql(frames: Mapping[str, tuple[str, pl.DataFrame]], url: sa.URL, schema: str | None, place: Place) -> None:
    engine = sa.create_engine(url)
    if url.get_backend_name() == "sqlite":  # the driver's own transactions leave out what makes tables
        sa.event.listen(engine, "connect", lambda connection, _record: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    metadata = sa.MetaData(schema=schema)
    made = {name: _table(name, short, frame, metadata) for name, (short, frame) in frames.items()}
    try:
        with engine.begin() as connection:
            there = sa.inspect(connection)
            _refuse_strange({name: [column["name"] for column in there.get_columns(name, schema)]
                             for name in made if there.has_table(name, schema)}, frames, place)  # fmt: skip
            metadata.drop_all(connection)
            metadata.create_all(connection)
            for name, (_, frame) in frames.items():
                for batch in frame.iter_slices(_BATCH):
                    connection.execute(sa.insert(made[name]), batch.to_dicts())
    finally:
        engine.dispose()


def _refuse_strange(
    there: Mapping[str, Iterable[str]], frames: Mapping[str, tuple[str, pl.DataFrame]], place: Place
) -> None:
    """Refuses to replace a table that no export made. E307."""
    for name, columns in there.items():
        short, frame = frames[name]
        needed = UNIQUE.get(short) or tuple(frame.columns[:2])
        if not set(needed) <= set(columns):
            here = Place(place.file, None, said("table {name}", name=name))
            hint = "choose another prefix: --prefix NAME_"
            raise OutputError("E307", "a table of that name is there, and not one of ours", place=here, hint=hint)


def _duckdb(frames: Mapping[str, tuple[str, pl.DataFrame]], file: str, schema: str | None) -> None:
    duckdb = importlib.import_module("duckdb")
    place = Place(f"duckdb:///{file}")
    where = "" if schema is None else _quoted(schema) + "."
    with duckdb.connect(file) as connection:
        connection.execute(QUIET)
        connection.begin()
        for name, (short, frame) in frames.items():
            query = "select column_name from information_schema.columns where table_name = ? and table_schema = ?"
            there = [row[0] for row in connection.execute(query, [name, schema or "main"]).fetchall()]
            if there:
                _refuse_strange({name: there}, frames, place)
            keys = ", ".join(map(_quoted, UNIQUE.get(short, ())))
            connection.register("\x01new", frame.to_arrow())
            target = where + _quoted(name)
            connection.execute(f"drop table if exists {target}")
            connection.execute(f'create table {target} as select * from "\x01new" limit 0')  # noqa: S608 - names are quoted
            if keys:
                connection.execute(f"alter table {target} add primary key ({keys})")
            connection.execute(f'insert into {target} select * from "\x01new"')  # noqa: S608 - names are quoted
            connection.unregister("\x01new")
        connection.commit()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
