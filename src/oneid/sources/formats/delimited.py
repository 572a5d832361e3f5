"""Rows of cells with a delimiter between them: csv and tsv, as columns of text.

Rows of too few or too many cells are not lost: their numbers are kept. Blank lines are no rows, and NUL characters,
which no text holds, are taken out and counted. Cells that are wanted alone are kept; of a file that is too large for
memory, never more than a piece else.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from oneid.sources.columnnames import check_columns
from oneid.sources.encoding import detect
from oneid.sources.formats import headerrows
from oneid.sources.formats.contents import PIECE, Contents
from oneid.sources.formats.headerrows import HeaderRows
from oneid.sources.formats.table import Request, Table, footers, numbered
from oneid.sources.formats.texts import FileText
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["read_delimited"]

_DELIMITERS = (",", "\t", ";", "|")
_BLOCK = 1 << 25
_LONGEST_BLOCK = (1 << 31) - 2
_LONGEST_HEADER = 1 << 20
_SHOWN = 60
_SEPARATOR = re.compile(r'^"?sep=(.)"?[ \t]*(\r\n|\n|\r)', re.IGNORECASE)
_END = "\x1e\x1eend\x1e\x1e"
"""A row of these is put behind the last one: if it does not come out again, a quotation mark swallowed it."""


@dataclass(frozen=True, slots=True)
class _Head:
    """How a file begins: what divides cells, its header, and the byte at which its data begin."""

    delimiter: str
    header: HeaderRows
    offset: int
    first_line: int


@dataclass(frozen=True, slots=True)
class _Body:
    """The rows of a file as a parser is given them."""

    contents: Contents
    offset: int
    tail: bytes
    quoted: bool
    ended: bool
    breaks: int

    def stream(self) -> pa.PythonFile:
        """The bytes as a file."""
        # a blank line first, since the parser would take a leading U+FEFF for a BOM
        return pa.PythonFile(_Joined(chain([b"\n"], self.contents.pieces(self.offset), [self.tail])), mode="r")

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return self.contents.size - self.offset + len(self.tail) + 1


class _Joined(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        if size is None or size < 0:
            return bytes(self._rest) + b"".join(self._pieces)
        got: list[bytes | memoryview] = []
        while size:
            if not len(self._rest):
                self._rest = memoryview(next(self._pieces, b""))
                if not len(self._rest):
                    break
            got.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(got[-1])
        return b"".join(got)


def read_delimited(text: FileText, request: Request, place: Place, delimiter: str | None) -> Table:
    """The wanted columns of a file of rows."""
    head = _head(text.contents, request, place, delimiter)
    header, delimiter = head.header, head.delimiter
    hint = None
    if request.encoding and request.columns and not set(request.columns) & header.known.keys():
        hint = _other_encoding(text, request.encoding)
    check_columns(header.listed, request.columns, place, request.wanted_by, hint)
    if request.columns is None:
        named = len("".join((name.strip() and "x") or " " for name in header.names).rstrip())
        wanted = {name: header.names.index(name) for name in header.names[:named]}
    else:
        wanted = {name: header.at(name) for name in request.columns}
    width = len(header.names)
    body = _body(text.contents, head.offset, delimiter, width)
    table, bad = _parse(body, delimiter, width, list(dict.fromkeys(wanted.values())), place)
    arrow = pl.DataFrame(pl.from_arrow(table)) if table.num_rows else pl.DataFrame()
    frame = arrow.select(pl.col(str(at)).alias(name) for name, at in wanted.items()) if arrow.width else arrow
    if not frame.height or frame.row(-1) != (_END,) * len(wanted):
        last = frame.height + len(bad)
        hint = said('look for a " without a partner in or before row {last}', last=last)
        message = "a quotation mark is never closed and takes the rest of the file into one cell"
        raise InputError("E215", message, place=Place(place.file, None, said("row {row}", row=last)), hint=hint)
    frame = frame.head(frame.height - 1)
    total = frame.height + len(bad)
    notes = _notes(head)
    if (spare := body.breaks - (0 if body.ended else -1) - total) > 0:
        _refuse_swallowed(body, delimiter, width, place)
    if spare > 1:
        notes.append(said("{spare} line breaks are blank lines or stand within quoted cells", spare=spare))
    return _without_footers(frame, bad, request, notes, _told(request))


def _without_footers(
    frame: pl.DataFrame, bad: dict[int, str], request: Request, notes: list[str], told: dict[str, object]
) -> Table:
    """The table, rows that are no members' counted apart."""
    feet = footers(frame, bad, request.ids, request.layout.skip_footer)
    unreadable = tuple(number for number in sorted(bad) if number not in set(feet))
    whole = Table(frame, numbered(frame.height, sorted(bad)), unreadable, tuple(notes), told=told)
    return whole.without(feet)


