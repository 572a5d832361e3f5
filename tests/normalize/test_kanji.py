"""Kanji variants: the hard and the soft tier, and what is in neither."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from oneid.normalize.kanji import fold_hard, fold_soft
from oneid.normalize.text import tidy

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "kanji.yaml").read_text(encoding="utf-8"))


def hard(text: str) -> str:
    return pl.DataFrame({"x": [text]}).select(fold_hard(tidy(pl.col("x")))).item() or ""


def soft(text: str) -> str:
    return pl.DataFrame({"x": [text]}).select(fold_soft(fold_hard(tidy(pl.col("x"))))).item() or ""


@pytest.mark.parametrize(("tier", "pair"), [(tier, pair) for tier in CASES for pair in CASES[tier]], ids=str)
def test_case(tier: str, pair: list[str]) -> None:
    """Each pair of tests/cases/kanji.yaml: hard ones meet in the normalized name, soft ones in the soft fold only,
    different ones in neither; in the middle of a name as well as alone.
    """
    for before, after in (("", ""), ("佐", "本")):
        a, b = (before + character + after for character in pair)
        assert (hard(a) == hard(b)) == (tier == "hard")
        assert (soft(a) == soft(b)) == (tier in ("hard", "soft"))


characters = st.sampled_from(
    [character for pairs in CASES.values() for pair in pairs for character in pair if len(character) == 1]
)


@given(st.text(characters, max_size=6))
def test_folding_twice_is_folding_once(text: str) -> None:
    """And it is done character by character, so that it cannot depend on what stands beside."""
    assert hard(hard(text)) == hard(text)
    assert soft(soft(text)) == soft(text)
    assert hard(text) == "".join(map(hard, text))


@given(st.text(max_size=8))
def test_other_text_stays(text: str) -> None:
    """Null is null; Latin letters, digits and kana are left alone."""
    plain = "".join(char for char in text if char.isascii())
    assert pl.select(fold_hard(pl.lit(plain))).item() == plain
    assert pl.select(fold_soft(pl.lit("サトウ さとう 123"))).item() == "サトウ さとう 123"
    assert pl.select(fold_hard(pl.lit(None, dtype=pl.String))).item() is None
