"""Publishing a run: the folder and the registry together, or neither.

The registry's commit is the moment in which a run becomes true, and the folder follows it, also after a crash in
between.

==== ===========================================================================================================
E309 an erasure came to pass, but files of the run before or unused parts of the database may still name the person
==== ===========================================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from oneid.daily import changedpairs
from oneid.daily.kept import Known, reading
from oneid.daily.keyedcodes import new_secret
from oneid.engines.overlay import Overlay
from oneid.identity.renumbering import renumbered
from oneid.lookup import index as lookupindex
from oneid.outputs.folderbond import bond, seen_from
from oneid.outputs.folderlock import as_output_error
from oneid.outputs.ownfiles import REPORT, REPORT_BEGINS, Inputs
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runtables import Tables
from oneid.outputs.tables.changes import Changes, Taken, since
from oneid.outputs.tables.parts import parted
from oneid.outputs.tables.tablefiles import Kept, ToWrite, defused
from oneid.outputs.textfile import write_text
from oneid.registry import Publication, Registry
from oneid.runs import gates
from oneid.runs.lastfolder import refuse_others, refuse_unknown, run_in
from oneid.runs.pipeline import Done
from oneid.runs.standing import Standing
from oneid.vocabulary.errors import OneIDError, OutputError, Place, RegistryError
from oneid.vocabulary.language import said

__all__ = ["Publishing", "publishing"]

_PROPOSALS: Final = "rekeys"


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
    # after an erasure with another secret, so that nothing of before can be told from what is known now
    secret = new_secret() if standing.known is None or kind == "erase" else standing.known.secret
    known = _known(standing, done, decided, secret)
    publication = Publication(
        run=done.run,
        kind=kind,
        input=standing.input,
        day=standing.config.variables.get("ds") if kind == "run" else standing.day,
        folder=None,
        info={
            "records": records.ids.height,
            "oneids": done.golden.tables["golden"].height,
            "feeds": records.feeds,
            "data": records.digest or (standing.head.info.get("data") if standing.head else None),
            **({} if standing.anew is None else {"anew": standing.anew}),
        },
        before=standing.state if change is None else change.before,
        after=assignment.state if change is None else change.after,
        events=assignment.events,
    )
    oneid = assignment.state.assignments["oneid"]
    index = lookupindex.tables(known, oneid, done.settings.rules, standing.config, done.pairs.alike)
    return Publishing(standing, publication, {**known.tables(), **index}, proposals, done.golden.taken), about


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


def _known(standing: Standing, done: Done, decided: pl.DataFrame, secret: bytes) -> Known:
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
        departed=records.departed.join(records.ids, on=["source", "source_id"], how="anti"),
        outputs=Tables({}, {}) if standing.known is None else standing.known.outputs,
        secret=secret,
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
    that people see, and ``proposals`` of renumberings by source, for a run that is stopped by them. ``taken``: by table
    the rows of the run before that were taken over (:func:`oneid.outputs.tables.changes.since`).
    """

    standing: Standing
    publication: Publication | None
    private: Mapping[str, pl.DataFrame | Kept]
    proposals: Mapping[str, pl.DataFrame]
    taken: Taken | None = None

    @property
    def previous(self) -> gates.Previous | None:
        """The run before, for the gates."""
        known = self.standing.known
        if known is None:
            return None
        return gates.Previous(known.outputs["merge_map"], getattr(known.outputs, "run", {}))

    def changes(self, tables: Mapping[str, pl.DataFrame]) -> Changes:
        """What of the run's ``tables`` is other than in the last one that was published; everything after an erasure,
        for what is gone would be named.
        """
        known, publication = self.standing.known, self.publication
        if known is None or publication is None or publication.erased is not None:
            return since(None, None, tables)
        return since(known.outputs, known.outputs.run.get("run_id"), tables, self.taken)

    def _written(
        self, tables: Mapping[str, pl.DataFrame], told: Changes, run: Mapping[str, object], csv: bool
    ) -> Mapping[str, pl.DataFrame | Kept]:
        """The tables as they are written: whole, or, of a small run where the config wants no more, in parts."""
        known = self.standing.known
        small = _of_registry(run).get("compared") == "changes" and told.about["since"] is not None
        if csv or not small or known is None or self.standing.config.outputs == "whole":
            return tables
        parts = parted(tables, told.before, known.outputs.based)
        if parts is None:
            return tables
        return {**{name: table for name, table in tables.items() if name not in told.before}, **parts}

    def rehearse(self, folder: Path, check: Callable[[], None]) -> None:
        """Looks whether :meth:`publish` would do it, and writes nothing."""
        registry = self.standing.registry
        if self.publication is None:
            refuse_others(registry, folder)
            return
        check()
        refuse_others(registry, folder)
        refuse_unknown(registry, folder, run_in(folder))

    def publish(
        self,
        folder: Path,
        tables: Mapping[str, pl.DataFrame],
        run: Mapping[str, object],
        csv: bool,
        check: Callable[[], None],
        inputs: Inputs,
    ) -> None:
        """Writes the folder and the registry together, or neither. ``check`` raises where a gate is breached; members
        that seem renumbered are then listed in ``folder/rekeys/SOURCE.csv``.
        """
        registry, publication = self.standing.registry, self.publication
        if publication is None:
            if run_in(folder).get("run_id") != run.get("run_id"):
                self._copy(folder, tables, run, csv, inputs)
            return
        try:
            check()
        except OneIDError as error:
            if any(problem.code == "E505" for problem in error.problems):
                for name, pairs in self.proposals.items():
                    _propose(folder / _PROPOSALS, name, pairs)
            raise
        refuse_others(registry, folder)
        address = registry.identify()
        seen = {"seen": seen_from(folder, address)}
        made = replace(publication, folder=str(folder.resolve()), info={**publication.info, **seen})
        told = self.changes(tables)
        run = {**run, "changes": told.about, "registry": {**_of_registry(run), **bond(folder, address)}}
        everything = ToWrite(self._written(tables, told, run, csv), told.tables, self.private)
        with (
            nullcontext() if self.standing.holds else registry.lock(),
            RunFolder(folder, committed=lambda name: registry.knows(name) is not None, inputs=inputs) as target,
        ):
            refuse_unknown(registry, folder, run_in(folder))
            encoder = self.standing.encoder
            target.write(everything, run, csv=csv, commit=lambda: _commit(registry, made), encoder=encoder)
        if made.erased is not None:  # these name members too
            _forget_proposals(folder / _PROPOSALS, self.standing.config.sources)
            left = _forget_report(folder / REPORT) or target.left
            if left is not None or registry.unclean:
                raise _not_removed(folder, made.run.run_id, left)

    def _copy(
        self, folder: Path, tables: Mapping[str, pl.DataFrame], run: Mapping[str, object], csv: bool, inputs: Inputs
    ) -> None:
        """The last run once more, into a folder where it is not."""
        registry = self.standing.registry
        refuse_others(registry, folder)
        said = {name: value for name, value in run.items() if name not in ("set", "files", "unchanged")}
        said["registry"] = {**_of_registry(run), **bond(folder, registry.identify())}
        with RunFolder(folder, committed=lambda name: registry.knows(name) is not None, inputs=inputs) as target:
            refuse_unknown(registry, folder, run_in(folder))
            target.write(ToWrite(tables), said, csv=csv)


