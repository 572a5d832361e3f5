"""The family names that records show: what later rows are split by."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

__all__ = ["Families"]


@dataclass(frozen=True, eq=False)
class Families:
    """The family names that the records of ``sources`` (ascending) show apart from given names.

    ``names``: kanji, reading (strict kana or null), each pair once, sorted. ``latin``: whether any record has a name in
    Latin letters alone, which names in kana could meet by their sound.
    """

    sources: tuple[str, ...]
    names: pl.DataFrame
    latin: bool
