"""Where things lie: the project, its tests, and the case files that stand beside the tests of their rooms."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
BENCHMARKS = ROOT / "benchmarks"
CASE_FILES = {path.stem: path for path in sorted(TESTS.glob("**/cases/*.yaml"))}
"""The case files by name; no two rooms have one of the same name."""
