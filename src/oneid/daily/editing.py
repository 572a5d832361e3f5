"""What is known after members were renumbered or erased between two runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.kept import Known
from oneid.daily.mappedtable import Overlay
from oneid.records.columnfacts import Learned

__all__ = ["renamed", "without_others"]

_RECORD = ["source", "source_id"]


def renamed(known: Known, records: pl.DataFrame) -> Known:
    """What is known, with other ids (``records``: source, source_id, print, row by row), in the order of these."""
    order = records.with_row_index("at").sort(_RECORD)["at"].to_numpy()
    ids = [records[name] for name in _RECORD]
    named = replace(
        known,
        records=records.select("source", "source_id", "print"),
        features=Overlay.plain(known.features.whole.with_columns(ids)),
        values=Overlay.plain(known.values.whole.with_columns(ids)),
        numbers=Overlay.plain(known.numbers.whole),
    )
    return _some(named, order)


def without_others(known: Known, stays: pl.Series) -> Known:
    """What is known of the records ``stays`` (row numbers, rising), and nothing that only others showed."""
    return replace(_some(known, stays.to_numpy()), learned=_unlearned(known, stays))


def _some(known: Known, rows: npt.NDArray[Any]) -> Known:
    """What is known of some records, in their order, which is record order; in memory, so that it is written anew."""
    left, right, pattern = known.pairs
    now = np.full(known.records.height, np.iinfo(np.uint32).max, dtype=np.uint32)
    now[rows] = np.arange(rows.size, dtype=np.uint32)
    a, b = now[left], now[right]
    there = (a != np.iinfo(np.uint32).max) & (b != np.iinfo(np.uint32).max)
    a, b = a[there], b[there]
    return replace(
        known,
        renamed=True,
        records=known.records[rows],
        features=Overlay.plain(known.features.of(rows)),
        values=Overlay.plain(known.values.of(rows)),
        numbers=Overlay.plain(known.numbers.of(rows)),
        pairs=(np.minimum(a, b), np.maximum(a, b), pattern[there]),
    )


def _unlearned(known: Known, stays: pl.Series) -> Learned | None:
    """What was learned, without the family names that no record of those that stay shows."""
    if known.learned is None or known.learned.families is None:
        return known.learned
    names_ = {"kanji": known.features.column("family"), "reading": known.features.column("kana_family")}
    shown = pl.DataFrame(names_).with_row_index("row")
    left = shown.filter(pl.col("row").is_in(stays.implode()))
    gone = shown.join(left, on=["kanji", "reading"], how="anti", nulls_equal=True)
    names = known.learned.families.names
    kept = names.join(gone, on=["kanji", "reading"], how="anti", nulls_equal=True, maintain_order="left")
    if kept.height == names.height:
        return known.learned
    return known.learned.plus(Learned(families=replace(known.learned.families, names=kept)))
