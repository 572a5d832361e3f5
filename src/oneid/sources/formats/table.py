"""What is wanted of a file, what is read of it, and what is said of its rows that are none of members."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import polars as pl

from oneid.settings.config import Layout
from oneid.vocabulary.language import said

__all__ = [
    "MOST_FEET", "FrameRows", "Request", "Rows", "Table", "feet_note", "footers", "numbered", "says_footer", "spacing",
]  # fmt: skip

_FOUND = Layout()


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a file: its columns (None: all), those that are ids, how it is laid out, and who asks, for
    errors.
    """

    columns: tuple[str, ...] | None
    ids: tuple[str, ...] = ()
    encoding: str | None = None
    format: str | None = None
    wanted_by: str | None = None
    layout: Layout = _FOUND
    sampled: bool = False
    """Whether some rows will do, where the format can give the rest on demand: see :attr:`Table.whole`."""


class Rows(Protocol):
    """All rows of a table, of which some columns at a time are asked for."""

    @property
    def height(self) -> int:
        """How many they are."""

    def select(self, columns: Sequence[str], /) -> pl.DataFrame:
        """Those columns."""


@dataclass(frozen=True, slots=True)
class FrameRows:
    """The rows of a data frame."""

    frame: pl.DataFrame

    @property
    def height(self) -> int:
        """How many they are."""
        return self.frame.height

    def select(self, columns: Sequence[str], /) -> pl.DataFrame:
        """Those columns; also one that is called ``*``, which for Polars means all."""
        return pl.DataFrame([self.frame.get_column(name) for name in columns])


def spacing(height: int) -> int:
    """How far apart the rows of a sample of so many stand: a power of two, so that 2,000 to 4,000 are taken.

    >>> [spacing(height) for height in (0, 3_999, 4_000, 1_000_000)]
    [1, 1, 2, 256]
    """
    return 1 << max(0, (height // _SAMPLE).bit_length() - 1)


_SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file.

    ``frame`` has the wanted columns (String) under their own names, ``rows`` (UInt32) the numbers of its rows, data
    rows from 1; ``unreadable`` are the numbers of the rows that are not in it, ``footers`` those that are no members'
    but totals, notes and the like. ``numbers``: the columns that the file holds as numbers, with their type, where it
    tells types. ``told``: keys of the config without which the file would be read in another way.
    """

    frame: pl.DataFrame
    rows: pl.Series
    unreadable: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    encoding: str | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    footers: tuple[int, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    whole: Rows | None = None
    """Where ``frame`` and ``rows`` are a sample (:func:`spacing`): all rows."""

    @property
    def readable(self) -> int:
        """How many rows of members the file has."""
        return self.frame.height if self.whole is None else self.whole.height

    @property
    def height(self) -> int:
        """How many rows the file has, those that are not in the frame among them."""
        return self.readable + len(self.unreadable) + len(self.footers)

    def without(self, feet: Sequence[int]) -> Table:
        """The table with those rows counted as :func:`footers`, which a note says."""
        if not feet:
            return self
        keep = ~self.rows.is_in(feet)
        frame, rows = self.frame.filter(keep), self.rows.filter(keep)
        return replace(self, frame=frame, rows=rows, notes=(*self.notes, feet_note(feet)), footers=tuple(feet))


def feet_note(feet: Sequence[int]) -> str:
    """What is said of rows that are :func:`footers`."""
    return said("{n} rows at the end are totals or notes, and no members", n=len(feet))


def numbered(good: int, without: Sequence[int] = ()) -> pl.Series:
    """The numbers of ``good`` rows that stand around those that are ``without`` (ascending)."""
    numbers = np.arange(1, good + len(without) + 1, dtype=np.uint32)
    return pl.Series(np.delete(numbers, np.asarray(without, dtype=np.int64) - 1))


_FOOTER = re.compile(
    r"[\s　*※★■◆●#\-=<>〈《(（\[【「]*(?:"
    r"(?:総?合計|総?小計|総?計|総数|累計|総?件数|人数|総?会員数|顧客数|登録者?数|合\s+計|以上|(?:出力|作成|印刷)(?:日時?)?|注意?|備考|帳票)"
    r"(?=$|[\s:：.。,)）\]】」>〉》*=\-\d]|[はを]|人|名|件|行|値|額|者|事項)"
    r"|(?:grand\s+)?(?:sub[- ]?)?totals?\b|sum\b|count\b|(?:number of )?(?:records?|rows?)\b\s*[:=(]"
    r"|\d+\s+(?:records?|rows?)\b"
    r"|全?\d[\d,]*\s*(?:件|名|人|行)(?:中|です|$|\s|。)|全件|copyright|©|\(c\)\s|confidential|generated\b|exported\b|printed\b"
    r"|report generated|as of \d|end of (?:file|report|data)|eof$|以下余白"
    r")",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\s*(?:総?合\s*計|総?小計|総計|計|(?:grand |sub[- ]?)?totals?)\s*[:：]?\s*$", re.IGNORECASE)
"""What no member's id is, however much stands beside it."""
MOST_FEET = 20
"""So many rows at the end may be none of members."""


def says_footer(text: str) -> bool:
    """Whether the first words of a row say that it is a total, a note or the like.

    >>> [says_footer(text) for text in ("合計", "合計 36名", "全40件", "Total:", "合田 太郎", "M-1001", "計良 花子")]
    [True, True, True, True, False, False, False]
    """
    return _FOOTER.match(text.strip()) is not None


def footers(
    frame: pl.DataFrame,
    unreadable: Mapping[int, str],
    ids: Sequence[str],
    given: int | None,
    height: int | None = None,
) -> list[int]:
    """The numbers of the rows at the end that are no members', ascending. ``frame`` are the readable rows (String), or
    at least the last :data:`MOST_FEET` of ``height``; ``unreadable`` the beginnings of the others by their number;
    ``ids``: columns of which the first says what a row is, where they are known. ``given``: how many rows it are, if
    the config says so.
    """
    height = frame.height if height is None else height
    total = height + len(unreadable)
    if given is not None:
        return list(range(max(0, total - given) + 1, total + 1))
    numbers = numbered(height, sorted(unreadable)).tail(MOST_FEET).to_list()
    cells = dict(zip(numbers, frame.tail(MOST_FEET).rows(named=True), strict=True))
    first, found = total + 1, False
    for number in range(total, max(0, total - MOST_FEET), -1):
        if number in unreadable:
            sparse, says = True, says_footer(unreadable[number])
        elif number in cells:
            filled = [text for text in cells[number].values() if text is not None and text.strip()]
            head = cells[number].get(ids[0]) if ids else (filled[0] if filled else None)
            sparse = 2 * len(filled) <= frame.width
            says = head is not None and (_TOTAL.match(head) is not None or (sparse and says_footer(head)))
            sparse |= says
            if not says and len(filled) > 1:
                break
            if not says and filled and frame.width < 3:
                break
        else:
            break
        if not sparse:
            break
        if says:
            first, found = number, True
    return list(range(first, total + 1)) if found else []
