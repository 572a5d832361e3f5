"""What a run knows of each record when it ends, kept for the runs after it beside the outputs, under ``known/``.

A daily run reads few rows that it has not seen. For all others it takes what the run before made of them, so members
that a delta feed does not name are still there to be linked, and nothing is normalized twice. These tables hold
personal data, as the golden records do.

=====================  =======================================================================================
``known/records``      source, source_id, print (:func:`oneid.feeds.prints`), in record order
``known/features``     what is compared (:data:`oneid.features.FEATURES`, after :mod:`oneid.combine`)
``known/values``       what people see, with the carried columns as ``source.column`` behind them
``known/oneids``       :data:`oneid.mergemap.ONEIDS`
``known/assignments``  :data:`oneid.mergemap.ASSIGNMENTS`; with the OneIDs the state that the registry holds too
``known/learned_*``    what was learned from whole columns (:mod:`oneid.learned`)
``known/keys``         what records are paired by (:class:`oneid.delta.Keys`): numbers only
``known/shared``       the codes of shared values: field, code
``known/decided``      people's verdicts that counted
=====================  =======================================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.codes import Codes
from oneid.config import Source
from oneid.delta import HELD, Keys, Shared
from oneid.errors import InputError
from oneid.learned import Learned
from oneid.mergemap import State

__all__ = ["PREFIX", "Known", "reading"]

Rows = npt.NDArray[np.uint32]

PREFIX = "known/"
_DECIDED = {
    "source_l": pl.String, "source_id_l": pl.String, "source_r": pl.String, "source_id_r": pl.String,
    "decision": pl.String,
}  # fmt: skip
_CARRIED = "carried_"
_LEARNED = "learned_"


def _no_pairs() -> tuple[Rows, Rows, Codes]:
    return np.zeros(0, np.uint32), np.zeros(0, np.uint32), np.zeros(0, np.uint64)


@dataclass(frozen=True)
class Known:
    """What the run before left. ``readings`` says by source how it was read (:func:`reading`). ``learned`` is None
    where this version cannot use it.
    """

    records: pl.DataFrame
    features: pl.DataFrame
    values: pl.DataFrame
    carried: pl.DataFrame
    state: State
    learned: Learned | None
    readings: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    """Records by source when the columns were learned from."""
    keys: Keys | None = None
    shared: Shared = field(default_factory=dict)
    pairs: tuple[Rows, Rows, Codes] = field(default_factory=_no_pairs)
    """The candidate pairs, by the rows of ``records``, and their patterns."""
    decided: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_DECIDED))
    pairing: str = ""
    """What the pairs depend on, and with ``deciding`` the verdicts (:mod:`oneid.changes`)."""
    deciding: str = ""
    recluster: bool = False
    """Whether the clusters are not those that the rules would make, for a person put them back."""
    outputs: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """All tables of the run, read when they are asked for."""

    def of(self, source: str) -> pl.DataFrame:
        """The records of one source: source_id, print, row (UInt32, its number among all)."""
        rows = self.records.with_row_index("row").filter(pl.col("source") == source)
        return rows.select("source_id", "print", "row")

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by the names of their files."""
        carried = self.carried.rename({name: _CARRIED + name for name in self.carried.columns})
        values = self.values if not carried.width else pl.concat([self.values, carried], how="horizontal")
        made = {
            "records": self.records,
            "features": self.features,
            "values": values,
            "oneids": self.state.oneids,
            "assignments": self.state.assignments,
            **{_LEARNED + name: table for name, table in (self.learned or Learned()).tables().items()},
            "decided": self.decided.select(pl.col(name).cast(kind) for name, kind in _DECIDED.items()),
        }
        if self.keys is not None:
            made["keys"] = self.keys.table()
            made["shared"] = pl.concat(
                pl.DataFrame({"code": codes}, schema={"code": pl.UInt64}).select(pl.lit(name).alias("field"), "code")
                for name, codes in sorted(self.shared.items())
            )
        return {PREFIX + name: table for name, table in made.items()}

    @classmethod
    def from_tables(cls, tables: Mapping[str, pl.DataFrame], about: Mapping[str, Any]) -> Known | None:
        """What the tables of a run hold; None where it kept nothing. ``about``: its ``known`` in run.json."""
        if PREFIX + "records" not in tables:
            return None
        mixed = tables[PREFIX + "values"]
        own = [name for name in mixed.columns if name.startswith(_CARRIED)]
        learned = PREFIX + _LEARNED
        return cls(
            records=tables[PREFIX + "records"],
            features=tables[PREFIX + "features"],
            values=mixed.drop(own),
            carried=mixed.select(pl.col(name).alias(name.removeprefix(_CARRIED)) for name in own),
            state=State(tables[PREFIX + "oneids"], tables[PREFIX + "assignments"]),
            learned=_learned({name.removeprefix(learned): tables[name] for name in tables if name.startswith(learned)}),
            readings=about.get("readings", {}),
            counts=about.get("counts", {}),
            keys=Keys.from_table(tables[PREFIX + "keys"]) if PREFIX + "keys" in tables else None,
            shared=_shared(tables),
            pairs=_pairs(tables["state/pairs"]),
            decided=tables[PREFIX + "decided"],
            pairing=about.get("pairing", ""),
            deciding=about.get("deciding", ""),
            recluster=about.get("recluster", False),
            outputs=tables,
        )


def _learned(tables: Mapping[str, pl.DataFrame]) -> Learned | None:
    try:
        return Learned.from_tables(tables)
    except InputError:
        return None


def _shared(tables: Mapping[str, pl.DataFrame]) -> dict[str, Codes]:
    table = tables.get(PREFIX + "shared")
    if table is None:
        return {}
    return {name: table.filter(pl.col("field") == name)["code"].sort().to_numpy() for name in HELD}


def _pairs(table: pl.DataFrame) -> tuple[Rows, Rows, Codes]:
    left, right, pattern = (table[name].to_numpy() for name in ("left", "right", "pattern"))
    return left, right, pattern


def reading(source: Source) -> str:
    """A digest of all that decides what a row of a source is read as: its spec, and this version of oneid."""
    spec = source.model_dump(mode="json", exclude={"path", "format", "encoding", "feed", "line", "duplicate_id"})
    text = json.dumps([spec, version("oneid")], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
