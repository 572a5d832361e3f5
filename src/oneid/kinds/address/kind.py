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
    zeros=True,
    example="1000013",
    in_short=True,
    headers=(Header(150, r"zip|post(al)?_?(code|no|cd)|(^|_)postal($|_(?!addr))|(^|_)(plz|pstlz)|郵便|ゆうびん|〒"),),
    obvious=r"〒?\d{3}-\d{4}",
    tells=3,
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
        Header(160, r"(^|_)pref|都道府県|県名|(^|_)(state|province|region|regio)(?=$|_)", "prefecture"),
        Header(
            170,
            r"(^|_)(city|municipality|locality|ort01)(?=$|_)|市区?町村(?!_?番地|以[降下])|市区郡|郡市区|区市町村|(^|_)市区(?=$|_|\d)",
            "city",
        ),
        Header(180, r"(^|_)town($|_)|町域|町名(?!.{0,3}番地)|大字", "town"),
        Header(190, r"(^|_)(street|stras)|番地|丁目", "street"),
        Header(200, r"building|(^|_)(apartment|apt|suite|room)(?=$|_)|建物|マンション|アパート|部屋|ビル", "building"),
        Header(185, r"町名.{0,3}番地|市区?町村_?番地|[市区町村]以[降下]|(それ|これ)以降"),
        Header(210, r"address|(^|_)addr|(^|_)line_?\d|住所|所在地|番地以降"),
    ),
    looks={
        "": r"[^@]*[^\W\d_][^@]*|[\d‐-―ー−-]+|.*(都|道|府|県|市|区|町|村|丁目|番地).*",
        "prefecture": r".*[都道府県]|東京|大阪|京都|[a-z][a-z .'-]+",
        "street": r".+",
        "building": r".+",
    },
    joins=True,
    tells=3,
    obvious=r"(東京都|北海道|京都府|大阪府|[^\d\s]{2,3}県).{3,}",
    survival=Survival(beside="address", leads=True, every=True),
    shareable=True,
    mark="",
)
"""Addresses."""
