"""Wide tables of which a run needs few rows, or few columns at a time: most rows lie in the file of an earlier run, or
in one that this run laid down (:mod:`oneid.engines.mapped`), memory-mapped; the rest were added since.

The rows of all parts have *places*, 0, 1, ... in the order of the parts. A table of now is an array of places, row by
row, so a change to a few records moves numbers and no texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from oneid.engines.mapped import Table as Part
from oneid.engines.mapped import let_go

__all__ = ["Overlay", "Part"]

_SLICES = 24
"""So few rows are cut out one by one."""
_MANY = 0.02
"""Where more rows than this share of a part are taken, their columns are looked at as a whole."""

Rows = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Overlay:
    """Row ``r`` of the table is the row at ``place[r]`` of the ``parts``, one after the other; ``columns`` are those
    that it has, in order. A part that lacks one has nulls there.
    """

    parts: tuple[Part, ...]
    place: Rows
    columns: tuple[str, ...]

    @classmethod
    def plain(cls, frame: pl.DataFrame) -> Overlay:
        """A frame as it is."""
        return cls((frame,), np.arange(frame.height, dtype=np.uint32), tuple(frame.columns))

    @classmethod
    def stacked(cls, parts: Sequence[Part], place: Rows | None = None) -> Overlay:
        """Tables one after the other, with the columns of any; ``place``: in another order.

        >>> Overlay.stacked([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2], "b": [3]})]).of(np.array([1, 0])).rows()
        [(2, 3), (1, None)]
        """
        heights = sum(_height(part) for part in parts)
        order = np.arange(heights, dtype=np.uint32) if place is None else place
        return cls(tuple(parts), order, tuple(dict.fromkeys(name for part in parts for name in names_of(part))))

    def __len__(self) -> int:
        return self.place.size

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self.place.size

    def heights(self) -> list[int]:
        """The rows of each part."""
        return [_height(part) for part in self.parts]

    def of(self, rows: npt.NDArray[np.integer], columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Some rows, in the given order; ``columns``: not all of them.

        >>> table = Overlay((pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [3]})), np.array([2, 0], "u4"), ("a",))
        >>> table.of(np.array([1, 0, 1]))["a"].to_list()
        [1, 3, 1]
        """
        return self.at(self.place[rows], columns)

    def at(self, places: Rows, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows at some places."""
        wanted = self.columns if columns is None else tuple(columns)
        starts = np.cumsum([0, *self.heights()])
        part = np.searchsorted(starts, places, side="right") - 1
        used = np.unique(part).tolist() or [len(self.parts) - 1]
        taken, sizes = [], []
        for number in used:
            mine = places[part == number].astype(np.int64) - starts[number]
            taken.append(_take(self.parts[number], mine, wanted))
            sizes.append(mine.size)
        made = self._together(taken, sizes, wanted)
        if len(used) == 1:
            return made
        order = np.empty(places.size, dtype=np.uint32)
        order[np.argsort(part, kind="stable")] = np.arange(places.size, dtype=np.uint32)
        return made[order]

    @cached_property
    def whole(self) -> pl.DataFrame:
        """All rows, in memory."""
        return self.select(self.columns)

    def select(self, columns: Sequence[str]) -> pl.DataFrame:
        """Some columns of all rows, in memory."""
        first = int(self.place[0]) if self.place.size else 0
        rising = np.arange(first, first + self.place.size, dtype=np.uint32)
        if not np.array_equal(self.place, rising):
            return self.at(self.place, columns)
        heights = self.heights()
        frames, sizes = [], []
        for part, start, height in zip(self.parts, np.cumsum([0, *heights]).tolist(), heights, strict=False):
            begin, end = max(first - start, 0), min(first + self.place.size - start, height)
            if begin < end:
                frames.append(_frame(part.slice(begin, end - begin), columns))
                sizes.append(end - begin)
        if not frames:
            frames, sizes = [_frame(self.parts[-1].slice(0, 0), columns)], [0]
        return self._together(frames, sizes, tuple(columns))

    def column(self, name: str) -> pl.Series:
        """One column of all rows."""
        return self.select((name,))[name]

    def slice(self, offset: int, length: int | None = None) -> Overlay:
        """Some rows that follow each other."""
        end = None if length is None else offset + length
        return Overlay(self.parts, self.place[offset:end], self.columns)

    def only(self, columns: Sequence[str]) -> Overlay:
        """Some columns, which stay where they are."""
        return Overlay(self.parts, self.place, tuple(columns))

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pl.DataFrame]:
        """Some columns, so many ``rows`` at a time; of no rows once."""
        for offset in range(0, max(self.height, 1), rows):
            yield self.slice(offset, rows).select(columns)
            let_go()

    def with_rows(self, place: Rows, parts: Sequence[Part]) -> Overlay:
        """The table with more parts, whose columns are those of now, and other places."""
        return Overlay((*self.parts, *parts), place, Overlay.stacked(parts).columns)

    @cached_property
    def schema(self) -> dict[str, pl.DataType]:
        """The columns with their types: those of the newest part that has them."""
        known: dict[str, pl.DataType] = {}
        for part in self.parts:
            known |= _frame(part.slice(0, 0), self.columns).schema
        return {name: known.get(name, pl.Null()) for name in self.columns}

    def _together(self, frames: Sequence[pl.DataFrame], heights: Sequence[int], columns: Sequence[str]) -> pl.DataFrame:
        def column(frame: pl.DataFrame, height: int, name: str) -> pl.Series:
            kind = self.schema[name]
            if name not in frame.columns:
                return pl.repeat(None, height, dtype=kind, eager=True).alias(name)
            return frame[name].cast(kind)

        return pl.concat(
            pl.DataFrame([column(frame, height, name) for name in columns])
            for frame, height in zip(frames, heights, strict=True)
        )


def names_of(part: Part) -> list[str]:
    """The columns of a part."""
    return part.columns if isinstance(part, pl.DataFrame) else list(part.column_names)


def _height(part: Part) -> int:
    return part.height if isinstance(part, pl.DataFrame) else int(part.num_rows)


def _frame(part: Part, columns: Sequence[str]) -> pl.DataFrame:
    if isinstance(part, pl.DataFrame):
        return part.select(name for name in columns if name in part.columns)
    made = pl.from_arrow(part.select([name for name in columns if name in part.column_names]))
    assert isinstance(made, pl.DataFrame)
    return made


def _take(part: Part, rows: npt.NDArray[np.int64], columns: Sequence[str]) -> pl.DataFrame:
    if isinstance(part, pl.DataFrame):
        frame = _frame(part, columns)
        return frame[rows] if frame.width else frame
    if rows.size > _MANY * part.num_rows:
        frame = _frame(part, columns)
        return frame[rows] if frame.width else frame
    some = part.select([name for name in columns if name in part.column_names])
    if rows.size <= _SLICES:  # what Arrow computes with takes longer to load
        taken = pa.concat_tables([some.slice(row, 1) for row in rows.tolist()] or [some.slice(0, 0)])
    else:
        taken = some.take(pa.Array.from_buffers(pa.int64(), rows.size, [None, pa.py_buffer(rows)]))
    made = pl.from_arrow(taken)
    assert isinstance(made, pl.DataFrame)
    return made
