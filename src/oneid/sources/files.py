"""Files of member records as Polars columns of text: csv, tsv, parquet, json lines and xlsx.

Rows that cannot be read (too few or too many cells; a line that is no JSON object) are not lost: their numbers are
kept. NUL characters, which no text holds, are taken out and counted. Blank lines are no rows.
The error codes are listed in :mod:`oneid.sources.reading`.
"""

from __future__ import annotations

import csv
import glob
import importlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from oneid.sources.encoding import Text, detect, to_utf8
from oneid.sources.frames import check_columns, to_text
from oneid.vocabulary.errors import InputError, Place, did_you_mean
from oneid.vocabulary.version import install

__all__ = ["FORMATS", "Request", "Table", "find_files", "read_file"]

FORMATS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx",
}  # fmt: skip
_DELIMITERS = (",", "\t", ";", "|")
_BLOCK = 1 << 25
_LONGEST_BLOCK = (1 << 31) - 2
_LINES_FOR_KEYS = 1000
_END = "\x1e\x1eend\x1e\x1e"
"""A row of these is put behind the last one: if it does not come out again, a quotation mark swallowed it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a file: its columns (None: all), those that are ids, and who asks, for errors."""

    columns: tuple[str, ...] | None
    ids: tuple[str, ...] = ()
    encoding: str | None = None
    format: str | None = None
    wanted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file.

    ``frame`` has the wanted columns (String) under their own names, ``rows`` (UInt32) the numbers of its rows, data
    rows from 1; ``unreadable`` are the numbers of the rows that are not in it.
    """

    frame: pl.DataFrame
    rows: pl.Series
    unreadable: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    encoding: str | None = None


def find_files(path: Path) -> list[Path]:
    """The file ``path``, or the files that match it as a pattern (``*``, ``?``, ``[]``, ``**``), sorted. E201, E202."""
    if path.is_dir():
        hint = f"name the files in it: {path.name}/*.csv"
        raise InputError("E202", "it is a folder, not a file", place=Place(str(path)), hint=hint)
    if path.exists():
        return [path]
    pattern = str(path) if glob.has_magic(str(path)) else ""
    found = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - Path.glob wants relative ones
    if files := sorted(file for file in found if file.is_file()):
        return files
    near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    nearest = did_you_mean(path.name, near) if path.parent.is_dir() else f"there is no folder {path.parent} either"
    message = "no file matches" if pattern else "there is no such file"
    raise InputError("E201", message, place=Place(str(path)), hint=nearest)


def read_file(path: Path, request: Request) -> Table:
    """The wanted columns of one file. Raises :class:`~oneid.vocabulary.errors.InputError`, codes E202 to E217."""
    place = Place(str(path))
    kind = request.format or FORMATS.get(path.suffix.lower())
    if kind is None:
        hint = "say which it is: format: csv (or tsv, parquet, jsonl, xlsx)"
        raise InputError("E217", f"'{path.suffix}' does not tell the file's format", place=place, hint=hint)
    if kind == "parquet":
        return _read_parquet(path, request)
    if kind == "xlsx":
        return _read_xlsx(path, request)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("E202", f"cannot be opened: {error.strerror}", place=place) from None
    text = to_utf8(data, request.encoding, str(path))
    del data
    if re.search(rb"[^\r\n\t \0]", text.utf8) is None:
        hint = "was its export cut off? a file needs at least a header"
        raise InputError("E204", "the file is empty", place=place, hint=hint)
    notes = [f"encoding {text.encoding} (detected)"] if text.detected and text.encoding != "utf-8" else []
    if nuls := text.utf8.count(0):
        text = Text(text.utf8.replace(b"\0", b""), text.encoding, text.detected)
        notes.append(f"{nuls} NUL characters taken out")
    read = _read_jsonl if kind == "jsonl" else _read_csv
    table = read(text, request, place, "\t" if kind == "tsv" else None)
    return Table(table.frame, table.rows, table.unreadable, (*notes, *table.notes), text.encoding)


def _read_csv(text: Text, request: Request, place: Place, delimiter: str | None) -> Table:
    delimiter, names, offset = _header(text.utf8, request, place, delimiter)
    hint = None
    if request.encoding and request.columns and not set(request.columns) & set(names):
        hint = _other_encoding(text, request.encoding)
    check_columns(names, request.columns, place, request.wanted_by, hint)
    wanted = list(dict.fromkeys(names if request.columns is None else request.columns))
    body = b"\n" + text.utf8[offset:]  # a blank line, since the parser would take a leading U+FEFF for a BOM
    breaks = body.count(b"\n") if b'"' in body else 0
    end = delimiter.join([_END] * len(names)).encode()
    body += (b"" if body.endswith((b"\n", b"\r")) else b"\n") + end + b"\n"
    table, unreadable = _parse(body, delimiter, len(names), [names.index(name) for name in wanted], place)
    frame = pl.DataFrame(pl.from_arrow(table)) if table.num_rows else pl.DataFrame()
    frame.columns = wanted if frame.width else []
    if not frame.height or frame.row(-1) != (_END,) * len(wanted):
        last = frame.height + len(unreadable)
        hint = f'look for a " without a partner in or before row {last}'
        message = "a quotation mark is never closed and takes the rest of the file into one cell"
        raise InputError("E215", message, place=Place(place.file, None, f"row {last}"), hint=hint)
    frame = frame.head(frame.height - 1)
    total = frame.height + len(unreadable)
    notes = [] if delimiter in ",\t" else [f"cells are divided by '{delimiter}'"]
    if breaks > total + 2:
        notes.append(f"{breaks - total - 1} line breaks are blank lines or stand within quoted cells")
    return Table(frame, _numbers(frame.height, unreadable), tuple(unreadable), tuple(notes))


def _header(utf8: bytes, request: Request, place: Place, delimiter: str | None) -> tuple[str, list[str], int]:
    """The delimiter, the names in the header, and where the data begin.

    The delimiter is the one that makes most of the wanted columns, then most columns.
    """
    head = utf8[: 1 << 20].decode(errors="ignore")
    best: tuple[tuple[int, int], str, list[str], int] | None = None
    for choice in (delimiter,) if delimiter else _DELIMITERS:
        rows = csv.reader(io.StringIO(head, newline=""), delimiter=choice)
        try:
            names = next((row for row in rows if row), [])
        except csv.Error:
            continue
        rank = (len(set(names) & set(request.columns or ())), len(names))
        if best is None or rank > best[0]:
            best = (rank, choice, names, rows.line_num)
    if best is None:
        raise InputError(
            "E210", "the header cannot be read", place=place, hint="is it a text file with one row a line?"
        )
    _, delimiter, names, lines = best
    ends = re.finditer(r"\r\n|\n|\r", head)
    offset = 0
    for _, end in zip(range(lines), ends, strict=False):
        offset = end.end()
    whole = len(re.findall(r"\r\n|\n|\r", head[:offset])) == lines
    return delimiter, names, len(head[:offset].encode()) if whole else len(utf8)


def _parse(body: bytes, delimiter: str, width: int, at: Sequence[int], place: Place) -> tuple[pa.Table, list[int]]:
    """The columns at ``at`` and the numbers of the rows that have not ``width`` cells (from 1)."""
    unreadable: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        unreadable.append(row.number)
        return "skip"

    names = [str(number) for number in range(width)]
    wanted = [names[number] for number in at]
    parse = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in body, invalid_row_handler=note)
    convert = pacsv.ConvertOptions(
        include_columns=wanted, column_types=dict.fromkeys(wanted, pa.large_string()), check_utf8=False
    )
    for block in (_BLOCK, _LONGEST_BLOCK):
        read = pacsv.ReadOptions(use_threads=False, block_size=min(block, len(body) + 1), column_names=names)
        unreadable.clear()
        try:
            return pacsv.read_csv(pa.py_buffer(body), read, parse, convert), unreadable
        except pa.ArrowInvalid:  # a row longer than a block; anything else comes again
            continue
    hint = "is it a text file with one row a line?"
    raise InputError("E210", "the file cannot be read as rows of cells", place=place, hint=hint)


def _numbers(good: int, unreadable: Sequence[int] = ()) -> pl.Series:
    """The numbers of ``good`` rows that stand around the unreadable ones."""
    numbers = np.arange(1, good + len(unreadable) + 1, dtype=np.uint32)
    return pl.Series(np.delete(numbers, np.asarray(unreadable, dtype=np.int64) - 1))


def _other_encoding(text: Text, declared: str) -> str | None:
    try:
        other = detect(text.utf8.decode().encode(declared))
    except UnicodeError:
        return None
    same = other is None or other.partition("-sig")[0] == declared.lower()
    return None if same else f"or is the file in {other}? 'encoding' says {declared}"


def _read_jsonl(text: Text, request: Request, place: Place, _delimiter: str | None = None) -> Table:
    lines = pl.Series("line", [text.utf8.decode()]).str.split("\n").explode().str.strip_chars()
    lines = lines.filter(lines != "")
    good = lines.str.starts_with("{") & lines.str.json_path_match("$").is_not_null()
    numbers = pl.Series(np.arange(1, len(lines) + 1, dtype=np.uint32))
    unreadable = numbers.filter(~good).to_list()
    lines = lines.filter(good)
    names = list(dict.fromkeys(key for line in lines.head(_LINES_FOR_KEYS) for key in _keys(line)))
    late = [name for name in request.columns or () if name not in names]
    names += [name for name in late if lines.str.contains(json.dumps(name, ensure_ascii=False), literal=True).any()]
    check_columns(names, request.columns, place, request.wanted_by)
    wanted = list(dict.fromkeys(names if request.columns is None else request.columns))
    return Table(_json_columns(lines, wanted), numbers.filter(good), tuple(unreadable))


def _keys(line: str) -> list[str]:
    try:
        return list(json.loads(line))
    except (ValueError, RecursionError):
        return []


def _json_columns(lines: pl.Series, wanted: Sequence[str]) -> pl.DataFrame:
    """The values of the keys as text; lists and mappings within them as JSON."""
    try:
        kind = pl.Struct(dict.fromkeys(wanted, pl.String))
        return lines.str.json_decode(dtype=kind).struct.unnest()
    except pl.exceptions.PolarsError:  # a value is a list or a mapping: one pass per key instead
        paths = {name: "$[" + json.dumps(name, ensure_ascii=False) + "]" for name in wanted}
        return lines.to_frame().select(
            pl.col("line").str.json_path_match(path).alias(key) for key, path in paths.items()
        )


def _read_parquet(path: Path, request: Request) -> Table:
    place = Place(str(path))
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            check_columns(names, request.columns, place, request.wanted_by)
            wanted = list(dict.fromkeys(names if request.columns is None else request.columns))
            table = file.read(columns=wanted)
    except (pa.ArrowException, OSError, ValueError):
        hint = "was it written to the end? does its name end in .parquet though it is something else?"
        raise InputError("E210", "the file cannot be read as Parquet", place=place, hint=hint) from None
    frame = pl.DataFrame([pl.Series(name, table.column(name)) for name in wanted])
    return Table(to_text(frame, request.ids, place), _numbers(frame.height))


def _read_xlsx(path: Path, request: Request) -> Table:
    place = Place(str(path))
    try:
        fastexcel = importlib.import_module("fastexcel")
    except ImportError:
        hint = f"{install('xlsx')}, or save the sheet as CSV"
        raise InputError("E211", "reading .xlsx needs an extra", place=place, hint=hint) from None
    try:
        sheet = fastexcel.read_excel(path).load_sheet(0, dtypes="string")
    except (fastexcel.FastExcelError, OSError, ValueError):
        hint = "does it open in a spreadsheet program?"
        raise InputError("E210", "the file cannot be read as a spreadsheet", place=place, hint=hint) from None
    frame = pl.DataFrame(pl.from_arrow(sheet.to_arrow()))
    frame = frame.with_columns(pl.col(pl.String).str.replace(r"^(\d{4}-\d\d-\d\d) 00:00:00$", "${1}"))  # dates
    check_columns(frame.columns, request.columns, place, request.wanted_by)
    wanted = list(dict.fromkeys(frame.columns if request.columns is None else request.columns))
    return Table(to_text(frame.select(wanted), request.ids, place), _numbers(frame.height))
