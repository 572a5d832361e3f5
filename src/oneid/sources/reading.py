r"""Reads the sources: files or data frames to rows of text with an id, nothing lost.

Text stays as it was written; judging it is the normalizers' work. An id is verbatim (``07``, `` 7`` and ``7`` are three
ids); a cell of blanks is none. The parts of a composite id are joined with ``:``; within them ``:`` becomes ``\:`` and
``\`` becomes ``\\``, so that no two ids meet. In the other columns cells of blanks, and in fields and dates the
source's ``null_values``, become null. NUL characters are taken out and noted.

Every row of the input is either in the frame or, with one of these reasons, in ``rejected``: ``unreadable`` (too few or
too many cells, a line that is no JSON), ``no id``, ``test record``, ``identical duplicate`` (all needed columns equal;
the first row stays), ``duplicate id`` (another row of that id was chosen), ``deleted``.

==== ==================================================================================================
E201 there is no such file, or none that matches
E202 the path cannot be opened, or is a folder
E203 the text does not decode, in the declared encoding or in any
E204 the file is empty
E205 no row can be used, which in a full feed would retire every member
E206 a column is missing
E207 a column that is needed stands twice
E208 ids were read as floats
E209 one id stands on rows that differ
E210 the file is not what its format says (a broken Parquet file, say)
E211 the format needs an extra that is not installed
E212 a column holds lists or other things that are no text
E213 something that is no data frame was handed over
E214 a source has neither a path nor a data frame, or no id
E215 a quotation mark is never closed
E217 the file's name does not tell its format
==== ==================================================================================================
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from oneid.settings.config import Config, Source
from oneid.sources.files import Request, Table, find_files, read_file
from oneid.sources.frames import frame_to_text
from oneid.vocabulary.contracts import RAW, REJECTED, conform, raw
from oneid.vocabulary.errors import InputError, InternalError, Place, raise_all

__all__ = ["SourceRows", "read_source"]

_LONG_CELL = 1000
_LISTED_ROWS = 5
_JAPAN = dt.timezone(dt.timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class SourceRows:
    """What was read of one source.

    ``frame`` follows :data:`oneid.vocabulary.contracts.RAW` (one row per id, sorted by id in bytes) and goes on with a
    String column ``@column`` for every needed column; ``rejected`` follows :data:`oneid.vocabulary.contracts.REJECTED`.
    ``rows_in`` is the sum of their heights. ``notes`` say what was found out on the way (the encoding, say), without
    cell values.
    """

    name: str
    frame: pl.DataFrame
    rejected: pl.DataFrame
    rows_in: int
    notes: tuple[str, ...] = ()


def read_source(source: Source, config: Config, frame: object | None = None) -> SourceRows:
    """Reads the rows of one source from its files or, where ``frame`` is given, from a data frame of any make.

    The result does not depend on the order of the input rows, but for the row numbers and for
    ``duplicate_id: first``, which takes the first row. Raises :class:`~oneid.vocabulary.errors.InputError` or
    :class:`~oneid.vocabulary.errors.Problems` holding several; the codes are in the table above.
    """
    wanted_by = f"source '{source.name}'"
    if source.line is not None:
        wanted_by += f" ({config.file or 'config'}:{source.line})"
    if not source.id or (frame is None and source.path is None):
        lacking = "id" if not source.id else "path or data frame"
        hint = f"give it: sources.{source.name}.{'id' if not source.id else 'path'}"
        raise InputError("E214", f"{wanted_by} has no {lacking}", place=Place(config.file, source.line), hint=hint)
    if frame is not None:
        text = frame_to_text(frame, source.columns, source.id, source.name)
        table = Table(text, pl.int_range(1, text.height + 1, dtype=pl.UInt32, eager=True))
    else:
        table = _read_files(source, config, wanted_by)
    return _rows(source, table, Place(source.name if source.path is None else str(config.path(source.path))))


def _read_files(source: Source, config: Config, wanted_by: str) -> Table:
    """All files of a source, one below the other; rows are counted on from file to file."""
    request = Request(source.columns, source.id, source.encoding, source.format, wanted_by)
    problems: list[InputError] = []
    tables: list[Table] = []
    notes: list[str] = []
    before = 0
    paths = find_files(config.path(source.path or ""))
    for path in paths:
        try:
            table = read_file(path, request)
        except InputError as error:
            problems.append(error)
            continue
        count = table.frame.height + len(table.unreadable)
        name = f"{path.name}: " if len(paths) > 1 else ""
        notes += [f"{name}rows {before + 1} to {before + count}"] if name else []
        notes += [name + note for note in table.notes]
        unreadable = tuple(row + before for row in table.unreadable)
        tables.append(Table(table.frame, (table.rows + before).cast(pl.UInt32), unreadable))
        before += count
    raise_all(problems)
    frame = pl.concat([table.frame for table in tables])
    rows = pl.concat([table.rows for table in tables])
    return Table(frame, rows, tuple(row for table in tables for row in table.unreadable), tuple(notes))


def _rows(source: Source, table: Table, place: Place) -> SourceRows:
    rows_in = table.frame.height + len(table.unreadable)
    if not rows_in and source.feed.mode == "full":
        hint = "a full feed of nobody would retire every member; if that is how it is, say 'feed: delta'"
        raise InputError("E205", "there is a header but no row", place=place, hint=hint)
    text, notes = _tidy(source, table.frame, place)
    frame = pl.DataFrame([_ids(source, text), table.rows.alias("row"), *_columns(source, text).get_columns()])
    lost = pl.DataFrame({"row": table.unreadable}, schema={"row": pl.UInt32})
    rejected = [lost.select("row", pl.lit(None, pl.String).alias("source_id"), pl.lit("unreadable").alias("reason"))]

    def reject(rows: pl.DataFrame, which: pl.Expr, reason: str) -> pl.DataFrame:
        gone = rows.filter(which)
        rejected.append(gone.select("row", "source_id", pl.lit(reason).alias("reason")))
        return rows.filter(~which) if gone.height else rows

    frame = reject(frame, pl.col("source_id").is_null(), "no id")
    if source.status and source.status.test:
        frame = reject(frame, _says(source.status.column, source.status.test), "test record")
    further, other = _duplicates(source, frame, place)
    frame = reject(frame, pl.col("row").is_in(further.implode()), "identical duplicate") if len(further) else frame
    frame = reject(frame, pl.col("row").is_in(other.implode()), "duplicate id") if len(other) else frame
    if source.feed.deleted_column:
        frame = reject(frame, _says(source.feed.deleted_column, source.feed.deleted_values), "deleted")
    out = pl.concat(rejected).select(pl.lit(source.name).alias("source"), *list(REJECTED)[1:]).sort("row")
    if frame.height + out.height != rows_in:
        raise InternalError("E904", f"{rows_in} rows were read, {frame.height} kept and {out.height} rejected")
    if not frame.height and source.feed.mode == "full":
        reasons = ", ".join(sorted(set(out.get_column("reason"))))
        hint = "a full feed of nobody would retire every member"
        raise InputError("E205", f"none of the {rows_in} rows can be used: {reasons}", place=place, hint=hint)
    frame = conform(frame.sort("source_id"), RAW, "read", more=True)
    return SourceRows(source.name, frame, conform(out, REJECTED, "read"), rows_in, (*table.notes, *notes))


def _tidy(source: Source, text: pl.DataFrame, place: Place) -> tuple[pl.DataFrame, list[str]]:
    """NUL characters out, unusually long cells noted, ids that look like floats refused."""
    names, notes = text.columns, []
    nuls = text.select(pl.all().str.contains("\0", literal=True).sum()).row(0) if text.height else ()
    if any(nuls):
        text = text.with_columns(pl.all().str.replace_all("\0", "", literal=True))
        notes += [
            f"column {name}: NUL characters taken out of {n} cells" for name, n in zip(names, nuls, strict=True) if n
        ]
    long = text.select(pl.all().str.len_bytes().max()).row(0) if text.height else ()
    for name in [name for name, length in zip(names, long, strict=False) if (length or 0) > _LONG_CELL]:
        characters = max(text.get_column(name).str.len_chars().drop_nulls())
        notes.append(f"column {name}: cells of up to {characters} characters")
    problems = []
    for column in (text.get_column(name) for name in source.id):
        if column.null_count() < len(column) and column.str.contains(r"^\d+\.0$").all():
            here = Place(place.file, None, f"column {column.name}")
            hint = (
                "write it from text, in pandas after read_csv(..., dtype=str), so that zeros in front are kept as well"
            )
            problems.append(
                InputError("E208", "ids were written as floats (1001 became 1001.0)", place=here, hint=hint)
            )
    raise_all(problems)
    return text, notes


def _ids(source: Source, text: pl.DataFrame) -> pl.Series:
    """The ids, null where a cell is missing or blank; composite ones joined unambiguously."""
    columns = [text.get_column(name) for name in source.id]
    parts: list[pl.Expr] = [pl.when(column.str.strip_chars() != "").then(column) for column in columns]
    if len(parts) > 1:
        parts = [part.str.replace_all(r"([\\:])", r"\${1}") for part in parts]
    return pl.select(pl.concat_str(parts, separator=":").alias("source_id")).to_series()


def _columns(source: Source, text: pl.DataFrame) -> pl.DataFrame:
    """The needed columns under their raw names, blanks and ``null_values`` made null where the source says so."""
    dates = (source.since, source.updated, source.until)
    judged = {name for spec in source.fields.values() for name in spec.columns} | {name for name in dates if name}

    def kept(name: str) -> pl.Expr:
        cell = pl.col(name)
        trimmed = cell.str.strip_chars() if name in judged else cell
        nothing = trimmed == ""
        if name in judged and source.null_values:
            nothing = nothing | trimmed.is_in(list(source.null_values))
        return pl.when(~nothing).then(cell).alias(raw(name))

    return text.select(kept(name) for name in text.columns)


def _says(column: str, values: Sequence[str]) -> pl.Expr:
    """Whether a cell, blanks around it aside, is one of ``values``."""
    return pl.col(raw(column)).str.strip_chars().is_in(list(values)).fill_null(False)


def _duplicates(source: Source, frame: pl.DataFrame, place: Place) -> tuple[pl.Series, pl.Series]:
    """The row numbers of further identical rows, and of rows that give way to another one of their id. E209."""
    none = pl.Series("row", [], pl.UInt32)
    doubled = frame.filter(pl.col("source_id").is_duplicated()).sort("row")
    if not doubled.height:
        return none, none
    content = [name for name in frame.columns if name != "row"]
    distinct = doubled.unique(subset=content, keep="first", maintain_order=True)
    further = doubled.join(distinct, on="row", how="anti").get_column("row")
    rivals = distinct.filter(pl.col("source_id").is_duplicated())
    if not rivals.height:
        return further, none
    if source.duplicate_id == "error":
        rows = ", ".join(str(row) for row in rivals.get_column("row").head(_LISTED_ROWS))
        ids = rivals.get_column("source_id").n_unique()
        more = " and more" if rivals.height > _LISTED_ROWS else ""
        here = Place(place.file, None, f"rows {rows}{more}")
        hint = "name a column that is unique, or say which row counts: 'duplicate_id: newest' or 'duplicate_id: first'"
        raise InputError("E209", f"source '{source.name}': {ids} ids stand on rows that differ", place=here, hint=hint)
    if source.duplicate_id == "newest":
        times = [_moments(rivals.get_column(raw(name))) for name in (source.updated, source.since) if name]
        rivals = rivals.with_columns(pl.coalesce(times).alias("moment") if times else pl.lit(0).alias("moment"))
        rivals = rivals.sort(["moment", *content], descending=True, nulls_last=True)
    chosen = rivals.unique(subset="source_id", keep="first", maintain_order=True)
    return further, rivals.join(chosen, on="row", how="anti").get_column("row")


def _moments(column: pl.Series) -> pl.Series:
    """Seconds since 1970 (UTC) of dates and times in text, null where they cannot be read; distinct values only."""
    distinct = column.unique().drop_nulls()
    seconds = pl.Series([_moment(text) for text in distinct], dtype=pl.Int64)
    return column.replace_strict(distinct, seconds, default=None, return_dtype=pl.Int64)


def _moment(text: str) -> int | None:
    """One date or time as seconds since 1970. Times without a zone are Japan's; a date begins its day.

    >>> _moment("1970-01-01T09:00:01+09:00"), _moment("1970/1/1 9:00"), _moment("19700102"), _moment("soon")
    (1, 0, 54000, None)
    """
    text = unicodedata.normalize("NFKC", text).strip()
    loose = re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", text
    )
    try:
        if loose:
            year, month, day, hour, minute, second = (int(part or 0) for part in loose.groups())
            moment = dt.datetime(year, month, day, hour, minute, second, tzinfo=_JAPAN)
        else:
            moment = dt.datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=_JAPAN)).timestamp())
    except (ValueError, OverflowError):
        return None
