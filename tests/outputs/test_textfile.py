"""One text file: whole, under any name that a file can have, and as private as the umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

import polars as pl
import pytest

from oneid.outputs.tables.tablefiles import defused, undefused
from oneid.outputs.textfile import write_text
from oneid.vocabulary.errors import OutputError


@pytest.fixture(params=[0o077, 0o022, 0o007])
def umask(request) -> Iterator[int]:
    """A umask for the time of a test."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="no modes on this system")
def test_the_umask_counts(umask, tmp_path) -> None:
    """A new file, and one in the place of another."""
    file = tmp_path / "receipt.json"
    for text in ("one", "two"):
        write_text("E305", "no", file, text)
        assert file.read_text("utf-8") == text
        assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~umask
    assert [path.name for path in tmp_path.iterdir()] == ["receipt.json"]


@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "no/where/x", ""])
def test_what_is_no_file(name, tmp_path) -> None:
    """An error with words, and nothing left behind."""
    with pytest.raises(OutputError) as told:
        write_text("E305", "cannot be written", tmp_path / name, "x")
    assert told.value.code == "E305"
    assert not list(tmp_path.iterdir())


def test_what_is_no_file_is_not_replaced(tmp_path) -> None:
    """A pipe, or a link to a device: written to, and what it was. (It was a regular file afterwards.)"""
    (tmp_path / "null").symlink_to(os.devnull)
    write_text("E305", "no", tmp_path / "null", "x")
    assert stat.S_ISCHR((tmp_path / "null").stat().st_mode)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_text("E305", "no", tmp_path / "pipe", "told")
    assert os.read(reader, 9) == b"told"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["null", "pipe"]


def test_a_long_name_that_a_file_can_have(tmp_path) -> None:
    """255 bytes, the longest, are fine."""
    write_text("E305", "no", tmp_path / ("n" * 255), "x")
    assert (tmp_path / ("n" * 255)).read_text("utf-8") == "x"


def test_what_no_text_is(tmp_path) -> None:
    """A character that UTF-8 does not have."""
    with pytest.raises(OutputError):
        write_text("E305", "no", tmp_path / "x", "\ud800")
    assert not list(tmp_path.iterdir())


def test_defused_and_back() -> None:
    """Every text comes back, those that look defused already too; none is a formula on the way."""
    values = ["=1+1", "'=1", "''@x", "plain", "'plain", "-5", "＝x", "", None]
    frame = pl.DataFrame({"a": values})
    safe = defused(frame)
    assert not safe["a"].str.contains("^[=+\\-@＝＋－＠]").any()
    assert safe.select(undefused("a"))["a"].to_list() == values
