"""The pairs as a sheet, and what people make of it: their spelling, their columns, their program."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from conftest import Demo
from oneid.review.books import FileBook
from oneid.review.desk import Desk
from oneid.review.pairs import RunPairs
from oneid.review.spreadsheet import read_sheet, sheet, take_in, write_sheet
from oneid.review.words import Words
from oneid.vocabulary.errors import OneIDError
from review.conftest import Shop


def rows_of(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


@pytest.fixture
def written(shop: Shop, labels: FileBook, tmp_path: Path) -> Path:
    """The Japanese sheet of all pairs that wait."""
    pairs = shop.pairs()
    path = tmp_path / "sheet.csv"
    write_sheet(sheet(pairs, Desk(pairs, labels).open_cases(), Words("ja")), path)
    return path


def filled(path: Path, edits: dict[int, dict[str, str]], encoding: str = "cp932") -> Path:
    """The sheet as a clerk saves it: cp932, a column of their own, blank lines, lines of commas."""
    rows = rows_of(path)
    for number, edit in edits.items():
        rows[number] |= edit
    made = io.StringIO()
    writer = csv.DictWriter(made, [*rows[0], "メモ"], lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"メモ": "見た"})
        made.write("\r\n" + "," * len(row) + "\r\n")
    out = path.with_name("filled.csv")
    out.write_bytes(made.getvalue().encode(encoding, "replace"))
    return out


def test_a_sheet(written: Path, shop: Shop) -> None:
    """Every pair that waits, in Japanese, with all that a clerk needs; masked; and columns to fill in."""
    rows, pairs = rows_of(written), shop.pairs()
    assert written.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(rows) == pairs.waiting.height
    head = list(rows[0])
    assert head[:6] == ["ペア番号", "組", "ソース1", "会員番号1", "ソース2", "会員番号2"]
    assert {"氏名1", "氏名2", "フリガナ1", "生年月日2", "電話番号1", "住所2", "根拠", "要確認の理由"} <= set(head)
    assert head[-5:] == ["判断", "担当者", "判断日", "理由", "チケット番号"]
    assert {row["判断"] for row in rows} == {""}
    assert {(row["会員番号1"], row["会員番号2"]) for row in rows} == set(
        pairs.waiting.select("source_id_l", "source_id_r").rows()
    )
    seen = [value for one in pairs.seen(pairs.pair(0).rows) for texts in one.values() for value in texts]
    text = written.read_text("utf-8-sig")
    assert not [value for value in seen if len(value) > 6 and value in text]
    shown = sheet(pairs, [[0]], Words("en"), show_pii=True)
    assert {value for value in seen if len(value) > 6} <= {
        part for cell in shown.row(0) for part in (cell or "").split(" / ")
    }


def test_there_and_back(written: Path, shop: Shop, labels: FileBook) -> None:
    """In cp932, with ids whose zeros a spreadsheet took, dates as it writes them, and words as people say them."""
    pairs = shop.pairs()
    rows = rows_of(written)
    edits = {
        0: {
            "判断": "同じ人",
            "担当者": "佐藤",
            "判断日": "2026/1/5",
            "理由": "電話で確認",
            "会員番号1": rows[0]["会員番号1"].lstrip("0"),
        },
        3: {"判断": " 別人 ", "チケット番号": "T-1"},
        4: {"判断": "DEFER", "判断日": "2026-01-06"},
    }
    said = read_sheet(filled(written, edits), pairs, by="鈴木")
    assert [(one.decision, one.by, one.reason, one.ticket) for one in said] == [
        ("same", "佐藤", "電話で確認", None), ("different", "鈴木", None, "T-1"), ("defer", "鈴木", None, None)
    ]  # fmt: skip
    assert said[0].at == "2026-01-05"
    assert take_in(said, labels) == 3
    known = labels.known()
    assert known.height == 3
    assert set(known.select("source_id_l", "source_id_r").rows()) == {
        (rows[number]["会員番号1"], rows[number]["会員番号2"]) for number in edits
    }


def test_all_mistakes_at_once(written: Path, shop: Shop) -> None:
    """Each with its line; nothing is taken in."""
    rows = rows_of(written)
    edits = {
        0: {"判断": "おなじかも"},
        1: {"判断": "same", "判断日": "きのう"},
        2: {"判断": "same", "ペア番号": "p000000000000", "会員番号1": "X1"},
        3: {"判断": "same", "会員番号1": rows[4]["会員番号2"]},
        4: {"判断": "same", "判断日": "2999-01-01"},
    }
    path = filled(written, edits)
    with pytest.raises(OneIDError) as error:
        read_sheet(path, shop.pairs())
    found = [(one.code, one.place.line) for one in error.value.problems if one.place]
    assert found == [("E272", 2), ("E273", 5), ("E270", 8), ("E270", 11), ("E273", 14)]
    text = str(error.value)
    assert "おなじかも" not in text
    assert "X1" not in text


@pytest.mark.parametrize(("text", "code"), [
    ("", "E271"), ("a,b\n1,2\n", "E271"), ("判断,decision\nsame,same\n", "E271"),
    ("ペア番号,判断\np1,\n", "E274"),
])  # fmt: skip
def test_other_files(shop: Shop, tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(OneIDError) as error:
        read_sheet(path, shop.pairs())
    assert {one.code for one in error.value.problems} == {code}


def test_decisions_that_contradict_one_another(shop: Shop, written: Path, labels: FileBook) -> None:
    """None of them is written."""
    pairs = shop.pairs()
    said = read_sheet(filled(written, {0: {"判断": "same"}}), pairs)
    first = said[0]
    other = next(row for row in range(pairs.merge_map.height) if pairs.ref(row) not in (first.left, first.right))
    third = pairs.ref(other)
    chain = [
        first,
        type(first)(*sorted((first.right, third)), "same", "x", first.at),
        type(first)(*sorted((first.left, third)), "different", "x", first.at),
    ]
    with pytest.raises(OneIDError, match="E234"):
        take_in(chain, labels)
    assert not labels.path.exists()


def test_formulas_are_defused(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In values and in ids; ids are read again as they were."""
    pairs = RunPairs(demo.folder / "out")
    pairs.waiting = pairs.waiting.head(2).with_columns(source_id_l=pl.Series(["=1+1", "-5"]))
    monkeypatch.setattr(RunPairs, "seen", lambda _self, rows: [{"name": ("@SUM(A1)",)} for _ in rows])
    path = tmp_path / "sheet.csv"
    write_sheet(sheet(pairs, [[0, 1]], Words("ja"), show_pii=True), path)
    rows = rows_of(path)
    assert [row["会員番号1"] for row in rows] == ["'=1+1", "'-5"]
    assert rows[0]["氏名1"] == "'@SUM(A1)"
    said = read_sheet(filled(path, {0: {"判断": "same"}, 1: {"判断": "defer"}}), pairs)
    assert [one.left.source_id for one in said] == ["=1+1", "-5"]


def test_no_other_file_is_replaced(written: Path, tmp_path: Path) -> None:
    """A sheet of ours may be; anything else not."""
    frame = pl.DataFrame({"ペア番号": ["p1"], "組": ["1"]})
    write_sheet(frame, written)
    assert len(rows_of(written)) == 1
    other = tmp_path / "members.csv"
    other.write_text("id,name\n", "utf-8")
    with pytest.raises(OneIDError, match="E307"):
        write_sheet(frame, other)
