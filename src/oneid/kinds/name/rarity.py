"""How many records bear a name: what the data shows, shrunk towards how common the name is in Japan.

In a small file every name is borne by few records, yet two 佐藤洋子 are more likely two people than two 小鳥遊凛. So
the shipped tables of family and given names (their bearers per 100,000) stand for :data:`PRIOR` further records: a name
that the data shows n times in N records, and that the tables let expect with the probability p, counts as borne by
(n + PRIOR p) / (N + PRIOR) of max(N, PRIOR) records. This is the mean of a Gamma-Poisson posterior; at a million
records the tables hardly matter. p is the product of the shares of the family and of the given name, 0 for names in no
table.

What the data shows can be kept, :class:`Borne`, so that the names of a few records are as common as among all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.nametables import given_names, surnames
from oneid.japanese.romaji import fold_tokens
from oneid.vocabulary.codes import Codes

__all__ = ["PRIOR", "Borne", "Holders", "bearers", "expected", "held"]

PRIOR = 50_000
"""How many records the tables stand for."""

Counts = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.uint32]


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
    """How many records bear each name, by its code, of the ``records`` of ``sources`` (ascending).

    ``kanji``: whole names in kanji; ``key``: folding keys; ``heard``: whether any record has a key and no kanji.
    """

    sources: tuple[str, ...] = ()
    records: int = 0
    heard: bool = False
    kanji: Holders = field(default_factory=Holders)
    key: Holders = field(default_factory=Holders)

    def plus(self, sources: pl.Series, kanji: Codes, key: Codes) -> Borne:
        """With the records of sources that are not counted yet. Source and codes are of one length, a row per record.

        >>> codes = np.array([5, 5, 0], np.uint64)
        >>> Borne().plus(pl.Series(["a", "a", "b"]), codes, codes).kanji.records.tolist()
        [2]
        """
        fresh = ~sources.is_in(list(self.sources)).to_numpy()
        if not fresh.any():
            return self
        if not fresh.all():
            sources, kanji, key = sources.filter(pl.Series(fresh)), kanji[fresh], key[fresh]
        return Borne(
            tuple(sorted({*self.sources, *sources.unique()})),
            self.records + len(sources),
            self.heard or bool(((kanji == 0) & (key != 0)).any()),
            self.kanji.plus(kanji),
            self.key.plus(key),
        )


def held(codes: Codes) -> Numbers:
    """How many of these records hold each record's code; 0 where there is none."""
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    found = counts[inverse].astype(np.uint32)
    found[codes == 0] = 0
    return found


@cache
def _shares(role: str, kind: str) -> pl.DataFrame:
    """The share of all bearers that each name has: word, share. ``kind`` is ``kanji``, or ``key`` for folding keys."""
    table = surnames() if role == "family" else given_names()
    word = table["kanji"] if kind == "kanji" else fold_tokens(table["reading"])
    words = table.select("weight", word=word).drop_nulls()
    summed = words.group_by("word", maintain_order=True).agg(pl.col("weight").sum())
    return summed.select("word", share=pl.col("weight") / pl.col("weight").sum())


def expected(family: pl.Series, given: pl.Series, kind: str) -> Counts:
    """The probability of each name by the tables, 0 where a part is null or unknown; ``kind``: ``kanji`` or ``key``.

    >>> common, rare = expected(pl.Series(["佐藤", "小鳥遊"]), pl.Series(["洋子", "凛"]), "kanji")
    >>> bool(common > 5e-5), bool(rare < 1e-6)
    (True, True)
    """
    product = np.ones(len(family), dtype=np.float32)
    for role, part in (("family", family), ("given", given)):
        words = part.cast(pl.String).alias("word").to_frame()
        found = words.join(_shares(role, kind), on="word", how="left", maintain_order="left")
        product *= found["share"].fill_null(0.0).cast(pl.Float32).to_numpy()
    return product


def bearers(counts: Numbers, expected: Counts, records: int | None = None) -> Counts:
    """How many records count as bearing each record's name. ``counts``: how many do, 0 where there is no name, of so
    many ``records`` (left out: of these).

    >>> bearers(np.array([2, 2, 0], np.uint32), np.array([1e-4, 0, 0], np.float32)).round(1).tolist()
    [7.0, 2.0, 0.0]
    """
    every = counts.size if records is None else records
    rate = (counts + np.float32(PRIOR) * expected) / np.float32(every + PRIOR)
    found: Counts = np.where(counts > 0, rate * np.float32(max(every, PRIOR)), 0).astype(np.float32)
    return found
