"""Commands made from a grammar and spoilt (``scripts/fuzz_commands.py``): two minutes of them end with words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from paths import ROOT

SCRIPT = ROOT / "scripts/fuzz_commands.py"


@pytest.mark.slow
def test_two_minutes() -> None:
    """No internal error, no traceback, no order, nothing that hangs."""
    command = [sys.executable, str(SCRIPT), "--minutes", "2", "--seed", "15"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_wrong_is_noticed(monkeypatch) -> None:
    """The judge of a command: each kind of bad end has its name, and a good end has none."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    from fuzz_commands import Dice, complaint, story

    fine = {"code": 2, "out": "", "err": "x.yaml: E110 cannot read the config\n", "raw": "", "lost": False}
    assert complaint(["check"], fine) is None
    ends: list[tuple[dict[str, object], str]] = [
        ({"code": 3}, "exit code"),
        ({"code": "dead"}, "died"),
        ({"code": "hangs"}, "hangs"),
        ({"err": "E999 x"}, "internal"),
        ({"err": "Traceback (most recent"}, "traceback"),
        ({"raw": "thread panicked"}, "traceback"),
        ({"err": ""}, "no words"),
        ({"out": "\x1b[2J"}, "order"),
        ({"out": "a\n::error::b"}, "order"),
        ({"err": "E600 sesame"}, "password"),
    ]
    for change, told in ends:
        assert told in str(complaint(["check"], fine | change))
    assert complaint(["check", "--format", "github"], fine | {"out": "::error file=x::E110 y\n"}) is None
    assert list(story(Dice("1:1"))) == list(story(Dice("1:1")))
