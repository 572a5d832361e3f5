"""What changed since the run before: new, changed and gone rows with their key, so that whole + changes = whole."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from oneid.outputs.tables.changes import NEW, changed, rows_before, since

tables = st.dictionaries(
    st.integers(0, 9), st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 2)), max_size=9
)


def table(rows: dict[int, tuple[str, int | None]]) -> pl.DataFrame:
    cells = [(f"{key}", *row) for key, row in rows.items()]
    return pl.DataFrame(cells, schema={"oneid": pl.String, "text": pl.String, "number": pl.Int64}, orient="row")


def applied(before: pl.DataFrame, told: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """What a warehouse's MERGE makes of a table."""
    kept = before.join(told, on=key, how="anti", nulls_equal=True)
    return pl.concat([kept, told.filter(pl.col("op") != "delete").drop("op").select(before.columns)])


@given(tables, tables, st.sets(st.integers(0, 9)))
def test_whole_and_changes_are_the_next_whole(
    then: dict[int, tuple[str, int | None]], now: dict[int, tuple[str, int | None]], taken: set[int]
) -> None:
    """Also where it is known of some rows that they were taken from the table before, and all others are compared."""
    before, after = table(then), table(now)
    same = rows_before(before, after)
    known = np.array([old if row in taken else NEW for row, old in enumerate(same.tolist())], dtype=np.int64)
    assert rows_before(before, after, known).tolist() == same.tolist()
    told = changed(before, after, ("oneid",), same)
    assert_frame_equal(applied(before, told, ("oneid",)).sort("oneid"), after.sort("oneid"))
    ops = dict(zip(told["oneid"], told["op"], strict=True))
    assert ops == {f"{key}": "insert" for key in now.keys() - then.keys()} | {
        f"{key}": "delete" for key in then.keys() - now.keys()
    } | {f"{key}": "update" for key in now.keys() & then.keys() if now[key] != then[key]}
    for row, old in enumerate(same.tolist()):
        assert old == -1 or before.row(old) == after.row(row)
    assert told.columns == ["op", *after.columns]


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_what_is_known_to_be_taken_is_not_compared(order: list[int], changed_: set[int], taken: set[int]) -> None:
    """The others are found among what is left of the table before; nobody looks whether what was taken is as it was."""
    before = table({key: ("a", key) for key in range(6)})
    after = table({key: ("b" if key in changed_ else "a", key) for key in order})
    told = np.array([key if row in taken else NEW for row, key in enumerate(order)], dtype=np.int64)
    found = [NEW if key in changed_ and row not in taken else key for row, key in enumerate(order)]
    assert rows_before(before, after, told).tolist() == found


def test_of_what_is_gone_only_the_key_is_told() -> None:
    before, after = table({1: ("a", 1), 2: ("b", 2)}), table({2: ("b", 2)})
    told = changed(before, after, ("oneid",), rows_before(before, after))
    assert told.rows() == [("delete", "1", None, None)]


@pytest.mark.parametrize("before", [None, {}, {"golden": table({}).drop("number")}])
def test_without_a_comparable_run_before_everything_is_new(before: dict[str, pl.DataFrame] | None) -> None:
    made = since(before, "first", {"golden": table({1: ("a", 1)}), "events": table({})})
    assert made.about == {"since": None, "rows": {"golden": {"insert": 1, "update": 0, "delete": 0}}}
    assert made.tables["changes/golden"].rows() == [("insert", "1", "a", 1)]
    assert list(made.tables) == ["changes/golden"]


def test_two_rows_of_one_hash_count_as_changed() -> None:
    """Should two rows ever have one hash, nothing is taken to be the same."""
    twice = pl.DataFrame({"oneid": ["1", "1"]})
    assert rows_before(twice, pl.DataFrame({"oneid": ["1"]})).tolist() == [-1]
