"""Markdown of the reference: tables, docstrings as prose, values as code."""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["alike", "code", "hidden", "prose", "table"]

_FILLERS = "\u115f\u1160\u3164\uffa0"
_SPECIAL = re.compile(r"[`|]|\]\(|=\"|<!--|^ | $")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def prose(docstring: str | None) -> str:
    """A docstring as Markdown: roles and double backquotes become code, doctests and tables fenced text."""
    text = inspect.cleandoc(docstring or "")
    text = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", text).replace("``", "`")
    made: list[str] = []
    for part in re.split(r"\n\s*\n", text):
        if part.lstrip().startswith(">>>"):
            made.append(f"```pycon\n{inspect.cleandoc(part)}\n```")
        elif part.startswith(("====", "    ")):
            made.append(f"```text\n{part}\n```")
        else:
            made.append(re.sub(r"::$", ":", part, flags=re.MULTILINE))
    return "\n\n".join(made)


def _unseen(text: str, at: int) -> bool:
    """Whether nobody sees the character at a place: controls, marks, private ones, and blanks that are not one space
    between two others.
    """
    char = text[at]
    if char == " ":
        return at in (0, len(text) - 1) or text[at - 1] == " " or text[at + 1] == " "
    return unicodedata.category(char) in ("Cc", "Cf", "Cn", "Co", "Mn", "Me", "Zs", "Zl", "Zp") or char in _FILLERS


def hidden(text: str) -> set[str]:
    """The characters of a text that cannot be seen in it."""
    return {char for at, char in enumerate(text) if _unseen(text, at)}


def alike(text: str) -> list[str]:
    """The characters of a text that look just like others, in order: hyphens, compatibility ideographs, radicals."""
    found = []
    for char in text:
        dash = char != "-" and unicodedata.category(char) == "Pd"
        kanji = "\u2e80" <= char <= "\u2fdf" or "\uf900" <= char <= "\ufaff" or "\U0002f800" <= char <= "\U0002fa1f"
        if (dash or kanji or char in "−˗⁃─━") and char not in found:
            found.append(char)
    return found


def code(text: str) -> str:
    r"""A value as code, on one line, every character visible; code points behind it name those that look like others.

    >>> code("佐藤\u3000太郎")
    '`佐藤⟨U+3000⟩太郎`'
    """
    shown = "".join(f"⟨U+{ord(char):04X}⟩" if _unseen(text, at) else char for at, char in enumerate(text))
    if _SPECIAL.search(shown):
        escaped = "".join(f"&#{ord(char)};" if char in '`|[]()"<>&*_~\\' else char for char in shown)
        shown = f"<code>{escaped}</code>"
    else:
        shown = f"`{shown}`"
    return " ".join([shown, *(f"U+{ord(char):04X}" for char in alike(text))])
