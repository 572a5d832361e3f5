"""The life of OneIDs: stories that a clerk can read, what people do between runs, and any sequence of all of it."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from identity.test_assignment import KEY, Partition, Record, follow, members_of, named, partition_of, run_of
from oneid.identity import decisions, edits
from oneid.identity.assignment import EVENTS, Assignment, Run, State, assign, check, derive
from oneid.identity.decisions import Note
from oneid.vocabulary.errors import OneIDError, RegistryError, UsageError
from oneid.vocabulary.references import RecordRef
from paths import CASE_FILES, ROOT

STORIES: dict[str, Any] = yaml.safe_load(CASE_FILES["lives"].read_text("utf-8"))
TOLD = [story for theme in STORIES["themes"] for story in theme["stories"]]


def frame_of(*records: Record) -> pl.DataFrame:
    return pl.DataFrame(records, {"source": pl.String, "source_id": pl.String}, orient="row")


def renumbering(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, edits.RENUMBERED, orient="row")


def bearers(state: State) -> dict[Record, str]:
    return {(row[0], row[1]): row[2] for row in state.assignments.select("source", "source_id", "oneid").rows()}


def leads(state: State) -> dict[str, str | None]:
    return dict(state.oneids.select("oneid", "current_oneid").rows())


# --- stories ---------------------------------------------------------------------------------------------------------


class Clerk:
    """Does the steps of a story. Records are small letters, ids of the source ``m``; a OneID is named by the capital
    letter of its founder, with 2, 3 ... where that founder had one before.
    """

    def __init__(self) -> None:
        self.states = [State.empty()]
        self.names: dict[str, str] = {}
        self.decided: pl.DataFrame | None = None

    def do(self, step: dict[str, Any]) -> dict[str, str]:
        """What can be expected of a step: is, events, aliases, decides."""
        ((kind, said),) = [(kind, str(step[kind])) for kind in KINDS if kind in step]
        now, run = self.states[-1], run_of(len(self.states))
        if kind in ("merge", "split"):
            self.states.append(now)
            return {"decides": self.decide(kind, said)}
        if kind == "run":
            clusters = {letter: number for number, word in enumerate(said.split()) for letter in word}
            partition = {("m", letter): number for letter, number in clusters.items()}
            done = assign(members_of(partition), now, KEY, run)
            state, events = done.state, done.events
        elif kind == "rollback":
            done = edits.rollback(now, self.states[int(said)], KEY, run)
            state, events = done.state, done.events
        elif kind == "rekey":
            rows = renumbering(*(("m", *pair.split(">")) for pair in said.split()))
            state = edits.rekey(now, rows)
            events = edits.rekeyed(state, rows, run)
        else:
            state = edits.erase(now, frame_of(*(("m", letter) for letter in said.split())), run)
            events = edits.erased(now, state, run)
        self.states.append(state)
        return {"is": self.held(state), "events": ", ".join(map(self.told, events.iter_rows(named=True))),
                "aliases": self.aliases(state)}  # fmt: skip

    def name(self, oneid: str) -> str:
        if oneid not in self.names:
            row = self.states[-1].oneids.row(by_predicate=pl.col("oneid") == oneid, named=True)
            ((_, letter),) = [(row["founder_source"], row["founder_source_id"])]
            self.names[oneid] = letter.upper() + (str(row["generation"] + 1) if row["generation"] else "")
        return self.names[oneid]

    def held(self, state: State) -> str:
        members: dict[str, str] = {}
        for (_, letter), oneid in sorted(bearers(state).items()):
            members[self.name(oneid)] = members.get(self.name(oneid), "") + letter
        return " ".join(f"{name}:{letters}" for name, letters in members.items())

    def aliases(self, state: State) -> str:
        found = {self.name(oneid): now and self.name(now) for oneid, now in leads(state).items() if oneid != now}
        return " ".join(f"{name}>{now or '-'}" for name, now in sorted(found.items()))

    def told(self, event: dict[str, Any]) -> str:
        ways = [self.name(oneid) for oneid in (event["oneid"], event["other_oneid"]) if oneid]
        words = [event["event"], ">".join(ways), event["source_id"], event["reason"]]
        return " ".join(word for word in words if word)

    def decide(self, kind: str, said: str) -> str:
        oneids = {name: oneid for oneid, name in self.names.items()}
        words, now = said.split(), self.states[-1]
        if kind == "merge":
            made = edits.merge(now, [oneids[word] for word in words], decided=self.decided)
        else:
            named_ones = [RecordRef("m", letter) for letter in words[1:]]
            made = edits.split(now, oneids[words[0]], named_ones or None)
        before = [] if self.decided is None else [self.decided.select(made.columns)]
        self.decided = decisions.combine(None, pl.concat([*before, made]))
        signs = {"same": "=", "different": "!"}
        return " ".join(
            f"{left}{signs[verdict]}{right}"
            for left, right, verdict in made.select("source_id_l", "source_id_r", "decision").rows()
        )


KINDS = ("run", "rekey", "merge", "split", "rollback", "erase")
EXPECTED = ("is", "events", "aliases", "decides")


@pytest.mark.parametrize("story", TOLD, ids=lambda story: story["id"])
def test_story(story: dict[str, Any]) -> None:
    """Every step of the story has the outcome that it tells: who bears what, the events, where aliases lead."""
    clerk = Clerk()
    for number, step in enumerate(story["steps"], 1):
        found = clerk.do(step)
        said = {name: step.get(name) or "" for name in EXPECTED if name in step or name in found}
        for name, between in (("events", ", "), ("is", " "), ("decides", " ")):
            for texts in (found, said):
                if name in texts:
                    texts[name] = between.join(sorted(texts[name].split(between)))
        assert (number, found) == (number, said)


def test_stories_are_told_once() -> None:
    """Names are unique, there are titles in both languages, and at least one story for each theme."""
    assert len({story["id"] for story in TOLD}) == len(TOLD)
    assert all(story["en"] and story["ja"] for story in TOLD)
    assert all(theme["stories"] for theme in STORIES["themes"])


# --- the page that tells them ----------------------------------------------------------------------------------------


WORDS = {"en": ("what happens", "runs and acts", "OneIDs at the end"), "ja": ("出来事", "実行と操作", "最後のOneID")}


def page(language: str) -> Path:
    return ROOT / f"docs/{language}/explanation/identity.md"


def part(text: str, name: str) -> tuple[str, str, str]:
    """What is before, in and after a part of a page that is marked by comments."""
    before, mark, rest = text.partition(f"<!-- {name} -->\n")
    inside, end, after = rest.partition("<!-- end -->")
    return before + mark, inside, end + after


def told_by_table(language: str) -> str:
    """The stories as tables, one per theme."""
    tables = []
    for theme in STORIES["themes"]:
        rows = [WORDS[language], ("---",) * 3]
        for story in theme["stories"]:
            steps = [(kind, step[kind]) for step in story["steps"] for kind in KINDS if kind in step]
            acts = " → ".join(f"`{said}`" if kind == "run" else f"{kind} `{said}`" for kind, said in steps)
            last = story["steps"][-1]
            rows.append((story[language], acts, f"`{' '.join(filter(None, (last['is'], last.get('aliases'))))}`"))
        tables.append(f"### {theme[language]}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows))
    return "\n" + "\n".join(tables) + "\n"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_tells_the_stories(language: str) -> None:
    """As they are; and every event and reason that they show, and no other."""
    text = page(language).read_text("utf-8")
    assert part(text, "stories")[1] == told_by_table(language), "write it anew: python tests/test_lives.py"
    rows = [tuple(row.strip("| ").split(" | ")[:2]) for row in part(text, "events")[1].splitlines()[2:]]
    shown = {
        (event.split()[0], event.split()[-1])
        for story in TOLD
        for step in story["steps"]
        for event in step.get("events", "").split(", ")
        if event
    }
    assert set(rows) == shown
    assert len(rows) == len(shown)


# --- members that are renumbered -------------------------------------------------------------------------------------


def wrong(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(OneIDError) as caught:
        call(*arguments)
    assert caught.value.exit_code == 2
    assert all(problem.hint for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]


def test_all_wrong_renumberings_are_told_at_once() -> None:
    """Blank, twice, unknown, taken: each with its rows, and no number in the text."""
    state = follow(partition_of("a1", "a2", "a3"))[0].state
    rows = renumbering(("a", "1", " "), ("a", "2", "x"), ("a", "2", "y"), ("a", "secret", "z"), ("a", "3", "1"))
    assert wrong(edits.rekey, state, rows) == ["E613", "E612", "E610", "E611"]
    with pytest.raises(OneIDError) as caught:
        edits.rekey(state, rows)
    said = str(caught.value)
    assert "rows 2, 3" in said
    assert "row 5" in said
    assert "secret" not in said


def test_a_new_number_that_a_founder_had_is_taken() -> None:
    """Also where the founder left: its OneID would go to another person. A renumbered founder makes way."""
    results = follow(partition_of("a1 a2", "a3"), partition_of("a2", "a3"), partition_of("a2 a3"), partition_of("a2"))
    state = results[-1].state
    assert wrong(edits.rekey, state, renumbering(("a", "2", "3"))) == ["E611"]
    moved = edits.rekey(state, renumbering(("a", "2", "3"), ("a", "3", "old 3")))
    assert bearers(moved) == {("a", "3"): named(results[0], "a1")}


def test_many_wrong_rows_are_counted() -> None:
    """The first twenty are named."""
    rows = renumbering(*(("a", f"{n}", f"x{n}") for n in range(25)))
    with pytest.raises(RegistryError, match=r"rows 1, 2, .* 20 and 5 more"):
        edits.rekey(State.empty(), rows)


def test_proposals_need_exactly_one_of_each() -> None:
    """Two alike on either side, another source, or nothing to go by: no proposal."""

    def some(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
        schema = {"source": pl.String, "source_id": pl.String, "fingerprint": pl.UInt64}
        return pl.DataFrame(rows, schema, orient="row")

    gone = some(("a", "1", 7), ("a", "2", 8), ("a", "3", 8), ("a", "4", 9), ("a", "5", None), ("b", "6", 5))
    fresh = some(("a", "x", 7), ("a", "y", 8), ("a", "z", 9), ("a", "w", 9), ("a", "v", None), ("c", "u", 5))
    assert edits.renumbered(gone, fresh).rows() == [("a", "1", "x")]
    assert edits.renumbered(gone.clear(), fresh).rows() == []


# --- decisions about OneIDs ------------------------------------------------------------------------------------------


def test_what_cannot_be_split_or_merged() -> None:
    """Unknown, mistyped, retired, twice, not its record, all or none of them, only one: with a code and a hint each."""
    results = follow(partition_of("a1 a2", "b1", "c1"), partition_of("a1 a2 b1"))
    state = results[-1].state
    a, b, c = (named(results[0], name) for name in ("a1", "b1", "c1"))
    other = derive(pl.Series(["x"]), pl.Series(["y"]), KEY).item()
    typed = "OID" + other[4:] + "0"
    assert not check(typed)
    assert wrong(edits.merge, state, [other, typed, c, a, b]) == ["E460", "E460", "E461", "E462"]
    assert wrong(edits.merge, state, [a, a]) == ["E462"]
    assert wrong(edits.merge, state, [b]) == ["E464"]
    assert wrong(edits.split, state, c) == ["E461"]
    assert wrong(edits.split, state, a, [RecordRef("c", "1"), RecordRef("x", "1"), RecordRef("a", "1")]) == ["E463"] * 2
    assert wrong(edits.split, state, a, [RecordRef(*record) for record in partition_of("a1 a2 b1")]) == ["E463"]
    assert wrong(edits.split, state, a, []) == ["E463"]
    assert wrong(edits.split, results[0].state, a) == ["E463"]
    assert edits.living(state, [b]) == {b: a}
    with pytest.raises(UsageError, match=rf"{b} and {a} are one OneID already"):
        edits.living(state, [a, b])


def test_decisions_carry_what_was_said() -> None:
    """Who, when, why; without a reason what was done, and which alias was followed."""
    results = follow(partition_of("b1", "a1"), partition_of("a1 b1"))
    a, b = named(results[0], "a1"), named(results[0], "b1")
    note = Note("sato", "2026-11-22", "two persons", "T-1", "mori")
    made = edits.split(results[-1].state, b, None, note)
    assert made.rows() == [("a", "1", "b", "1", "different", "sato", "2026-11-22", "two persons", "T-1", "mori")]
    assert made.columns == [*decisions.COLUMNS, *decisions.SAID]
    assert edits.split(results[-1].state, b)["reason"].item() == f"split of {a}, named by its alias {b}"
    assert edits.merge(results[0].state, [b, a])["reason"].item() == f"merge of {b} and {a}"


def test_a_merge_joins_all_records_with_a_founder_else_the_least_at_home() -> None:
    """Where the founder was erased, the least record of its own stands for the OneID; all others come along."""
    results = follow(partition_of("a1 a3", "b1"), partition_of("a1 a3 b1", "a2", "c1"))
    state = edits.erase(results[-1].state, frame_of(("a", "1")), run_of(3))
    oneids = [named(results[-1], name) for name in ("c1", "b1", "a2")]
    made = edits.merge(state, oneids)
    assert made.select(decisions.COLUMNS[:4]).rows() == [
        ("a", "2", "a", "3"),
        ("a", "3", "b", "1"),
        ("a", "3", "c", "1"),
    ]


# --- erasure ---------------------------------------------------------------------------------------------------------


def test_tokens_follow_their_specification() -> None:
    """The same from the standard library alone; the key, the source and where it ends all matter."""
    sources, ids = pl.Series(["ec", "会員", "ec:1"]), pl.Series(["1:x", "髙橋", "x"])
    for key in (KEY, b"k" * 100):
        short = key if len(key) <= 64 else blake2b(key).digest()
        expected = [
            b32encode(
                blake2b(
                    f"{len(source.encode())}:{source}:{source_id}".encode(),
                    digest_size=20, key=short, person=b"oneid tombstone",
                ).digest()
            ).decode()
            for source, source_id in zip(sources, ids, strict=True)
        ]  # fmt: skip
        assert edits.token(sources, ids, key).to_list() == expected
        assert len(set(expected)) == 3
    assert (
        edits.token(pl.Series(["a"]), pl.Series(["1"]), b"x")[0] != edits.token(*map(pl.Series, (["a"], ["1"])), KEY)[0]
    )
    assert wrong(edits.token, sources, ids, b"") == ["E415"]


def test_the_erased_are_known_again() -> None:
    """By tombstones alone; other columns and the order stay."""
    records = frame_of(("a", "1"), ("a", "2"), ("b", "1")).with_columns(row=pl.Series([3, 2, 1]))
    stones = edits.token(pl.Series(["b", "a"]), pl.Series(["1", "1"]), KEY)
    assert edits.erased_among(records, stones, KEY).rows() == [("a", "1", 3), ("b", "1", 1)]
    assert edits.erased_among(records, stones, b"another key").is_empty()
    assert edits.erased_among(records, stones.clear(), KEY).is_empty()


def test_an_erasure_leaves_no_trace() -> None:
    """Neither state nor events name the record; who was never there changes nothing; the time is told."""
    before = follow(partition_of("a1 b1", "b2"))[0].state
    gone = frame_of(("a", "1"), ("b", "2"), ("x", "9"))
    after = edits.erase(before, gone, run_of(2))
    assert sorted(after.oneids.select("founder_source", "founder_source_id").rows(), key=str) == [(None, None)] * 2
    assert set(bearers(after)) == {("b", "1")}
    events = edits.erased(before, after, run_of(2))
    assert events.schema == pl.Schema(dict(EVENTS))
    assert events["source_id"].null_count() == len(events) == 3
    assert sorted(events.select("event", "source", "reason").rows(), key=str) == [
        ("left", "a", "erased"), ("left", "b", "erased"), ("retired", None, "erased")
    ]  # fmt: skip
    retired = after.oneids.filter(pl.col("current_oneid").is_null())
    assert retired.select("under_oneid", "since").rows() == [(None, run_of(2).at)]
    untouched = edits.erase(before, frame_of(("x", "9")), run_of(2))
    assert untouched.oneids.equals(before.oneids)
    assert untouched.assignments.equals(before.assignments)


# --- any sequence of all of it ---------------------------------------------------------------------------------------

SLOTS = 7
PARTITIONS = st.lists(st.integers(-1, 4), min_size=SLOTS, max_size=SLOTS)
"""Per slot its cluster; -1: not there."""


class Lives(RuleBasedStateMachine):
    """Seven slots, each a member or a former one. After every step the promises are checked, and the step's events
    must explain the difference.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[Record] = [("ab"[slot % 2], f"{slot}") for slot in range(SLOTS)]
        self.fresh = SLOTS
        self.state = State.empty()
        self.past: list[State] = []
        self.decided: pl.DataFrame = decisions.combine(None, None)
        self.partition: Partition = {}
        self.number = 0
        self.ever: set[str] = set()
        self.retired: set[str] = set()

    # --- steps

    @rule(labels=PARTITIONS, shuffled=st.booleans())
    def run(self, labels: list[int], shuffled: bool) -> None:
        wanted = {self.ids[slot]: label for slot, label in enumerate(labels) if label >= 0}
        self.assign(self.heeding(wanted), shuffled=shuffled)

    @rule()
    def same_again(self) -> None:
        before = self.state
        self.assign(self.partition)
        assert leads(self.state) == leads(before)
        assert self.state.assignments.equals(before.assignments)
        assert self.last.events.is_empty()

    @precondition(lambda self: len(set(bearers(self.state).values())) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from(self.living()), min_size=2, max_size=3, unique=True))
        age = self.state.oneids.sort("born_run", "founder_source", "founder_source_id", nulls_last=True)
        if not self.decide(edits.merge(self.state, chosen, decided=self.decided)):
            return
        whose = bearers(self.state)
        self.assign({r: -1 if whose[r] in chosen else label for r, label in self.partition.items()})
        if age.filter(pl.col("oneid").is_in(chosen))["founder_source"].null_count() == 0:
            oldest = next(oneid for oneid in age["oneid"] if oneid in chosen)
            assert {leads(self.state)[oneid] for oneid in chosen} == {oldest}

    @precondition(lambda self: len(set(bearers(self.state).values())) < len(bearers(self.state)))
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        whose = bearers(self.state)
        oneid = data.draw(st.sampled_from([o for o in self.living() if list(whose.values()).count(o) > 1]))
        theirs = sorted(record for record in whose if whose[record] == oneid)
        some = data.draw(
            st.none() | st.lists(st.sampled_from(theirs), min_size=1, max_size=len(theirs) - 1, unique=True)
        )
        if some is None and not self.merged_into(oneid):
            assert wrong(edits.split, self.state, oneid) == ["E463"]
            return
        made = edits.split(self.state, oneid, None if some is None else [RecordRef(*record) for record in some])
        apart = {frozenset(pair) for pair in self.pairs(made)}
        graph: nx.Graph[Record] = nx.Graph()
        graph.add_nodes_from(theirs)
        graph.add_edges_from((a, b) for a in theirs for b in theirs if a < b and frozenset((a, b)) not in apart)
        parts = [*nx.connected_components(graph)]
        assert len(apart) == sum(len(a) * len(b) for at, a in enumerate(parts) for b in parts[:at])
        assert some is None or set(some) in parts
        if self.decide(made):
            part = {record: -1 - number for number, records in enumerate(parts) for record in records}
            self.assign({record: part.get(record, label) for record, label in self.partition.items()})
            now = bearers(self.state)
            assert all(len({now[record] for record in records}) == 1 for records in parts)
            assert oneid in {now[record] for record in theirs}

    @rule(data=st.data())
    def rekey(self, data: st.DataObject) -> None:
        """New numbers, or those of others in the same file: swaps and chains."""
        known = [slot for slot in range(SLOTS) if self.ids[slot] in bearers(self.state)]
        if not known:
            return
        slots = data.draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
        shift = data.draw(st.booleans())
        rows = []
        for source in "ab":
            mine = [self.ids[slot] for slot in slots if self.ids[slot][0] == source]
            new = [old[1] for old in mine[1:] + mine[:1]] if shift else [f"{self.fresh + n}" for n in range(len(mine))]
            self.fresh += len(mine)
            rows += [(source, old[1], number) for old, number in zip(mine, new, strict=True)]
        renamed = {(source, old): (source, number) for source, old, number in rows}
        before, old_new = self.state, renumbering(*rows)
        self.state = edits.rekey(before, old_new)
        assert bearers(self.state) == {renamed.get(r, r): oneid for r, oneid in bearers(before).items()}
        assert leads(self.state) == leads(before)
        told = edits.rekeyed(self.state, old_new, self.next_run()).select("source", "source_id", "oneid")
        changed = {new for old, new in renamed.items() if old != new}
        assert set(told.rows()) == {
            (*record, oneid) for record, oneid in bearers(self.state).items() if record in changed
        }
        self.ids = [renamed.get(record, record) for record in self.ids]
        self.partition = {renamed.get(record, record): label for record, label in self.partition.items()}
        self.past = [renamed_everywhere(state, old_new) for state in self.past]
        self.decided = (
            decisions.renumbered(self.decided, old_new, run_of(10_000).at) if not shift else self.decided.clear()
        )

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        then = data.draw(st.sampled_from(self.past[-4:]))
        before, run = self.state, self.next_run()
        cluster = edits.rolled_back(before, then)
        rows = before.assignments.select("source", "source_id").with_columns(cluster).rows()
        self.partition = {(source, source_id): number for source, source_id, number in rows}
        self.took(before, edits.rollback(before, then, KEY, run))
        was, now, today, lead = bearers(then), bearers(self.state), bearers(before), leads(self.state)
        assert set(now) == set(today)
        for record, oneid in was.items():
            if record in now and oneid not in self.retired:
                assert now[record] == oneid == lead[oneid]
        later = [record for record in now if record not in was]
        for record in later:
            assert {r for r in now if now[r] == now[record]} == {r for r in later if today[r] == today[record]}
        if set(was) == set(today):
            then_led = leads(then)
            assert all(
                lead[oneid] in (now_led, None) for oneid, now_led in then_led.items() if now_led not in self.retired
            )

    @precondition(lambda self: len(bearers(self.state)))
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        slots = data.draw(st.lists(st.integers(0, SLOTS - 1), min_size=1, max_size=2, unique=True))
        gone = frame_of(*(self.ids[slot] for slot in slots))
        before = self.state
        self.state = edits.erase(before, gone, self.next_run())
        events = edits.erased(before, self.state, self.next_run())
        lost = {record: oneid for record, oneid in bearers(before).items() if record not in bearers(self.state)}
        assert set(lost) == set(bearers(before)) & {self.ids[slot] for slot in slots}
        left = events.filter(pl.col("event") == "left").select("source", "oneid").rows()
        assert sorted(left) == sorted((record[0], oneid) for record, oneid in lost.items())
        ended = {oneid for oneid, now in leads(before).items() if now and not leads(self.state)[oneid]}
        assert set(events.filter(pl.col("event") == "retired")["oneid"]) == ended
        kept = {oneid: now for oneid, now in leads(before).items() if oneid not in ended}
        assert kept == {oneid: now for oneid, now in leads(self.state).items() if oneid not in ended}
        founders = set(self.state.oneids.select("founder_source", "founder_source_id").rows())
        assert not founders & set(gone.rows())
        for slot in slots:
            self.partition.pop(self.ids[slot], None)
            self.ids[slot] = (self.ids[slot][0], f"{self.fresh}")
            self.fresh += 1
        self.past = [edits.erase(state, gone, self.next_run()) for state in self.past]
        self.decided = decisions.without(self.decided, gone)
        self.promises()

    # --- how a step is taken

    def next_run(self) -> Run:
        return run_of(self.number + 1)

    def assign(self, partition: Partition, *, shuffled: bool = False) -> None:
        numbers = {label: place * 3 for place, label in enumerate(sorted(set(partition.values()), reverse=True))}
        partition = {record: numbers[label] for record, label in partition.items()}
        members = members_of(partition)
        before, run = self.state, self.next_run()
        done = assign(members, before, KEY, run)
        if shuffled:
            other = State(
                *(frame.sample(fraction=1, shuffle=True, seed=7) for frame in (before.oneids, before.assignments))
            )
            again = assign(members.sample(fraction=1, shuffle=True, seed=3), other, KEY, run)
            assert again.state.oneids.equals(done.state.oneids)
            assert again.state.assignments.equals(done.state.assignments)
            assert again.events.equals(done.events)
        self.partition = partition
        self.took(before, done)

    def took(self, before: State, done: Assignment) -> None:
        self.past.append(before)
        self.state, self.last = done.state, done
        self.number += 1
        explained(before, done)
        self.promises()

    def heeding(self, wanted: Partition) -> Partition:
        """``wanted``, changed where decisions say otherwise: who is the same goes together, who is not apart."""
        graph: nx.Graph[Record] = nx.Graph()
        graph.add_nodes_from(wanted)
        graph.add_edges_from(pair for pair in self.pairs(self.decided, "same") if set(pair) <= set(wanted))
        heeded = {record: wanted[min(whole)] for whole in nx.connected_components(graph) for record in whole}
        for a, b in self.pairs(self.decided, "different"):
            if a in heeded and b in heeded and heeded[a] == heeded[b]:
                for record in nx.node_connected_component(graph, a):
                    heeded[record] = 100 + SLOTS * len(heeded) + sorted(heeded).index(a)
        return heeded

    def decide(self, made: pl.DataFrame) -> bool:
        """Whether the decisions agree with all that were made, also about those who are not there."""
        every = pl.concat([self.decided.select(made.columns), made])
        try:
            self.decided = decisions.combine(None, every)
        except OneIDError:
            assert set(wrong(decisions.combine, None, every)) == {"E234"}
            return False
        return True

    def merged_into(self, oneid: str) -> bool:
        """Whether some records of a OneID, but not all, would go to the same other one if it were not there."""
        under = dict(self.state.oneids.select("oneid", "under_oneid").rows())
        tops = set()
        for home in self.state.assignments.filter(pl.col("oneid") == oneid)["home_oneid"]:
            way = [home]
            while way[-1] != oneid:
                way.append(under[way[-1]])
            tops.add(way[-2] if len(way) > 1 else oneid)
        return len(tops) > 1

    @staticmethod
    def pairs(decided: pl.DataFrame, verdict: str = "different") -> list[tuple[Record, Record]]:
        rows = decided.filter(pl.col("decision") == verdict).select(decisions.COLUMNS[:4]).rows()
        return [((row[0], row[1]), (row[2], row[3])) for row in rows]

    def living(self) -> list[str]:
        return sorted(set(bearers(self.state).values()))

    # --- what always holds

    def promises(self) -> None:
        whose, lead = bearers(self.state), leads(self.state)
        living = {oneid for oneid, now in lead.items() if now == oneid}
        assert set(whose) == set(self.partition)
        clusters = {(self.partition[record], oneid) for record, oneid in whose.items()}
        assert len(clusters) == len({a for a, _ in clusters}) == len({b for _, b in clusters})
        assert set(whose.values()) == living == {now for now in lead.values() if now}
        assert self.ever <= set(lead)
        assert all(lead[oneid] is None for oneid in self.retired)
        self.ever = set(lead)
        self.retired = {oneid for oneid, now in lead.items() if now is None}


