"""How many records hold a value of a field of one's own, among those that have one: what makes a value rare.

Counted over all records and kept with what was learned (:class:`oneid.kinds.holders.Borne`), so that few records, of a
delta or a look-up, are compared as they would be among all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from oneid.kinds.holders import Borne, Numbers
from oneid.vocabulary.codes import Codes

__all__ = ["RARE", "any_value", "bits", "is_rare", "records_with_any"]

RARE = 100
"""A value is rare where at most one of so many records that have a value hold it."""

_ANY = np.uint64(1)
"""Counted once for each record that has a value."""
_PER_BIT = 16


def any_value(places: Sequence[Codes]) -> Codes:
    """The code by which records with a value are counted; 0 for those without."""
    there = np.zeros(places[0].size, dtype=np.bool_)
    for codes in places:
        there |= codes != 0
    return there.astype(np.uint64)


def records_with_any(what: str, borne: Borne) -> int:
    """How many records have a value at all; at least one."""
    return int(borne.of(what).of(np.array([_ANY]))[0])


def is_rare(what: str, codes: Codes, borne: Borne) -> npt.NDArray[np.bool_]:
    """Which values are rare: at most one in :data:`RARE` of the records that have a value hold it.

    In a file of fewer than twice so many records no value that two of them share is rare: too little is known of it.
    """
    held: npt.NDArray[np.uint64] = borne.of(what).of(codes).astype(np.uint64)
    rare: npt.NDArray[np.bool_] = held * np.uint64(RARE) <= np.uint64(records_with_any(what, borne))
    return rare


def bits(held: Numbers, records: int) -> npt.NDArray[np.int64]:
    """What it says that a text has a word which ``held`` of ``records`` texts have, in sixteenths of a bit, at least
    one: log2((records + 1) / held), the information of the word (Sparck Jones 1972). A word counts as held twice at
    least, for one that two texts share is. Whole numbers, so that sums do not depend on their order.

    >>> bits(np.array([1, 2, 512, 1023], np.uint32), 1023).tolist()
    [144, 144, 16, 1]
    """
    said = np.log2((records + 1) / np.maximum(held, 2).astype(np.float64))
    found: npt.NDArray[np.int64] = np.maximum(np.rint(said * _PER_BIT), 1).astype(np.int64)
    return found
