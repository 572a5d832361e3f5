"""Lets chosen calls of commands fail, or the process die there, and checks that nothing is lost, mixed or half-written.

Usage: ``python benchmarks/faults.py [--faults 500] [--registry postgresql+psycopg://...] [--records 100] [--seed 1]
[--only NAME] [--print-only]``

A command is first run undisturbed, and its calls on the project's folder and the registry are counted
(``injector.py``). Then, from the same beginning, one call of it fails with ENOSPC, EIO, EACCES, EMFILE, EDQUOT or
EINTR, the server ends the connection, or the process is killed there; or no file may grow beyond a size; or, where
``strace`` may trace, a system call of native code is struck. After each fault:

*words*   the command ended with 0, 1 or 2, and words with a code where it is 2; it was killed only where that was
          asked for. No traceback, no internal error, nobody's data in what it says
*whole*   folder and registry each hold the run before or the new one, whole; the folder is never ahead
*next*    the command again, where it did not come to pass, and the next run succeed and give what undisturbed ones give
*tidy*    no file is there that the undisturbed series has not, and none is missing
*gone*    after an erasure that said that it is done, no file and no table has the person

With ``--registry`` (whoever is named there may make databases) faults strike on SQLite and on PostgreSQL by turns.
Exit 1 where a check fails.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

import sqlalchemy as sa
from forked import Ended, Server, Truth, same, seen, tidy, write_days
from injector import ERRORS, KILLED

__all__ = ["SCENARIOS", "Faults", "Ground", "Scenario", "main", "strike"]

CODES: Final = {0, 1, 2}
SIZES: Final = 0.12
"""The share of faults that are a size, and, where it is there, of those by strace."""
SYSCALLS: Final = ("pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "linkat", "link", "unlink", "mkdir")
COUNTED: Final = ("runs", "memberships", "oneids", "events", "decisions", "tombstones", "rekeys")


# --- what is run, and from where -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """A command that is struck: ``state`` is what it begins with, ``argv`` its words (``{out}``, ``{one}`` ... are
    filled from the ground), ``weight`` how often it is drawn, ``server`` whether it is run with a registry on a
    server too, ``made`` the files that it makes beside the run.
    """

    name: str
    state: str
    argv: tuple[str, ...]
    weight: int = 2
    server: bool = True
    made: tuple[str, ...] = ()


_RESOLVE: Final = ("resolve", "{config}", "--out", "{out}", "--threads", "1")
_REGISTRY: Final = ("--config", "{config}")
SCENARIOS: Final = (
    Scenario("first run", "nothing", _RESOLVE, 4),
    Scenario("next day, delta", "day two, delta", (*_RESOLVE, "--csv"), 5),
    Scenario("next day, full", "day two, full", _RESOLVE, 3),
    Scenario("merge", "one run", ("registry", "merge", "{one}", "{two}", "--by", "a", *_REGISTRY), 3),
    Scenario("unmerge", "merged", ("registry", "split", "{merged}", "--by", "a", *_REGISTRY)),
    Scenario("decide", "one run", ("registry", "decide", "{decisions}", *_REGISTRY)),
    Scenario("erase", "merged", ("registry", "erase", "{three}", "--receipt", "{exports}/receipt.json", *_REGISTRY), 4,
             made=("receipt.json",)),
    Scenario("rollback", "merged", ("registry", "rollback", "1", *_REGISTRY)),
    Scenario("prune", "merged", ("registry", "prune", "--before", "2100-01-01", *_REGISTRY)),
    Scenario("upgrade by a run", "old schema", _RESOLVE),
    Scenario("upgrade by a question", "old schema", ("registry", "log", *_REGISTRY)),
    Scenario("log as CSV", "merged", ("registry", "log", "--csv", "{exports}/log.csv", *_REGISTRY), 1,
             made=("log.csv",)),
    Scenario("backup", "merged", ("registry", "backup", "{exports}/copy.db", *_REGISTRY), 2, False, ("copy.db",)),
    Scenario("check", "one run", ("check", "{config}", "--cases", "{cases}", "--junit", "{exports}/junit.xml"), 1,
             False, ("junit.xml",)),
    Scenario("evaluate", "one run", ("evaluate", "{out}", "{truth}", "--out", "{exports}/found"), 1, False),
    Scenario("demo", "nothing", ("demo", "--records", "100", "--out", "{exports}/demo"), 1, False),
)  # fmt: skip
CASES: Final = """
version: 1
cases:
  - id: one-mail-alone
    why: one mailbox and nothing else
    records:
      a: {source: ec, email: sato@example.jp}
      b: {source: ec, email: sato@example.jp}
    expect: {pair: [a, b], verdict: [match, review, never, none]}
