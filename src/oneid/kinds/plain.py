"""The plain kinds: identifier, text, category, number, date and nickname.

Each is compared for equality only; what they share is tidying (:func:`oneid.japanese.text.tidy`) and the words that
stand for "no value". Reasons of all: ``missing``, ``placeholder``; number adds ``not_a_number``, date those of
:func:`oneid.kinds.birth.normalizer.birth`.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import HYPHENS, all_same, as_text, is_placeholder, katakana, tidy
from oneid.kinds.birth.normalizer import read_dates

__all__ = ["category", "date", "identifier", "nickname", "number", "text"]

_BLANKS_HYPHENS = "[ " + HYPHENS.replace("-", r"\-").replace("~", r"\~") + "]+"


def identifier(values: pl.Series) -> pl.DataFrame:
    """Numbers and codes that name a person or thing: NFKC, no blanks and hyphens, upper case.

    Placeholders: null words, and one digit throughout where there are at least four, or only zeros.

    >>> identifier(pl.Series(["ａｂ-12 3", "0000", "7"]))["normalized"].to_list()
    ['AB123', None, '7']
    """
    frame = _tidied(values)
    bare = pl.col("display").str.replace_all(_BLANKS_HYPHENS, "").str.to_uppercase().str.normalize("NFKC")
    value = pl.col("value")
    sham = value.str.contains("^0+$") | (value.str.contains("^[0-9]{4,}$") & all_same(value))
    sham = sham.fill_null(value=False) | is_placeholder(value).fill_null(value=False)
    return _judged(frame, bare, is_placeholder(pl.col("display")) | sham)


def text(values: pl.Series) -> pl.DataFrame:
    """Free text, tidied; upper and lower case stay apart.

    >>> text(pl.Series(["　Ａ  b ", "なし"]))["normalized"].to_list()
    ['A b', None]
    """
    return _judged(_tidied(values), pl.col("display"), is_placeholder(pl.col("display")))


def category(values: pl.Series) -> pl.DataFrame:
    """One of a few words: tidied and in lower case.

    >>> category(pl.Series(["ＧＯＬＤ", "Gold "]))["normalized"].to_list()
    ['gold', 'gold']
    """
    lower = pl.col("display").str.to_lowercase().str.normalize("NFKC")
    return _judged(_tidied(values), lower, is_placeholder(pl.col("display")))


def nickname(values: pl.Series) -> pl.DataFrame:
    """Handles: tidied, in lower case, hiragana as katakana.

    >>> nickname(pl.Series(["Ｔａｒｏ♪", "ﾀﾛちゃん"]))["normalized"].to_list()
    ['taro♪', 'タロチャン']
    """
    bare = katakana(pl.col("display").str.to_lowercase().str.normalize("NFKC"))
    return _judged(_tidied(values), bare, is_placeholder(pl.col("value"), dummies=True))


def number(values: pl.Series) -> pl.DataFrame:
    """Decimal numbers as text of one form: no separators, signs of money, leading or trailing zeros; ``-`` for minus.

    A minus may be written -, ▲, △ or as brackets. Exponents are refused (``not_a_number``): a spreadsheet that wrote
    them has lost digits.

    >>> number(pl.Series(["￥１，２３４.50", "▲5", "(3)", "007", "1e5"]))["normalized"].to_list()
    ['1234.5', '-5', '-3', '7', None]
    """
    raw = pl.col("display").str.replace_all("[ ,¥円+]", "").str.replace(r"^\(([0-9.]+)\)$", "-$1")
    frame = _tidied(values).with_columns(raw=raw.str.replace("^[▲△−‐–ー]", "-"))
    parts = pl.col("raw").str.extract_groups(r"^(?<minus>-?)0*(?<whole>[0-9]*)\.?(?<part>[0-9]*)$")
    frame = frame.with_columns(parts=parts).unnest("parts")
    frame = frame.with_columns(pl.col("part").str.strip_chars_end("0"), pl.col("whole").replace("", "0"))
    frame = frame.with_columns(
        pl.when(pl.col("part") != "").then("." + pl.col("part")).otherwise(pl.lit("")).alias("part")
    )
    amount = pl.concat_str("whole", "part")
    sign = pl.when(amount == "0").then(pl.lit("")).otherwise("minus")
    value = pl.when(pl.col("raw").str.contains("[0-9]")).then(pl.concat_str(sign, amount))
    return _judged(frame, value, is_placeholder(pl.col("display")), "not_a_number")


def date(values: pl.Series) -> pl.DataFrame:
    """Dates other than births (a first day as a member), as ISO ``YYYY-MM-DD``.

    Read as :func:`oneid.kinds.birth.normalizer.birth` reads them, but no date is a placeholder for how often it comes
    (many join on the day a shop opens), and the years 1 to 9999 are in range.

    >>> date(pl.Series(["2019/5/1", "令和元年5月1日"]))["normalized"].to_list()
    ['2019-05-01', '2019-05-01']
    """
    return read_dates(values).select("normalized", "display", "reason", "year", "month", "day")


def _tidied(values: pl.Series) -> pl.DataFrame:
    return as_text(values).to_frame().select(tidy(pl.col("raw")).alias("display"))


def _judged(frame: pl.DataFrame, value: pl.Expr, placeholder: pl.Expr, otherwise: str = "placeholder") -> pl.DataFrame:
    """``value`` where it is usable, with display and reason. ``placeholder`` may speak of the column ``value``."""
    frame = frame.with_columns(value=value.replace("", None)).with_columns(sham=placeholder)
    return frame.select(
        normalized=pl.when(~pl.col("sham")).then("value"),
        display="display",
        reason=pl.when(pl.col("display").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("sham"))
        .then(pl.lit("placeholder"))
        .when(pl.col("value").is_null())
        .then(pl.lit(otherwise)),
    )
