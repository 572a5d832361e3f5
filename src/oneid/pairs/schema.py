"""What a run compares: which fields, by which levels, and without which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from oneid.kinds.shapes import Features
from oneid.pairs.scoring import SOURCES, source_pair
from oneid.records import together
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.vocabulary.patterns import Schema

__all__ = ["Trusted", "schema_of", "trusted"]


def schema_of(config: Config, rules: Rules) -> Schema:
    """The levels of all fields of ``config``, and of pairs of its sources where a rule asks for these."""
    levels = config.compared.levels
    names = sorted(config.sources)
    if rules.needs_sources:
        pairs = sorted({source_pair(a, b) for a in names for b in names})
        levels = {SOURCES: tuple(pairs), **levels}
    return Schema(levels)


def trusted(features: pl.DataFrame, config: Config, rules: Rules) -> pl.DataFrame:
    """``features`` without the values that the rules never trust."""
    kinds = {field: spec.kind for field, spec in config.own_fields.items()}
    return together.distrust(features, rules.guards.never_trusted, kinds, config.compared)


@dataclass(frozen=True)
class Trusted:
    """The ``features`` of all records without the values that the rules never trust."""

    features: Features
    config: Config
    rules: Rules

    @property
    def columns(self) -> Sequence[str]:
        """The names of the features."""
        return self.features.columns

    @property
    def height(self) -> int:
        """How many records there are."""
        return self.features.height

    def select(self, columns: Sequence[str], /) -> pl.DataFrame:
        """Some features of all records."""
        return trusted(self.features.select(columns), self.config, self.rules)

    def slice(self, offset: int, length: int | None = None) -> Trusted:
        """All features of some records that follow each other."""
        return Trusted(self.features.slice(offset, length), self.config, self.rules)
