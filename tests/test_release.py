"""The notes of a release: fragments are joined, as often as wanted, and go only when the release is made."""

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from paths import ROOT


@pytest.fixture(scope="module")
def notes() -> ModuleType:
    """scripts/make_changelog.py."""
    spec = importlib.util.spec_from_file_location("make_changelog", ROOT / "scripts/make_changelog.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's changes, and some of each kind that there was in the first release."""
    shutil.copytree(ROOT / "changelog.d", tmp_path / "changelog.d")
    for name in ("801-new.added", "802-other.changed", "803-newer.added", "804-mended.fixed"):
        (tmp_path / f"changelog.d/{name}.md").write_text(f"What {name} tells.\n", "utf-8")
    (tmp_path / "changelog.d/900-one-more.fixed.md").write_text("One more\nthing is right.\n", "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\nHow.\n\n## 0.0.9 (2020-01-01)\n\n- Old.\n", "utf-8")
    return tmp_path


def test_every_fragment_becomes_a_point_of_its_kind(notes: ModuleType, project: Path) -> None:
    """In the order of numbers, before the versions of before, each on one line."""
    assert notes.main(["0.1.0", "--date", "2026-12-01"], project) == 0
    text = (project / "CHANGELOG.md").read_text("utf-8")
    fragments = [path for path in (project / "changelog.d").glob("*.md") if re.match(r"\d{3}-", path.name)]
    new, old = text.split("\n## 0.0.9 ")
    assert len(re.findall(r"^- ", new, re.M)) == len(fragments)
    assert "## 0.1.0 (2026-12-01)\n\n### Added\n" in new
    assert new.index("### Added") < new.index("### Changed") < new.index("### Fixed")
    assert "- One more thing is right.\n" in new.split("### Fixed")[1]
    assert old.endswith("- Old.\n")


def test_it_may_be_run_again(notes: ModuleType, project: Path) -> None:
    """A second time nothing changes; a fragment more is a point more, in the same section."""
    notes.main(["0.1.0", "--date", "2026-12-01"], project)
    first = (project / "CHANGELOG.md").read_text("utf-8")
    notes.main(["0.1.0", "--date", "2026-12-01"], project)
    assert (project / "CHANGELOG.md").read_text("utf-8") == first
    (project / "changelog.d/901-last.removed.md").write_text("Something is gone.\n", "utf-8")
    notes.main(["0.1.0", "--date", "2026-12-01"], project)
    again = (project / "CHANGELOG.md").read_text("utf-8")
    assert again.count("## 0.1.0") == 1
    assert "### Removed\n\n- Something is gone.\n" in again


def test_a_release_takes_the_fragments_away(notes: ModuleType, project: Path) -> None:
    """And without fragments the notes that are there stay as they are."""
    notes.main(["0.1.0", "--delete"], project)
    made = (project / "CHANGELOG.md").read_text("utf-8")
    assert notes.main(["0.1.0"], project) == 1
    assert (project / "CHANGELOG.md").read_text("utf-8") == made
    assert [path.name for path in (project / "changelog.d").iterdir()] == ["README.md"]
