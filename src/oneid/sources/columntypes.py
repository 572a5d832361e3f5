"""Columns of any type as text, looked at before they are trusted.

Polars takes the word of Arrow and of other programs that text is UTF-8, that a time is one, that a type is one it
knows. Where it is not so it ends the process, panics (which passes every ``except Exception``), or gives other values.
So text is checked first (E203 names column and row); times are told as text where no calendar has them (a sentinel, an
"infinity", a damaged file), for the normalizers to refuse like any other value that is none; and whatever a parser
raises inside :func:`foreign`, its panics included, is one error of ours.
"""

from __future__ import annotations

import datetime as dt
import decimal
import ipaddress
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import polars as pl
import pyarrow as pa

from oneid.vocabulary.errors import InputError, OneIDError, Place, panicked
from oneid.vocabulary.language import said

__all__ = ["arrow_series", "as_text", "foreign", "no_text", "several"]

_DAY = 86_400
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""Seconds from 1970 to the first second of the year 1, and to the last one of the year 9999."""
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def several(values: Iterable[str]) -> str:
    """Several values as one cell, as a person would write them into one."""
    return "; ".join(values)


@contextmanager
def foreign(problem: InputError) -> Iterator[None]:
    """Raises ``problem`` for whatever a parser of others raises inside, but for errors of ours and orders to stop."""
    try:
        yield
    except OneIDError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or panicked(error):
            raise problem from None
        raise


def arrow_series(name: str, column: pa.Array | pa.ChunkedArray, place: Place) -> pl.Series:
    """An Arrow column for Polars. ``place`` is the column's. Raises E203 for text that is no UTF-8, and E212 for what
    Polars does not take, or what is damaged.
    """
    if isinstance(column.type, pa.BaseExtensionType):
        return _extension(name, column, place)
    kind = column.type
    try:
        column.validate(full=not pa.types.is_time(kind))  # times that are none are told, see _times
    except pa.ArrowInvalid:
        raise _not_utf8(_values(column), place) or no_text(str(kind), place) from None
    with foreign(no_text(str(kind), place)):
        if pa.types.is_timestamp(kind) or pa.types.is_date64(kind):
            unit, zone = (kind.unit, kind.tz) if pa.types.is_timestamp(kind) else ("ms", None)
            return _moments(_whole_numbers(name, column, pa.int64()), unit, zone)
        if pa.types.is_time(kind):
            width = pa.int32() if pa.types.is_time32(kind) else pa.int64()
            return _times(_whole_numbers(name, column, width), kind.unit)
        if pa.types.is_decimal256(kind):
            digits = pl.Series(name, column.cast(pa.string()))
            return digits.str.replace(r"\.0+$", "")
        return pl.Series(name, column)


def _extension(name: str, column: pa.Array | pa.ChunkedArray, place: Place) -> pl.Series:
    """A column of a type of somebody's, by what it is kept as; UUIDs as they are written."""
    kind = column.type
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    stored = pa.chunked_array([chunk.storage for chunk in chunks], kind.storage_type)
    if kind.storage_type == pa.binary(16) and "uuid" in str(getattr(kind, "extension_name", "")).lower():
        values = [None if value is None else str(uuid.UUID(bytes=value)) for value in stored.to_pylist()]
        return pl.Series(name, values, pl.String)
    return arrow_series(name, stored, place)


def _whole_numbers(name: str, column: pa.Array | pa.ChunkedArray, width: pa.DataType) -> pl.Series:
    return pl.Series(name, column.cast(width)).cast(pl.Int64)


def _values(column: pa.Array | pa.ChunkedArray) -> Iterable[bytes | None]:
    """The bytes of a column of text, nothing of any other; none where they cannot be had."""
    try:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        wide = column.cast(pa.large_binary())
    except (pa.ArrowException, ValueError):
        return ()
    return (value.as_py() for value in wide)


def _not_utf8(values: Iterable[bytes | None], place: Place) -> InputError | None:
    """E203 naming the first row that does not decode; None where all do."""
    for row, value in enumerate(values, 1):
        try:
            (value or b"").decode()
        except UnicodeDecodeError:
            here = Place(place.file, place.line, said("{inside}, row {row}", inside=place.inside, row=row))
            hint = "decode it where the file or frame is made, from cp932 say; text in Parquet and Arrow is UTF-8"
            return InputError("E203", "what stands there as text is no UTF-8", place=here, hint=hint)
    return None


def no_text(kind: str, place: Place) -> InputError:
    """E212 for a column of a type that holds no text."""
    return InputError(
        "E212", said("a column of type {kind} holds no text", kind=kind), place=place, hint="turn it into text first"
    )


def as_text(column: pl.Series, place: Place) -> pl.Series:
    """The column as String, as a person would have typed it. Raises E203, and E212 for lists, structs and objects."""
    kind = column.dtype
    with foreign(no_text(str(kind), place)):
        if kind == pl.String:
            return _checked(column, place)
        if kind.is_float() or isinstance(kind, pl.Decimal):
            return _number_text(column)
        if isinstance(kind, pl.Datetime):
            return _moments(column.to_physical(), kind.time_unit, kind.time_zone)
        if kind == pl.Date:
            return _days(column)
        if kind == pl.Time:
            return _times(column.to_physical(), "ns")
        if isinstance(kind, (pl.List, pl.Array)) and not kind.inner.is_nested():
            return _several(column, place)
        if kind == pl.Object and (told := _of_plain_objects(column)) is not None:
            return told
        if kind.is_nested() or kind in (pl.Object, pl.Unknown):
            raise no_text(str(kind), place)
        return _checked(column.cast(pl.String), place)


