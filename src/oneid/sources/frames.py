"""Data frames of any make as Polars columns of text.

What counts is what a person would have typed: integers become digits, dates ISO dates, whole floats digits (pandas
turns integers into floats as soon as one is missing), booleans ``true`` and ``false``, and every kind of missing (None,
NaN, NA, NaT) null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from oneid.vocabulary.errors import InputError, Place, did_you_mean, raise_all

__all__ = ["check_columns", "frame_to_text", "to_text"]


def frame_to_text(frame: object, columns: Sequence[str] | None, ids: Sequence[str], wanted_by: str) -> pl.DataFrame:
    """The needed columns of a pandas, Polars or Arrow frame as text, under their own names.

    ``columns`` None means all; ``ids`` are columns in which floats are refused; ``wanted_by`` names the source in
    errors. Anything with the Arrow PyCapsule interface (``__arrow_c_stream__``) is taken. Raises
    :class:`~oneid.vocabulary.errors.InputError` E206 (missing column), E207 (doubled column), E208, E212 (see
    :mod:`oneid.sources.reading`),
    E213 (not a frame).

    >>> frame_to_text(pl.DataFrame({"id": [1, 2], "zip": [600000.0, None]}), None, ["id"], "ec").rows()
    [('1', '600000'), ('2', None)]
    """
    place = Place(wanted_by or None)
    table: Any = _opened(frame, place)
    names = _names(table)
    hint = None
    if _is_pandas(table) and columns and any(name in table.index.names for name in columns):
        hint = "it is in the index: hand over frame.reset_index()"
    check_columns(names, columns, place, None, hint)
    wanted = list(dict.fromkeys(names if columns is None else columns))
    if _is_pandas(table):
        typed = pl.DataFrame([_pandas_column(table.iloc[:, names.index(name)], name, name in ids) for name in wanted])
    elif isinstance(table, pa.Table):
        typed = pl.DataFrame([pl.Series(name, table.column(names.index(name))) for name in wanted])
    else:
        typed = table.lazy().select(wanted).collect()
    return to_text(typed, ids, place)


def _opened(frame: object, place: Place) -> object:
    """``frame``, or what its Arrow stream holds. E213 where it is no frame."""
    if isinstance(frame, (pl.DataFrame, pl.LazyFrame, pa.Table)) or _is_pandas(frame):
        return frame
    if hasattr(frame, "__arrow_c_stream__"):
        try:
            return pa.table(frame)
        except (pa.ArrowException, TypeError, ValueError):
            pass
    hint = "hand over a pandas or Polars DataFrame or an Arrow table, or name a file in 'path'"
    raise InputError("E213", f"expected a data frame, got {type(frame).__name__}", place=place, hint=hint)


def _names(table: Any) -> list[str]:  # noqa: ANN401 - a frame of one of four makes
    if isinstance(table, pl.LazyFrame):
        return table.collect_schema().names()
    return [str(name) for name in (table.column_names if isinstance(table, pa.Table) else table.columns)]


def check_columns(
    names: Sequence[str], columns: Sequence[str] | None, place: Place, wanted_by: str | None, hint: str | None = None
) -> None:
    """Raises E206 for every wanted column that is missing and E207 for every one that stands twice, all in one go."""
    problems = []
    by = f", which {wanted_by} asks for" if wanted_by else ""
    for column in columns or ():
        here = Place(place.file, place.line, f"column {column}")
        if column not in names:
            near = " ".join(text for text in (did_you_mean(column, names), hint) if text)
            problems.append(InputError("E206", f"the column '{column}' is missing{by}", place=here, hint=near or None))
        elif names.count(column) > 1:
            problems.append(InputError("E207", f"the column '{column}' stands twice", place=here, hint="rename one"))
    raise_all(problems)


def to_text(frame: pl.DataFrame, ids: Sequence[str], place: Place) -> pl.DataFrame:
    """Every column as String. Raises E208 for ids that are floats and E212 for lists and the like, all in one go."""
    problems, columns = [], []
    for column in frame.get_columns():
        here = Place(place.file, place.line, f"column {column.name}")
        if column.name in ids and column.dtype.is_float() and column.null_count() < len(column):
            hint = "read the column as text, in pandas with dtype=str, so that zeros in front are kept as well"
            message = "ids were read as floats (1001 became 1001.0)"
            problems.append(InputError("E208", message, place=here, hint=hint))
            continue
        text = _as_text(column)
        if text is None:
            message = f"a column of type {column.dtype} holds no text"
            problems.append(InputError("E212", message, place=here, hint="turn it into text first"))
        else:
            columns.append(text)
    raise_all(problems)
    return pl.DataFrame(columns)


def _is_pandas(frame: object) -> bool:
    kind = type(frame)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == "DataFrame"


def _pandas_column(values: Any, name: str, is_id: bool) -> pl.Series:  # noqa: ANN401 - a pandas Series
    """A pandas column with the type it has there; an object column of mixed types as text, cell by cell."""
    try:
        return pl.Series(name, pa.array(values, from_pandas=True))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        cells = list(values)
    if is_id and any(isinstance(cell, float) and cell == cell for cell in cells):  # noqa: PLR0124 - not NaN
        return pl.Series(name, [1.0] * len(cells))  # for to_text to refuse
    return pl.Series(name, [_cell(cell) for cell in cells], pl.String)


def _cell(value: Any) -> str | None:  # noqa: ANN401 - whatever a cell may hold
    """One cell of a pandas column of mixed types as text."""
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT differ from themselves
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)


def _as_text(column: pl.Series) -> pl.Series | None:
    """The column as String; None for lists, structs and objects."""
    kind = column.dtype
    if kind == pl.String:
        return column
    if kind.is_float() or isinstance(kind, pl.Decimal):
        return _number_text(column)
    if isinstance(kind, pl.Datetime):
        shape = "%Y-%m-%dT%H:%M:%S" + ("%:z" if kind.time_zone else "")
        midnight = column.dt.time() == dt.time(0)
        text = pl.when(midnight).then(column.dt.strftime("%Y-%m-%d")).otherwise(column.dt.strftime(shape))
        return pl.select(text).to_series().alias(column.name)
    if kind.is_nested() or kind in (pl.Object, pl.Unknown):
        return None
    try:
        return column.cast(pl.String)
    except pl.exceptions.PolarsError:  # bytes that are not UTF-8
        return None


def _number_text(column: pl.Series) -> pl.Series:
    """Whole numbers as digits, others with their decimals; NaN is null."""
    values = column.fill_nan(None) if column.dtype.is_float() else column
    whole = (values == values.round(0)) & (values.abs() < 10**15)
    digits = pl.when(whole).then(values.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(values.cast(pl.String))
    return pl.select(digits).to_series().alias(column.name)
