"""The state of OneIDs: what of it cannot be is counted."""

from __future__ import annotations

import polars as pl

from identity.small import follow, partition_of
from oneid.identity.state import State, contradictions

SOUND = follow(partition_of("a1 a2", "b1", "c1"), partition_of("a1 a2 b1", "a9"))[-1].state
ONEIDS, RECORDS = SOUND.oneids, SOUND.assignments
LIVING = pl.col("oneid") == pl.col("current_oneid")
ALIAS = pl.col("oneid") != pl.col("current_oneid")
RETIRED = pl.col("current_oneid").is_null()


def at(where: pl.Expr, column: str, text: str | None) -> pl.DataFrame:
    """All OneIDs, with another text in a column where the condition holds."""
    return ONEIDS.with_columns(pl.when(where).then(pl.lit(text)).otherwise(column).alias(column))


def test_a_sound_state_has_none() -> None:
    """With an alias and a retired OneID in it; so has one without records."""
    assert [ONEIDS.filter(where).height for where in (LIVING, ALIAS, RETIRED)] == [2, 1, 1]
    assert contradictions(SOUND) == contradictions(State.empty()) == []


def test_what_cannot_be_is_counted() -> None:
    """Kind by kind; a OneID that lost all records, or led nowhere, is told as such."""
    assert contradictions(State(ONEIDS, pl.concat([RECORDS, RECORDS.tail(1)]))) == ["1 records stand twice"]
    assert contradictions(State(pl.concat([ONEIDS, ONEIDS.filter(RETIRED)]), RECORDS)) == ["1 OneIDs stand twice"]
    assert contradictions(State(at(LIVING, "current_oneid", None), RECORDS)) == [
        "4 records have a OneID that is not living", "1 OneIDs lead to one that is not living",
    ]  # fmt: skip
    assert contradictions(State(ONEIDS, RECORDS.filter(pl.col("source_id") != "9"))) == [
        "1 living OneIDs have no record"
    ]
    assert contradictions(State(at(ALIAS, "current_oneid", "OID"), RECORDS)) == [
        "1 OneIDs lead to one that is not living"
    ]
    assert contradictions(State(ONEIDS, RECORDS.with_columns(home_oneid=pl.lit("OID")))) == [
        "1 OneIDs were never given"
    ]
    assert contradictions(State(at(ALIAS, "under_oneid", "OID"), RECORDS)) == ["1 OneIDs were never given"]
    assert contradictions(State(at(RETIRED, "oneid", "OID"), RECORDS)) == ["1 OneIDs have a wrong check symbol"]
