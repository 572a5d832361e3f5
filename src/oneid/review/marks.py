"""Two values beside one another: what differs is marked to the character, and what need not be seen is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Indel

from oneid.vocabulary.masking import mask, mask_pair
from oneid.vocabulary.terminaltext import in_line

__all__ = ["Line", "Part", "aligned", "lines", "marked"]

Part = tuple[str, bool]
"""Some characters, and whether they differ from the other side."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value of either side; ``same``: they are equal."""

    left: tuple[Part, ...]
    right: tuple[Part, ...]
    same: bool


def aligned(left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str]]:
    """The values of both sides as lines: equal ones first, then those that are most alike, then those left over.

    >>> aligned(["090-1", "03-2"], ["03-3", "090-1"])
    [('090-1', '090-1'), ('03-2', '03-3')]
    """
    mine, theirs = list(dict.fromkeys(left)), list(dict.fromkeys(right))
    made = []
    while mine and theirs:
        a, b = max(
            ((one, other) for one in mine for other in theirs), key=lambda pair: Indel.normalized_similarity(*pair)
        )
        made.append((a, b))
        mine.remove(a)
        theirs.remove(b)
    return made + [(one, "") for one in mine] + [("", other) for other in theirs]


def marked(left: str, right: str, *, show_pii: bool) -> Line:
    """Both values with what differs marked; masked unless ``show_pii``.

    >>> marked("佐藤太郎", "佐藤次郎", show_pii=False).left
    (('**', False), ('太', True), ('*', False))
    """
    left, right = in_line(left), in_line(right)
    same = left == right
    if not (left and right) or same:
        one, other = (value if show_pii else mask(value) for value in (left, right))
        return Line(_whole(one), _whole(other), same)
    apart_left, apart_right = set[int](), set[int]()
    for step in Indel.editops(left, right):
        if step.tag == "delete":
            apart_left.add(step.src_pos)
        else:
            apart_right.add(step.dest_pos)
    if show_pii:
        return Line(_parts(left, apart_left), _parts(right, apart_right), same)
    masked = mask_pair(left, right)
    if masked == (mask(left), mask(right)):  # too much differs: no character is told
        return Line(((masked[0], True),), ((masked[1], True),), same)
    return Line(_parts(masked[0], apart_left), _parts(masked[1], apart_right), same)


def _whole(value: str) -> tuple[Part, ...]:
    return ((value, False),) if value else ()


def _parts(value: str, apart: set[int]) -> tuple[Part, ...]:
    runs = groupby(enumerate(value), key=lambda one: one[0] in apart)
    return tuple(("".join(char for _, char in run), differs) for differs, run in runs)


def lines(left: Sequence[str], right: Sequence[str], *, show_pii: bool) -> list[Line]:
    """The lines of one field."""
    return [marked(one, other, show_pii=show_pii) for one, other in aligned(left, right)]
