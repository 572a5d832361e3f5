"""Members that are renumbered, erased or pruned: what has to be gone is gone, all else still stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from identity.small import follow, named, partition_of, run_of
from oneid.identity.state import Assignment, State
from oneid.registry import Registry, forgetting
from oneid.registry.publication import decide
from oneid.vocabulary.errors import RegistryError
from oneid.vocabulary.references import RecordRef
from registry.conftest import Place
from registry.stories import merged_and_split, publication, publish, publish_all

PAIR = {"source_l": "a", "source_id_l": "1", "source_r": "b", "source_id_r": "1", "decision": "same"}


def renamed(state: State, names: dict[str, str]) -> Assignment:
    """The state with records of source a renumbered, as a publication's outcome without events."""

    def new(source: str, source_id: str) -> pl.Expr:
        return pl.when(pl.col(source) == "a").then(pl.col(source_id).replace(names)).otherwise(pl.col(source_id))

    oneids = state.oneids.with_columns(founder_source_id=new("founder_source", "founder_source_id"))
    assignments = state.assignments.with_columns(source_id=new("source", "source_id")).sort("source", "source_id")
    events = follow({})[0].events
    return Assignment(State(oneids, assignments), events, pl.DataFrame())


def rekey(registry: Registry, number: int, names: dict[str, str]) -> None:
    rekeyed = pl.DataFrame(
        [("a", old, new) for old, new in names.items()], ["source", "old_id", "new_id"], orient="row"
    )
    state = registry.state()
    publish(registry, number, state, renamed(state, names), kind="rekey", rekeyed=rekeyed)


def test_a_chain_and_a_swap_of_ids(registry: Registry) -> None:
    """History, events, founders and decisions go on under the new ids, of all records at once."""
    (done,) = follow(partition_of("a1", "a2", "a3 b1"))
    publish(registry, 1, State.empty(), done, decisions=pl.DataFrame([PAIR]))
    one, two, three = (named(done, name) for name in ("a1", "a2", "a3"))
    rekey(registry, 2, {"1": "2", "2": "1", "3": "4"})
    assert [registry.find(RecordRef("a", name)) for name in "1234"] == [two, one, None, three]
    assert registry.find(RecordRef("a", "1"), 1) == two
    assert registry.history(RecordRef("a", "4"))["from_run"].to_list() == [1]
    assert registry.history(RecordRef("a", "3")).is_empty()
    assert registry.events(record=RecordRef("a", "2"))["oneid"].to_list() == [one]
    assert registry.oneid(three)["founder"] == RecordRef("a", "4")  # type: ignore[index]
    assert registry.decisions()["source_id_l"].to_list() == ["2"]
    assert registry.rekeys().rows() == [("a", "1", "2", 2), ("a", "2", "1", 2), ("a", "3", "4", 2)]
    rekey(registry, 3, {"4": "5", "1": "4"})
    assert [registry.find(RecordRef("a", name)) for name in "12345"] == [None, one, None, two, three]


def test_the_id_of_a_former_member(registry: Registry) -> None:
    """The history of two members is never mixed; once the former one's is pruned, the id is free."""
    publish_all(registry, [partition_of("a1", "a2"), partition_of("a1")])
    with pytest.raises(RegistryError, match=r"E620 1 of the new ids"):
        rekey(registry, 3, {"1": "2"})
    assert registry.head().number == 2  # type: ignore[union-attr]
    registry.prune(run_of(2).at + timedelta(seconds=1))
    rekey(registry, 3, {"1": "2"})
    assert registry.history(RecordRef("a", "2"))["from_run"].to_list() == [1]


def erased(registry: Registry, number: int, source: str, source_id: str) -> None:
    state = registry.state()
    gone = (pl.col("source") == source) & (pl.col("source_id") == source_id)
    mine = (pl.col("founder_source") == source) & (pl.col("founder_source_id") == source_id)
    columns = ["founder_source", "founder_source_id"]
    oneids = state.oneids.with_columns(pl.when(~mine).then(pl.col(columns)))
    after = Assignment(State(oneids, state.assignments.filter(~gone)), follow({})[0].events, pl.DataFrame())
    who = pl.DataFrame({"source": [source], "source_id": [source_id], "token": [f"token of {number}"]})
    publish(registry, number, state, after, kind="erase", erased=who)


