"""Kanji forms that stand for one another: 髙 for 高 (hard tier), 斉 for 斎 (soft tier).

The *hard* tier holds forms of one character that registers, vendors and clerks exchange freely; folding them is part of
the normalized name. The *soft* tier holds forms that some families keep apart, and simplified Chinese forms that stand
for one traditional character only; agreement under it is weaker evidence. Characters that look or sound alike but name
different families (坂 and 阪, 崎 and 埼, 藤 and 籐) are in neither.

Source: the old-to-new table of yosina (MIT) and our own lists; ``scripts/make_variant_data.py`` rebuilds the file. With
the ``itaiji`` extra the rare characters of :mod:`oneid.japanese.extras.itaiji` fold too.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

import polars as pl

from oneid.japanese.extras.itaiji import further

__all__ = ["fold_hard", "fold_soft"]


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    """Variant to canonical form for the tiers ``hard`` and ``soft``, read once."""
    text = resources.files("oneid.japanese.data").joinpath("kanji_variants.csv").read_text(encoding="utf-8")
    tiers: dict[str, dict[str, str]] = {"hard": {}, "soft": {}, "apart": {}}
    for row in csv.DictReader(text.splitlines()):
        tiers[row["tier"]][row["variant"]] = row["canonical"]
    hard, soft = further(tiers["hard"], frozenset(tiers["apart"]) | frozenset(tiers["soft"]))
    soft = {char: tiers["soft"].get(end, end) for char, end in soft.items()}
    return {"hard": tiers["hard"] | hard, "soft": tiers["soft"] | soft}


def _fold(expr: pl.Expr, tier: str) -> pl.Expr:
    table = _tables()[tier]
    return expr.str.replace_many(list(table), list(table.values()))


def fold_hard(expr: pl.Expr) -> pl.Expr:
    """Folds the hard tier; variation selectors are gone after :func:`oneid.japanese.text.tidy`.

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
