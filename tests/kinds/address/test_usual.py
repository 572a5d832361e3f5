"""The exact look-up of usual spellings gives what the careful reading gives, or nothing."""

import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.japanese.places import towns
from oneid.kinds.address.normalizer import address
from oneid.kinds.address.usual import usual
from paths import cases
from strategies import thorough

CASES = cases("address")
careful = sys.modules["oneid.kinds.address.normalizer"]._careful_once  # what is read again passes through `usual`


def both(texts):
    """What the look-up and the careful reading make of tidy texts, where the look-up reads them at all."""
    rows, read = usual(texts)
    whole = careful(texts.alias("display").gather(rows), pl.Series("postcode", [None] * len(rows), dtype=pl.String))
    return read, whole.select(read.columns)


@pytest.mark.parametrize("tail", ["12-3", "2丁目3番4号", "1", " 4-5 富士タワー101", "3丁目4 102号室"])
def test_every_town_of_japan(tail):
    """Prefecture, city and town as the table has them, a number behind: nearly all are read, each as with care."""
    table = towns().filter(pl.col("town") != "").select("prefecture", "city", "town").unique(maintain_order=True)
    texts = table.select(pl.concat_str(pl.all(), pl.lit(tail))).to_series()
    read, whole = both(texts)
    assert read.height > 0.9 * len(texts)
    assert read.equals(whole)


@pytest.mark.parametrize("form", ["{city}{town}", "{prefecture}{bare}{town}", "{prefecture}{city}大字{town}"])
def test_towns_with_something_left_out(form):
    """Without the prefecture, without the 郡, with 大字: a third of the table each."""
    table = towns().filter(pl.col("town") != "").select("prefecture", "city", "town").unique(maintain_order=True)
    table = table.gather_every(3).with_columns(pl.col("city").str.replace("^.+?郡(.+[町村])$", "${1}").alias("bare"))
    texts = pl.Series([form.format(**row) + "5-6" for row in table.to_dicts()])
    read, whole = both(texts)
    assert read.height > 0.8 * len(texts)
    assert read.equals(whole)


def test_case_table():
    """The rows of the case table that are in the usual spelling, and there are many."""
    texts = address(pl.Series([case["raw"] for case in CASES]))["display"].drop_nulls()
    read, whole = both(texts)
    assert read.height >= 60
    assert read.equals(whole)


PLACES = st.sampled_from(
    ["愛知県豊橋市東田町", "札幌市中央区大通西", "東京都 港区 三田", "静岡県下田市一丁目", "群馬県高崎市大字上豊岡町"]
)
PIECES = st.sampled_from([
    "1", "2", "34", "101", "1203", "丁目", "番", "番地", "号", "号室", "の", "ノ", "-", "ー", "‐", " ", "コーポ",
    "富士", "タワー", "第二", "ハイツA", "弐番館", "東", "内", "様", "方", "御中",
    "甲", "イ", "線", "条", "F", "B1", "・", "二", "三階", "荘5",
])  # fmt: skip


@settings(max_examples=thorough(8), deadline=None)
@given(st.lists(st.tuples(PLACES, st.lists(PIECES, max_size=8).map("".join)).map("".join), min_size=40, max_size=80))
def test_anything_behind_a_place(texts):
    """Numbers, counters, hyphens and words in any order: what the look-up lets through it reads alike."""
    tidied = address(pl.Series(texts))["display"]
    read, whole = both(tidied)
    assert read.equals(whole)


@settings(max_examples=thorough(50), deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=20))
def test_any_text(texts):
    """Never an error; rows ascend; nothing is read of a text without a place."""
    rows, read = usual(pl.Series(texts, dtype=pl.String))
    assert rows.to_list() == sorted(set(rows.to_list()))
    assert len(rows) == read.height
    assert read["normalized"].null_count() == 0
