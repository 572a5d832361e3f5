"""Whatever goes wrong in a run with a registry: folder and registry hold one run, whole, and the next run is right."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import polars as pl
import pytest
import yaml

import oneid
from conftest import PEOPLE_COLUMNS, people_frames
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runtables import read_tables
from oneid.registry import Registry, opening
from oneid.settings import configfile
from oneid.vocabulary.errors import InputError, RegistryError
from outputs.test_runfolder import publish, tag_on_disk
from paths import TESTS, benchmark_of
from registry import server as database
from registry.conftest import Place, socket  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow
SERVERS = database.programs() is not None or os.environ.get("ONEID_REQUIRE_SERVERS") == "1"
KINDS = ["sqlite", "postgresql"] if SERVERS else ["sqlite"]


@pytest.fixture(scope="module", name="kills")
def benchmark() -> Iterator[ModuleType]:
    """The benchmark that kills runs."""
    yield from benchmark_of("kills")


@pytest.fixture(scope="module")
def forks(kills: ModuleType) -> Iterator[Any]:
    """What runs commands in processes of their own, which may be killed."""
    with kills.Server() as server:
        yield server


@pytest.fixture(scope="module")
def days(kills: ModuleType, forks: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], Any, Any]:
    """Three days of a demo: where they are, their names, what undisturbed runs make of them, and how the last went."""
    base = tmp_path_factory.mktemp("days")
    named = kills.write_days(base, 3, 400, 1)
    return base, named, *kills.undisturbed(forks, base, named)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where an empty registry is, of each database."""
    made = Place(request.param, tmp_path, request.getfixturevalue("socket") if request.param == "postgresql" else "")
    if made.kind == "sqlite":
        made.url = f"sqlite:///{tmp_path / 'registry.db'}"
    yield made
    made.close()


class World:
    """Two shops of seven members whose feeds change from day to day, a registry, and the command ``oneid``."""

    def __init__(self, place: Place, folder: Path, command: Callable[..., Any]) -> None:
        self.place, self.folder, self.command = place, folder, command
        self.out = folder / "out"
        self.config = folder / "in" / "oneid.yaml"
        self.config.parent.mkdir()
        self.configure()

    def configure(self, feed: str = "full", registry: str | None = "", **more: object) -> None:
        fields = {"kana": "kana", "birth": "birth", "phone": "phone", "email": "email"}
        sources = {
            shop: {"id": "id", "path": f"{shop}.csv", "feed": feed, "fields": fields} for shop in ("ec", "store")
        }
        config: dict[str, Any] = {"version": 1, "sources": sources, **more}
        if registry is not None:
            config["registry"] = registry or self.place.url
        self.config.write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")

    def feeds(self, day: int) -> None:
        """Writes what the shops deliver on a day: on odd days E1 and S1 tell of different births."""
        for shop, frame in people_frames().items():
            odd = pl.col("id").is_in(["E1"]) & pl.lit(day % 2 == 1)
            birth = pl.when(odd).then(pl.lit("1961-12-24")).otherwise("birth").alias("birth")
            kana = pl.when(odd).then(pl.lit("ヤマダ タロウ")).otherwise("kana").alias("kana")
            row = {"id": f"N{day}", "kana": "アオキ " + "アイウエオカキクケコサシ"[day], "birth": f"{1950 + day}-02-03"}
            new = pl.DataFrame([row], schema=dict.fromkeys(PEOPLE_COLUMNS, pl.String))
            pl.concat([frame.with_columns(birth, kana), new]).write_csv(self.config.parent / f"{shop}.csv")

    def resolve(self, day: int, *options: object, out: Path | None = None) -> Any:
        """Writes the feeds of a day and runs the command on them."""
        self.feeds(day)
        return self.command("resolve", self.config, "--out", out or self.out, *options)

    def published(self, day: int, out: Path | None = None) -> dict[tuple[str, str], str]:
        """Has a day published; the OneID of each member."""
        said = self.resolve(day, out=out)
        assert said.code == 0, said.err
        return self.agreed(out)

    def agreed(self, out: Path | None = None) -> dict[tuple[str, str], str]:
        """The OneID of each member, after making sure that folder and registry hold the same run, whole."""
        tables = read_tables(out or self.out, verify=True)
        registry = self.place.open()
        head, state = registry.head(), registry.state()
        assert head is not None
        assert (head.run_id, head.number) == (tables.run["run_id"], tables.run["registry"]["number"])
        columns = ("source", "source_id", "oneid")
        inside = tables["merge_map"].select(pl.col(columns).cast(pl.String)).sort(columns)
        assert inside.equals(state.assignments.select(columns).sort(columns))
        aliases = ("oneid", "current_oneid")
        assert tables["aliases"].select(aliases).sort("oneid").equals(state.oneids.select(aliases).sort("oneid"))
        litter = {path.name for path in ((out or self.out) / ".runs").iterdir()} - {"lock", tables.run["set"]}
        assert litter == set()
        return {(source, source_id): given for source, source_id, given in inside.rows()}

    def number(self) -> int:
        """The number of the registry's last run."""
        head = self.place.open().head()
        return 0 if head is None else head.number

    def refused(self, said: Any, code: str, *words: str) -> None:
        """Makes sure that a command ended with exit code 2 and one line with a code and a hint."""
        assert (said.code, said.out) == (2, "")
        line = [text for text in said.err.splitlines() if not text.endswith(": done")]
        assert len(line) == 1
        assert f"{code} " in line[0]
        assert "Hint: " in line[0]
        assert [word for word in words if word not in line[0]] == []


