"""What the registry tells: states, histories, events. Each function reads one connection's view of one moment.

``number`` is that of a run: what held after it. Periods run from the moment of ``from_run`` to that of ``to_run``,
which is null where they still hold.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from oneid.identity.state import ASSIGNMENTS, EVENTS, ONEIDS, State
from oneid.registry.bulk import Contract, fetch, table
from oneid.registry.failures import told
from oneid.vocabulary.errors import RegistryError
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef

__all__ = [
    "Head", "LastRun", "departed", "events", "exposure", "find", "head_of", "heads", "history", "members", "number_at",
    "number_of", "oneid", "receipts", "state", "whole",
]  # fmt: skip

_MOST: Final = 2**31
"""More rows than anybody reads, and a number that databases know."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WHEN: Final = pl.Datetime("us", "UTC")
_RUN: Final[Contract] = {"number": pl.UInt32, "run_id": pl.String, "at": _WHEN}
_PERIOD: Final[Contract] = {"source": pl.String, "source_id": pl.String, "oneid": pl.String, "from_run": pl.UInt32,
                            "to_run": pl.UInt32}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """One publication: its run, and what it said of itself (see :class:`~oneid.registry.Publication`)."""

    number: int
    run_id: str
    at: datetime
    kind: str
    input: str
    day: str | None
    folder: str | None
    info: Mapping[str, Any]


HEADS: Final[Contract] = {"number": pl.UInt32, "run_id": pl.String, "at": _WHEN, "kind": pl.String, "input": pl.String,
                          "day": pl.String, "folder": pl.String, "info": pl.String}  # fmt: skip


def heads(connection: sa.Connection, *conditions: sa.ColumnElement[bool], last: bool = False) -> pl.DataFrame:
    """The publications, oldest first, or the last one; ``info`` is JSON."""
    runs = table("runs")
    query = sa.select(*(runs.c[name] for name in HEADS)).where(*conditions)
    query = query.order_by(runs.c.number.desc()).limit(1) if last else query.order_by(runs.c.number)
    return fetch(connection, query, HEADS)


def head_of(frame: pl.DataFrame) -> Head | None:
    """The one row of ``frame``, if there is one."""
    return (
        Head(**(row | {"info": json.loads(row["info"])})) if (row := next(frame.iter_rows(named=True), None)) else None
    )


def receipts(connection: sa.Connection, more: Sequence[str]) -> list[dict[str, Any]]:
    """The receipts of all erasures, oldest first, with ``more`` to do."""
    said_of = map(json.loads, heads(connection, table("runs").c.kind == "erase")["info"])
    made = [said["receipt"] for said in said_of if "receipt" in said]
    return [{**receipt, "to_do": [*receipt["to_do"], *more]} for receipt in made]


class LastRun:
    """Asks for the last publication; where the registry is ``closed``, no connection stays behind."""

    def __init__(self, engine: sa.Engine, closed: Callable[[], bool]) -> None:
        self._engine, self._closed = engine, closed

    def __call__(self) -> Head | None:
        """The last publication."""
        try:
            with told(self._engine), self._engine.connect() as connection:
                return head_of(heads(connection, last=True))
        finally:
            if self._closed():
                self._engine.dispose()

    def stamp(self) -> object:
        """What changes when something is written into a file; of a server nothing is told."""
        if self._engine.dialect.name != "sqlite":
            return None
        found: list[tuple[int, ...]] = []
        for end in ("", "-wal"):
            with suppress(OSError):
                about = os.stat(f"{self._engine.url.database}{end}")  # noqa: PTH116 - before every look-up: quickly
                found += [(about.st_ino, about.st_mtime_ns, about.st_size)] if about.st_size else []
        return found


def number_of(connection: sa.Connection, when: int | datetime, *, before: bool = False) -> int:
    """The number of the last run at a moment (0: before the first), or a number that was given, if there is such a run.
    ``before``: a run of that very moment is none.

    Raises E609 for a run that has not been, and for a moment without a time zone.
    """
    runs = table("runs")
    last = sa.select(sa.func.coalesce(sa.func.max(runs.c.number), 0))
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise RegistryError("E609", "a moment needs a time zone", hint="write it like 2026-11-22T09:00:00+09:00")
        moment = (when - _EPOCH) // timedelta(microseconds=1)  # in any zone, in the first year and the last
        return int(connection.execute(last.where(runs.c.at <= moment - before)).scalar_one())
    latest = int(connection.execute(last).scalar_one())
    if not 0 <= when <= latest:
        raise RegistryError(
            "E609",
            said("there is no run {when}", when=when),
            hint=said("the last run is number {latest}", latest=latest),
        )
    return when


def number_at(connection: sa.Connection, as_of: int | datetime | None) -> int | None:
    """The number of the run after which things shall be read; None for now. Raises E609, also for what was pruned."""
    if as_of is None:
        return None
    number = number_of(connection, as_of)
    settings = table("settings")
    pruned = connection.execute(sa.select(settings.c.value).where(settings.c.name == "pruned")).scalar()
    if pruned is not None and number < int(pruned):
        message = said(
            "the history before run {pruned} was pruned; run {number} was asked for", pruned=pruned, number=number
        )
        raise RegistryError("E609", message, hint=said("ask for run {pruned} or later", pruned=pruned))
    return number


