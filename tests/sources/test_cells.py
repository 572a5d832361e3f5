"""Rows of cells: a sample of a file and all of it are the same table, and `init` asks no more of a large file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from oneid.sources.encoding import fits_cp932, is_utf8
from oneid.sources.files import Request, read_path
from oneid.sources.formats.cells import Cells
from oneid.sources.formats.table import spacing
from oneid.sources.guessing.configtext import init
from oneid.vocabulary.errors import InputError

HEADER = "会員番号,氏名,メール\n"


def rows(count: int, line: Callable[[int], str] = "{0},佐藤 花子,m{0}@example.jp\n".format) -> str:
    return HEADER + "".join(line(number) for number in range(1, count + 1))


def ragged(number: int) -> str:
    return f"{number},佐藤 花子\n" if number % 700 == 3 else f"{number},佐藤 花子,m{number}@example.jp\n"


def quoted(number: int) -> str:
    return f'{number},"佐藤,\n花子 {number}",m{number}@example.jp\n'


FILES = {
    "only a header": HEADER,
    "one row": rows(1),
    "all rows are taken": rows(3999),
    "every second": rows(4000),
    "a power of two": rows(8021),
    "not a power of two": rows(13_000),
    "rows that cannot be read": rows(9000, ragged),
    "breaks within cells": rows(9000, quoted),
    "no break at the end": rows(5000).rstrip("\n"),
    "blank lines": rows(5000).replace("\n7", "\n\n7"),
    "a total below": rows(8005) + "\n合計,,\n出力日 2026年11月22日,,\n",
    "a total too short to read": rows(8005) + "合計\n以上\n",
    "a bar in characters": rows(5000, "{0},ポール ソ,m{0}@example.jp\n".format),
    "divided by bars": rows(5000, "{0},ポール ソ,m{0}@example.jp\n".format).replace(",", "|"),
    "kana in the id": rows(5000, "ﾂｱ{0},ソ,m{0}@example.jp\n".format),
    "a mark without a partner in cells": rows(5000, '{0},佐藤",m{0}@example.jp\n'.format),
    "all rows too short": HEADER + "1,佐藤\n" * 9,
    "a long row": rows(5000) + f"5001,{'長' * 30_000},x@example.jp\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=[name.replace(" ", "-") for name in FILES])
@pytest.mark.parametrize(("block", "encoding"), [(1 << 8, "utf-8"), (1 << 12, "cp932"), (1 << 21, "utf-8")])
def test_a_sample_is_of_the_whole(
    text: str, block: int, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows, their numbers, and what is said of the others; all rows of any column stand behind it."""
    monkeypatch.setattr("oneid.sources.formats.cells._SMALL_BLOCK", block)
    monkeypatch.setattr("oneid.sources.formats.texts.AS_IT_IS", 0)
    path = tmp_path / "members.csv"
    path.write_text(text, encoding=encoding)
    full = read_path(path, Request(None))
    some = read_path(path, Request(None, sampled=True))
    every = spacing(full.frame.height)
    assert some.whole is not None
    assert some.frame.equals(full.frame.gather_every(every))
    assert some.rows.equals(full.rows.gather_every(every))
    told = [replace(one, frame=pl.DataFrame(), rows=pl.Series(), whole=None) for one in (some, full)]
    assert repr(told[0]) == repr(told[1])
    assert (some.readable, some.height) == (full.frame.height, full.height)
    for names in (["メール"], ["会員番号", "氏名"], ["氏名"]):
        if full.frame.width:
            assert some.whole.select(names).equals(full.frame.select(names))


@pytest.mark.parametrize("text", [rows(20) + '21,"佐藤,x\n' + rows(20), rows(20) + '21,"佐藤,x\n22,鈴木",y,z\n'])
def test_marks_without_a_partner(text: str, tmp_path: Path) -> None:
    """They are refused with the same words."""
    path = tmp_path / "members.csv"
    path.write_text(text, encoding="utf-8")
    said = []
    for sampled in (False, True):
        with pytest.raises(InputError) as error:
            read_path(path, Request(None, sampled=sampled))
        said.append(str(error.value))
    assert said[0] == said[1]
    assert "E215" in said[0]


def test_several_files_are_read_whole(tmp_path: Path) -> None:
    """Of a folder all rows are there."""
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(rows(4500), encoding="utf-8")
    assert read_path(tmp_path, Request(None, sampled=True)).frame.height == 9000


