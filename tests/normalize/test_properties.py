"""What holds for every normalizer and any text: it never raises, every null has a reason, normal forms are stable."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.normalize.birth import birth
from oneid.normalize.email import email
from oneid.normalize.kana import kana
from oneid.normalize.phone import phone
from oneid.normalize.plain import category, date, identifier, nickname, number, text
from oneid.normalize.postcode import postcode
from oneid.normalize.romaji import fold, romaji
from oneid.normalize.sex import sex
from oneid.normalize.text import is_placeholder, kanji_digits, tidy

KINDS: dict[str, Callable[[pl.Series], pl.DataFrame]] = {
    "birth": birth, "category": category, "date": date, "email": email, "identifier": identifier, "kana": kana,
    "nickname": nickname, "number": number, "phone": phone, "postcode": postcode, "romaji": romaji, "sex": sex,
    "text": text,
}  # fmt: skip

ALPHABETS = {
    "birth": "0123456789年月日昭和平成令元SsHhTt./-: 十三u",
    "category": "AaÀ àあ１1 ",
    "date": "0123456789年月日/-. ",
    "email": 'aAb.+@<>" ,gmailco.jp-_1',
    "identifier": "AB-0123 ー",
    "kana": "アイウキャッンーヽヾ・ ｱｷﾞあがゞ-ヴ゛",
    "nickname": "Aaあわア゛♪ 1",
    "number": "0123456789.,-▲¥() ",
    "phone": "0123456789-+() 内線,/TEL",
    "postcode": "0123456789-〒 ー",
    "romaji": "ABCDEHIJMNOSTUYZ abchijnostuyw'ōアキャッンー-.",
    "sex": "男女性MFmf12 ",
    "text": "Aa あ\u3000１",
}

any_text = st.text(max_size=40)
cells = st.lists(st.one_of(st.none(), any_text), max_size=30)


def near(kind: str) -> st.SearchStrategy[list[str]]:
    """A column of texts made of the characters that the kind's rules speak of."""
    return st.lists(st.text(alphabet=ALPHABETS[kind], max_size=16), min_size=1, max_size=40)


def stands_for_nothing(value: str) -> bool:
    return pl.select(is_placeholder(pl.lit(value), dummies=True)).item()


def normal(kind: str, values: list[str]) -> list[str | None]:
    return KINDS[kind](pl.Series(values, dtype=pl.String))["normalized"].to_list()


@pytest.mark.parametrize("kind", KINDS)
@given(values=cells)
@example(values=["\x00", "a" * 5000, "０" * 5000, "ア" * 5000, "\u200b\ufeff", "゛", "\U000e0100"])
@example(values=[])
@example(values=["AAa", "あアあ", "わ゛", "ΐ", "ŉ", "İ"])
@example(values=[None, None])
@settings(max_examples=25, deadline=None)
def test_any_text(kind: str, values: list[str | None]) -> None:
    """Same height, the contract's columns, and a reason exactly where there is no normal form."""
    made = KINDS[kind](pl.Series(values, dtype=pl.String))
    assert made.columns[:3] == ["normalized", "display", "reason"]
    assert made.height == len(values)
    assert made["normalized"].dtype == made["display"].dtype == made["reason"].dtype == pl.String
    assert (made["normalized"].is_null() == made["reason"].is_not_null()).all()
    for value, reason, display in zip(values, made["reason"], made["display"], strict=True):
        if value is None:
            assert reason == "missing"
        if reason == "missing":
            assert display is None


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_normal_form_is_stable(kind: str, data: st.DataObject) -> None:
    """Normalizing normal forms gives them back."""
    forms = [form for form in normal(kind, data.draw(near(kind))) if form is not None]
    if kind == "romaji":  # ナ is a name, but its key spells a null word
        forms = [form for form in forms if not stands_for_nothing(form)]
    assert normal(kind, forms) == forms


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_width_and_outer_blanks_do_not_matter(kind: str, data: st.DataObject) -> None:
    """Full-width ASCII and blanks or invisible characters around a value change nothing."""
    values = data.draw(near(kind))
    wide = ["".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in value) for value in values]
    plain = normal(kind, values)
    assert normal(kind, wide) == plain
    assert normal(kind, [f"\u3000\ufeff{value}\u200b \t" for value in values]) == plain


CASELESS = ["birth", "category", "email", "identifier", "kana", "nickname", "phone", "romaji", "sex"]


@pytest.mark.parametrize("kind", CASELESS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_case_does_not_matter(kind: str, data: st.DataObject) -> None:
    """Upper and lower case are one, where the kind says so."""
    values = data.draw(near(kind))
    assert normal(kind, [value.upper() for value in values]) == normal(kind, [value.lower() for value in values])


@given(st.lists(st.text(max_size=60), max_size=40))
@example(["ア\u200b゛", "\u00a8", "か ゛"])
@settings(max_examples=50, deadline=None)
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
@settings(max_examples=60, deadline=None)
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
