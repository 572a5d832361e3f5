"""Runs everyday tests with other versions or with the extras, in a venv of their own.

Usage: ``python scripts/lane.py oldest|newest|extras|recordlinkage``

oldest: the oldest supported Python on this machine with the oldest supported pandas; newest: the newest of both, unless
that is the Python of the everyday tests; both without the properties, which ask our logic and not other people's
versions, and have all their examples elsewhere;
extras: the tests of kinds, records and comparing with the extras that widen what normalizers know;
recordlinkage: the bridge to recordlinkage, which needs pandas 2, its page and its notebook, and the oracle.
Looks for interpreters on PATH and where pyenv and Debian keep them, and says which it took.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ((3, 11), (3, 12), (3, 13))
OLDEST_PANDAS = "pandas==2.2.*"
EXTRAS = {"extras": "notebook,reading,itaiji,address", "recordlinkage": "recordlinkage"}
TESTS = {
    "extras": ("tests/japanese", "tests/kinds", "tests/records", "tests/pairs/test_compare.py"),
    "recordlinkage": (
        "tests/interop/recordlinkage_lane.py",
        "tests/interop/test_members.py",
        "tests/pairs/test_oracle.py",
        "tests/test_docs.py::test_page[docs/en/how-to/recordlinkage.md]",
    ),
}
"""What a lane installs and runs; other lanes install the extra notebook and run the everyday tests."""


def interpreters() -> dict[tuple[int, int], Path]:
    """Working interpreters of the supported versions."""
    folders = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    folders += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    found: dict[tuple[int, int], Path] = {}
    for version in SUPPORTED:
        for folder in folders:
            python = folder / f"python{version[0]}.{version[1]}"
            if python.exists() and _version(python) == version:
                found.setdefault(version, python)
    found.setdefault((sys.version_info[0], sys.version_info[1]), Path(sys.executable))
    return found


def _version(python: Path) -> tuple[int, int] | None:
    answer = subprocess.run([python, "-V"], capture_output=True, text=True, check=False)
    match = re.match(r"Python (\d+)\.(\d+)\.", answer.stdout)
    return (int(match[1]), int(match[2])) if answer.returncode == 0 and match else None


def main(lane: str) -> int:
    """Makes the lane's venv and runs the tests in it."""
    found = interpreters()
    version = max(found) if lane == "newest" else min(found)
    if lane == "newest" and version == sys.version_info[:2]:
        print(f"lane newest: Python {version[0]}.{version[1]}, on which the everyday tests run already (make test)")
        return 0
    venv = ROOT / f".venv-{lane}"
    pip = [str(venv / "bin/pip"), "install", "--quiet"]
    subprocess.run([found[version], "-m", "venv", "--clear", venv], check=True)
    subprocess.run([*pip, "--upgrade", "pip"], check=True)
    pinned = [OLDEST_PANDAS] if lane == "oldest" else []
    groups = ["--group", "dev"]
    extras = EXTRAS.get(lane, "notebook")
    subprocess.run([*pip, "--editable", f".[{extras}]", *pinned, *groups], check=True, cwd=ROOT)
    print(f"lane {lane}: Python {version[0]}.{version[1]}", flush=True)
    subprocess.run([venv / "bin/python", "-c", "import pandas; print('pandas', pandas.__version__)"], check=True)
    tests: list[str | Path] = [
        venv / "bin/python",
        "-m",
        "pytest",
        "-q",
        "-n",
        "auto",
        "--dist",
        "worksteal",
        "-m",
        "not slow" if lane in TESTS else "not slow and not pages and not hypothesis",
    ]
    tests += TESTS.get(lane, ())
    return subprocess.run(tests, check=False, cwd=ROOT).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("oldest", "newest", *TESTS):
        sys.exit("usage: python scripts/lane.py oldest|newest|extras|recordlinkage")
    sys.exit(main(sys.argv[1]))
