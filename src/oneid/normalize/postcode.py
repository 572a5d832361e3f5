"""Japanese postcodes: seven digits."""

from __future__ import annotations

import polars as pl

from oneid.normalize.text import all_same, as_text, hyphens, is_placeholder, on_distinct, tidy

__all__ = ["postcode"]


def postcode(values: pl.Series) -> pl.DataFrame:
    """Postcodes as 7 digits, ``display`` as ``123-4567``.

    Read are 〒, the label 郵便番号, any width and hyphen, an address that follows the code after a blank, and one
    leading zero that a spreadsheet ate (6 digits; codes from 00 to 09 are Hokkaido and Akita). Five digits are null:
    they are a code of before 1998 far more often than one that lost two zeros.

    Reasons: ``missing``; ``placeholder``: a word such as 不明, or one digit throughout (0000000, 9999999). 123-4567 is
    allotted to no place, but examples use it, so it is taken at its word; ``wrong_length``; ``not_a_postcode``: other
    characters, or a code that begins with 000, as none does.

    >>> postcode(pl.Series(["〒１２３ー４５６７", "600001", "0000000", "123-45"])).select("normalized", "reason").rows()
    [('1234567', None), ('0600001', None), (None, 'placeholder'), (None, 'wrong_length')]
    """
    return on_distinct(_postcode, as_text(values))


def _postcode(values: pl.Series) -> pl.DataFrame:
    frame = as_text(values).to_frame().select(tidy(pl.col("raw")).alias("tidy"))
    text = hyphens(pl.col("tidy").str.to_lowercase())
    text = text.str.replace(r"^[ (]*(?:〒|〶|郵便番号|郵便|yubin|postcode|postal code|zip code|zip)?[) :]*", "")
    text = text.str.replace(r"^([0-9]{3}-[0-9]{4}) .*$", "$1").str.replace(r"^([0-9]{6,7})\.0$", "$1")
    frame = frame.with_columns(text=text).with_columns(digits=pl.col("text").str.replace_all(r"[ \-.]+", ""))
    digits = pl.col("digits")
    length = digits.str.len_chars()
    code = pl.when(length == 6).then("0" + digits).otherwise(digits)
    frame = frame.with_columns(code=code).with_columns(
        reason=pl.when(pl.col("tidy").is_null())
        .then(pl.lit("missing"))
        .when(is_placeholder(pl.col("tidy")) | (digits.str.contains("^[0-9]+$") & all_same(digits) & (length > 2)))
        .then(pl.lit("placeholder"))
        .when(~digits.str.contains("^[0-9]+$"))
        .then(pl.lit("not_a_postcode"))
        .when(~length.is_in([6, 7]))
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
