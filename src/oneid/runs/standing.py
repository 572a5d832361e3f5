"""A run that goes on from the one before: what a registry adds to reading, naming and publishing.

Before a run :func:`begin` finds where things stand: the last run (its *head*), the state of all OneIDs, and what is
known of each record (:mod:`oneid.daily.kept`, in the folder of the last run). When the feeds have been read,
:meth:`Standing.begun` names the run, or finds that there is nothing new, or that the data are older than the last run.
:meth:`Publishing.publish` writes the folder and the registry together: the registry's commit is the moment in which a
run becomes true, and the folder follows it, also after a crash in between.

==== ===================================================================================================
E621 the data, or the day, are older than those of the last run
E622 the run of that name was published before, with other data
E623 the folder of the last run is missing, so members that only delta feeds named are not at hand
E624 the folder holds a run that the registry does not know: it is an older backup, or another registry
E625 the time given is before that of the last run
E630 what the last run learned from whole columns cannot be used by this version
E631 the folder of the last run is as it was after an earlier one: an older backup
==== ===================================================================================================
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from oneid.daily import changes
from oneid.daily.kept import Known, reading
from oneid.daily.mappedtable import Overlay
from oneid.identity import decisions, edits
from oneid.identity.assignment import Run, State
from oneid.lookup import index as lookupindex
from oneid.outputs import gates
from oneid.outputs.runfolder import RunFolder, Tables, read_tables
from oneid.outputs.tablefiles import Encoder, Kept
from oneid.outputs.textfile import write_text
from oneid.registry import Head, Publication, Registry
from oneid.settings.config import Config
from oneid.vocabulary.errors import ConfigError, InputError, OneIDError, Place, RegistryError

if TYPE_CHECKING:
    from oneid.runs.pipeline import Work

__all__ = ["Publishing", "Standing", "begin", "url_of"]

_MANY_TIMES = 2
"""What columns show is learned anew when a source has so many times the records that it was learned from, or so few."""


@dataclass
class Standing:
    """Where a registry stands when a run begins. ``known`` is None before the first run. ``input`` is a digest of all
    that goes into the run to come, once :meth:`begun` has seen it.
    """

    registry: Registry
    head: Head | None
    state: State
    known: Known | None
    key: bytes
    config: Config
    input: str = ""
    right: ExitStack = field(default_factory=ExitStack)
    held: bool = False
    encoder: Encoder = field(default_factory=Encoder)

    def hold(self, wait: float) -> None:
        """Takes the right to publish for the whole run, and keeps it until :meth:`close`; waits so many seconds for
        another run to end, then raises E607.
        """
        self.right.enter_context(self.registry.lock(wait))
        self.held = True

    def close(self) -> None:
        """Lets go of the right to publish and of the database."""
        self.right.close()
        self.registry.close()

    @property
    def number(self) -> int:
        """The number of the run to come."""
        return 1 if self.head is None else self.head.number + 1

    def prepare(self, work: Work) -> None:
        """Gives a run what it goes on from."""
        work.remember, work.ready = True, self.encoder.offer
        work.previous, work.known, work.erased = self.state, self.known, self.erased()
        work.relearn = self.relearn()
        work.decided = self.decisions()

    def erased(self) -> Callable[[str, pl.Series], pl.Series] | None:
        """Tells which ids of a source were erased; None where nobody was."""
        tokens = self.registry.tombstones()
        if tokens.is_empty():
            return None

        def among(source: str, ids: pl.Series) -> pl.Series:
            sources = pl.repeat(source, len(ids), dtype=pl.String, eager=True)
            return edits.token(sources, ids, self.key).is_in(tokens.implode())

        return among

    def relearn(self) -> bool:
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
        held = self._held()
        return any(
            held.get(name, 0) > _MANY_TIMES * count or count > _MANY_TIMES * held.get(name, 0)
            for name, count in self.known.counts.items()
            if name in sources
        )

    def decisions(self) -> pl.DataFrame:
        """People's verdicts, those of the config's file and those of the registry."""
        return decisions.combine(self.lines(), self.registry.decisions())

    def lines(self) -> pl.DataFrame | None:
        """The lines of the config's decisions file, under the numbers that members have now."""
        if self.config.decisions is None:
            return None
        lines = decisions.lines(self.config.path(self.config.decisions))
        rekeys = self.registry.rekeys()
        if rekeys.is_empty():
            return lines
        moments = dict(self.registry.runs().select("number", "at").iter_rows())
        for (number,), part in rekeys.partition_by("run", as_dict=True, maintain_order=True).items():
            lines = decisions.renumbered(lines, part.select("source", "old_id", "new_id"), moments[number])
        return lines

    def begun(self, work: Work, run_id: str | None, at: datetime | None) -> bool:
        """Names the run when its records are known; False where there is nothing new."""
        assert work.intake is not None
        assert work.decided is not None
        said = hashlib.sha256(self.config.model_dump_json(exclude={"base", "file", "variables", "limits"}).encode())
        said.update(work.rules.rules_version.encode())
        said.update(work.decided.select(decisions.COLUMNS).write_csv().encode())
        said.update(work.intake.digest.encode())
        self.input = said.hexdigest()
        run = self._name(run_id, at, self.config.variables.get("ds"), work.intake.digest)
        if run is not None:
            work.run = run
        return run is not None

    def _name(self, run_id: str | None, at: datetime | None, day: str | None, data: str) -> Run | None:
        """The run to come; None where its input is that of the last run. ``day``: the data's own (``--var ds=``);
        ``data``: a digest of all feeds. The data of the last run may come with the rules or decisions of an older one.
        """
        head = self.head
        if head is not None and self.input == head.input and run_id in (None, head.run_id):
            return None
        name = run_id or f"run-{self.input[:12]}"
        before = self.registry.knows(name)
        if before is not None and head is not None and run_id is None and head.info.get("data") == data:
            name, before = f"{name}-{self.number}", None
        if before is not None and head is not None:
            if run_id is None or before.input == self.input:
                message = f"these data were published as run {before.number} ('{name}'), and run {head.number} after it"
                hint = "older data are not taken back; oneid registry rollback undoes runs, --run-id names a new one"
                raise RegistryError("E621", message, hint=hint)
            hint = "give the run another name, or none"
            raise RegistryError("E622", f"run '{name}' was published before, with other data", hint=hint)
        if head is not None and day is not None and head.day is not None and day < head.day:
            hint = "feeds are taken in the order of their days; oneid registry rollback undoes runs"
            raise RegistryError("E621", f"the day {day} is before that of the last run, {head.day}", hint=hint)
        return Run(name, self.number, self.moment(at))

    def moment(self, at: datetime | None = None) -> datetime:
        """The time of the run to come: ``at``, else now; never before the last run, even if a clock was set back."""
        now = at or datetime.now(UTC)
        if self.head is None or now > self.head.at:
            return now
        if at is not None:
            raise RegistryError("E625", "the time given is not after that of the last run", hint="leave it out")
        return self.head.at

    def finished(self, work: Work, about: dict[str, Any], kind: str = "run") -> Publishing:
        """What is to be published of a finished run, and what the next one goes on from; adds to what run.json says."""
        taken, change, assignment = work.intake, work.change, work.assignment
        assert taken is not None
        assert assignment is not None
        assert work.decided is not None
        learned_from = self.known.counts if self.known is not None and not work.relearn else {}
        counts = dict(taken.ids["source"].value_counts().iter_rows())
        about["known"] = {
            "readings": {name: reading(source) for name, source in sorted(self.config.sources.items())},
            "counts": {name: learned_from.get(name, count) for name, count in sorted(counts.items())},
            "pairing": changes.pairing(work),
            "deciding": changes.deciding(work),
        }
        about["registry"] = {
            "number": work.run.number,
            "input": self.input,
            "compared": "all" if work.paired is None else "changes",
        }
        about["renumbered"], proposals = self._renumbered(work)
        assert work.numbers is not None
        known = Known(
            records=taken.ids.with_columns(taken.prints),
            features=taken.features,
            values=taken.values,
            numbers=work.numbers,
            state=assignment.state,
            learned=work.learned,
            shared=work.shared,
            decided=work.decided,
            outputs=Tables({}, {}) if self.known is None else self.known.outputs,
        )
        if work.paired is None:  # its numbers are by record
            known = replace(
                known, features=Overlay.plain(taken.features.whole), values=Overlay.plain(taken.values.whole)
            )
        known = known.settled()
        publication = Publication(
            run=work.run,
            kind=kind,
            input=self.input,
            day=self.config.variables.get("ds"),
            folder=None,
            info={
                "records": taken.ids.height,
                "oneids": work.tables["golden"].height,
                "feeds": taken.feeds,
                "data": taken.digest or (self.head.info.get("data") if self.head else None),
            },
            before=self.state if change is None else change.before,
            after=assignment.state if change is None else change.after,
            events=assignment.events,
        )
        index = lookupindex.tables(known, assignment.state.assignments["oneid"], work.rules, self.config)
        return Publishing(self, publication, {**known.tables(), **index}, proposals)

    def _held(self) -> dict[str, int]:
        """How many records each source had at the last run."""
        return {} if self.known is None else dict(self.known.records["source"].value_counts().iter_rows())

    def _renumbered(self, work: Work) -> tuple[dict[str, tuple[int, int]], dict[str, pl.DataFrame]]:
        """Members that seem to have come back under other ids: by source how many, of how many; and which."""
        known, taken = self.known, work.intake
        assert taken is not None
        if known is None or taken.gone.is_empty():
            return {}, {}
        ends = ["source", "source_id"]
        gone = known.records.join(taken.gone, on=ends, how="semi").select(*ends, fingerprint="print")
        new = pl.Series(taken.fresh & (taken.was == np.iinfo(np.uint32).max))
        fresh = taken.ids.with_columns(taken.prints.alias("fingerprint")).filter(new)
        pairs = edits.renumbered(gone, fresh)
        held = self._held()
        parts = {str(name): part for (name,), part in pairs.partition_by("source", as_dict=True).items()}
        return {name: (part.height, held[name]) for name, part in sorted(parts.items())}, parts


