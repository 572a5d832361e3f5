"""Scoring and judging: weights, interactions, conditions, and which rule comes first."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.kinds.compared import LEVELS
from oneid.pairs.scoring import SOURCES, Levels, explain_bits, holds, judge, score, source_pair, verdict_of
from oneid.settings.rules import BlockingRule, Interaction, Rule, Rules, Thresholds, When
from oneid.settings.rulesfile import load_rules, presets
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict
from strategies import thorough


def rules_of(**more) -> Rules:
    made = {
        "name": "test",
        "blocking": (BlockingRule("email", ("email",)),),
        "base": -2.0,
        "weights": {"name": {"equal_rare": 5.0, "differs": -4.0}, "email": {"equal": 2.5}},
        "thresholds": Thresholds(match=4, review=0, never=-6),
    }
    return Rules.model_validate({**made, **more})


def when(**levels) -> When:
    return When(levels={field: tuple(names) for field, names in levels.items()})


def pattern(**levels: str) -> np.ndarray:
    schema = Schema(LEVELS)
    return schema.pack(
        {f: np.array([schema.index(f, level)], np.uint8) for f, level in {"sex": "missing", **levels}.items()}
    )


def judged(rules: Rules, **levels: str) -> tuple[int, str, str]:
    table = judge(rules, Schema(LEVELS), pattern(**levels), [1])
    return table.select("score", "rule", "verdict").row(0)


def test_scores_are_sums_of_bits_in_hundredths() -> None:
    """The base, the weights of the levels, nothing for missing and for levels without a weight."""
    rules = rules_of()
    assert judged(rules) == (-200, "score", "none")
    assert judged(rules, name="equal_rare") == (300, "score", "review")
    assert judged(rules, name="equal_rare", email="equal") == (550, "score", "match")
    assert judged(rules, name="equal_rare", email="near") == (300, "score", "review")
    assert judged(rules, name="differs") == (-600, "score", "never")


def test_interactions_add_where_their_condition_holds() -> None:
    """One that holds, one that does not."""
    both = Interaction(when=when(name=["equal_rare"], email=["equal"]), bits=-1.75)
    assert judged(rules_of(interactions=(both,)), name="equal_rare", email="equal")[0] == 375
    assert judged(rules_of(interactions=(both,)), name="equal_rare")[0] == 300


@pytest.mark.parametrize(
    ("points", "verdict"),
    [(400, "match"), (399, "review"), (150, "review"), (149, "none"), (-599, "none"), (-600, "never")],
)
def test_thresholds_are_inclusive(points, verdict) -> None:
    """At the threshold, and a hundredth of a bit beside it."""
    rules = rules_of(thresholds=Thresholds(match=4, review=1.5, never=-6))
    assert verdict_of(rules, np.array([points], np.int32)) == [Verdict(verdict)]


def test_never_comes_before_match_before_review_before_the_score() -> None:
    """Whatever their order in the file; of two of one verdict the first one names the pair."""
    condition = when(name=["equal_rare"])
    made = {
        verdict: [Rule(id=f"{verdict}-{n}", when=condition, verdict=verdict, why="") for n in (1, 2)]
        for verdict in ("review", "match", "never")
    }
    order = [*made["review"], *made["match"], *made["never"]]
    assert judged(rules_of(rules=tuple(order)), name="equal_rare")[1:] == ("never-1", "never")
    assert judged(rules_of(rules=tuple(order[:4])), name="equal_rare")[1:] == ("match-1", "match")
    assert judged(rules_of(rules=tuple(order[:2])), name="equal_rare")[1:] == ("review-1", "review")
    assert judged(rules_of(rules=tuple(order)), name="differs")[1:] == ("score", "never")


def test_conditions() -> None:
    """Levels, several of one field, any_of, none_of, nested, between, same_source."""
    rows = [("equal_rare", "equal", "ec+shop"), ("equal_rare", "missing", "ec+ec"), ("differs", "equal", "app+ec")]
    table = pl.DataFrame(rows, schema=["name", "email", SOURCES], orient="row")
    name, mail = when(name=["equal_rare"]), when(email=["equal"])
    assert holds(When(), Levels(table)).tolist() == [True, True, True]
    assert holds(name, Levels(table)).tolist() == [True, True, False]
    assert holds(when(name=["equal_rare", "differs"]), Levels(table)).tolist() == [True, True, True]
    assert holds(when(name=["equal_rare"], email=["equal"]), Levels(table)).tolist() == [True, False, False]
    assert holds(When(any_of=(name, mail)), Levels(table)).tolist() == [True, True, True]
    assert holds(When(none_of=(mail,)), Levels(table)).tolist() == [False, True, False]
    assert holds(
        When(none_of=(When(any_of=(when(name=["differs"]), when(email=["missing"]))),)), Levels(table)
    ).tolist() == [
        True,
        False,
        False,
    ]
    assert holds(When(between=("shop", "ec")), Levels(table)).tolist() == [True, False, False]
    assert holds(When(same_source=True), Levels(table)).tolist() == [False, True, False]
    assert holds(When(same_source=False), Levels(table)).tolist() == [True, False, True]


def test_source_pairs_have_no_direction() -> None:
    """The same level whichever record comes first."""
    assert source_pair("shop", "ec") == source_pair("ec", "shop")
    assert source_pair("ec", "ec") != source_pair("ec", "shop")


patterns = st.lists(st.integers(0, Schema(LEVELS).size - 1), min_size=1, max_size=6, unique=True)


@given(patterns, st.sampled_from(presets()))
@settings(max_examples=thorough(25), deadline=None)
def test_explained_bits_are_the_score(numbers, preset) -> None:
    """For any pattern: what explain shows adds up to the score, and judging is row by row."""
    rules, schema = load_rules(preset), Schema(LEVELS)
    table = judge(rules, schema, np.array(numbers, np.uint64), [1] * len(numbers))
    assert table["score"].to_list() == score(rules, Levels(schema.table(np.array(numbers, np.uint64)))).tolist()
    for row in table.iter_rows(named=True):
        bits = explain_bits(rules, {field: row[field] for field in LEVELS})
        assert row["score"] == round(sum(bits.values()) * 100)
        assert judge(rules, schema, np.array([row["pattern"]], np.uint64), [1])["verdict"][0] == row["verdict"]


def test_bits_are_explained_by_name() -> None:
    """The base, each field that is not missing, and the interactions that hold by their number in the file."""
    first, second = (Interaction(when=when(**levels), bits=bits) for levels, bits in (
        ({"email": ["near"]}, 1.0), ({"name": ["equal_rare"]}, -1.75),
    ))  # fmt: skip
    levels = {"name": "equal_rare", "email": "equal", "sex": "missing", "phone": "differs"}
    assert explain_bits(rules_of(interactions=(first, second)), levels) == {
        "base": -2.0, "name": 5.0, "email": 2.5, "phone": 0.0, "interaction 2": -1.75,
    }  # fmt: skip


def test_no_patterns() -> None:
    """An empty table is judged to an empty table with all columns."""
    table = judge(rules_of(), Schema(LEVELS), np.zeros(0, np.uint64), [])
    assert table.columns == ["pattern", *LEVELS, "pairs", "score", "rule", "verdict"]
    assert table.height == 0
