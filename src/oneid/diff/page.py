"""A :class:`~oneid.diff.difference.Difference` for people: as text, as Markdown, and as one page of HTML.

The page is self-contained: no script, no network, no font of its own; every text in it is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import polars as pl

from oneid.diff.difference import Difference, Range

__all__ = ["lines", "markdown", "page", "text"]

Table = tuple[str, Sequence[str], list[list[str]]]
_FIGURES = (
    ("oneids", "OneIDs"),
    ("several", "OneIDs of several records"),
    ("moved", "members moved"),
    ("merged", "OneIDs merged"),
    ("split", "OneIDs split"),
    ("review", "pairs to review"),
    ("contradictions", "OneIDs whose births differ"),
    ("largest", "largest OneIDs"),
)
_RULES = {
    "rule": "rule", "moved": "members moved", "merged": "joined", "split": "no longer held",
    "links_old": "links before", "links_new": "links after", "review_in": "into review", "review_out": "out of review",
}  # fmt: skip
_COLOURS = {"merged": "#d55e00", "split": "#0072b2"}


def lines(found: Difference) -> list[list[str]]:
    """The figures as (name, before and after, more)."""
    return [[words, *_figure(found, name)] for name, words in _FIGURES]


def _figure(found: Difference, name: str) -> tuple[str, str]:
    value: Any = found.figures[name]
    more = _between(found.ranges.get(name))
    if name == "largest":
        return " -> ".join(", ".join(f"{size:,}" for size in sizes) or "0" for sizes in value), more
    if name in ("oneids", "several"):
        return f"{value[0]:,} -> {value[1]:,} ({value[1] - value[0]:+,})", more
    if name == "review":
        return f"{value[0]:,} -> {value[1]:,} ({value[2]:,} in, {value[3]:,} out)", more
    if name == "contradictions":
        return f"{value[0]:,} -> {value[1]:,} ({value[2]:,} by what came together)", more
    if name == "moved":
        share = 100 * value / max(found.figures["members"], 1)
        return f"{value:,} of {found.figures['members']:,} ({share:.3f} %)", more
    return f"{value:,}", more


def _between(found: Range | None) -> str:
    return "" if found is None or found.low == found.high else f"between {found.low:,} and {found.high:,}"


def _remarks(found: Difference) -> list[str]:
    """What limits the figures."""
    said = []
    if unknown := found.about.get("unknown_pairs"):
        said.append(f"{unknown:,} pairs that come into one component were never compared")
        there = found.about.get("open")
        said[-1] += (
            f"; what becomes of {there['members']:,} members ({there['oneids']:,} OneIDs at least) depends on them"
            if there
            else "; nothing depends on them"
        )
        said[-1] += ". --data CONFIG compares them" if there else ""
    for name, words in (("added", "only after"), ("removed", "only before")):
        if found.figures[name]:
            said.append(f"{found.figures[name]:,} members are there {words}")
    return said + found.notes


def _tables(found: Difference) -> list[Table]:
    """What each rule caused, where it caused anything, and the sample."""
    changed = pl.sum_horizontal("moved", "merged", "split", "review_in", "review_out") > 0
    rules = found.rules.filter(changed | (pl.col("links_old") != pl.col("links_new"))).select(list(_RULES))
    shown = [
        [cell or "(no link)" if not at else cell for at, cell in enumerate(map(_cell, row))] for row in rules.rows()
    ]
    names = [name for name in found.sample.columns if name not in ("row", "left", "right")]
    moves = [list(map(_cell, row)) for row in found.sample.select(names).iter_rows()]
    return [("what each rule caused", list(_RULES.values()), shown), ("some of the moves", names, moves)]


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)


def text(found: Difference) -> str:
    """For a terminal or a log."""
    parts = [f"{name:<28}{value}{'  ' + more if more else ''}" for name, value, more in lines(found)]
    for title, head, rows in _tables(found):
        if rows:
            widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
            parts += ["", title]
            parts += [
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in [list(head), *rows]
            ]
    return "\n".join([*parts, *(f"note: {note}" for note in _remarks(found))]) + "\n"


def markdown(found: Difference) -> str:
    """For a comment on a change of rules."""
    parts = [_grid(["", "before -> after", ""], lines(found))]
    parts += [f"### {title}\n\n{_grid(head, rows)}" for title, head, rows in _tables(found) if rows]
    return "\n".join(["## oneid diff\n", *parts, *(f"- {_plain(note)}" for note in _remarks(found))]) + "\n"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines_ = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(_plain, line)) + " |\n" for line in lines_)


def _plain(cell: str) -> str:
    """A cell that Markdown takes for text."""
    for char in "\\`*_{}[]<>|#":
        cell = cell.replace(char, "\\" + char) if cell != "---" else cell
    return cell.replace("\n", " ")


_STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; } td, th { padding: 3px 12px 3px 0; text-align: left;
vertical-align: top; border-bottom: 1px solid #ddd; } .wide { overflow-x: auto; } code { font-size: 13px; }
"""


def page(found: Difference) -> str:
    """One page: figures, a picture of what each rule moved, tables, notes."""
    about = [
        f"{side}: {', '.join(str(v) for v in found.about.get(side, {}).values() if v)}" for side in ("before", "after")
    ]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>oneid diff</title>',
        f"<style>{_STYLE}</style></head><body><h1>oneid diff</h1>",
        *(f"<p><code>{escape(line)}</code></p>" for line in about),
        _html(["", "before → after", ""], [[a, b.replace("->", "→"), c] for a, b, c in lines(found)]),
        "<h2>groups of members that each rule joined, and no longer holds</h2>",
        _picture(found),
        *(f"<h2>{escape(title)}</h2>{_html(head, rows)}" for title, head, rows in _tables(found) if rows),
        "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in _remarks(found)) + "</ul></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _html(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _picture(found: Difference) -> str:
    """A bar per rule: how many fragments it joined, and how many it no longer holds."""
    rows = found.rules.filter(found.rules["merged"] + found.rules["split"] > 0).head(20)
    most = max([1, *(rows["merged"] + rows["split"])])
    height, parts = 24 * rows.height + 30, []
    for at, row in enumerate(rows.iter_rows(named=True)):
        across, top = 260.0, 30 + 24 * at
        parts.append(f'<text x="250" y="{top + 14}" text-anchor="end">{escape(row["rule"] or "no link")}</text>')
        for name, colour in _COLOURS.items():
            width = round(420 * row[name] / most, 1)
            parts.append(f'<rect x="{across:g}" y="{top}" width="{width:g}" height="18" fill="{colour}"/>')
            across += width
        parts.append(f'<text x="{across + 6:g}" y="{top + 14}">{row["merged"]:,} + {row["split"]:,}</text>')
    legend = "".join(
        f'<rect x="{x}" y="4" width="12" height="12" fill="{_COLOURS[name]}"/><text x="{x + 18}" y="15">{words}</text>'
        for x, name, words in ((260, "merged", "joined"), (360, "split", "no longer held"))
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" role="img" font-size="13"'
    title = "<title>groups of members that each rule joined, and no longer holds</title>"
    return f'{head} font-family="sans-serif">{title}{legend}{"".join(parts)}</svg>'
