"""Clustering: components, never pairs, decisions, caps and the alarm."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.clusters.clustering import Cap, Clusters, cluster, components, inside_pairs, reached
from oneid.pairs.judged import DECIDED, ScoredPairs
from oneid.vocabulary.errors import InternalError
from paths import cases
from strategies import Links, links, thorough


def nothing(_left, _right) -> ScoredPairs:
    return ScoredPairs.none()


def groups(labels) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for record, label in enumerate(labels.tolist()):
        found.setdefault(label, set()).add(record)
    for label, members in found.items():
        assert label == min(members)
    return {frozenset(members) for members in found.values()}


def rows(pairs: ScoredPairs) -> list[tuple[int, int, int]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True))


Between = Mapping[tuple[int, int], frozenset[int]]


def undecided(found: list[tuple[int, int, int]], between: Between) -> set[tuple[int, int]]:
    """Links of records whose strongest ones to records between which they stand lead to both of two."""
    void = set()
    for bridge in set().union(*between.values()):
        mine = {(set(link[:2]) - {bridge}).pop(): link[2] for link in found if bridge in link[:2]}
        pairs = [pair for pair, some in between.items() if bridge in some]
        top = max((mine.get(end, 0) for pair in pairs for end in pair), default=0)
        if top < DECIDED and any(mine.get(a) == mine.get(b) == top for a, b in pairs):
            void |= {(min(bridge, end), max(bridge, end)) for pair in pairs for end in pair if end in mine}
    return void


def strongest_first(problem: Links, between: Between | None = None) -> set[frozenset[int]]:
    """The readable oracle: sets of records, joined strongest link first, unless a never pair would come together, or
    two records by a link of one that stands ``between`` them.

    Never pairs of evidence between records that decisions join do not count.
    """
    between = between or {}
    void = undecided(rows(problem.links), between)
    decided = nx.Graph()
    decided.add_nodes_from(range(problem.size))
    decided.add_edges_from((a, b) for a, b, score in rows(problem.links) if score == DECIDED)
    same = {record: number for number, part in enumerate(nx.connected_components(decided)) for record in part}
    barred = [{a, b} for a, b, score in rows(problem.never) if score == DECIDED or same[a] != same[b]]
    sets = [{record} for record in range(problem.size)]
    for a, b, score in sorted(rows(problem.links), key=lambda link: (-link[2], link[0], link[1])):
        own, other = (next(one for one in sets if record in one) for record in (a, b))
        apart = [{*pair} for pair, some in between.items() if not some.isdisjoint((a, b))]
        bridged = any(len(pair & own) == len(pair & other) == 1 for pair in apart) or (a, b) in void
        if score < DECIDED and bridged:
            continue
        if own is not other and not any(pair <= own | other for pair in barred):
            sets.remove(other)
            own |= other
    return {frozenset(one) for one in sets}


@given(links(decided=False))
@settings(deadline=None)
def test_components_are_those_of_networkx(problem: Links) -> None:
    """Labels name the least record."""
    graph = nx.Graph()
    graph.add_nodes_from(range(problem.size))
    graph.add_edges_from((a, b) for a, b, _ in rows(problem.links))
    found = components(problem.size, problem.links.left, problem.links.right)
    assert groups(found) == {frozenset(part) for part in nx.connected_components(graph)}
    free = cluster(problem.size, problem.links, ScoredPairs.none(), nothing)
    assert groups(free.labels) == groups(found)


@given(links())
@settings(max_examples=thorough(200), deadline=None)
def test_links_are_applied_strongest_first(problem: Links) -> None:
    """As the readable oracle does; so never pairs of evidence are parted, and decisions hold whatever evidence says."""
    made = cluster(problem.size, problem.links, problem.never, nothing)
    assert groups(made.labels) == strongest_first(problem)
    together = made.labels
    for a, b, score in rows(problem.links):
        assert score != DECIDED or together[a] == together[b]
    for a, b, score in rows(problem.never):
        assert score != DECIDED or together[a] != together[b]


@given(links(decided=False))
@settings(deadline=None)
def test_never_pairs_are_never_together(problem: Links) -> None:
    """Neither those known before nor those that only the comparison inside components finds."""
    barred = {(a, b) for a, b, _ in rows(problem.never)}

    def inside(left, right) -> ScoredPairs:
        mine = np.array([(a, b) in barred for a, b in zip(left.tolist(), right.tolist(), strict=True)], dtype=bool)
        return ScoredPairs(left[mine], right[mine], np.zeros(int(mine.sum()), np.int32))

    for made in (
        cluster(problem.size, problem.links, problem.never, nothing),
        cluster(problem.size, problem.links, ScoredPairs.none(), inside),
    ):
        assert all(made.labels[a] != made.labels[b] for a, b in barred)
        whole = components(problem.size, problem.links.left, problem.links.right)
        assert all(any(part <= whole_ for whole_ in groups(whole)) for part in groups(made.labels))


@given(links(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_links_does_not_matter(problem: Links, random) -> None:
    """Shuffled links and never pairs make the same clusters."""

    def shuffled(pairs: ScoredPairs) -> ScoredPairs:
        order = list(range(pairs.left.size))
        random.shuffle(order)
        return pairs.take(np.array(order, dtype=np.intp))

    made = cluster(problem.size, problem.links, problem.never, nothing, alarm=5)
    again = cluster(problem.size, shuffled(problem.links), shuffled(problem.never), nothing, alarm=5)
    assert made.labels.tolist() == again.labels.tolist()
    assert made.alarms == again.alarms


@given(
    links(decided=False),
    st.lists(st.lists(st.integers(0, 3), min_size=14, max_size=14), min_size=1, max_size=2),
    st.integers(1, 3),
)
@settings(deadline=None)
def test_caps_hold(problem: Links, drawn, most) -> None:
    """No cluster of several records holds more values than its cap; what is below its cap stays whole."""
    places = [np.array(row[: problem.size], dtype=np.uint64) for row in drawn]

    def values(records) -> set[int]:
        return {int(place[record]) for record in records for place in places if place[record]}

    made = cluster(problem.size, problem.links, ScoredPairs.none(), nothing, caps=[Cap(places, most)])
    for part in groups(made.labels):
        assert len(part) == 1 or len(values(part)) <= most
    for whole in groups(components(problem.size, problem.links.left, problem.links.right)):
        assert len(values(whole)) > most or whole in groups(made.labels)


@given(links(), st.integers(2, 6))
@settings(deadline=None)
def test_the_alarm_only_parts_large_components(problem: Links, alarm: int) -> None:
    """What evidence joins ends at the alarm size; every component above it is told; smaller ones stay as they are."""
    whole = groups(components(problem.size, problem.links.left, problem.links.right))
    made = cluster(problem.size, problem.links, ScoredPairs.none(), nothing, alarm=alarm)
    assert {part for part in whole if len(part) <= alarm} <= groups(made.labels)
    evidence = [a for a, _, score in rows(problem.links) if score < DECIDED]
    firsts = {min(part) for part in whole if len(part) > alarm if not part.isdisjoint(evidence)}
    assert firsts <= {alarm_.record for alarm_ in made.alarms}
    assert len(made.alarms) == len({(alarm_.record, alarm_.raised_to) for alarm_ in made.alarms})
    if all(score < DECIDED for score in problem.links.score.tolist()):
        assert max(map(len, groups(made.labels))) <= alarm
    assert bool(made.alarms) == bool(firsts)


def test_inside_pairs_are_all_pairs_of_clusters_of_three_and_more() -> None:
    """ScoredPairs need no second look, and clusters above the alarm size are left to the alarm."""
    labels = np.array([0, 1, 0, 1, 0, 5, 6, 6, 6, 6], dtype=np.uint32)
    left, right = inside_pairs(labels, 3)
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == list(combinations([0, 2, 4], 2))
    left, right = inside_pairs(labels, 4)
    assert left.size == 3 + 6
    assert (left < right).all()
    assert inside_pairs(np.zeros(0, dtype=np.uint32), 4)[0].size == 0


@pytest.mark.parametrize("case", cases("cluster"), ids=lambda case: case["case"])
def test_case(case) -> None:
    """Each case of tests/clusters/cases/cluster.yaml."""
    pairs = [*case["links"], *case.get("never", []), *case.get("inside", [])]
    names = sorted({record for pair in pairs for record in pair[:2]} | set(case.get("values", {})))

    def made(listed, default) -> ScoredPairs:
        scores = [pair[2] if len(pair) > 2 else default for pair in listed]
        points = [int(DECIDED) if score in ("same", "different") else 100 * score for score in scores]
        ends = np.array([sorted(map(names.index, pair[:2])) for pair in listed], dtype=np.uint32).reshape(-1, 2)
        return ScoredPairs(ends[:, 0], ends[:, 1], np.array(points, dtype=np.int32))

    caps = []
    if "values" in case:
        held = [case["values"].get(name) for name in names]
        caps = [Cap([np.array([0 if value is None else ord(value) for value in held], np.uint64)], case["most"])]
    found = made(case.get("inside", []), 0)
    never = made(case.get("never", []), -9)
    clusters = cluster(len(names), made(case["links"], 0), never, lambda _l, _r: found, case.get("alarm", 500), caps)
    shown = [sorted(names[record] for record in part) for part in groups(clusters.labels) if len(part) > 1]
    assert sorted(shown) == case["clusters"]
    assert len(clusters.alarms) == case.get("alarms", 0)


def test_a_hub_of_fifty_thousand_records_is_split_in_seconds() -> None:
    """One shared value that slipped through links 50,000 records: the alarm tells, and no cluster stays above its
    size.
    """
    size = 50_000
    right = np.arange(1, size, dtype=np.uint32)
    scores = (np.arange(1, size, dtype=np.int32) * 7919) % 900
    begun = time.process_time()
    made = cluster(size, ScoredPairs(np.zeros(size - 1, np.uint32), right, scores), ScoredPairs.none(), nothing)
    assert time.process_time() - begun < 5
    assert np.bincount(made.labels).max() <= 500
    assert made.alarms[0].size == size
    assert [alarm.raised_to for alarm in made.alarms] == sorted({alarm.raised_to for alarm in made.alarms})


def test_no_links() -> None:
    """Every record is a cluster of its own; no record at all is no cluster."""
    assert cluster(3, ScoredPairs.none(), ScoredPairs.none(), nothing).labels.tolist() == [0, 1, 2]
    assert cluster(0, ScoredPairs.none(), ScoredPairs.none(), nothing).labels.tolist() == []
    capped = cluster(2, ScoredPairs.none(), ScoredPairs.none(), nothing, caps=[Cap([np.zeros(2, np.uint64)], 1)])
    assert capped.labels.tolist() == [0, 1]


@given(links(decided=False), st.sets(st.integers(0, 13)), st.booleans())
@settings(deadline=None)
def test_reached_are_the_components_that_hold_a_marked_record(problem: Links, marked: set[int], long: bool) -> None:
    """However long the way is: ``long`` puts a chain of forty records between each two."""
    size, ends = problem.size, rows(problem.links)
    if long:
        chains = [[a, *range(size + 40 * n, size + 40 * (n + 1)), b] for n, (a, b, _) in enumerate(ends)]
        size, ends = size + 40 * len(ends), [(*pair, 0) for chain in chains for pair in pairwise(chain)]
    mark = np.isin(np.arange(size), [record for record in marked if record < problem.size])
    graph = nx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from((a, b) for a, b, _ in ends)
    expected = {one for part in nx.connected_components(graph) if mark[list(part)].any() for one in part}
    left, right = (np.array([end[side] for end in ends], dtype=np.uint32) for side in (0, 1))
    assert set(np.flatnonzero(reached(mark, left, right)).tolist()) == expected


@given(links(decided=False), st.lists(st.integers(0, 3), min_size=14, max_size=14), st.integers(1, 3))
@settings(deadline=None)
def test_conflicts_are_the_components_that_cannot_stay_whole(problem: Links, drawn: list[int], most: int) -> None:
    """Those that hold a never pair or more values than the cap; one that holds just as many stays, and is none."""
    place = np.array(drawn[: problem.size], dtype=np.uint64)
    made = cluster(problem.size, problem.links, problem.never, nothing, caps=[Cap([place], most)])
    barred = [{a, b} for a, b, _ in rows(problem.never)]
    wholes = groups(components(problem.size, problem.links.left, problem.links.right))
    torn = [
        whole for whole in wholes
        if any(pair <= whole for pair in barred) or len({int(place[record]) for record in whole} - {0}) > most
    ]  # fmt: skip
    assert made.conflicts == len(torn)
    assert made.compared_inside == sum(len(whole) * (len(whole) - 1) // 2 for whole in wholes if len(whole) > 2)


def test_a_decided_link_is_never_refused() -> None:
    """Contradictions of people are found before clustering; one that is left is a mistake of ours, and told."""
    ends = np.array([0], np.uint32), np.array([1], np.uint32)
    decided = ScoredPairs(*ends, np.array([DECIDED], np.int32))
    with pytest.raises(InternalError, match="E902"):
        cluster(2, decided, decided, nothing)


def test_the_alarm_goes_off_above_five_hundred_records() -> None:
    """Unless another size is given."""

    def star(size: int):
        left, right = np.zeros(size - 1, np.uint32), np.arange(1, size, dtype=np.uint32)
        return cluster(size, ScoredPairs(left, right, np.full(size - 1, 900, np.int32)), ScoredPairs.none(), nothing)

    assert star(500).alarms == ()
    assert [alarm.size for alarm in star(501).alarms] == [501]


def test_clusters_tell_nothing_that_was_not_counted() -> None:
    """Labels alone: no alarm, no conflict, nothing compared."""
    bare = Clusters(np.zeros(2, np.uint32))
    assert (bare.alarms, bare.conflicts, bare.compared_inside, bare.never.left.size) == ((), 0, 0, 0)
