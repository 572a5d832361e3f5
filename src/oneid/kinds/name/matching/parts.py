"""How one part of two names compares: family names, or given names.

Each part is read by its own script: in kanji by its characters, in kana or Latin letters by its sound. Where one has
kanji alone and the other a sound alone, the question is whether the kanji may be read so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oneid.japanese.readings import verdicts_of
from oneid.japanese.romaji import prefix_of
from oneid.kinds.name.matching import mixed as mixing
from oneid.kinds.name.matching.connected import left_out
from oneid.kinds.shapes import Flags, Levels, Rows
from oneid.kinds.texts import Text, one_edit, picked
from oneid.vocabulary.codes import Codes, both, distinct_pairs, equal

__all__ = [
    "CLOSE", "DIFFERS", "EQUAL", "HOMOPHONE", "LOST", "SOFT", "UNKNOWN", "WORN", "Part", "state_of", "worn_texts",
]  # fmt: skip

LOST = "〓"
"""Stands for a character that was lost in transport (:mod:`oneid.kinds.name.spelling.normalizer`)."""

UNKNOWN, DIFFERS, CLOSE, WORN, HOMOPHONE, SOFT, EQUAL = range(7)
"""How a part of two names compares. Close: one edit in the sound; worn: voiced marks, characters or a middle name are
lost; soft: a soft kanji variant, or kanji that may be read as the other's kana.
"""

_READ = {True: SOFT, False: DIFFERS, None: UNKNOWN}
"""The state of kanji beside a reading that is possible, is none of theirs, or of which nothing is known."""


@dataclass(frozen=True)
class Part:
    """The family or the given names: folded ``kanji``, ``soft`` (their soft tier folded too), strict kana, ``key`` (the
    spelling-free reading, from kana or romaji), ``unvoiced`` (the key without voicing), ``phonetic`` (how a Latin
    spelling sounds in English), whether the key is ``cut`` short, as embossed names are, and ``bare``: the soft form
    without what joins two kanji of a family name.

    A part that the name itself has in kana or Latin letters is ``spelled``: it has a key and no kanji. ``mixed`` parts
    have kana or Latin letters among their kanji.
    """

    kanji: Text
    soft: Codes
    kana: Text
    key: Text
    unvoiced: Codes
    phonetic: Codes
    cut: Flags
    bare: Codes
    spelled: Flags
    mixed: Flags

    def renamed(self, there: Flags, kanji: Text, soft: Codes, kana: Text, key: Text) -> Part:
        """The part with the name that people bear beside their own, where that is ``there``: kanji without a sound."""
        unvoiced, phonetic = (np.where(there, np.uint64(0), codes) for codes in (self.unvoiced, self.phonetic))
        cut, spelled, mixed = (flags & ~there for flags in (self.cut, self.spelled, self.mixed))
        return Part(kanji, soft, kana, key, unvoiced, phonetic, cut, soft, spelled, mixed)


def state_of(part: Part, lost: Flags, left: Rows, right: Rows) -> Levels:
    """The state of one part (family or given), one of the seven above.

    Sounds one edit apart are close only where a side has no more than a reading: タロウ and ジロウ are a slip of the
    pen, 太郎 and 次郎 are brothers, and so are the さくら and さくや that are written so.
    """
    kanji, key, kana = part.kanji, part.key, part.kana
    kanji_both, kanji_same = both(kanji.codes[left], kanji.codes[right]), equal(kanji.codes[left], kanji.codes[right])
    sound_both, sound_same = both(key.codes[left], key.codes[right]), equal(key.codes[left], key.codes[right])
    spelled = part.spelled[left], part.spelled[right]
    has_kanji = kanji.codes[left] != 0, kanji.codes[right] != 0
    state = np.full(left.size, DIFFERS, dtype=np.uint8)
    state[~kanji_both & ~sound_both] = UNKNOWN
    state[kanji_same | (sound_same & ~kanji_both)] = EQUAL
    state[sound_same & ((spelled[0] & has_kanji[1]) | (spelled[1] & has_kanji[0]))] = SOFT
    other = kanji_both & ~kanji_same
    state[other & sound_same] = HOMOPHONE
    state[other & equal(part.soft[left], part.soft[right]) & ~(sound_both & ~sound_same)] = SOFT
    _set_worn(state, part, lost, left, right)
    for at, verdict in _read(part, left, right):
        state[at] = verdict
    among = (state == DIFFERS) | (state == HOMOPHONE)
    among &= other & (part.mixed[left] | part.mixed[right]) & ~(sound_both & ~sound_same)
    _set_mixed(state, part, left, right, among)
    _set_bare(state, part, left, right, other & (state == DIFFERS) & ~(sound_both & ~sound_same))
    open_ = (state == DIFFERS) & ~kanji_both & sound_both
    kana_both = both(kana.codes[left], kana.codes[right])
    slips = open_ & ~((spelled[0] | has_kanji[0]) & (spelled[1] | has_kanji[1]))
    near = one_edit(kana, left, right, slips & kana_both)
    near |= one_edit(key, left, right, slips & ~kana_both)
    near |= _cut_short(part, left, right, open_)
    state[near] = CLOSE
    state[open_ & equal(part.unvoiced[left], part.unvoiced[right])] = WORN
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


def worn_texts(text: Text, lost: Flags, left: Rows, right: Rows, among: Flags) -> Levels:
    """How two texts agree but for lost characters: WORN where more is known to agree than is lost, UNKNOWN where
    nothing contradicts but too little is left, DIFFERS else. Only the pairs in ``among`` are looked at.
    """
    result = np.full(left.size, DIFFERS, dtype=np.uint8)
    at = np.flatnonzero(among & (lost[left] | lost[right]))
    if not at.size:
        return result
    first, inverse = distinct_pairs(text.codes[left[at]], text.codes[right[at]])
    pairs = zip(*(picked(text.values, rows[at[first]]) for rows in (left, right)), strict=True)
    result[at] = np.array([_agree(a, b) for a, b in pairs], dtype=np.uint8)[inverse]
    return result


def _agree(a: str, b: str) -> int:
    if not a.strip(LOST) or not b.strip(LOST):
        return UNKNOWN
    if len(a) != len(b):
        return DIFFERS
    signs = list(zip(a, b, strict=True))
    known = [(x, y) for x, y in signs if LOST not in (x, y)]
    if any(x != y for x, y in known):
        return DIFFERS
    return WORN if 2 * len(known) >= len(signs) else UNKNOWN


def _set_worn(state: Levels, part: Part, lost: Flags, left: Rows, right: Rows) -> None:
    """States of parts of which characters are lost; a reading on both sides says what they were."""
    kanji, key = part.kanji.codes, part.key.codes
    other = both(kanji[left], kanji[right]) & ~equal(kanji[left], kanji[right])
    found = worn_texts(part.kanji, lost, left, right, other)
    agree = found != DIFFERS
    if agree.any():
        sound_both, sound_same = both(key[left], key[right]), equal(key[left], key[right])
        said = np.where(sound_same, SOFT, np.where(sound_both, DIFFERS, found))
        state[agree] = said[agree]


def _set_mixed(state: Levels, part: Part, left: Rows, right: Rows, among: Flags) -> None:
    """States of pairs of parts of which one has kana among its kanji."""
    at = np.flatnonzero(among)
    if not at.size:
        return
    first, inverse = distinct_pairs(part.kanji.codes[left[at]], part.kanji.codes[right[at]])
    pairs = zip(*(picked(part.kanji.values, rows[at[first]]) for rows in (left, right)), strict=True)
    states = {mixing.SAME: SOFT, mixing.PARTLY: WORN, mixing.OTHER: DIFFERS}
    found = np.array([states[mixing.agree(a, b)] for a, b in pairs], dtype=np.uint8)[inverse]
    state[at] = np.maximum(state[at], found)


def _set_bare(state: Levels, part: Part, left: Rows, right: Rows, among: Flags) -> None:
    """States of family names of which one is the other without its ノ."""
    at = np.flatnonzero(among & equal(part.bare[left], part.bare[right]))
    if not at.size:
        return
    first, inverse = distinct_pairs(part.kanji.codes[left[at]], part.kanji.codes[right[at]])
    pairs = zip(*(picked(part.kanji.values, rows[at[first]]) for rows in (left, right)), strict=True)
    state[at] = np.array([WORN if left_out(a, b) else DIFFERS for a, b in pairs], dtype=np.uint8)[inverse]
