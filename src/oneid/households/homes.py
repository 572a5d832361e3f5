"""What each record says of where its person lives and with whom, as equality codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.kanji import fold_soft
from oneid.japanese.text import on_tokens
from oneid.kinds.phone.normalizer import is_mobile
from oneid.records.features import CARD
from oneid.vocabulary.codes import Codes, code, list_codes, mix

__all__ = ["Homes", "homes", "needed"]

_NEEDED: Final = ("family", "key_family", "town", "block", "building", "room", "postcode", "phone", "email")

_NONE: Final = np.uint64(0)
_LAND: Final = r"^\+81[1-9]"
_MAYBE_CHOME: Final = r"^[0-9]{1,2}$"
_NOT_LAND: Final = r"^\+81(?:120|800|570|50[1-9])"  # numbers of companies, and numbers that are bound to no place


@dataclass(frozen=True, slots=True)
class Homes:
    """What each record says of where its person lives and with whom: equality codes by record, 0 where it says nothing.

    ``names``: the family name in kanji, and its reading. ``place``: town and block; ``around``: town and the first one,
    and two, numbers of a longer block; ``short``: 1 where a block without room may be no more than a 丁目. ``cards``
    (main members), ``land``, ``mobile``, ``email``: one array per place in a list of values.
    """

    names: Sequence[Codes]
    place: Codes
    around: Sequence[Codes]
    short: Codes
    room: Codes
    building: Codes
    postcode: Codes
    cards: Sequence[Codes]
    land: Sequence[Codes]
    mobile: Sequence[Codes]
    email: Sequence[Codes]

    def columns(self) -> dict[str, Codes]:
        """One column per array, named ``m:name:place``."""
        found: dict[str, Codes] = {}
        for each in fields(self):
            held = getattr(self, each.name)
            for place, codes in enumerate([held] if isinstance(held, np.ndarray) else held):
                found[f"m:{each.name}:{place}"] = codes
        return found

    @classmethod
    def from_columns(cls, columns: Mapping[str, Codes], place: npt.NDArray[np.uint32]) -> Homes:
        """What :meth:`columns` gave, other columns left out, for the records at some places."""
        found: dict[str, list[Codes]] = {each.name: [] for each in fields(cls)}
        for name, codes in columns.items():
            part, _, rest = name.partition(":")
            if part == "m":
                found[rest.partition(":")[0]].append(codes[place])
        single = ("place", "short", "room", "building", "postcode")
        return cls(**{name: held[0] if name in single else held for name, held in found.items()})  # type: ignore[arg-type]


def needed(features: Sequence[str]) -> tuple[str, ...]:
    """Those of the features that tell where people live, and with whom."""
    return (*_NEEDED, *(name for name in features if name.startswith(CARD)))


def homes(features: pl.DataFrame) -> Homes:
    """What :func:`oneid.households.households.households` needs of the features
    (:data:`oneid.records.features.FEATURES`): 8 bytes per record and array, so that the features themselves can go.
    """
    lists = features["phone"]
    longest = int(lists.list.len().max() or 0)  # type: ignore[arg-type]
    phones = [lists.list.get(place, null_on_oob=True) for place in range(longest)]
    mobiles = [is_mobile(text).to_numpy() for text in phones]
    lands = [
        (text.str.contains(_LAND) & ~text.str.contains(_NOT_LAND)).fill_null(value=False).to_numpy() & ~mobile
        for text, mobile in zip(phones, mobiles, strict=True)
    ]
    codes = [code(text) for text in phones]
    town, block = code(features["town"]), features["block"]
    short = block.str.contains(_MAYBE_CHOME).fill_null(value=False) & features["room"].is_null()
    return Homes(
        names=(code(on_tokens(features["family"], _soft)), code(features["key_family"])),
        place=mix(town, code(block)),
        around=[mix(town, code(block.str.extract(rf"^([^-]+(?:-[^-]+){{{more}}})-"))) for more in range(2)],
        short=short.to_numpy().astype(np.uint64),
        room=code(features["room"]),
        building=code(features["building"]),
        postcode=code(features["postcode"]),
        cards=[
            mix(place, np.full(place.size, 1 + number, dtype=np.uint64))  # one number in two fields is two numbers
            for number, name in enumerate(sorted(name for name in features.columns if name.startswith(CARD)))
            for place in list_codes(features[name])
        ],
        land=[np.where(land, number, _NONE) for number, land in zip(codes, lands, strict=True)],
        mobile=[np.where(mobile, number, _NONE) for number, mobile in zip(codes, mobiles, strict=True)],
        email=list_codes(features["email"]),
    )


def _soft(tokens: pl.Series) -> pl.Series:
    return tokens.to_frame("name").select(fold_soft(pl.col("name"))).to_series()
