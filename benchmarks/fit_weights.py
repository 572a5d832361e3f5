"""Fits the weights of a rules file to labelled demo data and prints them as YAML.

Usage: ``python benchmarks/fit_weights.py [--sizes 100000 1000000] [--noise 1.0 1.5] [--interactions 12]``

For each size and noise level the demo is generated, its candidate pairs are compared, and each distinct pattern gets
its number of pairs and of true pairs. A logistic regression over the levels (ridge penalty) gives the bits of each
level, and then, one at a time, the pairs of levels whose joint evidence it misjudges most. Plain EM may not do this:
it would learn that relatives are one person.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize

from oneid import configfile, pipeline
from oneid.demo import generate
from oneid.patterns import MISSING, Schema
from oneid.run import prepare

Floats = npt.NDArray[np.float64]
Name = tuple[tuple[str, str], ...]
RIDGE = 2.0


def counted(config: Path, truth: Path) -> tuple[Schema, pl.DataFrame]:
    """Distinct patterns of a data set with ``pairs`` and ``true`` (pairs of one person)."""
    work = prepare(configfile.load(config))
    for name, stage in pipeline.STAGES:
        stage(work)
        if name == "compare":
            break
    people = pl.read_csv(truth, infer_schema=False).rename({"system": "source", "member_id": "source_id"})
    person = work.features.select("source", "source_id").join(people, on=["source", "source_id"], how="left")
    number = person["person_id"].rank("dense").fill_null(0).to_numpy()
    same = (number[work.left] == number[work.right]) & (number[work.left] > 0)
    frame = pl.DataFrame({"pattern": work.pattern, "same": same})
    counts = frame.group_by("pattern").agg(pl.len().alias("pairs"), pl.col("same").sum().alias("true"))
    return work.schema, counts


def design(table: pl.DataFrame, fields: list[str]) -> tuple[Floats, list[Name]]:
    """One column per level that is not missing, and what each column stands for."""
    columns: list[Floats] = []
    names: list[Name] = []
    for field in fields:
        for level in table[field].unique().sort().to_list():
            if level != MISSING:
                columns.append((table[field] == level).to_numpy().astype(np.float64))
                names.append(((field, level),))
    return np.column_stack(columns), names


def fit(x: Floats, pairs: Floats, true: Floats) -> Floats:
    """Ridge logistic regression with an unpenalised base as its last coefficient, in natural logarithms."""
    x = np.column_stack((x, np.ones(x.shape[0])))

    def loss(w: Floats) -> tuple[float, Floats]:
        z = x @ w
        value = float(np.sum(pairs * np.logaddexp(0, z) - true * z)) + RIDGE * float(np.sum(w[:-1] ** 2)) / 2
        slope = x.T @ (pairs / (1 + np.exp(-z)) - true)
        slope[:-1] += RIDGE * w[:-1]
        return value, slope

    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return np.asarray(found.x)


def best_interaction(x: Floats, names: list[Name], residual: Floats, spread: Floats) -> tuple[int, int] | None:
    """The pair of single levels whose product would lower the loss most (score test)."""
    singles = [i for i, name in enumerate(names) if len(name) == 1]
    taken = {frozenset(name) for name in names if len(name) == 2}
    best, gain = None, 30.0
    for i, j in combinations(singles, 2):
        if names[i][0][0] == names[j][0][0] or frozenset((*names[i], *names[j])) in taken:
            continue
        both = x[:, i] * x[:, j]
        weight = float(both @ spread) + RIDGE
        test = float(both @ residual) ** 2 / weight
        if test > gain:
            best, gain = (i, j), test
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--noise", type=float, nargs="+", default=[1.0, 1.5])
    parser.add_argument("--interactions", type=int, default=12)
    parser.add_argument("--seed", type=int, default=71)
    args = parser.parse_args()
    schema, parts = Schema(), []
    for size in args.sizes:
        for noise in args.noise:
            with tempfile.TemporaryDirectory() as folder:
                generate(records=size, seed=args.seed, noise=noise).write(Path(folder))
                schema, counts = counted(Path(folder, "oneid.yaml"), Path(folder, "truth.csv"))
                parts.append(counts)
    counts = pl.concat(parts).group_by("pattern").sum().sort("pattern")
    table = schema.table(counts["pattern"].to_numpy()).join(counts, on="pattern", maintain_order="left")
    pairs, true = (table[name].to_numpy().astype(np.float64) for name in ("pairs", "true"))
    fields = list(schema.levels)
    x, names = design(table, fields)
    weights = fit(x, pairs, true)
    for _ in range(args.interactions):
        z = x @ weights[:-1] + weights[-1]
        share = 1 / (1 + np.exp(-z))
        found = best_interaction(x, names, true - pairs * share, pairs * share * (1 - share))
        if found is None:
            break
        i, j = found
        x = np.column_stack((x, x[:, i] * x[:, j]))
        names.append((*names[i], *names[j]))
        weights = fit(x, pairs, true)
    bits = weights / np.log(2)
    print(f"# fitted on {len(parts)} demo data sets, {int(pairs.sum()):,} pairs, {len(pairs):,} patterns")
    print(f"base: {bits[-1]:.2f}\nweights:")
    for field in fields:
        own = ", ".join(
            f"{n[0][1]}: {b:.2f}" for n, b in zip(names, bits, strict=False) if len(n) == 1 and n[0][0] == field
        )
        if own:
            print(f"  {field}: {{{own}}}")
    print("interactions:")
    for name, b in zip(names, bits, strict=False):
        if len(name) == 2:
            print(f"  - {{when: {{{', '.join(f'{field}: [{level}]' for field, level in name)}}}, bits: {b:.2f}}}")


if __name__ == "__main__":
    main()
