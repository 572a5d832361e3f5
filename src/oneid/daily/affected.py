"""Which records a small change can move into other clusters, and clustering those alone.

*Affected* are the members of every component of links, of then or of now, in which a record is dirty
(:mod:`oneid.daily.dirtypairs`), is gone, or was decided about anew. No verdict or cluster elsewhere can depend on them,
so all others stay in the clusters of the run before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import Clusters, reached
from oneid.clusters.wholeclusters import ToCluster
from oneid.daily.dirtypairs import Keys
from oneid.daily.intake import Records
from oneid.daily.kept import Known, by_place
from oneid.engines.overlay import Overlay
from oneid.pairs import judged as links
from oneid.pairs.alike import Alike
from oneid.pairs.judged import Judged, ScoredPairs
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import among, code
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

__all__ = ["affected", "counted", "part", "standing", "with_others"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
_NONE = np.iinfo(np.uint32).max


def affected(
    known: Known,
    records: Records,
    dirty: Flags,
    judged: Judged,
    decided: pl.DataFrame | None,
    rules: Rules,
    schema: Schema,
) -> Flags:
    """Which records may be in other clusters than before: all of them where other rules judge, or where the clusters
    were put as people wanted them. ``dirty``: those whose pairs are others; ``decided``: people's verdicts now.
    """
    if known.deciding != rules.rules_version or known.recluster:
        return np.ones(records.fresh.size, dtype=np.bool_)
    now, gone = _numbers_now(known, records)
    old_left, old_right, old_pattern, _ = known.pairs
    a, b = now[old_left], now[old_right]
    marked = np.concatenate((dirty, np.ones(gone, np.bool_)))
    lost = marked[a] | marked[b]
    old = links.judge(rules, schema, a[lost], b[lost], old_pattern[lost]).of(Verdict.MATCH)
    fresh = judged.of(Verdict.MATCH)
    for end in _redecided(known, records, decided):
        marked[end] = True
    before = _decided_before(known, now)
    sides = zip((old.left, old.right), (fresh.left, fresh.right), before, strict=True)
    left, right = (np.concatenate(parts) for parts in sides)
    return reached(marked, left, right)[: records.fresh.size]


def _numbers_now(known: Known, records: Records) -> tuple[Rows, int]:
    """By record of then its number now, those that are gone numbered behind all others; and how many these are."""
    size = records.fresh.size
    still = records.was != _NONE
    now = np.full(known.records.height, _NONE, dtype=np.uint32)
    now[records.was[still]] = np.flatnonzero(still).astype(np.uint32)
    gone = now == _NONE
    count = int(gone.sum())
    now[gone] = size + np.arange(count, dtype=np.uint32)
    return now, count


def _redecided(known: Known, records: Records, decided: pl.DataFrame | None) -> list[Rows]:
    """The records of pairs whose decision is another than at the run before."""
    columns = ["source_l", "source_id_l", "source_r", "source_id_r", "decision"]
    then = known.decided.select(columns)
    today = then.clear() if decided is None else decided.select(columns)
    other = pl.concat([then.join(today, on=columns, how="anti"), today.join(then, on=columns, how="anti")])
    if other.is_empty():
        return []
    rows = records.ids.with_row_index("row")
    found = []
    for side in ("l", "r"):
        ends = other.select(source=f"source_{side}", source_id=f"source_id_{side}")
        found.append(rows.join(ends, on=["source", "source_id"], how="semi")["row"].to_numpy())
    return found


def _decided_before(known: Known, now: Rows) -> tuple[Rows, Rows]:
    """The pairs that were decided to be the same at the run before, by the numbers of now."""
    same = known.decided.filter(pl.col("decision") == "same")
    rows = known.records.select("source", "source_id").with_row_index("row")
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        same = same.join(rows.rename({"row": side}), left_on=ends, right_on=["source", "source_id"])
    return now[same["l"].to_numpy()], now[same["r"].to_numpy()]


def part(marked: Flags, records: Records, judged: Judged, keys: Keys, alike: Alike) -> ToCluster:
    """The marked records with the pairs among them; ``keys``: those of all records whose values a guard counts,
    ``alike``: which records are equal.
    """
    rows = np.flatnonzero(marked).astype(np.uint32)
    place = np.zeros(marked.size, dtype=np.uint32)
    place[rows] = np.arange(rows.size, dtype=np.uint32)
    mine = marked[judged.left] & marked[judged.right]
    some = Judged(
        place[judged.left[mine]], place[judged.right[mine]], judged.pattern[mine], judged.score[mine],
        judged.verdict[mine], judged.rule[mine], judged.rules,
    )  # fmt: skip
    size = np.uint64(max(rows.size, 1))
    compared = np.sort(some.left.astype(np.uint64) * size + some.right)

    def met(left: Rows, right: Rows) -> Flags:
        return among(left.astype(np.uint64) * size + right, compared)

    return ToCluster(rows, some, records.ids["source"].gather(rows), keys.of(rows).blocking, met, alike.of(rows).others)


def counted(numbers: Overlay, place: Rows, fields: Collection[str]) -> Keys:
    """The keys of records whose values a guard counts (``fields``); ``numbers``: the codes of all places."""
    every = Keys.from_columns(by_place(numbers, ("b:",))).blocking if fields else {}
    return Keys({name: codes for name, codes in every.items() if name in fields}, {}).of(place)


def with_others(made: Clusters, marked: Flags, known: Known, records: Records) -> Clusters:
    """The clusters of the marked records, and those of all others as they were."""
    rows = np.flatnonzero(marked).astype(np.uint32)
    labels = _labels(known.state.assignments["oneid"], records.was, ~marked)
    labels[rows] = rows[made.labels]
    never = ScoredPairs(rows[made.never.left], rows[made.never.right], made.never.score)
    return replace(made, labels=labels, never=never)


def standing(known: Known, records: Records) -> Rows:
    """The clusters of then, of records of which none is new: per record the least number of its cluster."""
    return _labels(known.state.assignments["oneid"], records.was, np.ones(records.was.size, np.bool_))


def _labels(oneids: pl.Series, was: Rows, rows: Flags) -> Rows:
    """The clusters of then of some records: per record the least number of its cluster."""
    labels = np.arange(was.size, dtype=np.uint32)
    at = np.flatnonzero(rows).astype(np.uint32)
    bearing = pl.DataFrame({"code": code(oneids)[was[at]], "row": at})
    labels[at] = bearing.select(pl.col("row").min().over("code")).to_series().to_numpy()
    return labels
