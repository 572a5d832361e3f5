"""From the raw columns of a source to what normalizers make of each field, by what whole columns show.

What a column decides is learned from the rows, or applied where it is known (:mod:`oneid.records.columnfacts`): how
dates and sexes are read, which values are placeholders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from oneid.engines.base import Engine
from oneid.kinds.address.normalizer import address, address_parts
from oneid.kinds.birth.normalizer import DateColumn, birth_by, birth_parts_by, dates_by
from oneid.kinds.kana import readings, readings_parts
from oneid.kinds.name.normalizer import name_parts
from oneid.kinds.normalizing import KINDS
from oneid.kinds.sex import sex_by
from oneid.records.columnfacts import Column, Learned
from oneid.records.placeholders import COLUMN_PLACEHOLDER, column_placeholders
from oneid.settings.config import FieldSpec, Source
from oneid.vocabulary.contracts import raw

__all__ = ["UNTIL", "Frames", "betrayed_out", "days", "first", "normalize_field", "normalized_fields"]

Frames = list[pl.DataFrame]
Kinds = Mapping[str, Callable[[pl.Series], pl.DataFrame]]
_KINDS: Kinds = {**KINDS, "kana": readings}
"""The normalizers of a run: the keys of kana are made once for all sources, in :func:`combine`."""

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


def normalize_field(
    rows: pl.DataFrame, spec: FieldSpec, postcode: pl.Series | None = None, kinds: Kinds = _KINDS
) -> Frames:
    """The normalizers' frames of a field, one per value. ``postcode`` (normalized, one per row) completes addresses;
    ``kinds`` are the normalizers of whole values, but of those that a column decides (birth, date, sex).
    """
    if spec.kind in _BY_COLUMN:
        return _by_column(rows, "", spec, Learned())[0]
    if spec.shape == "parts":
        if spec.kind == "name":
            return [name_parts(*_parts(rows, spec, ("family", "given")))]
        if spec.kind == "kana":
            return [readings_parts(*_parts(rows, spec, ("family", "given")))]
        if spec.kind == "address":
            parts = _parts(rows, spec, ("prefecture", "city", "town", "street", "building"))
            return [address_parts(*parts, postcode=postcode)]
    if spec.kind == "address":
        return [address(text, postcode) for _, text in _texts(rows, spec)]
    return [kinds[spec.kind](text) for _, text in _texts(rows, spec)]


UNTIL = "@until"
"""The last day as a member, among the values; no field has such a name."""

_BY_COLUMN = ("birth", "date", "sex")
"""Kinds of which the whole column decides how a value is read."""


def _by_column(rows: pl.DataFrame, source: str, spec: FieldSpec, known: Learned) -> tuple[Frames, Learned]:
    """The frames of a field that columns decide, by what is known of these or they show now; and that."""
    frames: Frames = []
    dates, sexes = {}, {}
    if spec.kind == "birth" and spec.shape == "parts":
        key = Column.of(source, spec)
        year, month, day = _parts(rows, spec, ("year", "month", "day"))
        frame, dates[key] = birth_parts_by(year, month, day, known.dates.get(key))
        return [frame], Learned(dates=dates)
    for columns, text in _texts(rows, spec):
        key = Column.of(source, spec, *columns)
        if spec.kind == "sex":
            frame, sexes[key] = sex_by(text, spec.values or None, known.sexes.get(key))
        else:
            read = birth_by if spec.kind == "birth" else dates_by
            frame, dates[key] = read(text, known.dates.get(key))
        frames.append(frame)
    return frames, Learned(dates, sexes)


def first(frames: Frames, column: str) -> pl.Series:
    """The first usable value of several."""
    holder = pl.DataFrame({str(i): frame[column] for i, frame in enumerate(frames)})
    return holder.select(pl.coalesce(pl.all())).to_series()


def normalized_fields(
    rows: pl.DataFrame, source: Source, engine: Engine, known: Learned
) -> tuple[dict[str, Frames], Learned]:
    """The frames of every field without the placeholders that its column betrays, by what is ``known`` of the columns,
    or they show now; and that. The postcode comes first, for the addresses, and these, the slowest, next.
    """
    found: dict[str, Frames] = {}
    code = None
    if "postcode" in source.fields:
        found["postcode"] = normalize_field(rows, source.fields["postcode"])
        code = first(found["postcode"], "normalized")

    def one(spec: FieldSpec) -> tuple[Frames, Learned]:
        if spec.kind in _BY_COLUMN:
            return _by_column(rows, source.name, spec, known)
        return normalize_field(rows, spec, code), Learned()

    specs = sorted(
        (spec for name_, spec in source.fields.items() if name_ not in found), key=lambda spec: spec.kind != "address"
    )
    made = list(engine.map(one, specs))
    found |= {spec.field: frames for spec, (frames, _) in zip(specs, made, strict=True)}
    left, betrayed = _betrayed_out(
        {name_: found[name_] for name_ in source.fields}, source.name, source.fields, engine, known
    )
    return left, betrayed.plus(*(learned for _, learned in made))


_BETRAYED = ("birth", "phone", "email")
"""Kinds whose values name a person, so that many names for one value speak against it."""

_NAMES = ("name", "kana", "romaji", "nickname")


def betrayed_out(found: Mapping[str, Frames], fields: Mapping[str, FieldSpec], engine: Engine) -> dict[str, Frames]:
    """The normalizers' frames of each field without the values that the column's own statistics betray as placeholders
    (:mod:`oneid.records.placeholders`), which have that reason now.
    """
    return _betrayed_out(found, "", fields, engine, Learned())[0]


def _betrayed_out(
    found: Mapping[str, Frames], source: str, fields: Mapping[str, FieldSpec], engine: Engine, known: Learned
) -> tuple[dict[str, Frames], Learned]:
    """:func:`betrayed_out` by what is known of the fields, or their columns show now; and that."""
    asked = [name_ for name_ in found if fields[name_].kind in _BETRAYED]
    keys = {name_: Column.of(source, fields[name_]) for name_ in asked}
    shams = {name_: known.placeholders[key] for name_, key in keys.items() if key in known.placeholders}
    open_ = [name_ for name_ in asked if name_ not in shams]
    columns = {
        f"{_NAMES.index(spec.kind)} {name_}": found[name_][0]["normalized"]
        for name_, spec in fields.items()
        if spec.kind in _NAMES
    }
    if open_ and columns:
        names = pl.DataFrame(columns).select(pl.coalesce(sorted(columns))).to_series()
        made = engine.map(lambda name_: _betrayed(found[name_], names, fields[name_].kind), open_)
        shams |= dict(zip(open_, made, strict=True))
    left = engine.map(lambda name_: _without_all(found[name_], shams.get(name_, ()), fields[name_].kind), asked)
    told = {keys[name_]: shams[name_] for name_ in asked if name_ in shams}
    return {**found, **dict(zip(asked, left, strict=True))}, Learned(placeholders=told)


def _betrayed(frames: Frames, names: pl.Series, kind: str) -> tuple[str, ...]:
    values = pl.concat(frame["normalized"] for frame in frames)
    found = column_placeholders(values, pl.concat([names] * len(frames)), dates=kind == "birth")
    return tuple(sorted(found["value"]))


def _without_all(frames: Frames, values: Sequence[str], kind: str) -> Frames:
    if not values:
        return frames
    sham = pl.Series(values, dtype=pl.String).implode()
    parts = ("normalized", *{"birth": ("year", "month", "day"), "email": ("local",)}.get(kind, ()))
    return [_without(frame, sham, parts) for frame in frames]


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
    found, dates = {}, {}
    named = [("since", source.since), ("updated", source.updated), *([(UNTIL, source.until)] if source.until else [])]
    for name_, column in named:
        if column is None:
            found[name_] = pl.Series("date", [None] * rows.height, dtype=pl.Date)
        else:
            key = Column(source.name, name_.removeprefix("@"), "day", (column,))
            found[name_], dates[key] = _date(_column(rows, column), known.dates.get(key))
    return found, Learned(dates)


def _date(text: pl.Series, column: DateColumn | None) -> tuple[pl.Series, DateColumn]:
    plain = text.to_frame().lazy().select(
        pl.when(pl.col("value").str.contains(_DAY)).then(pl.col("value").str.slice(0, 10))
    ).collect()["value"]  # fmt: skip
    days = plain.str.to_date("%Y-%m-%d", strict=False)
    other = (days.is_null() & text.is_not_null()).arg_true()
    careful, column = dates_by(text.gather(other), column)
    if other.is_empty():
        return days, column
    return days.scatter(other, careful["normalized"].str.to_date("%Y-%m-%d", strict=False)), column
