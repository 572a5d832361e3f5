"""The contract of every normalizer (``scripts/contract.py``), asked of any text and of texts like the kind's own.

Each promise has its one home there; here it is asked of every kind in turn.
"""

from __future__ import annotations

import runpy
from importlib import import_module
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.kinds.normalizing import NORMALIZERS as KINDS
from oneid.kinds.normalizing import normalize
from paths import ROOT
from strategies import any_cells, cells_like, texts_in, thorough

CONTRACT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts/contract.py"))
PROPERTIES, NORMALIZERS = CONTRACT["PROPERTIES"], CONTRACT["NORMALIZERS"]
AWKWARD = [
    "\x00", "\x1b", "\x7f", "\u200b\ufeff", "\u0301", "゛", "\U000e0100", "\ue000", "\U0010fffd", "\u0378", "\uffff",
    "\ufffd", "a" * 10_000, "０" * 10_000, "ア" * 10_000, "様" * 10_000, "1-" * 5_000, "(" * 10_000, "@" * 10_000,
    "9" * 400, "+" + "1" * 300, "AAa", "あアあ", "わ゛", "ΐ", "ŉ", "İ", "\\", "$1", "${1}",
]  # fmt: skip
"""Lone controls, marks, private and unassigned characters, very long texts, what replacements could mistake."""

FOUND = [
    "様様", "Y櫍", "r\u30ba", "\u05c6々", "ゃ々", "?ゝ", "リ ヾ", "ー 一", "佐　　々", "髙橋花子,こ す", "npo法人A",
    "サン is a Burmese name", "/\xe9\x87\x91", "\xe5\xb1\xb1[\xb0", "\xe6\u200b\xa9\x8b",
    "\xe6\xa9\x8b \xe5\xa4\xaa\xe9\x83\x8e", "あ　ああ", "0120999999電", "0120000000 9012345678", "0120111111、",
    "O MSH", "R/MR O", "NOUNAME", "\xe5\xb1\xb1c\u0327\xb0", "PhD,m", "I,,h", "J\u030c", "?ー",
    "浜松市1)区3", "さいたま市北((((((((((((県", "KOHIICHI", "rtuhihti", "シメ\xa0イ", "豊橋市東田町1コ四條108",
    "ﾏ ｻﾏ ｻﾏ", "ﾆ｣ ﾂ", "a.+@me.com", ".aaaa@gmil.com@", "te.st@gmail.com",
    "ᾍ津市Y", "\x17\u34ed樣", "營業部", "本 人", "部 長", "あ様　さ", "e\u0300\xb0", "津市津市津市",
    "東京千代田区霞ガ霞ガ関", "千代田区田区千代田区千代千代田区",
    "北海道常呂郡佐呂間町字若佐無番地佐無番地", "伊賀市" * 20 + "伊賀伊賀伊賀市伊賀市伊賀",
]  # fmt: skip
"""Values that once broke a promise."""


def column(values: list[str | None]) -> pl.Series:
    return pl.Series("value", values, dtype=pl.String)


def broken(promise: str, kind: str, values: list[str | None]) -> list[str | None]:
    """The values that break a promise."""
    found = PROPERTIES[promise](kind, column(values))
    assert len(found) == len(values)
    return [value for value, wrong in zip(values, found, strict=True) if wrong]


def always(kind: str) -> list[str | None]:
    """The values that are asked every time."""
    return list(dict.fromkeys([*AWKWARD, *FOUND, *texts_in(kind), None]))


def all_broken(kind: str, values: list[str | None]) -> dict[str, list[str | None]]:
    """Every broken promise with the values that break it."""
    found = {promise: broken(promise, kind, values) for promise in PROPERTIES}
    return {promise: wrong for promise, wrong in found.items() if wrong}


@pytest.mark.parametrize("kind", NORMALIZERS)
@given(data=st.data())
@settings(max_examples=thorough(4), deadline=None)
def test_promises(kind: str, data: st.DataObject) -> None:
    """Columns of any text, and of what the kind's rules speak of; few and large ones, as a call costs milliseconds."""
    values = data.draw(any_cells) + data.draw(cells_like(kind))
    assert all_broken(kind, values) == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", NORMALIZERS)
def test_promises_of_awkward_and_known_values(kind: str) -> None:
    """Every awkward text and every value of the kind's case file, in one column."""
    assert all_broken(kind, always(kind)) == {}


@pytest.mark.parametrize("kind", NORMALIZERS)
@pytest.mark.parametrize("values", [[], [None], [None, None, None]], ids=["empty", "null", "nulls"])
def test_columns_without_a_value(kind: str, values: list[None]) -> None:
    """The same columns and types as of any other column, and the reason missing throughout."""
    for series in (column(values), pl.Series("x", values)):
        frame = NORMALIZERS[kind](series)
        assert frame.schema == NORMALIZERS[kind](column(["x", None])).schema
        assert frame["reason"].to_list() == ["missing"] * len(values)


