"""Where a registry stands: what a run with one goes on from, and what it is called.

Before a run :func:`begin` finds where things stand: the last run (its *head*), the state of all OneIDs, and what is
known of each record (:mod:`oneid.daily.kept`, in the folder of the last run, :mod:`oneid.runs.lastfolder`). When the
feeds have been read, :meth:`Standing.begun` names the run, or finds that there is nothing new, or that the data are
older than the last run. How it is published: :mod:`oneid.runs.publishing`.

==== ===================================================================================================
E621 the data, or the day, are older than those of the last run
E622 the run of that name was published before, with other data
E625 the time given is before that of the last run
E630 what the last run learned from whole columns cannot be used by this version
==== ===================================================================================================
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from oneid.daily.intake import Records
from oneid.daily.kept import Known, reading
from oneid.identity import decisions
from oneid.identity.erasure import token
from oneid.identity.state import Run, State
from oneid.outputs.tablefiles import Encoder
from oneid.registry import Head, Registry
from oneid.registry.fromconfig import url_of
from oneid.runs.lastfolder import last_known, refuse_deltas, refuse_unknown, run_in
from oneid.runs.pipeline import Given
from oneid.runs.stages import People
from oneid.settings.config import Config
from oneid.vocabulary.errors import RegistryError

__all__ = ["Standing", "begin"]

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
    holds: bool = False
    encoder: Encoder = field(default_factory=Encoder)

    def hold(self, wait: float) -> None:
        """Takes the right to publish for the whole run, and keeps it until :meth:`close`; waits so many seconds for
        another run to end, then raises E607.
        """
        self.right.enter_context(self.registry.lock(wait))
        self.holds = True

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

        def among(source: str, ids: pl.Series) -> pl.Series:
            sources = pl.repeat(source, len(ids), dtype=pl.String, eager=True)
            return token(sources, ids, self.key).is_in(tokens.implode())

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
        return self._name(run_id, at, self.config.variables.get("ds"), records.digest)

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

    def held(self) -> dict[str, int]:
        """How many records each source had at the last run."""
        return {} if self.known is None else dict(self.known.records["source"].value_counts().iter_rows())


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
                refuse_unknown(registry, folder, run_in(folder))
            return standing
        standing.known = last_known(registry, standing.head, folder)
        if standing.known is None:
            refuse_deltas(config, standing.head)
        standing.state = registry.state() if standing.known is None else standing.known.state
    except BaseException:
        standing.close()
        raise
    return standing
