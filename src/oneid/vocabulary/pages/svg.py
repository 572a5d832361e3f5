"""A picture and its parts, as SVG text.

Across, everything is told in percent of the width, and downwards in ``em``, the height of a letter. So letters keep
their size on a telephone, grow with the reader's own, and the browser lays the picture out anew, without a script.
Colours are classes (:mod:`oneid.vocabulary.pages.style`).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from oneid.vocabulary.pages.markup import fragment
from oneid.vocabulary.pages.style import NOTEBOOK
from oneid.vocabulary.terminaltext import in_line

__all__ = ["Picture", "circle", "line", "rect", "short", "text", "width"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of ``height`` em. ``told`` says in words what it shows, to those who do not see it; ``str`` is SVG for
    a page of ours. A notebook shows it as it is, and ``save`` and :meth:`svg` give a file of its own.
    """

    title: str
    told: str
    height: float
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return self._svg("")

    def _svg(self, more: str, inside: str = "") -> str:
        said = f"<title>{_text(self.title)}</title><desc>{_text(self.told)}</desc>{inside}"
        label = escape(in_line(self.title), quote=True)
        head = f'<svg class="picture" role="img" aria-label="{label}" height="{self.height:g}em"{more}>'
        return "\n".join([head, said, *self.parts, "</svg>"])

    def svg(self) -> str:
        """As a file of its own, 640 wide."""
        style = f"<style>{NOTEBOOK.replace('.oneid .picture', '.picture').replace('.oneid', '.picture')}</style>"
        return self._svg(' xmlns="http://www.w3.org/2000/svg" width="640"', style)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return fragment(str(self))


def _text(words: str) -> str:
    return escape(in_line(words))


def rect(x: float, y: float, across: float, height: float, style: str) -> str:
    """A bar: ``x`` and ``across`` in percent, ``y`` and ``height`` in em."""
    size = f'width="{max(across, 0):.2f}%" height="{max(height, 0):.2f}em"'
    return f'<rect class="{style}" x="{x:.2f}%" y="{y:.2f}em" {size}/>'


def line(x: float, y: float, x2: float, y2: float, style: str = "") -> str:
    """A line from (x, y) to (x2, y2); of the classes ``mark`` and ``joint``, or a faint one."""
    kind = f' class="{style}"' if style else ""
    return f'<line{kind} x1="{x:.2f}%" y1="{y:.2f}em" x2="{x2:.2f}%" y2="{y2:.2f}em"/>'


def circle(x: float, y: float, radius: float, style: str) -> str:
    """A dot; ``radius`` in em."""
    return f'<circle class="{style}" cx="{x:.2f}%" cy="{y:.2f}em" r="{radius:g}em"/>'


def text(x: float, y: float, words: str, anchor: str = "start", style: str = "", dx: float = 0.0) -> str:
    """Words whose foot is at ``y``; ``anchor``: start, middle, end; ``dx`` in em more to the right."""
    kind = f' class="{style}"' if style else ""
    more = f' dx="{dx:g}em"' if dx else ""
    held = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{kind} x="{x:.2f}%" y="{y:.2f}em"{more}{held}>{_text(words)}</text>'


def width(words: str) -> float:
    """About how wide words are, in em."""
    return sum(1.0 if ord(char) > 0x2E7F else 0.56 for char in words)


def short(words: str, most: float) -> str:
    """Words cut to a width in em, with a sign that they are.

    >>> short("a name that is too long", 8)
    'a name that …'
    """
    if width(words) <= most:
        return words
    kept = words
    while kept and width(kept) > most - 1:
        kept = kept[:-1]
    return kept + "…"
