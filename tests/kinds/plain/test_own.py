"""The levels of plain kinds: every row of the case file, and what must hold of any values."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kinds.plain.worlds import World, normal
from oneid.kinds.catalogue import KINDS
from oneid.kinds.plain.own import plain
from oneid.vocabulary.patterns import MISSING
from paths import CASE_FILES
from strategies import thorough

CASES = [
    (kind, row)
    for kind, rows in yaml.load(CASE_FILES["plainlevels"].read_text("utf-8"), yaml.BaseLoader).items()
    for row in rows
]
PLAIN = ("text", "category", "number", "date", "identifier")
SAID: dict[str, list[dict[str, Any]]] = {
    "number": [{}, {"tolerance": "5"}, {"tolerance": "0.1"}, {"tolerance": "5%"}],
    "date": [{}, {"tolerance": 3}],
}


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def said(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """What the config says, as its kind reads it."""
    return {name: option.parse(row[name]) for name, option in KINDS[kind].options.items() if name in row}


@pytest.mark.parametrize(("kind", "row"), CASES, ids=lambda part: part if isinstance(part, str) else str(part["left"]))
def test_case(kind: str, row: dict[str, Any]) -> None:
    """As the case file says, both ways round, from columns and from texts."""
    options = said(kind, row)
    others = row.get("with", [])
    held = [name for name, count in others.items() for _ in range(int(count))] if isinstance(others, dict) else others
    records = [normal(kind, listed(value), options) for value in (row["left"], row["right"], *held)]
    world = World(kind, records, options)
    assert world.levels(world.columns(), [0, 1], [1, 0]) == [row["level"]] * 2
    assert world.levels(world.few([0, 1]), [0, 1], [1, 0]) == [row["level"]] * 2


@pytest.mark.parametrize("kind", PLAIN)
def test_every_level_has_a_case(kind: str) -> None:
    """And every level but the missing one says what it means; the order names levels that there are."""
    comparison = KINDS[kind].own("it", {}).comparisons[0]
    assert {row["level"] for of, row in CASES if of == kind} == set(comparison.words)
    assert all(about.endswith(".") for level, about in comparison.levels.items() if level != MISSING)
    assert {level for line in comparison.order for level in line} == set(comparison.words) - {MISSING}


WORDS = ("blue", "sky", "Blue", "東京", "タワーの", "駅", "a", "b", "c", "ー", "Σας", "İx", "を")
DATES = ("2019-05-12", "2019-12-05", "2019-05-14", "2019-05-01", "0001-01-01")
VALUES = {
    "text": st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join) | st.text(max_size=12),
    "category": st.sampled_from(["gold", "golds", "silver", "渋谷店", "渋谷駅店", "a"]),
    "number": st.one_of(
        st.integers(-1200, 1200).map(str),
        st.decimals(-20, 20, places=1).map(str),
        st.sampled_from(["9" * 320, "9" * 319 + "8"]),
    ),
    "date": st.dates().map(str) | st.sampled_from(DATES),
    "identifier": st.text("AB12", min_size=1, max_size=9),
}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Records with none to three values of one kind."""
    kind = draw(st.sampled_from(PLAIN))
    options = draw(st.sampled_from(SAID.get(kind, [{}])))
    values = draw(st.lists(st.lists(VALUES[kind], max_size=3), min_size=2, max_size=8))
    return World(kind, [normal(kind, one, options) for one in values], options)


@given(world=worlds())
@example(world=World("text", [["a a b"], ["b a"], ["a", "b a b"]], {}))
@example(world=World("number", [["9" * 320], ["9" * 319 + "8"]], {"tolerance": "1"}))
@settings(max_examples=thorough(120), deadline=None)
def test_any_values(world: World) -> None:
    """A pair is the same both ways round, equal to itself, missing exactly where a side has nothing; the order of
    records and of a record's values changes nothing; few records, among all, are what they are in columns.
    """
    size = len(world.records)
    left, right = zip(*product(range(size), repeat=2), strict=True)
    levels = dict(zip(product(range(size), repeat=2), world.levels(world.columns(), left, right), strict=True))
    first = world.words[1]
    for (a, b), level in levels.items():
        assert level == levels[b, a]
        assert (level == MISSING) == (not world.records[a] or not world.records[b])
        if a == b and level != MISSING:
            assert level in (first, "equal_common")
    turned = World(world.kind, [one[::-1] for one in world.records[::-1]], world.said)
    again = turned.levels(turned.columns(), left, right)
    assert again == [levels[size - 1 - a, size - 1 - b] for a, b in zip(left, right, strict=True)]

    some = list(range(0, size, 2))
    numbers = list(product(range(len(some)), repeat=2))
    sides = [list(side) for side in zip(*numbers, strict=True)]
    among = [levels[some[a], some[b]] for a, b in numbers]
    assert world.levels(world.few(some), *sides) == among
    assert world.levels(world.columns(some, world.borne), *sides) == among

    keys = world.facet.keys(world.columns(), None)["it"]
    for record in range(size):
        assert world.facet.keys_of_one is not None
        mine = {int(codes[record]) for codes in keys} - {0}
        assert {key for key in world.facet.keys_of_one(world.one(record), world.borne)["it"] if key} == mine


def test_best_of_many_values() -> None:
    """The best of all pairs of values counts, wherever they stand."""
    world = World("identifier", [["X999", "AB1234"], ["ZZZZ8", "Q", "AB1235"], ["X999"]], {})
    assert world.levels(world.columns(), [0, 0, 1], [1, 2, 2]) == ["near", "equal", "differs"]


def test_plain_is_equal_near_or_different() -> None:
    """The facet of kinds that say nothing else has these levels, in this order."""
    facet = plain("card")
    assert facet.comparisons[0].words == ("missing", "equal", "near", "differs")
    assert facet.counted is None
    assert list(facet.key_names) == ["card"]


def test_many_pairs_are_judged_by_distinct_values() -> None:
    """Of two hundred thousand pairs of few texts, as of the texts themselves."""
    rng = np.random.default_rng(3)
    texts = ["blue sky", "sky blue", "blue skies", "red earth", "earth", "green earth"]
    rows = rng.integers(0, len(texts), 2_000)
    world = World("text", [[texts[row]] for row in rows], {})
    left, right = (rng.integers(0, rows.size, 200_000) for _ in range(2))
    columns = world.columns()
    found = world.levels(columns, left, right)
    ends = [int(np.flatnonzero(rows == number)[0]) for number in range(len(texts))]
    few = world.levels(columns, [ends[rows[a]] for a in left[:500]], [ends[rows[b]] for b in right[:500]])
    assert found[:500] == few
