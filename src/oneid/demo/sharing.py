"""What the members of a household give for one another: a parent's mobile, the husband's mail box, the wrong birth."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import drawn, put
from oneid.demo.naming.names import Ints
from oneid.demo.people import CHILD, THIRD_CHILD, People
from oneid.demo.rates import Rates

__all__ = ["lent"]

_YOUNG = 2000
"""The first year of birth of those who may still give a parent's number."""


def _mates(rng: np.random.Generator, frame: pl.DataFrame, people: People) -> Ints:
    """Of each row another person of the household (a row of ``people.frame``), or -1; the households stand together."""
    household = people.frame["household_id"].to_numpy()
    count = np.bincount(household)[frame["household_id"].to_numpy()]
    row, first = frame["person_id"].to_numpy(), frame["main"].to_numpy()
    step = 1 + (rng.random(frame.height) * (count - 1)).astype(np.int64)
    return np.where(count > 1, first + (row - first + step) % count, -1)


def lent(rng: np.random.Generator, frame: pl.DataFrame, people: People, rates: Rates) -> pl.DataFrame:
    """``frame`` with mobile, email and birth of other members of the household in some rows.

    Children give a parent's mobile or mail box, as they do in life; the mistakes are another member's mail box, mobile,
    birth, or birth and mobile together. The record stays its own person's.
    """
    young = frame["role"].is_between(CHILD, THIRD_CHILD) & (frame["birth"].dt.year() >= _YOUNG)
    child = young.fill_null(value=False).to_numpy()
    phones, both = drawn(rng, frame.height, [rates.parents_mobile, rates.parents_mobile_and_mail])
    parent = people.frame.select("mobile", "mail")[frame["main"].to_numpy()]
    phones, both = (rows[child[rows]] for rows in (np.sort(np.concatenate([phones, both])), both))
    frame = put(frame, phones, mobile=pl.lit(parent["mobile"].gather(phones)))
    frame = put(frame, both, email=pl.lit(parent["mail"].gather(both)))
    mate = _mates(rng, frame, people)
    theirs = people.frame.select("mobile", "mail", "birth")[np.maximum(mate, 0)]
    rated = [rates.mates_mail, rates.mates_mobile, rates.mates_birth, rates.mates_birth_and_mobile]
    mail, mobile, birth, birth_too = (rows[mate[rows] >= 0] for rows in drawn(rng, frame.height, rated))
    mobile, birth = (np.concatenate([rows, birth_too]) for rows in (mobile, birth))
    frame = put(frame, mail, email=pl.lit(theirs["mail"].gather(mail)))
    frame = put(frame, mobile, mobile=pl.lit(theirs["mobile"].gather(mobile)))
    return put(frame, birth, birth=pl.lit(theirs["birth"].gather(birth)))
