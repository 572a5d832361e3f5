"""The registry's tables and views.

What changes over time is kept in *periods*: a row holds from run ``from_run`` on until run ``to_run``, which is null
for what holds now. So the state after any run, the history of a record and what was shown under a OneID are all read
from the same rows, and a run writes no more than what it changed.

Moments are whole microseconds since 1970 in UTC, the same on every database; the views, which are made for people and
their tools, show them as timestamps. Programs of others should read the views: tables may change with any version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

__all__ = ["METADATA", "VIEWS", "View", "create_views", "drop_views", "text_type"]


def text_type() -> sa.types.TypeEngine[str]:
    """Text that sorts by bytes on every database, as Polars does."""
    return sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


METADATA: Final = sa.MetaData()

_RUN: Final = "runs.number"


def _text(name: str, comment: str, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, text_type(), nullable=null, primary_key=key, comment=comment)


def _number(name: str, comment: str, *, null: bool = False, key: bool = False, runs: bool = False) -> sa.Column[int]:
    refers = [sa.ForeignKey(_RUN)] if runs else []
    return sa.Column(name, sa.Integer, *refers, nullable=null, primary_key=key, autoincrement=False, comment=comment)


sa.Table(
    "runs", METADATA,
    _number("number", "1, 2, ... in the order of publishing", key=True),
    _text("run_id", "the run's name"),
    sa.Column("at", sa.BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
    _text("kind", "run, or an act: merge, split, decide, rekey, rename-source, detach, rollback or erase"),
    _text("input", "digest of what the run was made from"),
    _text("day", "the day of the data, where it was told", null=True),
    _text("folder", "where its files were published", null=True),
    _text("info", "more about it, as JSON"),
    sa.UniqueConstraint("run_id", name="runs_run_id"),
    comment="Everything that was ever published.",
)  # fmt: skip

sa.Table(
    "memberships", METADATA,
    _text("source", "the system", key=True),
    _text("source_id", "the member", key=True),
    _number("from_run", "the run that began it", key=True),
    _number("to_run", "the run that ended it; null: it holds", null=True),
    _text("oneid", "the OneID that the record had"),
    _text("home_oneid", "the OneID that the record would take along"),
    _number("first_run", "the run that first saw the record"),
    _number("changed_run", "the run that last changed its OneID"),
    sa.Index("memberships_oneid", "oneid"),
    sqlite_with_rowid=False,
    comment="Which record had which OneID, from which run to which.",
)  # fmt: skip

sa.Table(
    "oneids", METADATA,
    _text("oneid", "a OneID", key=True),
    _number("from_run", "the run that began it", key=True),
    _number("to_run", "the run that ended it; null: it holds", null=True),
    _text("current_oneid", "the living OneID that it led to; null: retired", null=True),
    _text("under_oneid", "the OneID that it gave way to", null=True),
    sa.Column("since", sa.BigInteger, nullable=False, comment="when it began to lead there, microseconds since 1970"),
    _number("born_run", "the run that made it"),
    _text("founder_source", "the record that it was made from; null: erased", null=True),
    _text("founder_source_id", "the record that it was made from; null: erased", null=True),
    _number("generation", "how often its founder had been given a OneID before"),
    sa.Index("oneids_current", "current_oneid"),
    sqlite_with_rowid=False,
    comment="Every OneID ever given, and where it led, from which run to which.",
)  # fmt: skip

sa.Table(
    "events", METADATA,
    _number("run", "the run that it happened in", key=True),
    _number("place", "its place among the run's events", key=True),
    _text("event", "created, joined, left, merged, split, moved, retired, ..."),
    _text("oneid", "the OneID, before", null=True),
    _text("other_oneid", "the other OneID, after", null=True),
    _text("source", "the system", null=True),
    _text("source_id", "the member; null where none is meant or it was erased", null=True),
    _text("reason", "why", null=True),
    sa.Index("events_oneid", "oneid"),
    sa.Index("events_other_oneid", "other_oneid", sqlite_where=sa.text("other_oneid IS NOT NULL"),
             postgresql_where=sa.text("other_oneid IS NOT NULL")),
    sa.Index("events_record", "source_id", "source", sqlite_where=sa.text("source_id IS NOT NULL"),
             postgresql_where=sa.text("source_id IS NOT NULL")),
    sqlite_with_rowid=False,
    comment="What happened to OneIDs and records.",
)  # fmt: skip

sa.Table(
    "decisions", METADATA,
    _number("run", "the run that took it in", key=True, runs=True),
    _number("place", "its place among the run's decisions", key=True),
    _text("source_l", "one record"),
    _text("source_id_l", "one record"),
    _text("source_r", "the other record"),
    _text("source_id_r", "the other record"),
    _text("decision", "same, different or defer"),
    _text("by", "who decided", null=True),
    _text("at", "when, as it was written", null=True),
    _text("reason", "why", null=True),
    _text("ticket", "where it was asked for", null=True),
    _text("approved_by", "who agreed", null=True),
    comment="What people decided about pairs of records.",
)  # fmt: skip

sa.Table(
    "tombstones", METADATA,
    _text("token", "keyed digest of an erased record's source and id", key=True),
    _number("run", "the run that erased it", runs=True),
    comment="Who was erased, so that a source that sends the member again is recognised.",
)  # fmt: skip

sa.Table(
    "rekeys", METADATA,
    _number("run", "the run that renamed it", key=True, runs=True),
    _text("source", "the system", key=True),
    _text("old_id", "the member's id before", key=True),
    _text("new_id", "the member's id since"),
    comment="Members that their system renumbered.",
)  # fmt: skip

sa.Table(
    "settings", METADATA,
    _text("name", "what", key=True),
    _text("value", "its value"),
    comment="What holds for the registry as a whole.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """A view for SQL: what it shows, its columns with their meaning, and the query; ``{at:COLUMN}`` is a moment."""

    about: str
    columns: Mapping[str, str]
    query: str


_STAYS: Final = """
SELECT h.source, h.source_id, h.oneid, h.from_run, {at:f.at}, h.to_run, {at:t.at}
FROM (
  SELECT source, source_id, oneid, from_run, begins,
    FIRST_VALUE(to_run) OVER (PARTITION BY source, source_id, stay ORDER BY from_run DESC) AS to_run
  FROM (
    SELECT source, source_id, oneid, from_run, to_run, begins,
      SUM(begins) OVER (PARTITION BY source, source_id ORDER BY from_run) AS stay
    FROM (
      SELECT source, source_id, oneid, from_run, to_run,
        CASE WHEN LAG(oneid) OVER (PARTITION BY source, source_id ORDER BY from_run) = oneid
          AND LAG(to_run) OVER (PARTITION BY source, source_id ORDER BY from_run) = from_run THEN 0 ELSE 1 END AS begins
      FROM memberships
    ) AS marked
  ) AS numbered
) AS h
JOIN runs AS f ON f.number = h.from_run LEFT JOIN runs AS t ON t.number = h.to_run
WHERE h.begins = 1
"""
"""Periods of one record at one OneID that follow each other are one stay. Windows alone, no GROUP BY: only so does
SQLite look up a single record by the index instead of making the stays of all."""

VIEWS: Final[Mapping[str, View]] = {
    "current_members": View(
        "Which OneID each record has now.",
        {
            "source": "the system",
            "source_id": "the member",
            "oneid": "its OneID",
            "home_oneid": "the OneID that it would take along if its OneID were split",
            "first_run": "number of the run that first saw the record",
            "first_at": "when that was; null where that run is not in the registry",
            "changed_run": "number of the run that last changed its OneID",
            "changed_at": "when that was",
        },
        "SELECT m.source, m.source_id, m.oneid, m.home_oneid, m.first_run, {at:f.at}, m.changed_run, {at:c.at} "
        "FROM memberships AS m LEFT JOIN runs AS f ON f.number = m.first_run "
        "LEFT JOIN runs AS c ON c.number = m.changed_run WHERE m.to_run IS NULL",
    ),
    "current_oneids": View(
        "Every OneID ever given, and where it leads now.",
        {
            "oneid": "a OneID",
            "status": "living, redirected or retired",
            "current_oneid": "the living OneID that it leads to (a living one: itself); null: retired",
            "since": "when it began to lead there",
            "under_oneid": "the OneID that a redirected one gave way to",
            "born_run": "number of the run that made it",
            "born_at": "when that was",
            "founder_source": "the system of the record that it was made from; null: erased",
            "founder_source_id": "the record that it was made from; null: erased",
            "generation": "how often that record had been given a OneID before",
        },
        "SELECT o.oneid, CASE WHEN o.current_oneid IS NULL THEN 'retired' WHEN o.current_oneid = o.oneid THEN 'living' "
        "ELSE 'redirected' END, o.current_oneid, {at:o.since}, o.under_oneid, o.born_run, {at:b.at}, o.founder_source, "
        "o.founder_source_id, o.generation FROM oneids AS o LEFT JOIN runs AS b ON b.number = o.born_run "
        "WHERE o.to_run IS NULL",
    ),
    "member_history": View(
        "Which OneID each record had, from when to when.",
        {
            "source": "the system",
            "source_id": "the member",
            "oneid": "the OneID that it had",
            "from_run": "number of the run that gave it",
            "from_at": "when that was",
            "to_run": "number of the run that took it away; null: the record has it now",
            "to_at": "when that was",
        },
        _STAYS,
    ),
    "oneid_events": View(
        "What happened to OneIDs and records; order by run and place.",
        {
            "run": "number of the run that it happened in",
            "place": "its place among the run's events",
            "run_id": "the run's name",
            "at": "when the run was",
            "event": "created, joined, left, merged, split, moved, retired and others; see the list of events",
            "oneid": "the OneID, before",
            "other_oneid": "the other OneID, after",
            "source": "the system",
            "source_id": "the member; null where none is meant or it was erased",
            "reason": "why",
        },
        "SELECT e.run, e.place, r.run_id, {at:r.at}, e.event, e.oneid, e.other_oneid, e.source, e.source_id, e.reason "
        "FROM events AS e JOIN runs AS r ON r.number = e.run",
    ),
}
"""The views, by name. A moment is a ``timestamptz`` on PostgreSQL, and text like ``2026-11-22T03:00:00.000000Z`` on
SQLite."""

_MOMENT: Final = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000000, 'unixepoch') || printf('.%06dZ', {0} % 1000000)",
    "postgresql": "TIMESTAMPTZ 'epoch' + {0} * INTERVAL '1 microsecond'",
}


def _spelled(query: str, dialect: str) -> str:
    """``query`` with every ``{at:COLUMN}`` as the dialect writes a moment."""
    head, *rest = query.split("{at:")
    for part in rest:
        column, _, after = part.partition("}")
        head += _MOMENT[dialect].replace("{0}", column) + after
    return head


def create_views(connection: sa.Connection) -> None:
    """Makes the views, with their meaning as comments where the database keeps comments."""
    dialect = connection.dialect.name
    for name, view in VIEWS.items():
        query = _spelled(view.query, dialect)
        connection.exec_driver_sql(f"CREATE VIEW {name} ({', '.join(view.columns)}) AS {query}")
        if dialect == "postgresql":
            _comment(connection, f"VIEW {name}", view.about)
            for column, meaning in view.columns.items():
                _comment(connection, f"COLUMN {name}.{column}", meaning)


def _comment(connection: sa.Connection, what: str, text: str) -> None:
    quoted = text.replace("'", "''")
    connection.exec_driver_sql(f"COMMENT ON {what} IS '{quoted}'")


def drop_views(connection: sa.Connection) -> None:
    """Removes the views, so that tables can be changed."""
    for name in VIEWS:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
