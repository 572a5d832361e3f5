"""What the plain kinds share: tidying (:func:`oneid.japanese.text.tidy`), and the words that stand for "no value".

Reasons of all: ``missing``, ``placeholder``; number adds ``not_a_number``, identifiers with a check digit
``check_digit``, date those of :func:`oneid.kinds.birth.normalizer.birth`.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import as_text, tidy

__all__ = ["judged", "tidied"]


def tidied(values: pl.Series) -> pl.DataFrame:
    """A column of text with its ``display``: width and blanks mended."""
    return as_text(values).to_frame().select(tidy(pl.col("raw")).alias("display"))


def judged(frame: pl.DataFrame, value: pl.Expr, placeholder: pl.Expr, otherwise: str = "placeholder") -> pl.DataFrame:
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
