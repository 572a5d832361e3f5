"""Spreadsheet files (.xlsx), looked at before a parser sees them.

A sheet is a ZIP of XML that says where its cells stand. A parser makes room for all cells between the first and the
last one, and counts on references being what they should: one cell at XFD1048576 asks for all memory, one at A0 ends
in a panic; where a cell stands twice, one of both is lost. So sizes and references are read first, without unpacking
more than a piece at a time: E210.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["check_workbook"]

_PIECE = 1 << 20
_LARGE = 1 << 28
_MOST_PACKED = 200
"""A file that unpacks to more than 256 MiB, and to 200 times of its size, holds nothing but repetition."""
_ROOM = 20_000_000
_SPARSE = 4
"""So many cells are made room for, and beyond that so many for each that is there."""
_ROWS, _COLUMNS = 1_048_576, 16_384
_CELL = re.compile(rb"<(?:\w+:)?(c|row|dimension)\b([^>]*)>")
_AT = re.compile(rb"""(?<![\w:])(?:r|ref)\s*=\s*["']([^"']*)["']""")
_REFERENCE = re.compile(rb"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})")
_LONGEST_TAG = 1 << 16


def check_workbook(path: Path) -> None:
    """Raises E210 for a file that is no spreadsheet, or one whose cells no parser should be trusted with; E202 where it
    cannot be opened.
    """
    place = Place(str(path))
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError("E202", said("cannot be opened: {reason}", reason=error.strerror), place=place) from None
    try:
        with zipfile.ZipFile(path) as book:
            if not any(re.fullmatch(r"/?xl/workbook\.xml", name, re.I) for name in book.namelist()):
                raise _bad(place, said("it holds no workbook"))
            for part in book.infolist():
                if part.file_size > _LARGE and part.file_size > _MOST_PACKED * max(1, part.compress_size):
                    raise _bad(
                        place,
                        said("{filename} unpacks to {size:,} MiB", filename=part.filename, size=part.file_size >> 20),
                    )
            for part in book.infolist():  # a sheet may stand in any of them, under any name
                wrong = _wrong(_pieces(book, part))
                if wrong:
                    raise _bad(place, said("{message}: {reason}", message=part.filename, reason=wrong))
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError):
        raise _bad(place, None) from None


def _bad(place: Place, what: str | None) -> InputError:
    here = Place(place.file, None, what)
    hint = "does it open in a spreadsheet program? copy the cells that count into a new sheet, or save it as CSV"
    return InputError("E210", "the file cannot be read as a spreadsheet", place=here, hint=hint)


def _pieces(book: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> Iterator[bytes]:
    """The text of a sheet in pieces that end with a tag."""
    rest = b""
    with book.open(sheet) as file:
        while piece := file.read(_PIECE):
            cut = piece.rfind(b">") + 1
            if not cut and len(rest) > _LONGEST_TAG + _PIECE:
                raise ValueError
            if cut:
                yield rest + piece[:cut]
                rest = piece[cut:]
            else:
                rest += piece
    yield rest


def _wrong(pieces: Iterator[bytes]) -> str | None:
    """What is wrong with where the cells of a sheet stand; None: nothing."""
    cells, top, bottom, left, right = 0, _ROWS, 0, _COLUMNS, 0
    last, in_rows = (0, 0), False  # a chain of formulas has cells in no rows, in the order of calculation
    columns: dict[bytes, int] = {}
    for piece in pieces:
        for tag in _CELL.finditer(piece):
            in_rows |= tag[1] == b"row"
            at = _AT.search(tag[2])
            if at is None:
                cells += tag[1] == b"c"
                continue
            if tag[1] == b"row":
                if not (at[1].isdigit() and 1 <= int(at[1][:9]) <= _ROWS):
                    return said("a row has a number that none has")
                continue
            ends = at[1].split(b":")
            found = [_REFERENCE.fullmatch(end) for end in ends]
            for end in found:
                row, column = (0, 0) if end is None else (int(end[2]), columns.get(end[1]) or _column(end[1], columns))
                if not (1 <= row <= _ROWS and 1 <= column <= _COLUMNS and len(ends) <= (2 if tag[1] != b"c" else 1)):
                    return said("a cell stands where there is no cell")
                if tag[1] == b"c":
                    if in_rows and (row, column) <= last:
                        return "a cell stands twice, or before one that it comes after"
                    last = row, column
                    top, bottom, left, right = min(top, row), max(bottom, row), min(left, column), max(right, column)
            cells += tag[1] == b"c"
    room = max(0, bottom - top + 1) * max(0, right - left + 1)
    if room > _ROOM + _SPARSE * cells:
        return said(
            "{cells:,} cells are spread over {room:,} places; a stray one stands far from the others",
            cells=cells,
            room=room,
        )
    return None


def _column(letters: bytes, known: dict[bytes, int]) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    known[letters] = number
    return number
