"""Runs everyday tests with other versions or with the extras, in a venv of their own.

Usage: ``python scripts/lane.py [--make | --made] oldest|newest|extras|recordlinkage ...``

oldest: the oldest supported Python on this machine with the oldest supported pandas; newest: the newest of both, unless
that is the Python of the everyday tests; both without the properties, which ask our logic and not other people's
versions, and have all their examples elsewhere. Where the oldest Python is that of the everyday tests, pandas alone is
another, and the tests are run that it may matter to (:func:`with_pandas`);
extras: the tests of kinds, records and comparing with the extras that widen what normalizers know;
recordlinkage: the bridge to recordlinkage, which needs pandas 2, its page and its notebook, and the oracle.
Looks for interpreters on PATH and where pyenv and Debian keep them, and says which it took. ``--make`` makes the venvs
and runs nothing, ``--made`` runs the tests in venvs so made.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANES = ("oldest", "newest", "extras", "recordlinkage")
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
"""What a lane installs and runs; other lanes install the extra notebook and run everyday tests."""


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


def with_pandas() -> list[str]:
    """Where pandas matters: the tests of rooms whose code speaks of it, of the whole package, and that speak of it
    themselves, and the examples of docstrings.
    """

    def speak(folder: Path) -> list[Path]:
        return [path for path in folder.rglob("*.py") if "pandas" in path.read_text("utf-8")]

    tests, package = ROOT / "tests", ROOT / "src/oneid"
    rooms = {tests / path.relative_to(package).parts[0] for path in speak(package)}
    rooms = {room for room in rooms if room.is_dir()}
    files = {*tests.glob("test_*.py"), *(path for path in speak(tests) if path.name.startswith("test_"))}
    places = rooms | {path for path in files if not rooms & set(path.parents)}
    return ["src", *sorted(str(place.relative_to(ROOT)) for place in places)]


def tests_of(lane: str, version: tuple[int, int]) -> list[str]:
    """What a lane has pytest run; nothing named is everything."""
    if lane in TESTS:
        return ["-m", "not slow", *TESTS[lane]]
    chosen = with_pandas() if lane == "oldest" and version == sys.version_info[:2] else []
    return ["-m", "not slow and not pages and not hypothesis", *chosen]


def make(lane: str, python: Path) -> None:
    """Makes the lane's venv anew."""
    venv = ROOT / f".venv-{lane}"
    pip = [str(venv / "bin/pip"), "install", "--quiet"]
    subprocess.run([python, "-m", "venv", "--clear", venv], check=True)
    subprocess.run([*pip, "--upgrade", "pip"], check=True)
    pinned = [OLDEST_PANDAS] if lane == "oldest" else []
    extras = EXTRAS.get(lane, "notebook")
    subprocess.run([*pip, "--editable", f".[{extras}]", *pinned, "--group", "dev"], check=True, cwd=ROOT)


def main(lane: str, *, making: bool = True, running: bool = True) -> int:
    """Makes the lane's venv and runs the tests in it."""
    found = interpreters()
    version = max(found) if lane == "newest" else min(found)
    if lane == "newest" and version == sys.version_info[:2]:
        print(f"lane newest: Python {version[0]}.{version[1]}, on which the everyday tests run already (make test)")
        return 0
    if making:
        make(lane, found[version])
    python = ROOT / f".venv-{lane}" / "bin/python"
    print(f"lane {lane}: Python {version[0]}.{version[1]}", flush=True)
    subprocess.run([python, "-c", "import pandas; print('pandas', pandas.__version__)"], check=True)
    if not running:
        return 0
    pytest = [str(python), "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal"]
    return subprocess.run([*pytest, *tests_of(lane, version)], check=False, cwd=ROOT).returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--make", action="store_true", help="make the venvs alone")
    only.add_argument("--made", action="store_true", help="the venvs are made")
    parser.add_argument("lanes", nargs="+", choices=LANES)
    args = parser.parse_args()
    codes = [main(lane, making=not args.made, running=not args.make) for lane in args.lanes]
    sys.exit(any(codes))
