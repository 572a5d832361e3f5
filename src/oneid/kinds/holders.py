"""How many records hold each value: counted once over all records, and kept, so that a few records are compared as they
would be among all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.vocabulary.codes import Codes

__all__ = ["HEARD", "Borne", "Counted", "Holders", "Listed", "Numbers"]

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Listed:
    """Any number of ``codes`` per record, each once: ``rows`` says which record each is of."""

    codes: Codes
    rows: Numbers


Counted = Mapping[str, Sequence["Codes | Listed"]]
"""What records hold, by what is counted: codes, one per record (0: none), or any number of them."""

HEARD = "heard"
"""What is counted of names that are known by their sound alone: any such name is one value."""


def _no_codes() -> Codes:
    return np.zeros(0, dtype=np.uint64)


def _no_numbers() -> Numbers:
    return np.zeros(0, dtype=np.uint32)


@dataclass(frozen=True, eq=False)
class Holders:
    """How many ``records`` (UInt32) hold each of the ``codes`` (UInt64, ascending, each once, none 0)."""

    codes: Codes = field(default_factory=_no_codes)
    records: Numbers = field(default_factory=_no_numbers)

    def of(self, codes: Codes) -> Numbers:
        """How many hold each record's code: 1 for a code that is not known, 0 where there is none.

        >>> holders = Holders(np.array([5, 7], np.uint64), np.array([2, 9], np.uint32))
        >>> holders.of(np.array([7, 6, 0], np.uint64)).tolist()
        [9, 1, 0]
        """
        at = np.searchsorted(self.codes, codes)
        at[at == self.codes.size] = 0
        found: Numbers = np.ones(codes.size, dtype=np.uint32)
        if self.codes.size:
            known = self.codes[at] == codes
            found[known] = self.records[at[known]]
        found[codes == 0] = 0
        return found

    def plus(self, codes: Codes) -> Holders:
        """With further records, one per code; 0 is no code."""
        fresh, counts = np.unique(codes[codes != 0], return_counts=True)
        if not self.codes.size:
            return Holders(fresh, counts.astype(np.uint32))
        every, at = np.unique(np.concatenate((self.codes, fresh)), return_inverse=True)
        both = np.concatenate((self.records, counts)).astype(np.float64)
        return Holders(every, np.bincount(at, weights=both).astype(np.uint32))


@dataclass(frozen=True, eq=False)
class Borne:
    """How many records hold each value, by its code, of the ``records`` of ``sources`` (ascending).

    ``held``: by what is counted (:attr:`oneid.kinds.base.Facet.counted`), such as whole names or the words of a field.
    """

    sources: tuple[str, ...] = ()
    records: int = 0
    held: Mapping[str, Holders] = field(default_factory=dict)

    def of(self, what: str) -> Holders:
        """What was counted under a name; empty where nothing was."""
        return self.held.get(what, Holders())

    @property
    def heard(self) -> bool:
        """Whether any record has a name that is known by its sound alone."""
        return self.of(HEARD).codes.size > 0

    def plus(self, sources: pl.Series, counted: Counted) -> Borne:
        """With the records of sources that are not counted yet, and with all records in what never was counted (that of
        a field which is new). ``counted``: arrays of codes, each of the length of ``sources``, a row per record, or
        :class:`Listed`; a record counts once for each of its values.

        >>> codes = np.array([5, 5, 0], np.uint64)
        >>> Borne().plus(pl.Series(["a", "a", "b"]), {"kanji": [codes]}).of("kanji").records.tolist()
        [2]
        """
        fresh = ~sources.is_in(list(self.sources)).to_numpy()
        unknown = [what for what in counted if what not in self.held]
        if not (fresh.any() or unknown):
            return self
        held = dict(self.held)
        for what, arrays in counted.items():
            rows = None if what in unknown or fresh.all() else fresh
            codes = [np.zeros(0, np.uint64), *(_of_rows(array, rows) for array in arrays)]
            held[what] = self.of(what).plus(np.concatenate(codes))
        return Borne(tuple(sorted({*self.sources, *sources.unique()})), self.records + int(fresh.sum()), held)

    def only(self, counted: Counted) -> Borne:
        """Without the values that none of some records holds, so that nobody learns that others did.

        >>> codes = np.array([5, 7], np.uint64)
        >>> borne = Borne().plus(pl.Series(["a", "a"]), {"kanji": [codes]})
        >>> borne.only({"kanji": [codes[1:]]}).of("kanji").codes.tolist()
        [7]
        """
        held = {}
        for what, arrays in counted.items():
            holders, codes = self.of(what), [np.zeros(0, np.uint64), *(_of_rows(array, None) for array in arrays)]
            there = np.isin(holders.codes, np.unique(np.concatenate(codes)))
            held[what] = Holders(holders.codes[there], holders.records[there])
        return Borne(self.sources, self.records, held)


def _of_rows(codes: Codes | Listed, rows: npt.NDArray[np.bool_] | None) -> Codes:
    """The codes of some rows, or of all."""
    if isinstance(codes, Listed):
        return codes.codes if rows is None else codes.codes[rows[codes.rows]]
    return codes if rows is None else codes[rows]
