"""What a run's folder keeps of each record for whoever asks why: what is compared of it and what people see of it.

Where there is a registry, both are kept for the next run (:mod:`oneid.daily.kept`), and are taken from there. A run
without one has no next run; what is asked of it lies packed, under names of its own, and holds personal data as the
golden records do. Nothing of it outlives the run: the next one into the folder replaces it all.

====================  =========================================================================================
``known/compared``    the compared features, row by row with ``merge_map``
``known/seen``        what people see of them, likewise
``known/settings``    one row: the rules, the sources, the levels of evidence, as JSON (``index/settings`` with a
                      registry)
``known/learned_*``   and ``known/shared``: as with a registry, but for the secret, of which there is none
====================  =========================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.overlay import Overlay
from oneid.outputs.runtables import Tables
from oneid.outputs.tables.tablefiles import Streamed, Written

if TYPE_CHECKING:
    from oneid.daily.dirtypairs import Shared
    from oneid.records.columnfacts import Learned
    from oneid.settings.config import Config
    from oneid.settings.rules import Rules
    from oneid.vocabulary.patterns import Schema

__all__ = [
    "COMPARED",
    "SEEN",
    "SETTINGS",
    "RowTable",
    "Rows",
    "Stacked",
    "has_rows",
    "look_ahead",
    "packed",
    "rows_in",
    "settings_in",
    "settings_of",
    "some_rows",
]  # fmt: skip

Rows = npt.NDArray[np.uint32]

COMPARED, SEEN, SETTINGS = "known/compared", "known/seen", "known/settings"
_OF_INDEX = "index/settings"
_NAMES = ("source", "source_id")
_UNSEEN = ("script", "kind", "kana_whole")
"""Features that comparing does not look at."""
_SLICES = 24
"""So many rows of a file are found one by one; more are quicker found together."""


class RowTable(Protocol):
    """A table of which few rows are wanted."""

    def of(self, rows: npt.NDArray[np.integer]) -> pl.DataFrame:
        """Some rows, in the given order."""


def settings_of(rules: Rules, config: Config, schema: Schema) -> dict[str, Any]:
    """What is to be known of a run's rules and sources to judge and to compare pairs as it did, as JSON has it.

    ``levels`` are those of its patterns, ``shown`` the columns that people see of each compared field, and the feature,
    where one says more than these.
    """
    shown = {one.field: [list(one.made_of), one.shown] for one in config.compared.comparisons}
    return {
        "rules": rules.model_dump(mode="json"),
        "sources": [source.model_dump(mode="json") for source in config.sources.values()],
        **({"kinds": list(config.kinds)} if config.kinds else {}),
        "levels": {field: list(words) for field, words in schema.levels.items()},
        "shown": shown,
    }


def settings_in(tables: Tables) -> dict[str, Any] | None:
    """What :func:`settings_of` said of the run in a folder; None where an earlier version kept nothing of it."""
    if _OF_INDEX in tables:
        text = tables.mapped(_OF_INDEX)["said"][0].as_py()
    elif SETTINGS in tables:
        text = tables[SETTINGS]["said"].item()
    else:
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def packed(
    features: Overlay, values: Overlay, learned: Learned, shared: Shared, about: Mapping[str, Any]
) -> dict[str, Written]:
    """What a run without a registry keeps; ``about``: what :func:`settings_of` said of it."""
    from oneid.daily.kept import plain_tables

    seen = {name for columns, _ in about["shown"].values() for name in columns}
    wanted = [name for name in features.columns if name not in (*_NAMES, *_UNSEEN)]
    return {
        COMPARED: Streamed(features.height, partial(features.batches, wanted)),
        SEEN: Streamed(values.height, partial(values.batches, [name for name in values.columns if name in seen])),
        SETTINGS: pl.DataFrame({"said": [json.dumps(about, ensure_ascii=False)]}),
        **plain_tables(learned, shared),
    }


def has_rows(tables: Mapping[str, pl.DataFrame]) -> bool:
    """Whether a run kept its records."""
    return COMPARED in tables or "known/base/features" in tables


def look_ahead(tables: Tables) -> None:
    """Begins to compare the files of the rows with what ``run.json`` says, while other things are loaded."""
    tables.look_ahead("merge_map", COMPARED, SEEN, "known/base/features", "known/base/values")


def rows_in(tables: Tables) -> tuple[RowTable, RowTable]:
    """The compared features and what people see, of the records of the run in a folder; only where it has them."""
    look_ahead(tables)
    if COMPARED in tables:
        return _Packed(tables, COMPARED), _Packed(tables, SEEN)
    return Stacked(tables, "features"), Stacked(tables, "values")


def some_rows(table: pl.LazyFrame, rows: npt.NDArray[np.integer]) -> pl.DataFrame:
    """Some rows of a table, in the given order.

    >>> some_rows(pl.LazyFrame({"a": [5, 6, 7]}), np.array([2, 0]))["a"].to_list()
    [7, 5]
    """
    if rows.size <= _SLICES:
        parts = [table.slice(row, 1) for row in rows.tolist()] or [table.head(0)]
        return pl.concat(pl.collect_all(parts))
    at = np.unique(rows)
    found = table.with_row_index("_row").filter(pl.col("_row").is_in(pl.Series(at).implode())).collect()
    return found.drop("_row")[np.searchsorted(at, rows)]


@dataclass(frozen=True)
class _Packed:
    """Rows of a table that lies packed in a file, with who they are."""

    tables: Tables
    name: str

    def of(self, rows: npt.NDArray[np.integer]) -> pl.DataFrame:
        """Some rows, in the given order."""
        who = some_rows(self.tables.scan("merge_map").select(_NAMES), rows)
        found = some_rows(self.tables.scan(self.name), rows)
        if self.name == COMPARED:
            found = found.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in _UNSEEN)
        return who.hstack(found)


@dataclass(frozen=True)
class Stacked:
    """Rows of a table by place: those of the part that stays, and of the one that came later."""

    tables: Tables
    name: str

    def of(self, rows: npt.NDArray[np.integer]) -> pl.DataFrame:
        """Some rows, in the given order."""
        from oneid.daily.kept import few_at, held_in, placed

        if rows.size > _SLICES:
            return held_in(self.tables, self.name).of(rows)
        return few_at(self.tables, self.name, some_rows(placed(self.tables), rows)["place"].to_numpy())
