"""Dates of birth: Japanese eras, every usual spelling, partial dates, and dates that only stand for "unknown".

A column is read over its distinct values. Every spelling is first rewritten to one shape (``s55-3-7``: an era's
letter, year, month, day; ``u`` for a part that is unknown), then one regular expression and integer arithmetic do the
rest. What one value cannot tell (3/7/1980, 3100307, 29287) is decided by the whole column, or left undecided.
"""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl

from oneid.normalize.text import as_text, hyphens, is_placeholder, kanji_digits, placeholders_among, tidy

__all__ = ["ERAS", "birth", "birth_parts", "read_dates"]

ERAS: dict[str, tuple[int, int, int]] = {
    "m": (1868, 18680125, 19120729),
    "t": (1912, 19120730, 19261224),
    "s": (1926, 19261225, 19890107),
    "h": (1989, 19890108, 20190430),
    "r": (2019, 20190501, 99991231),
}
"""Meiji, Taisho, Showa, Heisei and Reiwa: the Gregorian year that is year 1, the first and the last day as YYYYMMDD.
The day of a change belongs to the new era (imperial rescripts of 1912-07-30 and 1926-12-25; era law, 1989 and 2019)."""

_CLAIMS_CODES = {"1": "m", "2": "t", "3": "s", "4": "h", "5": "r"}
"""Era digits of health insurance claims and of most forms: 3550307 is Showa 55."""
_PENSION_CODES = {"1": "m", "3": "t", "5": "s", "7": "h", "9": "r"}
"""Era digits of the Japan Pension Service: 5550307 is Showa 55."""

_FIRST_DAY = 18730101
"""Japan keeps the Gregorian calendar since then; earlier dates are out of range."""

_ERA_NAMES = {
    **dict.fromkeys(["明治", "明", "meiji"], "m"),
    **dict.fromkeys(["大正", "大", "taisho", "taishō"], "t"),
    **dict.fromkeys(["昭和", "昭", "showa", "shōwa"], "s"),
    **dict.fromkeys(["平成", "平", "heisei"], "h"),
    **dict.fromkeys(["令和", "令", "reiwa"], "r"),
}
_MONTH_NAMES = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12, "sept": 9,
}  # fmt: skip
_WORDS = _ERA_NAMES | {
    word: f"#{number:02}#" for length in (None, 3) for name, number in _MONTH_NAMES.items() for word in [name[:length]]
}

_REWRITES: tuple[tuple[str, str], ...] = (
    (r"^(?:生年月日|誕生日|生まれ|date of birth|birth ?date|dob|西暦)[: ]*", ""),
    (r" *(?:生まれ|生れ|うまれ|生|born)$", ""),
    (r" *\([日月火水木金土](?:曜日?)?\)", ""),
    (r" *\([mtshr]?\.? ?[0-9]{1,4}年?\)", ""),  # 1980年(昭和55年)3月7日
    (r"^([0-9]{8})(?:000000)?\.0+$", "$1"),
    (r"^([0-9]{8})000000$", "$1"),
    (r"^([mtshr])[. ]?元", "${1}1"),
    (r"^--([0-9]{1,2})(?:-([0-9]{1,2}))?$", "u-$1-$2"),
    (r"^([0-9]{1,2})月([0-9]{1,2}|u)?日?$", "u-$1-$2"),
    (r"^([mtshr]?[0-9]{1,4})年 ?([0-9]{1,2})日$", "$1-u-$2"),
    (r"[-年月日./,、・\s_]+", "-"),
    (r"^-+|-+$", ""),
    (r"^([mtshr])-", "$1"),
    (r"^([mtshr][0-9]{2})([0-9]{2})([0-9]{2})$", "$1-$2-$3"),
    (r"^([mtshr][0-9]{2})([0-9]{2})$", "$1-$2"),
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})$", "$1-$2-$3"),
    (r"^((?:18|19|20)[0-9]{2})(0[1-9]|1[0-2])$", "$1-$2"),
    (r"^#([0-9]{2})#-?([0-9]{1,2})(?:st|nd|rd|th)?-([0-9]{4})$", "$3-$1-$2"),
    (r"^([0-9]{1,2})(?:st|nd|rd|th)?-?#([0-9]{2})#-?([0-9]{4})$", "$3-$2-$1"),
    (r"^#([0-9]{2})#-?([0-9]{4})$", "$2-$1"),
)
"""In order: what is not the date goes, separators become hyphens, digits in a row are parted."""

