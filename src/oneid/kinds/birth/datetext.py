r"""From the way people write a date to one shape: ``s55-3-7`` (an era's letter, year, month, day), ``1980-3-7``.

Further shapes: ``u`` for a part that is unknown, ``'80-3-7`` for a two-digit Gregorian year, ``c3-55-03-07`` for an era
digit, ``3-7-1980`` and ``80-3-7`` as they stand; what these mean is for the column to say
(:mod:`oneid.kinds.birth.datecolumn`).
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import hyphens, kanji_digits, placeholders_among, tidy

__all__ = ["shapes"]

_ERA_NAMES = {
    **dict.fromkeys(["明治", "明", "meiji"], "m"),
    **dict.fromkeys(["大正", "大", "taisho", "taishō", "taishou"], "t"),
    **dict.fromkeys(["昭和", "昭", "showa", "shōwa", "shouwa", "syowa"], "s"),
    **dict.fromkeys(["平成", "平", "heisei"], "h"),
    **dict.fromkeys(["令和", "令", "reiwa"], "r"),
}
_MONTH_NAMES = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12, "sept": 9,
}  # fmt: skip
_KANJI_ERAS = {name: letter for name, letter in _ERA_NAMES.items() if not name.isascii() and "ō" not in name}
_TORN = "two years"
_WORDS = _ERA_NAMES | {
    word: f"#{number:02}#" for length in (None, 3) for name, number in _MONTH_NAMES.items() for word in [name[:length]]
}
_FORMAL = {
    "拾": "十",
    "廿": "二十",
    "卅": "三十",
    "肆": "四",
    "伍": "五",
    "陸": "六",
    "漆": "七",
    "捌": "八",
    "玖": "九",
}
"""Kanji numerals of deeds and old registers that :func:`oneid.japanese.text.kanji_digits` does not know."""

_DAY_NAMES = (
    r" *\((?:[日月火水木金土](?:曜日?)?|(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*\.?)\)|[日月火水木金土]曜日?"
    r"|^(?:sun|mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur)(?:day)?[., ]+"
)

_BEFORE: tuple[tuple[str, str], ...] = (
    (r"""^(?:='?)?["'「【(\[]*([^"'「」【】()\[\]]*)["'」】)\]]*$""", "$1"),
    (
        r"^(?:生年月日|誕生日|生まれ|birth ?day|date of birth|birth ?date|born(?: on)?|dob)(?:\((?:西暦|和暦)\))?[: ]*",
        "",
    ),
    (r"^(?:西暦|和暦|ad|a\.d\.)[: ]*", ""),
    (_DAY_NAMES, ""),
    (r"^(.{4,}[0-9日生])[ (、,]+(?:満|当時|現在)?[0-9]{1,3}[歳才]\)?$", "$1"),
    (r"^(.{4,}[日生])(?:満)?[0-9]{1,3}[歳才]$", "$1"),
    (r" *\(?(?:生まれ|生れ|うまれ|生|born)\)?$", ""),
)
"""Before the words for eras and months: brackets and quotes around all, labels, days of the week, an age."""

_REWRITES: tuple[tuple[str, str], ...] = (
    (r" *\([mtshr]?\.? ?[0-9]{1,4}年?\)", ""),  # 1980年(昭和55年)3月7日
    (r"([mtshr])\([mtshr]\)", "$1"),
    (r"^([0-9]{8})(?:000000)?\.0+$", "$1"),
    (r"^([0-9]{8})(?:000000|[t ][0-9]{4}(?:[0-9]{2})?z?)$", "$1"),
    (r"^([0-9]{4}-[0-9]{2}-[0-9]{2})-[0-9]{2}\.[0-9]{2}\.[0-9]{2}(?:\.[0-9]+)?$", "$1"),
    (r"^([mtshr])[-. /年]*元", "${1}1"),
    (r"^--([0-9]{1,2})(?:-([0-9]{1,2}))?$", "u-$1-$2"),
    (r"^([0-9]{1,2})月([0-9]{1,2}|u)?日?$", "u-$1-$2"),
    (r"^([mtshr]?[0-9]{1,4})年 ?([0-9]{1,2})日$", "$1-u-$2"),
    (r"(#[0-9]{2}#[-. ]*[0-9]{1,2})(?:st|nd|rd|th)", "$1"),
    (r"^(?:the )?([0-9]{1,2})(?:st|nd|rd|th)?(?: of)? *#", "$1-#"),
    (r"[-年月日./,、・\s_]+", "-"),
    (r"^-+|-+$", ""),
    (r"(^|-)([mtshr])-", "$1$2"),
    (r"^([mtshr][0-9]{2})-?([0-9]{2})([0-9]{2})$", "$1-$2-$3"),
    (r"^([mtshr][0-9]{2})([0-9]{2})$", "$1-$2"),
    (r"^((?:18|19|20)[0-9]{2})-?(0[0-9]|1[0-2]|99)-?([0-9]{2})$", "$1-$2-$3"),
    (r"^(0[1-9]|[12][0-9]|3[01])(0[1-9]|[12][0-9]|3[01])((?:18|19|20)[0-9]{2})$", "$1-$2-$3"),
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})$", "$1-$2-$3"),
    (r"^((?:18|19|20)[0-9]{2})(0[1-9]|1[0-2])$", "$1-$2"),
    (r"^#([0-9]{2})#-?([0-9]{1,2})-([0-9]{4}|[mtshr][0-9]{1,2})$", "$3-$1-$2"),
    (r"^([0-9]{1,2})-?#([0-9]{2})#-?([0-9]{4}|[mtshr][0-9]{1,2})$", "$3-$2-$1"),
    (r"^#([0-9]{2})#-?([0-9]{1,2})-'?([0-9]{2})$", "'$3-$1-$2"),
    (r"^([0-9]{1,2})-?#([0-9]{2})#-?'?([0-9]{2})$", "'$3-$2-$1"),
    (r"^([mtshr][0-9]{1,2}|[0-9]{4})-?#([0-9]{2})#(?:-?([0-9]{1,2}))?$", "$1-$2-$3"),
    (r"^#([0-9]{2})#-?([0-9]{4})$", "$2-$1"),
    (r"^#([0-9]{2})#-([0-9]{1,2})$", "u-$1-$2"),
    (r"^([0-9]{1,2})-#([0-9]{2})#$", "u-$2-$1"),
    (r"^([1-9])-([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})$", "c$1-$2-$3-$4"),
    (r"^([1-9])-?([0-9]{2})([0-9]{2})([0-9]{2})$", "c$1-$2-$3-$4"),
    (r"^-+|-+$", ""),
)
"""In order: what is not the date goes, separators become hyphens, digits in a row are parted."""

_SOLID = r"^([0-9]{4}|[mtshr][0-9]{2})([0-9]{2})([0-9]{2})$"
_SEPARATORS = {"/": "-", ".": "-", "年": "-", "月": "-", "日": ""}
_USUAL = (
    r"^(?:(?:18|19|20)[0-9]{2}(?:0[0-9]|1[0-2]|99)[0-9]{2}|[mtshr][0-9]{6}"
    r"|[mtshr]?[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?)$"
)
"""What most columns hold, so that the rest alone goes through the rewrites."""
_TIDY = r"^[!-~]+(?: [!-~]+)*$"
_ANY_CLOCK = r"[0-9][:時]|[0-9]t[0-9]"
_ZONE = r"(?:z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?)$"
_CLOCK = r"[t ](?:午前|午後|am|pm)? ?[0-9]{1,2}[:時][0-9]{1,2}.*$"
_JAVA = r"^[a-z]{3} ([a-z]{3}) ([0-9]{1,2}) [0-9:]{8}(?: [a-z]{3,4})? ([0-9]{4})$"
"""As the date classes of Java and Ruby and C's asctime write: Fri Mar 07 00:00:00 JST 1980."""
_SHORT_YEAR = r"^['’‘`]([0-9]{2})[-/. 年]"
_UNKNOWN = r"不明|不詳|\?+|\*+|(?-u:\b)x{1,4}(?-u:\b)"
_EMPTY_FORM = r"^[mtshr0\-/. :・,_()年月日]*[0\-/. :・,_()年月日][mtshr0\-/. :・,_()年月日]*$"
"""Nothing but zeros, separators and the eras to choose from: 昭和 年 月 日."""
_TWO_YEARS = r"([0-9]{4})年?\(([mtshr])([0-9]{1,2})年?\)|([mtshr])([0-9]{1,2})年?\(([0-9]{4})年?\)"
_FIRST_YEARS = {"m": 1868, "t": 1912, "s": 1926, "h": 1989, "r": 2019}

_MOMENT = (
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})[t ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:\.[0-9]+)?)? ?"
    r"(?:z|utc|gmt|([+-])([0-9]{2}):?([0-9]{2})?)$"
)
_SUMMER_TIME = ((19480502, 19480911), (19490403, 19490910), (19500507, 19500909), (19510506, 19510908))
"""First and last day whose 14:00 UTC was midnight in Japan: summer time of 1948 to 1951 (law no. 29 of 1948; IANA time
zone database, Asia/Tokyo)."""


