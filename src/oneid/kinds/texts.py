"""Columns of text beside their codes, and how near two texts are: edit distances, once per distinct pair of values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from oneid.kinds.shapes import Flags, Frames, Levels, Rows
from oneid.vocabulary.codes import Codes, distinct_pairs, list_codes

__all__ = [
    "Text",
    "few_edits",
    "first_usable",
    "level_of_pairs",
    "no_texts",
    "one_edit",
    "places_of",
    "texts_of",
    "where_written",
]


@dataclass(frozen=True)
class Text:
    """A text column with its codes."""

    codes: Codes
    values: pl.Series

    def picked(self, rows: Rows) -> list[str]:
        """The texts of some rows; of few each by itself, for a column has a fixed cost."""
        if rows.size > _FEW:
            return self.values.gather(rows).to_list()
        return [self.values[row] for row in rows.tolist()]

    def of(self, rows: Rows) -> Text:
        """The column of some records."""
        return Text(self.codes[rows], self.values.gather(rows))


_FEW = 64
"""Of up to so many pairs texts are looked at one by one: columns have a fixed cost of a millisecond."""


def _one_edit(a: str, b: str) -> bool:
    return min(len(a), len(b)) >= 2 and max(len(a), len(b)) >= 3 and OSA.distance(a, b, score_cutoff=1) <= 1


def one_edit(text: Text, left: Rows, right: Rows, among: Flags, other: Text | None = None) -> Flags:
    """Where the two values are within one edit (insert, delete, replace, exchange of neighbours: OSA distance).

    Only the pairs in ``among`` are looked at. Both values need two characters and one of them three: 林 and 森 are
    one edit apart too. ``other`` is the column of the right side where it is another one.
    """
    result = np.zeros(left.size, dtype=np.bool_)
    other = other or text
    at = among.nonzero()[0]
    if not at.size:
        return result
    lefts, rights = left[at], right[at]
    if at.size <= _FEW:
        pairs = zip(text.picked(lefts), other.picked(rights), strict=True)
        result[at] = [_one_edit(*pair) for pair in pairs]
        return result
    first, inverse = distinct_pairs(text.codes[lefts], other.codes[rights])
    a = text.values.gather(lefts[first])
    b = other.values.gather(rights[first])
    sizes = [text_.str.len_chars().to_numpy() for text_ in (a, b)]
    long_enough = (np.minimum(*sizes) >= 2) & (np.maximum(*sizes) >= 3)
    near = np.zeros(first.size, dtype=np.bool_)
    if long_enough.any():
        distance = cpdist(
            a.filter(pl.Series(long_enough)).to_list(),
            b.filter(pl.Series(long_enough)).to_list(),
            scorer=OSA.distance,
            score_cutoff=1,
            dtype=np.uint8,
        )
        near[long_enough] = distance <= 1
    result[at] = near[inverse]
    return result


EDIT_PER = 4
"""Texts of one's own fields are near with at most one edit for so many characters: one in a number of seven digits."""


def few_edits(text: Text, left: Rows, right: Rows, among: Flags, other: Text) -> Flags:
    """Where the two values are within one edit (OSA distance) for every EDIT_PER characters of the longer one, blanks
    not counted.

    Only the pairs in ``among`` are looked at. ``other`` is the column of the right side.
    """
    result = np.zeros(left.size, dtype=np.bool_)
    at = np.flatnonzero(among)
    if not at.size:
        return result
    lefts, rights = left[at], right[at]
    first, inverse = distinct_pairs(text.codes[lefts], other.codes[rights])
    a, b = (
        column.values.gather(rows[first]).str.replace_all(" ", "", literal=True)
        for column, rows in ((text, lefts), (other, rights))
    )
    sizes = [text_.str.len_chars().to_numpy().astype(np.int64) for text_ in (a, b)]
    most = np.maximum(*sizes) // EDIT_PER
    close = np.abs(sizes[0] - sizes[1]) <= most  # that many edits are needed at least
    few = np.zeros(first.size, dtype=np.bool_)
    if close.any():
        texts = (text_.filter(pl.Series(close)).to_list() for text_ in (a, b))
        few[close] = cpdist(*texts, scorer=OSA.distance, dtype=np.uint16) <= most[close]
    result[at] = few[inverse]
    return result


