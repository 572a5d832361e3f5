"""Hypothesis strategies that tests share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from oneid.pairs.judged import DECIDED, ScoredPairs
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import list_codes
from paths import CASE_FILES, cases

__all__ = [
    "Keys",
    "Links",
    "any_cells",
    "cells_like",
    "key_columns",
    "lanes",
    "links",
    "member_rows",
    "texts",
    "texts_in",
    "thorough",
]

EXAMPLES = 50
"""How many examples a property gets that says nothing of it, in the slow lane."""
EVERYDAY = 0.4
"""The share of them that the everyday suite tries."""


def thorough(count: int) -> int:
    """For a property that says how many examples it needs: ``count`` in the slow lane, a share of them every day."""
    return max(min(count, 2), round(count * settings().max_examples / EXAMPLES))


def lanes(values: Mapping[str, Any] | Iterable[Any], *everyday: str) -> list[Any]:
    """Values as parameters of a test, each with its name: ``everyday`` are tried by the everyday suite, all others by
    the slow lane alone.
    """
    named = values.items() if isinstance(values, Mapping) else ((str(value), value) for value in values)
    made = [pytest.param(value, id=name, marks=() if name in everyday else pytest.mark.slow) for name, value in named]
    assert {one.id for one in made} >= set(everyday)
    return made


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Any text that can be written as UTF-8."""

KEYS = ("email", "phone", "reading", "birth")


@dataclass(frozen=True)
class Keys:
    """Records with keys, as values (``rows``: per record and key, its values) and as blocking wants them."""

    rows: list[dict[str, list[str]]]
    rules: list[BlockingRule]

    @property
    def columns(self) -> dict[str, list[np.ndarray]]:
        """The codes of each key, one array per place."""
        every = {key: [row[key] for row in self.rows] for key in KEYS}
        return {key: list_codes(pl.Series(values, dtype=pl.List(pl.String))) for key, values in every.items()}


@st.composite
def key_columns(draw: st.DrawFn) -> Keys:
    """Up to 25 records over few values, so that blocks are large, overlap, and exceed small caps; one to four rules."""
    some = st.lists(st.sampled_from("abcde"), max_size=3, unique=True)
    one = st.lists(st.sampled_from("abc"), max_size=1)
    row = st.fixed_dictionaries({"email": some, "phone": some, "reading": one, "birth": one})
    rows = draw(st.lists(row, min_size=2, max_size=25))
    keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True)
    single = st.sampled_from([(), ("reading",), ("birth",), ("reading", "birth")])
    rules = draw(st.lists(st.tuples(keys, st.integers(2, 12), single), min_size=1, max_size=4))
    return Keys(rows, [BlockingRule("+".join(names), tuple(names), most, then) for names, most, then in rules])


@dataclass(frozen=True)
class Links:
    """A clustering problem: ``size`` records, match links, never pairs, both with some decided ones."""

    size: int
    links: ScoredPairs
    never: ScoredPairs


def _pairs(size: int, found: dict[tuple[int, int], int]) -> ScoredPairs:
    rows = np.array(list(found), dtype=np.uint32).reshape(-1, 2)
    return ScoredPairs(rows[:, 0], rows[:, 1], np.array(list(found.values()), dtype=np.int32))


@st.composite
def links(draw: st.DrawFn, *, decided: bool = True) -> Links:
    """Links among few records with few scores (so ties occur). Decided pairs never contradict one another; no pair is
    both a link and never.
    """
    size = draw(st.integers(2, 14))
    pair = st.sampled_from(list(combinations(range(size), 2)))
    drawn = draw(st.dictionaries(pair, st.integers(-2, 3), max_size=30))
    barred = draw(st.dictionaries(pair, st.just(-900), max_size=6))
    match = {ends: 100 * points for ends, points in drawn.items() if ends not in barred}
    if decided:
        chosen = draw(st.sets(st.sampled_from(sorted(match)), max_size=3)) if match else set()
        match |= dict.fromkeys(chosen, int(DECIDED))
        group = list(range(size))
        for a, b in chosen:
            old, new = group[a], group[b]
            group = [new if label == old else label for label in group]
        apart = draw(st.sets(st.sampled_from(sorted(barred)), max_size=2)) if barred else set()
        barred |= {(a, b): int(DECIDED) for a, b in apart if group[a] != group[b]}
    return Links(size, _pairs(size, match), _pairs(size, barred))


