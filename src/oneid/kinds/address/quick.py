"""Addresses in the usual spelling, as :mod:`oneid.kinds.address.usual` reads them."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import polars as pl

from oneid.japanese.places import _AFTER, _COUNTED, _FORMS, _MAYBE, _NUMERAL, _OF_A_NAME
from oneid.japanese.quicktext import Pattern, Row, any_of, compiled, kanji_digits, replacement, tidy, variants
from oneid.kinds.address.usual import _ENDED, _H, _ROOM, _THREE, _WHOLE, Heads, _found, spellings

__all__ = ["address"]

_ROUGH_HYPHEN = Pattern("[^ -~一-鿿々〇ぁ-んァ-ヺー]|  ")
_HEAD = Pattern("[^0-9]+")
_LONGER = Pattern("[0-9]+[^0-9]+")
_TAIL, _CHAIN = compiled(_WHOLE), compiled(_ENDED)
_FOUR = compiled(rf"^({_THREE}){_H}({_ROOM})(?:号室)?$")
"""A block of three numbers and the room behind it, which the column's reader leaves to the careful one."""
_END = Pattern("[ -]?([0-9]+)(?:号室?)?$")
_MAYBE_COUNTED, _COUNTS, _AFTER_NUMBER = map(compiled, (_MAYBE, _COUNTED, _AFTER))
_NAMED = compiled(_OF_A_NAME[0])
_KEPT = tuple((compiled(pattern), replacement(made)) for pattern, made in _OF_A_NAME[1:])
_LONG_MARK = compiled(rf"([{_NUMERAL}])ー([{_NUMERAL}])")
_LINKED = replacement("${1}-${2}")
_PLACE_FORMS = str.maketrans(_FORMS)


def _numbers(text: str) -> str:
    """:func:`oneid.japanese.places.numbers` of one text."""
    if not _MAYBE_COUNTED.search(text):
        return text
    if _NAMED.search(text):
        for pattern, kept in _KEPT:
            text = pattern.sub(kept, text)
    text = _LONG_MARK.sub(_LINKED, _LONG_MARK.sub(_LINKED, text))
    for pattern in (_COUNTS, _AFTER_NUMBER, _AFTER_NUMBER):
        found = sorted({match[0] for match in pattern.finditer(text)}, key=len, reverse=True)
        if found:
            text = any_of(found).sub(lambda match: kanji_digits(match[0]), text)
    return text.replace("\ue000", "")


def _fold(text: str) -> str:
    return text.translate(variants("hard")).translate(variants("soft")).translate(_PLACE_FORMS)


@cache
def _heads() -> Heads:
    """The exact spellings by Python's hashes, for a column of three texts has a fixed cost."""
    texts, places = spellings()
    return Heads.of(np.fromiter(map(hash, texts.to_list()), np.int64, len(texts)), places)


def _place(head: str, tail: str) -> tuple[int, str]:
    """The place that the text begins with (-1: none), and what follows it."""
    longer = _LONGER.match(tail)
    folded = _fold(head)
    tries = [head, folded] + ([folded + _fold(longer[0].replace(" ", ""))] if longer else [])
    places = _heads().find(np.array(list(map(hash, tries)), dtype=np.int64)).tolist()
    if places[0] >= 0:
        return places[0], tail
    if places[1] >= 0 or not longer:
        return places[1], tail
    return places[2], tail[longer.end() :] if places[2] >= 0 else tail


@cache
def _columns() -> tuple[pl.Series, ...]:
    table = _found()
    return tuple(table[column] for column in ("prefecture", "city", "town", "line"))


def address(text: str) -> Row | None:
    """An official place, a block, perhaps a building and a room (:func:`oneid.kinds.address.normalizer.address`); null
    for any other text. A postcode beside such an address says nothing more.
    """
    shown = tidy(text) if _ROUGH_HYPHEN.search(text) else text.strip(" ")
    if not shown:
        return None
    plain = _numbers(shown)
    start = _HEAD.match(plain)
    if not start:
        return None
    place, tail = _place(start[0].replace(" ", ""), plain[start.end() :])
    four = _FOUR.match(tail)
    chain = four or _CHAIN.match(tail)
    if place < 0 or not chain or not (four or _TAIL.match(tail)) or tail.translate(variants("hard")) != tail:
        return None
    numbers, rest = (four[1], four[2]) if four else (chain[0], tail[chain.end() :])
    block = re.sub("[^0-9]+", "-", numbers.strip("号番地丁目"))
    end = _END.search(rest)
    name = re.sub("[- ・]", "", rest[: end.start()] if end else rest).rstrip("の")
    building = name.translate(variants("hard")) or None
    room = end[1] if end else None
    flat = (building or "") + (f"{room}号室" if room else "")
    prefecture, city, town, line = (column[place] for column in _columns())
    return {
        "normalized": " ".join(part for part in (line, block, flat) if part), "display": shown, "reason": None,
        "prefecture": prefecture, "city": city, "town": town, "koaza": None, "block": block, "building": building,
        "room": room,
    }  # fmt: skip
