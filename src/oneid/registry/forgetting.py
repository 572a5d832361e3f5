"""Rows that are rewritten: records that their system renumbered, records that are erased, history that is pruned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl
import sqlalchemy as sa

from oneid.registry.bulk import insert, listed, table
from oneid.vocabulary.errors import RegistryError

__all__ = ["erase", "prune", "rename"]

_NAMES: Final = (
    ("events", "source", "source_id"),
    ("oneids", "founder_source", "founder_source_id"),
    ("decisions", "source_l", "source_id_l"),
    ("decisions", "source_r", "source_id_r"),
)
"""Where records are named outside of keys: table, column of the source, column of the id."""


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
            message = f"{clashes} of the new ids are those of members who left; their history would be mixed"
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


def erase(connection: sa.Connection, erased: pl.DataFrame, number: int) -> None:
    """Removes or blanks every row that names one of the records (source, source_id, token), and keeps the tokens."""
    _forget_rekeys(connection, erased)
    with listed(connection, erased.select("source", "source_id")) as named:
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
    """Removes the renumberings of the records, also those of the ids that they had before. An id that another member
    has had since is left alone: the way is followed back from the latest renumbering to each id.
    """
    rekeys = table("rekeys")
    query = sa.select(rekeys.c.source, rekeys.c.old_id, rekeys.c.new_id, rekeys.c.run).order_by(rekeys.c.run.desc())
    names = set(erased.select("source", "source_id").iter_rows())
    if not connection.execute(query.limit(1)).first():
        return
    gone: list[dict[str, object]] = []
    run, left, older = None, set[tuple[str, str]](), set[tuple[str, str]]()
    for source, old_id, new_id, at in connection.execute(query):
        if at != run:
            run, names, left, older = at, (names - left) | older, set(), set()
        if (source, new_id) in names:
            gone.append({"of_run": at, "of_source": source, "of_id": old_id})
            left.add((source, new_id))
            older.add((source, old_id))
    if gone:
        same = (
            rekeys.c.run == sa.bindparam("of_run"),
            rekeys.c.source == sa.bindparam("of_source"),
            rekeys.c.old_id == sa.bindparam("of_id"),
        )
        connection.execute(rekeys.delete().where(*same), gone)


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
