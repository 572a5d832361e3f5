"""Where the header of a table stands: title lines above it, several rows of it, groups over its columns.

What is wanted decides where it is known: the rows that name most of the wanted columns are the header. Where nothing is
wanted yet (``oneid init``), it is the first row that is about as wide as the table, or one shortly below that has more
of the words that columns are called by. A row below the header that says such words, or repeats it, is a second header
row and no member; a row above it that spans columns which are called alike tells them apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oneid.sources.columnnames import told_apart
from oneid.sources.headers import header_role
from oneid.vocabulary.language import said

__all__ = ["ROWS", "HeaderRows", "find", "given_names", "label", "where"]

ROWS = 60
"""So many rows are looked at."""
_DEEPEST = 30
_MOST_ROWS = 3
_VALUE = re.compile(r"\d{4}|[@＠]|\d+[-/.年]\d+[-/.月]\d+|^\d+$")

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class HeaderRows:
    """``first`` and ``last``: the rows of the header, among those that were looked at, from 0 (``last`` < ``first``:
    none). ``names``: what each column is called first of all; ``known``: the columns by each of their names.
    """

    first: int
    last: int
    names: tuple[str, ...]
    known: Mapping[str, tuple[int, ...]]

    @property
    def listed(self) -> list[str]:
        """Every name as often as columns have it."""
        return [name for name, at in self.known.items() for _ in at]

    def at(self, name: str) -> int:
        """The column of that name; the first where several have it."""
        return self.known[name][0]


def where(first: int, last: int) -> list[str]:
    """A note on the lines in which a header stands, if it is not the first line alone; none for no header."""
    if last > first:
        return [said("the header stands in lines {first} to {last}", first=first, last=last)]
    return [said("the header stands in line {first}", first=first)] if last == first > 1 else []


def find(rows: Sequence[Row], wanted: Sequence[str], given: Sequence[int] = ()) -> HeaderRows | None:
    """The header among the first rows of a table; None where all are blank. ``given``: its rows, from 0, if the config
    says so.
    """
    if given:
        first, last = given[0], given[-1]
        return _made(rows, first, last, named_above=False) if first < len(rows) else None
    found = _by_wanted(rows, wanted) if wanted else None
    first, last = found or (_by_width(rows),) * 2
    if first < 0:
        return None
    while last - first + 1 < _MOST_ROWS and _says_labels(rows, first, last + 1):
        last += 1
    return _made(rows, first, last, named_above=True)


def given_names(columns: Sequence[str], rows: Sequence[int]) -> HeaderRows:
    """The header where the config says what columns are called; ``rows``: those that stand in its place, from 0."""
    known = {name: tuple(at for at, other in enumerate(columns) if other == name) for name in columns}
    return HeaderRows(rows[0] if rows else 0, rows[-1] if rows else -1, tuple(columns), known)


def _filled(row: Row) -> list[str]:
    return [cell.strip() for cell in row if cell.strip()]


def _by_wanted(rows: Sequence[Row], wanted: Sequence[str]) -> tuple[int, int] | None:
    """The fewest rows that name most of the wanted columns; None where only one or two do, far down."""
    names = set(wanted)
    top = next((at for at, row in enumerate(rows) if _filled(row)), None)
    if top is None:
        return None
    best: tuple[tuple[int, int, int], int, int] | None = None
    for first in range(top, min(len(rows), _DEEPEST)):
        here: set[str] = set()
        for last in range(first, min(len(rows), first + _MOST_ROWS)):
            told = {cell.strip() for cell in rows[last]} | set(rows[last])
            if not told & names - here:
                break
            here |= told & names
            rank = (len(here), first - last, -first)
            if best is None or rank > best[0]:
                best = (rank, first, last)
    if best is None:
        return None
    count, first, last = best[0][0], best[1], best[2]
    sure = count == len(names) or count > 1
    return (first, last) if first == top or sure else None


def _by_width(rows: Sequence[Row]) -> int:
    """The first row that is about as wide as the table; -1 where all are blank."""
    widths = [len(_filled(row)) for row in rows]
    if not any(widths):
        return -1
    least = max(1, min(max(widths), 2), -(-max(widths) // 2))
    wide = [at for at, width in enumerate(widths[:_DEEPEST]) if width >= least]
    if not wide:
        return next(at for at, width in enumerate(widths) if width)
    first = wide[0]
    told = {at: _labels(rows[at]) for at in wide[:10]}
    better = [at for at in wide[1:10] if told[at] >= max(2, 2 * told[first] + 1) and not _values(rows[at])]
    return better[0] if better and told[first] < 2 else first


def label(cell: str) -> bool:
    """Whether a cell is called as columns are.

    >>> label("会員番号"), label("メールアドレス"), label("佐藤 花子")
    (True, True, False)
    """
    return len(cell) <= 40 and header_role(cell) is not None


def _labels(row: Row) -> int:
    return sum(label(cell) for cell in _filled(row))


def _values(row: Row) -> bool:
    return any(_VALUE.search(unicodedata.normalize("NFKC", cell)) for cell in _filled(row))


def _says_labels(rows: Sequence[Row], first: int, at: int) -> bool:
    """Whether the row ``at`` is a further row of the header, and no member's."""
    if at >= len(rows):
        return False
    cells = _filled(rows[at])
    if len(cells) < 2 or _values([cell for cell in rows[at] if not label(cell.strip())]):
        return False
    above = [{cell.strip() for cell in column} for column in zip(*_even(rows[first:at]), strict=True)]
    same = sum(bool(cell.strip()) and cell.strip() in above[k] for k, cell in enumerate(rows[at]) if k < len(above))
    told = sum(label(cell) for cell in cells)
    return told >= 2 and 2 * (told + same) >= len(cells)


