"""How any two records of a run are compared: candidates of the blocking keys first, and whatever pair is asked for
later.

:class:`Evidence` is made of the features of all records. A run that compares only what can have changed has another
(:class:`oneid.daily.changedpairs.PartEvidence`), which makes columns of those records alone that it is asked for:
both are a :class:`Comparing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.base import Engine
from oneid.engines.local import LocalEngine
from oneid.pairs import blocking
from oneid.pairs.alike import Alike
from oneid.pairs.blocking import BlockReport, Counted
from oneid.pairs.columns import Columns
from oneid.pairs.compare import compare
from oneid.pairs.judged import source_levels
from oneid.pairs.keynumbers import UNTOLD, KeyNumbers
from oneid.pairs.scoring import SOURCES
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import Codes, among
from oneid.vocabulary.patterns import Schema

__all__ = ["Candidates", "Comparing", "Evidence", "candidates", "patterns_of"]

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
class Candidates:
    """The candidate pairs of blocking rules: ``left`` < ``right``, in the order of the rules and of their keys, the
    number of the rule that made each (``key``), and what each rule made and left out. ``codes``: the pairs as sorted
    numbers.
    """

    left: Rows
    right: Rows
    key: KeyNumbers
    report: tuple[BlockReport, ...]
    codes: Codes

    @classmethod
    def none(cls) -> Candidates:
        """No pair."""
        rows = np.zeros(0, np.uint32)
        return cls(rows, rows, np.zeros(0, np.uint8), (), np.zeros(0, np.uint64))

    def met(self, left: Rows, right: Rows) -> Flags:
        """Which pairs are among them, whichever record of a pair comes first."""
        return among(_pair_codes(np.minimum(left, right), np.maximum(left, right)), self.codes)


@dataclass(frozen=True)
class Evidence:
    """What all records are compared by: their ``columns`` and ``sources``, and the candidate pairs that are ``made`` by
    their blocking keys; which are ``alike``, and the pairs of these (``equal``) that no blocking key makes.
    """

    schema: Schema
    columns: Columns
    sources: pl.Series
    made: Candidates
    engine: Engine
    alike: Alike
    equal: tuple[Rows, Rows]

    def patterns(self, left: Rows, right: Rows, progress: Progress = _silent) -> Codes:
        """The evidence patterns of pairs."""
        return patterns_of(self.schema, self.columns, self.sources, (left, right), self.engine, progress)

    def met(self, left: Rows, right: Rows) -> Flags:
        """Which pairs are candidates."""
        return self.made.met(left, right) | among(_pair_codes(left, right), _pair_codes(*self.equal))


def _pair_codes(left: Rows, right: Rows) -> Codes:
    """One number for each pair; those of sorted pairs are sorted."""
    codes: Codes = left.astype(np.uint64) << np.uint64(32) | right
    return codes


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


def candidates(
    rules: Sequence[BlockingRule],
    columns: Mapping[str, Sequence[Codes]],
    engine: Engine,
    counted: Counted | None = None,
    *,
    touched: Sequence[Codes] | None = None,
    dirty: Flags | None = None,
) -> Candidates:
    """The candidate pairs of some rules, each made once, by the first rule that makes it (:mod:`oneid.pairs.blocking`,
    which says what ``columns``, ``touched`` and ``counted`` are). ``dirty``: those alone with such a record.

    The keys of a rule are there while its pairs are made; then pairs alone are known, by one number each.
    """

    def one(number: int) -> tuple[Rows, Rows, BlockReport]:
        only = None if touched is None else [touched[number]]
        made = blocking.plan(rules[number : number + 1], columns, LocalEngine(1), only, counted)
        left, right = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
        for task in blocking.tasks(made):
            ends = blocking.pairs(made, task)
            mine = slice(None) if dirty is None else dirty[ends[0]] | dirty[ends[1]]
            left.append(ends[0][mine])
            right.append(ends[1][mine])
        return np.concatenate(left), np.concatenate(right), made.report[0]

    found = Candidates.none()
    parts: list[tuple[Rows, Rows, KeyNumbers]] = [(found.left, found.right, found.key)]
    codes, report = found.codes, []
    for number, (left, right, line) in enumerate(engine.map(one, range(len(rules)))):
        fresh = ~among(_pair_codes(left, right), codes)
        parts.append((left[fresh], right[fresh], np.full(int(fresh.sum()), min(number, UNTOLD), dtype=np.uint8)))
        report.append(line)
        codes = np.sort(np.concatenate((codes, _pair_codes(*parts[-1][:2]))))
    ends = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Candidates(ends[0], ends[1], ends[2], tuple(report), codes)
