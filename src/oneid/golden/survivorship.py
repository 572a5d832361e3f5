"""One golden record per OneID: for each field the value of the record that best supports it, with that record's name.

:class:`oneid.settings.rules.Survivorship` says how. Fields that belong together form a group and come from one record
(a postcode is no use beside another record's address). Within a OneID those records compete that have the group's first
field (those that lead before others); where none has it, those that have the second, and so on. Records of members who
have withdrawn only compete where no other record has any of the group's fields. The group's criteria are applied in
order:

=============  ====================================================================================================
source         the source that stands earlier in the given order; sources not named there come after these, by name
newest         the later date of update, or of joining where there is none; records without a date come last
most_frequent  the deciding value that more of the OneID's records hold
longest        the longer deciding value, in characters
most_complete  the record that fills more of the group's fields
=============  ====================================================================================================

What is still tied goes to the least (source, source_id) in bytes, then to the value that stands first in that record.
So the outcome depends on the records alone, never on the order of rows. Fields in no group are chosen with those that
their kinds put beside them (:mod:`oneid.golden.groups`), else alone.

How it is fast: rows are put in the order of (OneID, source, source_id) by permuting numbers, not strings; each
criterion is an integer per candidate, and ``minimum.reduceat`` keeps the best of each OneID. Strings move once, into
the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.mapped import let_go
from oneid.golden.groups import Group, Kinds, every, plan
from oneid.kinds.catalogue import KINDS
from oneid.kinds.shapes import Features
from oneid.settings.rules import Survivorship
from oneid.vocabulary.contracts import GOLDEN_VALUES, conform
from oneid.vocabulary.errors import ConfigError, InternalError
from oneid.vocabulary.language import said

__all__ = ["Golden", "golden"]

_STAYS: Final = "withdrawn"
"""The criterion before all others."""

_Ints = npt.NDArray[np.int64]
_MEMBERS = {
    "oneid": pl.String, "source": pl.String, "source_id": pl.String, "since": pl.Date, "updated": pl.Date,
    "customer": pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Golden:
    """``records``: one row per OneID, sorted: oneid, the fields, ``<field>_source`` and ``<field>_source_id`` of each,
    n_records, n_sources (UInt32) and customer. ``values``: :data:`oneid.vocabulary.contracts.GOLDEN_VALUES`, sorted by
    oneid, field, value: each distinct value once, with the record that best supports it.
    """

    records: pl.DataFrame
    values: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Rows:
    """The members, ordered by (OneID, source, source_id) through numbers: ``place[i]`` is the row that comes i-th and
    ``code[i]`` its OneID, an index into ``oneids``. ``source`` (an index into ``sources``), ``age`` (smaller is newer)
    and ``withdrawn`` (1: the member has; None: nobody has) are by row of ``members``.
    """

    members: pl.DataFrame
    values: Features
    oneids: pl.Series
    place: _Ints
    code: _Ints
    sources: list[str]
    source: _Ints
    age: _Ints
    withdrawn: _Ints | None = None

    def column(self, name: str) -> pl.Series:
        """The values of a field, by row of ``members``."""
        let_go()
        return self.values.select([name])[name]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Values that compete, in the order of rows. Candidate i stands in the ordered row ``row[i]``, its value is
    ``column[at[i]]``, and ``rank[i]`` tells which of the group's fields it is (None: there is but one).
    """

    row: _Ints
    column: pl.Series
    at: _Ints
    rank: _Ints | None = None

    def values(self, of: _Ints) -> pl.Series:
        """The values of the candidates ``of``."""
        return self.column.gather(self.at[of].astype(np.uint32))


