"""One call of a command fails, or the process dies there: words, the old run or the new one, and the next run is right.

All faults are drawn over all calls that a command makes; how is told in ``benchmarks/faults.py`` and ``injector.py``.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from identity.small import follow, run_of
from oneid.identity.state import State
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runtables import read_tables
from oneid.registry import Registry
from oneid.vocabulary.errors import OneIDError
from outputs.test_runfolder import outputs, tag_on_disk, tag_read
from paths import benchmark_of
from registry.conftest import socket  # noqa: F401 - a fixture
from registry.stories import merged_and_split, publication
from runs.test_faults import KINDS


@pytest.fixture(scope="module", name="faults")
def benchmark() -> Iterator[ModuleType]:
    """The benchmark that lets calls fail."""
    yield from benchmark_of("faults")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_faults_anywhere(faults: ModuleType, request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    """Resolve, acts, erasure, pruning, upgrade, exports: 100 faults over both databases, and none is bad. As many more
    as one likes: ``benchmarks/faults.py``.
    """
    server = kind == "postgresql"
    address = f"postgresql://postgres@/postgres?host={request.getfixturevalue('socket')}" if server else None
    number = 100 // len(KINDS)
    with faults.Server() as forks, faults.grounds(forks, tmp_path, 100, 1, address, file=not server) as there:
        (found,) = faults.strike(there, number, seed=15 + server)
    assert found.bad == []
    assert sum(found.struck[name, way] for name, way in found.struck if way in ("call", "size")) == number
    assert sum(count for (_, how), count in found.struck.items() if how == "killed") > number // 6
    assert sum(count for (_, how), count in found.struck.items() if how == "2") > number // 6


@pytest.mark.slow
def test_ten_faults_of_a_small_run(
    faults: ModuleType, people_files: Callable[..., Path], command: Callable[..., Any], tmp_path: Path
) -> None:
    """In this process: of the errors, whichever call they strike, nothing is lost and nothing is left."""
    injector = importlib.import_module("injector")
    config = people_files(registry="sqlite:///r.db")
    begun, base, out = tmp_path / "begun", tmp_path / "in", tmp_path / "in" / "out"
    argv = ("resolve", config, "--out", out, "--threads", 1)
    shutil.copytree(base, begun)
    fault, chance = injector.Injector(base), Random(15)

    def run(at: int | None, error: str) -> tuple[Any, Any]:
        shutil.rmtree(base)
        shutil.copytree(begun, base)
        fault.arm(at, error)
        try:
            said = command(*argv)
        finally:
            fault.disarm()
        return said, read_tables(out, verify=True) if (out / "run.json").exists() else None

    said, right = run(None, "")
    assert said.code == 0
    calls = fault.count
    assert calls > 100
    refused = 0
    for nth in range(10):
        said, stands = run(chance.randrange(calls) + 1, faults.ERRORS[nth % len(faults.ERRORS)])
        assert said.code in (0, 2), said.err
        assert said.code == 0 or "E999" not in said.err
        assert stands is None or stands["merge_map"].equals(right["merge_map"])
        refused += said.code == 2
        again = command(*argv)
        assert again.code == 0, (said, again)
        stands = read_tables(out, verify=True)
        assert stands["merge_map"].equals(right["merge_map"])
        assert {path.name for path in (out / ".runs").iterdir()} - {"lock"} == {stands.run["set"]}
    assert refused >= 3


def test_ten_faults_of_publishing(faults: ModuleType, tmp_path: Path) -> None:
    """In this process: folder and registry are published together, or neither; and then they are."""
    injector = importlib.import_module("injector")
    first, second = follow(*merged_and_split()[:2])
    base, begun = tmp_path / "in", tmp_path / "begun"
    ids = {f"run {number}": run_of(number).run_id for number in (1, 2)}
    folder, url = base / "out", f"sqlite:///{base / 'r.db'}"

    def publish(number: int) -> None:
        before, done = (State.empty(), first) if number == 1 else (first.state, second)
        made = publication(number, before, done)
        with (
            Registry.open(url) as registry,
            registry.lock(),
            RunFolder(folder, committed=lambda name: registry.knows(ids[name]) is not None) as target,
        ):
            if registry.knows(made.run.run_id) is None:
                run = {"run_id": f"run {number}"}
                target.write(
                    outputs(number),
                    run,
                    files={"report.html": f"<p>{number}</p>"},
                    commit=lambda: registry.publish(made),
                )

    def struck(at: int | None, error: str) -> bool:
        """Whether a fault stopped it."""
        shutil.rmtree(base)
        shutil.copytree(begun, base)
        fault.arm(at, error)
        try:
            publish(2)
        except OneIDError:
            return True
        finally:
            fault.disarm()
        return False

    publish(1)
    shutil.copytree(base, begun)
    fault, chance = injector.Injector(base), Random(15)
    assert not struck(None, "")
    calls = fault.count
    assert calls > 100
    stopped = 0
    for nth in range(10):
        stopped += struck(chance.randrange(calls) + 1, faults.ERRORS[nth % len(faults.ERRORS)])
        with Registry.open(url) as registry:
            head = registry.head()
        assert head is not None
        assert tag_read(folder) <= head.number
        publish(2)
        assert tag_on_disk(folder) == 2
        assert not [
            path for path in base.iterdir() if path.name not in ("out", "r.db", "r.db.lock", "r.db-wal", "r.db-shm")
        ]
    assert stopped >= 3
