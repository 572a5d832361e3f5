"""Where somebody lives: an address, completed by the postcode, and that alone where there is no address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Context, Facet, Home, Key, Residence
from oneid.kinds.few import Few, OneRecord, mixed
from oneid.kinds.quick import first_of
from oneid.kinds.shapes import Found, FoundRow, Levels, Rows
from oneid.kinds.texts import first_usable
from oneid.vocabulary.codes import Codes, both, code, equal, mix
from oneid.vocabulary.patterns import MISSING

__all__ = ["ADDRESS_LEVELS", "HOME", "Places", "address"]

ADDRESS_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal_full": "town, block, and building or room",
    "equal_street": "town and block; building or room missing on a side",
    "room_differs": "town and block, but another room",
    "same_town": "",
    "same_postcode": "",
    "differs": "",
}


@dataclass(frozen=True)
class Places:
    """Codes of an address: town with all above it, block, building, room; and the postcode."""

    town: Codes
    block: Codes
    building: Codes
    room: Codes
    postcode: Codes


def address(places: Places, left: Rows, right: Rows) -> Levels:
    """The level of the address, with the postcode where an address is missing."""
    level = {word: np.uint8(number) for number, word in enumerate(ADDRESS_LEVELS)}
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


_MAYBE_CHOME = r"^[0-9]{1,2}$"
_PARTS = ("postcode", "town", "block", "building", "room")


def _make(found: Found, height: int) -> dict[str, pl.Series]:
    none = pl.Series("value", [None] * height, dtype=pl.String)
    places, codes = found.get("address", []), found.get("postcode", [])
    made = {"postcode": first_usable(codes, "normalized") if codes else none, "town": none}
    if places:
        # A town is the same town whether or not the prefecture was written; the city's name is nearly unique.
        made["town"] = places[0].select(pl.concat_str("city", pl.col("town").fill_null(""))).to_series()
    return made | {part: places[0][part] if places else none for part in ("block", "building", "room")}


def _make_one(found: FoundRow, _families: object) -> dict[str, Any]:
    place: Mapping[str, Any] = found["address"][0] if "address" in found else {}
    city = place.get("city")
    made = {"postcode": first_of(found.get("postcode", ()), "normalized")}
    made["town"] = None if city is None else city + (place["town"] or "")
    return made | {part: place.get(part) for part in ("block", "building", "room")}


def _columns(features: pl.DataFrame, context: Context) -> Places:
    codes = context.engine.map(lambda name: code(features[name]), _PARTS)
    return Places(**dict(zip(_PARTS, codes, strict=True)))


def _few(made: Few, _borne: object) -> Places:
    return Places(**{name: made.codes(name) for name in _PARTS})


def _keys(places: Places, _heard: bool | None) -> dict[str, Sequence[Codes]]:
    return {"postcode": [places.postcode], "place": [mix(places.town, places.block)], "town": [places.town]}


def _keys_of_one(record: OneRecord, _borne: object) -> dict[str, list[int]]:
    names = ("postcode", "town", "block")
    postcode, town, block = record.codes_of([record.single[name] for name in names])
    return {"postcode": [postcode], "place": [mixed(town, block)], "town": [town]}


def _seen(texts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {"address": " ".join(text for name in _PARTS for text in texts[name] if text)}


def _home(features: pl.DataFrame) -> Home:
    town, block = code(features["town"]), features["block"]
    short = block.str.contains(_MAYBE_CHOME).fill_null(value=False) & features["room"].is_null()
    return Home(
        residence=Residence(
            place=mix(town, code(block)),
            around=[mix(town, code(block.str.extract(rf"^([^-]+(?:-[^-]+){{{more}}})-"))) for more in range(2)],
            short=short.to_numpy().astype(np.uint64),
            room=code(features["room"]),
            building=code(features["building"]),
            postcode=code(features["postcode"]),
        )
    )


HOME = Facet(
    name="address",
    features=dict.fromkeys(_PARTS, pl.String),
    make=_make,
    make_one=_make_one,
    columns=_columns,
    few=_few,
    comparisons=(
        Comparison(
            "address",
            ADDRESS_LEVELS,
            address,
            order=(("equal_full", "same_town", "differs"), ("equal_street", "same_town", "differs")),
            fields=("address", "postcode"),
            finds_with=("equal_full", "equal_street", "room_differs", "same_postcode"),
            household={
                "equal_full": 45, "equal_street": 30, "same_postcode": 10, "same_town": 5, "room_differs": 5,
                "differs": 5,
            },
            place=5,
        ),
    ),
    keys=_keys,
    key_names={
        "postcode": Key("the postcode", ("postcode",)),
        "place": Key("town with block", ("address",)),
        "town": Key("the town", ("address",)),
    },
    keys_of_one=_keys_of_one,
    trusted={"postcode": {"postcode": "normalized"}},
    home=_home,
    seen=_seen,
)  # fmt: skip
"""The facet of homes."""