def renamed_everywhere(state: State, old_new: pl.DataFrame) -> State:
    """An earlier state under today's numbers; not all of them are in it."""
    known = pl.concat([
        state.assignments.select("source", old_id="source_id"),
        state.oneids.select(source="founder_source", old_id="founder_source_id"),
    ])  # fmt: skip
    return edits.rekey(state, old_new.join(known, on=["source", "old_id"], how="semi"))


def explained(before: State, done: Assignment) -> None:
    """The events, put on the state before, give the state after: who bears what, and where every OneID leads. Of a
    OneID that is all new only the founder is told.
    """
    events = done.events.to_dicts()
    whose, lead, now = bearers(before), leads(before), bearers(done.state)
    of: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        of.setdefault(event["event"], []).append(event)
    merged = {event["oneid"]: event["other_oneid"] for event in of.get("merged", [])}
    follows = {oneid: merged.get(oneid, merged.get(current or "", current)) for oneid, current in lead.items()}
    follows |= {event["oneid"]: None for event in of.get("retired", [])}
    follows |= {event["oneid"]: event["oneid"] for kind in ("created", "reinstated") for event in of.get(kind, [])}
    assert follows == leads(done.state)
    again = {oneid for oneid, current in lead.items() if current not in (oneid, None) and follows[oneid] == oneid}
    assert {event["oneid"] for event in of.get("reinstated", [])} == again

    expected = {record: merged.get(oneid, oneid) for record, oneid in whose.items()}
    for event in (*of.get("left", []), *of.get("moved", [])):
        assert whose[event["source"], event["source_id"]] == event["oneid"]
    for event in of.get("left", []):
        del expected[event["source"], event["source_id"]]
    for event in of.get("moved", []):
        expected[event["source"], event["source_id"]] = event["other_oneid"]
    for event in (*of.get("joined", []), *of.get("created", [])):
        expected[event["source"], event["source_id"]] = event["oneid"]
    new = {event["oneid"] for event in of.get("created", []) if event["reason"] != "split"}
    assert all(record not in whose for record, oneid in now.items() if oneid in new)
    assert expected | {record: oneid for record, oneid in now.items() if oneid in new} == now
    ways = {(event["oneid"], event["other_oneid"]) for event in of.get("split", [])}
    assert ways <= {(event["oneid"], event["other_oneid"]) for event in of.get("moved", [])}


def live(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip


def test_any_life() -> None:
    """Whatever happens to members and OneIDs, in whatever order, the promises hold and events explain it."""
    live(30, 14)


@pytest.mark.slow
def test_any_long_life() -> None:
    """The same, longer and more often."""
    live(120, 30)


if __name__ == "__main__":
    for code in WORDS:
        start, _, end = part(page(code).read_text("utf-8"), "stories")
        page(code).write_text(start + told_by_table(code) + end, "utf-8")
