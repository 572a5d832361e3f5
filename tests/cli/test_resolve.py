"""``oneid resolve --dry-run``: all that a run does but writing, and the exit code that it would have; a run as JSON."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.test_main import held
from cli.test_registry import Shops
from conftest import Said


def changed(config: Path, **more: Any) -> None:
    """The config with ``more`` at its top."""
    text = yaml.safe_load(config.read_text("utf-8"))
    config.write_text(yaml.safe_dump({**text, **more}, allow_unicode=True, sort_keys=False), "utf-8")


def rehearsed(command: Callable[..., Said], folder: Path, *words: object) -> Said:
    """A dry run ends as the real one does, says what that says, and every byte is as it was."""
    before = held(folder)
    said = command("resolve", *words, "--dry-run")
    assert held(folder) == before
    assert "report.html" not in said.out
    copy = folder.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, symlinks=True)
    real = command("resolve", *words)
    shutil.rmtree(folder)
    copy.rename(folder)
    assert said.code == real.code, real.err
    assert re.findall(r"\bE\d{3}\b", said.err) == re.findall(r"\bE\d{3}\b", real.err)
    return said


@pytest.mark.parametrize("registry", [None, "sqlite:///oneid.db", "sqlite:///deep/er/oneid.db"])
def test_a_first_run(command: Callable[..., Said], people_files: Callable[..., Path], registry: str | None) -> None:
    """No folder, no registry: neither is made."""
    config = people_files(**({"registry": registry} if registry else {}))
    said = rehearsed(command, config.parent, config, "--out", config.parent / "out")
    assert said.code == 0
    assert "5 OneIDs" in said.out
    assert "no limit is breached: the run would be published" in said.out


@pytest.mark.parametrize("registry", [pytest.param({}, marks=pytest.mark.slow), {"registry": "sqlite:///oneid.db"}])
def test_a_breached_limit(
    command: Callable[..., Said], people_files: Callable[..., Path], registry: dict[str, str]
) -> None:
    """Exit 1, the summary and the limit that is breached; in JSON too."""
    config = people_files(**registry)
    out = config.parent / "out"
    assert command("resolve", config, "--out", out, "-q").code == 0
    changed(config, limits={"largest": 1})
    file = config.parent / "ec.csv"
    file.write_text(file.read_text("utf-8") + "E9,田中,,,,,\n", "utf-8")
    said = rehearsed(command, config.parent, config, "--out", out)
    assert said.code == 1
    assert "E501" in said.err
    assert "would be published" not in said.out
    made = command("resolve", config, "--out", out, "--dry-run", "--format", "json")
    (one,) = json.loads(made.out)["limits_breached"]
    assert (made.code, one["code"], json.loads(made.out)["published"]) == (1, "E501", False)


@pytest.mark.slow
def test_later_runs(tmp_path: Path, command: Callable[..., Said]) -> None:
    """With a registry: changes, nothing new, and members that seem renumbered, of whom no proposal is written."""
    shops = Shops(tmp_path, command)
    shops.write()
    config, out = shops.base / "oneid.yaml", shops.base / "out"
    assert shops.resolve().code == 0
    said = rehearsed(command, shops.base, config, "--out", out)
    assert "nothing new since run" in said.out
    file = shops.base / "card.csv"
    file.write_text(file.read_text("utf-8").replace("C7000", "D7000"), "utf-8")
    said = rehearsed(command, shops.base, config, "--out", out)
    assert (said.code, "E505" in said.err) == (1, True)
    changed(config, limits={"members_renumbered_pct": 100})
    said = rehearsed(command, shops.base, config, "--out", out)
    assert (said.code, "since the last run: " in said.out) == (0, True)
    again = command("resolve", config, "--out", shops.base / "elsewhere", "--dry-run")
    assert (again.code, (shops.base / "elsewhere").exists()) == (0, False)


def test_what_a_run_refuses_a_dry_one_refuses(
    command: Callable[..., Said], people_files: Callable[..., Path], tmp_path: Path
) -> None:
    """A file of others, a folder that is a source, a registry that cannot be, a run's name that was taken."""
    config = people_files(registry="sqlite:///oneid.db")
    out = config.parent / "out"
    assert command("resolve", config, "--out", out, "--run-id", "one", "-q").code == 0
    (config.parent / "ec.csv").write_text((config.parent / "ec.csv").read_text("utf-8") + "E9,田中,,,,,\n", "utf-8")
    assert "E622" in rehearsed(command, config.parent, config, "--out", out, "--run-id", "one").err
    (out / "golden.csv").write_text("theirs", "utf-8")
    assert "E307" in rehearsed(command, config.parent, config, "--out", out, "--csv").err
    changed(config, registry="sqlite:///ec.csv/oneid.db")
    assert "E600" in rehearsed(command, config.parent, config, "--out", config.parent / "new").err
    changed(config, registry="sqlite:///ec.csv")
    assert "E604" in rehearsed(command, config.parent, config, "--out", config.parent / "new").err


@pytest.mark.parametrize("registry", [{}, {"registry": "sqlite:///oneid.db"}])
def test_an_unfinished_publication(
    command: Callable[..., Said], people_files: Callable[..., Path], registry: dict[str, str]
) -> None:
    """What a crash left is finished by a run; a dry one says so and leaves it."""
    config = people_files(**registry)
    out = config.parent / "out"
    assert command("resolve", config, "--out", out, "-q").code == 0
    (out / ".runs/ready").write_text("run.0123456789abcdef", "utf-8")
    before = held(config.parent)
    said = command("resolve", config, "--out", out, "--dry-run")
    assert (said.code, "E638" in said.err) == (2, True)
    assert held(config.parent) == before


def test_completion_is_there(command: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of a command line are completed without the rest of the library."""
    monkeypatch.setenv("_ONEID_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "oneid reg")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert command().out.split() == ["registry"]
    monkeypatch.setenv("COMP_WORDS", "oneid resolve --dr")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert command().out.split() == ["--dry-run"]


@pytest.mark.parametrize("wanted", ["--show-completion", "--install-completion"])
def test_completion_of_this_shell(
    command: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: str
) -> None:
    """It is shown, or put into the person's folder; a shell that completes no words is one line, also as JSON."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    said = command(wanted)
    assert (said.code, said.err) == (0, "")
    script = (tmp_path / ".bash_completions" / "oneid.sh").read_text("utf-8") if "install" in wanted else said.out
    assert "complete -o default -F _oneid_completion oneid" in script
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("sh", "/bin/sh"))
    said = command(wanted)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith("E400 ")
    said = command(wanted, "--log-format", "json")
    assert json.loads(said.err)["code"] == "E400"
