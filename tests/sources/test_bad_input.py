"""Bad input: every kind gives an error with its code, its place and a hint, and never a cell of personal data."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.settings.configfile import from_dict, load
from oneid.sources import reading as read_module
from oneid.sources.reading import SourceRows, read_source
from oneid.vocabulary.errors import InputError, OneIDError, Problems
from strategies import thorough


@pytest.fixture
def source(tmp_path):
    """Writes x.csv (or another file) and reads it as source 'ec' of a config file, where it begins on line 3."""

    def run(data: bytes | str | None, name: str = "x.csv", **settings_: str) -> SourceRows:
        if data is not None:
            (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        lines = {"path": name, "id": "member_id", "fields": "{name: full_name, phone: tel}", **settings_}
        text = "version: 1\nsources:\n  ec:\n" + "".join(f"    {key}: {value}\n" for key, value in lines.items())
        (tmp_path / "oneid.yaml").write_text(text, encoding="utf-8")
        config = load(tmp_path / "oneid.yaml")
        return read_source(config.sources["ec"], config)

    return run


@pytest.fixture
def fails(source, tmp_path):
    """As ``source``, giving the one problem that it must raise, whose file is named from here."""

    def run(data: bytes | str | None, name: str = "x.csv", **settings_: str) -> InputError:
        with pytest.raises(InputError) as caught:
            source(data, name, **settings_)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 2
        return caught.value

    return run


GOOD = "member_id,full_name,tel\n1,佐藤,0312345678\n"


def frame_fails(frame: object, **settings_: object) -> list[OneIDError]:
    given_ = {"id": "member_id", "fields": {"name": "full_name", "phone": "tel"}, **settings_}
    config = from_dict({"sources": {"ec": given_}})
    with pytest.raises(OneIDError) as caught:
        read_source(config.sources["ec"], config, frame)
    return list(caught.value.problems)


def test_a_missing_file(fails, tmp_path):
    """The file, and the file in that folder which is nearly so named."""
    (tmp_path / "member.csv").write_text(GOOD)
    problem = fails(None, "members.csv")
    assert (problem.code, problem.place.file) == ("E201", str(tmp_path / "members.csv"))
    assert problem.hint == "did you mean 'member.csv'?"
    assert "no file matches" in str(fails(None, "'*.parquet'"))
    assert "there is no folder" in fails(None, "nowhere/x.csv").hint


def test_a_folder_instead_of_a_file(fails, tmp_path):
    """The hint says how to name the files in it."""
    (tmp_path / "export.csv").mkdir()
    problem = fails(None, "export.csv")
    assert (problem.code, problem.hint) == ("E202", "name the files in it: export.csv/*.csv")


def test_a_file_name_that_tells_no_format(fails):
    """The hint says how to tell it."""
    problem = fails(GOOD, "x.dat")
    assert problem.code == "E217"
    assert "format: csv" in problem.hint


def test_a_wrong_column_name(fails, tmp_path):
    """The nearest name, the column, the source and its line in the config."""
    problem = fails(GOOD, fields="{name: ful_name}")
    assert (problem.code, problem.place.inside, problem.hint) == (
        "E206",
        "column ful_name",
        "did you mean 'full_name'?",
    )
    assert f"source 'ec' ({tmp_path / 'oneid.yaml'}:3)" in problem.message


def test_two_wrong_columns_at_once(source):
    """All that are missing are told in one go."""
    with pytest.raises(Problems) as caught:
        source(GOOD, fields="{name: ful_name, phone: telephone}")
    assert [problem.place.inside for problem in caught.value.problems] == ["column ful_name", "column telephone"]


def test_wrong_columns_in_two_files_at_once(source, tmp_path):
    """Each file of a pattern is told apart."""
    (tmp_path / "a.csv").write_text("member_id,tel\n1,\n")
    (tmp_path / "b.csv").write_text("member_id,full_name\n1,\n")
    with pytest.raises(Problems) as caught:
        source(None, "'*.csv'")
    found = [(Path(problem.place.file).name, problem.place.inside) for problem in caught.value.problems]
    assert found == [("a.csv", "column full_name"), ("b.csv", "column tel")]


def test_an_unknown_field_kind(source):
    """Told by the config loader, with its line and the nearest kind."""
    with pytest.raises(OneIDError) as caught:
        source(GOOD, fields="{phon: tel}")
    assert (caught.value.code, caught.value.place.line) == ("E103", 6)
    assert "did you mean 'phone'" in caught.value.hint


def test_two_mistakes_in_the_config_at_once(source):
    """Both are told, each with its line."""
    with pytest.raises(Problems) as caught:
        source(GOOD, fields="{phon: tel}", fomat="csv")
    assert [(problem.code, problem.place.line) for problem in caught.value.problems] == [("E103", 6), ("E102", 7)]


def test_a_wrong_encoding(fails, tmp_path):
    """The line of the first byte that does not decode, and the encoding that works."""
    data = ("member_id,full_name,tel\n1,a,\n2,佐藤,\n").encode("cp932")
    problem = fails(data, encoding="utf-8")
    assert (problem.code, problem.place.file, problem.place.line) == ("E203", str(tmp_path / "x.csv"), 3)
    assert "encoding: cp932" in problem.hint


def test_a_wrong_encoding_that_decodes(fails):
    """EUC-JP read as cp932 makes nonsense of the header; the hint says which encoding the file seems to be in."""
    data = "かいいな,なまえ\n1,さとう\n".encode("euc_jp")
    caught = fails(data, encoding="cp932", id="かいいな", fields="{name: かいいな}")
    assert caught.code == "E206"
    assert "is the file in euc-jp?" in caught.hint


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"  \n", b"\0\0"])
def test_an_empty_file(fails, data):
    """Not even a header."""
    problem = fails(data)
    assert problem.code == "E204"
    assert "header" in problem.hint


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf\n"])
def test_a_file_of_nothing_but_a_byte_order_mark(fails, data):
    """As empty as an empty one."""
    assert fails(data).code == "E204"


@pytest.mark.parametrize("data", ["member_id,full_name,tel", "member_id,full_name,tel\r\n\r\n"])
def test_a_header_and_nothing_else(fails, data):
    """A full feed of nobody would retire everyone; the hint says so."""
    problem = fails(data)
    assert (problem.code, problem.message) == ("E205", "there is a header but no row")
    assert "retire every member" in problem.hint
    assert "feed: delta" in problem.hint


def test_rows_of_which_none_can_be_used(fails):
    """As dangerous as no rows at all; the reasons are named."""
    problem = fails("member_id,full_name,tel\n,a,b\n1\n")
    assert (problem.code, problem.message) == ("E205", "none of the 2 rows can be used: no id, unreadable")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"member_id": [1001, None], "full_name": "x", "tel": "y"}),
        pd.DataFrame({"member_id": [1001.0, "A7"], "full_name": "x", "tel": "y"}),
        pl.DataFrame({"member_id": [1001.0], "full_name": "x", "tel": "y"}),
        pa.table({"member_id": [1001.5], "full_name": ["x"], "tel": ["y"]}),
    ],
)
def test_ids_that_were_read_as_floats(frame):
    """Integers become floats in pandas as soon as one is missing; 1001.0 would never be found again."""
    (problem,) = frame_fails(frame)
    assert (problem.code, str(problem.place)) == ("E208", "ec (column member_id)")
    assert "dtype=str" in problem.hint


def test_ids_that_were_written_as_floats(fails, tmp_path):
    """The same, one step later: in a CSV, and in a Parquet file."""
    problem = fails("member_id,full_name,tel\n1001.0,a,\n1002.0,b,\n")
    assert (problem.code, problem.place.inside) == ("E208", "column member_id")
    pl.DataFrame({"member_id": [1.0], "full_name": ["a"], "tel": ["b"]}).write_parquet(tmp_path / "x.parquet")
    assert fails(None, "x.parquet").code == "E208"


def test_duplicate_ids(fails):
    """Up to five rows by number, never by value, and what to say to settle it."""
    lines = "".join(f"S-77,名前{n},\n" for n in range(7))
    problem = fails("member_id,full_name,tel\nS-1,x,\n" + lines)
    assert (problem.code, problem.place.inside) == ("E209", "rows 2, 3, 4, 5, 6 and more")
    assert "duplicate_id: newest" in problem.hint
    assert not re.search("S-77|名前", str(problem))


def test_a_doubled_column(fails):
    """Which of the two is meant cannot be known; in frames neither."""
    problem = fails("member_id,tel,full_name,tel\n1,2,3,4\n")
    assert (problem.code, problem.place.inside) == ("E207", "column tel")
    frame = pd.DataFrame([["1", "2", "3", "4"]], columns=["member_id", "tel", "full_name", "tel"])
    assert [problem.code for problem in frame_fails(frame)] == ["E207"]


def test_a_cell_of_5000_characters(source):
    """Accepted whole, and noted."""
    result = source("member_id,full_name,tel\n1," + "あ" * 5000 + ",x\n")
    assert result.frame.get_column("@full_name").str.len_chars().to_list() == [5000]
    assert result.notes == ("column full_name: cells of up to 5000 characters",)


def test_nul_bytes(source):
    """NULs are no text: they are taken out, and that is noted; the row stays."""
    result = source(b"member_id,full_name,tel\n1,a\0b\0,\n")
    assert result.frame.get_column("@full_name").to_list() == ["ab"]
    assert result.notes == ("2 NUL characters taken out",)
    config = from_dict({"sources": {"ec": {"id": "id", "fields": {}, "carry": ["m"]}}})
    framed = read_source(config.sources["ec"], config, pl.DataFrame({"id": ["1", "\0"], "m": ["a\0", None]}))
    assert framed.frame.row(0) == ("1", 1, "1", "a")
    assert framed.rejected.row(0) == ("ec", 2, None, "no id")
    assert "column m: NUL characters taken out of 1 cells" in framed.notes


def test_a_quotation_mark_that_is_never_closed(fails):
    """It would take all rows after it into one cell, in silence."""
    problem = fails('member_id,full_name,tel\n1,a,b\n2,"c,d\n3,e,f\n4,g,h\n')
    assert (problem.code, problem.place.inside) == ("E215", "row 2")
    assert '"' in problem.hint


def test_a_quotation_mark_that_takes_rows_into_a_cell(fails, source):
    """Closed by another stray one, in the same column or in another; a cell of several lines is none of that."""
    columns = "member_id,full_name,tel,memo\n"
    for data in (
        '1,"a,b,c\n2,d,e,f\n3,g",h,i\n4,j,k,l\n',
        '1,a,b,"c\n2,d,e,f"\n3,g,h,i\n',
        '1,"a,b,c\n2,d,e",f\n3,g,h,i\n',
    ):
        problem = fails(columns + data)
        assert (problem.code, problem.place.inside) == ("E215", "row 1")
    whole = source(columns + '1,"a, b\nc","d",e\n\n2,f,"g\nh","i, j, k, l\nm"\n')
    assert whole.rows_in == 2


def test_a_header_of_more_than_a_mebibyte(fails):
    """It would be cut off, and all rows with it, which a delta feed would not notice."""
    header = "member_id,full_name,tel," + ",".join("x" * 99 for _ in range(11_000))
    problem = fails(f"{header}\n1,a,b\n", feed="delta")
    assert (problem.code, problem.message) == ("E210", "the header is longer than a MiB")


@pytest.mark.parametrize("cut", [0, 4, 40, -1, -8, -40])
def test_a_broken_parquet_file(fails, tmp_path, cut):
    """Cut short anywhere, or something else altogether."""
    frame = pl.DataFrame({"member_id": ["1"] * 99, "full_name": ["a"] * 99, "tel": ["b"] * 99})
    frame.write_parquet(tmp_path / "whole.parquet")
    data = (tmp_path / "whole.parquet").read_bytes()[:cut]
    problem = fails(data or b"nothing of the kind", "x.parquet")
    assert (problem.code, problem.place.file) == ("E210", str(tmp_path / "x.parquet"))
    assert problem.hint


def test_spoilt_bytes_in_a_parquet_file(source, tmp_path):
    """Whatever byte is spoilt, the answer is one of our errors or rows."""
    frame = pl.DataFrame({"member_id": [f"{n}" for n in range(50)], "full_name": "a", "tel": "b"})
    frame.write_parquet(tmp_path / "whole.parquet")
    data = (tmp_path / "whole.parquet").read_bytes()
    for at in range(0, len(data), 29):
        with contextlib.suppress(OneIDError):
            source(data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :], "x.parquet")


def test_columns_that_hold_no_text():
    """Lists of lists, structs and bytes."""
    frame = pl.DataFrame({"member_id": ["1"], "full_name": [[["a"]]], "tel": [{"x": 1}]})
    assert [(problem.code, problem.place.inside) for problem in frame_fails(frame)] == [
        ("E212", "column full_name"),
        ("E212", "column tel"),
    ]
    assert frame_fails(pl.DataFrame({"member_id": [b"\xff"], "full_name": "a", "tel": "b"}))[0].code == "E212"


@pytest.mark.parametrize("frame", [[{"member_id": 1}], {"member_id": ["1"]}, "x.csv", 7, np.zeros((2, 2))])
def test_something_that_is_no_frame(frame):
    """E213 says what may be handed over."""
    (problem,) = frame_fails(frame)
    assert problem.code == "E213"
    assert "DataFrame" in problem.hint


def test_an_id_in_the_index():
    """The usual way to lose a column in pandas."""
    frame = pd.DataFrame({"full_name": ["a"], "tel": ["b"]}, index=pd.Index(["1"], name="member_id"))
    (problem,) = frame_fails(frame)
    assert problem.code == "E206"
    assert "reset_index" in problem.hint


def test_every_code_is_documented():
    """The table at the top of oneid.sources.reading lists all codes that it and its helpers raise."""
    others = ("feeds", "guess", "handwritten")
    files = [file for file in Path(read_module.__file__).parent.rglob("*.py") if file.stem not in others]
    used = {code for file in files for code in re.findall(r'"(E2\d\d)"', file.read_text(encoding="utf-8"))}
    assert read_module.__doc__ is not None
    assert set(re.findall(r"^(E2\d\d)", read_module.__doc__, re.MULTILINE)) == used


_PIECES = [
    "member_id",
    "佐藤",
    "1",
    "2",
    "1,a\n",
    ",",
    "\n",
    "\r",
    '"',
    "\0",
    "\t",
    ";",
    " ",
    "\x1e",
    "\ufeff",
    "\u2028",
]


@given(
    head=st.sampled_from(["member_id,full_name\n", "", "member_id;full_name\r\n"]),
    tail=st.lists(st.sampled_from(_PIECES), max_size=40),
    encoding=st.sampled_from(["utf-8", "cp932", "utf-16"]),
)
@example(head="member_id,full_name\n", tail=["1,a\n", '2,"', "x\n"], encoding="utf-8")
@example(head="member_id,full_name\n", tail=["\ufeff", "\n", "1,a\n"], encoding="utf-8")
@settings(max_examples=thorough(300), deadline=None)
def test_no_text_loses_a_row_or_crashes(tmp_path_factory, head, tail, encoding):
    """Any text gives one of our errors or a result in which every row is kept or rejected."""
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    text = (head + "".join(tail)).encode(encoding, errors="ignore").decode(encoding)
    path.write_bytes(text.encode(encoding))
    config = from_dict({"sources": {"ec": {"path": str(path), "id": "member_id", "fields": {"name": "full_name"}}}})
    result = None
    with contextlib.suppress(OneIDError):
        result = read_source(config.sources["ec"], config)
    if result is None:
        return
    rows = [*result.frame.get_column("row"), *result.rejected.get_column("row")]
    assert sorted(rows) == list(range(1, result.rows_in + 1))
    if '"' not in text:
        lines = re.split("[\r\n]+", text.removeprefix("\ufeff").replace("\0", ""))
        assert result.rows_in == sum(1 for line in lines if line) - 1


@given(data=st.binary(max_size=200))
@settings(max_examples=thorough(200), deadline=None)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_random_bytes_never_crash(tmp_path_factory, suffix, data):
    """Whatever is in the file, only our own errors come out."""
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    path.write_bytes(data)
    config = from_dict({"sources": {"ec": {"path": str(path), "id": "a", "fields": {}}}})
    with pytest.raises(OneIDError) as caught:
        read_source(config.sources["ec"], config)
    assert caught.value.exit_code == 2
