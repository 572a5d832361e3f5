"""Labels for training: which records are one person, or people's decisions on pairs, counted per evidence pattern.

====  ===========================================================================
E235  the file has the columns neither of a truth nor of labelled pairs
E236  no label is about a record of the sources
E237  a record is labelled as two persons
====  ===========================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from oneid.daily.intake import Records
from oneid.identity import decisions
from oneid.pairs.evidence import Evidence
from oneid.runs.preparing import RunSettings
from oneid.runs.stages import Pairs
from oneid.sources.files import Request, find_files, read_file
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["ComparedRecords", "counts"]

_NAMES = {"system": "source", "member_id": "source_id"}
"""Other names for the columns of a truth."""

_TRUTH = ("source", "source_id", "person_id")


@dataclass(frozen=True)
class ComparedRecords:
    """Records whose candidate pairs are compared, and the evidence by which any others can be."""

    settings: RunSettings
    records: Records
    pairs: Pairs
    evidence: Evidence


def counts(made: ComparedRecords, path: Path) -> pl.DataFrame:
    """Distinct patterns with ``pairs`` (labelled pairs that bear it) and ``true`` (those of one person).

    ``path`` is a truth (``source``, ``source_id``, ``person_id``; CSV, Parquet and what
    else sources may be), which labels every candidate pair of two known records, or a decisions file (CSV, see
    :mod:`oneid.identity.decisions`), which labels the pairs decided ``same`` or ``different``. Raises InputError: E2xx
    of reading, E235, E236, E237.
    """
    (file,) = find_files(path)[:1]
    frame = read_file(file, Request(None)).frame
    frame = frame.rename({other: name for other, name in _NAMES.items() if other in frame.columns}, strict=False)
    if set(_TRUTH) <= set(frame.columns):
        return _of_people(made, file, frame.select(_TRUTH))
    if set(decisions.COLUMNS) <= set(frame.columns):
        return _of_decisions(made, file, decisions.read(file))
    hint = said(
        "a truth has {truth}; labelled pairs have {columns}",
        truth=", ".join(_TRUTH),
        columns=", ".join(decisions.COLUMNS),
    )
    raise InputError("E235", "neither a truth nor labelled pairs", place=Place(str(file)), hint=hint)


def _of_people(made: ComparedRecords, file: Path, people: pl.DataFrame) -> pl.DataFrame:
    known = people.drop_nulls().unique()
    twice = known.height - known.select("source", "source_id").n_unique()
    if twice:
        message = said("{twice} records are labelled as more than one person", twice=twice)
        raise InputError("E237", message, place=Place(str(file)), hint="keep one person_id per source and source_id")
    person = made.records.ids.join(known, on=["source", "source_id"], how="left", maintain_order="left")
    _refuse_strange(file, person.height - person["person_id"].null_count(), known.height)
    number = person["person_id"].rank("dense").fill_null(0).to_numpy()
    left, right = number[made.pairs.left], number[made.pairs.right]
    both = (left > 0) & (right > 0)
    return _counted(made.pairs.pattern[both], (left == right)[both])


def _of_decisions(made: ComparedRecords, file: Path, decided: pl.DataFrame) -> pl.DataFrame:
    rows = made.records.ids.with_row_index("row")
    there = decided.filter(pl.col("decision").is_in(["same", "different"]))
    total = there.height
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        there = there.join(rows.rename({"row": side}), left_on=ends, right_on=["source", "source_id"])
    _refuse_strange(file, there.height, total)
    a, b = (there[side].to_numpy().astype(np.uint32) for side in ("l", "r"))
    patterns = made.evidence.patterns(np.minimum(a, b), np.maximum(a, b))
    return _counted(patterns, (there["decision"] == "same").to_numpy())


def _refuse_strange(file: Path, found: int, labels: int) -> None:
    if not found:
        message = said("none of {labels:,} labels is about records of the sources", labels=labels)
        hint = "are sources and ids written as in the config?"
        raise InputError("E236", message, place=Place(str(file)), hint=hint)


def _counted(patterns: np.ndarray[tuple[int, ...], np.dtype[np.uint64]], same: np.ndarray) -> pl.DataFrame:
    frame = pl.DataFrame({"pattern": patterns, "same": same}, schema={"pattern": pl.UInt64, "same": pl.Boolean})
    made = frame.group_by("pattern").agg(pl.len().alias("pairs"), pl.col("same").sum().alias("true"))
    return made.sort("pattern")