@st.composite
def member_rows(draw: st.DrawFn) -> list[dict[str, str | None]]:
    """Members of two shops who share few names, births, phones and mail boxes, so that many are linked and some
    clash.
    """
    name = st.sampled_from(["佐藤 太郎", "佐藤 花子", "髙橋 健", "高橋 健", "小鳥遊 六花", None])
    kana = st.sampled_from(["サトウ タロウ", "サトウ ハナコ", "タカハシ ケン", None])
    birth = st.sampled_from(["1980-01-02", "1980-02-01", "1991-12-31", None])
    phone = st.sampled_from(["090-1111-2222", "09033334444", "03-1234-5678", None])
    email = st.sampled_from(["a@example.com", "b@example.com", None])
    row = st.fixed_dictionaries(
        {
            "shop": st.sampled_from(["ec", "store"]),
            "name": name,
            "kana": kana,
            "birth": birth,
            "phone": phone,
            "email": email,
        }
    )
    rows = draw(st.lists(row, min_size=2, max_size=16))
    return [{"id": f"M{number:03}", **row} for number, row in enumerate(rows)]


ALPHABETS = {
    "address": "東京都府中市区町村郡大字丁目番地号室階のノヶ一二三十八1234-ー １２ABFビル棟、()〒",
    "birth": "0123456789年月日昭和平成令元SsHhTt./-: 十三u",
    "category": "AaÀ àあ１1 ",
    "date": "0123456789年月日/-. ",
    "email": 'aAb.+@<>" ,gmailco.jp-_1',
    "identifier": "AB-0123 ー",
    "kana": "アイウキャッンーヽヾ・ ｱｷﾞあがゞ-ヴ゛",
    "latin": "AaBéøßjrvonMc'’-., ()1ア",
    "name": "佐藤髙々〆ヶ様殿 　（）・ﾀﾛｳたろaB1-?〓ー株式会社",
    "nickname": "Aaあわア゛♪ 1",
    "number": "0123456789.,-▲¥() ",
    "phone": "0123456789-+() 内線,/TEL",
    "postcode": "0123456789-〒 ー",
    "romaji": "ABCDEHIJMNOSTUYZ abchijnostuyw'ōアキャッンー-.",
    "sex": "男女性MFmf12 ",
    "text": "Aa あ\u3000１",
}
"""The characters that a kind's rules speak of."""


def _texts(found: Any) -> list[str]:
    if isinstance(found, str):
        return [found]
    if isinstance(found, dict):
        return [text for value in found.values() for text in _texts(value)]
    return [text for value in found for text in _texts(value)] if isinstance(found, list) else []


@cache
def texts_in(kind: str) -> tuple[str, ...]:
    """All texts of a kind's case file, of values and of what becomes of them; none where it has no file."""
    return tuple(dict.fromkeys(_texts(cases(kind)))) if kind in CASE_FILES else ()


any_cells = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=30)
"""A column of any text that can be written as UTF-8, and of nulls."""


def cells_like(kind: str) -> st.SearchStrategy[list[str | None]]:
    """A column of texts made of the kind's characters, and of values of its case file, cut or joined."""
    made = st.text(alphabet=ALPHABETS[kind], max_size=16)
    known = texts_in(kind)
    if known:
        one = st.sampled_from(known)
        cut = st.tuples(one, st.integers(0, 12), st.integers(0, 30)).map(lambda t: t[0][t[1] : t[1] + t[2]])
        joined = st.tuples(one, st.sampled_from(["", " ", "　", "、", "/", "・"]), made | one).map("".join)
        made = made | one | cut | joined
    return st.lists(made, min_size=10, max_size=60)
