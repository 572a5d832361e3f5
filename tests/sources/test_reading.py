"""Reading sources: every format and make of frame gives the same rows, and every row is somewhere."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.settings.configfile import from_dict
from oneid.sources.reading import SourceRows, read_source
from oneid.vocabulary import contracts
from oneid.vocabulary.errors import InputError
from sources.sheetfiles import workbook
from strategies import thorough

ROWS = pl.DataFrame(
    {
        "会員番号": ["10", "002", "A:1"],
        "氏名": ["佐藤 花子", None, '山田 "太郎", 様'],
        "電話": ["0312345678", "090-1234-5678", None],
        "memo": ["x", "y", "z"],
    }
)
FIELDS = {"name": "氏名", "phone": "電話"}


def read(frame: object | None = None, base: object = ".", **settings_: object) -> SourceRows:
    """Reads one source 'ec' with further settings."""
    config = from_dict({"sources": {"ec": {"id": "会員番号", "fields": FIELDS, **settings_}}}, base=str(base))
    return read_source(config.sources["ec"], config, frame)


def csv(tmp_path, text: str, **settings_: object) -> SourceRows:
    """Reads a CSV with columns id, name, at and flag."""
    (tmp_path / "x.csv").write_text(text, encoding="utf-8", newline="")
    return read(base=tmp_path, **{"path": "x.csv", "id": "id", "fields": {"name": "name"}, **settings_})


def reasons(result: SourceRows) -> list[tuple[int, str | None, str]]:
    return [tuple(row[1:]) for row in result.rejected.rows()]


def cells(result: SourceRows) -> dict[str, list[str | None]]:
    return result.frame.drop("row").to_dict(as_series=False)


WANT = {
    "source_id": ["002", "10", "A:1"],
    "@会員番号": ["002", "10", "A:1"],
    "@氏名": [None, "佐藤 花子", '山田 "太郎", 様'],
    "@電話": ["090-1234-5678", "0312345678", None],
}


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("x.csv", ROWS.write_csv),
        ("x.txt", lambda path: ROWS.write_csv(path, separator=";")),
        ("semicolon.csv", lambda path: ROWS.write_csv(path, separator=";")),
        ("bar.csv", lambda path: ROWS.write_csv(path, separator="|")),
        ("tabs.csv", lambda path: ROWS.write_csv(path, separator="\t")),
        ("x.tsv", lambda path: ROWS.write_csv(path, separator="\t")),
        ("crlf.CSV", lambda path: ROWS.write_csv(path, line_terminator="\r\n", quote_style="always")),
        ("bom.csv", lambda path: ROWS.write_csv(path, include_bom=True)),
        ("cp932.csv", lambda path: path.write_bytes(ROWS.write_csv().encode("cp932"))),
        ("x.parquet", ROWS.write_parquet),
        ("x.jsonl", ROWS.write_ndjson),
        ("ascii.ndjson", lambda path: ROWS.to_pandas().to_json(path, orient="records", lines=True)),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path, name, write):
    """Delimiters, line ends, quotes, encodings and formats make no difference; the contract of tables.py holds."""
    write(tmp_path / name)
    result = read(base=tmp_path, path=name)
    assert cells(result) == WANT
    assert result.frame.get_column("row").to_list() == [2, 1, 3]
    contracts.conform(result.frame, contracts.RAW, "test", more=True)
    contracts.conform(result.rejected, contracts.REJECTED, "test")
    assert (result.rows_in, result.rejected.height) == (3, 0)


class Capsule:
    """Something that only knows the Arrow PyCapsule interface."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "make",
    [
        lambda frame: frame,
        lambda frame: frame.lazy(),
        lambda frame: frame.to_pandas(),
        lambda frame: frame.to_pandas().astype(object).where(lambda f: f.notna(), np.nan),
        lambda frame: frame.to_pandas().convert_dtypes(),
        lambda frame: frame.to_pandas().astype({"氏名": "category"}),
        lambda frame: frame.with_columns(pl.col("氏名").cast(pl.Categorical)),
        lambda frame: frame.to_arrow(),
        lambda frame: pa.RecordBatchReader.from_batches(frame.to_arrow().schema, frame.to_arrow().to_batches()),
        lambda frame: Capsule(frame.to_arrow()),
    ],
)
def test_every_make_of_frame_gives_the_same_rows(make):
    """From pandas (with any kind of missing), Polars, Arrow and anything that streams Arrow."""
    assert cells(read(make(ROWS))) == WANT


