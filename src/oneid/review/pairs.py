"""What a run's folder says of the pairs that wait for a person, and of the records in them.

:class:`RunPairs` is all that the rest of this room knows of a run: it reads no more of the folder than it is asked for,
so that the first page is there at once for a million records.

====  ===========================================================================
E427  the data that the config names are not those of the run
====  ===========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.kept import CARRIED, PREFIX, held_in, learned_in, shared_in
from oneid.engines.overlay import Overlay
from oneid.kinds.compared import Compared
from oneid.kinds.holders import Borne
from oneid.outputs.runtables import Tables, read_tables
from oneid.pairs.scoring import SOURCES, explain_bits
from oneid.registry import Registry
from oneid.runs.preparing import compared_in, prepare, rules_of, schema_in
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.settings.rulesfile import load_rules, presets
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.errors import OneIDError, Place, UsageError
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import RecordRef

__all__ = ["Evidence", "Pair", "RunPairs", "Seen"]

Rows = npt.NDArray[np.uint32]
Seen = Mapping[str, tuple[str, ...]]
"""What people see of a record: by field its values."""
_RECORD = ["source", "source_id"]
_BESIDE = frozenset(("source", "source_id", "customer"))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that wait for a person: ``rows`` are their places in the merge map, ``reason`` says why they wait."""

    left: RecordRef
    right: RecordRef
    rows: tuple[int, int]
    oneids: tuple[str, str]
    pattern: int
    score: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One compared field: its level, and the bits that it adds (None: the rules of the run are not at hand)."""

    field: str
    level: str
    bits: float | None


class _Values(Protocol):
    def of(self, rows: Sequence[int]) -> list[Seen]:
        """What people see of some records."""


class RunPairs:
    """The run in a folder. ``waiting``: its pairs, as review.parquet has them, with the columns row_l, row_r, oneid_l
    and oneid_r; :meth:`pair` takes their numbers.

    ``config``: that of the run, where there is one; its rules are taken if they are those of the run.
    """

    def __init__(self, folder: Path, config: Config | None = None, registry: Registry | None = None) -> None:
        self.folder, self.config, self._registry = folder, config, registry
        self._told: dict[int, tuple[list[Evidence], dict[str, float]]] = {}
        self.tables: Tables = read_tables(folder)
        self.run: Mapping[str, Any] = self.tables.run
        self.waiting = self.placed(self.tables["review"])

    @property
    def told_by_outputs(self) -> bool:
        """Whether only what the outputs tell of single records is known."""
        return isinstance(self._values, _Golden)

    @property
    def notes(self) -> list[str]:
        """What is not at hand: ``rules``; ``values`` of single records, beyond what the outputs tell."""
        return ["values"] * self.told_by_outputs + ["rules"] * (self.rules is None)

    @cached_property
    def rules(self) -> Rules | None:
        """The rules of the run, where they are at hand."""
        return _rules(self.run, self.compared, self.config)

    # --- records -----------------------------------------------------------------------------------------------------

    @cached_property
    def merge_map(self) -> pl.DataFrame:
        """source, source_id, oneid: the records in their order."""
        return self.tables["merge_map"].select(*_RECORD, "oneid")

    def placed(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Pairs by source and id, with where their ends stand (row_l, row_r) and whose they are; those of records that
        the run does not have are left out.
        """
        ends = [pairs.select(pl.col(f"source_{side}").alias("source"), pl.col(f"source_id_{side}").alias("source_id"))
                for side in ("l", "r")]  # fmt: skip
        rows = self.merge_map.with_row_index("row")
        found = pl.concat(ends).join(rows, on=_RECORD, how="left", maintain_order="left")
        sides = {"l": found.head(pairs.height), "r": found.tail(pairs.height)}
        more = [part[name].alias(f"{name}_{side}") for side, part in sides.items() for name in ("row", "oneid")]
        return pairs.with_columns(more).filter(pl.col("row_l").is_not_null() & pl.col("row_r").is_not_null())

    def pair(self, number: int) -> Pair:
        """A pair that waits, by its number."""
        return _pair(self.waiting.row(number, named=True))

    def ref(self, row: int) -> RecordRef:
        """The name of a record."""
        return RecordRef(self.merge_map["source"][row], self.merge_map["source_id"][row])

    def members(self, oneid: str) -> list[int]:
        """The records of a OneID."""
        return (self.merge_map["oneid"] == oneid).arg_true().to_list()

    def seen(self, rows: Sequence[int]) -> list[Seen]:
        """What people see of records."""
        return self._values.of(rows)

    @cached_property
    def _values(self) -> _Values:
        if PREFIX + "base/values" in self.tables:
            return _Kept(self.tables)
        if self.config is not None and self.config.sources:
            return _Read(self.config, self.merge_map, self.folder)
        return _Golden(self.tables, self.merge_map)

    # --- evidence ----------------------------------------------------------------------------------------------------

    @cached_property
    def compared(self) -> Compared:
        """What the run compared."""
        return compared_in(self.run["pairing"])

    @cached_property
    def schema(self) -> Schema:
        """What its patterns mean."""
        return schema_in(self.run["pairing"], self.tables["patterns"].columns)

    @cached_property
    def patterns(self) -> pl.DataFrame:
        """The distinct patterns, sorted, with score and verdict."""
        return self.tables["patterns"].sort("pattern")

    def evidence(self, pattern: int) -> tuple[list[Evidence], dict[str, float]]:
        """The levels of a pattern, field by field, with the bits that each adds; and other bits by name."""
        if pattern in self._told:
            return self._told[pattern]
        table = self.schema.table(np.array([pattern], dtype=np.uint64))
        levels = {name: str(table[name][0]) for name in self.schema.levels}
        bits = {} if self.rules is None else explain_bits(self.rules, levels)
        made = [
            Evidence(field, level, None if self.rules is None else bits.get(field, 0.0))
            for field, level in levels.items()
            if field != SOURCES
        ]
        self._told[pattern] = made, {name: value for name, value in bits.items() if name not in levels}
        return self._told[pattern]

    def why(self, rule: str) -> str:
        """The reason of a rule, as the rules give it."""
        named = () if self.rules is None else self.rules.rules
        return next((one.reason for one in named if one.id == rule), "")

    def made_of(self, field: str) -> tuple[str, ...]:
        """The columns of values that a compared field is made of."""
        said = next((one for one in self.compared.comparisons if one.field == field), None)
        return tuple(said.made_of) if said else (field,)

    # --- what more is compared by ------------------------------------------------------------------------------------

    @property
    def compares(self) -> bool:
        """Whether pairs can be compared that never were: the run kept what records are compared by."""
        return PREFIX + "base/features" in self.tables

    @cached_property
    def features(self) -> Overlay:
        """What records are compared by, where it :attr:`compares`."""
        return held_in(self.tables, "features")

    @cached_property
    def borne(self) -> Borne | None:
        """How many records bear each name; None where this version cannot use it."""
        try:
            return learned_in(self.tables).borne
        except OneIDError:
            return None

    @cached_property
    def shared(self) -> Mapping[str, Codes]:
        """The values that are shared."""
        return shared_in(self.tables)

    # --- history -----------------------------------------------------------------------------------------------------

    def history(self, oneid: str) -> pl.DataFrame:
        """What happened to a OneID, oldest first: of all runs where there is a registry, else of this one."""
        if self._registry is not None:
            return self._registry.events(oneid=oneid)
        return self.tables["events"].filter((pl.col("oneid") == oneid) | (pl.col("other_oneid") == oneid))


