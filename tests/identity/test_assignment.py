"""Who keeps which OneID over any sequence of runs, and the events that tell of it."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.small import (
    KEY,
    Partition,
    Record,
    current,
    follow,
    histories,
    members_of,
    named,
    oneid_of,
    partition_of,
    run_of,
    told,
)
from oneid.identity.assignment import assign
from oneid.identity.state import ALIASES, ASSIGNMENTS, EVENTS, ONEIDS, State
from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.oneids import check, derive
from strategies import thorough

# --- any sequence of runs --------------------------------------------------------------------------------------------


@settings(max_examples=thorough(60), deadline=None)
@given(histories)
def test_the_promises_of_every_run(history: list[Partition]) -> None:
    """Each member has one OneID, each OneID one cluster; aliases lead to living ones; what is retired stays so.
    And the rules as the module tells them, told again record by record.
    """
    ever: set[str] = set()
    retired: set[str] = set()
    model = Model()
    for number, (partition, result) in enumerate(zip(history, follow(*history), strict=True), 1):
        model.run(number, partition)
        assert oneid_of(result) == model.oneid
        assert current(result) == model.current
        oneids = oneid_of(result)
        assert set(oneids) == set(partition)
        pairs = {(cluster, oneids[record]) for record, cluster in partition.items()}
        assert len(pairs) == len({cluster for cluster, _ in pairs}) == len({oneid for _, oneid in pairs})
        leads = current(result)
        living = {oneid for oneid, now in leads.items() if oneid == now}
        assert living == set(oneids.values())
        assert {now for now in leads.values() if now} == living
        assert ever <= set(leads)
        assert all(leads[oneid] is None for oneid in retired)
        assert all(map(check, leads))
        ever, retired = set(leads), {oneid for oneid, now in leads.items() if now is None}
        assert result.state.oneids.schema == pl.Schema(dict(ONEIDS))
        assert result.state.assignments.schema == pl.Schema(dict(ASSIGNMENTS))
        assert result.events.schema == pl.Schema(dict(EVENTS))
        assert result.aliases.schema == pl.Schema(dict(ALIASES))


class Model:
    """The text of the module, as directly as can be."""

    def __init__(self) -> None:
        self.oneid: dict[Record, str] = {}
        self.home: dict[Record, str] = {}
        self.first: dict[Record, int] = {}
        self.current: dict[str, str | None] = {}
        self.born: dict[str, int] = {}
        self.founder: dict[str, Record] = {}
        self.under: dict[str, str] = {}

    def run(self, number: int, partition: Partition) -> None:  # noqa: C901 - all the rules in one place
        first = {record: self.first.get(record, number) for record in partition}

        def least(records: list[Record]) -> Record | None:
            return min(records, key=lambda r: (first[r], r[0].encode(), r[1].encode()), default=None)

        goes: dict[str, int] = {}
        for oneid in (oneid for oneid, now in self.current.items() if now):
            heirs = [
                [self.founder[oneid]] if self.founder[oneid] in partition else [],
                [record for record in partition if self.home.get(record) == oneid],
                [record for record in partition if self.oneid.get(record) == oneid],
            ]
            heir = next((found for found in map(least, heirs) if found), None)
            if heir:
                self.founder[oneid], goes[oneid] = heir, partition[heir]
        anchored = set(goes)
        for oneid, now in self.current.items():
            if oneid not in goes and now in goes:
                goes[oneid] = goes[now]  # type: ignore[index]
        nested = {one for one, over in self.under.items() if one in goes and goes[one] == goes.get(over)}
        bearer: dict[int, str] = {}
        for oneid in anchored - nested:
            rival = bearer.get(goes[oneid])
            if rival is None or self.age(oneid) < self.age(rival):
                bearer[goes[oneid]] = oneid
        ever = set(self.current)
        for cluster in set(partition.values()) - set(bearer):
            founder = least([record for record in partition if partition[record] == cluster])
            assert founder is not None
            generation = 0
            while (made := derive(pl.Series([founder[0]]), pl.Series([founder[1]]), KEY, generation).item()) in ever:
                generation += 1
            bearer[cluster] = made
            self.born[made], self.founder[made], goes[made] = number, founder, cluster
            self.current[made] = made
        for oneid in self.current:
            self.current[oneid] = bearer[goes[oneid]] if oneid in goes else None
            if self.current[oneid] in (None, oneid):
                self.under.pop(oneid, None)
            elif oneid not in nested:
                self.under[oneid] = bearer[goes[oneid]]
        self.oneid = {record: bearer[cluster] for record, cluster in partition.items()}
        kept = {record: self.home.get(record, "") for record in partition}
        self.home = {r: h if goes.get(h) == partition[r] else self.oneid[r] for r, h in kept.items()}
        self.first = first

    def age(self, oneid: str) -> tuple[bool, int, bytes, bytes]:
        source, source_id = self.founder[oneid]
        return self.current[oneid] != oneid, self.born[oneid], source.encode(), source_id.encode()


@settings(max_examples=thorough(25), deadline=None)
@given(histories, st.randoms(use_true_random=False), st.permutations(range(5)))
def test_order_and_numbers_do_not_matter(history: list[Partition], random: object, numbers: list[int]) -> None:
    """Rows of members and of the state in any order, clusters under any numbers: the same outcome."""
    seed = random.randrange(1000)  # type: ignore[attr-defined]

    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.sample(fraction=1, shuffle=True, seed=seed)

    results = follow(*history)
    state: State | None = None
    for number, (partition, result) in enumerate(zip(history, results, strict=True), 1):
        renamed = {record: numbers[cluster] * 7 for record, cluster in partition.items()}
        other = assign(shuffled(members_of(renamed)), state, KEY, run_of(number))
        assert other.state.oneids.equals(result.state.oneids)
        assert other.state.assignments.equals(result.state.assignments)
        assert other.events.equals(result.events)
        state = State(shuffled(other.state.oneids), shuffled(other.state.assignments))


@settings(max_examples=thorough(25), deadline=None)
@given(histories)
def test_the_same_partition_again_says_nothing(history: list[Partition]) -> None:
    before, after = follow(*history, history[-1])[-2:]
    assert after.events.is_empty()
    assert after.state.oneids.equals(before.state.oneids)
    assert after.state.assignments.equals(before.state.assignments)


@settings(max_examples=thorough(40), deadline=None)
@given(histories, st.lists(st.lists(st.integers(0, 1), min_size=5, max_size=5), min_size=1, max_size=3))
def test_unmerging_gives_the_former_oneids_back(history: list[Partition], merges: list[list[int]]) -> None:
    """After any history, merging clusters, once or step by step, and going back."""
    merged = [history[-1]]
    for merge in merges:
        # each step is coarser than the one before: clusters 0..4 fall together, never apart
        step = {cluster: min(other for other in range(5) if merge[other] == merge[cluster]) for cluster in range(5)}
        merged.append({record: step[cluster] for record, cluster in merged[-1].items()})
    results = follow(*history, *merged[1:], history[-1])
    assert oneid_of(results[-1]) == oneid_of(results[len(history) - 1])


@settings(max_examples=thorough(40), deadline=None)
@given(histories)
def test_events_tell_every_change(history: list[Partition]) -> None:
    """The next map follows from the map before and the events alone, but for members of OneIDs that are all new."""
    oneids: dict[Record, str] = {}
    for number, result in enumerate(follow(*history), 1):
        now = oneid_of(result)
        events = result.events.to_dicts()
        assert {(event["run_id"], event["at"]) for event in events} <= {(run_of(number).run_id, run_of(number).at)}
        merged = {event["oneid"]: event["other_oneid"] for event in events if event["event"] == "merged"}
        expected = {record: merged.get(oneid, oneid) for record, oneid in oneids.items()}
        for event in events:
            record = (event["source"], event["source_id"])
            if event["event"] == "left":
                assert oneids[record] == event["oneid"]
                del expected[record]
            elif event["event"] == "moved":
                assert oneids[record] == event["oneid"]
                expected[record] = event["other_oneid"]
            elif event["event"] in ("joined", "created"):
                if event["event"] == "joined" or event["reason"] != "split":
                    assert record not in oneids
                expected[record] = event["oneid"]
        new = {event["oneid"] for event in events if event["event"] == "created" and event["reason"] != "split"}
        expected |= {record: oneid for record, oneid in now.items() if oneid in new}
        assert now == expected
        oneids = now


# --- single stories --------------------------------------------------------------------------------------------------


def test_first_run() -> None:
    """One event per OneID; the founder is the least record in bytes."""
    (first,) = follow(partition_of("b1 a9 a10", "c1"))
    assert told(first) == {("created", "new"): 2}
    assert first.events.select("source", "source_id").rows() == [("a", "10"), ("c", "1")]
    assert named(first, "b1") == derive(pl.Series(["a"]), pl.Series(["10"]), KEY).item()
    assert set(first.state.assignments["run_id"]) == {run_of(1).run_id}
    assert first.events["at"].dtype == pl.Datetime("us", "UTC")


def test_nothing_at_all() -> None:
    first, second = follow({}, {})
    assert first.events.is_empty()
    assert second.state.oneids.is_empty()


def test_joined_and_left() -> None:
    first, second = follow(partition_of("a1", "b1"), partition_of("a1 a0 c1"))
    assert named(second, "a0") == named(first, "a1")  # an older OneID stays, though a0 is less than its founder
    assert told(second) == {("joined", "new"): 2, ("left", "gone"): 1, ("retired", "gone"): 1}
    assert current(second)[named(first, "b1")] is None
    changed = dict(second.state.assignments.select(pl.col("source") + pl.col("source_id"), "run_id").rows())
    assert changed == {"a0": run_of(2).run_id, "a1": run_of(1).run_id, "c1": run_of(2).run_id}


def test_merged_and_reinstated() -> None:
    first, second, third = follow(
        partition_of("a1 a2", "b1 b2"), partition_of("a1 a2 b1 b2"), partition_of("a1 a2", "b1 b2")
    )
    a, b = named(first, "a1"), named(first, "b1")
    assert set(oneid_of(second).values()) == {a}
    assert second.events.select("event", "oneid", "other_oneid", "reason").rows() == [("merged", b, a, "linked")]
    assert current(second) == {a: a, b: a}
    assert oneid_of(third) == oneid_of(first)
    assert told(third) == {("split", "reinstated"): 1, ("moved", "relinked"): 2, ("reinstated", "split"): 1}
    since = dict(third.aliases.select("oneid", "since").rows())
    assert since == {a: run_of(1).at, b: run_of(3).at}
    changed = dict(third.state.assignments.select(pl.col("source") + pl.col("source_id"), "run_id").rows())
    assert changed == {"a1": run_of(1).run_id, "a2": run_of(1).run_id, "b1": run_of(3).run_id, "b2": run_of(3).run_id}


def test_the_one_that_gave_way_comes_back_after_the_one_it_gave_way_to() -> None:
    """B is older than C, but was redirected to C before both were merged into A: un-merging gives C back, not B."""
    results = follow(
        partition_of("a1", "b1"),
        partition_of("a1 b1", "c1"),
        partition_of("a1", "b1 c1"),
        partition_of("a1 b1 c1"),
        partition_of("a1", "b1 c1"),
    )
    c = named(results[1], "c1")
    assert [named(result, "b1") for result in results[2:]] == [c, named(results[0], "a1"), c]


def test_aliases_are_never_chained() -> None:
    results = follow(
        partition_of("a1", "b1", "c1"),
        partition_of("a1", "b1 c1"),
        partition_of("a1 b1 c1"),
        partition_of("a1 c1", "b1"),
    )
    a, b, c = (named(results[0], name) for name in ("a1", "b1", "c1"))
    assert [current(result)[c] for result in results] == [c, b, a, a]
    assert told(results[2]) == {("merged", "linked"): 1}
    assert told(results[3]) == {("split", "reinstated"): 1, ("moved", "relinked"): 1, ("reinstated", "split"): 1}


def test_a_redirected_oneid_that_leads_elsewhere_is_told() -> None:
    results = follow(partition_of("a1", "b1", "c1"), partition_of("a1 c1", "b1"), partition_of("a1", "b1 c1"))
    b, c = named(results[0], "b1"), named(results[0], "c1")
    assert results[2].events.select("event", "oneid", "other_oneid", "reason").rows()[0] == (
        "merged",
        c,
        b,
        "redirected",
    )
    assert named(results[2], "c1") == b


def test_split_and_merged_again() -> None:
    first, second, third = follow(partition_of("a1 b1 c1"), partition_of("a1", "b1 c1"), partition_of("a1 b1 c1"))
    assert named(second, "a1") == named(first, "a1")
    assert named(second, "b1") == derive(pl.Series(["b"]), pl.Series(["1"]), KEY).item()
    assert told(second) == {("created", "split"): 1, ("split", "created"): 1, ("moved", "relinked"): 2}
    assert oneid_of(third) == oneid_of(first)


def test_the_oldest_run_wins_before_the_least_record() -> None:
    first, second = follow(partition_of("c1"), partition_of("c1", "a1"))[0:2]
    third = assign(members_of(partition_of("a1 c1")), second.state, KEY, run_of(3))
    assert set(oneid_of(third).values()) == {named(first, "c1")}


def test_a_oneid_outlives_its_founder() -> None:
    """The least surviving member takes the founder's place, also for good when the founder returns."""
    results = follow(
        partition_of("a1 a2 b1"), partition_of("a2 b1"), partition_of("a1", "a2 b1"), partition_of("a1", "a2", "b1")
    )
    old = named(results[0], "a1")
    assert set(oneid_of(results[1]).values()) == {old}
    assert named(results[2], "a1") != old
    assert told(results[2]) == {("created", "returned"): 1}
    assert named(results[3], "a2") == old
    row = results[3].state.oneids.row(by_predicate=pl.col("oneid") == named(results[2], "a1"), named=True)
    assert (row["generation"], row["founder_source_id"]) == (1, "1")