def test_typed_columns_become_what_a_person_would_have_typed():
    """Integers, whole floats, dates, times, booleans and decimals as text; every kind of missing is null."""
    frame = pl.DataFrame(
        {
            "id": [1, 2],
            "whole": [19900102.0, float("nan")],
            "part": [1.5, None],
            "date": [dt.date(1990, 1, 2), None],
            "time": [dt.datetime(2020, 1, 2, 9, 30), dt.datetime(2020, 1, 2)],
            "zone": pl.Series([dt.datetime(2020, 1, 2, 0, 30, tzinfo=dt.UTC), None]).dt.convert_time_zone("Asia/Tokyo"),
            "flag": [True, False],
            "decimal": [Decimal("1.00"), Decimal("1.25")],
            "none": [None, None],
        }
    )
    carry = [name for name in frame.columns if name != "id"]
    for made in (frame, frame.to_pandas(), frame.to_arrow()):
        got = read(made, id="id", fields={}, carry=carry).frame.drop("source_id", "row", "@id").rows()
        first = ("19900102", "1.5", "1990-01-02", "2020-01-02T09:30:00", "2020-01-02T09:30:00+09:00", "true", "1", None)
        assert got == [first, (None, None, None, "2020-01-02", None, "false", "1.25", None)]


def test_pandas_columns_of_mixed_types():
    """Objects of several types, cell by cell; ids among them stay as they are."""
    cells_ = [
        "007",
        7,
        None,
        True,
        dt.date(2020, 1, 2),
        pd.Timestamp("2020-01-02 10:00"),
        Decimal("1.5"),
        float("nan"),
        2.5,
    ]
    frame = pd.DataFrame({"id": ["007", 7, *"abcdefg"], "memo": cells_})
    result = read(frame, id="id", fields={}, carry=["memo"]).frame.sort("row")
    assert result.get_column("source_id").to_list()[:2] == ["007", "7"]
    want = ["007", "7", None, "true", "2020-01-02", "2020-01-02T10:00:00", "1.5", None, "2.5"]
    assert result.get_column("@memo").to_list() == want


def test_column_names_need_not_be_text():
    """Where they have none, pandas numbers them."""
    assert read(pd.DataFrame([["1", "x"]]), id="0", fields={"name": "1"}).frame.row(0)[2:] == ("1", "x")


def test_ids_are_verbatim(tmp_path):
    """Zeros, blanks and case make different ids; only a cell of blanks is none."""
    result = csv(tmp_path, "id,name\n007,a\n 7,b\n7,c\nx,d\nX,e\n  ,f\n　,g\n,h\n")
    assert result.frame.get_column("source_id").to_list() == [" 7", "007", "7", "X", "x"]
    assert reasons(result) == [(6, None, "no id"), (7, None, "no id"), (8, None, "no id")]


def test_composite_ids_cannot_meet(tmp_path):
    """The parts are joined with ':', which is escaped within them; a blank part is one too, but not on rows that
    differ, and blank parts alone are no id.
    """
    parts = ["a", "a:b", "b", "\\", "\\:", ":", "a\\"]
    pairs = list(itertools.product(parts, parts))
    lines = "".join(f"{left},{right},x\n" for left, right in pairs)
    result = csv(tmp_path, "shop,no,name\n" + lines + "c,,x\na,,x\n,,x\na,,y\n", id=["shop", "no"])
    ids = result.frame.get_column("source_id").to_list()
    assert len(set(ids)) == len(ids) == len(pairs) + 1
    assert {"a:b", "a\\:b:b", "c:"} <= set(ids)
    assert reasons(result) == [(len(pairs) + at, None, "no id") for at in (2, 3, 4)]
    assert "3 ids of several columns lack one of them" in result.notes


