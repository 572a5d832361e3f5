"""The normalize stage: raw rows of a source become features (what is compared) and values (what people see).

Source by source, so that raw columns can go before the next source comes: :func:`normalize_source`. What needs to
see all sources is done once at the end: :mod:`oneid.records.together`. What whole columns show is learned here, or
applied: :mod:`oneid.records.columnfacts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from oneid.engines.base import Engine
from oneid.kinds.base import Kind
from oneid.kinds.catalogue import IDENTIFIER
from oneid.kinds.compared import Compared
from oneid.kinds.plain.own import CUSTOM
from oneid.kinds.shapes import Contract, Frames
from oneid.kinds.texts import texts_of
from oneid.records.columnfacts import Learned
from oneid.records.fields import UNTIL, days, held, normalized_fields
from oneid.settings.config import FieldSpec, Source
from oneid.vocabulary.contracts import raw

__all__ = [
    "ABOUT", "CARD", "UNTIL", "WITHDRAWN", "FieldCounts", "Normalized", "features_contract", "normalize_source",
    "own_column",
]  # fmt: skip

ABOUT: Contract = {"source": pl.String, "source_id": pl.String, "customer": pl.String}
"""The features that name a record, before those of facets."""

CARD = "card:"
"""The prefix of fields that name a main member: evidence for a household, never compared."""


WITHDRAWN = "@withdrawn"
"""Whether a source's status says that the member has withdrawn, among the values; no field has such a name."""


def features_contract(compared: Compared) -> Contract:
    """The columns of features: one row per record."""
    return {**ABOUT, **compared.features}


def own_column(spec: FieldSpec) -> str:
    """The feature that a field of one's own becomes, or one that names a main member."""
    return (CUSTOM if spec.household_of is None else CARD) + spec.field


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """How many values of a field were given, could be used, and were refused, by reason (``missing`` left out); how
    many different ones are ``shared`` (:func:`oneid.records.fields.held`).
    """

    source: str
    field: str
    rows: int
    filled: int
    usable: int
    shared: int
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
    return FieldCounts(source, spec.field, rows, filled, usable, held(frames)[1], dict(sorted(reasons.items())))


def normalize_source(
    rows: pl.DataFrame,
    source: Source,
    engine: Engine,
    declared: Sequence[str] = (),
    learned: Learned | None = None,
    compared: Compared | None = None,
) -> Normalized:
    """Normalizes every field of a source. ``rows`` is as :mod:`oneid.sources.reading` gives it: ``contracts.RAW``, raw
    columns.

    ``declared`` names the features by which other sources refer to this one's ids (``refers_to``, ``household_of``):
    here the id itself is a value of such a feature, so that what is declared and its target agree in it. By ``learned``
    each row is read as it was among all those it was learned from; what it does not know of a column, or all where it
    is left out, is learned from these rows. No rows teach nothing. ``compared``: what the run compares; left out, what
    every run does and this source's own fields.
    """
    known = learned or Learned()
    run = compared or Compared.with_own((spec.kind, spec.field, spec.options) for spec in _own(source))
    found, decisions = normalized_fields(rows, source, engine, known, run.kinds)
    counts = tuple(_counts(source.name, source.fields[name_], frames) for name_, frames in found.items())
    base = rows.select(pl.lit(source.name).alias("source"), "source_id")
    about = base.with_columns(customer=_customer(rows, source, found))
    steps: Sequence[Callable[[], Any]] = (
        *(lambda facet=facet: facet.make(found, rows.height) for facet in run.facets),
        lambda: _referring(found, source, base["source_id"], declared),
        lambda: _shown(source, found, run.kinds),
        lambda: days(rows, source, known),
    )
    *features, shown, (since, dated) = engine.map(lambda step: step(), steps)
    values = {**base.to_dict(), **since, "customer": about["customer"], **_status(rows, source), **shown}
    columns = {name_: column for part in features for name_, column in part.items()}
    told = decisions.plus(dated) if rows.height else Learned()
    return Normalized(pl.DataFrame({**about.to_dict(), **columns}), pl.DataFrame(values), counts, told)


def _own(source: Source) -> list[FieldSpec]:
    return [spec for spec in source.fields.values() if spec.own]


def _referring(
    found: Mapping[str, Frames], source: Source, ids: pl.Series, declared: Sequence[str]
) -> dict[str, pl.Series]:
    """Fields that name a main member, and the source's ids where others refer to them."""
    made = {
        own_column(spec): texts_of(found[field], "normalized")
        for field, spec in source.fields.items()
        if spec.household_of is not None
    }
    for column in declared:
        field_ = column.partition(":")[2]
        made[column] = texts_of([*found.get(field_, []), IDENTIFIER.normalize(ids)], "normalized")
    return made


def _shown(source: Source, found: Mapping[str, Frames], kinds: Mapping[str, Kind]) -> dict[str, pl.Series]:
    """What people see of each field."""
    made = {}
    for name_, spec in source.fields.items():
        kind = kinds[spec.kind]
        frames = [_usable(frame, kind) for frame in found[name_]]
        more = "more" if kind.several else None
        listed = kind.several or len(frames) > 1
        made[name_] = texts_of(frames, kind.shows, more) if listed else frames[0][kind.shows]
    return made


def _usable(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """The normalizer's frame with ``display`` only where the value can be used, or is known in part."""
    there = pl.col("normalized").is_not_null()
    if kind.partial:
        there |= pl.any_horizontal(pl.col(*kind.partial).is_not_null())
    return frame.with_columns(display=pl.when(there).then("display"))


def _customer(rows: pl.DataFrame, source: Source, found: Mapping[str, Frames]) -> pl.Series:
    """Person or company: as the config says; a value that its normalizer calls a company's is one wherever it stands,
    as a name with a company form.
    """
    said = pl.lit(source.customer.kind)
    if source.customer.column is not None:
        company = pl.col(raw(source.customer.column)).is_in(source.customer.company_values).fill_null(value=False)
        said = pl.when(company).then(pl.lit("company")).otherwise(said)
    telling = [frames[0]["kind"] for frames in found.values() if "kind" in frames[0].columns]
    seen = telling[0] if telling else pl.Series("kind", [None] * rows.height, dtype=pl.String)
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
