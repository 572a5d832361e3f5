"""The table of places, its folding, and the longest-prefix look-up."""

import importlib
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.japanese import places

PLACE_TEXT = st.text(alphabet="一二三十条丁目番東西ヶケがノの龍竜桧檜澤ーアAa1２ ", max_size=12)


def test_towns_has_the_whole_table_in_its_contract():
    """Four text columns, no nulls, 7-digit postcodes, no notes, unique rows; every prefecture is there."""
    table = places.towns()
    assert table.schema == dict.fromkeys(["postcode", "prefecture", "city", "town"], pl.String)
    assert table.null_count().row(0) == (0, 0, 0, 0)
    assert table.height > 120_000
    assert table.n_unique() == table.height
    assert table["postcode"].str.contains("^[0-9]{7}$").all()
    assert not table["town"].str.contains(r"[()、〜「]|場合|地割").any()
    assert set(table["prefecture"]) == set(places.prefectures())


@pytest.mark.parametrize(
    "row",
    [
        ("1600023", "東京都", "新宿区", "西新宿"),
        ("3550211", "埼玉県", "比企郡嵐山町", "杉山"),
        ("0630802", "北海道", "札幌市西区", "二十四軒二条"),
        ("0798402", "北海道", "旭川市", "秋月2条"),
        ("0600000", "北海道", "札幌市中央区", ""),
        ("0295514", "岩手県", "和賀郡西和賀町", "湯川"),
        ("7614101", "香川県", "小豆郡土庄町", "乙"),
    ],
)
def test_towns_knows(row):
    """Rows as Japan Post has them, with notes, 地割 and lists of towns taken apart."""
    assert row in set(places.towns().filter(pl.col("postcode") == row[0]).iter_rows())


def test_cities_are_each_there_once():
    """A ward carries its city, a town its district; 47 prefectures in the order of their codes."""
    table = places.cities()
    assert table.columns == ["prefecture", "city"]
    assert table.n_unique() == table.height == 1892
    assert ("神奈川県", "横浜市中区") in table.rows()
    assert ("埼玉県", "比企郡嵐山町") in table.rows()
    assert tuple(table["prefecture"].unique(maintain_order=True)) == places.prefectures()
    assert len(places.prefectures()) == 47


def test_the_file_is_small_and_read_only_when_asked():
    """Less than 1 MB; importing reads nothing; reading takes well under two seconds of computing."""
    assert len(resources.files("oneid.japanese.data").joinpath("towns.csv.xz").read_bytes()) < 1_000_000
    program = (
        "import lzma, time; plain = lzma.decompress; lzma.decompress = None\n"
        "from oneid.japanese import places; import oneid.kinds.address.normalizer\n"
        "lzma.decompress = plain; start = time.process_time(); places.towns()\n"
        "assert time.process_time() - start < 2"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_is_looked_up_in_is_what_the_table_says(monkeypatch):
    """The shipped tables are those that ``scripts/make_place_index.py`` makes of the towns with the code of now."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts")
    made = importlib.import_module("make_place_index")
    assert made.all_cities().equals(places.cities())
    towns, keys = made.all_towns()
    assert keys.equals(places.town_index().keys)
    assert towns.select("area", "town").equals(places.town_index().places)
    assert towns.drop_nulls("twin_of").height == places.town_index().twins.height > 0
    assert made.all_postcodes().equals(places.postcodes())


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("西新宿二丁目八番一号", "西新宿2丁目8番1号"),
        ("北一条西", "北1条西"),
        ("二十四軒二条", "24軒2条"),
        ("二ー八ー一", "2-8-1"),
        ("二-八-十一", "2-8-11"),
        ("百二十三番地の二", "123番地の2"),
        ("一〇三番地", "103番地"),
        ("三田", "三田"),
        ("八王子市", "八王子市"),
        ("千代田区", "千代田区"),
        ("四谷", "四谷"),
        ("", ""),
        (None, None),
    ],
)
def test_numbers_reads_counting_numerals_only(text, digits):
    """Numerals before a counter become digits; names keep theirs."""
    assert places.numbers(pl.Series([text], dtype=pl.String)).to_list() == [digits]


@given(st.lists(PLACE_TEXT, max_size=5))
def test_fold_keeps_every_position(texts):
    """Folding is character for character, and folding again changes nothing."""
    once = pl.DataFrame({"x": pl.Series(texts, dtype=pl.String)}).select(places.fold(pl.col("x")))
    twice = once.select(places.fold(pl.col("x")))
    assert [len(text) for text in texts] == [len(text) for text in once["x"]]
    assert once["x"].to_list() == twice["x"].to_list()


@given(st.dictionaries(st.tuples(st.integers(0, 3), st.text("ab", min_size=1, max_size=4)), st.integers(0, 99)),
       st.lists(st.tuples(st.integers(-1, 3), st.text("ab", max_size=6)), max_size=8))  # fmt: skip
def test_index_finds_the_longest_prefix(keys, queries):
    """The look-up agrees with trying every prefix, longest first."""
    area, key = [pair[0] for pair in keys], [pair[1] for pair in keys]
    schema = {"area": pl.Int64, "key": pl.String, "target": pl.Int64}
    index = places.Index(pl.DataFrame({"area": area, "key": key, "target": list(keys.values())}, schema=schema))
    text = pl.Series([query[1] for query in queries], dtype=pl.String)
    target, length = index.find(np.array([query[0] for query in queries], dtype=np.int64), text)
    for at, (where, what) in enumerate(queries):
        ends = [end for end in range(len(what), 0, -1) if (where, what[:end]) in keys]
        expected = (keys[where, what[: ends[0]]], ends[0]) if ends else (-1, 0)
        assert (target[at], length[at]) == expected


def test_every_city_is_found_by_its_own_name():
    """Prefecture and city lead to the row of the city itself."""
    index, areas, members = places.city_index()
    order = pl.col("prefecture").replace_strict(places.prefectures(), range(1, 48), return_dtype=pl.Int64)
    table = places.cities().with_columns(order.alias("area"))
    folded = places.numbers(table["city"]).to_frame("x").select(places.fold(pl.col("x")))["x"]
    target, length = index.find(table["area"].to_numpy(), folded)
    assert target.tolist() == list(range(table.height))
    assert length.tolist() == folded.str.len_chars().to_list()
    assert areas.height == table.height + members["area"].n_unique()
    assert members["city_id"].max() < table.height <= members["area"].min()
