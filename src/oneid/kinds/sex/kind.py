"""The sex as a kind, and what two records' sexes say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Decision, Facet, Header, Kind
from oneid.kinds.plain.own import plain
from oneid.kinds.quick import first_of
from oneid.kinds.sex import quick
from oneid.kinds.sex.normalizer import sex, sex_by
from oneid.kinds.shapes import Found, FoundRow, Levels, Row, Rows, Words
from oneid.kinds.texts import first_usable
from oneid.vocabulary.codes import Codes, both, code, equal
from oneid.vocabulary.patterns import MISSING

__all__ = ["SEX", "SEX_FACET", "SEX_LEVELS"]

SEX_LEVELS: Mapping[str, str] = {MISSING: "", "equal": "", "differs": ""}


def _make(found: Found, height: int) -> dict[str, pl.Series]:
    none = pl.Series("value", [None] * height, dtype=pl.String)
    return {"sex": first_usable(found["sex"], "normalized") if "sex" in found else none}


def _make_one(found: FoundRow, _families: object) -> dict[str, Any]:
    return {"sex": first_of(found.get("sex", ()), "normalized")}


def _compare(codes: Codes, left: Rows, right: Rows) -> Levels:
    """The level of the sex."""
    level = {word: np.uint8(number) for number, word in enumerate(SEX_LEVELS)}
    result = np.where(both(codes[left], codes[right]), level["differs"], level["missing"])
    result[equal(codes[left], codes[right])] = level["equal"]
    return result.astype(np.uint8)


SEX_FACET = Facet(
    name="sex",
    features={"sex": pl.String},
    make=_make,
    make_one=_make_one,
    columns=lambda features, _context: code(features["sex"]),
    few=lambda made, _borne: made.codes("sex"),
    comparisons=(
        Comparison(
            "sex",
            SEX_LEVELS,
            _compare,
            order=(("equal", "differs"),),
            bridged={"differs": ("missing",)},
            household={"differs": 60, "equal": 40},
            place=6,
        ),
    ),
    keys=lambda _codes, _heard: {},
    key_names={},
    keys_of_one=lambda _record, _borne: {},
    trusted={"sex": {"sex": "normalized"}},
)
"""The facet of the sex."""


def _settled(_row: Row, _text: str | None, refused: bool) -> bool:
    return not refused


def _decided(values: pl.Series, words: Words | None, known: bool | None) -> tuple[pl.DataFrame, bool]:
    return sex_by(values, words or None, known)


SEX = Kind(
    "sex",
    sex,
    plain,
    facet=SEX_FACET,
    decision=Decision(
        "sexes",
        {"other_codes": pl.Boolean},
        _decided,
        _settled,
        flat=lambda refused: (refused,),
        unflat=lambda row: bool(row[0]),
        clear=lambda text: text.strip() not in ("0", "00", "0.0"),
    ),
    words=("male", "female", "other"),
    usual=quick.sex,
    usual_by=quick.sex,
    shows="normalized",  # 男, M and 1 are one value to people as well
    headers=(Header(120, r"(^|_)sex($|_)|gender|性別|男女"),),
)
"""The sex."""
