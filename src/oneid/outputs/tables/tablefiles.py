"""Tables as files: Parquet, Arrow to be memory-mapped, CSV that is safe for spreadsheets; each durable, with its
checksum.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias

import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source

from oneid.engines.mapped import let_go
from oneid.outputs.tables.blocksums import block_sums
from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.language import said

__all__ = [
    "BY_ROW", "CHANGES", "MAPPED", "NAME", "PARQUET_ONLY", "Encoder", "Kept", "Streamed", "ToWrite", "Written",
    "defused", "durable", "durable_text", "file_in", "sums", "sync", "undefused", "write_table",
]  # fmt: skip

NAME: Final = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*(\.[a-z]+)?")
MAPPED: Final = ("index/", "known/base/")
"""Tables of such names are written uncompressed, as Arrow files (``.arrow``), to be memory-mapped; never as CSV."""
BY_ROW: Final = ("known/base/features", "known/base/values")
"""Those of which few rows are read at a time: sums by block lie beside them (:mod:`oneid.outputs.tables.blocksums`)."""
CHANGES: Final = "changes/"
"""Before the names of tables that tell what changed since the run before."""
PARQUET_ONLY: Final = ("known/", "index/", CHANGES)
"""Tables of such names are never written as CSV."""
_GROUP: Final = 16_384
"""Rows in a group of a file of which few rows are read at a time."""
_AT_A_TIME: Final = 8 * _GROUP
_SIGNS: Final = "[=+\\-@\t\r\n＝＋－＠]"  # the characters that OWASP's page on CSV injection names
_FORMULA: Final = f"^'*{_SIGNS}"
_LED: Final = f"^'+{_SIGNS}"


@dataclass(frozen=True)
class Kept:
    """A table that stays as an earlier run wrote it: its ``file`` (Parquet or Arrow), which is linked to and not
    written again, what that run's ``run.json`` says of it, and the table itself, for where there are no links.
    ``sums``: the same of the file that has its sums by block, where it has one.
    """

    file: Path
    about: Mapping[str, object]
    table: Callable[[], pl.DataFrame]
    sums: tuple[Path, Mapping[str, object]] | None = None

    @property
    def height(self) -> int:
        """How many rows the table has."""
        return int(str(self.about["rows"]))


class ToWrite(Mapping[str, "Written"]):
    """Tables to be written, of some mappings: each is taken when it is its turn, so that not all are in memory."""

    def __init__(self, *parts: Mapping[str, Any]) -> None:
        """Of one name the last one's."""
        self._parts = {name: part for part in parts for name in part}

    def __getitem__(self, name: str) -> Written:
        """The table of that name; raises KeyError."""
        found: Written = self._parts[name][name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


@dataclass(frozen=True)
class Streamed:
    """A table that is never whole in memory: how many rows it has, and ``batches`` of so many rows at a time."""

    height: int
    batches: Callable[[int], Iterator[pl.DataFrame]]


Written: TypeAlias = pl.DataFrame | Kept | Streamed
"""What a file is made of."""


def defused(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` fit for a spreadsheet: lists joined by ``; ``, texts that it would run as formulas led by ``'``.

    Only texts and names of columns are touched; a number stays one, also a negative one. The characters are those of
    https://owasp.org/www-community/attacks/CSV_Injection.

    >>> defused(pl.DataFrame({"a": ["=1+1", "plain"], "b": [-1, 2]})).rows()
    [("'=1+1", -1), ('plain', 2)]
    """
    columns = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if isinstance(dtype, pl.List):
            column = column.cast(pl.List(pl.String)).list.join("; ")
        elif isinstance(dtype, (pl.Enum, pl.Categorical)):
            column = column.cast(pl.String)
        elif dtype.is_nested() or dtype == pl.Binary:
            raise InternalError("E931", said("a column of type {dtype} cannot be written as CSV", dtype=dtype))
        elif dtype != pl.String:
            columns.append(column)
            continue
        columns.append(pl.when(column.str.contains(_FORMULA)).then("'" + column).otherwise(column).alias(name))
    safe = frame.select(columns)
    return safe.rename(lambda name: "'" + name if re.match(_FORMULA, name) else name)


def undefused(column: str) -> pl.Expr:
    """The texts of a column that was read from a file which :func:`defused` went into, as they were."""
    return pl.when(pl.col(column).str.contains(_LED)).then(pl.col(column).str.slice(1)).otherwise(pl.col(column))


class Encoder:
    """Turns tables into the contents of their files while a run goes on to others, in a thread of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._made: dict[str, tuple[pl.DataFrame, Future[bytes]]] = {}

    def offer(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Takes the tables that are there by now, each once."""
        for name, table in tables.items():
            if name not in self._made:
                self._made[name] = table, self._pool.submit(_encoded, name, table)

    def contents(self, name: str, table: pl.DataFrame) -> bytes:
        """The contents of the table's file; waits where they are being made."""
        offered, coming = self._made.pop(name, (None, None))
        return _encoded(name, table) if coming is None or offered is not table else coming.result()


def write_table(staging: Path, name: str, table: Written, csv: bool, encoder: Encoder) -> dict[str, dict[str, object]]:
    """Writes one table; what run.json says of its files."""
    if isinstance(table, Kept):
        linked = [(table.file, table.about)] if table.sums is None else [(table.file, table.about), table.sums]
        try:
            for source, _ in linked:
                os.link(source, file_in(staging, f"{name}{source.suffix}"))
        except OSError:
            return write_table(staging, name, table.table(), csv, encoder)
        return {f"{name}{source.suffix}": dict(about) for source, about in linked}
    if isinstance(table, Streamed):
        path = file_in(staging, f"{name}.parquet")
        durable(path, partial(_write_packed, table))
        return {path.relative_to(staging).as_posix(): {**sums(path), "rows": table.height}}
    if name.startswith(MAPPED):
        made = _written_mapped(staging, name, table)
    else:
        file = f"{name}.parquet"
        contents = encoder.contents(name, table)
        durable(file_in(staging, file), lambda target: target.write(contents))
        made = {file: {**_about(contents), "rows": table.height}}
    if csv:
        path = file_in(staging, f"{name}.csv")
        durable(path, partial(_write_csv, table))
        made[f"{name}.csv"] = {**sums(path), "rows": table.height}
    return made


def _written_mapped(staging: Path, name: str, table: pl.DataFrame) -> dict[str, dict[str, object]]:
    path = file_in(staging, f"{name}.arrow")
    durable(path, partial(_write_arrow, table.rechunk()))
    if name not in BY_ROW:
        return {f"{name}.arrow": {**sums(path), "rows": table.height}}
    about, blocks = block_sums(path)
    durable(file_in(staging, f"{name}.sums"), lambda target: target.write(blocks))
    return {f"{name}.arrow": {**about, "rows": table.height}, f"{name}.sums": _about(blocks)}


def _write_csv(table: pl.DataFrame, file: BinaryIO) -> None:
    for begin in range(0, max(table.height, 1), _AT_A_TIME):
        safe = defused(table.slice(begin, _AT_A_TIME))
        safe.write_csv(file, include_bom=not begin, include_header=not begin, line_terminator="\r\n")
        let_go()


def _write_packed(table: Streamed, file: BinaryIO) -> None:
    """As few rows of it are read at a time: in small groups of rows, packed well; the same whatever the batches."""

    def rows(*_asked: object) -> Iterator[pl.DataFrame]:
        return table.batches(_AT_A_TIME)

    schema = next(table.batches(1), pl.DataFrame()).schema
    frame = register_io_source(rows, schema=schema)
    frame.sink_parquet(file, compression="zstd", compression_level=1, row_group_size=_GROUP, statistics=False)


def _about(contents: bytes) -> dict[str, object]:
    return {"sha256": hashlib.sha256(contents).hexdigest(), "bytes": len(contents)}


def _encoded(name: str, table: pl.DataFrame) -> bytes:
    """A table as a Parquet file. Row groups follow chunks, and equal tables shall give equal files."""
    target = io.BytesIO()
    compression: Literal["lz4", "zstd"] = "lz4" if name.startswith("known/") else "zstd"
    table.rechunk().write_parquet(target, compression=compression, statistics=True)
    return target.getvalue()


def _write_arrow(table: pl.DataFrame, file: BinaryIO) -> None:
    """As one batch, so that every column lies in one piece."""
    made = table.to_arrow(compat_level=pl.CompatLevel.oldest())
    with pa.ipc.new_file(file, made.schema) as writer:
        writer.write_table(made, max_chunksize=max(table.height, 1))


def file_in(folder: Path, name: str) -> Path:
    """``folder/name``, its folder made. Names are ours, so a strange one is a mistake of ours."""
    if not NAME.fullmatch(name) or name == "run.json":
        raise InternalError("E933", "an output has a name that is not one of a file")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def durable(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Makes the file, has it filled, and waits until it is on the disk."""
    with path.open("wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def durable_text(path: Path, text: str) -> None:
    """Makes the file of a text, likewise."""
    durable(path, lambda file: file.write(text.encode()))


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk; folders cannot be synchronised everywhere."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sums(path: Path) -> dict[str, object]:
    """A file's checksum and size."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}
