"""The stages of a run, each a function of named inputs to one named, frozen output. Nothing is changed in place.

:mod:`oneid.runs.pipeline` lists them with what goes in and what comes out, and runs them. A small run after a delta is
the same stages: :func:`compare` and :func:`cluster` are given what can have changed (:mod:`oneid.daily.changedpairs`,
:mod:`oneid.daily.affected`), and those after them take over what the run before left of all else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import Clusters
from oneid.clusters.wholeclusters import ToCluster, clustered
from oneid.daily import affected, changedgolden, changedpairs, intake, statetables
from oneid.daily.actedclusters import acted
from oneid.daily.changedpairs import PartEvidence
from oneid.daily.dirtypairs import Keys, Shared
from oneid.daily.everypair import EveryPair
from oneid.daily.intake import Erased, Records
from oneid.daily.kept import Known, by_place, carried
from oneid.engines.mapped import Laid
from oneid.engines.overlay import Overlay
from oneid.golden import survivorship
from oneid.households.homes import Homes, homes
from oneid.households.households import Households
from oneid.households.households import households as households_of
from oneid.identity import mergemap
from oneid.identity.assignment import assign
from oneid.identity.reassignment import Change, reassign
from oneid.identity.state import Assignment, Run, State
from oneid.kinds.birth.facet import births_apart
from oneid.outputs.tables.changes import Taken
from oneid.pairs import blocking, scoring
from oneid.pairs import judged as links
from oneid.pairs.alike import Alike, equal_marked
from oneid.pairs.columns import block_keys
from oneid.pairs.evidence import Evidence
from oneid.pairs.judged import Judged
from oneid.pairs.keynumbers import NO_KEY
from oneid.records.columnfacts import Learned
from oneid.runs.preparing import RunSettings
from oneid.vocabulary.codes import Codes, distinct

__all__ = [
    "Compared", "Entities", "GoldenRecords", "Identities", "Judgements", "LivingTogether", "Pairs", "People",
    "cluster", "compare", "every_pair", "golden", "households", "identify", "judge", "read",
]  # fmt: skip

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class People:
    """What people said: their verdicts on pairs (``decided``), and where they put OneIDs back as they were, that
    assignment (``restored``). In an act ``said`` names the pairs by which alone clusters change.
    """

    decided: pl.DataFrame | None = None
    restored: Assignment | None = None
    said: pl.DataFrame | None = None


def read(settings: RunSettings, frames: Mapping[str, object], erased: Erased | None, known: Known | None) -> Records:
    """Reads and normalizes what is new or changed, and takes what is known of all others.

    ``frames``: data frames by source, in place of files. ``erased`` tells who is not to come back.
    """
    told = partial(settings.progress, "read")
    config, engine, latest = settings.config, settings.engine, settings.latest
    return intake.take_in(config, engine, frames, known, erased=erased, latest=latest, progress=told)


# --- pairs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """The candidate pairs with their patterns. ``table``: left, right (record numbers), pattern, and the number of the
    blocking key that made each, where it is told. ``changed`` tells the records whose pairs were made anew (None: all
    were), ``compared`` how many pairs these are.

    For the next run, where there is to be one: the ``keys`` of all records (where few were compared ``numbers``, the
    codes of all places). For any that compares a few records as if among all: the ``shared`` values, and what was
    ``learned``. ``alike`` tells which records agree in everything compared (None: it was not asked).
    """

    table: pl.DataFrame
    report: tuple[blocking.BlockReport, ...]
    compared: int
    learned: Learned
    changed: Flags | None = None
    keys: Keys | None = None
    numbers: Overlay | None = None
    shared: Shared = field(default_factory=dict)
    alike: Alike | None = None

    @property
    def left(self) -> Rows:
        """The record with the smaller number of each pair."""
        return self.table["left"].to_numpy()

    @property
    def right(self) -> Rows:
        """The record with the larger number of each pair."""
        return self.table["right"].to_numpy()

    @property
    def pattern(self) -> Codes:
        """The evidence pattern of each pair."""
        return self.table["pattern"].to_numpy()


@dataclass(frozen=True)
class Compared:
    """The ``pairs``, and the ``evidence`` by which any others can be compared, which takes much room."""

    pairs: Pairs
    evidence: Evidence | PartEvidence


def compare(settings: RunSettings, records: Records, known: Known | None) -> Compared:
    """Makes candidate pairs by the blocking keys and compares each to its evidence pattern; where the run before left
    its pairs, only those that can have changed.
    """
    goes_on = known is not None and not settings.forget and changedpairs.goes_on(
        known, records, settings.config, settings.rules, settings.schema
    )  # fmt: skip
    if goes_on:
        assert known is not None
        task = changedpairs.part(known, records, settings.config, settings.rules, settings.schema, settings.engine)
    else:
        task = every_pair(settings, records).to_compare(remember=settings.remember, forget=settings.forget)
    left, right, key = task.made.left, task.made.right, task.made.key
    if task.rows is not None:
        left, right = task.rows[left], task.rows[right]
        left, right = np.minimum(left, right), np.maximum(left, right)
    left, right = np.concatenate((left, task.equal[0])), np.concatenate((right, task.equal[1]))
    key = np.concatenate((key, np.full(task.equal[0].size, NO_KEY, np.uint8)))
    pattern = task.evidence.patterns(left, right, lambda share: settings.progress("compare", share))
    compared = left.size
    if task.kept is not None:
        kept = task.kept
        left, right = np.concatenate((kept[0], left)), np.concatenate((kept[1], right))
        pattern, key = np.concatenate((kept[2], pattern)), np.concatenate((kept[3], key))
    table = statetables.pairs((left, right, pattern), equal_marked(key, task.alike, left, right))
    pairs = Pairs(
        table, task.made.report, compared, task.learned, task.changed, task.keys, task.numbers, task.shared, task.alike
    )
    return Compared(pairs, task.evidence)


def every_pair(settings: RunSettings, records: Records) -> EveryPair:
    """All records, to be compared by the settings."""
    return EveryPair(records, settings.config, settings.rules, settings.schema, settings.engine)


# --- verdicts and clusters -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judgements:
    """``patterns``: the distinct patterns with score, rule and verdict; ``judged``: the pairs, decisions among them."""

    patterns: pl.DataFrame
    judged: Judged


def judge(settings: RunSettings, records: Records, people: People, pairs: Pairs) -> Judgements:
    """Scores and judges the distinct patterns, and with them all pairs."""
    patterns, inverse = distinct(pairs.pattern)
    counts = np.bincount(inverse, minlength=patterns.size)
    table = scoring.judge(settings.rules, settings.schema, patterns, counts.tolist())
    judged = links.judged(table, inverse, pairs.left, pairs.right)
    return Judgements(table, links.with_decisions(judged, people.decided, records.ids))


@dataclass(frozen=True)
class Entities:
    """``clusters`` of all records. ``inside``: the table ``state/inside``; ``affected``: the records that were
    clustered anew (None: all).
    """

    clusters: Clusters
    inside: pl.DataFrame
    affected: Flags | None = None

    @classmethod
    def put(cls, partition: Rows) -> Entities:
        """Clusters as a person put them: per record any number of its cluster."""
        least = np.full(int(partition.max(initial=0)) + 1, partition.size, dtype=np.uint32)
        np.minimum.at(least, partition, np.arange(partition.size, dtype=np.uint32))
        return cls(Clusters(least[partition]), pl.DataFrame(schema=statetables.PAIRS))


def cluster(
    settings: RunSettings,
    records: Records,
    known: Known | None,
    people: People,
    pairs: Pairs,
    evidence: Evidence | PartEvidence,
    judgements: Judgements,
) -> Entities:
    """Clusters the records, with a verdict on whole clusters; all of them, those that can have changed, or in an act
    those of which people speak.
    """
    rules, schema, judged = settings.rules, settings.schema, judgements.judged
    comparisons = settings.config.compared.comparisons
    if people.said is not None:
        assert known is not None
        held = _counted(settings, records, pairs)
        how = (rules, schema, comparisons)
        clusters, compared, marked = acted(known, records, judged, people.said, held, pairs.alike, evidence, how)
        return Entities(clusters, statetables.inside(compared, known, records, marked), marked)
    if isinstance(evidence, Evidence):
        every = np.arange(records.ids.height, dtype=np.uint32)
        keys = block_keys(evidence.columns) if rules.guards.most_values else {}
        alike = pairs.alike or Alike.none(every.size)
        part = ToCluster(every, judged, records.ids["source"], keys, evidence.met, alike.others)
        clusters, compared = clustered(part, evidence, rules, schema, comparisons)
        return Entities(clusters, statetables.inside(compared, known, records, None))
    assert known is not None
    assert pairs.changed is not None
    marked = affected.affected(known, records, pairs.changed, judged, people.decided, rules, schema)
    assert pairs.alike is not None
    part = affected.part(marked, records, judged, _counted(settings, records, pairs), pairs.alike)
    clusters, compared = clustered(part, evidence, rules, schema, comparisons)
    inside = statetables.inside(compared, known, records, marked)
    return Entities(affected.with_others(clusters, marked, known, records), inside, marked)


def _counted(settings: RunSettings, records: Records, pairs: Pairs) -> Keys:
    """The keys of all records whose values a guard counts."""
    fields = settings.rules.guards.most_values
    if pairs.numbers is not None:
        return affected.counted(pairs.numbers, records.features.place, fields)
    every = {} if pairs.keys is None else pairs.keys.blocking
    return Keys({name: codes for name, codes in every.items() if name in fields}, {})


# --- OneIDs and golden records ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Identities:
    """Who bears which OneID. ``change``: what of that can differ from the run before (None: all may). ``tables``: merge
    map, links, review, events, aliases, patterns, ``state/inside`` and ``state/decided``. ``contradictions``: OneIDs
    that hold two different whole dates of birth, of which some are ``contradicted``.
    """

    assignment: Assignment
    change: Change | None
    tables: Tables
    contradictions: int
    contradicted: tuple[str, ...] = ()


def identify(
    settings: RunSettings,
    records: Records,
    state: State | None,
    people: People,
    run: Run,
    judgements: Judgements,
    entities: Entities,
) -> Identities:
    """Gives each cluster its OneID, and makes the merge map, the links and the review queue."""
    labels, change = entities.clusters.labels, None
    if people.restored is not None:
        assignment = people.restored
    elif entities.affected is None:
        ranked = records.ids.with_columns(cluster=pl.Series(labels)).with_row_index("rec")
        ranked = ranked.select("rec", "source", "source_id", "cluster")
        assignment = assign(ranked, state, settings.key, run)
    else:
        assert state is not None
        fresh = entities.affected | records.fresh
        change = reassign(records.ids, labels, records.was, fresh, state, settings.key, run)
        assignment = change.whole
    judged = judgements.judged
    made = mergemap.tables(judged, entities.clusters, records.ids, assignment, settings.rules.rules_version)
    tables = {
        **made,
        "events": assignment.events,
        "aliases": assignment.aliases,
        "patterns": judgements.patterns,
        statetables.INSIDE: entities.inside,
        statetables.DECIDED: statetables.decided(judged),
    }
    apart = births_apart(records.features.column, labels)
    some = tuple(made["merge_map"]["oneid"].gather(apart[:3]).to_list())
    aside = Laid.down({name: tables.pop(name) for name in ("merge_map", "links")})
    return Identities(assignment, change, Laid(tables, aside), apart.size, some)


@dataclass(frozen=True)
class GoldenRecords:
    """``tables``: golden, golden_values and members. ``taken``: what of them was taken over as it was."""

    tables: Tables
    taken: Taken | None = None


def golden(
    settings: RunSettings, records: Records, known: Known | None, run: Run, identities: Identities
) -> GoldenRecords:
    """Makes the golden records, of all OneIDs or of those that can have changed, and the members table."""
    oneid, change, values = identities.tables["merge_map"]["oneid"], identities.change, records.values
    withdrawn = changedgolden.withdrawn(settings.config, values, run)
    if change is not None and known is not None and changedgolden.goes_on(known, records, settings.rules):
        rows = np.flatnonzero(changedgolden.regilded(known, records, change, withdrawn))
        columns = [column.gather(rows) for column in (oneid, *withdrawn)]
        fresh = _gilded(settings, Overlay.plain(values.of(rows)), columns)
        made, taken = changedgolden.with_others(fresh, columns[0], known, change)
    else:
        made, taken = _gilded(settings, values, [oneid, *withdrawn]), None
    members = records.ids.with_columns(oneid, *withdrawn).hstack(carried(values))
    aside = Laid.down({"golden_values": made.values, "members": members})
    return GoldenRecords(Laid({"golden": made.records}, aside), taken)


def _gilded(settings: RunSettings, values: Overlay, columns: Sequence[pl.Series]) -> survivorship.Golden:
    """The golden records of some records; ``columns``: the OneID of each and, where it is known, who has withdrawn."""
    about = values.select(("source", "source_id", "since", "updated", "customer")).insert_column(0, columns[0])
    about = about.with_columns(columns[1:])
    fields = changedgolden.golden_fields(values.columns)
    if settings.latest is not None:  # a day of the future makes no record newer
        past = [pl.when(pl.col(name) <= settings.latest).then(name) for name in ("updated", "since")]
        about = about.with_columns(day=pl.coalesce(past))
    return survivorship.golden(about, values.only(fields), settings.rules.survivorship, settings.config.kind_of)


@dataclass(frozen=True)
class LivingTogether:
    """The ``households``; ``numbers``: the codes by which the next run pairs records and finds households, if any."""

    households: Households
    numbers: Overlay | None


def households(
    settings: RunSettings, records: Records, pairs: Pairs, identities: Identities, golden: GoldenRecords
) -> LivingTogether:
    """Finds the OneIDs that live together."""
    merge_map = identities.tables["merge_map"].select("source", "source_id", "oneid")
    if pairs.numbers is not None:
        seen = Homes.from_columns(by_place(pairs.numbers, ("m:",)), pairs.numbers.place, settings.config.compared)
        return LivingTogether(households_of(seen, merge_map, golden.tables["golden"], settings.key), pairs.numbers)
    seen = homes(settings.trusted(records.features), settings.config.compared)
    made = households_of(seen, merge_map, golden.tables["golden"], settings.key)
    numbers = None if pairs.keys is None else Overlay.plain(changedpairs.numbers_of(pairs.keys, seen))
    return LivingTogether(made, numbers)
