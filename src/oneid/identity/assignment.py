"""Who bears which OneID, and what happened since the run before.

:func:`assign` decides it as a pure function of (state of the run before, :mod:`oneid.identity.state`; new clusters;
key; run). How a OneID is spelled is said in :mod:`oneid.vocabulary.oneids`.

**Who bears what.** A OneID goes where its *founder* goes: the record that it was made from, the least
(first run, source, id) of its cluster at the time. If the founder is gone, the least surviving record takes its place:
first among those whose *home* the OneID is, then among those assigned to it in the run before. A cluster bears the
oldest living OneID that came to it, else the oldest redirected one (it is *reinstated*); the others redirect to it, so
an alias is computed anew in each run and never chained. A redirected OneID none of whose records survive follows the
one that it led to. A OneID of which nothing is left is *retired* for good. A cluster to which no OneID came gets a new
one, made from its least record.

**Home** is what lets a merge be undone. A record's home is the OneID that it would take along: it stays the same while
that OneID redirects to the record's cluster, and becomes the cluster's OneID when the two part. So if A and B merge,
B's records are assigned A and keep B as their home; when the clusters part again, B comes back with them. For the same
reason a redirected OneID stays *under* the one that it gave way to: while the two are in one cluster it is not
reinstated before that one, even if it is older. So going back to the earlier partition after any merge gives every
record the OneID that it had.

**Events** read from ``oneid`` (before) to ``other_oneid`` (after):

==========  =================================================  ========================================================
event       says                                               reason
==========  =================================================  ========================================================
created     a new OneID, with its founder                      new; split (from known records); returned (the founder's
                                                               own OneID is taken already, see ``generation``)
joined      a record not known before came to a OneID that     new
            has known records
left        a record is no longer there                        gone
merged      ``oneid`` leads to ``other_oneid`` from now on     linked (it was living); redirected (it led elsewhere)
split       ``other_oneid`` came out of ``oneid``              created; reinstated (it lives again)
moved       a known record changed its OneID, and not          relinked
            because its OneID as a whole merged there
retired     nothing is left of ``oneid``                       gone; followed (what it redirected to was retired)
reinstated  ``oneid`` lives again; it redirected before      split (told beside); returned (its founder is back)
==========  =================================================  ========================================================
"""

from __future__ import annotations

from typing import Final

import polars as pl

from oneid.identity.state import ALIASES, ASSIGNMENTS, EVENTS, ONEIDS, WHEN, Assignment, Contract, Run, State
from oneid.vocabulary.contracts import conform
from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.oneids import derive

__all__ = ["assign"]

_MEMBERS: Final[Contract] = {"rec": pl.UInt32, "source": pl.String, "source_id": pl.String, "cluster": pl.UInt32}


def assign(
    members: pl.DataFrame,
    previous: State | None,
    key: bytes,
    run: Run,
    taken: pl.Series | None = None,
    ended: pl.Series | None = None,
) -> Assignment:
    """Gives each cluster its OneID; see the module's text for the rules.

    ``members``: rec (UInt32, ranks the records by source and id in bytes), source, source_id, cluster (UInt32, any
    numbers; records with the same number are one person), in any order of rows. ``previous``: the state that the run
    before left, or None. ``taken``: every OneID ever given, where ``previous`` is but a part of the state. ``ended``:
    OneIDs that are to be retired, whatever records they have. Raises E912 where ``members`` breaks its contract. One
    pass over all records, no Python per record but the hashing of new founders.
    """
    before = previous or State.empty()
    records = _records(members, before, run)
    over = pl.Series(dtype=pl.String) if ended is None else ended
    fates = _fates(conform(before.oneids, ONEIDS, "the previous state"), records, over)
    bearers = _bearers(fates, records, before.oneids["oneid"] if taken is None else taken, key, run)
    records = records.join(bearers.select("cluster", "oneid"), on="cluster", how="left", maintain_order="left")
    oneids = _oneids(before, fates, bearers, run)
    assignments = _assignments(records, fates, run)
    gone = before.assignments.join(records, on=["source", "source_id"], how="anti")
    events = _events(before, oneids, bearers, records, gone)
    stamped = events.with_columns(run_id=pl.lit(run.run_id), at=pl.lit(run.at, dtype=WHEN)).select(list(EVENTS))
    return Assignment(
        State(conform(oneids, ONEIDS, "assign"), conform(assignments, ASSIGNMENTS, "assign")),
        conform(stamped, EVENTS, "assign"),
        conform(oneids.select(list(ALIASES)), ALIASES, "assign"),
    )


