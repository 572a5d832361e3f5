"""Personal data made unreadable while what matters stays visible: where two values differ.

A masked value keeps its length and its punctuation. Of a pair, the characters that differ are shown and all others
hidden, so that a reviewer sees 太 against 次 and not whose name it is. That is for two values of our own: to somebody
who brings one of them, the other is :data:`HIDDEN` as a whole, its length too.
"""

from __future__ import annotations

from rapidfuzz.distance import Indel

__all__ = ["HIDDEN", "mask", "mask_pair"]

HIDDEN = "***"
"""What stands for a value of which nothing may be seen."""

_SHOWN = frozenset(" -/.@+:・　")


def mask(value: str) -> str:
    """The value with its letters and digits hidden; the first is shown where three or more are there.

    >>> mask("佐藤太郎"), mask("090-1234-5678"), mask("李")
    ('佐***', '0**-****-****', '*')
    """
    hidden = [char if char in _SHOWN else "*" for char in value]
    if hidden.count("*") >= 3:
        hidden[0] = value[0]
    return "".join(hidden)


def mask_pair(left: str, right: str) -> tuple[str, str]:
    """Both values with what they share hidden and what differs shown; values that share little are masked each.

    >>> mask_pair("佐藤太郎", "佐藤次郎")
    ('**太*', '**次*')
    """
    shown_left, shown_right = set(), set()
    for step in Indel.editops(left, right):
        if step.tag == "delete":
            shown_left.add(step.src_pos)
        else:
            shown_right.add(step.dest_pos)
    much = max(len(shown_left), len(shown_right)) > max(2, min(len(left), len(right)) // 3)
    if much or _bare(left, shown_left) or _bare(right, shown_right):
        return mask(left), mask(right)
    return _show(left, shown_left), _show(right, shown_right)


def _bare(value: str, shown: set[int]) -> bool:
    """Whether a value would be shown with nothing hidden."""
    return bool(shown) and _show(value, shown) == value


def _show(value: str, shown: set[int]) -> str:
    return "".join(char if place in shown or char in _SHOWN else "*" for place, char in enumerate(value))