def _holds(periods: sa.Table, number: int | None) -> sa.ColumnElement[bool]:
    if number is None:
        return periods.c.to_run.is_(None)
    return sa.and_(periods.c.from_run <= number, sa.or_(periods.c.to_run.is_(None), periods.c.to_run > number))


def state(connection: sa.Connection, number: int | None) -> State:
    """The whole state, sorted as :func:`oneid.identity.assignment.assign` leaves it."""
    oneids = table("oneids")
    query = sa.select(*(oneids.c[name] for name in ONEIDS)).where(_holds(oneids, number)).order_by(oneids.c.oneid)
    known = fetch(connection, query, ONEIDS)
    memberships = table("memberships")
    order = (memberships.c.source, memberships.c.source_id)
    return State(known, _assignments(connection, _holds(memberships, number), order=order))


def _assignments(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool], order: tuple[sa.Column[Any], ...]
) -> pl.DataFrame:
    memberships, runs = table("memberships"), table("runs")
    names = [name if name != "run_id" else "changed_run" for name in ASSIGNMENTS]
    query = sa.select(*(memberships.c[name] for name in names)).where(*conditions).order_by(*order)
    found = fetch(connection, query, {name: ASSIGNMENTS.get(name, pl.UInt32) for name in names})
    named = fetch(connection, sa.select(runs.c.number, runs.c.run_id), {"changed_run": pl.UInt32, "run_id": pl.String})
    return found.join(named, on="changed_run", how="left", maintain_order="left").select(list(ASSIGNMENTS))


def events(
    connection: sa.Connection, oneid: str | None, record: RecordRef | None, since: int | None, limit: int | None
) -> pl.DataFrame:
    """:data:`oneid.identity.state.EVENTS` of a OneID, of a record, of the runs after number ``since``, in their
    order; with ``limit`` the last so many.
    """
    of, runs = table("events"), table("runs")
    names = {"run_id": runs.c.run_id, "at": runs.c.at}
    query = sa.select(*(names[name] if name in names else of.c[name] for name in EVENTS)).join(
        runs, runs.c.number == of.c.run
    )
    if oneid is not None:
        query = query.where(sa.or_(of.c.oneid == oneid, of.c.other_oneid == oneid))
    if record is not None:
        query = query.where(of.c.source == record.source, of.c.source_id == record.source_id)
    if since is not None:
        query = query.where(of.c.run > since)
    if limit is None:
        return fetch(connection, query.order_by(of.c.run, of.c.place), EVENTS)
    limit = min(limit, _MOST)
    return fetch(connection, query.order_by(of.c.run.desc(), of.c.place.desc()).limit(limit), EVENTS).reverse()


def find(connection: sa.Connection, record: RecordRef, number: int | None) -> str | None:
    """The OneID of a record."""
    of = table("memberships")
    mine = (of.c.source == record.source, of.c.source_id == record.source_id)
    found = connection.execute(sa.select(of.c.oneid).where(*mine, _holds(of, number))).scalar()
    return None if found is None else str(found)


def members(connection: sa.Connection, oneid: str, number: int | None) -> pl.DataFrame:
    """:data:`oneid.identity.state.ASSIGNMENTS` of the living OneID that ``oneid`` leads to; no rows where there is
    none.
    """
    of = table("oneids")
    leads = sa.select(of.c.current_oneid).where(of.c.oneid == oneid, _holds(of, number)).scalar_subquery()
    memberships = table("memberships")
    order = (memberships.c.source, memberships.c.source_id)
    return _assignments(connection, memberships.c.oneid == leads, _holds(memberships, number), order=order)


def oneid(connection: sa.Connection, oneid: str, number: int | None) -> dict[str, Any] | None:
    """What is known of one OneID: see :meth:`oneid.registry.Registry.oneid`."""
    of, runs = table("oneids"), table("runs")
    wanted = ("born_run", "founder_source", "founder_source_id", "current_oneid", "under_oneid", "since", "generation")
    query = sa.select(*(of.c[name] for name in wanted), runs.c.at.label("born"))
    query = query.outerjoin(runs, runs.c.number == of.c.born_run).where(of.c.oneid == oneid, _holds(of, number))
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    others = sa.select(of.c.oneid).where(of.c.current_oneid == oneid, of.c.oneid != oneid, _holds(of, number))
    born, since = pl.from_epoch(pl.Series([row["born"], row["since"]], dtype=pl.Int64), "us").dt.replace_time_zone(
        "UTC"
    )
    source, source_id = row["founder_source"], row["founder_source_id"]
    return {
        "oneid": oneid,
        "born": born,
        "born_run": row["born_run"],
        "founder": None if source is None else RecordRef(source, source_id),
        "generation": row["generation"],
        "current": row["current_oneid"],
        "under": row["under_oneid"],
        "since": since,
        "aliases": list(connection.execute(others.order_by(of.c.oneid)).scalars()),
    }


