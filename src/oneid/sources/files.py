"""Files of member records as Polars columns of text, whatever their format; several files of one source as one.

A source may be one file, all files of a pattern, a folder or a ZIP, or standard input (``-``). Folders called
``column=value`` are columns, as data lakes have them. The error codes are listed in :mod:`oneid.sources.reading`.
"""

from __future__ import annotations

import glob
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO
from urllib.parse import unquote

import polars as pl

from oneid.settings.config import FORMATS
from oneid.settings.namedfile import refuse_device
from oneid.sources.columnnames import just
from oneid.sources.formats import archives
from oneid.sources.formats.contents import PACKED, Contents, opened, unpacked_name
from oneid.sources.formats.delimited import read_delimited
from oneid.sources.formats.jsonrecords import read_json
from oneid.sources.formats.table import Request, Table
from oneid.sources.formats.texts import FileText, decoded
from oneid.vocabulary.errors import InputError, Place, did_you_mean, raise_all
from oneid.vocabulary.language import said

__all__ = ["FORMATS", "Request", "Table", "find_files", "is_data", "parts_of", "read_file", "read_path"]

_WHOLE = ("parquet", "arrow", "orc", "xlsx")
"""Formats that are read from a file of their own, never packed."""
_MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"ORC": "orc", b"{": "json", b"[": "json"}
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def is_data(path: Path) -> bool:
    """Whether a file's name tells that it is one of those that are read."""
    return unpacked_name(path).suffix.lower() in FORMATS


def find_files(path: Path) -> list[Path]:
    """The file ``path``, or the files that match it as a pattern (``*``, ``?``, ``[]``, ``**``), sorted; of a folder
    the files of data that are in it and in its folders. A path into a ZIP is taken in the same way. E201, E202, E210.
    """
    if path.is_dir():
        return _in_folder(path)
    if path.exists():
        return [path]
    if (way := archives.way_into(path)) is not None:
        return archives.find_within(*way)
    pattern = str(path) if glob.has_magic(str(path)) else ""
    found = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - Path.glob wants relative ones
    if files := sorted(file for file in found if file.is_file()):
        return files
    near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    nearest = (
        did_you_mean(path.name, near)
        if path.parent.is_dir()
        else said("there is no folder {folder} either", folder=path.parent)
    )
    message = "no file matches" if pattern else "there is no such file"
    raise InputError("E201", message, place=Place(str(path)), hint=nearest)


def _in_folder(folder: Path) -> list[Path]:
    """The files of data in a folder, which must be of one format; hidden ones, and those that other programs put
    beside (``_SUCCESS``), are none.
    """
    place = Place(str(folder))
    found = [file for file in sorted(folder.rglob("*")) if is_data(file) and file.is_file()]
    files = [file for file in found if not any(part[0] in "._" for part in file.relative_to(folder).parts)]
    kinds = {FORMATS[unpacked_name(file).suffix.lower()] for file in files}
    if len(kinds) == 1:
        return files
    hint = said("name the files in it: {name}/*.csv", name=folder.name)
    if not kinds:
        raise InputError("E202", "it is a folder without files of data", place=place, hint=hint)
    told = said("it is a folder with files of several formats: {kinds}", kinds=", ".join(sorted(kinds)))
    raise InputError("E202", told, place=place, hint=hint)


def parts_of(file: Path, request: Request) -> tuple[list[Path], bool]:
    """The paths of the tables of a ZIP, and whether they have the same columns and are one; of any other file itself,
    which is one. E210, and the errors of :func:`read_file`.
    """
    if file.suffix.lower() != ".zip" or not file.is_file():
        return [file], True
    parts = archives.tables(file)
    asked = replace(request, columns=None, ids=(), sampled=True)
    return parts, len(parts) == 1 or len({frozenset(read_file(part, asked).frame.columns) for part in parts}) == 1


def _parts(file: Path, request: Request) -> list[Path]:
    """The parts of one table. E210 for a ZIP of several tables."""
    parts, one = parts_of(file, request)
    if one:
        return parts
    raise archives.differing(file, parts)


def read_path(path: Path, request: Request, stream: IO[bytes] | None = None) -> Table:
    """All files of a path, one below the other; rows are counted on from file to file. ``stream`` is read instead,
    where it is given.
    """
    if stream is not None:
        return _read_stream(stream, request)
    problems: list[InputError] = []
    tables: list[Table] = []
    notes: list[str] = []
    before = 0
    paths = [part for file in find_files(path) for part in _parts(file, request)]
    several = len(paths) > 1 or path.is_dir()
    request = replace(request, sampled=request.sampled and paths == [path])
    for file in paths:
        try:
            table = _read_part(file, path, request)
        except InputError as error:
            problems.append(error)
            continue
        if several:
            name = file.name
            notes.append(
                said("{file}: rows {first} to {last}", file=name, first=before + 1, last=before + table.height)
            )
            notes += [said("{message}: {reason}", message=name, reason=note) for note in table.notes]
        else:
            notes += table.notes
        tables.append(_moved(table, before))
        before += table.height
    raise_all(problems)
    return _one(tables, notes)


def _moved(table: Table, by: int) -> Table:
    """A table whose rows are counted from there on."""
    unreadable, feet = (tuple(row + by for row in rows) for rows in (table.unreadable, table.footers))
    return replace(table, rows=(table.rows + by).cast(pl.UInt32), unreadable=unreadable, footers=feet)


def _one(tables: Sequence[Table], notes: Iterable[str]) -> Table:
    if len(tables) == 1:
        return replace(tables[0], notes=tuple(notes))
    return Table(
        pl.concat((table.frame for table in tables), how="diagonal"),
        pl.concat([table.rows for table in tables]),
        tuple(row for table in tables for row in table.unreadable),
        tuple(notes),
        tables[0].encoding,
        {name: kind for table in tables for name, kind in table.numbers.items()},
        tuple(row for table in tables for row in table.footers),
        tables[0].told,
    )


