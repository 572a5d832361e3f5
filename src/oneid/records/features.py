"""The normalize stage: raw rows of a source become features (what is compared) and values (what people see).

Source by source, so that raw columns can go before the next source comes: :func:`normalize_source`. What needs to
see all sources is done once at the end: :mod:`oneid.records.together`. What whole columns show is learned here, or
applied:
:mod:`oneid.records.columnfacts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from oneid.engines.base import Engine
from oneid.japanese.romaji import romaji
from oneid.kinds.kana import readings
from oneid.kinds.normalizing import KINDS
from oneid.kinds.written import where_written
from oneid.records.columnfacts import Learned
from oneid.records.fields import UNTIL, Frames, betrayed_out, days, first, normalize_field, normalized_fields
from oneid.settings.config import FieldSpec, Source
from oneid.vocabulary.contracts import raw

__all__ = [
    "CARD",
    "CUSTOM",
    "FEATURES",
    "UNTIL",
    "WITHDRAWN",
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


WITHDRAWN = "@withdrawn"
"""Whether a source's status says that the member has withdrawn, among the values; no field has such a name."""


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
    """A source after normalizing: ``features``, ``values`` (one column per golden field, String or List), counts, and
    what of ``learned`` is about this source.

    ``values`` begins with the columns source, source_id, since, updated (Date), customer; :data:`UNTIL` (Date) and
    :data:`WITHDRAWN` (Boolean) are there where the source says them.
    """

    features: pl.DataFrame
    values: pl.DataFrame
    counts: tuple[FieldCounts, ...]
    learned: Learned = field(default_factory=Learned)


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


def normalize_source(
    rows: pl.DataFrame, source: Source, engine: Engine, declared: Sequence[str] = (), learned: Learned | None = None
) -> Normalized:
    """Normalizes every field of a source. ``rows`` is as :mod:`oneid.sources.reading` gives it: ``tables.RAW``, raw
    columns.

    ``declared`` names the features by which other sources refer to this one's ids (``refers_to``, ``household_of``):
    here the id itself is a value of such a feature, so that what is declared and its target agree in it. By ``learned``
    each row is read as it was among all those it was learned from; what it does not know of a column, or all where it
    is left out, is learned from these rows. No rows teach nothing.
    """
    known = learned or Learned()
    found, decisions = normalized_fields(rows, source, engine, known)
    counts = tuple(_counts(source.name, source.fields[name_], frames) for name_, frames in found.items())
    base = rows.select(pl.lit(source.name).alias("source"), "source_id")
    about = base.with_columns(customer=_customer(rows, source, found))
    steps: Sequence[Callable[[], Any]] = (
        lambda: _name_features(found, rows.height),
        lambda: _other_features(found, rows.height),
        lambda: _own_features(found, source, base["source_id"], declared),
        lambda: _shown(source, found),
        lambda: days(rows, source, known),
    )
    *features, shown, (since, dated) = engine.map(lambda step: step(), steps)
    values = {**base.to_dict(), **since, "customer": about["customer"], **_status(rows, source), **shown}
    columns = {name_: column for part in features for name_, column in part.items()}
    told = decisions.plus(dated) if rows.height else Learned()
    return Normalized(pl.DataFrame({**about.to_dict(), **columns}), pl.DataFrame(values), counts, told)


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


def _shown(source: Source, found: Mapping[str, Frames]) -> dict[str, pl.Series]:
    """What people see of each field."""
    made = {}
    for name_, spec in source.fields.items():
        frames = [_usable(frame, spec.kind) for frame in found[name_]]
        listed = spec.kind in ("phone", "email") or len(frames) > 1
        more = "more" if spec.kind in ("phone", "email") else None
        column = "normalized" if spec.kind == "sex" else "display"  # 男, M and 1 are one value to people as well
        made[name_] = _lists(frames, column, more) if listed else frames[0][column]
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


def _status(rows: pl.DataFrame, source: Source) -> dict[str, pl.Series]:
    """Whose status says that they have withdrawn; nothing where the source does not say it."""
    if source.status is None or not source.status.withdrawn:
        return {}
    said = pl.col(raw(source.status.column)).str.strip_chars().is_in(source.status.withdrawn)
    return {WITHDRAWN: rows.select(said.fill_null(value=False)).to_series()}


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
        "kana_family": first(kanas, "family") if kanas else empty,
        "kana_given": first(kanas, "given") if kanas else empty,
        "kana_whole": first(kanas, "normalized") if kanas else empty,
        "romaji_first": first(romajis, "first") if romajis else empty,
        "romaji_last": first(romajis, "last") if romajis else empty,
        "romaji_cut": first(romajis, "truncated") if romajis else _nulls(height, pl.Boolean),
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
        "sex": first(found["sex"], "normalized") if "sex" in found else _nulls(height),
        "phone": _lists(phones, "normalized", "more") if phones else texts,
        "email": _lists(emails, "normalized", "more") if emails else texts,
        "mailbox": _lists(emails, "local") if emails else texts,
        "postcode": first(found["postcode"], "normalized") if "postcode" in found else _nulls(height),
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
