"""Text of others (cells, ids, rules, cases, names of files) made harmless before a terminal or a CI system reads it.

Terminals obey control characters, and bidirectional ones turn text round; CI systems obey lines that begin with ``::``
(GitHub) and ``##[...]`` or ``##word[...]`` anywhere in a line (GitHub, Azure, TeamCity). :func:`visible` is for text
that becomes part of a message, :func:`unordered` for whole output.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

__all__ = ["as_json", "harmless", "in_line", "is_text", "unordered", "visible"]

_CONTROL: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_ORDERS: Final = re.compile(f"[{_CONTROL}]")
_OF_LINE: Final = re.compile(f"[\t\n{_CONTROL}]")
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_BEGINS: Final = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_ANYWHERE: Final = re.compile(r"##(?=\w*\[)")
_SIGN: Final = "\N{REPLACEMENT CHARACTER}"


def is_text(text: str) -> bool:
    """Whether UTF-8, a path and a database can hold it: half of a surrogate pair, and NUL, are no text."""
    return _NO_TEXT.search(text) is None


def visible(text: str) -> str:
    """``text`` with a sign for every character that a terminal would obey; lines and tabs stay.

    >>> visible("red " + chr(27) + "[31m") == "red " + chr(0xFFFD) + "[31m"
    True
    """
    return _ORDERS.sub(_SIGN, text)


def in_line(text: str) -> str:
    """``text`` as a part of one line: with a sign for line breaks and tabs too."""
    return _OF_LINE.sub(_SIGN, text)


def unordered(text: str) -> str:
    """Whole output with what CI systems take for an order broken by an escape, which JSON reads as the same text."""
    return _ANYWHERE.sub(r"#\\u0023", _BEGINS.sub(r"\1\\:", text))


def harmless(text: str) -> str:
    """Whole output, fit to be printed as it is."""
    return unordered(visible(text))


def as_json(value: Any, *, indent: int | None = 2) -> str:  # noqa: ANN401
    """JSON whose texts are whole, with escapes for what a terminal would obey."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _ORDERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
