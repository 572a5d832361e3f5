"""Kills runs at random moments and before named steps, and checks that nothing is lost, mixed or half-written.

Usage: ``python benchmarks/kills.py [--kills 200] [--registry postgresql+psycopg://...] [--records 400] [--seed 1]
[--print-only]``

A demo lives on for some days; each day is one ``oneid resolve`` with one registry and one folder, in a process of its
own. A third of the processes are killed (SIGKILL) before a step of publishing, a third at a random moment of
publishing, a third at a random moment of the whole run. After each kill these are checked:

*whole*   folder and registry each hold the run before or the new one, whole: every file has its checksum, the merge
          map and the aliases are those of undisturbed runs, and so are the views; the folder is never ahead
*agree*   after what the next run does first (:meth:`oneid.outputs.runfolder.RunFolder.recover`) both hold the same run:
its name,
          the merge map against ``current_members``, the aliases against ``current_oneids``; nothing is left over
*next*    a day is tried again until it is published, at most four times with a kill, then without: it is right if every
          member has the OneID of the undisturbed runs

A round of ten days begins anew with an empty registry and folder, on a server in a schema of its own. Exit 1 where a
check fails.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import cycle
from pathlib import Path
from random import Random
from select import select
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, Self, cast

if TYPE_CHECKING:
    import polars as pl

    from oneid.registry import Publication, Registry
    from oneid.registry.publication import Step

__all__ = ["ADDRESS", "STEPS", "Ended", "Series", "Server", "Truth", "main", "seen", "undisturbed", "write_days"]

ADDRESS: Final = "ONEID_KILLS_REGISTRY"
"""The environment variable that the config takes the registry's address from."""
DELTA: Final = ("credit_card", "ec")
"""The systems that send delta feeds from the second day on: of their members only the folder knows the values."""
STEPS: Final = (
    "folder write merge_map", "folder describe", "folder prepare", "folder link", "folder commit", "registry run",
    "registry memberships", "registry oneids", "registry events", "registry commit", "registry tidy", "folder mark",
    "folder place golden.parquet", "folder switch", "folder unmark", "folder clear links",
)  # fmt: skip
"""Steps of publishing, in their order."""
FIRST: Final = STEPS[0]
BEGUN: Final = "begun"
"""What a process tells when its command begins: what it imports before is no part of a run."""
TRIES: Final = 4
DAYS: Final = 10
LOADED: Final = ("polars", "pyarrow", "pandas", "scipy.sparse.csgraph", "scipy.special", "networkx", "pydantic", "yaml",
                 "rapidfuzz.process", "jellyfish", "phonenumbers", "yosina", "psycopg", "charset_normalizer",
                 "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql", "alembic.operations",
                 "alembic.script", "rich.progress", "oneid.cli.main")  # fmt: skip
"""What is imported before processes are forked; not what runs Polars when it is imported, whose threads no fork has."""


