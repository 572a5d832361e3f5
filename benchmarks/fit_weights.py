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
from pathlib import Path

import numpy as np
import polars as pl

from oneid.demo import generate
from oneid.kinds.compared import LEVELS
from oneid.runs.preparing import prepare
from oneid.settings import configfile
from oneid.training import labels, logistic
from oneid.training.train import compared
from oneid.vocabulary.patterns import Schema


def counted(config: Path, truth: Path) -> tuple[Schema, pl.DataFrame]:
    """Distinct patterns of a data set with ``pairs`` and ``true`` (pairs of one person)."""
    made = compared(prepare(configfile.load(config)))
    return made.settings.schema, labels.counts(made, truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--noise", type=float, nargs="+", default=[1.0, 1.5])
    parser.add_argument("--interactions", type=int, default=12)
    parser.add_argument("--seed", type=int, default=71)
    args = parser.parse_args()
    schema, parts = Schema(LEVELS), []
    for size in args.sizes:
        for noise in args.noise:
            with tempfile.TemporaryDirectory() as folder:
                generate(records=size, seed=args.seed, noise=noise).write(Path(folder))
                schema, counts = counted(Path(folder, "oneid.yaml"), Path(folder, "truth.csv"))
                parts.append(counts)
    counts = pl.concat(parts).group_by("pattern").sum().sort("pattern")
    table = schema.table(counts["pattern"].to_numpy())
    pairs, true = (counts[name].to_numpy().astype(np.float64) for name in ("pairs", "true"))
    x, singles = logistic.design(table, list(schema.levels))
    names, weights = logistic.grow(x, singles, pairs, true, args.interactions)
    bits = weights / np.log(2)
    print(f"# fitted on {len(parts)} demo data sets, {int(pairs.sum()):,} pairs, {len(pairs):,} patterns")
    print(f"base: {bits[-1]:.2f}\nweights:")
    for field in schema.levels:
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
