"""What is to be compared in a run: everything, or what can have changed since the run before.

Both are a :class:`ToCompare`, which the one stage that compares is given. The candidate pairs of the run before stand
but for those with a dirty record (:mod:`oneid.daily.dirtypairs`), so a small run makes columns of few records
(:class:`PartEvidence`). The outcome is that of comparing everything, which is tested.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily import dirtypairs
from oneid.daily.dirtypairs import KeptPairs, Keys, Shared
from oneid.daily.intake import Records
from oneid.daily.kept import Known, by_place
from oneid.engines.base import Engine
from oneid.engines.overlay import Overlay
from oneid.households.homes import Homes, homes
from oneid.pairs import columns as columns_
from oneid.pairs.alike import Alike, Said, alike
from oneid.pairs.columns import Columns, block_keys, columns_of
from oneid.pairs.evidence import Candidates, Evidence, patterns_of
from oneid.pairs.schema import trusted
from oneid.records.columnfacts import Learned
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.version import VERSION

__all__ = ["PartEvidence", "ToCompare", "goes_on", "keys_and_shared", "numbers_of", "pairing", "part"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
MOST_FRESH = 0.3
"""Above this share of new and changed records all are compared: it is quicker then."""


@dataclass(frozen=True)
class PartEvidence:
    """Compares pairs of records of which ``records`` knows the features: columns are made of those records alone that
    are asked for. ``shared``: the values that are shared.
    """

    config: Config
    rules: Rules
    schema: Schema
    records: Records
    engine: Engine
    shared: Shared

    def at(self, places: Rows) -> pl.DataFrame:
        """The features at some places."""
        return trusted(self.records.features.at(places), self.config, self.rules)

    def columns(self, features: pl.DataFrame) -> Columns:
        """The columns of some features."""
        return columns_of(features, self.engine, self.records.learned.borne, self.shared, self.config.compared)

    def patterns(self, left: Rows, right: Rows, progress: Callable[[float], None] = lambda _share: None) -> Codes:
        """The evidence patterns of pairs."""
        if not left.size:
            return np.zeros(0, np.uint64)
        left, right = (self.records.features.place[side] for side in (left, right))
        places = np.unique(np.concatenate((left, right)))
        some = self.at(places)
        at, to = (np.searchsorted(places, side).astype(np.uint32) for side in (left, right))
        return patterns_of(self.schema, self.columns(some), some["source"], (at, to), self.engine, progress)


@dataclass(frozen=True)
class ToCompare:
    """What a run compares: the candidate pairs ``made`` of the records ``rows`` (None: of all, in their order).
    ``kept``: the pairs that stand, with their patterns and blocking keys. ``changed`` tells whose pairs are made anew
    (None: everybody's). ``evidence`` compares pairs. ``alike`` tells which records agree in everything compared, and
    ``equal`` are pairs of these that are to be compared too.

    For the next run, where there is to be one: the ``keys`` of all records (of a part ``numbers``, the codes of all
    places), the ``shared`` values, and what was ``learned``.
    """

    made: Candidates
    evidence: Evidence | PartEvidence
    learned: Learned
    keys: Keys | None = None
    numbers: Overlay | None = None
    shared: Shared = field(default_factory=dict)
    rows: Rows | None = None
    kept: KeptPairs | None = None
    changed: Flags | None = None
    alike: Alike | None = None
    equal: tuple[Rows, Rows] = field(default_factory=lambda: (np.zeros(0, np.uint32), np.zeros(0, np.uint32)))


def pairing(config: Config, rules: Rules, schema: Schema, learned: Learned) -> str:
    """A digest of all that the candidate pairs and patterns of unchanged records depend on."""
    said = {
        "schema": schema.hash,
        "blocking": [asdict(rule) for rule in rules.blocking],
        "never": {field: sorted(values) for field, values in sorted(rules.guards.never_trusted.items())},
        "learned": learned.digest,
        "versions": [VERSION, pl.__version__],
        "alike": sorted(config.compared.features),
        **({"options": config.own_options} if config.own_options else {}),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def goes_on(known: Known, records: Records, config: Config, rules: Rules, schema: Schema) -> bool:
    """Whether the pairs of the run before can be taken over."""
    if not known.pairing or known.pairing != pairing(config, rules, schema, records.learned):
        return False
    return int(np.count_nonzero(records.fresh)) <= MOST_FRESH * records.fresh.size


def keys_and_shared(columns: Columns, keys: Mapping[str, Sequence[Codes]]) -> tuple[Keys, dict[str, Codes]]:
    """The keys of all records, and the values that are shared."""
    held = columns_.held(columns)
    shared = {
        name: np.unique(np.concatenate([codes[flag] for codes, flag in zip(places, columns.shared[name], strict=True)]))
        for name, places in held.items()
    }
    return Keys(keys, held), shared


def numbers_of(keys: Keys, seen: Homes) -> pl.DataFrame:
    """The codes that records are paired, and their households found by, as one table."""
    return keys.table().with_columns(pl.Series(name, codes) for name, codes in seen.columns().items())


def part(known: Known, records: Records, config: Config, rules: Rules, schema: Schema, engine: Engine) -> ToCompare:
    """What can have changed; only where :func:`goes_on`."""
    unshared = PartEvidence(config, rules, schema, records, engine, {})
    numbers = _numbers(unshared, known)

    record = np.zeros(sum(records.features.heights()), np.uint32)
    record[records.features.place] = np.arange(len(records.features), dtype=np.uint32)

    def contradicted(places: Rows, held: Mapping[str, Sequence[Codes]]) -> dict[str, Codes]:
        order = np.argsort(record[places], kind="stable")  # which holder is the first one is told by records
        columns = unshared.columns(unshared.at(places[order]))
        found = {}
        for name, some in held.items():
            values = [codes[order] for codes in some]
            flags = columns_.contradicted(columns, values)
            found[name] = np.unique(np.concatenate([codes[flag] for codes, flag in zip(values, flags, strict=True)]))
        return found

    keys = Keys.from_columns(by_place(numbers, ("b:", "h:")))

    def classes(sources: pl.Series, place: Rows, shared: Shared) -> Alike:
        return alike(Said(keys.blocking, keys.held, shared), sources, rules.blocking, config.compared, place)

    then = classes(known.records["source"], known.features.place, known.shared)
    made = dirtypairs.changed(
        rules.blocking,
        keys,
        dirtypairs.Before(known.features.place, *known.pairs, known.shared, then),
        dirtypairs.Now(
            records.features.place,
            records.was,
            records.fresh,
            lambda shared: classes(records.ids["source"], records.features.place, shared),
        ),
        engine,
        contradicted,
    )
    return ToCompare(
        made=made.made,
        evidence=PartEvidence(config, rules, schema, records, engine, made.shared),
        learned=records.learned,
        numbers=numbers,
        shared=made.shared,
        rows=made.rows,
        kept=made.kept,
        changed=made.dirty,
        alike=made.alike,
        equal=made.equal,
    )


def _numbers(evidence: PartEvidence, known: Known) -> Overlay:
    """The codes of all places, those of new and changed records made."""
    records, borne = evidence.records, evidence.records.learned.borne
    fresh = evidence.at(np.sort(records.features.place[records.fresh]))
    some = evidence.columns(fresh)
    keys, _ = keys_and_shared(some, block_keys(some, borne.heard if borne else None))
    made = numbers_of(keys, homes(fresh, evidence.config.compared))
    columns = tuple(dict.fromkeys((*known.numbers.columns, *made.columns)))
    return Overlay((*known.numbers.parts, made), records.features.place, columns)
