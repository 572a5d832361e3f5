"""Phone, e-mail, sex and the plain kinds: what their case files cannot say."""

from __future__ import annotations

import polars as pl
import pytest

from oneid.kinds.address.postcode import postcode
from oneid.kinds.birth.date import date
from oneid.kinds.email.normalizer import email
from oneid.kinds.email.providers import OTHERS, PROVIDERS, TYPOS, mended
from oneid.kinds.name.spelling.nickname import nickname
from oneid.kinds.phone.normalizer import phone
from oneid.kinds.plain.category import category
from oneid.kinds.plain.identifier import identifier
from oneid.kinds.plain.number import number
from oneid.kinds.plain.text import text
from oneid.kinds.sex.normalizer import sex
from oneid.vocabulary.errors import UsageError


def test_more_is_a_list_everywhere():
    """``more`` is an empty list, not null, where there is nothing more."""
    for function in (phone, email):
        made = function(pl.Series(["x", None, "090-1234-5678", "taro@example.jp"]))
        assert made["more"].dtype == pl.List(pl.String)
        assert made["more"].to_list() == [[], [], [], []]


def test_every_number_of_a_mobile_block_keeps_its_digits():
    """Writing a number in any shape and reading it gives the same ten digits, for many numbers."""
    numbers = [
        f"{prefix}{block:04}{line:04}"
        for prefix in ("080", "090")
        for block in (1000, 5555, 9876)
        for line in range(50)
    ]
    shapes = [
        lambda n: n,
        lambda n: n[1:],
        lambda n: f"{n[:3]}-{n[3:7]}-{n[7:]}",
        lambda n: f"+81 {n[1:3]} {n[3:7]} {n[7:]}",
    ]
    for shape in shapes:
        made = phone(pl.Series([shape(one) for one in numbers]))["normalized"].to_list()
        assert made == [None if len(set(one[-8:])) == 1 else "+81" + one[1:] for one in numbers]


def test_a_long_plus_text_is_no_number():
    """What libphonenumber refuses to parse is refused, not raised."""
    made = phone(pl.Series(["+" + "1" * 300, "+999 123456789", "+1 000 000 0000"]))
    assert made["normalized"].null_count() == 3
    assert made["reason"].null_count() == 0


def test_typos_lead_to_real_domains_only():
    """No right domain stands among the wrong ones, and no wrong one twice."""
    wrong = [spelling for spellings in TYPOS.values() for spelling in spellings.split()]
    assert len(set(wrong)) == len(wrong)
    assert not set(wrong) & set(TYPOS)
    made = email(pl.Series([f"taro@{domain}" for domain in wrong]))
    assert set(made["domain"].to_list()) == set(TYPOS)
    assert not set(mended()) & OTHERS.union(PROVIDERS)
    assert set(mended().values()) <= OTHERS.union(PROVIDERS)


def test_email_sides():
    """``local`` and ``domain`` are the sides of the normal form."""
    made = email(pl.Series(["Taro.Sato+x@GoogleMail.com", "x"]))
    assert made.select("local", "domain").rows() == [("tarosato", "gmail.com"), (None, None)]


def test_long_addresses_are_refused():
    """64 characters before the @ and 254 in all are the limits of RFC 5321."""
    made = email(pl.Series(["a1" * 32 + "@example.jp", "a1" * 33 + "@example.jp", "taro@" + "a1." * 90 + "jp"]))
    assert made["reason"].to_list() == [None, "not_an_email", "not_an_email"]


def test_own_mapping_replaces_ours():
    """A source's codes count alone; what it does not name is not guessed."""
    made = sex(pl.Series(["０", "1", " 0 ", "男", "2", None]), {"male": ["0"], "female": ["1", "Ｌ"]})
    assert made["normalized"].to_list() == ["male", "female", "male", None, None, None]
    assert made["reason"].to_list() == [None, None, None, "not_a_sex", "not_a_sex", "missing"]


def test_codes_of_another_list_are_refused():
    """0 and 1 without any 2 is no list in which 1 is surely male; with a 2, in few rows, or beside words it is."""
    made = sex(pl.Series(["0"] * 10 + ["1"] * 10 + ["男", "1:男"]))
    assert made["reason"].to_list() == ["ambiguous"] * 20 + [None] * 2
    assert made["normalized"].to_list()[-2:] == ["male", "male"]
    for column in (["0"] * 10 + ["1"] * 10 + ["2"], ["0"] * 9 + ["1"] * 10, ["1"] * 30):
        assert sex(pl.Series(column))["normalized"].to_list().count("male") == column.count("1")