def _records(members: pl.DataFrame, before: State, run: Run) -> pl.DataFrame:
    """The run's records by rank, with what the state knows of them: ``was`` (null if new), home, first_run, run_id."""
    conform(members, _MEMBERS, "assign")
    ranked = members.select(list(_MEMBERS))
    if not ranked["rec"].is_sorted():
        ranked = ranked.sort("rec")
    source, above = pl.col("source"), pl.col("source").shift(1)
    rising = (above < source) | ((above == source) & (pl.col("source_id").shift(1) < pl.col("source_id")))
    if sum(ranked.null_count().row(0)) or not ranked.select(rising.slice(1).all()).item():
        raise InternalError("E912", "records are not numbered by source and id, or one is there twice")
    conform(before.assignments, ASSIGNMENTS, "the previous state")
    known = before.assignments.rename({"oneid": "was"})
    if known.is_empty():
        blank = [pl.lit(None, dtype=pl.String).alias(name) for name in ("was", "home_oneid", "run_id")]
        ranked = ranked.with_columns(*blank, first_run=pl.lit(run.number, dtype=pl.UInt32))
    else:
        ranked = ranked.join(known, on=["source", "source_id"], how="left", maintain_order="left")
        ranked = ranked.with_columns(pl.col("first_run").fill_null(run.number))
    return ranked.drop("rec").with_row_index("row")


def _least(group: str) -> pl.Expr:
    """The row of the least (first run, source, id) of each group; rows are in the order of (source, id)."""
    rank = pl.col("first_run").cast(pl.UInt64) * 2**32 + pl.col("row")
    return (rank.min() % 2**32).cast(pl.UInt32).alias(group)


def _fates(oneids: pl.DataFrame, records: pl.DataFrame, ended: pl.Series) -> pl.DataFrame:
    """Where each OneID that is not retired goes: its columns, ``anchor`` (row; null: it follows), ``cluster`` (null:
    retired now) and ``nested`` (whether the one it is under goes there too). Those that have ``ended`` go nowhere.
    """
    alive = oneids.filter(pl.col("current_oneid").is_not_null())
    founders = records.select("row", founder_source="source", founder_source_id="source_id")
    found = alive.join(founders, on=["founder_source", "founder_source_id"], how="left")
    orphans = found.filter(pl.col("row").is_null()).select("oneid")
    heirs = orphans
    for column, name in (("home_oneid", "home_heir"), ("was", "heir")):
        theirs = records.join(orphans, left_on=column, right_on="oneid", how="semi")
        least = theirs.group_by(pl.col(column).alias("oneid")).agg(_least(name))
        heirs = heirs.join(least, on="oneid", how="left")
    found = found.join(heirs, on="oneid", how="left")
    anchor = pl.when(~pl.col("oneid").is_in(ended.implode())).then(pl.coalesce("row", "home_heir", "heir"))
    found = found.with_columns(anchor=anchor).drop("home_heir", "heir")
    found = found.join(records.select("source", "source_id", "cluster", anchor="row"), on="anchor", how="left")
    found = found.with_columns(
        founder_source=pl.coalesce("source", "founder_source"),
        founder_source_id=pl.coalesce("source_id", "founder_source_id"),
    )
    led = found.select(pl.col("oneid").alias("current_oneid"), pl.col("cluster").alias("followed"))
    found = found.join(led, on="current_oneid", how="left")
    found = found.with_columns(cluster=pl.coalesce("cluster", "followed")).drop("followed")
    over = found.select(pl.col("oneid").alias("under_oneid"), pl.col("cluster").alias("over_cluster"))
    found = found.join(over, on="under_oneid", how="left")
    nested = (pl.col("over_cluster") == pl.col("cluster")).fill_null(value=False)
    return found.with_columns(nested=nested)


