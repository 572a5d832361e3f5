"""Putting a few rows into a large sorted table with one pass over it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["merged", "order_of"]


def order_of(old: pl.Series, keep: npt.NDArray[np.bool_], fresh: pl.Series) -> npt.NDArray[np.int64]:
    """The rows of :func:`merged` in those of the old table and, behind all of them, the fresh ones.

    >>> order_of(pl.Series(["a", "c", "e"]), np.array([True, True, False]), pl.Series(["b"])).tolist()
    [0, 3, 1]
    """
    rows = np.flatnonzero(keep).astype(np.int64)
    if not len(fresh):
        return rows
    places = old.search_sorted(fresh).to_numpy() if len(old) else np.zeros(len(fresh), np.int64)
    return np.insert(rows, np.searchsorted(rows, places), len(old) + np.arange(len(fresh)))


def merged(old: pl.DataFrame, keep: npt.NDArray[np.bool_], fresh: pl.DataFrame, by: str) -> pl.DataFrame:
    """The rows of ``old`` to ``keep`` and those of ``fresh``, in the order of column ``by`` (String, without nulls).

    Both come in that order, with the same columns, and no value of ``by`` is in both; rows of one value keep theirs.

    >>> old = pl.DataFrame({"k": ["a", "c", "c", "e"], "n": [1, 2, 3, 4]})
    >>> fresh = pl.DataFrame({"k": ["b", "d", "d"], "n": [5, 6, 7]})
    >>> merged(old, np.array([True, True, True, False]), fresh, "k").rows()
    [('a', 1), ('b', 5), ('c', 2), ('c', 3), ('d', 6), ('d', 7)]
    """
    order = order_of(old[by], keep, fresh[by])
    if not fresh.height:
        return old if order.size == old.height else old[order]
    return pl.concat([old.select(fresh.columns), fresh])[order]
