"""Whom something happens to, and how a few rows of a frame are written anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.demo.naming.names import Ints

__all__ = ["Bools", "among", "choice", "drawn", "hit", "put", "tell"]

Bools = npt.NDArray[np.bool_]


def hit(rng: np.random.Generator, size: int, rate: float) -> Bools:
    """Which rows something happens to."""
    return rng.random(size) < rate


def tell(rng: np.random.Generator, size: int, shares: Sequence[float]) -> pl.Series:
    """Numbers 0, 1, ... drawn by their shares."""
    steps = np.cumsum(shares)
    return pl.Series(np.searchsorted(steps[:-1] / steps[-1], rng.random(size), side="right"))


def among(style: pl.Series, spellings: Sequence[pl.Expr]) -> pl.Expr:
    """The spelling whose number ``style`` has, row by row."""
    text = spellings[0]
    for nth, other in enumerate(spellings[1:], 1):
        text = pl.when(style == nth).then(other).otherwise(text)
    return text


def choice(rng: np.random.Generator, size: int, words: Sequence[str]) -> pl.Series:
    """``size`` of the words, each as likely as the others."""
    return pl.Series(words, dtype=pl.String).gather(rng.integers(0, len(words), size))


def drawn(rng: np.random.Generator, size: int, rates: Sequence[float]) -> list[Ints]:
    """Of each of several things the rows that it happens to, none of them to two; rates of 1 and more share the rows.

    >>> [rows.size for rows in drawn(np.random.default_rng(1), 10_000, [0.01, 0, 0.02])]
    [98, 0, 193]
    """
    steps = np.cumsum(rates)
    chance = rng.random(size) * max(1.0, float(steps[-1]))
    met = np.flatnonzero(chance < steps[-1])
    which = np.searchsorted(steps, chance[met], side="right")
    return [met[which == nth] for nth in range(len(rates))]


def put(frame: pl.DataFrame, rows: Ints, **columns: pl.Expr | pl.Series) -> pl.DataFrame:
    """``frame`` with these columns of these rows written anew, the expressions seeing those rows alone.

    >>> put(pl.DataFrame({"a": ["x", "y", "z"]}), np.array([1]), a=pl.col("a") + "!")["a"].to_list()
    ['x', 'y!', 'z']
    """
    if not rows.size:
        return frame
    asked = (text.meta.root_names() for text in columns.values() if isinstance(text, pl.Expr))
    needed = {name for names in asked for name in names} or {next(iter(columns))}
    part = frame.select(sorted(needed))[rows].with_columns(**columns)
    return frame.with_columns(frame[name].scatter(rows, part[name].cast(frame.schema[name])) for name in columns)
