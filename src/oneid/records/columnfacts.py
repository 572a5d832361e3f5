"""What a run learns from whole columns, kept for the runs after it.

Most of normalizing looks at one value, but some things only a whole column shows: that 3/7/1980 is July 3, that nobody
was born on so many 1980-01-01, that 1 means female, which family names there are, how many bear a name. A daily run
brings few rows. Decided from these alone, a record would be read otherwise than among all others, and its OneID would
change though the record did not. So a run in full learns, and later runs apply: they read each row by itself, as the
run in full would.

    normalize_source(rows, ..., learned=None)  -> features, values, learned   one source: dates, sexes, placeholders
    combine.families(parts, known)             -> Families                    all sources: family names, Latin names
    columns.borne(columns, sources, known)     -> Borne                       all sources: how many bear a name

A column, or a source, that nothing was learned of yet is learned from its own rows and added. Two things stay as they
are learned though time goes on, the last day that births may have and the last year that two digits may mean: a run in
full moves them.

The values hold personal data (placeholders that may be somebody's, family names), as golden records do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import polars as pl

from oneid.kinds.base import Decision, Kind
from oneid.kinds.catalogue import KINDS
from oneid.kinds.families import Families
from oneid.kinds.holders import HEARD, Borne, Holders
from oneid.kinds.shapes import Contract
from oneid.settings.config import FieldSpec
from oneid.vocabulary.codes import code
from oneid.vocabulary.errors import InputError
from oneid.vocabulary.language import said

__all__ = ["Column", "Learned", "contracts"]

T = TypeVar("T")


class Column(NamedTuple):
    """The raw ``columns`` of a source that make a value of a field; of a field's values together, all its columns.

    ``kind`` is that of the field, or ``day`` for the days of the record itself (since, updated).
    """

    source: str
    field: str
    kind: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, source: str, spec: FieldSpec, *columns: str) -> Column:
        """Some columns of a field, all of them if none is named."""
        return cls(source, spec.field, spec.kind, columns or spec.columns)


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned, of one source or of all. Two are the same where their ``digest`` is.

    ``decided`` has, by the table of a kind's decisions (:class:`oneid.kinds.base.Decision`), one entry per column;
    ``placeholders`` one per field: the normalized values that its own column betrays, ascending. ``families`` and
    ``borne`` are None until all sources are put together.
    """

    decided: Mapping[str, Mapping[Column, Any]] = field(default_factory=dict)
    placeholders: Mapping[Column, tuple[str, ...]] = field(default_factory=dict)
    families: Families | None = None
    borne: Borne | None = None

    def plus(self, *others: Learned) -> Learned:
        """All of them together; where two know the same column, the later one's word holds."""
        made = self
        for other in others:
            tables = dict.fromkeys([*made.decided, *other.decided])
            made = Learned(
                {name: {**made.decided.get(name, {}), **other.decided.get(name, {})} for name in tables},
                {**made.placeholders, **other.placeholders},
                other.families or made.families,
                other.borne or made.borne,
            )
        return made

    def of_source(self, old: str, new: str) -> Learned:
        """The same for a source that has another name now."""

        def renamed(held: Mapping[Column, Any]) -> dict[Column, Any]:
            return {column._replace(source=new) if column.source == old else column: of for column, of in held.items()}

        def named(sources: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(sorted(new if name == old else name for name in sources))

        families, borne = self.families, self.borne
        return Learned(
            {name: renamed(held) for name, held in self.decided.items()},
            renamed(self.placeholders),
            None if families is None else replace(families, sources=named(families.sources)),
            None if borne is None else replace(borne, sources=named(borne.sources)),
        )

    def tables(self, kinds: Mapping[str, Kind] = KINDS) -> dict[str, pl.DataFrame]:
        """The contents as tables of :func:`contracts`, in an order of their own, and nothing else."""
        flat = {name: decision.flat for name, decision in _decisions(kinds).items()}
        made: dict[str, list[tuple[Any, ...]]] = {
            name: [(*column, *flat[name](held)) for column, held in sorted(self.decided.get(name, {}).items())]
            for name in flat
        }
        made["placeholders"] = [(*column, self.placeholders[column]) for column in sorted(self.placeholders)]
        made["names"] = [self._names()]
        known = contracts(kinds)
        tables = {name: pl.DataFrame(rows, schema=known[name], orient="row") for name, rows in made.items()}
        none = Borne() if self.borne is None else self.borne
        families = pl.DataFrame(schema=known["families"]) if self.families is None else self.families.names
        bearers = [_bearers(what, holders) for what, holders in _counted(none).items()]
        return {**tables, "families": families, "bearers": pl.concat(bearers)}

    def _names(self) -> tuple[Any, ...]:
        families, borne = self.families, self.borne
        return (
            *((None, None) if families is None else (families.sources, families.latin)),
            *((None, None, None) if borne is None else (borne.sources, borne.records, borne.heard)),
            _probe(),
        )

    @classmethod
    def from_tables(cls, tables: Mapping[str, pl.DataFrame], kinds: Mapping[str, Kind] = KINDS) -> Learned:
        """What :meth:`tables` gave. Raises InputError (E253) where a table or column is missing or of another type, or
        where this version of Polars counts names by other codes.
        """
        decided = {name: one for name, one in _decisions(kinds).items() if name in tables}
        tables = {**tables, **{name: _of_now(tables[name], one) for name, one in decided.items()}}
        for name, contract in contracts(kinds).items():
            if name not in tables or dict(tables[name].schema) != dict(contract):
                raise InputError(
                    "E253", said("what earlier runs learned cannot be used: '{name}'", name=name), hint=_HINT
                )
        names = tables["names"].row(0, named=True) if tables["names"].height == 1 else {}
        if names.get("probe") != _probe():
            raise InputError("E253", "what earlier runs learned was counted by another version of Polars", hint=_HINT)
        families = borne = None
        if names["family_sources"] is not None:
            families = Families(tuple(names["family_sources"]), tables["families"], names["latin"])
        if names["bearer_sources"] is not None:
            held = {what: Holders() for what in _OF_NAMES}
            held[HEARD] = _HEARD if names["heard"] else Holders()
            parts = tables["bearers"].partition_by("kind", as_dict=True, maintain_order=True)
            for (what,), rows in parts.items():
                there = rows.filter(pl.col("code") != 0)
                held[str(what)] = Holders(there["code"].to_numpy(), there["records"].to_numpy())
            borne = Borne(tuple(names["bearer_sources"]), names["records"], held)
        return cls(
            {name: _by_column(tables[name], one.unflat) for name, one in _decisions(kinds).items()},
            _by_column(tables["placeholders"], lambda row: tuple(row[0])),
            families,
            borne,
        )

    @cached_property
    def digest(self) -> str:
        """A digest of the contents (64 hex digits), the same in whatever order the rows came that they are from."""
        digest = hashlib.sha256()
        for name, table in sorted(self.tables().items()):
            digest.update(f"{name} {table.height}\n".encode())
            for column in table:
                digest.update(_bytes(column))
        for name in sorted(self.decided.keys() - contracts().keys()):  # of kinds that are not of this package
            digest.update(repr(sorted(self.decided[name].items())).encode())
        return digest.hexdigest()


def _of_now(table: pl.DataFrame, decision: Decision) -> pl.DataFrame:
    """A table of decisions with those that an earlier version did not make."""
    columns = [*_COLUMN, *decision.contract]
    lacking = set(columns) - set(table.columns)
    if not lacking or not lacking <= decision.later.keys():
        return table
    later = [pl.lit(decision.later[name], decision.contract[name]).alias(name) for name in sorted(lacking)]
    return table.with_columns(later).select(*columns, pl.exclude(columns))


_COLUMN: Contract = {"source": pl.String, "field": pl.String, "kind": pl.String, "columns": pl.List(pl.String)}
_OF_NAMES = ("kanji", "key")
"""What is counted of names, in every run."""
_HEARD = Holders(np.ones(1, np.uint64), np.ones(1, np.uint32))


def _counted(borne: Borne) -> dict[str, Holders]:
    """What was counted, names first; that names are known by sound alone stands beside."""
    return {what: borne.of(what) for what in dict.fromkeys((*_OF_NAMES, *sorted(borne.held))) if what != HEARD}


def _bearers(what: str, holders: Holders) -> pl.DataFrame:
    """What was counted, as rows; where nothing was found in a field, one of code 0, which says that it was counted."""
    codes, records = holders.codes, holders.records
    if not codes.size and what not in _OF_NAMES:
        codes, records = np.zeros(1, np.uint64), np.zeros(1, np.uint32)
    return pl.DataFrame({"code": codes, "records": records}).select(pl.lit(what).alias("kind"), "code", "records")


def _decisions(kinds: Mapping[str, Kind]) -> dict[str, Decision]:
    """How columns decide, by table; kinds that share a table decide alike."""
    return {kind.decision.table: kind.decision for kind in kinds.values() if kind.decision is not None}


def contracts(kinds: Mapping[str, Kind] = KINDS) -> dict[str, Contract]:
    """The columns of :meth:`Learned.tables`; ``names`` has one row, ``probe`` telling if codes mean the same."""
    return {
        **{name: {**_COLUMN, **decision.contract} for name, decision in _decisions(kinds).items()},
        "placeholders": {**_COLUMN, "values": pl.List(pl.String)},
        "families": {"kanji": pl.String, "reading": pl.String},
        "bearers": {"kind": pl.String, "code": pl.UInt64, "records": pl.UInt32},
        "names": {
            "family_sources": pl.List(pl.String), "latin": pl.Boolean, "bearer_sources": pl.List(pl.String),
            "records": pl.UInt32, "heard": pl.Boolean, "probe": pl.UInt64,
        },
    }  # fmt: skip


_HINT = "run in full once, so that columns are learned from anew"


def _probe() -> int:
    return int(code(pl.Series(["佐藤"]))[0])


def _by_column(table: pl.DataFrame, value: Callable[[tuple[Any, ...]], T]) -> dict[Column, T]:
    return {
        Column(source, field_, kind, tuple(columns)): value(tuple(rest))
        for source, field_, kind, columns, *rest in table.iter_rows()
    }


_FEW = 10_000


def _bytes(column: pl.Series) -> bytes:
    if column.dtype.is_integer() and not column.null_count():
        return np.ascontiguousarray(column.to_numpy()).astype(column.to_numpy().dtype.newbyteorder("<")).tobytes()
    if len(column) < _FEW or column.dtype.is_nested():
        return column.to_frame().write_ndjson().encode()
    text = column.cast(pl.String).fill_null("\x1e").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    return b"".join(bytes(buffer) for buffer in text.buffers()[1:] if buffer is not None)
