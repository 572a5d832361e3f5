"""What the registry tells is what the runs did, now, as of any run, by its methods and by SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.small import Partition, current, follow, histories, named, oneid_of, partition_of, run_of
from oneid.identity.state import EVENTS, State
from oneid.registry import VIEWS, Registry
from oneid.registry.reading import whole
from oneid.vocabulary.errors import InternalError, RegistryError
from oneid.vocabulary.references import RecordRef
from registry.conftest import Place
from registry.stories import merged_and_split, publication, publish, publish_all
from strategies import thorough

A1, B1, C1 = RecordRef("a", "1"), RecordRef("b", "1"), RecordRef("c", "1")
at = {number: run_of(number).at for number in range(1, 9)}


def rows(registry: Registry, query: str) -> list[tuple[object, ...]]:
    with registry._reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def moment(value: object) -> datetime | None:
    """A moment of a view: text on SQLite, a timestamp on PostgreSQL."""
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert read is None or isinstance(read, datetime)
    return None if read is None else read.astimezone(UTC)


def same(found: State, expected: State) -> None:
    assert found.oneids.equals(expected.oneids.sort("oneid"))
    assert found.assignments.equals(expected.assignments.sort("source", "source_id"))


@settings(max_examples=thorough(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_every_state_is_read_back(place: Place, history: list[Partition]) -> None:
    """Now, as of every run by number and by moment, and every record's history, by method and by SQL."""
    with place.open(place.new()) as registry:
        results = publish_all(registry, history)
        same(registry.state(), results[-1].state)
        same(registry.state(0), State.empty())
        for number, result in enumerate(results, 1):
            same(registry.state(number), result.state)
            same(registry.state(at[number] + timedelta(hours=1)), result.state)
        assert registry.events().equals(pl.concat([result.events for result in results]))
        told = {(source, id_): [] for source, id_ in {record for partition in history for record in partition}}
        for source, source_id, oneid, from_run, from_at, to_run, to_at in rows(
            registry, "SELECT * FROM member_history ORDER BY from_run"
        ):
            assert (moment(from_at), moment(to_at)) == (at[from_run], at.get(to_run))  # type: ignore[arg-type, index]
            told[source, source_id].append((oneid, from_run, to_run))  # type: ignore[index]
        maps = [oneid_of(result) for result in results]
        for (source, source_id), stays in told.items():
            held = registry.history(RecordRef(source, source_id))
            assert held.select("oneid", "from_run", "to_run").rows() == stays
            for number, known in enumerate(maps, 1):
                during = [oneid for oneid, start, end in stays if start <= number and (end is None or number < end)]
                assert during == [oneid for record, oneid in known.items() if record == (source, source_id)]
            assert all(left[0] != right[0] or left[2] < right[1] for left, right in pairwise(stays))
        assert dict(rows(registry, "SELECT oneid, current_oneid FROM current_oneids")) == current(results[-1])
        members = rows(registry, "SELECT source, source_id, oneid FROM current_members")
        assert {(source, id_): oneid for source, id_, oneid in members} == maps[-1]


def test_a_story_by_every_method(registry: Registry) -> None:
    """A merge and its un-merge."""
    results = publish_all(registry, merged_and_split())
    a, b, c = (named(results[0], name) for name in ("a1", "b1", "c1"))
    head = registry.head()
    assert head is not None
    assert (head.number, head.run_id, head.at, head.info) == (4, run_of(4).run_id, at[4], {"数": 4})
    assert registry.knows(run_of(2).run_id).number == 2  # type: ignore[union-attr]
    assert registry.knows("never") is None
    assert registry.runs()["number"].to_list() == [1, 2, 3, 4]
    assert [registry.find(B1, number) for number in (0, 1, 2, 3, None)] == [None, b, a, b, b]
    assert registry.history(B1).rows() == [(b, 1, at[1], 2, at[2]), (a, 2, at[2], 3, at[3]), (b, 3, at[3], None, None)]
    assert registry.history(C1).rows() == [(c, 1, at[1], 4, at[4])]
    assert registry.members(b)["source_id"].to_list() == ["1", "2"]
    assert registry.members(b, 2).select("source", "source_id").rows() == [
        ("a", "1"),
        ("a", "2"),
        ("b", "1"),
        ("b", "2"),
    ]
    assert registry.members(c).is_empty()
    assert registry.members("never").is_empty()
    assert registry.oneid(a, 2) == {
        "oneid": a,
        "born": at[1],
        "born_run": 1,
        "founder": A1,
        "generation": 0,
        "current": a,
        "under": None,
        "since": at[1],
        "aliases": [b],
    }
    told = registry.oneid(b, 2)
    assert told is not None
    assert (told["current"], told["under"], told["since"], told["aliases"]) == (a, a, at[2], [])
    assert registry.oneid(c)["current"] is None  # type: ignore[index]
    assert registry.oneid("never") is None
    shown = registry.exposure(b)
    assert shown.columns == ["source", "source_id", "shown_as", "from_at", "to_at", "from_run", "to_run"]
    assert shown.rows() == [
        ("b", "1", b, at[1], at[2], 1, 2),
        ("b", "2", b, at[1], at[2], 1, 2),
        ("a", "1", a, at[2], at[3], 2, 3),
        ("a", "2", a, at[2], at[3], 2, 3),
        ("b", "1", a, at[2], at[3], 2, 3),
        ("b", "2", a, at[2], at[3], 2, 3),
        ("b", "1", b, at[3], None, 3, None),
        ("b", "2", b, at[3], None, 3, None),
    ]
    assert registry.exposure("never").is_empty()


