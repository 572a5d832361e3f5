"""The pytest plugin: cases are tests, failures are readable, and it costs nothing where there are no cases."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from ruletests.test_check import CASE

pytest_plugins = ["pytester"]

DEMO = resources.files("oneid.demo").joinpath("oneid.yaml").read_text("utf-8")


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """A folder with the demo's config, and cases in a folder below."""
    pytester.makefile(".yaml", oneid=DEMO)
    pytester.mkdir("cases")
    (pytester.path / "cases/some.oneid.yaml").write_text(CASE, "utf-8")
    pytester.makeini("[pytest]\n")
    return pytester.path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_one_item_per_case(pytester: pytest.Pytester, project: Path) -> None:
    """The id names it, and one of them can be run alone."""
    pytester.runpytest("-v").stdout.fnmatch_lines(
        ["cases/some.oneid.yaml::namesakes PASSED*", "cases/some.oneid.yaml::same-mail PASSED*"]
    )
    pytester.runpytest("cases/some.oneid.yaml::same-mail").assert_outcomes(passed=1)


def test_a_failure_is_readable(pytester: pytest.Pytester, project: Path) -> None:
    """File and line, what was expected, what came, the rule, the levels; no traceback."""
    change(project / "cases/some.oneid.yaml", "[[a, b], [c]]", "[[a], [b], [c]]")
    said = pytester.runpytest()
    said.assert_outcomes(passed=1, failed=1)
    said.stdout.fnmatch_lines(
        [
            "*case same-mail*",
            "*some.oneid.yaml:11: error E160 same-mail (must): expected a | b | c, came a b | c, decided by email*",
            "*a-b match: email-name (match, preset jp-members:*) says match*",
        ]
    )
    said.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_severities(pytester: pytest.Pytester, project: Path) -> None:
    """Should is an expected failure that the summary tells; known is one too, and fails where it holds."""
    file = project / "cases/some.oneid.yaml"
    change(file, "[[a, b], [c]]", "[[a], [b], [c]]")
    change(file, "- id: same-mail", "- id: same-mail\n    severity: should")
    said = pytester.runpytest("-W", "error")
    said.assert_outcomes(passed=1, xfailed=1)
    said.stdout.fnmatch_lines(
        ["*OneID: cases that should hold and do not*", "*some.oneid.yaml:11: warning E161 same-mail*"]
    )
    change(file, "severity: should", "severity: known")
    pytester.runpytest().assert_outcomes(passed=1, xfailed=1)
    change(file, "[[a], [b], [c]]", "[[a, b], [c]]")
    said = pytester.runpytest()
    said.assert_outcomes(passed=1, failed=1)
    said.stdout.fnmatch_lines(["*E162 same-mail: known to fail, and holds now*"])


def test_the_config_is_named_or_found(pytester: pytest.Pytester, project: Path) -> None:
    """In the folder of the cases or above, or where the ini file says."""
    (project / "settings").mkdir()
    (project / "oneid.yaml").rename(project / "settings/members.yaml")
    said = pytester.runpytest()
    said.assert_outcomes(errors=1)
    said.stdout.fnmatch_lines(["*oneid.yaml: E110 cannot read the config*"])
    pytester.makeini("[pytest]\noneid_config = settings/members.yaml\n")
    pytester.runpytest().assert_outcomes(passed=2)


def test_mistakes_stop_the_collection(pytester: pytest.Pytester, project: Path) -> None:
    """All of them, with lines."""
    change(project / "cases/some.oneid.yaml", "verdict", "verdct")
    change(project / "cases/some.oneid.yaml", "source: credit_card", "source: credit")
    said = pytester.runpytest()
    said.assert_outcomes(errors=1)
    said.stdout.fnmatch_lines(["*some.oneid.yaml:10 *E102*'verdict'*", "*some.oneid.yaml:14 *E151*credit_card*"])


def test_references_need_a_run(pytester: pytest.Pytester, project: Path) -> None:
    """The ini file names it; without one each case says so."""
    (project / "cases/some.oneid.yaml").write_text(
        "version: 1\ncases:\n  - id: one\n    records: {a: {ref: ec:E1}, b: {ref: ec:E2}}\n"
        "    expect: {groups: [[a], [b]]}\n"
    )
    said = pytester.runpytest()
    said.assert_outcomes(failed=1)
    said.stdout.fnmatch_lines(["*E156 the case refers to a run*"])
    pytester.makeini("[pytest]\noneid_run = out\n")
    pytester.runpytest().stdout.fnmatch_lines(["*E251 no run was written here"])


def test_fixtures(pytester: pytest.Pytester) -> None:
    """The config's path, what it resolves to, and sample data."""
    pytester.makepyfile(
        """
        from oneid.testing import assert_different

        def test_it(oneid_config, oneid_result, oneid_sample):
            assert oneid_config.name == "oneid.yaml"
            assert_different(oneid_result, "ec:1", "ec:2")
            assert len(oneid_sample.sources) == 5
        """
    )
    pytester.makefile(".csv", ec="id,name\n1,相田 愛\n2,小川 舞\n")
    pytester.makefile(".yaml", oneid="version: 1\nsources: {ec: {path: ec.csv, id: id, fields: {name: name}}}\n")
    pytester.runpytest().assert_outcomes(passed=1)


def test_without_cases_nothing_is_loaded(tmp_path: Path) -> None:
    """A session without cases, in a process of its own, loads no module of ours but the plugin."""
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n"
        "    loaded = {name for name in sys.modules if name.split('.')[0] in ('oneid', 'polars', 'pandas', 'numpy')}\n"
        "    assert loaded == {'oneid', 'oneid.pytest_plugin'}\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "1 passed" in done.stdout, done.stdout
