"""What a run compares: which fields, by which levels, and without which values."""

from __future__ import annotations

import polars as pl

from oneid.pairs.scoring import SOURCES, source_pair
from oneid.records import together
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.vocabulary.patterns import Schema

__all__ = ["schema_of", "trusted"]


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
