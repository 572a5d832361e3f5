"""All records of a run, paired and compared with each other: a first run, one of which little can be taken over, and
whoever asks afterwards. :mod:`oneid.daily.changedpairs` does the same for what can have changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from oneid.daily.changedpairs import ToCompare, keys_and_shared
from oneid.daily.dirtypairs import Keys, Shared
from oneid.daily.intake import Records
from oneid.engines.base import Engine
from oneid.pairs import blocking
from oneid.pairs import columns as columns_
from oneid.pairs.alike import Alike, Said, alike
from oneid.pairs.columns import Columns, block_keys, columns_of
from oneid.pairs.evidence import Candidates, Evidence, candidates
from oneid.pairs.schema import Trusted
from oneid.records.columnfacts import Learned
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.vocabulary.patterns import Schema

__all__ = ["EveryPair"]


@dataclass(frozen=True)
class EveryPair:
    """The ``records``, and by what they are compared."""

    records: Records
    config: Config
    rules: Rules
    schema: Schema
    engine: Engine

    def to_compare(self, *, remember: bool, forget: bool) -> ToCompare:
        """All candidate pairs; with what the next run, or who asks why, will want to know of the records (``remember``:
        their keys too; ``forget``: nothing that no record shows any more).
        """
        learned = self.records.learned
        columns = self._columns(learned)
        borne = columns_.borne(columns, self.records.ids["source"], learned.borne, only=forget)
        held, shared = keys_and_shared(columns, block_keys(columns, borne.heard))
        evidence = self._evidence(columns, held, shared)
        return ToCompare(
            evidence.made, evidence, learned.plus(Learned(borne=borne)), held if remember else None,
            shared=shared, alike=evidence.alike, equal=evidence.equal,
        )  # fmt: skip

    def evidence(self, learned: Learned | None = None, *, blocked: bool = True) -> Evidence:
        """By what any two are compared. ``learned``: what is known of whole columns, if more than what the records have
        learned; ``blocked``: whether it is asked which pairs the blocking keys make.
        """
        columns = self._columns(self.records.learned if learned is None else learned)
        if blocked:
            return self._evidence(columns, *self._keys(columns))
        nobody = Alike.none(self.records.ids.height)
        return Evidence(
            self.schema, columns, self.records.ids["source"], Candidates.none(), self.engine, nobody, nobody.links
        )  # fmt: skip

    def plan(self) -> blocking.Plan:
        """The blocks, by rule: for who asks which rule makes which pairs."""
        keys, shared = self._keys(self._columns(self.records.learned))
        counted = self._alike(keys, shared).in_blocks()
        return blocking.plan(self.rules.blocking, keys.blocking, self.engine, counted=counted)

    def _columns(self, learned: Learned) -> Columns:
        trusted = Trusted(self.records.features, self.config, self.rules)
        return columns_of(trusted, self.engine, learned.borne, compared=self.config.compared)

    def _keys(self, columns: Columns) -> tuple[Keys, Shared]:
        return keys_and_shared(columns, block_keys(columns))

    def _alike(self, keys: Keys, shared: Shared) -> Alike:
        said = Said(keys.blocking, keys.held, shared)
        return alike(said, self.records.ids["source"], self.rules.blocking, self.config.compared)

    def _evidence(self, columns: Columns, keys: Keys, shared: Shared) -> Evidence:
        found = self._alike(keys, shared)
        made = candidates(self.rules.blocking, keys.blocking, self.engine, found.in_blocks())
        more = ~made.met(*found.links)
        equal = found.links[0][more], found.links[1][more]
        return Evidence(self.schema, columns, self.records.ids["source"], made, self.engine, found, equal)
