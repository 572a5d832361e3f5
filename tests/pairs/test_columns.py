"""From features to columns: bearers, shared values, and the keys of blocking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from conftest import features_of
from oneid.engines.local import LocalEngine
from oneid.kinds.compared import Compared
from oneid.pairs.alike import SAME
from oneid.pairs.columns import MOST_HOLDERS, block_keys, borne, columns_of, contradicted, held
from oneid.settings.rulesfile import BLOCKING_KEYS

CARD = Compared.with_own([("identifier", "card", {})])
PHONE = "090-1111-2222"


def shared(*rows: dict[str, str], field: str = "phone") -> list[bool]:
    """Per record: whether its phone (or e-mail) is contradicted."""
    columns = columns_of(features_of(list(rows)), LocalEngine(1))
    return np.logical_or.reduce(columns.shared[field]).tolist()


@pytest.mark.parametrize(
    ("holders", "contradicted"),
    [
        ([{"name": "佐藤 太郎"}, {"name": "佐藤 花子"}], True),
        ([{"name": "佐藤 太郎"}, {"name": "鈴木 一郎"}], True),
        ([{"birth": "1980-01-01"}, {"birth": "1990-05-05"}], True),
        ([{"name": "佐藤 太郎"}, {"name": "佐藤 太郎"}], False),
        ([{"name": "髙橋 花子"}, {"name": "高橋 花子"}], False),
        ([{"name": "斉藤 花子"}, {"name": "斎藤 花子"}], False),
        ([{"kana": "サトウ タロウ"}, {"romaji": "TARO SATO"}], False),
        ([{"name": "佐藤 花子"}, {"name": "小鳥遊 花子"}], False),
        ([{"name": "佐藤 花子", "birth": "1980-01-01"}, {"name": "小鳥遊 花子", "birth": "1993-07-08"}], True),
        ([{"name": "佐藤 太郎", "birth": "1980-01-01"}, {"name": "佐藤 太郎", "birth": "1993-07-08"}], False),
        ([{}, {"name": "佐藤 太郎"}], False),
    ],
)
def test_shared_means_contradicted(holders, contradicted) -> None:
    """Two given names in a family, two wholly different names, two births without an agreeing name; not marriage, not
    a variant, not a missing name.
    """
    assert shared(*({**row, "phone": PHONE} for row in holders)) == [contradicted] * len(holders)
    mails = ({**row, "email": "box@example.com"} for row in holders)
    assert shared(*mails, field="email") == [contradicted] * len(holders)


def test_frequent_is_not_shared() -> None:
    """Forty records of one person hold one phone: it is his. One contradiction among them is enough."""
    many = [{"name": "佐藤 太郎", "phone": PHONE}] * 40
    assert not any(shared(*many))
    assert len(many) > MOST_HOLDERS
    assert all(shared(*many, {"name": "佐藤 花子", "phone": PHONE}))


@pytest.mark.slow
def test_many_holders_are_looked_at_against_the_first_alone() -> None:
    """Up to the most holders every pair is looked at; of more the first against each other. Equal ones are one."""
    bare, taro, hanako = ({"phone": PHONE} | more for more in ({}, {"name": "佐藤 太郎"}, {"name": "佐藤 花子"}))
    others = [{**bare, "email": f"a{number}@example.com"} for number in range(MOST_HOLDERS)]
    assert all(shared(bare, *others[: MOST_HOLDERS - 3], taro, hanako))
    assert not any(shared(bare, *others[: MOST_HOLDERS - 2], taro, hanako))
    assert all(shared(taro, *others, hanako))
    assert all(shared(bare, *[taro] * MOST_HOLDERS, hanako))
    assert MOST_HOLDERS == 12
    mail = {"name": "佐藤 花子", "phone": "03-3333-4444", "email": "a0@example.com"}
    assert shared(mail, bare, *[taro] * MOST_HOLDERS, hanako, mail) == [False, *[True] * (MOST_HOLDERS + 2), False]


def test_where_equal_holders_are_not_known_all_count() -> None:
    """So of more than the most each is looked at against the first alone, who says nothing here."""
    bare, taro, hanako = ({"phone": PHONE} | more for more in ({}, {"name": "佐藤 太郎"}, {"name": "佐藤 花子"}))
    columns = columns_of(features_of([bare, *[taro] * MOST_HOLDERS, hanako]), LocalEngine(1))
    assert np.concatenate(contradicted(columns, held(columns)["phone"])).any()
    assert not np.concatenate(contradicted(replace(columns, same=None), held(columns)["phone"])).any()


def test_a_value_is_shared_wherever_it_stands() -> None:
    """As a first or a second phone; other values of the same records are not touched."""
    rows = [
        {"name": "佐藤 太郎", "phone": "03-3333-4444", "phone2": PHONE},
        {"name": "鈴木 一郎", "phone": PHONE},
        {"name": "佐藤 太郎", "phone": "03-3333-4444"},
    ]
    columns = columns_of(features_of(rows), LocalEngine(1))
    flags = [place.tolist() for place in columns.shared["phone"]]
    assert flags == [[False, True, False], [True, False, False]]


def test_bearers_are_counted_over_records() -> None:
    """By kanji, and by reading in either order; missing is 0."""
    rows = [{"name": "佐藤 太郎", "kana": "サトウ タロウ"}] * 3 + [{"kana": "タロウ サトウ"}, {}]
    names = columns_of(features_of(rows), LocalEngine(1)).parts["name"]
    assert names.count_kanji.round().tolist() == [3, 3, 3, 0, 0]
    assert names.count_key.round().tolist() == [4, 4, 4, 4, 0]


def test_what_records_bear_is_counted_over_all_facets() -> None:
    """Names, and values of fields of one's own; records of sources that were counted before are not counted again."""
    text = Compared.with_own([("text", "shop", {})])
    columns = columns_of(features_of([{"name": "佐藤 太郎", "shop": "青い 海"}] * 3), LocalEngine(1), compared=text)
    sources = pl.Series(["a", "a", "b"])
    known = borne(columns, pl.Series(["a", "b", "b"]))
    assert (known.sources, known.records) == (("a", "b"), 3)
    assert set(known.held) >= {"kanji", "key"}
    plain = columns_of(features_of([{"name": "佐藤 太郎"}]), LocalEngine(1))
    assert set(known.held) > set(borne(plain, sources[:1]).held)
    assert known.of("kanji").records.tolist() == [3]
    assert borne(columns, pl.Series(["a", "c", "c"]), known).of("kanji").records.tolist() == [5]
    assert borne(columns, sources, known).of("kanji").records.tolist() == [3]


