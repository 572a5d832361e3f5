"""Members that get new numbers: what is refused, and which renumberings are proposed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from identity.small import bearers, follow, frame_of, leads, named, partition_of, renumbering, run_of, wrong
from oneid.identity.renumbering import read_renumbering, rekey, rekeyed, renumbered, source_renamed, trail
from oneid.identity.state import State
from oneid.vocabulary.errors import OneIDError, RegistryError


def test_all_wrong_renumberings_are_told_at_once() -> None:
    """Blank, twice, unknown, taken: each with its rows, and no number in the text."""
    state = follow(partition_of("a1", "a2", "a3"))[0].state
    rows = renumbering(("a", "1", " "), ("a", "2", "x"), ("a", "2", "y"), ("a", "secret", "z"), ("a", "3", "1"))
    assert wrong(rekey, state, rows) == ["E613", "E612", "E610", "E611"]
    with pytest.raises(OneIDError) as caught:
        rekey(state, rows)
    said = str(caught.value)
    assert "rows 2, 3" in said
    assert "row 5" in said
    assert "secret" not in said


def test_a_new_number_that_a_founder_had_is_taken() -> None:
    """Also where the founder left: its OneID would go to another person. A renumbered founder makes way."""
    results = follow(partition_of("a1 a2", "a3"), partition_of("a2", "a3"), partition_of("a2 a3"), partition_of("a2"))
    state = results[-1].state
    assert wrong(rekey, state, renumbering(("a", "2", "3"))) == ["E611"]
    moved = rekey(state, renumbering(("a", "2", "3"), ("a", "3", "old 3")))
    assert bearers(moved) == {("a", "3"): named(results[0], "a1")}


def test_many_wrong_rows_are_counted() -> None:
    """The first twenty are named."""
    rows = renumbering(*(("a", f"{n}", f"x{n}") for n in range(25)))
    with pytest.raises(RegistryError, match=r"rows 1, 2, .* 20 and 5 more"):
        rekey(State.empty(), rows)
    with pytest.raises(RegistryError, match=r"rows 1, 2, .* 19, 20 Hint"):
        rekey(State.empty(), rows.head(20))


def test_proposals_need_exactly_one_of_each() -> None:
    """Two alike on either side, another source, or nothing to go by: no proposal."""

    def some(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
        schema = {"source": pl.String, "source_id": pl.String, "fingerprint": pl.UInt64}
        return pl.DataFrame(rows, schema, orient="row")

    gone = some(("a", "1", 7), ("a", "2", 8), ("a", "3", 8), ("a", "4", 9), ("a", "5", None), ("b", "6", 5))
    fresh = some(("a", "x", 7), ("a", "y", 8), ("a", "z", 9), ("a", "w", 9), ("a", "v", None), ("c", "u", 5))
    assert renumbered(gone, fresh).rows() == [("a", "1", "x")]
    assert renumbered(gone.clear(), fresh).rows() == []


def test_whose_number_changed_is_told() -> None:
    """Who has it still is not; members and founders are there under the new ones, in their order."""
    state = follow(partition_of("a1 a2", "a3", "b1"))[0].state
    rows = renumbering(("a", "2", "2"), ("a", "3", "0"))
    moved = rekey(state, rows)
    assert moved.assignments.select("source", "source_id").rows() == [("a", "0"), ("a", "1"), ("a", "2"), ("b", "1")]
    events = rekeyed(moved, rows, run_of(2))
    assert events.select("event", "oneid", "source", "source_id", "reason").rows() == [
        ("rekeyed", bearers(state)["a", "3"], "a", "0", "renumbered")
    ]


def test_a_source_that_was_renamed() -> None:
    """Its members and founders are those of the new name, in its order; all OneIDs stay."""
    state = follow(partition_of("a1 b1", "b2"))[0].state
    made = source_renamed(state, "a", "z")
    assert made.assignments.select("source", "source_id").rows() == [("b", "1"), ("b", "2"), ("z", "1")]
    assert bearers(made) == {("z" if source == "a" else source, n): one for (source, n), one in bearers(state).items()}
    assert sorted(made.oneids.select("founder_source", "founder_source_id").rows()) == [("b", "2"), ("z", "1")]
    assert leads(made) == leads(state)


def test_a_trail_goes_back_run_by_run() -> None:
    """In order of the runs; others who had the number, before or since, are not followed."""
    moves = pl.DataFrame(
        [("a", "1", "2", 2), ("a", "2", "3", 4), ("b", "1", "3", 4), ("a", "3", "4", 5), ("a", "7", "3", 6)],
        ["source", "old_id", "new_id", "run"], orient="row",
    )  # fmt: skip
    for order in (moves, moves.reverse()):
        assert trail(order, frame_of(("a", "4"))).rows() == [
            ("a", "3", "4", 5), ("a", "2", "3", 4), ("a", "1", "2", 2),
        ]  # fmt: skip
        assert trail(order, frame_of(("a", "3"))).rows() == [("a", "7", "3", 6)]
        assert trail(order, frame_of(("c", "4"))).rows() == []


def test_a_file_of_renumberings(tmp_path: Path) -> None:
    """Numbers are text; two columns, and else an error."""
    path = tmp_path / "new.csv"
    path.write_text("old_id,note,new_id\n007,x,7\n\n8,,0008\n", "utf-8")
    assert read_renumbering(path).rows() == [("007", "7"), ("8", "0008")]
    path.write_text("old_id,new\n1,2\n", "utf-8")
    assert set(wrong(read_renumbering, path)) == {"E240"}
