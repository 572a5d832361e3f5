"""Records that agree in everything compared: classes, how they count in blocks, and runs with any number of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from importlib import resources
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneid
from conftest import features_of
from oneid.engines.local import LocalEngine
from oneid.kinds.compared import Compared
from oneid.pairs import blocking
from oneid.pairs.alike import SAME, Alike, Said, alike, equality
from oneid.pairs.blocking import Counted
from oneid.settings.rules import BlockingRule
from strategies import Keys, key_columns, thorough

ENGINE = LocalEngine(1)
PERSON = {"name": "佐藤 太郎", "birth": "1980-05-05", "phone": "090-1234-9876", "email": "taro@example.com"}
FIELDS = {field: field for field in (*PERSON, "address")}
BETWEEN = """
version: 1
blocking: [{keys: [email], most: 30}]
base: -5
weights: {email: {equal: 10}}
rules:
  - {id: shops, when: {email: [equal], same_source: false}, verdict: match, why: two shops}
  - {id: one-shop, when: {same_source: true}, verdict: review, why: one shop}
thresholds: {match: 5, review: -2, never: -8}
"""
Row = Mapping[str, str]


def resolved(rows: Mapping[str, list[tuple[str, Row]]], **more: object) -> oneid.Result:
    """A run over rows by source."""
    frames = {
        name: pl.DataFrame([{"id": key} | {field: row.get(field) for field in FIELDS} for key, row in mine],
                           schema=dict.fromkeys(("id", *FIELDS), pl.String))
        for name, mine in rows.items()
    }  # fmt: skip
    config = {"rules": "jp-members", "sources": {name: {"id": "id", "fields": FIELDS} for name in rows}, **more}
    return oneid.resolve(frames, config)


def people(found: oneid.Result) -> set[frozenset[str]]:
    """Who is one person, by ids."""
    made = found.to_polars()["merge_map"].group_by("oneid").agg("source_id")["source_id"].to_list()
    return {frozenset(ids) for ids in made}


# --- classes ---------------------------------------------------------------------------------------------------------


def test_equality_is_that_of_everything_compared() -> None:
    """However a value is written; the source and the id do not matter, an empty list of values is none."""
    rows = [
        {**PERSON, "source": "a"},
        {**PERSON, "phone": "０９０１２３４９８７６", "source": "b"},
        {**PERSON, "phone": "090-1234-9877"},
        {**PERSON, "birth": "1980-05"},
        {"name": "佐藤 太郎"},
        {"name": "佐藤 太郎", "phone": ""},
    ]
    features = features_of(rows)
    codes = equality(features, Compared()).tolist()
    assert codes[0] == codes[1]
    assert codes[4] == codes[5]
    assert len(set(codes)) == 4
    assert 0 not in codes
    unseen = features.with_columns(pl.lit("x").alias(name) for name in ("script", "kind", "kana_whole"))
    assert equality(unseen, Compared()).tolist() == codes


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from("ab"), st.integers(0, 3)), max_size=20),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_classes_against_brute_force(rows: list[tuple[int, str, int]], turn: random.Random) -> None:
    """Who is like whom, who stands for whom, and which pairs meet; whatever stands where."""
    place = list(range(len(rows)))
    turn.shuffle(place)
    kinds = np.zeros(len(rows), np.uint64)
    names, births = kinds.copy(), kinds.copy()
    for (kind, _, says), at in zip(rows, place, strict=True):
        kinds[at], names[at], births[at] = kind + 1, says > 0, says > 1
    said = Said({SAME: [kinds], "kanji": [names], "birth": [births]}, {}, {})
    rules = [BlockingRule("both", ("kanji", "birth"))]
    sources = pl.Series([row[1] for row in rows], dtype=pl.String)
    found = alike(said, sources, rules, Compared(), np.array(place, np.uint32))
    enough = [row for row in range(len(rows)) if rows[row][2] > 1]
    held = {row: [other for other in enough if rows[other][0] == rows[row][0]] for row in enough}
    twice = {row for row in range(len(rows)) if sum(rows[row][0] == other[0] for other in rows) > 1}
    assert found.rows.tolist() == [row for row in enough if row in twice]
    links = set()
    for row, least in zip(found.rows.tolist(), found.least.tolist(), strict=True):
        own = [other for other in held[row] if rows[other][1] == rows[row][1]]
        others = [other for other in held[row] if rows[other][1] != rows[held[row][0]][1]]
        assert least == own[0]
        firsts = [own[0], held[row][0]]
        if rows[row][1] == rows[held[row][0]][1]:
            firsts += others[:1]
        links |= {(min(row, first), max(row, first)) for first in firsts if first != row}
    assert set(zip(*(side.tolist() for side in found.links), strict=True)) == links
    kind = dict(zip(found.rows.tolist(), found.kind.tolist(), strict=True))
    for a, b in combinations(range(len(rows)), 2):
        assert found.together(a, b) == (a in kind and b in kind and kind[a] == kind[b])
    counted = found.counted().tolist()
    assert [row for row in range(len(rows)) if not counted[row]] == found.others[1].tolist()
    least = dict(zip(found.rows.tolist(), found.least.tolist(), strict=True))
    for some in (list(range(len(rows)))[::2], list(range(len(rows)))[1::2], found.rows.tolist()):
        part = found.of(np.array(some, np.uint32))
        mine = [row for row in some if row in kind and least[row] in some]
        assert (part.size, [some[at] for at in part.rows.tolist()]) == (len(some), mine)
        assert [some[at] for at in part.least.tolist()] == [least[row] for row in mine]
        assert part.kind.tolist() == [kind[row] for row in mine]
        assert part.links[0].size == part.links[1].size == 0


def test_what_people_share_makes_no_class() -> None:
    """A value that contradicting people hold does not count, nor does one facet alone, nor what no key is made of."""
    codes = np.array([1, 1], np.uint64)
    phones = [np.array([7, 7], np.uint64)]
    rules = [BlockingRule("phone", ("phone",))]
    sources = pl.Series(["a", "a"])

    def made(
        keys: dict[str, list[np.ndarray]],
        shared: list[int],
        rules: list[BlockingRule] = rules,
        phone: list[np.ndarray] = phones,
    ) -> int:
        said = Said({SAME: [codes], "phone": phone, **keys}, {"phone": phone}, {"phone": np.array(shared, np.uint64)})
        return alike(said, sources, rules, Compared()).rows.size

    assert made({"birth": [codes]}, []) == 2
    assert made({"birth": [codes]}, [7]) == 0
    assert made({"birth": [codes], "kanji": [codes]}, [7]) == 2
    assert made({}, []) == 0
    assert made({"birth": [codes]}, [], [BlockingRule("email", ("email",))]) == 0
    none = [np.zeros(2, np.uint64)]
    assert made({"birth": [codes]}, [], [BlockingRule("birth", ("birth",))], none) == 0
    assert made({"birth": [codes], "kanji": [codes]}, [], phone=none) == 0
    assert made({"birth": none}, []) == 0


@given(key_columns(), st.lists(st.integers(0, 4), min_size=25, max_size=25))
@settings(max_examples=thorough(120), deadline=None)
def test_equal_records_count_once_in_large_blocks(keys: Keys, drawn: list[int]) -> None:
    """Records of a class have the same keys. Small blocks are whole; of large ones the first record of each class is
    paired; every pair of the plan shares a key, and what is left out is told of different records alone.
    """
    first: dict[int, int] = {}
    rows = []
    for row, kind in zip(keys.rows, drawn, strict=False):
        rows.append(rows[first[kind]] if kind and kind in first else row)
        first.setdefault(kind, len(rows) - 1)
    kinds = np.array(drawn[: len(rows)], np.uint64)
    counted = Counted(kinds, np.array([not kind or first[kind] == row for row, kind in enumerate(drawn[: len(rows)])]))
    columns = Keys(rows, keys.rules).columns
    plain, thin = (blocking.plan(keys.rules, columns, ENGINE, counted=one) for one in (None, counted))

    def made(plan: blocking.Plan) -> set[tuple[int, int]]:
        found = [blocking.pairs(plan, task) for task in blocking.tasks(plan)]
        return {pair for left, right in found for pair in zip(left.tolist(), right.tolist(), strict=True)}

    assert made(thin) >= {pair for pair in made(plain) if counted.first[pair[0]] and counted.first[pair[1]]} or any(
        rule.then for rule in keys.rules
    )
    for line, before, rule in zip(thin.report, plain.report, keys.rules, strict=True):
        assert line.largest <= rule.most
        assert line.pairs + line.left_out_pairs + line.equal_pairs == before.pairs + before.left_out_pairs
        assert 0 <= line.left_out_pairs <= before.left_out_pairs
        assert line.equal_pairs >= 0
    assert blocking.plan(keys.rules, columns, ENGINE).report == plain.report


def test_alike_of_nobody() -> None:
    """No record, or none that is like another."""
    none = Alike.none(3)
    assert none.counted().tolist() == [True] * 3
    assert none.kinds().tolist() == [0] * 3
    assert none.rows.size == none.kind.size == 0
    assert not none.together(0, 1)
    assert none.others[1].size == none.of(np.array([1], np.uint32)).rows.size == 0


# --- runs ------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 200), st.integers(1, 3), st.randoms(use_true_random=False))
@settings(max_examples=thorough(8), deadline=None)
def test_any_number_of_equal_rows_is_one_person(count: int, shops: int, turn: random.Random) -> None:
    """In any order, of several sources, each linked by a rule; and one who is written otherwise goes with them."""
    ids = [f"{number:03}" for number in range(count)]
    turn.shuffle(ids)
    rows: dict[str, list[tuple[str, Row]]] = {f"shop{shop}": [] for shop in range(shops)}
    for number, key in enumerate(ids):
        rows[f"shop{number % shops}"].append((key, PERSON))
    rows["shop0"] += [("moved", {**PERSON, "address": "東京都世田谷区砧2-8-1"}), ("other", {"name": "高橋 花子"})]
    for mine in rows.values():
        mine.append((f"x{len(mine)}", {"name": "林 一"}))
    found = resolved(rows)
    assert frozenset({*ids, "moved"}) in people(found)
    assert found.run["alarms"] == []
    links = found.to_polars()["links"]
    assert links.height >= count
    assert set(links["verdict"]) == {"match"}


@pytest.mark.slow
def test_the_alarm_counts_different_records(tmp_path) -> None:
    """Six hundred equal rows are no alarm; five chained people and their copies are."""
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text(encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(text.replace("alarm: 500", "alarm: 3"), "utf-8")
    rows = [(f"{number:03}", PERSON) for number in range(100)]
    found = resolved({"shop": rows}, rules=str(tmp_path / "rules.yaml"))
    assert (len(people(found)), found.run["alarms"]) == (1, [])
    spelled = [{**PERSON, "address": f"東京都世田谷区砧2-8-{number}"} for number in range(1, 6)]
    more = [(f"x{number}{copy}", row) for number, row in enumerate(spelled) for copy in range(40)]
    found = resolved({"shop": more}, rules=str(tmp_path / "rules.yaml"))
    assert [alarm["size"] for alarm in found.run["alarms"]] == [5]


@pytest.mark.parametrize("count", [20, 60])
def test_decisions_and_guards_hold_among_equal_rows(count: int, tmp_path) -> None:
    """In blocks that are whole and in those that are too large alike."""
    ids = [f"{number:03}" for number in range(count)]
    rows = [(key, PERSON) for key in ids]
    path = tmp_path / "said.csv"
    head = "source_l,source_id_l,source_r,source_id_r,decision\n"
    for word in ("different", "defer"):
        path.write_text(f"{head}shop,005,shop,007,{word}\n", "utf-8")
        made = people(resolved({"shop": rows}, decisions=str(path)))
        assert sorted(map(len, made)) == [1, count - 1]
        assert next(one for one in made if len(one) == 1) < {"005", "007"}
    path.write_text(f"{head}shop,000,shop,other,same\nshop,009,shop,other,same\n", "utf-8")
    made = people(resolved({"shop": [*rows, ("other", {"name": "高橋 花子"})]}, decisions=str(path)))
    assert made == {frozenset({*ids, "other"})}
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text(encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(text.replace("alarm: 500", "alarm: 500, one_per_source: [shop]"), "utf-8")
    web = [(f"w{key}", PERSON) for key in ids]
    made = people(resolved({"shop": rows, "web": web}, rules=str(tmp_path / "rules.yaml")))
    assert all(sum(not key.startswith("w") for key in one) <= 1 for one in made)
    assert frozenset({"000", *(key for key, _ in web)}) in made
    (tmp_path / "rules.yaml").write_text(BETWEEN, "utf-8")
    whole = {frozenset({*ids, *(key for key, _ in web)})}
    assert people(resolved({"shop": rows, "web": web}, rules=str(tmp_path / "rules.yaml"))) == whole


def test_a_terminal_joins_nobody() -> None:
    """Forty people with one mobile and one address, each twice: each is one, and no more."""
    shared = {"phone": "090-5555-0000", "address": "東京都千代田区丸の内1-1-1"}
    kanji = "林森原関堀谷岡沢島池浜崎"
    names = [f"{a}{b} 一" for a, b in combinations(kanji, 2)][:40]
    rows = [
        (f"{number:02}{copy}", {"name": name, "birth": f"19{50 + number}-03-{1 + number % 28:02}", **shared})
        for number, name in enumerate(names) for copy in "ab"
    ]  # fmt: skip
    found = resolved({"shop": rows})
    assert people(found) == {frozenset({f"{number:02}a", f"{number:02}b"}) for number in range(40)}
    bare = [(key, {"phone": row["phone"], "birth": row["birth"]}) for key, row in rows]
    assert all(len(one) == 1 for one in people(resolved({"shop": bare})))
