"""Comparing names: how two records' names agree, as levels of ``name`` and ``nickname``.

Kanji decide where both records have them, sounds where one has none. Where one record has kanji alone and the other a
reading alone, the question is whether the kanji may be read so (:mod:`oneid.japanese.readings`). Characters lost in
transport (〓) match anything in their place. An unspaced name has several possible splits: it agrees with another name
as well as the best of them does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oneid.japanese.readings import verdicts_of
from oneid.japanese.romaji import prefix_of
from oneid.kinds.shapes import Flags, Levels, Rows
from oneid.kinds.texts import Text, one_edit, picked
from oneid.vocabulary.codes import Codes, both, distinct_pairs, equal
from oneid.vocabulary.patterns import MISSING

__all__ = [
    "COMMON", "LOST", "NAME_LEVELS", "NAME_ORDER", "NICKNAME_LEVELS", "RARE", "SAYS_LESS", "Names", "Part", "Split",
    "name", "nickname",
]  # fmt: skip

LOST = "〓"
"""Stands for a character that was lost in transport (:mod:`oneid.kinds.name.spelling.normalizer`)."""

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
    "given_equal": "the given names agree, the family names differ: marriage, or chance",
    "family_equal": "the family names agree, the given names differ: relatives",
    "differs": "",
}
NAME_ORDER: tuple[tuple[str, ...], ...] = (
    ("equal_rare", "equal_common", "equal_frequent", "differs"),
    ("equal_rare", "variant_rare", "variant_common", "differs"),
    ("equal_rare", "close", "family_equal"),
    ("equal_rare", "given_equal", "family_equal"),
)
SAYS_LESS = ("missing", "equal_rare", "equal_common", "equal_frequent", "variant_rare", "variant_common")
"""A record that is at one of these levels with each of two names that contradict each other says less than both: it
has no given name, or kana alone where they have kanji.
"""
NICKNAME_LEVELS: Mapping[str, str] = {MISSING: "", "equal": ""}


@dataclass(frozen=True)
class Part:
    """The family or the given names: folded kanji, ``soft`` (their soft tier folded too), strict kana, ``key`` (the
    spelling-free reading, from kana or romaji), ``unvoiced`` (the key without voicing), ``phonetic`` (how a Latin
    spelling sounds in English), and whether the key is ``cut`` short, as embossed names are.
    """

    kanji: Text
    soft: Codes
    kana: Text
    key: Text
    unvoiced: Codes
    phonetic: Codes
    cut: Flags


@dataclass(frozen=True)
class Split:
    """Another possible split of the unspaced names among all: where it is one, and the parts it makes of all names."""

    there: Flags
    family: Part
    given: Part


@dataclass(frozen=True)
class Names:
    """What is known of the names.

    ``kanji`` is the folded whole name, ``lost`` says where characters of it are. ``key`` is the reading of both parts
    in either order, ``sound`` that on which Latin letters meet katakana; ``foreign`` names are in Latin letters only.
    ``count_*`` says how many records bear the kanji name or the reading (:mod:`oneid.kinds.name.rarity`). ``others``
    are the further possible splits, the likelier first.
    """

    kanji: Text
    lost: Flags
    family: Part
    given: Part
    key: Codes
    sound: Codes
    from_romaji: Flags
    foreign: Flags
    count_kanji: npt.NDArray[np.float32]
    count_key: npt.NDArray[np.float32]
    nickname: Codes
    nickname_key: Codes
    others: tuple[Split, ...] = ()


_UNKNOWN, _DIFFERS, _CLOSE, _WORN, _HOMOPHONE, _SOFT, _EQUAL = range(7)
"""How a part of two names compares. Close: one edit in the sound; worn: voiced marks or characters are lost; soft: a
soft kanji variant, or kanji that may be read as the other's kana.
"""


_READ = {True: _SOFT, False: _DIFFERS, None: _UNKNOWN}
"""The state of kanji beside a reading that is possible, is none of theirs, or of which nothing is known."""


def _part(part: Part, lost: Flags, left: Rows, right: Rows) -> Levels:
    """The state of one part (family or given), one of the seven above.

    Sounds one edit apart are close only where a side has no kanji: タロウ and ジロウ are a slip of the pen, 太郎 and
    次郎 are brothers.
    """
    kanji, key, kana = part.kanji, part.key, part.kana
    kanji_both, kanji_same = both(kanji.codes[left], kanji.codes[right]), equal(kanji.codes[left], kanji.codes[right])
    sound_both, sound_same = both(key.codes[left], key.codes[right]), equal(key.codes[left], key.codes[right])
    state = np.full(left.size, _DIFFERS, dtype=np.uint8)
    state[~kanji_both & ~sound_both] = _UNKNOWN
    state[kanji_same | (sound_same & ~kanji_both)] = _EQUAL
    other = kanji_both & ~kanji_same
    state[other & sound_same] = _HOMOPHONE
    state[other & equal(part.soft[left], part.soft[right]) & ~(sound_both & ~sound_same)] = _SOFT
    worn = _worn(kanji, lost, left, right, other)
    state[worn] = np.where(sound_same, _SOFT, np.where(sound_both, _DIFFERS, _WORN))[worn]
    for at, verdict in _read(part, left, right):
        state[at] = verdict
    open_ = (state == _DIFFERS) & ~kanji_both & sound_both
    kana_both = both(kana.codes[left], kana.codes[right])
    near = one_edit(kana, left, right, open_ & kana_both)
    near |= one_edit(key, left, right, open_ & ~kana_both)
    near |= _cut_short(part, left, right, open_)
    state[near] = _CLOSE
    state[open_ & equal(part.unvoiced[left], part.unvoiced[right])] = _WORN
    return state


def _read(part: Part, left: Rows, right: Rows) -> Iterator[tuple[npt.NDArray[np.intp], Levels]]:
    """Where one side has kanji without a reading and the other a reading without kanji: the pairs, and their states."""
    for a, b in ((left, right), (right, left)):
        silent = (part.kanji.codes[a] != 0) & (part.key.codes[a] == 0)
        at = np.flatnonzero(silent & (part.kanji.codes[b] == 0) & (part.key.codes[b] != 0))
        if at.size:
            a_at, b_at = a[at], b[at]
            first, inverse = distinct_pairs(part.kanji.codes[a_at], part.key.codes[b_at])
            verdicts = verdicts_of(picked(part.kanji.values, a_at[first]), picked(part.key.values, b_at[first]))
            states = np.array([_READ[verdict] for verdict in verdicts], dtype=np.uint8)
            yield at, states[inverse]


_LEAST_CUT = 3
"""So many letters of a name that was cut must be there to say anything."""


def _cut_short(part: Part, left: Rows, right: Rows, among: Flags) -> Flags:
    """Where one key was cut short and the other begins with it."""
    result = np.zeros(left.size, dtype=np.bool_)
    for a, b in ((left, right), (right, left)):
        at = np.flatnonzero(among & part.cut[a])
        if at.size:
            short, whole = part.key.values.gather(a[at]), part.key.values.gather(b[at])
            begins = prefix_of(short, whole) & (short.str.len_chars() >= _LEAST_CUT)
            result[at] |= begins.fill_null(value=False).to_numpy()
    return result


def _worn(text: Text, lost: Flags, left: Rows, right: Rows, among: Flags) -> Flags:
    """Where two texts agree but for lost characters: of one length, each character equal or lost on a side, and more
    known to agree than lost.
    """
    result = np.zeros(left.size, dtype=np.bool_)
    at = np.flatnonzero(among & (lost[left] | lost[right]))
    if not at.size:
        return result
    first, inverse = distinct_pairs(text.codes[left[at]], text.codes[right[at]])
    pairs = zip(*(picked(text.values, rows[at[first]]) for rows in (left, right)), strict=True)
    result[at] = np.array([_agree(a, b) for a, b in pairs])[inverse]
    return result


def _agree(a: str, b: str) -> bool:
    if len(a) != len(b):
        return False
    signs = list(zip(a, b, strict=True))
    known = [(x, y) for x, y in signs if LOST not in (x, y)]
    return all(x == y for x, y in known) and 2 * len(known) >= len(signs) and bool(known)


_LEVEL = {word: np.uint8(number) for number, word in enumerate(NAME_LEVELS)}

_BEST_FIRST = (
    "equal_rare", "equal_common", "equal_frequent", "variant_rare", "variant_common", "swapped", "homophone", "close",
    "given_only", "given_equal", "missing", "family_equal", "differs",
)  # fmt: skip
"""Of several possible splits the one with the first of these levels counts."""

_RANK = np.array([_BEST_FIRST.index(word) for word in NAME_LEVELS], dtype=np.uint8)


def name(names: Names, left: Rows, right: Rows) -> Levels:
    """The level of the name: that of the best of the possible splits."""
    result = _levels(names, names.family, names.given, left, right)
    for other in names.others:
        at = np.flatnonzero(other.there[left] | other.there[right])
        if at.size:
            again = _levels(names, other.family, other.given, left[at], right[at])
            result[at] = np.where(_RANK[again] < _RANK[result[at]], again, result[at])
    return result


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
    family, given = (_part(part, names.lost, left, right) for part in (family_part, given_part))
    family[kanji_same] = _EQUAL
    given[kanji_same] = _EQUAL

    result = np.full(left.size, level["differs"], dtype=np.uint8)
    result[(given == _UNKNOWN) & (family != _DIFFERS)] = level["missing"]
    result[(family == _UNKNOWN) & ((given == _CLOSE) | (given == _WORN))] = level["missing"]
    result[(family >= _HOMOPHONE) & (given == _DIFFERS)] = level["family_equal"]
    result[(family == _DIFFERS) & (given == _EQUAL)] = level["given_equal"]
    result[(family == _UNKNOWN) & (given >= _HOMOPHONE)] = level["missing"]
    result[(family == _UNKNOWN) & (given == _EQUAL)] = level["given_only"]
    weak_family, weak_given = ((part == _CLOSE) | (part == _WORN) for part in (family, given))
    result[(weak_family & (given >= _SOFT)) | ((family >= _HOMOPHONE) & weak_given)] = level["close"]
    result[(family >= _WORN) & (given == _WORN) | (family == _WORN) & (given >= _WORN)] = level["close"]
    result[(family >= _HOMOPHONE) & (given == _HOMOPHONE)] = level["homophone"]
    unsplit = ~both(family_part.kanji.codes[left], family_part.kanji.codes[right])
    whole_worn = _worn(names.kanji, names.lost, left, right, both(names.kanji.codes[left], names.kanji.codes[right]))
    result[whole_worn & unsplit & (result != level["homophone"])] = level["close"]

    keys = given_part.key.codes
    sound_other = both(keys[left], keys[right]) & ~equal(keys[left], keys[right])
    whole = (family >= _HOMOPHONE) & (given >= _SOFT)
    exact = whole & (family == _EQUAL) & (given == _EQUAL) & ~sound_other
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
    alone = _given_alone(names, family_part, given_part, left, right)
    alone |= _given_alone(names, family_part, given_part, right, left)
    result[alone & _LONELY[result]] = level["given_only"]
    heard = _foreign(names, family_part, given_part, left, right)
    heard |= names.foreign[left] & names.foreign[right] & (family == _CLOSE) & (given == _CLOSE)
    result[heard & _NOT_HEARD[result]] = level["close"]
    return result


def _flags(*words: str) -> Flags:
    """Which levels are among these words, by number: np.isin would cost a look-up more than all the rest."""
    return np.array([word in words for word in NAME_LEVELS], dtype=np.bool_)


_LONELY = _flags("missing", "differs", "family_equal")
_NOT_HEARD = _flags("missing", "given_only", "given_equal", "family_equal", "differs")
"""Levels that give way where a foreign name sounds like the other."""


def _foreign(names: Names, family: Part, given: Part, left: Rows, right: Rows) -> Flags:
    """Where a name in Latin letters sounds like a name in katakana, or in one part like another Latin spelling of it
    while the other part is equal: weak evidence, so at most ``close``.
    """
    latin = names.foreign[left] | names.foreign[right]
    if not latin.any():
        return latin
    heard = latin & equal(names.sound[left], names.sound[right])
    for one, other in ((family, given), (given, family)):
        alike = equal(one.phonetic[left], one.phonetic[right])
        heard |= latin & alike & equal(other.key.codes[left], other.key.codes[right])
    return heard


def _crossed(family: Part, given: Part, a: Rows, b: Rows) -> Flags:
    """Where the family name of ``a`` stands as the given name of ``b``."""
    return equal(family.kanji.codes[a], given.kanji.codes[b]) | equal(family.key.codes[a], given.key.codes[b])


def _given_alone(names: Names, family: Part, given: Part, a: Rows, b: Rows) -> Flags:
    """Where all that ``a`` has is the given name of ``b``: in the place of the whole name, or of the family name."""
    whole = equal(names.kanji.codes[a], given.kanji.codes[b])
    kana = equal(family.key.codes[a], given.key.codes[b]) & (given.key.codes[a] == 0)
    alone: Flags = whole | (kana & (names.kanji.codes[a] == 0))
    return alone


def nickname(names: Names, left: Rows, right: Rows) -> Levels:
    """``equal`` where a nickname agrees with the other's nickname or given name, in kanji or by sound."""
    result = np.zeros(left.size, dtype=np.uint8)
    for a, b in ((left, right), (right, left)):
        same = equal(names.nickname[a], names.nickname[b]) | equal(names.nickname[a], names.given.kanji.codes[b])
        same |= equal(names.nickname_key[a], names.given.key.codes[b])
        result[same] = 1
    return result
