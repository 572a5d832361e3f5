"""The table of contents: what a run does, in order.

    sources --read--> rows --normalize--> features --block--> candidate pairs --compare--> patterns
       --judge--> verdicts --cluster--> entities --identify--> OneIDs, merge map, events --golden--> golden records
       --households--> households

Every stage is a function from the work so far to what it adds; :func:`resolve` runs them, counts rows in and out, and
measures seconds and memory. Nothing here touches the output folder: see :mod:`oneid.outputs.runfolder`.
"""

from __future__ import annotations

import hashlib
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as time_of_day
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import Clusters
from oneid.clusters.wholeclusters import clustered, patterns_of
from oneid.daily import changes, dirtypairs
from oneid.daily.kept import Known, carried, seen
from oneid.daily.mappedtable import Overlay
from oneid.engines.base import Engine
from oneid.golden import survivorship
from oneid.households import households as household
from oneid.identity import assignment as mergemap
from oneid.identity import decisions, reassignment
from oneid.kinds.birth.facet import births_apart
from oneid.outputs import statetables
from oneid.pairs import blocking, scoring
from oneid.pairs import columns as columns_
from oneid.pairs import judged as links
from oneid.pairs.columns import Columns, block_keys, columns_of
from oneid.records import features, together
from oneid.records.columnfacts import Learned
from oneid.runs.intake import Erased, Intake, take_in
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import Codes, distinct
from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.patterns import Schema

__all__ = ["STAGES", "Progress", "Work", "resolve"]

Progress = Callable[[str, float], None]
"""Called with the name of the stage and the share of it that is done, 0 to 1."""


@dataclass
class Work:
    """What a run has made so far; each stage fills its own part and reads those before it."""

    config: Config
    rules: Rules
    engine: Engine
    run: mergemap.Run
    key: bytes
    frames: Mapping[str, object] = field(default_factory=dict)
    progress: Progress = lambda _stage, _share: None
    previous: mergemap.State | None = None
    known: Known | None = None
    """What the run before left, for a run that goes on from it."""
    erased: Erased | None = None
    relearn: bool = False
    remember: bool = False
    """Whether the next run shall be able to go on from this one."""
    ready: Callable[[Mapping[str, pl.DataFrame]], None] = lambda _tables: None
    """Called after each stage with the tables that are made by then."""
    decided: pl.DataFrame | None = None
    """People's verdicts, where they are not only in the config's file."""
    keep: bool = True
    """Whether features are kept to the end, for explaining pairs; without them a run needs less memory."""
    # read and normalize
    intake: Intake | None = None
    learned: Learned = field(default_factory=Learned)
    rejected: pl.DataFrame = field(default_factory=pl.DataFrame)
    rows_in: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    counts: list[features.FieldCounts] = field(default_factory=list)
    _features: pl.DataFrame | None = None
    # block and compare
    schema: Schema = field(default_factory=lambda: Schema({}))
    evidence: tuple[Columns, blocking.Plan] | None = None
    blocks: tuple[blocking.BlockReport, ...] = ()
    left: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    right: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    pattern: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    keys: dirtypairs.Keys | None = None
    """By record, or by place where only what can have changed was compared."""
    numbers: Overlay | None = None
    shared: dirtypairs.Shared = field(default_factory=dict)
    paired: dirtypairs.Paired | None = None
    """Set where only what can have changed was compared."""
    # judge and cluster
    patterns: pl.DataFrame = field(default_factory=pl.DataFrame)
    judged: links.Judged | None = None
    clusters: Clusters | None = None
    contradictions: int = 0
    """OneIDs that hold two different whole dates of birth."""
    affected: npt.NDArray[np.bool_] | None = None
    """The records that were clustered anew; None: all."""
    # identify, golden and households
    assignment: mergemap.Assignment | None = None
    change: reassignment.Change | None = None
    homes: household.Homes | None = None
    households: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    stages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ids(self) -> pl.DataFrame:
        """The records: source, source_id."""
        return pl.DataFrame() if self.intake is None else self.intake.ids

    @property
    def features(self) -> pl.DataFrame:
        """What is compared, of all records, without the values that the rules never trust."""
        if self._features is None:
            self._features = pl.DataFrame() if self.intake is None else self.trusted(self.intake.features.whole)
        return self._features

    @property
    def values(self) -> pl.DataFrame:
        """What people see, of all records."""
        return pl.DataFrame() if self.intake is None else seen(self.intake.values.whole)

    def trusted(self, features: pl.DataFrame) -> pl.DataFrame:
        """``features`` without the values that the rules never trust."""
        kinds = {field: spec.kind for field, spec in self.config.own_fields.items()}
        return together.distrust(features, self.rules.guards.never_trusted, kinds, self.config.compared)


