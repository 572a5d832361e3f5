"""What a column of dates shows that one value cannot: the order of day and month, era digits, day numbers.

A column's decisions are one value, :class:`DateColumn`. :func:`decided` finds them and reads by them; :func:`rewritten`
reads by those found before, so that a value alone is read as it is among all others. Both take the frame of distinct
values (at, raw, count, tidy, lower, shape, shift, sham), rewrite ``shape`` where the column decides, and set ``open``
where a value stays undecided.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from oneid.japanese.eras import Span, judged

__all__ = ["DateColumn", "decided", "eras_run_on", "rewritten", "run_on"]


@dataclass(frozen=True, slots=True)
class DateColumn:
    """How the values of one column are read; by default as each is alone."""

    span: Span
    serials: bool = False
    """Numbers of five digits are spreadsheet day numbers."""
    six_digits: bool = False
    """Numbers of six digits, or of five, are YYMMDD."""
    short_year: Literal["", "first", "last"] = ""
    """Where the two-digit year of 80-3-7 or 3-7-80 is."""
    before_year: Literal["", "day", "month"] = ""
    """What stands first in 3-7-1980."""
    no_year: Literal["", "day", "month"] = ""
    """What stands first in 3-7, where no year is written."""
    coding: Literal["", "claims", "pension"] = ""
    """Whose era digits these are."""
    runs_on: str = ""
    """Letters of the eras that are counted past their end."""
    frequent: tuple[datetime.date, ...] = ()
    """Days that come too often to be anyone's birth, ascending."""


_CLAIMS_CODES = {"1": "m", "2": "t", "3": "s", "4": "h", "5": "r"}
"""Era digits of health insurance claims and of most forms: 3550307 is Showa 55."""
_PENSION_CODES = {"1": "m", "3": "t", "5": "s", "7": "h", "9": "r"}
"""Era digits of the Japan Pension Service: 5550307 is Showa 55."""

_CODED = "^c([1-9])-([0-9]{1,2}-[0-9]{1,2}-[0-9]{1,2})$"
_FIVE = "^([0-9]{5})(?:-[0-9]+)?$"
_SERIAL = r"^[1-4][0-9]{4}(?:-[0-9]+)?$"
_SERIALS = (10000, 47847)
_SHORT = r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})$"
_TWO_NUMBERS = r"^(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12][0-9]|3[01])$"
"""3/7: March 7, July 3, or March of a year 7."""
_NO_YEAR = r"^([0-9]{1,2})-([0-9]{1,2})$"
_YEAR_LAST = r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})$"
_SIX = r"^[0-9]{5,6}$"
_WITNESSES = 10
"""So many different values show that digits in a row are what they look like: of random numbers of five digits, ten
fall among the day numbers once in 5,000 columns; of six digits, ten are days of a year once in 10^14."""
_SLIPS = 3
"""Fewer dates past the end of an era are slips of the pen, not a habit."""


def decided(frame: pl.DataFrame, span: Span, others: int) -> tuple[pl.DataFrame, DateColumn]:
    """The frame as the column decides, and its decisions but for ``runs_on`` and ``frequent``. ``others`` is how many
    records outside of ``frame`` have a plain whole date.
    """
    frame = frame.with_columns(open=pl.lit(value=False))
    dated = frame.filter(~pl.col("sham").fill_null(value=True) & (pl.col("shape") != ""))
    column = DateColumn(span, serials=_serials(dated, others), six_digits=_six_digits(dated, others))
    for rewrite, decision, decide in _STEPS:
        if decide is not None:
            column = replace(column, **{decision: decide(frame, span)})
        frame = rewrite(frame, column)
    return frame, column


