"""What a run leaves under ``state/`` for ``oneid diff``: numbers only, no personal data.

=================  ==============================================================================================
``state/pairs``    the candidate pairs: left, right (rows of the merge map) and pattern; and key, the number of the
                   blocking key that made it, from 0 (127: none did, for they are equal; 126: not known), and 128 more
                   where the two agree in everything compared
``state/equal``    records that agree in everything compared with an earlier one of their source: left that one, right
                   they
``state/inside``   the pairs that no blocking key made and that were compared because they came into one component
``state/decided``  the pairs that people decided: left, right and the number of the verdict in
                   :class:`~oneid.vocabulary.references.Verdict`
=================  ==============================================================================================

A run that goes on from the one before compares little, so it takes over what that one knew of records that nothing has
happened to. Where records were renamed or erased in between, it takes over nothing: what is not known is bounded later
(:mod:`oneid.diff.rejudge`), what is wrong would not be noticed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.wholeclusters import Compared
from oneid.daily.intake import Records
from oneid.daily.kept import Known
from oneid.pairs.alike import Alike
from oneid.pairs.judged import Judged
from oneid.pairs.keynumbers import KeyNumbers

__all__ = ["DECIDED", "EQUAL", "INSIDE", "PAIRS", "decided", "equal", "inside", "pairs"]

PAIRS = {"left": pl.UInt32, "right": pl.UInt32, "pattern": pl.UInt64}
INSIDE = "state/inside"
EQUAL = "state/equal"
DECIDED = "state/decided"


def pairs(found: Compared, key: KeyNumbers | None = None) -> pl.DataFrame:
    """Pairs with their patterns, as a table; ``key``: which blocking key made each."""
    made = pl.DataFrame(dict(zip(PAIRS, found, strict=True)), schema=PAIRS)
    return made if key is None else made.with_columns(key=pl.Series(key, dtype=pl.UInt8))


def equal(alike: Alike | None) -> pl.DataFrame:
    """``state/equal``."""
    ends = Alike.none(0).others if alike is None else alike.others
    return pl.DataFrame(dict(zip(("left", "right"), ends, strict=True)), schema={"left": pl.UInt32, "right": pl.UInt32})


def decided(judged: Judged) -> pl.DataFrame:
    """``state/decided``."""
    none = pl.DataFrame(schema={"left": pl.UInt32, "right": pl.UInt32, "verdict": pl.UInt8})
    if "decision" not in judged.rules:
        return none
    mine = judged.rule == judged.rules.index("decision")
    columns = {"left": judged.left[mine], "right": judged.right[mine], "verdict": judged.verdict[mine]}
    return pl.DataFrame(columns, schema=none.schema).sort("left", "right")


def inside(
    compared: Compared, known: Known | None, records: Records, affected: npt.NDArray[np.bool_] | None
) -> pl.DataFrame:
    """``state/inside``: what was compared now, and what the run before compared inside components that nothing has
    happened to. ``affected``: the records that were clustered anew; None: all.
    """
    fresh = pairs(compared)
    if known is None or affected is None or known.renamed or INSIDE not in known.outputs:
        return fresh.sort("left", "right")
    gone = np.iinfo(np.uint32).max
    now = np.full(known.records.height, gone, dtype=np.uint32)
    rows = np.flatnonzero((records.was != gone) & ~affected)
    now[records.was[rows]] = rows
    before = known.outputs[INSIDE]
    left, right = (now[before[side].to_numpy()] for side in ("left", "right"))
    there = (left != gone) & (right != gone)
    kept = pairs((left[there], right[there], before["pattern"].to_numpy()[there]))
    return pl.concat([kept, fresh]).sort("left", "right")
