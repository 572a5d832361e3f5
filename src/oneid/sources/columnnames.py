"""Which names of columns may be told: a header can be a member's row, or have swallowed some.

A file without a header has its first member for column names, and after a stray quotation mark one "name" holds
hundreds of rows. So names are told (as hints, in a guessed config) only of a header that is known to be one, and of
these only such as look like no value; and a frame whose names look like its own values is refused (E218).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl
import polars.selectors as cs

from oneid.kinds.base import Kind
from oneid.kinds.birth.kind import LOOKS_LIKE_A_DATE
from oneid.kinds.catalogue import KINDS
from oneid.kinds.name.known import whole_names
from oneid.sources.headers import header_role, shape
from oneid.vocabulary.errors import InputError, Place, did_you_mean, raise_all
from oneid.vocabulary.language import joined, said

__all__ = ["check_columns", "column_place", "just", "near", "refuse_headerless", "told_apart"]

_LONGEST = 40
_DIGITS = 4
"""So many digits in one name are a number of somebody's."""


def column_place(place: Place, name: str) -> Place:
    """``place`` with the column, whose name is told if it looks like no value."""
    told = said("column {name}", name=name) if _tellable(name) else said("a column whose name is not shown")
    return Place(place.file, place.line, told)


def just(*names: str) -> pl.Expr:
    """The columns of just these names. ``pl.col`` takes ``*`` for all columns and ``^...$`` for a regular expression,
    and a header of others may be either.

    >>> pl.DataFrame({"id": ["1"], "*": ["x"]}).select(just("*")).columns
    ['*']
    """
    return cs.by_name(*names).as_expr()


def told_apart(names: Sequence[str]) -> list[str]:
    """The names of columns, those that stand several times numbered, so that each can be named.

    >>> told_apart(["id", "TEL", "TEL", ""])
    ['id', 'TEL (1)', 'TEL (2)', '']
    """
    seen: dict[str, int] = {}
    apart = []
    for name in names:
        if name.strip() and names.count(name) > 1:
            seen[name] = seen.get(name, 0) + 1
            name = f"{name} ({seen[name]})"  # noqa: PLW2901
        apart.append(name)
    return apart


def check_columns(
    names: Sequence[str], columns: Sequence[str] | None, place: Place, wanted_by: str | None, hint: str | None = None
) -> None:
    """Raises E206 for every wanted column that is missing, E207 for every one that stands twice, and E216 for every one
    of a name that no column can have here; of all columns, where none is wanted by name. All in one go.
    """
    problems = [_pattern(name, place) for name in (names if columns is None else columns) if _is_pattern(name)]
    by = said(", which {wanted_by} asks for", wanted_by=wanted_by) if wanted_by else ""
    for column in columns or ():
        here = Place(place.file, place.line, said("column {name}", name=column))
        if names.count(column) != 1 and f"{column} (1)" in names:
            which = said("rename one, or name one of them: '{name} (1)', '{name} (2)'", name=column)
            problems.append(
                InputError("E207", said("the column '{name}' stands twice", name=column), place=here, hint=which)
            )
        elif column not in names:
            told = joined(" ", [text for text in (near(column, names, columns or ()), hint) if text])
            problems.append(
                InputError(
                    "E206",
                    said("the column '{column}' is missing{by}", column=column, by=by),
                    place=here,
                    hint=told or None,
                )
            )
        elif names.count(column) > 1:
            problems.append(
                InputError("E207", said("the column '{name}' stands twice", name=column), place=here, hint="rename one")
            )
    raise_all(problems)


def _is_pattern(name: str) -> bool:
    """Whether Polars takes a name for a regular expression, also that of a column of its own."""
    return name.startswith("^") and name.endswith("$")


def _pattern(name: str, place: Place) -> InputError:
    message = said("a column's name begins with ^ and ends with $")
    return InputError("E216", message, place=column_place(place, name), hint="rename it where the data come from")


def near(column: str, names: Sequence[str], columns: Sequence[str]) -> str | None:
    """A hint which of ``names`` may be meant by ``column``, one of the wanted ``columns``; none of their text where
    they may be values: told are those alone that are spelled much like it, are wanted, or are what columns are called.
    """
    if any(len(name.splitlines()) > 1 for name in names):
        return said('the header goes over several lines: look for a " without a partner in it')
    if not set(names) & set(columns):
        return said(
            "none of the columns is there: has it a header? what stands there is not shown, it may be a member's"
        )
    tellable = [name for name in names if _tellable(name)]
    alike = difflib.get_close_matches(column, tellable, n=3, cutoff=0.6)
    return did_you_mean(column, alike or [name for name in tellable if name in columns or header_role(name)])


def _tellable(name: str) -> bool:
    """Whether a name of a column looks like no value of anybody."""
    text = unicodedata.normalize("NFKC", name).lower().strip()
    if len(text) > _LONGEST or not name.isprintable() or "@" in text or sum(map(str.isdigit, text)) >= _DIGITS:
        return False
    return not _of_a_kind(text, KINDS)


def _of_a_kind(text: str, kinds: Mapping[str, Kind]) -> bool:
    looks = [LOOKS_LIKE_A_DATE, *(kind.obvious for kind in kinds.values() if kind.obvious)]
    return any(re.fullmatch(look, text, re.IGNORECASE) for look in looks)


def refuse_headerless(
    frame: pl.DataFrame, place: Place, kinds: Mapping[str, Kind] = KINDS, *, unreadable: int = 0
) -> None:
    """Raises E218 where the names of the columns of a frame of text look like a row of it, or most rows (so many are
    ``unreadable``) have another number of cells.

    A name speaks for that where it is an address, a number, a day or a person's name, stands in its own column, or has
    digits in the shape of most values of it; against it where it is what columns are called. More must speak for than
    against.
    """
    if unreadable > frame.height:
        rows = unreadable + frame.height
        told = said(
            "the first line is no header: {unreadable} of {rows} rows have more or fewer cells",
            unreadable=unreadable,
            rows=rows,
        )
        hint = "begin the file with the names of the columns, one for each cell of a row"
        raise InputError("E218", told, place=place, hint=hint)
    counted = [f"{number}" for number in range(frame.width)]
    if frame.columns == counted:  # names that a library gives where it knows none
        return
    roles = {name: header_role(name, kinds) for name in frame.columns}
    values = [name for name in frame.columns if _is_value(name, frame.get_column(name), kinds)]
    if len(values) > sum(role is not None and name not in values for name, role in roles.items()):
        hint = "give it a line with the names of the columns, before its first row"
        message = "there is no header: what should be names of columns looks like a row"
        raise InputError("E218", message, place=place, hint=hint)


def _is_value(name: str, column: pl.Series, kinds: Mapping[str, Kind]) -> bool:
    text = unicodedata.normalize("NFKC", name).lower().strip()
    if _of_a_kind(text, kinds):
        return True
    values = column.drop_nulls()
    if not text or not len(values):
        return False
    if not any(map(str.isdigit, text)):
        return bool((values == name).any()) or _of_person(name)
    alike = shape(name)
    return sum(shape(value) == alike for value in values.head(100)) * 2 >= min(100, len(values))


def _of_person(name: str) -> bool:
    """Whether it reads as a whole name in kanji: a known surname, and a known given name behind it."""
    text = "".join(unicodedata.normalize("NFKC", name).split())
    kanji = re.fullmatch(r"[\u3005\u3400-\u9fff\U00020000-\U0003ffff]{2,8}", text) is not None
    return kanji and bool(whole_names(pl.Series([text])).item())
