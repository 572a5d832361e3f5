"""Dates of birth: Japanese eras, every usual spelling, partial dates, and dates that only stand for "unknown".

Whole dates in the three plainest spellings (1980-03-07, 1980/3/7, 19800307) are read at once; what is left is read
over its distinct values. Every spelling is first rewritten to one shape (:mod:`oneid.normalize.datetext`), the column
decides what one value cannot tell (:mod:`oneid.normalize.datecolumn`), integer arithmetic does the rest
(:mod:`oneid.normalize.eras`).
"""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl

from oneid.normalize.datecolumn import decided, era_runs_on
from oneid.normalize.datetext import shapes
from oneid.normalize.eras import ERAS, judged
from oneid.normalize.text import as_text, is_placeholder, tidy

__all__ = ["ERAS", "birth", "birth_parts", "read_dates"]

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
    return _read(as_text(values), latest or _end_of_year(), births=True)


def birth_parts(
    year: pl.Series | None, month: pl.Series | None, day: pl.Series | None, latest: datetime.date | None = None
) -> pl.DataFrame:
    """:func:`birth` for year, month and day in columns of their own (String, None for a column that does not exist).

    The year may name an era (S55, 昭和55); a suffix 年, 月 or 日 is dropped. A part that is missing, a null word or 0
    is unknown.

    >>> birth_parts(pl.Series(["1980", "S55"]), pl.Series(["3", "03月"]), None).select("display", "reason").rows()
    [('1980-03', 'partial'), ('1980-03', 'partial')]
    """
    given = [part for part in (year, month, day) if part is not None]
    height = len(given[0]) if given else 0
    empty = pl.Series([None] * height, dtype=pl.String)
    parts = [empty if part is None else part for part in (year, month, day)]
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
    made = _read(as_text(texts), latest or _end_of_year(), births=True)
    shown = frame.select(pl.concat_str(["y", "m", "d"], separator="-", ignore_nulls=True).replace("", None)).to_series()
    readable = pl.col("reason").is_null() | (pl.col("reason") == "partial")
    return made.with_columns(display=pl.when(readable).then("display").otherwise(shown))


def read_dates(values: pl.Series) -> pl.DataFrame:
    """Dates that are no births: as :func:`birth`, but none is a placeholder by value or count, and any year will do.

    A two-digit year is one from 1950 to this one.
    """
    return _read(as_text(values), datetime.date.max, births=False)


def _end_of_year() -> datetime.date:
    return datetime.date(datetime.date.today().year, 12, 31)


def _read(raw: pl.Series, latest: datetime.date, *, births: bool) -> pl.DataFrame:
    plain = _plainly(raw, latest)
    rest = plain.is_null().arg_true()
    if rest.is_empty():
        careful, at = None, rest
    else:
        careful, at = _carefully(raw.gather(rest), len(raw) - len(rest), latest, births=births)
    days = plain if careful is None else plain.scatter(rest, careful["date"].gather(at))
    found = _faces(days) if careful is None else _merged(_faces(days), careful, rest, at)
    return _without_frequent(found, days) if births else found


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


def _carefully(raw: pl.Series, others: int, latest: datetime.date, *, births: bool) -> tuple[pl.DataFrame, pl.Series]:
    """Distinct texts judged, and for each row of ``raw`` the number of its text."""
    rows = raw.alias("raw").to_frame()
    distinct = rows.group_by("raw", maintain_order=True).len("count").with_row_index("at")
    at = rows.join(distinct, on="raw", how="left", nulls_equal=True, maintain_order="left")["at"]
    frame = judged(decided(shapes(distinct), latest, others), latest, births=births)
    frame = era_runs_on(frame, latest, births=births)
    known = pl.col("reason").is_null()
    return frame.with_columns(date=pl.when(known).then("date")), at


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


def _without_frequent(found: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """Dates that the column's own counts betray become placeholders: see :func:`birth`."""
    if len(days) - days.null_count() < 200:
        return found
    number, counts = np.unique(days.drop_nulls().cast(pl.Int32).to_numpy(), return_counts=True)
    upto = np.concatenate([[0], np.cumsum(counts)])
    reach = 1096
    around = (
        upto[np.searchsorted(number, number + reach, "right")] - upto[np.searchsorted(number, number - reach)] - counts
    )
    betrayed = number[(counts > 8) & (counts * 2 * reach > 20 * around)]
    if not len(betrayed):
        return found
    gone = days.cast(pl.Int32).is_in(pl.Series(betrayed).implode()).fill_null(value=False)
    kept = [pl.when(~gone).then(name).alias(name) for name in ("normalized", "year", "month", "day")]
    return found.with_columns(*kept, reason=pl.when(gone).then(pl.lit("placeholder")).otherwise("reason"))