@pytest.fixture
def world(place: Place, tmp_path: Path, command: Callable[..., Any]) -> World:
    """With an empty registry of each database."""
    return World(place, tmp_path, command)


@pytest.fixture
def local(tmp_path: Path, command: Callable[..., Any]) -> Iterator[World]:
    """With an empty registry on SQLite, ``registry.db``: for what is the same on both, or is about that file."""
    place = Place("sqlite", tmp_path, "")
    place.url = f"sqlite:///{tmp_path / 'registry.db'}"
    yield World(place, tmp_path, command)
    place.close()


# --- killed ----------------------------------------------------------------------------------------------------------


def killed(
    kills: ModuleType, forks: Any, days: tuple[Path, list[str], Any, Any], place: Place, fates: Any, number: int
) -> Any:
    """Kills so many runs of the days; each round begins anew."""
    base, named, truths, _ = days
    killing = kills.Killing(forks, base, named, fates, truths)
    while killing.killed < number:
        address = place.new() if place.kind == "postgresql" else f"sqlite:///{place.folder / str(killing.killed)}.db"
        killing.round(place.folder / f"out {killing.killed}", address, number)
    assert killing.faults == []
    return killing.found


def test_killed_before_a_step(
    kills: ModuleType, forks: Any, days: tuple[Path, list[str], Any, Any], place: Place
) -> None:
    """Before the registry's commit the old run stands, and from then on the new one."""
    steps = ("registry commit", "registry tidy", "folder clear links", "folder switch")
    fates = kills.Fates(Random(1), days[3], cycle(["a step"]), cycle(steps))
    found = killed(kills, forks, days, place, fates, len(steps))
    assert {name: found["a step", name] for name in ("kills", "whole", "agree", "new run")} == {
        "kills": 4, "whole": 4, "agree": 4, "new run": 3,
    }  # fmt: skip
    assert found["all", "days right"] == 3


@pytest.mark.slow
def test_killed_at_random_moments(
    kills: ModuleType, forks: Any, days: tuple[Path, list[str], Any, Any], place: Place
) -> None:
    """Before steps, at any moment of publishing and of whole runs."""
    found = killed(kills, forks, days, place, kills.Fates.of(7, days[3]), 20)
    assert sum(found[kind, "agree"] for kind in ("a step", "publishing", "the run")) == 20


