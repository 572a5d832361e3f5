"""One thing given where another belongs: told which it is, and the command that takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import oneid
from conftest import Said, write_people
from oneid.cli.terminal.given import thing

ONEID = "OID00000000000000"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config, its sources, a run in ``out``, rules and cases; nobody writes there."""
    config = write_people(tmp_path_factory.mktemp("given") / "in")
    folder = config.parent
    oneid.resolve(config).write(folder / "out")
    (folder / "rules.yaml").write_text("version: 1\nthresholds: {match: 10}\n", "utf-8")
    (folder / "cases.yaml").write_text("version: 1\ncases: []\n", "utf-8")
    (folder / "empty").mkdir()
    return folder


@pytest.fixture
def project(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder is that of :func:`made`."""
    monkeypatch.chdir(made)
    return made


def test_things(project: Path) -> None:
    """Files by what is in them, other words by their look."""
    found = {word: thing(word) for word in (
        "oneid.yaml", "rules.yaml", "cases.yaml", "ec.csv", "out", "out/golden.parquet", ".", "empty", ONEID,
        ONEID.lower(), "ec:E1", "none.yaml", "C:\\x.yaml", "x" * 5000, "\0",
    )}  # fmt: skip
    assert list(found.values()) == [
        "config", "rules", "cases", "source", "run", "table", "project", "folder", "oneid", "oneid", "record", None,
        None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("resolve ec.csv --out o", "`oneid init ec.csv`"),
        ("resolve out --out o", "`oneid resolve CONFIG --out out`"),
        ("resolve . --out o", "`oneid resolve ./oneid.yaml`"),
        ("resolve rules.yaml --out o", "`rules: rules.yaml`"),
        ("profile ec.csv", "`oneid init ec.csv`"),
        ("profile out", "`oneid report out`"),
        ("profile empty", "`oneid init empty/*.csv`"),
        (f"profile {ONEID}", f"`oneid registry show {ONEID}`"),
        ("profile ec:E1", "`oneid registry find ec:E1`"),
        ("check cases.yaml", "`oneid check CONFIG --cases cases.yaml`"),
        ("check out", "`oneid check CONFIG --run out`"),
        ("train out/golden.parquet", "`oneid report out`"),
        ("report oneid.yaml", "`oneid resolve oneid.yaml --out out`, then `oneid report out`"),
        ("report out/golden.parquet", "`oneid report out`"),
        ("report ec.csv", "`oneid init ec.csv`"),
        ("diff oneid.yaml out", "`oneid resolve oneid.yaml --out out`, then `oneid diff out`"),
        ("diff out rules.yaml", "`oneid diff RUN --rules rules.yaml`"),
        ("evaluate oneid.yaml", "`oneid evaluate out TRUTH`"),
        ("init oneid.yaml", "`oneid profile oneid.yaml`"),
        ("init out", "`oneid report out`"),
        ("init empty", "`oneid init empty/*.csv`"),
        ("lookup ec.csv name=x", "`oneid init ec.csv`"),
        ("registry log ec.csv", "`oneid init ec.csv`"),
    ],
)
def test_hints(project: Path, command: Callable[..., Said], words: str, hint: str) -> None:
    """One line, E417, exit 2, nothing written; and in Japanese too."""
    before = sorted(project.rglob("*"))
    said = command(*words.split())
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith("E417 ")
    assert hint in said.err
    japanese = command("--lang", "ja", *words.split())
    assert "必要なのは" in japanese.err
    assert hint.split("`")[1] in japanese.err
    assert sorted(project.rglob("*")) == before


def test_hints_of_the_registry(people_files: Callable[..., Path], command: Callable[..., Said],
                               monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A record where a OneID belongs, and the other way round."""
    monkeypatch.chdir(people_files(registry="sqlite:///oneid.db").parent)
    assert command("resolve", "--out", "out", "-q").code == 0
    assert "`oneid registry find ec:E1`" in command("registry", "show", "ec:E1").err
    assert f"`oneid registry show {ONEID}`" in command("registry", "find", ONEID).err
