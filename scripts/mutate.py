"""Changes one room of ``src/oneid`` in small ways, one at a time, and sees whether that room's own tests notice.

Usage: ``python scripts/mutate.py ROOM... [--draw N] [--seed N] [--jobs N] [--least PERCENT] [--verbose]``
       ``python scripts/mutate.py ROOM... --at FILE:LINE``
       ``python scripts/mutate.py ROOM... --check``

A ROOM is a folder of ``src/oneid``, or some of its modules: ``clusters``, ``pairs/blocking.py``. What is changed is
told in ``scripts/mutations.py``. ``--draw N`` draws N changes of each room (left out: all); the same seed draws the
same ones, as long as the room stays as it is. ``--at`` tries all changes of one line, to work on it.

Each change is made in a copy of the tree; this one is never touched. First the tests of the room (``tests/ROOM``, but
the slow ones) run once and it is noted which of them reach which statement. A change is tried with the tests that reach
it, those of the changed module first, then the quickest; if all pass, with the room's others too (not with
``--reaching``). It is *killed* when one fails or takes many times the work it was, else it *survives*. Examples of
Hypothesis are the same each time.

Changes that nobody can observe are listed in ``scripts/equivalent_mutants.yaml``, with the reason, and counted apart.
An entry is known by its room, function, and its lines before and after, not by where they are, so it holds after a
move. ``--check`` runs nothing and lists entries that no longer belong to a change.

Prints the survivors as ``FILE:LINE FUNCTION: BEFORE -> AFTER``, then a table per room. The percentage is of the changes
that matter: those drawn but for the equivalent ones. Exit codes: 0; 1 where a room stays below ``--least`` or
``--check`` finds something; 2 where the tests fail without any change.
"""

from __future__ import annotations

import argparse
import compileall
import os
import queue
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from mutation_server import Limits, Seen, Server
from mutations import Change, changes

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "oneid"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")
COPIED = ("src", "tests", "scripts", "docs", "examples", "benchmarks", "pyproject.toml", "README.md", "README.ja.md")

FLOOR = 3.0
"""Seconds of work that any test may take."""
TIMES = 6
"""How many times the work that it is without a change a test may take, beyond the floor."""
PATIENCE = 8
"""As :data:`TIMES`, by the clock, the floor included: so much slower others may make this machine."""


@dataclass(frozen=True)
class Tests:
    """What is known of a room's tests: per test its seconds by the clock and of work; per statement the tests that
    reach it; those that start processes; and what they load.
    """

    seconds: Mapping[str, float]
    work: Mapping[str, float]
    reaching: Mapping[str, Sequence[str]]
    starting: Sequence[str]
    modules: Sequence[str]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Tests:
        """From what :class:`instrument.Recorder` found."""
        tests = {name: held for name, held in record["tests"].items() if name}
        reaching: dict[str, list[str]] = {}
        for name, held in tests.items():
            for place in held["reached"]:
                reaching.setdefault(place, []).append(name)
        starting = [name for name, held in tests.items() if held["starts"]]
        seconds, work = ({name: held[what] for name, held in tests.items()} for what in ("seconds", "work"))
        return cls(seconds, work, reaching, starting, record["modules"])

    def chosen(self, change: Change) -> tuple[list[str], list[str]]:
        """The tests that reach a change, in the order to run them, and the room's others."""
        reaching = set(self.reaching.get(f"{change.file}:{change.statement}", ())) or set(self.seconds)
        reaching |= set(self.starting)
        own = f"/test_{PurePosixPath(change.file).stem}.py::"
        order = sorted(self.seconds, key=lambda name: (own not in name, self.seconds[name], name))
        return [name for name in order if name in reaching], [name for name in order if name not in reaching]

    def limits(self, names: Iterable[str]) -> dict[str, Limits]:
        """What each of these tests may take."""
        return {name: (PATIENCE * (FLOOR + self.seconds[name]), FLOOR + TIMES * self.work[name]) for name in names}


@dataclass
class Room:
    """A room, the changes drawn in it, and what came of them."""

    name: str
    files: list[str]
    possible: list[Change] = field(default_factory=list)
    drawn: list[Change] = field(default_factory=list)
    equivalent: list[Change] = field(default_factory=list)
    tests: Tests | None = None
    seen: dict[Change, Seen] = field(default_factory=dict)

    @property
    def survivors(self) -> list[Change]:
        """The changes that no test noticed."""
        return [change for change, seen in self.seen.items() if seen.outcome == "passed"]

    @property
    def percent(self) -> float:
        """How many of the changes that matter were noticed, in percent."""
        return 100.0 * (len(self.seen) - len(self.survivors)) / len(self.seen) if self.seen else 100.0