_USUAL = r"^(?:([0-9]{4})([0-9]{2})([0-9]{2})|([mtshr]?[0-9]{1,4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?)$"
"""What most columns hold, so that the rest alone goes through the rewrites."""
_CLOCK = r"[t ](?:午前|午後|am|pm)? ?[0-9]{1,2}[:時][0-9]{1,2}.*$"
_UNKNOWN = r"不明|不詳|\?+|\*+|\bx{1,4}\b"
_CODED = r"^([1-9])([0-9]{2})([0-9]{2})([0-9]{2})$"
_SHAPE = r"^(?<era>[mtshr])?(?<y>[0-9]{1,4}|u)(?:-(?<m>[0-9]{1,2}|u))?(?:-(?<d>[0-9]{1,2}|u))?$"
_SHAM_YEARS = [1, 1111, 1753, 1800, 2099, 2222, 2999, 3000, 8888, 9999]
_SHAM_DAYS = [18991230, 18991231, 19000101, 19010101]
_MIDNIGHT_AS_UTC = r"15:00(?::00(?:\.0+)?)?(?:z|\+00:?00)$"


def birth(values: pl.Series, latest: datetime.date | None = None) -> pl.DataFrame:
    """Births as ISO dates; ``normalized`` holds whole dates only, ``display`` also ``1980-03``, ``1980``, ``--03-07``.

    Extras: ``year`` (Int16), ``month`` and ``day`` (Int8), each null where unknown.

    Read are Japanese eras (昭和55年3月7日, S55.3.7, S550307, ㍼55年, 元年, kanji numerals, a trailing 生), Gregorian
    dates with the year first and any separator, 19800307, dates with English months, ISO with a time (the instant 15:00
    UTC is midnight in Japan: the next day). Decided by the column:

    - day or month first (3/7/1980): whichever some value proves by a part above 12, if none proves the contrary; a
      value that can only be read one way is read so;
    - era digits (5550307): the coding of insurance claims (1 to 5) or of the pension service (1, 3, 5, 7, 9), whichever
      makes more values real dates;
    - spreadsheet day numbers (29287, days since 1899-12-30, 1927 to 2030): only if every usable value is one.

    A month or day 00 or 99 is unknown. ``latest`` is the last day in range, by default the end of this year.

    Reasons: ``missing``; ``placeholder``: null words, zeros, 1900-01-01, 1901-01-01, 1111-11-11, 9999-12-31 and the
    like, and any date that comes more than 5 times and more than 20 times as often as a day within three years around
    it, in columns with at least 200 whole dates; ``partial``: a part is unknown; ``out_of_era``: 昭和64年1月8日;
    ``impossible_date``: February 30; ``out_of_range``: before 1873 or after ``latest``; ``ambiguous``; ``not_a_date``.

    >>> birth(pl.Series(["S55.3.7", "昭和64年1月8日", "1980-03"])).select("normalized", "display", "reason").rows()
    [('1980-03-07', '1980-03-07', None), (None, '昭和64年1月8日', 'out_of_era'), (None, '1980-03', 'partial')]
    """
    return _on_counted(as_text(values), latest or _end_of_year(), births=True)


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
    made = _on_counted(texts, latest or _end_of_year(), births=True)
    shown = frame.select(pl.concat_str(["y", "m", "d"], separator="-", ignore_nulls=True).replace("", None)).to_series()
    readable = pl.col("reason").is_null() | (pl.col("reason") == "partial")
    return made.with_columns(display=pl.when(readable).then("display").otherwise(shown))


def read_dates(values: pl.Series) -> pl.DataFrame:
    """Dates that are no births: as :func:`birth`, but none is a placeholder by value or count, and any year will do."""
    return _on_counted(as_text(values), datetime.date.max, births=False)


def _end_of_year() -> datetime.date:
    return datetime.date(datetime.date.today().year, 12, 31)


def _on_counted(values: pl.Series, latest: datetime.date, *, births: bool) -> pl.DataFrame:
    rows = as_text(values).to_frame()
    distinct = rows.group_by("raw", maintain_order=True).len("count").with_row_index("at")
    at = rows.join(distinct, on="raw", how="left", nulls_equal=True, maintain_order="left")["at"]
    frame = distinct.with_columns(tidy=tidy(pl.col("raw")))
    frame = _by_column(_reshaped(frame), latest)
    frame = _judged(frame, latest, births=births)
    if births:
        frame = _without_frequent(frame)
    return _faces(frame)[at]


