"""Where a registry stands: what a run with one goes on from, and what it is called.

Before a run :func:`begin` finds where things stand: the last run (its *head*), the state of all OneIDs, and what is
known of each record (:mod:`oneid.daily.kept`, in the folder of the last run, :mod:`oneid.runs.lastfolder`). When the
feeds have been read, :meth:`Standing.begun` names the run, or finds that there is nothing new, or that the data are
older than the last run. Which times and days it believes: :mod:`oneid.runs.clocks`. How it is published:
:mod:`oneid.runs.publishing`.

==== ===================================================================================================
E622 the run of that name was published before, with other data
E630 what the last run learned from whole columns cannot be used by this version
E644 the config has no longer a source whose members are known
==== ===================================================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from oneid.daily.intake import Records
from oneid.daily.kept import Known, reading
from oneid.identity import decisions, mergesplit
from oneid.identity.erasure import token
from oneid.identity.state import Run, State
from oneid.outputs.tables.changes import KEYS
from oneid.outputs.tables.tablefiles import Encoder
from oneid.registry import Head, Registry
from oneid.registry.fromconfig import rehearsed, url_of
from oneid.runs import clocks
from oneid.runs.lastfolder import last_known, refuse_deltas, refuse_unknown, run_in
from oneid.runs.pipeline import Given
from oneid.runs.stages import People
from oneid.settings.config import Config
from oneid.vocabulary.errors import Place, RegistryError, raise_all
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef

__all__ = ["Standing", "begin"]

_MANY_TIMES = 2
"""What columns show is learned anew when a source has so many times the records that it was learned from, or so few."""


_RECORD = ["source", "source_id"]


@dataclass
class Standing:
    """Where a registry stands when a run begins. ``known`` is None before the first run. ``input`` is a digest of all
    that goes into the run to come, once :meth:`begun` has seen it. ``anew`` is the name of the last run where the run
    to come makes its lost folder anew, from the same input. ``folder`` is where the last run is.
    """

    registry: Registry
    head: Head | None
    state: State
    known: Known | None
    key: bytes
    config: Config
    input: str = ""
    anew: str | None = None
    folder: Path | None = None
    right: ExitStack = field(default_factory=ExitStack)
    holds: bool = False
    encoder: Encoder = field(default_factory=Encoder)
    rehearses: bool = False

    def hold(self, wait: float) -> None:
        """Takes the right to publish for the whole run, and keeps it until :meth:`close`; waits so many seconds for
        another run to end, then raises E607.
        """
        self.right.enter_context(self.registry.lock(wait))
        self.holds = True

    def offer(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Has the tables that are made by now turned into files, if they are to be written whole."""
        parts = self.config.outputs == "changes" and self.known is not None
        self.encoder.offer({name: table for name, table in tables.items() if not (parts and name in KEYS)})

    def close(self) -> None:
        """Lets go of the right to publish and of the database."""
        self.right.close()
        self.registry.close()

    @property
    def number(self) -> int:
        """The number of the run to come."""
        return 1 if self.head is None else self.head.number + 1

    def given(self, frames: Mapping[str, object]) -> Given:
        """What a run goes on from; ``frames``: data frames by source, in place of files."""
        self._refuse_older()
        self._refuse_vanished()
        if self.relearns():
            assert self.known is not None
            self.known = self.known.unlearned()
        people = People(self.decisions())
        return Given(frames, self.erased(), self.known, self.state, people)

    def erased(self) -> Callable[[str, pl.Series], pl.Series] | None:
        """Tells which ids of a source were erased; None where nobody was."""
        tokens = self.registry.tombstones()
        if tokens.is_empty():
            return None

        renames = self.renames()

        def among(source: str, ids: pl.Series) -> pl.Series:
            found = pl.repeat(value=False, n=len(ids), dtype=pl.Boolean, eager=True)
            for name in (source, *_former(source, renames)):
                sources = pl.repeat(name, len(ids), dtype=pl.String, eager=True)
                found |= token(sources, ids, self.key).is_in(tokens.implode())
            return found

        return among

    def relearns(self) -> bool:
        """Whether what columns show shall be learned anew: every feed is full, and all sources are read in another way
        than before, or one had at the last run many times the records that it was learned from, or few.
        """
        sources = self.config.sources
        if self.known is None:
            return False
        if any(source.feed.mode != "full" for source in sources.values()):
            if self.known.learned is None:
                hint = "give full feeds of all sources ('feed: full') once"
                raise RegistryError("E630", "what the last run learned cannot be used by this version", hint=hint)
            return False
        if self.known.learned is None:
            return True
        if not any(self.known.readings.get(name) == reading(source) for name, source in sources.items()):
            return True
        held = self.held()
        return any(
            held.get(name, 0) > _MANY_TIMES * count or count > _MANY_TIMES * held.get(name, 0)
            for name, count in self.known.counts.items()
            if name in sources
        )

    def decisions(self) -> pl.DataFrame:
        """People's verdicts, those of the config's file and those of the registry."""
        return decisions.combine(self.lines(), self.taken())

    def taken(self) -> pl.DataFrame:
        """Every decision that the registry has taken in, with times that are believed."""
        taken = self.registry.decisions()
        return taken if taken.is_empty() else clocks.believed(taken, self.registry.runs())

    def lines(self) -> pl.DataFrame | None:
        """The lines of the config's decisions file, under the numbers that members have now, without those that name
        somebody who was erased.
        """
        if self.config.decisions is None:
            return None
        lines = decisions.lines(self.config.path(self.config.decisions))
        decisions.refuse_future(lines, clocks.latest())
        for old, new in self.renames():
            if old not in self.config.sources:
                lines = decisions.source_renamed(lines, old, new)
        self.refuse_strange(lines)
        rekeys = self.registry.rekeys()
        moments = {} if rekeys.is_empty() else clocks.moments(self.registry.runs())
        for (number,), part in rekeys.partition_by("run", as_dict=True, maintain_order=True).items():
            lines = decisions.renumbered(
                lines, part.select("source", "old_id", "new_id"), moments[number] or clocks.now()
            )
        return self.without_erased(lines)

    def without_erased(self, decided: pl.DataFrame) -> pl.DataFrame:
        """Decisions without those that name somebody who was erased."""
        erased = self.erased()
        if erased is None or decided.is_empty():
            return decided
        ends = [decided.select(source=f"source_{side}", source_id=f"source_id_{side}") for side in ("l", "r")]
        parts = pl.concat(ends).unique().partition_by("source")
        gone = [part.filter(erased(part["source"][0], part["source_id"])) for part in parts]
        return decisions.without(decided, pl.concat(gone))

    def renames(self) -> list[tuple[str, str]]:
        """The sources that were given another name, with it, in order."""
        made = self.registry.runs().filter(kind="rename-source")["info"].to_list()
        return [pair for text in made for pair in json.loads(text).get("sources", {}).items()]

    def refuse_strange(self, decided: pl.DataFrame) -> None:
        """Refuses decisions on sources that neither the config has nor any run had (E243)."""
        known = set(self.config.sources)
        if not {*decided["source_l"], *decided["source_r"]} <= known:
            known |= set(self.registry.sources())
        decisions.refuse_strange(decided, known)

    def begun(
        self,
        rules_version: str,
        decided: pl.DataFrame | None,
        records: Records,
        run_id: str | None,
        at: datetime | None,
    ) -> Run | None:
        """The name of the run to come when its records are known; None where there is nothing new."""
        assert decided is not None
        said = hashlib.sha256(self.config.model_dump_json(exclude={"base", "file", "variables", "limits"}).encode())
        said.update(rules_version.encode())
        said.update(decided.select(decisions.COLUMNS).write_csv().encode())
        said.update(records.digest.encode())
        self.input = said.hexdigest()
        return self._name(run_id, at)

    def _name(self, run_id: str | None, at: datetime | None) -> Run | None:
        """The run to come; None where its input is that of the last run and the folder of that is there: a lost one is
        made anew. The input of an older one may come again: data that were restored, or the rules and decisions of
        before.
        """
        head = self.head
        if head is not None and self.input == head.input:
            first = head.info.get("anew") or head.run_id
            if run_id in (None, head.run_id, first):
                if self.known is not None:
                    return None
                self.anew = first
                return Run(f"{first}-{self.number}", self.number, self.moment(at))
        name = run_id or f"run-{self.input[:12]}"
        before = self.registry.knows(name)
        if before is not None and head is not None and run_id is None:
            name, before = f"{name}-{self.number}", None
        if before is not None and head is not None:
            if before.input == self.input:
                message = said(
                    "these data were published as run {number} ('{name}'), and run {last} after it",
                    number=before.number,
                    name=name,
                    last=head.number,
                )
                hint = "give the run another name, or none, if they are to be taken once more"
                raise RegistryError("E621", message, hint=hint)
            hint = "give the run another name, or none"
            raise RegistryError(
                "E622", said("run '{name}' was published before, with other data", name=name), hint=hint
            )
        return Run(name, self.number, self.moment(at))

    def moment(self, at: datetime | None = None) -> datetime:
        """The time of the run to come: see :func:`oneid.runs.clocks.moment`."""
        if self.head is None or (at is None and self.head.at <= clocks.now()):
            return clocks.moment(at, ())
        return clocks.moment(at, self.registry.runs()["at"].to_list())

    def to_erase(self, oneid: str | None, records: Sequence[RecordRef]) -> pl.DataFrame:
        """The records (source, source_id) that an erasure is about: those of a OneID, or of ``records``, with those who
        have left. E460, E461, E629.
        """
        rows, registry = self.state.assignments, self.registry
        if oneid is not None:
            left = registry.departed(oneid)
            if left.is_empty() or not self.state.oneids.filter(oneid=oneid)["current_oneid"].is_null().all():
                now = mergesplit.living(self.state, [oneid])[oneid]
                left = pl.concat([rows.filter(pl.col("oneid") == now).select(_RECORD), registry.departed(now)])
            return left.sort(_RECORD)
        named = pl.DataFrame(
            [(ref.source, ref.source_id) for ref in records], dict.fromkeys(_RECORD, pl.String), orient="row"
        ).unique()
        unknown = [ref for ref in map(RecordRef, *named.join(rows, on=_RECORD, how="anti")) if not registry.names(ref)]
        if unknown or named.is_empty():
            nothing = said("nothing is known of {n} of the named records", n=len(unknown))
            told = nothing if unknown else said("no record is named")
            raise RegistryError("E629", told, hint="give SOURCE:ID as the registry knows it now")
        return named.sort(_RECORD)

    @property
    def day(self) -> str | None:
        """The day of the data that are known: the last one that was told."""
        told = [] if self.head is None else self.registry.runs()["day"].drop_nulls().to_list()
        return told[-1] if told else None

    def _refuse_older(self) -> None:
        """Refuses a day of the data (``--var ds=``) that is not to be believed, or is before the last one."""
        day = self.config.variables.get("ds")
        if day is not None:
            clocks.refuse_day(day, self.config.days, self.registry.runs())

    def _refuse_vanished(self) -> None:
        """Refuses (E644) a config without sources whose members are known: a run would retire them."""
        counts = self.state.assignments["source"].value_counts().sort("source")
        message = "the config has no source '{name}' any more, of which {count} members are known"
        hint = ("if it has another name now: oneid registry rename-source {name} NEW; if its members are to leave: "
                "oneid registry detach {name}")  # fmt: skip
        raise_all(
            RegistryError("E644", said(message, name=name, count=count), place=Place(self.config.file),
                          hint=said(hint, name=name))
            for name, count in counts.iter_rows() if name not in self.config.sources
        )  # fmt: skip

    def held(self) -> dict[str, int]:
        """How many records each source had at the last run."""
        return {} if self.known is None else dict(self.known.records["source"].value_counts().iter_rows())


