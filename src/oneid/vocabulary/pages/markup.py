"""HTML as text: cells, tables, sections, whole pages, and what a notebook shows.

Whatever is not :class:`Html` is text, and is escaped.

>>> table(["who", "records"], [("<b>", 1200)])
'<div class="wide" tabindex="0"><table><tr><th scope="col">who</th>...<td>&lt;b&gt;</td><td class="n">1,200</td>...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from oneid.vocabulary.pages.style import NOTEBOOK, PAGE
from oneid.vocabulary.terminaltext import visible

__all__ = [
    "Figure", "Html", "begins", "cell", "code", "document", "fragment", "items", "paragraph", "section", "table",
    "terms",
]  # fmt: skip


_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_NOTHING: Final = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


class Figure(str):
    """Text that stands right, as numbers do."""

    __slots__ = ()


def cell(value: object) -> str:
    """A value as markup: numbers with thousands apart, nothing for None, text escaped."""
    if isinstance(value, Html):
        return value
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape("" if value is None else visible(str(value)))


def code(words: object) -> Html:
    """A name that is meant to be copied."""
    return Html(f"<code>{cell(words)}</code>")


def table(head: Sequence[object], rows: Sequence[Sequence[object]], label: str = "", *, rowhead: bool = False) -> str:
    """A table; columns of numbers stand right. ``label`` says to screen readers what it is; with ``rowhead`` the first
    cell of each row is its heading. Nothing where there are no rows.

    It is scrolled by itself where it is too wide, also with keys.
    """
    if not rows:
        return ""
    kinds = [' class="n"' if _is_number(column) else "" for column in zip(*rows, strict=True)]
    named = zip(kinds, head, strict=True)
    lines = ["".join(f'<th{kind} scope="col">{cell(name)}</th>' if name else "<td></td>" for kind, name in named)]
    for row in rows:
        cells = [f"<td{kind}>{cell(value)}</td>" for kind, value in zip(kinds, row, strict=True)]
        if rowhead:
            cells[0] = f'<th scope="row">{cell(row[0])}</th>'
        lines.append("".join(cells))
    said = f' role="group" aria-label="{escape(visible(label), quote=True)}"' if label else ""
    whole = "</tr>\n<tr>".join(lines)
    return f'<div class="wide" tabindex="0"{said}><table><tr>{whole}</tr></table></div>'


def _is_number(column: Sequence[object]) -> bool:
    told = [value for value in column if value is not None]
    return bool(told) and all(isinstance(value, int | float | Figure) for value in told)


def paragraph(words: object, style: str = "") -> str:
    """A paragraph, of a class of :data:`oneid.vocabulary.pages.style.PAGE`."""
    kind = f' class="{style}"' if style else ""
    return f"<p{kind}>{cell(words)}</p>"


def items(lines: Sequence[object]) -> str:
    """A list."""
    return "<ul>" + "".join(f"<li>{cell(line)}</li>" for line in lines) + "</ul>" if lines else ""


def terms(about: Mapping[str, object]) -> str:
    """Names with what each is."""
    pairs = (f"<div><dt>{cell(name)}</dt><dd>{cell(value)}</dd></div>" for name, value in about.items())
    return "<dl>" + "".join(pairs) + "</dl>"


def section(title: str, *parts: str, level: int = 2) -> str:
    """A heading and what is under it."""
    kept = [part for part in parts if part]
    return "\n".join([f"<section><h{level}>{cell(title)}</h{level}>", *kept, "</section>"])


def begins(kind: str) -> str:
    """How a page of ours begins; ``kind`` tells which (``report``), so that only our own is ever replaced."""
    return f"<!doctype html>\n<!-- oneid {kind} -->"


def document(kind: str, title: str, *parts: str, language: str = "en") -> str:
    """A whole page of some parts, which are markup. It may load nothing and run nothing, and holds no character that a
    terminal obeys where somebody prints it.
    """
    whole = "\n".join(
        [
            begins(kind),
            f'<html lang="{escape(language, quote=True)}"><head><meta charset="utf-8">',
            _NOTHING,
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{cell(title)}</title>",
            f"<style>{PAGE}</style></head><body><main>",
            *(part for part in parts if part),
            "</main></body></html>\n",
        ]
    )
    return visible(whole)


def fragment(*parts: str) -> str:
    """What a notebook shows of a value; pages that it is shown in keep their own style."""
    return "\n".join([f'<div class="oneid"><style>{NOTEBOOK}</style>', *(part for part in parts if part), "</div>"])
