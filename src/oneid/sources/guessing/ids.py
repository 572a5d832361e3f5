"""Which column numbers the members: by its name, and by being filled and unique, never somebody else's number.

A number that is named as a member's and unique comes first; then one of a member's that repeats, as in orders, if the
rows of one number are of one person; then any unique one; then a unique address or phone; where no column is one,
several together. A number on which people differ is none of a member's: a shop's, or the 0 of all guests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from oneid.sources.columnnames import just
from oneid.sources.formats.table import Rows
from oneid.sources.guessing.columns import Column
from oneid.sources.guessing.fields import columns_of
from oneid.sources.headerwords import PERSONS

__all__ = ["Count", "Id", "counted", "find_id"]

_FILLED = 0.95
_SAME = 0.8
_COMPLETE = 0.5
_OWN = ("member", "bare", "card")
_APART = 0.9
_RANK = {"member": 0, "bare": 1, "card": 2, "order": 3, "other": 4, "account": 5}
_NUMBERED = r"^[A-Za-z]{0,4}[-_]?\d+$|^[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27}$|^[0-9A-Za-z_]{16,}$"
_FLOATS = r"^\d+\.0$|^\d(\.\d+)?E\+\d+$"
"""What a spreadsheet or a data frame made of numbers: an id no longer."""


@dataclass(frozen=True, slots=True)
class Id:
    """The columns that number the members, and the doubt: ``unique``, ``repeated`` (rows of one person), ``contact``
    (an address or phone, where there is no name), ``together`` (no column is one), ``none``.
    """

    columns: tuple[str, ...] = ()
    doubt: str = "none"


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows have no id, and how many more than one for each id there are."""

    missing: int = 0
    doubled: int = 0


def counted(found: Id, text: Rows) -> Count:
    """The rows without an id, and those that repeat one."""
    if not found.columns:
        return Count()
    blank = pl.any_horizontal(just(name).fill_null("").str.strip_chars() == "" for name in found.columns)
    there = text.select(found.columns).filter(~blank)
    if found.doubt == "unique":
        return Count(text.height - there.height)
    distinct = there.to_series().n_unique() if there.width == 1 else there.n_unique()
    return Count(text.height - there.height, there.height - distinct)


def find_id(columns: Sequence[Column], fields: Mapping[str, object], text: Rows, party: str) -> Id:
    """The id of a table of text, whose ``columns`` were looked at; ``party``: who of a row is the member. Of the table
    only the columns are asked for that may be it.
    """
    able = [column for column in columns if _able(column, party, text)]
    numbers = sorted((column for column in able if column.head.id), key=lambda one: (_RANK[one.head.id], one.place))
    named = [column for column in numbers if column.share >= _FILLED]
    maybe = [column.name for column in named if not column.repeats]
    unique = {cells.name for cells in text.select(maybe).get_columns() if _is_unique(cells)}
    tests = next((columns_of(fields[kind]) for kind in ("name", "kana", "romaji", "email") if kind in fields), [])
    people = {
        column.name: _of_one_person(text, column.name, tests)
        for column in named
        if column.name not in unique and column.head.id in (*_OWN, "order")
    }
    for column in _in_turn(named, unique, people):
        return Id((column.name,), "unique" if column.name in unique else "repeated")
    taken = {name for spec in fields.values() for name in columns_of(spec)}
    for column in able:
        plain = (
            column.share >= _FILLED
            and not column.head.id
            and not column.head.roles
            and not column.role
            and column.name not in taken
        )
        plain = plain and not column.repeats and bool(column.values.str.contains(_NUMBERED).all())
        if plain and _is_unique(text.select([column.name]).to_series()):
            return Id((column.name,), "unique")
    for column in numbers:
        if people.get(column.name, None if column.share >= _COMPLETE else 0.0) is None and column.head.id in _OWN:
            return Id((column.name,), "repeated")
    return _together(columns, fields, text)


def _in_turn(named: Sequence[Column], unique: set[str], people: Mapping[str, float | None]) -> Iterator[Column]:
    """Numbers that have a name, the surest first."""

    def repeated(*kinds: str) -> Iterator[Column]:
        return (one for one in named if one.head.id in kinds and (people.get(one.name) or 0) >= _SAME)

    yield from (one for one in named if one.name in unique and one.head.id == "member")
    yield from repeated("member")
    yield from (one for one in named if one.name in unique)
    yield from repeated("bare", "card", "order")


def _able(column: Column, party: str, text: Rows) -> bool:
    """Whether a column may number members: filled, and neither a field, nor somebody else's, nor ruined numbers."""
    whose = column.head.party
    if whose not in PERSONS or (whose in ("recipient", "partner") and whose != party) or not column.share:
        return False
    if column.role or any(role == "" or role.partition(".")[0] in _NEVER for role, _ in column.head.roles):
        return False
    return text.height > 0 and not bool(column.values.str.contains(_FLOATS).all())


_NEVER = ("phone", "postcode", "sex", "birth", "address")


def _is_unique(column: pl.Series, filled: float = _FILLED) -> bool:
    there = column.filter(column.str.strip_chars() != "")
    return len(there) > 0 and len(there) >= filled * len(column) and there.n_unique() == len(there)


def _of_one_person(text: Rows, name: str, tests: Sequence[str]) -> float | None:
    """The share of numbers that stand on several rows all of whose rows show one person; None where none tells."""
    if not tests:
        return None
    rows = text.select([name, *tests]).rename({name: "@id"}).drop_nulls("@id").filter(pl.col("@id").is_duplicated())
    if not rows.height:
        return None
    counted = rows.group_by("@id").agg(just(test).drop_nulls().n_unique() for test in tests)
    single = counted.select(pl.all_horizontal(just(*tests) <= 1)).to_series()
    return float(single.sum()) / len(single)


def _together(columns: Sequence[Column], fields: Mapping[str, object], text: Rows) -> Id:
    """Several columns where no column is one: an address or phone with the name, else the name with birth or place;
    the first that is complete in half of the rows and tells them apart, else the most complete one. Without a name an
    address or phone that is unique.
    """
    name = _name(columns, fields)
    tried: list[tuple[float, tuple[str, ...]]] = []
    for kind in ("email", "phone", "birth", "postcode", "address"):
        found = columns_of(fields.get(kind, []))
        found = found if isinstance(fields.get(kind), dict) else found[:1]
        if not found or (not name and kind not in ("email", "phone")):
            continue
        together = tuple(dict.fromkeys([*found, *name]))
        rows = text.select(together).filter(pl.all_horizontal(pl.all().str.strip_chars() != ""))
        share = rows.height / max(1, text.height)
        if not rows.height or rows.n_unique() < (_APART if name else 1) * rows.height:
            continue
        if share >= (_COMPLETE if name else _FILLED):
            return Id(together, "together" if name else "contact")
        if name:
            tried.append((share, together))
    return Id(max(tried, key=lambda one: one[0])[1], "together") if tried else Id()


def _name(columns: Sequence[Column], fields: Mapping[str, object]) -> list[str]:
    """The columns of the name: the whole, where it is in one column, as full as the parts."""
    for kind in ("name", "kana", "romaji"):
        if kind in fields:
            parts = columns_of(fields[kind])
            shares = {column.name: column.share for column in columns}
            whole = [column.name for column in columns if column.role == kind and column.share >= shares[parts[0]]]
            return whole[:1] or parts
    return []