def golden(members: pl.DataFrame, values: Features, survivorship: Survivorship, kinds: Kinds = KINDS) -> Golden:
    """Golden records of ``members`` (oneid, source, source_id, since, updated, customer, and withdrawn (Boolean) where
    that is known, and day (Date) where ``newest`` goes by another; one row per record, in any order, fastest in that
    of source and id) from ``values``, of the same height and order: one column per golden field, String or, for several
    values, List(String); null where absent. Of a group with several fields, a list gives its first value. ``kinds``:
    that of each field. A OneID is a ``company`` only if none of its records is a ``person``.

    Raises E173 where a field's name clashes with a column of the result, and E921 where the frames break the contract.
    """
    rows = _rows(members, values)
    starts = _starts(rows.code)
    fields: dict[str, pl.Expr] = {}
    origins: dict[str, pl.Expr] = {}
    for group in plan(survivorship, values.columns, kinds):
        _choose(rows, group, fields, origins)
    ordered = [fields[name].alias(name) for name in values.columns]
    for name in values.columns:
        ordered += [origins[key].alias(key) for key in (f"{name}_source", f"{name}_source_id")]
    source = rows.source[rows.place]
    first = np.ones(len(source), dtype=np.int64)
    first[1:] = (source[1:] != source[:-1]) | (rows.code[1:] != rows.code[:-1])
    n_sources = np.add.reduceat(first, starts) if len(starts) else first
    records = pl.DataFrame({"oneid": rows.oneids}).with_columns(
        *ordered,
        n_records=pl.Series(np.diff(starts, append=len(rows.code)), dtype=pl.UInt32),
        n_sources=pl.Series(n_sources, dtype=pl.UInt32),
        customer=_customer(rows, starts),
    )
    return Golden(records, _every_value(rows, survivorship, kinds))


def _rows(members: pl.DataFrame, values: Features) -> _Rows:
    """Orders the rows and checks the contract."""
    conform(members, _MEMBERS, "golden", more=True)
    kinds = values.slice(0, 0).select(values.columns).schema
    wrong = [name for name, dtype in kinds.items() if dtype not in (pl.String, pl.List(pl.String))]
    nulls = members.select(pl.col("oneid", "source", "source_id").is_null().any()).row(0)
    if wrong or (values.columns and values.height != members.height) or any(nulls):
        told = ", ".join(wrong) or said("rows do not match, or nulls")
        raise InternalError("E921", said("golden cannot use its input: {wrong}", wrong=told))
    taken = {"oneid", "n_records", "n_sources", "customer"}
    taken |= {f"{name}{end}" for name in values.columns for end in ("_source", "_source_id")}
    if clash := ", ".join(sorted(taken & set(values.columns))):
        raise ConfigError("E173", said("field names that golden records need themselves: {clash}", clash=clash))
    source, above = pl.col("source"), pl.col("source").shift(1)
    rising = (above < source) | ((above == source) & (pl.col("source_id").shift(1) < pl.col("source_id")))
    ranked = members.select("oneid").with_row_index("place")
    if not members.select(rising.slice(1).all()).item():
        ranked = ranked[members.select(pl.arg_sort_by("source", "source_id")).to_series()]
    groups = ranked.group_by("oneid").agg("place").sort("oneid")
    lengths = groups["place"].list.len().to_numpy()
    names = members["source"].unique().sort()
    dated = ["day"] if "day" in members.columns else ["updated", "since"]
    days = members.select(pl.coalesce(dated).cast(pl.Int32).cast(pl.Int64)).to_series()
    return _Rows(
        members=members,
        values=values,
        oneids=groups["oneid"],
        place=groups["place"].explode().to_numpy().astype(np.int64),
        code=np.repeat(np.arange(len(groups)), lengths),
        sources=names.to_list(),
        source=members["source"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64),
        age=-days.fill_null(-(2**40)).to_numpy(),
        withdrawn=members["withdrawn"].cast(pl.Int64).to_numpy() if "withdrawn" in members.columns else None,
    )


def _gather(column: pl.Series, at: _Ints) -> pl.Expr:
    """``column[at]``, null where ``at`` is negative; as an expression, so that many are done at once, on all cores."""
    places = pl.lit(pl.Series(at))
    return pl.lit(column).gather(pl.when(places >= 0).then(places).cast(pl.UInt32))


def _starts(codes: npt.NDArray[np.integer[Any]]) -> _Ints:
    """Where each run of equal codes begins."""
    if not len(codes):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))


def _lengths(codes: npt.NDArray[np.integer[Any]]) -> _Ints:
    """For each place, how long its run of equal codes is."""
    lengths = np.diff(_starts(codes), append=len(codes))
    return np.repeat(lengths, lengths)