def _pair(row: Mapping[str, Any]) -> Pair:
    left, right = (RecordRef(row[f"source_{side}"], row[f"source_id_{side}"]) for side in "lr")
    rows, oneids = (row["row_l"], row["row_r"]), (row["oneid_l"], row["oneid_r"])
    return Pair(left, right, rows, oneids, row["pattern"], row["score"], row["rule"], row.get("reason") or "review")


def _rules(run: Mapping[str, Any], compared: Compared, config: Config | None) -> Rules | None:
    """The rules of a run, if they are at hand and have not changed since."""
    version = str(run.get("rules_version"))
    fields = run["pairing"]["fields"]
    own = sorted(field for field, kind in fields.items() if kind == "identifier")
    tries: list[Callable[[], Rules]] = [] if config is None else [lambda: rules_of(config)]
    if (name := version.rpartition("@")[0]) in presets():
        tries.append(lambda: load_rules(name, compared=compared).with_identifiers(own))
    for attempt in tries:
        try:
            made = attempt()
        except OneIDError:
            continue
        if made.rules_version == version:
            return made
    return None


# --- values --------------------------------------------------------------------------------------------------------


def _shown(frame: pl.DataFrame) -> list[Seen]:
    """The rows of a frame as what people see, in the order of its columns."""
    names = [name for name in frame.columns if name not in _BESIDE and not name.startswith(CARRIED)]
    return [{name: texts for name in names if (texts := _texts(row[name]))} for row in frame.iter_rows(named=True)]


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(dict.fromkeys(str(one) for one in values if one not in (None, "")))


