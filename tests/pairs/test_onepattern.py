"""One pattern at a time is judged as the pattern table is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.pairs.onepattern import Judges
from oneid.pairs.scoring import SOURCES, judge, source_pair
from oneid.settings.rules import BlockingRule, Interaction, Rule, Rules, Thresholds, When
from oneid.vocabulary.patterns import Schema

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
        "thresholds": Thresholds(match=4, review=0, never=-6),
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
@settings(max_examples=60, deadline=None)
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
    [(4.0, "match"), (3.99, "review"), (0.0, "review"), (-0.01, "none"), (-5.99, "none"), (-6.0, "never")],
)
def test_thresholds_are_inclusive(score: float, verdict: str) -> None:
    """At the threshold, and a hundredth of a bit beside it."""
    rules = Rules.model_validate({
        "name": "test",
        "blocking": (BlockingRule("email", ("email",)),),
        "base": score,
        "weights": {},
        "thresholds": Thresholds(match=4, review=0, never=-6),
    })  # fmt: skip
    found = Judges(rules).of({"name": "equal"})
    assert (str(found.verdict), found.rule, found.why) == (verdict, "score", "")
    assert found.score == round(score * 100)
