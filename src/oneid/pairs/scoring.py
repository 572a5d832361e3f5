"""Scoring and judging the pattern table.

Works on distinct patterns, some thousands of rows, in plain readable Python. A pattern's score is the sum of its
levels' weights and of the interactions that hold, in hundredths of a bit, an integer. Precedence: never rules, match
rules, review rules, then the score against the thresholds. (People's decisions outrank all; they are about pairs and
are applied where clusters are made.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.settings.rules import Rules, When
from oneid.vocabulary.patterns import MISSING, Schema
from oneid.vocabulary.references import Verdict

__all__ = ["SOURCES", "Levels", "holds", "judge", "source_pair", "verdict_of"]

SOURCES = "sources"
"""The pattern field that says which sources a pair is of; only there when a rule asks."""

Flags = npt.NDArray[np.bool_]
Number = TypeVar("Number", np.bool_, np.float64)


def source_pair(a: str, b: str) -> str:
    """The level of :data:`SOURCES` for records of ``a`` and ``b``, whichever comes first."""
    return "+".join(sorted((a, b)))


class Levels:
    """The levels of a table's rows, a column of level names per field. Each field's names are numbered once, however
    many conditions ask for them.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table
        self._numbered: dict[str, tuple[dict[str, int], npt.NDArray[np.intp]]] = {}

    def among(self, field: str, levels: Collection[str]) -> Flags:
        """Where the field has one of ``levels``."""
        return self._told(field, lambda name: name in levels, np.bool_)

    def inside(self) -> Flags:
        """Where both records are of one source."""
        return self._told(SOURCES, lambda pair: len(set(pair.split("+"))) == 1, np.bool_)

    def bits(self, field: str, weights: Mapping[str, float]) -> npt.NDArray[np.float64]:
        """The weight of each row's level; 0 where it has none."""
        return self._told(field, lambda name: weights.get(name, 0.0), np.float64)

    def _told(self, field: str, tell: Callable[[str], object], kind: type[Number]) -> npt.NDArray[Number]:
        """What is told of each row's name, asked once for each name."""
        if field not in self._numbered:
            numbers: dict[str, int] = {}
            rows = [numbers.setdefault(name, len(numbers)) for name in self.table[field].to_list()]
            self._numbered[field] = numbers, np.array(rows, dtype=np.intp)
        names, rows_of = self._numbered[field]
        return np.array([tell(name) for name in names], dtype=kind)[rows_of]


def holds(when: When, levels: Levels) -> Flags:
    """Where the condition holds, one flag per row."""
    result = np.ones(levels.table.height, dtype=np.bool_)
    for field, names in when.levels.items():
        result &= levels.among(field, names)
    if when.any_of:
        result &= np.logical_or.reduce([holds(one, levels) for one in when.any_of])
    for one in when.none_of:
        result &= ~holds(one, levels)
    if when.between is not None:
        result &= levels.among(SOURCES, (source_pair(*when.between),))
    if when.same_source is not None:
        result &= levels.inside() == when.same_source
    return result


def score(rules: Rules, levels: Levels) -> npt.NDArray[np.int32]:
    """Scores in hundredths of a bit."""
    bits = np.full(levels.table.height, rules.base, dtype=np.float64)
    for field, weights in rules.weights.items():
        if field in levels.table.columns:
            bits += levels.bits(field, weights)
    for interaction in rules.interactions:
        bits[holds(interaction.when, levels)] += interaction.bits
    return np.round(bits * 100).astype(np.int32)


def verdict_of(rules: Rules, scores: npt.NDArray[np.int32]) -> list[Verdict]:
    """What scores alone say."""
    limits = rules.thresholds
    return [
        Verdict.MATCH if value >= limits.match * 100
        else Verdict.REVIEW if value >= limits.review * 100
        else Verdict.NEVER if value <= limits.never * 100
        else Verdict.NONE
        for value in scores.tolist()
    ]  # fmt: skip


def judge(rules: Rules, schema: Schema, patterns: npt.NDArray[np.uint64], counts: Sequence[int]) -> pl.DataFrame:
    """The pattern table: ``pattern``, a column of level names per field, ``pairs``, ``score``, ``rule``, ``verdict``.

    ``patterns`` are distinct; ``counts`` says how many pairs bear each. ``rule`` is the id of the rule that decided, or
    ``score``.
    """
    table = schema.table(patterns)
    levels = Levels(table)
    scores = score(rules, levels)
    verdicts = np.array(verdict_of(rules, scores), dtype=object)
    names = np.full(table.height, "score", dtype=object)
    decided = np.zeros(table.height, dtype=np.bool_)
    for verdict in (Verdict.NEVER, Verdict.MATCH, Verdict.REVIEW):
        for rule in rules.rules:
            if rule.verdict != verdict:
                continue
            mine = holds(rule.when, levels) & ~decided
            verdicts[mine], names[mine] = verdict, rule.id
            decided |= mine
    return table.with_columns(
        pairs=pl.Series(counts, dtype=pl.UInt32),
        score=pl.Series(scores, dtype=pl.Int32),
        rule=pl.Series(names, dtype=pl.String),
        verdict=pl.Series([str(verdict) for verdict in verdicts], dtype=pl.String),
    )


def explain_bits(rules: Rules, levels: Mapping[str, str]) -> dict[str, float]:
    """The bits that each present field, each interaction and the base add to one pattern's score."""
    bits = {"base": rules.base}
    for field, level in levels.items():
        if level != MISSING:
            bits[field] = rules.weights.get(field, {}).get(level, 0.0)
    row = Levels(pl.DataFrame({field: [level] for field, level in levels.items()}))
    for number, interaction in enumerate(rules.interactions, 1):
        if holds(interaction.when, row)[0]:
            bits[f"interaction {number}"] = interaction.bits
    return bits