def test_events_are_found(registry: Registry) -> None:
    results = publish_all(registry, merged_and_split())
    b = named(results[0], "b1")
    everything = pl.concat([result.events for result in results])
    assert registry.events().schema == dict(EVENTS)
    mine = (pl.col("oneid") == b) | (pl.col("other_oneid") == b)
    assert registry.events(oneid=b).equals(everything.filter(mine.fill_null(value=False)))
    assert registry.events(record=B1)["event"].to_list() == ["created", "moved"]
    assert registry.events(since=1).equals(everything.filter(pl.col("at") > at[1]))
    assert registry.events(since=at[2]).equals(everything.filter(pl.col("at") > at[2]))
    assert registry.events(limit=2).equals(everything.tail(2))
    told = rows(registry, "SELECT run_id, at, event, oneid FROM oneid_events ORDER BY run, place")
    assert [(name, moment(when), event, oneid) for name, when, event, oneid in told] == everything.select(
        "run_id", "at", "event", "oneid"
    ).rows()


def test_the_views_have_the_columns_that_are_documented(registry: Registry) -> None:
    for name, view in VIEWS.items():
        with registry._reading() as connection:
            assert list(connection.execute(sa.text(f"SELECT * FROM {name}")).keys()) == list(view.columns)


@given(st.lists(st.tuples(st.sampled_from("XY"), st.booleans()), max_size=6))
def test_stays_are_whole(parts: list[tuple[str, bool]]) -> None:
    """Periods that follow each other at one OneID are one stay, told again run by run."""
    made, run = [], 1
    for oneid, gap in parts:
        run += gap
        made.append(("a", "1", oneid, run, run + 1))
        run += 1
    columns = ["source", "source_id", "oneid", "from_run", "to_run"]
    found = whole(pl.DataFrame(made, schema=columns, orient="row")) if made else pl.DataFrame(schema=columns)
    stays = found.select(columns[2:]).rows()
    assert [(oneid, number) for oneid, start, end in stays for number in range(start, end)] == [
        (oneid, start) for _, _, oneid, start, _ in made
    ]
    assert all(left[0] != right[0] or left[2] < right[1] for left, right in pairwise(stays))


def test_no_such_moment(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="E609"):
        registry.state(1)
    publish_all(registry, merged_and_split())
    for wrong in (-1, 5, datetime(2026, 1, 1)):
        with pytest.raises(RegistryError, match="E609"):
            registry.state(wrong)


def test_the_steps_of_publishing(registry: Registry) -> None:
    """Each is told before it is taken."""
    first, second = follow(*merged_and_split()[:2])
    publish(registry, 1, State.empty(), first)
    steps: list[str] = []
    registry.publish(publication(2, first.state, second), step=steps.append)
    assert steps == ["run", "memberships", "oneids", "events", "commit", "tidy"]


