"""What people do to OneIDs between runs, each a publication of its own: nothing is read from the sources, the outputs
are made anew from what is known, and the registry and the folder change together as in a run.

========  =============================================================================================================
merge     makes one OneID of several, by ``same`` decisions
split     parts the records of a OneID, by ``different`` decisions; without records it takes back what was merged
decide    takes in decisions on pairs
rekey     gives a source's members the new numbers that their system gave them; OneIDs stay
rollback  puts people back as they were after an earlier run, until the next run judges anew
erase     removes all data of some members and leaves tombstones, so that they are refused if a source sends them again
========  =============================================================================================================

Every act gives the :class:`~oneid.runs.result.Result` to come; its ``write`` publishes it. Acts need the folder of the
last run (E626).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import Clusters
from oneid.daily.kept import Known
from oneid.daily.mappedtable import Overlay
from oneid.identity import decisions, edits
from oneid.identity.assignment import Assignment, Run, State
from oneid.identity.decisions import Note
from oneid.records.columnfacts import Learned
from oneid.runs import pipeline
from oneid.runs import standing as registered
from oneid.runs.intake import declared_by, unchanged
from oneid.runs.resolve import about_run, key_of, prepare
from oneid.runs.result import Result
from oneid.runs.standing import Publishing, Standing
from oneid.settings.config import Config
from oneid.vocabulary.errors import InputError, Place, RegistryError
from oneid.vocabulary.references import RecordRef

__all__ = ["Receipt", "decide", "erase", "merge", "read_renumbering", "rekey", "rollback", "split"]

_RECORD = ["source", "source_id"]
Rows = npt.NDArray[np.uint32]


def merge(config: Config, oneids: Sequence[str], note: Note | None = None, folder: Path | None = None) -> Result:
    """Makes one OneID of several; see :func:`oneid.identity.edits.merge`, also for its errors."""
    return _decided(config, folder, "merge", lambda standing: edits.merge(
        standing.state, oneids, _dated(note, standing), standing.decisions()
    ))  # fmt: skip


def split(
    config: Config,
    oneid: str,
    records: Sequence[RecordRef] | None = None,
    note: Note | None = None,
    folder: Path | None = None,
) -> Result:
    """Parts the records of a OneID; see :func:`oneid.identity.edits.split`, also for its errors."""
    return _decided(
        config, folder, "split", lambda standing: edits.split(standing.state, oneid, records, _dated(note, standing))
    )


def decide(config: Config, decided: pl.DataFrame, folder: Path | None = None) -> Result:
    """Takes in decisions on pairs: :data:`oneid.identity.decisions.COLUMNS`, and what is said with them. Those that do
    not say when they were made are of the moment in which they are taken in.
    """

    def dated(standing: Standing) -> pl.DataFrame:
        said = pl.col("at") if "at" in decided.columns else pl.lit(None, dtype=pl.String)
        now = standing.moment().isoformat(timespec="microseconds")
        return decided.with_columns(at=pl.coalesce(said, pl.lit(now)))

    return _decided(config, folder, "decide", dated)


def rekey(config: Config, source: str, old_new: pl.DataFrame, folder: Path | None = None) -> Result:
    """Gives members of ``source`` new numbers (old_id, new_id; String). :func:`oneid.identity.edits.rekey` names its
    errors.
    """
    with _acting(config, folder) as standing:
        return _rekeyed(standing, source, old_new.select(pl.lit(source).alias("source"), "old_id", "new_id"))


def _rekeyed(standing: Standing, source: str, pairs: pl.DataFrame) -> Result:
    run = _named(standing, "rekey")
    state = edits.rekey(standing.state, pairs)
    known = _known(standing)
    marks = known.records["print"]
    if declared_by(standing.config, source):  # others refer to these numbers, so the rows are to be read again
        marks = pl.select(
            pl.when(known.records["source"] == source).then(pl.lit(0, pl.UInt64)).otherwise(marks)
        ).to_series()
    ids = known.records.join(pairs, left_on=_RECORD, right_on=["source", "old_id"], how="left", maintain_order="left")
    ids = ids.select("source", source_id=pl.coalesce("new_id", "source_id"))
    moved = _ordered(known, ids.with_columns(marks.alias("print")))
    made = replace(moved, state=state, deciding="")
    work = _work(standing, made, state, run)
    work.decided = decisions.renumbered(standing.decisions(), pairs, run.at)
    return _finished(standing, work, "rekey", events=edits.rekeyed(state, pairs, run), rekeyed=pairs)


def read_renumbering(path: Path) -> pl.DataFrame:
    """A CSV file with the columns old_id and new_id, as String. E240 where it is none."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"not a CSV file in UTF-8: {type(error).__name__}"
        raise InputError("E240", message, place=Place(str(path))) from None
    missing = [name for name in ("old_id", "new_id") if name not in frame.columns]
    if missing:
        hint = "its first line is: old_id,new_id"
        raise InputError("E240", f"no column '{missing[0]}'", place=Place(str(path), 1), hint=hint)
    return frame.select("old_id", "new_id")


