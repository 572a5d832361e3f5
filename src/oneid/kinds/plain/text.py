"""Free text: equal, the same words, nearly equal, or some words in common, each weighed by how rare it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import polars as pl

from oneid.japanese.text import is_placeholder
from oneid.kinds.base import Facet, Kind
from oneid.kinds.holders import Borne, Counted
from oneid.kinds.plain.own import NEAR, Counting, Values, best, own
from oneid.kinds.plain.rarity import any_value, bits, records_with_any
from oneid.kinds.plain.tidied import judged, tidied
from oneid.kinds.plain.words import Words, held_words, shared, words_of_place
from oneid.kinds.shapes import Levels, Options, Rows
from oneid.kinds.texts import Text, few_edits
from oneid.vocabulary.codes import distinct_pairs, equal
from oneid.vocabulary.patterns import MISSING

__all__ = ["TEXT", "TEXT_LEVELS", "text"]

TEXT_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal": "The texts are equal.",
    "reordered": "They have the same words: only order, punctuation, and upper and lower case differ.",
    "near": NEAR,
    "most_words": "They share most of what their words say: the words of both weigh at least half of all.",
    "some_words": "They share some of what their words say: the words of both weigh at least a fifth of all.",
    "differs": "They share little or nothing; words that many records have weigh next to nothing.",
}

_LEVEL = {word: np.uint8(number) for number, word in enumerate(TEXT_LEVELS)}
_ORDER = (("equal", "reordered", "most_words", "some_words", "differs"), ("equal", "near", "differs"))

MOST, SOME = 2, 5
"""What the shared words must weigh of all words: a half, where as much speaks for the two as against, and a fifth.

Of the demo's addresses, read as texts (20,000 records, seed 7), pairs of one person that are not equal reach a half in
20 of 100 cases and a fifth in 69; of strangers, families among them, 1 pair in 16,000 reaches a half and 1 in 1,400 a
fifth. Below, strangers come quickly: 1 in 340 reaches 0.15, 1 in 70 a tenth, for towns and common words are shared."""


def text(values: pl.Series) -> pl.DataFrame:
    """Free text, tidied; upper and lower case stay apart.

    >>> text(pl.Series(["　Ａ  b ", "なし"]))["normalized"].to_list()
    ['A b', None]
    """
    return judged(tidied(values), pl.col("display"), is_placeholder(pl.col("display")))


def _read(places: Sequence[Text]) -> list[Words]:
    return [words_of_place(place) for place in places]


def _counted(column: str, values: Values) -> Counted:
    return {column: [held_words(values.more), any_value([place.codes for place in values.places])]}


def _weighed(column: str, values: Values, borne: Borne) -> list[Words]:
    records, held = records_with_any(column, borne), borne.of(column)
    return [words.weighed(bits(held.of(words.codes), records)) for words in values.more]


def _judge(values: Values, a: int, b: int, left: Rows, right: Rows) -> Levels:
    """The levels of pairs of texts."""
    first, second = values.places[a], values.places[b]
    words, others = values.more[a], values.more[b]
    of, to = words.of[left], others.of[right]
    result = np.full(left.size, _LEVEL["differs"])
    result[equal(words.bag[of], others.bag[to])] = _LEVEL["reordered"]
    result[equal(first.codes[left], second.codes[right])] = _LEVEL["equal"]
    result[few_edits(first, left, right, result == _LEVEL["differs"], second)] = _LEVEL["near"]
    at = np.flatnonzero(result == _LEVEL["differs"])
    one, inverse = distinct_pairs(first.codes[left[at]], second.codes[right[at]])
    common, all_ = shared(words, others, of[at][one], to[at][one])
    said = np.full(one.size, _LEVEL["differs"])
    said[common * SOME >= all_] = _LEVEL["some_words"]
    said[common * MOST >= all_] = _LEVEL["most_words"]
    said[common == 0] = _LEVEL["differs"]
    result[at] = said[inverse]
    return result


def _own(field: str, _options: Options | None = None) -> Facet:
    """The facet of a field of texts."""
    compare = partial(best, judge=_judge)
    return own(field, TEXT_LEVELS, compare, order=_ORDER, counting=Counting(_counted, _weighed, _read))


TEXT = Kind("text", text, _own, longest=0)
"""Free texts."""
