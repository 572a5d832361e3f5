"""Free text."""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import is_placeholder
from oneid.kinds.base import Kind
from oneid.kinds.plain.own import plain
from oneid.kinds.plain.tidied import judged, tidied

__all__ = ["TEXT", "text"]


def text(values: pl.Series) -> pl.DataFrame:
    """Free text, tidied; upper and lower case stay apart.

    >>> text(pl.Series(["　Ａ  b ", "なし"]))["normalized"].to_list()
    ['A b', None]
    """
    return judged(tidied(values), pl.col("display"), is_placeholder(pl.col("display")))


TEXT = Kind("text", text, plain)
"""Free texts."""
