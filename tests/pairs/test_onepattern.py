"""One pattern at a time is judged as the pattern table is."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.kinds.compared import LEVELS as COMPARED
from oneid.pairs import onepattern
from oneid.pairs.onepattern import Judges
from oneid.pairs.scoring import SOURCES, Levels, holds, judge, source_pair
from oneid.settings.rules import BlockingRule, Interaction, Rule, Rules, Thresholds, When
from oneid.settings.rulesfile import load_rules
from oneid.vocabulary.patterns import MISSING, Schema
from strategies import thorough

SHOPS = ("app", "ec", "shop")
LEVELS = {
    "name": ("missing", "equal", "close", "differs"),
    "email": ("missing", "equal", "differs"),
    SOURCES: ("missing", *sorted({source_pair(a, b) for a in SHOPS for b in SHOPS})),
}
SCHEMA = Schema(LEVELS)


def conditions(depth: int = 1) -> st.SearchStrategy[When]:
    """Levels, any_of, none_of, between, same_source; nested once."""
    levels = st.fixed_dictionaries(
        {}, optional={
            "name": st.lists(st.sampled_from(LEVELS["name"]), min_size=1, max_size=2).map(tuple),
            "email": st.lists(st.sampled_from(LEVELS["email"]), min_size=1, max_size=2).map(tuple),
        },
    )  # fmt: skip
    parts: dict[str, st.SearchStrategy[Any]] = {
        "between": st.none() | st.tuples(st.sampled_from(SHOPS), st.sampled_from(SHOPS)),
        "same_source": st.sampled_from([None, True, False]),
    }
    if depth:
        some = st.lists(conditions(depth - 1), max_size=2).map(tuple)
        parts |= {"any_of": some, "none_of": some}
    return st.builds(When, levels=levels, **parts)


bits = st.integers(-24, 24).map(lambda quarters: quarters / 4)
rules_of = st.builds(
    lambda base, weights, interactions, listed: Rules.model_validate({
        "name": "test",
        "blocking": (BlockingRule("email", ("email",)),),
        "base": base,
        "weights": weights,
        "interactions": tuple(Interaction(when=when, bits=add) for when, add in interactions),
        "rules": tuple(
            Rule(id=f"rule {at}", when=when, verdict=verdict, why=f"why {at}")
            for at, (when, verdict) in enumerate(listed)
        ),
        "thresholds": Thresholds(match=4, review=1.5, never=-6),
    }),
    bits,
    st.fixed_dictionaries({"name": st.fixed_dictionaries({"equal": bits, "differs": bits})}, optional={
        "email": st.fixed_dictionaries({"equal": bits}),
    }),
    st.lists(st.tuples(conditions(), bits), max_size=2),
    st.lists(st.tuples(conditions(), st.sampled_from(["never", "match", "review"])), max_size=3),
)  # fmt: skip
shops = st.tuples(st.sampled_from(SHOPS), st.sampled_from(SHOPS))
patterns = st.tuples(st.sampled_from(LEVELS["name"]), st.sampled_from(LEVELS["email"]), shops)


@given(rules_of, st.lists(patterns, min_size=1, max_size=6))
@settings(max_examples=thorough(60), deadline=None)
def test_as_in_the_pattern_table(rules: Rules, asked: list[tuple[str, str, tuple[str, str]]]) -> None:
    """Score, verdict and rule, the first time and when it is remembered; the reason is that of the rule."""
    judges = Judges(rules)
    why = {rule.id: rule.why for rule in rules.rules}
    for name, email, sources in [*asked, *asked]:
        levels = {"name": name, "email": email, SOURCES: source_pair(*sources)}
        packed = SCHEMA.pack(
            {field: np.array([SCHEMA.index(field, level)], np.uint8) for field, level in levels.items()}
        )
        expected = judge(rules, SCHEMA, packed, [1]).select("score", "verdict", "rule").row(0)
        found = judges.of({"name": name, "email": email}, sources)
        assert (found.score, str(found.verdict), found.rule) == expected
        assert found.why == why.get(found.rule, "")


NAME, CLOSE, MAIL = (When(levels=levels) for levels in (
    {"name": ("equal",)}, {"name": ("close", "differs")}, {"email": ("equal",)},
))  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (When(), "xyz"),
        (NAME, "xy"),
        (CLOSE, "z"),
        (When(levels=NAME.levels | MAIL.levels), "x"),
        (When(any_of=(NAME, MAIL)), "xyz"),
        (When(any_of=(CLOSE, MAIL)), "xz"),
        (When(levels=MAIL.levels, any_of=(NAME, CLOSE)), "xz"),
        (When(none_of=(NAME,)), "z"),
        (When(none_of=(NAME, MAIL)), ""),
        (When(none_of=(CLOSE, MAIL)), "y"),
        (When(between=("shop", "ec")), "x"),
        (When(same_source=True), "y"),
        (When(same_source=False), "xz"),
    ],
)
def test_conditions(condition: When, expected: str) -> None:
    """One pattern at a time, and in a table; a rule names the pair, an interaction takes from the score."""
    rows = {"x": ("equal", "equal", ("ec", "shop")), "y": ("equal", "missing", ("ec", "ec")),
            "z": ("differs", "equal", ("app", "ec"))}  # fmt: skip
    table = pl.DataFrame(
        [(name, email, source_pair(*sources)) for name, email, sources in rows.values()],
        schema=["name", "email", SOURCES],
        orient="row",
    )
    assert "".join(row for row, held in zip(rows, holds(condition, Levels(table)), strict=True) if held) == expected
    judges = Judges(Rules.model_validate({
        "name": "test",
        "blocking": (BlockingRule("email", ("email",)),),
        "base": -2.0,
        "weights": {"name": {"equal": 1.5, "missing": 9.0}, "email": {"equal": 0.25}},
        "interactions": (Interaction(when=condition, bits=-0.75),),
        "rules": (Rule(id="held", when=condition, verdict="match", why="so"),),
        "thresholds": Thresholds(match=4, review=1.5, never=-6),
    }))  # fmt: skip
    for row, (name, email, sources) in rows.items():
        found = judges.of({"name": name, "email": email}, sources)
        plain = -200 + 150 * (name == "equal") + 25 * (email == "equal")
        assert (found.score, found.rule) == ((plain - 75, "held") if row in expected else (plain, "score"))


def test_some_patterns_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many, and no more, so that memory does not grow with what is asked."""
    monkeypatch.setattr(onepattern, "_MOST", 2)
    judges = Judges(load_rules("jp-members"))
    patterns_ = [{**dict.fromkeys(COMPARED, MISSING), "email": level} for level in COMPARED["email"]]
    first, second = (judges.of(levels) for levels in patterns_[:2])
    assert judges.of(patterns_[0]) is first
    assert judges.of(patterns_[1]) is second
    for levels in patterns_:
        judges.of(levels)
        assert len(judges._known) <= 2
    assert first != second