def bytes_of(place: Place) -> bytes:
    return b"".join(path.read_bytes() for path in place.folder.rglob("*") if path.is_file())


def test_an_erased_member_is_gone(place: Place) -> None:
    """From every table, also under ids that it had before; on SQLite from every byte of every file. Nobody else is."""
    registry = place.open()
    secret, former, other = "SECRET-77", "FORMER-66", "OTHER-88"
    partition = {("a", former): 0, ("a", other): 0, ("b", "1"): 1}
    more = {("c", f"{number:05}"): 100 + number for number in range(3000)}
    first, second = follow(partition | more, partition | more | {("b", "1"): 0})
    pair = {"source_l": "a", "source_r": "b", "source_id_r": "1", "decision": "same"}
    decided = pl.DataFrame([pair | {"source_id_l": former}, pair | {"source_id_l": other}])
    publish(registry, 1, State.empty(), first, decisions=decided)
    publish(registry, 2, registry.state(), second)
    rekey(registry, 3, {former: secret, other: former})
    rekey(registry, 4, {former: other})
    oneid = registry.find(RecordRef("a", secret))
    erased(registry, 5, "a", secret)
    assert registry.tombstones().to_list() == ["token of 5"]
    assert registry.find(RecordRef("a", secret), 4) is None
    assert registry.events(record=RecordRef("a", secret)).is_empty()
    assert registry.decisions()["source_id_l"].to_list() == [other]
    assert registry.rekeys().select("old_id", "new_id").rows() == [(other, former), (former, other)]
    told = [registry.oneid(str(oneid), as_of) for as_of in (1, 5)]
    assert [row["founder"] for row in told if row] == [None, None]
    assert registry.find(RecordRef("a", other), 1) == oneid
    if place.kind == "postgresql":  # nor in dead rows, nor in what the planner notes of columns
        with registry._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")
            tables = ("memberships", "oneids", "events", "decisions", "rekeys")
            read = "SELECT pg_read_binary_file(pg_relation_filepath(%s))"
            held = [bytes(connection.exec_driver_sql(read, (name,)).scalar_one()) for name in tables]
            query = (
                "SELECT s::text FROM pg_stats AS s WHERE schemaname = current_schema() AND tablename = 'memberships'"
            )
            stats = connection.exec_driver_sql(query)
            noted = " ".join(stats.scalars())
        assert not any(secret.encode() in part for part in held)
        assert any(other.encode() in part for part in held)
        assert secret not in noted
        assert "00000" in noted
        assert registry.beyond_reach
    if place.kind == "sqlite":
        found = bytes_of(place)
        assert secret.encode() not in found
        assert other.encode() in found
    assert not registry.notes
    assert not registry.unclean
    erased(registry, 6, "a", other)
    assert registry.rekeys().is_empty()
    if place.kind == "sqlite":
        assert former.encode() not in bytes_of(place)
    assert registry.tombstones().to_list() == ["token of 5", "token of 6"]


def test_renumberings_of_others_outlive_an_erasure(registry: Registry) -> None:
    """Two that swapped their ids twice: the way back is that of the one who is erased."""
    (done,) = follow(partition_of("a1", "a2"))
    publish(registry, 1, State.empty(), done)
    rekey(registry, 2, {"1": "2", "2": "1"})
    rekey(registry, 3, {"1": "2", "2": "1"})
    erased(registry, 4, "a", "1")
    assert registry.rekeys().rows() == [("a", "2", "1", 2), ("a", "1", "2", 3)]


