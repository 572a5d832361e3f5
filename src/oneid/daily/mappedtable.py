"""Wide tables of which a run needs few rows: most rows lie in the file of an earlier run, memory-mapped; the rest were
added since.

The rows of all parts have *places*, 0, 1, ... in the order of the parts. A table of now is an array of places, row by
row, so a change to a few records moves numbers and no texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

__all__ = ["Overlay", "Part"]

_SLICES = 24
"""So few rows are cut out one by one."""

Rows = npt.NDArray[np.uint32]
Part: TypeAlias = pl.DataFrame | pa.Table
"""Rows in memory, or in a memory-mapped file."""


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

    def __len__(self) -> int:
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
        frames = [_frame(part, self.columns) for part in self.parts]
        made = self._together(frames, self.heights(), self.columns)
        if self.place.size == made.height and (self.place == np.arange(made.height, dtype=np.uint32)).all():
            return made
        return made[self.place]

    def column(self, name: str) -> pl.Series:
        """One column of all rows."""
        if len(self.parts) == 1 or "whole" in vars(self):
            return self.whole[name]
        return Overlay(self.parts, self.place, (name,)).whole[name]

    def with_rows(self, place: Rows, part: pl.DataFrame) -> Overlay:
        """The table with one part more, whose columns are those of now, and other places."""
        return Overlay((*self.parts, part), place, tuple(part.columns))

    @cached_property
    def schema(self) -> dict[str, pl.DataType]:
        """The columns with their types: those of the newest part that has them."""
        known: dict[str, pl.DataType] = {}
        for part in self.parts:
            known |= _frame(part if isinstance(part, pl.DataFrame) else part.slice(0, 0), self.columns).schema
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
    some = part.select([name for name in columns if name in part.column_names])
    if rows.size <= _SLICES:  # what Arrow computes with takes longer to load
        taken = pa.concat_tables([some.slice(row, 1) for row in rows.tolist()] or [some.slice(0, 0)])
    else:
        taken = some.take(pa.Array.from_buffers(pa.int64(), rows.size, [None, pa.py_buffer(rows)]))
    made = pl.from_arrow(taken)
    assert isinstance(made, pl.DataFrame)
    return made
