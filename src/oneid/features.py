"""The normalize stage: raw rows of a source become features (what is compared) and values (what people see).

Source by source, so that raw columns can go before the next source comes: :func:`normalize_source`. What needs to
see all sources is done once at the end: :mod:`oneid.combine`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from oneid.config import FieldSpec, Source
from oneid.engines.base import Engine
from oneid.normalize import KINDS
from oneid.normalize.address import address, address_parts
from oneid.normalize.birth import birth_parts
from oneid.normalize.kana import readings, readings_parts
from oneid.normalize.name import name_parts
from oneid.normalize.nulls import where_written
from oneid.normalize.romaji import romaji
from oneid.normalize.sex import sex
from oneid.normalize.statistics import COLUMN_PLACEHOLDER, column_placeholders
from oneid.tables import raw

__all__ = [
    "CARD",
    "CUSTOM",
    "FEATURES",
    "FieldCounts",
    "Normalized",
    "betrayed_out",
    "normalize_field",
    "normalize_source",
    "own_column",
]

Contract = Mapping[str, "pl.DataType | type[pl.DataType]"]

FEATURES: Contract = {
    "source": pl.String, "source_id": pl.String, "customer": pl.String,
    "name": pl.String, "family": pl.String, "given": pl.String, "script": pl.String, "kind": pl.String,
    "other_splits": pl.List(pl.UInt8),
    "kana_family": pl.String, "kana_given": pl.String, "kana_whole": pl.String,
    "key_family": pl.String, "key_given": pl.String, "from_romaji": pl.Boolean,
    "cut_family": pl.Boolean, "cut_given": pl.Boolean, "foreign": pl.Boolean,
    "sound_family": pl.String, "sound_given": pl.String, "phonetic_family": pl.String, "phonetic_given": pl.String,
    "nickname": pl.String, "nickname_key": pl.String,
    "year": pl.Int16, "month": pl.Int8, "day": pl.Int8, "sex": pl.String,
    "phone": pl.List(pl.String), "email": pl.List(pl.String), "mailbox": pl.List(pl.String),
    "postcode": pl.String, "town": pl.String, "block": pl.String, "building": pl.String, "room": pl.String,
}  # fmt: skip
"""One row per record. Fields of one's own follow, as List(String), named ``CUSTOM + field``."""

CUSTOM = "x:"
"""The prefix of fields of one's own among the features."""

CARD = "card:"
"""The prefix of fields that name a main member: evidence for a household, never compared."""


def own_column(spec: FieldSpec) -> str:
    """The feature that a field of one's own becomes."""
    return (CUSTOM if spec.household_of is None else CARD) + spec.field


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """How many values of a field were given, could be used, and were refused, by reason (``missing`` left out)."""

    source: str
    field: str
    rows: int
    filled: int
    usable: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Normalized:
    """A source after normalizing: ``features``, ``values`` (one column per golden field, String or List) and counts.

    ``values`` begins with the columns source, source_id, since, updated (Date), customer.
    """

    features: pl.DataFrame
    values: pl.DataFrame
    counts: tuple[FieldCounts, ...]


Frames = list[pl.DataFrame]
Kinds = Mapping[str, Callable[[pl.Series], pl.DataFrame]]
_KINDS: Kinds = {**KINDS, "kana": readings}
"""The normalizers of a run: the keys of kana are made once for all sources, in :func:`combine`."""

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\+09:00)?)?$"
"""A day, or a moment in Japan: what most systems write, so that only the others are read with care."""


def _column(rows: pl.DataFrame, column: str) -> pl.Series:
    return rows[raw(column)].alias("value")


def _one(rows: pl.DataFrame, spec: FieldSpec, function: Callable[[pl.Series], pl.DataFrame]) -> Frames:
    """One frame per value: a joined field is one value, else each column is one."""
    if spec.shape == "join":
        joined = pl.concat_str([pl.col(raw(column)) for column in spec.columns], separator=" ", ignore_nulls=True)
        text = rows.select(value=pl.when(joined.str.strip_chars() != "").then(joined)).to_series()
        return [function(text)]
    return [function(_column(rows, column)) for column in spec.columns]


