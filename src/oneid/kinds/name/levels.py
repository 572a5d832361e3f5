"""Comparing names: how two records' names agree, as levels of ``name`` and ``nickname``.

Kanji decide where both records have them, sounds where one has none. Where one record has kanji alone and the other a
reading alone, the question is whether the kanji may be read so (:mod:`oneid.japanese.readings`). Characters lost in
transport (〓) match anything in their place. An unspaced name has several possible splits: it agrees with another name
as well as the best of them does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.kinds.name.matching import called, handles, words
from oneid.kinds.name.matching.parts import (
    CLOSE,
    DIFFERS,
    EQUAL,
    HOMOPHONE,
    LOST,
    SOFT,
    UNKNOWN,
    WORN,
    Part,
    state_of,
    worn_texts,
)
from oneid.kinds.shapes import Flags, Levels, Rows
from oneid.kinds.texts import Text, one_edit
from oneid.vocabulary.codes import Codes, both, equal
from oneid.vocabulary.patterns import MISSING

__all__ = [
    "COMMON", "LOST", "NAME_LEVELS", "NAME_ORDER", "NICKNAME_LEVELS", "RARE", "SAYS_LESS", "Names", "Part", "Split",
    "name", "nickname",
]  # fmt: skip

RARE = 6
COMMON = 40
"""A name borne by at most RARE records is rare, by at most COMMON common, above that frequent."""

NAME_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal_rare": f"family and given name agree, and at most {RARE} records bear that name",
    "equal_common": f"family and given name agree, and {RARE + 1} to {COMMON} records bear that name",
    "equal_frequent": f"family and given name agree, and more than {COMMON} records bear that name",
    "variant_rare": "agree but for a soft kanji variant, another reading of the same kanji, or the order of romaji",
    "variant_common": "",
    "homophone": "given names sound alike and are written with other kanji",
    "close": "one edit in one part, the other part equal",
    "swapped": "family and given name have changed places",
    "given_only": "the given names agree, a family name is missing",
    "family_only": "the family names agree, a given name is missing: that is nobody's whole name",
    "given_equal": "the given names agree, the family names differ: marriage, or chance",
    "family_equal": "the family names agree, the given names differ: relatives",
    "differs": "",
}
NAME_ORDER: tuple[tuple[str, ...], ...] = (
    ("equal_rare", "equal_common", "equal_frequent", "differs"),
    ("equal_rare", "variant_rare", "variant_common", "differs"),
    ("equal_rare", "close", "family_equal"),
    ("equal_rare", "given_equal", "family_equal"),
    ("equal_rare", "family_only"),
)
SAYS_LESS = (
    "missing", "family_only", "equal_rare", "equal_common", "equal_frequent", "variant_rare", "variant_common",
)  # fmt: skip
"""A record that is at one of these levels with each of two names that contradict each other says less than both: it
has no given name, or kana alone where they have kanji.
"""
NICKNAME_LEVELS: Mapping[str, str] = {MISSING: "", "equal": ""}


Heard: TypeAlias = pl.Series | Sequence[str]
"""How parts sound, by record; null or empty where that is not known."""


@dataclass(frozen=True)
class Split:
    """Another possible split of the unspaced ones among some names: where it is one, and the parts it makes of all."""

    there: Flags
    family: Part
    given: Part


@dataclass(frozen=True)
class Names:
    """What is known of the names.

    ``kanji`` is the folded whole name, ``lost`` says where characters of it are. ``key`` is the reading of both parts
    in either order, ``sound`` that on which Latin letters meet katakana; ``foreign`` names are in Latin letters only.
    ``unsure`` says that nothing tells which of the two words in ``family`` and ``given`` is the family name; ``words``
    are all the words of names of three and more, ``heard`` the two of all others (:mod:`.matching.words`); ``suffix``
    is the generation (jr, sr, ii ...).
    ``count_*`` says how many records bear the kanji name or the reading (:mod:`oneid.kinds.name.rarity`). Few
    names have ``several`` possible splits; ``others`` gives those of some records, the likelier first.
    """

    kanji: Text
    lost: Flags
    family: Part
    given: Part
    key: Codes
    sound: Codes
    from_romaji: Flags
    foreign: Flags
    unsure: Flags
    words: Text
    heard: tuple[Heard, Heard]
    suffix: Text
    count_kanji: npt.NDArray[np.float32]
    count_key: npt.NDArray[np.float32]
    nickname: Text
    nickname_key: Codes
    several: Flags
    others: Callable[[Rows], Sequence[Split]]

    def of(self, rows: Rows) -> Names:
        """The names of some records."""
        heard = _some(self.heard[0], rows), _some(self.heard[1], rows)
        return Names(
            kanji=self.kanji.of(rows), lost=self.lost[rows], family=self.family.of(rows), given=self.given.of(rows),
            key=self.key[rows], sound=self.sound[rows], from_romaji=self.from_romaji[rows], foreign=self.foreign[rows],
            unsure=self.unsure[rows], words=self.words.of(rows), heard=heard, suffix=self.suffix.of(rows),
            count_kanji=self.count_kanji[rows], count_key=self.count_key[rows], nickname=self.nickname.of(rows),
            nickname_key=self.nickname_key[rows], several=self.several[rows],
            others=lambda some: self.others(rows[some]),
        )  # fmt: skip


def _some(heard: Heard, rows: Rows) -> Heard:
    return heard.gather(rows) if isinstance(heard, pl.Series) else [heard[row] for row in rows.tolist()]


_LEVEL = {word: np.uint8(number) for number, word in enumerate(NAME_LEVELS)}

_BEST_FIRST = (
    "equal_rare", "equal_common", "equal_frequent", "variant_rare", "variant_common", "swapped", "homophone", "close",
    "given_only", "given_equal", "family_only", "missing", "family_equal", "differs",
)  # fmt: skip
"""Of several possible splits the one with the first of these levels counts."""

_RANK = np.array([_BEST_FIRST.index(word) for word in NAME_LEVELS], dtype=np.uint8)


def name(names: Names, left: Rows, right: Rows) -> Levels:
    """The level of the name: that of the best of the possible splits."""
    result = _levels(names, names.family, names.given, left, right)
    several = np.flatnonzero(names.several[left] | names.several[right])
    if several.size:
        _by_other_splits(names, left, right, result, several)
    _by_words(names, left, right, result)
    _by_nickname(names, left, right, result)
    unsure = (names.unsure[left] | names.unsure[right]) & (result == _LEVEL["given_equal"])
    result[unsure] = _LEVEL["family_equal"]
    generations = both(names.suffix.codes[left], names.suffix.codes[right])
    generations &= ~equal(names.suffix.codes[left], names.suffix.codes[right])
    result[generations & _ONE_NAME[result]] = _LEVEL["family_equal"]
    return result


def _by_other_splits(names: Names, left: Rows, right: Rows, result: Levels, among: npt.NDArray[np.intp]) -> None:
    """The levels of pairs ``among`` which a name has several splits, where another one says more."""
    rows, ends = np.unique(np.concatenate((left[among], right[among])), return_inverse=True)
    lefts, rights = np.split(ends.astype(np.uint32), 2)
    some = names.of(rows)
    for other in names.others(rows):
        mine = np.flatnonzero(other.there[lefts] | other.there[rights])
        if mine.size:
            again, at = _levels(some, other.family, other.given, lefts[mine], rights[mine]), among[mine]
            result[at] = np.where(_RANK[again] < _RANK[result[at]], again, result[at])


def _by_words(names: Names, left: Rows, right: Rows, result: Levels) -> None:
    """The levels of names of three words and more beside any that have not both kanji."""
    codes, kanji = names.words.codes, names.kanji.codes
    at = np.flatnonzero(((codes[left] != 0) | (codes[right] != 0)) & ~both(kanji[left], kanji[right]))
    if not at.size:
        return
    pairs = zip(*([_words_of(names, row) for row in rows[at].tolist()] for rows in (left, right)), strict=True)
    said = np.array([words.agreement(a, b) for a, b in pairs], dtype=np.uint8)
    bearers = np.maximum(_bearers(names, left[at]), _bearers(names, right[at]))
    variant = np.where(bearers <= RARE, _LEVEL["variant_rare"], _LEVEL["variant_common"])
    before = result[at]
    made = np.where(said == words.SAME, variant, _LEVEL["close"])
    better = (said >= words.PART) & (_RANK[made] < _RANK[before])
    result[at] = np.where(better, made, before)
    result[at[said == words.FAMILY]] = _LEVEL["family_equal"]
    result[at[said == words.DIFFER]] = _LEVEL["differs"]


def _by_nickname(names: Names, left: Rows, right: Rows, result: Levels) -> None:
    """The levels of pairs of which one has no name, but is called by a given name that cannot be the other's; or
    neither has one, and both are called by whole names that cannot be one.
    """
    codes, family, given = names.nickname.codes, names.family, names.given
    at = np.flatnonzero((result == _LEVEL["missing"]) & ((codes[left] != 0) | (codes[right] != 0)))
    _by_two_nicknames(names, left, right, result, at)
    for a, b in ((left[at], right[at]), (right[at], left[at])) if at.size else ():
        asked = (codes[a] != 0) & ((given.kanji.codes[b] != 0) | (given.key.codes[b] != 0))
        asked &= ~equal(codes[a], family.kanji.codes[b]) & ~equal(names.nickname_key[a], family.key.codes[b])
        rows = np.flatnonzero(asked)
        texts = names.nickname.picked(a[rows])
        theirs = zip(
            texts, family.key.picked(b[rows]), given.key.picked(b[rows]), names.unsure[b[rows]].tolist(), strict=True
        )
        result[at[rows[[called.relative(*some) for some in theirs]]]] = _LEVEL["differs"]
        own = [handles.told(text).given for text in texts]
        rows, own = rows[[bool(text) for text in own]], [text for text in own if text]
        if own:
            others = zip(given.kanji.picked(b[rows]), given.key.picked(b[rows]), strict=True)
            result[at[rows[called.another(own, list(others))]]] = _LEVEL["differs"]


def _by_two_nicknames(names: Names, left: Rows, right: Rows, result: Levels, at: npt.NDArray[np.intp]) -> None:
    codes = names.nickname.codes
    at = at[both(codes[left[at]], codes[right[at]]) & (codes[left[at]] != codes[right[at]])]
    mine, others = (called.others_of(names.nickname.picked(side[at])) for side in (left, right))
    whole = [n for n, (a, b) in enumerate(zip(mine, others, strict=True)) if any(a) and any(b)]
    if whole:
        own = [mine[n][0] or mine[n][1] or "" for n in whole]
        result[at[whole][called.another(own, [others[n] for n in whole])]] = _LEVEL["differs"]


def _words_of(names: Names, row: int) -> str:
    """All words of a name; empty where one of two is not known."""
    if names.words.codes[row]:
        return str(names.words.values[row])
    pairs = [(part.key.values[row], heard[row]) for part, heard in
             zip((names.family, names.given), names.heard, strict=True)]  # fmt: skip
    return " ".join(f"{key}:{sound or ''}" for key, sound in pairs) if all(key for key, _ in pairs) else ""


def _bearers(names: Names, rows: Rows) -> npt.NDArray[np.float32]:
    """How many records bear the name: by its reading, where that is unknown by its kanji."""
    heard = names.count_key[rows]
    return np.where(heard > 0, heard, names.count_kanji[rows])


def _levels(names: Names, family_part: Part, given_part: Part, left: Rows, right: Rows) -> Levels:
    """The level by one split.

    The same kanji read differently, the same sound across scripts, and soft kanji variants are a ``variant``. How many
    records bear the agreeing name decides between rare, common and frequent: the more bearers, the likelier two of
    them are two people.
    """
    level = _LEVEL
    kanji_same = equal(names.kanji.codes[left], names.kanji.codes[right])
    family, given = (state_of(part, names.lost, left, right) for part in (family_part, given_part))
    family[kanji_same] = EQUAL
    given[kanji_same] = EQUAL

    result = np.full(left.size, level["differs"], dtype=np.uint8)
    result[(given == UNKNOWN) & (family != DIFFERS)] = level["missing"]
    alone = [_family_alone(names, family_part, given_part, rows) for rows in (left, right)]
    result[(alone[0] | alone[1]) & (family >= WORN)] = level["family_only"]
    result[(family == UNKNOWN) & ((given == CLOSE) | (given == WORN))] = level["missing"]
    result[(family >= HOMOPHONE) & (given == DIFFERS)] = level["family_equal"]
    result[(family == DIFFERS) & (given == EQUAL)] = level["given_equal"]
    result[(family == UNKNOWN) & (given >= HOMOPHONE)] = level["missing"]
    result[(family == UNKNOWN) & (given == EQUAL)] = level["given_only"]
    weak_family, weak_given = ((part == CLOSE) | (part == WORN) for part in (family, given))
    result[(weak_family & (given >= SOFT)) | ((family >= HOMOPHONE) & weak_given)] = level["close"]
    result[(family >= WORN) & (given == WORN) | (family == WORN) & (given >= WORN)] = level["close"]
    result[(family >= HOMOPHONE) & (given == HOMOPHONE)] = level["homophone"]
    unsplit = ~both(family_part.kanji.codes[left], family_part.kanji.codes[right])
    whole_both = both(names.kanji.codes[left], names.kanji.codes[right])
    whole_worn = worn_texts(names.kanji, names.lost, left, right, whole_both) == WORN
    result[whole_worn & unsplit & (result != level["homophone"])] = level["close"]

    keys = given_part.key.codes
    sound_other = both(keys[left], keys[right]) & ~equal(keys[left], keys[right])
    whole = (family >= HOMOPHONE) & (given >= SOFT)
    exact = whole & (family == EQUAL) & (given == EQUAL) & ~sound_other
    bearers = np.where(kanji_same, names.count_kanji[left], _bearers(names, left))
    bearers = np.maximum(bearers, np.where(kanji_same, names.count_kanji[right], _bearers(names, right)))
    result[whole] = np.where(bearers[whole] <= RARE, level["variant_rare"], level["variant_common"])
    grade = np.where(bearers <= RARE, level["equal_rare"], level["equal_common"])
    result[exact] = np.where(bearers > COMMON, level["equal_frequent"], grade)[exact]

    turned = equal(names.key[left], names.key[right]) & ~whole & (result != level["homophone"])
    romaji = names.from_romaji[left] | names.from_romaji[right]
    by_romaji = turned & romaji
    result[by_romaji] = np.where(bearers <= RARE, level["variant_rare"], level["variant_common"])[by_romaji]
    crossed = _crossed(family_part, given_part, left, right) & _crossed(family_part, given_part, right, left)
    result[((turned & ~romaji) | crossed) & (result >= level["close"])] = level["swapped"]
    lonely = _given_alone(names, family_part, given_part, left, right, alone[0])
    lonely |= _given_alone(names, family_part, given_part, right, left, alone[1])
    result[lonely & _LONELY[result]] = level["given_only"]
    heard = _foreign(names, family_part, given_part, left, right)
    heard |= names.foreign[left] & names.foreign[right] & (family == CLOSE) & (given == CLOSE)
    result[heard & _NOT_HEARD[result]] = level["close"]
    return result


def _flags(*words: str) -> Flags:
    """Which levels are among these words, by number: np.isin would cost a look-up more than all the rest."""
    return np.array([word in words for word in NAME_LEVELS], dtype=np.bool_)


_LONELY = _flags("missing", "family_only", "differs", "family_equal")
_NOT_HEARD = _flags("missing", "given_only", "given_equal", "family_equal", "differs")
"""Levels that give way where a foreign name sounds like the other."""


_ONE_NAME = _flags(
    "missing", "equal_rare", "equal_common", "equal_frequent", "variant_rare", "variant_common", "homophone", "close",
    "swapped", "given_only", "given_equal",
)  # fmt: skip
"""Levels that give way where the generations differ: a father and his son bear one name."""


def _foreign(names: Names, family: Part, given: Part, left: Rows, right: Rows) -> Flags:
    """Where a name in Latin letters sounds like a name in katakana, or in one part like another Latin spelling of it
    while the other part is equal: weak evidence, so at most ``close``.
    """
    latin = names.foreign[left] | names.foreign[right]
    if not latin.any():
        return latin
    heard = latin & ~(names.foreign[left] & names.foreign[right]) & equal(names.sound[left], names.sound[right])
    for one, other in ((family, given), (given, family)):
        alike = equal(one.phonetic[left], one.phonetic[right])
        alike &= latin & equal(other.key.codes[left], other.key.codes[right])
        heard |= _alike_in_letters(one.key, left, right, alike)
    return heard


_LEAST_ALIKE = 5
"""So many letters have names whose sound is taken for one: John, Joan and Jane sound alike without their vowels."""


def _alike_in_letters(key: Text, left: Rows, right: Rows, among: Flags) -> Flags:
    """Where two Latin spellings are also one letter apart, and long enough for a slip."""
    near = one_edit(key, left, right, among & both(key.codes[left], key.codes[right]))
    at = np.flatnonzero(near)
    for rows in (left, right) if at.size else ():
        near[at[[len(text) < _LEAST_ALIKE for text in key.picked(rows[at])]]] = False
    return near


def _crossed(family: Part, given: Part, a: Rows, b: Rows) -> Flags:
    """Where the family name of ``a`` stands as the given name of ``b``."""
    return equal(family.kanji.codes[a], given.kanji.codes[b]) | equal(family.key.codes[a], given.key.codes[b])


def _given_alone(names: Names, family: Part, given: Part, a: Rows, b: Rows, alone: Flags) -> Flags:
    """Where all that ``a`` has is the given name of ``b``: in the place of the whole name, or of the family name, where
    that is ``alone``.
    """
    whole = equal(names.kanji.codes[a], given.kanji.codes[b])
    part = equal(family.key.codes[a], given.key.codes[b]) | equal(family.kanji.codes[a], given.kanji.codes[b])
    found: Flags = whole | (part & alone)
    return found


def _family_alone(names: Names, family: Part, given: Part, rows: Rows) -> Flags:
    """Where a family name is all there is (or a given name in its place)."""
    there = (family.kanji.codes[rows] != 0) | (family.key.codes[rows] != 0)
    there &= (given.kanji.codes[rows] == 0) & (given.key.codes[rows] == 0) & (names.kanji.codes[rows] == 0)
    alone: Flags = there
    return alone


def nickname(names: Names, left: Rows, right: Rows) -> Levels:
    """``equal`` where a nickname agrees with the other's nickname or given name, in kanji or by sound."""
    result = np.zeros(left.size, dtype=np.uint8)
    for a, b in ((left, right), (right, left)):
        own = names.nickname.codes[a]
        same = equal(own, names.nickname.codes[b]) | equal(own, names.given.kanji.codes[b])
        same |= equal(names.nickname_key[a], names.given.key.codes[b])
        result[same] = 1
    return result
