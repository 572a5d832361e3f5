"""A record that says less does not join two who contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneid
from clusters.test_clustering import components, groups, strongest_first
from oneid.clusters.bridges import Bridges
from oneid.clusters.clustering import cluster, outranked
from oneid.diff.possibleworlds import bounds
from oneid.pairs.judged import ScoredPairs
from strategies import Links, lanes, links, thorough

BIRTH = {"birth": "1990-03-04"}
MAIL = {"email": "sato.home@example.com"}
MOBILE = {"phone": "090-1234-5678"}
HOME = {"phone": "03-3333-4455", "address": "東京都世田谷区砧2-8-1"}
SHARED = {
    "mail": {**BIRTH, **MAIL},
    "mobile": {**BIRTH, **MOBILE},
    "both": {**BIRTH, **MAIL, **MOBILE},
    "home": {**BIRTH, **HOME},
    "home alone": HOME,
    "place and mobile": {**MOBILE, "address": HOME["address"]},
}
Row = Mapping[str, str]


def resolved(rows: Mapping[str, Row], decisions: str | None = None) -> tuple[list[str], set[str]]:
    """The OneIDs of several records, as their ids joined, and the pairs that wait for people."""
    fields = sorted({field for row in rows.values() for field in row})
    frame = pl.DataFrame([{"id": key} | {field: row.get(field) for field in fields} for key, row in rows.items()])
    config = {"rules": "jp-members", "sources": {"shop": {"id": "id", "fields": {field: field for field in fields}}}}
    if decisions:
        config["decisions"] = decisions
    found = oneid.resolve({"shop": frame}, config)
    merge_map, review = found.to_polars()["merge_map"], found.to_polars()["review"]
    people = merge_map.group_by("oneid").agg(pl.col("source_id").sort().str.join("+"))["source_id"].to_list()
    asked = {f"{a}-{b}" for a, b in review.select("source_id_l", "source_id_r").iter_rows()}
    return sorted(one for one in people if "+" in one), asked


@pytest.mark.parametrize("silent", [{}, {"name": "佐藤"}, {"name": "不明"}, {"kana": "サトウ"}], ids=str)
@pytest.mark.parametrize("shared", lanes(SHARED, "mail", "home"))
def test_a_record_without_a_given_name_joins_no_siblings(silent: Row, shared: Row) -> None:
    """Whichever of the three has the smallest id. Alone with one of them it goes with that one wherever it did."""
    siblings = [{"name": "佐藤 太郎", **shared}, {"name": "佐藤 次郎", **shared}]
    for a, b, c in ("123", "231", "312"):
        people, asked = resolved({a: siblings[0], b: siblings[1], c: {**silent, **shared}})
        assert people == []
        if "birth" in shared and shared is not SHARED["home"]:
            assert "-".join(sorted((a, b))) in asked  # as without the third
            assert "-".join(sorted((a, c))) in asked


@pytest.mark.parametrize("shared", SHARED.values(), ids=SHARED)
def test_kana_alone_joins_no_two_ways_to_write_it(shared: Row) -> None:
    """洋子 and 陽子 with サトウ ヨウコ between them."""
    people, _ = resolved(
        {
            "1": {"name": "佐藤 洋子", **shared},
            "2": {"name": "佐藤 陽子", **shared},
            "3": {"name": "サトウ ヨウコ", **shared},
        }
    )
    assert people == []
    known = {"kana": "サトウ ヨウコ", **HOME}  # mother and daughter
    people, asked = resolved({"1": {"name": "佐藤 洋子", **known}, "2": {"name": "佐藤 陽子", **known}, "3": known})
    assert (people, "1-2" in asked) == ([], True)


def test_more_silent_records_are_no_way_round() -> None:
    """Two of them are one person's, and nobody else's."""
    shared = {**BIRTH, **MAIL}
    silent = {"3": shared, "4": {**shared, **MOBILE}, "5": {"name": "佐藤", **shared}}
    people, asked = resolved({"1": {"name": "佐藤 太郎", **shared}, "2": {"name": "佐藤 次郎", **shared}, **silent})
    assert people == ["3+4+5"]
    assert "1-2" in asked


def test_the_bridge_goes_where_more_speaks_for_it() -> None:
    """One of the twins has its mobile number too; and a record with a name of its own joins as it did."""
    shared = {**BIRTH, **MAIL}
    rows = {
        "1": {"name": "佐藤 太郎", **shared},
        "2": {"name": "佐藤 次郎", **shared, **MOBILE},
        "3": {**shared, **MOBILE},
    }
    people, asked = resolved(rows)
    assert people == ["2+3"]
    assert {"1-2", "1-3"} <= asked
    people, _ = resolved({**rows, "4": {"name": "佐藤 太郎", **shared}})
    assert people == ["1+4", "2+3"]


@pytest.mark.slow
def test_a_person_puts_a_pair_off(tmp_path) -> None:
    """``defer`` keeps two apart, equal ones and those whom a third record would join too; and they stay in the queue.
    What people join by a chain is together all the same.
    """
    head = "source_l,source_id_l,source_r,source_id_r,decision\n"
    path = tmp_path / "decisions.csv"
    row = {"name": "佐藤 太郎", **BIRTH, **MAIL}
    rows = {"1": row, "2": row, "3": {**row, **MOBILE}}
    assert resolved(rows)[0] == ["1+2+3"]
    path.write_text(head + "shop,1,shop,2,defer\n", "utf-8")
    people, asked = resolved(rows, str(path))
    assert people in (["1+3"], ["2+3"])
    assert "1-2" in asked
    path.write_text(head + "shop,1,shop,2,defer\nshop,1,shop,3,same\nshop,3,shop,2,same\n", "utf-8")
    assert resolved(rows, str(path))[0] == ["1+2+3"]


# --- the algebra -----------------------------------------------------------------------------------------------------

Said = dict[tuple[int, int], str]


def between(said: Said, parts: Mapping[int, int]) -> Bridges:
    """Bridges where ``said`` tells of pairs whether they contradict each other or one says less; within parts."""
    found = {}
    for a, b in said:
        if said[a, b] == "contradict" and parts[a] == parts[b]:
            some = {
                c for c in parts if c not in (a, b) and parts[c] == parts[a]
                and all(said.get((min(c, end), max(c, end))) == "less" for end in (a, b))
            }  # fmt: skip
            if some:
                found[a, b] = frozenset(some)
    return Bridges(found)


@st.composite
def spoken(draw: st.DrawFn) -> tuple[Links, Said]:
    """A clustering problem, and what is said of its pairs: nothing of links contradicts."""
    problem = draw(links())
    ends = set(zip(problem.links.left.tolist(), problem.links.right.tolist(), strict=True))
    every = list(combinations(range(problem.size), 2))
    words = draw(
        st.lists(st.sampled_from(["less", "less", "contradict", "none"]), min_size=len(every), max_size=len(every))
    )
    said = {pair: word for pair, word in zip(every, words, strict=True) if word != "contradict" or pair not in ends}
    return problem, said


@pytest.mark.slow
@given(spoken(), st.randoms(use_true_random=False))
@settings(max_examples=thorough(200), deadline=None)
def test_links_of_bridges_are_refused_as_the_oracle_does(drawn: tuple[Links, Said], random) -> None:
    """In whatever order links come."""
    problem, said = drawn
    label = components(problem.size, problem.links.left, problem.links.right).tolist()
    whole = between(said, dict(enumerate(label)))
    order = list(range(problem.links.left.size))
    random.shuffle(order)
    for some in (problem.links, problem.links.take(np.array(order, dtype=np.intp))):
        made = cluster(
            problem.size, some, problem.never, lambda _l, _r: ScoredPairs.none(), bridges=lambda _labels: whole
        )
        assert groups(made.labels) == strongest_first(problem, whole.between)
    if not whole.between:
        assert groups(made.labels) == strongest_first(problem)


@given(spoken(), st.sets(st.integers(0, 90), max_size=3))
@settings(max_examples=thorough(60), deadline=None)
def test_every_world_of_bridges_lies_in_the_bounds(drawn: tuple[Links, Said], numbers: set[int]) -> None:
    """Pairs that were not compared may be never pairs, contradict each other, say less, or nothing."""
    problem, said = drawn
    size = problem.size
    label = components(size, problem.links.left, problem.links.right)
    parts = dict(enumerate(label.tolist()))
    ends = set(zip(problem.links.left.tolist(), problem.links.right.tolist(), strict=True))
    barred = set(zip(problem.never.left.tolist(), problem.never.right.tolist(), strict=True))
    open_ = [
        pair for pair in combinations(range(size), 2) if pair not in ends | barred and parts[pair[0]] == parts[pair[1]]
    ]
    unknown = [pair for number, pair in enumerate(open_) if number in numbers]
    known = {pair: word for pair, word in said.items() if pair not in unknown}

    def made(never: list[tuple[int, int]], bridges: Bridges) -> np.ndarray:
        more = np.array(never, dtype=np.uint32).reshape(-1, 2)
        found = ScoredPairs(more[:, 0], more[:, 1], np.zeros(len(never), np.int32))
        return cluster(size, problem.links, problem.never, lambda _l, _r: found, bridges=lambda _labels: bridges).labels

    def possible() -> Bridges:
        """All bridges that there may be, however they are seen."""
        found: dict[tuple[int, int], frozenset[int]] = {}
        for words in product(("contradict", "less"), repeat=len(unknown)):
            for pair, some in between(known | dict(zip(unknown, words, strict=True)), parts).between.items():
                found[pair] = found.get(pair, frozenset()) | some
        return Bridges(found)

    inside = problem.never.take(label[problem.never.left] == label[problem.never.right])
    rows = np.array(unknown, dtype=np.uint32).reshape(-1, 2)
    doubt = ScoredPairs(rows[:, 0], rows[:, 1], np.zeros(len(unknown), np.int32))
    sure = between(known, parts)
    found = bounds(
        made([], sure), label, problem.links, outranked(size, problem.links, inside),
        outranked(size, problem.links, doubt), (), (sure, possible()),
    )  # fmt: skip
    for words in product(("never", "contradict", "less", "none"), repeat=len(unknown)):
        world = dict(zip(unknown, words, strict=True))
        never = [pair for pair, word in world.items() if word == "never"]
        labels = made(never, between(known | world, parts))
        for a, b in combinations(range(size), 2):
            assert found.cores[a] != found.cores[b] or labels[a] == labels[b]
            assert found.groups[a] == found.groups[b] or labels[a] != labels[b]