def test_the_set_of_the_run_before_is_none_to_finish(tmp_path: Path) -> None:
    """Killed before it was cleared away, it is still beside the new one, and the registry knows it too."""
    publish(tmp_path, 1)

    def step(name: str) -> None:
        if name.startswith("clear"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    publish(tmp_path, 2, step=step)
    assert len([path for path in (tmp_path / ".runs").iterdir() if path.is_dir()]) == 3
    with RunFolder(tmp_path, committed=lambda _run_id: True):
        pass
    assert tag_on_disk(tmp_path) == 2


@pytest.mark.parametrize(
    ("step", "stands"),
    [
        ("folder describe", "old"),
        ("registry memberships", "old"),
        ("registry tidy", "new"),
        ("folder place golden.parquet", "new"),
    ],
)
def test_control_c(
    kills: ModuleType, forks: Any, days: tuple[Path, list[str], Any, Any], tmp_path: Path, step: str, stands: str
) -> None:
    """Exit 130 and one line; before the commit nothing is left of the run, and after it the next start finishes it."""
    base, named, truths, _ = days
    series = kills.Series(forks, base, tmp_path / "out", f"sqlite:///{tmp_path / 'r.db'}")
    ended = series.resolve(named[0], before=step, sent=signal.SIGINT)
    assert ended.code == 130
    assert ended.said.splitlines()[-1].startswith("stopped; ")
    assert "Traceback" not in ended.said
    series.recovered()
    expected = truths[0] if stands == "new" else None
    assert all(kills.same(expected, found) for found in series.seen())


def test_control_c_before_publishing(
    kills: ModuleType, forks: Any, days: tuple[Path, list[str], Any, Any], tmp_path: Path
) -> None:
    """In the middle of reading and comparing."""
    base, named, _, usual = days
    series = kills.Series(forks, base, tmp_path / "out", f"sqlite:///{tmp_path / 'r.db'}")
    ended = series.resolve(named[0], after=(None, 0.3 * (usual.seconds - usual.publishing)), sent=signal.SIGINT)
    assert (ended.code, ended.steps) == (130, ())
    assert ended.said.splitlines()[-1].startswith("stopped; ")
    assert "Traceback" not in ended.said
    assert series.seen() == (None, None)


# --- a full disk -----------------------------------------------------------------------------------------------------


def test_a_full_disk_of_the_folder(local: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whichever file: the old run stands in both, and with some space again the new one comes."""
    before = local.published(0)
    fsync, calls = os.fsync, 0

    def full(descriptor: int, at: int) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    for at in (1, 8, 20):
        calls = 0
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", lambda descriptor, at=at: full(descriptor, at))
            local.refused(local.resolve(1), "E303", str(local.out), "free some space")
        assert calls >= at
        assert local.agreed() == before
    assert local.published(1) != before
    assert local.number() == 2


def test_a_full_disk_of_the_registry(local: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own refusal, in the middle of its transaction."""
    before = local.published(0)
    plain = opening._prepare_sqlite

    def full(connection: sqlite3.Connection, record: object) -> None:
        plain(connection, record)
        ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
        connection.execute(f"PRAGMA max_page_count = {pages}").close()

    local.feeds(1)
    many = pl.DataFrame({name: [f"{name}{row}" for row in range(2000)] for name in PEOPLE_COLUMNS})
    many.write_csv(local.config.parent / "store.csv")
    with monkeypatch.context() as patched:
        patched.setattr(opening, "_prepare_sqlite", full)
        local.refused(
            local.command("resolve", local.config, "--out", local.out), "E600", "registry.db", "free some space"
        )
    assert local.agreed() == before
    assert len(local.published(1)) == len(before)


# --- a server that goes away -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reachable", [True, False])
@pytest.mark.parametrize("came_to_pass", [True, False])
def test_a_connection_lost_in_the_commit(
    world: World, monkeypatch: pytest.MonkeyPatch, came_to_pass: bool, reachable: bool
) -> None:
    """The registry's word counts: asked at once, or where it cannot be reached, by the next start."""
    before = world.published(0)
    publish, knows = Registry.publish, Registry.knows
    gone = RegistryError("E603", "the registry's server cannot be reached: gone", hint="look")
    lost = False

    def loses(self: Registry, publication: Any, **options: Any) -> None:
        nonlocal lost
        if came_to_pass:
            publish(self, publication, **options)
        lost = True
        raise gone

    def asked(self: Registry, run_id: str) -> Any:
        if lost and not reachable:
            raise gone
        return knows(self, run_id)

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "publish", loses)
        patched.setattr(Registry, "knows", asked)
        said = world.resolve(1)
    if came_to_pass and reachable:
        assert said.code == 0
    else:
        world.refused(said, "E603")
    registry = world.place.open()
    with RunFolder(world.out, committed=lambda name: registry.knows(name) is not None):
        pass
    assert (world.agreed() != before) == came_to_pass
    assert world.number() == (2 if came_to_pass else 1)
    world.published(1)
    assert world.number() == 2


# --- two at once -----------------------------------------------------------------------------------------------------


def test_the_second_is_refused_or_waits(
    kills: ModuleType, forks: Any, days: tuple[Path, list[str], Any, Any], place: Place
) -> None:
    """It is told who holds the right to publish; with ``--wait`` it goes on from what the first one published."""
    base, named, truths, _ = days
    series = kills.Series(forks, base, place.folder / "out", place.url)
    config = configfile.load(base / "oneid.yaml", {"ds": named[0]}).model_copy(update={"registry": place.url})
    with ThreadPoolExecutor(1) as pool:
        with oneid.resolve(config, wait=0.0, folder=series.folder) as first:
            refused = series.resolve(named[1])
            waiting = pool.submit(series.resolve, named[1], "--wait", 60)
            first.write(series.folder)
        waited = waiting.result(60)
    assert refused.code == 2
    assert f"E607 another run is writing to the registry: process {os.getpid()} on " in refused.said
    assert refused.said.count("\n") == 1
    assert waited.code == 0, waited.said
    inside, outside = series.seen()
    assert inside.same(outside)
    assert inside.merge_map.equals(truths[1].merge_map)
    assert inside.aliases.equals(truths[1].aliases)


def test_the_later_of_two_is_refused_in_python(world: World) -> None:
    """Both began from the same run; the second is refused when it publishes, and nothing of it is seen."""
    world.published(0)
    world.feeds(1)
    first, second = (oneid.resolve(world.config, run_id=name) for name in ("first", "second"))
    with first, second:
        first.write(world.out)
        one = world.agreed()
        with pytest.raises(RegistryError, match=r"E608 the registry has moved on.*Hint: "):
            second.write(world.out)
    assert world.agreed() == one
    assert world.number() == 2


def test_a_folder_that_another_writes(local: World) -> None:
    before = local.published(0)
    with RunFolder(local.out):
        local.refused(local.resolve(1), "E304", f"process {os.getpid()}")
    assert local.agreed() == before


READ = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import oneid
from oneid.registry import Registry
folder, last = Path(sys.argv[3]), int(sys.argv[4])
registry = Registry.open(sys.argv[2])
print("ready", flush=True)
seen, read = set(), 0
number = 0
while number < last:
    run = oneid.read_run(folder)
    tables = run.to_polars()
    oneids = tables["merge_map"]["oneid"].unique().sort()
    assert oneids.equals(tables["golden"]["oneid"].sort()), "two runs in the folder"
    assert set(tables["aliases"]["current_oneid"].drop_nulls()) == set(oneids), "two runs in the folder"
    inside = run.run["registry"]["number"]
    with registry._reading() as connection:
        ask = lambda query: connection.exec_driver_sql(query).fetchall()
        ((number,),) = ask("SELECT MAX(number) FROM runs")
        members = {row[0] for row in ask("SELECT oneid FROM current_members")}
        living = {row[0] for row in ask("SELECT oneid FROM current_oneids WHERE status = 'living'")}
        ((latest,),) = ask("SELECT MAX(run) FROM oneid_events")
    assert members == living and latest == number, "half a run in the registry"
    assert inside <= number, "the folder was ahead of the registry"
    seen.add(number)
    read += 1
registry.close()
print(json.dumps({"seen": len(seen), "read": read}))
"""


def test_readers_beside_runs(world: World) -> None:
    """Folder and views, read in a loop by two processes while ten runs publish: no error, and never two runs mixed."""
    world.published(0)
    command = [sys.executable, "-c", READ, str(TESTS), world.place.url, str(world.out), "11"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    readers = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for reader in readers:
        assert reader.stdout.readline() == "ready\n"  # type: ignore[union-attr]
    for day in range(1, 11):
        assert world.resolve(day).code == 0
    for reader in readers:
        said, errors = reader.communicate(timeout=60)
        assert (reader.returncode, errors) == (0, "")
        assert json.loads(said)["read"] >= 3
    world.agreed()


# --- a folder or a registry that is not the last one ----------------------------------------------------------------


def test_a_lost_folder(world: World) -> None:
    """With full feeds the OneIDs go on, with the same ones too; members of delta feeds were known there alone."""
    world.published(0)
    before = world.published(1)
    shutil.rmtree(world.out)
    assert world.published(1) == before
    shutil.rmtree(world.out)
    after = world.published(3)
    common = before.keys() & after.keys()
    assert len(common) == 7
    assert {record: after[record] for record in common} == {record: before[record] for record in common}
    world.configure("delta")
    shutil.rmtree(world.out)
    world.refused(world.resolve(5), "E623", str(world.out), "restore it from a backup", "ec, store")
    assert world.number() == 4


def test_a_copied_project_on_the_same_registry(world: World, tmp_path: Path) -> None:
    """Its acts would leave the other folder behind, so one has to be named; look-ups answer from its own."""
    first = world.published(0)
    copy = tmp_path / "copy"
    for folder in (world.config.parent, world.out):
        shutil.copytree(folder, copy / folder.name)
    words = ("registry", "merge", *sorted(set(first.values()))[:2], "--config", copy / "in" / "oneid.yaml")
    said = world.command(*words)
    assert (said.code, "E633" in said.err) == (2, True)
    assert world.agreed() == first
    assert oneid.open_lookup(copy / "in" / "oneid.yaml").run_id == oneid.read_run(world.out).run["run_id"]
    assert world.command(*words, "--out", world.out).code == 0
    assert len(set(world.agreed().values())) == len(set(first.values())) - 1


def test_a_moved_folder(local: World, tmp_path: Path) -> None:
    """Given with --out it is found, so that delta feeds go on; then it is where the registry looks."""
    local.configure("delta")
    before = local.published(0)
    moved = tmp_path / "elsewhere" / "moved"
    moved.parent.mkdir()
    local.out.rename(moved)
    after = local.published(1, moved)
    assert before.keys() < after.keys()
    assert not local.out.exists()
    local.feeds(2)
    with oneid.resolve(local.config) as result:
        assert result.published_in == moved
        result.write(moved)
    assert after.keys() < local.agreed(moved).keys()


def test_a_folder_of_another_registry(local: World, tmp_path: Path) -> None:
    """Neither its members nor its OneIDs are taken, and it is not written over."""
    local.published(0)
    local.configure(registry=f"sqlite:///{tmp_path / 'other.db'}")
    local.refused(local.resolve(1), "E624", "publish into another folder")
    local.feeds(1)
    with oneid.resolve(local.config) as result, pytest.raises(RegistryError, match="E624"):
        result.write(local.out)
    local.configure()
    local.agreed()


def test_a_registry_that_began_anew_or_is_an_older_backup(local: World, tmp_path: Path) -> None:
    """The folder is ahead of it: going on would give OneIDs anew, so it is said, also where no folder is named."""
    local.published(0)
    file = tmp_path / "registry.db"
    local.place.open().backup(tmp_path / "older.db")
    last = local.published(1)
    local.place.close()
    newest = file.read_bytes()

    def put(content: bytes | None) -> None:
        for path in tmp_path.glob("registry.db*"):
            if path.is_file():
                path.unlink()
        if content is not None:
            file.write_bytes(content)

    for content in ((tmp_path / "older.db").read_bytes(), None):
        put(content)
        local.refused(local.resolve(2), "E624", "number 2", "older backup")
        local.feeds(2)
        with pytest.raises(RegistryError, match="E624"), oneid.resolve(local.config) as result:
            result.write(local.out)
        assert read_tables(local.out, verify=True).run["registry"]["number"] == 2
    put(newest)
    assert local.agreed() == last
    local.published(2)


def test_a_folder_that_is_an_older_backup(world: World, tmp_path: Path) -> None:
    """Said, with whatever feeds; moved away, full feeds go on with the same OneIDs."""
    world.published(0)
    shutil.copytree(world.out, tmp_path / "backup")
    last = world.published(1)
    shutil.rmtree(world.out)
    (tmp_path / "backup").rename(world.out)
    world.refused(world.resolve(3), "E631", "holds run 1", "run 2", str(world.out))
    assert world.number() == 2
    world.out.rename(tmp_path / "backup")
    found = world.published(3)
    common = found.keys() & last.keys()
    assert len(common) == 7
    assert {record: found[record] for record in common} == {record: last[record] for record in common}


def test_nothing_new_in_a_folder_that_is_behind(local: World, tmp_path: Path) -> None:
    """Who publishes into two folders by turns finds the last run in the one that is named."""
    other = tmp_path / "other"
    local.published(0)
    last = local.published(1, other)
    assert local.published(1) == last
    assert local.number() == 2
    local.published(2)


@pytest.mark.parametrize("name", ["merge_map.parquet", "known/base/features.arrow", "state/pairs.parquet"])
def test_a_damaged_file_of_the_folder(local: World, name: str) -> None:
    local.published(0)
    path = local.out / name
    path.write_bytes(b"junk" + path.read_bytes()[4:-4] + b"junk")  # a link: the set's own file too
    said = local.resolve(1)
    local.refused(said, "E252", name, "backup")
    assert local.number() == 1
    with pytest.raises(InputError, match="E252"):
        read_tables(local.out, verify=True)


def test_a_damaged_registry(local: World, tmp_path: Path) -> None:
    local.published(0)
    local.place.close()
    (tmp_path / "registry.db").write_bytes(b"\xa5" * 8192)
    local.refused(local.resolve(1), "E604", "registry.db", "last backup")
    assert read_tables(local.out, verify=True).run["registry"]["number"] == 1


def test_a_run_that_was_not_the_registrys(local: World) -> None:
    """Outputs made before there was a registry may be where its first run goes."""
    local.configure(registry=None)
    assert local.resolve(0).code == 0
    local.configure()
    local.published(0)
