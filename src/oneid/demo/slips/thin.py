"""Records that say very little: a name and a birth, a mail box, a family name and a phone, a household's contacts."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import drawn, put
from oneid.demo.rates import Rates

__all__ = ["thinned"]

_NAME, _KANA, _BIRTH = ("family", "given"), ("family_kana", "given_kana"), ("year", "month", "day")
_REACH, _MAIL = ("phone", "home_phone"), ("email",)
_HOME = ("postcode", "prefecture", "city", "town", "chome", "ban", "go", "building", "room", "front", "behind")
_ALL = (*_NAME, *_KANA, *_BIRTH, "sex", *_REACH, *_MAIL, *_HOME)
_KINDS = {
    "name and birth": ("point_card", "prepaid", "ec"), "mail alone": ("prepaid", "mail_list", "ec"),
    "family and phone": ("point_card", "prepaid", "ec"), "silent": ("point_card", "prepaid", "mail_list", "ec"),
}  # fmt: skip
"""Which systems take such records."""
_KEPT = {
    "name and birth": (*_NAME, *_KANA, *_BIRTH), "mail alone": _MAIL,
    "family and phone": ("family", "family_kana", "phone"),
    "silent": (*_REACH, *_MAIL, *_HOME),
}  # fmt: skip
"""What they still say."""


def thinned(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates, system: str) -> pl.DataFrame:
    """``frame`` with the cells of some rows emptied. A silent record keeps the household's phone, mail box and address
    and has neither name nor birth: it fits everybody who lives there.
    """
    rated = (rates.only_name_and_birth, rates.only_mail, rates.only_family_and_phone, rates.silent)
    rates_here = [rate if system in systems else 0.0 for rate, systems in zip(rated, _KINDS.values(), strict=True)]
    rows = dict(zip(_KINDS, drawn(rng, frame.height, rates_here), strict=True))
    frame = put(frame, rows["silent"], phone=pl.coalesce("land", "phone"), email=pl.coalesce("mail_family", "email"))
    always = _MAIL if system == "mail_list" else ()
    full = {}
    for name in (name for name in _ALL if name in frame.columns):
        kinds = tuple(kind for kind, kept in _KEPT.items() if name not in (*kept, *always))
        if kinds not in full:
            there = np.ones(frame.height, dtype=np.bool_)
            there[np.concatenate([rows[kind] for kind in kinds] or [rows["silent"][:0]])] = False
            full[kinds] = pl.Series(there)
        frame = frame.with_columns(pl.when(full[kinds]).then(name).alias(name))
    return put(frame, rows["family and phone"], given=pl.lit(""), given_kana=pl.lit(""))
