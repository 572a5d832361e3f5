"""For kinds of one's own: a normalizer from a function of one text, and a facet from a function of two.

>>> read = each(lambda text: text.upper() if text.isalnum() else None, "not_a_code")
>>> read(pl.Series(["a1", "a+1", None])).select("normalized", "reason").rows()
[('A1', None), (None, 'not_a_code'), (None, 'missing')]
>>> own = judged({"equal": "The codes are equal.", "differs": "They are not."}, lambda a, b: "differs")
>>> own("code", {}).comparisons[0].words
('missing', 'equal', 'differs')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import polars as pl

from oneid.japanese.text import is_placeholder
from oneid.kinds.base import Facet
from oneid.kinds.plain.own import Values, best, own
from oneid.kinds.plain.tidied import judged as with_reasons
from oneid.kinds.plain.tidied import tidied
from oneid.kinds.shapes import Levels, Options, Rows
from oneid.kinds.texts import level_of_pairs
from oneid.vocabulary.codes import equal
from oneid.vocabulary.patterns import MISSING

__all__ = ["each", "judged"]


def each(read: Callable[[str], str | None], otherwise: str = "unreadable") -> Callable[[pl.Series], pl.DataFrame]:
    """A normalizer (``normalize`` of a :class:`~oneid.kinds.base.Kind`) from a function of one text.

    ``read`` is given a tidy text (NFKC, so half-width; blanks of every kind one space, none at the ends), once per
    distinct text, and returns its normal form, or None where it cannot be read: then ``otherwise`` is the reason.
    Nothing, and words that stand for nothing (不明, N/A), never reach it.
    """

    def normalize(values: pl.Series) -> pl.DataFrame:
        frame = tidied(values)
        frame = frame.with_columns(sham=is_placeholder(pl.col("display")).fill_null(value=False))
        texts = frame.filter(~pl.col("sham"))["display"].drop_nulls().unique(maintain_order=True)
        forms = pl.Series([read(text) for text in texts], dtype=pl.String)
        value = pl.col("display").replace_strict(texts, forms, default=None, return_dtype=pl.String)
        return with_reasons(frame, value, pl.col("sham"), otherwise)

    return normalize


def judged(
    levels: Mapping[str, str],
    judge: Callable[[str, str], str],
    order: tuple[tuple[str, ...], ...] = (),
) -> Callable[[str, Options], Facet]:
    """The facet of a kind (``own`` of a :class:`~oneid.kinds.base.Kind`) from its evidence levels and a function of two
    texts.

    ``levels``: from the one that says most for one person to the one that says least, each with a sentence on what it
    means; ``missing`` is there by itself. Two equal values have the first level; of two others, normalized, ``judge``
    names the level. It is asked once per distinct pair, in the order of the texts. Of several values the best pair
    counts. ``order``: see :class:`oneid.kinds.base.Comparison`; left out, each level says more than the next.
    """
    words = {MISSING: "", **levels}
    number = {word: at for at, word in enumerate(words)}

    def numbers(lefts: list[str], rights: list[str]) -> Levels:
        said = [judge(*sorted(pair)) for pair in zip(lefts, rights, strict=True)]
        return np.array([number[level] for level in said], dtype=np.uint8)

    def of_places(values: Values, a: int, b: int, left: Rows, right: Rows) -> Levels:
        first, second = values.places[a], values.places[b]
        same = equal(first.codes[left], second.codes[right])
        result = level_of_pairs(first, second, left, right, ~same, numbers)
        result[same] = 1
        return result

    lines = order or (tuple(levels),)
    return lambda field, _options: own(field, words, partial(best, judge=of_places), order=lines)
