"""Pairs with verdicts, and decisions put over them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from oneid.pairs.judged import DECIDED, ScoredPairs, deferred, judged, source_levels, with_decisions
from oneid.pairs.scoring import SOURCES
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

FEATURES = pl.DataFrame({"source": ["a", "a", "b", "b", "c"], "source_id": ["1", "2", "1", "2", "1"]})
TABLE = pl.DataFrame(
    {
        "pattern": pl.Series([10, 20, 30, 40], dtype=pl.UInt64),
        "score": pl.Series([900, 500, 100, -900], dtype=pl.Int32),
        "rule": ["mail", "score", "score", "strangers"],
        "verdict": ["match", "match", "review", "never"],
    }
)


def made(*pairs: tuple[int, int, int]):
    """Judged pairs: left, right, and the row of TABLE that is their pattern."""
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 3)
    return judged(TABLE, rows[:, 2].astype(np.intp), rows[:, 0].astype(np.uint32), rows[:, 1].astype(np.uint32))


def test_verdicts_are_spread_to_pairs() -> None:
    """Each pair has the score, rule and verdict of its pattern."""
    found = made((0, 1, 0), (0, 2, 3), (1, 2, 1))
    assert [found.rules[number] for number in found.rule] == ["mail", "strangers", "score"]
    assert found.of(Verdict.MATCH).left.tolist() == [0, 1]
    assert found.of(Verdict.MATCH).score.tolist() == [900, 500]
    assert found.of(Verdict.NEVER).right.tolist() == [2]
    assert found.of(Verdict.REVIEW).left.size == 0


def test_no_evidence_is_as_strong_as_a_decision() -> None:
    """It stands at the end of what a score can be."""
    assert np.iinfo(np.int32).max == DECIDED


def test_no_pairs() -> None:
    """An empty pattern table spreads to nothing."""
    none = np.zeros(0, np.uint32)
    assert judged(TABLE.clear(), np.zeros(0, np.intp), none, none).of(Verdict.MATCH).left.size == 0


def decisions(*rows: tuple[str, str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["source_l", "source_id_l", "source_r", "source_id_r", "decision"], orient="row")


@pytest.mark.parametrize(("word", "verdict"), [("same", "match"), ("different", "never"), ("defer", "review")])
def test_decisions_stand_over_the_evidence(word: str, verdict: str) -> None:
    """On a compared pair, whose pattern stays, and on a pair that nothing compared."""
    found = with_decisions(
        made((0, 1, 0), (2, 3, 3)), decisions(("b", "1", "b", "2", word), ("a", "1", "c", "1", word)), FEATURES
    )
    mine = found.of(Verdict(verdict))
    decided = {
        (a, b)
        for a, b, score in zip(mine.left.tolist(), mine.right.tolist(), mine.score.tolist(), strict=True)
        if score == DECIDED
    }
    assert decided == {(2, 3), (0, 4)}
    assert found.left.size == 3
    assert dict(zip(found.left.tolist(), found.pattern.tolist(), strict=True))[2] == 40
    assert [found.rules[rule] for rule in found.rule] == ["mail", "decision", "decision"]
    assert sorted(found.pattern.tolist()) == [0, 10, 40]  # what was not compared has no pattern


def test_what_a_person_put_off_is_kept_apart_as_by_evidence() -> None:
    """And what the evidence alone leaves open is not."""
    found = deferred(with_decisions(made((0, 1, 2), (0, 2, 0)), decisions(("a", "1", "b", "1", "defer")), FEATURES))
    assert (found.left.tolist(), found.right.tolist(), found.score.tolist()) == ([0], [2], [0])
    assert deferred(made((0, 1, 2))).left.size == 0
    none = ScoredPairs.none()
    assert none.left.size == none.right.size == none.score.size == 0
    assert none.plus(found).take(np.array([True])).right.tolist() == [2]


def test_a_decision_about_a_record_that_is_not_there_waits() -> None:
    """Neither side, nor one side."""
    found = with_decisions(
        made((0, 1, 0)), decisions(("a", "1", "b", "99", "same"), ("zz", "1", "zz", "2", "same")), FEATURES
    )
    assert found.left.size == 1
    assert with_decisions(made((0, 1, 0)), None, FEATURES).left.size == 1
    assert with_decisions(made((0, 1, 0)), decisions(), FEATURES).left.size == 1


def test_source_levels() -> None:
    """The level of a pair names its sources, whichever comes first."""
    schema = Schema({SOURCES: ("missing", "a+a", "a+b", "a+c", "b+b", "b+c", "c+c")})
    left, right = (np.array(rows, dtype=np.uint32) for rows in ([0, 0, 4, 2], [1, 2, 0, 3]))
    found = source_levels(schema, FEATURES["source"], left, right)
    assert [schema.levels[SOURCES][level] for level in found] == ["a+a", "a+b", "a+c", "b+b"]
