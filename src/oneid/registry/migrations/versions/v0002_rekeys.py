"""Members that their system renumbered; who agreed to a decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds the table ``rekeys`` and the column ``decisions.approved_by``."""
    op.add_column("decisions", sa.Column("approved_by", _TEXT, nullable=True))
    op.create_table(
        "rekeys",
        sa.Column("run", sa.Integer, nullable=False, autoincrement=False),
        *(sa.Column(name, _TEXT, nullable=False) for name in ("source", "old_id", "new_id")),
        sa.PrimaryKeyConstraint("run", "source", "old_id"),
        sa.ForeignKeyConstraint(["run"], ["runs.number"]),
    )