def _parts(rows: pl.DataFrame, spec: FieldSpec, names: Sequence[str]) -> list[pl.Series]:
    empty = pl.Series("value", [None] * rows.height, dtype=pl.String)
    return [_column(rows, spec.parts[part]) if part in spec.parts else empty for part in names]


def normalize_field(
    rows: pl.DataFrame, spec: FieldSpec, postcode: pl.Series | None = None, kinds: Kinds = _KINDS
) -> Frames:
    """The normalizers' frames of a field, one per value. ``postcode`` (normalized, one per row) completes addresses;
    ``kinds`` are the normalizers of whole values.
    """
    if spec.kind == "address" and spec.shape != "parts":
        return _one(rows, spec, lambda values: address(values, postcode))
    if spec.shape == "parts":
        if spec.kind == "name":
            return [name_parts(*_parts(rows, spec, ("family", "given")))]
        if spec.kind == "kana":
            return [readings_parts(*_parts(rows, spec, ("family", "given")))]
        if spec.kind == "birth":
            year, month, day = _parts(rows, spec, ("year", "month", "day"))
            return [birth_parts(year, month, day)]
        if spec.kind == "address":
            parts = _parts(rows, spec, ("prefecture", "city", "town", "street", "building"))
            return [address_parts(*parts, postcode=postcode)]
        whole = FieldSpec(field=spec.field, kind=spec.kind, columns=spec.columns, shape="join")
        return _one(rows, whole, kinds[spec.kind])
    if spec.kind == "sex" and spec.values:
        return _one(rows, spec, lambda values: sex(values, spec.values))
    return _one(rows, spec, kinds[spec.kind])


def _lists(frames: Frames, column: str, more: str | None = None) -> pl.Series:
    """The values of several frames as one List column, each value once; null where there is none."""
    found = []
    for place, frame in enumerate(frames):
        rows = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
        values = frame.lazy().select(rows, pl.col(column).alias("value")).drop_nulls()
        found.append(values.with_columns(place=pl.lit(2 * place, dtype=pl.UInt32)))
        if more is not None:
            further = frame.lazy().select(rows, pl.col(more).alias("value")).filter(pl.col("value").list.len() > 0)
            further = further.explode("value", empty_as_null=True, keep_nulls=False)
            found.append(further.with_columns(place=pl.lit(2 * place + 1, dtype=pl.UInt32)))
    first, *rest = pl.collect_all(found)
    held = first
    if any(one.height for one in rest):
        held = pl.concat([first, *rest]).sort("row", "place", maintain_order=True)
        held = held.unique(["row", "value"], maintain_order=True)
    height = frames[0].height
    sizes = np.bincount(held["row"].to_numpy(), minlength=height)
    # through Polars: pyarrow would import pandas to look at an array of NumPy
    offsets, empty = (pl.Series(array).to_arrow() for array in (np.concatenate(([0], np.cumsum(sizes))), sizes == 0))
    lists = pa.LargeListArray.from_arrays(offsets, held["value"].rechunk().to_arrow(), mask=empty)
    return pl.Series("value", lists).cast(pl.List(pl.String))


def _first(frames: Frames, column: str) -> pl.Series:
    """The first usable value of several."""
    holder = pl.DataFrame({str(i): frame[column] for i, frame in enumerate(frames)})
    return holder.select(pl.coalesce(pl.all())).to_series()


_BETRAYED = ("birth", "phone", "email")
"""Kinds whose values name a person, so that many names for one value speak against it."""

_NAMES = ("name", "kana", "romaji", "nickname")


def betrayed_out(found: Mapping[str, Frames], fields: Mapping[str, FieldSpec], engine: Engine) -> dict[str, Frames]:
    """The normalizers' frames of each field without the values that the column's own statistics betray as placeholders
    (:mod:`oneid.normalize.statistics`), which have that reason now.
    """
    columns = {
        f"{_NAMES.index(spec.kind)} {field}": found[field][0]["normalized"]
        for field, spec in fields.items()
        if spec.kind in _NAMES
    }
    if not columns:
        return dict(found)
    names = pl.DataFrame(columns).select(pl.coalesce(sorted(columns))).to_series()
    asked = [field for field in found if fields[field].kind in _BETRAYED]
    made = engine.map(lambda field: _betrayed_out(found[field], names, fields[field].kind), asked)
    return {**found, **dict(zip(asked, made, strict=True))}


