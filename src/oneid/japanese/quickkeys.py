"""Folding keys, and names in Latin letters: what :mod:`~oneid.japanese.romaji`, :mod:`~oneid.japanese.sound` and
:mod:`~oneid.japanese.latin` make of usual spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import jellyfish
import polars as pl

from oneid.japanese.latin import _FAMILY_FIRST, _SPECIAL
from oneid.japanese.latin import _STAND_INS as _NO_LATIN
from oneid.japanese.quicktext import Pattern, Row, any_of, compiled, katakana, replacement, same_throughout
from oneid.japanese.romaji import _EMBOSSED, _ONE_SOUND, _STAND_INS, _TITLE_WORDS, KUNREI, STEPS, fold_tokens
from oneid.japanese.sound import _KANA, _KANA_STEPS, _KANA_WORDS, _LATIN_STEPS, _LATIN_WORDS, _SKELETON
from oneid.japanese.sound import sound as sound_of

__all__ = ["fold", "latin", "romaji", "sound"]

_FOLDED_HERE = Pattern("[A-Za-zァ-ヺー'-]*")
_TWO_WORDS = Pattern("([A-Za-z]{2,}) ([A-Za-z]{2,})")
_WORDS_OF_A_CARD = Pattern("[A-Za-z]{2,}(?: [A-Za-z]{2,})?")
_TITLES, _STANDS, _NO_NAMES, _WORDS = map(frozenset, (_TITLE_WORDS, _STAND_INS, _NO_LATIN, _SPECIAL))

Steps = tuple[tuple[Pattern, str], ...]


def _steps(pairs: Iterable[tuple[str, str]]) -> Steps:
    return tuple((compiled(step), replacement(to)) for step, to in pairs)


_KEY = _steps((
    ("[^a-z_]+", ""), *_ONE_SOUND.items(), ("_+([b-df-hj-np-tv-z])", "$1$1"), ("_", ""), *STEPS,
))  # fmt: skip
_OF_LATIN, _OF_KANA = _steps(_LATIN_STEPS + _SKELETON), _steps(_KANA_STEPS + _SKELETON)
_SPELLED, _SPOKEN = any_of(KUNREI), any_of(_KANA)


def _through(text: str, steps: Steps) -> str | None:
    for step, to in steps:
        text = step.sub(to, text)
    return text or None


@lru_cache(maxsize=4096)
def fold(token: str | None) -> str | None:
    """The folding key of a token: :func:`oneid.japanese.romaji.fold`.

    >>> fold("シヨウジ"), fold("SATOH"), fold("はっとり")
    ('syozi', 'sato', 'hattori')
    """
    if token is None:
        return None
    text = katakana(token)
    if not _FOLDED_HERE.fullmatch(text):
        return _only(fold_tokens(pl.Series([token], dtype=pl.String)))
    return _through(_SPELLED.sub(lambda match: KUNREI[match[0]], text).lower(), _KEY)


def _only(series: pl.Series) -> str | None:
    found: str | None = series.item()
    return found


def romaji(text: str) -> Row | None:
    """Names of one or two plain words (:func:`oneid.japanese.romaji.romaji`); null for any other text."""
    lower = text.lower()
    if not _WORDS_OF_A_CARD.fullmatch(text) or lower.replace(" ", "") in _STANDS or same_throughout(lower):
        return None
    words = lower.split(" ")
    if not _TITLES.isdisjoint(words):
        return None
    first, last = fold(words[0]), fold(words[-1])
    if first is None or last is None or not _TITLES.isdisjoint((first, last)) or first in _STANDS:
        return None
    return {
        "normalized": " ".join(sorted((first, last)[: len(words)])), "display": text, "reason": None,
        "first": first, "last": last, "truncated": len(text) == _EMBOSSED,
    }  # fmt: skip


def sound(token: str | None) -> str | None:
    """The skeleton of a word in lower-case Latin letters or katakana: :func:`oneid.japanese.sound.sound`.

    >>> sound("catherine"), sound("キャサリン")
    ('ksrn', 'ksrn')
    """
    if token is None:
        return None
    if not re.fullmatch("[a-z]+|[ァ-ヺー]+", token):
        return _only(sound_of(pl.Series([token], dtype=pl.String)))
    word = _LATIN_WORDS.get(token) or _KANA_WORDS.get(token, token)
    if word.isascii():
        return _through(word, _OF_LATIN)
    return _through(_SPOKEN.sub(lambda match: _KANA[match[0]], word), _OF_KANA)


def _metaphone(word: str) -> str | None:
    code = jellyfish.metaphone(word.replace("ue", "u").replace("oe", "o"))
    return (code + {"a": "A", "o": "O"}.get(word[-1], "")) or None


def latin(text: str) -> Row | None:
    """Names of two plain words (:func:`oneid.japanese.latin.latin`, the columns that features take: family, given,
    their sounds and phonetic codes); null for any other text.
    """
    words = _TWO_WORDS.fullmatch(text)
    if not words:
        return None
    first, last = words[1].lower(), words[2].lower()
    if first in _WORDS or last in _WORDS or first + last in _NO_NAMES:
        return None
    family: str | None
    given: str | None
    family, given = last, first
    if first in _FAMILY_FIRST:
        if last not in _FAMILY_FIRST:
            family, given = first, last
        elif first != last:
            family = given = None
    return {
        "family": family, "given": given, "sound_family": sound(family), "sound_given": sound(given),
        "phonetic_family": family and _metaphone(family), "phonetic_given": given and _metaphone(given),
    }  # fmt: skip
