"""Dates of birth: Japanese eras, every usual spelling, partial dates, and dates that only stand for "unknown".

Whole dates in the three plainest spellings (1980-03-07, 1980/3/7, 19800307) are read at once; what is left is read
over its distinct values. Every spelling is first rewritten to one shape (:mod:`oneid.kinds.birth.datetext`), the column
decides what one value cannot tell (:mod:`oneid.kinds.birth.datecolumn`), integer arithmetic does the rest
(:mod:`oneid.japanese.eras`).

What a column decides can be kept: each function whose name ends in ``_by`` also gives the :class:`DateColumn`, and
reads by one that it is given, each value then as it was among all others. Deciding and reading share the costly step,
from text to shape, so they are done in one go.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import polars as pl

from oneid.japanese.eras import ERAS, Span, judged
from oneid.japanese.text import as_text, is_placeholder, tidy
from oneid.kinds.birth.datecolumn import DateColumn, decided, eras_run_on, rewritten, run_on
from oneid.kinds.birth.datetext import shapes

__all__ = ["ERAS", "DateColumn", "birth", "birth_by", "birth_parts", "birth_parts_by", "dates_by", "read_dates"]

_PLAIN = r"^(?:1[89]|20)[0-9]{2}(?:-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|[01][0-9]{3})$"
_PLAIN_FROM, _PLAIN_SHAMS = (
    datetime.date(1873, 1, 1),
    ("1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1904-01-01"),
)


def birth(values: pl.Series, latest: datetime.date | None = None) -> pl.DataFrame:
    """Births as ISO dates; ``normalized`` holds whole dates only, ``display`` also ``1980-03``, ``1980``, ``--03-07``.

    Extras: ``year`` (Int16), ``month`` and ``day`` (Int8), each null where unknown.

    Read are Japanese eras (昭和55年3月7日, S55.3.7, S550307, ㍼55年, 元年, kanji numerals, a trailing 生, the Gregorian
    year beside it if it is the same), Gregorian dates with the year first and any separator, 19800307, dates with
    English months, a label or a day of the week around them, and a time after them. A moment told in another time zone
    is the day it was in Japan (1980-03-06T15:00:00Z is March 7), but midnight in that zone is the day as it stands.
    Two-digit years are read behind an apostrophe, beside an English month, or above 64 ('80/3/7, 7-Mar-80, 80/3/7), if
    only one century fits a birth of the last 110 years. Decided by the column:

    - day or month first (3/7/1980): whichever some value proves by a part above 12, if none proves the contrary; a
      value that can only be read one way is read so;
    - month and day, or day and month, without a year (3/7): whichever at least 10 different values show by a part above
      12, if none can be anything else;
    - two-digit years (55/3/7; 550307 if at least 10 values are such and nothing else): if some year is above 64, which
      no era reached;
    - era digits (5550307): the coding of insurance claims (1 to 5) or of the pension service (1, 3, 5, 7, 9), whichever
      makes more values real dates;
    - spreadsheet day numbers (29287, days since 1899-12-30, 1927 to 2030): if every usable value is one, or at least 10
      among other dates are;
    - years past the end of an era (昭和65年): read on by arithmetic if at least 3 dates are such and none is of a later
      era, as in systems that never learnt it. A single one is refused: the era or the year may be the slip.

    A month or day 00 or 99 is unknown. ``latest`` is the last day in range, by default the end of this year.

    Reasons: ``missing``; ``placeholder``: null words, zeros, empty forms, 1900-01-01, 1901-01-01, 1111-11-11,
    9999-12-31 and the like, and any date that comes more than 8 times and more than 20 times as often as a day within
    three years around it, in columns with at least 200 whole dates; ``partial``: a part is unknown; ``out_of_era``:
    昭和64年1月8日; ``impossible_date``: February 30; ``out_of_range``: before 1873 or after ``latest``; ``ambiguous``;
    ``not_a_date``, also two years that differ (1980年(昭和56年)).

    >>> birth(pl.Series(["S55.3.7", "昭和64年1月8日", "1980-03"])).select("normalized", "display", "reason").rows()
    [('1980-03-07', '1980-03-07', None), (None, '昭和64年1月8日', 'out_of_era'), (None, '1980-03', 'partial')]
    """
    return _read(as_text(values), Span.today(births=True, latest=latest))[0]


def birth_by(values: pl.Series, column: DateColumn | None = None) -> tuple[pl.DataFrame, DateColumn]:
    """:func:`birth` by what the column decided before, or decides now where ``column`` is None; and the decisions.

    >>> whole, column = birth_by(pl.Series(["3/7/1980", "31/7/1980"]))
    >>> birth_by(pl.Series(["3/7/1980"]), column)[0]["normalized"].to_list() == [whole["normalized"][0]]
    True
    """
    return _read(as_text(values), column or Span.today(births=True))


def birth_parts(
    year: pl.Series | None, month: pl.Series | None, day: pl.Series | None, latest: datetime.date | None = None
) -> pl.DataFrame:
    """:func:`birth` for year, month and day in columns of their own (String, None for a column that does not exist).

    The year may name an era (S55, 昭和55); a suffix 年, 月 or 日 is dropped. A part that is missing, a null word or 0
    is unknown.

    >>> birth_parts(pl.Series(["1980", "S55"]), pl.Series(["3", "03月"]), None).select("display", "reason").rows()
    [('1980-03', 'partial'), ('1980-03', 'partial')]
    """
    return _read_parts((year, month, day), Span.today(births=True, latest=latest))[0]


def birth_parts_by(
    year: pl.Series | None, month: pl.Series | None, day: pl.Series | None, column: DateColumn | None = None
) -> tuple[pl.DataFrame, DateColumn]:
    """:func:`birth_parts` by what the columns decided before, as :func:`birth_by` does."""
    return _read_parts((year, month, day), column or Span.today(births=True))


def _read_parts(
    ymd: tuple[pl.Series | None, pl.Series | None, pl.Series | None], known: Span | DateColumn
) -> tuple[pl.DataFrame, DateColumn]:
    given = [part for part in ymd if part is not None]
    height = len(given[0]) if given else 0
    empty = pl.Series([None] * height, dtype=pl.String)
    parts = [empty if part is None else part for part in ymd]
    frame = pl.DataFrame([as_text(part).alias(name) for name, part in zip("ymd", parts, strict=True)])
    frame = frame.with_columns(tidy(pl.col(name)) for name in "ymd")
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in "ymd")
    frame = frame.with_columns(
        pl.col(name).str.replace(rf"{unit}$|\.0$", "").str.strip_chars(" ").alias(name + "_bare")
        for name, unit in zip("ymd", "年月日", strict=True)
    )
    bare = [pl.col(name + "_bare") for name in "ymd"]
    unknown = [part.is_null() | (part == "") | part.str.contains("^0+$") | is_placeholder(part) for part in bare]
    usable = [pl.when(gone).then(pl.lit("u")).otherwise(part) for part, gone in zip(bare, unknown, strict=True)]
    texts = frame.select(pl.when(some).then(pl.concat_str(usable, separator="-"))).to_series()
    made, column = _read(as_text(texts), known)
    shown = frame.select(pl.concat_str(["y", "m", "d"], separator="-", ignore_nulls=True).replace("", None)).to_series()
    readable = pl.col("reason").is_null() | (pl.col("reason") == "partial")
    return made.with_columns(display=pl.when(readable).then("display").otherwise(shown)), column


def read_dates(values: pl.Series) -> pl.DataFrame:
    """Dates that are no births: as :func:`birth`, but none is a placeholder by value or count, and any year will do.

    A two-digit year is one from 1950 to this one.
    """
    return dates_by(values)[0]


def dates_by(values: pl.Series, column: DateColumn | None = None) -> tuple[pl.DataFrame, DateColumn]:
    """:func:`read_dates` by what the column decided before, as :func:`birth_by` does."""
    return _read(as_text(values), column or Span.today(births=False))


def _read(raw: pl.Series, known: Span | DateColumn) -> tuple[pl.DataFrame, DateColumn]:
    """The dates by what is ``known`` of the column, its decisions or only what dates it can hold; and the decisions."""
    column = DateColumn(known) if isinstance(known, Span) else known
    span = column.span
    days = _plainly(raw, span.latest)
    rest = days.is_null().arg_true()
    if rest.is_empty():
        found = _faces(days)
    else:
        careful, at, column = _carefully(raw.gather(rest), len(raw) - len(rest), known)
        days = days.scatter(rest, careful["date"].gather(at))
        found = _merged(_faces(days), careful, rest, at)
    if not span.births:
        return found, column
    if isinstance(known, Span):
        column = replace(column, frequent=_frequent(days))
    return _without(found, days, column.frequent), column


def _plainly(raw: pl.Series, latest: datetime.date) -> pl.Series:
    """The days of texts that are whole dates in the plainest spellings, in range; null for all others."""
    text = pl.col("raw")
    some = raw.to_frame().lazy().select(raw=pl.when(text.str.contains(_PLAIN)).then(text))
    short = text.str.len_bytes() == 8
    solid = short & ~text.str.slice(4, 1).is_in(["-", "/"])
    parted = pl.when(~solid).then(text.str.replace_all("/", "-", literal=True)).str.to_date("%Y-%m-%d", strict=False)
    days = pl.coalesce(parted, pl.when(solid).then(text).str.to_date("%Y%m%d", strict=False))
    day = pl.col("day")
    shams = [datetime.date.fromisoformat(sham) for sham in _PLAIN_SHAMS]
    fit = day.is_between(_PLAIN_FROM, latest) & ~day.is_in(shams) & (day.dt.year() < 2099)
    return some.select(day=days).select(pl.when(fit).then(day)).collect()["day"]


def _carefully(raw: pl.Series, others: int, known: Span | DateColumn) -> tuple[pl.DataFrame, pl.Series, DateColumn]:
    """Distinct texts judged, for each row of ``raw`` the number of its text, and what the column decides."""
    rows = raw.alias("raw").to_frame()
    distinct = rows.group_by("raw", maintain_order=True).len("count").with_row_index("at")
    at = rows.join(distinct, on="raw", how="left", nulls_equal=True, maintain_order="left")["at"]
    if isinstance(known, DateColumn):
        column = known
        frame = judged(rewritten(shapes(distinct), column), column.span)
    else:
        frame, column = decided(shapes(distinct), known, others)
        frame = judged(frame, known)
        column = replace(column, runs_on=eras_run_on(frame))
    readable = pl.col("reason").is_null()
    return run_on(frame, column).with_columns(date=pl.when(readable).then("date")), at, column


def _faces(days: pl.Series) -> pl.DataFrame:
    """The columns of the contract for whole dates; null throughout where there is none."""
    numbers = days.cast(pl.Int32)
    low, high = numbers.min(), numbers.max()
    day = pl.col("date")
    parts = {
        "normalized": day.dt.strftime("%Y-%m-%d"), "year": day.dt.year().cast(pl.Int16),
        "month": day.dt.month(), "day": day.dt.day(),
    }  # fmt: skip
    if not isinstance(low, int) or not isinstance(high, int) or high - low > 4 * len(days) + 400_000:
        shown = days.alias("date").to_frame().lazy().select(**parts).collect()
    else:  # every day of the span once, then gathered: much cheaper than writing each date
        span = pl.select(date=pl.int_range(low, high + 1, dtype=pl.Int32).cast(pl.Date))
        shown = span.lazy().select(**parts).collect()[numbers - low]
    display, reason = pl.col("normalized").alias("display"), pl.lit(None, pl.String).alias("reason")
    return shown.select("normalized", display, reason, "year", "month", "day")


def _merged(found: pl.DataFrame, careful: pl.DataFrame, rest: pl.Series, at: pl.Series) -> pl.DataFrame:
    """``found`` with what is known of the rows ``rest`` that are no whole dates."""
    reason = pl.col("reason")
    partial = reason == "partial"
    year, month, day = (pl.when(partial).then(name) for name in "ymd")
    two = [pl.format("-{}", part.cast(pl.String).str.zfill(2)) for part in (month, day)]
    spelled = pl.concat_str(
        pl.when(year.is_null()).then(pl.lit("-")).otherwise(year.cast(pl.String).str.zfill(4)),
        two[0].fill_null(""),
        pl.when(month.is_not_null()).then(two[1]).fill_null(""),
    )
    told = partial & (year.is_not_null() | month.is_not_null())
    other = careful.select(
        "reason",
        display=pl.when(told).then(spelled).otherwise("tidy"),
        year=year.cast(pl.Int16),
        month=month.cast(pl.Int8),
        day=day.cast(pl.Int8),
    )[at]
    unread = other["reason"].is_not_null()
    rows, other = rest.filter(unread), other.filter(unread)
    return found.with_columns(
        found[name].scatter(rows, other[name]) for name in ("reason", "display", "year", "month", "day")
    )


def _frequent(days: pl.Series) -> tuple[datetime.date, ...]:
    """The days that come too often to be anyone's birth: see :func:`birth`."""
    if len(days) - days.null_count() < 200:
        return ()
    number, counts = np.unique(days.drop_nulls().cast(pl.Int32).to_numpy(), return_counts=True)
    upto = np.concatenate([[0], np.cumsum(counts)])
    reach = 1096
    around = (
        upto[np.searchsorted(number, number + reach, "right")] - upto[np.searchsorted(number, number - reach)] - counts
    )
    betrayed = number[(counts > 8) & (counts * 2 * reach > 20 * around)]
    return tuple(pl.Series(betrayed).cast(pl.Date).to_list())


def _without(found: pl.DataFrame, days: pl.Series, frequent: tuple[datetime.date, ...]) -> pl.DataFrame:
    """The ``frequent`` days as placeholders."""
    if not frequent:
        return found
    gone = days.is_in(pl.Series(frequent, dtype=pl.Date).implode()).fill_null(value=False)
    kept = [pl.when(~gone).then(name).alias(name) for name in ("normalized", "year", "month", "day")]
    return found.with_columns(*kept, reason=pl.when(gone).then(pl.lit("placeholder")).otherwise("reason"))
