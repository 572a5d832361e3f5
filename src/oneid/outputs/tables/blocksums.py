"""Sums by block of large files of which few rows are read: what is read is compared, and the rest is not.

Beside ``x.arrow`` lies ``x.sums``: where its rows begin and end (two unsigned numbers of 8 bytes, the lowest first),
and the first 16 bytes of the SHA-256 of each block of 64 KiB, in order. What stands before and behind the rows (names,
types, where columns lie) is compared before it is read.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa

__all__ = ["Blocks", "Damaged", "block_sums", "read_at"]

_BLOCK = 1 << 16
_SUM = 16
_HEAD = struct.Struct("<QQ")
_READ = 1 << 22


class Damaged(ValueError):
    """A block is not as its sum says."""


def read_at(file: BinaryIO, block: memoryview, at: int) -> int:
    """Reads bytes from a place of an open file into ``block``; how many. Its position is left alone where the system
    can, for others may read it meanwhile.
    """
    if sys.platform != "win32":
        return os.preadv(file.fileno(), [block], at)
    file.seek(at)
    return file.readinto(block)


def block_sums(path: Path) -> tuple[dict[str, object], bytes]:
    """The checksum and the size of an Arrow file, as ``run.json`` has them, and what its ``.sums`` is to hold."""
    whole, sums, size = hashlib.sha256(), bytearray(), 0
    with path.open("rb") as file:
        while piece := file.read(_READ):
            whole.update(piece)
            size += len(piece)
            for at in range(0, len(piece), _BLOCK):
                sums += hashlib.sha256(memoryview(piece)[at : at + _BLOCK]).digest()[:_SUM]
    return {"sha256": whole.hexdigest(), "bytes": size}, _HEAD.pack(*_extent(path, size)) + bytes(sums)


def _extent(path: Path, size: int) -> tuple[int, int]:
    """Where the buffers of the rows begin and end in an Arrow file; its size twice where it has none."""
    with pa.memory_map(str(path)) as mapped:
        first = mapped.read_buffer(size).address
        columns = pa.ipc.open_file(mapped).read_all().columns
        chunks = [chunk for column in columns for chunk in column.chunks]
        buffers = [one for chunk in chunks for one in _plain(chunk).buffers() if one is not None and one.size]
        begin = min((one.address - first for one in buffers), default=size)
        return begin, max((one.address - first + one.size for one in buffers), default=size)


def _plain(column: pa.Array) -> pa.Array:
    """A column, of a dictionary only the indices: the dictionaries stand before the rows."""
    return column.indices if pa.types.is_dictionary(column.type) else column


class Blocks:
    """An open Arrow file with what its ``.sums`` holds. No block of it is read before it was compared."""

    def __init__(self, file: BinaryIO, size: int, sums: bytes) -> None:
        self._file = file
        self._block = memoryview(bytearray(_BLOCK))
        self._sums = sums[_HEAD.size :]
        self._seen = np.zeros(len(self._sums) // _SUM, dtype=np.bool_)
        begin, end = _HEAD.unpack_from(sums)
        self.compare(0, begin)
        self.compare(end, size)

    def compare(self, begin: int, end: int) -> None:
        """Compares the blocks that hold the bytes from ``begin`` to before ``end``. Raises :class:`Damaged`."""
        if begin >= end:
            return
        for number in range(begin // _BLOCK, (end - 1) // _BLOCK + 1):
            if self._seen[number]:
                continue
            size = read_at(self._file, self._block, number * _BLOCK)
            made = hashlib.sha256(self._block[:size]).digest()[:_SUM]
            if made != self._sums[number * _SUM : (number + 1) * _SUM]:
                raise Damaged
            self._seen[number] = True

    def rows(self, table: pa.Table, base: int, rows: Sequence[int]) -> pl.DataFrame:
        """Copies of some rows of the table that lies in the file, whose first byte is at the address ``base``. No
        slices: libraries look at the ends of what a slice is of, which were not compared.
        """
        none = pl.from_arrow(table.slice(0, 0))
        assert isinstance(none, pl.DataFrame)
        cells: dict[str, list[object]] = {name: [] for name in table.column_names}
        for row in rows:
            for name, column in zip(table.column_names, table.slice(row, 1).columns, strict=True):
                for chunk in column.chunks:
                    for address, size in _places(chunk):
                        self.compare(address - base, address - base + size)
                cells[name] += column.to_pylist()
        return pl.DataFrame(cells, schema=none.schema)  # Arrow would load pandas for lists


def _places(column: pa.Array) -> Iterator[tuple[int, int]]:
    """Address and size of what a column is read from. What one of them tells of the next is read when that is asked
    for.
    """
    column = _plain(column)
    kind, at, count = column.type, column.offset, len(column)
    if not count or pa.types.is_null(kind):
        return
    valid, *rest = column.buffers()
    if valid is not None:
        yield _bits(valid, at, count)
    if pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            yield from _places(column.field(number))
    elif pa.types.is_boolean(kind):
        yield _bits(rest[0], at, count)
    elif _is_long(kind):
        width = 8 if str(kind).startswith("large_") else 4
        yield rest[0].address + at * width, (count + 1) * width
        ends = np.frombuffer(rest[0], np.int64 if width == 8 else np.int32)
        first, last = int(ends[at]), int(ends[at + count])
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            yield from _places(column.values.slice(first, last - first))
        elif last > first:
            yield rest[1].address + first, last - first
    else:
        width = kind.bit_width // 8
        yield rest[0].address + at * width, count * width


def _is_long(kind: pa.DataType) -> bool:
    """Whether offsets tell where a value ends."""
    asked = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_list,
        pa.types.is_large_list,
    )  # fmt: skip
    return any(one(kind) for one in asked)


def _bits(buffer: pa.Buffer, at: int, count: int) -> tuple[int, int]:
    return buffer.address + at // 8, (at + count - 1) // 8 - at // 8 + 1
