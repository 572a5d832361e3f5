"""The normalize stage: raw rows of a source become features (what is compared) and values (what people see).

Source by source, so that raw columns can go before the next source comes: :func:`normalize_source`. What needs to
see all sources, where unspaced names are split by what the data itself shows, is done once at the end:
:func:`combine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from oneid.config import FieldSpec, Source
from oneid.engines.base import Engine
from oneid.normalize import KINDS
from oneid.normalize.address import address, address_parts
from oneid.normalize.birth import birth_parts
from oneid.normalize.kana import readings, readings_parts
from oneid.normalize.name import name_parts
from oneid.normalize.romaji import fold, romaji
from oneid.normalize.sex import sex
from oneid.normalize.split import given_first, split_kana, split_names
from oneid.tables import raw

__all__ = [
    "CUSTOM",
    "FEATURES",
    "FieldCounts",
    "Normalized",
    "combine",
    "distrust",
    "nicknames_apart",
    "normalize_field",
    "normalize_source",
]

Contract = Mapping[str, "pl.DataType | type[pl.DataType]"]

FEATURES: Contract = {
    "source": pl.String, "source_id": pl.String, "customer": pl.String,
    "name": pl.String, "family": pl.String, "given": pl.String, "script": pl.String, "kind": pl.String,
    "kana_family": pl.String, "kana_given": pl.String, "kana_whole": pl.String,
    "key_family": pl.String, "key_given": pl.String, "from_romaji": pl.Boolean,
    "nickname": pl.String, "nickname_key": pl.String,
    "year": pl.Int16, "month": pl.Int8, "day": pl.Int8, "sex": pl.String,
    "phone": pl.List(pl.String), "email": pl.List(pl.String), "mailbox": pl.List(pl.String),
    "postcode": pl.String, "town": pl.String, "block": pl.String, "building": pl.String, "room": pl.String,
}  # fmt: skip
"""One row per record. Fields of one's own follow, as List(String), named ``CUSTOM + field``."""

CUSTOM = "x:"
"""The prefix of fields of one's own among the features."""


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
    columns = {str(i): frame[column] for i, frame in enumerate(frames)}
    further = {f"m{i}": frame[more] for i, frame in enumerate(frames) if more is not None}
    further = {name_: lists for name_, lists in further.items() if lists.null_count() < len(lists)}
    holder = pl.DataFrame({**columns, **further})
    if holder.width == 1:
        value = pl.col("0")
        return holder.select(pl.when(value.is_not_null()).then(pl.concat_list(value))).to_series()
    parts: list[pl.Expr] = [pl.concat_list(name_) for name_ in columns]
    parts += [pl.col(name_).fill_null(pl.lit([], dtype=pl.List(pl.String))) for name_ in further]
    lists = pl.concat_list(parts).list.drop_nulls().list.unique(maintain_order=True)
    return holder.select(lists.alias("value")).select(pl.when(pl.col("value").list.len() > 0).then("value")).to_series()


