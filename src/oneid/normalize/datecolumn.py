"""What a column of dates shows that one value cannot: the order of day and month, era digits, day numbers.

Every function takes and gives the frame of distinct values (at, raw, count, tidy, lower, shape, shift, sham, open) and
rewrites ``shape`` where the column decides, or sets ``open`` where a value stays undecided.
"""

from __future__ import annotations

import datetime

import polars as pl

from oneid.normalize.eras import judged

__all__ = ["decided", "era_runs_on"]

_CLAIMS_CODES = {"1": "m", "2": "t", "3": "s", "4": "h", "5": "r"}
"""Era digits of health insurance claims and of most forms: 3550307 is Showa 55."""
_PENSION_CODES = {"1": "m", "3": "t", "5": "s", "7": "h", "9": "r"}
"""Era digits of the Japan Pension Service: 5550307 is Showa 55."""

_CODED = "^c([1-9])-([0-9]{1,2}-[0-9]{1,2}-[0-9]{1,2})$"
_SERIAL = r"^[1-4][0-9]{4}(?:-[0-9]+)?$"
_SERIALS = (10000, 47847)
_SHORT = r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})$"
_TWO_NUMBERS = r"^(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12][0-9]|3[01])$"
"""3/7: March 7, July 3, or March of a year 7."""
_YEAR_LAST = r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})$"
_SIX = r"^[0-9]{5,6}$"
_WITNESSES = 10
"""So many different values show that digits in a row are what they look like: of random numbers of five digits, ten
fall among the day numbers once in 5,000 columns; of six digits, ten are days of a year once in 10^14."""
_SLIPS = 3
"""Fewer dates past the end of an era are slips of the pen, not a habit."""


def decided(frame: pl.DataFrame, latest: datetime.date, others: int) -> pl.DataFrame:
    """All that the column decides. ``others`` is how many records outside of ``frame`` have a plain whole date."""
    frame = frame.with_columns(open=pl.lit(value=False))
    dated = frame.filter(~pl.col("sham").fill_null(value=True) & (pl.col("shape") != ""))
    frame = _serials(frame, dated, others)
    frame = _six_digits(frame, dated, others)
    frame = _short_years(frame)
    frame = _year_last(frame)
    coded = frame.filter(pl.col("shape").str.contains(_CODED) & ~pl.col("sham"))
    return frame if coded.is_empty() else frame.update(_decoded(coded, latest), on="at")


def _serials(frame: pl.DataFrame, dated: pl.DataFrame, others: int) -> pl.DataFrame:
    """Days since 1899-12-30, if every value is such a number, or among other dates ten are and none is out of range."""
    numbers = dated.filter(pl.col("shape").str.contains(r"^[0-9]{5}(?:-[0-9]+)?$"))["shape"]
    if numbers.is_empty():
        return frame
    only = others == 0 and dated["shape"].str.contains(_SERIAL).all()
    days = pl.col("shape").str.extract("^([0-9]{5})(?:-[0-9]+)?$", 1).cast(pl.Int32)
    fitting = numbers.str.slice(0, 5).cast(pl.Int32).is_between(*_SERIALS)
    if not only and not (len(numbers) >= _WITNESSES and fitting.all()):
        return frame
    told = (pl.lit(datetime.date(1899, 12, 30)) + pl.duration(days=days)).dt.strftime("%Y-%m-%d")
    return frame.with_columns(shape=pl.when(days.is_between(*_SERIALS)).then(told).otherwise("shape"))


def _six_digits(frame: pl.DataFrame, dated: pl.DataFrame, others: int) -> pl.DataFrame:
    """YYMMDD, if all values are such (five digits: a leading zero was eaten) and a year above 64 shows that no era is
    meant.
    """
    if others or len(dated) < _WITNESSES or not dated["lower"].str.contains(_SIX).all():
        return frame
    digits = pl.col("lower").str.zfill(6)
    year, month, day = (digits.str.slice(at, 2) for at in (0, 2, 4))
    possible = month.cast(pl.Int32).is_between(0, 12) & day.cast(pl.Int32).is_between(0, 31)
    shown = dated.select(a=possible.all(), b=(year.cast(pl.Int32) > 64).any()).row(0)
    if shown != (True, True):
        return frame
    six = pl.col("lower").str.contains(_SIX) & ~pl.col("sham")
    return frame.with_columns(
        shape=pl.when(six)
        .then(pl.concat_str(pl.lit("'"), year, pl.lit("-"), month, pl.lit("-"), day))
        .otherwise("shape")
    )


