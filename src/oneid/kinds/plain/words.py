"""The words of texts, in Japanese too, and how much of what their words say two texts share.

A word is a run of letters and digits between blanks and punctuation; Japanese, which has no blanks, is cut where the
script changes: kanji, hiragana, katakana and all others are runs of their own. So 東京タワーの展望台 is 東京, タワー,
の and 展望台. No dictionary: such units are coarse but the same everywhere, and a particle weighs next to nothing, for
it is in every other text. Upper and lower case are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.quicktext import Pattern
from oneid.kinds.few import coded
from oneid.kinds.holders import Listed
from oneid.kinds.texts import Text
from oneid.vocabulary.codes import Codes, code, mix

__all__ = ["Words", "held_words", "shared", "words_of", "words_of_place"]

_KANJI = "㐀-䶿一-鿿豈-﫿々〆〇ヵヶ\U00020000-\U000323af"
_HIRAGANA = "ぁ-ゖゝゞ"
_KATAKANA = "ァ-ヴヷ-ヺヽヾ"
_JAPANESE = f"[{_KANJI}]+|[{_HIRAGANA}][{_HIRAGANA}ー]*|[{_KATAKANA}ー]+"
_WORD = rf"{_JAPANESE}|[\w&&[^_ー{_KANJI}{_HIRAGANA}{_KATAKANA}]]+"
_USUAL = Pattern(f"[\\x20-\\x7e{_KANJI}{_HIRAGANA}{_KATAKANA}ー・、。「」『』々]*")
_USUAL_WORD = Pattern(f"{_JAPANESE}|[0-9a-z]+")
_FEW = 64
"""Up to so many texts are read one by one: columns have a fixed cost."""


@dataclass(frozen=True)
class Words:
    """The words of one place of a field. ``of``: the number of each record's text, 0 for records without a value.

    Of the text ``n`` the words are ``codes[starts[n]:starts[n + 1]]``, each once, ``bag`` is one code of all of them (0
    where there are none), and where they are weighed ``weights`` are theirs and ``total`` is the sum.
    """

    of: npt.NDArray[np.intp]
    starts: npt.NDArray[np.int64]
    codes: Codes
    bag: Codes
    weights: npt.NDArray[np.int64]
    total: npt.NDArray[np.int64]

    def weighed(self, weights: npt.NDArray[np.int64]) -> Words:
        """With these weights of the words."""
        ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(weights)))[self.starts]
        return replace(self, weights=weights, total=np.diff(ends))


@lru_cache(maxsize=65536)
def _usual(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_USUAL_WORD.findall(text.lower())))


def _by_column(texts: pl.Series) -> pl.Series:
    made = texts.to_frame("text").lazy().select(
        pl.col("text").str.to_lowercase().str.extract_all(_WORD).list.unique(maintain_order=True)
    )  # fmt: skip
    return made.collect()["text"]


def words_of(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The words of some texts, in lower case, each once, in their order.

    >>> words_of(["B to B", "東京タワーの展望台 Tokyo-Tower"])
    [('b', 'to'), ('東京', 'タワー', 'の', '展望台', 'tokyo', 'tower')]
    """
    made = [_usual(text) if _USUAL.fullmatch(text) else None for text in texts]
    others = [text for text, words in zip(texts, made, strict=True) if words is None]
    rest = iter(_by_column(pl.Series(others, dtype=pl.String)).to_list() if others else ())
    return [tuple(next(rest)) if words is None else words for words in made]


def words_of_place(place: Text) -> Words:
    """The words of a column of texts, not weighed yet; each distinct text is read once."""
    _, first, of = np.unique(np.append(place.codes, np.uint64(0)), return_index=True, return_inverse=True)
    texts = place.values.gather(first[1:])
    if len(texts) <= _FEW:
        lists = words_of(texts.to_list())
        sizes = np.array([0, *map(len, lists)], dtype=np.int64)
        codes = coded([word for words in lists for word in words])
    else:
        found = _by_column(texts)
        sizes = np.concatenate((np.zeros(1, np.int64), found.list.len().to_numpy().astype(np.int64)))
        codes = code(found.explode(empty_as_null=False, keep_nulls=False))
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    text = np.repeat(np.arange(sizes.size), sizes)
    bag = np.zeros(sizes.size, dtype=np.uint64)
    np.add.at(bag, text, mix(codes, codes))
    none = np.zeros(codes.size, np.int64)
    return Words(of[:-1], starts, codes, bag, none, np.zeros(sizes.size, np.int64))


def held_words(places: Sequence[Words]) -> Listed:
    """The words of all records, each once per record."""
    codes, rows = [], []
    for words in places:
        at, row = _expanded(words, words.of)
        codes.append(words.codes[at])
        rows.append(row.astype(np.uint32))
    held, of = np.concatenate(codes), np.concatenate(rows)
    if len(places) > 1:
        keep = pl.DataFrame({"code": held, "row": of}).select(pl.struct("code", "row").is_first_distinct())
        flags = keep.to_series().to_numpy()
        held, of = held[flags], of[flags]
    return Listed(held, of)


def _expanded(words: Words, texts: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where the words of some texts stand, one text after the other, and which of these texts each is of."""
    sizes = np.diff(words.starts)[texts]
    row = np.repeat(np.arange(texts.size, dtype=np.int64), sizes)
    ends = np.cumsum(sizes)
    within = np.arange(row.size, dtype=np.int64) - np.repeat(ends - sizes, sizes)
    return words.starts[texts][row] + within, row


_PIECE = 1 << 17
"""So many pairs are looked at together: their words fit into the cache."""


def shared(
    first: Words, second: Words, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """By pair of texts (their numbers), the weight of the words that both have, and of those that either has."""
    pieces = [slice(begin, begin + _PIECE) for begin in range(0, left.size, _PIECE)]
    made = [_common(first, second, left[piece], right[piece]) for piece in pieces]
    common = np.concatenate([*made, np.zeros(0, np.int64)])
    return common, first.total[left] + second.total[right] - common


def _common(
    first: Words, second: Words, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
) -> npt.NDArray[np.int64]:
    """The weight of the words of both: of those that come twice among the words of a pair."""
    (at, row), (to, other) = _expanded(first, left), _expanded(second, right)
    pair = np.concatenate((row, other))
    keys = mix(pair.astype(np.uint64) + np.uint64(1), np.concatenate((first.codes[at], second.codes[to])))
    order = np.argsort(keys)
    ordered = keys[order]
    again = order[1:][ordered[1:] == ordered[:-1]]
    weights = np.concatenate((first.weights[at], second.weights[to]))
    return np.bincount(pair[again], weights=weights[again], minlength=left.size).astype(np.int64)
