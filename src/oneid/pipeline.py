"""The table of contents: what a run does, in order.

    sources --read--> rows --normalize--> features --block--> candidate pairs --compare--> patterns
       --judge--> verdicts --cluster--> entities --identify--> OneIDs, merge map, events --golden--> golden records
       --households--> households

Every stage is a function from the work so far to what it adds; :func:`resolve` runs them, counts rows in and out, and
measures seconds and memory. Nothing here touches the output folder: see :mod:`oneid.write`.
"""

from __future__ import annotations

import hashlib
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid import block, cluster, combine, compare, decisions, features, golden, household, links, mergemap, read, score
from oneid.cluster import DECIDED, Cap, Clusters, Pairs
from oneid.codes import Codes
from oneid.columns import block_keys, columns_of
from oneid.config import Config
from oneid.engines.base import Engine
from oneid.errors import InternalError, OneIDError, raise_all
from oneid.files import find_files
from oneid.model import Verdict
from oneid.patterns import LEVELS, Schema, plain_levels
from oneid.rules import Rules
from oneid.tables import raw

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
    keep: bool = True
    """Whether features are kept to the end, for explaining pairs; without them a run needs less memory."""
    # read and normalize
    rejected: pl.DataFrame = field(default_factory=pl.DataFrame)
    rows_in: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    counts: list[features.FieldCounts] = field(default_factory=list)
    features: pl.DataFrame = field(default_factory=pl.DataFrame)
    values: pl.DataFrame = field(default_factory=pl.DataFrame)
    carried: pl.DataFrame = field(default_factory=pl.DataFrame)
    # block and compare
    schema: Schema = field(default_factory=Schema)
    evidence: tuple[compare.Columns, block.Plan] | None = None
    blocks: tuple[block.BlockReport, ...] = ()
    left: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    right: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    pattern: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    # judge and cluster
    patterns: pl.DataFrame = field(default_factory=pl.DataFrame)
    judged: links.Judged | None = None
    clusters: Clusters | None = None
    # identify, golden and households
    assignment: mergemap.Assignment | None = None
    homes: household.Homes | None = None
    households: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    stages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Source:
    """What reading and normalizing one source gave, its raw columns gone but for those carried along."""

    rows_in: int
    rejected: pl.DataFrame
    notes: tuple[str, ...]
    normalized: features.Normalized
    carried: pl.DataFrame


def read_and_normalize(work: Work) -> Mapping[str, int]:
    """Reads and normalizes source by source, large files first, so that few raw columns are held at a time."""
    names = sorted(work.config.sources, key=lambda name: name.encode())

    def one(name: str) -> _Source | OneIDError:
        source = work.config.sources[name]
        try:
            rows = read.read_source(source, work.config, work.frames.get(name))
        except OneIDError as error:
            return error
        own = [pl.col(raw(column)).alias(f"{name}.{column}") for column in source.carry]
        carried = rows.frame.select("source_id", *own)  # a frame without columns would have no height
        declared = _declared(work.config, name)
        made = features.normalize_source(rows.frame, source, work.engine, declared)
        return _Source(rows.rows_in, rows.rejected, rows.notes, made, carried)

    made: dict[str, _Source | OneIDError] = {}
    order = sorted(names, key=lambda name: -_bytes(work, name))
    for name, result in zip(order, work.engine.map(one, order), strict=True):
        made[name] = result
        work.progress("read", len(made) / (len(names) + 1))
    raise_all(error for name in names if isinstance(error := made[name], OneIDError))
    parts = [part for name in names if isinstance(part := made.pop(name), _Source)]
    work.rows_in = {name: part.rows_in for name, part in zip(names, parts, strict=True)}
    work.notes += [f"{name}: {note}" for name, part in zip(names, parts, strict=True) for note in part.notes]
    work.rejected = pl.concat([part.rejected for part in parts]).sort("source", "row")
    work.counts = [count for part in parts for count in part.normalized.counts]
    work.values = pl.concat([part.normalized.values for part in parts], how="diagonal")
    work.carried = pl.concat([part.carried for part in parts], how="diagonal").drop("source_id")
    kinds = {spec.field: spec.kind for spec in _custom_fields(work.config)}
    together = combine.combine([part.normalized.features for part in parts], work.engine)
    work.features = combine.distrust(together, work.rules.guards.never_trusted, kinds)
    work.values = combine.nicknames_apart(work.values, work.features)
    return {"in": sum(work.rows_in.values()), "out": work.features.height, "rejected": work.rejected.height}