def read_and_normalize(work: Work) -> Mapping[str, int]:
    """Reads and normalizes what is new or changed, and takes what is known of all others."""
    taken = take_in(
        work.config,
        work.engine,
        work.frames,
        work.known,
        erased=work.erased,
        relearn=work.relearn,
        progress=lambda share: work.progress("read", share),
    )
    return took(work, taken)


def took(work: Work, taken: Intake) -> Mapping[str, int]:
    """Makes an intake that of the run."""
    work.intake, work.learned = taken, taken.learned
    work.rows_in, work.rejected = taken.rows_in, taken.rejected
    work.notes += taken.notes
    work.counts, work._features = taken.counts, None
    return {"in": sum(work.rows_in.values()), "out": taken.ids.height, "rejected": work.rejected.height}


def block_and_compare(work: Work) -> Mapping[str, int]:
    """Makes candidate pairs by the blocking keys and compares each to its evidence pattern; where the run before left
    its pairs, only those that can have changed.
    """
    levels = work.config.compared.levels
    names = sorted(work.config.sources)
    if work.rules.needs_sources:
        pairs = sorted({scoring.source_pair(a, b) for a in names for b in names})
        levels = {scoring.SOURCES: tuple(pairs), **levels}
    work.schema = Schema(levels)
    if changes.possible(work):
        return changes.pair(work)
    columns, plan = evidence(work)
    tasks = list(blocking.tasks(plan))

    def run(task: blocking.Task) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], Codes]:
        left, right = blocking.pairs(plan, task)
        return left, right, patterns_of(work, columns, left, right)

    made = []
    for done, result in enumerate(work.engine.map(run, tasks)):
        work.progress("compare", done / len(tasks))
        made.append(result)
    if made:
        work.left, work.right, work.pattern = (np.concatenate(part) for part in zip(*made, strict=True))
    work.blocks = plan.report
    left_out = sum(line.left_out_pairs for line in plan.report)
    return {"in": work.features.height, "out": work.left.size, "left_out": left_out}


def evidence(work: Work) -> tuple[Columns, blocking.Plan]:
    """The columns that pairs are compared by and the blocking plan, made from the features once and kept until
    :func:`make_clusters` is done with them; made again for whoever asks later.
    """
    if work.evidence is None:
        columns = columns_of(work.features, work.engine, work.learned.borne, compared=work.config.compared)
        heard = None
        if work.remember:
            borne = columns_.borne(columns, work.features["source"], work.learned.borne)
            work.learned, heard = work.learned.plus(Learned(borne=borne)), borne.heard
        keys = block_keys(columns, heard)
        if work.remember:
            work.keys, work.shared = changes.keys_and_shared(columns, keys)
        work.evidence = columns, blocking.plan(work.rules.blocking, keys, work.engine)
    return work.evidence


def judge(work: Work) -> Mapping[str, int]:
    """Scores and judges the distinct patterns, and with them all pairs."""
    patterns, inverse = distinct(work.pattern)
    counts = np.bincount(inverse, minlength=patterns.size)
    work.patterns = scoring.judge(work.rules, work.schema, patterns, counts.tolist())
    work.judged = links.judged(work.patterns, inverse, work.left, work.right)
    decided = work.decided
    if decided is None and work.config.decisions is not None:
        decided = decisions.read(work.config.path(work.config.decisions))
    work.judged = links.with_decisions(work.judged, decided, work.ids)
    return {"in": work.left.size, "out": work.patterns.height}