@dataclass
class Publishing:
    """What a run wants published: ``publication`` for the registry (None: nothing new), ``private`` tables beside those
    that people see, and ``proposals`` of renumberings by source, for a run that is stopped by them.
    """

    standing: Standing
    publication: Publication | None
    private: Mapping[str, pl.DataFrame | Kept]
    proposals: Mapping[str, pl.DataFrame]

    @property
    def previous(self) -> gates.Previous | None:
        """The run before, for the gates."""
        known = self.standing.known
        if known is None:
            return None
        return gates.Previous(known.outputs["merge_map"], getattr(known.outputs, "run", {}))

    def publish(
        self,
        folder: Path,
        tables: Mapping[str, pl.DataFrame],
        run: Mapping[str, object],
        csv: bool,
        check: Callable[[], None],
    ) -> None:
        """Writes the folder and the registry together, or neither. ``check`` raises where a gate is breached; members
        that seem renumbered are then listed in ``folder/rekeys/SOURCE.csv``.
        """
        registry, publication = self.standing.registry, self.publication
        if publication is None:
            if _run_in(folder).get("run_id") != run.get("run_id"):
                self._copy(folder, tables, run, csv)
            return
        try:
            check()
        except OneIDError as error:
            if any(problem.code == "E505" for problem in error.problems):
                for name, pairs in self.proposals.items():
                    path = folder / "rekeys" / f"{name}.csv"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_text("E305", "the proposed renumbering cannot be written", path, pairs.write_csv())
            raise
        made = replace(publication, folder=str(folder.resolve()))
        everything = {**tables, **self.private}
        with (
            nullcontext() if self.standing.held else registry.lock(),
            RunFolder(folder, committed=lambda name: registry.knows(name) is not None) as target,
        ):
            _refuse_unknown(registry, folder, _run_in(folder))
            encoder = self.standing.encoder
            target.write(everything, run, csv=csv, commit=lambda: _commit(registry, made), encoder=encoder)
        if made.erased is not None:  # these name members too
            shutil.rmtree(folder / "rekeys", ignore_errors=True)

    def _copy(self, folder: Path, tables: Mapping[str, pl.DataFrame], run: Mapping[str, object], csv: bool) -> None:
        """The last run once more, into a folder where it is not."""
        registry = self.standing.registry
        said = {name: value for name, value in run.items() if name not in ("set", "files", "unchanged")}
        with RunFolder(folder, committed=lambda name: registry.knows(name) is not None) as target:
            _refuse_unknown(registry, folder, _run_in(folder))
            target.write(dict(tables), said, csv=csv)


