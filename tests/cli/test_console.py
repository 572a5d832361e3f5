"""The one place that prints: text of others is no order; a poor encoding, or a full disk, stops nothing."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import oneid
from oneid.cli import console, main
from paths import ROOT

OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|^\s*::|##\w*\[", re.MULTILINE)
HOSTILE = "x\x1b[31m\x9b2J\u202e[/x][bold]\n::set-output name=a::b\n##[error]c ##vso[x]d"
CASE = {
    "records": {"a": {"source": "ec", "name": "佐藤" + HOSTILE}, "b": {"source": "store", "name": "佐藤"}},
    "expect": {"pair": ["a", "b"], "verdict": "match"},
}


class Refusing(io.RawIOBase):
    """A file on a disk that is full, or the end of a pipe that nobody reads."""

    def __init__(self, number: int) -> None:
        self.number = number

    def writable(self) -> bool:
        return True

    def write(self, _data: object) -> int:
        raise OSError(self.number, os.strerror(self.number))


def said_to(monkeypatch, stream: io.TextIOBase, *arguments: object) -> int:
    """The exit code of a command that prints to ``stream``."""
    monkeypatch.setattr("sys.argv", ["oneid", *map(str, arguments)])
    monkeypatch.setattr("sys.stdout", stream)
    try:
        main.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def full() -> io.TextIOBase:
    return io.TextIOWrapper(Refusing(28), "utf-8")


def test_only_one_module_prints() -> None:
    """No other module of the package names a stream or prints, but for what is printed in tests of users."""
    for path in (ROOT / "src/oneid").rglob("*.py"):
        if path.name == "console.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            stream = isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr", "print", "print_exc")
            assert not called, f"{path}:{node.lineno}"
            assert not stream, f"{path}:{node.lineno}"


@pytest.mark.slow
def test_names_that_look_like_markup(command, people_files, tmp_path, monkeypatch) -> None:
    """A folder, a source, a rule: printed as they are, and the run is not followed by a crash."""
    config = people_files(registry="sqlite:///oneid.db")
    monkeypatch.chdir(tmp_path)
    said = command("resolve", config, "--out", "[/x] [bold]y", "--run-id", ":heart:[/x]")
    assert (said.code, said.out.splitlines()[-1].split("files in ")[1].split(";")[0]) == (0, "[/x] [bold]y")
    assert command("diff", "[/x] [bold]y", "--rules", "jp-members", "--out", "[red]z").code == 0
    assert "[/z]" in command("init", config.parent / "ec.csv", "-o", "[/z].yaml").out
    assert "nothing new since run :heart:[/x], in" in command("resolve", config, "--out", "[/x] [bold]y").out


@pytest.mark.parametrize("form", ["text", "json", "github", "markdown"])
@pytest.mark.parametrize("expected", ["match", "no[/x]\x1b[1m\n::error::x"])
def test_cases_give_no_orders(command, people_files, tmp_path, form, expected) -> None:
    """Neither in findings nor in mistakes of their files; GitHub gets our orders alone."""
    case = {"id": "one " + HOSTILE, "why": HOSTILE, **CASE, "expect": {**CASE["expect"], "verdict": expected}}
    file = tmp_path / "cases.yaml"
    file.write_text(json.dumps({"version": 1, "cases": [case]}), "utf-8")
    said = command("check", people_files(), "--cases", file, "--format", form, "--junit", tmp_path / "junit.xml")
    assert said.code == (1 if expected == "match" else 2)
    ours = re.compile(
        r"^::(error|notice|warning) (file=[^\n:,]*,(line=\d+,)?)?title=oneid E\d{3}::[^\n]*$", re.MULTILINE
    )
    assert not OBEYED.search(ours.sub("", said.out) if form == "github" else said.out)
    assert not OBEYED.search(said.err)
    assert not OBEYED.search((tmp_path / "junit.xml").read_text("utf-8"))
    if form == "json" and said.code == 1:
        assert HOSTILE in json.loads(said.out)["cases"][0]["id"]


def test_ids_and_values_give_no_orders(command, people_files, tmp_path) -> None:
    """What members are called, in tables, explanations and JSON."""
    config = people_files(registry="sqlite:///oneid.db")
    file = config.parent / "ec.csv"
    rows = file.read_text("utf-8").replace("E2,", '"::error::\x1b[2J[/x]",')
    file.write_text(rows, "utf-8")
    strange = "ec:::error::\x1b[2J[/x]"
    assert command("resolve", config, "--out", tmp_path / "out").code == 0
    said = [
        command("registry", "log", "--config", config), command("registry", "find", strange, "--config", config),
        command("explain", config, strange, "ec:E3", "--show-pii"), command("explain", config, strange, "ec:nobody"),
        command("lookup", config, "name=鈴木一郎", "birth=1975-01-31", "phone=0333334444"),
        command("lookup", config, "name=鈴木一郎", "birth=1975-01-31", "phone=0333334444", "--json"),
        command("normalize", "name", "x\x9b2J\x1b", "::error::x"),
    ]  # fmt: skip
    for one in said:
        assert not OBEYED.search(one.out + one.err)
    assert json.loads(said[-2].out)["candidates"][0]["records"] == [strange]


@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
def test_an_encoding_that_lacks_characters(monkeypatch, people_files, tmp_path, encoding) -> None:
    """What it lacks is escaped; JSON stays JSON with its texts whole, and exit codes are as ever."""
    config = people_files()
    (tmp_path / "𠮷.yaml").write_text(yaml.safe_dump({"version": 1, "cases": [{"id": "𠮷", **CASE}]}), "utf-8")
    out = io.BytesIO()
    assert said_to(monkeypatch, io.TextIOWrapper(out, encoding), "normalize", "name", "𠮷田 é") == 0
    assert json.loads(out.getvalue().decode(encoding))["value"] == "𠮷田 é"
    for form in ("text", "json"):
        out = io.BytesIO()
        code = said_to(
            monkeypatch,
            io.TextIOWrapper(out, encoding),
            "check",
            config,
            "--cases",
            tmp_path / "𠮷.yaml",
            "--format",
            form,
        )
        assert code == 1
        assert b"\\ud842\\udfb7" in out.getvalue().replace(b"\\\\u", b"\\u")
    assert said_to(monkeypatch, io.TextIOWrapper(io.BytesIO(), encoding), "--help") == 0


def test_a_full_disk(monkeypatch, people_files, tmp_path, capsys) -> None:
    """A check and a run end as they would have; a command that only answers fails, with words."""
    config = people_files(registry="sqlite:///oneid.db")
    for arguments, code in (
        (("resolve", config, "--out", tmp_path / "out"), 0), (("check", config), 0), (("normalize", "name", "x"), 2),
        (("registry", "log", "--config", config), 2), (("lookup", config, "name=高橋花子", "phone=09011112222"), 2),
        (("--help",), 2), (("--version",), 2), (("explain", config, "ec:E1", "store:S1"), 2), (("schema",), 2),
    ):  # fmt: skip
        assert said_to(monkeypatch, full(), *arguments) == code, arguments
        assert "E323 standard output cannot be written: No space left on device" in capsys.readouterr().err
    assert oneid.read_run(tmp_path / "out").summary()["oneids"] == 5


def test_nobody_reads_on(monkeypatch, capsys) -> None:
    """``oneid ... | head``: quiet, and fine."""
    assert said_to(monkeypatch, io.TextIOWrapper(Refusing(32), "utf-8"), "schema") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_whole_process(people_files, tmp_path) -> None:
    """What is left in buffers at the end changes no exit code; streams that are closed are none."""
    config = people_files()
    command = [sys.executable, "-m", "oneid"]
    environment = os.environ | {"PYTHONIOENCODING": "cp932"}
    with Path("/dev/full").open("w") as nothing:
        for words, code in ((["check", str(config)], 0), (["--version"], 2)):
            done = subprocess.run(
                [*command, *words], stdout=nothing, stderr=subprocess.PIPE, env=environment, check=False
            )
            assert (done.returncode, b"Traceback" in done.stderr, b"Exception" in done.stderr) == (code, False, False)
        done = subprocess.run([*command, "check", "no.yaml"], stdout=nothing, stderr=nothing, check=False)
        assert done.returncode == 2
    closed = f"{sys.executable} -m oneid check {config} >&- 2>&-"
    assert subprocess.run(closed, shell=True, check=False).returncode == 0


def test_what_is_dropped_is_remembered_once() -> None:
    """After a refusal nothing more is tried."""
    stream = console.Guarded(full())
    for _ in range(3):
        stream.write("x" * 9000)
        stream.flush()
    assert stream.failure is not None
    assert stream.failure.errno == 28
