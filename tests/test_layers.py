"""The script that keeps imports pointing down passes here, and fails where one does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def check(root: Path) -> subprocess.CompletedProcess[str]:
    script = root / "scripts" / "check_layers.py"
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The script and the sources, to plant a wrong import in."""
    shutil.copytree(
        ROOT / "src" / "oneid", tmp_path / "src" / "oneid", ignore=shutil.ignore_patterns("__pycache__", "*.xz")
    )
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "check_layers.py", tmp_path / "scripts")
    return tmp_path


def plant(root: Path, module: str, line: str) -> None:
    path = root / "src" / "oneid" / f"{module}.py"
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")


def test_all_imports_point_down(copy: Path) -> None:
    """Here, and in an untouched copy."""
    for root in (ROOT, copy):
        said = check(root)
        assert said.returncode == 0, said.stdout


@pytest.mark.parametrize(
    ("module", "line", "says"),
    [
        ("errors", "from oneid.config import Config", "oneid.errors (nouns) imports oneid.config (settings)"),
        ("block", "from oneid.cluster import cluster", "oneid.block (stages) imports oneid.cluster (stages)"),
        ("compare", "import oneid.pipeline", "oneid.compare"),
        ("golden", "def late():\n    from oneid import result", "oneid.golden (stages) imports oneid.result (runs)"),
    ],
)
def test_a_planted_wrong_import_is_told(copy: Path, module: str, line: str, says: str) -> None:
    """Exit 1 and a line with file, line and both modules; also inside a function."""
    plant(copy, module, line)
    said = check(copy)
    assert said.returncode == 1
    assert f"src/oneid/{module}.py:" in said.stdout
    assert says in said.stdout


def test_an_import_for_type_checkers_only_is_none(copy: Path) -> None:
    """It costs nothing at run time."""
    plant(copy, "block", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from oneid.result import Result")
    assert check(copy).returncode == 0


def test_circles_and_modules_without_a_layer(copy: Path) -> None:
    """A circle inside a layer, and a module that nobody has placed."""
    plant(copy, "model", "import oneid.errors")
    plant(copy, "errors", "import oneid.model")
    (copy / "src" / "oneid" / "stray.py").write_text('"""Nobody placed me."""\n', encoding="utf-8")
    said = check(copy)
    assert said.returncode == 1
    assert "import circle: oneid.errors -> oneid.model -> oneid.errors" in said.stdout
    assert "oneid.stray has no layer" in said.stdout
