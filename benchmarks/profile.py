"""Where a run's time and memory go: by stage and by step within stages, wall and CPU seconds and memory.

Usage: ``python benchmarks/profile.py CONFIG [--out FOLDER] [--delta FOLDER] [--csv]``

Runs ``oneid resolve`` of a config in this process and measures the functions of :data:`STEPS` as they are called; a
step inside another one is indented, and several threads add to one step. Told are, per step: how often, wall seconds
(of all its calls together, so two threads count twice), CPU seconds of the whole process while the first to enter is
inside, memory at the end and the most while it ran (resident, of which mapped files), in MB. The busy share is CPU
seconds by wall seconds and cores: 100 % is every core at work.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from oneid.kinds.compared import Compared
from oneid.records import fields
from oneid.runs import pipeline, stages
from oneid.runs.resolve import resolve

STEPS = """
oneid.runs.stages:read
oneid.sources.reading:read_source
oneid.sources.feeds:against
oneid.records.features:normalize_source
oneid.records.features:normalized_fields
oneid.records.features:_shown
oneid.records.features:days
oneid.daily.intake:_together
oneid.kinds.name.together:families
oneid.records.together:combine
oneid.records.together:amended
oneid.runs.stages:compare
oneid.daily.everypair:columns_of
oneid.pairs.columns:borne
oneid.daily.everypair:keys_and_shared
oneid.daily.everypair:block_keys
oneid.daily.everypair:alike
oneid.pairs.blocking:plan
oneid.daily.everypair:candidates
oneid.pairs.evidence:patterns_of
oneid.runs.stages:judge
oneid.runs.stages:cluster
oneid.runs.stages:clustered
oneid.runs.stages:identify
oneid.runs.stages:assign
oneid.identity.mergemap:tables
oneid.runs.stages:births_apart
oneid.runs.stages:golden
oneid.golden.survivorship:golden
oneid.runs.stages:households
oneid.runs.stages:homes
oneid.runs.stages:households_of
oneid.runs.resolve:kept_by
oneid.runs.resolve:about_run
oneid.runs.result:Result.write
"""
"""Functions by the place where they are looked up: modules that import a function by name have it under their own."""


@dataclass
class Measured:
    """What one step took."""

    name: str
    depth: int
    calls: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    end: int = 0
    running: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Watch:
    """Follows the process' memory in a thread of its own, and keeps the most of each running step."""

    def __init__(self) -> None:
        self.steps: dict[str, Measured] = {}
        self.most = 0
        self._inside = threading.local()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._end.wait(0.02):
            now = resident()
            self.most = max(self.most, now)
            for step in list(self.steps.values()):
                if step.running:
                    step.peak = max(step.peak, now)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, measured."""

        @functools.wraps(function)
        def measured(*args: Any, **named: Any) -> Any:  # noqa: ANN401
            depth = getattr(self._inside, "depth", 0)
            step = self.steps.setdefault(name, Measured(name, depth))
            self._inside.depth = depth + 1
            with step.lock:
                step.running += 1
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return function(*args, **named)
            finally:
                with step.lock:
                    step.running -= 1
                    step.calls += 1
                    step.wall += time.perf_counter() - wall
                    if not step.running:
                        step.cpu += time.process_time() - cpu
                    step.end = resident()
                    step.peak = max(step.peak, step.end)
                self._inside.depth = depth

        return measured


def resident() -> int:
    """Memory of this process in MB, files that are mapped left out."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


def measure(watch: Watch) -> None:
    """Puts the watch around each of :data:`STEPS`."""
    for line in STEPS.split():
        module, _, path = line.partition(":")
        owner: Any = importlib.import_module(module)
        *outer, last = path.split(".")
        for one in outer:
            owner = getattr(owner, one)
        setattr(owner, last, watch.around(f"{module.removeprefix('oneid.')}.{path}", getattr(owner, last)))
    measure_kinds(watch)


def measure_kinds(watch: Watch) -> None:
    """Puts the watch around reading by kind, and around what each facet does."""
    read: Callable[..., Any] = fields._read
    by_kind: dict[str, Callable[..., Any]] = {}

    def of_kind(rows: Any, source: Any, spec: Any, kind: Any, *more: Any) -> Any:  # noqa: ANN401
        one = by_kind.setdefault(spec.kind, watch.around(f"read {spec.kind}", read))
        return one(rows, source, spec, kind, *more)

    vars(fields)["_read"] = of_kind
    for facet in Compared().facets:
        for part in ("make", "together", "columns", "keys"):
            if getattr(facet, part) is not None:
                object.__setattr__(facet, part, watch.around(f"{facet.name}: {part}", getattr(facet, part)))
        for one in facet.comparisons:
            object.__setattr__(one, "compare", watch.around(f"compare {one.field}", one.compare))


def stages_again() -> None:
    """The pipeline's list holds the stages themselves: those that are measured take their place."""
    vars(pipeline)["STAGES"] = tuple(replace(one, run=getattr(stages, one.name)) for one in pipeline.STAGES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, help="where the run is written (left out: a temporary folder)")
    args = parser.parse_args()
    loaded = time.process_time()
    out = args.out or Path(tempfile.mkdtemp(prefix="oneid-profile-"))
    with Watch() as watch:
        measure(watch)
        stages_again()
        begun, cpu = time.perf_counter(), time.process_time()
        resolve(args.config).write(out)
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    if args.out is None:
        shutil.rmtree(out)
    cores = len(os.sched_getaffinity(0))
    print(f"{'step':52} {'calls':>6} {'wall s':>7} {'CPU s':>7} {'busy':>5} {'end MB':>7} {'most MB':>8}")
    for step in watch.steps.values():
        busy = f"{100 * step.cpu / max(step.wall, 1e-9) / cores:4.0f}%" if step.calls == 1 else ""
        name = "  " * step.depth + step.name
        print(f"{name:52} {step.calls:6} {step.wall:7.2f} {step.cpu:7.2f} {busy:>5} {step.end:7,} {step.peak:8,}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    print(
        f"loading {loaded:.2f} s of CPU; all {wall:.2f} s, CPU {cpu:.2f} s, "
        f"most memory {watch.most:,} MB (resident {peak:,})"
    )


if __name__ == "__main__":
    main()
