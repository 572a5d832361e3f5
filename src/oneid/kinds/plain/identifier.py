"""Identifiers: numbers and codes that name a person or thing."""

from __future__ import annotations

import re

import polars as pl

from oneid.japanese.quicktext import STAND_INS, Row, same_throughout
from oneid.japanese.text import HYPHENS, all_same, is_placeholder
from oneid.kinds.base import Kind, Option
from oneid.kinds.plain.checkdigits import SCHEMES, right
from oneid.kinds.plain.own import plain
from oneid.kinds.plain.tidied import judged, tidied
from oneid.kinds.shapes import Options
from oneid.vocabulary.errors import did_you_mean
from oneid.vocabulary.language import said

__all__ = ["CHECK_DIGIT", "IDENTIFIER", "identifier", "usual"]

CHECK_DIGIT = "check_digit"
"""The reason of identifiers whose check digit is wrong, where the config names its scheme."""


_BLANKS_HYPHENS = "[ " + HYPHENS.replace("-", r"\-").replace("~", r"\~") + "]+"


def identifier(values: pl.Series) -> pl.DataFrame:
    """Numbers and codes that name a person or thing: NFKC, no blanks and hyphens, upper case.

    Placeholders: null words, and one digit throughout where there are at least four, or only zeros.

    >>> identifier(pl.Series(["ａｂ-12 3", "0000", "7"]))["normalized"].to_list()
    ['AB123', None, '7']
    """
    frame = tidied(values)
    bare = pl.col("display").str.replace_all(_BLANKS_HYPHENS, "").str.to_uppercase().str.normalize("NFKC")
    value = pl.col("value")
    sham = value.str.contains("^0+$") | (value.str.contains("^[0-9]{4,}$") & all_same(value))
    sham = sham.fill_null(value=False) | is_placeholder(value).fill_null(value=False)
    return judged(frame, bare, is_placeholder(pl.col("display")) | sham)


_USUAL = re.compile("[A-Z0-9a-z]+")


def usual(text: str) -> Row | None:
    """ASCII letters and digits (:func:`identifier`); null for any other text."""
    if not _USUAL.fullmatch(text) or text.lower() in STAND_INS:
        return None
    if not text.strip("0") or (text.isdigit() and len(text) >= 4 and same_throughout(text)):
        return None
    return {"normalized": text.upper(), "display": text, "reason": None}


def _scheme(text: str) -> str:
    """The name of a scheme of check digits."""
    name = text.strip()
    if name not in SCHEMES:
        raise ValueError(said("no such scheme of check digits; {near}", near=did_you_mean(name, SCHEMES)))
    return name


def _checked(frame: pl.DataFrame, options: Options) -> pl.DataFrame:
    """The normalizer's frame; identifiers whose check digit is wrong have the reason ``check_digit``."""
    if "check" not in options:
        return frame
    wrong = ~right(options["check"], frame["normalized"].cast(pl.String)).fill_null(value=True)
    return frame.with_columns(
        normalized=pl.when(~wrong).then("normalized").cast(pl.String),
        reason=pl.when(wrong).then(pl.lit(CHECK_DIGIT)).otherwise(pl.col("reason").cast(pl.String)),
    )


IDENTIFIER = Kind(
    "identifier",
    identifier,
    plain,
    zeros=True,
    longest=2000,
    usual=usual,
    options={
        "check": Option(
            _scheme,
            "The scheme of the identifier's check digit; where it is wrong the identifier is not used.",
            tuple(SCHEMES),
        )
    },
    checked=_checked,
)
"""Identifiers."""