def test_erased_bytes_that_a_reader_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the file could not be tidied, that is said, and the next write does it."""
    place = Place("sqlite", tmp_path, "")
    registry = place.open()
    (done,) = follow({("a", "SECRET-77"): 0, ("b", "1"): 0})
    publish(registry, 1, State.empty(), done)
    real = forgetting.scrub
    monkeypatch.setattr(forgetting, "scrub", lambda engine, rebuild: False)
    erased(registry, 2, "a", "SECRET-77")
    assert "the next run removes it" in registry.notes[0]
    monkeypatch.setattr(forgetting, "scrub", real)
    (left,) = follow({("b", "1"): 0})
    state = registry.state()
    publish(registry, 3, state, Assignment(state, left.events.clear(), left.aliases))
    assert b"SECRET-77" not in bytes_of(place)
    place.close()


def test_pruned_history(registry: Registry) -> None:
    """What held at that moment and later still stands; no OneID is forgotten."""
    results = publish_all(registry, merged_and_split())
    states = {number: registry.state(number) for number in (3, 4)}
    done = registry.prune(run_of(3).at + timedelta(hours=1))
    assert done["memberships"] == 4
    assert done["events"] == sum(len(result.events) for result in results[:3])
    for number, state in states.items():
        assert registry.state(number).assignments.equals(state.assignments)
        assert registry.state(number).oneids.equals(state.oneids)
    assert registry.state().oneids["oneid"].to_list() == results[-1].state.oneids["oneid"].to_list()
    with pytest.raises(RegistryError, match=r"E609.*pruned"):
        registry.state(2)
    with pytest.raises(RegistryError, match=r"E609.*pruned"):
        registry.find(RecordRef("a", "1"), run_of(2).at)
    assert registry.runs().height == 4
    assert registry.prune(run_of(1).at) == {"memberships": 0, "oneids": 0, "events": 0}
    with pytest.raises(RegistryError, match="E609"):
        registry.state(2)


def test_a_source_gets_another_name(registry: Registry) -> None:
    """Wherever it is named, and no other source; not the name of one that has members, or had."""
    (done,) = follow(partition_of("a1 a2", "b1"))
    publish(registry, 1, State.empty(), done, decisions=pl.DataFrame([PAIR]))
    rekey(registry, 2, {"2": "3"})
    before = registry.state()
    with pytest.raises(RegistryError, match="E620 members of another source 'b' are known"):
        publish(registry, 3, before, Assignment(before, done.events.clear(), done.aliases), sources={"a": "b"})
    renamed_ = State(
        before.oneids.with_columns(pl.col("founder_source").replace({"a": "z"})),
        before.assignments.with_columns(pl.col("source").replace({"a": "z"})).sort("source", "source_id"),
    )
    told = Assignment(renamed_, done.events.clear(), done.aliases)
    publish(registry, 3, before, told, kind="rename-source", sources={"a": "z"})
    assert registry.state().assignments.equals(renamed_.assignments)
    assert registry.state().oneids.equals(renamed_.oneids)
    assert registry.history(RecordRef("z", "3"))["from_run"].to_list() == [1]
    assert registry.decisions().select("source_l", "source_r").rows() == [("z", "b")]
    assert registry.rekeys().rows() == [("z", "2", "3", 2)]
    assert registry.events(record=RecordRef("z", "1"))["event"].to_list() == ["created"]
    assert registry.sources() == ["b", "z"]
    named_ = {name: registry.names(RecordRef(*name)) for name in (("a", "1"), ("z", "1"), ("z", "2"), ("b", "1"))}
    assert named_ == {("a", "1"): False, ("z", "1"): True, ("z", "2"): True, ("b", "1"): True}


def test_who_left_is_still_known_by_the_oneid_of_then(registry: Registry) -> None:
    """By the last one that it had, or what that leads to now; where its history was pruned, as its founder."""
    results = publish_all(registry, [*merged_and_split()[:2], partition_of("a2 b1"), partition_of("a2", "b1")])
    a, b, c = (named(results[0], name) for name in ("a1", "b1", "c1"))
    assert registry.departed(a).rows() == [("a", "1"), ("b", "2")]
    assert registry.departed(b).rows() == []  # b2 had the other one, when it left
    assert registry.departed(c).rows() == [("c", "1")]
    registry.prune(run_of(4).at + timedelta(hours=1))
    assert registry.departed(a).rows() == []
    assert registry.departed(c).rows() == [("c", "1")]


def test_what_was_not_tidied_is_tidied_later(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ended the process between the commit and that, after an erasure as after a pruning."""
    (done,) = follow(partition_of("a1 b1"))
    publish(registry, 1, State.empty(), done)
    assert not registry.unclean
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "scrub", lambda engine, rebuild: False)
        erased(registry, 2, "a", "1")
    assert registry.unclean
    registry.clean()
    assert not registry.unclean
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "scrub", lambda engine, rebuild: False)
        assert any(registry.prune(run_of(2).at + timedelta(hours=1)).values())
    assert registry.unclean
    registry.clean()
    assert not registry.unclean
    assert not any(registry.prune(run_of(2).at + timedelta(hours=1)).values())
    assert not registry.unclean