def rooms_of(named: Sequence[str]) -> list[Room]:
    """The rooms and modules named on the command line, modules of one room together."""
    found: dict[str, set[str]] = {}
    for name in named:
        path = PACKAGE / name
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        if not files or not path.resolve().is_relative_to(PACKAGE):
            raise SystemExit(f"no room or module of src/oneid: {name}")
        found.setdefault(PurePosixPath(name).parts[0], set()).update(
            file.relative_to(PACKAGE).as_posix() for file in files
        )
    rooms = [Room(name, sorted(files)) for name, files in found.items()]
    for room in rooms:
        room.possible = [change for file in room.files for change in changes(file, (PACKAGE / file).read_bytes())]
    return rooms


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """The listed changes that nobody can observe, each with the reason."""
    listed = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.exists() else []
    found = {}
    for entry in listed or []:
        plain = (" ".join(str(entry[side]).split()) for side in ("before", "after"))
        found[PurePosixPath(entry["file"]).parts[0], entry["function"], *plain] = str(entry["reason"])
    return found


def draw(rooms: Sequence[Room], number: int | None, seed: int, at: str | None) -> None:
    """Draws changes of each room and sets the equivalent ones apart."""
    known = equivalents()
    for room in rooms:
        room.drawn = [change for change in room.possible if at is None or f"{change.file}:{change.line}" == at]
        if number is not None and number < len(room.drawn):
            dice = random.Random(f"{seed} {room.name}")
            room.drawn = sorted(dice.sample(room.drawn, number))
        room.equivalent = [change for change in room.drawn if change.key in known]


class Pool:
    """Copies of the tree with a server each, lent to one task at a time."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._free: queue.SimpleQueue[Server] = queue.SimpleQueue()
        self._servers = []
        for job in range(jobs):
            copy = folder / f"copy{job}"
            for name in COPIED:
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
                elif (ROOT / name).exists():
                    shutil.copy2(ROOT / name, copy / name)
            compileall.compile_dir(copy / "src", quiet=1)
            self._servers.append(Server(copy))
            self._free.put(self._servers[-1])

    @contextmanager
    def server(self) -> Iterator[Server]:
        """A server that nobody else uses."""
        server = self._free.get()
        try:
            yield server
        finally:
            self._free.put(server)

    def load(self, modules: Sequence[str]) -> None:
        """Loads libraries in all servers."""
        for server in self._servers:
            server.load(modules)

    def close(self) -> None:
        """Ends the servers."""
        for server in self._servers:
            server.close()


def learn(pool: Pool, room: Room) -> Seen:
    """Runs the tests of a room without any change and notes what they reach."""
    with pool.server() as server:
        seen, record = server.record([f"tests/{room.name}"], room.files, 1800.0)
    if seen.outcome == "passed":
        room.tests = Tests.of(record)
    return seen


def control(pool: Pool, room: Room) -> Seen:
    """Runs the quickest test of each file of a room as changes are tried, but without one: they must pass."""
    assert room.tests is not None
    quickest: dict[str, str] = {}
    for name in sorted(room.tests.seconds, key=lambda name: -room.tests.seconds[name] if room.tests else 0):
        quickest[name.partition("::")[0]] = name
    with pool.server() as server:
        return server.run(room.tests.limits(quickest.values()))


def attempt(pool: Pool, room: Room, change: Change, *, again: bool) -> Seen:
    """Tries one change; with ``again`` by the tests that do not reach it too."""
    assert room.tests is not None
    chosen, others = room.tests.chosen(change)
    with pool.server() as server:
        path = server.copy / "src" / "oneid" / change.file
        plain = (PACKAGE / change.file).read_bytes()
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()
        path.write_bytes(change.applied(plain))
        try:
            seen = server.change(change.file, change.function, plain.decode(), room.tests.limits(chosen))
            if seen.outcome == "passed" and again:
                path.write_bytes(change.applied(plain))
                more = server.run(room.tests.limits([*chosen, *others]))
                seen = Seen(more.outcome, more.by, seen.seconds + more.seconds, more.output)
        finally:
            path.write_bytes(plain)
    return seen


def told(change: Change) -> str:
    """A change in one line."""
    return f"{change.file}:{change.line} {change.function or '(module)'}: {change.before} -> {change.after}"


def try_all(pool: Pool, rooms: Sequence[Room], jobs: int, say: Callable[[Change, Seen], None], *, again: bool) -> int:
    """Tries what was drawn in all rooms; 2 where a room's tests fail without any change, else 0."""
    with ThreadPoolExecutor(jobs) as workers:
        rooms = [room for room in rooms if len(room.drawn) > len(room.equivalent)]
        for step in (learn, control):
            for room, seen in zip(rooms, workers.map(partial(step, pool), rooms), strict=True):
                if seen.outcome != "passed":
                    print(f"{room.name}: its tests fail without any change: {seen.by}\n{seen.output}", file=sys.stderr)
                    return 2
            pool.load(_libraries(rooms))
        waiting: list[tuple[Room, Change, Future[Seen]]] = [
            (room, change, workers.submit(attempt, pool, room, change, again=again))
            for room in rooms
            for change in room.drawn
            if change not in set(room.equivalent)
        ]
        for room, change, future in waiting:
            room.seen[change] = future.result()
            say(change, room.seen[change])
    return 0