def level_of_pairs(
    text: Text, other: Text, left: Rows, right: Rows, among: Flags, judge: Callable[[list[str], list[str]], Levels]
) -> Levels:
    """What ``judge`` says of pairs of values, asked once per distinct pair of many; 0 where ``among`` is false.

    ``text`` is the column of the left side, ``other`` that of the right. ``judge`` is given two lists of texts of one
    length, and returns a number for each pair; it must not depend on which of the two comes first.
    """
    result = np.zeros(left.size, dtype=np.uint8)
    at = among.nonzero()[0]
    if not at.size:
        return result
    lefts, rights = left[at], right[at]
    if at.size <= _FEW:
        result[at] = judge(text.picked(lefts), other.picked(rights))
        return result
    first, inverse = distinct_pairs(text.codes[lefts], other.codes[rights])
    result[at] = judge(text.picked(lefts[first]), other.picked(rights[first]))[inverse]
    return result


def places_of(column: pl.Series) -> list[Text]:
    """A List column as texts per place."""
    arrays = list_codes(column)
    frame = column.to_frame("v")
    return [
        Text(codes, frame.select(pl.col("v").list.get(i, null_on_oob=True)).to_series())
        for i, codes in enumerate(arrays)
    ]


def first_usable(frames: Frames, column: str) -> pl.Series:
    """The first usable value of several, row by row."""
    holder = pl.DataFrame({str(i): frame[column] for i, frame in enumerate(frames)})
    return holder.select(pl.coalesce(pl.all())).to_series()


def no_texts(height: int) -> pl.Series:
    """What :func:`texts_of` gives for records without such a field: nulls."""
    return pl.repeat(None, height, dtype=pl.List(pl.String), eager=True).alias("value")


def texts_of(frames: Frames, column: str, more: str | None = None) -> pl.Series:
    """The values of several frames as one List column, each value once; null where there is none."""
    found = []
    for place, frame in enumerate(frames):
        rows = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
        values = frame.lazy().select(rows, pl.col(column).alias("value")).drop_nulls()
        found.append(values.with_columns(place=pl.lit(2 * place, dtype=pl.UInt32)))
        if more is not None:
            further = frame.lazy().select(rows, pl.col(more).alias("value")).filter(pl.col("value").list.len() > 0)
            further = further.explode("value", empty_as_null=True, keep_nulls=False)
            found.append(further.with_columns(place=pl.lit(2 * place + 1, dtype=pl.UInt32)))
    first, *rest = pl.collect_all(found)
    held = first
    if any(one.height for one in rest):
        held = pl.concat([first, *rest]).sort("row", "place", maintain_order=True)
        held = held.unique(["row", "value"], maintain_order=True)
    height = frames[0].height
    sizes = np.bincount(held["row"].to_numpy(), minlength=height)
    # through Polars: pyarrow would import pandas to look at an array of NumPy
    offsets, empty = (pl.Series(array).to_arrow() for array in (np.concatenate(([0], np.cumsum(sizes))), sizes == 0))
    lists = pa.LargeListArray.from_arrays(offsets, held["value"].rechunk().to_arrow(), mask=empty)
    return pl.Series("value", lists).cast(pl.List(pl.String))


_MUCH = 0.7
"""Columns that are filled more than this are read as they are: taking the texts out costs more than it saves."""


def where_written(raw: pl.Series, read: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """``read(raw)``; where much is empty ``read`` sees the texts only. A null then has the reason ``missing``, empty
    lists and false flags, which is what ``read`` must give for it too.

    >>> where_written(pl.Series(["a", None]), lambda texts: pl.DataFrame({"n": texts, "reason": texts})).rows()
    [('a', 'a'), (None, 'missing')]
    """
    written = raw.is_not_null().arg_true()
    if len(written) > _MUCH * len(raw):
        return read(raw)
    made = read(raw.gather(written))
    at = pl.repeat(None, len(raw), dtype=pl.UInt32, eager=True)
    at = at.scatter(written, pl.int_range(len(written), dtype=pl.UInt32, eager=True)).alias("at")
    none = {pl.List: [], pl.Boolean: False}
    filled = [
        pl.col(name).fill_null(none[kind.base_type()]) for name, kind in made.schema.items() if kind.base_type() in none
    ]
    whole = made.select(pl.all().gather(at))
    return whole.with_columns(*filled, reason=pl.when(pl.lit(at).is_null()).then(pl.lit("missing")).otherwise("reason"))
