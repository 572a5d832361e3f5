"""Parts of names with kana or Latin letters among their kanji: さち子 beside 幸子, ジュリア恵美 beside 恵美.

A run of one script stands for itself, or for the kanji that may be read so; what is written in kanji on both sides must
be the same kanji.
"""

from __future__ import annotations

import re
from functools import lru_cache

from oneid.japanese.quickkeys import fold
from oneid.japanese.quicktext import Pattern
from oneid.japanese.readings import verdicts_of

__all__ = ["OTHER", "PARTLY", "SAME", "agree"]

OTHER, PARTLY, SAME = range(3)
"""Other names; one is the other without some of its runs; the same name."""

_RUN = Pattern(r"[ァ-ヺー]+|[ぁ-ゖー]+|[a-zà-ɏ'’.-]+|[^ぁ-ゖァ-ヺーa-zà-ɏ'’.-]+")
_SOUND = Pattern(r"[ぁ-ゖァ-ヺーa-zà-ɏ'’.-]+")
_MOST = 4
"""Up to so many kanji may stand for one run of kana."""


@lru_cache(maxsize=4096)
def agree(a: str, b: str) -> int:
    """How two different parts agree, in either order; see :data:`SAME`."""
    if _spells(tuple(_RUN.findall(a)), b) or _spells(tuple(_RUN.findall(b)), a):
        return SAME
    one, other = (_RUN.findall(text) for text in (a, b))
    small, large = sorted((one, other), key=len)
    several = any(len(run) > 1 for run in large) and len(large) > 1
    foreign = any(_foreign(run) for run in large)
    if several and foreign and small and all(any(_same(run, held) for held in large) for run in small):
        return PARTLY
    return OTHER


def _foreign(run: str) -> bool:
    """Whether a run is a name of its own: two characters or more of katakana or Latin letters."""
    return len(run) > 1 and bool(re.fullmatch("[ァ-ヺーa-zà-ɏ'’.-]+", run))


def _same(run: str, other: str) -> bool:
    if run == other:
        return True
    if not (_SOUND.fullmatch(run) and _SOUND.fullmatch(other)):
        return False
    return fold(run) is not None and fold(run) == fold(other)


def _spells(runs: tuple[str, ...], text: str) -> bool:
    """Whether the runs in turn make up ``text``: kanji as they stand, kana as they stand or for kanji read so."""
    if not runs:
        return not text
    run, rest = runs[0], runs[1:]
    if not _SOUND.fullmatch(run):
        return text.startswith(run) and _spells(rest, text[len(run) :])
    for size in range(1, len(text) + 1):
        piece = text[:size]
        if (_same(run, piece) or _readable(piece, run)) and _spells(rest, text[size:]):
            return True
    return False


@lru_cache(maxsize=4096)
def _readable(piece: str, run: str) -> bool:
    if len(piece) > _MOST or _SOUND.search(piece):
        return False
    return verdicts_of([piece], [fold(run)])[0] is True