def test_own_members_come_before_those_merged_in() -> None:
    """If A's founder goes when A and B part, A stays with what was A's own, and B comes back with B's."""
    first, _, third = follow(partition_of("a1 c1", "b1"), partition_of("a1 b1 c1"), partition_of("b1", "c1"))
    assert named(third, "c1") == named(first, "a1")
    assert named(third, "b1") == named(first, "b1")


def test_members_merged_in_keep_a_oneid_alive() -> None:
    """If all of A's own records go, A stays with those that were merged into it, and B waits as before."""
    first, _, third, fourth = follow(
        partition_of("a1", "b1"), partition_of("a1 b1"), partition_of("b1"), partition_of("b1", "b2")
    )
    assert named(third, "b1") == named(first, "a1")
    assert told(third) == {("left", "gone"): 1}
    assert named(fourth, "b1") == named(first, "a1")


def test_a_redirected_oneid_without_records_follows() -> None:
    """B's records are gone; who knows the person as B is still led on, and to the end."""
    results = follow(
        partition_of("a1", "b1", "a0"),
        partition_of("a1 b1", "a0"),
        partition_of("a1", "a0"),
        partition_of("a1 a0"),
        partition_of("c1"),
    )
    b, a1, a0 = (named(results[0], name) for name in ("b1", "a1", "a0"))
    assert [current(result)[b] for result in results] == [b, a1, a1, a0, None]
    assert told(results[4])["retired", "followed"] == 2
    assert told(results[4])["retired", "gone"] == 1


