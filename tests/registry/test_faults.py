"""Two at once, kills, readers, damaged files, other versions, another key."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from identity.small import follow
from oneid.identity.state import State
from oneid.outputs.folderlock import LOCKS
from oneid.registry import Registry, migrate, opening
from oneid.registry.opening import _address, _engine
from oneid.registry.schema import METADATA
from oneid.vocabulary.errors import RegistryError
from registry.conftest import Place
from registry.stories import merged_and_split, publication, publish, publish_all

TESTS = str(Path(__file__).parent.parent)

HOLD = """
import sys
from pathlib import Path
from oneid.registry import Registry
with Registry.open(sys.argv[1], base=Path(sys.argv[2])) as registry, registry.lock():
    print("held", flush=True)
    sys.stdin.read()
"""

KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from identity.small import follow
from oneid.registry import Registry
from registry.stories import merged_and_split, publication
def step(name):
    if name == sys.argv[4]:
        os.kill(os.getpid(), signal.SIGKILL)
first, second = follow(*merged_and_split()[:2])
registry = Registry.open(sys.argv[2], base=Path(sys.argv[3]), key=b"k")
registry.publish(publication(2, first.state, second), step=step)
"""

READ = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from oneid.registry import Registry
registry = Registry.open(sys.argv[2], base=Path(sys.argv[3]))
print("ready", flush=True)
seen = []
while not seen or seen[-1] < 12:
    state, head = registry.state(), registry.head()
    living = set(state.oneids["current_oneid"].drop_nulls())
    assert living == set(state.assignments["oneid"]), "half a run"
    seen.append(head.number)
