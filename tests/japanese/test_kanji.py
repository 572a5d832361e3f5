"""Kanji variants: the hard and the soft tier, and what is in neither."""

from __future__ import annotations

import functools
import sys
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.japanese.extras.itaiji import further
from oneid.japanese.kanji import fold_hard, fold_soft
from oneid.japanese.text import tidy
from paths import cases
from strategies import thorough

CASES = cases("kanji")


def hard(text: str) -> str:
    return pl.DataFrame({"x": [text]}).select(fold_hard(tidy(pl.col("x")))).item() or ""


def soft(text: str) -> str:
    return pl.DataFrame({"x": [text]}).select(fold_soft(fold_hard(tidy(pl.col("x"))))).item() or ""


PAIRS = [(tier, pair) for tier in CASES for pair in CASES[tier]]


@functools.cache
def folded() -> dict[str, list[list[str]]]:
    """Both sides of all pairs, alone and in the middle of a name, folded by tier."""
    texts = [[pair[side] for _, pair in PAIRS] + [f"佐{pair[side]}本" for _, pair in PAIRS] for side in (0, 1)]
    frame = pl.DataFrame(texts, schema=["a", "b"]).select(fold_hard(tidy(pl.all())))
    softly = frame.select(fold_soft(pl.all()))
    return {"hard": frame.rows(), "soft": softly.rows()}


@pytest.mark.parametrize(
    ("at", "tier"), [pytest.param(at, tier, id=f"{tier}-{'-'.join(pair)}") for at, (tier, pair) in enumerate(PAIRS)]
)
def test_case(at: int, tier: str) -> None:
    """Each pair of tests/japanese/cases/kanji.yaml: hard ones meet in the normalized name, soft ones in the soft fold
    only, different ones in neither; in the middle of a name as well as alone.
    """
    for row in (at, at + len(PAIRS)):
        for fold, meets in (("hard", tier == "hard"), ("soft", tier in ("hard", "soft"))):
            a, b = folded()[fold][row]
            assert (a == b) == meets


def test_enough_cases() -> None:
    """The case file keeps its breadth, and no pair stands in it twice."""
    assert len(PAIRS) >= 500
    assert len({(tuple(pair)) for _, pair in PAIRS}) == len(PAIRS)


characters = st.sampled_from(
    [character for pairs in CASES.values() for pair in pairs for character in pair if len(character) == 1]
)


@settings(deadline=None, max_examples=thorough(30))
@given(st.text(characters, max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    """And it is done character by character, so that it cannot depend on what stands beside."""
    assert hard(hard(text)) == hard(text)
    assert soft(soft(text)) == soft(text)
    assert hard(text) == "".join(map(hard, text))


@settings(deadline=None, max_examples=thorough(20))
@given(st.text(max_size=8))
def test_other_text_stays(text: str) -> None:
    """Null is null; Latin letters, digits and kana are left alone."""
    plain = "".join(char for char in text if char.isascii())
    assert pl.select(fold_hard(pl.lit(plain))).item() == plain
    assert pl.select(fold_soft(pl.lit("サトウ さとう 123"))).item() == "サトウ さとう 123"
    assert pl.select(fold_hard(pl.lit(None, dtype=pl.String))).item() is None


MAP = {
    "㐀": {8: "丘"},  # one way, by notice
    "㐃": {2: "山"},  # one way, by reading and shape only
    "㐄": {8: "邉", 4: "邊"},  # two ways that our own table leads to one
    "㐅": {8: "牛井"},  # two ways
    "㐆": {8: "丘㐂"},  # two ways, one of them to a common character
    "宍": {8: "肉"},  # common itself
    "杮": {8: "柿"},  # never to be folded
    "髙": {8: "亮"},  # known
    "㐇": {8: "㐀"},  # by way of another
}
"""A shrinkage map of a few characters: by scheme, where each may lead."""


def candidates(char: str, combo: int) -> list[str]:
    """As jntajis answers: where the schemes lead, and the character itself."""
    return [*dict.fromkeys(end for scheme, ends in MAP.get(char, {}).items() if scheme & combo for end in ends), char]


def test_further_variants(monkeypatch) -> None:
    """With the package, rare characters with one way fold; common, known and refused ones never do."""
    monkeypatch.setitem(sys.modules, "jntajis", SimpleNamespace(mj_shrink_candidates=candidates))
    firm, loose = further({"髙": "高", "邉": "辺", "邊": "辺"}, frozenset("杮"))
    assert firm == {"㐀": "丘", "㐄": "辺"}
    assert loose == {"㐃": "山", "㐆": "丘"}


def test_without_the_package_nothing_changes(monkeypatch) -> None:
    """No package, no further variants, no error."""
    monkeypatch.setitem(sys.modules, "jntajis", None)
    assert further({"髙": "高"}, frozenset()) == ({}, {})


def test_further_variants_fold_in_names(monkeypatch) -> None:
    """The tables are made once and take the further variants in; the shipped ones stay as they are."""
    module = sys.modules["oneid.japanese.kanji"]
    monkeypatch.setitem(sys.modules, "jntajis", SimpleNamespace(mj_shrink_candidates=candidates))
    module._tables.cache_clear()
    try:
        assert hard("㐀髙杮宍㐃") == "丘高杮宍㐃"
        assert soft("㐀髙杮宍㐃") == "丘高杮宍山"
    finally:
        module._tables.cache_clear()
