"""A difference in words: its figures, and what limits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from oneid.vocabulary.pages.markup import table

__all__ = ["Range", "figures", "lines", "remarks"]

Figures = Mapping[str, Any]
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


class Range(NamedTuple):
    """What a figure lies between, both ends among it."""

    low: int
    high: int


def lines(figures: Figures, ranges: Mapping[str, Range]) -> list[list[str]]:
    """The figures as (name, before and after, more)."""
    return [[words, *_figure(figures, name, ranges.get(name))] for name, words in _FIGURES]


def _figure(figures: Figures, name: str, between: Range | None) -> tuple[str, str]:
    value: Any = figures[name]
    more = _between(between)
    if name == "largest":
        return " -> ".join(", ".join(f"{size:,}" for size in sizes) or "0" for sizes in value), more
    if name in ("oneids", "several"):
        return f"{value[0]:,} -> {value[1]:,} ({value[1] - value[0]:+,})", more
    if name == "review":
        return f"{value[0]:,} -> {value[1]:,} ({value[2]:,} in, {value[3]:,} out)", more
    if name == "contradictions":
        return f"{value[0]:,} -> {value[1]:,} ({value[2]:,} by what came together)", more
    if name == "moved":
        share = 100 * value / max(figures["members"], 1)
        return f"{value:,} of {figures['members']:,} ({share:.3f} %)", more
    return f"{value:,}", more


def _between(found: Range | None) -> str:
    return "" if found is None or found.low == found.high else f"between {found.low:,} and {found.high:,}"


def figures(of: Figures, ranges: Mapping[str, Range]) -> str:
    """The figures as a table of HTML."""
    rows = [(name, said.replace("->", "→"), more) for name, said, more in lines(of, ranges)]
    return table(["", "before → after", ""], rows, "before and after", rowhead=True)


def remarks(figures: Figures, about: Mapping[str, Any], notes: Sequence[str]) -> list[str]:
    """What limits the figures."""
    said = []
    if unknown := about.get("unknown_pairs"):
        said.append(f"{unknown:,} pairs that come into one component were never compared")
        there = about.get("open")
        said[-1] += (
            f"; what becomes of {there['members']:,} members ({there['oneids']:,} OneIDs at least) depends on them"
            if there
            else "; nothing depends on them"
        )
        said[-1] += ". --data CONFIG compares them" if there else ""
    for name, words in (("added", "only after"), ("removed", "only before")):
        if figures[name]:
            said.append(f"{figures[name]:,} members are there {words}")
    return said + list(notes)
