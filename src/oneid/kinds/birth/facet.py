"""When somebody was born: three numbers per record, each of which may be missing (0)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.kinds.base import Comparison, Context, Facet, Key
from oneid.kinds.few import Few, OneRecord, mixed
from oneid.kinds.shapes import Flags, Found, FoundRow, Levels, Rows
from oneid.vocabulary.codes import Codes, mix
from oneid.vocabulary.patterns import MISSING

__all__ = ["BIRTH_FACET", "BIRTH_LEVELS", "ERA_STEPS", "Births", "birth", "births_apart", "one_slip"]

BIRTH_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal": "",
    "near": "one digit, two digits exchanged, day and month exchanged, or the neighbouring era",
    "partial_equal": "one side knows two of year, month and day, and they agree",
    "partial_weak": "only one component can be compared, and it agrees",
    "differs": "",
}


@dataclass(frozen=True)
class Births:
    """Year, month and day by record; 0 where one is not known."""

    year: npt.NDArray[np.int16]
    month: npt.NDArray[np.int8]
    day: npt.NDArray[np.int8]


def _digits(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    powers = 10 ** np.arange(7, -1, -1, dtype=np.int32)
    return (values[:, None] // powers) % 10


ERA_STEPS = (14, 30, 63)
"""Years between the first years of Taisho and Showa, Heisei and Reiwa, Showa and Heisei: what a wrong era letter
moves.
"""


_STEPS = np.zeros(100, dtype=np.bool_)  # by years apart: np.isin would cost a look-up more than all the rest
_STEPS[[1, *ERA_STEPS]] = True


def one_slip(a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> Flags:
    """Two full dates YYYYMMDD that one slip of the pen explains: a digit, two neighbouring digits or day and month
    exchanged.
    """
    x, y = _digits(a), _digits(b)
    wrong = x != y
    number = wrong.sum(axis=1)
    near: Flags = number == 1
    exchanged = (x[:, 1:] == y[:, :-1]) & (x[:, :-1] == y[:, 1:]) & wrong[:, 1:] & wrong[:, :-1]
    near |= (number == 2) & exchanged.any(axis=1)
    same_year = a // 10000 == b // 10000
    near |= same_year & (a // 100 % 100 == b % 100) & (a % 100 == b // 100 % 100)
    return near


def _near_birth(a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> Flags:
    """Two full dates of birth that one slip explains: one of the pen, a year miscounted by one, another era."""
    near = one_slip(a, b)
    apart = np.abs(a // 10000 - b // 10000)
    near |= (a % 10000 == b % 10000) & _STEPS[np.minimum(apart, 99)]
    return near


def birth(births: Births, left: Rows, right: Rows) -> Levels:
    """The level of the birth date, each of whose components may be missing."""
    level = {word: np.uint8(number) for number, word in enumerate(BIRTH_LEVELS)}
    known = np.zeros(left.size, dtype=np.uint8)
    agree = np.zeros(left.size, dtype=np.uint8)
    for component in (births.year, births.month, births.day):
        a, b = component[left], component[right]
        shared = (a != 0) & (b != 0)
        known += shared
        agree += shared & (a == b)
    result = np.where(known == 0, level["missing"], level["differs"])
    result[(known > 0) & (agree == known)] = level["partial_weak"]
    result[(known == 2) & (agree == 2)] = level["partial_equal"]
    result[(known == 3) & (agree == 3)] = level["equal"]
    at = np.flatnonzero((known == 3) & (agree < 3))
    if at.size:
        dates = [
            births.year[rows[at]].astype(np.int32) * 10000
            + births.month[rows[at]].astype(np.int32) * 100
            + births.day[rows[at]]
            for rows in (left, right)
        ]
        result[at[_near_birth(*dates)]] = level["near"]
    return result.astype(np.uint8)


def births_apart(column: Callable[[str], pl.Series], labels: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The clusters that hold two different whole dates of birth; ``column``: the features by name, one row per record,
    ``labels``: the cluster of each.
    """
    year, month, day = (column(name).cast(pl.UInt64).fill_null(0).to_numpy() for name in _PARTS)
    whole = np.flatnonzero((year > 0) & (month > 0) & (day > 0))
    born = (year[whole] << np.uint64(9)) + (month[whole] << np.uint64(5)) + day[whole]
    distinct = np.unique((labels[whole].astype(np.uint64) << np.uint64(24)) + born) >> np.uint64(24)
    found: npt.NDArray[np.uint32] = np.unique(distinct[1:][distinct[1:] == distinct[:-1]]).astype(np.uint32)
    return found


_PARTS: Mapping[str, type[pl.DataType]] = {"year": pl.Int16, "month": pl.Int8, "day": pl.Int8}


def _make(found: Found, height: int) -> dict[str, pl.Series]:
    births = found.get("birth", [])
    return {
        name: births[0][name] if births else pl.Series(name, [None] * height, dtype=kind)
        for name, kind in _PARTS.items()
    }


def _make_one(found: FoundRow, _families: object) -> dict[str, Any]:
    births = found.get("birth", ())
    return {name: births[0].get(name) if births else None for name in _PARTS}


def _columns(features: pl.DataFrame, _context: Context) -> Births:
    return Births(*(features[name].fill_null(0).to_numpy() for name in _PARTS))


def _few(made: Few, _borne: object) -> Births:
    return Births(made.numbers("year", np.int16), made.numbers("month", np.int8), made.numbers("day", np.int8))


def _keys(births: Births, _heard: bool | None) -> dict[str, Sequence[Codes]]:
    year, month, day = (part.astype(np.uint64) for part in (births.year, births.month, births.day))
    return {
        "birth": [mix(year, month, day)], "birth_year_month": [mix(year, month)], "birth_month_day": [mix(month, day)],
        "birth_year": [mix(year, year)],
    }  # fmt: skip


def _keys_of_one(record: OneRecord, _borne: object) -> dict[str, list[int]]:
    year, month, day = (int(record.single[name] or 0) for name in _PARTS)
    return {
        "birth": [mixed(year, month, day)], "birth_year_month": [mixed(year, month)],
        "birth_month_day": [mixed(month, day)], "birth_year": [mixed(year, year)],
    }  # fmt: skip


def _seen(texts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {"birth": "-".join(text for name in _PARTS for text in texts[name] if text)}


BIRTH_FACET = Facet(
    name="birth",
    features=_PARTS,
    make=_make,
    make_one=_make_one,
    columns=_columns,
    few=_few,
    comparisons=(
        Comparison(
            "birth",
            BIRTH_LEVELS,
            birth,
            order=(("equal", "near", "differs"), ("equal", "partial_equal", "partial_weak", "differs")),
            apart=("differs",),
            bridged={"differs": ("missing", "partial_weak", "partial_equal")},
            finds_with=("equal",),
            household={"differs": 85, "partial_weak": 10, "near": 2, "partial_equal": 2},
            place=2,
        ),
    ),
    keys=_keys,
    key_names={
        "birth": Key("the birth date", ("birth",)),
        "birth_year_month": Key("year and month of birth", ("birth",)),
        "birth_month_day": Key("month and day of birth", ("birth",)),
        "birth_year": Key("the year of birth", ("birth",)),
    },
    keys_of_one=_keys_of_one,
    seen=_seen,
)
"""The facet of births."""