def rewritten(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    """The frame as a column decided before: each value by itself."""
    frame = frame.with_columns(open=pl.lit(value=False))
    for rewrite, _, _ in _STEPS:
        frame = rewrite(frame, column)
    return frame


def _serials(dated: pl.DataFrame, others: int) -> bool:
    """Days since 1899-12-30, if every value is such a number, or among other dates ten are and none is out of range."""
    numbers = dated.filter(pl.col("shape").str.contains(_FIVE))["shape"]
    if numbers.is_empty():
        return False
    only = others == 0 and dated["shape"].str.contains(_SERIAL).all()
    fitting = numbers.str.slice(0, 5).cast(pl.Int32).is_between(*_SERIALS)
    return bool(only or (len(numbers) >= _WITNESSES and fitting.all()))


def _as_serials(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    if not column.serials:
        return frame
    days = pl.col("shape").str.extract(_FIVE, 1).cast(pl.Int32)
    told = (pl.lit(datetime.date(1899, 12, 30)) + pl.duration(days=days)).dt.strftime("%Y-%m-%d")
    return frame.with_columns(shape=pl.when(days.is_between(*_SERIALS)).then(told).otherwise("shape"))


def _digits() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    digits = pl.col("lower").str.zfill(6)
    return digits.str.slice(0, 2), digits.str.slice(2, 2), digits.str.slice(4, 2)


def _six_digits(dated: pl.DataFrame, others: int) -> bool:
    """YYMMDD, if all values are such (five digits: a leading zero was eaten) and a year above 64 shows that no era is
    meant.
    """
    if others or len(dated) < _WITNESSES or not dated["lower"].str.contains(_SIX).all():
        return False
    year, month, day = (part.cast(pl.Int32) for part in _digits())
    possible = month.is_between(0, 12) & day.is_between(0, 31)
    return dated.select(a=possible.all(), b=(year > 64).any()).row(0) == (True, True)


def _as_six_digits(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    if not column.six_digits:
        return frame
    year, month, day = _digits()
    six = pl.col("lower").str.contains(_SIX) & ~pl.col("sham")
    return frame.with_columns(
        shape=pl.when(six)
        .then(pl.concat_str(pl.lit("'"), year, pl.lit("-"), month, pl.lit("-"), day))
        .otherwise("shape")
    )


def _short(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("shape").str.contains(_SHORT) & ~pl.col("sham"))


def _short_year(frame: pl.DataFrame, _: Span) -> str:
    """On which side the year of 80-3-7 and 3-7-80 is, where the column shows it, and that no era is meant.

    A part above 31 is a year, above 64 one of no era (Showa ended in its 64th year). Years that stand last must all be
    such, as only these can be none but those of the 1900s.
    """
    short = _short(frame)
    first, last = (pl.col("shape").str.extract(_SHORT, part).cast(pl.Int32) for part in (1, 3))
    year_first, year_last, no_era_first, no_era_last, all_last = short.select(
        a=(first > 31).any(), b=(last > 31).any(), c=(first > 64).any(), d=(last > 64).any(), e=(last > 31).all()
    ).row(0)
    if no_era_first and not year_last:
        return "first"
    return "last" if no_era_last and not year_first and all_last else ""


def _with_short_years(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    shape = pl.col("shape")
    frame = frame.with_columns(open=pl.col("open") | shape.str.contains(_TWO_NUMBERS).fill_null(value=False))
    short = _short(frame)
    if short.is_empty():
        return frame
    told = shape
    if column.short_year == "first":
        told = shape.str.replace(r"^([0-9]{2})-([0-9]{1,2})-([0-9]{1,2})$", "'$1-$2-$3")
    elif column.short_year == "last":
        told = shape.str.replace(r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{2})$", "$1-$2-19$3")
    return frame.update(short.select("at", shape=told, open=told == shape), on="at")


def _no_year(frame: pl.DataFrame, _: Span) -> str:
    """Whether day or month stands first in 3-7: ten different values show it that can be nothing else, where none can
    be a year and a month.
    """
    found = frame.filter(pl.col("shape").str.contains(_NO_YEAR) & ~pl.col("sham"))
    one, two = (found["shape"].str.extract(_NO_YEAR, part).cast(pl.Int8) for part in (1, 2))
    for name, month, day in (("month", one, two), ("day", two, one)):
        shown = found["shape"].filter(day > 12).n_unique()
        if shown >= _WITNESSES and month.is_between(1, 12).all() and day.is_between(1, 31).all():
            return name
    return ""


def _with_no_year(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    """3-7 as a month and a day."""
    if not column.no_year:
        return frame
    told = pl.col("shape").str.replace(_NO_YEAR, "$1-$2" if column.no_year == "month" else "$2-$1")
    fits = told.str.contains(_TWO_NUMBERS) & ~pl.col("sham")
    return frame.with_columns(shape=pl.when(fits).then("u-" + told).otherwise("shape"))


def _before_year(frame: pl.DataFrame, _: Span) -> str:
    """Whether day or month stands first in 3-7-1980: what some value proves, if none proves the contrary."""
    one, two = (pl.col("shape").str.extract(_YEAR_LAST, part).cast(pl.Int8) for part in (1, 2))
    found = frame.filter(pl.col("shape").str.contains(_YEAR_LAST))
    day, month = found.select(day=((one > 12) & (two <= 12)).any(), month=((two > 12) & (one <= 12)).any()).row(0)
    return "" if day == month else "day" if day else "month"


def _with_year_last(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    """3-7-1980 as year, month, day, in the order of the column, or that which the value itself allows."""
    shape = pl.col("shape")
    found = frame.filter(shape.str.contains(_YEAR_LAST))
    if found.is_empty():
        return frame
    one, two = (shape.str.extract(_YEAR_LAST, part).cast(pl.Int8) for part in (1, 2))
    open_ = column.before_year == ""
    day_first = (one > 12) | (one == two) if open_ else pl.lit(column.before_year == "day")
    month_first = two > 12 if open_ else pl.lit(column.before_year == "month")
    told = found.select(
        "at",
        shape=pl.when(day_first)
        .then(shape.str.replace(_YEAR_LAST, "$3-$2-$1"))
        .when(month_first)
        .then(shape.str.replace(_YEAR_LAST, "$3-$1-$2"))
        .otherwise(shape),
        open=~day_first & ~month_first,
    )
    return frame.update(told, on="at")


def _coded(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("shape").str.contains(_CODED) & ~pl.col("sham"))


def _by_coding(coded: pl.DataFrame, span: Span) -> list[pl.DataFrame]:
    """The values with era digits read by either coding (shape; good: a real date)."""
    shape = pl.col("shape")
    sides = []
    for codes in (_CLAIMS_CODES, _PENSION_CODES):
        era = shape.str.extract(_CODED, 1).replace_strict(codes, default="?")
        told = coded.with_columns(shape=pl.concat_str(era, shape.str.extract(_CODED, 2)))
        made = judged(told, replace(span, births=True))
        sides.append(made.with_columns(good=pl.col("reason").is_null()))
    return sides


def _coding(frame: pl.DataFrame, span: Span) -> str:
    """The coding of era digits that makes more records real dates."""
    coded = _coded(frame)
    if coded.is_empty():
        return ""
    claims, pension = (int((side["good"] * coded["count"]).sum()) for side in _by_coding(coded, span))
    return "" if claims == pension else "claims" if claims > pension else "pension"


def _with_eras(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    """Era digits as era letters, by the column's coding.

    Where both codings do equally well, a value is read that only one can read; one that both can read differently stays
    open. A value that only the worse coding can read stays unread.
    """
    coded = _coded(frame)
    if coded.is_empty():
        return frame
    claims, pension = _by_coding(coded, column.span)
    both = pl.DataFrame({
        "at": coded["at"], "raw": coded["shape"], "a": claims["shape"], "b": pension["shape"],
        "in_a": claims["good"], "in_b": pension["good"],
    })  # fmt: skip
    a, b, in_a, in_b = (pl.col(name) for name in ("a", "b", "in_a", "in_b"))
    tie = pl.lit(column.coding == "")
    read_a = in_a & (pl.lit(column.coding == "claims") | (tie & ~in_b)) | in_a & (a == b)
    read_b = in_b & (pl.lit(column.coding == "pension") | (tie & ~in_a))
    told = both.select(
        "at",
        shape=pl.when(read_a).then(a).when(read_b).then(b).otherwise("raw"),
        open=in_a & in_b & ~read_a & ~read_b,
    )
    return frame.update(told, on="at")


_STEPS: tuple[
    tuple[Callable[[pl.DataFrame, DateColumn], pl.DataFrame], str, Callable[[pl.DataFrame, Span], Any] | None],
    ...,
] = (
    # rewrites, by which decision, and what decides it once the steps before are done
    (_as_serials, "serials", None),
    (_as_six_digits, "six_digits", None),
    (_with_no_year, "no_year", _no_year),
    (_with_short_years, "short_year", _short_year),
    (_with_year_last, "before_year", _before_year),
    (_with_eras, "coding", _coding),
)


def eras_run_on(frame: pl.DataFrame) -> str:
    """The letters of the eras past whose end it is the column's habit to count (昭和65年): at least three different
    dates, and no date of a later era. ``frame`` is as :func:`oneid.japanese.eras.judged` gives it.
    """
    past = frame.filter((pl.col("reason") == "out_of_era") & pl.col("past"))["era"]
    return "".join(
        era
        for era, later in (("m", "tshr"), ("t", "shr"), ("s", "hr"), ("h", "r"))
        if (past == era).sum() >= _SLIPS and not frame["era"].is_in(list(later)).any()
    )


def run_on(frame: pl.DataFrame, column: DateColumn) -> pl.DataFrame:
    """Dates past the end of the eras that run on read by arithmetic; ``frame`` is as for :func:`eras_run_on`."""
    mine = (pl.col("reason") == "out_of_era") & pl.col("past") & pl.col("era").is_in(list(column.runs_on))
    rows = frame.filter(mine) if column.runs_on else frame.clear()
    if rows.is_empty():
        return frame
    told = judged(rows, column.span, bounds=False)
    return pl.concat([frame.filter(~pl.col("at").is_in(rows["at"].implode())), told.select(frame.columns)]).sort("at")
