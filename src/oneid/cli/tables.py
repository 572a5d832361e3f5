"""Tables that fit a terminal: nothing that is one word, a OneID, a number, a record or the name of a source, is cut.

A table that is too wide first folds its cells between words. Where even its longest words do not fit beside one
another, every row becomes a block of ``name: cell`` that flows from line to line. A word that is wider than the
terminal stands alone on its line, whole. Widths are columns of the terminal: a kana or kanji takes two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from oneid.vocabulary.language import said

__all__ = ["NAMES", "Line", "folded", "laid_out"]

NAMES: Final = (
    said("source"), said("field"), said("rows"), said("filled"), said("usable"), said("partial"),
    said("placeholder"), said("unreadable"), said("distinct"), said("shared"), said("reasons"), said("run_id"),
    said("at"), said("event"), said("oneid"), said("other_oneid"), said("source_id"), said("reason"),
    said("number"), said("kind"), said("day"), said("folder"), said("shown_as"), said("from_at"), said("to_at"),
    said("from_run"), said("to_run"), said("figure"), said("value"), said("rule"), said("verdict"),
    said("pairs"), said("level"), said("links"),
)  # fmt: skip
"""The names of columns of ours, which are said in the language of the command; others are data."""
_GAP = 2
_INDENT = "  "
_ENDS = frozenset("、。）」")
"""After these a line of Japanese may end."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table; the first ``strong`` characters of it stand out."""

    text: str
    strong: int = 0


def laid_out(
    columns: Sequence[str], rows: Iterable[Sequence[str]], width: int | None, *, header: bool = True, keys: int = 1
) -> list[Line]:
    """A table of at most ``width`` columns (None: of any), numbers to the right, with or without its header. In blocks
    the first ``keys`` cells name the row.

    >>> [line.text for line in laid_out(["rule", "links"], [["card", "1,200"], ["mail and birth", "7"]], 15)]
    ['rule      links', 'card      1,200', 'mail and      7', 'birth']
    """
    cells = [[_plain(cell) for cell in row] for row in rows]
    if not columns:
        return []
    head = [_plain(name) for name in columns]
    shown = [head, *cells] if header else cells
    whole = [max((cell_len(row[at]) for row in shown), default=0) for at in range(len(head))]
    if width is None or _sum(whole) <= width:
        return _table(head, cells, whole, header)
    least = [max((_longest(row[at]) for row in shown), default=0) for at in range(len(head))]
    if _sum(least) <= width:
        return _table(head, cells, _shared_out(whole, least, width), header)
    return _blocks(head, cells, width, keys) if header else _stacked(cells, width)


def folded(text: str, width: int | None, indent: str = "") -> list[str]:
    """``text`` as lines of at most ``width`` columns, parted between words, in Japanese after punctuation; those after
    the first begin with ``indent``. Blanks at the beginning of a line, and several between words, stay.

    >>> folded("not paired by card: 12 pairs", 14, "  ")
    ['not paired by', '  card: 12', '  pairs']
    """
    if width is None or cell_len(text) <= width:
        return [text]
    lines, line, used = [], "", 0
    for gap, word in _words(text):
        size = cell_len(gap) + cell_len(word)
        if line.strip() and used + size > width:
            lines.append(line)
            line, used = indent + word, cell_len(indent) + cell_len(word)
        else:
            line, used = line + gap + word, used + size
    return [*lines, line]


def _plain(cell: str) -> str:
    return " ".join(cell.split("\n"))


def _words(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a text that stay whole, each with the blanks before it."""
    gap = word = ""
    for sign in text:
        if sign == " " and word:
            yield gap, word
            gap, word = " ", ""
        elif sign == " ":
            gap += " "
        else:
            word += sign
            if sign in _ENDS:
                yield gap, word
                gap = word = ""
    if word:
        yield gap, word


def _longest(text: str) -> int:
    return max((cell_len(word) for _, word in _words(text)), default=0)


def _sum(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _shared_out(whole: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """The widths of columns that fit: what is left over goes to those that lack the least first, so that one long
    column folds and not all.
    """
    made, left = list(least), width - _sum(least)
    for at in sorted(range(len(made)), key=lambda at: whole[at] - least[at]):
        more = min(left, whole[at] - least[at])
        made[at], left = made[at] + more, left - more
    return made


def _table(head: list[str], cells: list[list[str]], widths: Sequence[int], header: bool) -> list[Line]:
    numeric = [all(_is_number(row[at]) for row in cells) for at in range(len(head))]
    lines = [Line(text, len(text)) for text in _row(head, widths, numeric)] if header else []
    return lines + [Line(text) for row in cells for text in _row(row, widths, numeric)]


def _is_number(cell: str) -> bool:
    return not cell or cell.removesuffix(" %").replace(",", "").replace(".", "").lstrip("+-").isdecimal()


def _row(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> list[str]:
    parts = [folded(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines = []
    for at in range(max(map(len, parts))):
        line = ""
        for part, width, right in zip(parts, widths, numeric, strict=True):
            text = part[at] if at < len(part) else ""
            blank = " " * (width - cell_len(text))
            line += (blank + text if right else text + blank) + " " * _GAP
        lines.append(line.rstrip())
    return lines


def _blocks(head: Sequence[str], cells: Iterable[Sequence[str]], width: int, keys: int) -> list[Line]:
    """Each row as ``name: cell`` flowing from line to line; the first cells stand out, and empty ones are left out."""
    lines = []
    for row in cells:
        title = (" " * _GAP).join(cell or "-" for cell in row[:keys])
        lines += [Line(part, len(part)) for part in folded(title, width, _INDENT * 2)]
        line = ""
        for name, cell in zip(head[keys:], row[keys:], strict=True):
            if not cell:
                continue
            pair = f"{name}: {cell}"
            if line and cell_len(line) + _GAP + cell_len(pair) > width:
                lines += map(Line, folded(line, width, _INDENT * 2))
                line = ""
            line += (" " * _GAP if line else _INDENT) + pair
        lines += map(Line, folded(line, width, _INDENT * 2) if line else [])
    return lines


def _stacked(cells: Iterable[Sequence[str]], width: int) -> list[Line]:
    """Rows without a header: what does not fit beside its first cell stands below it."""
    lines: list[Line] = []
    for row in cells:
        line = row[0]
        for cell in filter(None, row[1:]):
            if cell_len(line) + _GAP + cell_len(cell) > width:
                lines += map(Line, folded(line, width, _INDENT * 2))
                line = _INDENT * 2 + cell
            else:
                line += " " * _GAP + cell
        lines += map(Line, folded(line, width, _INDENT * 2))
    return lines
