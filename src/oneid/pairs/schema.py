"""What a run compares: which fields, by which levels, and without which values."""

from __future__ import annotations

import polars as pl

from oneid.pairs.scoring import SOURCES, source_pair
from oneid.records import together
from oneid.settings.config import Config, FieldSpec
from oneid.settings.rules import Rules
from oneid.vocabulary.patterns import LEVELS, Schema, plain_levels

__all__ = ["own_fields", "schema_of", "trusted"]


def own_fields(config: Config) -> list[FieldSpec]:
    """The fields of one's own that are compared, each once, by name."""
    found = {spec.field: spec for source in config.sources.values() for spec in source.fields.values()}
    return [found[name] for name in sorted(found) if found[name].own]


def schema_of(config: Config, rules: Rules) -> Schema:
    """The levels of all fields of ``config``, and of pairs of its sources where a rule asks for these."""
    custom = {spec.field: plain_levels() for spec in own_fields(config)}
    levels = {**LEVELS, **custom}
    names = sorted(config.sources)
    if rules.needs_sources:
        pairs = sorted({source_pair(a, b) for a in names for b in names})
        levels = {SOURCES: tuple(pairs), **levels}
    return Schema(levels)


def trusted(features: pl.DataFrame, config: Config, rules: Rules) -> pl.DataFrame:
    """``features`` without the values that the rules never trust."""
    kinds = {spec.field: spec.kind for spec in own_fields(config)}
    return together.distrust(features, rules.guards.never_trusted, kinds)
