"""Where the family name ends, in kanji, kana and Latin letters."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.normalize.name import name
from oneid.normalize.split import given_first, given_names, split_kana, split_names, surnames

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "name.yaml").read_text(encoding="utf-8"))
UNSPACED = [row for row in CASES if "family" in row and " " not in (row.get("raw") or " ")]
NOTHING = pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String})


def series(values) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def split(names, kana=None, seen=NOTHING) -> list[tuple]:
    return split_names(series(names), series(kana or [None] * len(names)), seen).rows()


@pytest.mark.parametrize("row", UNSPACED, ids=lambda row: row["raw"])
def test_case(row) -> None:
    """The unspaced names of tests/cases/name.yaml, most of them with the reading of the family name beside them."""
    folded = name(series([row["raw"]]))["normalized"][0]
    assert split([folded], [row.get("kana")])[0][:2] == (row["family"], row["given"])


def test_the_reading_decides() -> None:
    """One text, two cuts: what the kana of the family name says."""
    assert split(["森下実"], ["モリシタ"])[0][:2] == ("森下", "実")
    assert split(["森下実"], ["モリ"])[0][:2] == ("森", "下実")


def test_family_names_that_only_the_data_shows() -> None:
    """A surname of no table is found where the data shows it apart; unknown else."""
    assert split(["㐂㐂太郎"])[0][:2] == (None, None)
    seen = pl.DataFrame({"kanji": ["㐂㐂"], "reading": ["キキ"]})
    assert split(["㐂㐂太郎"], seen=seen)[0][:2] == ("㐂㐂", "太郎")


def test_a_given_name_alone_is_told() -> None:
    """花子 is a given name; 佐藤 is a family name and no cut."""
    assert [row[2] for row in split(["花子", "佐藤太郎", None])] == [True, False, False]


@given(st.lists(st.none() | st.text("佐藤林大久保太郎花子一", min_size=1, max_size=7), min_size=1, max_size=6))
@settings(deadline=None, max_examples=25)
def test_a_split_name_is_the_whole_name(names) -> None:
    """Family and given put together are the name; both or neither; rows do not depend on one another."""
    rows = split(names)
    assert len(rows) == len(names)
    for text, row in zip(names, rows, strict=True):
        family, given_, _ = row
        assert (family is None) == (given_ is None)
        assert family is None or (family + given_ == text and family and given_)
    assert [split([text])[0] for text in names] == rows


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("サトウタロウ", ("サトウ", "タロウ")),
        ("タカハシハナコ", ("タカハシ", "ハナコ")),
        ("ハセガワヒロシ", ("ハセガワ", "ヒロシ")),
        ("ハヤシオサム", ("ハヤシ", "オサム")),
        ("タカナシリッカ", ("タカナシ", "リッカ")),
        ("ヌヌヌヌ", (None, None)),
        (None, (None, None)),
    ],
)
def test_unspaced_kana(whole, parts) -> None:
    """Known readings on both sides, else whole."""
    assert split_kana(series([whole])).rows() == [parts]


def test_order_of_latin_names() -> None:
    """What the tables make likelier; given name first where they know neither."""
    first, last = series(["taro", "sato", "zozomi", None]), series(["sato", "taro", "nunuka", "sato"])
    assert given_first(first, last).to_list() == [True, False, True, True]


def test_the_tables() -> None:
    """Folded, with readings in katakana and positive weights."""
    for table in (surnames(), given_names()):
        assert table.height > 500
        assert table["weight"].min() > 0
        assert table["reading"].str.contains(r"^[ァ-ヶー]+$").all()
    assert surnames().filter(pl.col("kanji") == "佐藤")["reading"].to_list() == ["サトウ"]