def _first(frames: Frames, column: str) -> pl.Series:
    """The first usable value of several."""
    holder = pl.DataFrame({str(i): frame[column] for i, frame in enumerate(frames)})
    return holder.select(pl.coalesce(pl.all())).to_series()


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

    ``declared`` names the fields by which other sources refer to this one's ids (``refers_to``): here the id itself is
    a value of such a field, so that a declared link and its target agree in it.
    """
    found = _normalized_fields(rows, source, engine)
    counts = tuple(_counts(source.name, source.fields[name_], frames) for name_, frames in found.items())
    base = rows.select(pl.lit(source.name).alias("source"), "source_id")
    customer = _customer(rows, source, found)
    features = {"source": base["source"], "source_id": base["source_id"], "customer": customer}
    features |= _name_features(found, rows.height)
    features |= _other_features(found, rows.height)
    for field, spec in source.fields.items():
        if field != spec.kind:
            features[CUSTOM + field] = _lists(found[field], "normalized")
    own_id = KINDS["identifier"](base["source_id"]) if declared else None
    for field in declared:
        if own_id is not None:
            features[CUSTOM + field] = _lists([*found.get(field, []), own_id], "normalized")
    shown = {"source": base["source"], "source_id": base["source_id"]}
    shown |= {day: _date(rows, column) for day, column in (("since", source.since), ("updated", source.updated))}
    shown |= {"customer": customer}
    for field, spec in source.fields.items():
        found[field] = [_usable(frame, spec.kind) for frame in found[field]]
        listed = spec.kind in ("phone", "email") or len(found[field]) > 1
        more = "more" if spec.kind in ("phone", "email") else None
        column = "normalized" if spec.kind == "sex" else "display"  # 男, M and 1 are one value to people as well
        shown[field] = _lists(found[field], column, more) if listed else found[field][0][column]
    return Normalized(pl.DataFrame(features), pl.DataFrame(shown), counts)


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
    shown = empty if names is None else names["display"]
    kind = empty if names is None else names["kind"]
    script = empty if names is None else names["script"]
    parts = pl.DataFrame({"shown": shown, "kind": kind, "script": script})
    spoken = parts.select(
        pl.when((pl.col("kind") == "person") & (pl.col("script") == "kana")).then("shown")
    ).to_series()
    latin = parts.select(
        pl.when((pl.col("kind") == "person") & (pl.col("script") == "latin")).then("shown")
    ).to_series()
    kanas = [*found.get("kana", []), *([readings(spoken)] if spoken.null_count() < height else [])]
    romajis = [*found.get("romaji", []), *([romaji(latin)] if latin.null_count() < height else [])]
    nicknames = parts.select(pl.when(pl.col("kind") == "nickname").then("shown")).to_series()
    if "nickname" in found:
        nicknames = (
            pl.DataFrame({"a": nicknames, "b": found["nickname"][0]["display"]})
            .select(pl.coalesce("a", "b"))
            .to_series()
        )
    return {
        "name": empty if names is None else _only(names["normalized"], names, "kanji"),
        "family": empty if names is None else _only(names["family"], names, "kanji"),
        "given": empty if names is None else _only(names["given"], names, "kanji"),
        "script": script,
        "kind": kind,
        "kana_family": _first(kanas, "family") if kanas else empty,
        "kana_given": _first(kanas, "given") if kanas else empty,
        "kana_whole": _first(kanas, "normalized") if kanas else empty,
        "romaji_first": _first(romajis, "first") if romajis else empty,
        "romaji_last": _first(romajis, "last") if romajis else empty,
        "latin_family": _parts_in_latin(names, "family", height),
        "latin_given": _parts_in_latin(names, "given", height),
        "nickname": nicknames,
    }


def _parts_in_latin(names: pl.DataFrame | None, part: str, height: int) -> pl.Series:
    """Latin family or given names that the source knows apart, so that their order need not be made out."""
    return _nulls(height) if names is None else _only(names[part], names, "latin")


def _only(column: pl.Series, names: pl.DataFrame, script: str) -> pl.Series:
    keep = (names["script"] == script) & names["kind"].is_in(["person", "company"])
    return pl.DataFrame({"value": column, "keep": keep}).select(pl.when("keep").then("value")).to_series()


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


def combine(parts: Iterable[pl.DataFrame], engine: Engine) -> pl.DataFrame:
    """All sources' features in record order, unspaced names split, keys made.

    ``parts`` come in the order of the sources' names in bytes, each in the order of its ids, as reading gives them.
    """
    frame = pl.concat(parts, how="diagonal")
    frame = _split_kana(frame)
    frame = _split_kanji(frame)
    return _keys(frame, engine)


def nicknames_apart(values: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """The values with what turned out to be no name of a person moved from ``name`` to ``nickname``, so that no golden
    record is called ねこ好き. Rows are those of ``features``.
    """
    if "name" not in values.columns:
        return values
    nickname = features["kind"] == "nickname"
    known = pl.col("nickname") if "nickname" in values.columns else pl.lit(None, dtype=pl.String)
    return values.with_columns(
        name=pl.when(~nickname.fill_null(value=False)).then("name"),
        nickname=pl.when(nickname).then(pl.coalesce(known, "name")).otherwise(known),
    )


def distrust(frame: pl.DataFrame, never: Mapping[str, Sequence[str]], kinds: Mapping[str, str]) -> pl.DataFrame:
    """The features without the values that a rules file never trusts: ``never`` has field to values, as people write
    them, ``kinds`` the kinds of fields of one's own.
    """
    for field, values in sorted(never.items()):
        made = KINDS[kinds.get(field, field)](pl.Series(values, dtype=pl.String))
        column = field if field in frame.columns else CUSTOM + field
        if column not in frame.columns:
            continue
        gone = made["normalized"].drop_nulls()
        if frame[column].dtype == pl.List:
            frame = frame.with_columns(
                pl.col(column).list.eval(pl.element().filter(~pl.element().is_in(gone.implode())))
            )
        else:
            frame = frame.with_columns(pl.when(~pl.col(column).is_in(gone.implode())).then(column))
        if field == "email":
            boxes = made["local"].drop_nulls()
            mailbox = pl.col("mailbox").list.eval(pl.element().filter(~pl.element().is_in(boxes.implode())))
            frame = frame.with_columns(mailbox)
    return frame


def _split_kana(frame: pl.DataFrame) -> pl.DataFrame:
    unsplit = pl.col("kana_family").is_null() & pl.col("kana_given").is_null() & pl.col("kana_whole").is_not_null()
    parts = split_kana(frame.select(pl.when(unsplit).then("kana_whole")).to_series())
    return frame.with_columns(
        kana_family=pl.coalesce("kana_family", parts["family"]),
        kana_given=pl.coalesce("kana_given", parts["given"]),
    )


def _split_kanji(frame: pl.DataFrame) -> pl.DataFrame:
    """Splits unspaced kanji names; what turns out to be a bare given name without kana becomes a nickname."""
    whole = pl.col("family").is_null() & pl.col("given").is_null()
    unsplit = whole & pl.col("name").is_not_null() & (pl.col("kind") == "person")
    seen = frame.select(kanji="family", reading="kana_family")
    parts = split_names(frame.select(pl.when(unsplit).then("name")).to_series(), frame["kana_family"], seen)
    frame = frame.with_columns(
        parts["family"].alias("cut_family"), parts["given"].alias("cut_given"), parts["whole_given"]
    )
    alone = unsplit & pl.col("kana_family").is_null() & (pl.col("whole_given") | pl.col("cut_family").is_null())
    alone &= pl.col("name").str.len_chars() <= 4
    return frame.with_columns(
        nickname=pl.when(alone).then("name").otherwise("nickname"),
        name=pl.when(~alone).then("name"),
        family=pl.when(alone).then(None).otherwise(pl.coalesce("family", "cut_family")),
        given=pl.when(alone).then(None).otherwise(pl.coalesce("given", "cut_given")),
        kind=pl.when(alone).then(pl.lit("nickname")).otherwise("kind"),
    ).drop("cut_family", "cut_given", "whole_given")


def _fold(column: pl.Series) -> pl.Series:
    """The folding keys of a column of names, over its distinct values: parts of names are few."""
    distinct = column.drop_nulls().unique()
    keys = distinct.to_frame("value").select(fold(pl.col("value"))).to_series()
    return column.replace_strict(distinct, keys, default=None, return_dtype=pl.String)


def _keys(frame: pl.DataFrame, engine: Engine) -> pl.DataFrame:
    """The spelling-free keys of family and given name: from the kana, else from the romaji with its order made out."""
    kana_only = pl.when(pl.col("nickname").str.contains(r"^[\p{Hiragana}\p{Katakana}ー]+$")).then("nickname")
    spelled = {
        "fold_family": frame["kana_family"],
        "fold_given": frame["kana_given"],
        "latin_family": frame["latin_family"],
        "latin_given": frame["latin_given"],
        "nickname_key": frame.select(kana_only).to_series(),
    }
    folded = dict(zip(spelled, engine.map(_fold, spelled.values()), strict=True))
    frame = frame.with_columns(
        given_first(frame["romaji_first"], frame["romaji_last"]).alias("turned"),
        *(column.alias(name_) for name_, column in folded.items()),
    )
    turned, spoken = pl.col("turned"), pl.col("kana_family").is_null() & pl.col("kana_given").is_null()
    return frame.with_columns(
        key_family=pl.coalesce(
            "fold_family", "latin_family", pl.when(turned).then("romaji_last").otherwise("romaji_first")
        ),
        key_given=pl.coalesce(
            "fold_given", "latin_given", pl.when(turned).then("romaji_first").otherwise("romaji_last")
        ),
        from_romaji=spoken & pl.col("romaji_first").is_not_null(),
    ).drop("turned", "romaji_first", "romaji_last", "fold_family", "fold_given", "latin_family", "latin_given")
