"""Sheets of spreadsheet files (.xlsx, .xls) as columns of text.

Of several sheets that one is read that the config names, else the first that has the wanted columns, else (where
nothing is wanted yet) the one that looks most like a list of members. Cells are read as they are shown: whole numbers
as digits, dates as ISO dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fastexcel
import polars as pl
import pyarrow as pa

from oneid.sources.columnnames import check_columns
from oneid.sources.columntypes import foreign
from oneid.sources.formats import headerrows
from oneid.sources.formats.headerrows import HeaderRows, where
from oneid.sources.formats.table import Request, Table, footers, numbered
from oneid.sources.frames import arrow_to_text
from oneid.sources.workbooks import OLD, check_workbook, old_workbook
from oneid.vocabulary.errors import InputError, Place, did_you_mean
from oneid.vocabulary.language import said

__all__ = ["read_workbook"]

_FEW = 100
_WHOLE_DAY = r"^(\d{4}-\d\d-\d\d)[ T]00:00:00(?:\.0+)?$"


def read_workbook(path: Path, request: Request) -> Table:
    """The wanted columns of a sheet; rows without any cell are no rows."""
    place = Place(str(path))
    given = _given(path, place)
    opens = "does it open in a spreadsheet program?"
    broken = InputError("E210", "the file cannot be read as a spreadsheet", place=place, hint=opens)
    with foreign(broken):
        book = fastexcel.read_excel(given)
        names = list(book.sheet_names)
    sheets = _asked(names, request, place)
    with foreign(broken):
        found = [(name, _cells(book, name, _FEW)) for name in sheets] if len(sheets) > 1 else []
        name = _best(found, request) if found else sheets[0]
        cells = _cells(book, name, None)
    told: dict[str, object] = {} if len(names) == 1 or name == names[0] else {"sheet": name}
    read = said("{n} sheets, of which number {at} is read", n=len(names), at=names.index(name) + 1)
    notes: list[str] = [] if len(names) == 1 else [read]
    return _table(cells, request, place, told, notes)


def _given(path: Path, place: Place) -> Path | bytes:
    """What the parser is given: the file, or its bytes where its name says another thing than they do. E202, E210."""
    try:
        with path.open("rb") as file:
            head = file.read(len(OLD))
    except OSError as error:
        raise InputError("E202", said("cannot be opened: {reason}", reason=error.strerror), place=place) from None
    if head == OLD:
        return old_workbook(path)
    if path.suffix.lower() == ".xls" and not head.startswith(b"PK"):
        hint = "many systems call text or a page so: write 'format: csv' or 'format: tsv', or save it as .xlsx"
        raise InputError("E210", "the file is called .xls and is no spreadsheet", place=place, hint=hint)
    check_workbook(path)
    return path.read_bytes() if path.suffix.lower() == ".xls" else path


def _asked(names: Sequence[str], request: Request, place: Place) -> Sequence[str]:
    """The sheets among which to choose. E210 where the one that the config names is not there."""
    asked = request.layout.sheet
    if asked is None:
        if not names:
            raise InputError(
                "E204", "there is no sheet in it", place=place, hint="does it open in a spreadsheet program?"
            )
        return names
    if asked in names:
        return [asked]
    if asked.isdigit() and 1 <= int(asked) <= len(names):
        return [names[int(asked) - 1]]
    told = said("there is no sheet '{sheet}'", sheet=asked)
    hint = did_you_mean(asked, names) or said("it has {n} sheets, and a number counts them from 1", n=len(names))
    raise InputError("E210", told, place=place, hint=hint)


def _cells(book: fastexcel.ExcelReader, name: str, most: int | None) -> pl.DataFrame:
    """All cells of a sheet as text, from its first row on."""
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=most, dtypes="string")
    if not sheet.width:
        return pl.DataFrame()
    names = [str(at) for at in range(sheet.width)]
    frame = arrow_to_text(pa.table(sheet).rename_columns(names), names, (), Place())
    return frame.with_columns(pl.all().str.replace(_WHOLE_DAY, "${1}"))


def _head(cells: pl.DataFrame) -> list[list[str]]:
    return [["" if cell is None else cell for cell in row] for row in cells.head(headerrows.ROWS).iter_rows()]


def _best(sheets: Sequence[tuple[str, pl.DataFrame]], request: Request) -> str:
    """The sheet with most of the wanted columns, else with most columns that are called as columns of members are and
    most rows.
    """

    def rank(cells: pl.DataFrame) -> tuple[int, int]:
        found = _header(_head(cells), request) if cells.width else None
        if found is None:
            return -1, 0
        if request.columns is not None:
            return len(set(found.known) & set(request.columns)), 0
        return sum(map(headerrows.label, set(found.names))), min(cells.height - found.last, _FEW // 2)

    ranks = [rank(cells) for _, cells in sheets]
    return sheets[ranks.index(max(ranks))][0]


def _header(rows: Sequence[Sequence[str]], request: Request) -> HeaderRows | None:
    layout = request.layout
    given = [line - 1 for line in layout.header]
    if layout.columns:
        return headerrows.given_names(layout.columns, given)
    return headerrows.find(rows, request.columns or (), given)


def _table(cells: pl.DataFrame, request: Request, place: Place, told: dict[str, object], notes: list[str]) -> Table:
    header = _header(_head(cells), request) if cells.width else None
    if header is None:
        hint = "was its export cut off? a file needs at least a header"
        raise InputError("E204", "the sheet is empty", place=place, hint=hint)
    known = {
        name: found for name, at in header.known.items() if (found := tuple(one for one in at if one < cells.width))
    }
    header = HeaderRows(header.first, header.last, header.names[: cells.width], known)
    check_columns(header.listed, request.columns, place, request.wanted_by)
    if request.columns is None:
        wanted = {name: header.names.index(name) for name in header.names if name.strip()}
    else:
        wanted = {name: header.at(name) for name in request.columns}
    body = cells.slice(header.last + 1)
    filled = body.select(pl.any_horizontal(pl.all().fill_null("").str.strip_chars() != "").alias("filled")).to_series()
    body = body.filter(filled)
    notes = [*notes, *where(header.first + 1, header.last + 1)]
    frame = body.select(pl.col(str(at)).alias(name) for name, at in wanted.items())
    return Table(frame, numbered(body.height), notes=tuple(notes), told=told).without(_feet(body, wanted, request))


def _feet(body: pl.DataFrame, wanted: dict[str, int], request: Request) -> list[int]:
    """The rows at the end that are no members': all cells of a row count, not those alone that are wanted."""
    ids = [str(wanted[name]) for name in request.ids if name in wanted]
    return footers(body, {}, ids if request.columns is not None else (), request.layout.skip_footer)
