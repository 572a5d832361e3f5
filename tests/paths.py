"""Where things lie: the project, its tests, and the case files that stand beside the tests of their rooms."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
BENCHMARKS = ROOT / "benchmarks"
CASE_FILES = {path.stem: path for path in sorted(TESTS.glob("**/cases/*.yaml"))}
"""The case files by name; no two rooms have one of the same name."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C it takes a tenth of the time, where it is there


def cases(name: str) -> Any:
    """What stands in ``tests/**/cases/NAME.yaml``."""
    return yaml.load(CASE_FILES[name].read_text("utf-8"), _LOADER)


def benchmark_of(name: str) -> Iterator[ModuleType]:
    """A benchmark as a module, for a fixture; while it lasts, what stands beside it can be imported too."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))
