"""``oneid.normalize``: any container, any kind, reasons, and mistakes."""

from __future__ import annotations

import math

import pandas as pd
import polars as pl
import pytest

from oneid.kinds.catalogue import KINDS as CONFIG_KINDS
from oneid.kinds.normalizing import NORMALIZERS as KINDS
from oneid.kinds.normalizing import normalize
from oneid.vocabulary.errors import UsageError

ONE = {
    "name": ("髙橋　花子 様", "高橋花子"),
    "kana": ("ﾀｶﾊｼ ﾊﾅｺ", "タカハシハナコ"),
    "birth": ("S55.3.7", "1980-03-07"),
    "sex": ("女性", "female"),
    "phone": ("090-1234-5678", "+819012345678"),
    "email": ("Hanako@Example.COM", "hanako@example.com"),
    "postcode": ("〒160-0023", "1600023"),
    "identifier": ("A-1", "A1"),
}


def test_every_kind_of_the_config_has_a_normalizer() -> None:
    """And no other."""
    assert tuple(KINDS) == tuple(CONFIG_KINDS)


@pytest.mark.parametrize("kind", ONE)
def test_containers(kind: str) -> None:
    """A list gives a list, a pandas Series one with its index and name, a Polars Series one with its name."""
    raw, wanted = ONE[kind]
    assert normalize(kind, [raw, None]) == [wanted, None]
    assert normalize(kind, (raw,)) == [wanted]
    series = normalize(kind, pd.Series([raw, None, float("nan"), pd.NA], index=list("wxyz"), name="was", dtype=object))
    assert (series.index.tolist(), series.name, series.iloc[0]) == (list("wxyz"), "was", wanted)
    assert all(value is None for value in series.iloc[1:])
    column = normalize(kind, pl.Series("was", [raw, None]))
    assert (column.name, column.to_list()) == ("was", [wanted, None])


def test_romaji_is_one_key_for_latin_and_kana() -> None:
    """Any spelling, any order."""
    assert len(set(normalize("romaji", ["TARO SATO", "Satou Tarou", "サトウ タロウ", "SATOH TARO"]))) == 1


def test_addresses_are_dicts() -> None:
    """Of six parts; null where nothing is usable; in a Polars Series structs."""
    found = normalize("address", ["東京都新宿区西新宿2-8-1 青葉ビル101号室", "-"])
    assert found[1] is None
    assert set(found[0]) == {"prefecture", "city", "town", "block", "building", "room"}
    assert (found[0]["prefecture"], found[0]["city"], found[0]["block"]) == ("東京都", "新宿区", "2-8-1")
    column = normalize("address", pl.Series(["東京都新宿区西新宿2-8-1", None]))
    assert column.dtype == pl.Struct
    assert column.to_list()[1] is None


@pytest.mark.parametrize("kind", KINDS)
def test_reasons(kind: str) -> None:
    """A frame of the make that came in; null is null and never NaN; what is missing says so."""
    frame = normalize(kind, ["x", None, ""], reasons=True)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == ["value", "normalized", "reason"]
    rows = frame.to_dict("records")
    assert not any(isinstance(cell, float) and math.isnan(cell) for row in rows for cell in row.values())
    assert all((row["normalized"] is None) == (row["reason"] is not None) for row in rows)
    assert [row["reason"] for row in rows[1:]] == ["missing", "missing"]
    assert isinstance(normalize(kind, pl.Series(["x", None]), reasons=True), pl.DataFrame)


@pytest.mark.parametrize("kind", KINDS)
def test_no_values(kind: str) -> None:
    """Nothing in, nothing out; only nulls in, only nulls out."""
    assert normalize(kind, []) == []
    assert normalize(kind, [None, None]) == [None, None]
    assert len(normalize(kind, pl.Series([], dtype=pl.String))) == 0
    assert len(normalize(kind, pd.Series([], dtype=object))) == 0


def test_numbers_are_what_a_person_would_have_typed() -> None:
    """Integers in a list or a Series."""
    assert normalize("postcode", [1600023]) == ["1600023"]
    assert normalize("postcode", pd.Series([1600023])).tolist() == ["1600023"]
    assert normalize("postcode", pl.Series([1600023])).to_list() == ["1600023"]


def test_mistakes() -> None:
    """An unknown kind with what was meant; a text instead of a list of texts."""
    with pytest.raises(UsageError, match=r"E401.*did you mean 'phone'"):
        normalize("fone", ["1"])
    with pytest.raises(UsageError, match=r"E402.*put it in a list"):
        normalize("phone", "0312345678")
