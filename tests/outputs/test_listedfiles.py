"""Files with a list beside them: our own are taken again, whatever stopped the writing before."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from moves import cut_after
from oneid.outputs.listedfiles import refuse_listed, written
from oneid.vocabulary.errors import OutputError

NAMES = ("a.csv", "list.json", "z.csv")


def write(folder: Path, text: str) -> None:
    refuse_listed(folder, NAMES, "list.json")
    with written(folder, "list.json", lambda: {"text": text}) as staging:
        for name in ("a.csv", "z.csv"):
            (staging / name).write_text(f"{name} {text}", "utf-8")


@pytest.mark.parametrize("moves", range(4))
@pytest.mark.parametrize("stopped", [KeyboardInterrupt, OSError])
def test_the_list_comes_last(tmp_path: Path, moves: int, stopped: type[BaseException]) -> None:
    """A kill or an error before any move: the next writing is refused nothing, and takes what was left away."""
    write(tmp_path, "one")
    with suppress(stopped), cut_after(moves, stopped) as moved:
        write(tmp_path, "two")
    assert moved == ["a.csv", "z.csv", "list.json"][:moves]
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == (moves < 3)
    write(tmp_path, "three")
    assert sorted(path.name for path in tmp_path.iterdir()) == list(NAMES)
    assert (tmp_path / "a.csv").read_text("utf-8") == "a.csv three"


def test_what_fails_before_the_moves_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, "one")
    with pytest.raises(ZeroDivisionError), written(tmp_path, "list.json", lambda: {"text": 1 // 0}):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == list(NAMES)


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