# --- processes that run a command and are killed ---------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a process ended: ``code`` is its exit code, or minus the number of the signal; ``steps`` are the steps of
    publishing that it began, ``said`` what it wrote, ``seconds`` how long it lived, and ``publishing`` so long from
    the first step on (0: none was begun).
    """

    code: int
    steps: tuple[str, ...]
    said: str
    seconds: float
    publishing: float

    @property
    def step(self) -> str:
        """The last step that it began."""
        return self.steps[-1] if self.steps else "before publishing"


class Server:
    """A process that has the libraries loaded and forks one process per command."""

    def __init__(self) -> None:
        alone = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--serve"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, env=os.environ | alone, **pipes)

    def run(
        self,
        *argv: object,
        address: str = "",
        before: str | None = None,
        after: tuple[str | None, float] | None = None,
        sent: int = signal.SIGKILL,
    ) -> Ended:
        """Runs ``oneid ARGV...`` with the registry at ``address``, and waits for its end. ``before``: the step before
        which it sends itself ``sent``. ``after``: a step (None: the start of the command), and the seconds from it on
        after which it is sent ``sent`` from outside, if it still runs.
        """
        job = {"argv": [*map(str, argv)], "address": address, "before": before, "after": after, "sent": int(sent)}
        to, back = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        to.write(json.dumps(job) + "\n")
        to.flush()
        told = json.loads(back.readline())
        return Ended(**told | {"steps": tuple(told["steps"])})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        cast("IO[str]", self._process.stdin).close()
        self._process.wait()
        cast("IO[str]", self._process.stdout).close()


def serve() -> None:
    """Takes jobs as lines of JSON, runs each in a forked process, and answers with how it ended."""
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        job = json.loads(line)
        with tempfile.TemporaryFile() as said:
            reads, writes = os.pipe()
            begun = perf_counter()
            child = os.fork()
            if child == 0:
                os.close(reads)
                _child(job, writes, said.fileno())
            os.close(writes)
            steps, published = _watched(child, reads, job)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            ended = perf_counter()
            os.close(reads)
            said.seek(0)
            text = said.read().decode()
        publishing = ended - published if published else 0.0
        print(json.dumps(Ended(code, tuple(steps), text, ended - begun, publishing).__dict__), flush=True)


def _watched(child: int, reads: int, job: Mapping[str, Any]) -> tuple[list[str], float | None]:
    """The steps that a process tells until it ends, and when it told the first; sends it the signal when it is time."""
    step, seconds = job["after"] or (None, None)
    step = step or BEGUN
    text, published, due = b"", None, None
    while True:
        ready, _, _ = select([reads], [], [], None if due is None else max(0.0, due - perf_counter()))
        if not ready:
            os.kill(child, job["sent"])
            due = None
            continue
        part = os.read(reads, 1 << 16)
        if not part:
            return text.decode().splitlines()[1:], published
        text += part
        if text != f"{BEGUN}\n".encode():
            published = published or perf_counter()
        if step is not None and seconds is not None and f"{step}\n".encode() in text:
            due, step = perf_counter() + seconds, None


def _child(job: Mapping[str, Any], steps: int, said: int) -> NoReturn:
    """Runs the command, telling each step of publishing before it is taken."""
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ[ADDRESS] = job["address"]
    from oneid.cli import main as cli  # noqa: PLC0415
    from oneid.outputs.runfolder import RunFolder  # noqa: PLC0415
    from oneid.registry import Registry  # noqa: PLC0415
    from oneid.runs import lastfolder, publishing  # noqa: PLC0415 - imports run Polars, which only a process of its own may

    def step(name: str) -> None:
        os.write(steps, f"{name}\n".encode())
        if name == job["before"]:
            os.kill(os.getpid(), job["sent"])

    class Told(RunFolder):
        def __init__(self, folder: Path, *, committed: Callable[[str], bool] | None = None) -> None:
            super().__init__(folder, committed=committed, step=lambda name: step(f"folder {name}"))

    plain = Registry.publish

    def publish(
        self: Registry, publication: Publication, *, step: Step = lambda name: step(f"registry {name}")
    ) -> None:
        plain(self, publication, step=step)

    for module in (lastfolder, publishing):
        module.RunFolder = Told  # type: ignore[attr-defined]
    Registry.publish = publish  # type: ignore[assignment, method-assign]
    sys.argv = ["oneid", *job["argv"]]
    code: object = 0
    os.write(steps, f"{BEGUN}\n".encode())
    try:
        cli.main()
    except SystemExit as stop:
        code = stop.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


# --- days, and what stands after them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """What stands after a run: its name, the merge map (source, source_id, oneid) and the aliases (oneid,
    current_oneid), both sorted.
    """

    run_id: str
    merge_map: pl.DataFrame
    aliases: pl.DataFrame

    def same(self, other: Truth | None) -> bool:
        """Whether both are the same run with the same rows."""
        if other is None or self.run_id != other.run_id:
            return False
        return self.merge_map.equals(other.merge_map) and self.aliases.equals(other.aliases)


def write_days(base: Path, days: int, records: int, seed: int) -> list[str]:
    """Writes a config, and the feeds of so many days, into ``base``; the days' names (for ``--var ds=``).

    Names written in kanji and addresses are not read: what a run learns of them first takes longer than all the rest.
    """
    import polars as pl  # noqa: PLC0415
    import yaml  # noqa: PLC0415

    from oneid.demo import generate  # noqa: PLC0415
    from oneid.demo.days import DELETED, Days  # noqa: PLC0415

    demo = generate(records=records, seed=seed)
    lives, named = Days(demo, seed), []
    config = yaml.safe_load((Path(demo.write(base))).read_text("utf-8"))
    for number in range(days):
        day = lives.next_day(new=0.03, changed=0.03, deleted=0.01) if number else lives.today
        name = day.date.isoformat()
        day.write(base / name, DELTA if number else ())
        if not number:
            for system in DELTA:
                path = base / name / Path(config["sources"][system]["path"]).name
                rows = pl.read_csv(path, infer_schema=False)
                rows.with_columns(pl.lit(None, pl.String).alias(DELETED[system])).write_csv(path)
        named.append(name)
    for system, source in config["sources"].items():
        source["path"] = "{ds}/" + Path(source["path"]).name
        source["fields"] = {key: value for key, value in source["fields"].items() if key not in ("name", "address")}
        if system in DELTA:
            source |= {"feed": "delta", "deleted": {"column": DELETED[system], "values": ["1"]}}
    config["registry"] = f"env:{ADDRESS}"
    (base / "oneid.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), "utf-8")
    return named


class Series:
    """Runs of the days in ``base`` into one folder with one registry."""

    def __init__(self, server: Server, base: Path, folder: Path, address: str) -> None:
        self.server, self.base, self.folder, self.address = server, base, folder, address

    def resolve(self, day: str, *options: object, **job: Any) -> Ended:  # noqa: ANN401 - as it is passed on
        """Runs ``oneid resolve`` for one day; ``job``: see :meth:`Server.run`."""
        argv = ("resolve", self.base / "oneid.yaml", "--out", self.folder, "--var", f"ds={day}", "--threads", 1)
        return self.server.run(*argv, *options, address=self.address, **job)

    def seen(self) -> tuple[Truth | None, Truth | None]:
        """What the folder and the registry hold now, as others see it."""
        return seen(self.folder, self.address)

    def recovered(self) -> None:
        """Does what a run does first: takes the right to publish and mends the folder."""
        from oneid.outputs.runfolder import RunFolder  # noqa: PLC0415
        from oneid.registry import Registry  # noqa: PLC0415

        with (
            Registry.open(self.address) as registry,
            registry.lock(10.0),
            RunFolder(self.folder, committed=lambda name: registry.knows(name) is not None),
        ):
            pass


def seen(folder: Path, address: str) -> tuple[Truth | None, Truth | None]:
    """What a folder and a registry hold; None where they hold no run. Raises where the folder is not whole."""
    import polars as pl  # noqa: PLC0415

    from oneid.outputs.runtables import read_tables  # noqa: PLC0415
    from oneid.registry import Registry  # noqa: PLC0415

    inside = outside = None
    if (folder / "run.json").is_file() or (folder / ".runs" / "next").exists():
        tables = read_tables(folder, verify=True)
        inside = _truth(tables.run["run_id"], tables["merge_map"], tables["aliases"])
    with Registry.open(address) as registry, registry._reading() as connection:
        names = connection.exec_driver_sql("SELECT run_id FROM runs ORDER BY number DESC LIMIT 1").fetchall()
        views = []
        for view, columns in (("current_members", _MAP), ("current_oneids", _ALIASES)):
            rows = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {view}").fetchall()
            views.append(pl.DataFrame([*map(tuple, rows)], schema=dict.fromkeys(columns, pl.String), orient="row"))
        if names:
            outside = _truth(names[0][0], *views)
    return inside, outside


_MAP: Final = ("source", "source_id", "oneid")
_ALIASES: Final = ("oneid", "current_oneid")


def _truth(run_id: str, merge_map: pl.DataFrame, aliases: pl.DataFrame) -> Truth:
    text = merge_map.select(merge_map[name].cast(str) for name in _MAP)
    return Truth(run_id, text.sort(_MAP), aliases.select(_ALIASES).sort(_ALIASES))


def undisturbed(server: Server, base: Path, days: Sequence[str]) -> tuple[list[Truth], Ended]:
    """What stands after each day of runs that nothing disturbs, and how the last one went."""
    found = []
    series = Series(server, base, base / "undisturbed", f"sqlite:///{base / 'undisturbed.db'}")
    for day in days:
        ended = series.resolve(day)
        inside, outside = series.seen()
        if ended.code or inside is None or not inside.same(outside):
            raise SystemExit(f"an undisturbed run failed: {ended}")
        found.append(inside)
    return found, ended


# --- the kills -------------------------------------------------------------------------------------------------------


@dataclass
class Fates:
    """Kills by kind, and what was found after them."""

    chance: Random
    usual: Ended
    kinds: Iterator[str]
    steps: Iterator[str]

    @classmethod
    def of(cls, seed: int, usual: Ended) -> Self:
        """``usual`` is a run that was not killed: its seconds are those that random moments are taken from."""
        chance = Random(seed)
        kinds = cycle(("a step", "publishing", "the run"))
        return cls(chance, usual, kinds, cycle(chance.sample(STEPS, len(STEPS))))

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next kind of kill, and what :meth:`Server.run` is to be told for it."""
        kind = next(self.kinds)
        if kind == "a step":
            return kind, {"before": next(self.steps)}
        if kind == "publishing":
            return kind, {"after": (FIRST, self.chance.uniform(0, self.usual.publishing))}
        return kind, {"after": (None, self.chance.uniform(0, self.usual.seconds))}


