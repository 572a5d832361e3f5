"""Comparing share by share is comparing at once; candidates of some records are those of all that hold one of them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.engines.local import LocalEngine
from oneid.kinds.compared import LEVELS
from oneid.pairs import blocking, evidence
from oneid.pairs.alike import Alike
from oneid.pairs.columns import block_keys, columns_of
from oneid.pairs.compare import compare
from oneid.pairs.scoring import SOURCES
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.patterns import Schema
from pairs.test_oracle import people, pool
from strategies import thorough

ENGINE = LocalEngine(2)
NOBODY = Alike.none(0)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.data())
@settings(max_examples=thorough(60), deadline=None)
def test_candidates_with_a_dirty_record(values: list[int], data: st.DataObject) -> None:
    """Those of all candidates, in their order, that have one."""
    codes = np.array(values, dtype=np.uint64)
    rules = [BlockingRule("v", ("v",), 9)]
    every = evidence.candidates(rules, {"v": [codes]}, ENGINE)
    left, right = every.left, every.right
    assert every.key.tolist() == [0] * left.size
    assert (left < right).all()
    dirty = np.array(data.draw(st.lists(st.booleans(), min_size=codes.size, max_size=codes.size)), dtype=np.bool_)
    mine = dirty[left] | dirty[right]
    some = evidence.candidates(rules, {"v": [codes]}, ENGINE, dirty=dirty)
    assert (some.left.tolist(), some.right.tolist()) == (left[mine].tolist(), right[mine].tolist())


@pytest.mark.parametrize("sources", [False, True])
def test_shares_make_no_difference(sources: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few pairs are compared at a time; what is done is told from 0 on, never 1; with sources in the pattern
    where the schema has them.
    """
    features = pool().head(30)
    names = pl.Series(["a", "b"] * 15)
    columns = columns_of(features, ENGINE)
    levels = {SOURCES: ("a+a", "a+b", "b+b"), **LEVELS} if sources else LEVELS
    schema = Schema(levels)
    left, right = (side.astype(np.uint32) for side in np.triu_indices(30, 1))
    found = compare(columns, left, right)
    if sources:
        found[SOURCES] = np.where(left % 2 != right % 2, 1, np.where(left % 2 == 0, 0, 2)).astype(np.uint8)
    whole = evidence.Evidence(schema, columns, names, evidence.Candidates.none(), ENGINE, NOBODY, NOBODY.links)
    told: list[float] = []
    monkeypatch.setattr(evidence, "_LEAST", 7)
    made = whole.patterns(left, right, told.append)
    assert made.tolist() == schema.pack(found).tolist()
    assert len(told) == evidence._SHARES
    assert told[0] == 0
    assert told == sorted(told)
    assert told[-1] < 1
    for few in (0, 1, 8, 57):  # of 57 the last share is one pair
        assert whole.patterns(left[:few], right[:few]).tolist() == made[:few].tolist()


@given(people(20))
@settings(max_examples=thorough(10), deadline=None)
def test_pairs_that_met_are_the_candidates(features: pl.DataFrame) -> None:
    """Of all pairs, those that the blocking keys make: each once, by the first rule that makes it."""
    columns = columns_of(features, ENGINE)
    rules = [
        BlockingRule("phone", ("phone",), 5),
        BlockingRule("name", ("kanji",), 3),
        BlockingRule("m", ("email",), 4),
    ]
    plan = blocking.plan(rules, block_keys(columns), ENGINE)
    made = evidence.candidates(rules, block_keys(columns), ENGINE)
    whole = evidence.Evidence(Schema(LEVELS), columns, features["source"], made, ENGINE, NOBODY, NOBODY.links)
    left, right = (side.astype(np.uint32) for side in np.triu_indices(features.height, 1))
    met = whole.met(left, right)
    some = np.flatnonzero(~met)[::3]
    more = evidence.Evidence(whole.schema, columns, features["source"], made, ENGINE, NOBODY, (left[some], right[some]))
    assert np.flatnonzero(more.met(left, right)).tolist() == sorted([*np.flatnonzero(met), *some])
    assert (blocking.met(plan, left, right) == met).all()
    assert (whole.met(right, left) == met).all()
    assert made.report == plan.report
    by_rule = [blocking.met(plan, made.left, made.right, rules) for rules in range(1, len(plan.rules) + 1)]
    assert [int(np.argmax(told)) for told in zip(*by_rule, strict=True)] == made.key.tolist()
    pairs = list(zip(made.left.tolist(), made.right.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(zip(left[met].tolist(), right[met].tolist(), strict=True)) == set(pairs)
