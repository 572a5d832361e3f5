"""Fails (exit 1) where a run is less precise, or finds less, than it should.

    python quality_gate.py OUT truth.csv --precision 0.95 --recall 0.75

``truth.csv`` has the columns system, member_id and person_id, as ``oneid demo`` writes it; label some thousand of your
own records in the same form for a gate on real data.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

import oneid


def main() -> int:
    """Compares a written run with a truth."""
    parser = argparse.ArgumentParser(description="Gate on precision and recall")
    parser.add_argument("run", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--precision", type=float, required=True)
    parser.add_argument("--recall", type=float, required=True)
    wanted = parser.parse_args()
    truth = pl.read_csv(wanted.truth, infer_schema=False).rename({"system": "source", "member_id": "source_id"})
    found = oneid.quality(oneid.read_run(wanted.run).to_polars()["merge_map"], truth)
    passed = found.precision >= wanted.precision and found.recall >= wanted.recall and found.lost == 0
    figures = f"precision {found.precision:.4f}, recall {found.recall:.4f}, {found.lost} records lost"
    print(f"{'passed' if passed else 'failed'}: {figures}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
