"""What a run left that :mod:`oneid.diff.sides` looks at: from its whole folder, or from the few files that hold no
personal data, copied elsewhere (for a CI job): ``run.json`` and :data:`NEEDED`.

==== ==========================================================================================
E251 no run was written there
E252 a file is missing or damaged
E493 the run was written by a version that kept too little under ``state/``
==== ==========================================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.dirtypairs import Keys
from oneid.daily.kept import Known, by_place, state_of
from oneid.daily.statetables import DECIDED, EQUAL, INSIDE
from oneid.identity.state import State
from oneid.kinds.compared import Compared
from oneid.outputs.runjson import altered
from oneid.outputs.runtables import Tables, read_tables
from oneid.pairs import judged as links
from oneid.runs.preparing import compared_in, schema_in
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.errors import InputError, Place, UsageError
from oneid.vocabulary.language import said
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

__all__ = ["NEEDED", "Stored", "read"]

Rows = npt.NDArray[np.uint32]
NEEDED = ("merge_map", "patterns", "state/pairs", EQUAL, INSIDE, DECIDED)
"""The tables that re-judging needs. They name members by source and id, and hold nothing else about them."""
LASTING = ("aliases", "known/oneids", "known/records")
"""What more is needed to tell which OneIDs stay, of a run with a registry."""
_USED = (*NEEDED, "links", "review", *LASTING)
_DECISIONS = {
    number: {Verdict.MATCH: "same", Verdict.NEVER: "different", Verdict.REVIEW: "defer"}.get(verdict)
    for number, verdict in enumerate(Verdict)
}


@dataclass(frozen=True)
class Stored:
    """A run as it lies in a folder. ``run`` is what run.json says, ``tables`` what of its tables is there."""

    folder: Path
    run: Mapping[str, Any]
    tables: Mapping[str, pl.DataFrame]

    @cached_property
    def records(self) -> pl.DataFrame:
        """source, source_id: the records by their numbers."""
        return self.tables["merge_map"].select("source", "source_id")

    @cached_property
    def oneid(self) -> pl.Series:
        """The OneID of each record."""
        return self.tables["merge_map"]["oneid"]

    @property
    def pairing(self) -> Mapping[str, Any]:
        """What the pairs depend on (:func:`oneid.runs.resolve.pairing_of`), with ``fields`` and ``sources``. E493 where
        the run does not say it, or a table of :data:`NEEDED` is missing.
        """
        missing = [name for name in NEEDED if name not in self.tables]
        if missing or "pairing" not in self.run:
            what = ", ".join(missing) or said("'pairing' in run.json")
            hint = "resolve once more with this version, or compare two runs: oneid diff RUN_A RUN_B"
            raise UsageError(
                "E493", said("the run kept too little: {what}", what=what), place=Place(str(self.folder)), hint=hint
            )
        found: Mapping[str, Any] = self.run["pairing"]
        return found

    @cached_property
    def schema(self) -> Schema:
        """The compared fields and their levels, as this version knows them."""
        return schema_in(self.pairing, self.tables["patterns"].columns)

    @cached_property
    def compared(self) -> Compared:
        """What the run compared, as this version knows it."""
        return compared_in(self.pairing)

    def pairs(self, name: str) -> tuple[Rows, Rows, Codes]:
        """``state/pairs`` or ``state/inside``."""
        table = self.tables[name]
        left, right, pattern = (table[column].to_numpy() for column in ("left", "right", "pattern"))
        return left, right, pattern

    @cached_property
    def decided(self) -> pl.DataFrame:
        """People's verdicts on pairs, as :func:`oneid.pairs.judged.with_decisions` takes them."""
        table = self.tables[DECIDED]
        ends = {
            f"{column}_{side[0]}": self.records[column].gather(table[side])
            for side in ("left", "right")
            for column in ("source", "source_id")
        }
        return pl.DataFrame(ends).with_columns(
            decision=table["verdict"].replace_strict(_DECISIONS, return_dtype=pl.String)
        )

    def judged(self) -> links.Judged:
        """The candidate pairs as this run judged them, people's verdicts among them."""
        left, right, pattern = self.pairs("state/pairs")
        table = self.tables["patterns"].sort("pattern")
        place = np.searchsorted(table["pattern"].to_numpy(), pattern)
        return links.with_decisions(links.judged(table, place, left, right), self.decided, self.records)

    def keys(self) -> Mapping[str, Sequence[Codes]] | None:
        """The values by which records were paired, as codes; None where the run did not keep them."""
        known = Known.from_tables(self.tables) if isinstance(self.tables, Tables) else None
        if known is None:
            return None
        return Keys.from_columns(by_place(known.numbers, ("b:", "h:"))).of(known.numbers.place).blocking

    @property
    def lasting(self) -> bool:
        """Whether the OneIDs of the next run can be told exactly: the state of all is there, or this is a first run."""
        return self._whole or "registry" not in self.run

    @property
    def _whole(self) -> bool:
        return all(name in self.tables for name in LASTING)

    def state(self) -> State:
        """All OneIDs and who has which; founders of a run without a registry are its OneIDs' least records."""
        if self._whole:
            return state_of(self.tables)
        when = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
        one, zero = pl.lit(1, dtype=pl.UInt32), pl.lit(0, dtype=pl.UInt32)
        founders = self.tables["merge_map"].select("oneid", "source", "source_id")
        founders = founders.filter(pl.col("oneid").is_first_distinct()).sort("oneid")
        oneids = founders.select(
            "oneid", born_run=one, founder_source="source", founder_source_id="source_id", generation=zero,
            current_oneid="oneid", under_oneid=pl.lit(None, dtype=pl.String), since=when,
        )  # fmt: skip
        assignments = self.tables["merge_map"].select(
            "source", "source_id", "oneid", home_oneid="oneid", first_run=one, run_id="run_id"
        )
        return State(oneids, assignments)


def read(folder: Path) -> Stored:
    """The run in ``folder``: as it was published, or some of its files in a folder of their own."""
    if (folder / ".runs").is_dir():
        tables = read_tables(folder)
        return Stored(folder, tables.run, tables)
    if altered(folder):
        hint = "copy run.json and the tables of one run"
        raise InputError("E252", said("damaged: {files}", files="run.json"), place=Place(str(folder)), hint=hint)
    try:
        run = json.loads((folder / "run.json").read_text("utf-8"))
        files = {name: dict(about) for name, about in run["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("E251", "no run was written here", place=Place(str(folder))) from None
    found = {}
    for name in _USED:
        path = folder / f"{name}.parquet"
        if f"{name}.parquet" in files and path.is_file():
            found[name] = _table(path, files[f"{name}.parquet"])
    if "merge_map" not in found:
        raise InputError("E252", "missing: merge_map.parquet", place=Place(str(folder)), hint="copy it too")
    return Stored(folder, run, found)


def _table(path: Path, about: Mapping[str, Any]) -> pl.DataFrame:
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != about.get("sha256"):
            hint = "copy run.json and the tables of one run"
            raise InputError("E252", "damaged, or of another run", place=Place(str(path)), hint=hint)
    return pl.read_parquet(path)
