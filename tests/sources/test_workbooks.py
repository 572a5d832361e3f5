"""Spreadsheet files, looked at before a parser sees them."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from oneid.sources.workbooks import check_workbook
from oneid.vocabulary.errors import InputError


def book(path: Path, sheet: str, **more: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": sheet, **more}.items():
            file.writestr(name, text)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        check_workbook(path)
    assert caught.value.code == "E210"
    return str(caught.value)


def cells(*references: str) -> str:
    return "<sheetData><row>" + "".join(f'<c r="{one}" t="s"><v>0</v></c>' for one in references) + "</sheetData>"


def test_a_usual_sheet(tmp_path) -> None:
    """Cells with and without references, prefixes, absolute references, a dimension."""
    sheet = '<x:worksheet><x:dimension ref="A1:C9"/><x:row r="1"><x:c r="A1"/><x:c/><x:c r = \'$C$9\' s="1"/></x:row>'
    check_workbook(book(tmp_path / "x.xlsx", sheet + "<cols><col min='1'/></cols><f>r=\"A0\"</f></x:worksheet>"))


def test_one_cell_far_away(tmp_path) -> None:
    """Under two kilobytes that would ask for all memory; a full sheet of a million cells does not."""
    path = book(tmp_path / "x.xlsx", cells("A1", "XFD1048576"))
    assert path.stat().st_size < 2000
    assert "a stray one stands far from the others" in refused(path)
    assert "sheet1" in refused(book(tmp_path / "y.xlsx", cells("A1", "AZ1048576")))
    check_workbook(book(tmp_path / "z.xlsx", cells("A1", "J1048576")))
    check_workbook(book(tmp_path / "w.xlsx", cells(*(f"{c}{r}" for r in range(1, 3000) for c in ("A", "ABC")))))


@pytest.mark.parametrize(
    "reference",
    ["A0", "A", "1", "", "a1", "A-1", "A1:B2", "XFE1", "A1048577", "A" * 20 + "1", "A" + "9" * 30, "あ1", "A1 B", "$A"],
)
def test_references_that_are_none(tmp_path, reference) -> None:
    """No parser is shown them."""
    assert "a cell stands where there is no cell" in refused(book(tmp_path / "x.xlsx", cells("A1", reference)))


@pytest.mark.parametrize("number", ["0", "-1", "1048577", "9" * 30, "x", ""])
def test_rows_that_are_none(tmp_path, number) -> None:
    """The same for rows."""
    assert "a row has a number" in refused(book(tmp_path / "x.xlsx", f'<row r="{number}"></row>'))


def test_a_sheet_over_pieces(tmp_path) -> None:
    """A reference is found wherever the pieces in which a sheet is read are cut."""
    for padding in range(0, 60, 7):
        filler = "<!-- " + "x" * ((1 << 20) - 100 + padding) + " -->"
        assert refused(book(tmp_path / "x.xlsx", filler + cells("A1", "A0")))


def test_what_unpacks_to_nothing_but_repetition(tmp_path) -> None:
    """The sizes that the file itself tells suffice."""
    path = book(tmp_path / "x.xlsx", cells("A1"), **{"xl/sharedStrings.xml": " " * (1 << 20)})
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    told = (1 << 20).to_bytes(4, "little")
    path.write_bytes(data[:at] + data[at:].replace(told, (1 << 30).to_bytes(4, "little")))
    assert "unpacks to 1,024 MiB" in refused(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04" + bytes(99), b"id,name\n"])
def test_what_is_no_workbook(tmp_path, data) -> None:
    """Anything else in a file of that name."""
    (tmp_path / "x.xlsx").write_bytes(data)
    refused(tmp_path / "x.xlsx")


def test_a_damaged_workbook(tmp_path) -> None:
    """Whatever byte is spoilt, it is refused or read on."""
    data = book(tmp_path / "x.xlsx", cells("A1", "B2")).read_bytes()
    for at in range(len(data)):
        (tmp_path / "x.xlsx").write_bytes(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])
        with suppress(InputError):
            check_workbook(tmp_path / "x.xlsx")


@pytest.mark.parametrize("name", ["xl/odd/any.bin", "no folder", "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_sheet_under_any_name(tmp_path, name) -> None:
    """The parser follows the workbook's relations, so whatever part there is may be a sheet."""
    assert name in refused(book(tmp_path / "x.xlsx", cells("A1"), **{name: cells("A1", "XFD1048576")}))


@pytest.mark.parametrize("twice", [("A1", "B1", "A1"), ("A1", "A1"), ("A2", "B2", "B1"), ("B1", "$B$1")])
def test_a_cell_that_stands_twice(tmp_path, twice) -> None:
    """One of both would be lost in silence; a chain of formulas names cells as they are calculated."""
    assert "stands twice" in refused(book(tmp_path / "x.xlsx", cells(*twice)))
    chain = "<calcChain>" + "".join(f'<c r="{one}" i="1"/>' for one in twice) + "</calcChain>"
    check_workbook(book(tmp_path / "x.xlsx", cells("A1", "B1"), **{"xl/calcChain.xml": chain}))
