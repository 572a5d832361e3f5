"""OneIDs beside the ids of a frame of any make: a column more, or the OneIDs of a list of ids.

Ids are text to a run. Numbers are taken as their digits and floats that are whole numbers as these; other floats are
told, and so it is where no id at all is known, for then the column is the wrong one or its ids lost their zeros.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from oneid.sources.columntypes import as_text
from oneid.vocabulary.errors import InputError, Place, UsageError, did_you_mean
from oneid.vocabulary.language import in_language, said

__all__ = ["attached"]


def attached(given: Any, own: pl.DataFrame, column: str | None, into: str, source: str) -> Any:  # noqa: ANN401 - a frame of any make
    """``given`` with the OneIDs of ``own`` (source_id, oneid) by its ``column``; of a list or Series of ids, a list or
    Series of OneIDs. E411 where the column is not there, or ``given`` is nothing that has ids.
    """

    def found(ids: pl.Series) -> pl.Series:
        return _found(ids, own, source)

    if isinstance(given, pl.Series):
        return found(given).alias(into)
    if isinstance(given, pl.LazyFrame):
        _refuse(column, given.collect_schema().names())
        known = own.lazy().select(pl.col("source_id").alias("\0id"), pl.col("oneid").alias(into))
        kind = given.collect_schema()[str(column)]
        key = _lazy_text(str(column), kind)
        return (
            given.with_columns(key.alias("\0id")).join(known, on="\0id", how="left", maintain_order="left").drop("\0id")
        )
    if isinstance(given, pl.DataFrame):
        _refuse(column, given.columns)
        return given.with_columns(found(given.get_column(str(column))).alias(into))
    if _is_pandas(given, "Series"):
        return type(given)(found(_of_pandas(given)).to_list(), index=given.index, name=into, dtype=object)
    if _is_pandas(given, "DataFrame"):
        _refuse(column, list(map(str, given.columns)))
        ids = given[column]
        return given.assign(**{into: _as_pandas(found(_of_pandas(ids)), ids)})
    if hasattr(given, "__arrow_c_stream__"):
        table = pa.table(given)
        _refuse(column, table.column_names)
        made = found(pl.Series(table.column(column))).to_arrow()
        return table.append_column(into, made)
    if isinstance(given, (list, tuple)) or type(given).__module__ == "numpy":
        return found(pl.Series("id", list(given), strict=False) if _plain(given) else _mixed(given)).to_list()
    told = said("expected a data frame, a Series or a list of ids, got {kind}", kind=type(given).__name__)
    raise UsageError("E411", told, hint="hand over a pandas, Polars or Arrow frame, or a list of ids")


def _refuse(column: str | None, columns: Sequence[str]) -> None:
    if column is None:
        raise UsageError("E411", "which column holds the ids is not said", hint="attach(frame, source=..., id=...)")
    if column not in columns:
        raise UsageError("E411", said("no column '{id}'", id=column), hint=did_you_mean(column, columns))


def _found(ids: pl.Series, own: pl.DataFrame, source: str) -> pl.Series:
    """The OneID of each id, null where it is unknown. Warns where all are."""
    keys = _text(ids).alias("source_id").to_frame()
    oneids = keys.join(own, on="source_id", how="left", maintain_order="left").get_column("oneid")
    if oneids.null_count() == len(ids) > ids.null_count():
        message = said("none of the ids is known as one of '{source}': is it the right column, as text?", source=source)
        warnings.warn(in_language(message), stacklevel=4)
    return oneids


def _text(ids: pl.Series) -> pl.Series:
    """Ids as text. E208 for floats that are no whole numbers, E212 for what holds no ids."""
    place = Place(None, None, said("column {name}", name=ids.name) if ids.name else None)
    if ids.dtype.is_float():
        values = ids.fill_nan(None)
        if not (values == values.round(0)).fill_null(value=True).all():
            hint = "read the column as text, in pandas with dtype=str, so that zeros in front are kept as well"
            raise InputError("E208", "some ids are floats that are no whole numbers", place=place, hint=hint)
    if ids.dtype == pl.Object:
        ids = _mixed(ids.to_list()).alias(ids.name)
    return as_text(ids, place)


def _lazy_text(column: str, kind: pl.DataType) -> pl.Expr:
    """:func:`_text` of a column that is not there yet."""
    if kind == pl.String:
        return pl.col(column)
    one: Callable[[pl.Series], pl.Series] = _text
    return pl.col(column).map_batches(one, return_dtype=pl.String)


def _plain(ids: Sequence[object]) -> bool:
    kinds = {type(one) for one in ids if one is not None}
    return len(kinds) <= 1 and not kinds & {object}


def _mixed(ids: Sequence[Any]) -> pl.Series:
    """Ids of several types, each as a person would type it."""
    texts = [None if one is None or one != one else _one(one) for one in ids]  # noqa: PLR0124 - NaN differs from itself
    return pl.Series("id", texts, pl.String)


def _one(value: Any) -> str:  # noqa: ANN401 - an id of any type
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _is_pandas(given: object, name: str) -> bool:
    kind = type(given)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == name


def _of_pandas(ids: Any) -> pl.Series:  # noqa: ANN401 - a pandas Series
    try:
        return pl.Series(str(ids.name), pa.array(ids, from_pandas=True))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _mixed(list(ids))


def _as_pandas(oneids: pl.Series, ids: Any) -> Any:  # noqa: ANN401 - pandas
    """As the column of ids has it: nothing is nothing there."""
    return type(ids)(oneids.to_list(), index=ids.index, dtype=object)
