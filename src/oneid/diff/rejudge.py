"""What a run would have come to by other rules, from the pairs that it kept: nothing is read and nothing compared.

The kept pairs are judged by the other rules and clustered. Two things may not be known: pairs of records that come into
one component and were never compared (with ``data`` they are compared now, without it they are bounded,
:mod:`oneid.diff.possibleworlds`), and values of a field that ``guards.most_values`` counts (then the rules are
refused).

What decides which pairs there are and which levels they have must be as it was, else nothing here would be true:

==== ==============================================================================
E490 the rules make other pairs, or other levels: ``blocking`` or ``never_trusted``
E491 the run is of another version of oneid, or of other levels
E492 ``guards.most_values`` counts values that the run did not keep
E495 the data are not those of the run
==== ==============================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters import clustering
from oneid.clusters.bridges import Bridges, bridges
from oneid.clusters.clustering import Cap, Clusters
from oneid.clusters.equalrows import as_one, standing_for
from oneid.daily.intake import Records, unchanged
from oneid.daily.kept import Known, seen
from oneid.daily.statetables import EQUAL, INSIDE
from oneid.diff.possibleworlds import Bounds, bounds
from oneid.diff.storedrun import Stored
from oneid.kinds.birth.facet import births_apart
from oneid.outputs.runtables import Tables
from oneid.pairs import judged as links
from oneid.pairs import scoring
from oneid.pairs.columns import block_keys
from oneid.pairs.evidence import Evidence
from oneid.pairs.judged import DECIDED, ScoredPairs
from oneid.pairs.scoring import SOURCES
from oneid.runs.preparing import pairing_of, prepare, unknown_sources
from oneid.runs.stages import every_pair, read
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.settings.rulesfile import load_rules
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.errors import OneIDError, Place, UsageError, raise_all
from oneid.vocabulary.language import said, verbatim
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict
from oneid.vocabulary.version import VERSION

__all__ = ["Data", "Outcome", "data_of", "rejudge", "rules_for"]

Rows = npt.NDArray[np.uint32]
_PROBED = 10_000
_INSTEAD = "oneid resolve with either rules, each into a folder, then oneid diff RUN_A RUN_B"


@dataclass(frozen=True)
class Outcome:
    """Judged pairs and clusters by the other rules. ``known``: left, right and pattern of every pair that was compared,
    candidates or not. ``unknown``: how many pairs inside components were not. ``bounds`` is None where there are none.
    """

    judged: links.Judged
    clusters: Clusters
    known: tuple[Rows, Rows, Codes]
    schema: Schema
    unknown: int
    bounds: Bounds | None


@dataclass(frozen=True)
class Data:
    """The records of a run with their values, to compare what was not. ``values``: what people see of them."""

    config: Config
    records: Records
    evidence: Evidence
    values: pl.DataFrame

    def births_apart(self, labels: Rows) -> int:
        """How many clusters hold two dates of birth."""
        return births_apart(self.records.features.column, labels).size


def rules_for(stored: Stored, file: str, base: Path) -> Rules:
    """The rules ``file`` (a preset, or a path from ``base``) as they would be for this run.

    Raises ConfigError or Problems for mistakes in them, and UsageError where they do not fit the run: E490, E491.
    """
    fields = stored.pairing["fields"]
    rules = load_rules(file, base, stored.compared)
    rules = rules.with_identifiers(sorted(field for field, kind in fields.items() if kind == "identifier"))
    raise_all([*unknown_sources(rules, file, stored.pairing["sources"]), *_refused(stored, rules, file)])
    return rules


def _refused(stored: Stored, rules: Rules, file: str) -> list[OneIDError]:
    """What keeps the pairs of a run from being judged by ``rules``."""
    found: list[OneIDError] = []
    run, place = stored.run, Place(str(stored.folder))
    if run.get("oneid_version") != VERSION:
        message = said(
            "the run was made by oneid {made_by}, this is {version}: normalizers differ",
            made_by=run.get("oneid_version"),
            version=VERSION,
        )
        found.append(UsageError("E491", message, place=place, hint=_INSTEAD))
    elif run.get("schema_hash") != stored.schema.hash:
        other = "the fields that are compared, or their levels, are not those of the run"
        found.append(UsageError("E491", other, place=place, hint=_INSTEAD))
    then, now = stored.pairing, pairing_of(rules)
    for part, words in (("blocking", said("the blocking keys")), ("never_trusted", said("the values never trusted"))):
        same = sorted(then[part]) == sorted(now[part]) if part == "blocking" else then[part] == now[part]
        if not same:
            message = said("{words} are not those of the run, so other pairs would be compared", words=words)
            found.append(UsageError("E490", message, place=Place(file, inside=part), hint=_INSTEAD))
    return found


def data_of(stored: Stored, config: Config, rules: Rules) -> Data:
    """The records of the run: those that it kept for the runs after it, else read by ``config`` once more.

    Raises what reading raises, and E495 where they are not those of the run: other members, other fields, or other
    levels in some of up to 10,000 pairs that are compared again.
    """
    settings = replace(prepare(config), rules=rules, schema=_schema(stored, rules))
    if {field: spec.kind for field, spec in config.own_fields.items()} != stored.pairing["fields"]:
        raise _other(stored, "the config compares other fields")
    known = Known.from_tables(stored.tables) if isinstance(stored.tables, Tables) else None
    records = read(settings, {}, erased=None, known=None) if known is None else unchanged(known)
    if not records.ids.equals(stored.records):
        raise _other(stored, "the members are others")
    evidence = every_pair(settings, records).evidence(blocked=False)
    made = Data(config, records, evidence, seen(records.values).whole)
    left, right, pattern = stored.pairs("state/pairs")
    some = np.unique(np.linspace(0, max(left.size - 1, 0), _PROBED).astype(np.intp))[: left.size]
    again = evidence.patterns(left[some], right[some])
    if not np.array_equal(again, _converted(stored, rules, left[some], right[some], pattern[some])):
        raise _other(stored, "values have changed")
    return made


def _other(stored: Stored, what: str) -> UsageError:
    message = said("the data are not those of the run: {what}", what=verbatim(what))
    return UsageError("E495", message, place=Place(str(stored.folder)), hint="give the config and files of that run")


def rejudge(stored: Stored, rules: Rules, data: Data | None = None) -> Outcome:
    """What the run would have come to by ``rules`` (:func:`rules_for`); exactly so with ``data``. Raises E492."""
    schema = _schema(stored, rules)
    left, right, pattern = stored.pairs("state/pairs")
    pattern = _converted(stored, rules, left, right, pattern)
    judged = links.judge(rules, schema, left, right, pattern)
    judged = links.with_decisions(judged, stored.decided, stored.records)
    inside = _Inside(stored, rules, schema, data)
    guards = rules.guards
    table = stored.tables[EQUAL]
    same = standing_for((table["left"].to_numpy(), table["right"].to_numpy()), judged, inside.alone)
    whole, judged = judged, as_one(judged, same)
    match = judged.of(Verdict.MATCH)
    barred = inside.barred(match.left, match.right) & (match.score < DECIDED)
    never = judged.of(Verdict.NEVER).plus(match.take(barred)).plus(links.deferred(judged))
    match = match.take(~barred)
    caps = _caps(stored, rules, data)
    size = stored.records.height
    comparisons = stored.compared.comparisons

    def between(labels: Rows, unknown: tuple[Rows, Rows] | None = None) -> Bridges:
        return bridges([judged, inside.judged], labels, comparisons, schema, unknown)

    clusters = clustering.cluster(size, match, never, inside.compare, guards.alarm, caps, between)
    known = (
        np.concatenate((left, inside.known[0])),
        np.concatenate((right, inside.known[1])),
        np.concatenate((pattern, inside.known[2])),
    )
    unknown, found = inside.unknown, None
    if unknown.left.size:
        components = clustering.components(size, match.left, match.right)
        components, match, _ = clustering.tame(components, match, guards.alarm)
        within = never.take(components[never.left] == components[never.right]).plus(clusters.never)
        doubt = clustering.outranked(size, match, unknown)
        found = bounds(
            clusters.labels, components, match, clustering.outranked(size, match, within), doubt, caps,
            (between(components), between(components, (unknown.left, unknown.right))),
        )  # fmt: skip
    if same is not None:
        clusters = replace(clusters, labels=clusters.labels[same])
        found = None if found is None else Bounds(found.cores[same], found.groups[same])
    return Outcome(whole, clusters, known, schema, int(unknown.left.size), found)


class _Inside:
    """Compares pairs inside components: by what the run kept, else by the data, else it is noted as unknown."""

    def __init__(self, stored: Stored, rules: Rules, schema: Schema, data: Data | None) -> None:
        self._rules, self._schema, self._data = rules, schema, data
        self._source = stored.records["source"].rank("dense").to_numpy()
        self.alone = stored.records["source"].is_in(rules.guards.one_per_source).to_numpy()
        self._size = np.uint64(max(stored.records.height, 1))
        left, right, _ = stored.pairs("state/pairs")
        decided = stored.tables["state/decided"]
        both = [self._key(left, right), self._key(decided["left"].to_numpy(), decided["right"].to_numpy())]
        self._met = np.sort(np.concatenate(both))
        left, right, pattern = stored.pairs(INSIDE)
        pattern = _converted(stored, rules, left, right, pattern)
        order = np.argsort(self._key(left, right), kind="stable")
        self.known: tuple[Rows, Rows, Codes] = (left[order], right[order], pattern[order])
        self.unknown = ScoredPairs.none()
        self.judged = links.judge(rules, schema, left[:0], right[:0], pattern[:0])

    def _key(self, left: Rows, right: Rows) -> Codes:
        made: Codes = left.astype(np.uint64) * self._size + right
        return made

    def barred(self, left: Rows, right: Rows) -> npt.NDArray[np.bool_]:
        """Which pairs are of one source that has each person once."""
        found: npt.NDArray[np.bool_] = self.alone[left] & (self._source[left] == self._source[right])
        return found

    def compare(self, left: Rows, right: Rows) -> ScoredPairs:
        """The never pairs among those given, as far as it is known."""
        barred = self.barred(left, right)
        fresh = ~barred & ~_among(self._key(left, right), self._met)[0]
        at, to = left[fresh], right[fresh]
        there, place = _among(self._key(at, to), self._key(*self.known[:2]))
        if self._data is None:
            lacking = np.zeros(int((~there).sum()), np.int32)
            self.unknown = ScoredPairs(at[~there], to[~there], lacking)
            at, to, pattern = at[there], to[there], self.known[2][place[there]]
        else:
            pattern = np.zeros(at.size, np.uint64)
            pattern[there] = self.known[2][place[there]]
            pattern[~there] = self._data.evidence.patterns(at[~there], to[~there])
            self.known = (at, to, pattern)
        none = np.zeros(int(barred.sum()), np.int32)
        self.judged = links.judge(self._rules, self._schema, at, to, pattern)
        return self.judged.of(Verdict.NEVER).plus(ScoredPairs(left[barred], right[barred], none))


def _among(keys: Codes, ordered: Codes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    """Which keys are among ordered ones, and where."""
    if not ordered.size:
        return np.zeros(keys.size, np.bool_), np.zeros(keys.size, np.intp)
    place = np.minimum(np.searchsorted(ordered, keys), ordered.size - 1)
    return ordered[place] == keys, place


def _schema(stored: Stored, rules: Rules) -> Schema:
    """The schema of a run by ``rules``: sources stand in patterns only where a rule asks for them."""
    levels = {name: words for name, words in stored.schema.levels.items() if name != SOURCES}
    if not rules.needs_sources:
        return Schema(levels)
    names = stored.pairing["sources"]
    pairs = sorted({scoring.source_pair(a, b) for a in names for b in names})
    return Schema({SOURCES: tuple(pairs), **levels})


def _converted(stored: Stored, rules: Rules, left: Rows, right: Rows, pattern: Codes) -> Codes:
    """The patterns of pairs as a run by ``rules`` would number them; sources are known without any comparing."""
    had = SOURCES in stored.schema.levels
    if had == rules.needs_sources:
        return pattern
    schema = _schema(stored, rules)
    if had:
        return pattern % np.uint64(schema.size)
    rest = np.uint64(schema.size // len(schema.levels[SOURCES]))
    levels = links.source_levels(schema, stored.records["source"], left, right)
    made: Codes = levels.astype(np.uint64) * rest + pattern
    return made


def _caps(stored: Stored, rules: Rules, data: Data | None) -> Sequence[Cap]:
    """The caps of ``most_values``, by the values that the run kept or those of the data."""
    most = rules.guards.most_values
    if not most:
        return ()
    keys: Mapping[str, Sequence[Codes]] | None = stored.keys()
    if data is not None:
        keys = block_keys(data.evidence.columns)
    if keys is None:
        message = said(
            "guards.most_values counts values that the run did not keep: {most}", most=", ".join(sorted(most))
        )
        raise UsageError("E492", message, place=Place(str(stored.folder)), hint="--data CONFIG reads them")
    return [Cap(keys[field], count) for field, count in sorted(most.items()) if field in keys]
