"""What the tables know of names without weighing them: for names that are not whole, and for lost characters."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import polars as pl

from oneid.japanese.kanji import fold_hard
from oneid.japanese.likelyreadings import keys_of
from oneid.japanese.nametables import given_names, surnames
from oneid.kinds.name.matching.parts import LOST

__all__ = [
    "LONE", "SPELLED", "SPELLED_KANA", "known_keys", "lone_families", "split_lost", "surname_kanji", "whole_names",
]  # fmt: skip

SPELLED_KANA = "^[ぁ-ゖァ-ヺー]+$"
SPELLED = "^(?:[ぁ-ゖァ-ヺー]+|[a-zà-ɏ'’.-]+)$"
"""Parts of a name in kana, and in kana or lower-case Latin letters."""
LONE = "^(?:[ぁ-ゖァ-ヺー]{2,}|[A-Za-z]{3,})$"
"""Handles that may be nothing but a family name."""
_ALL_LOST = re.compile(f"({LOST}{{1,3}})([^{LOST}]{{1,3}})")
"""A name of whose family name nothing is left."""
_LEAST_FAMILY = 2.0
"""Bearers per 100,000 from which a family name is one by its sound alone."""


@cache
def surname_kanji() -> pl.Series:
    """The shipped family names."""
    return surnames()["kanji"].unique().sort()


@cache
def _given_kanji() -> frozenset[str]:
    return frozenset(given_names()["kanji"])


def whole_names(values: pl.Series) -> pl.Series:
    """Which texts are a shipped family name with a shipped given name behind it, in kanji (and kana behind it).

    >>> whole_names(pl.Series(["髙橋 一郎", "鈴木太郎", "鈴木", "残高", "商品"])).to_list()
    [True, True, False, False, False]
    """
    bare = values.str.normalize("NFKC").str.replace_all(r"\s+", "").alias("value")
    folded = bare.to_frame().select(fold_hard(pl.col("value"))).to_series()
    families, given = frozenset(surname_kanji()), _given_kanji()
    return pl.Series(
        [
            text is not None
            and re.fullmatch(_WHOLE, text) is not None
            and any(text[:cut] in families and text[cut:] in given for cut in range(1, len(text)))
            for text in folded
        ],
        dtype=pl.Boolean,
    )


_WHOLE = r"[\u3005\u3400-\u9fff\U00020000-\U0003ffff][\u3005\u3400-\u9fff\U00020000-\U0003ffffぁ-ゖァ-ヺー]{1,7}"


@cache
def known_keys() -> tuple[pl.Series, pl.Series]:
    """The folding keys of the shipped readings of family names, and of given names."""
    families, givens = (pl.Series("reading", sorted(keys_of(role))) for role in ("family", "given"))
    return families, givens


@cache
def lone_families() -> frozenset[str]:
    """The folding keys of readings that are those of family names and of no given name."""
    return keys_of("family", _LEAST_FAMILY) - keys_of("given")


@cache
def _weighed(role: str, length: int) -> tuple[tuple[str, float], ...]:
    """The names of a table that have so many characters, and their weights, the commonest first."""
    return tuple((name, weight) for name, weight in _every(role) if len(name) == length)


@cache
def _every(role: str) -> tuple[tuple[str, float], ...]:
    table = surnames() if role == "family" else given_names()
    summed = table.group_by("kanji").agg(pl.col("weight").sum()).sort("weight", "kanji", descending=[True, False])
    return tuple(summed.rows())


@lru_cache(maxsize=4096)
def _weight(part: str, role: str) -> float:
    """The weight of the commonest name that a part with lost characters may be, 0 where it may be none."""
    if not part.strip(LOST):
        return 0.0
    shape = re.compile(re.escape(part).replace(LOST, "."))
    return next((weight for name, weight in _weighed(role, len(part)) if shape.fullmatch(name)), 0.0)


@lru_cache(maxsize=4096)
def split_lost(name: str) -> tuple[str, str] | None:
    """Family and given name of a folded, unspaced name with lost characters (〓): the commonest names that it may be;
    null where no cut makes a known family name, nor what is left a given name.

    >>> split_lost("〓橋太郎"), split_lost("佐藤和〓"), split_lost("〓〓太郎")
    (('〓橋', '太郎'), ('佐藤', '和〓'), ('〓〓', '太郎'))
    """
    worths = []
    for cut in range(1, min(5, len(name))):
        family, given = _weight(name[:cut], "family"), _weight(name[cut:], "given")
        if family:
            worths.append((family * (given or 0.01), -abs(cut - 2), cut))
    if not worths:
        found = _ALL_LOST.fullmatch(name)
        return (found[1], found[2]) if found and _weight(found[2], "given") else None
    cut = max(worths)[2]
    return name[:cut], name[cut:]
