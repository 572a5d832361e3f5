"""What people do to OneIDs between runs, each a publication of its own: nothing is read from the sources, the outputs
are made anew from what is known, and the registry and the folder change together as in a run.

========  =============================================================================================================
merge     makes one OneID of several, by ``same`` decisions
split     parts the records of a OneID, by ``different`` decisions; without records it takes back what was merged
decide    takes in decisions on pairs
rekey     gives a source's members the new numbers that their system gave them; OneIDs stay
rename    gives a source its new name, ``rename_source``; OneIDs stay
detach    lets all members of a source leave that is no longer there
rollback  puts people back as they were after an earlier run, until the next run judges anew
erase     removes all data of some members and leaves tombstones, so that they are refused if a source sends them again
========  =============================================================================================================

Every act gives the :class:`~oneid.runs.result.Result` to come; its ``write`` publishes it. Acts need the folder of the
last run (E626).

No act judges: the clusters that stand, stand on, but for the records of which people have decided since, whatever the
rules and the config say by now. That is left to the next run.

E240  the file of a renumbering cannot be read, or has not one column old_id and one new_id
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from oneid.daily import editing
from oneid.daily.intake import declared_by, unchanged
from oneid.daily.kept import Known
from oneid.engines.mapped import Laid
from oneid.identity import decisions, erasure, mergesplit, renumbering
from oneid.identity.decisions import Note
from oneid.identity.renumbering import read_renumbering
from oneid.identity.rollback import rollback as put_back
from oneid.identity.rollback import rolled_back
from oneid.identity.state import Run, State
from oneid.runs import clocks, pipeline
from oneid.runs import standing as registered
from oneid.runs.lastfolder import former
from oneid.runs.pipeline import Given
from oneid.runs.preparing import inputs_of, key_of, prepare
from oneid.runs.publishing import publishing
from oneid.runs.resolve import about_run
from oneid.runs.result import Result
from oneid.runs.stages import Entities, People
from oneid.runs.standing import Standing
from oneid.settings.config import Config
from oneid.vocabulary.errors import Place, RegistryError, did_you_mean
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef

__all__ = [
    "Receipt", "decide", "detach", "erase", "merge", "read_renumbering", "rekey", "rename_source", "rollback", "split",
]  # fmt: skip

_RECORD = ["source", "source_id"]
_PAIR = decisions.COLUMNS[:4]
_NOTHING = pl.DataFrame(schema=dict.fromkeys(_PAIR, pl.String))


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
        standing.refuse_strange(decided)
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
    act = _Act("rekey", run, replace(moved, state=state, deciding="", recluster=True))
    people = People(decisions.renumbered(standing.decisions(), pairs, run.at), said=_NOTHING)
    return _finished(standing, act, people, events=renumbering.rekeyed(state, pairs, run), rekeyed=pairs)


def rename_source(config: Config, old: str, new: str, folder: Path | None = None) -> Result:
    """Gives a source the name that it has in the config now; its members keep their OneIDs.

    E645: the config has not the new name, or still the old one, or no members of the old one are known. E646: members
    of the new one are known already. E620: they were, and their history is still there.
    """
    with _acting(config, folder) as standing:
        _refuse_unknown(standing, old)
        sources = standing.config.sources
        if new not in sources or old in sources:
            message = (
                said("the config has no source '{new}'", new=new)
                if new not in sources
                else said("the config still has '{old}'", old=old)
            )
            hint = "give the source its new name in the config first"
            raise RegistryError("E645", message, place=Place(standing.config.file), hint=hint)
        if standing.held().get(new):
            hint = said("oneid registry detach {old}, if these are the same members once more", old=old)
            raise RegistryError("E646", said("members of the source '{new}' are known already", new=new), hint=hint)
        known = editing.source_renamed(_known(standing), old, sources[new])
        state = renumbering.source_renamed(standing.state, old, new)
        act = _Act("rename-source", _named(standing, "rename-source"), replace(known, state=state, recluster=True))
        people = People(decisions.source_renamed(standing.decisions(), old, new), said=_NOTHING)
        return _finished(standing, act, people, sources={old: new})


def detach(config: Config, source: str, folder: Path | None = None) -> Result:
    """Lets all members of a source leave, which is not there any more; OneIDs of theirs alone are retired.

    E645: none of them are known, or they are all that is known.
    """
    with _acting(config, folder) as standing:
        _refuse_unknown(standing, source)
        known, state = _known(standing), standing.state
        stays = (known.records["source"] != source).arg_true()
        if stays.is_empty():
            raise RegistryError(
                "E645", said("'{source}' is the only source: nobody would be left", source=source), hint="keep it"
            )
        left = State(state.oneids, state.assignments[stays])
        others = editing.without_others(known, stays, pl.DataFrame({"source": [source]}))
        kept = replace(others, state=left, deciding="", recluster=True)
        act = _Act("detach", _named(standing, "detach"), kept, _stand(left), state)
        return _finished(standing, act, People(standing.decisions()))


def _stand(state: State) -> Entities:
    """The clusters that stand."""
    return Entities.put(state.assignments["oneid"].rank("dense").to_numpy() - 1)


def _refuse_unknown(standing: Standing, source: str) -> None:
    held = standing.held()
    if source not in held:
        hint = did_you_mean(source, held)
        raise RegistryError("E645", said("no members of a source '{source}' are known", source=source), hint=hint)


def rollback(config: Config, to: int, folder: Path | None = None) -> Result:
    """Puts people back as they were after run number ``to``; see :func:`oneid.identity.rollback.rollback`. E627: no
    such run.

    The next run judges everybody anew, so change the rules or decide about pairs before it.
    """
    with _acting(config, folder) as standing:
        if not 1 <= to < standing.number - 1:
            hint = said("give a run from 1 to {last}, after which things were right", last=standing.number - 2)
            raise RegistryError("E627", said("there is nothing to roll back to run {to}", to=to), hint=hint)
        run = _named(standing, "rollback")
        known = replace(_known(standing), deciding="", recluster=True)
        then = standing.registry.state(to)
        entities = Entities.put(rolled_back(standing.state, then).to_numpy())
        people = People(standing.decisions(), put_back(standing.state, then, standing.key, run))
        made = _finished(standing, _Act("rollback", run, known, entities), people)
        told = said("people are as after run {to}, and acts leave it so; the next run judges everybody anew", to=to)
        made.run["notes"] = [*made.run["notes"], told]
        return made


@dataclass(frozen=True)
class Receipt:
    """What an erasure says of itself, without personal data: ``number`` is a digest, ``records`` counts members by
    source, ``oneids`` how many OneIDs ended, ``left`` is what is for people to do. The registry keeps it
    (:meth:`oneid.registry.Registry.receipts`).
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

    Members who have left are erased too: those who had the OneID, or one that leads to it, when they left, and any that
    is named. E460 for a OneID that was never given, E461 for one that is retired and whose members are not known any
    more, E629 for a record that nothing names.
    """
    with _acting(config, folder) as standing:
        return _erased(standing, standing.to_erase(oneid, records))


def _erased(standing: Standing, gone: pl.DataFrame) -> tuple[Result, Receipt]:
    known, state = _known(standing), standing.state
    run = _named(standing, "erase")
    before = renumbering.trail(standing.registry.rekeys(), gone).select("source", source_id="old_id").unique()
    every = pl.concat([gone, before])
    marked = erasure.tombstones(gone, before.join(state.assignments, on=_RECORD, how="anti"), standing.key)
    without = erasure.erase(state, gone, run)
    events = erasure.erased(state, without, run)
    stays = known.records.with_row_index("row").join(gone, on=_RECORD, how="anti", maintain_order="left")["row"]
    kept = replace(editing.without_others(known, stays, every), state=without, deciding="", recluster=True)
    act = _Act("erase", run, kept, _stand(without))  # all of them, so that OneIDs of erased founders get others
    people = People(decisions.without(standing.decisions(), gone))
    ended = int((events["event"] == "retired").sum())
    number = hashlib.sha256("\n".join(sorted(marked["token"])).encode() + run.run_id.encode()).hexdigest()[:20]
    counts = {str(name): int(count) for name, count in gone["source"].value_counts().sort("source").iter_rows()}
    left: list[str] = [said("the sources' own files, and copies and backups made of the outputs or of the registry")]
    if standing.config.decisions is not None:
        left.append(said("lines of the decisions file that name these members"))
    folders = former(standing.registry, standing.folder)
    left += [said("the outputs of earlier runs in {folder}", folder=folder) for folder in folders]
    left += standing.registry.beyond_reach
    receipt = Receipt(number, run.run_id, run.at, counts, ended, tuple(left))
    return _finished(standing, act, people, events=events, erased=marked, receipt=receipt), receipt


# --- inside --------------------------------------------------------------------------------------------------------


def _begin(config: Config, folder: Path | None) -> Standing:
    standing = registered.begin(config, key_of(config), folder, wait=0.0)
    if standing is None:
        hint = "add 'registry: sqlite:///oneid.db' to the config"
        raise RegistryError("E628", "the config names no registry", hint=hint)
    if standing.head is None or standing.known is None:
        standing.close()
        anew = "give its place with --out, or run oneid resolve, which makes it anew"
        hint = "run oneid resolve first" if standing.head is None else anew
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
        new = standing.without_erased(make(standing))
        decisions.refuse_future(new, clocks.latest())
        before = standing.taken()
        both = pl.concat([before, new.select(pl.all().cast(pl.String))], how="diagonal_relaxed")
        decided = decisions.combine(standing.lines(), both)
        since = decided.join(_known(standing).decided, on=list(decisions.COLUMNS), how="anti")
        own = decisions.turned(new.select(pl.col(_PAIR).cast(pl.String)))
        people = People(decided, said=pl.concat([own, since.select(_PAIR)]).unique().sort(_PAIR))
        return _finished(standing, _Act(kind, _named(standing, kind), _known(standing)), people, decisions=new)


@dataclass(frozen=True)
class _Act:
    """What is done, the run that it is, what is known after it, and the ``entities``, where it is people who make
    them. ``state``: what OneIDs go on from, if not what is known.
    """

    kind: str
    run: Run
    known: Known
    entities: Entities | None = None
    state: State | None = None


def _finished(
    standing: Standing,
    act: _Act,
    people: People,
    *,
    events: pl.DataFrame | None = None,
    decisions: pl.DataFrame | None = None,
    rekeyed: pl.DataFrame | None = None,
    erased: pl.DataFrame | None = None,
    sources: Mapping[str, str] | None = None,
    receipt: Receipt | None = None,
) -> Result:
    """Runs what is left of a run over what is known, with no feeds, and gives what is to be published. ``events`` are
    those of the act itself; the last four are what else the registry learns of it.
    """
    assert standing.head is not None
    standing.relearns()  # refuses what this version cannot use
    forget = act.kind in ("erase", "detach")  # what those who are gone shared with others is shared no more
    settings = replace(prepare(standing.config), remember=True, latest=clocks.last_day(), forget=forget)
    given = Given(
        known=act.known, state=act.state or act.known.state, people=people, run=act.run, records=unchanged(act.known),
        entities=act.entities,
    )  # fmt: skip
    done = pipeline.resolve(settings, given, lambda _records: act.run, ready=standing.offer)
    assert done is not None
    # of its own, so that whatever comes next is another input, and is judged
    standing.input = hashlib.sha256(f"{standing.head.input} {act.run.run_id}".encode()).hexdigest()
    assert people.decided is not None
    heeded = people.decided
    if people.said is not None and not act.known.recluster:  # what a run judged last; it judges those of the act
        heeded = act.known.decided.join(people.said, on=list(people.said.columns), how="anti", maintain_order="left")
    made, about = publishing(standing, done, heeded, act.kind)
    assert made.publication is not None
    info = {**made.publication.info, **({"sources": dict(sources)} if sources else {})}
    info |= {"receipt": receipt.as_dict()} if receipt else {}
    publication = replace(
        made.publication, info=info, before=standing.state, after=done.identities.assignment.state, decisions=decisions,
        rekeyed=rekeyed, erased=erased, sources=sources or {},
    )  # fmt: skip
    before = _known(standing)  # no row was read, and nobody judged
    about["known"] |= {"readings": act.known.readings, "deciding": before.deciding, "recluster": act.known.recluster}
    tables = done.tables
    if events is not None:
        publication = replace(publication, events=pl.concat([events, publication.events]))
        tables = Laid(tables, {"events": publication.events})
    limits = standing.config.limits.model_copy(update={"members_moved_pct": None})
    made = replace(made, publication=publication)
    return Result(tables, {**about_run(done), **about}, None, limits, made, inputs_of(standing.config))
