"""Data frames of any make as Polars columns of text.

What counts is what a person would have typed: integers become digits, dates ISO dates, whole floats digits (pandas
turns integers into floats as soon as one is missing), booleans ``true`` and ``false``, and every kind of missing (None,
NaN, NA, NaT) null.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from oneid.sources.columnnames import check_columns, column_place, just
from oneid.sources.columntypes import arrow_series, as_text, foreign, no_text
from oneid.sources.nested import names_in, names_within, within
from oneid.vocabulary.errors import InputError, Place, raise_all
from oneid.vocabulary.language import said

__all__ = ["arrow_to_text", "frame_to_text", "held", "number_columns", "read_frame", "to_text"]

_ONE_RELATION = threading.Lock()


def frame_to_text(frame: object, columns: Sequence[str] | None, ids: Sequence[str], wanted_by: str) -> pl.DataFrame:
    """The needed columns of a frame of any make as text, under their own names: :func:`read_frame` without the types.

    >>> frame_to_text(pl.DataFrame({"id": [1, 2], "zip": [600000.0, None]}), None, ["id"], "ec").rows()
    [('1', '600000'), ('2', None)]
    """
    return read_frame(frame, columns, ids, wanted_by)[0]


def read_frame(
    frame: object, columns: Sequence[str] | None, ids: Sequence[str], wanted_by: str
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The needed columns of a pandas, Polars or Arrow frame or a relation of DuckDB as text, under their own names; and
    which columns are numbers (:func:`number_columns`).

    ``columns`` None means all that can be text; others are never looked at. ``ids`` are columns in which floats are
    refused; ``wanted_by`` names the source in errors. Anything with the Arrow PyCapsule interface
    (``__arrow_c_stream__``) is taken, and read once. Raises :class:`~oneid.vocabulary.errors.InputError` E203 (text
    that is no UTF-8), E206 (missing column), E207 (doubled column), E208, E212 (see :mod:`oneid.sources.reading`), E213
    (not a frame, or one that cannot be read).
    """
    place = Place(wanted_by or None)
    broken = InputError("E213", "the data frame cannot be read", place=place, hint="does it collect, and show itself?")
    table: Any = _opened(frame, columns, place, broken)
    with foreign(broken):
        names, doubled = _names(table)
    hint = None
    if _is_pandas(table):
        names = _with_fields(names, columns)
        if columns and any(name in table.index.names for name in columns):
            hint = "it is in the index: hand over frame.reset_index()"
    check_columns([*(_wholes(names) | names), *doubled], columns, place, None, hint)
    wanted = list(dict.fromkeys(names if columns is None else columns))
    names = _wholes(names) | names
    every = columns is None
    if isinstance(table, pa.Table):
        return arrow_to_text(table, wanted, ids, place, every=every), number_columns(table)
    if _is_pandas(table):
        at = [str(name) for name in table.columns]
        made = _each(wanted, lambda name: _of_pandas(table, at, name, ids, place), every=every)
        return to_text(made, ids, place, every=every), number_columns(table)
    with foreign(broken):
        tops = list(dict.fromkeys(names[name][0] for name in wanted))
        typed = table.lazy().select(just(*tops)).collect()
    made = _each(wanted, lambda name: _inner(typed.get_column(names[name][0]), names[name], place), every=every)
    return to_text(made, ids, place, every=every), number_columns(typed)


def cells_to_text(columns: Mapping[str, Sequence[object]], ids: Sequence[str], place: Place) -> pl.DataFrame:
    """Columns of Python values, as databases give them, as text."""

    def make(name: str) -> pl.Series:
        here = column_place(place, name)
        try:  # plain text, as mostly: short cells need no buffer beside them, as those of Arrow do
            return pl.Series(name, columns[name], dtype=pl.String, strict=True)
        except (TypeError, UnicodeError):
            pass
        try:
            return arrow_series(name, pa.array(columns[name], from_pandas=True), here)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return as_text(pl.Series(name, columns[name], dtype=pl.Object), here)

    return to_text(_each(list(columns), make), ids, place)


