"""The records of two OneIDs and the links among them, as an SVG picture: one column for each, the pair in
question bold.

No style of its own: colours are classes of the page, right in light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Link", "Node", "graph"]

Node = tuple[int, str]
"""A record: its row, and what it is called."""

_WIDTH, _STEP, _TOP = 720, 30, 30
_LEFT, _RIGHT = 230, 490
_MOST = 12
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Link:
    """A compared pair among some records: its score, verdict and rule, and whether a person decided it."""

    left: int
    right: int
    score: int
    verdict: str
    rule: str
    decided: bool


def graph(title: str, sides: Sequence[Sequence[Node]], pair: tuple[int, int], links: Sequence[Link]) -> str:
    """The picture; of each side the first records, those of the pair first. ``title`` says it in words."""
    shown = [_first(side, pair) for side in sides]
    place = {
        row: (x, _TOP + at * _STEP)
        for side, x in zip(shown, (_LEFT, _RIGHT), strict=True)
        for at, (row, _) in enumerate(side)
    }
    height = _TOP + _STEP * max([len(side) for side in shown] + [1])
    made = [_edge(link, place, pair) for link in links if link.left in place and link.right in place]
    if not any({link.left, link.right} == set(pair) for link in links) and all(row in place for row in pair):
        made.append(_edge(Link(min(pair), max(pair), 0, "review", "", decided=False), place, pair))
    for side, whole, anchor in zip(shown, sides, ("end", "start"), strict=True):
        for row, name in side:
            x, y = place[row]
            style = "node asked" if row in pair else "node"
            made.append(f'<circle class="{style}" cx="{x}" cy="{y}" r="7"/>')
            short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
            at = x - 16 if anchor == "end" else x + 16
            made.append(f'<text x="{at}" y="{y + 5}" text-anchor="{anchor}">{escape(short)}</text>')
        if len(whole) > len(side):
            x = _LEFT - 16 if anchor == "end" else _RIGHT + 16
            more = f"+{len(whole) - len(side)}"
            made.append(f'<text class="pale" x="{x}" y="{height + 4}" text-anchor="{anchor}">{more}</text>')
    head = f'<svg viewBox="0 0 {_WIDTH} {height + 12}" role="img" aria-label="{escape(title, quote=True)}">'
    return "\n".join([head, *made, "</svg>"])


def _first(side: Sequence[Node], pair: tuple[int, int]) -> list[Node]:
    return sorted(side, key=lambda node: (node[0] not in pair, node[0]))[:_MOST]


def _edge(link: Link, place: dict[int, tuple[int, int]], pair: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = place[link.left], place[link.right]
    style = f"edge {link.verdict}" + (" asked" if {link.left, link.right} == set(pair) else "")
    if x != to_x:
        return f'<path class="{style}" d="M{x} {y}L{to_x} {to_y}"/>'
    bend = (1 if x == _LEFT else -1) * (24 + abs(to_y - y) // 2)
    return f'<path class="{style}" d="M{x} {y}Q{x + bend} {(y + to_y) // 2} {to_x} {to_y}"/>'
