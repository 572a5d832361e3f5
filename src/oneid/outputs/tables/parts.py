"""Whole tables that are not written: the file of an earlier run, the rows that came since, and which rows follow which.

With ``outputs: changes`` a small run leaves a table that people see as three files, from which it is made again where
it is read (:mod:`oneid.outputs.runtables`), row by row as it was::

    known/whole/<table>    the table as an earlier run wrote it: linked to, not written again
    known/since/<table>    rows of now that are not in it
    known/spans/<table>    start, length: runs of rows of both, the first before the second, in the order of the table
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.outputs.tables.changes import NEW
from oneid.outputs.tables.tablefiles import Kept

__all__ = ["SINCE", "SPANS", "WHOLE", "is_part", "parted", "places", "rebuilt"]

WHOLE: Final = "known/whole/"
SINCE: Final = "known/since/"
SPANS: Final = "known/spans/"
MOST: Final = 0.125
"""Where more rows than this share came later, whole tables are written again."""

Rows = npt.NDArray[np.int64]
Base = tuple[Kept, int, Rows]
"""The file of a table of the run before, its rows, and the place of each row of the table in it and the rows since."""


def is_part(name: str) -> bool:
    """Whether a table is one of the three."""
    return name.startswith((WHOLE, SINCE, SPANS))


def places(spans: pl.DataFrame) -> Rows:
    """The place of each row of a table.

    >>> places(pl.DataFrame({"start": [3, 0], "length": [2, 3]})).tolist()
    [3, 4, 0, 1, 2]
    """
    start, length = (spans[name].to_numpy().astype(np.int64) for name in ("start", "length"))
    ends = np.cumsum(length)
    made: Rows = np.arange(int(length.sum()), dtype=np.int64) + np.repeat(start - (ends - length), length)
    return made


def _spans(place: Rows) -> pl.DataFrame:
    first = np.flatnonzero(np.diff(place, prepend=-2) != 1)
    length = np.diff(first, append=place.size)
    return pl.DataFrame({"start": place[first], "length": length}, schema={"start": pl.UInt32, "length": pl.UInt32})


def rebuilt(whole: pl.DataFrame, since: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """The table that the three are."""
    place = places(spans)
    if not since.height and place.size == whole.height and spans.height < 2:
        return whole
    return pl.concat([whole, since])[place]


def parted(
    tables: Mapping[str, pl.DataFrame], same: Mapping[str, Rows], base: Callable[[str], Base]
) -> dict[str, pl.DataFrame | Kept] | None:
    """The files of ``tables`` in parts. ``same``: by table the row of the run before that each row equals; ``base``
    tells of a table what that run has of it. None where that would save too little.
    """
    made: dict[str, pl.DataFrame | Kept] = {}
    held, later = 0, 0
    for name, rows in same.items():
        kept, height, before = base(name)
        place = np.full(rows.size, height, dtype=np.int64)
        place[rows != NEW] = before[rows[rows != NEW]]
        since = np.flatnonzero(place >= height)
        place[since] = height + np.arange(since.size)
        held, later = held + height, later + since.size
        made |= {WHOLE + name: kept, SINCE + name: tables[name][since], SPANS + name: _spans(place)}
    return None if later > MOST * held else made
