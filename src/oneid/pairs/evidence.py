"""How any two records of a run are compared: candidates of the blocking keys first, and whatever pair is asked for
later.

:class:`Evidence` is made of the features of all records. A run that compares only what can have changed has another
(:class:`oneid.daily.changedpairs.PartEvidence`), which makes columns of those records alone that it is asked for:
both are a :class:`Comparing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.base import Engine
from oneid.pairs import blocking
from oneid.pairs.alike import Alike
from oneid.pairs.blocking import Plan
from oneid.pairs.columns import Columns
from oneid.pairs.compare import compare
from oneid.pairs.judged import source_levels
from oneid.pairs.keynumbers import UNTOLD, KeyNumbers
from oneid.pairs.scoring import SOURCES
from oneid.vocabulary.codes import Codes, among
from oneid.vocabulary.patterns import Schema

__all__ = ["Comparing", "Evidence", "candidates", "patterns_of", "unmet"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
_MOST, _LEAST, _SHARES = 1_000_000, 50_000, 8
"""At most so many pairs are compared at a time, so that memory does not grow with them; few are not parted."""


Progress = Callable[[float], None]
"""Told how much is done, from 0 to 1."""


def _silent(_share: float) -> None:
    pass


class Comparing(Protocol):
    """Compares pairs of records by their numbers."""

    def patterns(self, left: Rows, right: Rows, progress: Progress = _silent) -> Codes:
        """The evidence patterns of pairs."""


@dataclass(frozen=True)
class Evidence:
    """What all records are compared by: their ``columns`` and ``sources``, and the ``plan`` of their blocking keys;
    which are ``alike``, and the pairs of these (``equal``) that no blocking key makes.
    """

    schema: Schema
    columns: Columns
    sources: pl.Series
    plan: Plan
    engine: Engine
    alike: Alike
    equal: tuple[Rows, Rows]

    def patterns(self, left: Rows, right: Rows, progress: Progress = _silent) -> Codes:
        """The evidence patterns of pairs."""
        return patterns_of(self.schema, self.columns, self.sources, (left, right), self.engine, progress)

    def met(self, left: Rows, right: Rows) -> Flags:
        """Which pairs are candidates."""
        found = blocking.met(self.plan, left, right)
        return found | among(_pair_codes(left, right), _pair_codes(*self.equal))


def _pair_codes(left: Rows, right: Rows) -> Codes:
    """One number for each pair; those of sorted pairs are sorted."""
    codes: Codes = left.astype(np.uint64) << np.uint64(32) | right
    return codes


def unmet(plan: Plan, pairs: tuple[Rows, Rows]) -> Flags:
    """Which pairs (by the numbers of the plan) no blocking key makes."""
    return ~blocking.met(plan, *pairs)


def patterns_of(
    schema: Schema,
    columns: Columns,
    sources: pl.Series,
    pairs: tuple[Rows, Rows],
    engine: Engine,
    progress: Progress = _silent,
) -> Codes:
    """The patterns of pairs of records, of which ``columns`` and ``sources`` are, share by share; sources stand in a
    pattern where the schema has them, because a rule asks.
    """
    left, right = pairs

    def one(share: slice) -> Codes:
        levels = compare(columns, left[share], right[share])
        if SOURCES in schema.levels:
            levels[SOURCES] = source_levels(schema, sources, left[share], right[share])
        return schema.pack(levels)

    step = min(_MOST, max(_LEAST, -(-left.size // _SHARES)))
    shares = [slice(begin, begin + step) for begin in range(0, left.size, step)]
    made = np.empty(left.size, dtype=np.uint64)
    for number, (share, patterns) in enumerate(zip(shares, engine.map(one, shares), strict=True)):
        progress(number / len(shares))
        made[share] = patterns
    return made


def candidates(plan: Plan, engine: Engine, dirty: Flags | None = None) -> tuple[Rows, Rows, KeyNumbers]:
    """The candidate pairs of a plan, left < right, in the order of its keys, and the number of the blocking rule that
    made each; ``dirty``: those alone with such a record (one flag per record of the plan).
    """

    def one(task: blocking.Task) -> tuple[Rows, Rows, KeyNumbers]:
        left, right = blocking.pairs(plan, task)
        if dirty is not None:
            mine = dirty[left] | dirty[right]
            left, right = left[mine], right[mine]
        return left, right, np.full(left.size, min(task.rule, UNTOLD), dtype=np.uint8)

    none = np.zeros(0, np.uint32)
    made = [(none, none, np.zeros(0, np.uint8)), *engine.map(one, list(blocking.tasks(plan)))]
    left, right, key = (np.concatenate(parts) for parts in zip(*made, strict=True))
    return left, right, key
