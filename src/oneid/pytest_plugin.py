"""The pytest plugin: each case of a file ``*.oneid.yaml`` is a test.

A case that must hold passes or fails. One that should hold and does not is an expected failure, told at the end of the
session. One that is known to fail is an expected failure, and fails where it holds.

Options in the ini file: ``oneid_config``, the config whose rules are tested, relative to the root folder (left out:
``oneid.yaml`` in the folder of the cases or above), and ``oneid_run``, the folder of the run that cases refer to.
Fixtures: ``oneid_config`` (its path), ``oneid_result`` (what it resolves to, once a session) and ``oneid_sample``
(:func:`oneid.testing.sample`).

Where there are no such files nothing of OneID but this module is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr, TracebackStyle
    from _pytest.terminal import TerminalReporter

    from oneid.ruletests.cases import Case
    from oneid.ruletests.worlds import Outcome
    from oneid.runs.result import Result
    from oneid.settings.config import Config
    from oneid.settings.rules import Rules
    from oneid.testing import Sample

__all__ = ["CaseFailed", "CaseFile", "CaseItem"]

_SHOULD = "oneid_should"


class CaseFailed(AssertionError):
    """A case did not come out as expected; the text says how."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the ini options."""
    parser.addini("oneid_config", "the OneID config whose rules *.oneid.yaml files test", default="")
    parser.addini("oneid_run", "the folder of the OneID run that *.oneid.yaml files refer to", default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collects files of cases."""
    return CaseFile.from_parent(parent, path=file_path) if file_path.name.endswith(".oneid.yaml") else None


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Tells the cases that should hold and do not."""
    told = [
        str(text) for report in terminalreporter.getreports("xfailed")
        for name, text in report.user_properties if name == _SHOULD
    ]  # fmt: skip
    if told:
        terminalreporter.section("OneID: cases that should hold and do not")
        terminalreporter.line("\n".join(told))


def _config_path(config: pytest.Config, beside: Path) -> Path:
    """The config that the ini file names, or that stands in the folder ``beside`` or the nearest one above."""
    if named := config.getini("oneid_config"):
        return config.rootpath / str(named)
    above = (folder / "oneid.yaml" for folder in (beside, *beside.parents))
    return next((path for path in above if path.is_file()), config.rootpath / "oneid.yaml")


class CaseFile(pytest.File):
    """A file of cases, which are run together when the first is wanted."""

    @cached_property
    def _settings(self) -> tuple[Config, Rules, str]:
        """The config, its rules, and the file that these stand in."""
        from oneid.runs import preparing
        from oneid.settings import configfile, rulesfile

        loaded = configfile.load(_config_path(self.config, self.path.parent), reads=("rules",))
        return loaded, preparing.rules_of(loaded), rulesfile.file_of(loaded.rules, loaded.base)

    @cached_property
    def _cases(self) -> tuple[Case, ...]:
        from oneid.ruletests import cases, check
        from oneid.vocabulary import errors

        config, rules, _ = self._settings
        loaded = cases.load(self.path, check.known_names(config, rules))
        errors.raise_all(loaded.problems)
        return loaded.cases

    @cached_property
    def _outcomes(self) -> dict[str, Outcome]:
        from oneid.ruletests import check
        from oneid.vocabulary import errors

        config, rules, _ = self._settings
        named = self.config.getini("oneid_run")
        run = self.config.rootpath / str(named) if named else None
        outcomes, problems = check.run_cases(self._cases, config, rules, run)
        errors.raise_all(problems)
        return {one.case.id: one for one in outcomes}

    def collect(self) -> Iterator[CaseItem]:
        """An item for each case. Raises CollectError with every mistake in config, rules or cases."""
        from oneid.vocabulary.errors import OneIDError
        from oneid.vocabulary.terminaltext import in_line

        try:
            found = self._cases
        except OneIDError as error:
            raise self.CollectError(str(error)) from None
        for case in found:
            yield CaseItem.from_parent(self, name=in_line(case.id), case=case)

    def verdict(self, case: Case) -> tuple[str, str, str] | None:
        """The level of what there is to tell of a case (error or warning), in a line, and at length; None: nothing."""
        from oneid.ruletests import check
        from oneid.vocabulary.terminaltext import in_line

        _, rules, file = self._settings
        found = check.told(self._outcomes[case.id], rules, file)
        return None if found is None else (found.level, in_line(found.message), str(found))


class CaseItem(pytest.Item):
    """A case as a test."""

    def __init__(self, *, case: Case, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self.case = case

    def runtest(self) -> None:
        """Passes, fails (CaseFailed), or fails as expected."""
        assert isinstance(self.parent, CaseFile)
        found = self.parent.verdict(self.case)
        if found is None:
            if self.case.severity == "known":
                from oneid.vocabulary.terminaltext import in_line

                pytest.xfail(in_line(f"known to fail: {self.case.why}"))
            return
        level, message, text = found
        if level == "error":
            raise CaseFailed(text)
        self.user_properties.append((_SHOULD, text))
        pytest.xfail(message)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | TerminalRepr:
        """The text of a failed case or of a mistake in the files; a traceback for anything else."""
        from oneid.vocabulary.errors import OneIDError

        if isinstance(excinfo.value, (CaseFailed, OneIDError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The case's file and line (from 0), and its id."""
        return self.path, self.case.line - 1, f"case {self.name}"


@pytest.fixture(scope="session")
def oneid_config(pytestconfig: pytest.Config) -> Path:
    """The path of the config that the ini option ``oneid_config`` names, or ``oneid.yaml`` in the root folder."""
    return _config_path(pytestconfig, pytestconfig.rootpath)


@pytest.fixture(scope="session")
def oneid_result(oneid_config: Path) -> Iterator[Result]:
    """What the config resolves to, once a session; nothing is written."""
    from oneid import resolve

    with resolve(oneid_config) as result:
        yield result


@pytest.fixture(scope="session")
def oneid_sample() -> Sample:
    """About 300 members of five systems that exist nowhere."""
    from oneid.testing import sample

    return sample()
