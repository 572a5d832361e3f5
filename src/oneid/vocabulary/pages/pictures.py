"""The pictures of pages: bars, what flows where, overlaps of sets, and how numbers are spread.

Each takes names and numbers and gives a :class:`~oneid.vocabulary.pages.svg.Picture`; equal input gives equal text.
``style`` is one of ``one two bad wait never``, the colours of :mod:`oneid.vocabulary.pages.style`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import NamedTuple

from oneid.vocabulary.pages.svg import Picture, circle, line, rect, short, text, width

__all__ = ["Bar", "Block", "Legend", "Mark", "bars", "flow", "histogram", "spark", "upset"]

Legend = Sequence[tuple[str, str]]
"""Styles with what they stand for."""
_LONGEST = 34.0
"""Em of a label; the rest of it stands in the tables."""


class Bar(NamedTuple):
    """A line of :func:`bars`: its label, parts as (style, number), and what is said behind it (else their sum)."""

    label: str
    parts: Sequence[tuple[str, float]]
    said: str = ""

    @property
    def whole(self) -> float:
        """All parts together."""
        return sum(number for _, number in self.parts)

    @property
    def behind(self) -> str:
        """What is said behind it."""
        return self.said or f"{self.whole:,.0f}"


class Block(NamedTuple):
    """An end of :func:`flow`: its label, a second line under it, and its style."""

    label: str
    said: str
    style: str = "one"


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line in :func:`histogram`; words stand before it or behind it."""

    words: str
    value: int
    before: bool = False


def _legend(legend: Legend) -> tuple[list[str], float]:
    """The keys of colours, one a line, and where the rest begins."""
    made: list[str] = []
    for at, (style, words) in enumerate(legend):
        y = 1.5 * at
        made.append(f'<rect class="{style}" x="0%" y="{y + 0.2:.2f}em" width="0.8em" height="0.8em"/>')
        made.append(text(0, y + 0.9, short(words, _LONGEST), dx=1.2))
    return made, 1.5 * len(legend) + (0.5 if legend else 0.0)


def bars(title: str, lines: Sequence[Bar], legend: Legend = (), *, most: float = 0.0) -> Picture:
    """A bar in parts per line, its label and number above it; all at one scale, to ``most`` or the longest."""
    top = most or max((one.whole for one in lines), default=0.0) or 1.0
    made, y = _legend(legend)
    for one in lines:
        made += [text(0, y + 1, short(one.label, _LONGEST)), text(100, y + 1, one.behind, "end", "label")]
        made.append(rect(0, y + 1.35, 100, 0.6, "track"))
        x = 0.0
        for style, number in one.parts:
            made.append(rect(x, y + 1.35, number / top * 100, 0.6, style))
            x += number / top * 100
        y += 2.5
    return Picture(title, "; ".join(f"{one.label}: {one.behind}" for one in lines), y + 0.2, tuple(made))


def spark(parts: Sequence[tuple[str, float]], most: float) -> str:
    """A small bar in parts for a cell of a table, beside its numbers."""
    made, x = [rect(0, 0, 100, 0.7, "track")], 0.0
    for style, number in parts:
        across = min(number / (most or 1) * 100, 100 - x)
        made.append(rect(x, 0, across, 0.7, style))
        x += across
    return f'<svg class="picture spark" aria-hidden="true" width="7em" height="0.7em">{"".join(made)}</svg>'


def flow(title: str, left: Sequence[Block], right: Sequence[Block], between: Mapping[tuple[int, int], int]) -> Picture:
    """What flows from the blocks on the left to those on the right: ``between`` has numbers by (left, right)."""
    whole = sum(between.values()) or 1
    height = max(11.0, 2.9 * max(len(left), len(right), 1))
    sides = [
        _stacked([sum(n for pair, n in between.items() if pair[side] == at) for at in range(len(ends))], height)
        for side, ends in enumerate((left, right))
    ]
    scale = [(height - _GAP * (len(ends) - 1)) / whole for ends in (left, right)]
    made, ribbons = [], []
    begun = [[top for top, _ in side] for side in sides]
    for (a, b), number in sorted(between.items()):
        y, z = begun[0][a], begun[1][b]
        y2, z2 = y + number * scale[0], z + number * scale[1]
        begun[0][a], begun[1][b] = y2, z2
        way = f"M0 {y:.2f}C50 {y:.2f} 50 {z:.2f} 100 {z:.2f}V{z2:.2f}C50 {z2:.2f} 50 {y2:.2f} 0 {y2:.2f}Z"
        ribbons.append(f'<path class="ribbon {right[b].style}" d="{way}"/>')
    made.append(
        f'<svg x="1.2%" y="0" width="97.6%" height="{height:g}em" viewBox="0 0 100 {height:g}" '
        f'preserveAspectRatio="none">{"".join(ribbons)}</svg>'
    )
    for side, ends, x, x_text, anchor in ((sides[0], left, 0.0, 2.5, "start"), (sides[1], right, 98.8, 97.5, "end")):
        feet = _apart([top + tall / 2 for top, tall in side], height)
        for block, (top, tall), foot in zip(ends, side, feet, strict=True):
            made.append(rect(x, top, 1.2, tall, block.style))
            made.append(text(x_text, foot - 0.15, short(block.label, 18), anchor))
            made.append(text(x_text, foot + 1.05, short(block.said, 18), anchor))
    told = "; ".join(f"{block.label} {block.said}" for block in (*left, *right))
    return Picture(title, told, height + 0.3, tuple(made))


