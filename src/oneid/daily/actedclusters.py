"""The clusters after an act of people: those that stand, but for the records that the act names.

A run judges everybody whose evidence can have changed; an act judges nobody. So what stands is not what the rules make
of the evidence (after a rollback it is not), but what the state of OneIDs says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.amended import amended
from oneid.clusters.clustering import Clusters
from oneid.clusters.wholeclusters import Compared
from oneid.daily import affected
from oneid.daily.dirtypairs import Keys
from oneid.daily.intake import Records
from oneid.daily.kept import Known
from oneid.kinds.base import Comparison
from oneid.pairs.alike import Alike
from oneid.pairs.evidence import Comparing
from oneid.pairs.judged import Judged
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import among
from oneid.vocabulary.patterns import Schema

__all__ = ["acted"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


def acted(
    known: Known,
    records: Records,
    judged: Judged,
    said: pl.DataFrame,
    keys: Keys,
    alike: Alike | None,
    evidence: Comparing,
    rules: tuple[Rules, Schema, Sequence[Comparison]],
) -> tuple[Clusters, Compared, Flags]:
    """The clusters of all records, the pairs that were compared for it, and which records may be in another cluster.

    ``said``: the decisions of the act, which ``judged`` heeds; ``keys``: those of all records, ``alike``: which of
    them are equal; ``rules`` with the schema and the comparisons of the run.
    """
    labels = affected.standing(known, records)
    left, right = _rows(records.ids, said)
    marked = np.zeros(labels.size, np.bool_)
    marked[labels[np.concatenate((left, right))]] = True
    marked = marked[labels]
    part = affected.part(marked, records, judged, keys, alike or Alike.none(labels.size))
    size = np.uint64(max(labels.size, 1))
    ends = part.rows[part.judged.left].astype(np.uint64) * size + part.rows[part.judged.right]
    named = among(ends, np.sort(left.astype(np.uint64) * size + right))
    theirs = np.searchsorted(part.rows, labels[part.rows]).astype(np.uint32)
    made, compared = amended(part, theirs, named, evidence, *rules)
    labels[part.rows] = part.rows[made.labels]
    never = replace(made.never, left=part.rows[made.never.left], right=part.rows[made.never.right])
    return replace(made, labels=labels, never=never), compared, marked


def _rows(ids: pl.DataFrame, said: pl.DataFrame) -> tuple[Rows, Rows]:
    """The record numbers of both ends of pairs that are there, the smaller first."""
    there, rows = said, ids.select("source", "source_id").with_row_index("row")
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        there = there.join(rows.rename({"row": side}), left_on=ends, right_on=["source", "source_id"])
    a, b = (there[side].to_numpy().astype(np.uint32) for side in ("l", "r"))
    return np.minimum(a, b), np.maximum(a, b)
