"""Texts of more characters than any value has: they are no value, and take no longer than to be counted."""

from __future__ import annotations

from time import process_time

import polars as pl
import pytest

import oneid
from conftest import people_config, people_frames
from oneid.kinds.catalogue import KINDS
from oneid.kinds.guarded import TOO_LONG, bounded
from oneid.kinds.quick import read, read_parts

BOUND = {name: kind for name, kind in KINDS.items() if kind.longest}
PATTERNS = (
    "1-", "1", "ー", "-", " ", "　", "(", "()", "「", "様", "様 ", "さん", "Mr. ", "Dr ", "㈱", "ア", "ァ", "a", "a ",
    "A.", "a@", "@", "a@b.", ".", "090", "+81", "東京都", "府中市", "1丁目", "番地", "昭和", "昭和5年", "/", "旧姓",
    "(旧姓", "気付", "'", "</b>", "ﷺ", "e\u0301", "\u0301", "𠮷", "〇", "ノ", "null", "男", "\n", "1, ",
)  # fmt: skip


def test_which_kinds_have_a_bound():
    """All of this package but free text."""
    assert set(KINDS) - set(BOUND) == {"text"}


@pytest.mark.parametrize("name", BOUND)
def test_a_text_that_is_too_long(name):
    """It has that reason, in a column and alone, whole and in parts; its neighbours are what they are without it."""
    kind = BOUND[name]
    usual = kind.example or "3"
    long = "あ" * (kind.longest + 1)
    column = pl.Series("value", [usual, long, None, usual], dtype=pl.String)
    for reads in {kind.normalize, kind.read}:
        frame = reads(column)
        assert frame["reason"].to_list()[1:3] == [TOO_LONG, "missing"]
        assert frame["normalized"].is_null().to_list()[1:3] == [True, True]
        alone = reads(column.gather([0, 3]))
        assert frame[[0, 3]].equals(alone)
    assert read(kind, long)["reason"] == TOO_LONG
    if kind.from_parts is not None:
        assert read_parts(kind, [long] * len(kind.parts))["reason"] == TOO_LONG
    if kind.decision is not None:
        assert kind.decision.read(column, None, None)[0]["reason"].to_list()[1] == TOO_LONG


def test_what_unicode_spells_out_is_counted_so():
    """One character that NFKC makes 18 of."""
    assert read(KINDS["name"], "ﷺ" * 299)["reason"] == TOO_LONG


def test_the_normalizer_is_not_asked():
    """Whatever it would do with a long text, it does not see it."""
    seen: list[int] = []

    def normalize(values: pl.Series) -> pl.DataFrame:
        seen.extend(values.str.len_chars().drop_nulls())
        return KINDS["text"].normalize(values)

    kind = bounded(oneid.kinds.Kind("x", normalize, KINDS["text"].own, longest=5))
    assert kind.normalize(pl.Series(["a" * 6, "b" * 5]))["normalized"].to_list() == [None, "b" * 5]
    assert seen == [5]


def test_a_run_loses_no_record_for_a_long_value():
    """The field is told as refused; all else of the record stands."""
    frames = people_frames()
    frames["ec"] = frames["ec"].with_columns(
        name=pl.when(pl.col("id") == "E1").then(pl.lit("あ" * 100_000)).otherwise("name")
    )
    found = oneid.resolve(frames, people_config())
    assert found.run["records"] == 7
    (name,) = [field for field in found.run["fields"] if (field["source"], field["field"]) == ("ec", "name")]
    assert name["refused"] == {TOO_LONG: 1}


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_time_grows_with_the_text(name):
    """Of every kind and every repetition, 100,000 characters take a moment; so do as many as are read."""
    kind = KINDS[name]
    read(kind, kind.example or "1")
    for pattern in PATTERNS:
        for size in (kind.longest or 1000, 100_000):
            text = (pattern * (size // len(pattern) + 1))[:size]
            begun = process_time()
            read(kind, text)
            if kind.from_parts is not None:
                read_parts(kind, [text] * len(kind.parts))
            assert process_time() - begun < 3, (pattern, size)