def _bearers(fates: pl.DataFrame, records: pl.DataFrame, taken: pl.Series, key: bytes, run: Run) -> pl.DataFrame:
    """One row per cluster: cluster, oneid, how (kept, reinstated, created); and of created ones all but since."""
    able = fates.filter(pl.col("anchor").is_not_null() & ~pl.col("nested"))
    able = able.with_columns(redirected=pl.col("oneid") != pl.col("current_oneid"))
    rivals = pl.col("cluster").is_duplicated()
    age = ["redirected", "born_run", "founder_source", "founder_source_id", "oneid"]
    first = able.filter(rivals).sort(age).unique("cluster", keep="first", maintain_order=True)
    how = pl.when("redirected").then(pl.lit("reinstated")).otherwise(pl.lit("kept"))
    old = pl.concat([able.filter(~rivals), first]).select("cluster", "oneid", how=how)
    fresh = records.join(old, on="cluster", how="anti") if len(old) else records
    rows = fresh.group_by("cluster").agg(_least("row")).sort("row")
    founding = rows.join(records.drop("cluster"), on="row", how="left", maintain_order="left")
    new = _derive_unused(founding, taken, key)
    reason = (
        pl.when(pl.col("was").is_not_null())
        .then(pl.lit("split"))
        .when(pl.col("generation") > 0)
        .then(pl.lit("returned"))
        .otherwise(pl.lit("new"))
    )
    created = new.select(
        "cluster",
        "oneid",
        how=pl.lit("created"),
        born_run=pl.lit(run.number, dtype=pl.UInt32),
        founder_source="source",
        founder_source_id="source_id",
        generation="generation",
        reason=reason,
    )
    return pl.concat([old, created], how="diagonal")


def _derive_unused(founding: pl.DataFrame, used: pl.Series, key: bytes) -> pl.DataFrame:
    """``founding`` with ``oneid`` and ``generation``, each OneID distinct from all others and from all ``used``."""
    done: list[pl.DataFrame] = []
    todo, generation = founding, 0
    while len(todo) or not done:
        made = todo.with_columns(
            derive(todo["source"], todo["source_id"], key, generation),
            generation=pl.lit(generation, dtype=pl.UInt32),
        )
        taken = pl.concat([used, *(frame["oneid"] for frame in done)])
        free = made["oneid"].is_first_distinct()
        if len(taken):
            free &= ~made["oneid"].is_in(taken.implode())
        done.append(made.filter(free))
        todo, generation = todo.filter(~free), generation + 1
    return pl.concat(done).sort("row") if generation > 1 else done[0]


def _oneids(before: State, fates: pl.DataFrame, bearers: pl.DataFrame, run: Run) -> pl.DataFrame:
    """The new :data:`ONEIDS`: where each OneID leads now, founders that are gone replaced, new ones added."""
    new = bearers.filter(pl.col("how") == "created").with_columns(
        current_oneid="oneid", under_oneid=pl.lit(None, dtype=pl.String), since=pl.lit(run.at, dtype=WHEN)
    )
    parts = [new.select(list(ONEIDS))]
    if len(before.oneids):
        leads = bearers.select("cluster", now="oneid")
        old = fates.join(leads, on="cluster", how="left", nulls_equal=False)
        changed = pl.col("now").ne_missing(pl.col("current_oneid"))
        old = old.with_columns(
            current_oneid="now",
            under_oneid=pl.when("nested").then("under_oneid").when(pl.col("now") != pl.col("oneid")).then("now"),
            since=pl.when(changed).then(pl.lit(run.at, dtype=WHEN)).otherwise("since"),
        )
        parts += [old.select(list(ONEIDS)), before.oneids.filter(pl.col("current_oneid").is_null())]
    return pl.concat(parts).sort("oneid")