_GAP = 0.5


def _stacked(numbers: Sequence[int], height: float) -> list[tuple[float, float]]:
    """Where each block begins, and how tall it is."""
    scale = (height - _GAP * (len(numbers) - 1)) / (sum(numbers) or 1)
    found, top = [], 0.0
    for number in numbers:
        found.append((top, max(number * scale, 0.06)))
        top += number * scale + _GAP
    return found


def _apart(wanted: Sequence[float], height: float, least: float = 2.7) -> list[float]:
    """Places as near to those wanted as can be with ``least`` between them, in the given order."""
    places: list[float] = []
    for want in wanted:
        places.append(max(want, places[-1] + least if places else 1.2))
    limit = height - 1.1
    for at in range(len(places) - 1, -1, -1):
        places[at] = min(places[at], limit)
        limit = places[at] - least
    return places


def upset(title: str, columns: Sequence[str], sets: Sequence[tuple[Sequence[str], int]]) -> Picture:
    """Which of the ``columns`` things are in: a line per set, with a dot per column that is in it, and a bar for
    the number. Sets come in the order that they are given in.
    """
    names = [short(name, 14) for name in columns]
    head = 0.87 * max(map(width, names), default=0.0) + 0.9
    most = max((number for _, number in sets), default=0) or 1
    step = min(46 / max(len(columns), 1), 9.2)
    left = step * len(columns) + 3
    made: list[str] = []
    for at, name in enumerate(names):
        x = (at + 0.5) * step
        turned = f'<text x="0" y="0" transform="rotate(-60)">{text(0, 0, name).partition(">")[2]}'
        made.append(f'<svg x="{x:.2f}%" y="{head - 0.3:.2f}em" width="1" height="1">{turned}</svg>')
    for row, (held, number) in enumerate(sets):
        y = head + 0.9 + row * 1.7
        places = [at for at, name in enumerate(columns) if name in held]
        made += [circle((at + 0.5) * step, y, 0.42, "line") for at in range(len(columns)) if at not in places]
        if len(places) > 1:
            made.append(line((places[0] + 0.5) * step, y, (places[-1] + 0.5) * step, y, "joint"))
        made += [circle((at + 0.5) * step, y, 0.42, "dot") for at in places]
        across = number / most * (80 - left)
        made.append(rect(left, y - 0.55, across, 1.1, "one" if len(places) > 1 else "two"))
        made.append(text(left + across, y + 0.35, f"{number:,}", dx=0.4))
    told = "; ".join(f"{' + '.join(held)}: {number:,}" for held, number in sets)
    return Picture(title, told, head + 0.5 + 1.7 * len(sets), tuple(made))


def histogram(
    title: str, step: int, parts: Mapping[str, Mapping[int, int]], legend: Legend, marks: Sequence[Mark] = ()
) -> Picture:
    """Numbers by value (hundredths) as stacked bars ``step`` wide, their heights by the logarithm of all that are in a
    bar. ``parts``: by style the numbers by the bars' lower ends; between the two ``marks`` there is a band.
    """
    totals: dict[int, int] = {}
    for found in parts.values():
        for start, number in found.items():
            totals[start] = totals.get(start, 0) + number
    made, head = _legend(legend)
    if not totals:
        return Picture(title, "", head + 0.2, tuple(made))
    low, high = min(totals), max(totals) + step
    top, tall = log10(max(totals.values()) + 1), 13.0
    head += 1.5 * len(marks) + 0.8
    floor = head + tall

    def across(value: float) -> float:
        return 6 + (value - low) / (high - low) * 94

    if len(marks) == 2:
        a, b = sorted(min(max(mark.value, low), high) for mark in marks)
        made.append(rect(across(a), head - 0.4, across(b) - across(a), tall + 0.4, "band"))
    for power in range(int(top) + 1):
        y = floor - log10(10**power + 1) / top * tall
        made += [line(0, y, 100, y), text(0, y - 0.2, f"{10**power:,}", style="label")]
    for start, total in sorted(totals.items()):
        y = floor
        for style, found in parts.items():
            share = found.get(start, 0) / total * log10(total + 1) / top * tall
            y -= share
            if share:
                made.append(rect(across(start), y, (across(start + step) - across(start)) * 0.9, share, style))
    for at, mark in enumerate(marks):
        x, y = across(min(max(mark.value, low), high)), head - 1.5 * (len(marks) - at) + 0.7
        made.append(line(x, y - 0.7, x, floor, "mark"))
        made.append(text(x, y, mark.words, "end" if mark.before else "start", dx=-0.4 if mark.before else 0.4))
    made += [
        text(across(value), floor + 1.2, f"{value // 100}", "middle", "label")
        for value in range(-(-low // 1000) * 1000, high + 1, 1000)
    ]
    told = "; ".join([f"{words}: {sum(parts.get(style, {}).values()):,}" for style, words in legend]
                     + [f"{mark.words}: {mark.value / 100:g}" for mark in marks])  # fmt: skip
    return Picture(title, told, floor + 1.6, tuple(made))
