"""Runs, memberships, OneIDs, events, decisions, tombstones, settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null, autoincrement=False)


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "runs",
        _number("number"), _text("run_id"), sa.Column("at", sa.BigInteger, nullable=False), _text("kind"),
        _text("input"), _text("day", null=True), _text("folder", null=True), _text("info"),
        sa.PrimaryKeyConstraint("number"), sa.UniqueConstraint("run_id", name="runs_run_id"),
    )  # fmt: skip
    op.create_table(
        "memberships",
        _text("source"), _text("source_id"), _number("from_run"), _number("to_run", null=True), _text("oneid"),
        _text("home_oneid"), _number("first_run"), _number("changed_run"),
        sa.PrimaryKeyConstraint("source", "source_id", "from_run"), sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("memberships_oneid", "memberships", ["oneid"])
    op.create_table(
        "oneids",
        _text("oneid"), _number("from_run"), _number("to_run", null=True), _text("current_oneid", null=True),
        _text("under_oneid", null=True), sa.Column("since", sa.BigInteger, nullable=False), _number("born_run"),
        _text("founder_source", null=True), _text("founder_source_id", null=True), _number("generation"),
        sa.PrimaryKeyConstraint("oneid", "from_run"), sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("oneids_current", "oneids", ["current_oneid"])
    op.create_table(
        "events",
        _number("run"), _number("place"), _text("event"), _text("oneid", null=True), _text("other_oneid", null=True),
        _text("source", null=True), _text("source_id", null=True), _text("reason", null=True),
        sa.PrimaryKeyConstraint("run", "place"), sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("events_oneid", "events", ["oneid"])
    for name, columns in (("events_other_oneid", ["other_oneid"]), ("events_record", ["source_id", "source"])):
        given = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(name, "events", columns, sqlite_where=given, postgresql_where=given)
    op.create_table(
        "decisions",
        _number("run"), _number("place"), _text("source_l"), _text("source_id_l"), _text("source_r"),
        _text("source_id_r"), _text("decision"), _text("by", null=True), _text("at", null=True),
        _text("reason", null=True), _text("ticket", null=True),
        sa.PrimaryKeyConstraint("run", "place"), sa.ForeignKeyConstraint(["run"], ["runs.number"]),
    )  # fmt: skip
    op.create_table(
        "tombstones",
        _text("token"), _number("run"),
        sa.PrimaryKeyConstraint("token"), sa.ForeignKeyConstraint(["run"], ["runs.number"]),
    )  # fmt: skip
    op.create_table("settings", _text("name"), _text("value"), sa.PrimaryKeyConstraint("name"))
