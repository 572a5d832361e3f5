"""The life of OneIDs: stories that a clerk can read, what people do between runs, and any sequence of all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from identity.small import (
    KEY,
    Partition,
    Record,
    bearers,
    frame_of,
    leads,
    members_of,
    renumbering,
    run_of,
    wrong,
)
from oneid.identity import decisions
from oneid.identity.assignment import assign
from oneid.identity.erasure import erase, erased
from oneid.identity.mergesplit import merge, split
from oneid.identity.renumbering import rekey, rekeyed
from oneid.identity.rollback import rollback, rolled_back
from oneid.identity.state import Assignment, Run, State
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.references import RecordRef
from paths import ROOT, cases

STORIES: dict[str, Any] = cases("lives")
TOLD = [story for theme in STORIES["themes"] for story in theme["stories"]]


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
            done = rollback(now, self.states[int(said)], KEY, run)
            state, events = done.state, done.events
        elif kind == "rekey":
            rows = renumbering(*(("m", *pair.split(">")) for pair in said.split()))
            state = rekey(now, rows)
            events = rekeyed(state, rows, run)
        else:
            state = erase(now, frame_of(*(("m", letter) for letter in said.split())), run)
            events = erased(now, state, run)
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
            made = merge(now, [oneids[word] for word in words], decided=self.decided)
        else:
            named_ones = [RecordRef("m", letter) for letter in words[1:]]
            made = split(now, oneids[words[0]], named_ones or None)
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
        if not self.decide(merge(self.state, chosen, decided=self.decided)):
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
            assert wrong(split, self.state, oneid) == ["E463"]
            return
        made = split(self.state, oneid, None if some is None else [RecordRef(*record) for record in some])
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
        self.state = rekey(before, old_new)
        assert bearers(self.state) == {renamed.get(r, r): oneid for r, oneid in bearers(before).items()}
        assert leads(self.state) == leads(before)
        told = rekeyed(self.state, old_new, self.next_run()).select("source", "source_id", "oneid")
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
        cluster = rolled_back(before, then)
        rows = before.assignments.select("source", "source_id").with_columns(cluster).rows()
        self.partition = {(source, source_id): number for source, source_id, number in rows}
        self.took(before, rollback(before, then, KEY, run))
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
        self.state = erase(before, gone, self.next_run())
        events = erased(before, self.state, self.next_run())
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
        self.past = [erase(state, gone, self.next_run()) for state in self.past]
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
    return rekey(state, old_new.join(known, on=["source", "old_id"], how="semi"))


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
    live(18, 14)


@pytest.mark.slow
def test_any_long_life() -> None:
    """The same, longer and more often."""
    live(120, 30)


if __name__ == "__main__":
    for code in WORDS:
        start, _, end = part(page(code).read_text("utf-8"), "stories")
        page(code).write_text(start + told_by_table(code) + end, "utf-8")
