"""How one part of two names compares: family names, or given names.

Each part is read by its own script: in kanji by its characters, in kana or Latin letters by its sound. Where one has
kanji alone and the other a sound alone, the question is whether the kanji may be read so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oneid.japanese.readings import ruled_out, verdicts_of
from oneid.japanese.romaji import prefix_of
from oneid.kinds.name.matching import mixed as mixing
from oneid.kinds.name.matching.connected import left_out
from oneid.kinds.shapes import Flags, Levels, Rows
from oneid.kinds.texts import Text, level_of_pairs, one_edit
from oneid.vocabulary.codes import Codes, both, equal

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

    def of(self, rows: Rows) -> Part:
        """The parts of some records."""
        texts = (self.kanji.of(rows), self.soft[rows], self.kana.of(rows), self.key.of(rows))
        flags = (self.cut[rows], self.bare[rows], self.spelled[rows], self.mixed[rows])
        return Part(*texts, self.unvoiced[rows], self.phonetic[rows], *flags)

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
    kanji, key, kana = part.kanji.codes, part.key.codes, part.kana.codes
    has_kanji = kanji[left] != 0, kanji[right] != 0
    kanji_both, kanji_same = has_kanji[0] & has_kanji[1], equal(kanji[left], kanji[right])
    sound_both, sound_same = both(key[left], key[right]), equal(key[left], key[right])
    spelled = part.spelled[left], part.spelled[right]
    state = np.full(left.size, DIFFERS, dtype=np.uint8)
    state[~(kanji_both | sound_both)] = UNKNOWN
    state[kanji_same | (sound_same & ~kanji_both)] = EQUAL
    state[sound_same & ((spelled[0] & has_kanji[1]) | (spelled[1] & has_kanji[0]))] = SOFT
    other = kanji_both & ~kanji_same
    unheard = other & ~(sound_both & ~sound_same)
    state[other & sound_same] = HOMOPHONE
    state[unheard & equal(part.soft[left], part.soft[right])] = SOFT
    _set_worn(state, part, lost, left, right, other)
    _set_read(state, part, left, right)
    _set_mixed(state, part, left, right, unheard & (part.mixed[left] | part.mixed[right]))
    _set_bare(state, part, left, right, unheard & (state == DIFFERS))
    open_ = (state == DIFFERS) & ~kanji_both & sound_both
    slips = open_ & ~((spelled[0] | has_kanji[0]) & (spelled[1] | has_kanji[1]))
    kana_both = both(kana[left], kana[right])
    near = one_edit(part.kana, left, right, slips & kana_both)
    near |= one_edit(part.key, left, right, slips & ~kana_both)
    near |= _cut_short(part, left, right, open_)
    state[near] = CLOSE
    state[open_ & equal(part.unvoiced[left], part.unvoiced[right])] = WORN
    return state


def _set_read(state: Levels, part: Part, left: Rows, right: Rows) -> None:
    """States where one side has kanji without a reading and the other a reading without kanji."""
    kanji, key = part.kanji.codes, part.key.codes
    for a, b in ((left, right), (right, left)):
        silent = (kanji[a] != 0) & (key[a] == 0) & (kanji[b] == 0) & (key[b] != 0)
        said = level_of_pairs(part.kanji, part.key, a, b, silent, _read)
        state[silent] = said[silent]


def _read(kanji: list[str], keys: list[str]) -> Levels:
    asked = dict.fromkeys(zip(kanji, keys, strict=True))
    verdicts = verdicts_of(*zip(*asked, strict=True))
    states = {pair: _READ[verdict] for pair, verdict in zip(asked, verdicts, strict=True)}
    states |= {pair: DIFFERS for pair in asked if LOST in pair[0] and ruled_out(*pair)}
    return np.array([states[pair] for pair in zip(kanji, keys, strict=True)], dtype=np.uint8)


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
    among = among & (lost[left] | lost[right])
    if among.any():
        result[among] = level_of_pairs(text, text, left, right, among, _each(_agree))[among]
    return result


def _each(judge: Callable[[str, str], int]) -> Callable[[list[str], list[str]], Levels]:
    """What says a state of two texts, for pairs of texts."""
    return lambda lefts, rights: np.array(list(map(judge, lefts, rights)), dtype=np.uint8)


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


def _set_worn(state: Levels, part: Part, lost: Flags, left: Rows, right: Rows, among: Flags) -> None:
    """States of parts of which characters are lost; a reading on both sides says what they were."""
    key = part.key.codes
    found = worn_texts(part.kanji, lost, left, right, among)
    agree = found != DIFFERS
    if agree.any():
        sound_both, sound_same = both(key[left], key[right]), equal(key[left], key[right])
        said = np.where(sound_same, SOFT, np.where(sound_both, DIFFERS, found))
        state[agree] = said[agree]


_MIXED = {mixing.SAME: SOFT, mixing.PARTLY: WORN, mixing.OTHER: DIFFERS}


def _set_mixed(state: Levels, part: Part, left: Rows, right: Rows, among: Flags) -> None:
    """States of pairs of parts of which one has kana among its kanji."""
    among = among & ((state == DIFFERS) | (state == HOMOPHONE))
    if among.any():
        said = level_of_pairs(
            part.kanji, part.kanji, left, right, among, _each(lambda a, b: _MIXED[mixing.agree(a, b)])
        )
        np.maximum(state, said, out=state, where=among)


def _set_bare(state: Levels, part: Part, left: Rows, right: Rows, among: Flags) -> None:
    """States of family names of which one is the other without its ノ."""
    among = among & equal(part.bare[left], part.bare[right])
    if among.any():
        worn = _each(lambda a, b: WORN if left_out(a, b) else DIFFERS)
        state[among] = level_of_pairs(part.kanji, part.kanji, left, right, among, worn)[among]
