"""The demo's files: its own are written over, nobody else's, whatever stopped the writing before."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from moves import cut_after
from oneid.demo.files import write_demo
from oneid.vocabulary.errors import OutputError

CONFIG = b"version: 1\n"
NAMES = ["a.csv", "b.csv", "oneid.yaml"]


def write(folder: Path, text: str) -> Path:
    return write_demo(folder, "ab", [{name: pl.DataFrame({"id": [text]}) for name in "ab"}], CONFIG)


@pytest.mark.parametrize("moves", range(4))
@pytest.mark.parametrize("stopped", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("before", [True, False])
def test_cut_short(tmp_path: Path, moves: int, stopped: type[BaseException], before: bool) -> None:
    """Before any of its moves, by a kill or an error: the next one is refused nothing and leaves nothing else."""
    if before:
        write(tmp_path, "one")
    with suppress(KeyboardInterrupt, OutputError), cut_after(moves, stopped) as moved:
        write(tmp_path, "two")
    assert moved == NAMES[:moves]
    left = [path for path in tmp_path.iterdir() if path.name not in NAMES]
    assert len(left) == (0 < moves < 3)
    write(tmp_path, "three")
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    assert (tmp_path / "a.csv").read_text("utf-8") == "id\nthree\n"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_the_demos_stays(tmp_path: Path, name: str) -> None:
    """Whether it was there before, or was changed since."""
    (tmp_path / name).write_text("theirs", "utf-8")
    with pytest.raises(OutputError, match=f"E307.*{name}"):
        write(tmp_path, "one")
    (tmp_path / name).unlink()
    write(tmp_path, "one")
    (tmp_path / name).write_text("theirs", "utf-8")
    with pytest.raises(OutputError, match=f"E307.*{name}"):
        write(tmp_path, "two")
    assert (tmp_path / name).read_text("utf-8") == "theirs"


def test_a_list_that_somebody_wrote_is_believed_of_no_other_file(tmp_path: Path) -> None:
    """A part that lies there is a list only if it is a whole config of a demo."""
    (tmp_path / ".oneid-0123456789abcdef.part").write_text("a.csv", "utf-8")
    (tmp_path / "a.csv").write_text("theirs", "utf-8")
    with pytest.raises(OutputError, match="E307"):
        write(tmp_path, "one")
    assert (tmp_path / "a.csv").read_text("utf-8") == "theirs"


class Frames(dict[str, pl.DataFrame]):
    """What a block holds."""


def test_a_block_is_let_go_before_the_next_is_made(tmp_path: Path) -> None:
    """So that no more than one of them is ever held."""

    def blocks() -> Iterator[Frames]:
        for text in ("one", "two"):
            frames = Frames({name: pl.DataFrame({"id": [text]}) for name in "ab"})
            held = weakref.ref(frames)
            yield frames
            del frames
            assert held() is None

    write_demo(tmp_path, "ab", blocks(), CONFIG)
    assert (tmp_path / "a.csv").read_text("utf-8") == "id\none\ntwo\n"
