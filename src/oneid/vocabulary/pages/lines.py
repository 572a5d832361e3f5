"""Line charts as SVG text, for reports and benchmarks: no dependency, no script, no font of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Axis", "line_chart"]

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 56, 48
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's colours, which the colour-blind tell apart."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows: its words, its least and greatest value, and how many steps are marked."""

    label: str
    low: float
    high: float
    steps: int = 5

    def share(self, value: float) -> float:
        """Where a value lies: 0 at ``low``, 1 at ``high``, values beyond at the end.

        >>> Axis("bits", -2, 6).share(0)
        0.25
        """
        span = self.high - self.low
        return min(max((value - self.low) / span, 0.0), 1.0) if span else 0.0

    def marks(self) -> list[float]:
        """The marked values, both ends among them."""
        return [self.low + (self.high - self.low) * step / self.steps for step in range(self.steps + 1)]


def line_chart(
    title: str,
    x: Axis,
    y: Axis,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    *,
    dots: bool = False,
    marks: Mapping[str, float] | None = None,
) -> str:
    """An SVG picture of 640 by 400 with one line per entry of ``lines``: its points as (x, y), left to right.

    ``dots`` draws each point; ``marks`` are upright dashed lines by their words, at a value of x. Equal input gives
    equal text.
    """

    def across(value: float) -> float:
        return round(_LEFT + x.share(value) * (_WIDTH - _LEFT - _RIGHT), 1)

    def up(value: float) -> float:
        return round(_HEIGHT - _BOTTOM - y.share(value) * (_HEIGHT - _TOP - _BOTTOM), 1)

    floor, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"',
        ' font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 20, title, extra=' font-size="14" font-weight="bold"'),
    ]
    for value in x.marks():
        parts.append(_text(across(value), floor + 16, f"{value:g}", anchor="middle"))
    for value in y.marks():
        parts.append(f'<path d="M{_LEFT} {up(value)}H{right}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 6, up(value) + 4, f"{value:g}", anchor="end"))
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 10, x.label, anchor="middle"))
    middle = (_TOP + floor) / 2
    turned = f' transform="rotate(-90 14 {middle:g})"'
    parts.append(_text(14, middle, y.label, anchor="middle", extra=turned))
    for name, value in (marks or {}).items():
        parts.append(f'<path d="M{across(value)} {_TOP}V{floor}" stroke="#888" stroke-dasharray="4 3"/>')
        parts.append(_text(across(value) + 4, floor - 6, name))
    legend = float(_LEFT)
    for number, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{across(a)},{up(b)}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if dots:
            parts += [f'<circle cx="{across(a)}" cy="{up(b)}" r="3" fill="{colour}"/>' for a, b in points]
        parts.append(f'<path d="M{legend:g} 36h16" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(legend + 20, 40, name))
        legend += 44 + 7 * len(name)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(x: float, y: float, words: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'
