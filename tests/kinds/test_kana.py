"""Readings: the quick way over words gives what the careful way gives, and marks are stripped as systems lose them."""

from __future__ import annotations

from importlib import import_module

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.kinds.name.spelling.kana import kana, readings, strip_marks
from strategies import thorough

ALPHABET = "アイウサシトッャョンーァガバヽヾ゛あさと・-　  ｻﾄｳﾞ様ナシ"


@given(st.lists(st.text(alphabet=ALPHABET, max_size=12), min_size=20, max_size=60))
@example(
    [
        "アア アア",
        "フメイ フメイ",
        "ナシ タロウ",
        "セイ メイ",
        "ア ア",
        "サマ サマ",
        "テ スト",
        "アア ア",
        "サトー ーコ",
        "あ様　さ",
    ]
)
@settings(max_examples=thorough(30), deadline=None)
def test_quick_and_careful_reading_agree(values):
    """Two plain words, read over the distinct words, are what they are when the whole text is read."""
    whole = import_module("oneid.kinds.name.spelling.kana")._whole(pl.Series(values, dtype=pl.String))
    assert readings(pl.Series(values, dtype=pl.String)).equals(whole)


@given(st.lists(st.text(alphabet=ALPHABET, max_size=12), min_size=20, max_size=60))
@settings(max_examples=thorough(15), deadline=None)
def test_display_reads_as_itself(values):
    """What is shown gives the same normal form and parts again."""
    made = kana(pl.Series(values, dtype=pl.String)).filter(pl.col("normalized").is_not_null())
    again = kana(made["display"])
    assert again.select("normalized", "family", "given", "key").equals(
        made.select("normalized", "family", "given", "key")
    )


def test_key_is_that_of_the_parts():
    """One key over both orders; a part without a letter has none."""
    made = kana(pl.Series(["サトウ タロウ", "タロウ サトウ", "ッ サトウ", "マリア テレサ カトウ", "ッ"]))
    assert made["key"].to_list() == ["sato taro", "sato taro", "sato", "kato maria teresa", None]
    assert made["key_family"].to_list() == ["sato", "taro", None, None, None]
    assert made["key_given"].to_list() == ["taro", "sato", "sato", None, None]


def test_strip_marks():
    """Voiced and half-voiced kana lose their marks, all others stay."""
    frame = pl.DataFrame({"x": ["ヤマザキ", "パトリック", "ヴィオラ", "サトー", None]})
    assert frame.select(strip_marks(pl.col("x")))["x"].to_list() == [
        "ヤマサキ",
        "ハトリック",
        "ウィオラ",
        "サトー",
        None,
    ]
