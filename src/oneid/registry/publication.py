"""What a publication brings, and writing it: the whole of it in one transaction, and only what differs from before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
import sqlalchemy as sa

from oneid.identity.state import ASSIGNMENTS, EVENTS, ONEIDS, Run, State
from oneid.registry.bulk import insert, listed, table
from oneid.registry.forgetting import erase, rename
from oneid.vocabulary.contracts import conform
from oneid.vocabulary.errors import InternalError, RegistryError

__all__ = ["KINDS", "Publication", "Step", "write"]

KINDS: Final = ("run", "merge", "split", "rekey", "rollback", "erase", "decide")

Step = Callable[[str], None]

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
    renamed, and the pair is kept. ``erased``: source, source_id, token; every row that names the record is removed or
    blanked, and the token is kept. ``before`` still has old ids and erased records, ``after`` and ``events`` do not.
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
        given = publication.decisions
        blank = [pl.lit(None, dtype=pl.String).alias(name) for name in _DECISIONS if name not in given.columns]
        given = given.with_columns(blank).select(pl.col(_DECISIONS).cast(pl.String)).with_row_index("place")
        insert(connection, table("decisions"), given.with_columns(run=number))
    if publication.erased is not None and len(publication.erased):
        step("erase")
        erase(connection, publication.erased, run.number)


def _check(publication: Publication) -> None:
    for state in (publication.before, publication.after):
        conform(state.oneids, ONEIDS, "a publication")
        conform(state.assignments, ASSIGNMENTS, "a publication")
    conform(publication.events, EVENTS, "a publication")
    run = publication.run
    if publication.kind not in KINDS:
        raise InternalError("E913", f"there is no publication of kind '{publication.kind}'")
    if run.at.tzinfo is None:
        raise InternalError("E913", "the time of a run needs a time zone")
    if publication.events.filter((pl.col("run_id") != run.run_id) | (pl.col("at") != pl.lit(run.at))).height:
        raise InternalError("E913", "an event of another run was to be published")


def _add_run(connection: sa.Connection, publication: Publication) -> None:
    run, runs = publication.run, table("runs")
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(runs.c.number), 0))).scalar_one()
    hint = "run again from the registry as it is now"
    if last + 1 != run.number:
        message = f"the registry has moved on: run {run.number} was to be published, and run {last} was the last"
        raise RegistryError("E608", message, hint=hint)
    if connection.execute(sa.select(runs.c.number).where(runs.c.run_id == run.run_id)).first():
        raise RegistryError("E608", f"the registry has moved on: run '{run.run_id}' is in it already", hint=hint)
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
        raise InternalError("E913", f"{len(lost)} OneIDs were to be forgotten")
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
            raise InternalError("E913", f"the registry's {name} are not what the run began with")
