"""Foreign names: parts, phonetic codes, and the key on which they meet katakana."""

from __future__ import annotations

import itertools

import polars as pl
import pytest

from oneid.japanese.latin import latin, metaphone
from oneid.japanese.sound import sound
from paths import cases

PAIRS = cases("sound")


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['raw']}:{row['kana']}") for row in PAIRS])
def test_pair(row):
    """A Latin name and its katakana have one sound key, or not, as the case file says."""
    one, other = sound(pl.Series([row["raw"], row["kana"]]))
    assert (one is not None and one == other) == row["meets"]


def test_how_many_meet():
    """The figures of the docstring: the right pairs, and the pairs of a name with the katakana of another one."""
    right = PAIRS[: next(at for at, row in enumerate(PAIRS) if row["raw"] == "John" and row["kana"] == "ジョナス")]
    latins, kanas = sound(pl.Series([row["raw"] for row in right])), sound(pl.Series([row["kana"] for row in right]))
    true = {(row["raw"], row["kana"]) for row in right}
    assert (latins == kanas).sum() >= 0.95 * len(right)
    keys = dict(zip([row["raw"] for row in right], latins, strict=True))
    heard = dict(zip([row["kana"] for row in right], kanas, strict=True))
    others = [pair for pair in itertools.product(keys, heard) if pair not in true]
    met = sum(keys[one] is not None and keys[one] == heard[other] for one, other in others)
    assert met <= 0.004 * len(others)


def test_sound_of_nothing():
    """Other scripts, blanks and names without a consonant have no key."""
    assert sound(pl.Series(["佐藤", "", " ", "a b", "Иван", "オウ", "ea", None, "\n"])).to_list() == [None] * 9
    assert sound(pl.Series([], dtype=pl.String)).to_list() == []


def test_metaphone_pairs():
    """Spellings of one name meet; Paul and Paula do not."""
    same = [
        "catherine",
        "katherine",
        "smith",
        "smyth",
        "philip",
        "phillip",
        "steven",
        "stephen",
        "brown",
        "braun",
        "mueller",
        "muller",
        "sara",
        "sarah",
    ]
    codes = metaphone(pl.Series(same)).to_list()
    assert codes[:10:2] == codes[1:10:2]
    assert codes[10] == codes[11]
    apart = [
        "smith",
        "smile",
        "tran",
        "trang",
        "paul",
        "paula",
        "mary",
        "mario",
        "nguyen",
        "ngo",
        "robert",
        "rupert",
        "david",
        "davis",
    ]
    codes = metaphone(pl.Series(apart)).to_list()
    assert all(one != other for one, other in zip(codes[::2], codes[1::2], strict=True))


AWKWARD = [
    "Mr", "Jr", "Jr.", ",", "a,b,c", "van", "van der", "-", "'", "Dr. Jr.", "al al", "smith, jr", "x ( y )", "II II",
    "PhD,m", "I,,h", "Dr PhD, Meyer", "ph d mr",
]  # fmt: skip


def test_normal_form_of_little_else_than_titles():
    """A normal form gives itself again, also where titles, degrees and commas are nearly all there is."""
    forms = latin(pl.Series(AWKWARD))["normalized"].drop_nulls()
    assert len(forms) == len(AWKWARD) - 4  # two signs, a comma, and a,b,c, which spells a stand-in
    assert latin(forms)["normalized"].equals(forms)
