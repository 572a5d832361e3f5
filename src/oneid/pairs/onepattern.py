"""Judging one pattern at a time, each once: :mod:`oneid.pairs.scoring` over again for a look-up, in microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oneid.settings.rules import Rules, When
from oneid.vocabulary.patterns import MISSING
from oneid.vocabulary.references import Verdict

__all__ = ["Judgement", "Judges"]

Sources = tuple[str, str] | None
"""The sources of the two records; None where one is of no source, so that no condition on sources holds."""

_MOST = 65_536


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of a pattern: the score in hundredths of a bit, and what decided."""

    score: int
    verdict: Verdict
    rule: str
    why: str


class Judges:
    """Judges patterns by some rules, and remembers them."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._known: dict[tuple[tuple[str, ...], Sources], Judgement] = {}
        self._sources = rules.needs_sources

    def of(self, levels: Mapping[str, str], sources: Sources = None) -> Judgement:
        """The judgement on a pattern, a level per field in one order, as :func:`oneid.pairs.scoring.judge` gives it."""
        key = tuple(levels.values()), sources if self._sources else None
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[key] = self._judged(levels, sources)
        return found

    def _judged(self, levels: Mapping[str, str], sources: Sources) -> Judgement:
        score = self._score(levels, sources)
        for verdict in (Verdict.NEVER, Verdict.MATCH, Verdict.REVIEW):
            for rule in self._rules.rules:
                if rule.verdict == verdict and _holds(rule.when, levels, sources):
                    return Judgement(score, verdict, rule.id, rule.reason)
        limits = self._rules.thresholds
        if score >= limits.match * 100:
            return Judgement(score, Verdict.MATCH, "score", "")
        if score >= limits.review * 100:
            return Judgement(score, Verdict.REVIEW, "score", "")
        verdict = Verdict.NEVER if score <= limits.never * 100 else Verdict.NONE
        return Judgement(score, verdict, "score", "")

    def _score(self, levels: Mapping[str, str], sources: Sources) -> int:
        rules = self._rules
        bits = rules.base
        for field, weights in rules.weights.items():
            bits += weights.get(levels.get(field, MISSING), 0.0)
        for part in rules.interactions:
            if _holds(part.when, levels, sources):
                bits += part.bits
        return round(bits * 100)


def _holds(when: When, levels: Mapping[str, str], sources: Sources) -> bool:
    """Whether a condition holds: see :func:`oneid.pairs.scoring.holds`."""
    if any(levels[field] not in words for field, words in when.levels.items()):
        return False
    if when.any_of and not any(_holds(one, levels, sources) for one in when.any_of):
        return False
    if any(_holds(one, levels, sources) for one in when.none_of):
        return False
    if when.between is not None and (sources is None or sorted(sources) != sorted(when.between)):
        return False
    return when.same_source is None or (sources is not None and (sources[0] == sources[1]) == when.same_source)