def _bytes(work: Work, name: str) -> int:
    """About how large a source is; 0 where that cannot be told."""
    path = work.config.sources[name].path
    if path is None or name in work.frames:
        return 0
    try:
        return sum(file.stat().st_size for file in find_files(work.config.path(path)))
    except (OneIDError, OSError):
        return 0  # reading it says what is wrong


def block_and_compare(work: Work) -> Mapping[str, int]:
    """Makes candidate pairs by the blocking keys and compares each to its evidence pattern."""
    custom = {spec.field: plain_levels() for spec in _custom_fields(work.config)}
    levels = {**LEVELS, **custom}
    names = sorted(work.config.sources)
    if work.rules.needs_sources:
        pairs = sorted({score.source_pair(a, b) for a in names for b in names})
        levels = {score.SOURCES: tuple(pairs), **levels}
    work.schema = Schema(levels)
    columns, plan = evidence(work)
    tasks = list(block.tasks(plan))

    def run(task: block.Task) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], Codes]:
        left, right = block.pairs(plan, task)
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


def evidence(work: Work) -> tuple[compare.Columns, block.Plan]:
    """The columns that pairs are compared by and the blocking plan, made from the features once and kept until
    :func:`make_clusters` is done with them; made again for whoever asks later.
    """
    if work.evidence is None:
        columns = columns_of(work.features, work.engine)
        work.evidence = columns, block.plan(work.rules.blocking, block_keys(columns), work.engine)
    return work.evidence


def patterns_of(
    work: Work, columns: compare.Columns, left: npt.NDArray[np.uint32], right: npt.NDArray[np.uint32]
) -> Codes:
    """The patterns of pairs of records, with their sources where a rule asks for them."""
    levels = compare.compare(columns, left, right)
    if work.rules.needs_sources:
        levels[score.SOURCES] = links.source_levels(work.schema, work.features["source"], left, right)
    return work.schema.pack(levels)


def _custom_fields(config: Config) -> list[Any]:
    found = {spec.field: spec for source in config.sources.values() for spec in source.fields.values()}
    return [found[name] for name in sorted(found) if found[name].own]


def _declared(config: Config, name: str) -> tuple[str, ...]:
    """The features by which sources refer to the ids of source ``name``."""
    specs = [spec for source in config.sources.values() for spec in source.fields.values() if spec.field != spec.kind]
    return tuple(sorted({features.own_column(spec) for spec in specs if name in (spec.refers_to, spec.household_of)}))


def judge(work: Work) -> Mapping[str, int]:
    """Scores and judges the distinct patterns, and with them all pairs."""
    distinct, inverse, counts = np.unique(work.pattern, return_inverse=True, return_counts=True)
    work.patterns = score.judge(work.rules, work.schema, distinct, counts.tolist())
    work.judged = links.judged(work.patterns, inverse, work.left, work.right)
    decided = None
    if work.config.decisions is not None:
        decided = decisions.read(work.config.path(work.config.decisions))
    work.judged = links.with_decisions(work.judged, decided, work.features)
    return {"in": work.left.size, "out": work.patterns.height}


def make_clusters(work: Work) -> Mapping[str, int]:
    """Clusters the records, with a verdict on whole clusters."""
    assert work.judged is not None
    guards = work.rules.guards
    columns, plan = evidence(work)
    alone = work.features["source"].is_in(guards.one_per_source).to_numpy()
    source = work.features["source"].rank("dense").to_numpy()

    def inside(left: npt.NDArray[np.uint32], right: npt.NDArray[np.uint32]) -> Pairs:
        barred = alone[left] & (source[left] == source[right])
        fresh = ~block.met(plan, left, right) & ~barred
        at, to = left[fresh], right[fresh]
        patterns = patterns_of(work, columns, at, to)
        distinct, inverse, counts = np.unique(patterns, return_inverse=True, return_counts=True)
        table = score.judge(work.rules, work.schema, distinct, counts.tolist())
        return (
            links.judged(table, inverse, at, to)
            .of(Verdict.NEVER)
            .plus(Pairs(left[barred], right[barred], np.zeros(int(barred.sum()), np.int32)))
        )

    keys = block_keys(columns) if guards.most_values else {}
    caps = [Cap(keys[field_], most) for field_, most in sorted(guards.most_values.items()) if field_ in keys]
    links_ = work.judged.of(Verdict.MATCH)
    barred = alone[links_.left] & (source[links_.left] == source[links_.right]) & (links_.score < DECIDED)
    never = work.judged.of(Verdict.NEVER).plus(links_.take(barred))
    work.clusters = cluster.cluster(work.features.height, links_.take(~barred), never, inside, guards.alarm, caps)
    work.evidence = None
    return {"in": work.features.height, "out": int(np.unique(work.clusters.labels).size)}


