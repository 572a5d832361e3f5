"""What a run compares: the facets of its records, in one order, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from functools import cached_property

from oneid.kinds.base import Comparison, Facet, Key, Kind, Tie
from oneid.kinds.catalogue import KINDS
from oneid.kinds.shapes import Contract, Options
from oneid.vocabulary.patterns import Schema

__all__ = ["LEVELS", "ORDER", "STANDARD_FACETS", "Compared"]

_FACETS = (kind.facet for kind in KINDS.values() if kind.facet is not None)
STANDARD_FACETS: tuple[Facet, ...] = tuple({facet.name: facet for facet in _FACETS}.values())
"""The facets that every run compares, whatever fields its sources have."""


@dataclass(frozen=True)
class Compared:
    """The facets of a run: those that every run has, and one for each field of one's own."""

    facets: tuple[Facet, ...] = STANDARD_FACETS
    kinds: Mapping[str, Kind] = made(default_factory=lambda: KINDS)
    """The kinds that its fields may have, by name."""

    @classmethod
    def with_own(cls, own: Iterable[tuple[str, str, Options]] = (), kinds: Mapping[str, Kind] = KINDS) -> Compared:
        """With the facets of fields of one's own: kind, field and what the config says of it, in the order of
        facets.
        """
        return cls((*STANDARD_FACETS, *(kinds[kind].own(field, said) for kind, field, said in own)), kinds)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The compared fields in pattern order."""
        found = [comparison for facet in self.facets for comparison in facet.comparisons]
        return tuple(sorted(found, key=lambda one: one.place))

    @cached_property
    def contradicting(self) -> tuple[Comparison, ...]:
        """Those that tell whether the holders of one value contradict each other, in pattern order."""
        return tuple(one for one in self.comparisons if one.apart)

    @cached_property
    def bridged(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The fields and levels at which two records contradict each other, and those at which a third says less."""
        return tuple((one.field, *way) for one in self.comparisons for way in one.bridged.items())

    @cached_property
    def levels(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the levels by field, in pattern order."""
        return {one.field: one.words for one in self.comparisons}

    @cached_property
    def also(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """By field, the words that rules may say for several levels at once."""
        return {one.field: one.also for one in self.comparisons if one.also}

    @cached_property
    def order(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """By field, along which lines levels say less and less."""
        return {one.field: one.order for one in self.comparisons if one.order}

    @cached_property
    def features(self) -> Contract:
        """The features of all facets."""
        return {name: kind for facet in self.facets for name, kind in facet.features.items()}

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """The blocking keys, with what each is."""
        return {name: said for facet in self.facets for name, said in facet.key_names.items()}

    @cached_property
    def trusted(self) -> Mapping[str, Mapping[str, str]]:
        """The fields whose values ``never_trusted`` can name: features, and the normalizer's columns they are of."""
        return {name: columns for facet in self.facets for name, columns in facet.trusted.items()}

    @cached_property
    def held(self) -> tuple[str, ...]:
        """The facets whose values several people may share."""
        return tuple(facet.name for facet in self.facets if facet.held is not None)

    @cached_property
    def ties(self) -> Mapping[str, Tie]:
        """The evidence for homes, by the name that its codes are kept by."""
        return {name: tie for facet in self.facets for name, tie in facet.ties.items()}

    @property
    def schema(self) -> Schema:
        """The patterns of pairs. Raises ConfigError (E120) where there would be too many."""
        return Schema(self.levels)


LEVELS: Mapping[str, tuple[str, ...]] = Compared().levels
"""The levels of the fields that every run has, in pattern order."""

ORDER: Mapping[str, tuple[tuple[str, ...], ...]] = Compared().order
"""Which levels say more than which others: along each line of a field, evidence for one person does not grow. Levels
that stand on no common line are not compared, and what a household shares may say less than its place here: that is
what interactions are for.
"""