class _Kept:
    """What a run with a registry keeps for the next one."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @cached_property
    def _held(self) -> Overlay:
        return held_in(self._tables, "values")

    def of(self, rows: Sequence[int]) -> list[Seen]:
        """What people see of some records."""
        held = self._held
        names = [name for name in held.columns if name not in _BESIDE and not name.startswith(CARRIED)]
        return _shown(held.of(np.array(rows, dtype=np.int64), names))


class _Read:
    """The sources read once more by the config of a run that kept nothing."""

    def __init__(self, config: Config, records: pl.DataFrame, folder: Path) -> None:
        self._config, self._records, self._folder = config, records, folder

    @cached_property
    def _frame(self) -> pl.DataFrame:
        from oneid.runs.stages import read  # loads what most runs do not need here

        made = read(replace(prepare(self._config)), {}, erased=None, known=None)
        if not made.ids.equals(self._records.select(_RECORD)):
            hint = "give the config and the files of that run"
            message = "the data are not those of the run: the members are others"
            raise UsageError("E427", message, place=Place(str(self._folder)), hint=hint)
        return made.values.whole

    def of(self, rows: Sequence[int]) -> list[Seen]:
        """What people see of some records."""
        return _shown(self._frame[list(rows)])


class _Golden:
    """What the outputs tell of single records: all mail addresses, phones and addresses, and what was chosen of each
    for the golden record.
    """

    def __init__(self, tables: Tables, records: pl.DataFrame) -> None:
        self._tables, self._records = tables, records

    def of(self, rows: Sequence[int]) -> list[Seen]:
        """What people see of some records."""
        return [self._of(*self._records.row(row)) for row in rows]

    def _of(self, source: str, source_id: str, oneid: str) -> Seen:
        golden = self._tables["golden"].filter(pl.col("oneid") == oneid).row(0, named=True)
        made: dict[str, tuple[str, ...]] = {}
        for name, value in golden.items():
            if f"{name}_source" in golden and (golden[f"{name}_source"], golden[f"{name}_source_id"]) == (
                source, source_id
            ):  # fmt: skip
                made[name] = _texts(value)
        values = self._tables["golden_values"]
        mine = values.filter((pl.col("source_id") == source_id) & (pl.col("source") == source))
        for field in mine["field"].unique(maintain_order=True).to_list():
            made[field] = _texts(mine.filter(pl.col("field") == field)["value"].to_list())
        return {name: texts for name, texts in made.items() if texts}
