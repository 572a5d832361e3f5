"""64-bit equality codes: a column becomes an array of integers that are equal where the values are, 0 where null.

Codes are hashes, so nothing may depend on a code's value or order, only on equality. Two different values of a
column of a million meet with a probability of about 3e-8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = [
    "Codes",
    "among",
    "both",
    "code",
    "distinct",
    "distinct_pairs",
    "equal",
    "is_in",
    "list_codes",
    "mix",
    "order",
]

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


def order(codes: Codes) -> npt.NDArray[np.intp]:
    """What ``np.argsort(codes, kind="stable")`` gives, for codes whose upper bits are spread like those of hashes, in a
    third of the time: their upper bits and their places are sorted as one number each.

    The few codes that agree in the upper bits alone are sorted again by all of them, so the order is exact.

    >>> order(np.array([9, 5, 9, 0], dtype=np.uint64)).tolist()
    [3, 1, 0, 2]
    """
    bits = np.uint64(max(codes.size - 1, 1).bit_length())
    ends = (np.uint64(1) << bits) - np.uint64(1)
    words = np.sort((codes & ~ends) | np.arange(codes.size, dtype=np.uint64))
    places: npt.NDArray[np.intp] = (words & ends).astype(np.intp)
    words >>= bits
    sorted_ = codes[places]
    mixed = np.flatnonzero((words[1:] == words[:-1]) & (sorted_[1:] != sorted_[:-1]))
    if mixed.size:
        at = np.flatnonzero(is_in(words, words[mixed]))
        places[at] = places[at][np.lexsort((places[at], sorted_[at]))]
    return places


def distinct_pairs(left: Codes, right: Codes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Index of a first example of each distinct unordered pair of codes, and the inverse that leads back to all."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    key = mix(low, high)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return first, inverse


def among(codes: Codes, values: Codes) -> npt.NDArray[np.bool_]:
    """Which of ``codes`` are among the few sorted ``values``, told by the ends of the codes first."""
    if not values.size:
        return np.zeros(codes.size, dtype=np.bool_)
    bits = min(max(int(values.size).bit_length() + 4, 8), 26)
    ends = np.uint64((1 << bits) - 1)
    marked = np.zeros(1 << bits, dtype=np.bool_)
    marked[(values & ends).astype(np.intp)] = True
    found: npt.NDArray[np.bool_] = marked[(codes & ends).astype(np.intp)]
    at = np.flatnonzero(found)
    found[at] = is_in(codes[at], values)
    return found


def is_in(codes: Codes, values: Codes) -> npt.NDArray[np.bool_]:
    """Which of ``codes`` are among the sorted ``values``, of which there is one at least."""
    place = np.searchsorted(values, codes)
    place[place == values.size] = 0
    found: npt.NDArray[np.bool_] = values[place] == codes
    return found


def distinct(codes: Codes) -> tuple[Codes, npt.NDArray[np.uint32]]:
    """The distinct ones of many codes of few kinds, sorted, and the place of each code among them.

    >>> found, places = distinct(np.array([7, 5, 7], dtype=np.uint64))
    >>> found.tolist(), places.tolist()
    ([5, 7], [1, 0, 1])
    """
    found = np.sort(pl.Series(codes).unique().to_numpy())
    if not found.size:
        return found, np.zeros(0, dtype=np.uint32)
    shift = np.uint64(64 - min(found.size.bit_length() + 6, 24))
    table = np.zeros(1 << int(np.uint64(64) - shift), dtype=np.uint32)
    table[(found * _ODD) >> shift] = np.arange(found.size, dtype=np.uint32)
    places = table[(codes * _ODD) >> shift]
    other = np.flatnonzero(found[places] != codes)  # two kinds of one slot
    places[other] = np.searchsorted(found, codes[other])
    return found, places
