"""Japanese postcodes: seven digits."""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import all_same, apart, as_text, hyphens, is_placeholder, on_distinct, tidy

__all__ = ["postcode"]


_LABELS = "〒|〶|t|jp|japan|日本|郵便番号|郵便|yubin|postcode|postal ?code|zip ?code|zip"
_KANJI = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))


def postcode(values: pl.Series) -> pl.DataFrame:
    """Postcodes as 7 digits, ``display`` as ``123-4567``.

    Read are 〒 (also typed as T), the label 郵便番号, any width and hyphen, kanji digits, an address that follows the
    code, and one leading zero that a spreadsheet ate (6 digits that do not begin with 0, the hyphen if any before the
    last four; codes from 01 to 09 are Akita, Iwate, Aomori and Hokkaido). Five digits are null: they are a code of
    before 1998 far more often than one that lost two zeros.

    Reasons: ``missing``; ``placeholder``: a word such as 不明, or one digit throughout (0000000, 9999999). 123-4567 is
    allotted to no place, but examples use it, so it is taken at its word; ``wrong_length``; ``not_a_postcode``: other
    characters, or a code that begins with 000, as none does.

    >>> postcode(pl.Series(["〒１２３ー４５６７", "600001", "0000000", "123-45"])).select("normalized", "reason").rows()
    [('1234567', None), ('0600001', None), (None, 'placeholder'), (None, 'wrong_length')]
    """
    return apart(as_text(values), _plainly, lambda rest: on_distinct(_postcode, rest))


def _plainly(raw: pl.Series) -> pl.DataFrame:
    """Codes as most systems write them: null where a text is anything else, or may be a placeholder."""
    plain = raw.str.contains("^[0-9]{3}-?[0-9]{4}$") & ~raw.str.contains("^(?:000|111|222|333|444|555|666|777|888|999)")
    code = (
        raw.to_frame("raw")
        .lazy()
        .select(code=pl.when(pl.lit(plain)).then(pl.col("raw").str.replace("-", "", literal=True)))
    )
    return code.select(
        normalized="code",
        display=pl.col("code").str.slice(0, 3) + "-" + pl.col("code").str.slice(3),
        reason=pl.lit(None, dtype=pl.String),
    ).collect()


def _postcode(values: pl.Series) -> pl.DataFrame:
    frame = as_text(values).to_frame().select(tidy(pl.col("raw")).alias("tidy"))
    text = hyphens(pl.col("tidy").str.to_lowercase()).str.strip_chars("'\"=")
    text = text.str.replace(rf"^[ (]*(?:(?:{_LABELS})[() :.-]*){{0,2}}([0-9〇零○一二三四五六七八九])", "$1")
    text = text.str.replace(r"^([0-9]{3}-[0-9]{4}|[0-9]{7})[) ,;.]*(?:[^-0-9) ,;.].*)?$", "$1")
    text = text.str.replace(r"^([0-9]{3}-[0-9]{4}|[0-9]{7}) .*$", "$1")
    text = text.str.replace(r"^([0-9]{6,7})\.0$", "$1").str.replace("^([0-9]),([0-9]{3}),([0-9]{3})$", "$1$2$3")
    in_kanji = text.str.contains("^[〇零○一二三四五六七八九 -]{7,}$")
    text = pl.when(in_kanji).then(text.str.replace_many(_KANJI)).otherwise(text)
    frame = frame.with_columns(text=text).with_columns(digits=pl.col("text").str.replace_all(r"[ \-.]+", ""))
    digits = pl.col("digits")
    length = digits.str.len_chars()
    lost = length == 6
    torn = lost & (digits.str.starts_with("0") | pl.col("text").str.contains("^[0-9]{1,5}[ .-]"))
    torn &= ~pl.col("text").str.contains("^[1-9][0-9][ .-]+[0-9]{4}$")
    code = pl.when(length == 6).then("0" + digits).otherwise(digits)
    frame = frame.with_columns(code=code).with_columns(
        reason=pl.when(pl.col("tidy").is_null())
        .then(pl.lit("missing"))
        .when(is_placeholder(pl.col("tidy")) | (digits.str.contains("^[0-9]+$") & all_same(digits) & (length > 2)))
        .then(pl.lit("placeholder"))
        .when(~digits.str.contains("^[0-9]+$"))
        .then(pl.lit("not_a_postcode"))
        .when(~length.is_in([6, 7]) | torn)
        .then(pl.lit("wrong_length"))
        .when(pl.col("code").str.starts_with("000"))
        .then(pl.lit("not_a_postcode"))
    )
    usable = pl.col("reason").is_null()
    return frame.select(
        normalized=pl.when(usable).then("code"),
        display=pl.when(usable)
        .then(pl.col("code").str.slice(0, 3) + "-" + pl.col("code").str.slice(3))
        .otherwise("tidy"),
        reason="reason",
    )
