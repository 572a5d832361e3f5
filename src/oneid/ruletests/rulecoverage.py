"""Which rules the cases put to the test, and which rules the sources leave without anything to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.pairs.scoring import Levels, holds
from oneid.ruletests.worlds import Came, Outcome
from oneid.settings.config import Config
from oneid.settings.reachability import covered
from oneid.settings.rules import Rule, Rules, When
from oneid.vocabulary.patterns import MISSING

__all__ = ["Coverage", "coverage", "idle_keys", "idle_rules", "misses_by_one", "nearest"]

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many cases reach a rule (it decides a pair that they ask about), how many of these hold (``positive``), and
    how many hold that it misses by one condition and that expect something else than its verdict (``negative``).
    """

    rule: Rule
    reached: int
    positive: int
    negative: int


def misses_by_one(when: When, table: pl.DataFrame) -> Flags:
    """Where a condition does not hold, and would without one of its parts: a field, ``any_of``, one of ``none_of``,
    ``between`` or ``same_source``. One flag per row of a table with a column of level names per field.

    >>> when = When(levels={"email": ("equal",), "birth": ("equal",)})
    >>> table = pl.DataFrame({"email": ["equal", "equal", "differs"], "birth": ["equal", "differs", "differs"]})
    >>> misses_by_one(when, table).tolist()
    [False, True, False]
    """
    levels, near = Levels(table), np.zeros(table.height, dtype=np.bool_)
    for relaxed in _relaxed(when):
        near |= holds(relaxed, levels)
    return near & ~holds(when, levels)


def _relaxed(when: When) -> Iterator[When]:
    for field in when.levels:
        yield when.model_copy(update={"levels": {name: at for name, at in when.levels.items() if name != field}})
    for at in range(len(when.none_of)):
        yield when.model_copy(update={"none_of": when.none_of[:at] + when.none_of[at + 1 :]})
    parts = {
        "any_of": bool(when.any_of),
        "between": when.between is not None,
        "same_source": when.same_source is not None,
    }
    for part in (part for part, there in parts.items() if there):
        yield when.model_copy(update={part: () if part == "any_of" else None})


def coverage(rules: Rules, outcomes: Sequence[Outcome]) -> list[Coverage]:
    """The coverage of each named rule, in the order of the file."""
    asked = [
        (number, came, accepted)
        for number, one in enumerate(outcomes)
        for came, (_, _, accepted) in zip(one.pairs, one.case.asked, strict=True)
        if came.levels
    ]
    if not asked:
        return [Coverage(rule, 0, 0, 0) for rule in rules.rules]
    table = pl.DataFrame([dict(came.levels) for _, came, _ in asked])
    found = []
    for rule in rules.rules:
        reached = {number for number, came, _ in asked if came.rule == rule.id}
        near = misses_by_one(rule.when, table)
        missed = {
            number for (number, _, accepted), close in zip(asked, near, strict=True)
            if close and rule.verdict not in accepted and outcomes[number].holds
        }  # fmt: skip
        positive = sum(outcomes[number].holds for number in reached)
        found.append(Coverage(rule, len(reached), positive, len(missed)))
    return found


def nearest(rules: Rules, came: Came, accepted: Sequence[str]) -> list[Rule]:
    """The rules that would bring about what is expected of a pair if one of their conditions were left out."""
    table = pl.DataFrame([dict(came.levels)])
    return [rule for rule in rules.rules if rule.verdict in accepted and misses_by_one(rule.when, table)[0]]


def _given(config: Config) -> set[str]:
    return {spec.field for source in config.sources.values() for spec in source.fields.values()}


def idle_rules(rules: Rules, config: Config) -> list[tuple[Rule, tuple[str, ...]]]:
    """The rules that can never decide about records of these sources, each with the fields that no source gives."""
    given = _given(config)
    every = config.compared.levels
    lacking = {one.field for one in config.compared.comparisons if given.isdisjoint(one.made_of)}
    levels = {field: (MISSING,) if field in lacking else names for field, names in every.items()}
    idle = [found.rule for found in covered(rules.rules, levels)]
    return [
        (rule, tuple(field for field, at in rule.when.levels.items() if field in lacking and MISSING not in at))
        for rule in idle
    ]


def idle_keys(rules: Rules, config: Config) -> list[tuple[str, tuple[str, ...]]]:
    """The blocking keys that bring no records of these sources together, each with its parts that no source gives."""
    given = _given(config)
    lacking = [
        (rule.name, tuple(key for key in rule.keys if given.isdisjoint(config.compared.keys[key].fields)))
        for rule in rules.blocking
    ]
    return [(name, keys) for name, keys in lacking if keys]
