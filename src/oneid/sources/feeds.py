"""What a feed says against what is known: which members are new, changed, as before, or gone.

A member's row is recognised by its *print*, a hash of all its needed cells but the id. Rows whose print is known need
not be normalized again. A **full** feed names everybody: who is missing has left. A **delta** feed names those who
changed: who is missing stays as known. In both, a row that is marked as deleted, or as a test, takes its member away;
in a delta no row counts, marked or not, that is older than what is known of its member, or than the mark that took the
member away.

=========  ===========================================================================================
new        not known before
changed    known, with another print
same       known, with the same print
kept       known, not named by a delta feed
gone       known, missing in a full feed, or marked as deleted or as a test
=========  ===========================================================================================
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import polars as pl

from oneid.sources.reading import GONE, SourceRows

__all__ = ["DEPARTED", "GONE", "STALE", "Feed", "against", "departed", "prints", "without_late", "without_stale"]

DEPARTED = {"source_id": pl.String, "updated": pl.Date}
"""What is remembered of members that a mark took away: the date of the last that was known of them."""

STALE = "older than known"
"""The reason of a row that its own date says to be older than what is known of its member."""

_SEED = 20_26


@dataclass(frozen=True)
class Feed:
    """One source's feed against what is known of the source.

    ``fresh``: the rows that are new or changed, as read; ``prints`` are theirs, and ``was`` their rows in the known
    tables (UInt32, null for new ones). ``known``: the rows, in the known tables, of members that are as before (same or
    kept). ``gone``: ids. ``counts`` by the words above. ``digest``: of all that the feed says.
    """

    fresh: pl.DataFrame
    prints: pl.Series
    was: pl.Series
    known: pl.Series
    gone: pl.Series
    counts: dict[str, int]
    digest: bytes = b""


def prints(rows: pl.DataFrame, ids: tuple[str, ...] = ()) -> pl.Series:
    """The print of each row: a hash of the raw columns (``@...``) but those of the id, UInt64, named ``print``.

    Equal rows have equal prints in every run of one version of Polars; another version makes all rows look changed,
    which costs time and nothing else.
    """
    columns = [name for name in rows.columns if name.startswith("@") and name[1:] not in ids]
    if not columns:
        return pl.repeat(0, rows.height, dtype=pl.UInt64, eager=True).alias("print")
    return rows.select(sorted(columns)).hash_rows(seed=_SEED).alias("print")


def against(rows: SourceRows, known: pl.DataFrame, ids: tuple[str, ...], *, full: bool, reread: bool) -> Feed:
    """The feed ``rows`` against ``known`` (source_id, print, row; one source's, ids unique).

    ``full``: who is missing has left. ``reread``: the known prints count for nothing, because what is read of the
    source, or how, has changed since.
    """
    made = prints(rows.frame, ids)
    named = rows.frame.select("source_id").with_columns(made)
    met = named.join(known.rename({"print": "was"}), on="source_id", how="left", maintain_order="left")
    there = met["row"].is_not_null()
    same = (met["print"] == met["was"]).fill_null(value=False) & (not reread)
    missing = known.join(named, on="source_id", how="anti")
    if not full:
        out = rows.rejected.filter(pl.col("reason").is_in(GONE))["source_id"].drop_nulls()
        kept = missing.filter(~pl.col("source_id").is_in(out.implode()))
        missing = missing.filter(pl.col("source_id").is_in(out.implode()))
    else:
        kept = missing.clear()
    counts = {
        "new": int((~there).sum()),
        "changed": int((there & ~same).sum()),
        "same": int(same.sum()),
        "kept": kept.height,
        "gone": missing.height,
    }
    stay = pl.concat([met.filter(same)["row"], kept["row"]])
    fresh = ~same
    taken = rows.rejected.filter(pl.col("reason").is_in(GONE)).select("source_id").drop_nulls().sort("source_id")
    marks = [] if rows.marked is None else [rows.marked.drop("row").sort(pl.all())]  # with their dates
    said = hashlib.sha256(f"{rows.name} {full} {taken.height}".encode())
    for said_of in (named, taken, *marks):
        said.update(said_of.hash_rows(seed=_SEED).to_numpy().tobytes())
    return Feed(
        rows.frame.filter(fresh), made.filter(fresh), met["row"].filter(fresh), stay, missing["source_id"], counts,
        said.digest(),
    )  # fmt: skip


def without_stale(feed: Feed, updated: pl.Series, known: pl.DataFrame) -> tuple[Feed, pl.Series]:
    """A delta feed without the rows that are older than what is known, and which rows of ``feed.fresh`` these are.

    ``updated``: the date of each fresh row. ``known``: source_id, updated (Date), row, of the source; the row is null
    for members who have left.
    """
    dated = feed.fresh.select("source_id").with_columns(updated.alias("now"))
    met = dated.join(known, on="source_id", how="left", maintain_order="left")
    stale = (met["now"] < met["updated"]).fill_null(value=False)
    if not stale.any():
        return feed, stale
    back = met.filter(stale)["row"]
    count, away = len(back), back.null_count()
    counts = {**feed.counts, "new": feed.counts["new"] - away, "changed": feed.counts["changed"] - (count - away),
              "kept": feed.counts["kept"] + count - away}  # fmt: skip
    stay = pl.concat([feed.known, back.drop_nulls()])
    fresh = ~stale
    return Feed(
        feed.fresh.filter(fresh), feed.prints.filter(fresh), feed.was.filter(fresh), stay, feed.gone, counts,
        feed.digest,
    ), stale  # fmt: skip


def without_late(feed: Feed, marked: pl.DataFrame, known: pl.DataFrame) -> tuple[Feed, pl.Series]:
    """A delta feed without the marks (deleted, test record) that are older than what is known, so that their members
    stay; and the row numbers of those marks.

    ``marked``: source_id, row, updated (Date). ``known``: source_id, updated (Date), row, of the source.
    """
    theirs = marked.filter(pl.col("source_id").is_in(feed.gone.implode()))
    met = theirs.join(known, on="source_id", suffix="_known", maintain_order="left")
    met = met.with_columns(late=(pl.col("updated") < pl.col("updated_known")).fill_null(value=False))
    met = met.filter(pl.col("late").all().over("source_id"))  # another mark may be newer
    if met.is_empty():
        return feed, met["row"]
    stays = met.unique("source_id", maintain_order=True)
    counts = {**feed.counts, "gone": feed.counts["gone"] - stays.height, "kept": feed.counts["kept"] + stays.height}
    gone = feed.gone.filter(~feed.gone.is_in(stays["source_id"].implode()))
    return replace(feed, known=pl.concat([feed.known, stays["row_known"]]), gone=gone, counts=counts), met["row"]


def departed(marked: pl.DataFrame | None, known: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Whom marks have taken away, with the date of the last that was known of each: :data:`DEPARTED`, sorted.

    ``marked``: source_id, updated, of the marks of this feed; ``known``: the same of members, ``before``: the same of
    who was remembered. Without any date nothing can be told to be older.
    """
    if marked is None or marked.is_empty():
        return before
    marks = marked.select(list(DEPARTED)).drop_nulls("source_id")
    last = known.select(list(DEPARTED)).join(marks, on="source_id", how="semi")
    every = pl.concat([before, marks, last]).drop_nulls()
    return every.group_by("source_id").agg(pl.col("updated").max()).sort("source_id")