def _notes(head: _Head) -> list[str]:
    delimiter, header = head.delimiter, head.header
    notes = [] if delimiter in ",\t" else [said("cells are divided by '{delimiter}'", delimiter=delimiter)]
    return [*notes, *headerrows.where(head.first_line, head.first_line + header.last - header.first)]


def _told(request: Request) -> dict[str, object]:
    """What a config must say for the file to be read in this way: nothing, where it is found again."""
    return {"header": list(request.layout.header)} if request.layout.header else {}


def _head(contents: Contents, request: Request, place: Place, delimiter: str | None) -> _Head:
    """How the file begins. The delimiter is the one that a line ``sep=`` says, else the one that makes most of the
    wanted columns, then most columns.
    """
    head = contents.head(_LONGEST_HEADER).decode(errors="ignore")
    before, said_first = 0, _SEPARATOR.match(head)
    if said_first:
        delimiter, before = said_first[1], said_first.end()
    lines_before = 1 if said_first else 0
    layout = request.layout
    hint = "is it a text file with one row a line?"
    best: tuple[tuple[int, int], str, _Rows, HeaderRows] | None = None
    for choice in (delimiter,) if delimiter else _DELIMITERS:
        rows = _rows(head[before:], choice, whole=contents.size <= _LONGEST_HEADER)
        if rows is None:
            continue
        header = _header(rows, request, lines_before)
        if header is None:
            continue
        rank = (len(set(header.known) & set(request.columns or ())), len(header.names))
        if best is None or rank > best[0]:
            best = (rank, choice, rows, header)
    if best is None:
        if layout.header:
            told = said("there is no line {line}, where the header should stand", line=layout.header[0])
            raise InputError("E210", told, place=place, hint=said("look at 'header' of the source in the config"))
        raise InputError("E210", "the header cannot be read", place=place, hint=hint)
    _, delimiter, rows, header = best
    lines = rows.ends[header.last] if header.last >= header.first else 0
    ends = [end.end() for _, end in zip(range(lines), re.finditer(r"\r\n|\n|\r", head[before:]), strict=False)]
    whole = len(ends) == lines
    if not whole and contents.size > _LONGEST_HEADER:
        quoted = 'is it a text file with one row a line?; look for a " without a partner in it'
        hint = quoted if '"' in head else hint
        raise InputError("E210", "the header is longer than a MiB", place=place, hint=hint)
    if any(delimiter in name and re.search(r"[\r\n]", name) for name in header.known):
        message = "a quotation mark in the header takes rows into the name of a column"
        hint = 'look for a " without a partner in the first line'
        raise InputError("E215", message, place=Place(place.file, 1), hint=hint)
    at = ends[-1] if ends and whole else 0 if whole else len(head) - before
    offset = len(head[: before + at].encode()) if whole else contents.size
    first = lines_before + 1 + (rows.ends[header.first - 1] if 0 < header.first <= len(rows.ends) else 0)
    return _Head(delimiter, header, offset, first)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The first rows of a file, blank ones as none, and the line in which each ends, from 1."""

    cells: list[list[str]]
    ends: list[int]


def _rows(head: str, delimiter: str, *, whole: bool) -> _Rows | None:
    """The rows in the beginning of a file, without the last where it may be cut off; None where they are none."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    cells: list[list[str]] = []
    ends: list[int] = []
    filled = 0
    try:
        for row in reader:
            cells.append(row)
            ends.append(reader.line_num)
            filled += bool(row)
            if filled >= headerrows.ROWS or len(cells) > 20 * headerrows.ROWS:
                return _Rows(cells, ends)
    except csv.Error:
        return _Rows(cells, ends) if filled else None
    if not whole and len(cells) > 1:
        del cells[-1], ends[-1]
    return _Rows(cells, ends)


def _header(rows: _Rows, request: Request, lines_before: int) -> HeaderRows | None:
    """The header, as wide as the rows below it where these go on with blank cells, or it does."""
    layout = request.layout
    given = []
    for line in layout.header:
        begins = [0, *rows.ends]
        at = next((k for k, end in enumerate(rows.ends) if begins[k] < line - lines_before <= end), len(rows.cells))
        given.append(at)
    if layout.columns:
        header = headerrows.given_names(layout.columns, given)
    else:
        found = headerrows.find(rows.cells, request.columns or (), given)
        if found is None:
            return None
        header = found
    below = [row for row in rows.cells[header.last + 1 :] if row]
    width = _width(len(header.names), below)
    names = [*header.names[:width], *[""] * (width - len(header.names))]
    if width == len(header.names) or any(name.strip() for name in header.names[width:]):
        return header
    known = {name: tuple(one for one in at if one < width) for name, at in header.known.items()}
    if width > len(header.names):
        known[""] = (*known.get("", ()), *range(len(header.names), width))
    return HeaderRows(header.first, header.last, tuple(names), {name: at for name, at in known.items() if at})


