"""Files with a list beside them: our own are taken again, whatever stopped the writing before."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from oneid.outputs.listedfiles import refuse_listed, written
from oneid.vocabulary.errors import OutputError

NAMES = ("a.csv", "list.json", "z.csv")


def write(folder: Path, text: str) -> None:
    refuse_listed(folder, NAMES, "list.json")
    with written(folder, "list.json", lambda: {"text": text}) as staging:
        for name in ("a.csv", "z.csv"):
            (staging / name).write_text(f"{name} {text}", "utf-8")


def test_the_list_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between any two moves: the next writing is refused nothing, and takes what was left away."""
    write(tmp_path / "begun", "one")
    for moves in range(4):
        folder = tmp_path / f"cut after {moves}"
        shutil.copytree(tmp_path / "begun", folder)
        move, moved = Path.replace, list[str]()

        def cut(self: Path, target: Path, moves: int = moves, moved: list[str] = moved, move=move) -> Path:
            if len(moved) == moves:
                raise KeyboardInterrupt
            moved.append(self.name)
            return move(self, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", cut)
            patched.setattr(
                TemporaryDirectory, "cleanup", lambda made: made._finalizer.detach()
            )  # a kill clears nothing
            with suppress(KeyboardInterrupt):
                write(folder, "two")
        assert moved == ["a.csv", "z.csv", "list.json"][:moves]
        assert len([path for path in folder.iterdir() if path.is_dir()]) == 1
        write(folder, "three")
        assert sorted(path.name for path in folder.iterdir()) == list(NAMES)
        assert (folder / "a.csv").read_text("utf-8") == "a.csv three"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_ours_stays(tmp_path: Path, name: str) -> None:
    """Whether it was there before, or was changed since."""
    (tmp_path / name).write_text("theirs", "utf-8")
    with pytest.raises(OutputError, match="E307"):
        write(tmp_path, "one")
    (tmp_path / name).unlink()
    write(tmp_path, "one")
    (tmp_path / name).write_text("theirs", "utf-8")
    with pytest.raises(OutputError, match="E307"):
        write(tmp_path, "two")
    assert (tmp_path / name).read_text("utf-8") == "theirs"