def identify(work: Work) -> Mapping[str, int]:
    """Gives each cluster its OneID, and makes the merge map, the links and the review queue."""
    assert work.clusters is not None
    assert work.judged is not None
    work.run = named(work)
    members = work.features.select("source", "source_id").with_columns(cluster=pl.Series(work.clusters.labels))
    members = members.with_row_index("rec").select("rec", "source", "source_id", "cluster")
    work.assignment = mergemap.assign(members, work.previous, work.key, work.run)
    made = links.tables(work.judged, work.clusters, work.features, work.assignment, work.rules.rules_version)
    work.tables |= made
    work.tables |= {"events": work.assignment.events, "aliases": work.assignment.aliases, "patterns": work.patterns}
    return {"in": members.height, "out": made["merge_map"].height}


def make_golden(work: Work) -> Mapping[str, int]:
    """Makes the golden records and the members table."""
    if not work.keep:
        work.judged = None
        work.features = work.features.select("source", "source_id", *household.needed(work.features.columns))
    work.homes = household.homes(work.features)
    if not work.keep:
        work.features = work.features.select("source", "source_id")
    oneid = work.tables["merge_map"]["oneid"]
    about = work.values.select("source", "source_id", "since", "updated", "customer").insert_column(0, oneid)
    fields = work.values.drop("source", "source_id", "since", "updated", "customer")
    made = golden.golden(about, fields, work.rules.survivorship)
    work.tables["golden"], work.tables["golden_values"] = made.records, made.values
    work.tables["members"] = work.values.select("source", "source_id").with_columns(oneid).hstack(work.carried)
    work.tables["rejected"] = work.rejected
    work.tables["state/pairs"] = pl.DataFrame({"left": work.left, "right": work.right, "pattern": work.pattern})
    return {"in": about.height, "out": made.records.height}


def make_households(work: Work) -> Mapping[str, int]:
    """Finds the OneIDs that live together."""
    assert work.homes is not None
    records = work.tables["merge_map"].select("source", "source_id", "oneid")
    made = household.households(work.homes, records, work.tables["golden"], work.key)
    work.tables["households"], work.households, work.homes = made.table, made.about, None
    return {"in": work.tables["golden"].height, "out": made.table.height}


STAGES: tuple[tuple[str, Callable[[Work], Mapping[str, int]]], ...] = (
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

    digest = hashlib.sha256(work.config.model_dump_json(exclude={"base", "file"}).encode())
    digest.update(work.rules.rules_version.encode())
    for part in work.engine.map(digest_of, [*work.values, *work.carried]):
        digest.update(part)
    days = [day for name in ("since", "updated") for day in [work.values[name].max()] if isinstance(day, date)]
    at = datetime.combine(max(days, default=date(1970, 1, 1)), time_of_day(), UTC)
    return mergemap.Run("run-" + digest.hexdigest()[:12], work.run.number, at)


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024) if sys.platform == "darwin" else peak // 1024


def resolve(work: Work) -> Work:
    """Runs all stages and checks that no record is lost: rows in = merge map + rejected (E910)."""
    for name, stage in STAGES:
        work.progress(name, 0.0)
        begun = time.perf_counter()
        counts = stage(work)
        seconds = round(time.perf_counter() - begun, 3)
        work.stages.append({"stage": name, **counts, "seconds": seconds, "peak_mb": _peak_mb()})
        work.progress(name, 1.0)
    rows, kept = sum(work.rows_in.values()), work.tables["merge_map"].height + work.rejected.height
    if rows != kept:
        raise InternalError("E910", f"{rows} rows came in, {kept} came out")
    return work
