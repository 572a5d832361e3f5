"""Who looks at which pair: cases in order, each held by one person at a time, and pairs drawn for labels.

A *case* is what a person sees one after the other: a pair and all others that touch one of its OneIDs. Pairs are named
by their numbers in the list of those that wait.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from itertools import count, islice
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.vocabulary.references import Verdict

__all__ = ["Cases", "Queue", "draw"]

_PATIENCE = 900.0
"""Seconds after which a case of somebody who does nothing is given to others."""
_BAND = 200
"""Hundredths of a bit in one band of scores from which pairs are drawn."""


class Cases(Sequence[list[int]]):
    """The pairs, by the two persons ``a`` and ``b`` that each is about, as cases: the first pair that is in none yet
    with all later ones that share a person with it. Each case is made when it is asked for.

    >>> list(Cases(np.array([1, 5, 2, 7]), np.array([2, 6, 3, 1])))
    [[0, 2, 3], [1]]
    """

    def __init__(self, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> None:
        size = a.size
        person = np.concatenate((a, b))
        self._ends = a, b
        self._pairs = (np.argsort(person, kind="stable") % max(size, 1)).astype(np.uint32)
        most = int(person.max()) if size else 0
        self._starts = np.searchsorted(np.sort(person), np.arange(most + 2))
        self._of = np.full(size, -1, dtype=np.int64)
        self._made: list[list[int]] = []
        self._from = 0

    def __len__(self) -> int:
        while self._more():
            pass
        return len(self._made)

    def __getitem__(self, case: Any) -> Any:  # noqa: ANN401 - a case; no slices are asked for
        while case >= len(self._made):
            if not self._more():
                raise IndexError(case)
        return self._made[case]

    def of(self, number: int) -> int:
        """The case of a pair."""
        while self._of[number] < 0:
            self._more()
        return int(self._of[number])

    @property
    def pairs(self) -> int:
        """How many there are."""
        return self._of.size

    def _more(self) -> bool:
        while self._from < self._of.size and self._of[self._from] >= 0:
            self._from += 1
        if self._from == self._of.size:
            return False
        found = [self._pairs[self._starts[end] : self._starts[end + 1]] for end in (e[self._from] for e in self._ends)]
        case = np.unique(np.concatenate(found))
        case = case[self._of[case] < 0]
        self._of[case] = len(self._made)
        self._made.append(case.tolist())
        return True


class Queue:
    """The cases in order. A *seat* is one person in one window; whoever holds a case goes on with it. Not for several
    threads at once: its owner sees to that.
    """

    def __init__(self, order: Cases, done: Collection[int] = (), clock: Callable[[], float] = monotonic) -> None:
        self._order, self._clock = order, clock
        self._done = set(done)
        self._held: dict[int, tuple[str, float]] = {}
        self._first = 0

    @property
    def waiting(self) -> int:
        """How many pairs are not decided."""
        return self._order.pairs - len(self._done)

    @property
    def decided(self) -> int:
        """How many are."""
        return len(self._done)

    def is_done(self, number: int) -> bool:
        """Whether a pair is decided."""
        return number in self._done

    def next(self, seat: str) -> int | None:
        """The pair that a seat is to look at: of the case that it holds, else of the first case that nobody holds;
        None where there is none.
        """
        mine = [case for case, (holder, _) in self._held.items() if holder == seat]
        for case in mine:
            number = self._open(case)
            if number is not None and self._hold(case, seat):
                return number
            self._held.pop(case, None)
        for case in self._open_cases():
            number = self._open(case)
            if number is not None and self._hold(case, seat):
                return number
        return None

    def _open_cases(self) -> Iterator[int]:
        """The cases with a pair that is not decided."""
        with suppress(IndexError):
            while self._open(self._first) is None:
                self._first += 1
            for case in count(self._first):
                if self._open(case) is not None:
                    yield case

    def take(self, number: int, seat: str) -> bool:
        """Gives a seat the case of one pair in place of its own; False where another holds it."""
        if not 0 <= number < self._order.pairs or not self._hold(self._order.of(number), seat):
            return False
        mine = self._order.of(number)
        for case in [case for case, (holder, _) in self._held.items() if holder == seat and case != mine]:
            del self._held[case]
        return True

    def holder(self, number: int) -> str | None:
        """The seat that holds a pair."""
        held = self._held.get(self._order.of(number))
        return None if held is None or held[1] < self._clock() else held[0]

    def finish(self, number: int) -> None:
        """A pair is decided."""
        self._done.add(number)

    def reopen(self, number: int) -> None:
        """It is not any more."""
        self._done.discard(number)
        self._first = min(self._first, self._order.of(number))

    def place(self, number: int) -> tuple[int, int]:
        """Which pair of its case it is, from 1, and of how many."""
        case = self._order[self._order.of(number)]
        return case.index(number) + 1, len(case)

    def ahead(self, most: int) -> list[list[int]]:
        """The next cases that have open pairs, at most so many."""
        return [list(self._order[case]) for case in islice(self._open_cases(), most)]

    def _open(self, case: int) -> int | None:
        return next((number for number in self._order[case] if number not in self._done), None)

    def _hold(self, case: int, seat: str) -> bool:
        now = self._clock()
        held = self._held.get(case)
        if held is not None and held[0] != seat and held[1] >= now:
            return False
        self._held[case] = (seat, now + _PATIENCE)
        return True


def draw(patterns: pl.DataFrame, pairs: pl.DataFrame, most: int) -> npt.NDArray[np.intp]:
    """Pairs for labels, as places in ``pairs`` (pattern, and more): of each verdict and band of scores as many, as far
    as there are. The same run gives the same draw, in an order that tells nothing of the verdict.

    ``patterns``: pattern, score and verdict.
    """
    band = pl.col("score").cast(pl.Int64) // _BAND
    known = patterns.select("pattern", "verdict", band=band)
    rows = pairs.select("pattern").with_row_index("at").join(known, on="pattern", maintain_order="left")
    rows = rows.filter(pl.col("verdict").is_in([str(one) for one in Verdict]))
    mixed = rows.with_columns(turn=pl.col("at").cast(pl.UInt64) * 2_654_435_761 % 2**32)
    ranked = mixed.sort("turn", "at").with_columns(rank=pl.int_range(pl.len()).over("verdict", "band"))
    chosen = ranked.sort("rank", "turn", "at").head(most)["at"].to_list()
    chosen.sort(key=lambda at: hashlib.sha256(str(at).encode()).digest())
    return np.array(chosen, dtype=np.intp)