def _width(names: int, rows: Sequence[Sequence[str]]) -> int:
    """How many cells the rows have, if that is more or fewer than names by blank cells alone; else the names."""
    if not rows:
        return names
    widths = [len(row) for row in rows]
    common = max(sorted(set(widths)), key=widths.count)
    if common > names and 2 * widths.count(common) > len(widths):
        blank = all(not cell.strip() for row in rows if len(row) == common for cell in row[names:])
        return common if blank else names
    return common if common < names and 2 * widths.count(common) > len(widths) else names


def _body(contents: Contents, offset: int, delimiter: str, width: int) -> _Body:
    quoted = lines = returns = 0
    last = b""
    for piece in contents.pieces(offset):
        quoted += piece.count(b'"')
        lines += piece.count(b"\n")
        returns += piece.count(b"\r")
        last = piece[-1:]
    ended = last in (b"\n", b"\r") or not last
    end = delimiter.join([_END] * width).encode() + b"\n"
    breaks = (lines or returns) if quoted else 0
    return _Body(contents, offset, end if ended else b"\n" + end, bool(quoted), ended, breaks)


def _options(width: int, at: Sequence[int]) -> tuple[list[str], pacsv.ConvertOptions]:
    names = [str(number) for number in range(width)]
    wanted = [names[number] for number in at]
    kinds = dict.fromkeys(wanted, pa.large_string())
    return names, pacsv.ConvertOptions(include_columns=wanted, column_types=kinds, check_utf8=False)


def _parse(body: _Body, delimiter: str, width: int, at: Sequence[int], place: Place) -> tuple[pa.Table, dict[int, str]]:
    """The columns at ``at``, and by their number (from 1) the beginnings of rows that have not ``width`` cells."""
    unreadable: dict[int, str] = {}
    swallowing: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        if row.text and re.search(r"[\r\n]", row.text) and row.text.count(delimiter) >= 2 * (width - 1) > 0:
            swallowing.append(row.number)
        unreadable[row.number] = (row.text or "")[:_SHOWN].lstrip('"')
        return "skip"

    names, convert = _options(width, at)
    parse = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=body.quoted, invalid_row_handler=note)
    for block in (_BLOCK, _LONGEST_BLOCK):
        read = pacsv.ReadOptions(use_threads=False, block_size=min(block, body.size + 1), column_names=names)
        unreadable.clear()
        try:
            table = pacsv.read_csv(body.stream(), read, parse, convert)
        except pa.ArrowInvalid:  # a row longer than a block; anything else comes again
            continue
        if swallowing:
            raise _swallows(place, swallowing[0])
        return table, unreadable
    hint = "is it a text file with one row a line?"
    raise InputError("E210", "the file cannot be read as rows of cells", place=place, hint=hint)


def _refuse_swallowed(body: _Body, delimiter: str, width: int, place: Place) -> None:
    """Refuses (E215) a file in one of whose cells stand rows: the rest of its own, and the next up to that column."""
    if width < 3:  # two lines with one comma each are an address
        return
    step = width if body.contents.data is not None else 1  # all columns of a large file may be more than memory holds
    for first in range(0, width, step):
        table, unreadable = _parse(body, delimiter, width, range(first, min(width, first + step)), place)
        rows = numbered(table.num_rows, sorted(unreadable))
        for at, column in enumerate(pl.DataFrame(pl.from_arrow(table)).get_columns(), first):
            lines = column.str.replace_all("\r\n?", "\n").str.split("\n")
            ends = [lines.list.get(end).str.count_matches(delimiter, literal=True) for end in (0, -1)]
            cells = column.str.count_matches(delimiter, literal=True)
            more = lines.list.len() - 1
            held = (more > 0) & (cells == more * (width - 1)) & (ends[0] == width - 1 - at) & (ends[1] == at)
            if held.fill_null(value=False).any():
                raise _swallows(place, rows.filter(held.fill_null(value=False))[0])


def _swallows(place: Place, row: int) -> InputError:
    hint = said('look for a " without a partner in row {row}; a " within a cell is written ""', row=row)
    message = "a quotation mark takes further rows into one cell"
    return InputError("E215", message, place=Place(place.file, None, said("row {row}", row=row)), hint=hint)


def _other_encoding(text: FileText, declared: str) -> str | None:
    try:
        other = detect(text.contents.head(PIECE).decode(errors="ignore").encode(declared))
    except UnicodeError:
        return None
    same = other is None or other.partition("-sig")[0] == declared.lower()
    return (
        None if same else said("or is the file in {other}? 'encoding' says {declared}", other=other, declared=declared)
    )
