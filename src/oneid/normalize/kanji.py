"""Kanji forms that stand for one another: 髙 for 高 (hard tier), 斉 for 斎 (soft tier).

The *hard* tier holds forms of one character that registers, vendors and clerks exchange freely; folding them is part of
the normalized name. The *soft* tier holds forms that some families keep apart; agreement under it is weaker evidence.
Characters that look or sound alike but name different families (坂 and 阪, 崎 and 埼, 藤 and 籐) are in neither.

Source: the old-to-new table of yosina (MIT) and our own lists; ``scripts/make_variant_data.py`` rebuilds the file.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import polars as pl

__all__ = ["fold_hard", "fold_soft"]


@cache
def _table(tier: str) -> dict[str, str]:
    text = resources.files("oneid.data").joinpath("kanji_variants.csv").read_text(encoding="utf-8")
    return {row["variant"]: row["canonical"] for row in csv.DictReader(text.splitlines()) if row["tier"] == tier}


def _fold(expr: pl.Expr, tier: str) -> pl.Expr:
    table = _table(tier)
    return expr.str.replace_many(list(table), list(table.values()))


def fold_hard(expr: pl.Expr) -> pl.Expr:
    """Folds the hard tier; variation selectors are gone after :func:`oneid.normalize.text.tidy`.

    >>> pl.select(fold_hard(pl.lit("髙橋 渡邉 齋藤"))).item()
    '高橋 渡辺 斎藤'
    """
    return _fold(expr, "hard")


def fold_soft(expr: pl.Expr) -> pl.Expr:
    """Folds the soft tier of text whose hard tier is folded already.

    >>> pl.select(fold_soft(pl.lit("斉藤 中嶋"))).item()
    '斎藤 中島'
    """
    return _fold(expr, "soft")