def test_blanks_and_null_values(tmp_path):
    """Blanks are null in fields and dates, and so are the source's null values; flags and carried columns keep all."""
    text = "id,name,at,flag,memo\n1, ,-,-,-\n2,不明,2020-01-01,x, \n3, - ,,,\n-,佐藤,,,\n"
    result = csv(tmp_path, text, null_values=["-", "不明"], since="at", carry=["flag", "memo"]).frame.sort("row")
    assert result.get_column("@name").to_list() == [None, None, None, "佐藤"]
    assert result.get_column("@at").to_list() == [None, "2020-01-01", None, None]
    assert result.get_column("@flag").to_list() == ["-", "x", None, None]
    assert result.get_column("@memo").to_list() == ["-", " ", None, None]
    assert result.get_column("source_id").to_list() == ["1", "2", "3", "-"]


def test_rows_with_too_few_or_too_many_cells_are_kept_apart(tmp_path):
    """They are rejected with their row number; the others are untouched, blank lines are no rows."""
    result = csv(tmp_path, 'id,name\n1,a\n2\n\n3,c,c\n4,"d\nd"\n5,e\n')
    assert reasons(result) == [(2, None, "unreadable"), (3, None, "unreadable")]
    assert result.frame.get_column("row").to_list() == [1, 4, 5]
    assert result.frame.get_column("@name").to_list() == ["a", "d\nd", "e"]
    assert result.rows_in == 5


def test_ragged_rows_in_a_large_file(tmp_path, monkeypatch):
    """Row numbers are right across the blocks in which a file is parsed."""
    monkeypatch.setattr("oneid.sources.formats.cells._BLOCK", 1 << 12)
    bad = {3, 77, 1500, 1501, 4000}
    lines = [f"{n},name{n}" + (",extra" if n in bad else "") for n in range(1, 4001)]
    result = csv(tmp_path, "id,name\n" + "\n".join(lines))
    assert [row for row, _, _ in reasons(result)] == sorted(bad)
    frame = result.frame
    assert frame.get_column("source_id").to_list() == frame.get_column("row").cast(pl.String).to_list()


def test_a_row_longer_than_a_block(tmp_path, monkeypatch):
    """The file is parsed again in one block."""
    monkeypatch.setattr("oneid.sources.formats.cells._BLOCK", 64)
    result = csv(tmp_path, f"id,name\n1,a\n2,{'x' * 500}\n3\n")
    assert [len(cell) for cell in result.frame.get_column("@name")] == [1, 500]
    assert [row for row, _, _ in reasons(result)] == [3]


def test_json_lines(tmp_path):
    """Numbers, booleans and nested values are text; lines that are no objects unreadable; blank lines no rows."""
    lines = [
        '{"id": 1, "name": true}',
        "",
        "{",
        "[1]",
        '{"id": "002", "name": {"a": [1]}, "more": 1}',
        '{"id": 3}',
        "4",
    ]
    (tmp_path / "x.jsonl").write_text("\r\n".join(lines))
    result = read(base=tmp_path, path="x.jsonl", id="id", fields={"name": "name"})
    assert sorted(result.frame.select("row", "source_id", "@name").rows()) == [
        (1, "1", "true"), (4, "002", '{"a":[1]}'), (5, "3", None),
    ]  # fmt: skip
    assert [row for row, _, _ in reasons(result)] == [2, 3, 6]
    assert result.rows_in == 6


def test_a_key_that_begins_late_in_json_lines(tmp_path):
    """A key may first stand beyond the lines that are looked at for names."""
    lines = [f'{{"id": "{n}"}}' for n in range(1500)] + ['{"id": "z", "name": "佐藤"}']
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = read(base=tmp_path, path="x.jsonl", id="id", fields={"name": "name"})
    assert result.frame.get_column("@name").drop_nulls().to_list() == ["佐藤"]


def test_several_files_are_one_source(tmp_path):
    """A pattern's files in the order of their names, rows counted on; each may have its own order of columns."""
    (tmp_path / "b.csv").write_text("name,id\ny,2\nbad\nz,3\n")
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    result = read(base=tmp_path, path="*.csv", id="id", fields={"name": "name"})
    assert result.frame.select("source_id", "row", "@name").rows() == [("1", 1, "x"), ("2", 2, "y"), ("3", 4, "z")]
    assert reasons(result) == [(3, None, "unreadable")]
    assert "b.csv: rows 2 to 4" in result.notes