def test_look_ups_open_an_index_once(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the last run, until there is a newer one."""
    opened: list[str | None] = []

    def index(self: Registry) -> SimpleNamespace:
        head = self.head()
        opened.append(None if head is None else head.folder)
        return SimpleNamespace(lookup=lambda record, source: (record, source))

    monkeypatch.setattr(Registry, "opened_lookup", index)
    first, second = follow(*merged_and_split()[:2])
    publish(registry, 1, State.empty(), first, folder="a")
    assert [registry.lookup({"name": "x"}, source="s") for _ in range(2)] == [({"name": "x"}, "s")] * 2
    assert opened == ["a"]
    publish(registry, 2, first.state, second, folder="b")
    registry.lookup({})
    registry.lookup({})
    assert opened == ["a", "b"]


def test_texts_of_every_kind_come_back(registry: Registry) -> None:
    """Quotes, commas, line ends, backslashes, and what looks like the end of a copy or a null."""
    odd = ['"', ",", "\\N", "\\.", "a\nb", "c\r\nd", "", " ", "'; DROP TABLE runs", "%s", ":x", "髙𠮷", "\t", "NULL"]
    (done,) = follow({("a", text): number for number, text in enumerate(odd)})
    publish(registry, 1, State.empty(), done)
    same(registry.state(), done.state)
    for text in odd:
        assert registry.find(RecordRef("a", text)) == oneid_of(done)["a", text]


def test_decisions_are_kept_in_order(registry: Registry) -> None:
    """All that was ever decided, also twice about one pair; what was left out is null."""
    first, second = follow(*merged_and_split()[:2])
    pair = {"source_l": "a", "source_id_l": "1", "source_r": "b", "source_id_r": "1"}
    publish(registry, 1, State.empty(), first, decisions=pl.DataFrame([pair | {"decision": "different"}]))
    told = {
        "decision": "same",
        "by": "佐藤",
        "at": "2026-11-22",
        "reason": "電話",
        "ticket": "T-1",
        "approved_by": "鈴木",
    }
    publish(registry, 2, first.state, second, decisions=pl.DataFrame([pair | told] * 2), kind="merge")
    found = registry.decisions()
    assert found["run"].to_list() == [1, 2, 2]
    assert found.row(0) == (*pair.values(), "different", None, None, None, None, None, 1)
    assert found.row(2) == (*pair.values(), *told.values(), 2)


def test_a_publication_that_contradicts_the_registry(registry: Registry) -> None:
    """Another state before, a OneID forgotten, a run that nobody knows, an event of another run."""
    first, second = follow(*merged_and_split()[:2])
    (other,) = follow(partition_of("a1 a2", "b1 b2", "c1", "c2"))
    publish(registry, 1, State.empty(), first)
    less = State(first.state.oneids.head(1), first.state.assignments)
    stray = State(second.state.oneids, second.state.assignments.with_columns(run_id=pl.lit("stray")))
    wrong = [
        (other.state, second, {"after": State(other.state.oneids, second.state.assignments)}),
        (first.state, second, {"after": less}),
        (first.state, second, {"after": stray}),
        (first.state, second, {"events": first.events}),
        (first.state, second, {"kind": "party"}),
    ]
    for before, done, change in wrong:
        with pytest.raises(InternalError, match="E913"):
            registry.publish(replace(publication(2, before, done), **change))
        same(registry.state(), first.state)
        assert registry.head().number == 1  # type: ignore[union-attr]


def test_moved_on(place: Place) -> None:
    """Two that went on from the same state: the second is refused, and so is a name that was used."""
    one, other = place.open(), place.open()
    first, second = follow(*merged_and_split()[:2])
    publish(one, 1, State.empty(), first)
    with pytest.raises(RegistryError, match=r"E608.*run 1 was to be published, and run 1 was the last"):
        publish(other, 1, State.empty(), first)
    taken = publication(2, first.state, second)
    run = replace(taken.run, run_id=run_of(1).run_id)
    stamped = taken.events.with_columns(run_id=pl.lit(run.run_id))
    with pytest.raises(RegistryError, match=r"E608.*in it already"):
        other.publish(replace(taken, run=run, events=stamped))
    publish(other, 2, first.state, second)
    same(one.state(), second.state)


def test_nothing_happened(registry: Registry) -> None:
    """A run without any change adds itself and nothing else."""
    partition = partition_of("a1 b1", "c1")
    publish_all(registry, [partition, partition])
    assert registry.events(since=1).is_empty()
    assert len(rows(registry, "SELECT * FROM memberships")) == 3
    assert len(rows(registry, "SELECT * FROM oneids")) == 2
