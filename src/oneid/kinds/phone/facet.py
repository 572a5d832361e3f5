"""Which phone numbers somebody has: numbers place by place, mobiles told from land lines, and which are shared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Context, Facet, Home, Key, Tie
from oneid.kinds.few import Few
from oneid.kinds.phone.normalizer import _MOBILE, is_mobile
from oneid.kinds.quick import listed
from oneid.kinds.shapes import Flags, Found, FoundRow, Levels, Rows
from oneid.kinds.texts import Text, no_texts, one_edit, places_of, texts_of
from oneid.vocabulary.codes import Codes, both, code
from oneid.vocabulary.patterns import MISSING

__all__ = ["PHONE_FACET", "PHONE_LEVELS", "Phones", "phone"]

PHONE_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "mobile_equal": "",
    "mobile_shared": "a mobile whose holders contradict each other",
    "land_equal": "",
    "land_shared": "",
    "land_equal_mobiles_differ": "",
    "near": "one digit apart",
    "differs": "",
    "mobiles_differ": "",
}

_IS_MOBILE = re.compile(rf"\+81{_MOBILE}")
_LAND: Final = r"^\+81[1-9]"
_NOT_LAND: Final = r"^\+81(?:120|800|570|50[1-9])"  # numbers of companies, and numbers that are bound to no place
_NONE: Final = np.uint64(0)


@dataclass(frozen=True)
class Phones:
    """Numbers in E.164, and by place and record whether one is a mobile, and whether it is shared."""

    numbers: Sequence[Text]
    mobile: Sequence[Flags]
    shared: Sequence[Flags]


def phone(phones: Phones, left: Rows, right: Rows) -> Levels:
    """The level of the phone numbers: the best of all pairs of values, mobiles before land lines."""
    level = {word: np.uint8(number) for number, word in enumerate(PHONE_LEVELS)}
    size = left.size
    some, mobiles = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    hits = {word: np.zeros(size, np.bool_) for word in ("mobile_equal", "mobile_shared", "land_equal", "land_shared")}
    rights = [(b.codes[right], mobile[right]) for b, mobile in zip(phones.numbers, phones.mobile, strict=True)]
    for a, mobile, shared in zip(phones.numbers, phones.mobile, phones.shared, strict=True):
        x, mobile_a, shared_a = a.codes[left], mobile[left], shared[left]
        of = {"mobile_equal": mobile_a & ~shared_a, "mobile_shared": mobile_a & shared_a,
              "land_equal": ~mobile_a & ~shared_a, "land_shared": ~mobile_a & shared_a}  # fmt: skip
        for y, mobile_b in rights:
            there = both(x, y)
            some |= there
            mobiles |= there & mobile_a & mobile_b
            same = there & (x == y)
            if same.any():
                for word, those in of.items():
                    hits[word] |= same & those
    result = np.where(mobiles, level["mobiles_differ"], np.where(some, level["differs"], level["missing"]))
    at = np.flatnonzero(mobiles)
    if at.size:
        near = np.zeros(at.size, dtype=np.bool_)
        for a in phones.numbers:
            for b in phones.numbers:
                ours, theirs = left[at], right[at]
                near |= one_edit(a, ours, theirs, both(a.codes[ours], b.codes[theirs]), b)
        result[at[near]] = level["near"]
    result[hits["land_shared"]] = level["land_shared"]
    result[hits["land_equal"]] = level["land_equal"]
    result[(hits["land_equal"] | hits["land_shared"]) & mobiles] = level["land_equal_mobiles_differ"]
    result[hits["mobile_shared"]] = level["mobile_shared"]
    result[hits["mobile_equal"]] = level["mobile_equal"]
    return result.astype(np.uint8)


def _make(found: Found, height: int) -> dict[str, pl.Series]:
    phones = found.get("phone", [])
    return {"phone": texts_of(phones, "normalized", "more") if phones else no_texts(height)}


def _make_one(found: FoundRow, _families: object) -> dict[str, Any]:
    return {"phone": listed(found.get("phone", ()), "normalized", "more")}


def _phones(numbers: Sequence[Text], mobile: Sequence[Flags], height: int) -> Phones:
    return Phones(numbers, mobile, [np.zeros(height, dtype=np.bool_)] * len(numbers))


def _columns(features: pl.DataFrame, _context: Context) -> Phones:
    numbers = places_of(features["phone"])
    return _phones(numbers, [is_mobile(text.values).to_numpy() for text in numbers], features.height)


def _few(made: Few, _borne: object) -> Phones:
    mobile = [
        np.array([bool(_IS_MOBILE.match(text)) for text in made.texts("phone", place)], dtype=np.bool_)
        for place in range(made.places["phone"])
    ]
    return _phones(made.listed("phone"), mobile, made.size)


def _held(phones: Phones) -> list[Codes]:
    return [text.codes for text in phones.numbers]


def _with_shared(phones: Phones, flags: Sequence[Flags]) -> Phones:
    return replace(phones, shared=flags)


def _home(features: pl.DataFrame) -> Home:
    """A land line is one home's; a mobile of two members binds them where they live in one place."""
    lists = features["phone"]
    longest = int(lists.list.len().max() or 0)  # type: ignore[arg-type]
    texts = [lists.list.get(place, null_on_oob=True) for place in range(longest)]
    mobiles = [is_mobile(text).to_numpy() for text in texts]
    lands = [
        (text.str.contains(_LAND) & ~text.str.contains(_NOT_LAND)).fill_null(value=False).to_numpy() & ~mobile
        for text, mobile in zip(texts, mobiles, strict=True)
    ]
    codes = [code(text) for text in texts]
    return Home(
        ties={
            "land": [np.where(land, number, _NONE) for number, land in zip(codes, lands, strict=True)],
            "mobile": [np.where(mobile, number, _NONE) for number, mobile in zip(codes, mobiles, strict=True)],
        }
    )


PHONE_FACET = Facet(
    name="phone",
    features={"phone": pl.List(pl.String)},
    make=_make,
    make_one=_make_one,
    columns=_columns,
    few=_few,
    comparisons=(
        Comparison(
            "phone",
            PHONE_LEVELS,
            phone,
            order=(
                ("mobile_equal", "mobile_shared", "mobiles_differ"),
                ("mobile_equal", "land_equal", "land_shared", "mobiles_differ"),
                ("mobile_equal", "near", "mobiles_differ"),
            ),
            finds=("mobile_equal", "mobile_shared", "land_equal", "land_shared", "land_equal_mobiles_differ"),
            independent=True,
            household={
                "land_shared": 35, "land_equal": 20, "mobile_shared": 10, "land_equal_mobiles_differ": 10,
                "differs": 11, "mobiles_differ": 10, "mobile_equal": 3,
            },
            place=3,
        ),
    ),
    keys=lambda phones, _heard: {"phone": _held(phones)},
    key_names={"phone": Key("the phone number", ("phone",))},
    keys_of_one=lambda record, _borne: {"phone": record.codes("phone")},
    trusted={"phone": {"phone": "normalized"}},
    held=_held,
    with_shared=_with_shared,
    ties={"land": Tie("land_line", of_people=True), "mobile": Tie("mobile", near=True)},
    home=_home,
)  # fmt: skip
"""The facet of phone numbers."""
