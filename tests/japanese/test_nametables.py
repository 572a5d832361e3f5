"""The shipped tables of names and of readings."""

from __future__ import annotations

import polars as pl
import pytest

from oneid.japanese.kanji import fold_hard
from oneid.japanese.nametables import PLACES, given_names, irregular_names, kanji_places, kanji_readings, surnames

KANA = r"^[ァ-ヶー]+$"


@pytest.mark.parametrize("table", [surnames, given_names, irregular_names], ids=lambda table: table.__name__)
def test_names(table) -> None:
    """Folded kanji, readings in katakana, no row twice."""
    rows = table()
    assert rows.height > 3000
    assert rows["kanji"].str.len_chars().min() > 0
    assert rows["kanji"].to_list() == rows.select(fold_hard(pl.col("kanji"))).to_series().to_list()
    assert rows["reading"].str.contains(KANA).all()
    assert rows.select(pl.exclude("weight")).is_duplicated().sum() == 0 or table is not irregular_names


@pytest.mark.parametrize("table", [surnames, given_names], ids=lambda table: table.__name__)
def test_weights(table) -> None:
    """Positive, and no more bearers than people."""
    weights = table()["weight"]
    assert weights.min() > 0
    assert weights.sum() < 220_000  # given names: per 100,000 of each sex


def test_known_rows() -> None:
    """What everybody knows."""
    assert surnames().filter(kanji="佐藤")["reading"].to_list() == ["サトウ"]
    assert set(given_names().filter(kanji="裕子")["reading"]) >= {"ユウコ", "ヒロコ"}
    assert set(given_names()["sex"]) == {"m", "f"}
    assert ("s", "小鳥遊", "タカナシ") in irregular_names().rows()
    assert set(irregular_names()["role"]) == {"s", "g"}


def test_readings_of_kanji() -> None:
    """In katakana with whole counts, the commonest first; of one character each."""
    table = kanji_readings()
    assert len(table) > 3000
    assert {len(sign) for sign in table} == {1}
    assert next(iter(table["山"])) == "ヤマ"
    assert {"タ", "ダ"} <= set(table["田"])
    for readings in table.values():
        counts = list(readings.values())
        assert counts == sorted(counts, reverse=True)
        assert all(count >= 1 for count in counts)
    assert pl.Series([reading for readings in table.values() for reading in readings]).str.contains(KANA).all()


def test_places_of_kanji() -> None:
    """Where a character stands in names: eight places; the same kanji as the readings have."""
    table = kanji_places()
    assert table.columns == ["kanji", *PLACES]
    assert len(PLACES) == 8
    assert table["kanji"].to_list() == list(kanji_readings())
    ends = table.filter(kanji="子").row(0, named=True)
    assert ends["given_last"] > 10 * ends["given_first"]
    begins = table.filter(kanji="蛯").row(0, named=True)
    assert begins["family_first"] > begins["family_last"]
