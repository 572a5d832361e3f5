"""Clusters that stand: parts come together again where nothing says with which other part one does not go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made

import networkx as nx
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.clusters.amended import amended, rejoined
from oneid.clusters.clustering import Cap, Clusters
from oneid.clusters.wholeclusters import Compared, ToCluster
from oneid.kinds.base import Comparison
from oneid.pairs.judged import ScoredPairs, judge, with_decisions
from oneid.settings.rules import Guards, Rules, Thresholds
from oneid.vocabulary.patterns import Schema
from strategies import thorough


def never(*pairs: tuple[int, int]) -> ScoredPairs:
    left, right = (np.array([pair[side] for pair in pairs], np.uint32) for side in (0, 1))
    return ScoredPairs(left, right, np.zeros(len(pairs), np.int32))


def rejoin(standing: list[int], labels: list[int], *pairs: tuple[int, int], caps: tuple[Cap, ...] = ()) -> list[int]:
    return rejoined(np.array(labels, np.uint32), np.array(standing, np.uint32), never(*pairs), caps).tolist()


# --- an act between runs ----------------------------------------------------------------------------------------------

WORDS = ("missing", "equal", "family", "another")
SCHEMA = Schema({"name": WORDS})
NAME = Comparison("name", dict.fromkeys(WORDS, ""), lambda *_: None)
RULES = Rules(
    name="few", blocking=(), base=0, weights={"name": {"equal": 10, "family": 6, "another": -20}},
    thresholds=Thresholds(match=5, review=1, never=-10),
)  # fmt: skip
"""Names that are equal, or of one family, make a link; another one tells that they are two people."""
Pairs = Mapping[tuple[int, int], str]


@dataclass
class Act:
    """Records that stand as ``standing``; ``known``: the levels of pairs that were compared; ``said``: what the act
    says, ``before``: what people said earlier; ``hidden``: the levels of pairs that nobody compared yet (left out:
    missing).
    """

    standing: list[int]
    known: Pairs = made(default_factory=dict)
    said: Pairs = made(default_factory=dict)
    before: Pairs = made(default_factory=dict)
    hidden: Pairs = made(default_factory=dict)
    sources: str = "aaaaaaaaaa"
    once: tuple[str, ...] = ()
    most: int | None = None
    mails: tuple[int, ...] = ()
    equal: tuple[tuple[int, int], ...] = ()
    alarm: int = 500

    def patterns(self, left: np.ndarray, right: np.ndarray, _progress: object = None) -> np.ndarray:
        """The patterns of pairs by the numbers of the records, which are ten times their places and one more."""
        ends = [((a - 1) // 10, (b - 1) // 10) for a, b in zip(left.tolist(), right.tolist(), strict=True)]
        return np.array([WORDS.index(self.hidden.get(pair, "missing")) for pair in ends], np.uint64)

    def met(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        ends = zip(left.tolist(), right.tolist(), strict=True)
        return np.array([pair in self.known for pair in ends], np.bool_)

    def done(self) -> tuple[Clusters, Compared]:
        ends = np.array(list(self.known), np.uint32).reshape(-1, 2)
        pattern = np.array([WORDS.index(level) for level in self.known.values()], np.uint64)
        by_rules = judge(RULES, SCHEMA, ends[:, 0], ends[:, 1], pattern)
        words = {**self.before, **self.said}
        ids = pl.DataFrame(
            {"source": ["x"] * len(self.standing), "source_id": [str(n) for n, _ in enumerate(self.standing)]}
        )
        decided = pl.DataFrame(
            [("x", str(a), "x", str(b), word) for (a, b), word in words.items()], orient="row",
            schema=["source_l", "source_id_l", "source_r", "source_id_r", "decision"],
        ) if words else None  # fmt: skip
        found = with_decisions(by_rules, decided, ids)
        named = np.array(
            [pair in self.said for pair in zip(found.left.tolist(), found.right.tolist(), strict=True)], bool
        )
        size = len(self.standing)
        guards = Guards(
            alarm=self.alarm, one_per_source=self.once, most_values={} if self.most is None else {"email": self.most}
        )
        part = ToCluster(
            np.arange(size, dtype=np.uint32) * 10 + 1, found, pl.Series(list(self.sources[:size])),
            {"email": [np.array(self.mails, np.uint64)]} if self.mails else {}, self.met,
            (np.array([a for a, _ in self.equal], np.uint32), np.array([b for _, b in self.equal], np.uint32)),
        )  # fmt: skip
        rules = RULES.model_copy(update={"guards": guards})
        return amended(part, np.array(self.standing, np.uint32), named, self, rules, SCHEMA, [NAME])

    @property
    def labels(self) -> list[int]:
        return self.done()[0].labels.tolist()

    @property
    def compared(self) -> list[tuple[int, int]]:
        """The pairs that were compared for it."""
        left, right, pattern = self.done()[1]
        assert pattern.tolist() == self.patterns(left, right).tolist()
        return list(zip(left.tolist(), right.tolist(), strict=True))


def test_who_stands_together_stays_and_nobody_joins_whatever_the_rules_say() -> None:
    """Neither where they say of two of one cluster that they are two people, nor where of two of two that they are one;
    nor where nothing is known of them.
    """
    assert Act([0, 0, 2, 2, 4, 4], {(0, 1): "another", (1, 2): "equal", (0, 3): "another"}).labels == [0, 0, 2, 2, 4, 4]


def test_whom_people_join_come_with_their_clusters() -> None:
    """Also where the evidence never spoke of them, and where people said it of several."""
    assert Act([0, 0, 2, 2, 4], said={(1, 3): "same"}).labels == [0, 0, 0, 0, 4]
    assert Act([0, 1, 2], said={(0, 1): "same", (1, 2): "same"}).labels == [0, 0, 0]
    assert Act([0, 1, 2], known={(0, 1): "another"}, said={(0, 1): "same"}).labels == [0, 0, 2]


def test_whom_people_part_others_go_with_by_the_evidence() -> None:
    """With whom they are linked; without a link with those from whom nothing parts them, if these are one side."""
    apart = {(0, 1): "different"}
    assert Act([0, 0, 0], {(0, 2): "equal"}, apart).labels == [0, 1, 0]
    assert Act([0, 0, 0], {(1, 2): "equal"}, apart).labels == [0, 1, 1]
    assert Act([0, 0, 0], {(0, 2): "equal", (1, 2): "family"}, apart).labels == [0, 1, 0]  # the stronger link
    assert Act([0, 0, 0], {}, apart).labels == [0, 1, 2]
    assert Act([0, 0], {(0, 1): "equal"}, {(0, 1): "defer"}).labels == [0, 1]


def test_what_people_said_before_counts_like_evidence() -> None:
    """``same`` inside a cluster holds, ``different`` inside it parts nobody anew; between clusters ``same`` joins not,
    ``different`` keeps two records apart when people join the clusters by others.
    """
    assert Act([0, 0, 0], {(0, 2): "equal"}, {(0, 1): "different"}, {(1, 2): "same"}).labels == [0, 1, 1]
    assert Act([0, 0, 2], before={(0, 1): "different", (1, 2): "same"}).labels == [0, 0, 2]
    assert Act([0, 1, 1], {(1, 2): "equal"}, {(0, 1): "same"}, {(0, 2): "different"}).labels == [0, 0, 2]


def test_what_contradicts_between_joined_clusters_is_left_out() -> None:
    """Pairs that were compared, and those that no blocking key made: these are compared now, if they are of two
    clusters, and told by the numbers of records.
    """
    inside = {(0, 1): "equal", (2, 3): "equal"}
    known = {(0, 2): "missing", (0, 3): "another"}
    act = Act([0, 0, 2, 2], inside | known, {(1, 2): "same"})
    assert act.labels == [0, 0, 0, 3]
    assert act.compared == [(11, 31)]
    act = Act([0, 0, 2, 2], inside, {(1, 2): "same"}, hidden={(0, 3): "another", (1, 3): "equal"})
    assert act.labels == [0, 0, 0, 3]
    assert act.compared == [(1, 21), (1, 31), (11, 31)]
    assert act.done()[0].conflicts == 1
    assert act.done()[0].compared_inside == 3  # but the decided one
    quiet = Act([0, 0, 2, 2], inside, {(1, 2): "same"})
    assert (quiet.labels, quiet.done()[0].conflicts) == ([0, 0, 0, 0], 0)
    assert list(quiet.done()[0].never.left) == []


def test_two_of_a_source_that_has_each_person_once_come_together_by_people_alone() -> None:
    """They are not compared; in a cluster of their own they stay."""
    known = {(0, 1): "equal", (2, 3): "equal"}
    act = Act([0, 0, 2, 2], known, {(1, 2): "same"}, sources="abca", once=("a",))
    assert act.labels == [0, 0, 0, 3]
    assert (0, 31) not in act.compared
    assert act.compared == [(1, 21), (11, 31)]
    assert Act([0, 0, 2, 2], known, {(1, 2): "same"}, sources="abcd", once=("a", "d")).labels == [0, 0, 0, 0]
    assert Act([0, 0, 2, 2], known, {(1, 2): "same"}, sources="abca", once=("b",)).labels == [0, 0, 0, 0]
    assert Act([0, 0], known={(0, 1): "equal"}, sources="aa", once=("a",)).labels == [0, 0]
    assert Act([0, 1], said={(0, 1): "same"}, sources="aa", once=("a",)).labels == [0, 0]


def test_a_joined_cluster_holds_no_more_values_than_a_guard_allows() -> None:
    """Whom people named come together all the same."""
    known = {(0, 1): "equal", (2, 3): "equal"}
    act = Act([0, 0, 2, 2], known, {(1, 2): "same"}, most=1, mails=(0, 5, 5, 6))
    assert act.labels == [0, 0, 0, 3]
    act.most = 2
    assert act.labels == [0, 0, 0, 0]


def test_equal_rows_that_stand_together_are_one() -> None:
    """What is said of the first holds for the others; not where they stand apart."""
    known = {(0, 1): "equal", (0, 2): "equal", (1, 2): "equal"}
    act = Act([0, 0, 0, 3], known, {(2, 3): "same"}, hidden={(0, 3): "another"}, equal=((0, 1),), alarm=3)
    assert act.labels == [0, 0, 2, 2]
    assert act.compared == [(1, 31)]  # the second is not compared, and the alarm does not count it
    apart = Act([0, 1, 2], {(0, 1): "equal"}, {(0, 2): "same"}, equal=((0, 1),))
    assert apart.labels == [0, 1, 0]


def test_clusters_above_the_alarm_are_not_compared() -> None:
    """As in a run."""
    act = Act([0, 0, 2], said={(1, 2): "same"}, hidden={(0, 2): "another"}, alarm=2)
    assert (act.labels, act.compared) == ([0, 0, 0], [])
    act.alarm = 3
    assert act.compared == [(1, 21)]


# --- parts that come together again -----------------------------------------------------------------------------------


def test_two_sides() -> None:
    """Each side comes together, though no evidence holds it."""
    assert rejoin([0] * 4, [0, 1, 2, 3], (0, 2), (0, 3), (1, 2), (1, 3)) == [0, 0, 2, 2]


def test_who_could_go_with_either_goes_with_none() -> None:
    """Without evidence nobody can tell; where nothing was parted, all stay together."""
    assert rejoin([0] * 3, [0, 1, 2], (0, 2)) == [0, 1, 2]
    assert rejoin([0] * 3, [0, 1, 2]) == [0, 0, 0]


def test_other_clusters_are_let_alone() -> None:
    """A pair that parts records of two clusters parts none of either."""
    assert rejoin([0, 0, 2, 2], [0, 1, 2, 3], (0, 2)) == [0, 0, 2, 2]


def test_a_cluster_that_was_joined_goes_over_no_cap() -> None:
    """Its own part may, for it stood so."""
    caps = (Cap([np.array([1, 2, 3], np.uint64)], 2),)
    assert rejoin([0, 1, 1], [0, 0, 2], caps=caps) == [0, 0, 2]
    assert rejoin([0, 0, 0], [0, 0, 2], caps=caps) == [0, 0, 0]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_nobody_meets_whom_something_parts(groups: list[int], data: st.DataObject) -> None:
    """Nor anybody with whom it neither stood nor was joined; and what is together stays so."""
    size = len(groups)
    standing = [groups.index(group) for group in groups]
    records = st.integers(0, size - 1)
    pairs = [(a, b) for a, b in data.draw(st.lists(st.tuples(records, records), max_size=6)) if a < b]
    made = rejoin(standing, list(range(size)), *pairs)
    for a in range(size):
        for b in range(a + 1, size):
            together = made[a] == made[b]
            assert not (together and (a, b) in pairs)
            assert not (together and standing[a] != standing[b])
            free = not any({a, b} & set(pair) for pair in pairs if standing[pair[0]] == standing[pair[1]])
            apart = [pair for pair in pairs if standing[pair[0]] == standing[pair[1]] == standing[a]]
            if standing[a] == standing[b] and free and not apart:
                assert together


@given(st.data())
@settings(max_examples=thorough(300), deadline=None)
def test_parts_come_together_as_the_oracle_says(data: st.DataObject) -> None:
    """Parts that nothing keeps apart, and those that are so with one of these: together if nothing parts any two of
    them, and if no cap forbids it that held before they were joined with another cluster.
    """
    size = data.draw(st.integers(2, 7))

    def least(numbers: list[int]) -> list[int]:
        return [numbers.index(number) for number in numbers]

    few = st.lists(st.integers(0, 3), min_size=size, max_size=size)
    standing = least(data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)))
    labels = least(data.draw(few))
    every = [(a, b) for a in range(size) for b in range(a + 1, size) if labels[a] != labels[b]]
    pairs = data.draw(st.sets(st.sampled_from(every), max_size=8)) if every else set()
    places = [data.draw(few), data.draw(few)]
    caps = [(place, data.draw(st.integers(1, 4))) for place in places[: data.draw(st.integers(0, 2))]]
    made = rejoin(standing, labels, *pairs, caps=tuple(Cap([np.array(at, np.uint64)], most) for at, most in caps))

    now = labels
    for cluster in sorted(set(standing)):
        parts = nx.Graph()
        parts.add_nodes_from(label for label, of in zip(now, standing, strict=True) if of == cluster)
        apart = parts.copy()
        apart.add_edges_from((now[a], now[b]) for a, b in pairs if {now[a], now[b]} <= set(parts))
        for some in nx.connected_components(nx.complement(apart)):
            rows = [row for row in range(size) if now[row] in some]
            own = all(standing[row] == cluster for row in rows)
            over = any(len({place[row] for row in rows} - {0}) > most for place, most in caps)
            if not apart.subgraph(some).edges and (own or not over):
                now = [min(some) if row in rows else label for row, label in enumerate(now)]
    assert made == now
