"""Lines of a log: in words, as JSON, more or none; no value of a member in any of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import PEOPLE, Said
from oneid.cli.terminal.progress import STAGE_WORDS
from oneid.runs.pipeline import STAGES

PERSONAL = [cell for rows in PEOPLE.values() for row in rows for cell in row[1:6] if cell]


def lines(said: Said) -> list[dict[str, Any]]:
    """Standard error as JSON lines, each with a time, a level, an event and a message, and nothing of any member."""
    found = [json.loads(line) for line in said.err.splitlines()]
    for one in found:
        assert datetime.fromisoformat(one["time"]).tzinfo is not None
        assert one["level"] in ("info", "error", "debug")
        assert isinstance(one["event"], str)
        assert isinstance(one["message"], str)
    assert not [value for value in PERSONAL if value in said.err]
    return found


def test_every_stage_has_a_word() -> None:
    assert {stage.name for stage in STAGES} <= set(STAGE_WORDS)


def test_json_lines(command: Callable[..., Said], people_files: Callable[..., Path], tmp_path: Path) -> None:
    """One object a line, wherever the option stands; the result goes to standard output."""
    config = people_files()
    said = command("resolve", config, "--out", tmp_path / "out", "--log-format", "json", "--format", "json")
    assert said.code == 0
    found = lines(said)
    assert [one["stage"] for one in found if one["event"] == "stage"] == [*(stage.name for stage in STAGES), "write"]
    assert all(one["seconds"] >= 0 for one in found)
    assert json.loads(said.out)["run_id"]
    more = lines(command("--log-format=json", "-v", "resolve", config, "--out", tmp_path / "out2", "--lang", "ja"))
    assert {one["event"] for one in more} >= {"stage", "measured"}
    assert all(one["message"].isascii() for one in more)  # a log does not change its language


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("profile", "none.yaml"), "E110"),
        (("profile", "--bogus"), "E400"),
        (("nothing",), "E400"),
        (("profile", "x.csv", "--lang", "fr"), "E410"),
        (("registry", "show", "--as-of", "soon", "x"), "E470"),
    ],
)
def test_errors_as_json(command: Callable[..., Said], words: tuple[str, ...], code: str) -> None:
    """Also where the command line itself is wrong."""
    for said in (command("--log-format", "json", *words), command(*words, "--log-format=json")):
        assert (said.code, said.out) == (2, "")
        (one,) = lines(said)
        assert (one["level"], one["code"]) == ("error", code)
        assert code not in one["message"]


def test_several_problems_are_several_lines(command: Callable[..., Said], people_files: Callable[..., Path]) -> None:
    config = people_files()
    config.write_text(config.read_text("utf-8").replace("id: id", "idd: id"), "utf-8")
    said = command("profile", config, "--log-format", "json")
    assert said.code == 2
    found = lines(said)
    assert len(found) > 2
    assert {one["code"] for one in found} == {"E102", "E104"}
    assert all(str(config) in one["place"] for one in found)


def test_quiet_and_verbose(command: Callable[..., Said], people_files: Callable[..., Path], tmp_path: Path) -> None:
    """Quiet: errors, and what was asked for. Verbose: times, measures, what was noted."""
    config = people_files()
    said = command("-q", "resolve", config, "--out", tmp_path / "out")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert (tmp_path / "out/run.json").is_file()
    assert json.loads(command("resolve", config, "--out", tmp_path / "out", "-q", "--format", "json").out)["folder"]
    said = command("profile", config, "-q")
    assert (said.err, "kana" in said.out) == ("", True)
    assert command("-q", "profile", "none.yaml").err.startswith("none.yaml: E110")
    said = command("resolve", config, "--out", tmp_path / "out2", "-v")
    told = said.err.splitlines()
    assert all(datetime.fromisoformat(line.split()[0]) for line in told)
    assert any("peak_mb" in line for line in told)
    assert not [value for value in PERSONAL if value in said.err + said.out]
