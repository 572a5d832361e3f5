"""The shared text helpers."""

from __future__ import annotations

import polars as pl
import pytest

from oneid.japanese.text import (
    DUMMY_WORDS,
    NULL_WORDS,
    all_same,
    as_text,
    hyphens,
    is_placeholder,
    kanji_digits,
    on_distinct,
    on_tokens,
    settled,
    tidy,
)


def apply(function, *texts):
    return pl.DataFrame({"x": pl.Series(texts, dtype=pl.String)}).select(function(pl.col("x")))["x"].to_list()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("ｶﾞｷﾞ", "ガギ"),
        ("カ゛", "ガ"),
        ("ハ゜", "パ"),
        ("カ\u200b゙", "ガ"),
        ("　Ａ　　Ｂ　", "A B"),
        ("a\t\r\n b", "a b"),
        ("a\u00a0\u2003b", "a b"),
        ("a\u0000b\u0007", "ab"),
        ("\u202e佐藤\u202c\u2060", "佐藤"),
        ("辻\U000e0100", "辻"),
        ("辻\ufe00", "辻"),
        ("\u3164太郎\u115f", "太郎"),
        ("㍼", "昭和"),
        ("①", "1"),
        ("髙﨑", "髙﨑"),
        ("⼭⽥", "山田"),
        ("⻑⻘⺠", "長青民"),
        ("\ue000橋\ufffd", "\ue000橋\ufffd"),
        ("\u200b\ufeff \u3000", None),
        ("", None),
        (None, None),
    ],
)
def test_tidy(raw, clean):
    """Width, blanks and what cannot be seen are mended; what the character is stays."""
    assert apply(tidy, raw) == [clean]


def test_hyphens_of_every_kind():
    """All that stands for a hyphen between digits becomes one."""
    assert apply(hyphens, *(f"1{mark}2" for mark in "-‐‑‒–—―−─━ー〜~－ｰ～")) == ["1-2"] * 16
    assert apply(hyphens, "1一2", "1_2", "1/2") == ["1一2", "1_2", "1/2"]


def test_placeholders():
    """Null words count in any case and bracket, dummies only where asked for; names are neither."""
    every = sorted(NULL_WORDS)
    assert all(apply(is_placeholder, *every, *(word.upper() for word in every), *(f"({word})" for word in every)))
    assert all(apply(is_placeholder, "-", "--", "***", "?", "〓〓", "・", "ー", "。"))
    assert not any(apply(is_placeholder, "佐藤", "メイ", "セイ", "カナ", "test", "0", "アアア", "ナナ"))

    def dummies(expr):
        return is_placeholder(expr, dummies=True)

    assert all(apply(dummies, *sorted(DUMMY_WORDS), "アアア", "xxx", "AAa", "テスト 太郎", "名無シサン"))
    assert not any(apply(dummies, "佐藤", "メイ", "セイ", "カナ", "ナナ", "テストバ"))


def test_all_same():
    """One character over and over, and only that."""
    assert apply(all_same, "0", "00", "111", "112", "aA", "アア") == [True, True, True, False, False, True]


def test_kanji_digits():
    """Place values, positional digits and mixtures; what is no numeral stays."""
    texts = ["五十五", "昭和六十四年一月七日", "一九八〇", "千九百八", "二千", "百一", "元年", "零", "三十日", "55"]
    want = ["55", "昭和64年1月7日", "1980", "1908", "2000", "101", "元年", "0", "30日", "55"]
    assert apply(kanji_digits, *texts) == want


def test_on_distinct_calls_once_per_distinct_row():
    """The function sees each distinct row once, nulls too, and every row gets its result back in order."""
    seen = []

    def function(left: pl.Series, right: pl.Series) -> pl.DataFrame:
        seen.append(len(left))
        return pl.DataFrame({"joined": left.fill_null("?") + right.fill_null("?")})

    left = pl.Series(["a", None, "a", "b", None, "a"])
    right = pl.Series(["x", "y", "x", "x", "y", None])
    assert on_distinct(function, left, right)["joined"].to_list() == ["ax", "?y", "ax", "bx", "?y", "a?"]
    assert seen == [4]


def test_as_text_of_untyped_nulls():
    """A column that holds nothing has no type of its own; it is String all the same."""
    assert as_text(pl.Series([None, None])).dtype == pl.String


@pytest.mark.parametrize("times", [1, 3], ids=["distinct", "repeating"])
def test_on_tokens_keeps_places_and_nulls(times: int) -> None:
    """Whether most tokens are distinct or repeat, each gives what it gives alone, in its place."""
    tokens = pl.Series("t", [None, "b", "", "a", "c", "d"] * times, dtype=pl.String)
    made = on_tokens(tokens, lambda column: column + "!")
    assert made.to_list() == [None, "b!", "!", "a!", "c!", "d!"] * times
    assert on_tokens(tokens.clear(), lambda column: column + "!").to_list() == []


def test_settled_reads_on_and_ends() -> None:
    """Only the rows named are read again, display stays, refusals keep their reason; a form that never settles ends."""

    def once(values: pl.Series) -> pl.DataFrame:
        cut = values.str.strip_suffix("a").alias("normalized").to_frame().with_columns(display=values)
        empty = pl.col("normalized") == ""
        return cut.with_columns(pl.when(~empty).then("normalized"), reason=pl.when(empty).then(pl.lit("nothing")))

    frame = once(pl.Series(["aaa", "baa", "caa", None]))
    assert settled(frame, pl.Series([0, 1, 3]), once, "endless").rows() == [
        (None, "aaa", "nothing"),
        ("b", "baa", None),
        ("ca", "caa", None),
        (None, None, None),
    ]
    restless = settled(frame, pl.Series([1]), lambda s: once(s).with_columns(normalized=s + "x"), "endless")
    assert restless.row(1) == (None, "baa", "endless")
    assert restless[2:].equals(frame[2:])
