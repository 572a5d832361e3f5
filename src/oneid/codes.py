"""64-bit equality codes: a column becomes an array of integers that are equal where the values are, 0 where null.

Codes are hashes, so nothing may depend on a code's value or order, only on equality. Two different values of a
column of a million meet with a probability of about 3e-8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["Codes", "both", "code", "distinct_pairs", "equal", "list_codes", "mix"]

Codes = npt.NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def code(column: pl.Series) -> Codes:
    """The codes of a column; 0 exactly where it is null."""
    hashed = column.hash(seed=20_26).to_numpy().copy()
    hashed[hashed == 0] = 1
    if column.null_count():
        hashed[column.is_null().to_numpy()] = 0
    return hashed


def list_codes(column: pl.Series) -> list[Codes]:
    """The codes of a List column, one array per place in the list, as many as the longest list has (at least one)."""
    lengths = column.list.len()
    longest = max(int(lengths.max() or 0), 1)  # type: ignore[arg-type]
    frame = column.to_frame("v")
    places = frame.select(pl.col("v").list.get(i, null_on_oob=True).alias(str(i)) for i in range(longest))
    arrays = [code(places[str(i)]) for i in range(longest)]
    for i in range(1, longest):
        for earlier in arrays[:i]:
            arrays[i][arrays[i] == earlier] = 0
    return arrays


def mix(*parts: Codes) -> Codes:
    """One code of several; 0 where any part is 0 (a key with a missing part is no key).

    >>> a = np.array([5, 5, 0], dtype=np.uint64)
    >>> b = np.array([7, 8, 7], dtype=np.uint64)
    >>> mixed = mix(a, b)
    >>> bool(mixed[0] != mixed[1]), int(mixed[2])
    (True, 0)
    """
    mixed = parts[0].copy()
    missing = parts[0] == 0
    for part in parts[1:]:
        mixed ^= mixed >> _SHIFT
        mixed *= _ODD
        mixed += part
        missing |= part == 0
    if len(parts) > 1:
        mixed ^= mixed >> _SHIFT
        mixed *= _ODD
        mixed[mixed == 0] = 1
    mixed[missing] = 0
    return mixed


def equal(left: Codes, right: Codes) -> npt.NDArray[np.bool_]:
    """Where both are there and equal."""
    same: npt.NDArray[np.bool_] = (left == right) & (left != 0)
    return same


def both(left: Codes, right: Codes) -> npt.NDArray[np.bool_]:
    """Where both are there."""
    there: npt.NDArray[np.bool_] = (left != 0) & (right != 0)
    return there


def distinct_pairs(left: Codes, right: Codes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Index of a first example of each distinct unordered pair of codes, and the inverse that leads back to all."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    key = mix(low, high)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return first, inverse
