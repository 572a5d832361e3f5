"""How far quality depends on the draw, the noise, and what a company happens to have.

Usage: ``python benchmarks/robustness.py [--records 100000] [--seeds 1 2 3 4 5] [--noise 1.0 1.5]
[--part seeds|left-out] [--print-only]``

*seeds*: a demo per seed and noise level, resolved as it is. *left-out*: the demo of the first seed and noise level,
with each source, and each field (of all sources), left out of the config, one at a time; what is left is measured
against the truth of what is left.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from results import tell

import oneid
from oneid.demo import generate
from oneid.evaluation.measures import Quality, quality
from oneid.settings.configfile import from_dict

HEAD = ("precision", "recall", "F1", "wrong per 10,000", "OneIDs")


def measured(settings: Mapping[str, Any], folder: Path) -> Quality:
    """Resolves the sources of a config's mapping and measures the merge map against the truth of these sources."""
    result = oneid.resolve(from_dict(settings, folder), keep=False)
    truth = pl.read_csv(folder / "truth.csv", infer_schema=False).rename({"system": "source", "member_id": "source_id"})
    there = truth.filter(pl.col("source").is_in(list(settings["sources"])))
    return quality(result.to_polars()["merge_map"], there)


def made(folder: Path, records: int, seed: int, noise: float) -> dict[str, Any]:
    """Writes a demo and gives its config as a mapping."""
    generate(records=records, seed=seed, noise=noise).write(folder)
    settings: dict[str, Any] = yaml.load((folder / "oneid.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
    return settings | {"version": 1}


def without(settings: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The config with one thing left out, and what it is: nothing, each source, each field."""
    sources: Mapping[str, Any] = settings["sources"]
    yield "nothing", dict(settings)
    for name in sources:
        yield f"source {name}", {**settings, "sources": {other: sources[other] for other in sources if other != name}}
    for field in sorted({field for source in sources.values() for field in source["fields"]}):
        yield f"field {field}", {**settings, "sources": dict(_without_field(sources, field))}


def _without_field(sources: Mapping[str, Any], field: str) -> Iterator[tuple[str, Any]]:
    for name, source in sources.items():
        fields = {other: spec for other, spec in source["fields"].items() if other != field}
        if fields:
            yield name, {**source, "fields": fields}


def line(found: Quality) -> list[str]:
    """A row of figures."""
    shares = [f"{value:.4f}" for value in (found.precision, found.recall, found.f1)]
    return [*shares, f"{found.wrong_per_10k:.1f}", f"{found.oneids:,}"]


def seeds(records: int, wanted: Sequence[int], noises: Sequence[float], write: bool) -> None:
    """Each seed at each noise level, and how far apart the seeds are."""
    rows, found = [], []
    for noise, seed in product(noises, wanted):
        with tempfile.TemporaryDirectory(prefix="oneid-bench-") as name:
            one = measured(made(Path(name), records, seed, noise), Path(name))
        found.append((noise, one))
        rows.append([f"{noise:g}", str(seed), *line(one)])
        print(*rows[-1], flush=True)
    for noise in noises:
        mine = [one for level, one in found if level == noise]
        spans = [[one.precision for one in mine], [one.recall for one in mine], [one.f1 for one in mine]]
        rows.append([f"{noise:g}", "greatest difference", *(f"{max(span) - min(span):.4f}" for span in spans), "", ""])
    tell(f"robustness, seeds and noise, {records:,} demo records", ("noise", "seed", *HEAD), rows, write=write)


def left_out(records: int, seed: int, noise: float, write: bool) -> None:
    """One thing left out at a time."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="oneid-bench-") as name:
        for what, settings in without(made(Path(name), records, seed, noise)):
            rows.append([what, *line(measured(settings, Path(name)))])
            print(*rows[-1], flush=True)
    title = f"robustness, one thing left out, {records:,} demo records, seed {seed}, noise {noise:g}"
    tell(title, ("left out", *HEAD), rows, write=write)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--noise", type=float, nargs="+", default=[1.0, 1.5])
    parser.add_argument("--part", choices=("seeds", "left-out"), help="only this part")
    parser.add_argument("--print-only", action="store_true", help="leave RESULTS.md as it is")
    args = parser.parse_args()
    write = not args.print_only
    if args.part != "left-out":
        seeds(args.records, args.seeds, args.noise, write)
    if args.part != "seeds":
        left_out(args.records, args.seeds[0], args.noise[0], write)


if __name__ == "__main__":
    main()
