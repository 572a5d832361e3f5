"""Mailboxes that say of themselves that a household reads them: suzuki-ke, tanakafamily, kazoku.yamada.

鈴木家, written behind or before the family name. A word that is only part of a given name (keiko, yusuke) says nothing,
nor do the letters ke alone, which may be anyone's initials.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import numpy as np
import polars as pl

from oneid.japanese.likelyreadings import keys_of
from oneid.japanese.nametables import surnames
from oneid.japanese.quickkeys import fold
from oneid.japanese.romaji import fold_tokens
from oneid.kinds.shapes import Flags

__all__ = ["household_mailboxes", "is_household_mailbox"]

_WORDS = ("ke", "family", "kazoku")
_LEAST_JOINED = 4
"""So many letters has a family name to which the word is joined: take and keito are no household."""
_LEAST_WEIGHT = 2.0
"""Bearers per 100,000 from which a family name counts."""
_PERHAPS = r"^[^@]*(?:family|kazoku)|^ke|[^a-z]ke[^a-z]|ke[^a-z]*@"
_LETTERS = re.compile("[a-z]+")


@cache
def _families() -> frozenset[str]:
    common = surnames().filter(pl.col("weight") >= _LEAST_WEIGHT)["reading"].unique()
    return frozenset(fold_tokens(common).drop_nulls())  # as a column: one by one it takes a tenth of a second


@lru_cache(maxsize=65_536)
def is_household_mailbox(address: str) -> bool:
    """Whether a normalized address is a household's by its own words.

    >>> [is_household_mailbox(text) for text in ("suzuki-ke@a.jp", "ke.tanaka2@a.jp", "yamadafamily@a.jp")]
    [True, True, True]
    >>> [is_household_mailbox(text) for text in ("yusuke@a.jp", "ke0607@a.jp", "keiko.sato@a.jp", "take@a.jp")]
    [False, False, False, False]
    """
    words = _LETTERS.findall(address.partition("@")[0])
    if any(fold(word) in keys_of("given") for word in words):
        return False
    if len(words) == 1:
        rests = [words[0].removeprefix(word) for word in _WORDS] + [words[0].removesuffix(word) for word in _WORDS]
        return any(rest != words[0] and len(rest) >= _LEAST_JOINED and fold(rest) in _families() for rest in rests)
    return any(word in _WORDS for word in words) and any(fold(word) in _families() for word in words)


def household_mailboxes(addresses: pl.Series) -> Flags:
    """:func:`is_household_mailbox` of a column; False where there is no address."""
    found = np.zeros(len(addresses), dtype=np.bool_)
    at = addresses.str.contains(_PERHAPS).fill_null(value=False).arg_true()
    found[at.to_numpy()] = [is_household_mailbox(text) for text in addresses.gather(at)]
    return found
