"""The rows of cells below a header, as Arrow parses them: all of some columns, or some rows of all columns.

Rows of too few or too many cells are not lost: their numbers are kept. A quotation mark without a partner, which takes
rows into a cell, is refused (E215).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from oneid.sources.formats.contents import Contents
from oneid.sources.formats.table import MOST_FEET, numbered, spacing
from oneid.sources.formats.texts import FileText
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["Cells", "NotAsItIs", "Sample", "WholeRows"]

_SMALL_BLOCK = 1 << 21
"""Of a sample: what fits into a processor's cache is read twice as fast as what does not."""
_BLOCK = 1 << 25
_LONGEST_BLOCK = (1 << 31) - 2
_SHOWN = 60
_LAST = MOST_FEET + 1
_END = "\x1e\x1eend\x1e\x1e"
"""A row of these is put behind the last one: if it does not come out again, a quotation mark swallowed it."""


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


def _body(contents: Contents, offset: int, delimiter: str, width: int) -> _Body:
    last = b""
    quoted = False
    for piece in contents.pieces(offset):
        quoted = quoted or b'"' in piece
        last = piece[-1:]
    ended = last in (b"\n", b"\r") or not last
    end = delimiter.join([_END] * width).encode() + b"\n"
    breaks = (contents.count(b"\n", offset) or contents.count(b"\r", offset)) if quoted else 0
    return _Body(contents, offset, end if ended else b"\n" + end, quoted, ended, breaks)


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of ``height`` readable rows: ``at`` counts them from 0; ``tail``: the last ones; ``unreadable``: by their
    number the beginnings of the rows that have another number of cells. ``kept``: some columns of all readable rows.
    """

    frame: pl.DataFrame
    at: pl.Series
    tail: pl.DataFrame
    height: int
    unreadable: dict[int, str]
    kept: pl.DataFrame


class NotAsItIs(Exception):
    """Text that was left in its encoding must be decoded to be read."""


class Cells:
    """Rows of ``width`` cells with ``delimiter`` between them, from a byte of the text on. They are parsed anew for
    each question. :class:`NotAsItIs` where long rows, rows of another number of cells, or the delimiter need a text
    that is decoded.
    """

    def __init__(self, text: FileText, offset: int, delimiter: str, width: int, place: Place) -> None:
        if text.coded and delimiter not in (",", "\t", ";"):
            raise NotAsItIs
        self._body = _body(text.contents, offset, delimiter, width)
        self._delimiter, self._width, self._place, self._coded = delimiter, width, place, text.coded

    def columns(self, wanted: Mapping[str, int]) -> tuple[pl.DataFrame, dict[int, str]]:
        """The columns at those places, by their names, and by their number (from 1) the beginnings of the rows that
        have another number of cells.
        """
        table, unreadable = self._whole(list(dict.fromkeys(wanted.values())))
        frame = self._named(table, wanted)
        self._refuse_unclosed(frame, frame.height + len(unreadable))
        return frame.head(frame.height - 1), unreadable

    def sample(self, wanted: Mapping[str, int], keep: Sequence[str] = ()) -> Sample:
        """2,000 to 4,000 rows with those columns, evenly spaced, and the last ones; of some columns to ``keep`` all
        rows. Beside them no more than a block is in memory.
        """
        names = {name: str(at) for name, at in wanted.items()}
        taken: list[pa.RecordBatch] = []
        at: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        tail: list[pa.RecordBatch] = []
        kept: list[pa.RecordBatch] = []
        height = every = 0

        def read(source: pa.PythonFile, *options: object) -> None:
            nonlocal height, every
            height, every = 0, 1
            for held in (taken, at, tail, kept):
                held.clear()
            for batch in pacsv.open_csv(source, *options):
                rows = batch.num_rows
                every = spacing(max(0, height + rows - _LAST))
                mine = np.arange(-height % every, rows, every)
                taken.append(batch.take(_places(mine)))
                kept.append(batch.select([names[name] for name in keep]))
                at.append(mine + height)
                height += rows
                tail.append(batch.slice(max(0, rows - _LAST)))
                while len(tail) > 1 and sum(one.num_rows for one in tail[1:]) >= _LAST:
                    del tail[0]

        unreadable = self._parse(read, list(dict.fromkeys(wanted.values())), (_SMALL_BLOCK, _BLOCK, _LONGEST_BLOCK))
        last = self._named(pa.Table.from_batches(tail) if tail else pa.table({}), wanted)
        self._refuse_unclosed(last, height + len(unreadable))
        places = np.concatenate(at)
        mine = np.flatnonzero((places < height - 1) & (places % every == 0))
        frame = self._named(pa.Table.from_batches(taken).take(_places(mine)), wanted)
        whole = self._named(pa.Table.from_batches(kept), {name: wanted[name] for name in keep}).head(height - 1)
        return Sample(frame, pl.Series("at", places[mine]), last.head(last.height - 1), height - 1, unreadable, whole)

    def breaks_within(self, rows: int) -> list[str]:
        """A note on breaks of lines beyond those that end ``rows``; refuses them (E215) where they divide rows."""
        spare = self._body.breaks - (0 if self._body.ended else -1) - rows
        if spare > 0:
            self._refuse_swallowed()
        told = said("{spare} line breaks are blank lines or stand within quoted cells", spare=spare)
        return [told] if spare > 1 else []

    def _whole(self, at: Sequence[int]) -> tuple[pa.Table, dict[int, str]]:
        tables: list[pa.Table] = []

        def read(source: pa.PythonFile, *options: object) -> None:
            tables[:] = [pacsv.read_csv(source, *options)]

        unreadable = self._parse(read, at, (_BLOCK, _LONGEST_BLOCK))
        return tables[0], unreadable

    def _parse(self, read: Callable[..., None], at: Sequence[int], blocks: Sequence[int]) -> dict[int, str]:
        """Has the columns at those places parsed, in larger blocks where a row is longer than one."""
        unreadable: dict[int, str] = {}
        swallowing: list[int] = []
        most = 2 * (self._width - 1)

        def note(row: pacsv.InvalidRow) -> str:
            if row.text and re.search(r"[\r\n]", row.text) and row.text.count(self._delimiter) >= most > 0:
                swallowing.append(row.number)
            unreadable[row.number] = (row.text or "")[:_SHOWN].lstrip('"')
            return "skip"

        names = [str(number) for number in range(self._width)]
        wanted = [names[number] for number in at]
        kinds = dict.fromkeys(wanted, pa.large_binary() if self._coded else pa.large_string())
        convert = pacsv.ConvertOptions(include_columns=wanted, column_types=kinds, check_utf8=False)
        noted = None if self._coded else note  # Arrow hands over text alone
        parse = pacsv.ParseOptions(
            delimiter=self._delimiter, newlines_in_values=self._body.quoted, invalid_row_handler=noted
        )
        for block in blocks:
            size = min(block, self._body.size + 1)
            options = pacsv.ReadOptions(use_threads=False, block_size=size, column_names=names)
            unreadable.clear()
            try:
                read(self._body.stream(), options, parse, convert)
            except pa.ArrowInvalid:  # a row longer than a block; anything else comes again
                if self._coded:
                    raise NotAsItIs from None
                continue
            if swallowing:
                raise self._swallows(swallowing[0])
            return unreadable
        hint = "is it a text file with one row a line?"
        raise InputError("E210", "the file cannot be read as rows of cells", place=self._place, hint=hint)

    def _named(self, table: pa.Table, wanted: Mapping[str, int]) -> pl.DataFrame:
        """The columns at some places under their names; an empty frame where there are none."""
        if not table.num_columns:
            return pl.DataFrame()
        if self._coded:
            return pl.DataFrame([_text(table[str(at)], self._coded).alias(name) for name, at in wanted.items()])
        arrow = pl.DataFrame(pl.from_arrow(table))
        return arrow.select(pl.col(str(at)).alias(name) for name, at in wanted.items())

    def _refuse_unclosed(self, frame: pl.DataFrame, last: int) -> None:
        """Refuses (E215) a file whose end did not come out."""
        if frame.height and frame.row(-1) == (_END,) * frame.width:
            return
        hint = said('look for a " without a partner in or before row {last}', last=last)
        message = "a quotation mark is never closed and takes the rest of the file into one cell"
        place = Place(self._place.file, None, said("row {row}", row=last))
        raise InputError("E215", message, place=place, hint=hint)

    def _refuse_swallowed(self) -> None:
        """Refuses (E215) a file in a cell of which stand rows: the rest of its own, and the next up to that column."""
        width, delimiter = self._width, self._delimiter
        if width < 3:  # two lines with one comma each are an address
            return
        step = width if self._body.contents.data is not None else 1  # all of a large file may be more than memory holds
        for first in range(0, width, step):
            table, unreadable = self._whole(range(first, min(width, first + step)))
            rows = numbered(table.num_rows, sorted(unreadable))
            frame = self._named(table, {str(at): at for at in range(first, min(width, first + step))})
            for at, column in enumerate(frame.get_columns(), first):
                lines = column.str.replace_all("\r\n?", "\n").str.split("\n")
                ends = [lines.list.get(end).str.count_matches(delimiter, literal=True) for end in (0, -1)]
                cells = column.str.count_matches(delimiter, literal=True)
                more = lines.list.len() - 1
                held = (more > 0) & (cells == more * (width - 1)) & (ends[0] == width - 1 - at) & (ends[1] == at)
                if held.fill_null(value=False).any():
                    raise self._swallows(rows.filter(held.fill_null(value=False))[0])

    def _swallows(self, row: int) -> InputError:
        hint = said('look for a " without a partner in row {row}; a " within a cell is written ""', row=row)
        message = "a quotation mark takes further rows into one cell"
        return InputError("E215", message, place=Place(self._place.file, None, said("row {row}", row=row)), hint=hint)


def _places(at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    """Numbers of rows for Arrow; of a list or an array of NumPy it would make them with pandas."""
    return pa.Array.from_buffers(pa.int64(), len(at), [None, pa.py_buffer(at)])


def _text(cells: pa.ChunkedArray, encoding: str) -> pl.Series:
    """Cells (large_binary) that decode, as text."""
    data = (chunk.buffers()[2] for chunk in cells.chunks)
    if all(one is None or one.to_pybytes().isascii() for one in data):
        text = pa.chunked_array([chunk.view(pa.large_string()) for chunk in cells.chunks], pa.large_string())
        return pl.Series(pl.from_arrow(text))
    distinct = cells.combine_chunks().dictionary_encode()
    words = [cell.decode(encoding) for cell in distinct.dictionary.to_pylist()]
    return pl.Series(words, dtype=pl.String).gather(pl.Series(pl.from_arrow(distinct.indices)))


class WholeRows:
    """All rows of members behind a sample: columns that are asked for are parsed once, and kept."""

    def __init__(self, cells: Cells, wanted: Mapping[str, int], height: int, kept: pl.DataFrame) -> None:
        self._cells, self._wanted = cells, wanted
        self._held = {one.name: one for one in kept.head(height).get_columns()}
        self.height = height

    def select(self, columns: Sequence[str], /) -> pl.DataFrame:
        """Those columns."""
        if missing := {name: self._wanted[name] for name in columns if name not in self._held}:
            frame, _ = self._cells.columns(missing)
            self._held.update({one.name: one for one in frame.head(self.height).get_columns()})
        return pl.DataFrame([self._held[name] for name in columns])