def _candidates(rows: _Rows, fields: Sequence[str]) -> _Candidates:
    """The deciding values: of one field every value, of several fields each record's first that is there."""
    columns = [rows.column(name) for name in fields]
    if len(columns) == 1 and columns[0].dtype == pl.List:
        column = columns[0].explode().drop_nulls()
        lengths = columns[0].list.len().fill_null(0).to_numpy().astype(np.int64)
        if lengths.sum() != len(column):  # lists with nulls in them
            lengths = columns[0].list.drop_nulls().list.len().fill_null(0).to_numpy().astype(np.int64)
        begins = np.cumsum(lengths) - lengths
        ordered = lengths[rows.place]
        row = np.repeat(np.arange(len(ordered)), ordered)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(ordered) - ordered, ordered)
        return _Candidates(row, column, begins[rows.place[row]] + nth)
    flat = [_flat(column) for column in columns]
    some = pl.select(pl.coalesce(*flat)).to_series() if len(flat) > 1 else flat[0]
    row = np.flatnonzero(some.is_not_null().to_numpy()[rows.place])
    at = rows.place[row]
    if len(flat) == 1:
        return _Candidates(row, some, at)
    return _Candidates(row, some, at, np.argmin([column.is_null().to_numpy()[at] for column in flat], axis=0))


def _flat(column: pl.Series) -> pl.Series:
    """One value per record: of a list the first."""
    return column.list.drop_nulls().list.first() if column.dtype == pl.List else column


def _key(criterion: str, rows: _Rows, group: Group, found: _Candidates, of: _Ints) -> _Ints:
    """The criterion as integers, the smaller the better, for the candidates ``of``."""
    record = rows.place[found.row[of]]
    if criterion == _STAYS:
        assert rows.withdrawn is not None
        return rows.withdrawn[record]
    if criterion == "source":
        order = [*group.sources, *(name for name in rows.sources if name not in group.sources)]
        ranks = np.array([order.index(name) for name in rows.sources], dtype=np.int64)
        return ranks[rows.source[record]]
    if criterion == "newest":
        return rows.age[record]
    if criterion == "most_frequent":
        return -_frequency(rows, found, of)
    if criterion == "longest":
        return -found.values(of).str.len_chars().cast(pl.Int64).to_numpy()
    filled = np.zeros(len(of), dtype=np.int64)  # most_complete
    for name in group.fields:
        filled += rows.column(name).is_not_null().to_numpy()[record]
    return -filled


