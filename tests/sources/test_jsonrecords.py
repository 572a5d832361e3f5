"""JSON: a large array, read element by element, is what a small one is that is read at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.sources.files import Request, Table, read_path
from oneid.sources.formats.contents import Contents
from oneid.sources.formats.jsonrecords import _elements
from oneid.sources.guessing.configtext import init
from oneid.vocabulary.errors import InputError, OneIDError, Place

MEMBER = {
    "id": 1001,
    "name": "佐藤 花子",
    "tel": ["090-1111-2222", "03-1234-5678"],
    "at": {"zip": "0600000", "f": 1.50},
}
ARRAYS = {
    "members": json.dumps([MEMBER | {"id": number} for number in range(3000)], ensure_ascii=False),
    "indented": json.dumps([MEMBER | {"id": number} for number in range(50)], indent=2),
    "no objects among them": json.dumps([MEMBER, 7, None, "x", [MEMBER], True, MEMBER]),
    "a late key": json.dumps([MEMBER] * 1200 + [MEMBER | {"late": "x"}]),
    "a long one": json.dumps([MEMBER, MEMBER | {"name": "長" * 5000}, MEMBER], ensure_ascii=False),
    "numbers at the ends": '[1, 12345678901234567890 , -Infinity, {"id": 07}]'.replace("07", "70.10"),
    "surrogates and escapes": r'[{"id": "\ud842\udfb7", "name": "\"]}\\"}, {"id": "\ud842"}]',
    "nobody": " [ ] \n",
    "an array a line": '[{"id": 1}]\n[{"id": 2}]\n{"id": 3}',
    "the same key twice": '[{"id": 1, "id": 2}]',
}
BROKEN = {
    "cut in an object": '[{"id": 1}, {"id": 2, "na',
    "cut behind one": '[{"id": 1}, {"id": 2}',
    "cut behind a comma": '[{"id": 1},',
    "a comma too many": '[{"id": 1},]',
    "no comma": '[{"id": 1} {"id": 2}]',
    "something behind": '[{"id": 1}] x',
    "no value": '[{"id": }]',
    "an open mark": '[{"id": "1}, {"id": 2}]',
    "too deep": "[" + "[" * 100_000,
}


def whole_and_large(path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, columns: Any = None) -> list[Table | str]:
    """What is read at once, and by element."""
    found: list[Table | str] = []
    for large in (False, True):
        with monkeypatch.context() as patch:
            if large:
                patch.setattr("oneid.sources.formats.jsonrecords._AT_ONCE", 0)
                patch.setattr("oneid.sources.formats.jsonrecords._PIECE", piece)
            try:
                found.append(read_path(path, Request(columns)))
            except OneIDError as error:
                found.append(repr([(one.code, one.message, one.hint) for one in error.problems]))
    return found


@pytest.mark.parametrize("text", ARRAYS.values(), ids=[name.replace(" ", "-") for name in ARRAYS])
@pytest.mark.parametrize("columns", [None, ("id", "late"), ("id", "name", "at.zip")])
def test_a_large_array(text: str, columns: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same columns, the same rows that are none, the same errors, wherever pieces end."""
    path = tmp_path / "members.json"
    path.write_text(text, "utf-8")
    for piece in (1, 7, 1 << 12) if len(text) < 5000 else (1 << 10, 1 << 23):
        small, large = whole_and_large(path, monkeypatch, piece, columns)
        if isinstance(small, Table) and isinstance(large, Table):
            assert large.frame.equals(small.frame)
            assert large.rows.equals(small.rows)
            assert (large.unreadable, large.notes, large.height) == (small.unreadable, small.notes, small.height)
        else:
            assert large == small


@pytest.mark.parametrize("text", BROKEN.values(), ids=[name.replace(" ", "-") for name in BROKEN])
def test_a_large_array_that_is_broken(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with the same words, and nothing of it is taken."""
    path = tmp_path / "members.json"
    path.write_text(text, "utf-8")
    small, *large = [one for piece in (3, 1 << 20) for one in whole_and_large(path, monkeypatch, piece)]
    assert isinstance(small, str)
    assert set(large) == {small}


@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.integers(1, 9),
)
def test_elements(value: Any, piece: int) -> None:
    """Any array comes out as Python reads it."""
    values = value if isinstance(value, list) else [value]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oneid.sources.formats.jsonrecords._PIECE", piece)
        text = json.dumps(values, ensure_ascii=False).encode(errors="replace")
        found = [one for some in _elements(Contents.of(text), Place("x.json")) for one in some]
    assert found == json.loads(text, parse_int=str)


def test_more_than_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An array of any size is read, `init` among it; an object around one, and an element, have a bound."""
    monkeypatch.setattr("oneid.sources.formats.jsonrecords._AT_ONCE", 1 << 8)
    monkeypatch.setattr("oneid.sources.formats.jsonrecords._MOST", 1 << 12)
    monkeypatch.setattr("oneid.sources.formats.jsonrecords._PIECE", 1 << 10)
    path = tmp_path / "members.json"
    path.write_text(ARRAYS["members"], "utf-8")
    assert read_path(path, Request(("id",))).frame.height == 3000
    assert "id: id   # unique" in init([path], tmp_path / "made.yaml")
    for text, told in (
        ('{"data": ' + ARRAYS["members"] + "}", "JSON of more than"),
        (ARRAYS["a long one"].replace("長", "長" * 3), "cannot be read as JSON"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(InputError) as caught:
            read_path(path, Request(("id",)))
        assert caught.value.code == "E210"
        assert told in caught.value.message
