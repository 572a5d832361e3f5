"""One value at a time, in microseconds: for a form or a call centre that looks one record up.

Normalizers work on columns; the fixed costs of a column are some milliseconds, whatever its height. The quick readers
of kinds (:attr:`oneid.kinds.base.Kind.usual`) read the *usual spellings* of a value in plain Python and give exactly
what the normalizer gives for a column of that one value, or nothing: then the normalizer is asked. Tests hold the two
to each other on every case and on the demo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import polars as pl

from oneid.kinds.base import Kind
from oneid.kinds.shapes import Row, Words

__all__ = ["first_of", "listed", "one", "read", "read_parts"]


def _column(text: str | None) -> pl.Series:
    return pl.Series("value", [text], dtype=pl.String)


@cache
def _missing(reader: Callable[[pl.Series], pl.DataFrame]) -> Row:
    return reader(_column(None)).row(0, named=True)


@cache
def _missing_parts(reader: Callable[..., pl.DataFrame], count: int) -> Row:
    return reader([_column(None)] * count, None).row(0, named=True)


def one(
    usual: Callable[[str], Row | None] | None, reader: Callable[[pl.Series], pl.DataFrame], text: str | None
) -> Row:
    """What the normalizer ``reader`` says of a text; ``usual`` is its quick reader."""
    if text is None:
        return _missing(reader)
    row = usual(text) if usual else None
    return row if row is not None else reader(_column(text)).row(0, named=True)


def read(kind: Kind, text: str | None, *, words: Words | None = None, beside: str | None = None) -> Row:
    """What the normalizer of a kind says of any text. ``words`` are what the config says that cells mean, ``beside``
    the normalized value that completes this one.
    """
    if text is None:
        return _missing(kind.read)
    row = kind.usual_by(text, words) if words and kind.usual_by else kind.usual(text) if kind.usual else None
    if row is not None:
        return row
    if words and kind.decision is not None:
        return kind.decision.read(_column(text), words, None)[0].row(0, named=True)
    if kind.completed is not None:
        return kind.completed(_column(text), _column(beside)).row(0, named=True)
    return kind.read(_column(text)).row(0, named=True)


def read_parts(kind: Kind, parts: Sequence[str | None]) -> Row:
    """What the normalizer of a kind says of a value in parts, which :attr:`Kind.from_parts` reads."""
    assert kind.from_parts is not None
    if not any(part is not None for part in parts):
        return _missing_parts(kind.from_parts, len(parts))
    row = kind.usual_parts(*parts) if kind.usual_parts else None
    return row if row is not None else kind.from_parts([*map(_column, parts)], None).row(0, named=True)


def first_of(rows: Iterable[Row], column: str) -> Any:  # noqa: ANN401
    """The first usable value of several."""
    return next((row[column] for row in rows if row[column] is not None), None)


def listed(rows: Sequence[Row], column: str, more: str | None = None) -> list[str] | None:
    """The values of several rows, each once; null where there is none."""
    values = [value for row in rows for value in (row[column], *(row[more] or () if more else ())) if value is not None]
    return list(dict.fromkeys(values)) or None