def _libraries(rooms: Sequence[Room]) -> list[str]:
    """The modules to load once: those the tests load but for OneID, the tests themselves and what uses OneID."""
    folders = [ROOT / name for name in ("tests", "scripts", "benchmarks")]  # a script may load OneID
    own = {"oneid", "__main__", "conftest", *(path.stem for folder in folders for path in folder.iterdir())}
    loaded = {name for room in rooms if room.tests for name in room.tests.modules}
    return sorted(name for name in loaded if name.partition(".")[0] not in own and "mutation" not in name)


def report(rooms: Sequence[Room], seconds: float) -> None:
    """Prints survivors and the table."""
    for room in rooms:
        for change in room.survivors:
            print(f"survived  {told(change)}")
    print(
        f"{'room':<12}{'possible':>9}{'drawn':>7}{'equal':>7}{'killed':>8}{'timeout':>9}{'survived':>10}{'percent':>9}"
    )
    total: Counter[str] = Counter()
    for room in rooms:
        counts = Counter({"possible": len(room.possible), "drawn": len(room.drawn), "equal": len(room.equivalent)})
        counts.update(seen.outcome for seen in room.seen.values())
        total.update(counts)
        _row(room.name, counts)
    if len(rooms) > 1:
        _row("all", total)
    print(f"{seconds:.0f} seconds")


def _row(name: str, counts: Mapping[str, int]) -> None:
    told = [counts.get(word, 0) for word in ("possible", "drawn", "equal", "failed", "timeout", "passed")]
    percent = 100.0 * sum(told[3:5]) / max(1, sum(told[3:]))
    print(f"{name:<12}{told[0]:>9}{told[1]:>7}{told[2]:>7}{told[3]:>8}{told[4]:>9}{told[5]:>10}{percent:>9.1f}")


def check(rooms: Sequence[Room]) -> int:
    """Lists entries of the file of equivalent changes that belong to no change any more."""
    possible = {change.key for room in rooms for change in room.possible}
    names = {room.name for room in rooms}
    stale = [key for key in equivalents() if key[0] in names and key not in possible]
    for room, function, before, after in stale:
        print(f"no such change  {room} {function}: {before} -> {after}")
    return 1 if stale else 0


def main() -> int:
    """Runs the command; its exit code."""
    parser = argparse.ArgumentParser(description="Changes rooms of src/oneid in small ways and runs their tests.")
    parser.add_argument("rooms", nargs="+", metavar="ROOM")
    parser.add_argument("--draw", type=int, help="changes drawn of each room (left out: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--least", type=float, default=0.0, help="percent that each room must reach")
    parser.add_argument("--at", metavar="FILE:LINE", help="only the changes of one line")
    parser.add_argument("--check", action="store_true", help="only look for entries that no longer hold")
    parser.add_argument("--reaching", action="store_true", help="try only the tests that reach a change")
    parser.add_argument("--verbose", action="store_true", help="print every change with what noticed it")
    given = parser.parse_args()
    rooms = rooms_of(given.rooms)
    if given.check:
        return check(rooms)
    began = time.monotonic()
    draw(rooms, given.draw, given.seed, given.at)

    def say(change: Change, seen: Seen) -> None:
        if given.verbose:
            print(f"{seen.outcome:<8}{seen.seconds:6.1f} s  {told(change)}  [{seen.by}]", flush=True)

    with tempfile.TemporaryDirectory(prefix="oneid-changes-") as folder:
        Path(folder).chmod(0o755)
        pool = Pool(Path(folder), given.jobs)
        try:
            code = try_all(pool, rooms, given.jobs, say, again=not given.reaching)
        finally:
            pool.close()
    if code:
        return code
    report(rooms, time.monotonic() - began)
    return 1 if any(room.percent < given.least for room in rooms) else 0


if __name__ == "__main__":
    sys.exit(main())
