"""What a run leaves under ``state/`` for ``oneid diff``: numbers only, no personal data.

=================  ==============================================================================================
``state/pairs``    the candidate pairs: left, right (rows of the merge map) and pattern
``state/inside``   the pairs that no blocking key made and that were compared because they came into one component
``state/decided``  the pairs that people decided: left, right and the number of the verdict in
                   :class:`~oneid.vocabulary.references.Verdict`
=================  ==============================================================================================

A run that goes on from the one before compares little, so it takes over what that one knew of records that nothing has
happened to. Where records were renamed or erased in between, it takes over nothing: what is not known is bounded later
(:mod:`oneid.diff.rejudge`), what is wrong would not be noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from oneid.runs.pipeline import Work

__all__ = ["DECIDED", "INSIDE", "PAIRS", "tables"]

PAIRS = {"left": pl.UInt32, "right": pl.UInt32, "pattern": pl.UInt64}
INSIDE = "state/inside"
DECIDED = "state/decided"


def tables(work: Work) -> dict[str, pl.DataFrame]:
    """The tables beside ``state/pairs``; ``work`` has been judged and clustered."""
    assert work.judged is not None
    judged = work.judged
    decided = pl.DataFrame(schema={"left": pl.UInt32, "right": pl.UInt32, "verdict": pl.UInt8})
    if "decision" in judged.rules:
        mine = judged.rule == judged.rules.index("decision")
        columns = {"left": judged.left[mine], "right": judged.right[mine], "verdict": judged.verdict[mine]}
        decided = pl.DataFrame(columns, schema=decided.schema).sort("left", "right")
    fresh = work.tables.get(INSIDE, pl.DataFrame(schema=PAIRS))
    return {INSIDE: pl.concat([_kept(work), fresh]).sort("left", "right"), DECIDED: decided}


def _kept(work: Work) -> pl.DataFrame:
    """What the run before compared inside components that nothing has happened to, by the rows of now."""
    known, taken, affected = work.known, work.intake, work.affected
    none = pl.DataFrame(schema=PAIRS)
    if known is None or taken is None or affected is None or INSIDE not in known.outputs:
        return none
    if known.renamed:
        return none
    gone = np.iinfo(np.uint32).max
    now = np.full(known.records.height, gone, dtype=np.uint32)
    rows = np.flatnonzero((taken.was != gone) & ~affected)
    now[taken.was[rows]] = rows
    before = known.outputs[INSIDE]
    left, right = (now[before[side].to_numpy()] for side in ("left", "right"))
    there = (left != gone) & (right != gone)
    kept = {"left": left[there], "right": right[there], "pattern": before["pattern"].to_numpy()[there]}
    return pl.DataFrame(kept, schema=PAIRS)
