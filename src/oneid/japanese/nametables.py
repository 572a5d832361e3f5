"""The shipped tables of names, read once: surnames, given names, readings of kanji, and where kanji stand in names.

All kanji are folded (hard tier, :mod:`oneid.japanese.kanji`). Sources and licences: ``oneid/data/LICENSES.md``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

from oneid.japanese.kanji import fold_hard

__all__ = ["PLACES", "given_names", "irregular_names", "kanji_places", "kanji_readings", "surnames"]

PLACES = tuple(f"{role}_{place}" for role in ("family", "given") for place in ("only", "first", "inner", "last"))
"""The places in which a kanji is counted: the only, first, inner and last character of a surname and a given name."""


def _table(file: str, *columns: str) -> pl.DataFrame:
    """Columns of a shipped table, all String."""
    data = resources.files("oneid.japanese.data").joinpath(file).read_bytes()
    return pl.read_csv(data, infer_schema=False).select(pl.col(columns).fill_null(""))


def _names(file: str, *columns: str) -> pl.DataFrame:
    return _table(file, *columns).with_columns(fold_hard(pl.col("kanji")), pl.col("weight").cast(pl.Float64))


@cache
def surnames() -> pl.DataFrame:
    """The shipped surnames: kanji, reading (katakana), weight (bearers per 100,000 people)."""
    return _names("surnames.csv", "kanji", "reading", "weight")


@cache
def given_names() -> pl.DataFrame:
    """The shipped given names: kanji, reading (katakana), sex (m, f), weight (bearers per 100,000 of that sex)."""
    return _names("given_names.csv", "kanji", "reading", "sex", "weight")


@cache
def irregular_names() -> pl.DataFrame:
    """Names that the readings of their kanji do not explain (小鳥遊 タカナシ): role (s: surname, g: given name), kanji,
    reading (katakana).
    """
    return _table("irregular_names.csv", "role", "kanji", "reading")


@cache
def kanji_readings() -> dict[str, dict[str, int]]:
    """For each kanji its readings in names (katakana) and in how many names it has been seen read so."""
    found: dict[str, dict[str, int]] = {}
    for kanji, readings in _table("kanji_readings.csv", "kanji", "readings").iter_rows():
        pairs = (pair.split(" ") for pair in readings.split("|") if pair)
        found[kanji] = {reading: int(count) for reading, count in pairs}
    return found


@cache
def kanji_places() -> pl.DataFrame:
    """For each kanji (column kanji) how many different names have it in each of :data:`PLACES`."""
    return _table("kanji_readings.csv", "kanji", *PLACES).with_columns(pl.col(PLACES).cast(pl.Int64))
