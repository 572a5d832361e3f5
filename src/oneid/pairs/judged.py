"""Pairs with their verdicts: those of the rules on their patterns, and those of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.pairs import scoring as score
from oneid.pairs.scoring import SOURCES, source_pair
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import Codes, distinct
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

__all__ = ["DECIDED", "Judged", "ScoredPairs", "deferred", "judge", "judged", "source_levels", "with_decisions"]

Rows = npt.NDArray[np.uint32]
_VERDICTS = tuple(Verdict)
DECIDED = np.int32(2**31 - 1)
"""The score of a link that a person decided: stronger than any evidence."""


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs of record numbers, left < right, with a score each."""

    left: Rows
    right: Rows
    score: npt.NDArray[np.int32]

    @classmethod
    def none(cls) -> ScoredPairs:
        """No pairs."""
        return cls(np.zeros(0, np.uint32), np.zeros(0, np.uint32), np.zeros(0, np.int32))

    def take(self, where: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> ScoredPairs:
        """The pairs at some places."""
        return ScoredPairs(self.left[where], self.right[where], self.score[where])

    def plus(self, other: ScoredPairs) -> ScoredPairs:
        """These and the others."""
        return ScoredPairs(
            np.concatenate((self.left, other.left)),
            np.concatenate((self.right, other.right)),
            np.concatenate((self.score, other.score)),
        )


@dataclass(frozen=True)
class Judged:
    """Compared pairs. ``verdict`` indexes :class:`~oneid.vocabulary.references.Verdict`, ``rule`` indexes ``rules``."""

    left: Rows
    right: Rows
    pattern: npt.NDArray[np.uint64]
    score: npt.NDArray[np.int32]
    verdict: npt.NDArray[np.uint8]
    rule: npt.NDArray[np.uint16]
    rules: tuple[str, ...]

    def of(self, verdict: Verdict) -> ScoredPairs:
        """The pairs of one verdict."""
        mine = np.flatnonzero(self.verdict == _VERDICTS.index(verdict))
        return ScoredPairs(self.left[mine], self.right[mine], self.score[mine])


def deferred(found: Judged) -> ScoredPairs:
    """The pairs that a person put off: kept apart as a never pair of evidence is, so that a chain of people's links
    joins them all the same.
    """
    later = found.of(Verdict.REVIEW)
    put_off = later.take(later.score == DECIDED)
    return ScoredPairs(put_off.left, put_off.right, np.zeros(put_off.left.size, np.int32))


def judged(table: pl.DataFrame, inverse: npt.NDArray[np.integer], left: Rows, right: Rows) -> Judged:
    """Spreads the verdicts of a pattern table to the pairs; ``inverse`` says which row of it each pair bears."""
    rules = tuple(table["rule"].unique().sort().to_list())
    rule = np.array([rules.index(name) for name in table["rule"].to_list()], dtype=np.uint16)
    verdict = np.array([_VERDICTS.index(Verdict(word)) for word in table["verdict"].to_list()], dtype=np.uint8)
    pattern, score = table["pattern"].to_numpy(), table["score"].to_numpy()
    if not table.height:
        inverse = np.zeros(0, dtype=np.uint32)
    return Judged(left, right, pattern[inverse], score[inverse], verdict[inverse], rule[inverse], rules)


def judge(rules: Rules, schema: Schema, left: Rows, right: Rows, pattern: Codes) -> Judged:
    """The pairs as the rules judge their patterns."""
    patterns, inverse = distinct(pattern)
    counts = np.bincount(inverse, minlength=patterns.size)
    return judged(score.judge(rules, schema, patterns, counts.tolist()), inverse, left, right)


def source_levels(schema: Schema, sources: pl.Series, left: Rows, right: Rows) -> npt.NDArray[np.uint8]:
    """The level of the pattern field ``sources`` for pairs."""
    names = sorted(sources.unique().to_list())
    number = sources.replace_strict(names, range(len(names)), return_dtype=pl.UInt8).to_numpy()
    grid = np.array([[schema.index(SOURCES, source_pair(a, b)) for b in names] for a in names], dtype=np.uint8)
    levels: npt.NDArray[np.uint8] = grid[number[left], number[right]]
    return levels


def with_decisions(found: Judged, decided: pl.DataFrame | None, records: pl.DataFrame) -> Judged:
    """People's verdicts put over the evidence: a decided pair has the rule ``decision`` and a score above all others.

    ``defer`` takes a pair out of the links into review. Decisions about records that are not there wait.
    """
    if decided is None or decided.is_empty():
        return found
    rows = records.select("source", "source_id").with_row_index("row")
    there = decided
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        there = there.join(rows.rename({"row": side}), left_on=ends, right_on=["source", "source_id"])
    a, b = (there[side].to_numpy().astype(np.uint32) for side in ("l", "r"))
    left, right = np.minimum(a, b), np.maximum(a, b)
    words = {"same": Verdict.MATCH, "different": Verdict.NEVER, "defer": Verdict.REVIEW}
    verdict = np.array([_VERDICTS.index(words[word]) for word in there["decision"].to_list()], dtype=np.uint8)
    size = np.uint64(records.height)
    known = found.left.astype(np.uint64) * size + found.right
    keys = left.astype(np.uint64) * size + right
    keep = ~np.isin(known, keys)
    at = np.flatnonzero(~keep)
    pattern = dict(zip(known[at].tolist(), found.pattern[at].tolist(), strict=True))
    rules = (*found.rules, "decision")
    return Judged(
        left=np.concatenate((found.left[keep], left)),
        right=np.concatenate((found.right[keep], right)),
        pattern=np.concatenate(
            (found.pattern[keep], np.array([pattern.get(key, 0) for key in keys.tolist()], dtype=np.uint64))
        ),
        score=np.concatenate((found.score[keep], np.full(left.size, DECIDED, dtype=np.int32))),
        verdict=np.concatenate((found.verdict[keep], verdict)),
        rule=np.concatenate((found.rule[keep], np.full(left.size, len(rules) - 1, dtype=np.uint16))),
        rules=rules,
    )