def make_clusters(work: Work) -> Mapping[str, int]:
    """Clusters the records, with a verdict on whole clusters; all of them, or those that can have changed."""
    assert work.judged is not None
    if work.paired is not None:
        return changes.cluster_again(work)
    columns, plan = evidence(work)
    every = np.arange(work.features.height, dtype=np.uint32)
    keys = block_keys(columns) if work.rules.guards.most_values else {}
    work.clusters = clustered(
        work, work.judged, every, keys,
        lambda left, right: blocking.met(plan, left, right),
        lambda left, right: patterns_of(work, columns, left, right),
    )  # fmt: skip
    work.evidence = None
    return {"in": work.features.height, "out": int(np.unique(work.clusters.labels).size)}


def identify(work: Work) -> Mapping[str, int]:
    """Gives each cluster its OneID, and makes the merge map, the links and the review queue."""
    assert work.clusters is not None
    assert work.judged is not None
    work.run = named(work)
    if work.affected is not None:
        work.change = changes.identify_again(work)
        work.assignment = work.change.whole
    elif work.assignment is None:
        ranked = work.ids.with_columns(cluster=pl.Series(work.clusters.labels)).with_row_index("rec")
        ranked = ranked.select("rec", "source", "source_id", "cluster")
        work.assignment = mergemap.assign(ranked, work.previous, work.key, work.run)
    made = links.tables(work.judged, work.clusters, work.ids, work.assignment, work.rules.rules_version)
    work.tables |= made
    work.tables |= {"events": work.assignment.events, "aliases": work.assignment.aliases, "patterns": work.patterns}
    assert work.intake is not None
    work.contradictions = births_apart(work.intake.features.column, work.clusters.labels)
    return {"in": work.ids.height, "out": made["merge_map"].height}


def make_golden(work: Work) -> Mapping[str, int]:
    """Makes the golden records and the members table."""
    taken = work.intake
    assert taken is not None
    work.homes = household.homes(work.features, work.config.compared) if work.numbers is None else changes.homes(work)
    if work.remember and work.numbers is None and work.keys is not None:
        work.numbers = Overlay.plain(changes.numbers_of(work.keys, work.homes))
    work.tables |= statetables.tables(work)
    if not work.keep:
        work.judged = work._features = None
    oneid = work.tables["merge_map"]["oneid"]
    withdrawn = _withdrawn(work)
    again = changes.same_survivorship(work)
    rows = np.flatnonzero(changes.regilded(work, withdrawn)) if again else None
    shown = seen(taken.values.whole if rows is None else taken.values.of(rows))
    columns = [oneid, *withdrawn] if rows is None else [column.gather(rows) for column in (oneid, *withdrawn)]
    about = shown.select("source", "source_id", "since", "updated", "customer").insert_column(0, columns[0])
    about = about.with_columns(columns[1:])
    fields = changes.golden_fields(taken.values)
    made = survivorship.golden(about, shown.select(fields), work.rules.survivorship, work.config.kind_of)
    if rows is not None:
        made = changes.golden_again(work, made, about["oneid"])
    work.tables["golden"], work.tables["golden_values"] = made.records, made.values
    work.tables["members"] = work.ids.with_columns(oneid, *withdrawn).hstack(carried(taken.values))
    work.tables["rejected"] = work.rejected
    work.tables["state/pairs"] = pl.DataFrame({"left": work.left, "right": work.right, "pattern": work.pattern})
    return {"in": work.ids.height, "out": made.records.height}


_JAPAN = timezone(timedelta(hours=9))


