"""The state of all OneIDs: what one run leaves to the next, as two plain tables that any database can hold.

:data:`ONEIDS` says of every OneID ever given where it leads today, :data:`ASSIGNMENTS` which record has which. What
happened in between is told by :data:`EVENTS`, in the words of :mod:`oneid.identity.assignment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from oneid.vocabulary import oneids as spelled
from oneid.vocabulary.contracts import conform
from oneid.vocabulary.language import said

__all__ = [
    "ALIASES", "ASSIGNMENTS", "EVENTS", "ONEIDS", "WHEN", "Assignment", "Contract", "Run", "State", "contradictions",
    "stamped",
]  # fmt: skip

WHEN: Final = pl.Datetime("us", "UTC")
Contract = Mapping[str, "pl.DataType | type[pl.DataType]"]

ONEIDS: Final[Contract] = {
    "oneid": pl.String, "born_run": pl.UInt32, "founder_source": pl.String, "founder_source_id": pl.String,
    "generation": pl.UInt32, "current_oneid": pl.String, "under_oneid": pl.String, "since": WHEN,
}  # fmt: skip
"""Every OneID ever given, sorted by oneid. ``current_oneid`` is itself (living), another (redirected) or null
(retired); ``since`` is when that began. ``under_oneid`` is the one that a redirected OneID gave way to, which may
itself be redirected. Of a retired OneID the founder may be null (erased)."""

ASSIGNMENTS: Final[Contract] = {
    "source": pl.String, "source_id": pl.String, "oneid": pl.String, "home_oneid": pl.String, "first_run": pl.UInt32,
    "run_id": pl.String,
}  # fmt: skip
"""Every record of the run, sorted by (source, source_id). ``first_run`` is the number of the run that first saw it;
``run_id`` is the run that last changed its OneID."""

EVENTS: Final[Contract] = {
    "run_id": pl.String, "at": WHEN, "event": pl.String, "oneid": pl.String, "other_oneid": pl.String,
    "source": pl.String, "source_id": pl.String, "reason": pl.String,
}  # fmt: skip

ALIASES: Final[Contract] = {"oneid": pl.String, "current_oneid": pl.String, "since": WHEN}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its name, its number (1, 2, ... in order of time; names need not sort) and its time (with a zone)."""

    run_id: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What one run leaves for the next: :data:`ONEIDS` and :data:`ASSIGNMENTS`. The order of rows does not matter."""

    oneids: pl.DataFrame
    assignments: pl.DataFrame

    @classmethod
    def empty(cls) -> State:
        """The state before the first run."""
        return cls(pl.DataFrame(schema=dict(ONEIDS)), pl.DataFrame(schema=dict(ASSIGNMENTS)))


def contradictions(state: State) -> list[str]:
    """What of a state cannot be, in words with counts; nothing of a sound one."""
    oneids, members = state.oneids, state.assignments
    living = oneids.filter(pl.col("current_oneid") == pl.col("oneid")).select("oneid")
    led = oneids.filter(pl.col("current_oneid").is_not_null() & (pl.col("current_oneid") != pl.col("oneid")))
    named = pl.concat([members["oneid"], members["home_oneid"], oneids["oneid"], oneids["under_oneid"].drop_nulls()])
    found = {
        said("records stand twice"): members.height - members.select("source", "source_id").n_unique(),
        said("OneIDs stand twice"): oneids.height - oneids["oneid"].n_unique(),
        said("records have a OneID that is not living"): members.join(living, on="oneid", how="anti").height,
        said("living OneIDs have no record"): living.join(members, on="oneid", how="anti").height,
        said("OneIDs lead to one that is not living"): led.join(
            living, left_on="current_oneid", right_on="oneid", how="anti"
        ).height,
        said("OneIDs were never given"): (~named.unique().is_in(oneids["oneid"].implode())).sum(),
        said("OneIDs have a wrong check symbol"): sum(not spelled.check(one) for one in oneids["oneid"].to_list()),
    }
    return [said("{count:,} {what}", count=count, what=what) for what, count in found.items() if count]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The outcome of :func:`oneid.identity.assignment.assign`. Row i of ``state.assignments`` is the record with the
    i-th smallest ``rec``.
    """

    state: State
    events: pl.DataFrame
    aliases: pl.DataFrame


def stamped(frame: pl.DataFrame, event: str, run: Run) -> pl.DataFrame:
    """``frame`` (any of the columns of events) as :data:`EVENTS` of one kind, of ``run``."""
    blank = {name: pl.lit(None, dtype=pl.String) for name in EVENTS if name not in frame.columns}
    made = frame.with_columns(**blank).with_columns(
        event=pl.lit(event), run_id=pl.lit(run.run_id), at=pl.lit(run.at, dtype=EVENTS["at"])
    )
    return conform(made.select(list(EVENTS)), EVENTS, event)
