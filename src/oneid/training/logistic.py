"""Ridge logistic regression over the levels of a pattern table, and the joint evidence that it misjudges most.

Each row is a pattern that ``pairs`` pairs bear, of which ``true`` are of one person (counts, or expected counts). The
coefficients are natural logarithms of odds; divided by log 2 they are the bits of a rules file. Deterministic.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize

from oneid.vocabulary.patterns import MISSING

__all__ = ["RIDGE", "Name", "design", "fit", "grow", "share"]

Floats = npt.NDArray[np.float64]
Name = tuple[tuple[str, str], ...]
"""What a column of a design stands for: the (field, level) pairs that hold together in it."""

RIDGE = 2.0
"""Strength of the penalty: a weight is believed to lie within one bit of where it starts, in two cases of three."""

_GAIN = 30.0
"""The least score test of an interaction: far above what chance brings among some thousand candidates."""


def design(table: pl.DataFrame, fields: Sequence[str]) -> tuple[Floats, list[Name]]:
    """One column of 0 and 1 per level that is not missing and occurs, and what each column stands for."""
    columns: list[Floats] = []
    names: list[Name] = []
    for field in fields:
        for level in table[field].unique().sort().to_list():
            if level != MISSING:
                columns.append((table[field] == level).to_numpy().astype(np.float64))
                names.append(((field, level),))
    return np.column_stack(columns) if columns else np.zeros((table.height, 0)), names


def share(x: Floats, weights: Floats) -> Floats:
    """The probability of each row under ``weights``, whose last entry is the base."""
    chance: Floats = 1 / (1 + np.exp(-(x @ weights[:-1] + weights[-1])))
    return chance


def fit(x: Floats, pairs: Floats, true: Floats, prior: Floats | None = None) -> Floats:
    """The weights of the columns of ``x`` and, last, the base.

    Minimises the negative log likelihood plus ``RIDGE / 2`` times the squared distance from ``prior`` (as long as the
    result). Without a prior weights are drawn to 0 and the base is free.
    """
    centre = np.zeros(x.shape[1] + 1) if prior is None else prior
    pull = np.full(centre.size, RIDGE)
    if prior is None:
        pull[-1] = 0.0
    x = np.column_stack((x, np.ones(x.shape[0])))

    def loss(w: Floats) -> tuple[float, Floats]:
        z = x @ w
        off = w - centre
        value = float(np.sum(pairs * np.logaddexp(0, z) - true * z)) + float(np.sum(pull * off**2)) / 2
        slope = x.T @ (pairs / (1 + np.exp(-z)) - true) + pull * off
        return value, slope

    found = minimize(loss, centre, jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return np.asarray(found.x)


def grow(
    x: Floats, names: Sequence[Name], pairs: Floats, true: Floats, most: int, prior: Floats | None = None
) -> tuple[list[Name], Floats]:
    """Fits, then adds interactions one at a time, each time that of the largest score test, and fits again.

    At most ``most`` are added, each starting at 0. Gives the names with those added and the weights, the base last.
    """
    names = list(names)
    weights = fit(x, pairs, true, prior)
    for _ in range(most):
        chance = share(x, weights)
        found = _best(x, names, true - pairs * chance, pairs * chance * (1 - chance))
        if found is None:
            break
        i, j = found
        x = np.column_stack((x, x[:, i] * x[:, j]))
        names.append((*names[i], *names[j]))
        prior = None if prior is None else np.insert(prior, -1, 0.0)
        weights = fit(x, pairs, true, prior)
    return names, weights


def _best(x: Floats, names: Sequence[Name], residual: Floats, spread: Floats) -> tuple[int, int] | None:
    """The two single levels whose product would lower the loss most (Rao's score test)."""
    singles = [i for i, name in enumerate(names) if len(name) == 1]
    taken = _taken(names)
    best, gain = None, _GAIN
    for i, j in combinations(singles, 2):
        if names[i][0][0] == names[j][0][0] or frozenset((*names[i], *names[j])) in taken:
            continue
        both = x[:, i] * x[:, j]
        test = float(both @ residual) ** 2 / (float(both @ spread) + RIDGE)
        if test > gain:
            best, gain = (i, j), test
    return best


def _taken(names: Sequence[Name]) -> Collection[frozenset[tuple[str, str]]]:
    return {frozenset(name) for name in names if len(name) == 2}
