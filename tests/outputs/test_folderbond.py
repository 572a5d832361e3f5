"""A folder and its registry find each other where both were moved, and copies of either are told apart."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from oneid.outputs.folderbond import Address, bond, find, owner, seen_from

NAMED = {"run_id": "x", "set": "x.0123456789abcdef", "files": {}}


def address(base: Path, identity: str = "a", server: str | None = None) -> Address:
    """A registry in ``base``, which is made; any file there counts as one."""
    base.mkdir(parents=True, exist_ok=True)
    file = None if server else base / "oneid.db"
    if file is not None:
        file.touch()
    return Address(identity, file, server, base, lambda path, _: path.is_file())


def run_in(folder: Path, at: Address) -> dict[str, str]:
    """A run of the registry is published into a folder; where the registry says that it is."""
    folder.mkdir(parents=True, exist_ok=True)
    about = NAMED | {"registry": bond(folder, at)}
    (folder / "run.json").write_text(json.dumps(about), "utf-8")
    return seen_from(folder, at)


@pytest.mark.parametrize("out", ["prod/out", "out"])
def test_a_whole_tree_that_was_copied_or_moved(tmp_path: Path, out: str) -> None:
    """Each finds its own folder first, also where the other one is still there."""
    seen = run_in(tmp_path / "a" / out, address(tmp_path / "a" / "prod"))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    told = str(tmp_path / "a" / out)
    for tree in ("a", "b"):
        found = find(told, seen, address(tmp_path / tree / "prod"))
        assert (found.ours, found.sure) == ((tmp_path / tree / out,), 1)
    shutil.rmtree(tmp_path / "a")
    assert find(told, seen, address(tmp_path / "b" / "prod")).ours == (tmp_path / "b" / out,)


def test_a_copied_project_whose_folder_is_outside(tmp_path: Path) -> None:
    """The folder is the original's as long as that is there; a copy of the folder is taken."""
    out = tmp_path / "out"
    seen = run_in(out, address(tmp_path / "prod"))
    copy = address(tmp_path / "stage")
    found = find(str(out), seen, copy)
    assert (found.ours, found.others) == ((), {out: str(tmp_path / "prod" / "oneid.db")})
    shutil.copytree(out, tmp_path / "out2")
    assert owner(tmp_path / "out2", copy) is None
    (tmp_path / "prod" / "oneid.db").unlink()  # the project was moved
    assert find(str(out), seen, copy).ours == (out,)
    assert owner(out, replace(copy, id="b")) is None  # another registry: not for this module


def test_a_copied_project_with_a_link_to_the_folder(tmp_path: Path) -> None:
    """The folder was moved to another disk and is linked to from where it was: it is the original's, not the copy's."""
    prod = tmp_path / "prod"
    seen = run_in(prod / "out", address(prod))
    (prod / "out").rename(tmp_path / "disk")
    (prod / "out").symlink_to(tmp_path / "disk")
    told = str(prod / "out")
    assert find(told, seen, address(prod)).ours == (tmp_path / "disk",)
    shutil.copytree(prod, tmp_path / "stage", symlinks=True)
    found = find(told, seen, address(tmp_path / "stage"))
    assert (found.ours, found.others) == ((), {tmp_path / "disk": str(prod / "oneid.db")})
    shutil.rmtree(prod)
    assert find(told, seen, address(tmp_path / "stage")).ours == (tmp_path / "disk",)


def test_registries_on_servers(tmp_path: Path) -> None:
    """One registry, two projects: both folders are its own. A registry restored elsewhere: the folder is not."""
    seen = run_in(tmp_path / "prod" / "out", address(tmp_path / "prod", server="postgresql:one@1"))
    shutil.copytree(tmp_path / "prod", tmp_path / "stage")
    told = str(tmp_path / "prod" / "out")
    found = find(told, seen, address(tmp_path / "stage", server="postgresql:one@1"))
    assert (found.ours, found.sure) == ((tmp_path / "stage" / "out", tmp_path / "prod" / "out"), 2)
    other = address(tmp_path / "prod", server="postgresql:two@1")
    assert find(told, seen, other).others == {tmp_path / "prod" / "out": "postgresql:one@1"}


def test_folders_that_say_nothing(tmp_path: Path) -> None:
    """Those of earlier versions: taken beside the config or the registry alone."""
    for name, ours in (("prod/out", True), ("out", False)):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(NAMED | {"registry": {"number": 1}}), "utf-8")
        found = find(str(folder), {}, address(tmp_path / "prod"))
        assert bool(found.ours) == ours
    assert find(str(tmp_path / "none"), {}, address(tmp_path / "prod")).ours == ()
