"""Commands in processes that may be killed or made to fail, and what stands after them.

What ``kills.py`` and ``faults.py`` share.

A :class:`Server` has the libraries loaded and forks one process per command. :func:`seen` says what a folder and a
registry hold, :func:`write_days` makes the feeds of some days.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from select import select
from threading import Thread
from time import perf_counter, sleep
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, Self, cast

if TYPE_CHECKING:
    import polars as pl

    from oneid.registry import Publication, Registry
    from oneid.registry.publication import Step

__all__ = [
    "ADDRESS", "Ended", "Series", "Server", "Truth", "addresses", "same", "seen", "tidy", "undisturbed", "write_days",
]  # fmt: skip

ADDRESS: Final = "ONEID_KILLS_REGISTRY"
"""The environment variable that the config takes the registry's address from."""
DELTA: Final = ("credit_card", "ec")
"""The systems that send delta feeds from the second day on: of their members only the folder knows the values."""
BEGUN: Final = "begun"
"""What a process tells when its command begins: what it imports before is no part of a run."""
CALL: Final = "call "
"""What a process tells before a call that a fault might strike."""
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
    the first step on (0: none was begun). ``calls`` are those that a fault might have struck, where one was asked for.
    """

    code: int
    steps: tuple[str, ...]
    said: str
    seconds: float
    publishing: float
    calls: tuple[str, ...] = ()

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
        fault: Mapping[str, object] | None = None,
    ) -> Ended:
        """Runs ``oneid ARGV...`` with the registry at ``address``, and waits for its end. ``before``: the step before
        which it sends itself ``sent``. ``after``: a step (None: the start of the command), and the seconds from it on
        after which it is sent ``sent`` from outside, if it still runs. ``fault``: what :func:`injector.install` is to
        be told.
        """
        job = {
            "argv": [*map(str, argv)],
            "address": address,
            "before": before,
            "after": after,
            "sent": int(sent),
            "fault": fault,
        }
        to, back = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        to.write(json.dumps(job) + "\n")
        to.flush()
        told = json.loads(back.readline())
        return Ended(**told | {"steps": tuple(told["steps"]), "calls": tuple(told["calls"])})

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
        reads, writes = os.pipe()
        hears, says = os.pipe()  # not a file, which may be forbidden to grow
        begun = perf_counter()
        child = os.fork()
        if child == 0:
            os.close(reads)
            os.close(hears)
            _child(job, writes, says)
        os.close(writes)
        os.close(says)
        heard: list[bytes] = []
        listener = Thread(target=_hear, args=(hears, heard))
        listener.start()
        tracing = _traced(child, (job["fault"] or {}).get("strace"))
        told, published = _watched(child, reads, job)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        ended = perf_counter()
        if tracing is not None:
            tracing.wait()
        os.close(reads)
        listener.join()
        text = b"".join(heard).decode(errors="replace")
        publishing = ended - published if published else 0.0
        calls = [line.removeprefix(CALL) for line in told if line.startswith(CALL)]
        steps = [line for line in told if not line.startswith(CALL)]
        made = Ended(code, tuple(steps), text, ended - begun, publishing, tuple(calls))
        print(json.dumps(made.__dict__), flush=True)


def _hear(hears: int, heard: list[bytes]) -> None:
    """All that is said into a pipe."""
    with os.fdopen(hears, "rb") as pipe:
        heard.append(pipe.read())


def _traced(child: int, what: str | None) -> subprocess.Popen[bytes] | None:
    """Has ``strace`` strike a process: ``what`` is a system call, and what is to become of it."""
    if what is None:
        return None
    call = what.partition(":")[0]
    command = [
        "strace",
        "-f",
        "-qq",
        "-o",
        os.devnull,
        "-e",
        f"trace=?{call}",
        "-e",
        f"inject=?{what}",
        "-p",
        str(child),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _await_tracer() -> None:
    until = perf_counter() + 20
    while "TracerPid:\t0\n" in Path("/proc/self/status").read_text("ascii", errors="replace"):
        if perf_counter() > until:
            raise SystemExit("strace did not come")
        sleep(0.005)


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
        def __init__(self, folder: Path, **options: Any) -> None:  # noqa: ANN401 - as they are passed on
            super().__init__(folder, **options, step=lambda name: step(f"folder {name}"))

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
    if job["fault"] is not None and "strace" in job["fault"]:
        _await_tracer()
    elif job["fault"] is not None:
        from injector import install  # noqa: PLC0415

        install(job["fault"], lambda call: os.write(steps, f"{CALL}{call}\n".encode()))
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


def write_days(base: Path, days: int, records: int, seed: int, delta: Sequence[str] = DELTA) -> list[str]:
    """Writes a config, and the feeds of so many days, into ``base``; the days' names (for ``--var ds=``). ``delta``:
    the systems that send delta feeds.

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
        day.write(base / name, delta if number else ())
        if not number:
            for system in delta:
                path = base / name / Path(config["sources"][system]["path"]).name
                rows = pl.read_csv(path, infer_schema=False)
                rows.with_columns(pl.lit(None, pl.String).alias(DELETED[system])).write_csv(path)
        named.append(name)
    for system, source in config["sources"].items():
        source["path"] = "{ds}/" + Path(source["path"]).name
        source["fields"] = {key: value for key, value in source["fields"].items() if key not in ("name", "address")}
        if system in delta:
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


def same(one: Truth | None, other: Truth | None) -> bool:
    """Whether both are the same run, or both are none."""
    return other is None if one is None else one.same(other)


def tidy(folder: Path) -> bool:
    """Whether nothing is left in ``.runs`` but the lock and the set that is published."""
    published = json.loads((folder / "run.json").read_text("utf-8"))["set"] if (folder / "run.json").exists() else None
    runs = folder / ".runs"
    if not runs.is_dir():  # nothing was ever published there
        return published is None
    return {path.name for path in runs.iterdir()} <= {"lock", published}


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
            name = f"forked_{os.getpid()}_{number}"
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


if __name__ == "__main__":
    serve()