def _withdrawn(work: Work) -> list[pl.Series]:
    """Who has withdrawn: by the status, or because the last day as a member was before the day of the run (of Japan).
    Nothing where no source says either.
    """
    sources = work.config.sources.values()
    if not any(source.until or (source.status and source.status.withdrawn) for source in sources):
        return []
    assert work.intake is not None
    values = work.intake.values
    day = work.run.at.astimezone(_JAPAN).date()
    said = [values.column(features.WITHDRAWN)] if features.WITHDRAWN in values.columns else []
    over = [values.column(features.UNTIL) < day] if features.UNTIL in values.columns else []
    gone = [part.fill_null(value=False).alias(f"{place}") for place, part in enumerate([*said, *over])]
    return [pl.DataFrame(gone).select(withdrawn=pl.any_horizontal(pl.all())).to_series()]


def make_households(work: Work) -> Mapping[str, int]:
    """Finds the OneIDs that live together."""
    assert work.homes is not None
    records = work.tables["merge_map"].select("source", "source_id", "oneid")
    made = household.households(work.homes, records, work.tables["golden"], work.key)
    work.tables["households"], work.households, work.homes = made.table, made.about, None
    return {"in": work.tables["golden"].height, "out": made.table.height}


Stage = tuple[str, Callable[[Work], Mapping[str, int]]]
STAGES: tuple[Stage, ...] = (
    ("read", read_and_normalize),
    ("compare", block_and_compare),
    ("judge", judge),
    ("cluster", make_clusters),
    ("identify", identify),
    ("golden", make_golden),
    ("households", make_households),
)


def named(work: Work) -> mergemap.Run:
    """The run with its name and time.

    Without a registry a run is a pure function of its input, and so are its name and its time: a digest of the data,
    the config and the rules, and the newest day that the data knows of. That is why the same input gives identical
    files.
    """
    if work.run.run_id:
        return work.run

    def digest_of(column: pl.Series) -> bytes:
        texts = column.list.join("\x1f") if column.dtype == pl.List else column.cast(pl.String)
        digest = hashlib.sha256(column.name.encode())
        for buffer in texts.fill_null("\x1e").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).buffers():
            digest.update(buffer or b"")
        return digest.digest()

    digest = hashlib.sha256(work.config.model_dump_json(exclude={"base", "file", "variables"}).encode())
    digest.update(work.rules.rules_version.encode())
    assert work.intake is not None
    for part in work.engine.map(digest_of, [*work.values, *carried(work.intake.values)]):
        digest.update(part)
    days = [
        day for name in ("since", "updated") for day in [work.intake.values.column(name).max()] if isinstance(day, date)
    ]
    at = datetime.combine(max(days, default=date(1970, 1, 1)), time_of_day(), UTC)
    return mergemap.Run("run-" + digest.hexdigest()[:12], work.run.number, at)


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024) if sys.platform == "darwin" else peak // 1024


def resolve(
    work: Work, begun: Callable[[Work], bool] = lambda _work: True, stages: Sequence[Stage] | None = None
) -> Work:
    """Runs all stages and checks that no record is lost: rows in and members that stay without a row = merge map +
    rejected (E910). ``begun`` is called when the records are known; where it says no, the run ends there. ``stages``:
    those that are left to do, if not all.
    """
    for name, stage in STAGES if stages is None else stages:
        if name == "compare" and not begun(work):
            return work
        work.progress(name, 0.0)
        start = time.perf_counter()
        counts = stage(work)
        work.ready(work.tables)
        seconds = round(time.perf_counter() - start, 3)
        work.stages.append({"stage": name, **counts, "seconds": seconds, "peak_mb": _peak_mb()})
        work.progress(name, 1.0)
    came = sum(work.rows_in.values())
    stayed = sum(feed["kept"] for feed in work.intake.feeds.values()) if work.intake else 0
    out = work.tables["merge_map"].height + work.rejected.height
    if came + stayed != out:
        raise InternalError("E910", f"{came} rows came in and {stayed} members stayed, {out} came out")
    return work
