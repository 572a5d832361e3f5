"""Spreadsheet files (.xlsx, .xls), looked at before a parser sees them.

A sheet is a ZIP of XML that says where its cells stand. A parser makes room for all cells between the first and the
last one, and counts on references being what they should: one cell at XFD1048576 asks for all memory, one at A0 ends
in a panic; where a cell stands twice, one of both is lost. So sizes and references are read first, without unpacking
more than a piece at a time: E210.

An old workbook (.xls, Excel 97 to 2003: [MS-XLS], [MS-CFB]) is a file of sectors, each of which tells the next, and
therein a stream of records. Sizes in it are believed by parsers, who then ask for as much memory, and end the process
where there is none. So it is walked through once, and a parser is given nothing but the stream of the workbook.
"""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["OLD", "check_workbook", "old_workbook"]

OLD = bytes.fromhex("d0cf11e0a1b11ae1")
"""What an old workbook begins with."""

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
                        return said("a cell stands twice, or before one that it comes after")
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


# --- old workbooks -------------------------------------------------------------------------------------------------

_NO_SECTOR = 0xFFFFFFFA
_A_TABLE, _END_OF_CHAIN, _NONE = 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
_IN_HEADER = 109
_ENTRY = 128
_SIZE = 1 << 12
_OLD_ROWS, _OLD_COLUMNS = 65_536, 256
_CELLS = {0x06, 0xD6, 0xFD, 0x203, 0x204, 0x205, 0x27E}
"""The records of one cell: formulas, texts, numbers, truths."""
_NUMBERS, _DIMENSIONS, _TEXTS, _SHEET, _LOCKED, _BEGIN, _END = 0xBD, 0x200, 0xFC, 0x85, 0x2F, 0x809, 0x0A
_EXCEL_97 = 0x600