assert seen == sorted(seen)
registry.close()
"""


def child(script: str, *arguments: str) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", script, *arguments], **pipes)  # type: ignore[call-overload]


def test_one_writer_at_a_time(place: Place) -> None:
    """The second is told who holds the lock and since when; it is free once the holder is killed."""
    registry = place.open()
    before = datetime.now(UTC).replace(microsecond=0)
    with child(HOLD, place.url, str(place.folder)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RegistryError, match="E607") as refused, registry.lock(0.05):
            pass
        assert f"process {holder.pid} on " in str(refused.value)
        since = str(refused.value).partition(" since ")[2].partition(" UTC")[0]
        held = datetime.fromisoformat(since).replace(tzinfo=UTC)
        assert before <= held <= datetime.now(UTC)
        holder.kill()
    with registry.lock(5):
        other = place.open()
        with pytest.raises(RegistryError, match=f"process {os.getpid()} on "), other.lock():
            pass
    with registry.lock():
        pass


@pytest.mark.slow
def test_killed_at_every_step(place: Place) -> None:
    """The old state stands until the commit, the new one from then on; never a half."""
    first, second = follow(*merged_and_split()[:2])
    steps: list[str] = []
    model = place.open(place.new())
    publish(model, 1, State.empty(), first)
    model.publish(publication(2, first.state, second), step=steps.append)
    assert steps == ["run", "memberships", "oneids", "events", "commit", "tidy"]
    urls = {step: place.new() for step in steps}
    for url in urls.values():
        publish(place.open(url, key=b"k"), 1, State.empty(), first)
    place.close()
    for pair in (steps[:3], steps[3:]):
        children = [child(KILLED, TESTS, urls[step], str(place.folder), step) for step in pair]
        assert [process.communicate(timeout=60) and process.returncode for process in children] == [-signal.SIGKILL] * 3
    for step, url in urls.items():
        registry = place.open(url, key=b"k")
        expected = second if step == "tidy" else first
        assert registry.state().assignments.equals(expected.state.assignments.sort("source", "source_id")), step
        assert registry.head().number == (2 if step == "tidy" else 1)  # type: ignore[union-attr]
        if step != "tidy":
            publish(registry, 2, first.state, second)


def test_readers_beside_a_writer(place: Place) -> None:
    """Readers in other processes see one run or another, whole, while twelve are published; nobody fails or waits."""
    registry = place.open()
    results = follow(*(merged_and_split()[:3] * 4))
    publish(registry, 1, State.empty(), results[0])
    readers = [child(READ, TESTS, place.url, str(place.folder)) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for number in range(2, 13):
        publish(registry, number, results[number - 2].state, results[number - 1])
    assert [reader.communicate(timeout=60) and reader.returncode for reader in readers] == [0, 0]


def test_a_reader_in_the_middle_of_reading_sees_its_moment(place: Place) -> None:
    registry, other = place.open(), place.open()
    first, second = follow(*merged_and_split()[:2])
    publish(registry, 1, State.empty(), first)
    count = sa.text("SELECT COUNT(*) FROM runs")
    with other._reading() as connection:
        assert connection.execute(count).scalar() == 1
        publish(registry, 2, first.state, second)
        assert connection.execute(count).scalar() == 1
    assert other.head().number == 2  # type: ignore[union-attr]


def test_the_schema_is_what_the_steps_make(registry: Registry) -> None:
    with registry._reading() as connection:
        assert migrate.version(connection) == migrate.latest()
        options = {"version_table": "oneid_registry_version", "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata_without_comments(context) == []
        inspector = sa.inspect(connection)
        for table in METADATA.sorted_tables:
            named = [column.name for column in table.primary_key]
            assert inspector.get_pk_constraint(table.name)["constrained_columns"] == named, table.name


def compare_metadata_without_comments(context: MigrationContext) -> list[object]:
    """Comments are kept by one database only, and no step makes them."""
    found = compare_metadata(context, METADATA)
    flat = [change for group in found for change in (group if isinstance(group, list) else [group])]
    return [change for change in flat if "comment" not in change[0]]


def made_old(place: Place) -> None:
    """A registry of version 0001 that holds one run and a decision."""
    engine = _engine(_address(place.url, place.folder))
    with engine.begin() as connection:
        migrate.upgrade(connection, "0001")
        connection.execute(sa.text("INSERT INTO runs VALUES (1, 'r', 1000000, 'run', 'i', NULL, NULL, '{}')"))
        values = "1, 0, 'a', '1', 'b', '1', 'same', 'x', NULL, NULL, NULL"
        connection.execute(sa.text(f"INSERT INTO decisions VALUES ({values})"))
        connection.execute(sa.text("CREATE VIEW current_members AS SELECT 1 AS an_older_column"))
    engine.dispose()


def test_an_older_version_is_brought_up_to_date(place: Place) -> None:
    """After a copy as it was; a reader is no reason not to."""
    made_old(place)
    registry = place.open()
    assert "from version 0001 to 0002" in registry.notes[0]
    assert registry.decisions().row(0) == ("a", "1", "b", "1", "same", "x", None, None, None, None, 1)
    assert registry.rekeys().is_empty()
    assert registry.head().at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)  # type: ignore[union-attr]
    assert registry.events().is_empty()
    assert place.open().notes == ()
    if place.kind == "sqlite":
        copy = place.file.with_name(place.file.name + ".before-0002.bak")
        assert copy.name in registry.notes[0]
        with closing(sqlite3.connect(copy)) as old:
            assert old.execute("SELECT version_num FROM oneid_registry_version").fetchall() == [("0001",)]
            assert old.execute("SELECT decision FROM decisions").fetchall() == [("same",)]
    else:
        assert "pg_dump" in registry.notes[0]


def test_an_update_that_fails_changes_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made_old(place)

    def broken(connection: sa.Connection) -> None:
        connection.execute(sa.text("SELECT * FROM nowhere"))

    monkeypatch.setattr(migrate, "create_views", broken)
    with pytest.raises(RegistryError, match="E600"):
        place.open()
    engine = _engine(_address(place.url, place.folder))
    with engine.connect() as connection:
        assert migrate.version(connection) == "0001"
        assert "rekeys" not in sa.inspect(connection).get_table_names()
    engine.dispose()


def test_a_newer_version_is_refused(place: Place) -> None:
    registry = place.open()
    with registry._writing() as connection:
        connection.execute(sa.text("UPDATE oneid_registry_version SET version_num = '9999'"))
    with pytest.raises(RegistryError, match=r"E605 the registry has version 9999"):
        place.open()


def test_tables_of_another_program_are_left_alone(place: Place) -> None:
    engine = _engine(_address(place.url, place.folder))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (what TEXT)"))
    engine.dispose()
    with pytest.raises(RegistryError, match=r"E605 there are tables of another program: events"):
        place.open()


def test_the_key_belongs_to_the_registry(place: Place) -> None:
    """From the first publication on; who only reads needs none."""
    place.open(key=b"another")
    (done,) = follow(merged_and_split()[0])
    publish(place.open(key=b"k" * 100), 1, State.empty(), done)
    with pytest.raises(RegistryError, match=r"E606 the registry belongs to another key"):
        place.open(key=b"another")
    assert place.open().head() is not None
    assert place.open(key=b"k" * 100).head() is not None


def test_two_keys_at_once(place: Place) -> None:
    one, other = place.open(key=b"1"), place.open(key=b"2")
    first, second = follow(*merged_and_split()[:2])
    publish(one, 1, State.empty(), first)
    with pytest.raises(RegistryError, match="E606"):
        publish(other, 2, first.state, second)


def test_none_there(place: Place) -> None:
    with pytest.raises(RegistryError, match="E602"):
        place.open(create=False)
    place.open()
    assert place.open(create=False).head() is None


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql+psycopg2://host/db",
        "sqlite+x:///f",
    ],
)
def test_addresses_that_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="E601"):
        Registry.open(url, base=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_value_of_a_statement_is_told(place: Place) -> None:
    """Not even where an error is not ours: the engine itself hides them."""
    assert _engine(_address(place.url, place.folder)).hide_parameters


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegistryError, match=r"E600 the registry's f(older cannot be written|ile cannot be made)"):
        Registry.open("sqlite:///file/r.db", base=tmp_path)


def test_what_a_crash_left_of_a_new_file(file: Path) -> None:
    """Is made anew."""
    file.unlink()
    file.with_name(file.name + ".new").write_bytes(b"half a file")
    with Registry.open(f"sqlite:///{file}") as registry:
        assert registry.head() is None


def test_since_when_the_last_writer_has_it(file: Path) -> None:
    """Of the files of a lock the newest tells."""
    url = f"sqlite:///{file}"
    with Registry.open(url) as registry, registry.lock():
        locks = [file.with_name(file.name + ".lock") / name for name in LOCKS]
        for nth, path in enumerate(locks):
            path.touch()
            os.utime(path, (86_400 * (nth + 1),) * 2)
        with Registry.open(url) as other, pytest.raises(RegistryError, match="since 1970-01-03"), other.lock():
            pass


def test_a_copy_outlives_a_power_cut(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is on the disk before it has its name, and the name before anybody is told."""
    flushed: list[Path] = []
    monkeypatch.setattr(opening, "_flush", flushed.append)
    with Registry.open(f"sqlite:///{file}") as registry:
        registry.backup(tmp_path / "copy.db")
    assert flushed == [tmp_path / "copy.db.part", tmp_path]
    flushed.clear()
    with Registry.open("sqlite:///other.db", base=tmp_path):
        assert flushed == [tmp_path / "other.db.new", tmp_path]


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """The password is not shown."""
    url = f"postgresql://me:my-secret@/db?host={tmp_path}"
    with pytest.raises(RegistryError, match="E603") as refused:
        Registry.open(url)
    assert "my-secret" not in str(refused.value)
    assert refused.value.__cause__ is None


