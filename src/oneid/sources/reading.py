r"""Reads the sources: files or data frames to rows of text with an id, nothing lost.

Text stays as it was written; judging it is the normalizers' work. An id is verbatim (``07``, `` 7`` and ``7`` are three
ids); a cell of blanks is none. The parts of a composite id are joined with ``:``, blank ones as nothing; within them
``:`` becomes ``\:`` and ``\`` becomes ``\\``, so that no two ids meet. A composite id with a blank part that stands on
rows which differ is none. In the other columns cells of blanks, and in fields and dates the source's ``null_values``,
become null. NUL characters are taken out and noted.

Every row of the input is either in the frame or, with one of these reasons, in ``rejected``: ``unreadable`` (too few or
too many cells, a line that is no JSON), ``footer`` (a total or a note at the end), ``no id``, ``test record``,
``identical duplicate`` (all needed columns equal; the first row stays), ``duplicate id`` (another row of that id was
chosen), ``deleted``.

==== ==================================================================================================
E201 there is no such file, or none that matches
E202 the path cannot be opened, or is a folder without files of data, or with such of several formats
E203 the text does not decode, in the declared encoding or in any; text in Parquet or Arrow is no UTF-8
E204 the file is empty
E205 no row can be used, which in a full feed would retire every member
E206 a column is missing
E207 a column that is needed stands twice
E208 ids were read as floats, or shortened by a spreadsheet program
E209 one id stands on rows that differ
E210 the file is not what its format says (a broken Parquet file, say), or has no such sheet, line or list
E211 the address needs a library that is not installed
E212 a column holds lists or other things that are no text
E213 something that is no data frame was handed over, or a frame that cannot be read
E214 a source has neither a path nor a data frame, or no id
E215 a quotation mark is never closed, or takes further rows into one cell, or into the header
E216 a column has a name that none can have here (it begins with ^ and ends with $)
E217 the file's name does not tell its format
E218 there is no header, where columns are guessed: what should be names of columns looks like a row
E219 a database cannot be read, or has no such table
==== ==================================================================================================
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from oneid.outputs.elsewhere.addresses import address_of, is_address, is_database, names_files, shown
from oneid.settings.config import Config, Source
from oneid.sources.columnnames import just
from oneid.sources.files import Request, Table, read_path, standard_input
from oneid.sources.formats.remote import read_remote
from oneid.sources.formats.table import numbered
from oneid.sources.frames import read_frame
from oneid.vocabulary.contracts import RAW, REJECTED, conform, raw
from oneid.vocabulary.errors import InputError, InternalError, Place, raise_all
from oneid.vocabulary.language import said
from oneid.vocabulary.localtime import JAPAN

__all__ = ["GONE", "NUMBERS", "SourceRows", "read_source"]

GONE = ("deleted", "test record")
"""The reasons of rejected rows that take their member away."""

NUMBERS = "column {column} is a column of numbers ({type}): zeros in front are lost; read it as text"
"""What is noted of an id or a field that was given as numbers."""
_LONG_CELL = 1000
_SHORTENED = r"^[1-9](\.\d+)?[eE]\+\d{1,2}$"
"""How a spreadsheet program shows a number of more than eleven digits."""
_LISTED_ROWS = 5
_LONGEST_MOMENT = 100


@dataclass(frozen=True, slots=True)
class SourceRows:
    """What was read of one source.

    ``frame`` follows :data:`oneid.vocabulary.contracts.RAW` (one row per id, sorted by id in bytes) and goes on with a
    String column ``@column`` for every needed column; ``rejected`` follows :data:`oneid.vocabulary.contracts.REJECTED`.
    ``rows_in`` is the sum of their heights. ``notes`` say what was found out on the way (the encoding, say), without
    cell values. ``marked``: of rejected rows that take their member away (deleted, test record), source_id, row and the
    columns of their dates; None where there are none.
    """

    name: str
    frame: pl.DataFrame
    rejected: pl.DataFrame
    rows_in: int
    notes: tuple[str, ...] = ()
    marked: pl.DataFrame | None = None


def read_source(
    source: Source, config: Config, frame: object | None = None, latest: dt.date | None = None
) -> SourceRows:
    """Reads the rows of one source from its files or, where ``frame`` is given, from a data frame of any make. Dates
    after ``latest`` make no row the newest.

    The result does not depend on the order of the input rows, but for the row numbers and for
    ``duplicate_id: first``, which takes the first row. Raises :class:`~oneid.vocabulary.errors.InputError` or
    :class:`~oneid.vocabulary.errors.Problems` holding several; the codes are in the table above.
    """
    wanted_by = said("source '{name}'", name=source.name)
    if source.line is not None:
        place = f"{config.file or 'config'}:{source.line}"
        wanted_by = said("{wanted_by} ({place})", wanted_by=wanted_by, place=place)
    if not source.id or (frame is None and source.path is None):
        lacking = "id" if not source.id else "path or data frame"
        hint = said("give it: sources.{name}.{key}", name=source.name, key="id" if not source.id else "path")
        raise InputError(
            "E214",
            said("{wanted_by} has no {lacking}", wanted_by=wanted_by, lacking=lacking),
            place=Place(config.file, source.line),
            hint=hint,
        )
    if frame is not None:
        text, numbers = read_frame(frame, source.columns, source.id, source.name)
        table = Table(text, numbered(text.height), numbers=numbers)
    else:
        table = _read_files(source, config, wanted_by)
    table = replace(table, notes=(*table.notes, *_lost_zeros(source, config, table.numbers)))
    return _rows(source, table, _place(source, config), latest)


def _place(source: Source, config: Config) -> Place:
    if source.path is None:
        return Place(source.name)
    return Place(str(config.path(source.path)) if names_files(source.path) else shown(source.path))


def _lost_zeros(source: Source, config: Config, numbers: Mapping[str, str]) -> list[str]:
    """Notes on ids and fields that were given as numbers though their values may begin with zeros."""
    kinds = config.compared.kinds
    fields = [name for spec in source.fields.values() if kinds[spec.kind].zeros for name in spec.columns]
    columns = dict.fromkeys([*source.id, *fields])
    return [said(NUMBERS, column=name, type=numbers[name]) for name in columns if name in numbers]


def _read_files(source: Source, config: Config, wanted_by: str) -> Table:
    """All that the path of a source names: files, standard input."""
    path = source.path or ""
    request = Request(source.columns, source.id, source.encoding, source.format, wanted_by, source.layout)
    if is_address(path):
        address = address_of(path)
        if is_database(address):
            from oneid.sources.formats.database import read_database

            return read_database(address, request, config.base)
        if is_address(address):
            return read_remote(address, request, read_path)
        return read_path(config.path(address), request)
    return read_path(config.path(path), request, standard_input() if path == "-" else None)


def _rows(source: Source, table: Table, place: Place, latest: dt.date | None) -> SourceRows:
    rows_in = table.height
    if not rows_in and source.feed.mode == "full":
        hint = "a full feed of nobody would retire every member; if that is how it is, say 'feed: delta'"
        raise InputError("E205", "there is a header but no row", place=place, hint=hint)
    text, notes = _tidy(source, table.frame, place)
    frame = pl.DataFrame([_ids(source, text), table.rows.alias("row"), *_columns(source, text).get_columns()])
    ambiguous = _ambiguous(source, text, frame)
    lost = [(table.unreadable, "unreadable"), (table.footers, "footer")]
    dates = [raw(name) for name in dict.fromkeys((source.since, source.updated, source.until)) if name]
    marked: list[pl.DataFrame] = []
    rejected = [
        pl.DataFrame({"row": rows}, schema={"row": pl.UInt32}).select(
            "row", pl.lit(None, pl.String).alias("source_id"), pl.lit(reason).alias("reason")
        )
        for rows, reason in lost
    ]

    def reject(rows: pl.DataFrame, which: pl.Expr, reason: str) -> pl.DataFrame:
        gone = rows.filter(which)
        rejected.append(gone.select("row", "source_id", pl.lit(reason).alias("reason")))
        if gone.height and reason in GONE:
            marked.append(gone.select("source_id", "row", *dates))
        return rows.filter(~which) if gone.height else rows

    frame = frame.with_columns(pl.when(~pl.col("row").is_in(ambiguous.implode())).then("source_id"))
    frame = reject(frame, pl.col("source_id").is_null(), "no id")
    if source.status and source.status.test:
        frame = reject(frame, _says(source.status.column, source.status.test), "test record")
    further, other = _duplicates(source, frame, place, latest)
    frame = reject(frame, pl.col("row").is_in(further.implode()), "identical duplicate") if len(further) else frame
    frame = reject(frame, pl.col("row").is_in(other.implode()), "duplicate id") if len(other) else frame
    if source.feed.deleted_column:
        frame = reject(frame, _says(source.feed.deleted_column, source.feed.deleted_values), "deleted")
    out = pl.concat(rejected).select(pl.lit(source.name).alias("source"), *list(REJECTED)[1:]).sort("row")
    if frame.height + out.height != rows_in:
        raise InternalError(
            "E904",
            said(
                "{rows_in} rows were read, {rows} kept and {rejected} rejected",
                rows_in=rows_in,
                rows=frame.height,
                rejected=out.height,
            ),
        )
    if not frame.height and source.feed.mode == "full":
        reasons = ", ".join(sorted(set(out.get_column("reason"))))
        hint = "a full feed of nobody would retire every member"
        raise InputError(
            "E205",
            said("none of the {rows_in} rows can be used: {reasons}", rows_in=rows_in, reasons=reasons),
            place=place,
            hint=hint,
        )
    frame = conform(frame.sort("source_id"), RAW, "read", more=True)
    return SourceRows(
        source.name, frame, conform(out, REJECTED, "read"), rows_in, (*table.notes, *notes),
        pl.concat(marked) if marked else None,
    )  # fmt: skip


def _tidy(source: Source, text: pl.DataFrame, place: Place) -> tuple[pl.DataFrame, list[str]]:
    """NUL characters out, unusually long cells noted, ids that look like floats refused."""
    names, notes = text.columns, list[str]()
    nuls = text.select(pl.all().str.contains("\0", literal=True).sum()).row(0) if text.height else ()
    if any(nuls):
        text = text.with_columns(pl.all().str.replace_all("\0", "", literal=True))
        notes += [
            said("column {name}: NUL characters taken out of {n} cells", name=name, n=n)
            for name, n in zip(names, nuls, strict=True)
            if n
        ]
    long = text.select(pl.all().str.len_bytes().max()).row(0) if text.height else ()
    for name in [name for name, length in zip(names, long, strict=False) if (length or 0) > _LONG_CELL]:
        characters = max(text.get_column(name).str.len_chars().drop_nulls())
        notes.append(said("column {name}: cells of up to {characters} characters", name=name, characters=characters))
    notes += _partly(source, text)
    raise_all(problem for name in source.id if (problem := _ruined(text.get_column(name), place)) is not None)
    return text, notes


def _ruined(column: pl.Series, place: Place) -> InputError | None:
    """E208 for ids that a program took for numbers."""
    here = Place(place.file, None, said("column {name}", name=column.name))
    if column.null_count() < len(column) and column.str.contains(r"^\d+\.0$").all():
        hint = "write it from text, in pandas after read_csv(..., dtype=str), so that zeros in front are kept as well"
        return InputError("E208", "ids were written as floats (1001 became 1001.0)", place=here, hint=hint)
    short = column.str.contains(_SHORTENED).fill_null(value=False)
    if not short.any():
        return None
    told = said("{n} ids were shortened by a spreadsheet program (1234567890123 became 1.23E+12)", n=int(short.sum()))
    hint = "export the file again, and open it as text columns, or do not save it from the program at all"
    return InputError("E208", told, place=here, hint=hint)


def _ids(source: Source, text: pl.DataFrame) -> pl.Series:
    """The ids, null where a cell is missing or blank; composite ones joined unambiguously, null where all cells are."""
    columns = [text.get_column(name) for name in source.id]
    parts: list[pl.Expr] = [pl.when(column.str.strip_chars() != "").then(column) for column in columns]
    if len(parts) == 1:
        return pl.select(parts[0].alias("source_id")).to_series()
    some = pl.any_horizontal(part.is_not_null() for part in parts)
    parts = [part.fill_null("").str.replace_all(r"([\\:])", r"\${1}") for part in parts]
    return pl.select(pl.when(some).then(pl.concat_str(parts, separator=":")).alias("source_id")).to_series()


def _partly(source: Source, text: pl.DataFrame) -> list[str]:
    """A note on composite ids of which a part is blank."""
    if len(source.id) < 2 or not text.height:
        return []
    blank = [just(name).fill_null("").str.strip_chars() == "" for name in source.id]
    some = int(text.select((pl.any_horizontal(blank) & ~pl.all_horizontal(blank)).sum()).item())
    return [said("{n} ids of several columns lack one of them", n=some)] if some else []


def _ambiguous(source: Source, text: pl.DataFrame, frame: pl.DataFrame) -> pl.Series:
    """The numbers of rows whose composite id lacks a part and stands on rows that differ, so that it tells nobody."""
    if len(source.id) < 2:
        return frame.get_column("row").clear()
    blank = text.select(pl.any_horizontal(just(name).fill_null("").str.strip_chars() == "" for name in source.id))
    some = frame.filter(blank.to_series() & frame.get_column("source_id").is_not_null())
    content = [name for name in frame.columns if name != "row"]
    rivals = some.unique(subset=content).filter(pl.col("source_id").is_duplicated())
    return some.filter(pl.col("source_id").is_in(rivals.get_column("source_id").implode())).get_column("row")


def _columns(source: Source, text: pl.DataFrame) -> pl.DataFrame:
    """The needed columns under their raw names, blanks and ``null_values`` made null where the source says so."""
    dates = (source.since, source.updated, source.until)
    judged = {name for spec in source.fields.values() for name in spec.columns} | {name for name in dates if name}

    def kept(name: str) -> pl.Expr:
        cell = just(name)
        trimmed = cell.str.strip_chars() if name in judged else cell
        nothing = trimmed == ""
        if name in judged and source.null_values:
            nothing = nothing | trimmed.is_in(list(source.null_values))
        return pl.when(~nothing).then(cell).alias(raw(name))

    return text.select(kept(name) for name in text.columns)


def _says(column: str, values: Sequence[str]) -> pl.Expr:
    """Whether a cell, blanks around it aside, is one of ``values``."""
    return pl.col(raw(column)).str.strip_chars().is_in(list(values)).fill_null(False)


def _duplicates(
    source: Source, frame: pl.DataFrame, place: Place, latest: dt.date | None
) -> tuple[pl.Series, pl.Series]:
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
        here = Place(place.file, None, said("rows {rows}{more}", rows=rows, more=more))
        hint = "name a column that is unique, or say which row counts: 'duplicate_id: newest' or 'duplicate_id: first'"
        raise InputError(
            "E209",
            said("source '{name}': {ids} ids stand on rows that differ", name=source.name, ids=ids),
            place=here,
            hint=hint,
        )
    if source.duplicate_id == "newest":
        times = [_moments(rivals.get_column(raw(name)), latest) for name in (source.updated, source.since) if name]
        rivals = rivals.with_columns(pl.coalesce(times).alias("moment") if times else pl.lit(0).alias("moment"))
        rivals = rivals.sort(["moment", *content], descending=True, nulls_last=True)
    chosen = rivals.unique(subset="source_id", keep="first", maintain_order=True)
    return further, rivals.join(chosen, on="row", how="anti").get_column("row")


def _moments(column: pl.Series, latest: dt.date | None) -> pl.Series:
    """Seconds since 1970 (UTC) of dates and times in text, null where they cannot be read, or are after ``latest``;
    distinct values only.
    """
    distinct = column.unique().drop_nulls()
    seconds = pl.Series([_moment(text) for text in distinct], dtype=pl.Int64)
    if latest is not None:
        end = dt.datetime.combine(latest, dt.time.max, JAPAN).timestamp()
        seconds = seconds.to_frame("at").select(pl.when(pl.col("at") <= end).then("at")).to_series()
    return column.replace_strict(distinct, seconds, default=None, return_dtype=pl.Int64)


def _moment(text: str) -> int | None:
    """One date or time as seconds since 1970. Times without a zone are Japan's; a date begins its day.

    >>> _moment("1970-01-01T09:00:01+09:00"), _moment("1970/1/1 9:00"), _moment("19700102"), _moment("soon")
    (1, 0, 54000, None)
    """
    if len(text) > _LONGEST_MOMENT:
        return None
    text = unicodedata.normalize("NFKC", text).strip()
    loose = re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", text
    )
    try:
        if loose:
            year, month, day, hour, minute, second = (int(part or 0) for part in loose.groups())
            moment = dt.datetime(year, month, day, hour, minute, second, tzinfo=JAPAN)
        else:
            moment = dt.datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=JAPAN)).timestamp())
    except (ValueError, OverflowError):
        return None
