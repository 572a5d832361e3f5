"""Whether named rules can ever decide: what each condition holds for, less what the rules before it take.

A condition holds for a union of *boxes*: sets of levels, one per field, all combinations of which it holds for. Boxes
are intersected and subtracted exactly, so no pattern is tried. Which sources a pair is of counts as one more field;
its values are the pairs of sources that the rules name, and any other pair inside one source, and any other pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from oneid.settings.rules import Rule, When

__all__ = ["Covered", "covered"]

Box: TypeAlias = Mapping[str, frozenset[str]]
"""Fields to levels; a field that is not there may be at any."""

_SOURCES, _ONE, _TWO = "", "one source", "two sources"
_VERDICTS = ("never", "match", "review")
"""Rules of an earlier verdict decide before those of a later one."""


@dataclass(frozen=True)
class Covered:
    """A rule that never decides: all that it holds for (nothing, where ``by`` is empty) is taken by earlier rules."""

    rule: Rule
    by: tuple[Rule, ...]

    @property
    def contradicts(self) -> bool:
        """Whether all of these earlier rules say something else."""
        return bool(self.by) and all(rule.verdict != self.rule.verdict for rule in self.by)


def covered(rules: Sequence[Rule], levels: Mapping[str, Sequence[str]]) -> list[Covered]:
    """The rules that can never decide, in the order of the file. ``levels`` names every field's levels.

    >>> both = When(levels={"email": ("equal",)}), When(levels={"email": ("equal",), "sex": ("equal",)})
    >>> rules = [Rule(id=str(n), when=when, verdict="match", why="") for n, when in enumerate(both)]
    >>> [found.rule.id for found in covered(rules, {"email": ("missing", "equal"), "sex": ("missing", "equal")})]
    ['1']
    """
    every = {field: frozenset(names) for field, names in levels.items()}
    every[_SOURCES] = frozenset(_pairs(rule.when for rule in rules)) | {_ONE, _TWO}
    ordered = sorted(rules, key=lambda rule: _VERDICTS.index(rule.verdict))
    made = [_boxes(rule.when, every) for rule in ordered]
    found = []
    for number, rule in enumerate(ordered):
        left, by = made[number], []
        for other in range(number):
            before, left = left, _less(left, made[other], every)
            by += [ordered[other]] if left != before else []
        if not left:
            found.append(Covered(rule, tuple(by)))
    return sorted(found, key=lambda one: rules.index(one.rule))


def _pairs(conditions: Iterable[When]) -> list[str]:
    """The pairs of sources that conditions name."""
    found = []
    for when in conditions:
        if when.between is not None:
            found.append("+".join(sorted(when.between)))
        found += _pairs((*when.any_of, *when.none_of))
    return found


def _inside(pair: str) -> bool:
    if pair in (_ONE, _TWO):
        return pair == _ONE
    first, last = pair.split("+", 1)
    return first == last


def _boxes(when: When, every: Box) -> list[Box]:
    box = {field: frozenset(names) & every[field] for field, names in when.levels.items() if field in every}
    sources = every[_SOURCES]
    if when.between is not None:
        sources &= {"+".join(sorted(when.between))}
    if when.same_source is not None:
        sources = frozenset(pair for pair in sources if _inside(pair) == when.same_source)
    boxes: list[Box] = [{**box, _SOURCES: sources}] if all(box.values()) and sources else []
    if when.any_of:
        either = [inner for one in when.any_of for inner in _boxes(one, every)]
        boxes = [both for one in boxes for other in either if (both := _both(one, other)) is not None]
    return reduce(lambda left, one: _less(left, _boxes(one, every), every), when.none_of, boxes)


def _both(one: Box, other: Box) -> Box | None:
    """What two boxes share; None where that is nothing."""
    shared = {**one, **{field: one.get(field, names) & names for field, names in other.items()}}
    return shared if all(shared.values()) else None


def _less(boxes: Sequence[Box], taken: Sequence[Box], every: Box) -> list[Box]:
    """Boxes without what others hold."""
    left = list(boxes)
    for other in taken:
        left = [piece for box in left for piece in _pieces(box, other, every)]
    return left


def _pieces(box: Box, other: Box, every: Box) -> list[Box]:
    """A box without another, in boxes that share nothing."""
    if _both(box, other) is None:
        return [box]
    pieces: list[Box] = []
    inner = dict(box)
    for field, names in other.items():
        here = inner.get(field, every[field])
        if outside := here - names:
            pieces.append({**inner, field: outside})
        inner[field] = here & names
    return pieces