def _short_years(frame: pl.DataFrame) -> pl.DataFrame:
    """80-3-7 and 3-7-80 as 1980, where the column shows on which side the year is, and that no era is meant.

    A part above 31 is a year, above 64 one of no era (Showa ended in its 64th year).
    """
    shape = pl.col("shape")
    frame = frame.with_columns(open=pl.col("open") | shape.str.contains(_TWO_NUMBERS).fill_null(value=False))
    short = frame.filter(shape.str.contains(_SHORT) & ~pl.col("sham"))
    if short.is_empty():
        return frame
    first, last = (shape.str.extract(_SHORT, part).cast(pl.Int32) for part in (1, 3))
    year_first, year_last, no_era_first, no_era_last = short.select(
        a=(first > 31).any(), b=(last > 31).any(), c=(first > 64).any(), d=(last > 64).any()
    ).row(0)
    two = r"^([0-9]{2})-([0-9]{1,2})-([0-9]{1,2})$", r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{2})$"
    told = shape
    if no_era_first and not year_last:
        told = shape.str.replace(two[0], "'$1-$2-$3")
    elif no_era_last and not year_first:
        told = shape.str.replace(two[1], "$1-$2-19$3") if _all_of_last_century(short) else shape
    known = short.select("at", shape=told, open=told == shape)
    return frame.update(known, on="at")


def _all_of_last_century(short: pl.DataFrame) -> bool:
    """Whether the last parts are all years that can only be of the 1900s (above 31)."""
    last = pl.col("shape").str.extract(_SHORT, 3).cast(pl.Int32)
    return bool(short.select((last > 31).all()).item())


def _decoded(coded: pl.DataFrame, latest: datetime.date) -> pl.DataFrame:
    """Era digits as era letters (at, shape, open), by the coding that makes more records real dates.

    Where both do equally well, a value is read that only one can read; one that both can read differently stays open.
    A value that only the worse coding can read stays unread.
    """
    shape = pl.col("shape")
    sides = []
    for codes in (_CLAIMS_CODES, _PENSION_CODES):
        era = shape.str.extract(_CODED, 1).replace_strict(codes, default="?")
        told = coded.with_columns(shape=pl.concat_str(era, shape.str.extract(_CODED, 2)))
        sides.append(judged(told, latest, births=True).with_columns(good=pl.col("reason").is_null()))
    claims, pension = sides
    lead = int((claims["good"] * coded["count"]).sum()) - int((pension["good"] * coded["count"]).sum())
    both = pl.DataFrame({
        "at": coded["at"], "raw": coded["shape"], "a": claims["shape"], "b": pension["shape"],
        "in_a": claims["good"], "in_b": pension["good"],
    })  # fmt: skip
    a, b, in_a, in_b = (pl.col(name) for name in ("a", "b", "in_a", "in_b"))
    same = in_a & (a == b)
    read_a = in_a & (pl.lit(lead > 0) | (pl.lit(lead == 0) & ~in_b)) | same
    read_b = in_b & (pl.lit(lead < 0) | (pl.lit(lead == 0) & ~in_a))
    return both.select(
        "at",
        shape=pl.when(read_a).then(a).when(read_b).then(b).otherwise("raw"),
        open=in_a & in_b & ~read_a & ~read_b,
    )


def _year_last(frame: pl.DataFrame) -> pl.DataFrame:
    """3-7-1980 as year, month, day, in the order that the column proves."""
    shape = pl.col("shape")
    found = frame.filter(shape.str.contains(_YEAR_LAST))
    if found.is_empty():
        return frame
    one, two = (shape.str.extract(_YEAR_LAST, part).cast(pl.Int8) for part in (1, 2))
    proofs = found.select(day=((one > 12) & (two <= 12)).any(), month=((two > 12) & (one <= 12)).any()).row(0)
    day_first = (one > 12) | (one == two) if proofs[0] == proofs[1] else pl.lit(proofs[0])
    month_first = two > 12 if proofs[0] == proofs[1] else pl.lit(proofs[1])
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


def era_runs_on(frame: pl.DataFrame, latest: datetime.date, *, births: bool) -> pl.DataFrame:
    """Dates past the end of their era (昭和65年) read on by arithmetic, where that is the column's habit: at least
    three different ones, and no date of a later era. ``frame`` is as :func:`oneid.normalize.eras.judged` gives it.
    """
    past = frame.filter((pl.col("reason") == "out_of_era") & pl.col("past"))
    for era, later in (("m", "tshr"), ("t", "shr"), ("s", "hr"), ("h", "r")):
        rows = past.filter(pl.col("era") == era)
        if len(rows) < _SLIPS or frame["era"].is_in(list(later)).any():
            continue
        told = judged(rows, latest, births=births, bounds=False)
        frame = pl.concat([frame.filter(~pl.col("at").is_in(rows["at"].implode())), told.select(frame.columns)])
    return frame.sort("at") if len(past) else frame
