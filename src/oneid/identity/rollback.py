"""Back to an earlier state: people are put together as they were then, and have the OneIDs that they had.

A rollback is a partition that :func:`oneid.identity.assignment.assign` is given, with the founders and homes of then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from oneid.identity.assignment import assign
from oneid.identity.state import ONEIDS, Assignment, Run, State

__all__ = ["rollback", "rolled_back"]

_RECORD: Final = ["source", "source_id"]
_FOUNDER: Final = ["founder_source", "founder_source_id"]
_LEAST: Final = ["first_run", "source", "source_id"]


def rolled_back(now: State, then: State) -> pl.Series:
    """The partition that undoes what happened after ``then``: one number (UInt32, ``cluster``) per row of
    ``now.assignments``.

    Records known then are grouped as then. Those that came later stay with each other where they share a OneID today,
    apart from the older ones. Both states name records as today: what was renumbered or erased since is so in both.
    """
    bore = then.assignments.select(*_RECORD, bore="oneid")
    grouped = now.assignments.join(bore, on=_RECORD, how="left", maintain_order="left")
    known = pl.col("bore").is_not_null()
    group = pl.struct(known.alias("known"), pl.coalesce("bore", "oneid").alias("oneid"))
    return grouped.select((group.rank("dense") - 1).cast(pl.UInt32).alias("cluster")).to_series()


def _recalled(now: State, then: State) -> tuple[State, pl.DataFrame]:
    """``now`` with the founders, homes and ways of ``then``; and the OneIDs whose founder is lent, with their own.

    So each OneID that is not retired goes back to the records that bore it, although its founder may have left and
    returned since, or an older one lives again: whatever else comes along gives way to it. A OneID whose founder is
    gone is founded by the least of the records that it came with, else of those that bore it. An alias without records
    goes where it led then: for this once the founder of that OneID is lent to it.
    """
    alive = now.oneids.filter(pl.col("current_oneid").is_not_null())
    kept = now.assignments.join(
        then.assignments.select(*_RECORD, bore="oneid", dwelt="home_oneid"), on=_RECORD, how="left"
    )
    kept = kept.sort(_LEAST).with_row_index("row")
    found = _anchored(alive, kept, then).join(kept.select("row", *_RECORD, place="bore"), on="row", how="left")
    found = found.join(found.select(way="oneid", way_place="place"), on="way", how="left")
    lives = pl.col("place").is_in(alive["oneid"].implode()).fill_null(value=False)
    same_way = ((pl.col("led") == pl.col("place")) & (pl.col("way_place") == pl.col("place"))).fill_null(value=False)
    under = (
        pl.when(~lives)
        .then("under_oneid")
        .when(pl.col("oneid") != pl.col("place"))
        .then(pl.when(same_way).then("way").otherwise("place"))
    )
    found = found.with_columns(
        founder_source=pl.coalesce("source", "founder_source"),
        founder_source_id=pl.coalesce("source_id", "founder_source_id"),
        under_oneid=under,
    )
    over = pl.col("oneid").is_in(_ended(then).implode())
    blank = pl.lit(None, dtype=pl.String)
    found = found.with_columns(
        current_oneid=pl.when(over).then("oneid").otherwise("current_oneid"),
        **{name: pl.when(over).then(blank).otherwise(name).alias(name) for name in ("under_oneid", *_FOUNDER)},
    )
    lent = found.filter("lent").select("oneid", own_source="then_source", own_id="then_id")
    lent = lent.join(kept, left_on=["own_source", "own_id"], right_on=_RECORD, how="anti")
    retired = now.oneids.filter(pl.col("current_oneid").is_null())
    home = pl.when(pl.col("dwelt").is_in(alive["oneid"].implode())).then("dwelt").otherwise("home_oneid")
    state = State(
        pl.concat([found.select(list(ONEIDS)), retired]).sort("oneid"),
        kept.with_columns(home_oneid=home).select(now.assignments.columns).sort(_RECORD),
    )
    return state, lent


def _anchored(alive: pl.DataFrame, kept: pl.DataFrame, then: State) -> pl.DataFrame:
    """``alive`` with what ``then`` says of each (then_source, then_id, led, way), ``row``, the record of ``kept`` with
    which it goes (null: with none), and whether that is ``lent`` by the OneID that it led to.
    """
    before = then.oneids.select(
        "oneid", then_source="founder_source", then_id="founder_source_id", led="current_oneid", way="under_oneid"
    )
    found = alive.join(before, on="oneid", how="left")
    known = pl.col("bore").is_not_null()
    rows = kept.filter(known).select("source", "source_id", founded="row")
    found = found.join(rows, left_on=["then_source", "then_id"], right_on=_RECORD, how="left")
    today = kept.select("source", "source_id", founds="row")
    found = found.join(today, left_on=_FOUNDER, right_on=_RECORD, how="left")
    for column in ("dwelt", "bore", "home_oneid", "oneid"):
        least = kept.group_by(pl.col(column).alias("of")).agg(pl.col("row").min().alias(f"by_{column}"))
        found = found.join(least, left_on="oneid", right_on="of", how="left")
    found = found.with_columns(
        then_row=pl.coalesce("founded", "by_dwelt", "by_bore"),
        now_row=pl.coalesce("founds", "by_home_oneid", "by_oneid"),
    )
    found = found.join(found.select(led="oneid", led_row="then_row"), on="led", how="left")
    came_later = kept.select(now_row="row", came_later=~known)
    found = found.join(came_later, on="now_row", how="left")
    lent = pl.col("then_row").is_null() & ~pl.col("came_later").fill_null(value=False) & pl.col("led_row").is_not_null()
    row = pl.when("lent").then("led_row").otherwise(pl.coalesce("then_row", "now_row"))
    return found.with_columns(lent=lent & (pl.col("led") != pl.col("oneid"))).with_columns(row=row)


def _ended(then: State) -> pl.Series:
    """The OneIDs of which nothing is left in ``then``; where they live today, their records were erased since."""
    return then.oneids.filter(pl.col("current_oneid").is_null())["oneid"]


def rollback(now: State, then: State, key: bytes, run: Run) -> Assignment:
    """Undoes what happened to OneIDs after ``then``: :func:`oneid.identity.assignment.assign` on :func:`rolled_back`,
    with the founders and homes of then.

    Every record known then has the OneID that it had then, unless that is retired, and every alias leads where it led.
    OneIDs given since lead to a living one, or are retired.
    """
    members = now.assignments.select(_RECORD).with_columns(rolled_back(now, then)).sort(_RECORD).with_row_index("rec")
    before, lent = _recalled(now, then)
    done = assign(members, before, key, run, ended=_ended(then))
    own = done.state.oneids.join(lent.with_columns(lent=pl.lit(value=True)), on="oneid", how="left")
    oneids = own.with_columns(
        pl.when("lent").then(theirs).otherwise(ours).alias(ours)
        for ours, theirs in zip(_FOUNDER, ("own_source", "own_id"), strict=True)
    )
    return replace(done, state=State(oneids.select(list(ONEIDS)).sort("oneid"), done.state.assignments))