def test_spreadsheets(tmp_path):
    """Numbers as digits, dates without their midnight, blank cells as none."""
    at = [dt.date(1990, 1, 2), dt.datetime(2020, 1, 1, 9, 30)]
    workbook(tmp_path / "x.xlsx", [["id", "name", "at"], [1, "佐藤", at[0]], ["02", None, at[1]]])
    result = read(base=tmp_path, path="x.xlsx", id="id", fields={"name": "name"}, since="at")
    assert result.frame.get_column("source_id").to_list() == ["02", "1"]
    assert result.frame.get_column("@name").to_list() == [None, "佐藤"]
    assert result.frame.get_column("@at").to_list() == ["2020-01-01 09:30:00", "1990-01-02"]


def test_identical_rows_collapse(tmp_path):
    """The further ones are rejected and counted; columns that are not needed make no difference."""
    result = csv(tmp_path, "id,name,memo\n1,a,p\n2,b,q\n1,a,r\n1,a,s\n")
    assert result.frame.get_column("row").to_list() == [1, 2]
    assert reasons(result) == [(3, "1", "identical duplicate"), (4, "1", "identical duplicate")]


NEWEST = (
    "id,name,at\n1,old,2019-12-31\n1,new,2020/1/1 08:00\n1,older,20180101\n2,only,\n1,old,2019-12-31\n1,never,soon\n"
)


def test_the_newest_of_conflicting_rows(tmp_path):
    """Dates of several forms are compared as dates; an unreadable one is the oldest."""
    result = csv(tmp_path, NEWEST, duplicate_id="newest", updated="at")
    assert result.frame.get_column("@name").to_list() == ["new", "only"]
    assert sorted(reason for _, _, reason in reasons(result)) == ["duplicate id"] * 3 + ["identical duplicate"]


def test_newest_falls_back_on_since(tmp_path):
    """A row without an update counts from its first day."""
    text = "id,name,at,first\n1,a,,2021-01-01\n1,b,2020-01-01,2000-01-01\n"
    result = csv(tmp_path, text, duplicate_id="newest", updated="at", since="first")
    assert result.frame.get_column("@name").to_list() == ["a"]


def test_times_with_zones_are_compared_as_moments(tmp_path):
    """01:00 in Japan is before 00:00 in London."""
    text = "id,name,at\n1,japan,2020-01-01T01:00:00+09:00\n1,london,2020-01-01T00:00:00+00:00\n"
    assert csv(tmp_path, text, duplicate_id="newest", updated="at").frame.get_column("@name").to_list() == ["london"]


def test_first_takes_the_first_row(tmp_path):
    """The one choice that depends on the order of the rows."""
    result = csv(tmp_path, NEWEST, duplicate_id="first", carry=["at"])
    assert result.frame.get_column("@name").to_list() == ["old", "only"]


@given(order=st.permutations(range(7)), policy=st.sampled_from(["newest", "error"]))
@settings(max_examples=thorough(25), deadline=None)
def test_the_order_of_rows_does_not_matter(order, policy):
    """Everything but the row numbers is the same, ties between equally new rows included."""
    rows = [
        ("1", "a", "2020"),
        ("1", "b", "2020"),
        ("2", "c", None),
        ("2", "c", None),
        (None, "d", None),
        ("3", "e", None),
    ]
    rows = [*rows, ("4", "f", None) if policy == "error" else ("3", "f", None)]
    rows = [row for row in rows if policy == "newest" or row[1] != "b"]

    def result(frame: pl.DataFrame) -> tuple[object, object]:
        got = read(frame, id="id", fields={"name": "name"}, duplicate_id=policy, updated="at")
        return got.frame.drop("row").rows(), sorted(map(str, got.rejected.drop("row").rows()))

    frame = pl.DataFrame(rows, schema=["id", "name", "at"], orient="row")
    shuffled = frame[[number for number in order if number < frame.height]]
    assert result(shuffled) == result(frame)


def test_deleted_and_test_records(tmp_path):
    """Rows that say so are kept apart; withdrawn members stay."""
    text = "id,name,flag,state\n1,a,1,\n2,b,0,テスト\n3,c, 1 ,\n4,d,,退会\n"
    status = {"column": "state", "withdrawn": ["退会"], "test": ["テスト"]}
    result = csv(tmp_path, text, status=status, deleted={"column": "flag", "values": ["1"]})
    assert result.frame.get_column("source_id").to_list() == ["4"]
    assert reasons(result) == [(1, "1", "deleted"), (2, "2", "test record"), (3, "3", "deleted")]


