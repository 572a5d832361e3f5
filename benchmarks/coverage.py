"""What ``oneid evaluate`` estimates of blocking without a truth, beside what the truth says.

Usage: ``python benchmarks/coverage.py [--records 2000 20000 100000] [--seeds 1 2 3] [--print-only]``
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from results import tell

import oneid
from oneid.demo import generate
from oneid.evaluation.evaluate import evaluate

HEAD = ("records", "seed", "share compared, estimated", "by the truth", "estimated less true")


def row(records: int, seed: int) -> tuple[str, ...]:
    """One demo: resolved, and evaluated with its truth and without."""
    with tempfile.TemporaryDirectory() as folder:
        config = generate(records, seed=seed).write(Path(folder))
        out = Path(folder, "out")
        oneid.resolve(config).write(out)
        found = evaluate(out, Path(folder, "truth.csv"))
    assert found.coverage is not None
    assert found.estimate is not None
    guess, true = found.estimate.compared_share, found.coverage.compared
    return f"{records:,}", str(seed), f"{guess:.3f}", f"{true:.3f}", f"{guess - true:+.3f}"


def main() -> None:
    """Measures each size with each seed."""
    parser = argparse.ArgumentParser(description="The estimate of blocking beside the truth.")
    parser.add_argument("--records", type=int, nargs="+", default=[2_000, 20_000, 100_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--print-only", action="store_true")
    asked = parser.parse_args()
    rows = [row(records, seed) for records in asked.records for seed in asked.seeds]
    tell("blocking, estimated without the truth", HEAD, rows, write=not asked.print_only)


if __name__ == "__main__":
    main()