"""


class Ground:
    """The folder that commands work in, always at the same place, and what it is filled with for each state."""

    def __init__(self, server: Server, base: Path, admin: sa.Engine | None, days: Mapping[str, Path]) -> None:
        self.server, self.base, self.admin, self._days = server, base, admin, days
        self.work = base / ("server" if admin else "file") / "work"
        self.out, self.exports = self.work / "out", self.work / "exports"
        self._states = self.work.parent / "states"
        self._name = f"faults_{id(self):x}"
        self.words: dict[str, str] = {}
        self._made: list[str] = []

    @property
    def kind(self) -> str:
        """The registry's database."""
        return "PostgreSQL" if self.admin else "SQLite"

    @property
    def address(self) -> str:
        """Where the registry is, for commands and for us."""
        if self.admin is None:
            return f"sqlite:///{self.work / 'registry.db'}"
        return self.admin.url.set(database=self._name).render_as_string(hide_password=False)

    def make(self) -> None:
        """Makes all states."""
        self.work.mkdir(parents=True)
        self.exports.mkdir()
        for name, text in (("decisions.csv", ""), ("cases.yaml", CASES)):
            (self.work / name).write_text(text, "utf-8")
        self._recreate(None)
        self._feed("delta", 0)
        paths = {"config": "oneid.yaml", "out": "out", "exports": "exports", "decisions": "decisions.csv",
                 "cases": "cases.yaml", "truth": "truth.csv"}  # fmt: skip
        self.words = {name: str(self.work / file) for name, file in paths.items()}
        self._keep("nothing")
        self.done(_RESOLVE)
        self._choose()
        self._keep("one run")
        for feed in ("delta", "full"):
            self.begin("one run")
            self._feed(feed, 1)
            self._keep(f"day two, {feed}")
        self.begin("one run")
        self.done(("registry", "merge", "{one}", "{two}", "--by", "a", *_REGISTRY))
        self._keep("merged")
        self.begin("one run")
        self._age()
        self._keep("old schema")

    def run(self, argv: Sequence[str], fault: Mapping[str, object] | None = None) -> Ended:
        """Runs a command."""
        return self.server.run(*(word.format(**self.words) for word in argv), address=self.address, fault=fault)

    def done(self, argv: Sequence[str]) -> Ended:
        """Runs a command that must succeed."""
        ended = self.run(argv)
        if ended.code:
            raise SystemExit(f"an undisturbed command failed: {argv}: {ended}")
        return ended

    def begin(self, state: str) -> None:
        """Puts everything back as it was in that state."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self._states / state, self.work, symlinks=True)
        self._recreate(state)

    def stands(self) -> Stand:
        """What is there now. Raises where something is not whole."""
        inside, outside = seen(self.out, self.address)
        return Stand(inside, outside, tuple(len(rows) for rows in self.rows().values()))

    def rows(self) -> dict[str, list[str]]:
        """The rows of the registry's tables, as text."""
        engine = sa.create_engine(self.address)
        try:
            with engine.connect() as connection:
                return {
                    table: [repr(tuple(row)) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
                    for table in COUNTED
                }
        finally:
            engine.dispose()

    def files(self) -> list[str]:
        """The names of the files that stand, without those that come and go."""
        found = set()
        for path in self.work.rglob("*"):
            name = path.relative_to(self.work).as_posix()
            if not name.endswith(("-wal", "-shm")) and not path.is_dir():
                if re.fullmatch(r"(.*/)?\.oneid-\w+\.part", name):  # goes when something is next written there
                    continue
                # an update that is killed has kept a copy of the file before it, and so has the one that goes on
                name = re.sub(r"(\.before-\w+)\.\d+\.bak$", r"\1.bak", name)
                found.add(re.sub(r"(?<=\.runs/)[^/]*\.[0-9a-f]{16}/", "SET/", name))
        return sorted(found)

    def close(self) -> None:
        """Removes the databases."""
        if self.admin is not None:
            with self.admin.connect() as connection:
                for name in {self._name, *self._made}:
                    connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _feed(self, feed: str, day: int) -> None:
        """Puts a day's feeds, and the config, in place."""
        base = self._days[feed]
        named = sorted(path for path in base.iterdir() if path.is_dir() and path.name[:2] == "20")
        shutil.rmtree(self.work / "feeds", ignore_errors=True)
        shutil.copytree(named[day], self.work / "feeds")
        text = (base / "oneid.yaml").read_text("utf-8").replace("{ds}", "feeds")
        (self.work / "oneid.yaml").write_text(text, "utf-8")
        shutil.copyfile(base / "truth.csv", self.work / "truth.csv")

    def _choose(self) -> None:
        """Three OneIDs to act upon, and a decision."""
        from oneid.outputs.runtables import read_tables  # noqa: PLC0415

        rows = read_tables(self.out)["merge_map"].select("oneid", "source", "source_id").rows()
        members: dict[str, list[tuple[str, str]]] = {}
        for oneid, *record in rows:
            members.setdefault(str(oneid), []).append((str(record[0]), str(record[1])))
        chosen = sorted(members, key=lambda oneid: (-len(members[oneid]), oneid))[:5]
        self.words |= {"one": chosen[0], "two": chosen[1], "three": chosen[2]}
        self.erased = members[chosen[2]]
        pair = [members[chosen[3]][0], members[chosen[4]][0]]
        lines = ["source_l,source_id_l,source_r,source_id_r,decision", ",".join([*pair[0], *pair[1], "same"])]
        (self.work / "decisions.csv").write_text("\n".join(lines) + "\n", "utf-8")

    def _keep(self, state: str) -> None:
        """Keeps what is there under a name."""
        if state == "merged":
            current = seen(self.out, self.address)[0]
            assert current is not None
            leads = dict(current.aliases.rows())
            self.words["merged"] = leads[self.words["one"]]
        shutil.copytree(self.work, self._states / state, symlinks=True)
        if self.admin is not None:
            name = self._copy(state)
            self._made.append(name)
            with self.admin.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {self._name}")

    def _copy(self, state: str) -> str:
        return f"{self._name}_{re.sub('[^a-z]', '_', state)}"

    def _recreate(self, state: str | None) -> None:
        if self.admin is None:
            return
        of = f"TEMPLATE {self._copy(state)}" if state else ""
        with self.admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {self._name} {of}")

    def _age(self) -> None:
        """Makes the registry one of the first schema, with the same rows."""
        from oneid.registry import migrate  # noqa: PLC0415
        from oneid.registry.schema import METADATA, drop_views  # noqa: PLC0415

        engine = sa.create_engine(self.address)
        try:
            with engine.begin() as connection:
                kept = {
                    table: connection.execute(sa.select(table)).mappings().all() for table in METADATA.tables.values()
                }
                drop_views(connection)
                METADATA.drop_all(connection)
                connection.exec_driver_sql("DROP TABLE oneid_registry_version")
                migrate.upgrade(connection, "0001")
                for table in METADATA.sorted_tables:
                    there = sa.inspect(connection)
                    if there.has_table(table.name) and kept[table]:
                        names = {column["name"] for column in there.get_columns(table.name)}
                        old = sa.table(table.name, *(sa.column(name) for name in names))
                        connection.execute(old.insert(), [{name: row[name] for name in names} for row in kept[table]])
                if self.address.startswith("sqlite"):  # versions of then knew no seal
                    connection.exec_driver_sql("PRAGMA user_version = 0")
        finally:
            engine.dispose()


@dataclass(frozen=True)
class Stand:
    """What stands: in the folder, in the registry, and how many rows its tables have."""

    inside: Truth | None
    outside: Truth | None
    counts: tuple[int, ...]

    def same(self, other: Stand) -> bool:
        """Whether folder, registry and counts are the same."""
        return same(self.inside, other.inside) and same(self.outside, other.outside) and self.counts == other.counts


@dataclass(frozen=True)
class Usual:
    """What an undisturbed command, and the run after it, leave: ``old`` stood before, ``new`` after the command,
    ``after`` after the next run; ``calls`` were made, ``largest`` is the size of the largest file.
    """

    old: Stand
    new: Stand
    after: Stand
    files: Sequence[str]
    later: Sequence[str]
    calls: Sequence[str]
    largest: int


def usual(ground: Ground, scenario: Scenario) -> Usual:
    """Runs a scenario undisturbed."""
    ground.begin(scenario.state)
    old = ground.stands()
    ground.begin(scenario.state)
    counted = ground.run(scenario.argv, {"root": str(ground.work), "at": None, "error": ""})
    if counted.code:
        raise SystemExit(f"an undisturbed command failed: {scenario.name}: {counted}")
    new, files = ground.stands(), ground.files()
    largest = max(path.stat().st_size for path in ground.work.rglob("*") if path.is_file())
    ground.done(_RESOLVE)
    return Usual(old, new, ground.stands(), files, ground.files(), counted.calls, largest)


# --- the faults ------------------------------------------------------------------------------------------------------


@dataclass
class Faults:
    """Strikes commands on one ground, and counts what it finds."""

    ground: Ground
    chance: Random
    traced: bool = False
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    _usual: dict[str, Usual] = field(default_factory=dict)

    def strike(self, scenario: Scenario) -> None:
        """One fault, drawn over all calls of the command, and all checks after it."""
        ground = self.ground
        if scenario.name not in self._usual:
            self._usual[scenario.name] = usual(ground, scenario)
        normal = self._usual[scenario.name]
        way, fault, where = self._draw(normal)
        what = f"{ground.kind}, {scenario.name}, {fault['error']} at {where}"
        ground.begin(scenario.state)
        ended = ground.run(scenario.argv, fault)
        self.struck[scenario.name, way] += 1
        self.struck[scenario.name, "killed" if ended.code < 0 else str(ended.code)] += 1
        for wrong in (*self._words(ended, fault), *self._after(scenario, normal, ended)):
            self.bad.append(f"{what}: {wrong}; it ended with {ended.code}: {ended.said.strip()[-300:]}")

    def _draw(self, normal: Usual) -> tuple[str, dict[str, object], str]:
        chance = self.chance
        error = KILLED if chance.random() < 1 / 3 else chance.choice(ERRORS)
        drawn = chance.random()
        if drawn < SIZES:
            size = int(2 ** chance.uniform(12, max(13, normal.largest.bit_length())))
            return "size", {"root": str(self.ground.work), "size": size, "error": error}, f"{size:,} bytes"
        if self.traced and drawn < 2 * SIZES:
            call, when = chance.choice(SYSCALLS), int(2 ** chance.uniform(0, 5))
            how = "signal=KILL" if error == KILLED else f"error={error}"
            return "strace", {"strace": f"{call}:{how}:when={when}", "error": error}, f"{call} {when}"
        at = chance.randrange(len(normal.calls))
        fault = {"root": str(self.ground.work), "at": at + 1, "error": error}
        return "call", fault, f"{at + 1} of {len(normal.calls)}, {normal.calls[at]}"

    def _words(self, ended: Ended, fault: Mapping[str, object]) -> Iterator[str]:
        killed = ended.code == -signal.SIGKILL or (ended.code == -signal.SIGXFSZ and "size" in fault)
        if not (ended.code in CODES or (killed and fault["error"] == KILLED)):
            yield "neither 0, 1, 2 nor killed"
        if "Traceback" in ended.said or "E999" in ended.said:
            yield "no words for users"
        if ended.code == 2 and not re.search(r"\bE\d{3} ", ended.said):
            yield "no code"
        if any(value in ended.said for value in self._people()):
            yield "somebody's data is told"

    def _people(self) -> set[str]:
        """Values of members that no words may have."""
        found = set()
        for path in (self.ground.work / "feeds").glob("*.csv"):
            for row in csv.DictReader(io.StringIO(path.read_text("utf-8", errors="replace"))):
                found |= {value for value in row.values() if isinstance(value, str) and "@" in value}
                found |= {
                    value for value in row.values() if isinstance(value, str) and re.fullmatch(r"0[\d-]{9,}", value)
                }
        return found

    def _after(self, scenario: Scenario, normal: Usual, ended: Ended) -> Iterator[str]:
        ground = self.ground
        if scenario.name == "erase" and ended.code == 0:
            yield from self._gone()
        try:
            stands = ground.stands()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no whole run
            yield f"not whole: {error!r}"
            return
        both = (normal.old, normal.new)
        if not any(same(stand.inside, stands.inside) for stand in both):
            yield "the folder holds neither the old run nor the new one"
        if not any(same(stand.outside, stands.outside) and stand.counts == stands.counts for stand in both):
            yield "the registry holds neither the old run nor the new one"
        done = not normal.old.same(normal.new) and same(normal.new.outside, stands.outside)
        done = done and normal.new.counts == stands.counts
        if same(stands.inside, normal.new.inside) and not same(normal.old.inside, normal.new.inside) and not done:
            yield "the folder is ahead of the registry"
        if ended.code == 0 and not normal.new.same(stands):
            yield "it said that it is done, and it is not"
        yield from self._next(scenario, normal, done)

    def _next(self, scenario: Scenario, normal: Usual, done: bool) -> Iterator[str]:
        ground = self.ground
        if not done:
            ended = ground.run(scenario.argv)
            if ended.code:
                yield f"again, undisturbed, it ended with {ended.code}: {ended.said.strip()[-300:]}"
                return
            yield from self._compared(normal.new, normal.files, "again, undisturbed,")
        if done or self.chance.random() < 0.25:
            ended = ground.run(_RESOLVE)
            if ended.code:
                yield f"the next run ended with {ended.code}: {ended.said.strip()[-300:]}"
                return
            later = normal.later if not done else [name for name in normal.later if not self._lost(name, scenario)]
            yield from self._compared(normal.after, later, "after the next run", done)

    @staticmethod
    def _lost(name: str, scenario: Scenario) -> bool:
        """What may be missing where the act came to pass and the process died before it wrote its file."""
        return name in {f"exports/{made}" for made in scenario.made}

    def _compared(self, right: Stand, files: Sequence[str], when: str, loose: bool = False) -> Iterator[str]:
        try:
            if not self.ground.stands().same(right):
                yield f"{when} not what an undisturbed series gives"
        except Exception as error:  # noqa: BLE001
            yield f"{when} not whole: {error!r}"
        found = self.ground.files()
        more = set(found) - set(files)
        if loose:
            more = {name for name in more if not name.startswith("exports/") or "/." in name}
        less = set(files) - set(found)
        if more or less:
            yield f"{when} left over: {sorted(more)}, missing: {sorted(less)}"
        if not tidy(self.ground.out):
            yield f"{when} not tidy"

    def _gone(self) -> Iterator[str]:
        """Looks for the erased person in every file and table."""
        ids = {number for _, number in self.ground.erased}
        kept = [path for path in self.ground.work.rglob("*") if path.is_file()]
        for path in kept:
            name = path.relative_to(self.ground.work)
            if name.parts[0] in ("feeds", "truth.csv", "decisions.csv"):
                continue
            text = _text(path)
            if any(number in text for number in ids):
                yield f"the erased person is in {name}"
        for table, rows in self.ground.rows().items():
            if any(f"'{number}'" in row for row in rows for number in ids):
                yield f"the erased person is in the table {table}"


def _text(path: Path) -> str:
    import polars as pl  # noqa: PLC0415

    if path.suffix == ".parquet":
        return "\n".join(repr(row) for row in pl.read_parquet(path).rows())
    return path.read_bytes().decode("utf-8", errors="replace")


def strike(grounds: Sequence[Ground], number: int, seed: int, only: str | None = None, traced: bool = False,
           told: Callable[[str], object] = lambda _line: None) -> list[Faults]:  # fmt: skip
    """Strikes so many faults over all scenarios, on the grounds by turns."""
    chance = Random(seed)
    all_ = [Faults(ground, Random(chance.random()), traced) for ground in grounds]
    plain = next((faults for faults in all_ if faults.ground.admin is None), None)
    fit = [scenario for scenario in SCENARIOS if only in (None, scenario.name) and (scenario.server or plain)]
    bag = [scenario for scenario in fit for _ in range(scenario.weight)]
    order: list[Scenario] = []
    while len(order) < number:
        order += chance.sample(bag, len(bag))
    for nth, scenario in enumerate(order[:number]):
        faults = all_[nth % len(all_)] if scenario.server else plain
        assert faults is not None
        before = len(faults.bad)
        faults.strike(scenario)
        for line in faults.bad[before:]:
            told(line)
    return all_


@contextmanager
def grounds(
    server: Server, base: Path, records: int, seed: int, registry: str | None, file: bool = True
) -> Iterator[list[Ground]]:
    """The ground on SQLite, unless ``file`` is false, and, where a server is named, the one on it."""
    days = {"delta": base / "delta", "full": base / "full"}
    for name, path in days.items():
        path.mkdir()
        write_days(path, 2, records, seed, *(((),) if name == "full" else ()))
    engine = None
    made = [Ground(server, base, None, days)] if file else []
    if registry is not None:
        url = sa.make_url(registry).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        made.append(Ground(server, base, engine, days))
    try:
        for ground in made:
            ground.make()
        yield made
    finally:
        for ground in made:
            ground.close()
        if engine is not None:
            engine.dispose()


def traces() -> bool:
    """Whether ``strace`` is here and may trace; tried once."""
    if shutil.which("strace") is None:
        return False
    tried = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "inject=fsync:error=EIO:when=9", "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def main() -> None:
    """Parses the command line, strikes, tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--registry", help="a PostgreSQL server on which databases may be made; SQLite if left out")
    parser.add_argument("--records", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[scenario.name for scenario in SCENARIOS])
    parser.add_argument("--print-only", action="store_true", help="do not add to RESULTS.md")
    given = parser.parse_args()
    from results import tell  # noqa: PLC0415

    begun, traced = perf_counter(), traces()
    with tempfile.TemporaryDirectory(prefix="oneid-faults-") as made, Server() as server, ExitStack() as stack:
        there = stack.enter_context(grounds(server, Path(made), given.records, given.seed, given.registry))
        found = strike(there, given.faults, given.seed, given.only, traced, lambda line: print("bad:", line))
    count: Counter[tuple[str, str]] = sum((faults.struck for faults in found), Counter())
    columns = ("call", "size", "strace", "killed", "0", "1", "2")
    names = [scenario.name for scenario in SCENARIOS if any(count[scenario.name, column] for column in columns)]
    rows = [[name, *(str(count[name, column]) for column in columns)] for name in names]
    bad = sum(len(faults.bad) for faults in found)
    on = " and ".join(faults.ground.kind for faults in found)
    note = f"{bad} bad, {perf_counter() - begun:.0f} s."
    if not traced:
        note += " Left out: system calls struck by strace, which is not here or may not trace."
    tell(f"{given.faults} faults in commands on {given.records} records, {on}", ("command", *columns), rows, note=note,
         write=not given.print_only)  # fmt: skip
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
