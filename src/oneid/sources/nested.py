"""Columns within columns: the fields of a struct as columns of their own, called ``a.b``."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pyarrow as pa

__all__ = ["names_in", "names_within", "within"]

_DEEPEST = 6


def names_within(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """The names of the columns of an Arrow schema, and the way to each from its column down."""
    found: dict[str, tuple[str, ...]] = {}
    for field in schema:
        _arrow(field.type, (field.name,), found)
    return found


def _arrow(kind: pa.DataType, path: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> None:
    inner = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind
    if pa.types.is_struct(inner) and inner.num_fields and len(path) < _DEEPEST:
        for field in inner:
            _arrow(field.type, (*path, field.name), found)
    else:
        found.setdefault(".".join(path), path)


def names_in(schema: Mapping[str, pl.DataType]) -> dict[str, tuple[str, ...]]:
    """The names of the columns of a Polars schema, and the way to each from its column down.

    >>> names_in({"id": pl.Int64(), "home": pl.Struct({"zip": pl.String(), "city": pl.String()})})
    {'id': ('id',), 'home.zip': ('home', 'zip'), 'home.city': ('home', 'city')}
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, kind in schema.items():
        _polars(kind, (name,), found)
    return found


def _polars(kind: pl.DataType, path: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> None:
    inner = kind.inner if isinstance(kind, pl.List) else kind
    if isinstance(inner, pl.Struct) and inner.fields and len(path) < _DEEPEST:
        for field in inner.fields:
            _polars(field.dtype, (*path, field.name), found)  # type: ignore[arg-type]
    else:
        found.setdefault(".".join(path), path)


def within(column: pl.Series, path: tuple[str, ...]) -> pl.Series:
    """What stands in a column at the end of a way; in a list of structs, of each of them."""
    for name in path:
        kind = column.dtype
        if isinstance(kind, pl.List):
            column = column.list.eval(pl.element().struct.field(name))
            if isinstance(column.dtype, pl.List) and isinstance(column.dtype.inner, pl.List):
                column = column.list.eval(pl.element().explode(empty_as_null=False, keep_nulls=False))
        else:
            column = column.struct.field(name)
    return column
