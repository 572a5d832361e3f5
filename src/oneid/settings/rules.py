"""What a rules file says, as one frozen value: blocking keys, weights, named rules, thresholds, guards, survivorship.

:mod:`oneid.settings.rulesfile` makes it from YAML, with line numbers for errors. Rules speak of evidence levels
(:data:`oneid.kinds.compared.LEVELS`), never of values, so judging works on the pattern table alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oneid.vocabulary.language import Said, worded

__all__ = [
    "IDENTIFIER_BITS",
    "BlockingRule",
    "Guards",
    "Interaction",
    "Rule",
    "Rules",
    "Survivorship",
    "SurvivorshipGroup",
    "Thresholds",
    "When",
]


class Frozen(BaseModel):
    """A value: immutable, comparable, refusing unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class BlockingRule:
    """Records that agree in all of ``keys`` are compared, in blocks of at most ``most``, larger ones refined by
    ``then``.
    """

    name: str
    keys: tuple[str, ...]
    most: int = 50
    then: tuple[str, ...] = ()


IDENTIFIER_BITS: Mapping[str, float] = {"equal": 12.0, "near": 0.0, "differs": -2.0}
"""Bits of an identifier that the rules do not speak of: as strong as a mobile number of one's own. A number near
another is a slip where numbers are random, and a neighbour where they are counted up: rules say which.
"""


class When(Frozen):
    """A condition on a pattern: each field of ``levels`` at one of its levels, and ``any_of``, and not ``none_of``.

    ``between`` holds for pairs of records of two named sources, ``same_source`` for pairs inside one source.
    """

    levels: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    any_of: tuple[When, ...] = ()
    none_of: tuple[When, ...] = ()
    between: tuple[str, str] | None = None
    same_source: bool | None = None

    @property
    def needs_sources(self) -> bool:
        """Whether this condition asks which sources the records are of."""
        own = self.between is not None or self.same_source is not None
        return own or any(when.needs_sources for when in (*self.any_of, *self.none_of))

    def sources_named(self) -> tuple[str, ...]:
        """The sources that this condition names, each once."""
        inner = [name for when in (*self.any_of, *self.none_of) for name in when.sources_named()]
        return tuple(dict.fromkeys([*(self.between or ()), *inner]))


class Rule(Frozen):
    """A named rule: when its condition holds, its verdict stands. ``why`` is shown to people: a text, or one for each
    language.
    """

    id: str
    when: When
    verdict: Literal["match", "review", "never"]
    why: str | dict[Literal["en", "ja"], str]
    line: int | None = None

    @property
    def reason(self) -> Said:
        """``why``, as a text that can be said in the languages that it is written in."""
        return worded(self.why)  # type: ignore[arg-type]  # a mapping of fewer keys


class Interaction(Frozen):
    """Bits added where several levels come together, so that what a household shares is not counted as many proofs."""

    when: When
    bits: float


class Thresholds(Frozen):
    """Scores in bits: at or above ``match`` a link, at or above ``review`` a question, at or below ``never`` a veto."""

    match: float
    review: float
    never: float


class Guards(Frozen):
    """Limits of a OneID. ``alarm``: records in one cluster above which its threshold is raised and the run says so."""

    alarm: int = 500
    one_per_source: tuple[str, ...] = ()
    most_values: dict[str, int] = Field(default_factory=dict)
    never_trusted: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class SurvivorshipGroup(Frozen):
    """Golden fields that come from one record together, and the criteria that choose it, first one first."""

    fields: tuple[str, ...]
    order: tuple[Literal["source", "newest", "most_frequent", "longest", "most_complete"], ...]


class Survivorship(Frozen):
    """How golden records are chosen. ``sources``: trusted first; sources not named come after these, by name."""

    sources: tuple[str, ...] = ()
    groups: tuple[SurvivorshipGroup, ...] = ()


class Rules(Frozen):
    """A whole rules file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    version: Literal[1] = 1
    name: str
    blocking: tuple[BlockingRule, ...]
    base: float
    weights: dict[str, dict[str, float]]
    interactions: tuple[Interaction, ...] = ()
    rules: tuple[Rule, ...] = ()
    thresholds: Thresholds
    guards: Guards = Guards()
    survivorship: Survivorship = Survivorship()

    def with_identifiers(self, fields: Iterable[str]) -> Rules:
        """These rules, also for identifiers that they do not speak of: a blocking key and the usual bits for each."""
        blocking, weights = list(self.blocking), dict(self.weights)
        for field in fields:
            if not any(field in rule.keys for rule in blocking):
                blocking.insert(0, BlockingRule(field, (field,), most=30, then=("reading",)))
            weights.setdefault(field, dict(IDENTIFIER_BITS))
        return self.model_copy(update={"blocking": tuple(blocking), "weights": weights})

    @property
    def rules_version(self) -> str:
        """Names the content of these rules, whatever file they stand in: what decides, so neither reasons nor lines."""
        text = self.model_dump_json(exclude={"rules": {"__all__": {"why", "line"}}})
        return f"{self.name}@{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @property
    def needs_sources(self) -> bool:
        """Whether any condition asks which sources the records are of; then patterns carry them."""
        return any(
            when.needs_sources
            for when in [item.when for item in self.rules] + [item.when for item in self.interactions]
        )
