"""Members that get new numbers: what is refused, and which renumberings are proposed."""

from __future__ import annotations

import polars as pl
import pytest

from identity.small import bearers, follow, named, partition_of, renumbering, wrong
from oneid.identity.renumbering import rekey, renumbered
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