def departed(connection: sa.Connection, oneid: str) -> pl.DataFrame:
    """The records (source, source_id) that are no members any more, and had last ``oneid`` or one that leads to it: by
    their history, or, where that was pruned, as its founders.
    """
    of, later, led = table("memberships"), table("memberships").alias(), table("oneids")
    leads = sa.select(led.c.oneid).where(led.c.current_oneid == oneid, led.c.to_run.is_(None))
    same = (later.c.source == of.c.source, later.c.source_id == of.c.source_id, later.c.from_run > of.c.from_run)
    stays = sa.select(of.c.source, of.c.source_id).where(
        sa.or_(of.c.oneid == oneid, of.c.oneid.in_(leads)), of.c.to_run.is_not(None), ~sa.exists().where(*same)
    )
    founder = (led.c.founder_source, led.c.founder_source_id)
    known = sa.exists().where(of.c.source == founder[0], of.c.source_id == founder[1])
    made = sa.select(*founder).where(sa.or_(led.c.oneid == oneid, led.c.current_oneid == oneid))
    made = made.where(led.c.to_run.is_(None), founder[0].is_not(None), ~known)
    contract = {"source": pl.String, "source_id": pl.String}
    both = sa.union(stays, made).subquery()
    return fetch(connection, sa.select(both.c.source, both.c.source_id), contract).sort("source", "source_id")


def history(connection: sa.Connection, record: RecordRef) -> pl.DataFrame:
    """Every stay of a record at a OneID, in order: oneid, from_run, from_at, to_run, to_at."""
    of = table("memberships")
    query = sa.select(*(of.c[name] for name in _PERIOD))
    query = query.where(of.c.source == record.source, of.c.source_id == record.source_id)
    stays = whole(fetch(connection, query, _PERIOD))
    return _timed(connection, stays).select("oneid", "from_run", "from_at", "to_run", "to_at")


def exposure(connection: sa.Connection, oneid: str) -> pl.DataFrame:
    """See :meth:`oneid.registry.Registry.exposure`."""
    led, of = table("oneids"), table("memberships")
    columns = {"oneid": pl.String, "from_run": pl.UInt32, "to_run": pl.UInt32}
    query = sa.select(led.c.current_oneid, led.c.from_run, led.c.to_run)
    query = query.where(led.c.oneid == oneid, led.c.current_oneid.is_not(None))
    ways = fetch(connection, query, columns)
    there = sa.select(*(of.c[name] for name in _PERIOD)).where(of.c.oneid.in_(ways["oneid"].unique().to_list()))
    both = fetch(connection, there, _PERIOD).join(ways, on="oneid", suffix="_way")
    latest = pl.lit(2**32 - 1, dtype=pl.UInt32)
    ends = pl.min_horizontal(pl.col(name).fill_null(latest) for name in ("to_run", "to_run_way"))
    shown = both.with_columns(from_run=pl.max_horizontal("from_run", "from_run_way"), to_run=ends)
    shown = shown.filter(pl.col("from_run") < pl.col("to_run"))
    shown = shown.with_columns(to_run=pl.when(pl.col("to_run") < latest).then("to_run"))
    timed = _timed(connection, whole(shown.select(list(_PERIOD))))
    order = ["from_run", "source", "source_id"]
    return timed.select(
        "source", "source_id", pl.col("oneid").alias("shown_as"), "from_at", "to_at", "from_run", "to_run"
    ).sort(order)


def whole(periods: pl.DataFrame) -> pl.DataFrame:
    """Periods (source, source_id, oneid, from_run, to_run) with those of one record at one OneID that follow each
    other without a gap made one.

    >>> parts = {"source": "a", "source_id": "1", "oneid": "X", "from_run": [1, 2, 5], "to_run": [2, 4, None]}
    >>> whole(pl.DataFrame(parts)).select("from_run", "to_run").rows()
    [(1, 4), (5, None)]
    """
    key = ["source", "source_id"]
    ordered = periods.sort(*key, "from_run")
    goes_on = (pl.col("oneid").shift(1) == pl.col("oneid")) & (pl.col("to_run").shift(1) == pl.col("from_run"))
    stay = (~goes_on.fill_null(value=False)).cum_sum().over(key)
    last = pl.col("to_run").last()
    grouped = ordered.with_columns(stay=stay).group_by(*key, "stay", maintain_order=True)
    return grouped.agg(pl.col("oneid").first(), pl.col("from_run").first(), last).drop("stay")


def _timed(connection: sa.Connection, periods: pl.DataFrame) -> pl.DataFrame:
    runs = table("runs")
    moments = fetch(connection, sa.select(runs.c.number, runs.c.at), {"run": pl.UInt32, "at": _WHEN})
    for end in ("from", "to"):
        named = moments.rename({"run": f"{end}_run", "at": f"{end}_at"})
        periods = periods.join(named, on=f"{end}_run", how="left", maintain_order="left")
    return periods
