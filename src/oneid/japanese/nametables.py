"""The shipped tables of names, read once: surnames, given names, readings of kanji, and where kanji stand in names.

All kanji are folded (hard tier, :mod:`oneid.japanese.kanji`). Sources and licences: ``oneid/data/LICENSES.md``.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import polars as pl

from oneid.japanese.kanji import fold_hard

__all__ = ["PLACES", "given_names", "irregular_names", "kanji_places", "kanji_readings", "surnames"]

PLACES = tuple(f"{role}_{place}" for role in ("family", "given") for place in ("only", "first", "inner", "last"))
"""The places in which a kanji is counted: the only, first, inner and last character of a surname and a given name."""


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files("oneid.japanese.data").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _names(file: str, columns: tuple[str, ...]) -> pl.DataFrame:
    rows = _rows(file)
    frame = pl.DataFrame({column: [row[column] for row in rows] for column in columns})
    return frame.with_columns(fold_hard(pl.col("kanji")), pl.col("weight").cast(pl.Float64))


@cache
def surnames() -> pl.DataFrame:
    """The shipped surnames: kanji, reading (katakana), weight (bearers per 100,000 people)."""
    return _names("surnames.csv", ("kanji", "reading", "weight"))


@cache
def given_names() -> pl.DataFrame:
    """The shipped given names: kanji, reading (katakana), sex (m, f), weight (bearers per 100,000 of that sex)."""
    return _names("given_names.csv", ("kanji", "reading", "sex", "weight"))


@cache
def irregular_names() -> pl.DataFrame:
    """Names that the readings of their kanji do not explain (小鳥遊 タカナシ): role (s: surname, g: given name), kanji,
    reading (katakana).
    """
    rows = _rows("irregular_names.csv")
    return pl.DataFrame({column: [row[column] for row in rows] for column in ("role", "kanji", "reading")})


@cache
def kanji_readings() -> dict[str, dict[str, int]]:
    """For each kanji its readings in names (katakana) and in how many names it has been seen read so."""
    found: dict[str, dict[str, int]] = {}
    for row in _rows("kanji_readings.csv"):
        pairs = (pair.split(" ") for pair in row["readings"].split("|") if pair)
        found[row["kanji"]] = {reading: int(count) for reading, count in pairs}
    return found


@cache
def kanji_places() -> pl.DataFrame:
    """For each kanji (column kanji) how many different names have it in each of :data:`PLACES`."""
    rows = _rows("kanji_readings.csv")
    counts = {place: [int(row[place]) for row in rows] for place in PLACES}
    return pl.DataFrame({"kanji": [row["kanji"] for row in rows], **counts})
