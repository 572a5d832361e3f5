"""The house: rooms in layers, no circles, nothing too large, and every room says what is in it.

The order of the rooms is written once, in ``pyproject.toml`` (``[tool.importlinter]``), for ``lint-imports`` to read.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

from paths import ROOT

SOURCE = ROOT / "src/oneid"
MOST_IN_ROOT, MOST_IN_ROOM, MOST_LINES, MOST_OF_FUNCTION = 32, 12, 400, 60
UNLISTED = {"registry/migrations", "registry/migrations/versions"}
"""Folders whose modules are steps in a row, named by number."""


@cache
def trees() -> dict[str, tuple[Path, ast.Module]]:
    """By dotted name, the file and the syntax of every module; a folder by its ``__init__``."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = (path, ast.parse(path.read_text("utf-8")))
    return found


def imports(name: str, tree: ast.Module, known: set[str]) -> Iterator[str]:
    """The modules of this package that a module imports: at the top, in functions, and for types only."""
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree)), f"{name}: relative"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (inner if inner in known else node.module for inner in whole)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules each of which leads to all others of its group."""
    made = nx.DiGraph([(name, inner) for name, inside in graph.items() for inner in inside])
    loops = [[name] for name in nx.nodes_with_selfloops(made)]
    return sorted([sorted(part) for part in nx.strongly_connected_components(made) if len(part) > 1] + loops)


def folders() -> list[Path]:
    """The rooms, and the folders in them."""
    return sorted(path.parent for path in SOURCE.rglob("__init__.py") if path.parent != SOURCE)


def modules(folder: Path) -> list[str]:
    """The modules directly in a folder."""
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def unlisted(said: str, names: list[str]) -> list[str]:
    """The names that are not listed: none at the beginning of a line, or (with what leads to it) in backticks."""
    return [name for name in names if not re.search(rf"^\s*(?:- )?{name}\b|`(?:[\w~]+[./])*{name}/?`", said, re.M)]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """lint-imports on the sources in ``folder/src`` with the contracts in ``folder/pyproject.toml``."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache", "../pyproject.toml"]
    return subprocess.run(command, cwd=folder / "src", capture_output=True, text=True, timeout=60, check=False)


def test_contracts_hold() -> None:
    """Layers and independence of rooms, as pyproject.toml has them; type-checking imports count."""
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "told"),
    [
        ("vocabulary/errors.py", "from oneid.cli.console import err", "No room imports the command BROKEN"),
        ("golden/survivorship.py", "from oneid.households import households", "oneid.golden -> oneid.households"),
        ("kinds/sex.py", "def late():\n    from oneid.pairs import scoring", "oneid.kinds -> oneid.pairs"),
        (
            "pairs/scoring.py",
            "if TYPE_CHECKING:\n    from oneid.runs.result import Result",
            "oneid.pairs -> oneid.runs",
        ),
        ("records/fields.py", "import oneid.testing", "oneid.records -> oneid.testing"),
    ],
)
def test_a_wrong_import_is_told(module: str, line: str, told: str, tmp_path: Path) -> None:
    """Up, to the side, in a function, for types only, to the public face: lint-imports fails and names it."""
    shutil.copytree(SOURCE, tmp_path / "src/oneid", ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "src/oneid" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n\nfrom typing import TYPE_CHECKING\n\n{line}\n")
    done = lint(tmp_path)
    said = re.sub(r"(oneid\.\w+) is not allowed to import (oneid\.\w+):", r"\1 -> \2", done.stdout)
    assert done.returncode == 1
    assert told in said
    assert f"oneid.{module.removesuffix('.py').replace('/', '.')} -> " in said


def test_contracts_name_every_room() -> None:
    """A new room must be given its place, and may not import the command either."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    by_id = {contract["id"]: contract for contract in contracts}
    rooms = {path.name for path in folders() if path.parent == SOURCE}
    face = {"__main__", "testing", "pytest_plugin"}
    assert {name for layer in by_id["layers"]["layers"] for name in re.split(r" [|:] ", layer)} == rooms | face
    assert set(by_id["no-room-imports-cli"]["source_modules"]) == {f"oneid.{room}" for room in rooms - {"cli"}}


def test_no_circles() -> None:
    """No module leads back to itself, imports for types and in functions included."""
    known = set(trees())
    assert circles({name: set(imports(name, tree, known)) for name, (_, tree) in trees().items()}) == []


def test_circles_are_found() -> None:
    """Of any length; what only leads into one is not in it."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"e"}}) == [["a", "b", "c"], ["e"]]
    tree = ast.parse("if TYPE_CHECKING:\n    from x import y, z\ndef f():\n    import x.w\n    from other import y")
    assert list(imports("a", tree, {"x", "x.y", "x.w"})) == ["x.y", "x", "x.w"]


def test_no_room_imports_the_face() -> None:
    """``import oneid`` is for users: inside, a name is taken from the module that makes it."""
    known = set(trees())
    faces = {"oneid", "oneid.__main__", "oneid.testing", "oneid.pytest_plugin"}
    told = {name for name, (_, tree) in trees().items() if "oneid" in imports(name, tree, known)}
    assert told <= faces


def test_the_root_is_small() -> None:
    """Rooms and the public face, nothing loose."""
    entries = sorted(path.name for path in SOURCE.iterdir() if path.name != "__pycache__")
    assert len(entries) <= MOST_IN_ROOT, entries
    loose = [name for name in entries if not (SOURCE / name).is_dir()]
    assert loose == ["__init__.py", "__main__.py", "py.typed", "pytest_plugin.py", "testing.py"]


def test_rooms_are_small() -> None:
    sizes = {str(path.relative_to(SOURCE)): len(modules(path)) for path in folders()}
    assert {name: size for name, size in sizes.items() if size > MOST_IN_ROOM} == {}


def test_modules_are_small() -> None:
    sizes = {name: len(path.read_text("utf-8").splitlines()) for name, (path, _) in trees().items()}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def test_functions_are_small() -> None:
    """From the signature to the end."""
    sizes = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, (_, tree) in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in sizes.items() if size > MOST_OF_FUNCTION} == {}


