"""How many records bear a name: what the data shows, shrunk towards how common the name is in Japan.

In a small file every name is borne by few records, yet two 佐藤洋子 are more likely two people than two 小鳥遊凛. So
the shipped tables of family and given names (their bearers per 100,000) stand for :data:`PRIOR` further records: a name
that the data shows n times in N records, and that the tables let expect with the probability p, counts as borne by
(n + PRIOR p) / (N + PRIOR) of max(N, PRIOR) records. This is the mean of a Gamma-Poisson posterior; at a million
records the tables hardly matter. p is the product of the shares of the family and of the given name, 0 for names in no
table.

What the data shows can be kept (:class:`oneid.kinds.holders.Borne`), so that the names of a few records are as common
as among all.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.nametables import given_names, surnames
from oneid.japanese.romaji import fold_tokens
from oneid.kinds.holders import Numbers
from oneid.vocabulary.codes import Codes

__all__ = ["PRIOR", "bearers", "expected", "held"]

PRIOR = 50_000
"""How many records the tables stand for."""

Counts = npt.NDArray[np.float32]


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
