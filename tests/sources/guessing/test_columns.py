"""What a column is: the header proposes, the kinds decide, and whose it is."""

from __future__ import annotations

import polars as pl
import pytest

from oneid.kinds.name.known import whole_names
from oneid.sources.guessing.columns import column_role
from oneid.sources.headers import heading, shape


@pytest.mark.parametrize(
    ("header", "values", "role"),
    [
        ("Phone", ["'+819012345678", "'+818023456789"], "phone"),
        ("Phone 1 - Value", ["080-3456-7890 ::: 03-3410-2233"], "phone"),
        ("Birthday", ["1/15/1990", "0/0/00", "12/31/1939"], "birth"),
        ("Gender", ["Unspecified"], None),
        ("性別(ID)", ["1", "2"], "sex"),
        ("都道府県(ID)", ["13", "14"], None),
        ("pref_name", ["東京都"], "address.prefecture"),
        ("Province Code", ["JP-13"], None),
        ("連絡先", ["a@example.jp", "b@example.jp"], None),
        ("Last Visit", ["2024-01-05"], None),
        ("住所カナ", ["トウキョウト"], None),
        ("会社電話", ["03-1234-5678"], None),
        ("Manager's Name", ["佐藤 花子"], None),
        ("口座名義", ["サトウ ハナコ"], None),
        ("q_17", ["佐藤 花子", "山田太郎", "鈴木 一郎"], "name"),
        ("q_18", ["1980-01-02"] * 2 + [f"{year}-03-04" for year in range(1950, 1999, 4)], "birth"),
        ("q_19", [f"2024-03-{day:02}" for day in range(1, 29)], None),
    ],
)
def test_kinds_decide(header, values, role) -> None:
    """What a kind can read it takes, however it is written; codes, other people and other things it does not."""
    assert column_role(header, pl.Series(values)) == role


@pytest.mark.parametrize(
    ("header", "party", "number"),
    [
        ("注文者名", "orderer", ""), ("送付先ID", "recipient", "other"), ("自宅住所1", "self", ""),
        ("会社住所1", "company", ""),
        ("連名誕生日", "relative", ""), ("取引先責任者 ID", "self", "member"), ("取引先 ID", "partner", "order"),
        ("Billing City", "billed", ""), ("ship-city", "recipient", ""), ("Address 2: City", "second", ""),
        ("account_id", "self", "account"), ("Order #", "self", "order"), ("カード番号", "self", "card"),
        ("Klaviyo ID", "self", "other"), ("店舗コード", "thing", "other"), ("旧姓", "former", ""),
        ("Country", "self", ""),
    ],
)  # fmt: skip
def test_whose_and_of_what(header, party, number) -> None:
    """A header says whose its column is, and what it numbers."""
    said = heading(header)
    assert (said.party, said.id) == (party, number)


def test_names_that_tables_know() -> None:
    """In kanji, and kana behind it; with variants; nothing else is one."""
    texts = ["髙橋 一郎", "佐藤さくら", None, "サトウ", "東京都", "商品A"]
    assert whole_names(pl.Series(texts)).to_list() == [True, True, False, False, False, False]


def test_a_shape_stays_on_one_line() -> None:
    """Whatever ends lines somewhere."""
    assert shape("港区\n六本木\x85\u2028x\x07") == "漢漢⏎漢漢漢⏎⏎a?"
