"""Tables that lie in a file and not in memory while nothing looks at them.

The file is Arrow's, memory-mapped, and has no name: it is made in the folder for temporary files (``TMPDIR``), open to
this process alone, and goes with it whatever ends it. Where there is no room for it the table stays in memory.
"""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import polars as pl
import pyarrow as pa

__all__ = ["LEAST", "Laid", "Table", "in_memory", "laid_down", "let_go"]

LEAST = 16_000_000
"""So many bytes of values at least are worth a file."""

Table: TypeAlias = pl.DataFrame | pa.Table
"""Rows in memory, or in a memory-mapped file."""

_MAPS: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def laid_down(frame: pl.DataFrame, least: int | None = None) -> Table:
    """The frame as a table in a file, one piece per column; the frame itself where it has less than ``least`` bytes
    (left out: :data:`LEAST`), or there is no room.

    >>> laid_down(pl.DataFrame({"a": ["x", None]}), least=0).to_pydict()
    {'a': ['x', None]}
    """
    if frame.is_empty() or frame.estimated_size() < (LEAST if least is None else least):
        return frame
    try:
        with tempfile.TemporaryFile(prefix="oneid-") as file:
            made = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
            with pa.ipc.new_file(file, made.schema) as writer:
                writer.write_table(made, max_chunksize=frame.height)
            del made
            file.flush()
            held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError:
        return frame
    _MAPS.add(held)
    let_go()
    return pa.ipc.open_file(pa.BufferReader(pa.py_buffer(held))).read_all()


def in_memory(table: Table) -> pl.DataFrame:
    """The table as a frame; texts stay in the file."""
    made = table if isinstance(table, pl.DataFrame) else pl.from_arrow(table)
    assert isinstance(made, pl.DataFrame)
    return made


class Laid(Mapping[str, pl.DataFrame]):
    """Tables by name, of which those in files are read when they are asked for, and those that a function makes are
    made then; as long as anybody holds one it is the same object.
    """

    def __init__(self, *parts: Mapping[str, Table | Callable[[], pl.DataFrame]] | Laid) -> None:
        """All tables of some mappings; of one name the last one's."""
        self._tables: dict[str, Table | Callable[[], pl.DataFrame]] = {}
        self._held: weakref.WeakValueDictionary[str, pl.DataFrame] = weakref.WeakValueDictionary()
        for part in parts:
            self._tables |= part._tables if isinstance(part, Laid) else part

    @classmethod
    def down(cls, frames: Mapping[str, pl.DataFrame]) -> Laid:
        """Tables that are laid down, where that is worth it.

        >>> tables = Laid.down({"a": pl.DataFrame({"x": [1]})})
        >>> tables["a"] is tables["a"]
        True
        """
        return cls({name: laid_down(frame) for name, frame in frames.items()})

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The table of that name; raises KeyError."""
        held = self._held.get(name)
        if held is None:
            table = self._tables[name]
            held = table() if callable(table) else in_memory(table)
            self._held[name] = held
        return held

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __reduce__(self) -> tuple[type[Laid], tuple[dict[str, Table]]]:
        made = {name: self[name] if callable(table) else table for name, table in self._tables.items()}
        return Laid, (made,)


def let_go() -> None:
    """Tells the system that what was read of the files is not needed in memory now; it is read again when it is."""
    if hasattr(mmap, "MADV_DONTNEED"):
        for held in list(_MAPS):
            held.madvise(mmap.MADV_DONTNEED)