def test_own_codes_keep_their_digits():
    """The words known to all are found beside a code; a source's own codes are compared whole."""
    made = sex(pl.Series(["A1", "A2", "1:x"]), {"male": ["A1"], "female": ["A2"]})
    assert made["normalized"].to_list() == ["male", "female", None]


def test_empty_cells_cost_no_reading():
    """Nulls between texts keep their rows."""
    for function, cell, normal in ((phone, "TEL 090-1234-5678", "+819012345678"), (email, "<A@b.jp>", "a@b.jp")):
        made = function(pl.Series([None, cell, None, "?", None]))
        assert made["normalized"].to_list() == [None, normal, None, None, None]
        assert made["reason"].to_list() == ["missing", None, "missing", "placeholder", "missing"]
        assert made["more"].to_list() == [[]] * 5


def test_mapping_has_two_keys():
    """A key that is neither is said to be wrong, with the near one as a hint."""
    with pytest.raises(UsageError) as caught:
        sex(pl.Series(["1"]), {"mael": ["1"]})
    assert caught.value.code == "E406"
    assert "'male'" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("function", "raw", "normalized", "reason"),
    [
        (identifier, "ab-12 3", "AB123", None),
        (identifier, "ＡＢー１２３", "AB123", None),
        (identifier, "0012", "0012", None),
        (identifier, "0", None, "placeholder"),
        (identifier, "0000", None, "placeholder"),
        (identifier, "9999", None, "placeholder"),
        (identifier, "999", "999", None),
        (identifier, "--", None, "placeholder"),
        (identifier, None, None, "missing"),
        (text, "　Ａ  b ", "A b", None),
        (text, "不明", None, "placeholder"),
        (category, "ＧＯＬＤ", "gold", None),
        (category, "test", "test", None),
        (nickname, "たろう♪", "タロウ♪", None),
        (nickname, "名無し", None, "placeholder"),
        (nickname, "AAa", None, "placeholder"),
        (nickname, "あアあ", None, "placeholder"),
        (nickname, "♪♪", None, "placeholder"),
        (number, "1,234.50", "1234.5", None),
        (number, "007", "7", None),
        (number, "-0", "0", None),
        (number, "0.0", "0", None),
        (number, ".5", "0.5", None),
        (number, "5.", "5", None),
        (number, "▲1,000円", "-1000", None),
        (number, "(3)", "-3", None),
        (number, "+3", "3", None),
        (number, "１２", "12", None),
        (number, "1.2.3", None, "not_a_number"),
        (number, "1e5", None, "not_a_number"),
        (number, "abc", None, "not_a_number"),
        (number, "-", None, "placeholder"),
        (number, "12345678901234567890.5", "12345678901234567890.5", None),
        (date, "2019/5/1", "2019-05-01", None),
        (date, "令和元年5月1日", "2019-05-01", None),
        (date, "2026-09-17T08:38:00+09:00", "2026-09-17", None),
        (date, "2023-12-23 09:30", "2023-12-23", None),
        (date, "2019-02-30", None, "impossible_date"),
        (date, "2019-02", None, "partial"),
        (postcode, None, None, "missing"),
    ],
)
def test_plain(function, raw, normalized, reason):
    """The plain kinds and their reasons."""
    made = function(pl.Series([raw], dtype=pl.String))
    assert made.select("normalized", "reason").row(0) == (normalized, reason)


@pytest.mark.parametrize("function", [phone, email, sex, postcode, identifier, text, category, nickname, number, date])
def test_columns_without_type_or_rows(function):
    """An all-null column of no type and an empty column keep the schema."""
    usual = function(pl.Series(["1"])).schema
    for values in (pl.Series([None, None]), pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.Null)):
        made = function(values)
        assert made.schema == usual
        assert made.height == len(values)


def test_made_up_numbers_in_a_cell_of_several():
    """What is a placeholder alone is none of the numbers of a cell; a cell of nothing else is a placeholder."""
    made = phone(
        pl.Series(["0120-999999 電話", "0120000000 9012345678", "自宅 0120-000-000", "03-1234-5678/0120999999"])
    )
    assert made["normalized"].to_list() == [None, "+819012345678", None, "+81312345678"]
    assert made["reason"].to_list() == ["placeholder", None, "placeholder", None]
    assert made["more"].to_list() == [[], [], [], []]
