"""Where the family name of one unspaced name ends: what :mod:`oneid.kinds.name.split` answers with nothing but the
shipped tables, for one name and without a join.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from oneid.japanese.nametables import PLACES
from oneid.japanese.readings import possible
from oneid.kinds.name.split import (
    _ALIKE,
    _KNOWN_READING,
    _LENGTHS,
    _ONLY_FAMILY,
    _OTHERS,
    _POSSIBLE_READING,
    _RARE_FAMILY,
    _UNKNOWN,
    LONGEST_FAMILY,
    LONGEST_NAME,
    _eastern,
    _given,
    _known,
    _signs,
    _weights,
)

if TYPE_CHECKING:
    from oneid.kinds.families import Families

__all__ = ["Split", "given_first", "split_kana", "split_kanji"]

_UNREAD = -30.0
"""The worth of a cut whose family name is in no table but can be read as the kana; that of :mod:`split`."""


class Split(NamedTuple):
    """Family and given name (null: the name stays whole), whether the whole is a given name, and the other cuts."""

    family: str | None
    given: str | None
    whole_given: bool
    others: list[int]


class _Tables(NamedTuple):
    families: Mapping[str, float]
    total: float
    readings: frozenset[tuple[str, str]]
    givens: Mapping[str, float]
    places: Mapping[str, int]


@lru_cache(maxsize=3)
def _tables(seen: Families | None = None) -> _Tables:
    """The shipped names, and those that the data shows: weights of surnames and their sum, their readings, shares of
    given names, columns of signs.
    """
    table = _known(pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String}) if seen is None else seen.names)
    families = table.group_by("kanji", maintain_order=True).agg(pl.col("weight").sum())
    readings = frozenset(table.select("kanji", "reading").drop_nulls().iter_rows())
    givens = dict(_given().select("kanji", "weight").iter_rows())
    places = {place: at for at, place in enumerate(PLACES)}
    return _Tables(dict(families.iter_rows()), float(families["weight"].sum()), readings, givens, places)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _alike(part: str, role: str) -> float:
    """How like a name of that role a text is, -inf where it is too long for one."""
    signs, places = _signs(), _tables().places
    points = [min(ord(sign), len(signs) - 1) for sign in part]

    def sign(at: int, place: str) -> float:
        return float(signs[points[at], places[f"{role}_{place}"]])

    if len(part) > len(_LENGTHS[role]):
        return -math.inf
    worth = float(_LENGTHS[role][len(part) - 1])
    if len(part) == 1:
        return worth + sign(0, "only")
    return worth + sign(-1, "last") + sign(0, "first") + sum(sign(at, "inner") for at in range(1, len(part) - 1))


def _worth(family: str, given: str, known: bool, tables: _Tables) -> float:
    """The worth of one cut by how common and how like names its parts are, -inf where it is not to be made."""
    weight, known_given = tables.families.get(family, 0.0), tables.givens.get(given, 0.0)
    like_family, like_given = _alike(family, "family"), _alike(given, "given")
    likely = (
        len(family) > 1 and like_family > _ALIKE * len(family) and (known_given > 0 or like_given > _ALIKE * len(given))
    )
    if not (weight > 0 or likely or known):
        return -math.inf
    new = _UNKNOWN["family"], _UNKNOWN["given"]
    part = _log(weight / tables.total * (1 - new[0]) + math.exp(like_family) * new[0])
    return part + _log(known_given * (1 - new[1]) + math.exp(like_given) * new[1])


def _worths(name: str, family: str | None, given: str | None, tables: _Tables) -> list[float]:
    """The worth of each cut."""
    cuts = range(1, LONGEST_FAMILY + 1)
    fit = [cut < len(name) <= LONGEST_NAME for cut in cuts]
    read = [family is not None and (name[:cut], family) in tables.readings for cut in cuts]
    worths = [
        _worth(name[:cut], name[cut:], known, tables) + _KNOWN_READING * known if fits else -math.inf
        for cut, fits, known in zip(cuts, fit, read, strict=True)
    ]
    if family is None or any(read):
        return worths
    parts = [(name[:cut], family) for cut in cuts if cut < len(name)]
    readable = _possible(parts) + [False] * (LONGEST_FAMILY - len(parts))
    worths = [max(worth, _UNREAD) if can else worth for worth, can in zip(worths, readable, strict=True)]
    asked = [at for at, worth in enumerate(worths) if math.isfinite(worth)]
    second = dict(zip(asked, _possible([(name[at + 1 :], given) for at in asked]), strict=True))
    return [
        worth + _POSSIBLE_READING * (can + second.get(at, False) / 2)
        for at, (worth, can) in enumerate(zip(worths, readable, strict=True))
    ]


def _possible(pairs: Sequence[tuple[str, str | None]]) -> list[bool]:
    """Whether each name can be read as the kana beside it."""
    if not any(kana for _, kana in pairs):
        return [False] * len(pairs)
    parts, kana = (pl.Series(list(column), dtype=pl.String) for column in zip(*pairs, strict=True))
    found: list[bool] = possible(parts, kana).fill_null(value=False).to_list()
    return found


def split_kanji(name: str, family: str | None, given: str | None, seen: Families | None = None) -> Split:
    """The likeliest split of a folded, unspaced kanji name, with strict kana of its parts where they are known: what
    :func:`oneid.kinds.name.split.split_names` gives for this name where the data shows the family names ``seen``, or no
    further ones.

    >>> split_kanji("森下実", "モリ", "シタミ")[:2], split_kanji("長谷川", None, None)[:2]
    (('森', '下実'), (None, None))
    """
    tables = _tables(seen)
    if family is not None:
        cuts = [cut for cut in range(1, min(LONGEST_FAMILY + 1, len(name))) if (name[:cut], family) in tables.readings]
        if len(cuts) == 1:
            return Split(name[: cuts[0]], name[cuts[0] :], False, [])
    worths = _worths(name, family, given, tables)
    best = max(worths)
    there = math.isfinite(best)
    order = sorted(range(LONGEST_FAMILY), key=lambda at: -worths[at])
    shares = [math.exp(worth - best) if there else 0.0 for worth in worths]
    total = sum(shares)
    alone = False
    if family is None:
        there = there and _log(tables.families.get(name, 0.0) / tables.total * _ONLY_FAMILY) <= best
        rare = tables.families.get(name[: order[0] + 1], 0.0) <= _RARE_FAMILY
        alone = name in tables.givens and (rare or not there)
    if not there:
        return Split(None, None, alone, [])
    first, *others = [at + 1 for at in order if at == order[0] or shares[at] / total >= _OTHERS]
    return Split(name[:first], name[first:], alone, others)


def split_kana(whole: str) -> tuple[str | None, str | None]:
    """The commonest known family and given reading that make an unspaced one: see
    :func:`oneid.kinds.name.split.split_kana`; nulls where there are none.

    >>> split_kana("サトウタロウ")
    ('サトウ', 'タロウ')
    """
    families, givens = _readings("kana")
    cuts = [
        (families[whole[:cut]] + givens[whole[cut:]], whole[:cut], whole[cut:])
        for cut in range(1, min(8, len(whole) - 1))
        if whole[:cut] in families and whole[cut:] in givens
    ]
    if not cuts:
        return None, None
    _, family, given = min(cuts, key=lambda cut: (-cut[0], cut[1]))
    return family, given


def given_first(first: str | None, last: str | None) -> bool:
    """Whether the given name stands first, of two folding keys: see :func:`oneid.kinds.name.split.given_first`.

    >>> given_first("taro", "sato"), given_first("sato", "taro")
    (True, False)
    """
    if first is None or last is None:
        return True
    families, givens = _readings("key")
    unknown = -3.0
    straight = families.get(first, unknown) + givens.get(last, unknown)
    eastern = first in _eastern() and last not in _eastern() and last not in families and first not in givens
    return not eastern and families.get(last, unknown) + givens.get(first, unknown) >= straight


@cache
def _readings(column: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Commonness of family and of given readings."""
    families, givens = (dict(table.iter_rows()) for table in _weights(column))
    return families, givens
