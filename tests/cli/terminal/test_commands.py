"""What all commands have in common: how the config is named, options of all, help with examples that run."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.main import get_command

import oneid
from conftest import Said
from oneid.cli.main import app
from oneid.cli.terminal.commands import EVERYWHERE, Command, examples_of
from oneid.demo import generate


def commands(command: Any, *above: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below a group, with the words that call it."""
    for name, inner in command.commands.items():
        if hasattr(inner, "commands"):
            yield from commands(inner, *above, name)
        else:
            yield (*above, name), inner


TREE = dict(commands(get_command(app)))


def examples() -> list[tuple[tuple[str, ...], str]]:
    """Every example of every help, with the words that call its command."""
    return [(called, line) for called, one in TREE.items() for line in one.examples]


@pytest.mark.parametrize("called", TREE, ids=" ".join)
def test_help(command: Callable[..., Said], called: tuple[str, ...]) -> None:
    """Says what it is for, has an example that calls it, and what all commands have."""
    said = command(*called, "-h")
    assert (said.code, said.err) == (0, "")
    shown = "".join(said.out.split())
    assert TREE[called].help.split()[0] in said.out
    assert TREE[called].examples
    assert EVERYWHERE in said.out
    assert "--log-format" in said.out
    for line in TREE[called].examples:
        assert "".join(("$" + line).split()) in shown
        assert shlex.split(line)[: len(named(called)) + 1] == ["oneid", *named(called)]


def test_groups_name_their_panels(command: Callable[..., Said]) -> None:
    for words, panels in (((), ("Begin", "Resolve and look", "OneIDs over time")), (("registry",), ("Look", "Change"))):
        said = command(*words, "-h")
        assert all(panel in said.out for panel in panels)
        assert said == command(*words, "--help")


def named(called: tuple[str, ...]) -> tuple[str, ...]:
    """A command as it is called: one of a group may be meant where none is named."""
    return called[:-1] if called == ("review", "page") else called


@pytest.mark.parametrize(("called", "line"), examples(), ids=[line for _, line in examples()])
def test_examples_parse(called: tuple[str, ...], line: str) -> None:
    """Each is taken by Typer: its options are there, and its words are as many as are asked for."""
    made = TREE[called]
    words = shlex.split(line)[len(named(called)) + 1 :]
    with made.make_context(" ".join(called), words) as context:
        assert all(context.params[param.name] is not None for param in made.params if param.required)


RUN_HERE = {
    "demo": 0, "init": 2, "profile": 0, "normalize": 0, "resolve": 0, "report": 0, "check": 0, "evaluate": 0,
    "schema": 0,
}  # fmt: skip
"""Commands whose examples need nothing but the files of the demo, with the exit code that they have there at most."""


@pytest.mark.slow
def test_examples_run(command: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a small demo, one after the other."""
    made = generate(records=200, seed=1)
    (tmp_path / "d").mkdir()
    oneid.resolve(made.write(tmp_path / "d")).write(tmp_path / "d" / "out")
    monkeypatch.chdir(tmp_path / "d")
    made.truth.rename({"system": "source", "member_id": "source_id"}).write_csv("truth.csv")
    shutil.copy("ec.csv", "a.csv")
    links = pl.read_parquet("out/links.parquet").filter("applied").head(3)
    links.select("source_l", "source_id_l", "source_r", "source_id_r", decision=pl.lit("same")).write_csv("labels.csv")
    ran = 0
    for called, line in examples():
        words = shlex.split(line)[1:]
        if called[0] not in RUN_HERE or "cases.yaml" in words or words == ["demo"]:
            continue
        if "*.csv" in words:
            words[words.index("*.csv") : words.index("*.csv") + 1] = ["ec.csv", "prepaid.csv"]
        said = command(*("200" if word == "2000" else word for word in words))  # the demo's records
        assert said.code in (0, RUN_HERE[called[0]]), (line, said.err)
        assert said.code == 0 or "E311" in said.err  # the config is there already
        ran += 1
    assert ran >= 12


# --- the config -------------------------------------------------------------------------------------------------------


def test_ways_to_name_the_config(
    command: Callable[..., Said], people_files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first word, ``--config``, or oneid.yaml in this folder: all say the same."""
    config = people_files(registry="sqlite:///oneid.db")
    monkeypatch.chdir(config.parent)
    assert command("resolve", "--out", "out", "-q").code == 0
    for words in (("profile",), ("check",), ("registry", "log"), ("registry", "find", "ec:E1"), ("registry", "verify"),
                  ("lookup", "name=高橋花子", "phone=09011112222")):  # fmt: skip
        front = 2 if words[0] == "registry" else 1
        ways = [
            words, (*words[:front], "oneid.yaml", *words[front:]), (*words, "--config", "oneid.yaml"),
            (*words[:front], "--config=oneid.yaml", *words[front:]),
            (*words[:front], config, *words[front:], "--log-format", "text"),
        ]  # fmt: skip
        said = [command(*way) for way in ways]
        assert {one.code for one in said} == {0}, [one.err for one in said]
        assert len({one.out for one in said}) == 1
    shutil.move("oneid.yaml", "other.yml")
    assert command("registry", "log", "other.yml").code == 0
    said = command("registry", "log")
    assert (said.code, said.err.split()[1]) == (2, "E110")
    assert "oneid init" in said.err
    said = command("profile", "other.yml", "--config", "other.yml")
    assert (said.code, said.err.split()[0]) == (2, "E400")


def test_a_word_that_is_no_config_is_none(command: Callable[..., Said], people_files: Callable[..., Path]) -> None:
    """With ``--config`` all words are the command's own, whatever they are called."""
    config = people_files(registry="sqlite:///oneid.db")
    assert command("resolve", config, "--out", config.parent / "out", "-q").code == 0
    copy = config.parent / "copy.yaml"
    assert command("registry", "backup", copy, "--config", config).code == 0
    assert copy.read_bytes()[:6] == b"SQLite"


def test_docstrings() -> None:
    assert examples_of("Do.\n\nMore.") == ("Do.\n\nMore.", ())
    assert examples_of(None) == ("", ())
    assert all(isinstance(one, Command) for one in TREE.values())
