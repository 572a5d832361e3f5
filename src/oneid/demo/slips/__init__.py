"""What goes wrong when records are written: columns of facts come in, the same columns with mistakes go out.

``values`` one value with a slip (a letter, a digit, a placeholder); ``written`` names in other scripts, with titles,
halved or holed; ``places`` addresses with things around them, shortened towns; ``former`` those from before a merger;
``desk`` what a counter adds: a shop's own number, the previous customer's values; ``thin`` records that say little.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.rates import Rates
from oneid.demo.reach import WHOLE, Part
from oneid.demo.slips.desk import at_the_desk
from oneid.demo.slips.places import placed
from oneid.demo.slips.thin import thinned
from oneid.demo.slips.values import NEAREST, PLACEHOLDER_MAILS, PLACEHOLDER_PHONES, slipped
from oneid.demo.slips.written import written

__all__ = ["NEAREST", "PLACEHOLDER_MAILS", "PLACEHOLDER_PHONES", "mistake"]

_WITH_ADDRESS = ("point_card", "credit_card", "ec")


def mistake(
    rng: np.random.Generator, frame: pl.DataFrame, rates: Rates, system: str, part: Part = WHOLE
) -> pl.DataFrame:
    """``frame`` with the mistakes that people and staff make in records of a system, in this part of the demo.

    Takes the columns of :func:`oneid.demo.records.plain` and gives them back with year, month and day in the place of
    birth, and with tail, what stands behind a phone, and front and behind, what stands before and behind an address
    where the system asks for one; mostly nothing.
    """
    frame = at_the_desk(rng, frame, rates, system, part)
    frame = written(rng, slipped(rng, frame, rates), rates)
    return thinned(rng, placed(rng, frame, rates) if system in _WITH_ADDRESS else frame, rates, system)