def _several(column: pl.Series, place: Place) -> pl.Series:
    """Lists of plain values, each as several values."""
    rows = column.cast(pl.List(column.dtype.inner)) if isinstance(column.dtype, pl.Array) else column
    inner = as_text(rows.explode(empty_as_null=False, keep_nulls=False).rename("inner"), place)
    at = pl.select(pl.int_range(len(rows), dtype=pl.UInt32)).to_series().gather(_repeats(rows.list.len()))
    cells = pl.DataFrame([at.alias("at"), inner]).filter(pl.col("inner").is_not_null() & (pl.col("inner") != ""))
    joined = cells.group_by("at", maintain_order=True).agg(pl.col("inner").str.join(several(["", ""])))
    every = pl.select(pl.int_range(len(rows), dtype=pl.UInt32).alias("at"))
    return every.join(joined, on="at", how="left", maintain_order="left")["inner"].alias(column.name)


def _repeats(counts: pl.Series) -> pl.Series:
    """The number of each row, as often as it counts."""
    return pl.Series(np.repeat(np.arange(len(counts)), counts.fill_null(0).to_numpy()), dtype=pl.UInt32)


def _of_plain_objects(column: pl.Series) -> pl.Series | None:
    """Objects of Python that are one word of text each (UUIDs, numbers and the like); None where others are there."""
    values = column.to_list()
    plain = (str, int, uuid.UUID, decimal.Decimal, dt.date, ipaddress.IPv4Address, ipaddress.IPv6Address)
    if not all(value is None or isinstance(value, plain) for value in values):
        return None
    texts = [value.isoformat() if isinstance(value, dt.date) else str(value) for value in values if value is not None]
    there = iter(texts)
    return pl.Series(column.name, [None if value is None else next(there) for value in values], pl.String)


def _checked(text: pl.Series, place: Place) -> pl.Series:
    """Text that is UTF-8."""
    raw = text.cast(pl.Binary)
    try:
        raw.cast(pl.String)
    except pl.exceptions.PolarsError:
        raise _not_utf8(raw, place) or no_text("String", place) from None
    return text


def _days(column: pl.Series) -> pl.Series:
    there = column.to_physical()
    good = there.is_between(_FIRST // _DAY, _LAST // _DAY)
    return _told(column, good, pl.col("good").dt.strftime("%Y-%m-%d"), "days since 1970")


def _moments(numbers: pl.Series, unit: str, zone: str | None) -> pl.Series:
    """Moments as text: a date at midnight, else date and time; ``numbers`` are units since 1970."""
    per = _PER_SECOND[unit]
    good = numbers.is_between(_FIRST * per, min((_LAST + 1) * per - 1, 2**63 - 1)) if unit != "ns" else None
    told = "ms" if unit == "s" else unit
    scaled = numbers if good is None else pl.select(pl.when(good).then(numbers)).to_series()
    kind = pl.Datetime(told, zone)  # type: ignore[arg-type]  # one of three
    moments = (scaled * 1000 if unit == "s" else scaled).cast(pl.Datetime(told)).cast(kind).alias("good")  # type: ignore[arg-type]
    shape = "%Y-%m-%dT%H:%M:%S" + ("%:z" if zone else "")
    midnight = pl.col("good").dt.time() == dt.time(0)
    text = pl.when(midnight).then(pl.col("good").dt.strftime("%Y-%m-%d")).otherwise(pl.col("good").dt.strftime(shape))
    return _told(numbers, good, text, f"{unit} since 1970", moments)


def _times(numbers: pl.Series, unit: str) -> pl.Series:
    per = _PER_SECOND[unit]
    good = numbers.is_between(0, _DAY * per - 1)
    scaled = pl.select(pl.when(good).then(numbers)).to_series() * (10**9 // per)
    return _told(numbers, good, pl.col("good").cast(pl.String), f"{unit} of a day", scaled.cast(pl.Time).alias("good"))


def _told(
    column: pl.Series, good: pl.Series | None, text: pl.Expr, unit: str, values: pl.Series | None = None
) -> pl.Series:
    """``text`` of the ``good`` values; of the others their number, and that it is out of range."""
    shown = column if values is None else values
    if good is None or good.all():
        return shown.alias("good").to_frame().select(text).to_series().alias(column.name)
    frame = pl.DataFrame({"good": pl.select(pl.when(good).then(shown)).to_series(), "number": column.to_physical()})
    other = pl.format(f"out of range: {{}} {unit}", pl.col("number"))
    return frame.select(pl.when(good).then(text).otherwise(other)).to_series().alias(column.name)


def _number_text(column: pl.Series) -> pl.Series:
    """Whole numbers as digits, others with their decimals; NaN is null."""
    values = column.fill_nan(None) if column.dtype.is_float() else column
    whole = (values == values.round(0)) & (values.abs() < 10**15)
    digits = pl.when(whole).then(values.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(values.cast(pl.String))
    return pl.select(digits).to_series().alias(column.name)