def test_kinds_are_named_where_they_live() -> None:
    """A field of one kind is a matter of its kind. Elsewhere phones, as the example of all, are named where words about
    them are (of pages, of headers), in the review page's short marks, and among what is never an id.
    """
    words = {
        "vocabulary/pages/evidencewords.py",
        "sources/headerwords.py",
        "review/screens.py",
        "sources/guessing/ids.py",
    }
    own = ("kinds/", "demo/", "japanese/")
    found = {
        path.relative_to(SOURCE).as_posix()
        for path, _ in trees().values()
        if re.search(r"\bphone\b", path.read_text("utf-8"))
    }
    assert {name for name in found if not name.startswith(own)} == words


def test_every_room_says_what_is_in_it() -> None:
    """The docstring of its ``__init__`` lists its modules, and the folders in it that hold modules."""
    lacking = {}
    for folder in folders():
        name = folder.relative_to(SOURCE).as_posix()
        said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        inner = [path.name for path in folders() if path.parent == folder and modules(path)]
        names = [] if name in UNLISTED else [*modules(folder), *inner]
        if not said or unlisted(said, names):
            lacking[name] = unlisted(said, names)
    assert lacking == {}


def questions() -> dict[str, tuple[list[str], list[str]]]:
    """The rows of CONTRIBUTING's table "question -> file": the files, and what to look for in them."""
    text = (
        (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("| question | open | look for |\n| --- | --- | --- |\n")[1]
    )
    rows = [line.split(" | ") for line in text.split("\n\n")[0].splitlines()]
    return {row[0].strip("| "): (re.findall(r"`(.*?)`", row[1]), re.findall(r"`(.*?)`", row[2])) for row in rows}


def test_many_questions_have_a_file() -> None:
    assert len(questions()) >= 24


@pytest.mark.parametrize("question", questions())
def test_a_question_leads_to_its_file(question: str) -> None:
    """Each file is there; each name is in one of them, and each module that is named has one of the names."""
    files, names = questions()[question]
    paths = [path if (path := ROOT / file).exists() else SOURCE / file for file in files]
    assert [str(path) for path in paths if not path.exists()] == []
    texts = {path: path.read_text("utf-8") for path in paths if path.suffix in (".py", ".yaml")}
    found = {path: {name for name in names if re.search(rf"\b{name}\b", text)} for path, text in texts.items()}
    assert set(names) == set().union(*found.values())
    assert all(found[path] for path in found if path.suffix == ".py")


def test_what_is_not_listed_is_found() -> None:
    """A word in a sentence is no list."""
    said = "Rooms.\n\nmodel   the check of it\n- ``text``: more\n:mod:`~oneid.room.deep` and `folder/`"
    assert unlisted(said, ["model", "text", "deep", "folder"]) == []
    assert unlisted(said, ["check", "mod", "room"]) == ["check", "mod", "room"]
