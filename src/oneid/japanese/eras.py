"""The calendar behind dates: Japanese eras, the day that year, month and day name, and why some name none."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import polars as pl

__all__ = ["ERAS", "Span", "judged"]

ERAS: dict[str, tuple[int, int, int]] = {
    "m": (1868, 18680125, 19120729),
    "t": (1912, 19120730, 19261224),
    "s": (1926, 19261225, 19890107),
    "h": (1989, 19890108, 20190430),
    "r": (2019, 20190501, 99991231),
}
"""Meiji, Taisho, Showa, Heisei and Reiwa: the Gregorian year that is year 1, the first and the last day as YYYYMMDD.
The day of a change belongs to the new era (imperial rescripts of 1912-07-30 and 1926-12-25; era law, 1989 and 2019)."""

_FIRST_DAY = 18730101
"""Japan keeps the Gregorian calendar since then; earlier dates are out of range."""

_SHAM_YEARS = [1, 1000, 1111, 1601, 1753, 1800, 2099, 2222, 2999, 3000, 3333, 4444, 5555, 6666, 7777, 8888, 9999]
"""Years of zero points and ends of databases (1, 1000, 1601, 1753, 9999), and those that only fill a form."""
_SHAM_DAYS = [18991230, 18991231, 19000101, 19010101, 19040101]
"""Day 0 and day 1 of spreadsheets (1899-12-30 to 1900-01-01; 1904-01-01 on old Macintoshes), and of data entry."""

_SHAPE = r"^(?<era>[mtshr'])?(?<y>[0-9]{1,4}|u)(?:-(?<m>[0-9]{1,2}|u))?(?:-(?<d>[0-9]{1,2}|u))?$"
_OLDEST = 110
"""A two-digit year may mean a birth up to so many years ago."""
_FIRST_MEMBER = 1950
"""A two-digit year of another date means this year at the earliest."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which dates a column can hold: ``latest`` is the last day in range, ``newest`` the last year that two digits may
    mean. Of ``births`` the first days are those of living people, and some are placeholders.
    """

    latest: datetime.date
    newest: int
    births: bool

    @classmethod
    def today(cls, *, births: bool, latest: datetime.date | None = None) -> Span:
        """What today allows: births up to ``latest`` (by default the end of this year), other dates up to 9999."""
        this_year = datetime.date.today().year
        last = latest or (datetime.date(this_year, 12, 31) if births else datetime.date.max)
        return cls(last, min(last.year, this_year + 1), births)


def judged(frame: pl.DataFrame, span: Span, *, bounds: bool = True) -> pl.DataFrame:
    """What each ``shape`` says: adds y, m, d (null where unknown), era, ``past`` (after the end of its era), ``date``
    (whole real days) and ``reason``.

    ``frame`` has tidy, shape (``s55-3-7``, ``1980-3-7``, ``'80-3-7``; u: unknown), sham, open (undecided) and shift
    (days to add). ``bounds`` asks that a date lie within its era. Reasons are those of
    :func:`oneid.kinds.birth.normalizer.birth`.
    """
    parts = pl.col("shape").str.extract_groups(_SHAPE)
    made = ("era", "y", "m", "d", "date", "reason", "first", "final", "readable", "unclear", "past")
    frame = frame.drop(made, strict=False).with_columns(parts=parts).unnest("parts")
    frame = _numbers(frame, span)
    y, m, d = pl.col("y"), pl.col("m"), pl.col("d")
    whole = y.is_not_null() & m.is_not_null() & d.is_not_null()
    leap = (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
    longest = (
        pl.when(m.is_in([4, 6, 9, 11])).then(30).when(m != 2).then(31)
        .when(leap.fill_null(value=True)).then(29).otherwise(28)
    )  # fmt: skip
    impossible = (~m.is_between(1, 12) | ~d.is_between(1, longest.fill_null(31))).fill_null(value=False)
    real = whole & ~impossible
    frame = frame.with_columns(date=pl.when(real).then(_day_number(y, m, d) + pl.col("shift")).cast(pl.Date))
    low = y * 10000 + m.fill_null(1) * 100 + d.fill_null(1)
    high = y * 10000 + m.fill_null(12) * 100 + d.fill_null(31)
    nothing = y.is_null() & m.is_null() & d.is_null()
    sham = nothing | (pl.lit(span.births) & ((y.is_in(_SHAM_YEARS) & pl.col("era").is_null()) | low.is_in(_SHAM_DAYS)))
    bound = span.latest.year * 10000 + span.latest.month * 100 + span.latest.day
    outside = (high < pl.col("first")) | (low > pl.col("final"))
    reason = (
        pl.when(pl.col("tidy").is_null()).then(pl.lit("missing"))
        .when(pl.col("sham")).then(pl.lit("placeholder"))
        .when(pl.col("open") | pl.col("unclear")).then(pl.lit("ambiguous"))
        .when(~pl.col("readable").fill_null(value=False)).then(pl.lit("not_a_date"))
        .when(sham).then(pl.lit("placeholder"))
        .when(impossible).then(pl.lit("impossible_date"))
        .when(outside & bounds).then(pl.lit("out_of_era"))
        .when((low > bound) | (pl.lit(span.births) & (high < _FIRST_DAY))).then(pl.lit("out_of_range"))
        .when(~whole).then(pl.lit("partial"))
    )  # fmt: skip
    return frame.with_columns(reason=reason, past=low > pl.col("final"))


def _numbers(frame: pl.DataFrame, span: Span) -> pl.DataFrame:
    """The texts y, m, d as numbers, the year as a Gregorian one; first and final day of the era; readable; unclear."""
    era, digits = pl.col("era"), pl.col("y").str.len_chars()
    start, first, final = (
        era.replace_strict({key: span[at] for key, span in ERAS.items()}, default=None, return_dtype=pl.Int32)
        for at in range(3)
    )
    year, month, day = (pl.col(name).cast(pl.Int32, strict=False) for name in "ymd")
    short = era == "'"
    readable = pl.col("y").is_not_null() & (
        pl.when(era.is_null()).then((digits == 4) | (pl.col("y") == "u")).when(short).then(digits == 2)
        .otherwise((digits <= 2) & (pl.col("y") != "u"))
    )  # fmt: skip
    young = 2000 + year <= span.newest
    old = 1900 + year >= (span.newest - _OLDEST if span.births else _FIRST_MEMBER)
    guessed = pl.when(young & ~old).then(2000 + year).when(old & ~young).then(1900 + year)
    gregorian = pl.when(short).then(guessed).when(era.is_null()).then(year).otherwise(year + start - 1)
    return frame.with_columns(
        readable=readable,
        unclear=(short & readable & guessed.is_null()).fill_null(value=False),
        y=pl.when(gregorian > 0).then(gregorian),
        m=pl.when(~month.is_in([0, 99])).then(month),
        d=pl.when(~day.is_in([0, 99])).then(day),
        first=first,
        final=final,
    )


def _day_number(y: pl.Expr, m: pl.Expr, d: pl.Expr) -> pl.Expr:
    """Days since 1970-01-01 of a Gregorian date, counted in years that begin in March (H. Hinnant, days_from_civil)."""
    year = y - (m <= 2).cast(pl.Int32)
    in_year = (153 * ((m + 9) % 12) + 2) // 5 + d - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + in_year - 719468
