"""Numbers."""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import is_placeholder
from oneid.kinds.base import Kind
from oneid.kinds.plain.own import plain
from oneid.kinds.plain.tidied import judged, tidied

__all__ = ["NUMBER", "number"]


def number(values: pl.Series) -> pl.DataFrame:
    """Decimal numbers as text of one form: no separators, signs of money, leading or trailing zeros; ``-`` for minus.

    A minus may be written -, ▲, △ or as brackets. Exponents are refused (``not_a_number``): a spreadsheet that wrote
    them has lost digits.

    >>> number(pl.Series(["￥１，２３４.50", "▲5", "(3)", "007", "1e5"]))["normalized"].to_list()
    ['1234.5', '-5', '-3', '7', None]
    """
    raw = pl.col("display").str.replace_all("[ ,¥円+]", "").str.replace(r"^\(([0-9.]+)\)$", "-$1")
    frame = tidied(values).with_columns(raw=raw.str.replace("^[▲△−‐–ー]", "-"))
    parts = pl.col("raw").str.extract_groups(r"^(?<minus>-?)0*(?<whole>[0-9]*)\.?(?<part>[0-9]*)$")
    frame = frame.with_columns(parts=parts).unnest("parts")
    frame = frame.with_columns(pl.col("part").str.strip_chars_end("0"), pl.col("whole").replace("", "0"))
    frame = frame.with_columns(
        pl.when(pl.col("part") != "").then("." + pl.col("part")).otherwise(pl.lit("")).alias("part")
    )
    amount = pl.concat_str("whole", "part")
    sign = pl.when(amount == "0").then(pl.lit("")).otherwise("minus")
    value = pl.when(pl.col("raw").str.contains("[0-9]")).then(pl.concat_str(sign, amount))
    return judged(frame, value, is_placeholder(pl.col("display")), "not_a_number")


NUMBER = Kind("number", number, plain)
"""Numbers."""