def _commit(registry: Registry, publication: Publication) -> None:
    """Publishes. Where the database went away in the middle of it, its own word tells whether it came to pass."""
    try:
        registry.publish(publication)
    except RegistryError as error:
        if error.code != "E603":
            raise
        there = registry.knows(publication.run.run_id)
        if there is None or (there.number, there.input) != (publication.run.number, publication.input):
            raise


def url_of(config: Config) -> str | None:
    """The registry's address: as written, or from the environment for ``env:NAME`` (E143 where it is not set)."""
    if config.registry is None or not config.registry.startswith("env:"):
        return config.registry
    name = config.registry.removeprefix("env:")
    value = os.environ.get(name, "")
    if not value:
        message = f"the environment variable {name} is not set"
        raise ConfigError("E143", message, place=Place(config.file), hint=f"export {name}=postgresql+psycopg://...")
    return value


def begin(config: Config, key: bytes, folder: Path | None = None, wait: float | None = None) -> Standing | None:
    """Where the config's registry stands; None where it has none.

    ``folder``: where the last run is, if not where the registry says it was published. ``wait``: see
    :meth:`Standing.hold`; left out, the right to publish is only taken to publish.
    """
    url = url_of(config)
    if url is None:
        return None
    registry = Registry.open(url, base=config.base, key=key)
    standing = Standing(registry, None, State.empty(), None, key, config)
    try:
        if wait is not None:
            standing.hold(wait)
        standing.head = registry.head()
        if standing.head is None:
            if folder is not None:
                _refuse_unknown(registry, folder, _run_in(folder))
            return standing
        standing.known = _known(registry, standing.head, folder)
        if standing.known is None:
            _without_folder(config, standing.head)
        standing.state = registry.state() if standing.known is None else standing.known.state
    except BaseException:
        standing.close()
        raise
    return standing