def test_a_retired_oneid_is_never_revived() -> None:
    results = follow(*[partition_of("a1"), partition_of("b1")] * 3)
    seen = [set(oneid_of(result).values()).pop() for result in results]
    assert len(set(seen)) == 6
    assert [result.events["reason"][0] for result in results] == [
        "new",
        "new",
        "returned",
        "returned",
        "returned",
        "returned",
    ]


def test_an_erased_founder_is_no_obstacle() -> None:
    """Of retired OneIDs the founder may be forgotten."""
    results = follow(partition_of("a1", "b1"), partition_of("b1"))
    gone = pl.col("current_oneid").is_null()
    names = ["founder_source", "founder_source_id"]
    erased = results[1].state.oneids.with_columns(pl.when(~gone).then(pl.col(names)))
    third = assign(members_of(partition_of("a1", "b1")), State(erased, results[1].state.assignments), KEY, run_of(3))
    assert told(third) == {("created", "returned"): 1}


def test_colliding_hashes_are_bumped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two founders whose OneIDs are the same by chance get different ones."""
    from oneid.identity import assignment

    real = assignment.derive

    def colliding(sources: pl.Series, ids: pl.Series, key: bytes, generation: int = 0) -> pl.Series:
        return (
            real(sources, ids, key, generation)
            if generation
            else pl.repeat("OID0", len(sources), eager=True).alias("oneid")
        )

    monkeypatch.setattr(assignment, "derive", colliding)
    (first,) = follow(partition_of("a1", "b1", "c1"))
    assert first.state.oneids["oneid"].n_unique() == 3
    assert sorted(first.state.oneids["generation"]) == [0, 1, 1]
    assert named(first, "a1") == "OID0"


@pytest.mark.parametrize(
    "broken",
    [
        members_of(partition_of("a1", "b1")).with_columns(rec=pl.Series([1, 0], dtype=pl.UInt32)),
        pl.concat([members_of(partition_of("a1"))] * 2),
        members_of(partition_of("a1")).with_columns(source_id=pl.lit(None, dtype=pl.String)),
    ],
)
def test_members_that_break_their_contract_are_refused(broken: pl.DataFrame) -> None:
    """Numbered in another order, there twice, or without an id."""
    with pytest.raises(InternalError, match="E912"):
        assign(broken, None, KEY, run_of(1))


@settings(max_examples=thorough(40), deadline=None)
@given(histories)
def test_the_state_holds_what_the_rules_say(history: list[Partition]) -> None:
    """Every column of both tables: founders, homes, what a OneID is under, generations, and since when."""
    model = Model()
    since: dict[str, datetime] = {}
    changed: dict[Record, str] = {}
    generation: dict[str, int] = {}
    for number, (partition, result) in enumerate(zip(history, follow(*history), strict=True), 1):
        led, bore = dict(model.current), dict(model.oneid)
        model.run(number, partition)
        run = run_of(number)
        since |= {oneid: run.at for oneid, now in model.current.items() if oneid not in led or led[oneid] != now}
        changed |= {record: run.run_id for record, oneid in model.oneid.items() if bore.get(record) != oneid}
        for oneid in set(model.current) - set(led):
            source, source_id = (pl.Series([text]) for text in model.founder[oneid])
            generation[oneid] = next(n for n in range(99) if derive(source, source_id, KEY, n).item() == oneid)
        assert result.state.oneids.rows() == [
            (oneid, model.born[oneid], *model.founder[oneid], generation[oneid], model.current[oneid],
             model.under.get(oneid), since[oneid])
            for oneid in sorted(model.current)
        ]  # fmt: skip
        assert result.state.assignments.rows() == [
            (*record, model.oneid[record], model.home[record], model.first[record], changed[record])
            for record in sorted(partition, key=lambda one: (one[0].encode(), one[1].encode()))
        ]
        assert result.aliases.rows() == [(oneid, model.current[oneid], since[oneid]) for oneid in sorted(model.current)]
