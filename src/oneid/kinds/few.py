"""A few records as texts, for look-ups: what facets need to compare and pair them in a tenth of a millisecond.

:class:`Few` hands out arrays for comparing, whose codes are Python's hashes, for equality is all that codes are for.
:class:`OneRecord` hands out the codes that columns have (:func:`coded`), for keys that are looked up in an index.
:meth:`Few.frame` gives the features as columns, for facets that have no quick way of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.kinds.shapes import Contract, Flags, Rows
from oneid.kinds.texts import Text
from oneid.vocabulary.codes import Codes, code

__all__ = ["Few", "OneRecord", "coded", "mixed"]

Coder = Callable[[Sequence[str]], Codes]


def _hashes(texts: Sequence[str]) -> Codes:
    return np.array([hash(text) if text else 0 for text in texts], dtype=np.int64).view(np.uint64)


class _Text(Text):
    """A column whose texts become a Series when they are asked for, which few are."""

    def __init__(self, codes: Codes, texts: Sequence[str]) -> None:
        vars(self).update(codes=codes, texts=texts)

    def picked(self, rows: Rows) -> list[str]:
        texts = vars(self)["texts"]
        return [texts[row] for row in rows.tolist()]

    def of(self, rows: Rows) -> Text:
        return _Text(self.codes[rows], self.picked(rows))

    @cached_property
    def values(self) -> pl.Series:
        return pl.Series([text or None for text in vars(self)["texts"]], dtype=pl.String)


class Few:
    """Some records as texts by feature, empty where there is nothing; a feature with several values has places.

    ``rows``: one sequence of texts per record. ``at``: where each feature stands in them (its first place); ``places``:
    how many places the features with several values have.
    """

    def __init__(self, rows: Sequence[Sequence[str]], at: Mapping[str, int], places: Mapping[str, int]) -> None:
        self._columns = list(zip(*rows, strict=True))
        self._at = at
        self.places = places
        self.size = len(rows)

    def texts(self, name: str, place: int = 0) -> Sequence[str]:
        """The texts of a feature."""
        return self._columns[self._at[name] + place]

    def coder(self, texts: Sequence[str]) -> Codes:
        """Equality codes of texts, 0 for an empty one."""
        return _hashes(texts)

    def codes(self, name: str, place: int = 0) -> Codes:
        """The equality codes of a feature."""
        return self.coder(self.texts(name, place))

    def flags(self, name: str) -> Flags:
        """A Boolean feature; a missing one is false."""
        return np.array([text == "1" for text in self.texts(name)], dtype=np.bool_)

    def numbers(self, name: str, dtype: type[np.integer[Any]]) -> npt.NDArray[Any]:
        """A feature of whole numbers; a missing one is 0."""
        return np.array([int(text or 0) for text in self.texts(name)], dtype=dtype)

    def text(self, values: Sequence[str]) -> Text:
        """Texts with their codes."""
        return _Text(self.coder(values), values)

    def listed(self, name: str) -> list[Text]:
        """A feature with several values, place by place."""
        return [self.text(self.texts(name, place)) for place in range(self.places[name])]

    def both(self, first: str, second: str) -> list[str]:
        """The texts of two features in one order, empty where one is."""
        pairs = zip(self.texts(first), self.texts(second), strict=True)
        return [" ".join(sorted((a, b))) if a and b else "" for a, b in pairs]

    def frame(self, contract: Contract) -> pl.DataFrame:
        """The features of a contract as columns of their types."""
        return pl.DataFrame({name: self._series(name, kind) for name, kind in contract.items()})

    def _series(self, name: str, kind: pl.DataType | type[pl.DataType]) -> pl.Series:
        if kind == pl.List(pl.String):
            held = [self.texts(name, place) for place in range(self.places[name])]
            lists = [[text for text in texts if text] or None for texts in zip(*held, strict=True)]
            return pl.Series(name, lists, dtype=pl.List(pl.String))
        if kind == pl.Boolean:
            return pl.Series(name, [text == "1" for text in self.texts(name)], dtype=pl.Boolean)
        if isinstance(kind, pl.List):
            cuts = [text.split(",") if text else None for text in self.texts(name)]
            return pl.Series(name, cuts, dtype=pl.List(pl.String)).cast(kind)
        return pl.Series(name, [text or None for text in self.texts(name)], dtype=pl.String).cast(kind)


class OneRecord:
    """One record's texts by feature: ``single``, and ``listed`` for features with several values."""

    def __init__(self, single: Mapping[str, str], listed: Mapping[str, Sequence[str]]) -> None:
        self.single = single
        self.listed = listed
        self._coded = False

    def codes(self, feature: str) -> list[int]:
        """The codes of all values of a feature with several."""
        return self.codes_of(self.listed[feature])

    def codes_of(self, texts: Sequence[str]) -> list[int]:
        """The codes of texts, 0 for an empty one. The record's own are made with the first that are asked for."""
        if not self._coded:
            coded([*texts, *self.single.values(), *(text for held in self.listed.values() for text in held)])
            self._coded = True
        return coded(texts).tolist()  # type: ignore[no-any-return]

    def few(self) -> Few:
        """The record as one of few."""
        row = [*self.single.values(), *(text for texts in self.listed.values() for text in texts)]
        at = {name: place for place, name in enumerate(self.single)}
        end = len(at)
        for name, texts in self.listed.items():
            at[name] = end
            end += len(texts)
        return Few([row], at, {name: len(texts) for name, texts in self.listed.items()})


_codes: dict[str, int] = {"": 0}
_MOST_CODES = 65_536


def coded(texts: Sequence[str]) -> Codes:
    """The codes that columns have, 0 for an empty text. Those made last are remembered: a column has a fixed cost."""
    if len(_codes) > _MOST_CODES:
        _codes.clear()
        _codes[""] = 0
    fresh = [text for text in dict.fromkeys(texts) if text not in _codes]
    if fresh:
        _codes.update(zip(fresh, code(pl.Series(fresh, dtype=pl.String)).tolist(), strict=True))
    return np.array([_codes[text] for text in texts], dtype=np.uint64)


_ODD, _ALL = 0x9E3779B97F4A7C15, (1 << 64) - 1


def mixed(*parts: int) -> int:
    """:func:`oneid.vocabulary.codes.mix` of single codes.

    >>> from oneid.vocabulary.codes import mix
    >>> mixed(5, 7) == int(mix(np.array([5], np.uint64), np.array([7], np.uint64))[0]), mixed(5, 0)
    (True, 0)
    """
    if not all(parts):
        return 0
    made = parts[0]
    if len(parts) == 1:
        return made
    for part in parts[1:]:
        made = ((made ^ (made >> 29)) * _ODD + part) & _ALL
    return ((made ^ (made >> 29)) * _ODD) & _ALL or 1