def _known(registry: Registry, head: Head, folder: Path | None) -> Known | None:
    """What is known by the folder of the last run, published or about to be; None where there is no such folder.

    Raises E624 for a folder that is ahead of the registry, and E631 where there is only one that is behind it.
    """
    behind: tuple[Path, Head] | None = None
    for place in dict.fromkeys(path for path in (folder, Path(head.folder) if head.folder else None) if path):
        if not (place / ".runs").is_dir():
            continue
        with RunFolder(place, committed=lambda name: registry.knows(name) is not None):
            pass  # finishes what a crash left
        try:
            tables = read_tables(place)
        except InputError as error:
            if error.code == "E251":
                continue
            raise
        found = _refuse_unknown(registry, place, tables.run, any_run=place == folder)
        if found is not None and found.number == head.number:
            tables.ahead("merge_map", "aliases", "state/pairs", "golden", "golden_values")
            return Known.from_tables(tables)
        behind = behind or (None if found is None else (place, found))
    if behind is not None:
        message = f"the folder holds run {behind[1].number}, and the registry's last is run {head.number}"
        hint = (
            f"put a newer backup in its place (run {head.number} was published into {head.folder}), "
            "or move it away and give full feeds: OneIDs stay"
        )
        raise RegistryError("E631", message, place=Place(str(behind[0])), hint=hint)
    return None


def _refuse_unknown(registry: Registry, folder: Path, run: Mapping[str, Any], *, any_run: bool = False) -> Head | None:
    """The registry's word on the run in a folder, by its run.json; None for no run, and for one that no registry made.

    Raises E624 where a registry made it and this one does not know it; with ``any_run`` also if none made it.
    """
    if not run:
        return None
    made = run.get("registry")
    found = registry.knows(str(run.get("run_id")))
    if found is not None:
        of_run = made or {}
        if (of_run.get("number", found.number), of_run.get("input", found.input)) == (found.number, found.input):
            return found
    if made is None and not any_run:
        return None
    message, hint = "the folder holds a run that the registry does not know", "publish into another folder"
    if made is not None:
        message += f": '{run.get('run_id')}', number {made.get('number')}"
        hint = (
            "if the registry was lost or is an older backup, put the newest one in its place, else OneIDs given since "
            "then change; to go on with it all the same, publish into another folder"
        )
    raise RegistryError("E624", message, place=Place(str(folder)), hint=hint)


def _run_in(folder: Path) -> dict[str, Any]:
    """What run.json in a folder says; nothing where there is no run."""
    try:
        return read_tables(folder).run
    except InputError:
        return {}


def _without_folder(config: Config, head: Head) -> None:
    """Refuses to go on where only the missing folder knows the members of delta feeds."""
    delta = sorted(name for name, source in config.sources.items() if source.feed.mode != "full")
    if delta:
        message = f"the folder of run {head.number} is missing ({head.folder or 'unknown'})"
        hint = f"restore it from a backup, or give a full feed of {', '.join(delta)} ('feed: full') once"
        raise RegistryError("E623", message, hint=hint)
