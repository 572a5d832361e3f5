"""A :class:`~oneid.diff.difference.Difference` for people: as text, as Markdown, and as one page of HTML.

The page is self-contained: see :mod:`oneid.vocabulary.pages.markup`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from oneid.diff.difference import Difference
from oneid.diff.words import figures, lines, remarks
from oneid.vocabulary.pages.markup import code, document, items, paragraph, section, table
from oneid.vocabulary.pages.pictures import Bar, bars
from oneid.vocabulary.pages.svg import Picture
from oneid.vocabulary.terminaltext import harmless, in_line

__all__ = ["markdown", "page", "text"]

Table = tuple[str, Sequence[str], list[list[str]]]
_RULES = {
    "rule": "rule", "moved": "members moved", "merged": "joined", "split": "no longer held",
    "links_old": "links before", "links_new": "links after", "review_in": "into review", "review_out": "out of review",
}  # fmt: skip
_TITLE = "groups of members that each rule joined, and no longer holds"


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
    return f"{value:,}" if isinstance(value, int) else "" if value is None else in_line(str(value))


def _remarks(found: Difference) -> list[str]:
    return remarks(found.figures, found.about, found.notes)


def text(found: Difference) -> str:
    """For a terminal or a log."""
    parts = [
        f"{name:<28}{value}{'  ' + more if more else ''}" for name, value, more in lines(found.figures, found.ranges)
    ]
    for title, head, rows in _tables(found):
        if rows:
            widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
            parts += ["", title]
            parts += [
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in [list(head), *rows]
            ]
    return harmless("\n".join([*parts, *(f"note: {note}" for note in _remarks(found))]) + "\n")


def markdown(found: Difference) -> str:
    """For a comment on a change of rules."""
    parts = [_grid(["", "before -> after", ""], lines(found.figures, found.ranges))]
    parts += [f"### {title}\n\n{_grid(head, rows)}" for title, head, rows in _tables(found) if rows]
    return (
        "\n".join(
            [
                "## oneid diff\n",
                *parts,
                *(f"- {_plain(note)}" for note in _remarks(found)),
            ]
        )
        + "\n"
    )


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines_ = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(_plain, line)) + " |\n" for line in lines_)


def _plain(cell: str) -> str:
    """A cell that Markdown takes for text."""
    for char in "\\`*_{}[]<>|#@~":
        cell = cell.replace(char, "\\" + char) if cell != "---" else cell
    return in_line(cell)


def page(found: Difference) -> str:
    """One page: figures, a picture of what each rule moved, tables, notes."""
    about = [
        f"{side}: {', '.join(str(v) for v in found.about.get(side, {}).values() if v)}" for side in ("before", "after")
    ]
    return document(
        "diff",
        "oneid diff",
        "<h1>oneid diff</h1>",
        *(paragraph(code(line)) for line in about),
        figures(found.figures, found.ranges),
        section(_TITLE, str(_picture(found))),
        *(section(title, table(head, rows, title)) for title, head, rows in _tables(found) if rows),
        items(_remarks(found)),
    )


def _picture(found: Difference) -> Picture:
    """A bar per rule: how many fragments it joined, and how many it no longer holds."""
    rows = found.rules.filter(found.rules["merged"] + found.rules["split"] > 0).head(20)
    lines = [
        Bar(row["rule"] or "no link", [("bad", row["merged"]), ("one", row["split"])],
            f"{row['merged']:,} + {row['split']:,}")
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return bars(_TITLE, lines, (("bad", "joined"), ("one", "no longer held")))
