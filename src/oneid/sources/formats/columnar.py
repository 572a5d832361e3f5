"""Parquet, Arrow IPC and ORC files, whose columns have types.

Only what is wanted is read. A field within a struct is called ``a.b``; a list of plain values is several values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from oneid.sources.columnnames import check_columns
from oneid.sources.columntypes import foreign
from oneid.sources.formats.table import Request, Table, numbered
from oneid.sources.frames import arrow_to_text, number_columns
from oneid.sources.nested import names_within
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["read_columnar"]

_CALLED = {"parquet": "Parquet", "arrow": "Arrow IPC", "orc": "ORC"}


def read_columnar(path: Path, kind: str, request: Request) -> Table:
    """The wanted columns of a file of one of three kinds."""
    place = Place(str(path))
    hint = said(
        "was it written to the end? does its name end in {suffix} though it is something else?", suffix=path.suffix
    )
    broken = InputError("E210", said("the file cannot be read as {kind}", kind=_CALLED[kind]), place=place, hint=hint)
    with foreign(broken):
        schema, read, close = _OPENERS[kind](path)
    try:
        names = names_within(schema)
        flat = list(names)
        whole = {path[0]: path[:1] for path in names.values() if path[0] not in names}
        check_columns([*flat, *whole, *_doubled(schema)], request.columns, place, request.wanted_by)
        wanted = list(dict.fromkeys(flat if request.columns is None else request.columns))
        with foreign(broken):
            table = read(list(dict.fromkeys((names | whole)[name][0] for name in wanted)))
    finally:
        close()
    frame = arrow_to_text(table, wanted, request.ids, place, every=request.columns is None)
    return Table(frame, numbered(frame.height), numbers=number_columns(table))


def _doubled(schema: pa.Schema) -> list[str]:
    return [name for at, name in enumerate(schema.names) if name in schema.names[:at]]


_Opened = tuple[pa.Schema, Callable[[list[str]], pa.Table], Callable[[], None]]


def _parquet(path: Path) -> _Opened:
    file = pq.ParquetFile(path)
    return file.schema_arrow, lambda names: file.read(columns=names), file.close


def _orc(path: Path) -> _Opened:
    source = pa.OSFile(str(path))
    file = orc.ORCFile(source)
    return file.schema, lambda names: file.read(columns=names), source.close


def _arrow(path: Path) -> _Opened:
    """An IPC file (Feather 2 is one too), or a stream: its batches, of which the wanted columns are kept."""
    source = pa.OSFile(str(path))
    try:
        file = pa.ipc.open_file(source)
        batches: Iterable[pa.RecordBatch] = (file.get_batch(at) for at in range(file.num_record_batches))
        schema = file.schema
    except pa.ArrowInvalid:
        source.seek(0)
        stream = pa.ipc.open_stream(source)
        batches, schema = stream, stream.schema

    def read(names: list[str]) -> pa.Table:
        kept = pa.schema([schema.field(name) for name in names])
        return pa.Table.from_batches([batch.select(names) for batch in batches], kept)

    return schema, read, source.close


_OPENERS: dict[str, Callable[[Path], _Opened]] = {"parquet": _parquet, "arrow": _arrow, "orc": _orc}