def test_a_file_that_is_kept_outside_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays open until its sample is gone."""
    monkeypatch.setattr("oneid.sources.formats.contents.IN_MEMORY", 1 << 10)
    path = tmp_path / "members.csv"
    for encoding in ("utf-8", "cp932"):
        path.write_text(rows(5000), encoding=encoding)
        some = read_path(path, Request(None, sampled=True))
        assert some.whole is not None
        assert some.whole.select(["氏名"]).height == 5000


def source(path: Path) -> dict[str, object]:
    made = yaml.safe_load(init([path], path.with_suffix(".yaml"), force=True))
    return next(iter(made["sources"].values()))


def test_ids_are_looked_through_to_the_last_row(tmp_path: Path) -> None:
    """Twins that no sample holds together are found, and rows without a number counted."""
    path = tmp_path / "members.csv"
    path.write_text(rows(9000), encoding="utf-8")
    assert "duplicate_id" not in source(path)
    path.write_text(rows(9000) + "8,佐藤 花子,m8@example.jp\n", encoding="utf-8")
    assert source(path)["duplicate_id"] == "first"
    path.write_text(rows(9000) + ",佐藤 花子,m0@example.jp\n", encoding="utf-8")
    assert "id: 会員番号   # 1 missing, 0 repeated" in init([path], tmp_path / "made.yaml")


def test_a_number_on_which_people_differ_far_apart(tmp_path: Path) -> None:
    """It is none of a member's, though each stands once in the sample."""
    path = tmp_path / "members.csv"
    names = ("佐藤 花子", "鈴木 一郎", "高橋 実")
    lines = (f"{number % 3001},{names[number // 3001]},m{number}@example.jp\n" for number in range(9003))
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    assert source(path)["id"] != "会員番号"


def test_the_column_of_the_id_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a column is called as an id and is one, `init` goes through the file once."""
    path = tmp_path / "members.csv"
    path.write_text(rows(9000), encoding="utf-8")
    monkeypatch.setattr(Cells, "columns", lambda *_: pytest.fail("parsed again"))
    assert source(path)["id"] == "会員番号"


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_init_needs_no_pandas(encoding: str, tmp_path: Path) -> None:
    """Half a second of start-up less."""
    path = tmp_path / "members.csv"
    path.write_text(rows(9000), encoding=encoding)
    run = (
        "import sys\nfrom oneid.sources.guessing.configtext import init\n"
        "from oneid.sources.formats import texts\ntexts.AS_IT_IS = 0\n"
        "init([sys.argv[1]], sys.argv[1] + '.yaml')\nprint('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", run, path], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@given(st.one_of(st.binary(), st.text().map(str.encode), st.builds(bytes.__add__, st.binary(), st.just("佐".encode()))))
def test_what_is_utf8(data: bytes) -> None:
    """Python's own decoder is the judge."""
    try:
        data.decode()
    except UnicodeDecodeError:
        assert not is_utf8(data)
    else:
        assert is_utf8(data)


@given(
    st.one_of(
        st.binary(),
        st.lists(st.binary(min_size=1, max_size=2)).map(b"".join),
        st.builds(
            bytes.__add__,
            st.lists(st.sampled_from("ソｱ髙,\n纊")).map("".join).map(lambda text: text.encode("cp932")),
            st.binary(),
        ),
    ),
    st.sampled_from([8, 16, 1 << 16]),
)
def test_what_is_cp932(data: bytes, block: int) -> None:
    """Python's own decoder is the judge, wherever blocks cut the bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oneid.sources.encoding._IN_CACHE", block)
        try:
            data.decode("cp932")
        except UnicodeDecodeError:
            assert not fits_cp932(data)
        else:
            assert fits_cp932(data)


def test_all_of_cp932_has_its_length() -> None:
    """A text that was decoded is as long when it is encoded again, so that places in it are places in the file."""
    pairs = [bytes((first, second)) for first in range(0x81, 0xFD) for second in range(0x40, 0xFD)]
    for code in (*pairs, *(bytes((one,)) for one in range(256))):
        try:
            text = code.decode("cp932")
        except UnicodeDecodeError:
            continue
        assert fits_cp932(code)
        assert len(text.encode("cp932")) == len(code)


def test_few_cells_of_cp932_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`init` decodes what it looks at; a broken byte in the last row is told as ever."""
    monkeypatch.setattr("oneid.sources.formats.texts.AS_IT_IS", 0)
    path = tmp_path / "members.csv"
    path.write_text(rows(9000), encoding="cp932")
    with monkeypatch.context() as patch:
        patch.setattr("oneid.sources.formats.texts.to_utf8", None)
        made = init([path], tmp_path / "made.yaml")
    assert "encoding: cp932" in made
    assert "id: 会員番号   # unique" in made
    path.write_bytes(path.read_bytes() + b"9001,\x83,x@example.jp\n")
    with pytest.raises(InputError) as caught:
        init([path], tmp_path / "made.yaml", force=True)
    assert (caught.value.code, caught.value.place.line) == ("E203", 9002)
