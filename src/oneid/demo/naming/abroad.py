"""Names from abroad as forms take them: own letters or katakana, any order, words left out, several scripts, 通称."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.naming.names import given_names, surnames
from oneid.demo.rates import Rates

__all__ = ["as_written"]


def _rows(rng: np.random.Generator, size: int, rate: float) -> pl.Series:
    return pl.Series(rng.random(size) < rate)


def _swapped(turned: pl.Series, part: str = "") -> list[pl.Expr]:
    family, given = pl.col(f"family{part}"), pl.col(f"given{part}")
    return [
        pl.when(turned).then(given).otherwise(family).alias(f"family{part}"),
        pl.when(turned).then(family).otherwise(given).alias(f"given{part}"),
    ]


def _alias(people: pl.Series) -> pl.Series:
    """The Japanese name that each of these people (their numbers) goes by, always the same."""
    number = people.to_numpy().astype(np.int64)
    family = surnames().column("kanji", number * 7 % 300)
    return family + given_names("f").column("kanji", number * 11 % 200)


def as_written(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """``frame`` with the columns family and given of people from abroad as they write them on this form, and their kana
    in that order. Nobody else's name is touched.
    """
    rows = np.flatnonzero((frame["kind"] == "foreign").to_numpy())
    some = frame[rows]
    size = some.height
    in_kana, capital = _rows(rng, size, 0.5), _rows(rng, size, 0.6)
    latin = some["family"] == some["family_latin"]
    small = pl.Series(~capital & latin)
    text = {part: pl.when(small).then(pl.col(part).str.to_titlecase()).otherwise(part) for part in ("family", "given")}
    some = some.with_columns(pl.when(in_kana).then(f"{part}_kana").otherwise(text[part]).alias(part) for part in text)
    first = pl.col("given").str.extract("^([^ ]+)")
    initial = first + " " + pl.col("given").str.extract(" (.)")
    cut, short = _rows(rng, size, rates.middle_left_out), _rows(rng, size, rates.middle_initial)
    shorter = pl.when(cut).then(first).when(short & latin & ~in_kana).then(pl.coalesce(initial, "given"))
    kana = pl.when(cut).then(pl.col("given_kana").str.extract("^([^ ]+)"))
    some = some.with_columns(given=shorter.otherwise("given"), given_kana=kana.otherwise("given_kana"))
    turned = _rows(rng, size, rates.given_first)
    some = some.with_columns(*_swapped(turned), *_swapped(turned & _rows(rng, size, 0.7), "_kana"))
    letters = pl.col("family_latin") + " " + pl.col("given_latin")
    given = pl.col("given")
    both = _rows(rng, size, rates.two_scripts) & ~(latin & ~in_kana)
    named = _rows(rng, size, rates.alias)
    alias = given + "（" + _alias(some["person_id"]) + "）"
    long = _rows(rng, size, rates.name_cut) & (some["given"].str.len_chars() > 8)
    some = some.with_columns(
        given=pl.when(both).then(given + " " + letters).when(named).then(alias)
        .when(long).then(given.str.slice(0, 8).str.strip_chars()).otherwise(given)
    )  # fmt: skip
    columns = ("family", "given", "family_kana", "given_kana")
    return frame.with_columns(frame[name].scatter(rows, some[name]) for name in columns) if rows.size else frame