# --- the file of SQLite ----------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A registry of four runs, closed."""
    with Registry.open("sqlite:///r.db", base=tmp_path) as registry:
        publish_all(registry, merged_and_split())
    return tmp_path / "r.db"


@pytest.mark.parametrize("content", [b"", b"id,oneid\n" * 1000])
def test_a_file_that_is_no_database(file: Path, content: bytes) -> None:
    """An empty one is no new one: OneIDs would be given anew."""
    file.write_bytes(content)
    with pytest.raises(RegistryError, match=r"E604 .*put the last backup in its place"):
        Registry.open(f"sqlite:///{file}")
    assert file.read_bytes() == content


def test_a_damaged_file(file: Path) -> None:
    """Whatever part of it is overwritten: reading says E604, or gives what was there; never anything else."""
    whole, size = file.read_bytes(), 4096
    with Registry.open(f"sqlite:///{file}") as registry:
        expected = registry.state()
    refused = 0
    for page in range(1, len(whole) // size):
        file.write_bytes(whole[: page * size] + b"\xa5" * size + whole[(page + 1) * size :])
        code, found = "", expected
        try:
            with Registry.open(f"sqlite:///{file}") as registry:
                found = registry.state()
        except RegistryError as error:
            code = error.code
        assert found.oneids.equals(expected.oneids)
        assert found.assignments.equals(expected.assignments)
        assert code in ("", "E604")
        refused += code == "E604"
    assert refused >= 3


def test_a_file_that_went_missing(file: Path) -> None:
    """Its log alone is no reason to begin anew."""
    file.unlink()
    file.with_name("r.db-wal").write_bytes(b"log")
    with pytest.raises(RegistryError, match=r"E604 the registry's file is gone"):
        Registry.open(f"sqlite:///{file}")
    assert not file.exists()


def test_a_backup_is_the_registry(file: Path, tmp_path: Path) -> None:
    """Also while it is in use; without a log beside it."""
    copy = tmp_path / "copy" / "r.db"
    with Registry.open(f"sqlite:///{file}") as registry:
        with pytest.raises(RegistryError, match="E600"):
            registry.backup(copy)
        copy.parent.mkdir()
        registry.backup(copy)
        assert [path.name for path in copy.parent.iterdir()] == ["r.db"]
        with Registry.open(f"sqlite:///{copy}") as other:
            assert other.state().assignments.equals(registry.state().assignments)
            assert other.runs().equals(registry.runs())


def test_the_log_stays_small(file: Path) -> None:
    with Registry.open(f"sqlite:///{file}") as registry:
        publish(registry, 5, registry.state(), follow(*merged_and_split(), {})[4])
        assert file.with_name("r.db-wal").stat().st_size == 0
        with registry._reading() as connection:
            pragmas = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            found = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]
    assert found == ["wal", 2, 1, 1]


def test_a_server_is_backed_up_by_itself(place: Place, tmp_path: Path) -> None:
    if place.kind == "postgresql":
        with pytest.raises(RegistryError, match="pg_dump"):
            place.open().backup(tmp_path / "copy")
    else:
        place.open().backup(tmp_path / "copy")
        assert (tmp_path / "copy").exists()
