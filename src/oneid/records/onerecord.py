"""One raw record to its features in about a millisecond: for look-ups from a form or a call centre.

:func:`features_of` is :func:`oneid.records.features.normalize_source` and :func:`oneid.records.together.combine` over
again for a single record, in plain Python over the quick readers of kinds and facets. The two must agree;
``tests/records/test_onerecord.py`` holds them to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import IDENTIFIER
from oneid.kinds.compared import Compared
from oneid.kinds.quick import first_of, listed, read, read_parts
from oneid.kinds.shapes import Row
from oneid.records.columnfacts import Column, Learned
from oneid.records.features import features_contract, own_column
from oneid.settings.config import FieldSpec, Source

__all__ = ["features_of"]

_SEPARATORS = (*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_BLANKS = "".join(map(chr, _SEPARATORS))
"""White space as Unicode defines it; ``str.strip`` would take off a few separators more."""

Cells = Mapping[str, str | None]
Rows = list[Row]
Found = Mapping[str, Rows]


def features_of(
    record: Cells,
    source: Source,
    declared: Sequence[str] = (),
    learned: Learned | None = None,
    compared: Compared | None = None,
) -> dict[str, Any]:
    """The features of one raw record of ``source``: a value for each column of
    :func:`oneid.records.features.features_contract`, then those of the source's own fields.

    ``record`` maps the source's column names to texts as the system holds them; a column that is left out is missing.
    ``source_id`` is null where the record has no id yet. ``declared`` is that of ``normalize_source``.

    The values are what reading, normalizing and combining give for a table of this one record, by what whole columns
    ``learned``. Where that is left out it is not asked: dates of birth and contacts that too many hold, which of day
    and month stands first, family names that only the data knows, the sound of kana where others have Latin names.
    """
    known = learned or Learned()
    run = compared or Compared.with_own(
        (spec.kind, spec.field, spec.options) for spec in source.fields.values() if spec.own
    )
    cells = _cells(record, source)
    found = _found(cells, source, known, run.kinds)
    source_id = _source_id(record, source)
    made: dict[str, Any] = {"source": source.name, "source_id": source_id, "customer": _customer(cells, source, found)}
    for facet in run.facets:
        made |= facet.make_one(found, known.families) if facet.make_one is not None else {}
    features = {column: made.get(column) for column in features_contract(run)}
    for field, spec in source.fields.items():
        if spec.household_of is not None:
            features[own_column(spec)] = listed(found[field], "normalized")
    for column in declared:
        ids = read(IDENTIFIER, source_id)
        features[column] = listed([*found.get(column.partition(":")[2], ()), ids], "normalized")
    return features


def _text(text: str | None) -> str | None:
    """A cell as reading gives it: without NUL characters, half a surrogate pair as ``?``."""
    if text is None:
        return None
    if not text.isascii():
        text = text.encode(errors="replace").decode()
    return text.replace("\0", "")


def _cells(record: Cells, source: Source) -> Cells:
    """The cells that normalizing looks at, null where nothing is in them: see :mod:`oneid.sources.reading`."""
    judged = [column for spec in source.fields.values() for column in spec.columns]
    cells: dict[str, str | None] = {}
    for column in judged:
        text = _text(record.get(column))
        trimmed = (text or "").strip(_BLANKS)
        cells[column] = text if trimmed and trimmed not in source.null_values else None
    if source.customer.column is not None and source.customer.column not in cells:
        cells[source.customer.column] = _text(record.get(source.customer.column)) or None
    return cells


def _source_id(record: Cells, source: Source) -> str | None:
    """The id as reading gives it, composite ones joined; null where a part is missing."""
    parts = [_text(record.get(column)) or "" for column in source.id]
    if not all(part.strip(_BLANKS) for part in parts):
        return None
    return parts[0] if len(parts) == 1 else ":".join(re.sub(r"([\\:])", r"\\\1", part) for part in parts)


def _found(cells: Cells, source: Source, learned: Learned, kinds: Mapping[str, Kind]) -> Found:
    """The normalizers' rows of every field, one per value; fields that complete others come first."""
    found: dict[str, Rows] = {}
    completing = {kinds[spec.kind].beside for spec in source.fields.values()}
    for field, spec in sorted(source.fields.items(), key=lambda one: one[0] not in completing):
        kind = kinds[spec.kind]
        beside = first_of(found.get(kind.beside, ()), "normalized")
        rows = _read(cells, spec, kind, beside)
        if kind.decision is not None:
            rows = _by_column(rows, cells, source.name, spec, kind, learned)
        if kind.checked is not None and spec.options:
            rows = [kind.checked(pl.DataFrame([row]), spec.options).row(0, named=True) for row in rows]
        shams = learned.placeholders.get(Column.of(source.name, spec))
        found[field] = [_without(row, shams, kind) for row in rows] if shams else rows
    return found


