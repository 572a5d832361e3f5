"""What comparing and clustering all records, and only those that can have changed, have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters import clustering
from oneid.clusters.clustering import DECIDED, Cap, Clusters, Pairs
from oneid.outputs import statetables
from oneid.pairs import compare, scoring
from oneid.pairs import judged as links
from oneid.pairs.columns import Columns
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.references import Verdict

if TYPE_CHECKING:
    from oneid.runs.pipeline import Work

__all__ = ["clustered", "patterns_of"]

Rows = npt.NDArray[np.uint32]


def patterns_of(
    work: Work,
    columns: Columns,
    left: Rows,
    right: Rows,
    records: pl.DataFrame | None = None,
) -> Codes:
    """The patterns of pairs of records, with their sources where a rule asks for them. ``records``: those that
    ``columns`` are of, if not all.
    """
    levels = compare.compare(columns, left, right)
    if work.rules.needs_sources:
        sources = (work.ids if records is None else records)["source"]
        levels[scoring.SOURCES] = links.source_levels(work.schema, sources, left, right)
    return work.schema.pack(levels)


def clustered(
    work: Work,
    judged: links.Judged,
    rows: Rows,
    keys: Mapping[str, Sequence[Codes]],
    met: Callable[[Rows, Rows], npt.NDArray[np.bool_]],
    patterns: Callable[[Rows, Rows], Codes],
) -> Clusters:
    """Clusters the records ``rows``; in ``judged``, in the result and for the two functions they are numbered 0, 1, ...

    ``keys``: their blocking keys; ``met`` tells which pairs were compared already, ``patterns`` compares others.
    """
    guards = work.rules.guards
    source = work.ids["source"].gather(rows)
    alone = source.is_in(guards.one_per_source).to_numpy()
    number = source.rank("dense").to_numpy()
    by_people = judged.score == DECIDED
    decided = judged.left[by_people].astype(np.uint64) << np.uint64(32) | judged.right[by_people]

    def inside(left: Rows, right: Rows) -> Pairs:
        barred = alone[left] & (number[left] == number[right])
        fresh = ~met(left, right) & ~barred & ~np.isin(left.astype(np.uint64) << np.uint64(32) | right, decided)
        at, to = left[fresh], right[fresh]
        made = patterns(at, to)
        pairs = {"left": rows[at], "right": rows[to], "pattern": made}
        work.tables[statetables.INSIDE] = pl.DataFrame(pairs, schema=statetables.PAIRS)
        return (
            links.judge(work.rules, work.schema, at, to, made)
            .of(Verdict.NEVER)
            .plus(Pairs(left[barred], right[barred], np.zeros(int(barred.sum()), np.int32)))
        )

    caps = [Cap(keys[field_], most) for field_, most in sorted(guards.most_values.items()) if field_ in keys]
    links_ = judged.of(Verdict.MATCH)
    barred = alone[links_.left] & (number[links_.left] == number[links_.right]) & (links_.score < DECIDED)
    never = judged.of(Verdict.NEVER).plus(links_.take(barred))
    return clustering.cluster(rows.size, links_.take(~barred), never, inside, guards.alarm, caps)
