"""OneIDs after a small change: :func:`oneid.identity.assignment.assign` on those records alone that it can touch.

A OneID goes where its founder goes, and every OneID that is not retired leads to that of a cluster. So a change stays
among the records of the clusters that it touches, before and after, and the OneIDs that lead to them, or whose founder
is back. All others keep what they have. The outcome equals that of assigning all records, which is tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.identity.assignment import assign
from oneid.identity.sortedrows import merged
from oneid.identity.state import Assignment, Run, State

__all__ = ["Change", "reassign"]

_NONE = np.iinfo(np.uint32).max


@dataclass(frozen=True)
class Change:
    """``whole`` is what :func:`oneid.identity.assignment.assign` would give for all records. ``before`` and ``after``
    are the parts of the two states that can differ, for whoever stores the difference; ``touched`` tells the records in
    them.
    """

    whole: Assignment
    before: State
    after: State
    touched: npt.NDArray[np.bool_]


def _returned(fresh: pl.DataFrame, previous: State) -> pl.Series:
    """The OneIDs that are led to by those whose founder is back: it left, and what it founded followed another."""
    founders = fresh.select(founder_source="source", founder_source_id="source_id")
    led = previous.oneids.filter(pl.col("current_oneid").is_not_null())
    return led.join(founders, on=["founder_source", "founder_source_id"], how="semi")["current_oneid"]


def reassign(
    records: pl.DataFrame,
    labels: npt.NDArray[np.uint32],
    was: npt.NDArray[np.uint32],
    changed: npt.NDArray[np.bool_],
    previous: State,
    key: bytes,
    run: Run,
) -> Change:
    """Gives OneIDs to the clusters of records of which some ``changed`` (are new, or may be in another cluster).

    ``records``: source, source_id, in record order; ``labels``: the cluster of each; ``was``: the row of each in
    ``previous.assignments``, which is in record order too, the largest uint32 for new ones. Rows that nothing refers to
    are gone.
    """
    old = previous.assignments
    known = was != _NONE
    left = np.ones(old.height, dtype=np.bool_)
    left[was[known]] = False
    touched = changed | ~known
    oneid = old["oneid"]
    returned = _returned(records.filter(pl.Series(~known)), previous)
    while True:
        rows = np.concatenate((was[touched & known], np.flatnonzero(left).astype(np.uint32)))
        theirs = pl.concat([oneid.gather(rows), returned]).unique()
        held = oneid.is_in(theirs.implode()).to_numpy()
        more = touched.copy()
        more[known] |= held[was[known]]
        marked = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.bool_)
        marked[labels[more]] = True
        more |= marked[labels]
        if (more == touched).all():
            break
        touched = more
    mine = previous.oneids["current_oneid"].is_in(theirs.implode()).fill_null(value=False)
    rows = np.sort(rows)
    before = State(previous.oneids.filter(mine), old[rows])
    members = records.select("source", "source_id").with_columns(cluster=pl.Series(labels, dtype=pl.UInt32))
    members = members.with_row_index("rec").filter(pl.Series(touched)).select("rec", "source", "source_id", "cluster")
    part = assign(members, before, key, run, taken=previous.oneids["oneid"])
    still = np.flatnonzero(~touched)
    order = np.empty(touched.size, dtype=np.uint32)
    order[np.concatenate((still, np.flatnonzero(touched)))] = np.arange(touched.size, dtype=np.uint32)
    names = [name for name in old.columns if name not in ("source", "source_id")]
    named = pl.concat([old.select(names)[was[still]], part.state.assignments.select(names)])[order]
    assignments = records.select("source", "source_id").hstack(named).select(old.columns)
    oneids = merged(previous.oneids, ~mine.to_numpy(), part.state.oneids, "oneid")
    aliases = oneids.select("oneid", "current_oneid", "since")
    return Change(Assignment(State(oneids, assignments), part.events, aliases), before, part.state, touched)