def old_workbook(path: Path) -> bytes:
    """A compound file with the workbook of an .xls file alone, which a parser can be trusted with. E202, E210."""
    place = Place(str(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("E202", said("cannot be opened: {reason}", reason=error.strerror), place=place) from None
    try:
        stream = _stream(data)
        wrong = _wrong_records(stream)
    except (struct.error, IndexError, ValueError):
        raise _bad(place, None) from None
    if wrong:
        raise _bad(place, wrong)
    return _compound(stream)


def _stream(data: bytes) -> bytes:
    """The stream called Workbook. ValueError, IndexError and struct.error for a file that is broken."""
    sectors = _Sectors(data)
    entries, few = sectors.whole(sectors.folder), b""
    for at in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        entry = entries[at : at + _ENTRY]
        name = entry[: max(0, entry[64] - 2)].decode("utf-16-le", errors="replace")
        first, length = struct.unpack_from("<II", entry, 116)
        if entry[66] == 5 and not at:
            few = sectors.whole(first)
        if entry[66] == 2 and name.lower() == "workbook":
            found = sectors.whole(first) if length >= sectors.cutoff else sectors.small(first, few)
            if len(found) < length:
                raise ValueError
            return found[:length]
    raise ValueError


class _Sectors:
    """The sectors of a compound file, and which of them follows which."""

    def __init__(self, data: bytes) -> None:
        shift, small_shift = struct.unpack_from("<HH", data, 30)
        if not data.startswith(OLD) or shift not in (9, 12) or small_shift != 6:
            raise ValueError
        self._data, self._size = data, 1 << shift
        self.folder, _, self.cutoff, small, _, more, _ = struct.unpack_from("<7I", data, 48)
        tables = _numbers(data[76 : 76 + 4 * _IN_HEADER])
        for _ in range(len(data) >> shift):
            if more >= _NO_SECTOR:
                break
            *found, more = _numbers(self._sector(more))
            tables += found
        self._follows = _numbers(b"".join(self._sector(number) for number in tables if number < _NO_SECTOR))
        self._small_follows = _numbers(self.whole(small))

    def whole(self, first: int) -> bytes:
        """A sector and all that follow."""
        return b"".join(map(self._sector, _chain(first, self._follows)))

    def small(self, first: int, few: bytes) -> bytes:
        """A sector of 64 bytes and all that follow, of the stream that holds ``few`` of them."""
        return b"".join(few[64 * one : 64 * one + 64] for one in _chain(first, self._small_follows))

    def _sector(self, number: int) -> bytes:
        return self._data[(number + 1) * self._size : (number + 2) * self._size]


def _numbers(code: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack("<I", code[: len(code) // 4 * 4])]


def _chain(first: int, follows: Sequence[int]) -> Iterator[int]:
    for _ in range(len(follows) + 1):
        if first >= _NO_SECTOR:
            return
        yield first
        first = follows[first]
    raise ValueError


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """The kind, the place and the length of the records from a place on, up to the end of their sheet."""
    while True:
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if at + length > len(stream):
            raise ValueError
        yield kind, at, length
        if kind == _END:
            return
        at += length


def _wrong_records(stream: bytes) -> str | None:
    """What is wrong with an old workbook; None: nothing."""
    sheets: list[int] = []
    for kind, at, length in _records(stream, 0):
        if kind == _BEGIN and struct.unpack_from("<H", stream, at)[0] != _EXCEL_97:
            return said("it is of a version before Excel 97")
        if kind == _LOCKED:
            return said("it is locked with a password")
        if kind == _SHEET:
            sheets.append(struct.unpack_from("<I", stream, at)[0])
        if kind == _TEXTS and (length < 8 or max(struct.unpack_from("<II", stream, at)[1:]) > len(stream) // 3):
            return said("it says to hold more texts than it has room for")
    cells = room = 0
    for begin in sheets:
        held, spread, wrong = _wrong_sheet(stream, begin)
        if wrong:
            return wrong
        cells, room = cells + held, room + spread
    if room > _ROOM + _SPARSE * cells:
        return said(
            "{cells:,} cells are spread over {room:,} places; a stray one stands far from the others",
            cells=cells,
            room=room,
        )
    return None


def _wrong_sheet(stream: bytes, begin: int) -> tuple[int, int, str | None]:
    """How many cells a sheet has, how many places a parser makes room for, and what is wrong with them."""
    places: list[int] = []
    for kind, at, length in _records(stream, begin):
        if kind == _DIMENSIONS:
            first, last, left, right = struct.unpack_from("<IIHH", stream, at)
            if not (first <= last <= _OLD_ROWS and left <= right <= _OLD_COLUMNS):
                return 0, 0, said("a cell stands where there is no cell")
        elif kind in _CELLS or kind == _NUMBERS:
            row, left = struct.unpack_from("<HH", stream, at)
            right = struct.unpack_from("<H", stream, at + length - 2)[0] if kind == _NUMBERS else left
            if not left <= right < _OLD_COLUMNS or (kind == _NUMBERS and length != 6 + 6 * (right - left + 1)):
                return 0, 0, said("a cell stands where there is no cell")
            places.extend(range(row * _OLD_COLUMNS + left, row * _OLD_COLUMNS + right + 1))
    if len(set(places)) < len(places):
        return 0, 0, said("a cell stands twice, or before one that it comes after")
    if not places:
        return 0, 0, None
    columns = {place % _OLD_COLUMNS for place in places}
    rows = max(places) // _OLD_COLUMNS - min(places) // _OLD_COLUMNS + 1
    return len(places), rows * (max(columns) - min(columns) + 1), None


def _compound(stream: bytes) -> bytes:
    """A compound file with that stream alone, in sectors of 4,096 bytes: what follows what, the folder, the stream."""
    count = max(1, -(-len(stream) // _SIZE))
    length = count * _SIZE  # a short one would stand elsewhere; what is behind the last sheet is not read
    tables = -(-(count + 2) // (_SIZE // 4 - 1))
    if tables > _IN_HEADER:
        raise ValueError
    first = tables + 1
    follows = [_A_TABLE] * tables + [_END_OF_CHAIN, *range(first + 1, first + count), _END_OF_CHAIN]
    head = OLD + bytes(16) + struct.pack("<5H6x", 0x3E, 4, 0xFFFE, 12, 6)
    head += struct.pack("<9I", 1, tables, tables, 0, _SIZE, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0)
    head += struct.pack(f"<{tables}I", *range(tables)) + b"\xff" * 4 * (_IN_HEADER - tables)
    folder = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBB3I36xIQ", 2 * len(name) + 2, kind, 1, _NONE, _NONE, inner, first, size)
        for name, kind, inner, size in (("Root Entry", 5, 1, 0), ("Workbook", 2, _NONE, length))
    )
    table = struct.pack(f"<{len(follows)}I", *follows).ljust(tables * _SIZE, b"\xff")
    return b"".join([head.ljust(_SIZE, b"\0"), table, folder.ljust(_SIZE, b"\0"), stream.ljust(length, b"\0")])
