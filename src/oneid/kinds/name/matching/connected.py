"""What joins two kanji of a family name, and is written in several ways or not at all: 一之瀬, 一ノ瀬 and 一の瀬;
三ッ井 and 三ツ井; 関が原, 関ヶ原 and 関ケ原; 井ノ上 and 井上.

Written in whatever way it is one name. Left out it may be another one (竹ノ内 and 竹内): only where bearers of the
short form commonly read what is left out.
"""

from __future__ import annotations

from functools import cache, lru_cache

import polars as pl

from oneid.japanese.kanji import fold_soft
from oneid.japanese.likelyreadings import candidates
from oneid.japanese.quicktext import Pattern
from oneid.japanese.readings import verdicts_of

__all__ = ["JOINED", "connected", "fold_connected", "fold_unconnected", "left_out", "unconnected"]

_SPELLINGS = (("のノ乃之", "ノ"), ("つツッっ", "ツ"), ("けケヶがガかカヵ", "ケ"))
_ALL = "".join(spelled for spelled, _ in _SPELLINGS)
JOINED = rf"\p{{Han}}[{_ALL}]\p{{Han}}"
"""What every family name holds that this is about (Rust's ``regex``)."""
_LEAST_SHARE = 0.15
"""So many of the bearers of the short form read what is left out."""


def fold_connected(expr: pl.Expr) -> pl.Expr:
    """The soft tier of family names: that of all kanji, and what joins two of them in one spelling.

    >>> pl.select(fold_connected(pl.lit("一之瀬"))).item()
    '一ノ瀬'
    """
    folded = fold_soft(expr)
    joined = folded
    for spelled, connector in _SPELLINGS:
        joined = joined.str.replace_all(rf"(\p{{Han}})[{spelled}](\p{{Han}})", f"${{1}}{connector}$2")
    return pl.when(folded.str.contains(JOINED)).then(joined).otherwise(folded)


def fold_unconnected(expr: pl.Expr) -> pl.Expr:
    """:func:`fold_connected` without what joins two kanji."""
    return fold_soft(expr).str.replace_all(rf"(\p{{Han}})[{_ALL}](\p{{Han}})", "$1$2")


_HAN = "㐀-䶿一-鿿\U00020000-\U0003ffff\uf900-\ufaff々〆"
_STEPS = tuple((Pattern(f"([{_HAN}])[{spelled}]([{_HAN}])"), rf"\1{to}\2") for spelled, to in _SPELLINGS)
_ANY = Pattern(f"([{_HAN}])[{_ALL}]([{_HAN}])")


def connected(soft: str) -> str:
    """:func:`fold_connected` of one name whose soft tier is folded."""
    for pattern, to in _STEPS:
        soft = pattern.sub(to, soft)
    return soft


def unconnected(soft: str) -> str:
    """:func:`fold_unconnected` of one name whose soft tier is folded."""
    return _ANY.sub(r"\1\2", soft)


@cache
def _read(short: str) -> tuple[str, ...]:
    found = candidates(pl.Series([short]), "family", 4)
    return tuple(found.filter(pl.col("share") >= _LEAST_SHARE)["key"])


@lru_cache(maxsize=4096)
def left_out(a: str, b: str) -> bool:
    """Whether one family name is the other without what joins its kanji, and may be read like it.

    >>> left_out("井ノ上", "井上"), left_out("竹ノ内", "竹内")
    (True, False)
    """
    short, long = sorted((a, b), key=len)
    if len(short) == len(long) or not _ANY.search(long):
        return False
    sounds = _read(short)
    return any(verdict is True for verdict in verdicts_of([long] * len(sounds), list(sounds)))