def shapes(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``tidy``, ``lower``, ``shape``, ``shift`` (days until it is that moment in Japan) and ``sham`` (written, but
    no date: a null word, zeros, an empty form). ``frame`` has ``raw`` and a row number ``at``.
    """
    raw = frame["raw"]
    odd = (~raw.str.contains(_TIDY)).fill_null(value=False).arg_true()
    text = raw.scatter(odd, raw.gather(odd).to_frame("raw").select(tidy(pl.col("raw"))).to_series())
    frame = frame.with_columns(text.alias("tidy"), text.str.to_lowercase().alias("lower")).with_columns(
        shift=pl.lit(0, dtype=pl.Int32)
    )
    frame = _without_clock(frame)
    usual = frame["lower"].str.contains(_USUAL).fill_null(value=False)
    named = (~usual & frame["lower"].str.contains("^[明大昭平令]")).fill_null(value=False).arg_true()
    if len(named):
        plain = (
            frame["lower"]
            .gather(named)
            .to_frame()
            .select(pl.col("lower").str.replace_many(_KANJI_ERAS, leftmost=True))["lower"]
        )
        fitting = plain.str.contains(_USUAL)
        usual = usual.scatter(named, fitting)
        frame = frame.with_columns(frame["lower"].scatter(named.filter(fitting), plain.filter(fitting)))
    lower, parted = pl.col("lower"), pl.col("lower").str.replace_many(_SEPARATORS, leftmost=True)
    frame = frame.with_columns(
        sham=lower.str.contains(_EMPTY_FORM) | placeholders_among(frame["tidy"], ~usual),
        shape=pl.when(pl.lit(usual)).then(parted).otherwise(lower),
    )
    solid = (usual & frame["shape"].str.contains(_SOLID)).arg_true()
    apart = frame["lower"].gather(solid).str.replace(_SOLID, "$1-$2-$3")
    frame = frame.with_columns(frame["shape"].scatter(solid, apart))
    hard = (~usual & ~frame["sham"].fill_null(value=True)).arg_true()
    return frame if hard.is_empty() else _rewritten(frame, hard)


def _without_clock(frame: pl.DataFrame) -> pl.DataFrame:
    """``lower`` without the time of day, ``shift`` where the moment is another day in Japan."""
    clocked = frame["lower"].str.contains(_ANY_CLOCK).fill_null(value=False).arg_true()
    if clocked.is_empty():
        return frame
    lower = frame["lower"].gather(clocked)
    zoned = (lower.str.contains(_ZONE) & ~lower.str.ends_with("+09:00")).arg_true()
    if len(zoned):
        days = lower.gather(zoned).to_frame("lower").select(shift=_shift(hyphens(pl.col("lower"))))["shift"]
        frame = frame.with_columns(frame["shift"].scatter(clocked.gather(zoned), days))
    java = lower.str.contains(_JAVA).arg_true()
    bare = lower.str.replace(_CLOCK, "")
    if len(java):
        bare = bare.scatter(java, lower.gather(java).str.replace(_JAVA, "$1 $2 $3"))
    return frame.with_columns(frame["lower"].scatter(clocked, bare))


def _shift(moment: pl.Expr) -> pl.Expr:
    """1, 0 or -1 days for a moment told in another time zone. Midnight there is a day as it stands."""
    year, month, day, hour, minute, second, ahead, minutes = (
        moment.str.extract(_MOMENT, part).cast(pl.Int32, strict=False) for part in (1, 2, 3, 4, 5, 6, 8, 9)
    )
    sign = pl.when(moment.str.extract(_MOMENT, 7) == "-").then(-1).otherwise(1)
    offset = sign * (ahead.fill_null(0) * 60 + minutes.fill_null(0))
    clock = hour * 60 + minute
    in_japan = clock - offset + 540
    number = year * 10000 + month * 100 + day
    summer = pl.any_horizontal(number.is_between(*span) for span in _SUMMER_TIME)
    early = summer & (clock - offset == 840) & (second.fill_null(0) == 0)
    return (
        pl.when((clock == 0) & (second.fill_null(0) == 0)).then(0)
        .when((in_japan >= 1440) | early).then(1).when(in_japan < 0).then(-1).otherwise(0)
    ).fill_null(0).cast(pl.Int32)  # fmt: skip


def _rewritten(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The shapes of the rows ``rows``, word by word; ``sham`` where nothing but an empty form is left."""
    shape = pl.col("shape").str.replace(_SHORT_YEAR, "<$1-")
    for pattern, replacement in _BEFORE:
        shape = shape.str.replace_all(pattern, replacement)
    hard = frame["lower"].gather(rows).to_frame("shape").with_row_index("row")
    hard = hard.with_columns(shape=shape.str.replace_all(_UNKNOWN, "u"))
    in_kanji = hard["shape"].str.contains("[〇零○一二三四五六七八九十壱弐参拾廿卅]")
    spelled = hard.filter(in_kanji).with_columns(shape=kanji_digits(pl.col("shape").str.replace_many(_FORMAL)))
    hard = pl.concat([hard.filter(~in_kanji), spelled]).sort("row")
    hard = hard.with_columns(shape=hyphens(pl.col("shape")).str.replace_many(_WORDS, leftmost=True))
    hard = hard.with_columns(empty=pl.col("shape").str.contains(_EMPTY_FORM), torn=_contradicts(pl.col("shape")))
    shape = pl.col("shape")
    for pattern, replacement in _REWRITES:
        shape = shape.str.replace_all(pattern, replacement)
    shape = shape.str.replace("^<", "'")
    hard = hard.with_columns(shape=pl.when("torn").then(pl.lit(_TORN)).otherwise(shape))
    return frame.with_columns(frame["shape"].scatter(rows, hard["shape"]), frame["sham"].scatter(rows, hard["empty"]))


def _contradicts(text: pl.Expr) -> pl.Expr:
    """Whether an era's year and the Gregorian year beside it are different years: 1980年(昭和56年)."""
    said = pl.coalesce(text.str.extract(_TWO_YEARS, 1), text.str.extract(_TWO_YEARS, 6)).cast(pl.Int32)
    era = pl.coalesce(text.str.extract(_TWO_YEARS, 2), text.str.extract(_TWO_YEARS, 4))
    year = pl.coalesce(text.str.extract(_TWO_YEARS, 3), text.str.extract(_TWO_YEARS, 5)).cast(pl.Int32)
    start = era.replace_strict(_FIRST_YEARS, default=None, return_dtype=pl.Int32)
    return (start + year - 1 != said).fill_null(value=False)
