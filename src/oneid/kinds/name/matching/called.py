"""Whether what somebody is called may be the name of the other: 典子 is not 久美, ゆう may be 優子.

What a nickname tells of a name says :mod:`oneid.kinds.name.matching.handles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA

from oneid.japanese.likelyreadings import candidates, keys_of
from oneid.japanese.quickkeys import fold
from oneid.kinds.name.matching.handles import given_names, told, words
from oneid.kinds.name.matching.parts import LOST
from oneid.kinds.shapes import Flags

__all__ = ["another", "others_of", "relative"]

_MOST_READINGS = 8
_LEAST_NEAR = 4
"""Letters of a name of which one may be another."""
_LATIN = re.compile(f"[a-z{LOST}]")

Other = tuple[str | None, str | None]
"""A given name: its folded kanji, its folding key, one of which is there."""


@lru_cache(maxsize=65_536)
def relative(nickname: str, family: str | None, given: str | None, unsure: bool) -> bool:
    """Whether a handle of two words has the family name of the other (folding keys) and another given name; ``unsure``:
    it is not known which of the other's words is which.

    >>> relative("John_Smith", "smith", "zyane", False), relative("hanako.suzuki", "sato", "hanako", False)
    (True, False)
    """
    written = words(nickname)
    if (
        len(written) != 2 or not family or not given or LOST in told(nickname).given
    ):  # words are folded later: it is slow
        return False
    keys = [fold(word) or "" for word in written]
    common = {family, given} & set(keys)
    if len(common) != 1 or (family not in common and not unsure):
        return False
    rest = [next(key for key in pair if key not in common) for pair in (keys, (family, given)) if set(pair) != common]
    return len(rest) == 2 and not _begins(*rest) and (len(min(rest, key=len)) < 5 or not _near(*rest))


def others_of(nicknames: Iterable[str]) -> list[Other]:
    """Of nicknames that tell a whole name the given name; of all others none."""
    found: list[Other] = []
    for nickname in nicknames:
        family, given = told(nickname)
        latin = bool(_LATIN.match(given))
        found.append((given if family and not latin else None, given if family and latin else None))
    return found


def _keys(names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The folding keys of given names in kanji, by name; names in Latin letters are keys already."""
    made: dict[str, Sequence[str]] = {}
    unread = []
    for name in dict.fromkeys(names):
        if _LATIN.match(name):
            made[name] = (name,)
        elif name in given_names():
            made[name] = given_names()[name]
        else:
            unread.append(name)
    if unread:
        for name, key in candidates(pl.Series(unread), "given", _MOST_READINGS).select("kanji", "key").iter_rows():
            made[name] = (*made.get(name, ()), key)
    return made


def another(names: Sequence[str], others: Sequence[Other]) -> Flags:
    """Whether given names (as nicknames tell them) cannot be those of others. A name that begins with the other may be
    it, and one that sounds like it but for one letter, where that is no name of the tables.

    >>> others = [("久美", None), ("優子", None), ("優子", "yuko"), (None, "taro")]
    >>> another(["典子", "yu", "裕子", "yumi"], others).tolist()
    [True, False, False, True]
    >>> another(["yumi", "yumi", "t", "t"], [(None, "yuri"), (None, "yumii"), (None, "taro"), ("次郎", None)]).tolist()
    [True, False, False, True]
    """
    pairs = list(zip(names, others, strict=True))
    keys = _keys([*names, *(kanji for kanji, key in others if kanji and not key)])
    said = {(name, other): _other(name, *other, keys) for name, other in dict.fromkeys(pairs)}
    return np.array([said[pair] for pair in pairs], dtype=np.bool_)


def _other(name: str, kanji: str | None, key: str | None, keys: Mapping[str, Sequence[str]]) -> bool:
    if kanji and (name in kanji or kanji in name):
        return False
    heard = (key,) if key else keys.get(kanji or "", ())
    mine = keys.get(name, ())
    return bool(heard and mine) and not any(_alike(x, y) for x in mine for y in heard)


def _alike(x: str, y: str) -> bool:
    if LOST in x + y:
        return bool(_pattern(x).fullmatch(y) or _pattern(y).fullmatch(x))
    return _begins(x, y) or (_near(x, y) and y not in keys_of("given"))


@lru_cache(maxsize=4096)
def _pattern(key: str) -> re.Pattern[str]:
    """What a key may have been of which letters were lost."""
    return re.compile(".*".join(map(re.escape, key.split(LOST))))


def _begins(x: str, y: str) -> bool:
    return x.startswith(y) or y.startswith(x)


def _near(x: str, y: str) -> bool:
    return min(len(x), len(y)) >= _LEAST_NEAR and OSA.distance(x, y, score_cutoff=1) <= 1
