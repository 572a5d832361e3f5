"""Comparing: a pair of records becomes one evidence level per field, and the levels one pattern.

Everything works on arrays of pairs (row numbers ``left``, ``right``). Equality is a comparison of codes; edit distances
are computed once per distinct pair of values. The levels are those of :data:`oneid.vocabulary.patterns.LEVELS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oneid.kinds.name.levels import Names, Text, few_edits, name, nickname, one_edit
from oneid.vocabulary.codes import Codes, both, equal
from oneid.vocabulary.patterns import LEVELS, Schema, plain_levels

__all__ = ["Columns", "Places", "birth", "compare", "pattern"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Places:
    """Codes of an address: town with all above it, block, building, room; and the postcode."""

    town: Codes
    block: Codes
    building: Codes
    room: Codes
    postcode: Codes


@dataclass(frozen=True)
class Columns:
    """Everything that blocking and comparing look at. Fields with several values have one entry per place."""

    names: Names
    year: npt.NDArray[np.int16]
    month: npt.NDArray[np.int8]
    day: npt.NDArray[np.int8]
    phones: Sequence[Text]
    mobile: Sequence[Flags]
    phone_shared: Sequence[Flags]
    emails: Sequence[Text]
    mailbox: Sequence[Codes]
    email_shared: Sequence[Flags]
    places: Places
    sex: Codes
    company: Flags
    others: Mapping[str, Sequence[Text]]


def _digits(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    powers = 10 ** np.arange(7, -1, -1, dtype=np.int32)
    return (values[:, None] // powers) % 10


ERA_STEPS = (14, 30, 63)
"""Years between the first years of Taisho and Showa, Heisei and Reiwa, Showa and Heisei: what a wrong era letter
moves.
"""


_STEPS = np.zeros(100, dtype=np.bool_)  # by years apart: np.isin would cost a look-up more than all the rest
_STEPS[[1, *ERA_STEPS]] = True


def _near_birth(a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> Flags:
    """Two full dates YYYYMMDD that one slip explains: a digit, two neighbouring digits or day and month exchanged, a
    year miscounted by one, another era.
    """
    x, y = _digits(a), _digits(b)
    wrong = x != y
    number = wrong.sum(axis=1)
    near: Flags = number == 1
    exchanged = (x[:, 1:] == y[:, :-1]) & (x[:, :-1] == y[:, 1:]) & wrong[:, 1:] & wrong[:, :-1]
    near |= (number == 2) & exchanged.any(axis=1)
    same_year = a // 10000 == b // 10000
    near |= same_year & (a // 100 % 100 == b % 100) & (a % 100 == b // 100 % 100)
    apart = np.abs(a // 10000 - b // 10000)
    near |= (a % 10000 == b % 10000) & _STEPS[np.minimum(apart, 99)]
    return near


def birth(columns: Columns, left: Rows, right: Rows) -> Levels:
    """The level of the birth date, each of whose components may be missing."""
    level = {word: np.uint8(number) for number, word in enumerate(LEVELS["birth"])}
    known = np.zeros(left.size, dtype=np.uint8)
    agree = np.zeros(left.size, dtype=np.uint8)
    for component in (columns.year, columns.month, columns.day):
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
            columns.year[rows[at]].astype(np.int32) * 10000
            + columns.month[rows[at]].astype(np.int32) * 100
            + columns.day[rows[at]]
            for rows in (left, right)
        ]
        result[at[_near_birth(*dates)]] = level["near"]
    return result.astype(np.uint8)


def phone(columns: Columns, left: Rows, right: Rows) -> Levels:
    """The level of the phone numbers: the best of all pairs of values, mobiles before land lines."""
    level = {word: np.uint8(number) for number, word in enumerate(LEVELS["phone"])}
    size = left.size
    some, mobiles = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    hits = {word: np.zeros(size, np.bool_) for word in ("mobile_equal", "mobile_shared", "land_equal", "land_shared")}
    for a, mobile_a, shared_a in zip(columns.phones, columns.mobile, columns.phone_shared, strict=True):
        for b, mobile_b in zip(columns.phones, columns.mobile, strict=True):
            x, y = a.codes[left], b.codes[right]
            some |= both(x, y)
            mobiles |= both(x, y) & mobile_a[left] & mobile_b[right]
            same = equal(x, y)
            for word, mobile, shared in (
                ("mobile_equal", True, False),
                ("mobile_shared", True, True),
                ("land_equal", False, False),
                ("land_shared", False, True),
            ):
                hits[word] |= same & (mobile_a[left] == mobile) & (shared_a[left] == shared)
    result = np.where(mobiles, level["mobiles_differ"], np.where(some, level["differs"], level["missing"]))
    at = np.flatnonzero(mobiles)
    if at.size:
        near = np.zeros(at.size, dtype=np.bool_)
        for a in columns.phones:
            for b in columns.phones:
                lefts, rights = left[at], right[at]
                near |= one_edit(a, lefts, rights, both(a.codes[lefts], b.codes[rights]), b)
        result[at[near]] = level["near"]
    result[hits["land_shared"]] = level["land_shared"]
    result[hits["land_equal"]] = level["land_equal"]
    result[(hits["land_equal"] | hits["land_shared"]) & mobiles] = level["land_equal_mobiles_differ"]
    result[hits["mobile_shared"]] = level["mobile_shared"]
    result[hits["mobile_equal"]] = level["mobile_equal"]
    return result.astype(np.uint8)


def email(columns: Columns, left: Rows, right: Rows) -> Levels:
    """The level of the e-mail addresses: the best of all pairs of values."""
    level = {word: np.uint8(number) for number, word in enumerate(LEVELS["email"])}
    result = np.zeros(left.size, dtype=np.uint8)
    for a in columns.emails:
        for b in columns.emails:
            there = both(a.codes[left], b.codes[right])
            result[there & (result == 0)] = level["differs"]
            open_ = there & (result == level["differs"]) & ~equal(a.codes[left], b.codes[right])
            result[one_edit(a, left, right, open_, b)] = level["near"]
    for box_a in columns.mailbox:
        for box_b in columns.mailbox:
            result[equal(box_a[left], box_b[right]) & (result == level["differs"])] = level["near"]
    for word, shared in (("shared", True), ("equal", False)):
        for a, shared_a in zip(columns.emails, columns.email_shared, strict=True):
            for b in columns.emails:
                result[equal(a.codes[left], b.codes[right]) & (shared_a[left] == shared)] = level[word]
    return result


def address(places: Places, left: Rows, right: Rows) -> Levels:
    """The level of the address, with the postcode where an address is missing."""
    level = {word: np.uint8(number) for number, word in enumerate(LEVELS["address"])}
    code_both = both(places.postcode[left], places.postcode[right])
    code_same = equal(places.postcode[left], places.postcode[right])
    town_both = both(places.town[left], places.town[right])
    town_same = equal(places.town[left], places.town[right])
    block_same = town_same & equal(places.block[left], places.block[right])
    room_both = both(places.room[left], places.room[right])
    room_same = equal(places.room[left], places.room[right])
    building_same = equal(places.building[left], places.building[right])

    result = np.where(town_both | code_both, level["differs"], level["missing"])
    result[code_same] = level["same_postcode"]
    result[town_same] = level["same_town"]
    result[block_same] = level["equal_street"]
    result[block_same & (room_same | (building_same & ~room_both))] = level["equal_full"]
    result[block_same & room_both & ~room_same] = level["room_differs"]
    return result.astype(np.uint8)


def sex(codes: Codes, left: Rows, right: Rows) -> Levels:
    """The level of the sex."""
    level = {word: np.uint8(number) for number, word in enumerate(LEVELS["sex"])}
    result = np.where(both(codes[left], codes[right]), level["differs"], level["missing"])
    result[equal(codes[left], codes[right])] = level["equal"]
    return result.astype(np.uint8)


def own(places: Sequence[Text], left: Rows, right: Rows) -> Levels:
    """The level of an identifier or a field of one's own: the best of all pairs of values."""
    level = {word: np.uint8(number) for number, word in enumerate(plain_levels())}
    result = np.zeros(left.size, dtype=np.uint8)
    for a in places:
        for b in places:
            there = both(a.codes[left], b.codes[right])
            result[there & (result == level["missing"])] = level["differs"]
            open_ = there & (result == level["differs"]) & ~equal(a.codes[left], b.codes[right])
            result[few_edits(a, left, right, open_, b)] = level["near"]
    for a in places:
        for b in places:
            result[equal(a.codes[left], b.codes[right])] = level["equal"]
    return result


def compare(columns: Columns, left: Rows, right: Rows) -> dict[str, Levels]:
    """The level numbers of all fields for pairs of rows."""
    levels = {
        "name": name(columns.names, left, right),
        "nickname": nickname(columns.names, left, right),
        "birth": birth(columns, left, right),
        "phone": phone(columns, left, right),
        "email": email(columns, left, right),
        "address": address(columns.places, left, right),
        "sex": sex(columns.sex, left, right),
    }
    return levels | {field: own(places, left, right) for field, places in columns.others.items()}


def pattern(schema: Schema, columns: Columns, left: Rows, right: Rows) -> npt.NDArray[np.uint64]:
    """The patterns of pairs of rows."""
    return schema.pack(compare(columns, left, right))
