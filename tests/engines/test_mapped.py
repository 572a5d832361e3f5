"""Tables that lie in a file meanwhile are the tables that they were."""

from __future__ import annotations

import gc
import pickle
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pytest

from oneid.engines import mapped
from oneid.engines.mapped import Laid, in_memory, laid_down, let_go
from oneid.engines.overlay import Overlay

FRAME = pl.DataFrame(
    {"a": ["髙橋", None, "", "a" * 40], "b": [["x"], None, [], ["y", None]], "c": [1, None, -3, 4]},
    schema={"a": pl.String, "b": pl.List(pl.String), "c": pl.Int16},
)


def test_as_it_was() -> None:
    """In memory again, whole or in part, and after the system was told that it is not needed."""
    table = laid_down(FRAME, 0)
    assert isinstance(table, pa.Table)
    assert in_memory(table).equals(FRAME)
    let_go()
    assert in_memory(table.select(["b"])).equals(FRAME.select("b"))
    parts = pl.concat([FRAME, FRAME])  # of several pieces
    assert in_memory(laid_down(parts, 0)).equals(parts)


def test_what_is_small_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does what has no rows, and all where there is no room."""
    assert laid_down(FRAME) is FRAME
    assert laid_down(FRAME, FRAME.estimated_size() + 1) is FRAME
    assert isinstance(laid_down(FRAME, int(FRAME.estimated_size())), pa.Table)
    empty = FRAME.clear()
    assert laid_down(empty, 0) is empty

    def full(*_args: Any, **_more: Any) -> IO[bytes]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert laid_down(FRAME, 0) is FRAME
    assert in_memory(FRAME) is FRAME


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_the_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left in the folder, and no open file, whatever ends the process."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened = Path("/proc/self/fd")
    before = len(list(opened.iterdir()))
    table = laid_down(FRAME, 0)
    assert isinstance(table, pa.Table)
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) in Path("/proc/self/maps").read_text("utf-8")
    assert len(list(opened.iterdir())) <= before + 1
    del table
    gc.collect()
    assert str(tmp_path) not in Path("/proc/self/maps").read_text("utf-8")


def test_tables_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is read, or made, when it is asked for, and is one object as long as anybody holds it; of one name the last
    counts; in another process all are there.
    """
    monkeypatch.setattr(mapped, "laid_down", lambda frame: laid_down(frame, 0))
    made: list[int] = []

    def later() -> pl.DataFrame:
        made.append(1)
        return pl.DataFrame({"made": len(made)})

    tables = Laid(Laid.down({"a": FRAME, "b": FRAME.head(1)}), {"b": FRAME.tail(1), "later": later})
    assert list(tables) == ["a", "b", "later"]
    assert len(tables) == 3
    assert "later" in tables
    assert "other" not in tables
    assert not made
    assert tables["b"].equals(FRAME.tail(1))
    held = tables["a"]
    assert tables["a"] is held
    assert held.equals(FRAME)
    first = tables["later"]
    assert tables["later"] is first
    del first
    gc.collect()
    assert tables["later"].rows() == [(2,)]
    with pytest.raises(KeyError):
        tables["other"]
    again = pickle.loads(pickle.dumps(tables))
    assert {name: again[name].rows() for name in again} == {**{n: tables[n].rows() for n in "ab"}, "later": [(3,)]}


def test_stacked_and_in_batches() -> None:
    """Tables one after the other, some in files, in another order, so many rows at a time."""
    other = pl.DataFrame({"a": ["z"], "d": [True]})
    whole = pl.concat([FRAME, other], how="diagonal")
    table = Overlay.stacked([laid_down(FRAME, 0), other])
    assert table.columns == ("a", "b", "c", "d")
    assert table.whole.equals(whole)
    for rows in (1, 2, 4, 5, 9):
        batches = list(table.batches(["d", "a"], rows))
        assert [batch.height for batch in batches[:-1]] == [rows] * (len(batches) - 1)
        assert pl.concat(batches).equals(whole.select("d", "a"))
    assert [batch.rows() for batch in table.slice(5).batches(["a"], 3)] == [[]]
    assert table.slice(3, 2).whole.equals(whole[3:5])
    assert table.slice(1).only(["b"]).whole.equals(whole[1:].select("b"))
    turned = Overlay.stacked([laid_down(FRAME, 0), other], table.place[::-1].copy())
    assert turned.whole.equals(whole[::-1])
    assert turned.slice(1, 3).column("c").equals(whole[::-1][1:4]["c"])
    more = table.with_rows(table.place[[0, 4]], [laid_down(other, 0)])
    assert more.columns == ("a", "d")
    assert more.whole.equals(whole[[0, 4]].select("a", "d"))
