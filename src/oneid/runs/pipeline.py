"""The table of contents: what a run does, in order.

    sources --read--> rows --normalize--> features --block--> candidate pairs --compare--> patterns
       --judge--> verdicts --cluster--> entities --identify--> OneIDs, merge map, events --golden--> golden records
       --households--> households

:data:`STAGES` shows it with names: what goes into each stage and what comes out of it. :func:`resolve` runs them,
counts rows in and out, and measures seconds and memory. Nothing here touches the output folder: see
:mod:`oneid.outputs.runfolder`.
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
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from oneid.daily.intake import Erased, Records
from oneid.daily.kept import CARRIED, Known, shown_first
from oneid.daily.statetables import EQUAL, equal
from oneid.engines.freed import give_back
from oneid.engines.mapped import Laid
from oneid.engines.overlay import Overlay
from oneid.households.households import Households
from oneid.identity.state import Run, State
from oneid.runs import stages
from oneid.runs.preparing import RunSettings
from oneid.runs.stages import Entities, GoldenRecords, Identities, Pairs, People
from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.language import said

__all__ = ["STAGES", "Begin", "Done", "Given", "Stage", "named", "resolve"]


@dataclass(frozen=True)
class Stage:
    """A stage: ``run`` is its function, ``takes`` are the names of what it is given, ``gives`` those of what comes out:
    where it is more than one, the fields of what ``run`` returns.
    """

    name: str
    run: Callable[..., Any]
    takes: tuple[str, ...]
    gives: tuple[str, ...]

    @classmethod
    def of(cls, name: str, run: Callable[..., Any], takes: str, gives: str) -> Stage:
        """The names written one after the other."""
        return cls(name, run, tuple(takes.split()), tuple(gives.split()))

    def named(self, made: Any) -> dict[str, Any]:  # noqa: ANN401 - what this stage returns
        """What the stage returned, by the names that it gives."""
        if len(self.gives) == 1:
            return {self.gives[0]: made}
        return {name: getattr(made, name) for name in self.gives}


STAGES = (
    Stage.of("read", stages.read, "settings frames erased known", gives="records"),
    Stage.of("compare", stages.compare, "settings records known", gives="pairs evidence"),
    Stage.of("judge", stages.judge, "settings records people pairs", gives="judgements"),
    Stage.of("cluster", stages.cluster, "settings records known people pairs evidence judgements", gives="entities"),
    Stage.of("identify", stages.identify, "settings records state people run judgements entities", gives="identities"),
    Stage.of("golden", stages.golden, "settings records known run identities", gives="golden"),
    Stage.of("households", stages.households, "settings records pairs identities golden", gives="households numbers"),
)
"""What a run is given stands in :class:`Given`; ``run``, its name and time, is known when its records are."""

_KEPT = {"settings", "run", "records", "pairs", "entities", "identities", "golden", "households", "numbers"}
"""What is wanted of a run when it is done; all else goes when the last stage that takes it has run."""


@dataclass(frozen=True)
class Given:
    """What a run is given beside its settings: data ``frames`` by source, who was ``erased``, what is ``known`` by the
    run before, the ``state`` of OneIDs that it left, and what ``people`` said. ``run`` is its name, if it has one yet.

    What stages would make can be given too: ``records``, ``entities``. These stages are left out then.
    """

    frames: Mapping[str, object] = field(default_factory=dict)
    erased: Erased | None = None
    known: Known | None = None
    state: State | None = None
    people: People = field(default_factory=People)
    run: Run | None = None
    records: Records | None = None
    entities: Entities | None = None


Begin = Callable[[Records], "Run | None"]
"""Names a run when its records are known; None: there is nothing new, and the run ends there."""


@dataclass(frozen=True)
class Done:
    """A run that is done: what its stages made, and how they went (``stages``, for run.json). ``numbers`` are there
    where the next run is to go on from this one.
    """

    settings: RunSettings
    run: Run
    records: Records
    pairs: Pairs
    entities: Entities
    identities: Identities
    golden: GoldenRecords
    households: Households
    numbers: Overlay | None
    stages: tuple[Mapping[str, Any], ...]

    @property
    def tables(self) -> Laid:
        """The tables that are the outcome of the run, by name."""
        return _tables(vars(self))


def resolve(
    settings: RunSettings,
    given: Given,
    begin: Begin,
    *,
    ready: Callable[[Mapping[str, pl.DataFrame]], None] = lambda _tables: None,
) -> Done | None:
    """Runs all stages and checks that no record is lost: rows in and members that stay without a row = merge map +
    rejected (E910). None where ``begin`` says that there is nothing new.

    ``ready`` is called after each stage with the tables that are made by then.
    """
    one_process()
    values: dict[str, Any] = {"settings": settings, **vars(given)}
    todo = [stage for stage in STAGES if any(values.get(name) is None for name in stage.gives)]
    measured: list[Mapping[str, Any]] = []
    for number, stage in enumerate(todo, 1):
        settings.progress(stage.name, 0.0)
        start = time.perf_counter()
        made = stage.run(**{name: values[name] for name in stage.takes})
        values |= stage.named(made)
        del made
        counts = _COUNTS[stage.name](values)
        if values["run"] is None:
            values["run"] = begin(values["records"])
            if values["run"] is None:
                settings.progress(stage.name, 1.0)
                return None
        wanted = _KEPT.union(*(later.takes for later in todo[number:]))
        values = {name: value for name, value in values.items() if name in wanted}
        give_back()
        ready(_tables(values))
        seconds = round(time.perf_counter() - start, 3)
        measured.append({"stage": stage.name, **counts, "seconds": seconds, "peak_mb": _peak_mb()})
        settings.progress(stage.name, 1.0)
    done = Done(**values, stages=tuple(measured))
    _refuse_loss(done)
    return done


def _refuse_loss(done: Done) -> None:
    records = done.records
    came = sum(records.rows_in.values())
    stayed = sum(feed["kept"] for feed in records.feeds.values())
    out = done.identities.tables["merge_map"].height + records.rejected.height
    if came + stayed != out:
        raise InternalError(
            "E910",
            said("{came} rows came in and {stayed} members stayed, {out} came out", came=came, stayed=stayed, out=out),
        )


def _tables(values: Mapping[str, Any]) -> Laid:
    made: list[Mapping[str, pl.DataFrame]] = []
    if "identities" in values:
        pairs = values["pairs"]
        made += [values["identities"].tables, {"state/pairs": pairs.table, EQUAL: equal(pairs.alike)}]
    if "golden" in values:
        made += [values["golden"].tables, {"rejected": values["records"].rejected}]
    if "households" in values:
        made.append({"households": values["households"].table})
    return Laid(*made)


def _pairs_counted(pairs: Pairs, records: Records) -> dict[str, int]:
    found = {"in": records.ids.height, "out": pairs.table.height}
    if pairs.changed is None:
        return {**found, "left_out": sum(line.left_out_pairs for line in pairs.report)}
    return {**found, "compared": pairs.compared, "changed_records": int(pairs.changed.sum())}


def _clusters_counted(entities: Entities) -> dict[str, int]:
    labels, affected = entities.clusters.labels, entities.affected
    return {"in": labels.size if affected is None else int(affected.sum()), "out": int(np.unique(labels).size)}


_COUNTS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, int]]] = {
    "read": lambda made: {
        "in": sum(made["records"].rows_in.values()),
        "out": made["records"].ids.height,
        "rejected": made["records"].rejected.height,
    },
    "compare": lambda made: _pairs_counted(made["pairs"], made["records"]),
    "judge": lambda made: {"in": made["pairs"].table.height, "out": made["judgements"].patterns.height},
    "cluster": lambda made: _clusters_counted(made["entities"]),
    "identify": lambda made: {
        "in": made["records"].ids.height, "out": made["identities"].tables["merge_map"].height
    },
    "golden": lambda made: {"in": made["records"].ids.height, "out": made["golden"].tables["golden"].height},
    "households": lambda made: {
        "in": made["golden"].tables["golden"].height, "out": made["households"].table.height
    },
}  # fmt: skip
"""By stage how many rows went in and came out, for run.json."""


def named(settings: RunSettings, records: Records, run_id: str | None = None) -> Run:
    """The name and time of a run without a registry.

    Such a run is a pure function of its input, and so are its name and its time: a digest of the data, the config and
    the rules, and the newest day that the data knows of. That is why the same input gives identical files.
    """
    if run_id:
        return Run(run_id, 1, _EPOCH)
    config = settings.config.model_dump_json(exclude={"base", "file", "variables"})
    digest = hashlib.sha256(config.encode())
    digest.update(settings.rules.rules_version.encode())
    values = records.values
    for part in settings.engine.map(partial(_digest_of, values), shown_first(values.columns)):
        digest.update(part)
    days = [day for name in ("since", "updated") for day in [values.column(name).max()] if isinstance(day, date)]
    at = datetime.combine(max(days, default=date(1970, 1, 1)), time_of_day(), UTC)
    return Run("run-" + digest.hexdigest()[:12], 1, at)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _digest_of(values: Overlay, name: str) -> bytes:
    """Of a column's name, texts, and whether any is missing, however it lies in memory."""
    column = values.column(name)
    texts = column.list.join("\x1f") if column.dtype == pl.List else column.cast(pl.String)
    digest = hashlib.sha256(name.removeprefix(CARRIED).encode())
    if texts.null_count():
        digest.update(b"\xff" * -(-len(texts) // 8))
    held = texts.fill_null("\x1e").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    for buffer in held.buffers()[1:]:
        digest.update(buffer or b"")
    return digest.digest()


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024) if sys.platform == "darwin" else peak // 1024
