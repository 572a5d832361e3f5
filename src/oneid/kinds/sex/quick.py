"""Sexes in the words known, as :mod:`oneid.kinds.sex.normalizer` reads them; null for any other text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from oneid.japanese.quicktext import Pattern, Row
from oneid.kinds.sex.normalizer import _WORDS, _own_words

__all__ = ["sex"]

_SEX = Pattern("[0-9A-Za-zぁ-んァ-ヺー一-鿿♂♀]+")


@lru_cache(maxsize=256)
def _mapping(items: tuple[tuple[str, tuple[str, ...]], ...]) -> Mapping[str, str]:
    return _own_words(dict(items))


def sex(text: str, mapping: Mapping[str, tuple[str, ...]] | None = None) -> Row | None:
    """One of the words known, or of the words of ``mapping`` (:func:`oneid.kinds.sex.normalizer.sex`)."""
    words = _mapping(tuple(mapping.items())) if mapping else _WORDS
    found = words.get(text.lower()) if _SEX.fullmatch(text) else None
    if found is None:
        return None
    known = found if found != "unknown" else None
    return {"normalized": known, "display": text, "reason": None if known else "unknown"}
