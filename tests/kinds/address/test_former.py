"""Municipalities of former times."""

import functools
import re

import polars as pl
import pytest

from oneid.japanese.places import cities
from oneid.kinds.address.former import WARDS, former, rewritten
from oneid.kinds.address.normalizer import address

NAMES = former().rows()
BARE = [(prefecture, re.sub("^.+?郡(.+[町村])$", r"\1", name)) for prefecture, name, _ in NAMES]


@functools.cache
def today() -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """Prefecture and city that every former municipality alone leads to, by prefecture and name."""
    read = address(pl.Series([prefecture + name for prefecture, name, _ in NAMES]))
    return dict(zip([row[:2] for row in NAMES], read.select("prefecture", "city").rows(), strict=True))


def test_each_leads_to_a_municipality_of_today():
    """The new one is in the table, or is a city whose wards are; the old one is no more; alone it leads to the new.

    Alone: but for names that were parted, and for the cities whose name a ward has now (浦和 is several wards).
    """
    table = cities().with_columns(pl.concat_str("prefecture", "city").alias("whole"))["whole"].to_list()
    parted = {row[:2] for row in NAMES if sum(row[:2] == other[:2] for other in NAMES) > 1}
    for prefecture, name, new in NAMES:
        whole = new if new.startswith(("岐阜県",)) else prefecture + new
        assert any(city == whole or (city.startswith(whole) and city.endswith("区")) for city in table), name
        assert prefecture + name not in table, name
        if (prefecture, name) not in parted:
            home, city = today()[prefecture, name]
            assert (home, city) != (None, None), name
            found = (home or "") + (city or "")  # the ward is known where the name is a town of it still
            assert found.startswith(whole) or (name.endswith("区") and whole.startswith(found)), name


@pytest.mark.parametrize(("prefecture", "old", "new"), WARDS, ids=[old for _, old, _ in WARDS])
def test_each_ward_is_one_and_its_name_is_former(prefecture, old, new):
    """The ward is in the table; the name is in the record."""
    assert (prefecture, new) in cities().rows()
    assert (prefecture, old) in BARE


def test_no_former_name_stands_twice_with_one_city():
    """One row for each municipality that a name lies in today."""
    assert len(set(NAMES)) == len(NAMES)


def test_a_town_is_a_municipality_only_with_its_prefecture_or_district():
    """城山町 is a town of many cities."""
    texts = ["城山町1-2", "神奈川県城山町1-2", "津久井郡城山町1-2", "東京都城山町1-2"]
    assert set(rewritten(pl.Series(texts))["row"]) == {1, 2}


def test_the_text_wins_over_the_list():
    """What is a municipality today is read as such: 那珂川町 of Tochigi, 府中町 of Hiroshima."""
    texts = ["栃木県那珂川町馬頭409", "広島県安芸郡府中町大通3-5-1"]
    assert address(pl.Series(texts))["city"].to_list() == ["那須郡那珂川町", "安芸郡府中町"]


def test_rewriting_is_done_once():
    """The normalized text of today is read as it is."""
    first = address(pl.Series(["埼玉県鳩ヶ谷市本町1-2-3", "広島県因島市土生町7-4", "福島県伊達郡保原町舟橋180"]))
    assert address(first["normalized"])["normalized"].equals(first["normalized"])


def test_null_and_no_texts():
    """Nothing in, nothing out."""
    assert rewritten(pl.Series([None, ""], dtype=pl.String)).is_empty()
    assert rewritten(pl.Series([], dtype=pl.String)).is_empty()