def test_the_steps_of_all_that_one_publication_may_bring(registry: Registry) -> None:
    """In the order in which they are taken."""
    (done,) = follow(partition_of("a1", "b1", "c1"))
    publish(registry, 1, State.empty(), done)
    before = registry.state()
    gone = (pl.col("source") == "c") & (pl.col("source_id") == "1")
    left = State(
        before.oneids.with_columns(
            pl.when(pl.col("founder_source") != "c").then(pl.col(name))
            for name in ("founder_source", "founder_source_id")
        ),
        before.assignments.filter(~gone),
    )
    after = renamed(left, {"1": "7"})
    steps: list[str] = []
    registry.publish(
        publication(
            2, before, after, decisions=pl.DataFrame([PAIR]),
            rekeyed=pl.DataFrame({"source": ["a"], "old_id": ["1"], "new_id": ["7"]}),
            erased=pl.DataFrame({"source": ["c"], "source_id": ["1"], "token": ["t"]}),
        ),
        step=steps.append,
    )  # fmt: skip
    assert steps == ["run", "rename", "memberships", "oneids", "events", "decisions", "erase", "commit", "tidy"]
    assert registry.state().assignments.equals(after.state.assignments)


def test_a_server_waits_for_nobody_for_long(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads a table holds the tidying up, which gives up; no later statement has so little patience."""
    if place.kind != "postgresql":
        return
    registry = place.open()
    monkeypatch.setattr(forgetting, "_PATIENCE", 1.0)
    with registry._reading() as connection:
        connection.exec_driver_sql("SET idle_in_transaction_session_timeout = '5s'")  # no test waits for ever
        connection.exec_driver_sql("SELECT * FROM events")
        with pytest.raises(RegistryError, match="E600"):
            forgetting.scrub(registry._engine, rebuild=True)
    assert forgetting.scrub(registry._engine, rebuild=True)
    with registry._engine.connect() as one, registry._engine.connect() as other:  # both that the pool keeps
        assert [each.exec_driver_sql("SHOW lock_timeout").scalar_one() for each in (one, other)] == ["0", "0"]


def test_two_that_decide_at_once_do_so_one_after_the_other(place: Place) -> None:
    """On a server, where nothing else keeps them apart."""
    if place.kind != "postgresql":
        return
    registry = place.open()
    (done,) = follow(partition_of("a1", "b1"))
    publish(registry, 1, State.empty(), done)
    with registry._engine.connect() as one, registry._engine.connect() as other:
        with one.begin():
            assert decide(one, 1, pl.DataFrame([PAIR])) == 0
            other.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(sa.exc.OperationalError):
                decide(other, 1, pl.DataFrame([PAIR]))
            other.rollback()
        with other.begin():
            assert decide(other, 1, pl.DataFrame([PAIR])) == 1


def test_decisions_between_two_runs(registry: Registry, place: Place) -> None:
    """They are in at once, bear the number of the run before them, are taken back one by one, and are refused once
    another run was published; a renumbering and an erasure know them as all others.
    """
    (done,) = follow(partition_of("a1", "a2", "b1"))
    publish(registry, 1, State.empty(), done, decisions=pl.DataFrame([PAIR]))
    more = PAIR | {"source_id_l": "2", "decision": "different", "by": "x"}
    first = registry.decide(1, pl.DataFrame([more, PAIR | {"decision": "defer"}]))
    assert first == 1
    other = place.open(key=b"k")
    assert other.decide(1, pl.DataFrame([PAIR])) == 3
    assert [row["decision"] for row in registry.decisions().to_dicts()] == ["same", "different", "defer", "same"]
    registry.decide(1, pl.DataFrame([more]), 2)  # the place of another decision
    registry.decide(1, pl.DataFrame([PAIR | {"decision": "defer"}]), 2)
    assert registry.decisions()["decision"].to_list() == ["same", "different", "same"]
    rekey(registry, 2, {"2": "7"})
    assert registry.decisions()["source_id_l"].to_list() == ["1", "7", "1"]
    with pytest.raises(RegistryError, match="E608"):
        registry.decide(1, pl.DataFrame([PAIR]))
    assert registry.decide(2, pl.DataFrame([PAIR])) == 0
    assert registry.decisions()["run"].to_list() == [1, 1, 1, 2]
