"""What is known after members were renumbered or erased between two runs, or a source renamed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.kept import CARRIED, Known, reading
from oneid.engines.overlay import Overlay
from oneid.records.columnfacts import Learned
from oneid.settings.config import Source

__all__ = ["renamed", "source_renamed", "without_others"]

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


def source_renamed(known: Known, old: str, new: Source) -> Known:
    """What is known, with a source under its new name."""
    sources = known.records["source"].replace({old: new.name})
    moved = renamed(known, known.records.with_columns(sources))
    carried = {name: f"{CARRIED}{new.name}.{name.removeprefix(f'{CARRIED}{old}.')}" for name in moved.values.columns
               if name.startswith(f"{CARRIED}{old}.")}  # fmt: skip
    readings = {name: mark for name, mark in known.readings.items() if name != old}
    if known.readings.get(old) == reading(new.model_copy(update={"name": old})):  # else its rows are read anew
        readings[new.name] = reading(new)
    return replace(
        moved,
        values=Overlay.plain(moved.values.whole.rename(carried)),
        departed=known.departed.with_columns(pl.col("source").replace({old: new.name})).sort(_RECORD),
        learned=None if known.learned is None else known.learned.of_source(old, new.name),
        readings=readings,
        counts={new.name if name == old else name: count for name, count in known.counts.items()},
    )


def without_others(known: Known, stays: pl.Series, gone: pl.DataFrame) -> Known:
    """What is known of the records ``stays`` (row numbers, rising), and nothing that only others showed; nor that any
    of ``gone`` (source, perhaps source_id) had left before.
    """
    departed = known.departed.join(gone, on=gone.columns, how="anti", maintain_order="left")
    return replace(_some(known, stays.to_numpy()), learned=_unlearned(known, stays), departed=departed)


def _some(known: Known, rows: npt.NDArray[Any]) -> Known:
    """What is known of some records, in their order, which is record order; in memory, so that it is written anew."""
    left, right, pattern, key = known.pairs
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
        pairs=(np.minimum(a, b), np.maximum(a, b), pattern[there], key[there]),
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
