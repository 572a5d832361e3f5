"""Municipalities of former times."""

import functools

import polars as pl
import pytest

from oneid.japanese.places import cities
from oneid.kinds.address.former import FORMER, rewritten
from oneid.kinds.address.normalizer import address


@functools.cache
def today() -> dict[str, tuple[str, str, str | None]]:
    """Prefecture, city and town of every former municipality alone."""
    texts = [prefecture + old for prefecture, old, _ in FORMER]
    return dict(zip(texts, address(pl.Series(texts)).select("prefecture", "city", "town").rows(), strict=True))


@pytest.mark.parametrize(("prefecture", "old", "new"), FORMER, ids=[old for _, old, _ in FORMER])
def test_each_leads_to_a_municipality_of_today(prefecture, old, new):
    """The new one is in the table, or is a city whose wards are; the old one is no more; alone it leads to the new."""
    table = cities().filter(pl.col("prefecture") == prefecture)["city"].to_list()
    assert any(city == new or city.startswith(new) for city in table)
    assert all(city != old and not city.endswith("郡" + old) for city in table)
    assert today()[prefecture + old] == (prefecture, new, None)


def test_no_former_name_stands_twice():
    """One prefecture and one old name lead to one municipality."""
    assert len({(prefecture, old) for prefecture, old, _ in FORMER}) == len(FORMER)


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
