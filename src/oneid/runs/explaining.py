"""A run in memory as what explaining asks (:mod:`oneid.explain`), and what its folder is to keep for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oneid.daily.keptrows import packed, settings_of
from oneid.explain.evidence import Learning, RunEvidence
from oneid.outputs.tables.tablefiles import Written
from oneid.runs.pipeline import Done

__all__ = ["evidence_of_run", "kept_by"]


def evidence_of_run(done: Done, run: Mapping[str, Any]) -> RunEvidence:
    """A run that is done; ``run``: what run.json says of it."""
    settings, pairs = done.settings, done.pairs
    about = settings_of(settings.rules, settings.config, settings.schema)
    rows = done.records.features, done.records.values
    return RunEvidence(done.tables, about, rows, lambda: Learning(pairs.learned.borne, pairs.shared), run)


def kept_by(done: Done) -> dict[str, Written]:
    """What a run without a registry keeps of its records."""
    settings, records = done.settings, done.records
    about = settings_of(settings.rules, settings.config, settings.schema)
    return packed(records.features, records.values, done.pairs.learned, done.pairs.shared, about)