class Killing:
    """Kills runs of one series of days after the other, and counts what it finds."""

    def __init__(self, server: Server, base: Path, days: Sequence[str], fates: Fates, truths: Sequence[Truth]) -> None:
        self.server, self.base, self.days, self.fates, self.truths = server, base, days, fates, truths
        self.found: Counter[tuple[str, str]] = Counter()
        self.killed = 0
        self.faults: list[str] = []

    def round(self, folder: Path, address: str, kills: int) -> None:
        """Goes through the days with kills, until there were ``kills`` of them in all."""
        series = Series(self.server, self.base, folder, address)
        for number, day in enumerate(self.days):
            before = self.truths[number - 1] if number else None
            tries, done = 0, False
            while not done and tries < TRIES and self.killed < kills:
                tries += 1
                done = self._kill(series, day, before, self.truths[number])
            if not done:
                ended = series.resolve(day, "--wait", 10)
                self._claim(ended.code == 0, f"{day}: the next run ended with {ended.code}: {ended.said}")
            inside, outside = series.seen()
            right = self.truths[number].same(inside) and self.truths[number].same(outside)
            self.found["all", "days right"] += right
            self._claim(right, f"{day}: not what undisturbed runs have")
            if self.killed >= kills:
                return

    def _kill(self, series: Series, day: str, before: Truth | None, new: Truth) -> bool:
        """Runs a day with a kill; whether the day is published."""
        kind, job = self.fates.next()
        ended = series.resolve(day, "--wait", 10, **job)
        if ended.code != -signal.SIGKILL:
            self.found[kind, "too late"] += 1
            self._claim(ended.code == 0, f"{day}: the run ended with {ended.code}: {ended.said}")
            return True
        self.killed += 1
        self.found[kind, "kills"] += 1
        self.found[kind, "while publishing"] += bool(ended.steps)
        what = f"{day}, killed at '{ended.step}'"
        inside, outside = series.seen()
        old_or_new = [any(same(truth, found) for truth in (before, new)) for found in (inside, outside)]
        self.found[kind, "whole"] += all(old_or_new)
        self._claim(all(old_or_new), f"{what}: neither the old run nor the new one (folder, registry: {old_or_new})")
        self._claim(not same(new, inside) or same(new, outside), f"{what}: the folder is ahead of the registry")
        series.recovered()
        inside, outside = series.seen()
        agree = same(inside, outside) and _tidy(series.folder)
        self.found[kind, "agree"] += agree
        self._claim(agree, f"{what}: folder and registry do not agree after recovery")
        published = same(new, outside)
        self.found[kind, "new run"] += published
        return published

    def _claim(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.faults.append(otherwise)


def same(one: Truth | None, other: Truth | None) -> bool:
    """Whether both are the same run, or both are none."""
    return other is None if one is None else one.same(other)


def _tidy(folder: Path) -> bool:
    """Whether nothing is left in ``.runs`` but the lock and the set that is published."""
    published = json.loads((folder / "run.json").read_text("utf-8"))["set"] if (folder / "run.json").exists() else None
    return {path.name for path in (folder / ".runs").iterdir()} <= {"lock", published}


@contextmanager
def addresses(given: str | None, base: Path) -> Iterator[Iterator[str]]:
    """Addresses of empty registries: files in ``base``, or schemas of their own, removed at the end, on a server."""
    if given is None:
        yield (f"sqlite:///{base / f'registry {number}.db'}" for number in range(10_000))
        return
    import sqlalchemy as sa  # noqa: PLC0415

    url = sa.make_url(given).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def make() -> Iterator[str]:
        for number in range(10_000):
            name = f"kills_{os.getpid()}_{number}"
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE SCHEMA {name}")
            made.append(name)
            options = url.update_query_dict({"options": f"-csearch_path={name}"})
            yield options.render_as_string(hide_password=False)

    try:
        yield make()
    finally:
        with engine.connect() as connection:
            for name in made:
                connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
        engine.dispose()


def kill(kills: int, records: int, seed: int, registry: str | None, days: int = DAYS) -> Killing:
    """Kills so many runs and gives what was found."""
    with tempfile.TemporaryDirectory(prefix="oneid-kills-") as made, Server() as server:
        base = Path(made)
        named = write_days(base, days, records, seed)
        truths, usual = undisturbed(server, base, named)
        killing = Killing(server, base, named, Fates.of(seed, usual), truths)
        with addresses(registry, base) as fresh:
            for number, address in enumerate(fresh):
                killing.round(base / f"out {number}", address, kills)
                if killing.killed >= kills:
                    break
    return killing


HEAD: Final = ("killed in", "kills", "while publishing", "whole", "agree", "new run stands", "ended before")
COUNTS: Final = ("kills", "while publishing", "whole", "agree", "new run", "too late")


def main() -> None:
    """Parses the command line, kills, tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--registry", help="a database of a PostgreSQL server; SQLite if left out")
    parser.add_argument("--records", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--print-only", action="store_true", help="do not add to RESULTS.md")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve()
        return
    from results import tell  # noqa: PLC0415

    begun = perf_counter()
    killing = kill(given.kills, given.records, given.seed, given.registry)
    kinds = ("a step", "publishing", "the run")
    rows = [[kind, *(str(killing.found[kind, name]) for name in COUNTS)] for kind in kinds]
    rows.append(["all", *(str(sum(killing.found[kind, name] for kind in kinds)) for name in COUNTS)])
    on = "PostgreSQL" if given.registry else "SQLite"
    note = (
        f"{killing.found['all', 'days right']} days were published, {len(killing.faults)} faults, "
        f"{perf_counter() - begun:.0f} s."
    )
    tell(f"{given.kills} kills of runs of {given.records} records on {on}", HEAD, rows, note=note,
         write=not given.print_only)  # fmt: skip
    for fault in killing.faults:
        print("broken:", fault)
    raise SystemExit(bool(killing.faults))


if __name__ == "__main__":
    main()
