"""Phone numbers as a kind."""

from __future__ import annotations

from oneid.kinds.base import Betrayal, Header, Kind, Survival
from oneid.kinds.phone import quick
from oneid.kinds.phone.facet import PHONE_FACET
from oneid.kinds.phone.normalizer import phone
from oneid.kinds.plain.own import plain

__all__ = ["PHONE"]

PHONE = Kind(
    "phone",
    phone,
    plain,
    facet=PHONE_FACET,
    usual=quick.phone,
    several=True,
    zeros=True,
    in_short=True,
    headers=(
        Header(140, r"(^|_)(tel|phone|mobile|cell)|telephone|phone_?(no|num)|電話|携帯|連絡先|市[外内]局番|加入者番号"),
    ),
    obvious=r"'?(?:0\d{1,4}-\d{1,4}-\d{3,4}|0[5789]0\d{8}|0\d{9}|\+81[-\s]?\d{1,2}[-\s]?\d{4}[-\s]?\d{4}|\+81\d{9,10})",
    many_columns=True,
    tells=2,
    betrayal=Betrayal(),
    survival=Survival(every=True),
    shareable=True,
    mark="phone",
)
"""Phone numbers."""
