"""Rows that are rewritten: records that their system renumbered, records that are erased, history that is pruned; and
that nothing of them is left in unused parts of the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from typing import Final

import polars as pl
import sqlalchemy as sa

from oneid.identity.renumbering import trail
from oneid.registry.bulk import fetch, insert, listed, table
from oneid.registry.failures import told
from oneid.registry.filesum import seal
from oneid.registry.schema import METADATA
from oneid.vocabulary.errors import RegistryError
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef

__all__ = ["OF_SERVERS", "UNUSED", "erase", "names", "prune", "rename", "rename_source", "scrub"]

UNUSED: Final = said(
    "what was erased is still in unused parts of the registry's database; the next run removes it (on a server: "
    "VACUUM (FULL, ANALYZE))"
)
OF_SERVERS: Final = said("the archived log, replicas, backups and query logs of the registry's server")
"""Where what was erased may still be; for receipts."""

_PATIENCE: Final = 10.0
"""Seconds to wait for others who use the database."""
_NAMES: Final = (
    ("events", "source", "source_id"),
    ("oneids", "founder_source", "founder_source_id"),
    ("decisions", "source_l", "source_id_l"),
    ("decisions", "source_r", "source_id_r"),
)
"""Where records are named outside of keys: table, column of the source, column of the id."""


def names(connection: sa.Connection, record: RecordRef) -> bool:
    """Whether a record is named anywhere: also one that is no member any more, or whose history was pruned."""
    places = (("memberships", "source", "source_id"), ("rekeys", "source", "old_id"), *_NAMES)
    queries = (
        sa.select(sa.literal(1)).where(table(name).c[source] == record.source, table(name).c[id_] == record.source_id)
        for name, source, id_ in places
    )
    return any(connection.execute(query.limit(1)).first() for query in queries)


def rename(connection: sa.Connection, rekeyed: pl.DataFrame, number: int) -> None:
    """Renames records (source, old_id, new_id) wherever they are named, all at once, so that chains and swaps are fine.

    Raises E620 where a new id is that of a member who left, and whose history is still there.
    """
    memberships = table("memberships")
    with listed(connection, rekeyed.select("source", "old_id", "new_id")) as named:
        found = _where(memberships, named, "source", "source_id", "old_id")
        columns = list(memberships.columns)
        aside = sa.Table("aside", sa.MetaData(), *(sa.Column(c.name, c.type) for c in columns), prefixes=["TEMPORARY"])
        aside.create(connection, checkfirst=False)
        renamed = [named.c.new_id if c.name == "source_id" else c for c in columns]
        connection.execute(aside.insert().from_select([c.name for c in columns], sa.select(*renamed).where(found)))
        connection.execute(memberships.delete().where(_named(memberships, named, "source", "source_id", "old_id")))
        clash = (
            sa.select(sa.func.count())
            .select_from(named)
            .where(sa.exists().where(memberships.c.source == named.c.source, memberships.c.source_id == named.c.new_id))
        )
        if clashes := connection.execute(clash).scalar_one():
            message = said(
                "{clashes} of the new ids are those of members who left; their history would be mixed", clashes=clashes
            )
            hint = "oneid registry prune removes the history up to a day after they left"
            raise RegistryError("E620", message, hint=hint)
        connection.execute(memberships.insert().from_select([c.name for c in columns], sa.select(aside)))
        aside.drop(connection, checkfirst=False)
        for name, source, source_id in _NAMES:
            place = table(name)
            where = _where(place, named, source, source_id, "old_id")
            connection.execute(place.update().where(where).values({source_id: named.c.new_id}))
    kept = rekeyed.select("source", "old_id", "new_id").with_columns(run=pl.lit(number, dtype=pl.Int64))
    insert(connection, table("rekeys"), kept)


def rename_source(connection: sa.Connection, old: str, new: str) -> None:
    """Gives all that is known of a source its new name.

    Raises E620 where members of a source of that name are known, or were, and their history is still there.
    """
    memberships = table("memberships")
    if connection.execute(sa.select(memberships.c.source).where(memberships.c.source == new).limit(1)).first():
        message = said("members of another source '{new}' are known, or were; their history would be mixed", new=new)
        hint = (
            "give the source another name, or let oneid registry prune remove the history up to a day after they left"
        )
        raise RegistryError("E620", message, hint=hint)
    for name, source in (("memberships", "source"), ("rekeys", "source"), *(place[:2] for place in _NAMES)):
        place = table(name)
        connection.execute(place.update().where(place.c[source] == old).values({source: new}))


def erase(connection: sa.Connection, erased: pl.DataFrame, number: int) -> None:
    """Removes or blanks every row that names one of the records (source, source_id, token), and keeps the tokens; also
    those without an id, which are of numbers that the records had before.
    """
    records = erased.drop_nulls("source_id")
    _forget_rekeys(connection, records)
    with listed(connection, records.select("source", "source_id")) as named:
        memberships = table("memberships")
        connection.execute(memberships.delete().where(_named(memberships, named, "source", "source_id")))
        for name, source, source_id in _NAMES:
            place = table(name)
            concerned = _named(place, named, source, source_id)
            if name == "decisions":
                connection.execute(place.delete().where(concerned))
            else:
                blank = [source_id] if name == "events" else [source, source_id]
                connection.execute(place.update().where(concerned).values(dict.fromkeys(blank, sa.null())))
    tombstones = table("tombstones")
    known = pl.Series(connection.execute(sa.select(tombstones.c.token)).scalars().all(), dtype=pl.String)
    tokens = erased.select("token").unique(maintain_order=True).filter(~pl.col("token").is_in(known.implode()))
    insert(connection, tombstones, tokens.with_columns(run=pl.lit(number, dtype=pl.Int64)))


def _forget_rekeys(connection: sa.Connection, erased: pl.DataFrame) -> None:
    """Removes the renumberings of the records, also those of the ids that they had before."""
    rekeys = table("rekeys")
    names = {"source": pl.String, "old_id": pl.String, "new_id": pl.String, "run": pl.Int64}
    query = sa.select(*(rekeys.c[name] for name in names)).order_by(rekeys.c.run)
    gone = trail(fetch(connection, query, names), erased)
    if len(gone):
        same = (rekeys.c[name] == sa.bindparam(f"of_{name}") for name in ("run", "source", "old_id"))
        rows = gone.select(pl.col("run", "source", "old_id").name.prefix("of_")).to_dicts()
        connection.execute(rekeys.delete().where(*same), rows)


def prune(connection: sa.Connection, number: int) -> dict[str, int]:
    """Removes all that was over by run ``number``, so that the states from that run on still stand; rows by table."""
    events = table("events")
    ended = {name: table(name).delete().where(table(name).c.to_run <= number) for name in ("memberships", "oneids")}
    ended["events"] = events.delete().where(events.c.run <= number)
    return {name: connection.execute(query).rowcount for name, query in ended.items()}


def _where(
    place: sa.Table, named: sa.Table, source: str, source_id: str, id_: str = "source_id"
) -> sa.ColumnElement[bool]:
    """A join of ``place`` with the listed records."""
    return sa.and_(place.c[source] == named.c.source, place.c[source_id] == named.c[id_])


def _named(
    place: sa.Table, named: sa.Table, source: str, source_id: str, id_: str = "source_id"
) -> sa.ColumnElement[bool]:
    """Whether a row of ``place`` names one of the listed records."""
    pairs: Iterable[sa.ColumnElement[str]] = (named.c.source, named.c[id_])
    return sa.tuple_(place.c[source], place.c[source_id]).in_(sa.select(*pairs))


def scrub(engine: sa.Engine, *, rebuild: bool) -> bool:
    """After a commit on SQLite: moves the log into the file, empties it and seals the file; with ``rebuild`` the file
    is written anew before, so that no deleted byte is left, and on a server the tables and what the planner knows of
    them. False where a reader stood in the way, or there was no room for it: then it has to be done later. What can be
    done without is done all the same: deleted rows are overwritten where they were (``secure_delete``).
    """
    if engine.dialect.name != "sqlite":
        if rebuild:
            with told(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"SET lock_timeout = '{int(_PATIENCE)}s'")
                try:  # rows that are gone, and the values that the planner noted of them
                    for name in sorted(METADATA.tables):
                        connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {name}")
                finally:
                    connection.exec_driver_sql("RESET lock_timeout")
        return True
    with told(engine), closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as connection:
        for pragma in ("synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        rebuilt = not rebuild or _rebuilt(connection)
        connection.execute(f"PRAGMA busy_timeout = {2000 if rebuild else 100}").close()
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if not busy:
        with suppress(RegistryError):  # another process is writing, and seals in its turn
            seal(engine)
    return rebuilt and not busy


def _rebuilt(connection: sqlite3.Connection) -> bool:
    """Writes the file anew; whether that could be done."""
    try:
        connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}").close()
        connection.execute("VACUUM").close()
    except sqlite3.OperationalError:
        return False
    return True
