"""A record that says less does not join two who contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneid
from clusters.test_clustering import components, groups, strongest_first, undecided
from oneid.clusters.bridges import Bridges, bridges
from oneid.clusters.clustering import cluster, outranked
from oneid.diff.possibleworlds import bounds
from oneid.kinds.base import Comparison
from oneid.pairs.judged import DECIDED, Judged, ScoredPairs
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict
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


# --- which records are bridges --------------------------------------------------------------------------------------

NAME = ("missing", "family", "differs", "equal")
SEX = ("missing", "equal", "differs")
SCHEMA = Schema({"name": NAME, "sex": SEX, "mail": ("missing", "equal")})
COMPARED = [
    Comparison("name", dict.fromkeys(NAME, ""), lambda *_: None, bridged={"differs": ("missing", "family")}),
    Comparison("sex", dict.fromkeys(SEX, ""), lambda *_: None, bridged={"differs": ("missing",)}),
    Comparison("mail", dict.fromkeys(("missing", "equal"), ""), lambda *_: None),
    Comparison("birth", dict.fromkeys(SEX, ""), lambda *_: None, bridged={"differs": ("missing",)}),
]
"""Fields that are compared; births are not in the schema of this run."""


class Pair(NamedTuple):
    """What is known of two records; a ``decided`` pair has a score that says so."""

    name: str
    sex: str
    verdict: str
    decided: bool


def judged(pairs: Mapping[tuple[int, int], Pair]) -> Judged:
    """The pairs as comparing and judging leave them."""
    ends = np.array(list(pairs), np.uint32).reshape(-1, 2)
    levels = {
        "name": np.array([NAME.index(pair.name) for pair in pairs.values()], np.uint8),
        "sex": np.array([SEX.index(pair.sex) for pair in pairs.values()], np.uint8),
    }
    return Judged(
        ends[:, 0], ends[:, 1], SCHEMA.pack(levels),
        np.array([DECIDED if pair.decided else 0 for pair in pairs.values()], np.int32),
        np.array([tuple(Verdict).index(Verdict(pair.verdict)) for pair in pairs.values()], np.uint8),
        np.zeros(len(pairs), np.uint16), ("score",),
    )  # fmt: skip


@given(st.data())
@settings(max_examples=thorough(200), deadline=None)
def test_bridges_are_found_as_the_oracle_does(data: st.DataObject) -> None:
    """Between two of one component who contradict each other in a field, as far as neither rules nor people said what
    they are, stand all who say less than both in this field; of unknown pairs any of it may be so.
    """
    group = data.draw(st.lists(st.integers(0, 1), min_size=3, max_size=6))
    labels = [group.index(one) for one in group]
    told = st.builds(
        Pair, st.sampled_from([*NAME, "differs"]), st.sampled_from([*SEX, "missing"]),
        st.sampled_from(["none", "review", "none", "match", "never"]), st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    every = list(combinations(range(len(group)), 2))
    drawn = data.draw(
        st.fixed_dictionaries({pair: st.integers(0, 5).flatmap(lambda n: told if n else st.none()) for pair in every})
    )
    known = {ends: pair for ends, pair in drawn.items() if pair}
    late = data.draw(st.sets(st.sampled_from(every)))  # those that were compared because they came together
    open_ = [(a, b) for a, b in every if labels[a] == labels[b] and (a, b) not in known and group.count(group[a]) > 2]
    doubt = data.draw(st.none() | st.sets(st.sampled_from(open_))) if open_ else None
    parts = [{ends: pair for ends, pair in known.items() if (ends in late) == now} for now in (False, True)]
    unknown = None if doubt is None else tuple(np.array(sorted(doubt), np.uint32).reshape(-1, 2).T)
    found = bridges([judged(part) for part in parts], np.array(labels, np.uint32), COMPARED, SCHEMA, unknown)

    def at(a: int, b: int, field: str, levels: tuple[str, ...]) -> bool:
        ends = min(a, b), max(a, b)
        if doubt and ends in doubt:
            return True
        return ends in known and not known[ends].decided and getattr(known[ends], field) in levels

    expected: dict[tuple[int, int], set[int]] = {}
    for a, b in every:
        if (a, b) in known and known[a, b].verdict in ("match", "never"):
            continue
        for field, less in (("name", ("missing", "family")), ("sex", ("missing",))):
            others = [c for c in range(len(group)) if c not in (a, b) and labels[a] == labels[b] == labels[c]]
            some = {c for c in others if at(a, c, field, less) and at(b, c, field, less)}
            if some and at(a, b, field, ("differs",)):
                expected[a, b] = expected.get((a, b), set()) | some
    assert found.between == expected
    assert set(zip(found.records().tolist(), strict=True)) == {(a,) for a, _ in expected}


def test_a_bridge_needs_no_more_than_three() -> None:
    """Of one component: in another one it stands between nobody."""
    silent = {(0, 2): Pair("missing", "missing", "match", False), (1, 2): Pair("family", "missing", "match", False)}
    found = judged({(0, 1): Pair("differs", "missing", "review", False), **silent})
    for labels, between in (([0, 0, 0], {(0, 1): {2}}), ([0, 0, 2], {}), ([0, 1, 0], {})):
        assert bridges([found], np.array(labels, np.uint32), COMPARED, SCHEMA).between == between


def test_without_fields_that_contradict_there_are_no_bridges() -> None:
    """Nor without pairs."""
    one = judged({(0, 1): Pair("differs", "missing", "none", False)})
    labels = np.zeros(3, np.uint32)
    assert bridges([one], labels, COMPARED[2:], SCHEMA).between == {}
    assert bridges([judged({})], labels, COMPARED, SCHEMA).between == {}


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


@given(st.data())
@settings(max_examples=thorough(200), deadline=None)
def test_links_that_lead_as_well_to_either_are_those_of_the_oracle(data: st.DataObject) -> None:
    """Also where equal rows, which are as one, make several links of one pair: the strongest counts."""
    pair = st.sampled_from(list(combinations(range(5), 2)))
    between = data.draw(st.dictionaries(pair, st.frozensets(st.integers(0, 4), min_size=1, max_size=3), max_size=3))
    between = {pair: some - {*pair} for pair, some in between.items()}
    found = data.draw(st.lists(st.tuples(pair, st.sampled_from([100, 100, 200, int(DECIDED)])), max_size=12))
    ends = np.array([pair for pair, _ in found], np.uint32).reshape(-1, 2)
    made = ScoredPairs(ends[:, 0], ends[:, 1], np.array([score for _, score in found], np.int32))
    strongest = [(a, b, max(score for pair, score in found if pair == (a, b))) for (a, b), _ in found]
    assert Bridges(between).undecided(made) == undecided(strongest, between)


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
