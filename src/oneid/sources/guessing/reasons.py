"""Why a guess is as it is, and what is to be doubted of it: how full columns are, what shape their values have (``漢漢
漢漢漢``, ``999-9999-9999``), how many of them can be read; never a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from oneid.sources.guessing.columns import Column, Kinds
from oneid.sources.guessing.fields import columns_of, texts_of
from oneid.sources.guessing.ids import Count, Id
from oneid.sources.guessing.parties import Party
from oneid.sources.headers import shape
from oneid.vocabulary.language import joined, said

__all__ = ["field_reason", "id_reason", "left_out", "party_reason"]

_FEW = 0.9
_SHAPES = 300


def field_reason(
    name: str, spec: object, columns: Mapping[str, Column], rows: pl.DataFrame, numbers: Mapping[str, str], kinds: Kinds
) -> str:
    """Of a field or a date."""
    names = columns_of(spec)
    told = [_filled(rows, names)]
    mine = [columns[one] for one in names if one in columns]
    if any(column.alone for column in mine):
        told.append(said("by its content alone: look whether it is that"))
    if isinstance(spec, dict) and "join" in spec:
        told.append(said("joined in this order"))
    if isinstance(spec, str):
        rivals = [one for one in columns.values() if one.role == columns[spec].role and one.name != spec]
        if rivals and name in kinds:
            told.append(said("one of {n} columns that could be it", n=1 + len(rivals)))
    share = _read(name, spec, mine, rows, kinds)
    if share < _FEW:
        told.append(said("only {percent} % of what stands there can be read", percent=int(100 * share)))
    lost = [numbers[one] for one in names if one in numbers]
    if lost and name in kinds and kinds[name].zeros:
        told.append(said("numbers ({type}): zeros in front are lost, read it as text", type=lost[0]))
    return joined("; ", told) if len(told) > 1 else told[0]


def _read(name: str, spec: object, mine: Sequence[Column], rows: pl.DataFrame, kinds: Kinds) -> float:
    """The share of values that the kind can read, the least one of several columns; 1 where parts are not asked."""
    if name not in kinds or (isinstance(spec, dict) and "join" not in spec):
        return 1.0
    if isinstance(spec, dict) or kinds[name].joins:
        values = texts_of(rows, [one.name for one in mine]).unique()
        read = kinds[name].read(values).get_column("normalized") if len(values) else values
        return float(read.is_not_null().sum()) / len(values) if len(values) else 1.0
    return min((column.read for column in mine), default=1.0)


def _filled(rows: pl.DataFrame, columns: Sequence[str]) -> str:
    """How full the fullest column is and its most frequent shape."""
    filled = {name: _cells(rows.get_column(name)) for name in columns}
    fullest = max(columns, key=lambda name: len(filled[name]))
    if not len(filled[fullest]):
        return said("empty; by its header")
    shapes = pl.Series(
        [shape(cell) for cell in filled[fullest].sort().gather_every(1 + len(filled[fullest]) // _SHAPES)]
    )
    common = shapes.value_counts().sort(["count", shapes.name], descending=[True, False])
    percent = 100 * len(filled[fullest]) // max(1, rows.height)
    return said("{percent} % filled, mostly like {shape}", percent=percent, shape=common.row(0)[0])


def _cells(column: pl.Series) -> pl.Series:
    there = column.drop_nulls()
    return there.filter(there.str.strip_chars() != "")


def id_reason(found: Id, count: Count, rows: pl.DataFrame, numbers: Mapping[str, str]) -> str:
    """Of the id, with what will have to be settled: rows without it, and rows that repeat it."""
    told = [said("unique")]
    if count.missing or count.doubled:
        settle = "{missing} missing, {doubled} repeated: see duplicate_id"
        told = [said(settle, missing=count.missing, doubled=count.doubled)]
    if found.doubt == "contact":
        told.append(said("no column numbers the members, and people change this one"))
    if found.doubt == "together":
        told.append(said("no column numbers the members: several together, which change where one of them does"))
    lost = [numbers[name] for name in found.columns if name in numbers]
    notes = [said("numbers ({type}): zeros in front are lost, read it as text", type=lost[0])] if lost else []
    return joined("; ", [*told, _filled(rows, found.columns), *notes])


def party_reason(party: Party) -> str | None:
    """Whom a row tells of, where it is of several people."""
    if not party.others and party.name in ("", "self"):
        return None
    whose = {
        "self": said("whoever nothing else is said of"),
        "orderer": said("who orders"),
        "billed": said("who pays"),
        "recipient": said("who receives"),
        "partner": said("the trading partner"),
    }
    others = joined(", ", [whose[name] for name in party.others]) if party.others else said("nobody else")
    return said("whose the fields are: {taken}; left out: {others}", taken=whose[party.name], others=others)


def _why(column: Column) -> str:
    if not column.kind:
        return ""
    return said("another column was taken for it") if column.share else said("empty")


def left_out(columns: Sequence[Column], used: set[str]) -> dict[str, tuple[str, ...]]:
    """The columns that seem to be something and are not used, by why."""
    found: dict[str, list[str]] = {}
    for column in columns:
        if column.name in used:
            continue
        if why := column.why or _why(column):
            found.setdefault(why, []).append(column.name)
    return {why: tuple(names) for why, names in found.items()}
