"""From the raw columns of a source to what normalizers make of each field, by what whole columns show.

What a column decides is learned from the rows, or applied where it is known (:mod:`oneid.records.columnfacts`): how
dates and codes are read, which values are placeholders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from oneid.engines.base import Engine
from oneid.kinds.base import Kind
from oneid.kinds.birth.normalizer import DateColumn
from oneid.kinds.catalogue import KINDS
from oneid.kinds.shapes import Frames
from oneid.kinds.texts import first_usable
from oneid.records.columnfacts import Column, Learned
from oneid.records.placeholders import COLUMN_PLACEHOLDER, column_placeholders
from oneid.settings.config import FieldSpec, Source
from oneid.vocabulary.contracts import raw

__all__ = ["HOLDERS", "UNTIL", "betrayed_out", "days", "held", "normalize_field", "normalized_fields"]

Kinds = Mapping[str, Kind]

HOLDERS = 2
"""Up to so many records of one source may hold a value before it counts as shared: people join twice."""

_DATES = KINDS["date"].decision
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\+09:00)?)?$"
"""A day, or a moment in Japan: what most systems write, so that only the others are read with care."""


def _column(rows: pl.DataFrame, column: str) -> pl.Series:
    return rows[raw(column)].alias("value")


def _texts(rows: pl.DataFrame, spec: FieldSpec) -> list[tuple[tuple[str, ...], pl.Series]]:
    """The raw values of a field and the columns each is made of: a joined field is one value, else each column is."""
    if spec.shape == "values":
        return [((column,), _column(rows, column)) for column in spec.columns]
    joined = pl.concat_str([pl.col(raw(column)) for column in spec.columns], separator=" ", ignore_nulls=True)
    text = rows.select(value=pl.when(joined.str.strip_chars() != "").then(joined)).to_series()
    return [(spec.columns, text)]


def _parts(rows: pl.DataFrame, spec: FieldSpec, names: Sequence[str]) -> list[pl.Series]:
    empty = pl.Series("value", [None] * rows.height, dtype=pl.String)
    return [_column(rows, spec.parts[part]) if part in spec.parts else empty for part in names]


def held(frames: Sequence[pl.DataFrame]) -> tuple[int, int]:
    """How many different values of a field there are in a source, and how many of these more than :data:`HOLDERS`
    records hold. Counted by hash.
    """
    there = [
        frame.select(code=pl.col("normalized").hash(), rec=pl.int_range(pl.len(), dtype=pl.UInt32)).filter(
            frame["normalized"].is_not_null()
        )
        for frame in frames
    ]
    every = pl.concat(there)
    found = (every.unique() if len(there) > 1 else every)["code"].value_counts()["count"]
    return len(found), int((found > HOLDERS).sum())


def normalize_field(
    rows: pl.DataFrame, spec: FieldSpec, beside: pl.Series | None = None, kinds: Kinds = KINDS
) -> Frames:
    """The normalizers' frames of a field, one per value. ``beside`` is the normalized value that completes each, where
    its kind asks for one.
    """
    return _read(rows, "", spec, kinds[spec.kind], Learned(), beside)[0]


def _read(
    rows: pl.DataFrame, source: str, spec: FieldSpec, kind: Kind, known: Learned, beside: pl.Series | None
) -> tuple[Frames, Learned]:
    """The frames of a field, by what is known of its columns or they show now; and what these decide."""
    if kind.decision is not None:
        frames, learned = _decided(rows, source, spec, kind, known)
    elif spec.shape == "parts" and kind.from_parts is not None:
        frames, learned = [kind.from_parts(_parts(rows, spec, kind.parts), beside)], Learned()
    elif kind.completed is not None:
        frames, learned = [kind.completed(text, beside) for _, text in _texts(rows, spec)], Learned()
    else:
        frames, learned = [kind.read(text) for _, text in _texts(rows, spec)], Learned()
    if kind.checked is not None and spec.options:
        frames = [kind.checked(frame, spec.options) for frame in frames]
    return frames, learned


def _decided(rows: pl.DataFrame, source: str, spec: FieldSpec, kind: Kind, known: Learned) -> tuple[Frames, Learned]:
    """The frames of a field whose columns decide how values are read; and what they decide."""
    decision = kind.decision
    assert decision is not None
    before = known.decided.get(decision.table, {})
    if spec.shape == "parts" and decision.read_parts is not None:
        key = Column.of(source, spec)
        frame, found = decision.read_parts(_parts(rows, spec, kind.parts), before.get(key))
        return [frame], Learned({decision.table: {key: found}})
    frames: Frames = []
    made = {}
    for columns, text in _texts(rows, spec):
        key = Column.of(source, spec, *columns)
        frame, made[key] = decision.read(text, spec.values or None, before.get(key))
        frames.append(frame)
    return frames, Learned({decision.table: made})


UNTIL = "@until"
"""The last day as a member, among the values; no field has such a name."""


def normalized_fields(
    rows: pl.DataFrame, source: Source, engine: Engine, known: Learned, kinds: Kinds = KINDS
) -> tuple[dict[str, Frames], Learned]:
    """The frames of every field without the placeholders that its column betrays, by what is ``known`` of the columns,
    or they show now; and that. Fields that complete others come first, and the slowest next.
    """
    completing = {kinds[spec.kind].beside for spec in source.fields.values()} & source.fields.keys()
    found: dict[str, Frames] = {}
    learned: list[Learned] = []

    def one(spec: FieldSpec) -> tuple[Frames, Learned]:
        kind = kinds[spec.kind]
        beside = first_usable(found[kind.beside], "normalized") if kind.beside in found else None
        return _read(rows, source.name, spec, kind, known, beside)

    for first in (True, False):
        specs = [spec for name, spec in source.fields.items() if (name in completing) == first]
        specs.sort(key=lambda spec: not kinds[spec.kind].slow)
        for spec, (frames, told) in zip(specs, list(engine.map(one, specs)), strict=True):
            found[spec.field] = frames
            learned.append(told)
    left, betrayed = _betrayed_out(
        {name: found[name] for name in source.fields}, source.name, source.fields, engine, known, kinds
    )
    return left, betrayed.plus(*learned)


def betrayed_out(
    found: Mapping[str, Frames], fields: Mapping[str, FieldSpec], engine: Engine, kinds: Kinds = KINDS
) -> dict[str, Frames]:
    """The normalizers' frames of each field without the values that the column's own statistics betray as placeholders
    (:mod:`oneid.records.placeholders`), which have that reason now.
    """
    return _betrayed_out(found, "", fields, engine, Learned(), kinds)[0]


def _betrayed_out(
    found: Mapping[str, Frames],
    source: str,
    fields: Mapping[str, FieldSpec],
    engine: Engine,
    known: Learned,
    kinds: Kinds,
) -> tuple[dict[str, Frames], Learned]:
    """:func:`betrayed_out` by what is known of the fields, or their columns show now; and that."""
    of = {name: kinds[fields[name].kind] for name in found}
    asked = [name for name in found if of[name].betrayal is not None]
    keys = {name: Column.of(source, fields[name]) for name in asked}
    shams = {name: known.placeholders[key] for name, key in keys.items() if key in known.placeholders}
    open_ = [name for name in asked if name not in shams]
    columns = {f"{kind.witness} {name}": found[name][0]["normalized"] for name, kind in of.items() if kind.witness}
    if open_ and columns:
        names = pl.DataFrame(columns).select(pl.coalesce(sorted(columns))).to_series()
        made = engine.map(lambda name: _betrayed(found[name], names, of[name]), open_)
        shams |= dict(zip(open_, made, strict=True))
    left = engine.map(lambda name: _without_all(found[name], shams.get(name, ()), of[name]), asked)
    told = {keys[name]: shams[name] for name in asked if name in shams}
    return {**found, **dict(zip(asked, left, strict=True))}, Learned(placeholders=told)


def _betrayed(frames: Frames, names: pl.Series, kind: Kind) -> tuple[str, ...]:
    assert kind.betrayal is not None
    values = pl.concat(frame["normalized"] for frame in frames)
    found = column_placeholders(values, pl.concat([names] * len(frames)), dates=kind.betrayal.dates)
    return tuple(sorted(found["value"]))


def _without_all(frames: Frames, values: Sequence[str], kind: Kind) -> Frames:
    if not values:
        return frames
    assert kind.betrayal is not None
    sham = pl.Series(values, dtype=pl.String).implode()
    return [_without(frame, sham, kind.betrayal.columns) for frame in frames]


def _without(frame: pl.DataFrame, sham: pl.Series, parts: Sequence[str]) -> pl.DataFrame:
    gone = frame["normalized"].is_in(sham).fill_null(value=False)
    columns = [pl.when(~gone).then(part).alias(part) for part in parts]
    if "more" in frame.columns and frame["more"].explode(empty_as_null=True).is_in(sham).any():
        columns.append(pl.col("more").list.eval(pl.element().filter(~pl.element().is_in(sham))))
    return frame.with_columns(*columns, reason=pl.when(gone).then(pl.lit(COLUMN_PLACEHOLDER)).otherwise("reason"))


def days(rows: pl.DataFrame, source: Source, known: Learned) -> tuple[dict[str, pl.Series], Learned]:
    """The days of the records, since and updated (:data:`UNTIL` too, where the source says it), and what their columns
    decide.
    """
    found: dict[str, pl.Series] = {}
    dates: dict[Column, DateColumn] = {}
    before = known.decided.get("dates", {})
    named = [("since", source.since), ("updated", source.updated), *([(UNTIL, source.until)] if source.until else [])]
    for name_, column in named:
        if column is None:
            found[name_] = pl.Series("date", [None] * rows.height, dtype=pl.Date)
        else:
            key = Column(source.name, name_.removeprefix("@"), "day", (column,))
            found[name_], dates[key] = _date(_column(rows, column), before.get(key))
    return found, Learned({"dates": dates})


def _date(text: pl.Series, column: DateColumn | None) -> tuple[pl.Series, DateColumn]:
    plain = text.to_frame().lazy().select(
        pl.when(pl.col("value").str.contains(_DAY)).then(pl.col("value").str.slice(0, 10))
    ).collect()["value"]  # fmt: skip
    days = plain.str.to_date("%Y-%m-%d", strict=False)
    other = (days.is_null() & text.is_not_null()).arg_true()
    assert _DATES is not None
    careful, column = _DATES.read(text.gather(other), None, column)
    if other.is_empty():
        return days, column
    return days.scatter(other, careful["normalized"].str.to_date("%Y-%m-%d", strict=False)), column
