"""Equal rows as one while clusters are made: a person with a hundred thousand rows is no larger than one with three.

A record that agrees in everything compared with an earlier one of its source (:attr:`oneid.pairs.alike.Alike.others`),
and that the rules link to it, stands for itself no longer: its links and never pairs are those of the earlier one, and
when clusters are made it goes where that one went. So neither the alarm nor the comparing of all pairs inside a
component counts it. Not where something is said of the record itself: a person decided about it, or its source has each
person once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from oneid.pairs.judged import DECIDED, Judged
from oneid.vocabulary.references import Verdict

__all__ = ["as_one", "standing_for"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


def standing_for(others: tuple[Rows, Rows], judged: Judged, alone: Flags) -> Rows | None:
    """By record the one that stands for it, most often itself; None: all stand for themselves.

    ``others``: the earlier and the later ones of equal records. ``alone``: whose source has each person once.
    """
    first, other = others
    if not other.size:
        return None
    size = alone.size
    later, decided = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    later[other] = True
    by_people = judged.score == DECIDED
    for side in (judged.left, judged.right):
        decided[side[by_people]] = True
    match = judged.verdict == tuple(Verdict).index(Verdict.MATCH)
    mine = np.flatnonzero(match & (later[judged.left] | later[judged.right]))
    linked = np.sort(judged.left[mine].astype(np.uint64) << np.uint64(32) | judged.right[mine])
    pair = first.astype(np.uint64) << np.uint64(32) | other
    held = np.isin(pair, linked) & ~alone[other] & ~decided[other]
    if not held.any():
        return None
    same = np.arange(size, dtype=np.uint32)
    same[other[held]] = first[held]
    return same


def as_one(judged: Judged, same: Rows | None) -> Judged:
    """The pairs by those who stand for their ends, left < right, without those of one and the same."""
    if same is None:
        return judged
    a, b = same[judged.left], same[judged.right]
    at = np.flatnonzero(a != b)
    return replace(
        judged, left=np.minimum(a, b)[at], right=np.maximum(a, b)[at], pattern=judged.pattern[at],
        score=judged.score[at], verdict=judged.verdict[at], rule=judged.rule[at],
    )  # fmt: skip
