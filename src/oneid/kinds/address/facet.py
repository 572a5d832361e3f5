"""Where somebody lives: an address, completed by the postcode, and that alone where there is no address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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
    "equal_full": "town, block, and building or room, or neither has any",
    "equal_street": "town and block; building or room missing on a side",
    "room_differs": "town and block, but another room or another of several houses (A棟, 3号棟)",
    "same_town": "",
    "same_postcode": "",
    "differs": "",
}


@dataclass(frozen=True)
class Places:
    """Codes of an address: town with all above it, block, building, room, house of several; and the postcode."""

    town: Codes
    block: Codes
    building: Codes
    room: Codes
    wing: Codes
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
    wing_differs = both(places.wing[left], places.wing[right]) & ~equal(places.wing[left], places.wing[right])
    inside = [places.building[left], places.building[right], places.room[left], places.room[right]]
    none_inside = np.logical_and.reduce([codes == 0 for codes in inside])

    result = np.where(town_both | code_both, level["differs"], level["missing"])
    result[code_same] = level["same_postcode"]
    result[town_same] = level["same_town"]
    result[block_same] = level["equal_street"]
    result[block_same & (room_same | none_inside | (building_same & ~room_both))] = level["equal_full"]
    result[block_same & ((room_both & ~room_same) | wing_differs)] = level["room_differs"]
    return result.astype(np.uint8)


_MAYBE_CHOME = r"^[0-9]{1,2}$"
_PARTS = ("postcode", "town", "block", "building", "room", "wing")
_WING = (
    r"第?([0-9]{1,3}|[A-Z]|[一二三四五六七八九十壱弐参]{1,2}|[東西南北])(?:号棟|号館|番館|番街|棟|館)|[^A-Z]([A-Z])$"
    r"|第([0-9]{1,2}|[一二三四五六七八九十]{1,2})"
)
"""What tells one of several houses on a lot from the others: 3号棟, B棟, 東館, 富士ハイツA, 第2富士荘."""
_DIGITS = dict(zip("一二三四五六七八九壱弐参", "123456789123", strict=True))


def _wing(building: pl.Expr) -> pl.Expr:
    cut = building.str.extract_groups(_WING)
    return pl.coalesce(*(cut.struct.field(name) for name in "123")).str.replace_many(_DIGITS)


def _wing_of(building: str | None) -> str | None:
    found = _wing_pattern().search(building or "")
    wing = found and next(filter(None, found.groups()), None)
    return "".join(_DIGITS.get(letter, letter) for letter in wing) if wing else None


@cache
def _wing_pattern() -> re.Pattern[str]:
    return re.compile(_WING)


def _make(found: Found, height: int) -> dict[str, pl.Series]:
    none = pl.Series("value", [None] * height, dtype=pl.String)
    places, codes = found.get("address", []), found.get("postcode", [])
    made = {"postcode": first_usable(codes, "normalized") if codes else none, "town": none}
    if places:
        # A town is the same town whether or not the prefecture was written; the city's name is nearly unique.
        made["town"] = places[0].select(pl.concat_str("city", pl.col("town").fill_null(""))).to_series()
        # Lots are numbered anew in each 小字, and 甲12 is another house than 乙12.
        made["block"] = places[0].select(pl.col("koaza").fill_null("") + pl.col("block")).to_series()
        made["wing"] = places[0].select(_wing(pl.col("building"))).to_series()
        return made | {part: places[0][part] for part in ("building", "room")}
    return made | dict.fromkeys(("block", "building", "room", "wing"), none)


def _make_one(found: FoundRow, _families: object) -> dict[str, Any]:
    place: Mapping[str, Any] = found["address"][0] if "address" in found else {}
    city = place.get("city")
    made = {"postcode": first_of(found.get("postcode", ()), "normalized")}
    made["town"] = None if city is None else city + (place["town"] or "")
    block = place.get("block")
    made["block"] = None if block is None else (place["koaza"] or "") + block
    made["wing"] = _wing_of(place.get("building"))
    return made | {part: place.get(part) for part in ("building", "room")}


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
    return {"address": " ".join(text for name in _PARTS[:-1] for text in texts[name] if text)}


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