def _former(source: str, renames: Sequence[tuple[str, str]]) -> list[str]:
    """The names that a source had before."""
    names = [source]
    for old, new in reversed(renames):
        if new == names[-1]:
            names.append(old)
    return names[1:]


def begin(
    config: Config, key: bytes, folder: Path | None = None, wait: float | None = None, *, dry_run: bool = False
) -> Standing | None:
    """Where the config's registry stands; None where it has none.

    ``folder``: where the last run is, if not where the registry says it was published. ``wait``: see
    :meth:`Standing.hold`; left out, the right to publish is only taken to publish. ``dry_run``: nothing is written, and
    a registry that is not there yet is played by an empty one.
    """
    url = url_of(config)
    if url is None:
        return None
    right = ExitStack()
    if dry_run:
        registry, end = rehearsed(url, config.base, key)
        right.callback(end)
    else:
        registry = Registry.open(url, base=config.base, key=key)
    standing = Standing(registry, None, State.empty(), None, key, config, right=right, rehearses=dry_run)
    try:
        if wait is not None:
            standing.hold(wait)
        standing.head = registry.head()
        if (original := registry.original()) is not None:
            told = said(
                "this registry is a copy of {original}; it goes on by itself, and the original stays as it is",
                original=original,
            )
            registry.notes = (*registry.notes, told)
        registry.clean()
        if standing.head is None:
            if folder is not None:
                refuse_unknown(registry, folder, run_in(folder))
            return standing
        found = last_known(registry, standing.head, folder, mends=not dry_run)
        if found is None:
            refuse_deltas(config, standing.head)
        else:
            standing.known, standing.folder = found
        standing.state = registry.state() if standing.known is None else standing.known.state
    except BaseException:
        standing.close()
        raise
    return standing
