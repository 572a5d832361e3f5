"""Names: every case of the case file, and what holds of any text."""

from __future__ import annotations

import functools
import sys
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.kinds.name.spelling.normalizer import PLACEHOLDERS, name, name_parts
from paths import cases
from strategies import thorough

CASES = cases("name")
COLUMNS = [
    "normalized",
    "display",
    "reason",
    "family",
    "given",
    "script",
    "kind",
    "lost",
    "reading",
    "romaji",
    "second",
]
BESIDE = ["reading", "romaji", "second"]
ALONE = [row for row in CASES if not ("family" in row and " " not in (row.get("raw") or " ") and "parts" not in row)]
"""The cases that the text itself decides; the others are about splitting, see test_split."""


def series(values) -> pl.Series:
    return pl.Series("value", values, dtype=pl.String)


def made(row: dict[str, Any]) -> dict[str, Any]:
    if "parts" in row:
        return name_parts(*(series([part]) for part in row["parts"])).row(0, named=True)
    return name(series([row["raw"]])).row(0, named=True)


@functools.cache
def together() -> list[dict[str, Any]]:
    """What is made of all cases, whole names as one column and parts as two."""
    found = name(series([row.get("raw") for row in ALONE])).to_dicts()
    parts = name_parts(*(series([row.get("parts", ["", ""])[at] for row in ALONE]) for at in (0, 1))).to_dicts()
    return [apart if "parts" in row else whole for row, whole, apart in zip(ALONE, found, parts, strict=True)]


@pytest.mark.parametrize(
    ("at", "row"), [pytest.param(at, row, id=str(row.get("raw", row.get("parts")))) for at, row in enumerate(ALONE)]
)
def test_case(at: int, row: dict[str, Any]) -> None:
    """The named columns come out as written; a row that names no reason must have none."""
    found = together()[at]
    wanted = {column: row[column] for column in COLUMNS if column in row}
    assert {column: found[column] for column in wanted} == wanted
    assert found["reason"] == row.get("reason")


def test_enough_cases() -> None:
    """The case file keeps its breadth; a row beside its neighbours gives what it gives alone."""
    assert len(CASES) >= 400
    for at, row in list(enumerate(ALONE))[::17]:
        assert made(row) == together()[at]


texts = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
    | st.text("佐藤髙々 様（）・ﾀﾛｳたろaB1-?ー", max_size=8)
    | st.text("佐藤花子 ?〓■\ue000様殿氏君(株)㈱【】&#;\\u9とハ口ロニーゝゞ々旧姓店Ãé©Å", max_size=10)
)


@given(st.lists(texts, min_size=20, max_size=60))
@settings(deadline=None, max_examples=thorough(10))
def test_columns_of_any_text(values) -> None:
    """Types, and the words that reason, kind and script may say."""
    frame = name(series(values))
    assert frame.columns == COLUMNS
    assert frame.schema == pl.Schema(dict.fromkeys(COLUMNS, pl.String) | {"lost": pl.Boolean})
    assert (frame["kind"].is_null() == frame["reason"].is_not_null()).all()
    assert set(frame["reason"].drop_nulls()) <= {"missing", "placeholder", "no_letters", "several"}
    assert set(frame["kind"].drop_nulls()) <= {"person", "company", "nickname"}
    assert set(frame["script"].drop_nulls()) <= {"kanji", "kana", "latin"}


@given(st.lists(st.tuples(texts, texts), min_size=10, max_size=40))
@settings(deadline=None, max_examples=thorough(10))
def test_the_contract_holds_for_any_parts(values) -> None:
    """The same for parts known apart; missing on both sides is missing."""
    family, given_ = (series(part) for part in zip(*values, strict=True))
    frame = name_parts(family, given_)
    assert frame.columns == COLUMNS
    assert frame.height == len(values)
    assert (frame["normalized"].is_null() == frame["reason"].is_not_null()).all()
    assert (frame["normalized"].is_null() == (frame["family"].is_null() & frame["given"].is_null())).all()
    assert name_parts(family.reverse(), given_.reverse()).reverse().equals(frame)
    assert name_parts(family.head(1), given_.head(1)).equals(frame.head(1))
    assert (frame.filter(family.is_null() & given_.is_null())["reason"] == "missing").all()


