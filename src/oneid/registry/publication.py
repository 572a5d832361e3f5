"""What a publication brings, and writing it: the whole of it in one transaction, and only what differs from before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import polars as pl
import sqlalchemy as sa

from oneid.identity.state import ASSIGNMENTS, EVENTS, ONEIDS, Run, State
from oneid.registry.bulk import insert, listed, put_setting, setting, table
from oneid.registry.failures import shown
from oneid.registry.forgetting import erase, rename, rename_source
from oneid.vocabulary.contracts import conform
from oneid.vocabulary.errors import InternalError, Place, RegistryError
from oneid.vocabulary.language import said

__all__ = ["KINDS", "Publication", "Step", "bind", "decide", "fingerprint", "key_of", "write"]

KINDS: Final = ("run", "merge", "split", "decide", "rekey", "rename-source", "detach", "rollback", "erase")

Step = Callable[[str], None]

_OF_KEY: Final = b"a registry of OneIDs"
_RECORD: Final = ["source", "source_id"]
_DECISIONS: Final = [column.name for column in table("decisions").columns if column.name not in ("run", "place")]


@dataclass(frozen=True)
class Publication:
    """What one run, or one act of a person, leaves in the registry.

    ``kind`` is one of :data:`KINDS`; ``input`` is a digest of what it was made from, ``day`` the day of the data,
    ``folder`` where its files are, ``info`` more about it (fit for JSON, no personal data). ``before`` is the state
    that the registry holds, ``after`` the one to come; ``events`` tell of the way between.

    ``decisions``: new ones, columns source_l, source_id_l, source_r, source_id_r, decision and, where known, by, at,
    reason, ticket, approved_by. ``rekeyed``: source, old_id, new_id; all that the registry knows of the old id is
    renamed, and the pair is kept. ``sources``: by the old name of a source its new one, likewise. ``erased``: source,
    source_id, token; every row that names the record is removed or blanked, and the token is kept; where source_id is
    null, the token is all, of a number that a record had before. ``before`` still has old ids and erased records,
    ``after`` and ``events`` do not.
    """

    run: Run
    kind: str
    input: str
    day: str | None
    folder: str | None
    info: Mapping[str, object]
    before: State
    after: State
    events: pl.DataFrame
    decisions: pl.DataFrame | None = None
    rekeyed: pl.DataFrame | None = None
    erased: pl.DataFrame | None = None
    sources: Mapping[str, str] = field(default_factory=dict)


def fingerprint(key: bytes) -> str:
    """What a registry keeps of the key of its OneIDs, to know it again: a keyed hash of 128 bits."""
    return blake2b(_OF_KEY, key=key if len(key) <= 64 else blake2b(key).digest(), digest_size=16).hexdigest()


def key_of(connection: sa.Connection, of_key: str | None) -> str | None:
    """The fingerprint of the key that a registry is bound to, if any. Raises E606 where another one is given."""
    known = setting(connection, "key")
    if known is not None and of_key not in (None, known):
        hint = "give the key that its OneIDs were made with; with another one all OneIDs would change"
        place = Place(shown(connection.engine.url))
        raise RegistryError("E606", "the registry belongs to another key", place=place, hint=hint)
    return known


def bind(connection: sa.Connection, of_key: str | None) -> None:
    """Binds a registry to the key of its first publication. Raises E606 as :func:`key_of` does."""
    if key_of(connection, of_key) is None and of_key is not None:
        put_setting(connection, "key", of_key)


def write(connection: sa.Connection, publication: Publication, step: Step) -> None:
    """Writes ``publication`` inside the transaction of ``connection``.

    Raises E608 where the registry has moved on since ``before``, E620 where a new id is a former member's, and E913
    where the publication contradicts itself or the registry. ``step`` is called before each step with its name.
    """
    _check(publication)
    run = publication.run
    step("run")
    _add_run(connection, publication)
    if publication.rekeyed is not None and len(publication.rekeyed):
        step("rename")
        rename(connection, publication.rekeyed, run.number)
    for old, new in publication.sources.items():
        step("rename source")
        rename_source(connection, old, new)
    step("memberships")
    _write_memberships(connection, publication)
    step("oneids")
    _write_oneids(connection, publication)
    step("events")
    number = pl.lit(run.number, dtype=pl.Int64)
    events = publication.events.drop("run_id", "at").with_row_index("place")
    insert(connection, table("events"), events.with_columns(run=number))
    if publication.decisions is not None and len(publication.decisions):
        step("decisions")
        given = _filled(publication.decisions).with_row_index("place")
        insert(connection, table("decisions"), given.with_columns(run=number))
    if publication.erased is not None and len(publication.erased):
        step("erase")
        erase(connection, publication.erased, run.number)


def _filled(given: pl.DataFrame) -> pl.DataFrame:
    blank = [pl.lit(None, dtype=pl.String).alias(name) for name in _DECISIONS if name not in given.columns]
    return given.with_columns(blank).select(pl.col(_DECISIONS).cast(pl.String))


def decide(connection: sa.Connection, after: int, new: pl.DataFrame, undone: int | None = None) -> int:
    """Takes decisions in between two runs, inside the transaction of ``connection``: see
    :meth:`oneid.registry.Registry.decide`. Such a decision bears the number of the run before it.
    """
    of, runs = table("decisions"), table("runs")
    if connection.dialect.name == "postgresql":  # two that decide at once: one after the other
        connection.exec_driver_sql("LOCK TABLE decisions IN SHARE ROW EXCLUSIVE MODE")
    last = connection.execute(sa.select(sa.func.max(runs.c.number))).scalar()
    if last != after:
        hint = "look at the new run; what it heeds stands, and can be decided otherwise"
        raise RegistryError("E608", said("the registry has moved on from run {number}", number=after), hint=hint)
    if undone is not None:
        row = _filled(new).row(0, named=True)
        same = [of.c[name].is_not_distinct_from(value) for name, value in row.items()]
        connection.execute(of.delete().where(of.c.run == after, of.c.place == undone, *same))
        return undone
    highest = connection.execute(sa.select(sa.func.max(of.c.place)).where(of.c.run == after)).scalar()
    first = 0 if highest is None else int(highest) + 1
    placed = _filled(new).with_row_index("place", offset=first)
    insert(connection, of, placed.with_columns(run=pl.lit(after, dtype=pl.Int64)))
    return first


def _check(publication: Publication) -> None:
    for state in (publication.before, publication.after):
        conform(state.oneids, ONEIDS, "a publication")
        conform(state.assignments, ASSIGNMENTS, "a publication")
    conform(publication.events, EVENTS, "a publication")
    run = publication.run
    if publication.kind not in KINDS:
        raise InternalError("E913", said("there is no publication of kind '{kind}'", kind=publication.kind))
    if run.at.tzinfo is None:
        raise InternalError("E913", "the time of a run needs a time zone")
    if publication.events.filter((pl.col("run_id") != run.run_id) | (pl.col("at") != pl.lit(run.at))).height:
        raise InternalError("E913", "an event of another run was to be published")


def _add_run(connection: sa.Connection, publication: Publication) -> None:
    run, runs = publication.run, table("runs")
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(runs.c.number), 0))).scalar_one()
    hint = "run again from the registry as it is now"
    if last + 1 != run.number:
        message = said(
            "the registry has moved on: run {number} was to be published, and run {last} was the last",
            number=run.number,
            last=last,
        )
        raise RegistryError("E608", message, hint=hint)
    if connection.execute(sa.select(runs.c.number).where(runs.c.run_id == run.run_id)).first():
        raise RegistryError(
            "E608", said("the registry has moved on: run '{run_id}' is in it already", run_id=run.run_id), hint=hint
        )
    row = {
        "number": run.number,
        "run_id": run.run_id,
        "at": pl.select(pl.lit(run.at).dt.epoch("us")).item(),
        "kind": publication.kind,
        "input": publication.input,
        "day": publication.day,
        "folder": publication.folder,
        "info": json.dumps(dict(publication.info), ensure_ascii=False, sort_keys=True),
    }
    connection.execute(runs.insert(), row)


def _write_memberships(connection: sa.Connection, publication: Publication) -> None:
    before, after = publication.before.assignments, publication.after.assignments
    rekeyed = publication.rekeyed
    if rekeyed is not None and len(rekeyed):
        before = _renamed(before, rekeyed)
    if publication.sources:
        before = before.with_columns(pl.col("source").replace(dict(publication.sources))).sort(_RECORD)
    ended, begun = _difference(before, after, _RECORD)
    _end(connection, "memberships", ended, publication.run.number)
    run = publication.run
    numbers = pl.DataFrame(
        [*map(tuple, connection.execute(sa.select(table("runs").c.run_id, table("runs").c.number)))],
        schema={"run_id": pl.String, "changed_run": pl.Int64},
        orient="row",
    )
    rows = begun.join(numbers, on="run_id", how="left", maintain_order="left").drop("run_id")
    if rows["changed_run"].null_count():
        raise InternalError("E913", "a record was changed by a run that the registry does not know")
    insert(connection, table("memberships"), rows.with_columns(from_run=pl.lit(run.number, dtype=pl.Int64)))


def _renamed(assignments: pl.DataFrame, rekeyed: pl.DataFrame) -> pl.DataFrame:
    names = rekeyed.select("source", pl.col("old_id").alias("source_id"), "new_id")
    found = assignments.join(names, on=_RECORD, how="left", maintain_order="left")
    return found.with_columns(source_id=pl.coalesce("new_id", "source_id")).drop("new_id")


def _write_oneids(connection: sa.Connection, publication: Publication) -> None:
    before, after = publication.before.oneids, publication.after.oneids
    lost = before.join(after, on="oneid", how="anti")
    if len(lost):
        raise InternalError("E913", said("{n} OneIDs were to be forgotten", n=len(lost)))
    ended, begun = _difference(before, after, ["oneid"])
    _end(connection, "oneids", ended, publication.run.number)
    insert(connection, table("oneids"), begun.with_columns(from_run=pl.lit(publication.run.number, dtype=pl.Int64)))


def _difference(before: pl.DataFrame, after: pl.DataFrame, key: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The keys whose rows no longer hold, and the rows that hold from now on."""
    if before.is_empty():
        return before.select(key), after
    keys, known = after.select(key), before.select(key)
    if keys.equals(known):
        was, gone = pl.int_range(len(before), eager=True), known.clear()
    else:
        known = known.with_row_index("was")
        was = keys.join(known, on=key, how="left", maintain_order="left")["was"]
        gone = (
            known.drop("was").join(keys, on=key, how="anti") if was.count() < len(before) else known.drop("was").clear()
        )
    values = [name for name in after.columns if name not in key]
    same = was.is_not_null()
    for name in values:
        same &= after[name].eq_missing(before[name].gather(was))
    ended = after.filter(~same & was.is_not_null()).select(key)
    return pl.concat([ended, gone]), after.filter(~same)


def _end(connection: sa.Connection, name: str, keys: pl.DataFrame, number: int) -> None:
    """Ends the present period of each of ``keys``; there must be one."""
    if keys.is_empty():
        return
    periods = table(name)
    with listed(connection, keys) as named:
        same = [periods.c[column] == named.c[column] for column in keys.columns]
        query = periods.update().where(*same, periods.c.to_run.is_(None)).values(to_run=number)
        if connection.execute(query).rowcount != len(keys):
            raise InternalError("E913", said("the registry's {name} are not what the run began with", name=name))
