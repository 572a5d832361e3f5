"""What blocking brings together: against looking at every pair, and the estimate against the truth."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign_kind import compared as with_plates
from oneid.demo import generate
from oneid.engines.local import LocalEngine
from oneid.evaluation.blockingcoverage import by_key, chao, closure, estimate
from oneid.evaluation.evaluate import evaluate
from oneid.kinds.compared import LEVELS, Compared
from oneid.pairs import blocking
from oneid.runs.resolve import resolve
from oneid.settings.rules import BlockingRule
from strategies import thorough

TOLERANCE = 0.03
"""How far the estimate of the share compared may be from the truth on demo data."""


def pairs_of(rows, **more) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"left": pl.UInt32, "right": pl.UInt32, **more}, orient="row")


codes = st.lists(st.tuples(*[st.integers(0, 4)] * 3, st.integers(0, 3)), min_size=2, max_size=14)


@given(codes)
@settings(max_examples=thorough(60), deadline=None)
def test_keys_bring_what_the_run_compares(rows) -> None:
    """Per key and together, the true pairs are those among the pairs that blocking makes; ``email`` has two places."""
    table = np.array(rows, dtype=np.uint64)
    columns = {"email": [table[:, 0], table[:, 1]], "phone": [table[:, 2]]}
    rules = (BlockingRule("email", ("email",), most=4), BlockingRule("phone", ("phone",), most=6))
    plan = blocking.plan(rules, columns, LocalEngine(1))
    person = table[:, 3]
    true = [(i, j) for j in range(len(rows)) for i in range(j) if person[i] == person[j]]
    found, seen = by_key(plan, pairs_of(true))
    made = [blocking.pairs(plan, task) for task in blocking.tasks(plan)]
    compared = {pair for left, right in made for pair in zip(left.tolist(), right.tolist(), strict=True)}
    assert [bool(flag) for flag in seen] == [pair in compared for pair in true]
    assert found["key"].to_list() == ["email", "phone"]
    assert found["new"].sum() == len(compared & set(true))
    assert found["pairs"].to_list() == [line.pairs for line in plan.report]
    assert found["left_out"].to_list() == [line.left_out_pairs for line in plan.report]
    first = {pair for task in blocking.tasks(plan) if task.rule == 0
             for pair in zip(*(side.tolist() for side in blocking.pairs(plan, task)), strict=True)}  # fmt: skip
    assert found["true"][0] == len(first & set(true))
    assert found["so_far"][-1] == pytest.approx(len(compared & set(true)) / max(len(true), 1))


edges = st.lists(st.sampled_from(list(combinations(range(8), 2))), max_size=10)


@given(edges, edges)
@settings(max_examples=thorough(60), deadline=None)
def test_closure_is_reached_by_paths(compared, true) -> None:
    """Against networkx."""
    graph = nx.Graph(compared)
    graph.add_nodes_from(range(8))
    joined = [nx.has_path(graph, a, b) for a, b in true]
    wanted = sum(joined) / len(joined) if joined else 1.0
    assert closure(8, pairs_of(compared), pairs_of(true)) == pytest.approx(wanted)


def test_chao_by_hand() -> None:
    """No pair seen once: nothing is missing. More seen once: more is missing. More lists: more is missing."""
    assert chao(0, 10, 3) == 0
    assert chao(1, 0, 3) == 0
    assert chao(10, 4, 3) == pytest.approx(2 / 3 * 10 * 9 / (2 * 5))
    assert chao(11, 4, 3) > chao(10, 4, 3) > chao(10, 5, 3)
    assert chao(10, 4, 4) > chao(10, 4, 3)


def test_lists_name_known_levels() -> None:
    """A level that is renamed would silently find nothing."""
    named = [(one.field, level) for one in Compared().comparisons for level in (*one.finds, *one.finds_with)]
    assert [(field, level) for field, level in named if level not in LEVELS[field]] == []
    assert {field for field, _ in named} == {"name", "birth", "phone", "email", "address"}


def world(caught: np.ndarray) -> tuple[np.ndarray, pl.DataFrame, pl.DataFrame]:
    """Pairs of records 2i and 2i + 1 under one OneID each; ``caught`` says by which of e-mail, phone, name."""
    number = caught @ np.array([1, 2, 4])
    seen = np.flatnonzero(number)
    pairs = pl.DataFrame(
        {"left": 2 * seen, "right": 2 * seen + 1, "pattern": number[seen]},
        schema={"left": pl.UInt32, "right": pl.UInt32, "pattern": pl.UInt64},
    )
    patterns = pl.DataFrame({
        "pattern": pl.Series(range(8), dtype=pl.UInt64),
        "name": ["equal_rare" if n & 4 else "missing" for n in range(8)],
        "birth": ["missing"] * 8,
        "phone": ["mobile_equal" if n & 2 else "missing" for n in range(8)],
        "email": ["shared" if n & 1 else "differs" for n in range(8)],
        "address": ["same_town"] * 8,
    })  # fmt: skip
    oneids = np.repeat(np.arange(len(caught), dtype=np.uint32), 2)
    return oneids, pairs, patterns


def test_independent_lists_give_the_true_number() -> None:
    """Twenty thousand pairs, each found by three lists independently with one chance: the number comes back."""
    chance = np.random.default_rng(5).random((20_000, 3))
    found = estimate(*world(chance < 0.4))
    assert found.total == pytest.approx(20_000, rel=0.02)
    assert found.compared == (chance < 0.4).any(axis=1).sum()
    assert found.compared_share == pytest.approx(1 - 0.6**3, abs=0.02)
    assert found.together == 20_000
    assert found.together_share <= 1
    assert found.lists["email"] == (chance[:, 0] < 0.4).sum()


def test_one_list_estimates_nothing() -> None:
    """Without a second kind of evidence, or without pairs, there is no estimate."""
    caught = np.zeros((50, 3), dtype=bool)
    assert estimate(*world(caught)) is None
    caught[:, 1] = True
    assert estimate(*world(caught)) is None
    caught[:9, 0] = True
    assert estimate(*world(caught)).once == 41


def test_pairs_under_two_oneids_do_not_count() -> None:
    """Only what was put together is a sample of true pairs."""
    caught = np.ones((40, 3), dtype=bool)
    oneids, pairs, patterns = world(caught)
    oneids[:20] = np.arange(100, 120, dtype=np.uint32)
    found = estimate(oneids, pairs, patterns)
    assert (found.compared, found.together, found.lists["phone"]) == (30, 30, 30)


def test_every_compared_pair_is_on_a_list() -> None:
    """A pair whose levels name no key that made it was made by the keys of name, birth and address."""
    caught = np.array([[False, False, True]] * 10 + [[True, True, False]] * 5)
    oneids, pairs, patterns = world(caught)
    found = estimate(oneids, pairs, patterns.with_columns(pl.col("name").replace("equal_rare", "close")))
    assert (found.once, found.twice, found.compared) == (10, 5, 15)
    assert found.lists["name, birth, address"] == 10


def test_identifiers_are_lists_of_their_own() -> None:
    """A card number finds pairs by itself; a pair that nothing else finds is on its list only."""
    caught = np.zeros((30, 3), dtype=bool)
    caught[:, 2] = True
    caught[:10, 1] = True
    oneids, pairs, patterns = world(caught)
    with_card = patterns.with_columns(card_no=pl.lit("equal"))
    assert "card_no" not in estimate(oneids, pairs, with_card).lists
    assert estimate(oneids, pairs, with_card, ["card_no"]).lists["card_no"] == 30
    silent = with_card.with_columns(name=pl.lit("missing"))
    found = estimate(oneids, pairs, silent, ["card_no", "gone"])
    assert (found.once, found.twice) == (20, 10)
    assert set(found.lists) == {"phone", "card_no"}


def test_the_estimate_is_near_the_truth(demo) -> None:
    """On the demo, without its truth, within the stated tolerance of what blocking brings together."""
    known = evaluate(demo.folder / "out", demo.folder / "truth.csv")
    blind = evaluate(demo.folder / "out")
    assert blind.estimate == known.estimate
    assert blind.quality is None
    assert blind.estimate.compared_share == pytest.approx(known.coverage.compared, abs=TOLERANCE)
    assert known.coverage.closure >= known.quality.recall


@pytest.mark.slow
def test_the_estimate_follows_blocking(tmp_path) -> None:
    """Noisy members: further away from all, and still within the tolerance."""
    generate(records=3000, seed=8, noise=2.0).write(tmp_path)
    resolve(tmp_path / "oneid.yaml").write(tmp_path / "out")
    found = evaluate(tmp_path / "out", tmp_path / "truth.csv")
    assert found.estimate.compared_share == pytest.approx(found.coverage.compared, abs=TOLERANCE)


def test_a_kind_of_ones_own_is_a_list_of_its_own() -> None:
    """Where its comparison says at which levels it finds by itself."""
    caught = np.zeros((30, 3), dtype=bool)
    caught[:, 2] = True
    caught[:10, 1] = True
    oneids, pairs, patterns = world(caught)
    patterns = patterns.with_columns(plate=pl.lit("shared"))
    assert "plate" not in estimate(oneids, pairs, patterns).lists
    assert estimate(oneids, pairs, patterns, run=with_plates()).lists["plate"] == 30


def test_two_fields_that_find_together_are_needed() -> None:
    """A birth alone finds nobody, an address alone neither."""
    caught = np.array([[False, True, False]] * 9)
    oneids, pairs, patterns = world(caught)
    assert estimate(oneids, pairs, patterns.with_columns(birth=pl.lit("equal"))) is None
    assert estimate(oneids, pairs, patterns.with_columns(address=pl.lit("equal_full"))) is None
    found = estimate(oneids, pairs, patterns.with_columns(birth=pl.lit("equal"), address=pl.lit("equal_full")))
    assert found.lists == {"phone": 9, "name, birth, address": 9}