@pytest.mark.parametrize("condition", [{"between": ("ec", "shop")}, {"same_source": True}, {"same_source": False}])
def test_no_condition_on_sources_holds_where_one_is_not_known(condition: dict[str, Any]) -> None:
    """A look-up's values are of no source."""
    given_ = {"id": "apart", "when": When(**condition), "verdict": "never", "why": "test"}
    rules = Rules.model_validate({
        "name": "test",
        "blocking": (BlockingRule("email", ("email",)),),
        "base": 5.0,
        "weights": {},
        "rules": (Rule.model_validate(given_),),
        "thresholds": Thresholds(match=4, review=0, never=-6),
    })  # fmt: skip
    judges = Judges(rules)
    assert judges.of({"name": "equal"}).rule == "score"
    assert judges.of({"name": "equal"}, ("ec", "shop")).rule == ("score" if condition.get("same_source") else "apart")
    assert judges.of({"name": "equal"}, ("ec", "ec")).rule == ("apart" if condition.get("same_source") else "score")


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(4.0, "match"), (3.99, "review"), (1.5, "review"), (1.49, "none"), (-5.99, "none"), (-6.0, "never")],
)
def test_thresholds_are_inclusive(score: float, verdict: str) -> None:
    """At the threshold, and a hundredth of a bit beside it."""
    rules = Rules.model_validate({
        "name": "test",
        "blocking": (BlockingRule("email", ("email",)),),
        "base": score,
        "weights": {},
        "thresholds": Thresholds(match=4, review=1.5, never=-6),
    })  # fmt: skip
    found = Judges(rules).of({"name": "equal"})
    assert (str(found.verdict), found.rule, found.why) == (verdict, "score", "")
    assert found.score == round(score * 100)