def _betrayed_out(frames: Frames, names: pl.Series, kind: str) -> Frames:
    values = pl.concat(frame["normalized"] for frame in frames)
    sham = column_placeholders(values, pl.concat([names] * len(frames)), dates=kind == "birth")["value"].implode()
    if not sham[0].len():
        return frames
    parts = ("normalized", *{"birth": ("year", "month", "day"), "email": ("local",)}.get(kind, ()))
    return [_without(frame, sham, parts) for frame in frames]


def _without(frame: pl.DataFrame, sham: pl.Series, parts: Sequence[str]) -> pl.DataFrame:
    gone = frame["normalized"].is_in(sham).fill_null(value=False)
    columns = [pl.when(~gone).then(part).alias(part) for part in parts]
    if "more" in frame.columns and frame["more"].explode(empty_as_null=True).is_in(sham).any():
        columns.append(pl.col("more").list.eval(pl.element().filter(~pl.element().is_in(sham))))
    return frame.with_columns(*columns, reason=pl.when(gone).then(pl.lit(COLUMN_PLACEHOLDER)).otherwise("reason"))


def _counts(source: str, spec: FieldSpec, frames: Frames) -> FieldCounts:
    reasons: dict[str, int] = {}
    rows = filled = usable = 0
    for frame in frames:
        counted = frame["reason"].value_counts()
        for reason, count in counted.iter_rows():
            if reason not in (None, "missing"):
                reasons[reason] = reasons.get(reason, 0) + count
        rows += frame.height
        usable += frame.height - frame["normalized"].null_count()
        filled += frame.height - int((frame["reason"] == "missing").sum())
    return FieldCounts(source, spec.field, rows, filled, usable, dict(sorted(reasons.items())))


def _normalized_fields(rows: pl.DataFrame, source: Source, engine: Engine) -> dict[str, Frames]:
    """The frames of every field; the postcode comes first, for the addresses, and these, the slowest, next."""
    found: dict[str, Frames] = {}
    code = None
    if "postcode" in source.fields:
        found["postcode"] = normalize_field(rows, source.fields["postcode"])
        code = _first(found["postcode"], "normalized")
    specs = sorted(
        (spec for name_, spec in source.fields.items() if name_ not in found), key=lambda spec: spec.kind != "address"
    )
    made = engine.map(lambda spec: normalize_field(rows, spec, code), specs)
    found |= {spec.field: frames for spec, frames in zip(specs, made, strict=True)}
    return {name_: found[name_] for name_ in source.fields}


def normalize_source(rows: pl.DataFrame, source: Source, engine: Engine, declared: Sequence[str] = ()) -> Normalized:
    """Normalizes every field of a source. ``rows`` is as :mod:`oneid.read` gives it: ``tables.RAW``, raw columns.

    ``declared`` names the features by which other sources refer to this one's ids (``refers_to``, ``household_of``):
    here the id itself is a value of such a feature, so that what is declared and its target agree in it.
    """
    found = betrayed_out(_normalized_fields(rows, source, engine), source.fields, engine)
    counts = tuple(_counts(source.name, source.fields[name_], frames) for name_, frames in found.items())
    base = rows.select(pl.lit(source.name).alias("source"), "source_id")
    about = base.with_columns(customer=_customer(rows, source, found))
    steps: Sequence[Callable[[], dict[str, pl.Series]]] = (
        lambda: _name_features(found, rows.height),
        lambda: _other_features(found, rows.height),
        lambda: _own_features(found, source, base["source_id"], declared),
        lambda: _shown(rows, source, found),
    )
    *features, shown = engine.map(lambda step: step(), steps)
    days = {day: shown.pop(day) for day in ("since", "updated")}
    values = {**base.to_dict(), **days, "customer": about["customer"], **shown}
    columns = {name_: column for part in features for name_, column in part.items()}
    return Normalized(pl.DataFrame({**about.to_dict(), **columns}), pl.DataFrame(values), counts)