def _even(rows: Sequence[Row]) -> list[list[str]]:
    width = max(map(len, rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]


def _made(rows: Sequence[Row], first: int, last: int, *, named_above: bool) -> HeaderRows:
    """The header of those rows. A column is called by any of its cells there, and by all of them, one behind the other;
    cells that span several columns count for each.
    """
    block = _even(rows[first : last + 1])
    if named_above and first and _spans(rows, first):
        block = _even([*rows[first - 1 : first], *block])
    width = max((len(row) for row in block), default=0)
    spread = [_spread(row) for row in block[:-1]] + block[-1:]
    known: dict[str, list[int]] = {}
    names = []
    lowest = block[-1]
    top = block[0] if len(block) > 1 and all(cell.strip() for cell in _trimmed(block[0])) else None
    for column in range(width):
        parts = list(dict.fromkeys(row[column] for row in spread if row[column].strip()))
        for name in dict.fromkeys([*(row[column] for row in block), " ".join(part.strip() for part in parts)]):
            known.setdefault(name, []).append(column)
        stripped = lowest[column].strip()
        if stripped and stripped not in known:
            known.setdefault(stripped, []).append(column)
        names.append(top[column] if top and column < len(_trimmed(top)) else lowest[column])
    for column, name in enumerate(names):
        if len(block) > 1 and (names.count(name) > 1 or not name.strip()):
            names[column] = " ".join(dict.fromkeys(row[column].strip() for row in spread if row[column].strip()))
    for column, name in enumerate(told_apart(names)):
        if name != names[column]:
            known[name] = [column]
            names[column] = name
    return HeaderRows(first, last, tuple(names), {name: tuple(at) for name, at in known.items()})


def _trimmed(row: Row) -> Row:
    end = max((at + 1 for at, cell in enumerate(row) if cell.strip()), default=0)
    return row[:end]


def _spread(row: Row) -> list[str]:
    """Each blank cell as the one before it: what spans columns stands in the first of them."""
    told, found = "", []
    for cell in row:
        told = cell if cell.strip() else told
        found.append(told)
    return found


def _spans(rows: Sequence[Row], first: int) -> bool:
    """Whether the row above groups columns that are called alike."""
    names = _filled(rows[first])
    above = _filled(rows[first - 1])
    return len(names) > len(set(names)) and 2 <= len(above) < len(names) and not _values(rows[first - 1])
