"""The profile counts what is filled, usable, placeholder, unreadable and shared."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from oneid.evaluation.profile import PROFILE, profile, profile_rows
from oneid.kinds.plain.text import TEXT
from oneid.settings.config import FieldSpec
from oneid.settings.configfile import from_dict
from oneid.vocabulary.errors import Problems


def fake(values: pl.Series) -> pl.DataFrame:
    """A normalizer: upper case; 'none' is a placeholder, digits are unreadable, 'half' is partly known."""
    reason = {None: "missing", "none": "placeholder", "1": "not_a_word", "2": "too_short", "half": "partial"}
    reasons = [reason.get(value) for value in values]
    usable = [None if why else value.upper() for value, why in zip(values, reasons, strict=True)]
    return pl.DataFrame(
        {"normalized": usable, "reason": reasons}, schema={"normalized": pl.String, "reason": pl.String}
    )


def counted(columns: dict[str, list[str | None]], **spec: object) -> dict[str, object]:
    """The profile of one field 'memo' over the given columns."""
    frame = pl.DataFrame({f"@{name}": cells for name, cells in columns.items()}, schema_overrides={"@a": pl.String})
    field = FieldSpec(field="memo", kind="text", columns=tuple(columns), **spec)
    found = profile_rows("ec", frame, {"memo": field}, {"text": replace(TEXT, normalize=fake)})
    assert dict(found.schema) == {name: kind() for name, kind in PROFILE.items()}
    (row,) = found.rows(named=True)
    assert row["filled"] == row["usable"] + row["partial"] + row["placeholder"] + row["unreadable"]
    return row


def test_every_count():
    """One column: each value is counted where it belongs."""
    row = counted({"a": ["x", "X", "x", "y", "y", None, "none", "none", "1", "2", "2", "2", "half"]})
    assert row == {
        "source": "ec", "field": "memo", "rows": 13, "filled": 12, "usable": 5, "partial": 1, "placeholder": 2,
        "unreadable": 4, "distinct": 2, "shared": 1, "top_reason": "too_short",
        "reasons": "too_short 3; placeholder 2; not_a_word 1; partial 1",
    }  # fmt: skip


def test_several_columns_are_several_values():
    """A value that one record holds twice is held by one record."""
    row = counted({"a": ["x", "x", None], "b": ["x", "x", "y"]})
    assert (row["rows"], row["filled"], row["distinct"], row["shared"]) == (6, 5, 2, 0)
    assert counted({"a": ["x", "x", "y"], "b": [None, None, "x"]})["shared"] == 1


def test_joined_columns_are_one_value():
    """Joined with a blank, null where all are missing."""
    row = counted({"a": ["x", None, None], "b": ["y", "y", None]}, shape="join")
    assert (row["rows"], row["filled"], row["distinct"]) == (3, 2, 2)


def test_top_reason_of_equals_is_the_first_by_name():
    """So that the profile does not depend on the order of rows."""
    assert counted({"a": ["2", "1", None]})["top_reason"] == "not_a_word"
    assert counted({"a": ["x", None]})["top_reason"] is None


def test_an_empty_source():
    """An empty delta has a profile of zeros."""
    row = counted({"a": []})
    assert [value for value in row.values() if isinstance(value, int)] == [0] * 8


FIELDS = {
    "name": {"family": "sei", "given": "mei"},
    "kana": {"family": "k1", "given": "k2"},
    "birth": {"year": "y", "month": "m"},
    "sex": {"column": "s", "values": {"male": ["x"]}},
    "address": {"prefecture": "p", "city": "c"},
    "romaji": {"family": "r1", "given": "r2"},
    "phone": ["tel"],
}
FRAME = pl.DataFrame(
    {
        "id": ["1", "2"], "sei": ["佐藤", None], "mei": ["花子", None], "k1": ["サトウ", "???"], "k2": ["ハナコ", None],
        "y": ["1980", "1990"], "m": ["3", None], "s": ["x", "??"], "p": ["東京都", None], "c": ["港区芝公園", None],
        "r1": ["SATO", None], "r2": ["HANAKO", None], "tel": ["090-1234-5678", "1234"],
    }
)  # fmt: skip


def test_the_real_normalizers():
    """Parts, own values and several fields, as the matching will see them."""
    config = from_dict({"sources": {"ec": {"id": "id", "fields": FIELDS}}})
    steps = []
    found = profile(config, lambda stage, share: steps.append((stage, share)), {"ec": FRAME})
    assert found.get_column("field").to_list() == list(FIELDS)
    usable = dict(zip(found["field"], found["usable"], strict=True))
    assert usable == {"name": 1, "kana": 1, "birth": 0, "sex": 1, "address": 1, "romaji": 1, "phone": 1}
    rows = {row["field"]: row for row in found.rows(named=True)}
    assert (rows["birth"]["partial"], rows["birth"]["filled"]) == (2, 2)
    assert (rows["phone"]["unreadable"], rows["name"]["filled"]) == (1, 1)
    assert steps == [("profile", 0.0), ("profile", 1.0)]


def test_a_column_betrays_its_placeholders():
    """A phone of many names counts as a placeholder with a reason of its own; without names nothing is betrayed."""
    rows = 60
    names = [f"佐藤 {chr(0x4E00 + 7 * at)}" for at in range(rows)]
    phones = ["03-1234-5678"] * 40 + [f"090-1234-{at:04}" for at in range(20)]
    fields = {"name": "n", "phone": "t"}
    frame = pl.DataFrame({"id": [str(at) for at in range(rows)], "n": names, "t": phones})
    found = profile(from_dict({"sources": {"ec": {"id": "id", "fields": fields}}}), frames={"ec": frame})
    row = found.row(by_predicate=pl.col("field") == "phone", named=True)
    assert (row["usable"], row["placeholder"], row["reasons"]) == (20, 40, "column_placeholder 40")
    nameless = from_dict({"sources": {"ec": {"id": "id", "fields": {"phone": "t"}}}})
    assert profile(nameless, frames={"ec": frame})["usable"].to_list() == [60]


def test_all_sources_that_fail_are_told():
    """One run tells what is wrong with every source."""
    source = {"id": "id", "fields": {"name": "nmae"}}
    config = from_dict({"sources": {"a": source, "b": source}})
    with pytest.raises(Problems) as caught:
        profile(config, frames={"a": FRAME, "b": FRAME})
    assert [problem.place.file for problem in caught.value.problems] == ["a", "b"]