def rollback(config: Config, to: int, folder: Path | None = None) -> Result:
    """Puts people back as they were after run number ``to``; see :func:`oneid.identity.edits.rollback`. E627: no such
    run.

    The next run judges everybody anew, so change the rules or decide about pairs before it.
    """
    with _acting(config, folder) as standing:
        if not 1 <= to < standing.number - 1:
            hint = f"give a run from 1 to {standing.number - 2}, after which things were right"
            raise RegistryError("E627", f"there is nothing to roll back to run {to}", hint=hint)
        run = _named(standing, "rollback")
        known = replace(_known(standing), deciding="")
        then = standing.registry.state(to)
        work = _work(standing, known, standing.state, run)
        labels = edits.rolled_back(standing.state, then).to_numpy()
        assignment = edits.rollback(standing.state, then, standing.key, run)
        return _finished(standing, work, "rollback", labels=labels, assignment=assignment)


@dataclass(frozen=True)
class Receipt:
    """What an erasure says of itself, without personal data: ``number`` is a digest, ``records`` counts members by
    source, ``oneids`` how many OneIDs ended, ``tables`` where rows were removed or blanked, ``left`` what is for people
    to do.
    """

    number: str
    run_id: str
    at: datetime
    records: dict[str, int]
    oneids: int
    left: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "receipt": self.number,
            "run_id": self.run_id,
            "at": self.at.isoformat(timespec="seconds"),
            "records": self.records,
            "oneids_ended": self.oneids,
            "to_do": list(self.left),
        }


def erase(
    config: Config, oneid: str | None = None, records: Sequence[RecordRef] = (), folder: Path | None = None
) -> tuple[Result, Receipt]:
    """Removes all data of the records of a OneID, or of single ``records``, from registry, outputs and what is known.

    E460 and E461 for a OneID that was never given or is retired, E463 for a record that is not known.
    """
    with _acting(config, folder) as standing:
        return _erased(standing, _to_erase(standing, oneid, records))


def _erased(standing: Standing, gone: pl.DataFrame) -> tuple[Result, Receipt]:
    known, state = _known(standing), standing.state
    run = _named(standing, "erase")
    tokens = edits.token(gone["source"], gone["source_id"], standing.key)
    without = edits.erase(state, gone, run)
    events = edits.erased(state, without, run)
    stays = known.records.with_row_index("row").join(gone, on=_RECORD, how="anti", maintain_order="left")["row"]
    learned = _unlearned(known, stays)
    made = replace(_some(known, stays.to_numpy()), state=without, deciding="", learned=learned)
    work = _work(standing, made, without, run)
    work.decided = decisions.without(standing.decisions(), gone)
    result = _finished(
        standing, work, "erase", events=events, erased=gone.with_columns(tokens.alias("token"))
    )  # fmt: skip
    ended = int((events["event"] == "retired").sum())
    number = hashlib.sha256("\n".join(sorted(tokens)).encode() + run.run_id.encode()).hexdigest()[:20]
    counts = {str(name): int(count) for name, count in gone["source"].value_counts().sort("source").iter_rows()}
    left = ["the sources' own files, and copies and backups made of the outputs or of the registry"]
    if standing.config.decisions is not None:
        left.append("lines of the decisions file that name these members")
    return result, Receipt(number, run.run_id, run.at, counts, ended, tuple(left))


# --- inside --------------------------------------------------------------------------------------------------------


def _begin(config: Config, folder: Path | None) -> Standing:
    standing = registered.begin(config, key_of(config), folder, wait=0.0)
    if standing is None:
        hint = "add 'registry: sqlite:///oneid.db' to the config"
        raise RegistryError("E628", "the config names no registry", hint=hint)
    if standing.head is None or standing.known is None:
        standing.close()
        hint = "run oneid resolve first" if standing.head is None else "give its place with --out, or restore it"
        raise RegistryError("E626", "the folder of the last run is not at hand", hint=hint)
    return standing


@contextmanager
def _acting(config: Config, folder: Path | None) -> Iterator[Standing]:
    """Where things stand, with the right to publish; let go of at once where something is refused."""
    standing = _begin(config, folder)
    try:
        yield standing
    except BaseException:
        standing.close()
        raise


def _known(standing: Standing) -> Known:
    assert standing.known is not None
    return standing.known


def _named(standing: Standing, kind: str) -> Run:
    return Run(f"{kind}-{standing.number}", standing.number, standing.moment())


def _dated(note: Note | None, standing: Standing) -> Note:
    note = note or Note()
    return note if note.at else replace(note, at=standing.moment().isoformat(timespec="microseconds"))


def _decided(config: Config, folder: Path | None, kind: str, make: Callable[[Standing], pl.DataFrame]) -> Result:
    with _acting(config, folder) as standing:
        new = make(standing)
        before = standing.registry.decisions()
        both = pl.concat([before, new.select(pl.all().cast(pl.String))], how="diagonal_relaxed")
        work = _work(standing, _known(standing), standing.state, _named(standing, kind))
        work.decided = decisions.combine(standing.lines(), both)
        return _finished(standing, work, kind, decisions=new)


