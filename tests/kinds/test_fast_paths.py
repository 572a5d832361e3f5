"""The plain readers of usual spellings give exactly what the full readers give."""

from importlib import import_module

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paths import cases
from strategies import thorough

KINDS = ("phone", "email")
MODULES = {
    "phone": "oneid.kinds.phone.normalizer",
    "email": "oneid.kinds.email.normalizer",
    "latin": "oneid.japanese.latin",
    "romaji": "oneid.japanese.romaji",
}

narrow_phones = st.from_regex(r"\A0[0-9]{1,3}-?[0-9]{2,5}-?[0-9]{4}\Z")
wide = str.maketrans("0123456789-", "０１２３４５６７８９－")
near_phones = narrow_phones | narrow_phones.map(lambda text: text.translate(wide))
near_mails = st.from_regex(r"\A[a-z0-9_.+-]{1,8}@(gmail\.com|googlemail\.com|gmial\.com|[a-z0-9.-]{1,8}\.[a-z]{1,3})\Z")


def both(kind, values):
    """What the plain reader and the full reader make of values, where the plain one reads them at all."""
    module = import_module(MODULES[kind])
    raw = pl.Series("raw", values, dtype=pl.String)
    plain, full = module._plainly(raw), module._read(raw)
    read = plain["normalized"].is_not_null()
    return plain.filter(read), full.select(plain.columns).filter(read)


@pytest.mark.parametrize("kind", KINDS)
def test_cases(kind):
    """Every case that the plain reader reads, and at least five are such."""
    rows = cases(kind)
    plain, full = both(kind, [row["raw"] for row in rows])
    assert plain.height >= 5
    assert plain.equals(full)


@settings(max_examples=thorough(10), deadline=None)
@given(st.lists(near_phones, min_size=30, max_size=90))
def test_phones(values):
    """Texts that look like mobile numbers."""
    plain, full = both("phone", values)
    assert plain.equals(full)


@settings(max_examples=thorough(10), deadline=None)
@given(st.lists(near_mails, min_size=30, max_size=90))
def test_mails(values):
    """Texts that look like mail addresses."""
    plain, full = both("email", values)
    assert plain.equals(full)


latin_words = st.sampled_from(["john", "smith", "nguyen", "wang", "mr", "jr", "van", "der", "al", "test", "no", "name"])
romaji_words = st.sampled_from(
    [
        "SATO",
        "Taro",
        "mr",
        "DR",
        "sama",
        "no",
        "name",
        "gift",
        "card",
        "unknown",
        "NA",
        "aa",
        "ＳＡＴＯ",
        "O'HARA",
        "セ",
        "NAMBA",
    ]
)


@pytest.mark.parametrize(("kind", "words"), [("latin", latin_words), ("romaji", romaji_words)])
@settings(max_examples=thorough(20), deadline=None)
@given(data=st.data())
def test_two_plain_words(kind, words, data):
    """Two plain words give what the careful reading of the same text gives."""
    values = data.draw(st.lists(st.tuples(words, words).map(" ".join), min_size=30, max_size=60))
    plain, full = both(kind, values)
    assert plain.equals(full)