def _reshaped(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``shape``, the rewritten text, ``utc`` (midnight in Japan told in UTC) and ``sham`` (a null word)."""
    lower = pl.col("tidy").str.to_lowercase()
    frame = frame.with_columns(lower=lower.str.replace(_CLOCK, ""), utc=lower.str.contains(_MIDNIGHT_AS_UTC))
    text = pl.col("lower")
    frame = frame.with_columns(
        sham=text.str.contains(r"^[mtshr]?[0\-/. :年月日]+$"),
        shape=text.str.replace(_USUAL, "$1$4-$2$5-$3$6"),
        usual=text.str.contains(_USUAL),
    )
    frame = frame.with_columns(pl.col("sham") | placeholders_among(frame["tidy"], ~frame["usual"]))
    hard = frame.filter(~pl.col("usual")).select("at", shape=text.str.replace_all(_UNKNOWN, "u"))
    in_kanji = hard["shape"].str.contains("[〇一二三四五六七八九十]")
    spelled = hard.filter(in_kanji).with_columns(shape=kanji_digits(pl.col("shape")))
    hard = pl.concat([hard.filter(~in_kanji), spelled])
    shape = hyphens(pl.col("shape")).str.replace_many(_WORDS, leftmost=True)
    for pattern, replacement in _REWRITES:
        shape = shape.str.replace_all(pattern, replacement)
    return frame.update(hard.select("at", shape=shape), on="at")


def _by_column(frame: pl.DataFrame, latest: datetime.date) -> pl.DataFrame:
    """Decides by the column what a value alone leaves open; adds ``open`` where it stays undecided."""
    shape = pl.col("shape")
    frame = frame.with_columns(open=pl.lit(value=False))
    dated = frame.filter(~pl.col("sham") & (shape != ""))["shape"]
    if len(dated) and dated.str.contains(r"^[1-4][0-9]{4}(?:-[0-9]+)?$").all():
        days = shape.str.extract("^([0-9]{5})", 1).cast(pl.Int32)
        told = (pl.lit(datetime.date(1899, 12, 30)) + pl.duration(days=days)).dt.strftime("%Y-%m-%d")
        return frame.with_columns(shape=pl.when(days.is_between(10000, 47847)).then(told).otherwise(shape))
    frame = _year_last(frame)
    coded = frame.filter(shape.str.contains(_CODED) & ~pl.col("sham"))
    return frame if coded.is_empty() else frame.update(_decoded(coded, latest), on="at")


def _decoded(coded: pl.DataFrame, latest: datetime.date) -> pl.DataFrame:
    """Era digits as era letters (at, shape, open), by the coding that makes more records real dates.

    Where both do equally well, a value is read that only one can read; one that both can read differently stays open.
    A value that only the worse coding can read stays unread.
    """
    shape = pl.col("shape")
    sides = []
    for codes in (_CLAIMS_CODES, _PENSION_CODES):
        era = shape.str.slice(0, 1).replace_strict(codes, default="?")
        told = coded.with_columns(shape=pl.concat_str(era, shape.str.replace(_CODED, "$2-$3-$4")))
        sides.append(_judged(told, latest, births=True).with_columns(good=pl.col("reason").is_null()))
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
    shape, last = pl.col("shape"), r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})$"
    one, two = (shape.str.extract(last, part).cast(pl.Int8) for part in (1, 2))
    proofs = frame.select(day_first=((one > 12) & (two <= 12)).any(), month_first=((two > 12) & (one <= 12)).any()).row(
        0
    )
    day_first = (one > 12) | (one == two) if proofs[0] == proofs[1] else pl.lit(proofs[0])
    month_first = two > 12 if proofs[0] == proofs[1] else pl.lit(proofs[1])
    return frame.with_columns(
        shape=pl.when(one.is_null())
        .then(shape)
        .when(day_first)
        .then(shape.str.replace(last, "$3-$2-$1"))
        .when(month_first)
        .then(shape.str.replace(last, "$3-$1-$2"))
        .otherwise(shape),
        open=pl.col("open") | (one.is_not_null() & ~day_first & ~month_first),
    )


def _judged(frame: pl.DataFrame, latest: datetime.date, *, births: bool) -> pl.DataFrame:
    """Adds y, m, d (null where unknown), ``date`` (whole real dates) and ``reason``."""
    parts = pl.col("shape").str.extract_groups(_SHAPE)
    frame = frame.drop("era", "y", "m", "d", "date", "reason", strict=False).with_columns(parts=parts).unnest("parts")
    era, numbers = pl.col("era"), [pl.col(name).cast(pl.Int32, strict=False) for name in "ymd"]
    start, first, final = (era.replace_strict({key: span[at] for key, span in ERAS.items()}, default=None,
                                              return_dtype=pl.Int32) for at in range(3))  # fmt: skip
    four = pl.col("y").str.len_chars() == 4
    readable = pl.col("y").is_not_null() & pl.when(era.is_null()).then(four | (pl.col("y") == "u")).otherwise(
        pl.col("y").str.contains("^[0-9]{1,2}$")
    )
    year = pl.when(era.is_null()).then(numbers[0]).otherwise(numbers[0] + start - 1)
    month, day = (pl.when(~part.is_in([0, 99])).then(part) for part in numbers[1:])
    frame = frame.with_columns(
        readable=readable, y=pl.when(year > 0).then(year), m=month, d=day, first=first, final=final
    )
    y, m, d = pl.col("y"), pl.col("m"), pl.col("d")
    iso = pl.format(
        "{}-{}-{}", y.cast(pl.String).str.zfill(4), m.cast(pl.String).str.zfill(2), d.cast(pl.String).str.zfill(2)
    )
    frame = frame.with_columns(date=iso.str.to_date("%Y-%m-%d", strict=False))
    midnight = pl.col("date") + pl.duration(days=pl.col("utc").fill_null(value=False).cast(pl.Int8))
    frame = frame.with_columns(date=midnight)
    low = y * 10000 + m.fill_null(1) * 100 + d.fill_null(1)
    high = y * 10000 + m.fill_null(12) * 100 + d.fill_null(31)
    longest = pl.when(m.is_in([4, 6, 9, 11])).then(30).when(m == 2).then(29).otherwise(31)
    whole = y.is_not_null() & m.is_not_null() & d.is_not_null()
    impossible = ~m.is_between(1, 12) | ~d.is_between(1, longest) | (whole & pl.col("date").is_null())
    nothing = y.is_null() & m.is_null() & d.is_null()
    sham = nothing | (pl.lit(births) & ((y.is_in(_SHAM_YEARS) & era.is_null()) | low.is_in(_SHAM_DAYS)))
    bound = latest.year * 10000 + latest.month * 100 + latest.day
    reason = (
        pl.when(pl.col("tidy").is_null()).then(pl.lit("missing"))
        .when(pl.col("sham")).then(pl.lit("placeholder"))
        .when(pl.col("open")).then(pl.lit("ambiguous"))
        .when(~pl.col("readable").fill_null(value=False)).then(pl.lit("not_a_date"))
        .when(sham).then(pl.lit("placeholder"))
        .when(impossible).then(pl.lit("impossible_date"))
        .when((high < pl.col("first")) | (low > pl.col("final"))).then(pl.lit("out_of_era"))
        .when((low > bound) | (pl.lit(births) & (high < _FIRST_DAY))).then(pl.lit("out_of_range"))
        .when(~whole).then(pl.lit("partial"))
    )  # fmt: skip
    return frame.with_columns(reason=reason)


def _without_frequent(frame: pl.DataFrame) -> pl.DataFrame:
    """Dates that the column's own counts betray become placeholders: see :func:`birth`."""
    good = frame.filter(pl.col("reason").is_null()).group_by("date").agg(pl.col("count").sum()).sort("date")
    if good["count"].sum() < 200:
        return frame
    days = good["date"].cast(pl.Int32).to_numpy()
    counts = good["count"].cast(pl.Int64).to_numpy()
    upto = np.concatenate([[0], np.cumsum(counts)])
    reach = 1096
    around = upto[np.searchsorted(days, days + reach, "right")] - upto[np.searchsorted(days, days - reach)] - counts
    frequent = (counts > 5) & (counts * 2 * reach > 20 * around)
    betrayed = good.filter(pl.Series(frequent))["date"]
    return frame.with_columns(
        reason=pl.when(pl.col("reason").is_null() & pl.col("date").is_in(betrayed.implode()))
        .then(pl.lit("placeholder"))
        .otherwise("reason")
    )


def _faces(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of the contract."""
    whole, known = pl.col("reason").is_null(), pl.col("reason").is_null() | (pl.col("reason") == "partial")
    year, month, day = (
        pl.when(whole).then(part).when(known).then(pl.col(name))
        for name, part in (
            ("y", pl.col("date").dt.year()),
            ("m", pl.col("date").dt.month()),
            ("d", pl.col("date").dt.day()),
        )
    )
    frame = frame.with_columns(year=year.cast(pl.Int16), month=month.cast(pl.Int8), day=day.cast(pl.Int8))
    two = {name: pl.format("-{}", pl.col(name).cast(pl.String).str.zfill(2)) for name in ("month", "day")}
    shown = pl.concat_str(
        pl.when(pl.col("year").is_null()).then(pl.lit("-")).otherwise(pl.col("year").cast(pl.String).str.zfill(4)),
        two["month"].fill_null(""),
        pl.when(pl.col("month").is_not_null()).then(two["day"]).fill_null(""),
    )
    iso = pl.col("date").dt.strftime("%Y-%m-%d")
    told = pl.col("year").is_not_null() | pl.col("month").is_not_null()
    return frame.select(
        normalized=pl.when(whole).then(iso),
        display=pl.when(whole).then(iso).when(known & told).then(shown).otherwise("tidy"),
        reason="reason",
        year="year",
        month="month",
        day="day",
    )