def test_placeholders_name_nobody() -> None:
    """Also in upper case, and as a part."""
    words = sorted(PLACEHOLDERS)
    shouted = [word.upper() for word in words]
    read = pl.DataFrame(
        {
            "word": words,
            "name": name(series(words))["normalized"],
            "shouted": name(series(shouted))["normalized"],
            "part": name_parts(series(words), series([None] * len(words)))["normalized"],
        }
    )
    assert read.filter(pl.any_horizontal(pl.exclude("word").is_not_null())).rows() == []


def test_empty_and_all_null_columns() -> None:
    """No rows, and rows without a value."""
    assert name(series([])).columns == COLUMNS
    assert name(series([None, None]))["reason"].to_list() == ["missing", "missing"]
    assert name_parts(series([]), series([])).height == 0


@given(st.lists(texts, min_size=20, max_size=60))
@settings(deadline=None, max_examples=thorough(12))
def test_what_is_made_stays(values) -> None:
    """The name shown, read again, gives the same in all columns but what the cell said beside it; the wildcard stands
    where ``lost`` says so.
    """
    frame = name(series(values))
    again = name(frame["display"].rename("value"))
    rows = frame["reason"].is_null()
    assert again.filter(rows).drop(BESIDE).equals(frame.filter(rows).drop(BESIDE))
    assert frame["lost"].to_list() == [
        lost and "〓" in (text or "") for lost, text in zip(frame["lost"], frame["normalized"], strict=True)
    ]


han = st.sampled_from("佐藤髙橋邉々一二三子様殿氏君店寺部課代表本退会営業総務推好外")
usual = st.tuples(
    st.text(han, min_size=1, max_size=4),
    st.sampled_from(["", " ", "　"]),
    st.text(han, max_size=3) | st.text("たろうさまくんすきですっちぽらぶゃとのほかへり", max_size=4),
    st.sampled_from(["", "", "子", "美", "太", "花", "一", "母", "部"]),
).map("".join)


@given(st.lists(usual | st.sampled_from(sorted(PLACEHOLDERS)), min_size=30, max_size=90))
@settings(deadline=None, max_examples=thorough(40))
def test_the_short_way_is_the_long_way(values) -> None:
    """What is read as a usual spelling comes out as if it had been read with care."""
    module = sys.modules["oneid.kinds.name.spelling.normalizer"]
    raw = series(values).alias("raw")
    plain = module._plainly(raw)
    rows = plain["normalized"].is_not_null()
    assert plain.filter(rows).equals(module._read(raw).filter(rows))


def test_misread_text_is_read_again() -> None:
    """UTF-8 shown as Latin-1 or Windows-1252, in any width and between blanks; only where all that is not ASCII is."""
    misread = "高橋 花子".encode().decode("latin-1")
    found = name(series([misread, f"\u3000{misread}\u200b ", misread.replace(" ", "\u3000"), misread + "〓"]))
    assert found["normalized"].to_list()[:3] == ["高橋花子"] * 3
    assert "高" not in (found["normalized"][3] or "")
    kept = ["RENÉ–ANNE", "Zoë’s", "JOSÉ’S Ana", "José é"]
    assert name(series(kept))["display"].to_list() == kept
    assert name(series(["JosÃ© PÃ©rez", "Ｊｏｓ Ã©"]))["display"].to_list() == ["José Pérez", "Jos é"]


def test_a_name_of_two_words_means_what_it_means_without_the_blank() -> None:
    """Where the joined form would be read in another way, that reading stands; usual names keep their parts."""
    found = name(series(["ー 一", "テ スト", "高橋花子,こ す", "佐藤 カ子 様", "タナカ タロウ 様"]))
    assert found["normalized"].to_list() == ["一一", None, None, "佐藤カ子", "タナカタロウ"]
    assert found["reason"].to_list() == [None, "placeholder", "several", None, None]
    assert found["given"].to_list()[3] == "カ子"


def test_repetition_marks_repeat_letters_only() -> None:
    """々 repeats kanji (or a lost one), ゝ and ゞ also kana; behind signs and small kana they stay."""
    found = name(series(["佐々木", "?々木 希", "みすゞ さん", "\u05c6々", "ゃ々"]))["normalized"]
    assert found.to_list() == ["佐佐木", "〓〓木希", "ミスズ", "\u05c6々", "ゃ々"]
