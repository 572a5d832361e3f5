"""Three classes of pairs without labels: one person, one household, strangers.

A latent class mixture (Fellegi and Sunter 1969; Dempster, Laird and Rubin 1977) over *all* pairs of records, not only
the candidates: the fields are independent within a class, a missing field says nothing, and each class has a share.
Two things keep it honest. Strangers are learnt from pairs drawn without regard to evidence, since candidate pairs agree
in something by construction; and households are a class of their own, so that relatives who share an address, a land
line and a family name are not taken for one person. Pairs that are no candidates are taken for strangers.

Deterministic: a fixed start, a fixed tolerance, at most :data:`STEPS` steps, no randomness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.vocabulary.patterns import MISSING, Schema

__all__ = ["STEPS", "Mixture", "Sample", "three_classes"]

Floats = npt.NDArray[np.float64]

STEPS = 300
_STILL = 0.01
"""The mixture has come to rest when no class gains or loses more than this many pairs in a step."""

_PRIOR_PAIRS = 20.0
"""How many pairs the start of a class counts for, per field: a level that nobody shows is rare, not impossible."""

_CHANCE_PAIRS = 1.0
"""Pairs of strangers added to each level (Laplace): what none of the drawn pairs shows is taken for that rare and no
rarer, so that a small draw makes weights smaller, not larger.
"""


@dataclass(frozen=True)
class Sample:
    """Distinct patterns (a column of level names per field) and how many pairs bear each."""

    table: pl.DataFrame
    pairs: Floats


@dataclass(frozen=True)
class Mixture:
    """What was learnt. ``same``: per candidate pattern the probability of one person; ``pairs``: how many candidate
    pairs each class (same, household, strangers) has; ``steps``: how many were needed.
    """

    same: Floats
    pairs: tuple[float, float, float]
    steps: int


def three_classes(
    schema: Schema,
    candidates: Sample,
    drawn: Sample,
    universe: float,
    start: Floats,
    household: Mapping[str, Mapping[str, float]],
) -> Mixture:
    """Expectation maximisation over pattern counts.

    ``candidates`` are all candidate pairs, ``drawn`` are pairs of records drawn without regard to what they share,
    ``universe`` is how many pairs of records there are, and ``start`` the probability of one person that each
    candidate pattern begins with (that of today's rules). ``household`` is where the household class starts: what
    members of one household show, by field and level, in parts of 100 (:attr:`oneid.kinds.base.Comparison.household`);
    other levels count 1.
    """
    names = [
        (field, level)
        for field, levels in schema.levels.items()
        for level in levels
        if level != MISSING or len(levels) == 2  # of a field that can only agree, not agreeing is its other level
    ]
    x, y = (_indicators(sample.table, names) for sample in (candidates, drawn))
    same_field = np.array([[a[0] == b[0] for b in names] for a in names], dtype=np.float64)

    def shares(counts: Floats) -> Floats:
        result: Floats = counts / (counts @ same_field)
        return result

    even = shares(np.ones(len(names)))
    at_home = shares(np.array([household.get(field, {}).get(level, 1.0) for field, level in names]))
    person = shares((candidates.pairs * start) @ x + even)
    classes = np.array([person, at_home, shares(drawn.pairs @ y + _CHANCE_PAIRS)])
    found = float(candidates.pairs @ start)
    sizes = _sizes(found, 0.1 * float(candidates.pairs.sum()), universe)
    chance, steps = np.zeros((x.shape[0], 3)), 0
    for steps in range(1, STEPS + 1):  # noqa: B007 - told at the end
        chance, others = (_chances(rows, classes, sizes) for rows in (x, y))
        weight = chance * candidates.pairs[:, None]
        classes = np.array(
            [
                shares(weight[:, 0] @ x + _PRIOR_PAIRS * person),
                shares(weight[:, 1] @ x + _PRIOR_PAIRS * at_home),
                shares((drawn.pairs * others[:, 2]) @ y + _CHANCE_PAIRS),
            ]
        )
        before, sizes = sizes, _sizes(float(weight[:, 0].sum()), float(weight[:, 1].sum()), universe)
        if np.abs(sizes - before).max() * universe < _STILL:
            break
    held = (chance * candidates.pairs[:, None]).sum(axis=0)
    return Mixture(chance[:, 0], (float(held[0]), float(held[1]), float(held[2])), steps)


def _indicators(table: pl.DataFrame, names: list[tuple[str, str]]) -> Floats:
    return np.column_stack([(table[field] == level).to_numpy() for field, level in names]).astype(np.float64)


def _sizes(same: float, household: float, universe: float) -> Floats:
    """The shares of the three classes among all pairs, none of them nothing."""
    parts = np.maximum([same / universe, household / universe], 1e-15)
    return np.array([*parts, max(1 - float(parts.sum()), 1e-15)])


def _chances(rows: Floats, classes: Floats, sizes: Floats) -> Floats:
    """The probability of each class per row (Bayes)."""
    logs = rows @ np.log(classes).T + np.log(sizes)
    logs -= logs.max(axis=1, keepdims=True)
    odds = np.exp(logs)
    result: Floats = odds / odds.sum(axis=1, keepdims=True)
    return result
