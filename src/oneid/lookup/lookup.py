"""Which OneID is this record? Answered without a run, from the index of the last one (:mod:`oneid.lookup.index`).

A look-up says what a run would say of the record as a new member: it has the same blocking keys, meets the records in
the same blocks, is compared with each in the same way, and is judged by the same rules. One member of a OneID who is
surely another person (verdict *never*) stands against all others, and a record that fits two OneIDs is given neither:
both are for people to review. Rules, sources and what whole columns showed are those of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from oneid.daily.kept import learned_in, shared_in
from oneid.kinds.catalogue import STANDARD
from oneid.kinds.compared import Compared
from oneid.kinds.few import coded, mixed
from oneid.kinds.shapes import Flags, Levels
from oneid.lookup.answers import Candidate, LookupField, LookupResult
from oneid.lookup.columns import few, keys_of
from oneid.lookup.currency import Last, is_last, last_tables
from oneid.lookup.index import PREFIX as INDEX
from oneid.lookup.index import Index, Layout
from oneid.outputs.runtables import Tables
from oneid.pairs.columns import MOST_HOLDERS, Columns, contradicting, held, marked
from oneid.pairs.onepattern import Judgement, Judges
from oneid.records.features import own_column
from oneid.records.onerecord import features_of
from oneid.records.together import never_trusted
from oneid.settings.config import Config, FieldSpec, Source
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.errors import InputError, OneIDError, UsageError, did_you_mean
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.language import said
from oneid.vocabulary.patterns import MISSING
from oneid.vocabulary.references import RecordRef, Verdict
from oneid.vocabulary.terminaltext import is_text

__all__ = ["Lookup"]

_RANK = {Verdict.MATCH: 0, Verdict.REVIEW: 1, Verdict.NONE: 2, Verdict.NEVER: 3}
_SEVERAL = said("several OneIDs match")
_AGAINST = said("a record of this OneID is another person's")
_GUARDED = said("a guard of the rules keeps them apart")
_BRIDGE = said("it contradicts a record of this OneID, and fits only others that say less")


class Lookup:
    """Look-ups in the last run that was published into ``folder``. Made by :func:`oneid.open_lookup`.

    The index is memory-mapped: many processes share it, and a run that is published meanwhile blocks none of them.
    Each look-up first sees whether there is a newer run, and then goes on with that (:meth:`refresh`). For threads one
    object each. ``last`` asks the registry for its last run; without it nobody can say whether the folder is current.
    Raises InputError: E251, E252 as :func:`oneid.outputs.runtables.read_tables`, E254 for a run without an index;
    RegistryError: E624, E631 where the folder does not hold the registry's last run.
    """

    def __init__(self, folder: Path, last: Last | None = None) -> None:
        self._folder = folder
        self._last = last
        self._stamp = self._published()
        tables, self._told = last_tables(folder, last)
        self._run = _Run(tables)

    @property
    def run_id(self) -> str:
        """The run that answers."""
        return self._run.run_id

    @property
    def asked(self) -> bool:
        """Whether the registry was asked if this is its last run."""
        return self._last is not None

    def refresh(self) -> bool:
        """Goes on with the last run, if there is a newer one; whether there was. Where the newer one cannot be read the
        old one stays, and the error is raised.
        """
        stamp = self._published()
        if stamp == self._stamp:
            return False
        if self._last is not None:
            self._told = self._last()
        tables, self._told = last_tables(self._folder, self._last)
        newer = tables.run.get("set") != self._run.tables.run.get("set")
        if newer:
            self._run = _Run(tables.known_sound(self._run.tables))
        self._stamp = stamp
        return newer

    def lookup(self, record: Mapping[str, str | None], *, source: str | None = None) -> LookupResult:
        """The OneIDs of a record: texts by field (:data:`oneid.kinds.catalogue.STANDARD` and the config's own fields),
        or, with ``source``, by the columns of that source.

        Raises UsageError: E480 no such source, E481 no such field or column, E482 a value that is no text;
        RegistryError: E624, E631 where the registry has moved on, and its last run is not in the folder.
        """
        one_process()
        try:
            self.refresh()
        except OneIDError:
            self._stamp = None  # the old run stays, and the next look-up tries again
            if self._told is not None and not is_last(self._run.tables.run, self._told):
                raise
        return self._run.lookup(record, source)

    def _published(self) -> tuple[object, ...] | None:
        registry = None if self._last is None else self._last.stamp()
        try:
            found = (self._folder / "run.json").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size, registry


@dataclass(frozen=True, slots=True)
class _Pair:
    """A known record beside the one that is looked up."""

    row: int
    parts: Sequence[str]
    levels: Mapping[str, str]
    found: Judgement


class _Run:
    """One run's index and what a record is read and compared by."""

    def __init__(self, tables: Tables) -> None:
        names = [name for name in tables if name.startswith((INDEX, "known/learned_")) or name == "known/shared"]
        tables.verify(*names)
        self.tables = tables
        self.index = Index(tables)
        self.run_id = str(tables.run["run_id"])
        self.learned = learned_in(tables)
        if self.learned.borne is None:
            raise InputError("E254", "the run has no index", hint="look-ups need a run with a registry")
        self.borne = self.learned.borne
        shared = shared_in(tables)
        none = np.zeros(0, np.uint64)
        self.shared = {name: frozenset(shared.get(name, none).tolist()) for name in self.index.config.compared.held}
        self.judges = Judges(self.index.rules)
        self.form = _form(self.index.config)
        self.compared = self.index.config.compared
        self.declared = _declared(self.index.sources.values())
        own = {field: spec.kind for field, spec in self.index.config.own_fields.items()}
        never = never_trusted(self.index.rules.guards.never_trusted, own, self.compared)
        self.never = {feature: frozenset(values) for feature, values in never.items()}
        for facet in self.compared.facets:
            if facet.warm is not None:
                facet.warm()
        for kind in self.compared.kinds.values():
            if kind.example and kind.name in self.form.fields:  # reads the tables that most records need
                self.lookup({kind.name: kind.example}, None)

    def lookup(self, record: Mapping[str, str | None], source: str | None) -> LookupResult:
        features = self._features(record, source)
        layout = self.index.layout.grown(features)
        own = layout.text(features)
        keys = keys_of(own, layout, self.borne, self.compared)
        pairs = self._compared(own, layout, self._met(keys), source)
        groups: dict[int, list[_Pair]] = {}
        for pair in pairs:
            groups.setdefault(self.index.group(pair.row), []).append(pair)
        asked = _seen(self.compared, own, layout) if groups else {}
        candidates = [self._candidate(own, asked, layout, group, mine, source) for group, mine in groups.items()]
        if sum(one.verdict is Verdict.MATCH for one in candidates) > 1:
            candidates = [_in_review(one, _SEVERAL) if one.verdict is Verdict.MATCH else one for one in candidates]
        candidates.sort(key=lambda one: (_RANK[one.verdict], -one.score, one.oneid))
        return LookupResult(tuple(candidates), self.run_id)

    def _features(self, record: Mapping[str, str | None], source: str | None) -> dict[str, Any]:
        if source is not None and source not in self.index.sources:
            hint = did_you_mean(source, self.index.sources)
            raise UsageError("E480", said("no source '{name}'", name=source), hint=hint)
        spec = self.form if source is None else self.index.sources[source]
        known = spec.columns if source is not None else tuple(spec.fields)
        for name, value in record.items():
            if name not in known:
                raise UsageError("E481", said("no field or column '{name}'", name=name), hint=did_you_mean(name, known))
            if value is not None and (not isinstance(value, str) or not is_text(value)):
                message = said("the value of '{name}' is no text", name=name)
                raise UsageError("E482", message, hint="values are texts or None")
        features = features_of(record, spec, self.declared.get(source, ()), self.learned, self.compared)
        return _distrusted(features, self.never)

    def _met(self, keys: Mapping[str, Sequence[int]]) -> list[int]:
        """The records in the blocks that the record would come into."""
        rules = self.index.rules.blocking
        found: set[int] = set()
        for number, rule in enumerate(rules):
            then = mixed(*((keys.get(name) or (0,))[0] for name in rule.then)) if rule.then else 0
            for parts in product(*(keys.get(name, ()) for name in rule.keys)):
                found.update(self.index.block(number, mixed(*parts), then).tolist())
        return sorted(found)

    def _compared(self, own: Sequence[str], layout: Layout, rows: Sequence[int], source: str | None) -> list[_Pair]:
        """The record beside each of ``rows``."""
        if not rows:
            return []
        others = [self.index.layout.widened(self.index.parts(row), layout) for row in rows]
        levels = self._levels(few([own, *others], layout, self.borne, self.compared), own, layout)
        at = layout.at["source"]
        pairs = []
        for row, parts, *numbers in zip(rows, others, *(levels[name].tolist() for name in levels), strict=True):
            words = {name: self.compared.levels[name][number] for name, number in zip(levels, numbers, strict=True)}
            sources = None if source is None else (source, parts[at])
            pairs.append(_Pair(row, parts, words, self.judges.of(words, sources)))
        return pairs

    def _levels(self, columns: Columns, own: Sequence[str], layout: Layout) -> dict[str, Levels]:
        """The level numbers of all fields, as :func:`oneid.pairs.compare.compare` gives them."""
        left, right = np.zeros(columns.height - 1, np.uint32), np.arange(1, columns.height, dtype=np.uint32)
        facets = self.compared.facets
        asked = {facet.name for facet in facets if any(one.apart for one in facet.comparisons)}
        levels = {
            one.field: one.compare(columns.parts[facet.name], left, right)
            for facet in facets if facet.name in asked for one in facet.comparisons
        }  # fmt: skip
        apart = contradicting(self.compared, levels)
        flags = {name: self._shared(name, places, own, layout, apart) for name, places in held(columns).items()}
        told = marked(columns, flags)
        return {
            one.field: levels[one.field] if one.field in levels else one.compare(told.parts[facet.name], left, right)
            for facet in facets for one in facet.comparisons
        }  # fmt: skip

    def _shared(
        self, name: str, places: Sequence[Codes], own: Sequence[str], layout: Layout, apart: Flags
    ) -> list[Flags]:
        """Whether the values of the record that is looked up are shared, place by place."""
        values = own[layout.spans[name]]
        flags = [np.zeros(codes.size, dtype=np.bool_) for codes in places]
        for place, code in enumerate(coded(values).tolist()):
            told = code in self.shared[name] or _apart(places, place, apart)
            flags[place][0] = bool(code) and told
        return flags

    def _candidate(
        self,
        own: Sequence[str],
        asked: Mapping[str, str],
        layout: Layout,
        group: int,
        pairs: list[_Pair],
        source: str | None,
    ) -> Candidate:
        """One OneID, by its records that the record meets; where these say match, by all its records. ``asked``: what
        people see of the record that is looked up.
        """
        ranked = sorted(pairs, key=lambda pair: (_RANK[pair.found.verdict], -pair.found.score, pair.row))
        best = ranked[0]
        verdict, why = best.found.verdict, best.found.why
        if verdict is Verdict.MATCH:
            against = self._against(own, layout, group, pairs, source)
            verdict, why = (Verdict.MATCH, why) if against is None else (Verdict.REVIEW, against)
        saying = [pair for pair in ranked if pair.found.verdict is best.found.verdict]
        at = layout.at
        known = _seen(self.compared, best.parts, layout)
        return Candidate(
            oneid=best.parts[at["oneid"]],
            verdict=Verdict.NONE if verdict is Verdict.NEVER else verdict,
            score=best.found.score,
            rule=best.found.rule,
            why=why,
            records=tuple(RecordRef(pair.parts[at["source"]], pair.parts[at["source_id"]]) for pair in saying),
            fields=tuple(
                LookupField(name, level, asked[name], known[name])
                for name, level in best.levels.items()
                if level != MISSING
            ),
        )

    def _against(
        self, own: Sequence[str], layout: Layout, group: int, pairs: Sequence[_Pair], source: str | None
    ) -> str | None:
        """What stands against the record as a member of a OneID; None where nothing does."""
        guards = self.index.rules.guards
        members = self.index.members(group)
        met = {pair.row for pair in pairs}
        every = [*pairs, *self._compared(own, layout, [row for row in members if row not in met], source)]
        if any(pair.found.verdict is Verdict.NEVER for pair in every):
            return _AGAINST
        if self._bridged(layout, every, source):
            return _BRIDGE
        at = layout.at["source"]
        if source in guards.one_per_source and any(pair.parts[at] == source for pair in every):
            return _GUARDED
        rows = [own, *(pair.parts for pair in every)]
        for name, most in guards.most_values.items():
            if (
                len({key for row in rows for key in keys_of(row, layout, self.borne, self.compared).get(name, ())})
                > most
            ):
                return _GUARDED
        return _GUARDED if len(rows) > guards.alarm else None

    def _bridged(self, layout: Layout, every: Sequence[_Pair], source: str | None) -> bool:
        """Whether the record meets a OneID by none but those that stand between it and a record of that OneID that it
        contradicts (:mod:`oneid.clusters.bridges`).
        """
        ways = self.compared.bridged
        open_ = [pair for pair in every if pair.found.verdict in (Verdict.NONE, Verdict.REVIEW)]
        against = {
            pair.row: [(field, less) for field, level, less in ways if pair.levels.get(field) == level]
            for pair in open_ if any(pair.levels.get(field) == level for field, level, _ in ways)
        }  # fmt: skip
        if not against:
            return False
        for match in every:
            if match.found.verdict is not Verdict.MATCH:
                continue
            others = self._compared(match.parts, layout, list(against), source)
            if not any(
                match.levels[field] in less and other.levels[field] in less
                for other in others for field, less in against[other.row]
            ):  # fmt: skip
                return False
        return True


def _in_review(one: Candidate, why: str) -> Candidate:
    return Candidate(one.oneid, Verdict.REVIEW, one.score, one.rule, why, one.records, one.fields)


def _apart(places: Sequence[Codes], place: int, apart: npt.NDArray[np.bool_]) -> bool:
    """Whether the record contradicts a holder of its value; of many holders the first is asked, as in
    :func:`oneid.pairs.columns.contradicted`.
    """
    value = places[place][0]
    holds = np.logical_or.reduce([codes[1:] == value for codes in places])
    holders = apart[holds]
    return bool((holders if holders.size < MOST_HOLDERS else holders[:1]).any())


def _declared(sources: Iterable[Source]) -> dict[str | None, list[str]]:
    """By source, the features by which other sources refer to its ids."""
    found: dict[str | None, set[str]] = {}
    for field in (field for source in sources for field in source.fields.values()):
        for name in {field.refers_to, field.household_of} - {None}:
            found.setdefault(name, set()).add(own_column(field))
    return {name: sorted(columns) for name, columns in found.items()}


def _form(config: Config) -> Source:
    """The fields of records that are no rows of a source."""
    fields = {name: FieldSpec(field=name, kind=name, columns=(name,)) for name in STANDARD}
    for name, spec in config.own_fields.items():
        fields[name] = FieldSpec(
            field=name, kind=spec.kind, columns=(name,), refers_to=spec.refers_to, options=spec.options
        )
    return Source(name="", id=("@id",), fields=fields)


def _distrusted(features: dict[str, Any], never: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    for name, values in never.items():
        held = features.get(name)
        if isinstance(held, list):
            features[name] = [value for value in held if value not in values]
        elif held in values:
            features[name] = None
    return features


class _Shown(Mapping[str, Sequence[str]]):
    """The texts of a record by feature, as long as its layout has places for it."""

    def __init__(self, parts: Sequence[str], layout: Layout) -> None:
        self._parts = parts
        self._spans = layout.spans

    def __getitem__(self, name: str) -> Sequence[str]:
        return self._parts[self._spans[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)


def _seen(compared: Compared, parts: Sequence[str], layout: Layout) -> dict[str, str]:
    """What people see of a record, by compared field."""
    found: dict[str, str] = {}
    shown = _Shown(parts, layout)
    for facet in compared.facets:
        if facet.seen is not None:
            found |= facet.seen(shown)
        else:
            first = shown[next(iter(facet.features))]
            said = " / ".join(text for text in first if text)
            found |= dict.fromkeys((one.field for one in facet.comparisons), said)
    return found
