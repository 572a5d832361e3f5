"""Blocking: the candidate pairs are all pairs that share an effective key, each once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.engines.local import LocalEngine
from oneid.pairs.blocking import MAX_TASK_PAIRS, Counted, Plan, keys_of, met, pairs, tasks
from oneid.pairs.blocking import plan as plan_with
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import list_codes
from paths import cases
from strategies import KEYS, Keys, key_columns, thorough


def plan(rules, columns) -> Plan:
    return plan_with(rules, columns, LocalEngine(1))


def made_pairs(made, most_pairs=MAX_TASK_PAIRS) -> list[tuple[int, int]]:
    """Every candidate pair, in the order in which it is made."""
    found: list[tuple[int, int]] = []
    for task in tasks(made, most_pairs):
        left, right = pairs(made, task)
        assert (left < right).all()
        found += zip(left.tolist(), right.tolist(), strict=True)
    return found


def choose(size: int) -> int:
    return size * (size - 1) // 2


def blocks_of(rows: list[set[tuple[str, ...]]]) -> dict[tuple[str, ...], set[int]]:
    """Who holds which key."""
    blocks: dict[tuple[str, ...], set[int]] = {}
    for row, held in enumerate(rows):
        for key in held:
            blocks.setdefault(key, set()).add(row)
    return blocks


class Oracle:
    """Blocking by sets of plain values: what one rule makes, and what its report must say. ``only``: the keys whose
    blocks count; ``kinds``: the class of each record that is like others, 0 for the rest.
    """

    def __init__(
        self,
        rule: BlockingRule,
        rows: list[dict[str, list[str]]],
        only: set | None = None,
        kinds: Sequence[int] = (),
    ) -> None:
        self.kinds = kinds or [0] * len(rows)
        held = [set(product(*(row[key] for key in rule.keys))) for row in rows]
        held = [keys if only is None else keys & only for keys in held]
        wanted = sum(choose(len(block)) for block in blocks_of(held).values())
        held, over = self.thinned(held, rule.most)
        self.left_out_pairs = sum(self.different(blocks_of(held)[key]) for key in over)
        self.refined = 0
        if rule.then and over:
            self.refined = len(over)
            # Of several values of a second key the first of each field counts; without one there is no key.
            finer = [tuple(row[key][0] if row[key] else None for key in rule.then) for row in rows]
            held = [
                {key for key in keys if key not in over}
                | {key + then for key in keys if key in over if None not in then}
                for keys, then in zip(held, finer, strict=True)
            ]
            parted = {key: block for key, block in blocks_of(held).items() if len(key) > len(rule.keys)}
            held, over = self.thinned(held, rule.most)
            self.left_out_pairs -= sum(self.different(block) for key, block in parted.items() if key not in over)
        left = {key: block for key, block in blocks_of(held).items() if len(block) > 1}
        self.left_out_blocks = len(over)
        self.left_out_largest = max((len(left[key]) for key in over), default=0)
        self.blocks = [block for key, block in left.items() if key not in over]
        self.pairs = {pair for block in self.blocks for pair in combinations(sorted(block), 2)}
        self.count = sum(choose(len(block)) for block in self.blocks)
        self.equal_pairs = wanted - self.count - self.left_out_pairs

    def stands(self, row: int) -> bool:
        """Whether a record counts in a large block: those of no class do, and the first of each class."""
        return not self.kinds[row] or self.kinds.index(self.kinds[row]) == row

    def different(self, block: set[int]) -> int:
        """The pairs of a block that are not of one class."""
        return sum(not self.kinds[a] or self.kinds[a] != self.kinds[b] for a, b in combinations(block, 2))

    def thinned(self, held: list[set[tuple[str, ...]]], most: int) -> tuple[list[set[tuple[str, ...]]], set]:
        """The keys of records without those of large blocks of few different records, where only these stay; and the
        keys of blocks that are too large.
        """
        large = {key: block for key, block in blocks_of(held).items() if len(block) > most}
        few = {key for key, block in large.items() if sum(map(self.stands, block)) <= most}
        return [keys if self.stands(row) else keys - few for row, keys in enumerate(held)], set(large) - few


@given(key_columns(), st.integers(1, 40))
@settings(max_examples=thorough(120), deadline=None)
def test_candidates_are_all_pairs_that_share_an_effective_key(keys: Keys, most_pairs: int) -> None:
    """Against brute force over sets, for several values per field, refinement and caps; each pair comes once, however
    the work is cut; the report adds up.
    """
    made = plan(keys.rules, keys.columns)
    found = made_pairs(made, most_pairs)
    oracles = [Oracle(rule, keys.rows) for rule in keys.rules]
    assert len(found) == len(set(found))
    assert set(found) == set().union(*(oracle.pairs for oracle in oracles))
    for oracle, line, rule in zip(oracles, made.report, keys.rules, strict=True):
        assert line.rule == rule.name
        assert (line.pairs, line.left_out_pairs, line.blocks) == (
            oracle.count,
            oracle.left_out_pairs,
            len(oracle.blocks),
        )
        assert (line.refined, line.left_out_blocks) == (oracle.refined, oracle.left_out_blocks)
        assert line.left_out_largest == oracle.left_out_largest
        assert line.equal_pairs == oracle.equal_pairs == 0
        assert line.largest <= rule.most


@given(key_columns(), st.lists(st.integers(0, 4), min_size=25, max_size=25))
@settings(max_examples=thorough(120), deadline=None)
def test_records_of_a_class_count_once_in_large_blocks(keys: Keys, drawn: list[int]) -> None:
    """Against the same brute force; what is told of equal records adds up, too."""
    kinds = drawn[: len(keys.rows)]
    oracles = [Oracle(rule, keys.rows, kinds=kinds) for rule in keys.rules]
    counted = Counted(np.array(kinds, np.uint64), np.array([oracles[0].stands(row) for row in range(len(kinds))]))
    made = plan_with(keys.rules, keys.columns, LocalEngine(1), counted=counted)
    assert set(made_pairs(made)) == set().union(*(oracle.pairs for oracle in oracles))
    for oracle, line in zip(oracles, made.report, strict=True):
        assert (line.pairs, line.blocks, line.refined) == (oracle.count, len(oracle.blocks), oracle.refined)
        assert (line.left_out_blocks, line.left_out_largest) == (oracle.left_out_blocks, oracle.left_out_largest)
        assert (line.left_out_pairs, line.equal_pairs) == (oracle.left_out_pairs, oracle.equal_pairs)


@given(key_columns(), st.randoms(use_true_random=False))
@settings(max_examples=thorough(50), deadline=None)
def test_the_order_of_rows_does_not_matter(keys: Keys, random) -> None:
    """The same pairs of records, whatever their order."""
    order = list(range(len(keys.rows)))
    random.shuffle(order)
    turned = Keys([keys.rows[row] for row in order], keys.rules)
    found = {frozenset(pair) for pair in made_pairs(plan(keys.rules, keys.columns))}
    made = plan(turned.rules, turned.columns)
    assert {frozenset((order[a], order[b])) for a, b in made_pairs(made)} == found
    assert made.report == plan(keys.rules, keys.columns).report


@given(key_columns())
@settings(max_examples=thorough(30), deadline=None)
def test_met_says_of_every_pair_whether_it_is_a_candidate(keys: Keys) -> None:
    """For all pairs, also those that no rule makes, and rule by rule."""
    made = plan(keys.rules, keys.columns)
    every = np.array(list(combinations(range(len(keys.rows)), 2)), dtype=np.uint32).reshape(-1, 2)
    found = set(made_pairs(made))
    flags = met(made, every[:, 0], every[:, 1])
    assert [tuple(pair) in found for pair in every.tolist()] == flags.tolist()
    first = Oracle(keys.rules[0], keys.rows).pairs
    assert [tuple(pair) in first for pair in every.tolist()] == met(made, every[:, 0], every[:, 1], 1).tolist()


def as_texts(value: object) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [] if value is None else [value])]


@pytest.mark.parametrize("case", cases("block"), ids=lambda case: case["case"])
def test_case(case) -> None:
    """Each case of tests/pairs/cases/block.yaml."""
    names = list(case["records"])
    columns = {
        key: list_codes(
            pl.Series([as_texts(row.get(key)) for row in case["records"].values()], dtype=pl.List(pl.String))
        )
        for key in KEYS
    }
    rules = [
        BlockingRule("+".join(r["keys"]), tuple(r["keys"]), r["most"], tuple(r.get("then", ()))) for r in case["rules"]
    ]
    made = plan(rules, columns)
    assert sorted([names[a], names[b]] for a, b in made_pairs(made)) == sorted(case["pairs"])
    assert {line.rule: line.left_out_pairs for line in made.report if line.left_out_pairs} == case.get("left_out", {})


def test_shares_are_of_about_the_size_asked_for() -> None:
    """Many small blocks are cut into shares; a block is never cut in two."""
    codes = [np.repeat(np.arange(1, 301, dtype=np.uint64), 4)]
    made = plan([BlockingRule("email", ("email",))], {"email": codes})
    shares = [len(pairs(made, task)[0]) for task in tasks(made, 100)]
    assert sum(shares) == 300 * 6
    assert max(shares) <= 106
    assert len(shares) >= 17
    assert len(list(tasks(made))) == 1


def test_nothing_to_pair() -> None:
    """No record, one record, and keys that are all missing make no share."""
    for size in (0, 1, 5):
        made = plan([BlockingRule("email", ("email",))], {"email": [np.zeros(size, dtype=np.uint64)]})
        assert list(tasks(made)) == []
        assert made.report[0].pairs == made.report[0].left_out_pairs == 0
    assert list(tasks(plan([], {}))) == []


def test_threads_do_not_matter() -> None:
    """Two threads plan and make the same."""
    codes = {"email": [np.arange(60, dtype=np.uint64) % 7], "phone": [np.arange(60, dtype=np.uint64) % 11]}
    rules = [
        BlockingRule("email", ("email",), 8),
        BlockingRule("phone", ("phone",), 50),
        BlockingRule("both", ("email", "phone")),
    ]
    one, two = plan(rules, codes), plan_with(rules, codes, LocalEngine(2))
    assert one.report == two.report
    assert made_pairs(one) == made_pairs(two)


@given(key_columns(), st.sets(st.integers(0, 24)))
@settings(max_examples=thorough(60), deadline=None)
def test_blocks_of_touched_records_alone_are_those_among_all(keys: Keys, numbers: set[int]) -> None:
    """Given the keys of some records, the blocks that hold one of them are made, whole, and no other block is."""
    touched = [row for row in range(len(keys.rows)) if row in numbers]
    theirs = {key: [place[touched] for place in places] for key, places in keys.columns.items()}
    made = plan_with(keys.rules, keys.columns, LocalEngine(1), keys_of(keys.rules, theirs))
    oracles = []
    for rule in keys.rules:
        held = {key for row in touched for key in product(*(keys.rows[row][name] for name in rule.keys))}
        oracles.append(Oracle(rule, keys.rows, held))
    assert set(made_pairs(made)) == set().union(*(oracle.pairs for oracle in oracles))
    assert [(line.pairs, line.left_out_pairs) for line in made.report] == [
        (oracle.count, oracle.left_out_pairs) for oracle in oracles
    ]
    if len(touched) == len(keys.rows):
        assert made.report == plan(keys.rules, keys.columns).report


def test_keys_are_the_distinct_ones_of_each_rule() -> None:
    """Sorted, over all places of a field; none where a key has no column or a record no value."""
    columns = {"email": [np.array([7, 0, 3], np.uint64), np.array([3, 9, 0], np.uint64)]}
    rules = [BlockingRule("email", ("email",)), BlockingRule("both", ("email", "phone"))]
    first, second = keys_of(rules, columns)
    single = plan(rules[:1], columns).slots[0]
    assert first.tolist() == sorted({int(key) for slot in single for key in slot} - {0})
    assert len(first) == 3
    assert second.size == 0


def test_the_report_tells_the_largest_block_made_and_left_out() -> None:
    """Blocks of two and three are made, one of four is left out; a record alone with its value is no block."""
    codes = [np.repeat(np.arange(1, 5, dtype=np.uint64), [1, 2, 3, 4])]
    (line,) = plan([BlockingRule("email", ("email",), 3)], {"email": codes}).report
    assert (line.blocks, line.largest, line.pairs) == (2, 3, 1 + 3)
    assert (line.left_out_blocks, line.left_out_largest, line.left_out_pairs) == (1, 4, 6)
    (line,) = plan([BlockingRule("email", ("email",), 3)], {"email": [np.zeros(3, np.uint64)]}).report
    assert (line.blocks, line.largest, line.left_out_blocks, line.left_out_largest) == (0, 0, 0, 0)


def test_a_share_ends_where_its_pairs_are_full() -> None:
    """Blocks of two fill shares to the pair; a block larger than a share is a share of its own."""
    codes = [np.concatenate((np.repeat(np.arange(1, 11, dtype=np.uint64), 2), np.full(5, 99, np.uint64)))]
    made = plan([BlockingRule("email", ("email",))], {"email": codes})
    assert [pairs(made, task)[0].size for task in tasks(made, 4)] == [4, 4, 2 + 10]
    assert [pairs(made, task)[0].size for task in tasks(made, 5)] == [5, 5, 10]
    assert [pairs(made, task)[0].size for task in tasks(made, 20)] == [20]
    threes = plan([BlockingRule("email", ("email",))], {"email": [np.repeat(np.arange(1, 3, dtype=np.uint64), 3)]})
    assert [pairs(threes, task)[0].size for task in tasks(threes, 4)] == [3 + 3]
    assert MAX_TASK_PAIRS == 1_000_000
