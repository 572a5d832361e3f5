"""The charts of a run, by name: which numbers of its facts each shows, and in which words.

A chart is what is drawn, not how: the report draws pictures of it, a notebook pictures or charts of altair
(:mod:`oneid.report.plots`), all of the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from oneid.report.facts import MANY, STEP, Facts, Field
from oneid.report.words import Say
from oneid.vocabulary.pages import pictures
from oneid.vocabulary.pages.pictures import Bar, Block, Legend, Mark
from oneid.vocabulary.pages.svg import Picture

__all__ = ["CHARTS", "Bars", "Chart", "Flow", "Histogram", "Upset", "parts_of"]

VERDICTS: Mapping[str, str] = {"match": "one", "review": "wait", "none": "two", "never": "never"}
"""Verdicts with their colours."""
EVENTS = ("created", "left", "merged", "split", "reinstated", "joined", "moved", "retired", "rekeyed")
_ALWAYS = 5
"""So many of :data:`EVENTS` are told also where there were none."""
_SIZES = 10
_PARTS: Mapping[str, str] = {"usable": "one", "partial": "wait", "placeholder": "never", "unreadable": "bad"}


@dataclass(frozen=True)
class Bars:
    """A bar in parts per line; ``most`` is the end of the scale, 0 that of the longest."""

    title: str
    lines: Sequence[Bar]
    legend: Legend = ()
    most: float = 0.0

    def picture(self) -> Picture:
        """As the page shows it."""
        return pictures.bars(self.title, self.lines, self.legend, most=self.most)


@dataclass(frozen=True)
class Flow:
    """What flows from left to right: numbers by (left, right)."""

    title: str
    left: Sequence[Block]
    right: Sequence[Block]
    between: Mapping[tuple[int, int], int]

    def picture(self) -> Picture:
        """As the page shows it."""
        return pictures.flow(self.title, self.left, self.right, self.between)


@dataclass(frozen=True)
class Upset:
    """Sets of ``columns`` with their numbers, the largest first."""

    title: str
    columns: Sequence[str]
    sets: Sequence[tuple[Sequence[str], int]]

    def picture(self) -> Picture:
        """As the page shows it."""
        return pictures.upset(self.title, self.columns, self.sets)


@dataclass(frozen=True)
class Histogram:
    """Numbers by style and by the lower end of their bar, which is ``step`` wide; in hundredths."""

    title: str
    step: int
    parts: Mapping[str, Mapping[int, int]]
    legend: Legend
    marks: Sequence[Mark]

    def picture(self) -> Picture:
        """As the page shows it."""
        return pictures.histogram(self.title, self.step, self.parts, self.legend, self.marks)


Chart = Bars | Flow | Upset | Histogram


def flow(found: Facts, say: Say) -> Chart:
    """Rows of each source on the left; on the right OneIDs by their size, and what was not used."""
    names = sorted({*found.rows, *found.held})
    sizes = sorted({size for flows in found.flows.values() for size in flows})
    between = {
        (names.index(name), sizes.index(size)): n for name, flows in found.flows.items() for size, n in flows.items()
    }
    left = [Block(name, f"{found.held.get(name, 0) + found.unused.get(name, 0):,}", "two") for name in names]
    right = []
    for size in sizes:
        oneids = sum(n for of, n in found.sizes.items() if min(of, MANY) == size)
        right.append(Block(say(f"of_{size}"), say("oneids", n=f"{oneids:,}"), "two" if size == 1 else "one"))
    if any(found.unused.values()):
        between |= {(names.index(name), len(sizes)): n for name, n in found.unused.items() if n and name in names}
        right.append(Block(say("unused"), say("of_rows", n=f"{sum(found.unused.values()):,}"), "bad"))
    return Flow(say("flow"), left, right, between)


def since(found: Facts, say: Say) -> Chart:
    """What happened since the run before, by kind of event."""
    shown = [event for at, event in enumerate(EVENTS) if at < _ALWAYS or found.events.get(event)]
    more = [event for event in found.events if event not in EVENTS]
    return Bars(say("since"), [Bar(say.of(event), [("one", found.events.get(event, 0))]) for event in [*shown, *more]])


def overlaps(found: Facts, say: Say) -> Chart:
    """OneIDs by the sources that know them, the largest set first."""
    return Upset(say("between"), sorted(found.held), [(one.sources, one.oneids) for one in found.overlaps])


def rules(found: Facts, say: Say) -> Chart:
    """Links by the rule that made them, those that the cluster refused apart."""
    lines = []
    for rule in found.rules:
        said = f"{rule.links:,}" + (f" + {rule.refused:,}" if rule.refused else "")
        lines.append(Bar(say.of(rule.rule), [("one", rule.links), ("bad", rule.refused)], said))
    return Bars(say("links_by_rule"), lines, [("one", say("links")), ("bad", say("refused"))])


def scores(found: Facts, say: Say) -> Chart:
    """Pairs by their score and verdict, with the thresholds and the band between them."""
    there = {name: found.scores[name] for name in VERDICTS if name in found.scores}
    legend = [(VERDICTS[name], f"{say(name)} {sum(bar.values()):,}") for name, bar in there.items()]
    marks = [Mark(say(f"threshold_{name}"), found.thresholds[name], name == "review")
             for name in ("review", "match") if name in found.thresholds]  # fmt: skip
    return Histogram(say("scores"), STEP, {VERDICTS[name]: bar for name, bar in there.items()}, legend, marks)


def review(found: Facts, say: Say) -> Chart:
    """Pairs that wait for a person, by rule and by why they wait."""
    styles = {"review": "wait", "refused": "bad"}
    counted: dict[str, dict[str, int]] = {}
    for rule, reason, n in found.review:
        counted.setdefault(rule, {})[styles.get(reason, "two")] = n
    order = sorted(counted, key=lambda rule: (-sum(counted[rule].values()), rule))
    totals = {style: sum(of.get(style, 0) for of in counted.values()) for style in (*styles.values(), "two")}
    words = {"wait": say("asked"), "bad": say("refused_link"), "two": say("other")}
    legend = [(style, f"{words[style]} {n:,}") for style, n in totals.items() if n]
    lines = [Bar(say.of(rule), [(style, counted[rule].get(style, 0)) for style in totals]) for rule in order]
    return Bars(say("queue"), lines, legend)


def sizes(found: Facts, say: Say) -> Chart:
    """OneIDs by how many records they hold."""
    counted: dict[int, int] = {}
    for size, n in found.sizes.items():
        counted[min(size, _SIZES)] = counted.get(min(size, _SIZES), 0) + n
    names = {1: say("of_1"), _SIZES: say("size_more", n=_SIZES)}
    lines = [
        Bar(names.get(size) or say("size", n=size), [("two" if size == 1 else "one", n)])
        for size, n in sorted(counted.items())
    ]
    return Bars(say("sizes"), lines)


def parts_of(one: Field) -> list[tuple[str, float]]:
    """What becomes of a field's values, as parts of a bar, in percent."""
    whole = one.values or 1
    return [(style, 100 * int(getattr(one, name)) / whole) for name, style in _PARTS.items()]


def quality(found: Facts, say: Say) -> Chart:
    """Of each source's fields the share of values that can be used, and what is wrong with the others."""
    lines = [
        Bar(f"{one.source} {one.field}", parts_of(one), f"{100 * one.usable / (one.values or 1):.1f} %")
        for one in found.fields
    ]
    return Bars(say("fields"), lines, [(style, say(name)) for name, style in _PARTS.items()], most=100.0)


CHARTS: Mapping[str, Callable[[Facts, Say], Chart]] = {
    chart.__name__: chart for chart in (flow, since, overlaps, rules, scores, review, sizes, quality)
}
"""The charts by name."""
