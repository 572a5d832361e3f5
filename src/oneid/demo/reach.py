"""How the demo's people are reached: mobile numbers and mail boxes, each of one person unless life mixes them up."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import among, tell

__all__ = ["PROVIDERS", "draw_mailboxes", "draw_mobiles"]

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


def draw_mobiles(rng: np.random.Generator, size: int) -> pl.Series:
    """``size`` different mobile numbers of eleven digits, most of them 090."""
    drawn = np.empty(0, dtype=np.int64)
    while drawn.size < size:
        prefix = np.array([90, 80, 70])[np.searchsorted([0.5, 0.8], rng.random(size + 16))]
        fresh = prefix * 10**8 + rng.integers(10**7, 10**8, size + 16)
        drawn = np.concatenate([drawn, fresh])
        _, first = np.unique(drawn, return_index=True)
        drawn = drawn[np.sort(first)]
    return "0" + pl.Series(drawn[:size]).cast(pl.String)


def draw_mailboxes(rng: np.random.Generator, owners: pl.DataFrame) -> pl.Series:
    """A mail box per row of ``owners`` (family_latin, given_latin in capitals, birth), no two alike.

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
    alone = (local_part + "@" + domain).is_first_distinct()
    return local_part.zip_with(alone, local_part + pl.Series(np.arange(10, size + 10)).cast(pl.String)) + "@" + domain
