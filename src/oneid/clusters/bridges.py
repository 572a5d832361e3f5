"""Bridges: records that say less than two others, and could join them although these contradict each other.

佐藤 太郎 and 佐藤 次郎 of one birth and one mail address are a question. A third record of that mail and birth without
a name fits both, for it is silent in the very field in which they contradict each other; so does サトウ ヨウコ in kana
between 洋子 and 陽子. Such a record is no evidence that the two are one person: it goes with one of them or with none.

Which levels contradict, and at which ones a third record says less than both, is the field's own knowledge
(:attr:`oneid.kinds.base.Comparison.bridged`). Where the rules themselves link two records that contradict each other,
or a person did, there is nothing to keep apart.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from functools import cached_property

import numpy as np
import numpy.typing as npt

from oneid.kinds.base import Comparison
from oneid.pairs.judged import DECIDED, Judged, ScoredPairs
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict

__all__ = ["Bridges", "bridges"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Between = Mapping[tuple[int, int], frozenset[int]]
_VERDICTS = tuple(Verdict)
_OPEN = [_VERDICTS.index(word) for word in (Verdict.NONE, Verdict.REVIEW)]


@dataclass(frozen=True)
class Bridges:
    """``between``: by pair of records that contradict each other (the smaller first) the records that say less than
    both. A link of such a record may not bring the two together.
    """

    between: Between = made(default_factory=dict)

    def records(self) -> Rows:
        """One record of each pair."""
        return np.array([pair[0] for pair in self.between], dtype=np.uint32)

    @cached_property
    def stands(self) -> Mapping[int, Sequence[tuple[int, int]]]:
        """By bridge the pairs that it stands between."""
        found: dict[int, list[tuple[int, int]]] = {}
        for pair, some in self.between.items():
            for record in some:
                found.setdefault(record, []).append(pair)
        return found

    def joined(self, ends: tuple[int, int], a: Container[int], b: Container[int]) -> bool:
        """Whether a link between the sets, by its ``ends``, brings together two records that an end stands between."""
        return any(
            (one in a and other in b) or (one in b and other in a)
            for end in ends for one, other in self.stands.get(end, ())
        )  # fmt: skip

    def undecided(self, links: ScoredPairs) -> set[tuple[int, int]]:
        """Links that count for nothing: those of records that are as close to one of two others as to the other.

        Of its links to records between which it stands the strongest count; where these lead to both of two, it stands
        with neither, nor with any other such record.
        """
        records = np.array(list(self.stands), dtype=np.uint32)
        at = np.flatnonzero(np.isin(links.left, records) | np.isin(links.right, records))
        score: dict[int, dict[int, int]] = {}
        for a, b, points in zip(*(side[at].tolist() for side in (links.left, links.right, links.score)), strict=True):
            most = max(points, score.get(a, {}).get(b, points))  # equal rows, which are as one, may have several
            score.setdefault(a, {})[b] = score.setdefault(b, {})[a] = most
        dropped = set()
        for record, pairs in self.stands.items():
            own = score.get(record, {})
            best = max((own[end] for pair in pairs for end in pair if end in own), default=0)
            if best < DECIDED and any(own.get(a) == own.get(b) == best for a, b in pairs):
                dropped |= {(min(record, end), max(record, end)) for pair in pairs for end in pair if end in own}
        return dropped


def bridges(
    known: Sequence[Judged],
    labels: Rows,
    comparisons: Sequence[Comparison],
    schema: Schema,
    unknown: tuple[Rows, Rows] | None = None,
) -> Bridges:
    """The bridges inside components; ``known``: all compared pairs, ``labels``: the component of each record.

    ``unknown`` are pairs inside components that were not compared: with them, all bridges that there may be.
    """
    comparisons = [one for one in comparisons if one.bridged and one.field in schema.levels]
    size = np.bincount(labels, minlength=labels.size)
    parts = [_inside(found, labels, size) for found in known]
    left, right, pattern, apart = (np.concatenate(some) for some in zip(*parts, strict=True))
    patterns, kind = np.unique(pattern, return_inverse=True)
    levels = schema.unpack(patterns)
    ways = [
        (one.flags((level,))[levels[one.field]], one.flags(less)[levels[one.field]])
        for one in comparisons for level, less in one.bridged.items()
    ]  # fmt: skip
    if unknown is not None:  # may be any pattern
        left, right = np.concatenate((left, unknown[0])), np.concatenate((right, unknown[1]))
        kind = np.concatenate((kind, np.full(unknown[0].size, patterns.size)))
        apart = np.concatenate((apart, np.ones(unknown[0].size, np.bool_)))
        ways = [(np.append(contradicts, True), np.append(less, True)) for contradicts, less in ways]
    if not ways:
        return Bridges()
    asked = np.flatnonzero(np.logical_or.reduce([contradicts for contradicts, _ in ways])[kind] & apart)
    there = np.zeros(labels.size, np.bool_)
    there[labels[left[asked]]] = True
    near: dict[int, dict[int, int]] = {}
    at = np.flatnonzero(there[labels[left]])
    for a, b, what in zip(left[at].tolist(), right[at].tolist(), kind[at].tolist(), strict=True):
        near.setdefault(a, {})[b] = near.setdefault(b, {})[a] = what
    between = {}
    for a, b, what in zip(left[asked].tolist(), right[asked].tolist(), kind[asked].tolist(), strict=True):
        some = {
            record for contradicts, less in ways if contradicts[what] for record in near[a].keys() & near[b].keys()
            if less[near[a][record]] and less[near[b][record]]
        }  # fmt: skip
        if some:
            between[a, b] = frozenset(some)
    return Bridges(between)


def _inside(
    found: Judged, labels: Rows, size: npt.NDArray[np.intp]
) -> tuple[Rows, Rows, npt.NDArray[np.uint64], Flags]:
    """The pairs inside components of three and more that nobody decided, and of which the rules say neither that they
    are one person nor that they are not.
    """
    mine = (labels[found.left] == labels[found.right]) & (size[labels[found.left]] > 2) & (found.score < DECIDED)
    at = np.flatnonzero(mine)
    return found.left[at], found.right[at], found.pattern[at], np.isin(found.verdict[at], _OPEN)
