"""One value at a time, in microseconds: for a form or a call centre that looks one record up.

Normalizers (:mod:`oneid.kinds.normalizing`) work on columns; the fixed costs of a column are milliseconds, whatever its
height. The readers here read the *usual spellings* of a value in plain Python and give exactly what the column's
normalizer gives for a column of that one value, or nothing: then that normalizer is asked (:func:`read`). Tests hold
the two to each other on every case and on the demo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import polars as pl

from oneid.japanese.latin import latin as latins
from oneid.japanese.quickkeys import latin, romaji
from oneid.japanese.quicktext import Row
from oneid.kinds.address.normalizer import address as addresses
from oneid.kinds.address.quick import address
from oneid.kinds.birth.normalizer import birth_parts as births_of_parts
from oneid.kinds.birth.quick import birth, birth_parts
from oneid.kinds.kana import readings, readings_parts
from oneid.kinds.name.normalizer import name_parts as names_of_parts
from oneid.kinds.name.quick import kana, kana_parts, name, name_parts
from oneid.kinds.normalizing import KINDS
from oneid.kinds.quickcontacts import email, identifier, phone, postcode, sex
from oneid.kinds.sex import sex as sexes

__all__ = ["Row", "read", "read_parts", "usual", "usual_parts"]

_USUAL: Mapping[str, Callable[[str], Row | None]] = {
    "name": name, "kana": kana, "romaji": romaji, "latin": latin, "birth": birth, "phone": phone, "email": email,
    "postcode": postcode, "address": address, "identifier": identifier, "sex": sex,
}  # fmt: skip
_COLUMNS: Mapping[str, Callable[[pl.Series], pl.DataFrame]] = {**KINDS, "kana": readings, "latin": latins}

_USUAL_PARTS: Mapping[str, Callable[..., Row | None]] = {"name": name_parts, "kana": kana_parts, "birth": birth_parts}
_COLUMNS_OF_PARTS: Mapping[str, Callable[..., pl.DataFrame]] = {
    "name": names_of_parts, "kana": readings_parts, "birth": births_of_parts,
}  # fmt: skip

Words = Mapping[str, tuple[str, ...]]


def _column(text: str | None) -> pl.Series:
    return pl.Series("value", [text], dtype=pl.String)


@cache
def _missing(kind: str) -> Row:
    return _COLUMNS[kind](_column(None)).row(0, named=True)


@cache
def _missing_parts(kind: str, count: int) -> Row:
    return _COLUMNS_OF_PARTS[kind](*[_column(None)] * count).row(0, named=True)


def usual(kind: str, text: str, words: Words | None = None) -> Row | None:
    """What the normalizer of ``kind`` (a field kind, or ``latin``) says of a text in a usual spelling, else null.

    ``words`` are the spellings of male and female that a source has of its own. Kana are without keys.
    """
    if kind == "sex":
        return sex(text, words)
    reader = _USUAL.get(kind)
    return reader(text) if reader else None


def read(kind: str, text: str | None, *, words: Words | None = None, postcode: str | None = None) -> Row:
    """What the normalizer of ``kind`` says of any text, as :func:`usual`; ``postcode`` (7 digits) completes an address.

    >>> read("phone", "０９０－１２３４－５６７８")["normalized"], read("sex", "女性")["normalized"]
    ('+819012345678', 'female')
    """
    if text is None:
        return _missing(kind)
    row = usual(kind, text, words)
    if row is not None:
        return row
    if kind == "address":
        made = addresses(_column(text), _column(postcode))
    elif kind == "sex" and words:
        made = sexes(_column(text), words)
    else:
        made = _COLUMNS[kind](_column(text))
    return made.row(0, named=True)


def usual_parts(kind: str, parts: Sequence[str | None]) -> Row | None:
    """What :func:`read_parts` gives where every part is in a usual spelling, else null."""
    return _USUAL_PARTS[kind](*parts)


def read_parts(kind: str, parts: Sequence[str | None]) -> Row:
    """What the normalizer of a name or kana (family, given) or birth (year, month, day) in parts says of one.

    >>> read_parts("birth", ["1980", "3", None])["display"]
    '1980-03'
    """
    if not any(part is not None for part in parts):
        return _missing_parts(kind, len(parts))
    return usual_parts(kind, parts) or _COLUMNS_OF_PARTS[kind](*map(_column, parts)).row(0, named=True)
