"""What the tables know of names without weighing them: for names that are not whole, and for lost characters."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import polars as pl

from oneid.japanese.nametables import given_names, surnames
from oneid.japanese.romaji import fold_tokens
from oneid.kinds.name.matching.parts import LOST

__all__ = [
    "LONE", "SPELLED", "SPELLED_KANA", "known_keys", "lone_families", "split_lost", "surname_kanji",
]  # fmt: skip

SPELLED_KANA = "^[ぁ-ゖァ-ヺー]+$"
SPELLED = "^(?:[ぁ-ゖァ-ヺー]+|[a-zà-ɏ'’.-]+)$"
"""Parts of a name in kana, and in kana or lower-case Latin letters."""
LONE = "^(?:[ぁ-ゖァ-ヺー]{2,}|[A-Za-z]{3,})$"
"""Handles that may be nothing but a family name."""
_LEAST_FAMILY = 2.0
"""Bearers per 100,000 from which a family name is one by its sound alone."""


@cache
def surname_kanji() -> pl.Series:
    """The shipped family names."""
    return surnames()["kanji"].unique().sort()


@cache
def known_keys() -> tuple[pl.Series, pl.Series]:
    """The folding keys of the shipped readings of family names, and of given names."""
    families, givens = (fold_tokens(table["reading"].unique()) for table in (surnames(), given_names()))
    return families.drop_nulls().unique().sort(), givens.drop_nulls().unique().sort()


@cache
def lone_families() -> frozenset[str]:
    """The folding keys of readings that are those of family names and of no given name."""
    table = surnames()
    keyed = pl.DataFrame({"key": fold_tokens(table["reading"]), "weight": table["weight"]}).drop_nulls()
    heard = keyed.group_by("key").agg(pl.col("weight").sum()).filter(pl.col("weight") >= _LEAST_FAMILY)["key"]
    return frozenset(heard) - frozenset(known_keys()[1])


@cache
def _weighed(role: str) -> tuple[tuple[str, float], ...]:
    """The names of a table and their weights, the commonest first."""
    table = surnames() if role == "family" else given_names()
    summed = table.group_by("kanji").agg(pl.col("weight").sum()).sort("weight", "kanji", descending=[True, False])
    return tuple(summed.rows())


@lru_cache(maxsize=4096)
def _weight(part: str, role: str) -> float:
    """The weight of the commonest name that a part with lost characters may be, 0 where it may be none."""
    if not part.strip(LOST):
        return 0.0
    shape = re.compile(re.escape(part).replace(LOST, "."))
    return next((weight for name, weight in _weighed(role) if shape.fullmatch(name)), 0.0)


@lru_cache(maxsize=4096)
def split_lost(name: str) -> tuple[str, str] | None:
    """Family and given name of a folded, unspaced name with lost characters (〓): the commonest names that it may be;
    null where no cut makes a known family name.

    >>> split_lost("〓橋太郎"), split_lost("佐藤和〓")
    (('〓橋', '太郎'), ('佐藤', '和〓'))
    """
    worths = []
    for cut in range(1, min(5, len(name))):
        family, given = _weight(name[:cut], "family"), _weight(name[cut:], "given")
        if family:
            worths.append((family * (given or 0.01), -abs(cut - 2), cut))
    if not worths:
        return None
    cut = max(worths)[2]
    return name[:cut], name[cut:]
