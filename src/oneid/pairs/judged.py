"""Pairs with their verdicts, and the tables that are made of them: merge map, links, review."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import DECIDED, Clusters, Pairs
from oneid.identity.assignment import Assignment
from oneid.pairs import scoring as score
from oneid.pairs.scoring import SOURCES, source_pair
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import Codes, distinct
from oneid.vocabulary.contracts import LINKS, MERGE_MAP, conform
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

__all__ = ["Judged", "judge", "judged", "source_levels", "tables", "with_decisions"]

Rows = npt.NDArray[np.uint32]
_VERDICTS = tuple(Verdict)
_NONE = np.iinfo(np.uint32).max


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

    def of(self, verdict: Verdict) -> Pairs:
        """The pairs of one verdict."""
        mine = np.flatnonzero(self.verdict == _VERDICTS.index(verdict))
        return Pairs(self.left[mine], self.right[mine], self.score[mine])


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


def tables(
    found: Judged, clusters: Clusters, records: pl.DataFrame, assignment: Assignment, rules_version: str
) -> dict[str, pl.DataFrame]:
    """``merge_map``, ``links`` and ``review``. ``records``: source, source_id, in record order.

    ``links`` holds every pair whose verdict is match, with ``applied`` false where the verdict on the whole cluster
    kept the two apart. ``review`` holds the pairs for people: those whose verdict
    is review and links that were refused, except where both records came together by other evidence; highest score
    first.
    """
    labels = clusters.labels
    together = labels[found.left] == labels[found.right]
    match, review = (found.verdict == _VERDICTS.index(word) for word in (Verdict.MATCH, Verdict.REVIEW))
    waiting = (match | review) & ~together
    linked, open_ = (np.flatnonzero(flags) for flags in (match, waiting))
    linked = linked[np.argsort(_by_ends(found, linked), kind="stable")]
    open_ = open_[np.lexsort((_by_ends(found, open_), -found.score[open_].astype(np.int64)))]
    made = _pairs_table(found, linked, records, rules_version)
    made = made.with_columns(applied=pl.Series(together[linked]))
    asked = _pairs_table(found, open_, records, rules_version)
    asked = asked.with_columns(
        reason=pl.when(pl.col("verdict") == str(Verdict.MATCH)).then(pl.lit("refused")).otherwise(pl.lit("review")),
        verdict=pl.lit(str(Verdict.REVIEW)),
    )
    return {
        "merge_map": _merge_map(found, clusters, match & together, waiting, records, assignment),
        "links": made,
        "review": asked,
    }


def _by_ends(found: Judged, at: npt.NDArray[np.intp]) -> npt.NDArray[np.uint64]:
    """What puts pairs in the order of their records."""
    ends: npt.NDArray[np.uint64] = (found.left[at].astype(np.uint64) << np.uint64(32)) | found.right[at]
    return ends


def _pairs_table(found: Judged, at: npt.NDArray[np.intp], records: pl.DataFrame, rules_version: str) -> pl.DataFrame:
    ends = {}
    for side, rows in (("l", found.left[at]), ("r", found.right[at])):
        ends[f"source_{side}"] = records["source"].gather(rows)
        ends[f"source_id_{side}"] = records["source_id"].gather(rows)
    verdicts = pl.Series([str(verdict) for verdict in _VERDICTS], dtype=pl.String)
    frame = pl.DataFrame(
        {
            **ends,
            "pattern": pl.Series(found.pattern[at], dtype=pl.UInt64),
            "score": pl.Series(found.score[at], dtype=pl.Int32),
            "rule": pl.Series(found.rules, dtype=pl.String).gather(found.rule[at].astype(np.uint32)),
            "verdict": verdicts.gather(found.verdict[at].astype(np.uint32)),
        }
    )
    return conform(frame.with_columns(rules_version=pl.lit(rules_version)), LINKS, "links")


def _merge_map(
    found: Judged,
    clusters: Clusters,
    applied: npt.NDArray[np.bool_],
    open_: npt.NDArray[np.bool_],
    records: pl.DataFrame,
    assignment: Assignment,
) -> pl.DataFrame:
    """One row per record: its OneID, and the strongest link that holds it there.

    ``status``: *linked* with others; *held*, alone while a link to it waits for a person or was refused; *single*.
    """
    size = records.height
    at = np.flatnonzero(applied)
    ends = np.concatenate((found.left[at], found.right[at]))
    others = np.concatenate((found.right[at], found.left[at]))
    which = np.concatenate((at, at))
    best = np.full(size, np.iinfo(np.int32).min, dtype=np.int32)
    np.maximum.at(best, ends, found.score[which])
    strongest = np.flatnonzero(found.score[which] == best[ends])
    ends, others, which = ends[strongest], others[strongest], which[strongest]
    via = np.full(size, _NONE, dtype=np.uint32)
    np.minimum.at(via, ends, others)
    first = others == via[ends]
    rule, score = np.zeros(size, dtype=np.uint32), np.zeros(size, dtype=np.int32)
    rule[ends[first]], score[ends[first]] = found.rule[which[first]], found.score[which[first]]
    asked = np.zeros(size, dtype=np.bool_)
    asked[found.left[open_]] = True
    asked[found.right[open_]] = True
    linked = np.bincount(clusters.labels, minlength=size)[clusters.labels] > 1
    status = np.where(linked, 0, np.where(asked, 1, 2)).astype(np.uint32)
    named = (
        pl.Series(via, dtype=pl.UInt32)
        .to_frame("via")
        .select(via=pl.when(pl.col("via") != _NONE).then("via"), there=pl.col("via") != _NONE)
    )
    rules = pl.Series(found.rules or ("score",), dtype=pl.String).gather(rule)
    frame = records.select("source", "source_id").with_columns(
        oneid=assignment.state.assignments["oneid"],
        status=pl.Series(["linked", "held", "single"]).gather(status),
        rule=rules,
        score=pl.Series(score, dtype=pl.Int32),
        via_source=records["source"].gather(named["via"]),
        via_source_id=records["source_id"].gather(named["via"]),
        run_id=assignment.state.assignments["run_id"],
        there=named["there"],
    )
    frame = frame.with_columns(pl.when("there").then(pl.col(name)).alias(name) for name in ("rule", "score"))
    return conform(frame.drop("there"), MERGE_MAP, "identify")