def held(frame: object) -> object:
    """A frame that may be read again: what can be read once (an Arrow reader, say) as a table of Arrow."""
    if isinstance(frame, (pl.DataFrame, pl.LazyFrame, pa.Table)) or _is_pandas(frame) or _is_relation(frame):
        return frame
    if not hasattr(frame, "__arrow_c_stream__"):
        return frame
    hint = "an Arrow reader is read once: hand over a new one"
    with foreign(InputError("E213", "the data frame cannot be read", hint=hint)):
        return pa.table(frame)


def arrow_to_text(
    table: pa.Table, columns: Sequence[str], ids: Sequence[str], place: Place, *, every: bool = False
) -> pl.DataFrame:
    """Columns of an Arrow table as text, fields within them as ``a.b``. Raises E203, E208 and E212, all in one go; with
    ``every``, columns that hold no text are left out instead.
    """
    names = names_within(table.schema)
    names = _wholes(names) | names
    at = table.column_names

    def make(name: str) -> pl.Series:
        path = names[name]
        here = column_place(place, name)
        return _inner(arrow_series(path[0], table.column(at.index(path[0])), here), path, place)

    return to_text(_each(columns, make, every=every), ids, place, checked=True, every=every)


def _inner(column: pl.Series, path: tuple[str, ...], place: Place) -> pl.Series:
    name = ".".join(path)
    with foreign(no_text(str(column.dtype), column_place(place, name))):
        return within(column, path[1:]).alias(name)


def number_columns(frame: object) -> dict[str, str]:
    """The columns of a frame that hold numbers, with the name of their type: what began with zeros begins so no more.
    Empty for what is no frame that is known here.

    >>> number_columns(pl.DataFrame({"id": ["07"], "tel": [312345678], "points": [1.5]}))
    {'tel': 'int64', 'points': 'float64'}
    """
    if isinstance(frame, (pl.DataFrame, pl.LazyFrame)):
        schema = frame.collect_schema() if isinstance(frame, pl.LazyFrame) else frame.schema
        return {name: str(kind).lower() for name, kind in schema.items() if kind.is_numeric()}
    if isinstance(frame, (pa.Table, pa.Schema)):
        fields = frame if isinstance(frame, pa.Schema) else frame.schema
        types = pa.types
        tests = (types.is_integer, types.is_floating, types.is_decimal)
        return {field.name: str(field.type) for field in fields if any(test(field.type) for test in tests)}
    if _is_pandas(frame):
        found: Any = frame
        kinds = zip(found.columns, found.dtypes, strict=True)
        return {str(name): str(kind).lower() for name, kind in kinds if getattr(kind, "kind", "") in "iuf"}
    return {}


def _each(names: Sequence[str], make: Callable[[str], pl.Series], *, every: bool = False) -> list[pl.Series]:
    """What is made of each name; all errors in one go. With ``every``, columns that hold no text are left out."""
    problems, made = [], []
    for name in names:
        try:
            made.append(make(name))
        except InputError as error:
            if not (every and error.code == "E212"):
                problems.append(error)
    raise_all(problems)
    return made


def _opened(frame: object, columns: Sequence[str] | None, place: Place, broken: InputError) -> object:
    """``frame``, or what its Arrow stream holds of the columns. E213 where it is no frame."""
    if isinstance(frame, (pl.DataFrame, pl.LazyFrame, pa.Table)) or _is_pandas(frame):
        return frame
    if not hasattr(frame, "__arrow_c_stream__"):
        hint = "hand over a pandas or Polars DataFrame or an Arrow table, or name a file in 'path'"
        told = said("expected a data frame, got {kind}", kind=type(frame).__name__)
        raise InputError("E213", told, place=place, hint=hint)
    with foreign(broken):
        return _of_relation(frame, columns) if _is_relation(frame) else pa.table(frame)


def _of_relation(relation: Any, columns: Sequence[str] | None) -> pa.Table:  # noqa: ANN401 - DuckDB may not be there
    """The wanted columns of a relation of DuckDB; one at a time, for relations may share their connection."""
    with _ONE_RELATION:
        return project(relation, columns).to_arrow_table()


