"""What a nickname or handle tells of a name: 典子 and アケミちゃん a given name, sato_taro, スズキ★ハナコ and
佐藤太郎@退会 a whole one, 山田T a family name and an initial, ねこ好き nothing.

A given name alone counts where the nickname is nothing but one of the shipped table, in kanji or kana, perhaps with
ちゃん behind. Names that are everybody's and nobody's (太郎 and 花子 of sample forms, さくら, ママ) do not count alone.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from oneid.japanese.likelyreadings import borne, keys_of
from oneid.japanese.nametables import surnames
from oneid.japanese.quickkeys import fold
from oneid.japanese.quicktext import Pattern, variants
from oneid.kinds.name.matching.parts import LOST

__all__ = ["NOTHING", "Told", "given_names", "told", "words"]

_CALLED = Pattern(
    r"[\W_]*(?:([一-鿿々]{1,4})|([ぁ-ゖー]{2,}?|[ァ-ヺー]{2,}?))(?:ちゃん|チャン|くん|クン|君|さん|サン|さま|様)?[\W_]*"
)
_EVERYBODYS = frozenset(
    fold(name) for name in (
        "タロウ", "ジロウ", "ハナコ", "サクラ", "モモ", "ハナ", "ココ", "ソラ", "ナナ", "ママ", "パパ", "ヒメ", "アイ",
        "ノア", "ルナ", "リン", "ラン", "レン", "ミミ", "ララ",
    )
)  # fmt: skip
"""Folding keys of given names that stand on sample forms, or are words that people like to be called by."""
_LEAST_FAMILY = 10.0
"""Bearers per 100,000 from which a family name is known in a handle by its sound."""
_LATIN = "A-Za-zÀ-ɏ"
_TOKENS = Pattern(rf"[一-鿿々]+|[ぁ-ゖー]+|[ァ-ヺー]+|[A-Z]?[a-zà-ɏ]+|[{_LATIN}]+")
_WORN = Pattern(rf"[ぁ-ゖー{LOST}]+|[ァ-ヺー{LOST}]+|[{_LATIN}{LOST}]+")
_LETTERS = Pattern(r"[^\W\d_]{2,}")
_SIGNS = Pattern(r"[?〓□�○●◯〇◎■◆◇▢▯￼\ue000-\uf8ff]")
_INITIALS = str.maketrans("cfjlvq", "thzrbk")
"""By the initial of a usual spelling that of the folding key: Chie is tie."""
_JOINED, _LEAST = 8, 3
"""Letters of two names written as one word, at least, and of each of them."""


class Told(NamedTuple):
    """A family name and a given name, each as folded kanji or as a folding key; of the given name it may be the first
    letter alone, or have a 〓 where letters were lost. Empty: it is not told.
    """

    family: str
    given: str


NOTHING = Told("", "")


@cache
def given_names() -> Mapping[str, tuple[str, ...]]:
    """The given names of the shipped table in kanji, and their folding keys."""
    found: dict[str, list[str]] = {}
    for kanji, key in borne("given").select("kanji", "key").iter_rows():
        found.setdefault(kanji, []).append(key)
    return {kanji: tuple(keys) for kanji, keys in found.items()}


@lru_cache(maxsize=65_536)
def told(nickname: str) -> Told:
    """The name that a nickname tells.

    >>> [told(text).given for text in ("典子", "アケミちゃん", "★ゆみ★", "太郎", "ねこ好き")]
    ['典子', 'akemi', 'yumi', '', '']
    >>> told("sato_ziro"), told("佐藤太郎@退会"), told("たろう★やまだ")
    (Told(family='sato', given='ziro'), Told(family='佐藤', given='太郎'), Told(family='yamada', given='taro'))
    >>> [tuple(told(text)) for text in ("山田T", "ハナコ.S", "SuzukiHanako", "タカハシ ?ロウ")]
    [('山田', 't'), ('s', 'hanako'), ('suzuki', 'hanako'), ('takahasi', '〓ro')]
    """
    folded = nickname.translate(variants("hard"))
    return _worn(folded) or _given_alone(folded) or _in_two(folded) or _in_one(folded) or NOTHING


def words(nickname: str) -> list[str]:
    """The words of a handle in any letters, of two letters and more."""
    return _LETTERS.findall(nickname)


def _given_alone(text: str) -> Told | None:
    """A nickname that is nothing but a given name; null where it is not."""
    found = _CALLED.fullmatch(text)
    if not found:
        return None
    if found[1]:
        keys = given_names().get(found[1], ())
        name = found[1]
    else:
        name = fold(found[2]) or ""
        keys = (name,) if name in keys_of("given") else ()
    if not keys:
        return None
    return NOTHING if _EVERYBODYS.issuperset(keys) else Told("", name)


def _worn(text: str) -> Told | None:
    """A family name and a given name of which letters were lost; null where none were, or neither is known."""
    marked = _SIGNS.sub(LOST, text)
    if LOST not in marked:
        return None
    parts = marked.split(" ")
    if len(parts) != 2 or not all(map(_WORN.fullmatch, parts)):
        return None
    family, given = (LOST.join(fold(run) or "" for run in part.split(LOST)) for part in parts)
    sure = _family(parts[0]) if LOST in given else _given(parts[1])
    return Told(family, given) if sure and given.strip(LOST) else None


def _in_two(text: str) -> Told | None:
    """A family name and a given name, apart by a sign, a border of scripts or a capital; null where there are not just
    two words, or it is open which is which. In Japanese letters the family name comes first where both could be it.
    """
    tokens = _TOKENS.findall(text)
    if len(tokens) != 2:
        return None
    first, last = tokens
    ways = [Told(family, given) for one, other in ((first, last), (last, first)) for family, given in _as(one, other)]
    if not ways:
        return None
    latin = all(re.fullmatch(f"[{_LATIN}]+", token) for token in tokens)
    return None if latin and len(set(ways)) > 1 else ways[0]


def _as(one: str, other: str) -> Iterator[Told]:
    """Two words as family and given name, if they may be these; one of them may be an initial."""
    family, given = _family(one), _given(other)
    if family and given:
        yield Told(family, given)
    elif family and _is_initial(other):
        yield Told(family, other.lower().translate(_INITIALS))
    elif given and _is_initial(one) and not _family(other):
        yield Told(one.lower().translate(_INITIALS), given)


def _is_initial(token: str) -> bool:
    return len(token) == 1 and token.isascii()


def _family(token: str) -> str:
    """A word as a family name that is known; empty where it is none."""
    return _known(token, _kanji(), keys_of("family", _LEAST_FAMILY))


def _given(token: str) -> str:
    """A word as a given name that is known; empty where it is none."""
    return _known(token, given_names(), keys_of("given"))


def _known(token: str, kanji: Container[str], keys: Container[str]) -> str:
    """A word in kanji as it is, any other as its folding key, where that is known."""
    if "一" <= token[0] <= "鿿":
        return token if token in kanji else ""
    key = fold(token) or ""
    return key if len(token) > 1 and key in keys else ""


def _in_one(text: str) -> Told | None:
    """The first whole name that is written in one word, whatever stands around it."""
    for run in _TOKENS.findall(text):
        if "一" <= run[0] <= "鿿":
            sizes = [size for size in (2, 3, 1) if run[:size] in _kanji()] if len(run) > 2 else ()
            found = [Told(run[:size], named) for size in sizes if (named := _longest(run[size:]))]
        elif run[0] > "ɏ":
            found = list(_cut(run, 2)) if len(run) > 3 else []
        elif len(run) >= _JOINED:
            key = fold(run) or ""
            found = list(_cut(key, _LEAST)) or [Told(last, first) for first, last in _cut(key, _LEAST, turned=True)]
            found = found if len(set(found)) == 1 else []
        else:
            continue
        if found:
            return found[0]
    return None


def _cut(run: str, least: int, *, turned: bool = False) -> Iterator[Told]:
    """A word cut into two names that are known by their sound, the longest family name first; ``turned``: into a given
    name and a family name.
    """
    roles = keys_of("family", _LEAST_FAMILY), keys_of("given")
    begins, ends = roles[::-1] if turned else roles
    for size in range(len(run) - least, least - 1, -1):
        first, last = fold(run[:size]), fold(run[size:])
        if first and last and first in begins and last in ends:
            yield Told(first, last)


def _longest(text: str) -> str:
    """The longest given name of the table that a text begins with."""
    return next((text[:size] for size in range(min(len(text), 4), 0, -1) if text[:size] in given_names()), "")


@cache
def _kanji() -> frozenset[str]:
    """All family names of the shipped table in kanji."""
    return frozenset(surnames()["kanji"])
