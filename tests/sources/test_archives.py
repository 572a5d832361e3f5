"""ZIPs: one table, parts of one table, several tables, and a path that goes into one."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from oneid.settings.configfile import from_dict, load
from oneid.sources.files import Request, read_path
from oneid.sources.guessing.configtext import init
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import InputError

MAY = "会員番号,氏名,電話番号\n1001,佐藤 花子,090-1111-2222\n1002,鈴木 一郎,080-3333-4444\n"
JUNE = "会員番号,氏名,電話番号\n1003,高橋 さくら,070-5555-6666\n"
OTHER = "受付番号,顧客名,メールアドレス\nA-1,佐藤 花子,hanako@example.jp\nA-2,田中 実,minoru@example.jp\n"


def book(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return path


def ids(path: Path | str, folder: Path) -> list[str]:
    source = {"path": str(path), "id": "会員番号", "fields": {"name": "氏名"}}
    config = from_dict({"sources": {"s": source}}, base=folder)
    return read_source(config.sources["s"], config).frame.get_column("source_id").to_list()


def test_parts_of_one_table_are_one_source(tmp_path: Path) -> None:
    """Rows are counted on from part to part, as in a folder."""
    path = book(tmp_path / "export.zip", {"2026/05.csv": MAY, "2026/06.csv": JUNE, "__MACOSX/2026/._05.csv": b"\0\5"})
    table = read_path(path, Request(("会員番号",)))
    assert table.frame.get_column("会員番号").to_list() == ["1001", "1002", "1003"]
    assert table.rows.to_list() == [1, 2, 3]
    assert "06.csv: rows 3 to 3" in table.notes
    made = init([path], tmp_path / "made.yaml")
    assert "path: export.zip\n" in made
    config = load(tmp_path / "made.yaml")
    assert read_source(config.sources["export"], config).frame.height == 3


def test_one_table_among_other_files(tmp_path: Path) -> None:
    """What is read beside it is said."""
    path = book(tmp_path / "export.zip", {"members.csv": MAY, "manual.pdf": b"%PDF", "readme.md": "# x"})
    assert ids(path, tmp_path) == ["1001", "1002"]
    assert "2 other files in the ZIP are not read" in read_path(path, Request(None)).notes


def test_several_tables_are_named(tmp_path: Path) -> None:
    """None is taken at random; `init` makes a source of each."""
    path = book(tmp_path / "export.zip", {"members.csv": MAY, "web/contacts.csv": OTHER})
    with pytest.raises(InputError) as caught:
        ids(path, tmp_path)
    assert caught.value.code == "E210"
    assert "2 tables" in caught.value.message
    for named in ("members.csv", "web/contacts.csv", "export.zip/members.csv"):
        assert named in str(caught.value.hint)
    made = init([path], tmp_path / "made.yaml")
    assert "path: export.zip/members.csv\n" in made
    assert "path: export.zip/web/contacts.csv\n" in made
    config = load(tmp_path / "made.yaml")
    assert [read_source(one, config).frame.height for one in config.sources.values()] == [2, 2]


def test_a_path_goes_into_a_zip(tmp_path: Path) -> None:
    """A file of it, or a pattern, whose folders may be columns; what is not there is told with what is near."""
    files = {"a.csv": MAY, "shop=渋谷/b.csv": JUNE, "c.csv": OTHER, "d[1].csv": JUNE}
    path = book(tmp_path / "export.zip", files)
    assert ids(path / "a.csv", tmp_path) == ["1001", "1002"]
    assert ids("export.zip/shop=*/*.csv", tmp_path) == ["1003"]
    assert ids(path / "d[1].csv", tmp_path) == ["1003"]
    table = read_path(path / "*/b.csv", Request(("会員番号", "shop")))
    assert table.frame.rows() == [("1003", "渋谷")]
    with pytest.raises(InputError) as caught:
        ids(path / "aa.csv", tmp_path)
    assert caught.value.code == "E201"
    assert "did you mean 'a.csv'" in str(caught.value.hint)
    assert str(caught.value.place.file).endswith("export.zip/aa.csv")


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "cp437"])
def test_names_of_files_in_japanese(encoding: str, tmp_path: Path) -> None:
    """Windows in Japanese writes them in cp932, and no sign of it."""
    name = {"cp932": "会員.csv", "utf-8": "会員.csv", "cp437": "é.csv"}[encoding]
    code = name.encode(encoding)
    made = book(tmp_path / "export.zip", {"@" * len(code): MAY, "z.csv": OTHER})
    made.write_bytes(made.read_bytes().replace(b"@" * len(code), code))
    assert ids(made / name, tmp_path) == ["1001", "1002"]


@pytest.mark.parametrize(
    ("files", "name", "code"),
    [
        ({"a.xlsx": b"PK", "b.csv": MAY}, "a.xlsx", "E210"),
        ({"a.csv": MAY, "b.csv": MAY}, "c/", "E201"),
        ({"a.md": "# a", "b.md": "# b"}, "", "E210"),
    ],
)
def test_refused(files: dict[str, bytes | str], name: str, code: str, tmp_path: Path) -> None:
    """With words."""
    with pytest.raises(InputError) as caught:
        ids(book(tmp_path / "export.zip", files) / name, tmp_path)
    assert caught.value.code == code


def test_broken_locked_doubled(tmp_path: Path) -> None:
    """A ZIP that is damaged, whose files are locked, or hold one name twice, is refused as a whole."""
    whole = book(tmp_path / "export.zip", {"a.csv": MAY, "b.csv": JUNE})
    data = whole.read_bytes()
    locked = bytearray(data)
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        begin = 0
        while (begin := locked.find(sign, begin)) >= 0:
            locked[begin + at] |= 1
            begin += 4
    for damaged in (data[:-30], bytes(locked), data.replace(b"b.csv", b"a.csv"), b"PK\3\4" + bytes(40)):
        whole.write_bytes(damaged)
        with pytest.raises(InputError) as caught:
            ids(whole, tmp_path)
        assert caught.value.code == "E210"


def test_what_unpacks_beyond_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file of it is bounded."""
    monkeypatch.setattr("oneid.sources.formats.contents._LARGE", 1 << 16)
    path = book(tmp_path / "export.zip", {"a.csv": MAY, "b.csv": MAY + "1003,佐藤,0\n" * 100_000})
    for name in ("", "b.csv", "*.csv"):
        with pytest.raises(InputError) as caught:
            ids(path / name, tmp_path)
        assert (caught.value.code, "unpacks to more" in caught.value.message) == ("E210", True)
