"""A kind of one's own, as another package would bring it: number plates of cars, which a household may share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Facet, Header, Home, Kind, Levels, Options, Rows, Survival, Tie
from oneid.kinds.catalogue import kinds_of
from oneid.kinds.compared import Compared
from oneid.kinds.plain.own import CUSTOM, Values, own
from oneid.vocabulary.codes import both, equal, list_codes

__all__ = ["KINDS", "NAMED", "PLATE", "compared"]

NAMED = "foreign_kind:PLATE"
"""What a config names it by."""


def plate(values: pl.Series) -> pl.DataFrame:
    """A plate without blanks: an area in kanji and at least three digits."""
    text = pl.col("value").str.replace_all(r"\s", "")
    good = text.str.contains(r"^[一-龠]{2}.*\d{3}")
    none = pl.col("value").is_null() | (text == "")
    return (
        values.alias("value")
        .to_frame()
        .select(
            normalized=pl.when(good).then(text),
            display=text,
            reason=pl.when(none).then(pl.lit("missing")).when(~good).then(pl.lit("no_plate")),
        )
    )


def _compare(values: Values, left: Rows, right: Rows) -> Levels:
    level = {"missing": 0, "equal": 1, "shared": 2, "differs": 3}
    result = np.zeros(left.size, dtype=np.uint8)
    for place, a in enumerate(values.places):
        for b in values.places:
            result[both(a.codes[left], b.codes[right]) & (result == 0)] = level["differs"]
            same = equal(a.codes[left], b.codes[right])
            result[same] = level["equal"]
            if values.more is not None:
                result[same & values.more[place][left]] = level["shared"]
    return result


def _own(field: str, _options: Options) -> Facet:
    column = CUSTOM + field
    levels = {"missing": "", "equal": "", "shared": "a car of people who contradict each other", "differs": ""}
    made = own(field, levels, _compare, order=(("equal", "shared", "differs"),))
    (comparison,) = made.comparisons

    def home(features: pl.DataFrame) -> Home:
        return Home(ties={"car": list_codes(features[column])})

    def held(values: Values) -> Any:
        return [text.codes for text in values.places]

    return replace(
        made,
        comparisons=(replace(comparison, finds=("equal", "shared"), independent=True),),
        held=held,
        with_shared=lambda values, flags: replace(values, more=flags),
        ties={"car": Tie("car")},
        home=home,
    )


PLATE = Kind(
    "plate",
    plate,
    _own,
    headers=(Header(145, r"(number|licen[cs]e)_?plate|車両番号"),),
    looks={"": r"[一-龠]{2}.*\d+"},
    obvious=r"[一-龠]{2}\s?\d{3}\s[ぁ-ん]\s\d\d-\d\d",
    many_columns=True,
    in_short=True,
    survival=Survival(every=True),
    shareable=True,
    mark="plate",
)
"""Number plates."""

KINDS = kinds_of([NAMED])
"""All kinds, with that of number plates."""


def compared() -> Compared:
    """What a run with plates compares."""
    return Compared.with_own([("plate", "plate", {})], KINDS)
