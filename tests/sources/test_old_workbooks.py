"""Spreadsheets of Excel 97 (.xls): read as those of today, and looked at before a parser sees them."""

from __future__ import annotations

import datetime as dt
import random
import struct
from pathlib import Path

import pytest

from oneid.settings.configfile import load
from oneid.sources.files import Request, read_path
from oneid.sources.guessing.configtext import init
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import InputError, OneIDError
from sources.sheetfiles import old_workbook, workbook

ROWS = [
    ["会員名簿", None, None, None],
    [None, None, None, None],
    ["会員番号", "氏名", "生年月日", "電話番号"],
    [1001, "佐藤 花子", dt.date(1980, 3, 7), "090-1111-2222"],
    [1002, "鈴木 一郎", None, "080-3333-4444"],
    [1003, "高橋 さくら", dt.date(2000, 1, 1), None],
    ["合計", "3名", None, None],
]


def refused(path: Path, **request: str) -> str:
    with pytest.raises(InputError) as caught:
        read_path(path, Request(None, **request))
    assert caught.value.code == "E210"
    return str(caught.value)


def test_it_is_read_as_a_sheet_of_today(tmp_path: Path) -> None:
    """The sheet with members, its header below a title, dates and whole numbers, a footer; the same as .xlsx."""
    sheets = {"表紙": [["名簿"]], "会員": ROWS}
    old = read_path(old_workbook(tmp_path / "members.xls", sheets), Request(None))
    assert old.frame.rows()[0] == ("1001", "佐藤 花子", "1980-03-07", "090-1111-2222")
    new = read_path(workbook(tmp_path / "members.xlsx", sheets), Request(None))
    assert old.frame.equals(new.frame)
    assert (old.rows.to_list(), old.footers, old.notes, old.told) == (
        new.rows.to_list(),
        new.footers,
        new.notes,
        new.told,
    )
    made = init([tmp_path / "members.xls"], tmp_path / "made.yaml")
    assert "path: members.xls\n" in made
    assert "sheet:" in made
    config = load(tmp_path / "made.yaml")
    assert read_source(config.sources["members"], config).frame.height == 3


def test_many_cells(tmp_path: Path) -> None:
    """A workbook of many sectors."""
    rows = [["id", "name"], *([number, "佐藤"] for number in range(1, 1400))]
    table = read_path(old_workbook(tmp_path / "members.xls", {"a": rows}), Request(("id",)))
    assert table.frame.get_column("id").to_list() == [str(number) for number in range(1, 1400)]


def test_other_places_of_the_same_bytes(tmp_path: Path) -> None:
    """A short workbook lies in small sectors; of a long one, what follows what is told further away."""
    path = old_workbook(tmp_path / "x.xls", {"a": ROWS})
    want = read_path(path, Request(None)).frame
    data = bytearray(path.read_bytes())
    far = struct.pack("<128I", 0, *[0xFFFFFFFF] * 126, 0xFFFFFFFE)
    struct.pack_into("<II", data, 68, len(data) // 512 - 1, 1)
    struct.pack_into("<I", data, 76, 0xFFFFFFFF)
    path.write_bytes(data + far)
    assert read_path(path, Request(None)).frame.equals(want)
    assert read_path(old_workbook(path, {"a": ROWS}, small=True), Request(None)).frame.equals(want)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 512 + 8, 2)  # the first sector of the stream follows itself
    path.write_bytes(data)
    refused(path)


@pytest.mark.parametrize("name", ["members.xlsx", "members.xls"])
def test_a_name_that_says_another_format(name: str, tmp_path: Path) -> None:
    """Bytes tell; only text that is called so is refused, with a word on what it may be."""
    old, new = tmp_path / "old" / name, tmp_path / "new" / name
    for path in (old, new):
        path.parent.mkdir()
    old_workbook(old, {"a": ROWS})
    workbook(new, ROWS)
    assert read_path(old, Request(None)).frame.equals(read_path(new, Request(None)).frame)
    text = tmp_path / "text.xls"
    text.write_text("会員番号\t氏名\n1\t佐藤\n", "cp932")
    assert "format: tsv" in refused(text)
    assert read_path(text, Request(None, format="tsv")).frame.rows() == [("1", "佐藤")]
    text.write_text("<html><table><tr><td>会員番号</td></tr></table></html>", "utf-8")
    assert "save it as .xlsx" in refused(text)