def project(relation: Any, columns: Sequence[str] | None) -> Any:  # noqa: ANN401 - DuckDB may not be there
    """A relation of DuckDB with those of its columns alone that are wanted, or of which a field within is."""
    names = list(relation.columns)
    if columns is not None:
        heads = {name[:at] for name in columns for at in range(len(name) + 1) if name[at : at + 1] in (".", "")}
        names = [name for name in names if name in heads] or names
    return relation.project(", ".join('"' + name.replace('"', '""') + '"' for name in names))


def _names(table: Any) -> tuple[dict[str, tuple[str, ...]], list[str]]:  # noqa: ANN401 - a frame of one of four makes
    """The names of the columns, fields within them as ``a.b``, each with the way to it; and those that stand twice."""
    if isinstance(table, pa.Table):
        told = table.column_names
        return names_within(table.schema), [name for at, name in enumerate(told) if name in told[:at]]
    if isinstance(table, (pl.LazyFrame, pl.DataFrame)):
        return names_in(table.collect_schema()), []
    told = [str(name) for name in table.columns]
    return {name: (name,) for name in told}, [name for at, name in enumerate(told) if name in told[:at]]


def _wholes(names: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The columns in which the named fields stand, which hold no text themselves."""
    return {path[0]: path[:1] for path in names.values()}


def _with_fields(names: dict[str, tuple[str, ...]], columns: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """With the fields that are asked of columns of pandas, which do not tell what they hold."""
    found = dict(names)
    for name in columns or ():
        heads = [top for top in names if name.startswith(f"{top}.")]
        if name not in names and heads:
            found[name] = (heads[0], *name.removeprefix(f"{heads[0]}.").split("."))
    return found


def _of_pandas(table: Any, at: Sequence[str], name: str, ids: Sequence[str], place: Place) -> pl.Series:  # noqa: ANN401 - pandas
    if name in at:
        return _pandas_column(table.iloc[:, at.index(name)], name, ids, place)
    path = _with_fields({top: (top,) for top in at}, [name])[name]
    return _inner(_pandas_column(table.iloc[:, at.index(path[0])], path[0], (), place), path, place)


def _is_relation(frame: object) -> bool:
    """Whether it is a relation of DuckDB, which is computed each time it is asked."""
    return type(frame).__name__ == "DuckDBPyRelation"


def to_text(
    columns: Sequence[pl.Series], ids: Sequence[str], place: Place, *, checked: bool = False, every: bool = False
) -> pl.DataFrame:
    """Every column as String. Raises E203 for text that is no UTF-8 (unless it is ``checked``), E208 for ids that are
    floats and E212 for mappings and the like (unless ``every`` column that can be text is asked for), all in one go.
    """
    by_name = {column.name: column for column in columns}

    def text(name: str) -> pl.Series:
        column, here = by_name[name], column_place(place, name)
        if name in ids and column.dtype.is_float() and column.null_count() < len(column):
            hint = "read the column as text, in pandas with dtype=str, so that zeros in front are kept as well"
            raise InputError("E208", "ids were read as floats (1001 became 1001.0)", place=here, hint=hint)
        return column if checked and column.dtype == pl.String else as_text(column, here)

    return pl.DataFrame(_each(list(by_name), text, every=every))


def _is_pandas(frame: object) -> bool:
    kind = type(frame)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == "DataFrame"


def _pandas_column(values: Any, name: str, ids: Sequence[str], place: Place) -> pl.Series:  # noqa: ANN401 - a pandas Series
    """A pandas column with the type it has there; an object column of mixed types as text, cell by cell."""
    here = column_place(place, name)
    try:
        column = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        column = None
    if column is not None:
        return arrow_series(name, column, here)
    with foreign(no_text("object", here)):
        cells = list(values)
        if name in ids and any(isinstance(cell, float) and cell == cell for cell in cells):  # noqa: PLR0124 - not NaN
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
