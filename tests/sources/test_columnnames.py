"""Names of columns that may be values of members: told to nobody, and taken for names by nobody."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

import oneid
from oneid.settings.configfile import from_dict
from oneid.sources.columnnames import near, refuse_headerless
from oneid.sources.guessing.configtext import init
from oneid.sources.guessing.guess import guess_source
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import InputError, OneIDError, Place
from sources.sheetfiles import workbook

COLUMNS = ["会員番号", "氏名", "フリガナ", "生年月日", "電話番号", "メール", "住所", "残高"]
MEMBERS = [
    [f"P{n:04}", "佐藤 花子", "サトウ ハナコ", "1980-01-02", f"090-1234-{n:04}", f"h{n}@example.jp",
     "東京都港区芝公園1-2", str(n)]
    for n in range(1, 301)
]  # fmt: skip
VALUES = ("佐藤", "サトウ", "1980", "090-", "example", "東京都", "P0001")
FIELDS = {"name": "氏名", "kana": "フリガナ", "birth": "生年月日", "phone": "電話番号", "email": "メール"}


def text(header: bool = True) -> str:
    rows = ([COLUMNS] if header else []) + MEMBERS
    return "".join(",".join(row) + "\n" for row in rows)


def told(path, data: str, **source: object) -> str:
    path.write_text(data, encoding="utf-8")
    mapping = {"path": str(path), "id": "会員番号", "fields": FIELDS, **source}
    config = from_dict({"sources": {"ec": mapping}})
    with pytest.raises(OneIDError) as caught:
        read_source(config.sources["ec"], config)
    return str(caught.value)


def private(said: str) -> bool:
    """Whether nothing of a member is in it."""
    return not any(value in said for value in VALUES)


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("closed", [False, True])
def test_a_stray_quotation_mark_in_the_header(tmp_path, at, closed) -> None:
    """It takes members into the name of a column: whichever, and whether another mark closes it or none does."""
    header = COLUMNS.copy()
    header[at] = '"' + header[at]
    data = text().replace(",".join(COLUMNS), ",".join(header), 1)
    if closed:
        data = data.replace("P0200,佐藤 花子", 'P0200,佐藤 花子"', 1)
    said = told(tmp_path / "x.csv", data)
    assert "E215" in said or "over several lines" in said
    assert private(said)
    assert len(said) < 2000


def test_a_file_without_a_header(tmp_path) -> None:
    """The first member is not told; that a header may be missing is."""
    said = told(tmp_path / "x.csv", text(header=False))
    assert private(said)
    assert "has it a header?" in said


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_values_among_names(tmp_path, suffix) -> None:
    """One name is as it should be, the others are values: those that look so are not told, in any format."""
    frame = pl.DataFrame({"会員番号": ["1"], **{value: ["x"] for value in MEMBERS[0][2:]}})
    path = tmp_path / f"x.{suffix}"
    {"csv": frame.write_csv, "parquet": frame.write_parquet, "jsonl": frame.write_ndjson}[suffix](path)
    config = from_dict({"sources": {"ec": {"path": str(path), "id": "会員番号", "fields": FIELDS}}})
    for frame_ in (None, frame, frame.to_pandas()):
        with pytest.raises(OneIDError) as caught:
            read_source(config.sources["ec"], config, frame_)
        assert {one.code for one in caught.value.problems} == {"E206"}
        assert private(str(caught.value))


def test_names_that_are_names_are_told() -> None:
    """The hint that helps stays."""
    assert near("ful_name", ["member_id", "full_name"], ["member_id", "ful_name"]) == "did you mean 'full_name'?"


@pytest.mark.parametrize("drop", [[], [0], [0, 7], [0, 2, 3, 4, 6, 7], [1, 2, 3, 5, 6, 7]])
def test_a_guess_notices_that_there_is_no_header(tmp_path, drop) -> None:
    """In files and frames alike, with whatever columns: nothing is written, and nobody is told."""
    kept = [n for n in range(8) if n not in drop]
    path = tmp_path / "x.csv"
    path.write_text("".join(",".join(row[n] for n in kept) + "\n" for row in MEMBERS), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        init([path], tmp_path / "oneid.yaml")
    assert (caught.value.code, caught.value.place.file) == ("E218", str(path))
    assert private(str(caught.value).replace(str(path), ""))
    assert not (tmp_path / "oneid.yaml").exists()
    for read in (pl.read_csv, pd.read_csv):
        with pytest.raises(InputError, match="E218"):
            guess_source("ec", read(path))
        with pytest.raises(OneIDError, match="E218"):
            oneid.resolve({"ec": read(path)})


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"会員番号": ["P1"], "氏名": ["佐藤"], "2023": ["5"], "2024": ["7"]}),
        pl.DataFrame({"id": ["1", "2"], "q1": ["a1", "b2"], "address1": ["東京都", "大阪府"]}),
        pl.DataFrame({"0": ["5"], "1": ["6"], "2": ["7"]}),
        pl.DataFrame({"column_1": ["x_1"], "column_2": ["5"], "column_3": ["佐藤"]}),
        pl.DataFrame({"memo": ["a", "b"]}),
        pl.DataFrame({"会員番号": []}, schema={"会員番号": pl.String}),
        pl.DataFrame(),
    ],
)
def test_headers_that_are_headers(frame) -> None:
    """Years, numbered columns, names that a library gives, and no rows at all."""
    refuse_headerless(frame, Place("x"))


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\x0c", "\x1e", " ", ",", ""])
def test_rows_that_became_part_of_the_header(tmp_path, end) -> None:
    """Under ends of lines that no CSV has, or none: neither errors nor a guessed config tell names of people."""
    lines = [",".join(COLUMNS), *(",".join(row) for row in MEMBERS[:9])]
    for data in (end.join(lines), end.join(lines[:2]) + "\n" + "\n".join(lines[2:]) + "\n"):
        assert private(told(tmp_path / "x.csv", data))
        with pytest.raises(OneIDError) as caught:
            init([tmp_path / "x.csv"], tmp_path / "oneid.yaml")
        assert private(str(caught.value))


def test_a_header_whose_half_is_a_row(tmp_path) -> None:
    """One name stands where it should; the others are a member, with a name that only looks like a word."""
    said = told(tmp_path / "x.csv", "会員番号,佐藤花子,サトウ,Sato,女\nP1,a,b,c,d\n")
    assert "E206" in said
    assert not any(cell in said for cell in ("佐藤花子", "サトウ", "Sato"))


@pytest.mark.parametrize("first", ["佐藤花子,サトウハナコ", "会員名簿 佐藤花子様", "x,高橋 一郎"])
def test_a_guess_notices_people_and_titles(tmp_path, first) -> None:
    """Names without a digit beside them, and a line above the header."""
    (tmp_path / "x.csv").write_text(first + "\n鈴木一平,スズキイッペイ,1\n田中実,タナカミノル,1\n", encoding="utf-8")
    with pytest.raises(OneIDError, match="E218"):
        init([tmp_path / "x.csv"], tmp_path / "oneid.yaml")


@pytest.mark.parametrize("name", ["佐藤花子", "高橋 一郎", "髙橋花子"])
def test_a_column_that_is_called_like_a_person(name) -> None:
    """So no column is called; what columns are called, and words, are no people."""
    with pytest.raises(InputError, match="E218"):
        refuse_headerless(pl.DataFrame({name: ["鈴木一平"]}), Place("x"))
    for word in ("氏名", "残高", "会員区分", "店舗名", "備考欄", "紹介者"):
        refuse_headerless(pl.DataFrame({word: ["鈴木一平"]}), Place("x"))


@pytest.mark.parametrize("name", ["*", "^.*$", "^$", "^氏名$", "**", "^*"])
@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx", "json", "frame", "guess"])
def test_names_that_polars_takes_for_patterns(tmp_path, name, form) -> None:
    """A column may be called ``*``; one that begins with ^ and ends with $ is refused where it is needed, and no harm
    where it is not. It is read as itself, never as the columns that the pattern would find.
    """
    rows = pl.DataFrame({"会員番号": ["1", "2"], "氏名": ["佐藤 花子", "山田 太郎"], name: ["甲", "乙"]})
    writers = {
        "csv": rows.write_csv, "parquet": rows.write_parquet, "json": rows.write_json,
        "xlsx": lambda path: workbook(path, [rows.columns, *rows.rows()]),
    }  # fmt: skip
    here = tmp_path / f"x.{form}"
    if form in writers:
        writers[form](here)
    source = {"path": str(here)} if form in writers else {}

    def read(*needed: str) -> pl.DataFrame:
        mapping = {**source, "id": "会員番号", "fields": {"name": "氏名"}, "carry": list(needed)}
        config = from_dict({"sources": {"ec": mapping}})
        return read_source(config.sources["ec"], config, None if source else rows).frame

    if form == "guess":
        if name.startswith("^") and name.endswith("$"):
            with pytest.raises(OneIDError, match="E216"):
                guess_source("ec", rows)
        else:
            assert guess_source("ec", rows).unused == (name,)
        return
    assert read().columns == ["source_id", "row", "@会員番号", "@氏名"]
    if name.startswith("^") and name.endswith("$"):
        with pytest.raises(OneIDError, match="E216"):
            read(name)
    else:
        assert read(name).get_column("@" + name).to_list() == ["甲", "乙"]