def _read_part(file: Path, path: Path, request: Request) -> Table:
    """A file of a source, with the columns that its folders are."""
    folders = _partitions(file, path)
    if not folders:
        return read_file(file, request)
    columns, ids = request.columns, request.ids
    inner = None if columns is None else tuple(name for name in columns if name not in folders)
    table = read_file(file, replace(request, columns=inner, ids=tuple(name for name in ids if name not in folders)))
    return replace(table, frame=_with(table.frame, folders, columns))


def _with(frame: pl.DataFrame, folders: Mapping[str, str | None], columns: Sequence[str] | None) -> pl.DataFrame:
    made = {name: pl.lit(value, pl.String).alias(name) for name, value in folders.items()}
    if columns is None:
        return frame.with_columns(one for name, one in made.items() if name not in frame.columns)
    return frame.select(made.get(name, just(name)) for name in dict.fromkeys(columns))


def _partitions(file: Path, path: Path) -> dict[str, str | None]:
    """The columns that the folders between ``path`` and a file of it are: ``shop=渋谷/part-0.parquet``."""
    fixed = path
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    if not file.is_relative_to(fixed) or fixed == file:
        return {}
    pairs = [re.fullmatch(r"([^=]+)=(.*)", part) for part in file.relative_to(fixed).parts[:-1]]
    return {unquote(pair[1]): None if pair[2] == _NO_VALUE else unquote(pair[2]) for pair in pairs if pair}


def read_file(path: Path, request: Request) -> Table:
    """The wanted columns of one file. Raises :class:`~oneid.vocabulary.errors.InputError`, codes E202 to E217."""
    place = Place(str(path))
    way = archives.way_into(path)
    try:
        refuse_device(path if way is None else way[0])
    except OSError as error:
        raise InputError("E202", said("cannot be opened: {reason}", reason=error.strerror), place=place) from None
    kind = request.format or FORMATS.get(unpacked_name(path).suffix.lower())
    if kind in _WHOLE and way is not None:
        told = said("{kind} is not read from within a ZIP", kind=kind)
        raise InputError("E210", told, place=place, hint="unpack it, and name the unpacked file in 'path'")
    if kind in _WHOLE and path.suffix.lower() not in PACKED:
        return _read_whole(path, kind, request)
    if kind is None and path.suffix.lower() not in PACKED:
        raise _unknown(place, path.suffix)
    contents = opened(path)
    if kind is None and contents.name:
        kind = FORMATS.get(Path(contents.name).suffix.lower())
    if kind is None or kind in _WHOLE:
        raise _unknown(place, path.suffix if kind is None else "".join(path.suffixes[-2:]))
    return _read_text(contents, kind, request, place)


def _read_whole(path: Path, kind: str, request: Request) -> Table:
    """A file of :data:`_WHOLE`; its parser is loaded for it alone."""
    if kind == "xlsx":
        from oneid.sources.formats.sheets import read_workbook

        return read_workbook(path, request)
    from oneid.sources.formats.columnar import read_columnar

    return read_columnar(path, kind, request)


def _unknown(place: Place, suffix: str) -> InputError:
    hint = "say which it is: format: csv (or tsv, jsonl, json, parquet, arrow, orc, xlsx)"
    return InputError("E217", said("'{suffix}' does not tell the file's format", suffix=suffix), place=place, hint=hint)


def _read_stream(stream: IO[bytes], request: Request) -> Table:
    """What comes by standard input, in the format that the config says or that it begins like."""
    place = Place("-")
    contents = opened(Path("-"), stream)
    head = contents.head(64).lstrip()
    kind = request.format or next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "csv")
    if kind not in _WHOLE:
        return _read_text(contents, kind, request, place)
    told = said("{kind} cannot be read from standard input", kind=kind)
    raise InputError("E210", told, place=place, hint="write it into a file, and name that in 'path'")


def _read_text(contents: Contents, kind: str, request: Request, place: Place) -> Table:
    text, table = None, None
    try:
        rows = request.sampled and kind in ("csv", "tsv")
        text = decoded(contents, request.encoding, place.file or "", as_it_is=rows)
        table = _of_text(contents, text, kind, request, place)
        return table
    finally:
        kept = text.contents if text is not None and table is not None and table.whole is not None else None
        for held in (contents, *([] if text is None else [text.contents])):
            if held is not kept:
                held.close()


def _of_text(contents: Contents, text: FileText, kind: str, request: Request, place: Place) -> Table:
    if not any(re.search(rb"[^\r\n\t ]", piece) for piece in text.contents.pieces()):
        hint = "was its export cut off? a file needs at least a header"
        raise InputError("E204", "the file is empty", place=place, hint=hint)
    notes = []
    if text.detected and text.encoding != "utf-8":
        notes.append(said("encoding {encoding} (detected)", encoding=text.encoding))
    if contents.packed:
        notes.append(said("unpacked ({packed})", packed=contents.packed))
    if contents.beside:
        notes.append(said("{n} other files in the ZIP are not read", n=contents.beside))
    if text.nuls:
        notes.append(said("{nuls} NUL characters taken out", nuls=text.nuls))
    if kind in ("jsonl", "json"):
        table = read_json(text, request, place)
    else:
        table = read_delimited(text, request, place, "\t" if kind == "tsv" else None)
    return replace(table, notes=(*notes, *table.notes), encoding=text.encoding)


def standard_input() -> IO[bytes]:
    """The bytes that are handed over by standard input."""
    return sys.stdin.buffer
