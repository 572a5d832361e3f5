"""Of a file with sums by block, rows are read as they were written, or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.outputs.runfolder import write_run
from oneid.outputs.runtables import read_tables
from oneid.outputs.tables import blocksums
from oneid.outputs.tables.blocksums import Blocks, Damaged, block_sums
from oneid.outputs.tables.tablefiles import BY_ROW
from oneid.vocabulary.errors import InputError

SCHEMA = {
    "text": pl.String, "texts": pl.List(pl.String), "pairs": pl.List(pl.List(pl.Int8)), "number": pl.Int16,
    "large": pl.UInt64, "flag": pl.Boolean, "day": pl.Date, "bytes": pl.Binary, "nothing": pl.Null,
    "kind": pl.Enum(["あ", "い"]), "part": pl.Struct({"a": pl.String, "b": pl.Int32}),
}  # fmt: skip
texts = st.text(max_size=4)
ROWS = st.fixed_dictionaries(
    {
        "text": st.none() | texts,
        "texts": st.none() | st.lists(st.none() | texts, max_size=3),
        "pairs": st.none() | st.lists(st.lists(st.integers(-9, 9), max_size=2), max_size=2),
        "number": st.none() | st.integers(-9, 9),
        "large": st.none() | st.integers(0, 2**64 - 1),
        "flag": st.none() | st.booleans(),
        "day": st.none() | st.dates(dt.date(1900, 1, 1)),
        "bytes": st.none() | st.binary(max_size=3),
        "nothing": st.none(),
        "kind": st.none() | st.sampled_from(["あ", "い"]),
        "part": st.none() | st.fixed_dictionaries({"a": st.none() | texts, "b": st.none() | st.integers(0, 9)}),
    }
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 32 bytes, so that small files have many."""
    monkeypatch.setattr(blocksums, "_BLOCK", 32)


def written(path: Path, frame: pl.DataFrame) -> tuple[int, bytes]:
    """Writes an Arrow file as a run does; its size and its sums."""
    made = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    with pa.ipc.new_file(str(path), made.schema) as writer:
        writer.write_table(made, max_chunksize=max(frame.height, 1))
    about, sums = block_sums(path)
    content = path.read_bytes()
    assert about == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return len(content), sums


def read(path: Path, size: int, sums: bytes, rows: list[int]) -> pl.DataFrame:
    """Some rows."""
    with path.open("rb") as file:
        blocks = Blocks(file, size, sums)
        buffer = pa.py_buffer(path.read_bytes())
        table = pa.ipc.open_file(buffer).read_all()
        return blocks.rows(table, buffer.address, rows)


@settings(deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=12), st.data())
def test_rows_are_those_that_were_written(tmp_path_factory, rows, data) -> None:
    """Of all types, in any order, also twice."""
    path = tmp_path_factory.mktemp("blocks") / "x.arrow"
    frame = pl.DataFrame(rows, SCHEMA)
    size, sums = written(path, frame)
    some = data.draw(st.lists(st.integers(0, frame.height - 1), min_size=1, max_size=5))
    expected = frame[some].to_arrow(compat_level=pl.CompatLevel.oldest())
    assert read(path, size, sums, some).equals(pl.DataFrame(pl.from_arrow(expected)))


def flips(content: bytes) -> Iterator[bytes]:
    """The content with one bit turned, at each of its bytes."""
    for at in range(len(content)):
        yield content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :]


def test_a_bit_anywhere(tmp_path: Path) -> None:
    """It is noticed where it would be read, also in what stands before and behind the rows; else the rows are right."""
    rows = [{"text": f"t{n}", "texts": ["い", None], "number": n, "flag": n % 2 == 0, "kind": "あ"} for n in range(16)]
    frame = pl.DataFrame(rows, {name: SCHEMA[name] for name in rows[0]})
    path = tmp_path / "x.arrow"
    size, sums = written(path, frame)
    expected, noticed = read(path, size, sums, [3, 14]), 0
    for content in flips(path.read_bytes()):
        path.write_bytes(content)
        try:
            assert read(path, size, sums, [3, 14]).equals(expected)
        except Damaged:
            noticed += 1
    assert 0.5 * size < noticed < 0.9 * size  # names and types are most of so small a file


def test_in_a_folder(tmp_path: Path) -> None:
    """A table that is read by row: damage elsewhere in it harms nobody who asks for other rows, damage to the row or to
    the sums is told. Whoever reads the whole table, or verifies it, hears of each.
    """
    name = BY_ROW[0]
    frame = pl.DataFrame({"id": [f"row-{n:015}." for n in range(1000)]})
    write_run(tmp_path, {name: frame}, {"run_id": "1"})
    (path,) = (tmp_path / ".runs").glob(f"*/{name}.arrow")
    (sums,) = (tmp_path / ".runs").glob(f"*/{name}.sums")
    (tmp_path / f"{name}.arrow").unlink()
    (tmp_path / f"{name}.sums").unlink()
    assert name in read_tables(tmp_path)
    assert f"{name}.sums" not in read_tables(tmp_path)
    whole = path.read_bytes()
    at = whole.index(f"row-{700:015}.".encode())
    for file, place, lost in ((path, at, 700), (path, at, None), (sums, 40, 1)):
        content = file.read_bytes()
        file.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        tables = read_tables(tmp_path)
        if lost is None:
            assert tables.rows(name, [5, 3])["id"].to_list() == [f"row-{5:015}.", f"row-{3:015}."]
            with pytest.raises(InputError, match="E252"):
                tables.mapped(name)
        else:
            with pytest.raises(InputError, match="E252"):
                tables.rows(name, [lost])
        with pytest.raises(InputError, match=rf"E252.*{file.name}"):
            read_tables(tmp_path).verify()
        file.write_bytes(content)
    tables = read_tables(tmp_path)
    tables.verify()
    assert tables.rows(name, [999])["id"].to_list() == [f"row-{999:015}."]
    assert tables.rows(name, []).height == 0


def test_kept_from_run_to_run(tmp_path: Path) -> None:
    """What stays is linked with its sums."""
    name = BY_ROW[1]
    write_run(tmp_path, {name: pl.DataFrame({"id": ["a", "b"]})}, {"run_id": "1"})
    first = read_tables(tmp_path)
    write_run(tmp_path, {name: first.kept(name)}, {"run_id": "2"})
    second = read_tables(tmp_path)
    assert second.run["files"] == first.run["files"]
    assert second.rows(name, [1])["id"].to_list() == ["b"]
    assert (tmp_path / f"{name}.sums").is_file()
