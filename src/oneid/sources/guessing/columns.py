"""What each column is: its header proposes, the kinds say what they can read of it.

A column is looked at by a bounded sample of distinct values. A kind is asked with its own normalizer whether it can
read them; where a normalizer takes nearly any text (names, addresses) or the column holds a part of a value, the
kind's ``looks`` speak as well. A column whose header says nothing is taken for what can hardly be anything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import KINDS
from oneid.sources.formats.table import spacing
from oneid.sources.headers import DATES, Heading, heading
from oneid.sources.headerwords import PERSONS
from oneid.vocabulary.language import said

__all__ = ["Column", "best", "column_role", "look", "read_share", "sample_rows"]

Kinds = Mapping[str, Kind]

_VALUES = 200
_LONGEST = 300
_CONFIRMED = 0.5
_OBVIOUS = 0.9
_EVIDENT = 0.7
"""Of values that tables know, such as names: no table has all of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what its header says, which ``share`` of its cells is filled, up to 200 distinct ``values``; its
    ``role`` as its values allow it, by their look ``alone`` where the header said nothing; else ``why`` it has none.
    ``named``: the role that its header says, where the values are not read as that one by one: pieces of a value, say.
    ``read``: the share of its values that can be read as its role. ``repeats``: whether a value stands in several of
    the rows that were looked at.
    """

    name: str
    place: int
    head: Heading
    share: float
    values: pl.Series = field(compare=False, repr=False)
    role: str = ""
    alone: bool = False
    named: str = ""
    why: str = ""
    read: float = 1.0
    repeats: bool = False

    @property
    def kind(self) -> str:
        """The kind of its role."""
        return self.role.partition(".")[0]

    @property
    def part(self) -> str:
        """The part of it, empty for the whole."""
        return self.role.partition(".")[2]


def sample_rows(text: pl.DataFrame) -> pl.DataFrame:
    """2,000 to 4,000 rows of a table, evenly spaced; all where there are no more."""
    return text.gather_every(spacing(text.height))


def look(text: pl.DataFrame, kinds: Kinds) -> list[Column]:
    """What each named column of some rows is. A column of somebody who is no member has no role, but for ids."""
    return [
        _judged(_column(name, place, text.get_column(name), kinds), kinds)
        for place, name in enumerate(text.columns)
        if name.strip()
    ]


def column_role(header: str, values: pl.Series, kinds: Kinds = KINDS) -> str | None:
    """What a single column is: a kind, a part of one such as ``name.family``, ``id``, ``ordered`` or one of
    :data:`~oneid.sources.headers.DATES`; None where nothing tells.

    By its header where a kind can read at least half of its distinct values (or there are none), else by content that
    can hardly be anything else in nine of ten.

    >>> column_role("住所", pl.Series(["東京都港区芝公園4-2-8"])), column_role("col_7", pl.Series(["a@example.jp"]))
    ('address', 'email')
    """
    found = _judged(_column(header, 0, values, kinds), kinds)
    if found.role:
        return found.role
    return "id" if found.head.id in ("member", "bare", "card") and not found.head.roles else None


def _column(name: str, place: int, cells: pl.Series, kinds: Kinds) -> Column:
    filled = cells.drop_nulls().str.strip_chars()
    filled = filled.filter(filled != "")
    distinct = filled.unique().sort()
    values = distinct.gather_every(max(1, len(distinct) // _VALUES)).head(_VALUES).str.slice(0, _LONGEST)
    share = len(filled) / len(cells) if len(cells) else 0.0
    repeats = len(distinct) < len(filled)
    return Column(name, place, heading(name, kinds), share, values.alias("value"), repeats=repeats)


def _judged(column: Column, kinds: Kinds) -> Column:
    own = any(role and role.partition(".")[0] in kinds.keys() - KINDS.keys() for role, _ in column.head.roles[:1])
    if column.head.party not in PERSONS and not own:
        return replace(column, why=_NOT_OF_MEMBERS[column.head.party])
    named = ""
    for role, header in column.head.roles:
        if not role:
            return replace(column, why=said("about a field, not the field"))
        read = _accepted(column, role, kinds)
        if read >= _CONFIRMED:
            return replace(column, role=role, read=read)
        other = f"{role}.{header.else_part}" if header.else_part else ""
        if other and read_share(column.values, other, kinds) >= _OBVIOUS:
            return replace(column, role=other)
        named = named or role
    if named:
        kind = kinds.get(named.partition(".")[0])
        if column.head.code and kind is not None and not kind.zeros:
            return replace(column, why=said("codes, which say nothing by themselves"))
        why = said("what stands there cannot be read as {role}", role=named)
        return replace(column, named=named, why=why)
    if column.head.id or not len(column.values):
        return column
    role = next((name for name, kind in kinds.items() if _obvious(kind, column.values)), "")
    return replace(column, role=role, alone=True) if role else column


_NOT_OF_MEMBERS = {
    "bank": said("of a bank account"),
    "staff": said("of staff or an agent"),
    "relative": said("of a relative"),
    "company": said("of a company"),
    "thing": said("of a shop or a thing"),
    "former": said("former, or of before"),
    "second": said("a second one"),
}


def _accepted(column: Column, role: str, kinds: Kinds) -> float:
    """The share of values that can be read as a role; 0 where they are codes of it."""
    name, _, part = role.partition(".")
    if column.head.code and name in KINDS and not kinds[name].zeros and (part or name == "address"):
        return 0.0
    return read_share(column.values, role, kinds)


def read_share(values: pl.Series, role: str, kinds: Kinds) -> float:
    """Which share of distinct values can be read as what a role says: 1 where there are none."""
    if not len(values):
        return 1.0
    name, _, part = role.partition(".")
    if name in DATES or name == "ordered":
        return _usable(kinds.get("date", KINDS["date"]), values).mean() or 0.0  # type: ignore[return-value]
    kind = kinds[name]
    pattern = kind.looks.get(part, kind.looks.get("", ""))
    fits = _look_so(values, pattern) if pattern else pl.repeat(True, len(values), eager=True)
    if not part and name not in _READ_TOGETHER:
        fits &= _usable(kind, values)
    return float(fits.sum()) / len(values)


_READ_TOGETHER = ("address",)
"""The kinds of which a column may hold a line, which alone is none: asked when the lines are put together."""


def _look_so(values: pl.Series, pattern: str) -> pl.Series:
    return pl.Series([re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL) is not None for text in _tidy(values)])


def _tidy(values: Iterable[str]) -> list[str]:
    return [unicodedata.normalize("NFKC", text).lower().strip() for text in values]


def _usable(kind: Kind, values: pl.Series) -> pl.Series:
    """Which values a kind can read, in part at least."""
    made = kind.read(values)
    columns = ["normalized", *(name for name in kind.partial if name in made.columns)]
    return made.select(pl.any_horizontal(pl.col(columns).is_not_null())).to_series()


def _obvious(kind: Kind, values: pl.Series) -> bool:
    """Whether a kind takes nine of ten values for its own, and hardly any other would."""
    if kind.obvious and float(_look_so(values, kind.obvious).sum()) / len(values) >= _OBVIOUS:
        return True
    return kind.evident is not None and float(kind.evident(values).sum()) / len(values) >= _EVIDENT


def best(columns: Sequence[Column]) -> Column:
    """The fullest of columns that may be one value: names before codes, the first of equally full ones."""
    return min(columns, key=lambda column: (column.head.code, -round(column.share, 2), column.alone, column.place))
