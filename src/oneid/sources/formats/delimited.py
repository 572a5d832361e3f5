"""Rows of cells with a delimiter between them: csv and tsv, as columns of text.

Rows of too few or too many cells are not lost: their numbers are kept. Blank lines are no rows, and NUL characters,
which no text holds, are taken out and counted. Cells that are wanted alone are kept; of a file that is too large for
memory, never more than a piece else.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from oneid.kinds.catalogue import KINDS
from oneid.sources.columnnames import check_columns
from oneid.sources.encoding import detect
from oneid.sources.formats import headerrows
from oneid.sources.formats.cells import Cells, NotAsItIs, WholeRows
from oneid.sources.formats.contents import PIECE
from oneid.sources.formats.headerrows import HeaderRows
from oneid.sources.formats.table import Request, Table, footers, numbered, spacing
from oneid.sources.formats.texts import FileText
from oneid.sources.headers import heading
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["read_delimited"]

_DELIMITERS = (",", "\t", ";", "|")
_LONGEST_HEADER = 1 << 20
_SEPARATOR = re.compile(r'^"?sep=(.)"?[ \t]*(\r\n|\n|\r)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Head:
    """How a file begins: what divides cells, its header, and the byte at which its data begin."""

    delimiter: str
    header: HeaderRows
    offset: int
    first_line: int


def read_delimited(text: FileText, request: Request, place: Place, delimiter: str | None) -> Table:
    """The wanted columns of a file of rows; a sample of its rows, and all behind it, if that will do."""
    try:
        return _read(text, request, place, delimiter)
    except NotAsItIs:
        return _read(text.utf8(), request, place, delimiter)


def _read(text: FileText, request: Request, place: Place, delimiter: str | None) -> Table:
    head = _head(text, request, place, delimiter)
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
    cells = Cells(text, head.offset, delimiter, width, place)
    if request.sampled:
        return _sample(cells, wanted, request, _notes(head))
    frame, bad = cells.columns(wanted)
    notes = [*_notes(head), *cells.breaks_within(frame.height + len(bad))]
    return _without_footers(frame, bad, request, notes, _told(request))


def _sample(cells: Cells, wanted: dict[str, int], request: Request, notes: list[str]) -> Table:
    """Some of the rows, and all behind them; rows that are no members' counted apart. The column that is called as an
    id is asked for in full, as a rule, and so is kept at once.
    """
    likely = [name for name in wanted if heading(name, KINDS).id in ("member", "bare")]
    sample = cells.sample(wanted, likely[:1])
    bad = sample.unreadable
    notes = [*notes, *cells.breaks_within(sample.height + len(bad))]
    feet = footers(sample.tail, bad, request.ids, request.layout.skip_footer, sample.height)
    unreadable = tuple(number for number in sorted(bad) if number not in set(feet))
    whole = WholeRows(cells, wanted, sample.height - len(set(feet) - bad.keys()), sample.kept)
    at = sample.at.filter(sample.at < whole.height)
    at = at.filter(at % spacing(whole.height) == 0)
    frame = sample.frame.filter(sample.at.is_in(at.implode()))
    rows = numbered(sample.height, sorted(bad)).gather(at)
    table = Table(frame, rows, unreadable, tuple(notes), told=_told(request), whole=whole)
    return table.without(feet)


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


def _head(text: FileText, request: Request, place: Place, delimiter: str | None) -> _Head:
    """How the file begins. The delimiter is the one that a line ``sep=`` says, else the one that makes most of the
    wanted columns, then most columns.
    """
    contents, encoding = text.contents, text.coded or "utf-8"
    head = contents.head(_LONGEST_HEADER).decode(encoding, errors="ignore")
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
    offset = len(head[: before + at].encode(encoding)) if whole else contents.size
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


def _other_encoding(text: FileText, declared: str) -> str | None:
    try:
        other = detect(text.contents.head(PIECE).decode(errors="ignore").encode(declared))
    except UnicodeError:
        return None
    same = other is None or other.partition("-sig")[0] == declared.lower()
    return (
        None if same else said("or is the file in {other}? 'encoding' says {declared}", other=other, declared=declared)
    )