def _assignments(records: pl.DataFrame, fates: pl.DataFrame, run: Run) -> pl.DataFrame:
    """The new :data:`ASSIGNMENTS`: a home is kept while it redirects to the record's cluster."""
    at_home: pl.Expr = pl.lit(value=False)
    if len(fates):
        homes = fates.select(pl.col("oneid").alias("home_oneid"), pl.col("cluster").alias("home_cluster"))
        records = records.join(homes, on="home_oneid", how="left", maintain_order="left")
        at_home = (pl.col("home_cluster") == pl.col("cluster")).fill_null(value=False)
    changed = pl.col("oneid").ne_missing(pl.col("was"))
    return records.select(
        "source",
        "source_id",
        "oneid",
        pl.when(at_home).then("home_oneid").otherwise("oneid").alias("home_oneid"),
        "first_run",
        pl.when(changed).then(pl.lit(run.run_id)).otherwise("run_id").alias("run_id"),
    )


def _events(
    before: State, oneids: pl.DataFrame, bearers: pl.DataFrame, records: pl.DataFrame, gone: pl.DataFrame
) -> pl.DataFrame:
    """What happened, kind by kind in the order of the module's table; within a kind in the order of its rows."""
    created = bearers.filter(pl.col("how") == "created")
    found = _event(created, "created", "reason", oneid="oneid", source="founder_source", source_id="founder_source_id")
    if before.oneids.is_empty():
        return found
    led = before.oneids.filter(pl.col("current_oneid").is_not_null()).select("oneid", then="current_oneid")
    leads = led.join(oneids.select("oneid", now="current_oneid"), on="oneid", how="left")
    leads = leads.join(leads.select(then="oneid", then_now="now"), on="then", how="left").sort("oneid")
    lived = pl.col("oneid") == pl.col("then")
    merged = leads.filter(
        (pl.col("now") != pl.col("oneid"))
        & (pl.col("now") != pl.col("then"))
        & (lived | pl.col("then_now").ne_missing(pl.col("now")))
    ).with_columns(why=pl.when(lived).then(pl.lit("linked")).otherwise(pl.lit("redirected")))
    retired = leads.filter(pl.col("now").is_null())
    retired = retired.with_columns(why=pl.when(lived).then(pl.lit("gone")).otherwise(pl.lit("followed")))

    all_new = created.filter(pl.col("reason") != "split").select("oneid")
    joined = records.filter(pl.col("was").is_null()).join(all_new, on="oneid", how="anti", maintain_order="left")
    changed = records.filter(pl.col("was") != pl.col("oneid"))
    changed = changed.join(leads.select(was="oneid", lead="now"), on="was", how="left", maintain_order="left")
    moved = changed.filter(pl.col("lead").ne_missing(pl.col("oneid")))
    born = bearers.filter(pl.col("how") != "kept").select("oneid", "how")
    split = moved.select("was", "oneid").unique().join(born, on="oneid").sort("was", "oneid")
    out_of = split.select("oneid", why=pl.lit("split")).unique()
    again = born.filter(pl.col("how") == "reinstated").join(out_of, on="oneid", how="left").sort("oneid")
    again = again.with_columns(pl.col("why").fill_null("returned"))
    place = {"source": "source", "source_id": "source_id"}
    return pl.concat(
        [
            found,
            _event(joined.with_columns(why=pl.lit("new")), "joined", "why", oneid="oneid", **place),
            _event(
                gone.sort("source", "source_id").with_columns(why=pl.lit("gone")), "left", "why", oneid="oneid", **place
            ),
            _event(merged, "merged", "why", oneid="oneid", other_oneid="now"),
            _event(split, "split", "how", oneid="was", other_oneid="oneid"),
            _event(
                moved.with_columns(why=pl.lit("relinked")), "moved", "why", oneid="was", other_oneid="oneid", **place
            ),
            _event(retired, "retired", "why", oneid="oneid"),
            _event(again, "reinstated", "why", oneid="oneid"),
        ]
    )


def _event(frame: pl.DataFrame, event: str, reason: str, **columns: str) -> pl.DataFrame:
    """``frame`` as events; ``columns`` names the columns of it that are oneid, other_oneid, source and source_id."""
    blank = pl.lit(None, dtype=pl.String)
    names = ("oneid", "other_oneid", "source", "source_id")
    wanted = {name: pl.col(columns[name]) if name in columns else blank for name in names}
    return frame.select(event=pl.lit(event), **wanted, reason=pl.col(reason))