def _by_column(rows: Rows, cells: Cells, source: str, spec: FieldSpec, kind: Kind, learned: Learned) -> Rows:
    """The rows of a field whose columns decide how values are read, those read anew of which they do."""
    decision = kind.decision
    assert decision is not None
    known = learned.decided.get(decision.table, {})
    if spec.shape == "parts" and decision.read_parts is not None:
        column = known.get(Column.of(source, spec))
        if column is None or decision.settled(rows[0], None, column):
            return rows
        parts = [pl.Series("value", [_part(cells, spec, part)], dtype=pl.String) for part in kind.parts]
        return [decision.read_parts(parts, column)[0].row(0, named=True)]
    made: Rows = []
    for row, (columns, text) in zip(rows, _texts(cells, spec), strict=True):
        column = known.get(Column.of(source, spec, *columns))
        if column is None or text is None or spec.values or decision.settled(row, text, column):
            made.append(row)
        else:
            value = pl.Series("value", [text], dtype=pl.String)
            made.append(decision.read(value, None, column)[0].row(0, named=True))
    return made


def _without(row: Row, shams: Sequence[str], kind: Kind) -> Row:
    """A row without the values that are placeholders."""
    left = dict(row)
    if row["normalized"] in shams and kind.betrayal is not None:
        left |= dict.fromkeys(kind.betrayal.columns)
    if row.get("more"):
        left["more"] = [value for value in row["more"] if value not in shams]
    return left


def _read(cells: Cells, spec: FieldSpec, kind: Kind, beside: str | None) -> Rows:
    """The rows of one field."""
    if spec.shape == "parts" and kind.from_parts is not None and kind.completed is None:
        return [read_parts(kind, [_part(cells, spec, part) for part in kind.parts])]
    if spec.shape == "parts" and kind.from_parts is not None:
        joined = _joined(_part(cells, spec, part) for part in kind.parts)
        return [read(kind, joined, beside=beside)]
    return [read(kind, text, words=spec.values, beside=beside) for _, text in _texts(cells, spec)]


def _texts(cells: Cells, spec: FieldSpec) -> list[tuple[tuple[str, ...], str | None]]:
    """The texts of a field and the columns each is made of."""
    if spec.shape == "values":
        return [((column,), cells[column]) for column in spec.columns]
    return [(spec.columns, _joined(cells[column] for column in spec.columns))]


def _part(cells: Cells, spec: FieldSpec, part: str) -> str | None:
    return cells[spec.parts[part]] if part in spec.parts else None


def _joined(texts: Iterable[str | None]) -> str | None:
    return " ".join(text for text in texts if text is not None) or None


def _customer(cells: Cells, source: Source, found: Found) -> str:
    """Person or company: see :func:`oneid.records.features.normalize_source`."""
    customer = source.customer
    if any(rows[0].get("kind") == "company" for rows in found.values()):
        return "company"
    if customer.column is not None and cells[customer.column] in customer.company_values:
        return "company"
    return customer.kind
