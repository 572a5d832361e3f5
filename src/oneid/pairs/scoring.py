"""Scoring and judging the pattern table.

Works on distinct patterns, some thousands of rows, in plain readable Python. A pattern's score is the sum of its
levels' weights and of the interactions that hold, in hundredths of a bit, an integer. Precedence: never rules, match
rules, review rules, then the score against the thresholds. (People's decisions outrank all; they are about pairs and
are applied where clusters are made.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.settings.rules import Rules, When
from oneid.vocabulary.patterns import MISSING, Schema
from oneid.vocabulary.references import Verdict

__all__ = ["SOURCES", "holds", "judge", "source_pair", "verdict_of"]

SOURCES = "sources"
"""The pattern field that says which sources a pair is of; only there when a rule asks."""

Flags = npt.NDArray[np.bool_]


def source_pair(a: str, b: str) -> str:
    """The level of :data:`SOURCES` for records of ``a`` and ``b``, whichever comes first."""
    return "+".join(sorted((a, b)))


def holds(when: When, table: pl.DataFrame) -> Flags:
    """Where the condition holds, one flag per row of a table with a column of level names per field."""
    result = np.ones(table.height, dtype=np.bool_)
    for field, levels in when.levels.items():
        result &= table[field].is_in(levels).to_numpy()
    if when.any_of:
        result &= np.logical_or.reduce([holds(one, table) for one in when.any_of])
    for one in when.none_of:
        result &= ~holds(one, table)
    if when.between is not None:
        result &= (table[SOURCES] == source_pair(*when.between)).to_numpy()
    if when.same_source is not None:
        sides = table[SOURCES].str.split("+")
        inside = (sides.list.first() == sides.list.last()).to_numpy()
        result &= inside == when.same_source
    return result


def score(rules: Rules, table: pl.DataFrame) -> npt.NDArray[np.int32]:
    """Scores in hundredths of a bit."""
    bits = np.full(table.height, rules.base, dtype=np.float64)
    for field, weights in rules.weights.items():
        if field in table.columns:
            bits += table[field].replace_strict(weights, default=0.0, return_dtype=pl.Float64).to_numpy()
    for interaction in rules.interactions:
        bits[holds(interaction.when, table)] += interaction.bits
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
    scores = score(rules, table)
    verdicts = np.array(verdict_of(rules, scores), dtype=object)
    names = np.full(table.height, "score", dtype=object)
    decided = np.zeros(table.height, dtype=np.bool_)
    for verdict in (Verdict.NEVER, Verdict.MATCH, Verdict.REVIEW):
        for rule in rules.rules:
            if rule.verdict != verdict:
                continue
            mine = holds(rule.when, table) & ~decided
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
    table = pl.DataFrame({field: [level] for field, level in levels.items()})
    for number, interaction in enumerate(rules.interactions, 1):
        if holds(interaction.when, table)[0]:
            bits[f"interaction {number}"] = interaction.bits
    return bits
