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

import polars as pl

from oneid.daily import editing
from oneid.daily.intake import declared_by, unchanged
from oneid.daily.kept import Known
from oneid.identity import decisions, erasure, mergesplit, renumbering
from oneid.identity.decisions import Note
from oneid.identity.rollback import rollback as put_back
from oneid.identity.rollback import rolled_back
from oneid.identity.state import Run
from oneid.runs import pipeline
from oneid.runs import standing as registered
from oneid.runs.pipeline import Given
from oneid.runs.preparing import key_of, prepare
from oneid.runs.publishing import publishing
from oneid.runs.resolve import about_run
from oneid.runs.result import Result
from oneid.runs.stages import Entities, People
from oneid.runs.standing import Standing
from oneid.settings.config import Config
from oneid.vocabulary.errors import InputError, Place, RegistryError
from oneid.vocabulary.references import RecordRef

__all__ = ["Receipt", "decide", "erase", "merge", "read_renumbering", "rekey", "rollback", "split"]

_RECORD = ["source", "source_id"]


def merge(config: Config, oneids: Sequence[str], note: Note | None = None, folder: Path | None = None) -> Result:
    """Makes one OneID of several; see :func:`oneid.identity.mergesplit.merge`, also for its errors."""
    return _decided(config, folder, "merge", lambda standing: mergesplit.merge(
        standing.state, oneids, _dated(note, standing), standing.decisions()
    ))  # fmt: skip


def split(
    config: Config,
    oneid: str,
    records: Sequence[RecordRef] | None = None,
    note: Note | None = None,
    folder: Path | None = None,
) -> Result:
    """Parts the records of a OneID; see :func:`oneid.identity.mergesplit.split`, also for its errors."""
    return _decided(
        config,
        folder,
        "split",
        lambda standing: mergesplit.split(standing.state, oneid, records, _dated(note, standing)),
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
    """Gives members of ``source`` new numbers (old_id, new_id; String). :func:`oneid.identity.renumbering.rekey` names
    its errors.
    """
    with _acting(config, folder) as standing:
        return _rekeyed(standing, source, old_new.select(pl.lit(source).alias("source"), "old_id", "new_id"))


def _rekeyed(standing: Standing, source: str, pairs: pl.DataFrame) -> Result:
    run = _named(standing, "rekey")
    state = renumbering.rekey(standing.state, pairs)
    known = _known(standing)
    marks = known.records["print"]
    if declared_by(standing.config, source):  # others refer to these numbers, so the rows are to be read again
        marks = pl.select(
            pl.when(known.records["source"] == source).then(pl.lit(0, pl.UInt64)).otherwise(marks)
        ).to_series()
    ids = known.records.join(pairs, left_on=_RECORD, right_on=["source", "old_id"], how="left", maintain_order="left")
    ids = ids.select("source", source_id=pl.coalesce("new_id", "source_id"))
    moved = editing.renamed(known, ids.with_columns(marks.alias("print")))
    act = _Act("rekey", run, replace(moved, state=state, deciding=""))
    people = People(decisions.renumbered(standing.decisions(), pairs, run.at))
    return _finished(standing, act, people, events=renumbering.rekeyed(state, pairs, run), rekeyed=pairs)


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
    """Puts people back as they were after run number ``to``; see :func:`oneid.identity.rollback.rollback`. E627: no
    such run.

    The next run judges everybody anew, so change the rules or decide about pairs before it.
    """
    with _acting(config, folder) as standing:
        if not 1 <= to < standing.number - 1:
            hint = f"give a run from 1 to {standing.number - 2}, after which things were right"
            raise RegistryError("E627", f"there is nothing to roll back to run {to}", hint=hint)
        run = _named(standing, "rollback")
        known = replace(_known(standing), deciding="")
        then = standing.registry.state(to)
        entities = Entities.put(rolled_back(standing.state, then).to_numpy())
        people = People(standing.decisions(), put_back(standing.state, then, standing.key, run))
        return _finished(standing, _Act("rollback", run, known, entities), people)


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
    tokens = erasure.token(gone["source"], gone["source_id"], standing.key)
    without = erasure.erase(state, gone, run)
    events = erasure.erased(state, without, run)
    stays = known.records.with_row_index("row").join(gone, on=_RECORD, how="anti", maintain_order="left")["row"]
    act = _Act("erase", run, replace(editing.without_others(known, stays), state=without, deciding=""))
    people = People(decisions.without(standing.decisions(), gone))
    result = _finished(standing, act, people, events=events, erased=gone.with_columns(tokens.alias("token")))
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
        people = People(decisions.combine(standing.lines(), both))
        return _finished(standing, _Act(kind, _named(standing, kind), _known(standing)), people, decisions=new)


def _to_erase(standing: Standing, oneid: str | None, records: Sequence[RecordRef]) -> pl.DataFrame:
    rows = standing.state.assignments
    if oneid is not None:
        now = mergesplit.living(standing.state, [oneid])[oneid]
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


@dataclass(frozen=True)
class _Act:
    """What is done, the run that it is, what is known after it, and the ``entities``, where it is people who make
    them.
    """

    kind: str
    run: Run
    known: Known
    entities: Entities | None = None


def _finished(
    standing: Standing,
    act: _Act,
    people: People,
    *,
    events: pl.DataFrame | None = None,
    decisions: pl.DataFrame | None = None,
    rekeyed: pl.DataFrame | None = None,
    erased: pl.DataFrame | None = None,
) -> Result:
    """Runs what is left of a run over what is known, with no feeds, and gives what is to be published. ``events`` are
    those of the act itself; the last three are what else the registry learns of it.
    """
    assert standing.head is not None
    standing.relearns()  # refuses what this version cannot use
    settings = replace(prepare(standing.config), remember=True)
    given = Given(
        known=act.known, state=act.known.state, people=people, run=act.run, records=unchanged(act.known),
        entities=act.entities,
    )  # fmt: skip
    done = pipeline.resolve(settings, given, lambda _records: act.run, ready=standing.encoder.offer)
    assert done is not None
    # of its own, so that whatever comes next is another input, and is judged
    standing.input = hashlib.sha256(f"{standing.head.input} {act.run.run_id}".encode()).hexdigest()
    assert people.decided is not None
    made, about = publishing(standing, done, people.decided, act.kind)
    assert made.publication is not None
    publication = replace(
        made.publication, before=standing.state, after=done.identities.assignment.state, decisions=decisions,
        rekeyed=rekeyed, erased=erased,
    )  # fmt: skip
    if act.entities is not None:
        about["known"]["recluster"] = True
    tables = done.tables
    if events is not None:
        tables["events"] = pl.concat([events, publication.events])
        publication = replace(publication, events=tables["events"])
    limits = standing.config.limits.model_copy(update={"members_moved_pct": None})
    return Result(tables, {**about_run(done), **about}, None, limits, replace(made, publication=publication))
