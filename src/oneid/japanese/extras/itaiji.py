"""Further kanji variants from the MJ shrinkage map, where jntajis-python (the ``itaiji`` extra) is installed.

The map (Character Information Technology Promotion Council, *MJ縮退マップ*) says, for each character of the family
registers, by which common character an office may replace it, under four schemes: the unification rules of JIS and
Unicode, reading and shape, notice 582 of the Ministry of Justice, and the notices on the Family Register Act. Only
characters beyond JIS X 0208 are looked up: the others every Japanese system can hold, so that whoever writes one means
it (宍 is not 肉, although the map leads there).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

__all__ = ["further", "in_jis"]

SCHEMES = (1, 2, 4, 8)
"""The flags of the four schemes in ``jntajis.MJShrinkSchemeCombo``; 2 is by reading and shape."""

_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x323B0))
"""The blocks of CJK unified ideographs, from the first to behind the last code point."""


class _Shrinkage(Protocol):
    def mj_shrink_candidates(self, in_: str, combo: int) -> list[str]: ...


def _package() -> _Shrinkage | None:
    try:
        return cast("_Shrinkage", import_module("jntajis"))
    except ImportError:
        return None


def in_jis(char: str, encoding: str = "euc_jp") -> bool:
    """Whether ``char`` is in JIS X 0208, or with the encoding ``euc_jis_2004`` in JIS X 0213.

    >>> in_jis("高"), in_jis("髙"), in_jis("俱", "euc_jis_2004")
    (True, False, True)
    """
    try:
        coded = char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return len(coded) == 2 or encoding != "euc_jp"  # three bytes of EUC-JP are JIS X 0212


def further(known: Mapping[str, str], apart: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The variants beyond ``known`` (variant to canonical form), as a hard and a soft table; both empty without the
    package.

    Hard is a character whose shrinkage leads, in all its schemes, to one character of JIS X 0208 or 0213, and not by
    reading and shape alone. Soft is one that leads so, or one with exactly one way into JIS X 0208. Characters of
    ``apart``, and those with several ways, are left alone. A way ends where ``known`` leads on.
    """
    package = _package()
    if package is None:
        return {}, {}
    hard: dict[str, str] = {}
    soft: dict[str, str] = {}
    settled = known.keys() | set(known.values()) | apart
    for block in _BLOCKS:
        for char in map(chr, range(*block)):
            if char in settled or in_jis(char):
                continue
            if len(package.mj_shrink_candidates(char, sum(SCHEMES))) < 2:  # most characters lead nowhere
                continue
            ways = {scheme: _ends(package, char, scheme, known) for scheme in SCHEMES}
            ends = set().union(*ways.values())
            common = {end for end in ends if in_jis(end)}
            if len(ends) == 1 and in_jis(next(iter(ends)), "euc_jis_2004"):
                firm = any(ways[scheme] for scheme in SCHEMES if scheme != 2)
                (hard if firm else soft)[char] = next(iter(ends))
            elif len(common) == 1:
                soft[char] = common.pop()
    return _settled(hard, {}), _settled(soft, hard)


def _ends(package: _Shrinkage, char: str, scheme: int, known: Mapping[str, str]) -> set[str]:
    found = package.mj_shrink_candidates(char, scheme)
    return {known.get(end, end) for end in found if len(end) == 1} - {char}


def _settled(table: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """``table`` with the ends that ``before`` or itself would fold again led to where they stay."""
    out = {}
    for char, first in table.items():
        end, seen = first, {char}
        while end not in seen and (end in before or end in table):
            seen.add(end)
            end = before.get(end, table.get(end, end))
        if end != char and end not in table:
            out[char] = end
    return out
