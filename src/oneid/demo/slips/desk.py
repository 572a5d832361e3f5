"""What a counter adds to a record: the shop's own phone, mail box or address, and what the last customer left there."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import drawn, put
from oneid.demo.naming.names import Ints
from oneid.demo.rates import Rates
from oneid.demo.reach import WHOLE, Part

__all__ = ["at_the_desk"]

_HOME = ("postcode", "prefecture", "city", "town", "chome", "ban", "go", "building", "room", "lot", "lot_behind",
         "street", "area")  # fmt: skip
_AT_TERMINALS = {
    "point_card": ("phone", "address"), "prepaid": ("phone", "email"), "mail_list": ("email",),
    "ec": ("phone", "email", "address"),
}  # fmt: skip
"""What systems that staff fill in for customers may hold of the shop."""
_MEMBERS = 80
"""Records of one system per shop that does so."""


def _shop(rng: np.random.Generator, frame: pl.DataFrame, rows: Ints, field: str, part: Part) -> pl.DataFrame:
    """These rows with a shop's phone, mail box or address, about eighty rows a shop; a shop has its phone and its mail
    box in all systems, and each part of a demo has its own shops.
    """
    shops = max(1, rows.size // _MEMBERS)
    of = rng.integers(0, shops, rows.size)
    if field == "address":
        home = frame[rng.integers(0, frame.height, shops)].select(_HOME)[of]
        return put(frame, rows, **{name: pl.lit(home[name]) for name in _HOME})
    shop = of * part.of + part.nth
    number = pl.Series(2_000_003 + shop * 79_193 % 7_900_000).cast(pl.String)
    if field == "phone":
        return put(frame, rows, phone=pl.lit("03" + "5" + number), area=pl.lit("03"))
    return put(frame, rows, email="shop" + pl.lit(number) + "@tenpo.example.jp")


def _left_in(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """The phone, mail box, address or birth of the customer before, still in the form; sometimes two of them."""
    kinds = (("phone", "area"), ("email",), _HOME, ("birth",), ("phone", *_HOME), ("birth", "phone", "area"))
    share = rates.previous_customer / len(kinds)
    for rows, columns in zip(drawn(rng, frame.height, [share] * len(kinds)), kinds, strict=True):
        later = rows[rows > 0]
        before = frame.select(columns)[later - 1]
        frame = put(frame, later, **{name: pl.lit(before[name]) for name in columns})
    return frame


def at_the_desk(
    rng: np.random.Generator, frame: pl.DataFrame, rates: Rates, system: str, part: Part = WHOLE
) -> pl.DataFrame:
    """``frame`` with what was put in at counters: never a reason to take two people for one."""
    frame = _left_in(rng, frame, rates)
    fields = _AT_TERMINALS.get(system, ())
    for rows, field in zip(drawn(rng, frame.height, [rates.terminal / 2] * len(fields) or [0.0]), fields, strict=False):
        frame = _shop(rng, frame, rows, field, part) if rows.size else frame
    return frame
