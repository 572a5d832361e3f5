"""Rules that can never decide are found, and only those: against trying every pattern."""

from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.pairs.scoring import SOURCES, Levels, holds
from oneid.settings.reachability import covered
from oneid.settings.rules import Rule, When
from oneid.settings.rulesfile import load_rules, presets
from oneid.vocabulary.errors import Problems
from strategies import thorough

LEVELS = {"name": ("missing", "equal", "differs"), "sex": ("missing", "equal", "differs"), "card": ("missing", "equal")}
PAIRS = ("a+a", "a+b", "b+b", "b+c", "c+c", "c+d")


def every_pattern() -> Levels:
    """Of three fields, for pairs of named and of other sources."""
    rows = product(*LEVELS.values(), PAIRS)
    return Levels(pl.DataFrame(list(rows), schema=[*LEVELS, SOURCES], orient="row"))


def plain_when():
    """Conditions on fields and sources, without alternatives."""
    chosen = {
        field: st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True).map(tuple)
        for field, names in LEVELS.items()
    }
    return st.builds(
        When,
        levels=st.fixed_dictionaries({}, optional=chosen),
        between=st.none() | st.sampled_from([("a", "b"), ("a", "a")]),
        same_source=st.none() | st.booleans(),
    )


def conditions():
    """Conditions with alternatives and exceptions."""
    some = st.lists(plain_when(), max_size=2).map(tuple)
    return st.builds(
        lambda when, any_of, none_of: when.model_copy(update={"any_of": any_of, "none_of": none_of}),
        plain_when(), some, some,
    )  # fmt: skip


@settings(max_examples=thorough(300), deadline=None)
@given(st.lists(st.tuples(conditions(), st.sampled_from(["never", "match", "review"])), max_size=5))
def test_as_if_every_pattern_were_tried(drawn):
    """A rule is named exactly if no pattern is left to it; what covers it, in order, leaves nothing."""
    rules = [Rule(id=str(n), when=when, verdict=verdict, why="") for n, (when, verdict) in enumerate(drawn)]
    every = every_pattern()
    taken, unreached = np.zeros(every.table.height, dtype=bool), set()
    for verdict in ("never", "match", "review"):
        for rule in rules:
            if rule.verdict == verdict:
                mine = holds(rule.when, every)
                unreached |= {rule.id} if not (mine & ~taken).any() else set()
                taken |= mine
    found = covered(rules, LEVELS)
    assert {one.rule.id for one in found} == unreached
    for one in found:
        others = [holds(rule.when, every) for rule in one.by]
        left = holds(one.rule.when, every)
        assert not (left & ~np.logical_or.reduce([np.zeros(every.table.height, dtype=bool), *others])).any()
        assert all((left & other).any() for other in others)


@pytest.mark.parametrize("name", presets())
def test_shipped_rules_all_decide_something(name):
    """No rule of a preset is in another's shadow: loading would have refused it."""
    assert load_rules(name).rules


def test_reported_with_lines_beside_a_typing_error(tmp_path: Path):
    """A contradiction, an unreachable rule, one that fits nothing and a typo in a level's name: all four at once."""
    text = """version: 1
blocking: [[email]]
base: 0
weights: {}
rules:
  - {id: no, when: {email: [equal], sex: [differs]}, verdict: never, why: x}
  - {id: yes, when: {email: [equal]}, verdict: match, why: x}
  - {id: late, when: {email: [equal], birth: [equal]}, verdict: match, why: x}
  - {id: against, when: {email: [equal], sex: [differs], name: [close]}, verdict: match, why: x}
  - {id: nothing, when: {email: [equal], none_of: [{email: [equal, near]}]}, verdict: review, why: x}
  - {id: typo, when: {email: [equals]}, verdict: review, why: x}
thresholds: {match: 3, review: 2, never: 1}
"""
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Problems) as caught:
        load_rules("mine.yaml", tmp_path)
    found = {(one.code, one.place.line if one.place else 0): one.message for one in caught.value.problems}
    assert set(found) == {("E135", 8), ("E136", 9), ("E135", 10), ("E132", 11)}
    assert "'yes' (match, line 7)" in found["E135", 8]
    assert "'no' (never, line 6)" in found["E136", 9]
    assert "exclude one another" in found["E135", 10]
