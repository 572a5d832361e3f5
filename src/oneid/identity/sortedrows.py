"""Putting a few rows into a large sorted table with one pass over it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["merged"]


def merged(old: pl.DataFrame, keep: npt.NDArray[np.bool_], fresh: pl.DataFrame, by: str) -> pl.DataFrame:
    """The rows of ``old`` to ``keep`` and those of ``fresh``, in the order of column ``by`` (String, without nulls).

    Both come in that order, with the same columns, and no value of ``by`` is in both; rows of one value keep theirs.

    >>> old = pl.DataFrame({"k": ["a", "c", "c", "e"], "n": [1, 2, 3, 4]})
    >>> fresh = pl.DataFrame({"k": ["b", "d", "d"], "n": [5, 6, 7]})
    >>> merged(old, np.array([True, True, True, False]), fresh, "k").rows()
    [('a', 1), ('b', 5), ('c', 2), ('c', 3), ('d', 6), ('d', 7)]
    """
    rows = np.flatnonzero(keep)
    if not fresh.height:
        return old if rows.size == old.height else old[rows]
    places = old[by].search_sorted(fresh[by]).to_numpy() if old.height else np.zeros(fresh.height, np.int64)
    at = np.searchsorted(rows, places)
    order = np.insert(rows, at, old.height + np.arange(fresh.height))
    return pl.concat([old.select(fresh.columns), fresh])[order]
