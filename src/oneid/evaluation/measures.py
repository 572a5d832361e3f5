"""Measuring a merge map against a truth.

Pairwise figures count pairs of records: *precision* is the share of pairs under one OneID that are one person,
*recall* the share of pairs of one person that are under one OneID. B-cubed averages both over records (Bagga and
Baldwin 1998). ``wrong`` OneIDs hold records of more than one person.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import fsum
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from oneid.vocabulary.errors import UsageError, did_you_mean
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.language import said

if TYPE_CHECKING:
    import pandas as pd

    Frame: TypeAlias = pl.DataFrame | pd.DataFrame

__all__ = ["Quality", "quality"]


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of one merge map; shares are 0 to 1."""

    records: int
    oneids: int
    persons: int
    lost: int
    duplicated: int
    precision: float
    recall: float
    f1: float
    b3_precision: float
    b3_recall: float
    b3_f1: float
    exact_persons: float
    wrong: int
    wrong_per_10k: float
    largest: int

    def to_dict(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


def _pairs(frame: pl.DataFrame, *keys: str) -> int:
    sizes = frame.group_by(keys).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0


def _texts(frame: Frame, names: tuple[str, ...]) -> pl.DataFrame:
    """Columns of a frame as text. E411 for one that is not there."""
    for name in names:
        if name not in frame.columns:
            raise UsageError(
                "E411", said("no column '{name}'", name=name), hint=did_you_mean(name, map(str, frame.columns))
            )
    if not isinstance(frame, pl.DataFrame):
        frame = pl.from_pandas(frame[list(names)].astype("string"))
    return frame.select(pl.col(name).cast(pl.String) for name in names)


def quality(merge_map: Frame, truth: Frame) -> Quality:
    """The figures of ``merge_map`` (source, source_id, oneid) against ``truth`` (source, source_id, person_id), each a
    frame of pandas or Polars; E411 for a column that is not there.

    A record of the truth without a OneID counts as lost and as a OneID of its own; records without truth are left out.
    """
    one_process()
    known = _texts(truth, ("source", "source_id", "person_id"))
    given = _texts(merge_map, ("source", "source_id", "oneid"))
    duplicated = given.height - given.select("source", "source_id").n_unique()
    joined = known.join(given.unique(["source", "source_id"], keep="first"), on=["source", "source_id"], how="left")
    lost = joined["oneid"].null_count()
    alone = pl.concat_str(pl.lit("lost "), "source", pl.lit(":"), "source_id")
    joined = joined.with_columns(pl.coalesce("oneid", alone))
    right, made, true = _pairs(joined, "oneid", "person_id"), _pairs(joined, "oneid"), _pairs(joined, "person_id")
    cells = joined.group_by("oneid", "person_id").len("both")
    cells = cells.join(joined.group_by("oneid").len("made"), on="oneid")
    cells = cells.join(joined.group_by("person_id").len("true"), on="person_id")
    size = max(joined.height, 1)
    b3_precision = fsum(cells["both"] ** 2 / cells["made"]) / size  # in whatever order groups come
    b3_recall = fsum(cells["both"] ** 2 / cells["true"]) / size
    exact = cells.filter((pl.col("both") == pl.col("made")) & (pl.col("both") == pl.col("true"))).height
    wrong = joined.group_by("oneid").agg(pl.col("person_id").n_unique()).filter(pl.col("person_id") > 1).height
    oneids, persons = joined["oneid"].n_unique(), joined["person_id"].n_unique()
    precision, recall = right / made if made else 1.0, right / true if true else 1.0
    return Quality(
        records=joined.height,
        oneids=oneids,
        persons=persons,
        lost=lost,
        duplicated=duplicated,
        precision=precision,
        recall=recall,
        f1=_harmonic(precision, recall),
        b3_precision=b3_precision,
        b3_recall=b3_recall,
        b3_f1=_harmonic(b3_precision, b3_recall),
        exact_persons=exact / max(persons, 1),
        wrong=wrong,
        wrong_per_10k=1e4 * wrong / max(oneids, 1),
        largest=int(joined.group_by("oneid").len()["len"].max() or 0),  # type: ignore[arg-type]
    )
