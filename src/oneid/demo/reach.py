"""How the demo's people are reached: mobile numbers and mail boxes, each of one person unless life mixes them up.

A large demo is drawn in blocks that know nothing of one another but what :class:`Part` says: each has mobile numbers of
its own to give, and a mail box that an earlier one gave gets a number before the @, as a second one in a block does.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
import polars as pl

from oneid.demo.chance import Bools, among, tell
from oneid.demo.naming.names import Ints

__all__ = ["PROVIDERS", "WHOLE", "Boxes", "Part", "draw_mailboxes", "draw_mobiles"]

PROVIDERS = {
    "gmail.com": 0.36, "yahoo.co.jp": 0.20, "docomo.ne.jp": 0.11, "icloud.com": 0.10, "ezweb.ne.jp": 0.09,
    "softbank.ne.jp": 0.07, "au.com": 0.02, "i.softbank.jp": 0.02, "hotmail.co.jp": 0.02, "outlook.jp": 0.01,
}  # fmt: skip
"""Mail providers and their shares; the people in front of the @ are made up."""

_WORDS = (
    "neko", "momo", "hana", "sora", "kuma", "pino", "mimi", "usagi", "hoshi", "umi", "yuki.snow", "blue", "sakura",
    "maron", "rose", "tora", "shiba", "inu", "peach", "lucky", "happy", "smile", "ocean", "moon", "coco", "choco",
    "mame", "tanuki", "panda", "lemon",
)  # fmt: skip


_LINES = 9 * 10**7
"""Numbers that each of 090, 080 and 070 has."""
_STEP = 55_623_061
"""Spreads a part's numbers over all of them: near the golden section, and no divisor in common with ``_LINES``."""
_MARKS = 2**27


class Boxes:
    """The mail boxes that the blocks of a large demo have given so far, in 128 MiB whatever their number: marks by
    checksum, so that a few that nobody has are taken for given.
    """

    def __init__(self) -> None:
        self.count = 0
        self._marks = np.zeros(_MARKS, dtype=np.bool_)

    def given(self, boxes: pl.Series) -> Bools:
        """Which of these an earlier block gave."""
        marked: Bools = self._marks[_marks(boxes)]
        return marked

    def give(self, boxes: pl.Series) -> None:
        """Marks these as given."""
        self._marks[_marks(boxes)] = True


def _marks(boxes: pl.Series) -> Ints:
    return np.fromiter((zlib.crc32(box.encode()) % _MARKS for box in boxes), np.int64, len(boxes))


class Part(NamedTuple):
    """The ``nth`` (from 0) of so many blocks of a demo, and the mail boxes of those before it."""

    nth: int = 0
    of: int = 1
    boxes: Boxes | None = None


WHOLE = Part()


def draw_mobiles(rng: np.random.Generator, size: int, part: Part = WHOLE) -> pl.Series:
    """``size`` different mobile numbers of eleven digits, most of them 090; those of two parts are different too."""
    begin, end = (_LINES * nth // part.of for nth in (part.nth, part.nth + 1))
    drawn = np.empty(0, dtype=np.int64)
    while drawn.size < size:
        prefix = np.array([90, 80, 70])[np.searchsorted([0.5, 0.8], rng.random(size + 16))]
        line = rng.integers(begin, end, size + 16)
        line = line if part.of == 1 else line * _STEP % _LINES
        drawn = np.concatenate([drawn, prefix * 10**8 + 10**7 + line])
        _, first = np.unique(drawn, return_index=True)
        drawn = drawn[np.sort(first)]
    return "0" + pl.Series(drawn[:size]).cast(pl.String)


def draw_mailboxes(rng: np.random.Generator, owners: pl.DataFrame, before: Boxes | None = None) -> pl.Series:
    """A mail box per row of ``owners`` (family_latin, given_latin in capitals, birth), no two alike, and none that was
    given ``before``, to which these are added.

    The part before the @ is made of the name, its initials, the birthday or year, or a word that tells nothing.
    """
    size = owners.height
    family, given = pl.col("family_latin").str.to_lowercase(), pl.col("given_latin").str.to_lowercase()
    word = pl.Series(_WORDS).gather(rng.integers(0, len(_WORDS), size))
    number = pl.Series(rng.integers(1, 9999, size)).cast(pl.String)
    day, year = pl.col("birth").dt.strftime("%m%d").fill_null("01"), pl.col("birth").dt.strftime("%y").fill_null("00")
    dot = pl.Series(np.array([".", "_", "-", ""], dtype=object)[rng.integers(0, 4, size)], dtype=pl.String)
    forms = (
        given + dot + family,
        family + dot + given,
        given + day,
        family + given.str.slice(0, 1) + year,
        given.str.slice(0, 1) + dot + family + number.str.slice(0, 2),
        given + number,
        family + number,
        pl.lit(word + dot + number),
    )
    local = among(tell(rng, size, (0.20, 0.18, 0.12, 0.09, 0.09, 0.10, 0.07, 0.15)), forms)
    domain = pl.Series(list(PROVIDERS)).gather(tell(rng, size, list(PROVIDERS.values())))
    local = local.str.replace_all("[^a-z0-9._-]", "").str.strip_chars(".-_")
    chosen = pl.when(local.str.len_chars() < 3).then(word + number).otherwise(local)
    local_part = owners.select(local=chosen)["local"]
    plain = local_part + "@" + domain
    alone, first = plain.is_first_distinct(), 10
    if before is not None:
        alone &= ~pl.Series(before.given(plain))
        before.give(plain.filter(alone))
        first += before.count
        before.count += size
    number = pl.Series(np.arange(first, size + first)).cast(pl.String)
    return local_part.zip_with(alone, local_part + number) + "@" + domain
