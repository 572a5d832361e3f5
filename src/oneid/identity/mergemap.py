"""The tables that say who is who and why: merge map, links, review."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import Clusters
from oneid.identity.state import Assignment
from oneid.pairs.judged import Judged
from oneid.vocabulary.contracts import LINKS, MERGE_MAP, conform
from oneid.vocabulary.references import Verdict

__all__ = ["tables"]

_VERDICTS = tuple(Verdict)
_NONE = np.iinfo(np.uint32).max


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