def _not_removed(folder: Path, run_id: str, error: OSError | None) -> OutputError:
    """``error``: why files could not be removed; None: the registry's database could not be written anew."""
    receipt = said("oneid registry receipt {run_id} prints the receipt", run_id=run_id)
    if error is None:
        message = said("the person is erased, but the registry's database cannot be written anew without what it held")
        hint = said("free space, end its readers and run again, which removes it; {receipt}", receipt=receipt)
    else:
        reason = error.strerror or type(error).__name__
        message = said("the person is erased, but files of the run before cannot be removed: {reason}", reason=reason)
        hint = said("mend that and run again, which removes them; {receipt}", receipt=receipt)
    return OutputError("E309", message, place=Place(str(folder)), hint=hint)


def _propose(folder: Path, name: str, pairs: pl.DataFrame) -> None:
    """Writes a proposal of renumberings. One that is there and says something else may be one that a person corrected:
    it is kept under another name, ``SOURCE.1.csv`` and so on.
    """
    path, text = folder / f"{name}.csv", defused(pairs).write_csv()
    with as_output_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() == text.encode():
            return
        if path.exists() or path.is_symlink():
            free = (folder / f"{name}.{number}.csv" for number in count(1))
            path.rename(next(place for place in free if not place.exists()))
    write_text("E305", "the proposed renumbering cannot be written", path, text)


def _forget_proposals(folder: Path, sources: Iterable[str]) -> None:
    """Removes the proposals for these sources, also those that a person corrected, and nothing else beside them."""
    names = re.compile(rf"({'|'.join(map(re.escape, sources))})(\.\d+)?\.csv")
    for path in folder.glob("*.csv"):
        with suppress(OSError), path.open("rb") as file:
            if names.fullmatch(path.name) and {b"old_id", b"new_id"} <= set(re.findall(rb"\w+", file.readline(4096))):
                path.unlink()
    with suppress(OSError):
        folder.rmdir()


def _forget_report(path: Path) -> OSError | None:
    """Removes the page about the run before, which may have been made with names; why it could not be removed."""
    try:
        with path.open("rb") as file:
            ours = file.read(len(REPORT_BEGINS)) == REPORT_BEGINS
        if ours:
            path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    return None


def _of_registry(run: Mapping[str, object]) -> Mapping[str, object]:
    """What a run says of its registry."""
    said = run.get("registry")
    return said if isinstance(said, Mapping) else {}


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