def test_what_nobody_holds_is_not_shared() -> None:
    """Records without a value; nor is it where others share one."""
    taro, hanako = {"name": "佐藤 太郎"}, {"name": "佐藤 花子"}
    assert shared(taro, hanako) == [False, False]
    assert shared(taro, hanako, {**taro, "phone": PHONE}, {**hanako, "phone": PHONE}) == [False, False, True, True]


def test_blocking_keys() -> None:
    """Every key that a rules file may name has its columns, and identifier fields beside them; no key where a part is
    missing.
    """
    rows = [
        {"name": "佐藤 太郎", "kana": "サトウ タロウ", "birth": "1980-03-07", "phone": PHONE, "phone2": "03-3333-4444",
         "email": "taro@example.com", "postcode": "160-0023", "address": "東京都新宿区西新宿2-8-1", "card": "A-1"},
        {"birth": "1980-03"},
    ]  # fmt: skip
    features = features_of(rows)
    keys = block_keys(columns_of(features, LocalEngine(1), compared=CARD))
    assert set(keys) == {*BLOCKING_KEYS, "card", SAME}
    held = {
        name: [int((np.array([place[row] for place in places]) != 0).sum()) for row in (0, 1)]
        for name, places in keys.items()
    }
    assert {name: counts[0] for name, counts in held.items()} == {**dict.fromkeys(keys, 1), "phone": 2, "spoken": 0}
    assert {name for name, counts in held.items() if counts[1]} == {"birth_year", "birth_year_month", SAME}


def test_a_company_and_a_person_have_no_key_in_common() -> None:
    """Two companies have, and who may be either counts as a person; nobody has a key where a part is missing."""
    features = features_of([{"phone": PHONE}] * 5).with_columns(
        customer=pl.Series(["company", "person", "company", None, "person"])
    )
    columns = columns_of(features, LocalEngine(1))
    assert columns.company.tolist() == [True, False, True, False, False]
    keys = block_keys(columns)
    ((firm, person, other, either, more),) = [place.tolist() for place in keys["phone"]]
    assert firm == other != person == either == more
    assert not np.concatenate(keys["email"]).any()


def test_what_is_shared_may_be_given() -> None:
    """By facet, as codes of its values; where none are named none is."""
    features = features_of([{"phone": PHONE}, {"phone2": PHONE, "email": "a@example.com"}])
    codes = np.concatenate(held(columns_of(features, LocalEngine(1)))["phone"])
    for given, expected in (({}, False), ({"phone": np.unique(codes[codes != 0])}, True)):
        flags = columns_of(features, LocalEngine(1), shared=given).shared
        assert [bool(np.logical_or.reduce(flags[name]).all()) for name in ("phone", "email")] == [expected, False]
        assert not np.concatenate(flags["email"]).any()


def test_the_reading_key_meets_across_scripts_and_orders() -> None:
    """Kana, half-width kana, romaji in any order and spelling have one reading key."""
    rows = [
        {"kana": "オオノ ユウコ"},
        {"kana": "ｵｵﾉ ﾕｳｺ"},
        {"romaji": "YUKO ONO"},
        {"romaji": "OHNO YUUKO"},
        {"kana": "オノ ヨウコ"},
    ]
    features = features_of(rows)
    reading = block_keys(columns_of(features, LocalEngine(1)))["reading"][0]
    assert len(set(reading[:4].tolist())) == 1
    assert reading[4] not in reading[:4]


def test_no_records() -> None:
    """An empty table has empty columns."""
    empty = features_of([{"name": "佐藤 太郎"}]).clear()
    columns = columns_of(empty, LocalEngine(1))
    assert columns.height == 0
    assert all(place.size == 0 for places in block_keys(columns).values() for place in places)
    assert isinstance(empty, pl.DataFrame)
