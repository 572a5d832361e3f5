"""Foreign names of several words, in whatever order: SMITH JOHN MICHAEL, John Michael Smith, ジョン・マイケル・スミス.

Which of the words are the family name is not known, so words are matched with words. What one name has beside the
words of the other is a middle name, or a second family name; where both have words of their own they are two people.
A name is a text of words with one blank between, each ``key:sound``: the folding key and the consonants on which Latin
letters meet katakana (may be empty).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from oneid.japanese.latin import PARTICLES
from oneid.japanese.quickkeys import fold, sound
from oneid.japanese.quicktext import Pattern, katakana

__all__ = ["DIFFER", "FAMILY", "NOTHING", "PART", "SAME", "SOUND", "agreement", "generation", "words_of"]

NOTHING, DIFFER, FAMILY, PART, SOUND, SAME = range(6)
"""Not to be compared (other scripts); no word in common; a word in common, and words of their own on both sides; one
name has fewer words, or shortened ones; the same words by sound; the same words."""

Word: TypeAlias = tuple[str, str]
"""The folding key of a word and its sound."""

_PARTICLES = frozenset(
    key for word in (*PARTICLES, "ヴァン", "ダ", "デ", "デラ", "ドス", "ティ") if (key := fold(word))
)
"""Folding keys of words that stand before family names, or in very many names, and say little alone."""
_LEAST_CUT = 2


_TITLES = frozenset(("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam", "rev", "phd", "md", "esq"))
_GENERATIONS = {
    "jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii",
    "iv": "iv", "4th": "iv", "ジュニア": "jr", "シニア": "sr", "二世": "ii", "三世": "iii",
}  # fmt: skip
_BETWEEN = Pattern(r"[\s,.・=゠/_]+")
_WITHIN = Pattern(r"['’‘`´ʻʼ\-‐‑–゛]")
_HANGUL = Pattern("[가-힣]{3,4}")


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[tuple[str, ...], str | None]:
    """The words of a name in lower case, without titles, and its generation behind the first of two words."""
    tokens = [token for token in _BETWEEN.split(katakana(text.lower())) if token and token not in _TITLES]
    first = 1 if len([token for token in tokens if token not in _GENERATIONS]) > 1 else 2
    ends = [_GENERATIONS[token] for token in tokens[first:] if token in _GENERATIONS]
    kept = (*tokens[:first], *(token for token in tokens[first:] if token not in _GENERATIONS))
    return kept, ends[-1] if ends else None


def generation(text: str) -> str | None:
    """Which of those who bear one name somebody is: jr, sr, ii, iii, iv, where the name says it.

    >>> generation("John Smith, Jr."), generation("John Smith"), generation("Junior Silva")
    ('jr', None, None)
    """
    return _tokens(text)[1]


def words_of(text: str) -> str | None:
    """The words of a tidy name in Latin letters or kana that has three and more (two before a generation), or of one in
    another script that has two, as :func:`agreement` takes them; null for every other name.

    >>> words_of("SMITH, John Michael"), words_of("John Smith"), words_of("ヤ マ ダ")
    ('smith:sms zyon:sn mityaer:mk', None, None)
    """
    tokens = [_WITHIN.sub("", token) for token in _tokens(text)[0]]
    if len(tokens) == 1 and _HANGUL.fullmatch(tokens[0]):
        tokens = [tokens[0][0], tokens[0][1:]]
    made = [(fold(token), sound(token), token) for token in tokens if token]
    known = [f"{key}:{heard or ''}" for key, heard, _ in made if key]
    if known:
        least = 2 if generation(text) else 3
        several = len(known) >= least and len(known) == len(made) and any(len(token) > 1 for token in tokens)
        return " ".join(known) if several else None
    return " ".join(f"{token.replace(':', '')}:" for token in tokens) if len(tokens) > 1 else None


def _words(text: str) -> list[Word]:
    pairs = (word.partition(":") for word in text.split(" ") if word)
    return [(key, sound) for key, _, sound in pairs]


@lru_cache(maxsize=65536)
def agreement(a: str, b: str) -> int:
    """How two names of several words agree; see :data:`SAME`. Which comes first does not matter.

    >>> agreement("smith: zyon: mitiaeru:", "zyon: smith:") == PART, agreement("zyon: smith:", "mary: smith:") == FAMILY
    (True, True)
    """
    one, other = sorted((_words(a), _words(b)), key=lambda words: (len(words), words))
    if not one or one[0][0].isascii() != other[0][0].isascii():
        return NOTHING
    ends = one[-1][0], other[-1][0]
    exact = _take(one, other, lambda x, y: x[0] == y[0])
    exact += _joined(one, other) + _joined(other, one)
    weak = _take(one, other, lambda x, y: bool(x[1]) and x[1] == y[1])
    short = _take(one, other, lambda x, y: _initial(x[0], y[0]) or _initial(y[0], x[0]))
    if len(one) <= 1 and len(other) <= 1:
        short += _take(one, other, lambda x, y: _cut(x[0], y[0], ends) or _cut(y[0], x[0], ends))
    telling = [word for word in exact + weak if word not in _PARTICLES]
    if not one and not other:
        return SAME if not weak and not short else PART if short else SOUND
    if (not one or not other) and len(telling) >= 2:
        return PART
    return FAMILY if telling else DIFFER


def _take(one: list[Word], other: list[Word], same: Callable[[Word, Word], bool]) -> list[str]:
    """Takes the words that are the ``same`` out of both names, one for one; the keys of the first name's."""
    taken = []
    for word in list(one):
        found = next((held for held in other if same(word, held)), None)
        if found is not None:
            one.remove(word)
            other.remove(found)
            taken.append(word[0])
    return taken


def _joined(one: list[Word], other: list[Word]) -> list[str]:
    """Takes out neighbouring words of the first name that are one word of the second: DELA CRUZ, DELACRUZ."""
    taken = []
    for size in (3, 2):
        for at in range(len(one) - size + 1):
            run = "".join(key for key, _ in one[at : at + size])
            found = next((held for held in other if held[0] == run), None)
            if found is not None:
                del one[at : at + size]
                other.remove(found)
                taken.append(run)
                break
    return taken


def _initial(short: str, long: str) -> bool:
    return len(short) == 1 and long.startswith(short)


def _cut(short: str, long: str, ends: tuple[str, str]) -> bool:
    """Whether a word is the beginning of the other and stands last in its name, where a field's end may have cut it."""
    return short in ends and len(short) >= _LEAST_CUT and long.startswith(short)