def _frequency(rows: _Rows, found: _Candidates, of: _Ints) -> _Ints:
    """How many candidates of its OneID hold each value: all count, also those that an earlier criterion put out."""
    codes = rows.code[found.row]
    asked = np.zeros(len(rows.oneids), dtype=np.bool_)
    asked[codes[of]] = True
    counted = np.flatnonzero(asked[codes])
    # A value is told from others by its 64-bit hash, mixed with the OneID's code (Fibonacci hashing).
    mixed = found.values(counted).hash().to_numpy() ^ (codes[counted].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    order = np.argsort(mixed)
    times = np.zeros(len(codes), dtype=np.int64)
    times[counted[order]] = _lengths(mixed[order])
    return times[of]


def _best(rows: _Rows, group: Group, found: _Candidates, cells: _Ints, order: _Ints) -> _Ints:
    """The best candidate of each cell. ``order`` lists the candidates cell by cell, and within a cell by row;
    ``cells[i]`` is the cell of ``order[i]``, rising.
    """
    best = np.full(int(cells[-1]) + 1 if len(cells) else 0, -1, dtype=np.int64)
    first = () if rows.withdrawn is None else (_STAYS,)
    for criterion in (*first, *(("field",) if found.rank is not None else ()), *group.order):
        alone = _lengths(cells) == 1
        best[cells[alone]] = order[alone]
        cells, order = cells[~alone], order[~alone]
        if not len(order):
            break
        ranked = criterion == "field" and found.rank is not None
        key = found.rank[order] if ranked and found.rank is not None else _key(criterion, rows, group, found, order)
        starts = _starts(cells)
        keep = key == np.repeat(np.minimum.reduceat(key, starts), np.diff(starts, append=len(key)))
        cells, order = cells[keep], order[keep]
    firsts = _starts(cells)
    best[cells[firsts]] = order[firsts]
    return best[best >= 0]


def _choose(rows: _Rows, group: Group, fields: dict[str, pl.Expr], origins: dict[str, pl.Expr]) -> None:
    """Adds the group's fields to ``fields`` and where they come from to ``origins``, each one row per OneID."""
    found = _candidates(rows, group.fields)
    codes = rows.code[found.row]
    chosen = _best(rows, group, found, codes, np.arange(len(codes)))
    at = np.full(len(rows.oneids), -1, dtype=np.int64)
    record = at.copy()
    at[codes[chosen]] = found.at[chosen]
    record[codes[chosen]] = rows.place[found.row[chosen]]
    for name in group.fields:
        there = record
        if group.fields == (name,):
            fields[name] = _gather(found.column, at)
        else:
            column = _flat(rows.column(name))
            fields[name] = _gather(column, record)
            some = np.append(column.is_not_null().to_numpy(), False)
            there = np.where(some[record], record, -1)
        origins[f"{name}_source"] = _gather(rows.members["source"], there)
        origins[f"{name}_source_id"] = _gather(rows.members["source_id"], there)


def _customer(rows: _Rows, starts: _Ints) -> pl.Series:
    """``person`` where any record is one, else the least value that is there."""
    if not len(starts):
        return pl.Series([], dtype=pl.String)
    kinds = rows.members["customer"].drop_nulls().unique().to_list()
    kinds.sort(key=lambda kind: (kind != "person", kind))
    codes = rows.members["customer"].replace_strict(kinds, range(len(kinds)), default=len(kinds), return_dtype=pl.Int64)
    least = np.minimum.reduceat(codes.to_numpy()[rows.place], starts)
    return pl.Series([*kinds, None], dtype=pl.String).gather(least)


def _every_value(rows: _Rows, survivorship: Survivorship, kinds: Kinds) -> pl.DataFrame:
    """:data:`oneid.vocabulary.contracts.GOLDEN_VALUES` of the fields whose kinds list every value."""
    groups = {name: group for group in plan(survivorship, rows.values.columns, kinds) for name in group.fields}
    names = sorted(set(every(kinds)) & set(groups))
    if not names:
        return pl.DataFrame(schema=dict(GOLDEN_VALUES))
    found = [_distinct(rows, groups[name], name) for name in names]
    codes = np.concatenate([code for code, _, _ in found])
    order = np.argsort(codes, kind="stable")
    record = np.concatenate([record for _, record, _ in found])[order]
    field = np.repeat(np.arange(len(names)), [len(code) for code, _, _ in found])[order]
    table = [
        _gather(rows.oneids, codes[order]).alias("oneid"),
        _gather(pl.Series(names), field).alias("field"),
        _gather(pl.concat([value for _, _, value in found], rechunk=True), order).alias("value"),
        *(_gather(rows.members[name], record).alias(name) for name in ("source", "source_id", "since", "updated")),
    ]
    return conform(pl.select(table), GOLDEN_VALUES, "golden")


def _distinct(rows: _Rows, group: Group, name: str) -> tuple[_Ints, _Ints, pl.Series]:
    """Each OneID's distinct values of one field, sorted: the OneID's code, the supporting row of members, the value."""
    found = _candidates(rows, (name,))
    codes = rows.code[found.row]
    several = np.flatnonzero(_lengths(codes) > 1)
    held = pl.DataFrame({"code": codes[several], "value": found.values(several), "at": several})
    held = held.sort("code", "value", maintain_order=True)
    order = np.arange(len(codes))
    order[several] = held["at"].to_numpy()
    same = (pl.col("code") == pl.col("code").shift(1)) & (pl.col("value") == pl.col("value").shift(1))
    fresh = np.ones(len(codes), dtype=np.int64)
    fresh[several] = ~held.select(same.fill_null(value=False)).to_series().to_numpy()
    telling = tuple(name for name in group.order if name not in ("most_frequent", "longest"))  # these compare values
    chosen = _best(rows, replace(group, order=telling), found, np.cumsum(fresh) - 1, order)
    return codes[chosen], rows.place[found.row[chosen]], found.values(chosen)
