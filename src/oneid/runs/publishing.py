"""Publishing a run: the folder and the registry together, or neither.

The registry's commit is the moment in which a run becomes true, and the folder follows it, also after a crash in
between.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from oneid.daily import changedpairs
from oneid.daily.kept import Known, reading
from oneid.daily.mappedtable import Overlay
from oneid.identity.renumbering import renumbered
from oneid.lookup import index as lookupindex
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runtables import Tables
from oneid.outputs.tablefiles import Kept
from oneid.outputs.textfile import write_text
from oneid.registry import Publication, Registry
from oneid.runs import gates
from oneid.runs.lastfolder import refuse_unknown, run_in
from oneid.runs.pipeline import Done
from oneid.runs.standing import Standing
from oneid.vocabulary.errors import OneIDError, RegistryError

__all__ = ["Publishing", "publishing"]


def publishing(
    standing: Standing, done: Done, decided: pl.DataFrame, kind: str = "run"
) -> tuple[Publishing, dict[str, Any]]:
    """What is to be published of a run that is done, and what the next one goes on from; and what run.json says of it.

    ``decided``: people's verdicts that counted; ``kind``: what sort of run it was.
    """
    proposals = _proposals(standing, done)
    held = standing.held()
    about = {
        "known": _about_known(standing, done),
        "registry": {
            "number": done.run.number,
            "input": standing.input,
            "compared": "all" if done.pairs.changed is None else "changes",
        },
        "renumbered": {name: (part.height, held[name]) for name, part in proposals.items()},
    }
    records, assignment, change = done.records, done.identities.assignment, done.identities.change
    known = _known(standing, done, decided)
    publication = Publication(
        run=done.run,
        kind=kind,
        input=standing.input,
        day=standing.config.variables.get("ds"),
        folder=None,
        info={
            "records": records.ids.height,
            "oneids": done.golden.tables["golden"].height,
            "feeds": records.feeds,
            "data": records.digest or (standing.head.info.get("data") if standing.head else None),
        },
        before=standing.state if change is None else change.before,
        after=assignment.state if change is None else change.after,
        events=assignment.events,
    )
    oneid = assignment.state.assignments["oneid"]
    index = lookupindex.tables(known, oneid, done.settings.rules, standing.config, done.pairs.alike)
    return Publishing(standing, publication, {**known.tables(), **index}, proposals), about


def _about_known(standing: Standing, done: Done) -> dict[str, Any]:
    """What the next run has to know of this one beside the tables that it leaves."""
    learned_from = standing.known.counts if standing.known is not None else {}
    counts = dict(done.records.ids["source"].value_counts().iter_rows())
    rules, schema = done.settings.rules, done.settings.schema
    return {
        "readings": {name: reading(source) for name, source in sorted(standing.config.sources.items())},
        "counts": {name: learned_from.get(name, count) for name, count in sorted(counts.items())},
        "pairing": changedpairs.pairing(standing.config, rules, schema, done.pairs.learned),
        "deciding": rules.rules_version,
    }


def _known(standing: Standing, done: Done, decided: pl.DataFrame) -> Known:
    """What is known of each record when the run ends."""
    records, pairs = done.records, done.pairs
    assert done.numbers is not None
    features, values = records.features, records.values
    if pairs.changed is None:  # its numbers are by record
        features, values = Overlay.plain(features.whole), Overlay.plain(values.whole)
    return Known(
        records=records.ids.with_columns(records.prints),
        features=features,
        values=values,
        numbers=done.numbers,
        state=done.identities.assignment.state,
        learned=pairs.learned,
        shared=pairs.shared,
        decided=decided,
        outputs=Tables({}, {}) if standing.known is None else standing.known.outputs,
    ).settled()


def _proposals(standing: Standing, done: Done) -> dict[str, pl.DataFrame]:
    """By source the members that seem to have come back under other ids (source, old_id, new_id)."""
    known, records = standing.known, done.records
    if known is None or records.gone.is_empty():
        return {}
    gone = known.records.join(records.gone, on=["source", "source_id"], how="semi")
    gone = gone.select("source", "source_id", fingerprint="print")
    new = pl.Series(records.fresh & (records.was == np.iinfo(np.uint32).max))
    fresh = records.ids.with_columns(records.prints.alias("fingerprint")).filter(new)
    pairs = renumbered(gone, fresh)
    parts = {str(name): part for (name,), part in pairs.partition_by("source", as_dict=True).items()}
    return dict(sorted(parts.items()))


@dataclass(frozen=True)
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
            if run_in(folder).get("run_id") != run.get("run_id"):
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
            nullcontext() if self.standing.holds else registry.lock(),
            RunFolder(folder, committed=lambda name: registry.knows(name) is not None) as target,
        ):
            refuse_unknown(registry, folder, run_in(folder))
            encoder = self.standing.encoder
            target.write(everything, run, csv=csv, commit=lambda: _commit(registry, made), encoder=encoder)
        if made.erased is not None:  # these name members too
            shutil.rmtree(folder / "rekeys", ignore_errors=True)

    def _copy(self, folder: Path, tables: Mapping[str, pl.DataFrame], run: Mapping[str, object], csv: bool) -> None:
        """The last run once more, into a folder where it is not."""
        registry = self.standing.registry
        said = {name: value for name, value in run.items() if name not in ("set", "files", "unchanged")}
        with RunFolder(folder, committed=lambda name: registry.knows(name) is not None) as target:
            refuse_unknown(registry, folder, run_in(folder))
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