def test_a_deletion_is_weighed_as_a_row(tmp_path):
    """Where the newest row of an id says deleted, an older living one does not come back."""
    text = "id,name,at,flag\n1,a,2020-01-01,0\n1,a,2020-01-02,1\n2,b,2020-01-02,0\n2,b,2020-01-01,1\n"
    deleted = {"column": "flag", "values": ["1"]}
    result = csv(tmp_path, text, duplicate_id="newest", updated="at", deleted=deleted)
    assert result.frame.get_column("source_id").to_list() == ["2"]
    assert reasons(result) == [(1, "1", "duplicate id"), (2, "1", "deleted"), (4, "2", "duplicate id")]


def test_several_test_records_may_share_an_id(tmp_path):
    """Test records are never persons, so their ids need not be unique."""
    result = csv(tmp_path, "id,name,s\nT,a,t\nT,b,t\n1,c,\n", status={"column": "s", "test": ["t"]})
    assert [reason for _, _, reason in reasons(result)] == ["test record"] * 2


def test_an_empty_delta_is_fine(tmp_path):
    """Nothing changed; only a full feed of nobody is an error."""
    result = csv(tmp_path, "id,name\n", feed="delta")
    assert (result.frame.height, result.rows_in, result.frame.columns) == (0, 0, ["source_id", "row", "@id", "@name"])
    contracts.conform(result.frame, contracts.RAW, "test", more=True)


def test_a_column_that_is_not_needed_may_stand_twice(tmp_path):
    """Only what is asked for must be clear."""
    assert csv(tmp_path, "id,x,x,name\n1,a,b,c\n").frame.get_column("@name").to_list() == ["c"]


def test_columns_may_have_our_own_names(tmp_path):
    """No column of a member system collides with ours."""
    result = csv(tmp_path, "row,source_id,@row\n1,a,b\n", id="row", fields={"name": "source_id"}, carry=["@row"])
    assert result.frame.rows(named=True) == [{"source_id": "1", "row": 1, "@row": "1", "@source_id": "a", "@@row": "b"}]


def test_a_header_with_line_breaks_and_quotes(tmp_path):
    """A quoted name may run over lines; old line ends are known."""
    assert csv(tmp_path, '\n\n"i\nd","na""me"\n1,a\n', id="i\nd", fields={"name": 'na"me'}).frame.height == 1
    assert csv(tmp_path, "id,name\r1,a\r2,b\r").frame.height == 2


def test_notes_say_what_was_found_out(tmp_path):
    """The encoding and the delimiter where they were detected."""
    (tmp_path / "x.csv").write_bytes("会員番号;氏名;電話\n1;佐藤;\n".encode("cp932"))
    result = read(base=tmp_path, path="x.csv")
    assert result.notes == ("encoding cp932 (detected)", "cells are divided by ';'")


def test_line_breaks_within_cells_are_noted(tmp_path):
    """Two stray quotation marks could take the rows between them into one cell."""
    (note,) = csv(tmp_path, 'id,name\n1,"a\n2,b\n3,c\n4,d"\n5,e\n').notes
    assert note.startswith("3 line breaks")


_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@given(
    rows=st.lists(st.tuples(_CELL, _CELL, _CELL), min_size=1, max_size=12),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
@settings(max_examples=thorough(60), deadline=None)
def test_csv_gives_back_every_cell(tmp_path_factory, rows, encoding):
    """Whatever stands in quoted cells (commas, quotes, line breaks, any script) comes out again."""
    buffer = io.StringIO()
    frame = pd.DataFrame(rows, columns=["a", "b", "c"]).assign(id=[f"{n:02}" for n in range(len(rows))])
    frame.to_csv(buffer, index=False, quoting=1, lineterminator="\n")
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(buffer.getvalue().encode(encoding))
    result = read(base=path.parent, path="x.csv", id="id", fields={}, carry=["a", "b", "c"])
    assert result.frame.select("@a", "@b", "@c").rows() == [tuple(cell or None for cell in row) for row in rows]


def test_frames_need_no_path_and_paths_no_frame():
    """A source with neither is E214, and so is one without an id."""
    with pytest.raises(InputError, match=r"E214 .*has no path or data frame"):
        read()
    with pytest.raises(InputError, match=r"E214 .*has no id"):
        read(ROWS, id=None)
