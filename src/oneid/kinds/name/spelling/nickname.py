"""Nicknames and handles."""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import is_placeholder, katakana
from oneid.kinds.plain.tidied import judged, tidied

__all__ = ["nickname"]


def nickname(values: pl.Series) -> pl.DataFrame:
    """Handles: tidied, in lower case, hiragana as katakana.

    >>> nickname(pl.Series(["Ｔａｒｏ♪", "ﾀﾛちゃん"]))["normalized"].to_list()
    ['taro♪', 'タロチャン']
    """
    bare = katakana(pl.col("display").str.to_lowercase().str.normalize("NFKC"))
    return judged(tidied(values), bare, is_placeholder(pl.col("value"), dummies=True))