def changed(path: Path, kind: int, at: int, form: str, *values: int) -> Path:
    """The file with other numbers in its first record of a kind."""
    data = bytearray(path.read_bytes())
    begin = data.index(struct.pack("<H", kind), 3 * 512)
    while True:
        length = struct.unpack_from("<H", data, begin + 2)[0]
        if length in (10, 14, 20, 8) or kind in (0xFC, 0x85, 0x809):
            break
        begin = data.index(struct.pack("<H", kind), begin + 1)
    struct.pack_into(form, data, begin + 4 + at, *values)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("kind", "at", "form", "values", "told"),
    [
        (0x200, 4, "<I", (0xFFFFFF,), "no cell"),  # rows that a parser would make room for
        (0x200, 10, "<H", (0xFFFF,), "no cell"),
        (0xFC, 4, "<I", (0x7FFFFFFF,), "more texts"),
        (0xFD, 2, "<H", (300,), "no cell"),
        (0x809, 0, "<H", (0x500,), "before Excel 97"),
        (0x85, 0, "<I", (1 << 30,), ""),  # a sheet behind the end
    ],
)
def test_sizes_that_no_workbook_has(
    kind: int, at: int, form: str, values: tuple[int, ...], told: str, tmp_path: Path
) -> None:
    """Each would take all memory, or lead out of the file."""
    path = changed(old_workbook(tmp_path / "x.xls", {"a": ROWS}), kind, at, form, *values)
    assert told in refused(path)


def test_one_cell_far_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room that nobody needs is not made."""
    path = old_workbook(tmp_path / "x.xls", {"a": [["id", *[None] * 200, "x"], *[[None]] * 300, ["1"]]})
    read_path(path, Request(None))
    monkeypatch.setattr("oneid.sources.workbooks._ROOM", 1000)
    assert "spread over" in refused(path)


def test_a_cell_that_stands_twice(tmp_path: Path) -> None:
    """One of both would be lost."""
    path = old_workbook(tmp_path / "x.xls", {"a": [["id", "name"], ["1", "佐藤"]]})
    data = path.read_bytes()
    first = struct.pack("<HHHHHI", 0xFD, 10, 1, 1, 0, 3)
    assert first in data
    path.write_bytes(data.replace(first, struct.pack("<HHHHHI", 0xFD, 10, 0, 1, 0, 3)))
    assert "stands twice" in refused(path)


def test_locked(tmp_path: Path) -> None:
    """With a password."""
    path = old_workbook(tmp_path / "x.xls", {"a": ROWS})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<HHH", 0x42, 2, 1200), struct.pack("<HHH", 0x2F, 2, 0)))
    assert "password" in refused(path)


def test_damage(tmp_path: Path) -> None:
    """Bytes that are changed at random, or missing, end in rows or in words."""
    path = old_workbook(tmp_path / "x.xls", {"a": ROWS})
    whole, random_ = path.read_bytes(), random.Random(5)
    codes: set[str | None] = set()
    places = [at for at, byte in enumerate(whole) if byte not in (0, 255)]
    for number in range(150):
        data = bytearray(whole)
        for at in random_.choices(places, k=1 + number % 3):
            data[at] = random_.choice([0, 1, 127, 255, random_.randrange(256)])
        path.write_bytes(data if number % 5 else data[: random_.randrange(len(data))])
        try:
            read_path(path, Request(None))
        except OneIDError as error:
            codes |= {one.code for one in error.problems}
    assert codes <= {"E204", "E210"}
