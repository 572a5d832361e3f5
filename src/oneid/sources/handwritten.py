"""Small CSV files that people write by hand or in a spreadsheet program: decisions, new member numbers.

As forgiving as can be without guessing: any encoding that sources may have (Excel saves cp932 on Japanese Windows),
commas, tabs or semicolons, blank lines and lines of commas alone, empty cells too many at the end of a line. Whatever
else is odd is an error that names the line: nothing is dropped in silence. Lines are those of the file, from 1.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from oneid.settings.namedfile import contents
from oneid.sources.columnnames import near
from oneid.sources.encoding import to_utf8
from oneid.vocabulary.errors import InputError, OneIDError, Place, raise_all
from oneid.vocabulary.language import said

__all__ = ["LINE", "read_lines"]

LINE = "line"
"""The column that says in which line of the file a row begins."""
_LISTED = 20
_SAME: Mapping[str, str] = {}
_ENCODINGS = ("utf", "cp932", "euc-jp", "iso-2022-jp")


def read_lines(
    path: Path, needed: Sequence[str], more: Sequence[str], codes: tuple[str, str], called: Mapping[str, str] = _SAME
) -> pl.DataFrame:
    """The rows of a file: :data:`LINE` (UInt32), then the columns ``needed`` and those of ``more`` that it has, as
    String; an empty cell is null. Other columns are left out.

    ``codes``: of the error for what cannot be read (an odd row among them), and of the one for a column that is missing
    or stands twice. All mistakes are raised in one go. ``called``: by another header the column that it means.
    """
    place = Place(str(path))
    try:
        data = contents(path)
    except OSError as error:
        raise InputError(codes[0], said("cannot be opened: {reason}", reason=error.strerror), place=place) from None
    unknown = InputError(codes[0], "its encoding cannot be told", place=place, hint="save it as CSV in UTF-8")
    try:
        read = to_utf8(data, None, str(path))
    except InputError:
        raise unknown from None
    if not read.encoding.startswith(_ENCODINGS):
        raise unknown
    text = read.utf8.replace(b"\0", b"").decode()
    rows = _rows(text, place, codes[0])
    if not rows:
        raise InputError(
            codes[0],
            "the file is empty",
            place=place,
            hint=said("its first line is: {needed}", needed=",".join(needed)),
        )
    line, header = rows[0]
    named = [called.get(name.strip(), name.strip()) for name in header]
    at = _columns(named, needed, more, Place(str(path), line), codes[1])
    width = len(header)
    odd = [number for number, row in rows[1:] if any(cell.strip() for cell in row[width:])]
    raise_all(
        InputError(codes[0], said("a row of more than {width} cells", width=width), place=Place(str(path), number),
                   hint='is a comma, or a ", within a cell that stands in no quotation marks?')
        for number in odd[:_LISTED]
    )  # fmt: skip
    cells = {name: [row[k] if k < len(row) and row[k] else None for _, row in rows[1:]] for name, k in at.items()}
    lines = pl.Series(LINE, [number for number, _ in rows[1:]], dtype=pl.UInt32)
    return pl.DataFrame([lines, *(pl.Series(name, values, dtype=pl.String) for name, values in cells.items())])


def _rows(text: str, place: Place, code: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, and the line in which each begins."""
    first = next((line for line in text.splitlines() if line.strip(",;\t ")), "")
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, begins = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error:
        hint = 'look for a " without a partner in or after this line'
        raise InputError(
            code, "it cannot be read as rows of cells", place=Place(place.file, begins), hint=hint
        ) from None
    if rows and text.count('"') % 2:
        hint = 'look for a " without a partner in or before this line'
        raise InputError(code, "a quotation mark is never closed", place=Place(place.file, rows[-1][0]), hint=hint)
    return rows


def _folded(name: str) -> str:
    """A name as people read it: in any case, full-width or not."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _columns(
    header: Sequence[str], needed: Sequence[str], more: Sequence[str], place: Place, code: str
) -> dict[str, int]:
    """Where the columns stand. Raises for needed ones that are missing, and for any that stand twice."""
    problems: list[OneIDError] = [
        InputError(code, said("no column '{name}'", name=name), place=place, hint=near(name, header, needed))
        for name in needed
        if name not in header
    ]
    problems += [
        InputError(
            code,
            said("the column '{name}' stands twice", name=name),
            place=place,
            hint="which one counts? delete the other",
        )
        for name in (*needed, *more)
        if sum(_folded(one) == name for one in header) > 1
    ]
    raise_all(problems)
    return {name: header.index(name) for name in (*needed, *more) if name in header}
