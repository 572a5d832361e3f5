"""Every row of ``tests/**/cases/KIND.yaml``: what experts say a value normalizes to. A new row needs no Python."""

from __future__ import annotations

import datetime
import functools
from functools import partial
from typing import Any

import polars as pl
import pytest

from oneid.japanese.latin import latin
from oneid.japanese.romaji import romaji
from oneid.kinds.address.postcode import postcode
from oneid.kinds.birth.normalizer import birth
from oneid.kinds.email.normalizer import email
from oneid.kinds.name.spelling.kana import kana
from oneid.kinds.phone.normalizer import phone
from oneid.kinds.sex.normalizer import sex
from paths import cases

NORMALIZERS = {
    "birth": partial(birth, latest=datetime.date(2026, 12, 31)),
    "email": email,
    "kana": kana,
    "latin": latin,
    "phone": phone,
    "postcode": postcode,
    "romaji": romaji,
    "sex": sex,
}
LEAST = {"birth": 100, "email": 60, "kana": 300, "latin": 90, "phone": 100, "postcode": 60, "romaji": 300, "sex": 60}


def rows(kind: str) -> list[dict[str, Any]]:
    return cases(kind)


@functools.cache
def together(kind: str) -> pl.DataFrame:
    """All values of a case file as one column."""
    return NORMALIZERS[kind](pl.Series([row["raw"] for row in rows(kind)], dtype=pl.String))


def alone(kind: str, row: dict[str, Any]) -> pl.DataFrame:
    return NORMALIZERS[kind](pl.Series([row["raw"], *row.get("column", [])], dtype=pl.String)).head(1)


@pytest.mark.parametrize("kind", NORMALIZERS)
def test_every_case(kind: str) -> None:
    """The named columns come out as written; a row that names no reason must have none. All wrong rows are told."""
    wrong = []
    for at, row in enumerate(rows(kind)):
        made = alone(kind, row).row(0, named=True) if kind == "birth" else together(kind).row(at, named=True)
        want = {"reason": None} | {column: value for column, value in row.items() if column not in ("raw", "column")}
        if {column: made[column] for column in want} != want:
            wrong.append(f"{row['raw']!r}: wanted {want}, came { ({column: made[column] for column in want}) }")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", [kind for kind in NORMALIZERS if kind != "birth"])
def test_neighbours_do_not_matter(kind: str) -> None:
    """A value alone gives what it gives in a column (birth alone decides some values by the column)."""
    for at, row in list(enumerate(rows(kind)))[::23]:
        assert alone(kind, row).equals(together(kind)[at])


@pytest.mark.parametrize("kind", NORMALIZERS)
def test_enough_cases(kind: str) -> None:
    """The case files keep their breadth, and no value stands in one twice with the same column."""
    found = rows(kind)
    assert len(found) >= LEAST[kind]
    keys = [(row["raw"], tuple(row.get("column", []))) for row in found]
    assert len(set(keys)) == len(keys)
