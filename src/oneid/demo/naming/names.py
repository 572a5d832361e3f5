"""The name tables of the demo: drawing names by popularity, and the mistakes that a name invites."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.demo.naming.romaji import latin

__all__ = ["Floats", "Ints", "NameTable", "draw_given", "given_names", "surnames"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows of a table by a key they share, the commonest first."""

    of: Ints
    start: Ints
    count: Ints
    order: Ints
    place: Ints

    @classmethod
    def by(cls, key: pl.Series) -> _Groups:
        of = key.rank("dense").to_numpy().astype(np.int64) - 1
        order = np.argsort(of, kind="stable").astype(np.int64)
        count = np.bincount(of).astype(np.int64)
        start = np.cumsum(count) - count
        place = np.empty_like(order)
        place[order] = np.arange(order.size) - start[of[order]]
        return cls(of, start, count, order, place)

    def other(self, rows: Ints, chance: Floats) -> Ints:
        """Another row of each row's group, a common one rather than a rare one; the row itself where it is alone."""
        group = self.of[rows]
        others = self.count[group] - 1
        pick = np.floor(chance**2 * others).astype(np.int64)
        pick += pick >= self.place[rows]
        return np.where(others > 0, self.order[self.start[group] + np.minimum(pick, others)], rows)


@dataclass(frozen=True, slots=True)
class NameTable:
    """One of the shipped tables (see ``data/LICENSES.md``), commonest names first."""

    frame: pl.DataFrame
    by_reading: _Groups
    by_kanji: _Groups
    by_first: _Groups

    @classmethod
    def read(cls, file: str, sex: str | None = None) -> NameTable:
        """Reads a table, for given names the rows of one sex."""
        frame = pl.read_csv(
            resources.files("oneid.japanese.data").joinpath(file).read_bytes(), schema_overrides={"weight": pl.Float64}
        )
        frame = (frame if sex is None else frame.filter(sex=sex)).with_columns(latin=latin(pl.col("reading")))
        return cls(
            frame, _Groups.by(frame["reading"]), _Groups.by(frame["kanji"]), _Groups.by(frame["kanji"].str.slice(0, 1))
        )

    def column(self, name: str, rows: Ints) -> pl.Series:
        """One column (kanji, reading, latin) of these rows; null where the row is -1."""
        found = self.frame[name].gather(np.maximum(rows, 0))
        return found if rows.size == 0 or rows.min() >= 0 else found.set(pl.Series(rows < 0), None)

    def draw(self, rng: np.random.Generator, size: int) -> Ints:
        """Rows drawn by weight."""
        steps = np.cumsum(self.frame["weight"].to_numpy())
        drawn: Ints = np.searchsorted(steps, rng.random(size) * steps[-1], side="right").astype(np.int64)
        return drawn


@cache
def surnames() -> NameTable:
    """Japanese surnames; weight is people per 100,000."""
    return NameTable.read("surnames.csv")


@cache
def given_names(sex: str) -> NameTable:
    """Japanese given names of ``f`` or ``m``; weight is people per 100,000 of the sex."""
    return NameTable.read("given_names.csv", sex)


def draw_given(rng: np.random.Generator, sex: str, year: Ints) -> Ints:
    """Rows of :func:`given_names` drawn by their popularity around each year of birth, in steps of five years."""
    frame = given_names(sex).frame
    centre, spread, weight = (frame[name].to_numpy().astype(np.float64) for name in ("centre", "spread", "weight"))
    rows = np.empty(year.size, dtype=np.int64)
    step = year // 5
    chance = rng.random(year.size)
    for value in np.unique(step):
        here = np.flatnonzero(step == value)
        density = weight / spread * np.exp(-(((value * 5 + 2 - centre) / spread) ** 2) / 2)
        steps = np.cumsum(density)
        rows[here] = np.searchsorted(steps, chance[here] * steps[-1], side="right")
    return rows
