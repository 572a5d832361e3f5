"""Verdicts are safe at once, in the registry or in a decisions file of any form, and just one can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

import oneid
from conftest import Demo
from oneid.review.books import FileBook, RegistryBook, Said, book_of
from oneid.settings.configfile import load
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.references import RecordRef
from review.conftest import Shop

WHEN = "2026-01-02T03:04:05+00:00"


def said(decision: str = "same", left: str = "1", right: str = "2", reason: str | None = None) -> Said:
    return Said(RecordRef("ec", left), RecordRef("store", right), decision, "佐藤", WHEN, reason)


def known(book: FileBook | RegistryBook) -> list[tuple[str, ...]]:
    return book.known().select("source_id_l", "source_id_r", "decision", "by", "reason").rows()


def test_a_new_file(labels: FileBook) -> None:
    """It opens in a spreadsheet program, and what is written is read again as it was said."""
    labels.write([said(reason='聞いた, "本人"\n二行')])
    labels.write([said("different", "3", "4")])
    assert labels.path.read_bytes().startswith(b"\xef\xbb\xbfsource_l,source_id_l,")
    assert known(labels) == [("1", "2", "same", "佐藤", '聞いた, "本人"\n二行'), ("3", "4", "different", "佐藤", None)]


@pytest.mark.parametrize(
    ("encoding", "separator", "end"), [("cp932", ",", "\r\n"), ("utf-8", ";", "\n"), ("utf-16", "\t", "\n")]
)
def test_a_file_keeps_its_form(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    """Its columns, separator, line ends and encoding; nothing that stood there is lost, not even a last line without
    an end.
    """
    head = separator.join(("備考", "source_l", "source_id_l", "source_r", "source_id_r", "decision", "by"))
    line = separator.join(("メモ", "ec", "9", "store", "8", "defer", "鈴木"))
    path = tmp_path / "decisions.csv"
    path.write_bytes((head + end + line).encode(encoding))
    book = FileBook(path)
    (mark,) = book.write([said()])
    text = path.read_bytes().decode(encoding)
    assert text.startswith(head + end + line + end)
    assert text.endswith(separator.join(("", "ec", "1", "store", "2", "same", "佐藤")) + end)
    book.take_back(said(), mark)
    assert path.read_bytes().decode(encoding) == head + end + line + end


def test_a_sign_that_the_encoding_lacks(tmp_path: Path) -> None:
    """The file becomes UTF-8, whole."""
    path = tmp_path / "decisions.csv"
    path.write_bytes(
        "source_l,source_id_l,source_r,source_id_r,decision,by,reason\nec,9,store,8,defer,鈴木,\n".encode("cp932")
    )
    FileBook(path).write([said(reason="髙𠮷😀")])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert [row[3:] for row in known(FileBook(path))] == [("佐藤", "髙𠮷😀"), ("鈴木", None)]


def test_no_formula_comes_into_a_file(labels: FileBook) -> None:
    """A reason that a spreadsheet would run; ids stay as they are, for they are read again."""
    labels.write([Said(RecordRef("ec", "-5"), RecordRef("store", "=2"), "same", "@x", WHEN, "=cmd()")])
    line = labels.path.read_text("utf-8-sig").splitlines()[1]
    assert line == f"ec,-5,store,=2,same,'@x,{WHEN},'=cmd(),"


def test_just_one_is_taken_back(labels: FileBook) -> None:
    """Of two like ones the later; another's line stays."""
    marks = labels.write([said(), said("different", "3", "4")])
    labels.write([said("same", "5", "6")])
    labels.take_back(said("different", "3", "4"), marks[1])
    assert [row[:3] for row in known(labels)] == [("1", "2", "same"), ("5", "6", "same")]
    labels.take_back(said("different", "3", "4"), marks[1])
    assert len(known(labels)) == 2


def test_a_file_that_is_none_of_decisions(tmp_path: Path) -> None:
    """It is refused before anything is written."""
    path = tmp_path / "members.csv"
    path.write_text("id,name\n1,x\n", "utf-8")
    with pytest.raises(OneIDError) as error:
        FileBook(path)
    assert {one.code for one in error.value.problems} == {"E232"}
    assert path.read_text("utf-8") == "id,name\n1,x\n"
    with pytest.raises(OneIDError, match="E426"):
        FileBook(tmp_path / "nowhere" / "decisions.csv")


@pytest.mark.slow
def test_the_registry(shop: Shop) -> None:
    """Written at once: another connection reads it; the next run heeds it; taken back it is gone."""
    pairs, book = shop.pairs(), shop.book()
    pair = pairs.pair(0)
    verdicts = [Said(pair.left, pair.right, "different", "佐藤", WHEN, "理由"), said("same", "x", "y")]
    _, second = book.write(verdicts)
    with shop.registry() as other:
        assert other.decisions()["decision"].to_list() == ["different", "same"]
    book.take_back(verdicts[1], second)
    book.take_back(verdicts[0], second)  # the mark is of another verdict
    assert [row[2:] for row in known(book)] == [("different", "佐藤", "理由")]
    book.close()
    with shop.registry() as registry:
        assert registry.notes == ()  # the file is sealed: nobody has to look through it
    oneid.resolve(shop.config).write(shop.out)
    with shop.registry() as registry:
        assert registry.head().number == 2  # type: ignore[union-attr]
        assert registry.decisions()["run"].to_list() == [1]


def test_a_registry_that_moved_on(shop: Shop) -> None:
    """The verdict is refused and not written: the run that was looked at is not the last any more."""
    pair, book = shop.pairs().pair(0), shop.book()
    other = shop.book()
    other.write([Said(pair.left, pair.right, "different", "鈴木", WHEN)])
    other.close()
    oneid.resolve(shop.config).write(shop.out)
    with pytest.raises(OneIDError, match="E608"):
        book.write([said()])
    assert len(known(book)) == 1
    book.close()


def test_an_old_folder(shop: Shop, tmp_path: Path) -> None:
    """One that is not of the registry's last run is refused."""
    pair, book = shop.pairs().pair(0), shop.book()
    book.write([Said(pair.left, pair.right, "different", "鈴木", WHEN)])
    book.close()
    config = shop.config
    oneid.resolve(config).write(tmp_path / "newer")
    with pytest.raises(OneIDError, match="E423"):
        shop.book()


def test_which_book(shop: Shop, demo: Demo, tmp_path: Path) -> None:
    """A file that is named; the config's registry, or its file; the registry that the folder is of; else an error."""
    config = load(shop.config)
    assert isinstance(book_of(shop.out, config, tmp_path / "x.csv"), FileBook)
    for found in (book_of(shop.out, config, None), book_of(shop.out, None, None)):
        assert isinstance(found, RegistryBook)
        assert found.place.endswith("oneid.db")
        found.close()
    with pytest.raises(OneIDError, match="E426"):
        book_of(demo.folder / "out", None, None)
    with pytest.raises(OneIDError, match="E426"):
        book_of(demo.folder / "out", load(demo.config), None)
