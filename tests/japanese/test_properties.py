"""What holds of any text for the tools that normalizers share. What normalizers promise is in test_contract.py."""

from __future__ import annotations

import itertools
import unicodedata

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.japanese.romaji import fold
from oneid.japanese.text import kanji_digits, tidy
from strategies import thorough


@given(st.lists(st.text(max_size=60), max_size=40))
@example(["ア\u200b゛", "\u00a8", "か ゛"])
@settings(max_examples=thorough(50), deadline=None)
def test_tidy_is_stable_and_clean(values: list[str]) -> None:
    """Tidy text is NFKC, has no blank at its ends or twice in a row, and stays as it is."""
    once = pl.DataFrame({"x": pl.Series(values, dtype=pl.String)}).select(tidy(pl.col("x")))
    for text_now in once["x"].drop_nulls():
        assert unicodedata.is_normalized("NFKC", text_now)
        assert text_now.strip() == text_now
        assert "  " not in text_now
    assert once.select(tidy(pl.col("x"))).equals(once)


LETTERS = "abcdefghijklmnopqrstuvwxyz'-ōアイウエオカキクケコサシスセソタチツテトャュョッンーヴ"


@given(st.lists(st.text(alphabet=LETTERS, max_size=14), max_size=300))
@settings(max_examples=thorough(60), deadline=None)
def test_folding_twice_is_folding_once(values: list[str]) -> None:
    """The key of a key is the key, and it is lower-case ASCII."""
    once = pl.DataFrame({"x": pl.Series(values, dtype=pl.String)}).select(fold(pl.col("x")))
    assert once["x"].drop_nulls().str.contains("^[a-z]+$").all()
    assert once.select(fold(pl.col("x"))).equals(once)


@pytest.mark.parametrize("length", [3, 4])
def test_folding_is_stable_over_every_short_word(length: int) -> None:
    """The same for every word of the letters that the steps speak of: no later step undoes an earlier one."""
    words = ["".join(word) for word in itertools.product("abcdehijmnostuwyz", repeat=length)]
    once = pl.DataFrame({"x": words}).select(fold(pl.col("x")))
    assert once.select(fold(pl.col("x"))).equals(once)


def in_kanji(number: int) -> str:
    """``number`` below 10,000 in place-value kanji."""
    out = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            out += ("" if digit == 1 and name else "〇一二三四五六七八九"[digit]) + name
    return out


def test_kanji_digits_of_every_number() -> None:
    """1 to 9,999 in place-value kanji, and each of its digits alone, read as written."""
    frame = pl.DataFrame({"kanji": [in_kanji(number) for number in range(1, 10_000)]})
    assert frame.select(kanji_digits(pl.col("kanji")))["kanji"].to_list() == [
        str(number) for number in range(1, 10_000)
    ]
