"""Columns that Polars would take at their word, or not at all: text that is no UTF-8, times that are none."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import oneid
from oneid.settings.configfile import from_dict
from oneid.sources.columntypes import foreign
from oneid.sources.reading import SourceRows, read_source
from oneid.vocabulary.errors import InputError, OneIDError, UsageError, panicked

SOURCE = {"id": "id", "fields": {"name": "name"}, "feed": "delta"}


def read(frame: object) -> SourceRows:
    config = from_dict({"sources": {"ec": SOURCE}})
    return read_source(config.sources["ec"], config, frame)


def problem(frame: object) -> OneIDError:
    with pytest.raises(InputError) as caught:
        read(frame)
    return caught.value


def no_utf8(*values: bytes) -> pa.Array:
    """Arrow text of any bytes."""
    offsets = np.cumsum([0, *map(len, values)]).tolist()
    packed = struct.pack(f"<{len(offsets)}i", *offsets)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(packed), pa.py_buffer(b"".join(values)))


BAD = no_utf8(b"ok", "佐藤".encode("cp932"))
TABLES = {
    "arrow": lambda: pa.table({"id": ["1", "2"], "name": BAD}),
    "arrow large": lambda: pa.table({"id": ["1", "2"], "name": BAD.view(pa.string()).cast(pa.large_string())}),
    "arrow chunks": lambda: pa.table({"id": ["1", "2"], "name": pa.chunked_array([BAD[:1], BAD[1:]])}),
    "arrow dictionary": lambda: pa.table(
        {"id": ["1", "2"], "name": pa.DictionaryArray.from_arrays(pa.array([0, 1]), BAD)}),
    "polars": lambda: pl.from_arrow(pa.table({"id": ["1", "2"], "name": BAD})),
    "polars lazy": lambda: pl.from_arrow(pa.table({"id": ["1", "2"], "name": BAD})).lazy(),
    "pandas": lambda: pd.DataFrame(
        {"id": ["1", "2"], "name": pd.Series(pd.arrays.ArrowStringArray(pa.chunked_array([BAD])))}),
}  # fmt: skip


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_text_that_is_no_utf8(make: Any) -> None:
    """Column and row; no value."""
    told = problem(make())
    assert (told.code, told.place.inside) == ("E203", "column name, row 2")
    assert "cp932" in told.hint


def test_text_that_is_no_utf8_in_a_file(tmp_path) -> None:
    """In whatever column a run asks for, and in a guess."""
    pq.write_table(pa.table({"id": BAD, "name": BAD}), tmp_path / "x.parquet")
    config = {"sources": {"ec": SOURCE | {"path": str(tmp_path / "x.parquet")}}}
    with pytest.raises(OneIDError) as caught:
        oneid.resolve(from_dict(config))
    assert [one.code for one in caught.value.problems] == ["E203", "E203"]


def test_text_that_is_no_utf8_in_a_guess() -> None:
    """As for a run."""
    with pytest.raises(OneIDError, match="E203"):
        oneid.resolve({"ec": TABLES["polars"]()})


def moments(kind: pa.DataType, *numbers: int) -> list[str | None]:
    width = pa.int32() if kind in (pa.date32(), pa.time32("s"), pa.time32("ms")) else pa.int64()
    column = pa.array([*numbers, None], width).cast(kind)
    ids = [str(n) for n in range(len(column))]
    return read(pa.table({"id": ids, "name": column})).frame["@name"].to_list()


@pytest.mark.parametrize(
    ("kind", "numbers", "texts"),
    [
        (pa.timestamp("s"), (2**62, 5, -62135596801), ("out of range: 4611686018427387904 s since 1970",
         "1970-01-01T00:00:05", "out of range: -62135596801 s since 1970")),
        (pa.timestamp("ms"), (-(2**63), 86_400_000), ("out of range: -9223372036854775808 ms since 1970",
         "1970-01-02")),
        (pa.timestamp("us"), (2**63 - 1, 253402300799999999), ("out of range: 9223372036854775807 us since 1970",
         "9999-12-31T23:59:59")),
        (pa.timestamp("us", "Asia/Tokyo"), (2**63 - 1, 0), ("out of range: 9223372036854775807 us since 1970",
         "1970-01-01T09:00:00+09:00")),
        (pa.timestamp("ns"), (-(2**63) + 1, 0), ("1677-09-21T00:12:43", "1970-01-01")),
        (pa.date32(), (2**31 - 1, -(2**31), 2932896), ("out of range: 2147483647 days since 1970",
         "out of range: -2147483648 days since 1970", "9999-12-31")),
        (pa.date64(), (86_400_000 * 2**30, 0), ("out of range: 92771293593600000 ms since 1970", "1970-01-01")),
        (pa.time32("s"), (90_000, 61), ("out of range: 90000 s of a day", "00:01:01")),
        (pa.time64("ns"), (2**62, 0), ("out of range: 4611686018427387904 ns of a day", "00:00:00")),
    ],
    ids=str,
)  # fmt: skip
def test_times_out_of_range(kind: pa.DataType, numbers: tuple[int, ...], texts: tuple[str, ...]) -> None:
    """Told as what they are, which no normalizer takes for a day; the rows stay, and the other values."""
    assert moments(kind, *numbers) == [*texts, None]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([2**62, 5]).cast(pl.Datetime("ms")),
        pl.Series([2**62, 5]).cast(pl.Datetime("us", "Asia/Tokyo")),
        pl.Series([2**31 - 1, 5], dtype=pl.Int32).cast(pl.Date),
        pd.Series(np.array([2**62, 5]).astype("datetime64[s]")),
    ],
)
def test_times_out_of_range_in_frames(column: Any) -> None:
    """The same by way of Polars and pandas."""
    make = pl.DataFrame if isinstance(column, pl.Series) else pd.DataFrame
    found = read(make({"id": ["1", "2"], "name": column})).frame["@name"].to_list()
    assert found[0].startswith("out of range: ")
    assert found[1].startswith("1970-01-0")


def test_a_sentinel_is_no_date_of_birth() -> None:
    """An "infinity" as databases export it: the run goes on, and the value is refused by its normalizer."""
    births = pa.array([2**63 - 1, 0], pa.int64()).cast(pa.timestamp("us"))
    frame = pa.table({"id": ["1", "2"], "birth": births})
    found = oneid.resolve({"a": frame}, {"sources": {"a": {"id": "id", "fields": {"birth": "birth"}}}})
    (birth,) = found.run["fields"]
    assert (birth["filled"], birth["usable"]) == (2, 1)


def test_wide_decimals() -> None:
    """decimal256, whole numbers as digits."""
    numbers = pa.array([10**50, 15], pa.decimal256(60, 0)).cast(pa.decimal256(62, 2))
    found = read(pa.table({"id": ["1", "2"], "name": numbers})).frame["@name"].to_list()
    assert found == ["1" + "0" * 50, "15"]


ODD = {
    "zone": pa.array([0, 1], pa.timestamp("ns", "Mars/Base")),
    "interval": pa.array([(1, 2, 3)] * 2, pa.month_day_nano_interval()),
    "duration": pa.array([2**62, 1], pa.duration("s")),
    "union": pa.UnionArray.from_sparse(pa.array([0, 0], pa.int8()), [pa.array(["a", "b"])]),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["a"])),
    "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int8())),
    "bytes": pa.array([b"\xff", b"a"]),
}


@pytest.mark.parametrize("column", ODD.values(), ids=ODD)
def test_types_that_hold_no_text(column: pa.Array) -> None:
    """E212, also where Polars has no such type."""
    assert problem(pa.table({"id": ["1", "2"], "name": column})).code == "E212"


class _Wild:
    def __str__(self) -> str:
        raise RuntimeError("秘密")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pl.LazyFrame({"id": ["1"], "name": ["秘密"]}).with_columns(pl.col("name").cast(pl.Int64)), "E213"),
        (pl.LazyFrame({"id": ["1"]}).with_columns(pl.col("nowhere")), "E213"),
        (pl.scan_parquet("nowhere.parquet"), "E213"),
        (pd.DataFrame({"id": ["1"], "name": [_Wild()]}), "E212"),
        (pd.DataFrame({"id": ["1", "2"], "name": pd.Series(["秘密\ud800", 5], dtype=object)}), "E212"),
    ],
)
def test_frames_that_cannot_be_read(frame: object, code: str) -> None:
    """What collecting or showing them raises is an error of ours, without its text."""
    told = problem(frame)
    assert told.code == code
    assert "秘密" not in str(told)


def test_a_panic_is_an_error_of_ours() -> None:
    """It is no Exception, and passes every handler but this; orders to stop pass, and errors of ours stay."""
    ours = InputError("E210", "broken")
    with pytest.raises(InputError, match="broken"), foreign(ours):
        raise pl.exceptions.PanicException("秘密")
    assert panicked(pl.exceptions.PanicException())
    with pytest.raises(KeyboardInterrupt), foreign(ours):
        raise KeyboardInterrupt
    with pytest.raises(UsageError), foreign(ours):
        raise UsageError("E400", "told already")