@pytest.mark.parametrize("kind", KINDS)
@given(values=st.lists(st.none() | st.text(max_size=15), max_size=5))
@example(values=["\ud800", "a\udfffb"])
@settings(deadline=None, max_examples=thorough(5))
def test_python_text_never_raises(kind: str, values: list[str | None]) -> None:
    """Through the public function as many values come out as went in, also of a Python text that no file can hold."""
    assert len(normalize(kind, values)) == len(values)


BREAKERS = {
    "reason_where_nothing": lambda value: (value, value, "why"),
    "normal_form_is_stable": lambda value: (value + "+", value, None),
    "display_is_stable": lambda value: (value, value + "+", None),
    "width_never_matters": lambda value: (str(len(value.encode())), value, None),
    "case_never_matters": lambda value: (value, value, None),
    "outer_and_double_blanks_never_matter": lambda value: (value.strip(" \t"), value, None),
}
"""For each promise about single values a normalizer that breaks it: from a value to normalized, display and reason."""


@pytest.mark.parametrize("promise", PROPERTIES)
def test_a_broken_promise_is_seen(promise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A normalizer that breaks a promise is found out by its check."""

    def wrong(values: pl.Series) -> pl.DataFrame:
        texts = values.to_list()
        if promise in BREAKERS:
            rows = [(None, None, "missing") if text is None else BREAKERS[promise](text) for text in texts]
        else:  # every row shows the first value of the column
            rows = [(texts[0], text, None) for text in texts]
        return pl.DataFrame(rows, schema=dict.fromkeys(("normalized", "display", "reason"), pl.String), orient="row")

    monkeypatch.setitem(NORMALIZERS, "name", wrong)
    assert broken(promise, "name", ["Aカ b", "c"]) != []


PLANTED = [
    ("name", "[ァ-ヺ][a-z]|[a-z][ァ-ヺ]", "case_never_matters"),
    ("name", "^[一-龥]{2}　[一-龥]{2}$", "width_never_matters"),
    ("phone", "^[0-9]{10}、", "normal_form_is_stable"),
    ("address", "[一-龥][0-9][)]", "display_is_stable"),
    ("latin", ",,", "outer_and_double_blanks_never_matter"),
]
"""Mistakes of the kind that were made: kind, the few texts that are read wrongly, the promise that is broken."""


@pytest.mark.parametrize(("kind", "pattern", "promise"), PLANTED, ids=[row[2] for row in PLANTED])
def test_a_rare_mistake_is_seen(kind: str, pattern: str, promise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The values asked every time, without any that chance draws, betray a normalizer that spoils one rare form."""
    good = NORMALIZERS[kind]

    def wrong(values: pl.Series) -> pl.DataFrame:
        spoilt = "x" + values + "x"
        frame = good(values).with_columns(hit=values.str.contains(pattern).fill_null(value=False), spoilt=spoilt)
        changed = {"normalized": "spoilt", "display": "spoilt"} if "stable" in promise else {"normalized": "spoilt"}
        made = {name: pl.when("hit").then(pl.col(other)).otherwise(name) for name, other in changed.items()}
        return frame.with_columns(**made, reason=pl.when(~pl.col("hit")).then("reason")).drop("hit", "spoilt")

    monkeypatch.setitem(NORMALIZERS, kind, wrong)
    assert broken(promise, kind, always(kind)) != []


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module ``scripts/fuzz.py``, with small batches."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    module = import_module("fuzz")
    monkeypatch.setattr(module, "BATCH", 400)
    return module


@pytest.mark.slow
def test_fuzz_cuts_a_failure_down(
    fuzz: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of some thousand values the one that raises is left, without the characters that do not matter; exit code 1."""
    good = KINDS["category"]

    def wrong(values: pl.Series) -> pl.DataFrame:
        if values.str.contains("京.*都").any():
            raise ValueError("京都")
        return good(values)

    monkeypatch.setitem(fuzz.NORMALIZERS, "category", wrong)
    assert fuzz.main(["--minutes", "0", "--kind", "category"]) == 1
    said = capsys.readouterr().out
    assert "category: reason_where_nothing: ['\\u4eac\\u90fd']: ValueError" in said


def test_fuzz_finds_nothing_in_a_sound_kind(fuzz: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and the count of values; the same seed makes the same values."""
    assert fuzz.main(["--minutes", "0", "--kind", "category", "--seed", "7"]) == 0
    said = capsys.readouterr().out
    assert "0 promises broken" in said
    assert fuzz.main(["--minutes", "0", "--kind", "category", "--seed", "7"]) == 0
    assert capsys.readouterr().out == said
