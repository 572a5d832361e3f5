"""Merges and splits as decisions: what is refused, what is said with them, whom they join."""

from __future__ import annotations

import polars as pl
import pytest

from identity.small import KEY, bearers, follow, frame_of, named, partition_of, run_of, wrong
from oneid.identity import decisions
from oneid.identity.decisions import Note
from oneid.identity.erasure import erase
from oneid.identity.mergesplit import living, merge, split
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.oneids import check, derive
from oneid.vocabulary.references import RecordRef


def test_what_cannot_be_split_or_merged() -> None:
    """Unknown, mistyped, retired, twice, not its record, all or none of them, only one: with a code and a hint each."""
    results = follow(partition_of("a1 a2", "b1", "c1"), partition_of("a1 a2 b1"))
    state = results[-1].state
    a, b, c = (named(results[0], name) for name in ("a1", "b1", "c1"))
    other = derive(pl.Series(["x"]), pl.Series(["y"]), KEY).item()
    typed = "OID" + other[4:] + "0"
    assert not check(typed)
    assert wrong(merge, state, [other, typed, c, a, b]) == ["E460", "E460", "E461", "E462"]
    assert wrong(merge, state, [a, a]) == ["E462"]
    assert wrong(merge, state, [b]) == ["E464"]
    assert wrong(split, state, c) == ["E461"]
    assert wrong(split, state, a, [RecordRef("c", "1"), RecordRef("x", "1"), RecordRef("a", "1")]) == ["E463"] * 2
    assert wrong(split, state, a, [RecordRef(*record) for record in partition_of("a1 a2 b1")]) == ["E463"]
    assert wrong(split, state, a, []) == ["E463"]
    assert wrong(split, results[0].state, a) == ["E463"]
    assert living(state, [b]) == {b: a}
    with pytest.raises(UsageError, match=rf"{b} and {a} are one OneID already"):
        living(state, [a, b])


def test_decisions_carry_what_was_said() -> None:
    """Who, when, why; without a reason what was done, and which alias was followed."""
    results = follow(partition_of("b1", "a1"), partition_of("a1 b1"))
    a, b = named(results[0], "a1"), named(results[0], "b1")
    note = Note("sato", "2026-11-22", "two persons", "T-1", "mori")
    made = split(results[-1].state, b, None, note)
    assert made.rows() == [("a", "1", "b", "1", "different", "sato", "2026-11-22", "two persons", "T-1", "mori")]
    assert made.columns == [*decisions.COLUMNS, *decisions.SAID]
    assert split(results[-1].state, b)["reason"].item() == f"split of {a}, named by its alias {b}"
    assert merge(results[0].state, [b, a])["reason"].item() == f"merge of {b} and {a}"


def test_a_merge_joins_all_records_with_a_founder_else_the_least_at_home() -> None:
    """Where the founder was erased, the least record of its own stands for the OneID; all others come along."""
    results = follow(partition_of("a1 a3", "b1"), partition_of("a1 a3 b1", "a2", "c1"))
    state = erase(results[-1].state, frame_of(("a", "1")), run_of(3))
    oneids = [named(results[-1], name) for name in ("c1", "b1", "a2")]
    made = merge(state, oneids)
    assert made.select(decisions.COLUMNS[:4]).rows() == [
        ("a", "2", "a", "3"),
        ("a", "3", "b", "1"),
        ("a", "3", "c", "1"),
    ]


def test_of_several_records_at_home_the_least_stands_for_a_oneid() -> None:
    """Who was there in an earlier run, then the least source, then the least id."""
    for home, late, least in (("b2 b10 c1", "a0", ("b", "10")), ("c2 b2", "", ("b", "2")), ("c2", "b0 c0", ("c", "2"))):
        results = follow(partition_of(f"a1 {home}", "z1"), partition_of(f"a1 {home} {late}", "z1"))
        state = erase(results[-1].state, frame_of(("a", "1")), run_of(3))
        made = merge(state, [named(results[0], "a1"), named(results[0], "z1")])
        ends = [{row[:2], row[2:]} for row in made.select(decisions.COLUMNS[:4]).rows()]
        assert set.intersection(*ends) >= {least}
        assert len(ends) == state.assignments.height - 1


def test_the_founder_stands_for_a_oneid_before_others_of_its_source() -> None:
    """Also before one that was there earlier, and came from another OneID."""
    state = follow(partition_of("a1 a3"), partition_of("a1 a3", "a9"), partition_of("a1", "a3 a9", "z1"))[-1].state
    oneids = bearers(state)
    made = merge(state, [oneids["z", "1"], oneids["a", "9"]])
    assert made.select(decisions.COLUMNS[:4]).rows() == [("a", "3", "a", "9"), ("a", "9", "z", "1")]


def test_a_merge_takes_back_what_was_parted_across_alone() -> None:
    """Decisions that part records of one of the OneIDs, or of others, stay."""
    state = follow(partition_of("a1 a2", "b1", "c1"))[0].state
    oneids = bearers(state)
    said = [("a", "1", "a", "2", "different"), ("a", "2", "b", "1", "different"), ("a", "2", "c", "1", "different")]
    decided = pl.DataFrame(said, decisions.COLUMNS, orient="row")
    made = merge(state, [oneids["a", "1"], oneids["b", "1"]], decided=decided)
    assert made.select(decisions.COLUMNS[:4]).rows() == [
        ("a", "1", "a", "2"),
        ("a", "1", "b", "1"),
        ("a", "2", "b", "1"),
    ]
    again = decided.with_columns(decision=pl.lit("same"))
    assert merge(state, [oneids["a", "1"], oneids["b", "1"]], decided=again).height == 2


def test_a_hint_says_whether_a_symbol_is_wrong() -> None:
    """Or whether a OneID may be of another registry."""
    state = follow(partition_of("a1"))[0].state
    other = derive(pl.Series(["x"]), pl.Series(["y"]), KEY).item()
    typed = other[:-1] + ("A" if other[-1] != "A" else "B")
    for oneid, hint in ((other, "another registry"), (typed, "a symbol of it is wrong")):
        with pytest.raises(UsageError, match=hint):
            living(state, [oneid])
    mine = bearers(state)["a", "1"]
    with pytest.raises(UsageError, match=f"{mine} is named twice"):
        living(state, [mine, mine])