def _to_erase(standing: Standing, oneid: str | None, records: Sequence[RecordRef]) -> pl.DataFrame:
    rows = standing.state.assignments
    if oneid is not None:
        now = edits.living(standing.state, [oneid])[oneid]
        return rows.filter(pl.col("oneid") == now).select(_RECORD)
    named = pl.DataFrame(
        [(ref.source, ref.source_id) for ref in records], dict.fromkeys(_RECORD, pl.String), orient="row"
    ).unique()
    unknown = named.join(rows, on=_RECORD, how="anti")
    if unknown.height or named.is_empty():
        message = (
            f"{unknown.height or 'no'} of the named records are known" if named.is_empty() else "a record is unknown"
        )
        raise RegistryError("E629", message, hint="give SOURCE:ID as the registry knows it now")
    return named.sort(_RECORD)


def _some(known: Known, rows: npt.NDArray[Any]) -> Known:
    """What is known of some records, in their order, which is record order; in memory, so that it is written anew."""
    left, right, pattern = known.pairs
    now = np.full(known.records.height, np.iinfo(np.uint32).max, dtype=np.uint32)
    now[rows] = np.arange(rows.size, dtype=np.uint32)
    a, b = now[left], now[right]
    there = (a != np.iinfo(np.uint32).max) & (b != np.iinfo(np.uint32).max)
    a, b = a[there], b[there]
    return replace(
        known,
        renamed=True,
        records=known.records[rows],
        features=Overlay.plain(known.features.of(rows)),
        values=Overlay.plain(known.values.of(rows)),
        numbers=Overlay.plain(known.numbers.of(rows)),
        pairs=(np.minimum(a, b), np.maximum(a, b), pattern[there]),
    )


def _unlearned(known: Known, stays: pl.Series) -> Learned | None:
    """What was learned, without the family names that no record of those that stay shows."""
    if known.learned is None or known.learned.families is None:
        return known.learned
    names_ = {"kanji": known.features.column("family"), "reading": known.features.column("kana_family")}
    shown = pl.DataFrame(names_).with_row_index("row")
    left = shown.filter(pl.col("row").is_in(stays.implode()))
    gone = shown.join(left, on=["kanji", "reading"], how="anti", nulls_equal=True)
    names = known.learned.families.names
    kept = names.join(gone, on=["kanji", "reading"], how="anti", nulls_equal=True, maintain_order="left")
    if kept.height == names.height:
        return known.learned
    return known.learned.plus(Learned(families=replace(known.learned.families, names=kept)))


def _ordered(known: Known, records: pl.DataFrame) -> Known:
    """What is known, with other ids (``records``: source, source_id, print, row by row), in the order of these."""
    order = records.with_row_index("at").sort(_RECORD)["at"].to_numpy()
    ids = [records[name] for name in _RECORD]
    named = replace(
        known,
        records=records.select("source", "source_id", "print"),
        features=Overlay.plain(known.features.whole.with_columns(ids)),
        values=Overlay.plain(known.values.whole.with_columns(ids)),
        numbers=Overlay.plain(known.numbers.whole),
    )
    return _some(named, order)


def _work(standing: Standing, known: Known, state: State, run: Run) -> pipeline.Work:
    """A run over what is known, with no feeds."""
    work = prepare(standing.config)
    standing.prepare(work)
    work.known, work.previous, work.run, work.relearn, work.keep = known, state, run, False, False
    pipeline.took(work, unchanged(known))
    return work


def _finished(
    standing: Standing,
    work: pipeline.Work,
    kind: str,
    *,
    labels: Rows | None = None,
    assignment: Assignment | None = None,
    events: pl.DataFrame | None = None,
    **more: pl.DataFrame,
) -> Result:
    """Runs what is left of the run and gives what is to be published."""
    stages: list[tuple[str, Callable[[pipeline.Work], Any]]] = list(pipeline.STAGES[1:])
    if labels is not None:
        least = np.full(int(labels.max(initial=0)) + 1, labels.size, dtype=np.uint32)
        np.minimum.at(least, labels, np.arange(labels.size, dtype=np.uint32))
        work.clusters = Clusters(least[labels])
        work.assignment = assignment
        stages = [stage for stage in stages if stage[0] != "cluster"]
    pipeline.resolve(work, stages=stages)
    assert standing.head is not None
    # of its own, so that whatever comes next is another input, and is judged
    standing.input = hashlib.sha256(f"{standing.head.input} {work.run.run_id}".encode()).hexdigest()
    about = about_run(work)
    publishing: Publishing = standing.finished(work, about, kind)
    if labels is not None:
        about["known"]["recluster"] = True
    assert publishing.publication is not None
    made = publishing.publication
    assert work.assignment is not None
    made = replace(
        made, before=standing.state, after=work.assignment.state, decisions=more.get("decisions"),
        rekeyed=more.get("rekeyed"), erased=more.get("erased"),
    )  # fmt: skip
    if events is not None:
        every = pl.concat([events, made.events])
        made = replace(made, events=every)
        work.tables["events"] = every
    publishing.publication = made
    return Result(
        work.tables, about, None, standing.config.limits.model_copy(update={"members_moved_pct": None}), publishing
    )
