"""Categories: one of a few words."""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import is_placeholder
from oneid.kinds.base import Kind
from oneid.kinds.plain.own import plain
from oneid.kinds.plain.tidied import judged, tidied

__all__ = ["CATEGORY", "category"]


def category(values: pl.Series) -> pl.DataFrame:
    """One of a few words: tidied and in lower case.

    >>> category(pl.Series(["ＧＯＬＤ", "Gold "]))["normalized"].to_list()
    ['gold', 'gold']
    """
    lower = pl.col("display").str.to_lowercase().str.normalize("NFKC")
    return judged(tidied(values), lower, is_placeholder(pl.col("display")))


CATEGORY = Kind("category", category, plain)
"""Categories."""
