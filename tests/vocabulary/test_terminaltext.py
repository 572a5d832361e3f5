"""Text of others: nothing that a terminal or a CI system obeys is left in it, and JSON keeps its texts."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.vocabulary.errors import InputError, Place, Problems
from oneid.vocabulary.terminaltext import as_json, harmless, in_line, unordered, visible

OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ORDER = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
HOSTILE = "\x1b[31m\x1b]0;t\x07\x9b2J\r\u202e\ud800"
ORDERS = (
    "::set-output name=x::y",
    "x\n  ::error::y",
    "##[error]x",
    "a ##vso[task.setvariable variable=x]y",
    "##teamcity[x]",
)


@given(st.text(st.sampled_from("\x1b\x07\x9b\r\n\t:#[]av \u202e"), max_size=20))
def test_harmless(text: str) -> None:
    """Whatever comes in; and what is harmless stays as it is."""
    made = harmless(text)
    assert not OBEYED.search(made)
    assert not ORDER.search(made)
    assert harmless(made) == made
    assert "\n" not in in_line(text)


def test_what_is_no_order_stays() -> None:
    """Usual texts are shown as they are."""
    for text in ("髙橋 花子\t𠮷野家\n", "E1:x::y", "## Merge rules", "a#[b]", "é"):
        assert harmless(text) == text


@pytest.mark.parametrize("order", ORDERS)
def test_json_keeps_its_texts(order: str) -> None:
    """What is broken in JSON is read as the same text; so are characters that are escaped."""
    value = {"a": [order, "\x9b\u202e\x7f\ud800𠮷"]}
    text = unordered(as_json(value))
    assert not OBEYED.search(text)
    assert not ORDER.search(text)
    assert json.loads(text) == value


def test_an_error_is_one_line() -> None:
    """Whatever stands in it; several are a line each."""
    error = InputError("E206", "a\n::error::b\x1b[1m", place=Place("x\x07.csv", 1, "in\nside"), hint="\x9b")
    assert not OBEYED.search(str(error))
    assert "\n" not in str(error)
    assert len(str(Problems([error, error])).splitlines()) == 2


def test_visible_keeps_lines() -> None:
    """A sign for each character that is obeyed."""
    assert visible("a\n\tb" + HOSTILE).startswith("a\n\tb\ufffd[31m")
