"""Escapes that a system left in names, however often it escaped them."""

from __future__ import annotations

import polars as pl
import pytest

from oneid.kinds.name.spelling.letters import repaired


def read(text: str) -> str | None:
    return repaired(pl.Series([text]))[0]


@pytest.mark.parametrize("name", ["高橋", "髙橋", "𠮷野", "𩸽", "José"])
def test_a_character_by_its_number(name: str) -> None:
    """Decimal, hexadecimal, and as UTF-16 in two halves; once, and escaped twice; as bytes read as another encoding."""
    halves = name.encode("utf-16-be")
    units = [int.from_bytes(halves[at : at + 2], "big") for at in range(0, len(halves), 2)]
    forms = [
        "".join(f"&#{ord(char)};" for char in name), "".join(f"&#x{ord(char):x};" for char in name),
        "".join(f"&#X{ord(char):X};" for char in name), "".join(f"\\u{unit:04x}" for unit in units),
        "".join(f"\\u{unit:04X}" for unit in units),
    ]  # fmt: skip
    assert [read(form) for form in forms] == [name] * len(forms)
    assert [read(form.replace("&", "&amp;")) for form in forms] == [name] * len(forms)


@pytest.mark.parametrize(
    "text", ["&#xd842;", "&#x110000;", "\\ud842", "\\udfb7\\ud842", "&#7;", "&eacute;", "&#x;", "高&橋"]
)
def test_an_escape_that_names_no_character_stays(text: str) -> None:
    """Half a character, a number beyond the last one, a control character."""
    assert read(text) == text