def _own_features(
    found: Mapping[str, Frames], source: Source, ids: pl.Series, declared: Sequence[str]
) -> dict[str, pl.Series]:
    """Fields of one's own, and the source's ids where others refer to them."""
    own = {field: own_column(spec) for field, spec in source.fields.items() if field != spec.kind}
    made = {column: _lists(found[field], "normalized") for field, column in own.items()}
    for column in declared:
        field = column.partition(":")[2]
        made[column] = _lists([*found.get(field, []), KINDS["identifier"](ids)], "normalized")
    return made


def _shown(rows: pl.DataFrame, source: Source, found: Mapping[str, Frames]) -> dict[str, pl.Series]:
    """What people see of each field, and the days."""
    made = {day: _date(rows, column) for day, column in (("since", source.since), ("updated", source.updated))}
    for field, spec in source.fields.items():
        frames = [_usable(frame, spec.kind) for frame in found[field]]
        listed = spec.kind in ("phone", "email") or len(frames) > 1
        more = "more" if spec.kind in ("phone", "email") else None
        column = "normalized" if spec.kind == "sex" else "display"  # 男, M and 1 are one value to people as well
        made[field] = _lists(frames, column, more) if listed else frames[0][column]
    return made


def _usable(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The normalizer's frame with ``display`` only where the value can be used; a birth may be known in part."""
    there = pl.col("normalized").is_not_null()
    if kind == "birth":
        there |= pl.any_horizontal(pl.col("year", "month", "day").is_not_null())
    return frame.with_columns(display=pl.when(there).then("display"))


def _customer(rows: pl.DataFrame, source: Source, found: Mapping[str, Frames]) -> pl.Series:
    """Person or company: as the config says; a name with a company form is a company's wherever it stands."""
    said = pl.lit(source.customer.kind)
    if source.customer.column is not None:
        company = pl.col(raw(source.customer.column)).is_in(source.customer.company_values).fill_null(value=False)
        said = pl.when(company).then(pl.lit("company")).otherwise(said)
    seen = found["name"][0]["kind"] if "name" in found else pl.Series("kind", [None] * rows.height, dtype=pl.String)
    frame = rows.with_columns(seen.alias("seen"))
    return frame.select(
        customer=pl.when(pl.col("seen") == "company").then(pl.lit("company")).otherwise(said)
    ).to_series()


def _date(rows: pl.DataFrame, column: str | None) -> pl.Series:
    if column is None:
        return pl.Series("date", [None] * rows.height, dtype=pl.Date)
    text = _column(rows, column)
    plain = text.to_frame().lazy().select(
        pl.when(pl.col("value").str.contains(_DAY)).then(pl.col("value").str.slice(0, 10))
    ).collect()["value"]  # fmt: skip
    days = plain.str.to_date("%Y-%m-%d", strict=False)
    other = (days.is_null() & text.is_not_null()).arg_true()
    if other.is_empty():
        return days
    return days.scatter(other, KINDS["date"](text.gather(other))["normalized"].str.to_date("%Y-%m-%d", strict=False))


def _nulls(height: int, dtype: pl.DataType | type[pl.DataType] = pl.String) -> pl.Series:
    return pl.Series("value", [None] * height, dtype=dtype)


def _name_features(found: Mapping[str, Frames], height: int) -> dict[str, pl.Series]:
    """Name, kana and keys from the fields name, kana, romaji and nickname.

    A name written in kana serves as the kana, one written in Latin letters as the romaji, where the source has none.
    """
    empty = _nulls(height)
    names = found["name"][0] if "name" in found else None
    parts = _by_script(names, height)
    spoken, latin, nicknames = parts["spoken"], parts["latin"], parts["handle"]
    kanas = [*found.get("kana", []), *([where_written(spoken, readings)] if spoken.null_count() < height else [])]
    romajis = [*found.get("romaji", []), *([where_written(latin, romaji)] if latin.null_count() < height else [])]
    if "nickname" in found:
        nicknames = (
            pl.DataFrame({"a": nicknames, "b": found["nickname"][0]["display"]})
            .select(pl.coalesce("a", "b"))
            .to_series()
        )
    return {
        **{column: parts[column] for column in ("name", "family", "given", "script", "kind")},
        "kana_family": _first(kanas, "family") if kanas else empty,
        "kana_given": _first(kanas, "given") if kanas else empty,
        "kana_whole": _first(kanas, "normalized") if kanas else empty,
        "romaji_first": _first(romajis, "first") if romajis else empty,
        "romaji_last": _first(romajis, "last") if romajis else empty,
        "romaji_cut": _first(romajis, "truncated") if romajis else _nulls(height, pl.Boolean),
        "latin": _in_latin(parts, found),
        "latin_family": parts["latin_family"],
        "latin_given": parts["latin_given"],
        "nickname": nicknames,
    }


def _by_script(names: pl.DataFrame | None, height: int) -> pl.DataFrame:
    """What a name is to each script: kanji names whole and in parts, kana (spoken), Latin letters, handles.

    Latin family and given names that the source knows apart are kept apart: their order need not be made out.
    """
    if names is None:
        columns = (
            "name",
            "family",
            "given",
            "latin_family",
            "latin_given",
            "spoken",
            "latin",
            "handle",
            "script",
            "kind",
        )
        return pl.DataFrame({column: _nulls(height) for column in columns})
    kanji, latin, kana = (pl.col("script") == script for script in ("kanji", "latin", "kana"))
    person, named = pl.col("kind") == "person", pl.col("kind").is_in(["person", "company"])
    return names.lazy().select(
        "script",
        "kind",
        name=pl.when(kanji & named).then("normalized"),
        family=pl.when(kanji & named).then("family"),
        given=pl.when(kanji & named).then("given"),
        latin_family=pl.when(latin & named).then("family"),
        latin_given=pl.when(latin & named).then("given"),
        spoken=pl.when(person & kana).then("display"),
        latin=pl.when(person & latin).then("display"),
        handle=pl.when(pl.col("kind") == "nickname").then("display"),
    ).collect()  # fmt: skip


def _in_latin(names: pl.DataFrame, found: Mapping[str, Frames]) -> pl.Series:
    """Names in Latin letters of members whose name the source has in no Japanese script."""
    japanese = pl.col("script").is_in(["kanji", "kana"]) & (pl.col("kind") != "nickname")
    text = pl.col("latin")
    if "romaji" in found:
        names = names.with_columns(romaji=found["romaji"][0]["display"])
        text = pl.coalesce(text, pl.when(~japanese.fill_null(value=False)).then("romaji"))
    if "kana" in found:
        unread = found["kana"][0]["normalized"].is_null()
        return names.select(pl.when(unread).then(text).alias("latin")).to_series()
    return names.select(text.alias("latin")).to_series()


def _other_features(found: Mapping[str, Frames], height: int) -> dict[str, pl.Series]:
    births = found.get("birth", [])
    places = found.get("address", [])
    phones, emails = found.get("phone", []), found.get("email", [])
    texts = _nulls(height, pl.List(pl.String))
    made = {
        "year": births[0]["year"] if births else _nulls(height, pl.Int16),
        "month": births[0]["month"] if births else _nulls(height, pl.Int8),
        "day": births[0]["day"] if births else _nulls(height, pl.Int8),
        "sex": _first(found["sex"], "normalized") if "sex" in found else _nulls(height),
        "phone": _lists(phones, "normalized", "more") if phones else texts,
        "email": _lists(emails, "normalized", "more") if emails else texts,
        "mailbox": _lists(emails, "local") if emails else texts,
        "postcode": _first(found["postcode"], "normalized") if "postcode" in found else _nulls(height),
    }
    town = _nulls(height)
    if places:
        place = places[0]
        # A town is the same town whether or not the prefecture was written; the city's name is nearly unique.
        town = place.select(pl.concat_str("city", pl.col("town").fill_null(""))).to_series()
    made["town"] = town
    for part in ("block", "building", "room"):
        made[part] = places[0][part] if places else _nulls(height)
    return made
