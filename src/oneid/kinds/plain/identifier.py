"""Identifiers: numbers and codes that name a person or thing."""

from __future__ import annotations

import re

import polars as pl

from oneid.japanese.quicktext import STAND_INS, Row, same_throughout
from oneid.japanese.text import HYPHENS, all_same, is_placeholder
from oneid.kinds.base import Kind
from oneid.kinds.plain.own import plain
from oneid.kinds.plain.tidied import judged, tidied

__all__ = ["IDENTIFIER", "identifier", "usual"]


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


IDENTIFIER = Kind("identifier", identifier, plain, usual=usual)
"""Identifiers."""
