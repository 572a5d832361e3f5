"""Names: every case of the case file, and what holds of any text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.normalize.name import PLACEHOLDERS, name, name_parts

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "name.yaml").read_text(encoding="utf-8"))
COLUMNS = ["normalized", "display", "reason", "family", "given", "script", "kind"]
ALONE = [row for row in CASES if not ("family" in row and " " not in (row.get("raw") or " ") and "parts" not in row)]
"""The cases that the text itself decides; the others are about splitting, see test_split."""


def series(values) -> pl.Series:
    return pl.Series("value", values, dtype=pl.String)


def made(row: dict[str, Any]) -> dict[str, Any]:
    if "parts" in row:
        return name_parts(*(series([part]) for part in row["parts"])).row(0, named=True)
    return name(series([row["raw"]])).row(0, named=True)


@pytest.mark.parametrize("row", ALONE, ids=lambda row: str(row.get("raw", row.get("parts"))))
def test_case(row: dict[str, Any]) -> None:
    """The named columns come out as written; a row that names no reason must have none."""
    found = made(row)
    wanted = {column: row[column] for column in COLUMNS if column in row}
    assert {column: found[column] for column in wanted} == wanted
    assert found["reason"] == row.get("reason")


texts = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
    | st.text("佐藤髙々 様（）・ﾀﾛｳたろaB1-?ー", max_size=8)
)


@given(st.lists(texts, min_size=1, max_size=6))
@settings(deadline=None, max_examples=30)
def test_the_contract_holds_for_any_text(values) -> None:
    """Height and columns; a reason exactly where nothing is usable; row by row the same."""
    frame = name(series(values))
    assert frame.columns == COLUMNS
    assert frame.schema == pl.Schema(dict.fromkeys(COLUMNS, pl.String))
    assert frame.height == len(values)
    assert (frame["normalized"].is_null() == frame["reason"].is_not_null()).all()
    assert (frame["kind"].is_null() == frame["reason"].is_not_null()).all()
    assert set(frame["reason"].drop_nulls()) <= {"missing", "placeholder", "no_letters"}
    assert set(frame["kind"].drop_nulls()) <= {"person", "company", "nickname"}
    assert set(frame["script"].drop_nulls()) <= {"kanji", "kana", "latin"}
    for at, value in enumerate(values):
        assert name(series([value])).row(0) == frame.row(at)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
@settings(deadline=None, max_examples=30)
def test_the_contract_holds_for_any_parts(values) -> None:
    """The same for parts known apart; missing on both sides is missing."""
    family, given_ = (series(part) for part in zip(*values, strict=True))
    frame = name_parts(family, given_)
    assert frame.columns == COLUMNS
    assert frame.height == len(values)
    assert (frame["normalized"].is_null() == frame["reason"].is_not_null()).all()
    assert (frame["normalized"].is_null() == (frame["family"].is_null() & frame["given"].is_null())).all()
    for at, (a, b) in enumerate(values):
        assert name_parts(series([a]), series([b])).row(0) == frame.row(at)
        if a is None and b is None:
            assert frame["reason"][at] == "missing"


@pytest.mark.parametrize("word", sorted(PLACEHOLDERS))
def test_placeholders_name_nobody(word: str) -> None:
    """Also in upper case, and as a part."""
    assert name(series([word, word.upper()]))["normalized"].null_count() == 2
    assert name_parts(series([word]), series([None]))["normalized"][0] is None


def test_empty_and_all_null_columns() -> None:
    """No rows, and rows without a value."""
    assert name(series([])).columns == COLUMNS
    assert name(series([None, None]))["reason"].to_list() == ["missing", "missing"]
    assert name_parts(series([]), series([])).height == 0
