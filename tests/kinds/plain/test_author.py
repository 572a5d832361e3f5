"""Kinds made of two small functions: one that reads a text, one that judges two."""

from __future__ import annotations

from itertools import product

import polars as pl

from kinds.plain.worlds import World
from oneid.kinds import Kind, each, judged
from oneid.kinds.catalogue import KINDS
from oneid.vocabulary.patterns import MISSING

LEVELS = {"equal": "Equal.", "same_letter": "The first letter is equal.", "differs": "Different."}


def test_each_reads_distinct_texts_once() -> None:
    """Tidied, without placeholders; what it gives nothing for has the reason, nothing is missing."""
    asked: list[str] = []

    def read(text: str) -> str | None:
        asked.append(text)
        return text.lower() if text.isalnum() else ("" if text == "x!x" else None)

    made = each(read, "not_a_code")(pl.Series([" Ａ1 ", "A1", "?a", "不明", None, "x!x"]))
    assert made.rows() == [
        ("a1", "A1", None), ("a1", "A1", None), (None, "?a", "not_a_code"), (None, "不明", "placeholder"),
        (None, None, "missing"), (None, "x!x", "not_a_code"),
    ]  # fmt: skip
    assert asked == ["A1", "?a", "x!x"]
    for empty in (pl.Series([], dtype=pl.String), pl.Series([None, None])):
        assert each(read)(empty).schema == made.schema


def test_judged_asks_in_one_order(monkeypatch) -> None:
    """Once per distinct pair that is not equal, the lesser text first; the best pair of several values counts."""
    asked: list[tuple[str, str]] = []

    def judge(one: str, other: str) -> str:
        asked.append((one, other))
        return "same_letter" if one[0] == other[0] else "differs"

    kind = Kind("code", each(str), judged(LEVELS, judge))
    monkeypatch.setattr("kinds.plain.worlds.KINDS", {**KINDS, "code": kind})
    world = World("code", [["b1"], ["a1", "b2"], ["a1"], [], ["b1"]], {})
    assert world.words == (MISSING, *LEVELS)
    left, right = zip(*product(range(5), repeat=2), strict=True)
    levels = world.levels(world.columns(), left, right)
    assert dict(zip(zip(left, right, strict=True), levels, strict=True)) == {
        (0, 0): "equal", (0, 1): "same_letter", (0, 2): "differs", (0, 3): "missing", (0, 4): "equal",
        (1, 0): "same_letter", (1, 1): "equal", (1, 2): "equal", (1, 3): "missing", (1, 4): "same_letter",
        (2, 0): "differs", (2, 1): "equal", (2, 2): "equal", (2, 3): "missing", (2, 4): "differs",
        (3, 0): "missing", (3, 1): "missing", (3, 2): "missing", (3, 3): "missing", (3, 4): "missing",
        (4, 0): "equal", (4, 1): "same_letter", (4, 2): "differs", (4, 3): "missing", (4, 4): "equal",
    }  # fmt: skip
    assert set(asked) == {("a1", "b1"), ("b1", "b2")}
    assert world.facet.comparisons[0].order == (tuple(LEVELS),)
    lines = (("equal", "differs"),)
    assert judged(LEVELS, judge, lines)("code", {}).comparisons[0].order == lines
