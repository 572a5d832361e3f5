"""Addresses and postcodes as kinds."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from oneid.kinds.address import quick, quickpostcode
from oneid.kinds.address.facet import HOME
from oneid.kinds.address.normalizer import address, address_parts
from oneid.kinds.address.postcode import postcode
from oneid.kinds.base import Header, Kind, Survival
from oneid.kinds.plain.own import plain

__all__ = ["ADDRESS", "POSTCODE"]


def _parts(parts: Sequence[pl.Series], code: pl.Series | None) -> pl.DataFrame:
    return address_parts(*parts, postcode=code)


POSTCODE = Kind(
    "postcode",
    postcode,
    plain,
    facet=HOME,
    usual=quickpostcode.postcode,
    example="1000013",
    in_short=True,
    headers=(Header(150, r"zip|post(al)?_?code|郵便|〒"),),
    looks={"": r"〒?\s?\d{3}[‐-―ー−-]?\d{4}|\d{6}"},
    obvious=r"〒?\d{3}-\d{4}",
    survival=Survival(beside="address"),
    shareable=True,
)
"""Postcodes."""
ADDRESS = Kind(
    "address",
    address,
    plain,
    facet=HOME,
    parts=("prefecture", "city", "town", "street", "building"),
    from_parts=_parts,
    beside="postcode",
    completed=address,
    usual=quick.address,
    example="東京都千代田区霞が関1-2-3",
    slow=True,
    spelled=("prefecture", "city", "town", "block", "building", "room"),
    in_short=True,
    headers=(
        Header(160, r"pref|都道府県", "prefecture"),
        Header(170, r"(^|_)(city|municipality)($|_)|市区?町村|市区郡", "city"),
        Header(180, r"(^|_)town($|_)|町域|町名|大字", "town"),
        Header(190, r"street|番地|丁目", "street"),
        Header(200, r"building|建物|マンション|アパート|部屋", "building"),
        Header(210, r"address|(^|_)addr|住所|所在地"),
    ),
    looks={
        "": r"[^\d@]*[^\W\d_][^@]*|.*(都|道|府|県|市|区|町|村|丁目|番地).*",
        "prefecture": r".*[都道府県]|[a-z-]+|\d{1,2}",
        "street": r".+",
        "building": r".+",
    },
    obvious=r"(東京都|北海道|京都府|大阪府|[^\d\s]{2,3}県).{3,}",
    survival=Survival(beside="address", leads=True, every=True),
    shareable=True,
)
"""Addresses."""
