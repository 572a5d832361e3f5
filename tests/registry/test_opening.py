"""Opening a registry: addresses that are none, addresses with secrets, and files that may only be read."""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from identity.small import follow, partition_of
from oneid.identity.state import State
from oneid.registry import Registry
from oneid.settings.config import Config
from oneid.vocabulary.errors import OneIDError, RegistryError
from oneid.vocabulary.references import RecordRef
from registry.stories import publish

SECRET = "sesame"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///\0.db", "sqlite:///a\nb.db", "sqlite:///\ud800.db", "sqlite:///x.db?timeout=sesame",
        "sqlite:///x.db?password=sesame", "sqlite://me:sesame@host/x.db", "sqlite:///file:x?mode=ro&uri=true",
        "postgresql://h/x?port=sesame", "postgresql://" + "h" * 300 + "/x?password=sesame", "postgresql://me:ses%00ame@h/x",
        "postgresql://me:sesame@\ud800/x", "postgresql://h:x/y?password=sesame", "nonsense?password=sesame", "",
    ],
)  # fmt: skip
def test_no_address(url, tmp_path) -> None:
    """E601 and no word of the address, where nothing can be reached by it."""
    for create in (True, False):
        with pytest.raises(RegistryError) as told:
            Registry.open(url, base=tmp_path, create=create)
        assert told.value.code == "E601"
        assert SECRET not in str(told.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:sesame@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x?password=sesame",
        "postgresql://127.0.0.1:1/x?passwd=sesame", "postgresql://127.0.0.1:1/x?sslmode=sesame",
        "postgresql://127.0.0.1:1/x?sslpassword=sesame&host=127.0.0.1", "postgresql://127.0.0.1:1/x?connect_timeout=sesame",
        "postgresql://127.0.0.1:1/x?options=-c%20x%3Dsesame", "postgresql://127.0.0.1:1/x?sslrootcert=/sesame",
    ],
)  # fmt: skip
def test_no_secret_is_shown(url, tmp_path) -> None:
    """Neither in errors nor in what a registry or a config says of itself."""
    with pytest.raises(RegistryError) as told:
        Registry.open(url, base=tmp_path)
    assert told.value.code in ("E600", "E603")
    assert SECRET not in str(told.value)
    config = Config(sources={}, registry=url, key="env:sesame")
    assert SECRET not in repr(config) + str(config)


ZONES = [timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59, microseconds=1)), UTC]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("moment", [datetime.min, datetime.max, datetime(1969, 12, 31)])
def test_moments_of_any_zone_and_year(zone, moment, tmp_path) -> None:
    """Nothing overflows: before the first run there is none."""
    with Registry.open("sqlite:///x.db", base=tmp_path) as registry:
        when = moment.replace(tzinfo=zone)
        assert registry.oneid("OID", when) is None
        assert registry.events(since=when, limit=10**30).is_empty()
        assert set(registry.prune(when).values()) == {0}


def test_names_that_no_database_holds(tmp_path) -> None:
    """Half of a character: an error with words."""
    with Registry.open("sqlite:///x.db", base=tmp_path) as registry:
        for ask in (registry.oneid, lambda text: registry.find(RecordRef("ec", text)), registry.knows):
            with pytest.raises(RegistryError) as told:
                ask("\ud800")
            assert told.value.code == "E600"


def test_a_path_that_is_too_long(tmp_path) -> None:
    for path in ("n" * 300, "p/" * 2100 + "x"):
        with pytest.raises(RegistryError) as told:
            Registry.open(f"sqlite:///{path}", base=tmp_path)
        assert told.value.code == "E600"


def test_a_backup_is_as_private_as_its_registry(tmp_path) -> None:
    with Registry.open("sqlite:///x.db", base=tmp_path) as registry:
        (tmp_path / "x.db").chmod(0o600)
        registry.backup(tmp_path / "copy.db")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


READ = """
import sys
from pathlib import Path
from oneid.registry import Registry
from oneid.vocabulary.errors import OneIDError
with Registry.open("sqlite:///x.db", base=Path(sys.argv[1]), create=False) as registry:
    print(registry.head(), registry.runs().height, registry.tombstones().len())
    registry.backup(Path(sys.argv[2]))
    try:
        with registry.lock():
            registry.prune(__import__("datetime").datetime.now(__import__("datetime").UTC))
        print("written")
    except OneIDError as error:
        print(error.code)
"""


def _without_the_right_to_override() -> None:
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


@pytest.mark.skipif(sys.platform != "linux", reason="root reads and writes everything elsewhere")
@pytest.mark.parametrize("case", ["folder", "file", "both", "written meanwhile"])
def test_reading_where_nothing_may_be_written(case, tmp_path) -> None:
    """The file, its folder, or both; also while somebody else has it open. Nothing is changed, a backup is whole."""
    folder = tmp_path / "kept"
    folder.mkdir()
    registry = Registry.open("sqlite:///x.db", base=folder)
    if case == "written meanwhile":
        registry.runs()
    else:
        registry.close()
    if case != "folder":
        (folder / "x.db").chmod(0o444)
    if case != "file":
        folder.chmod(0o555)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    command = [sys.executable, "-c", READ, str(folder), str(tmp_path / "copy.db")]
    done = subprocess.run(
        command, preexec_fn=_without_the_right_to_override, capture_output=True, text=True, timeout=120, check=False
    )
    folder.chmod(0o755)
    registry.close()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "None 0 0"
    if case in ("folder", "both"):
        assert done.stdout.splitlines()[1] == "E600"
        assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}.items() >= before.items()
    with Registry.open(f"sqlite:///{tmp_path / 'copy.db'}", create=False) as copy:
        assert copy.head() is None


@pytest.mark.skipif(sys.platform != "linux", reason="root reads and writes everything elsewhere")
def test_a_change_under_a_reader_is_told(tmp_path, monkeypatch) -> None:
    """Whoever reads a file that nobody writes notices that somebody did."""
    with Registry.open("sqlite:///x.db", base=tmp_path):
        pass
    monkeypatch.setattr("oneid.registry.opening.os.access", lambda path, mode: mode != os.W_OK)
    with Registry.open("sqlite:///x.db", base=tmp_path, create=False) as registry:
        assert registry.head() is None
        with pytest.raises(RegistryError) as told, registry._reading():
            os.utime(tmp_path / "x.db", ns=(1, 1))
        assert told.value.code == "E607"
        assert registry.head() is None
        assert Path(tmp_path / "x.db-wal").exists() is False


@pytest.mark.parametrize("name", ["", ".", "n" * 255, "no/where", "pipe"])
def test_a_backup_that_cannot_be(name, tmp_path, monkeypatch) -> None:
    """Whatever the name (E600, a folder E302), and what is no file stays what it is."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with Registry.open("sqlite:///x.db", base=tmp_path) as registry:
        with pytest.raises(OneIDError) as told:
            registry.backup(Path(name))
        assert told.value.code == ("E302" if name in ("", ".") else "E600")
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


def test_a_copy_knows_its_original(tmp_path) -> None:
    """Where that is, as long as it is there and is that registry; the original, by whatever name, has none."""
    (done,) = follow(partition_of("a1"))
    first, copy = tmp_path / "x.db", tmp_path / "copy.db"
    with Registry.open(f"sqlite:///{first}") as registry:
        assert registry.original() is None
        registry.identify()
        publish(registry, 1, State.empty(), done)
        assert registry.original() is None
        registry.backup(copy)
    with Registry.open(f"sqlite:///{copy}") as registry:
        assert registry.original() == str(first)
    (tmp_path / "link.db").hardlink_to(first)
    with Registry.open(f"sqlite:///{tmp_path / 'link.db'}") as registry:
        assert registry.original() is None
    (tmp_path / "link.db").unlink()
    first.unlink()
    with Registry.open(f"sqlite:///{copy}") as registry:
        assert registry.original() is None
        with Registry.open(f"sqlite:///{first}") as another:
            another.identify()
        assert registry.original() is None


def test_a_backup_replaces_nothing_but_an_earlier_one(tmp_path) -> None:
    """Not that of another registry, nor a registry, nor one that somebody has gone on with."""
    (done,) = follow(partition_of("a1"))
    copy = tmp_path / "copy.db"
    with (
        Registry.open("sqlite:///x.db", base=tmp_path) as registry,
        Registry.open("sqlite:///y.db", base=tmp_path) as other,
    ):
        for one in (registry, other):
            one.identify()
        registry.backup(copy)
        registry.backup(copy)
        for one, path in ((other, copy), (registry, tmp_path / "y.db")):
            before = path.read_bytes()
            with pytest.raises(OneIDError, match="E307"):
                one.backup(path)
            assert path.read_bytes() == before
        with Registry.open(f"sqlite:///{copy}") as gone_on:
            publish(gone_on, 1, State.empty(), done)
        with pytest.raises(OneIDError, match="E307"):
            registry.backup(copy)


def test_no_driver_for_a_server(tmp_path, monkeypatch) -> None:
    """Is told with how to install it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RegistryError, match=r"E601 the driver of PostgreSQL is not installed.*postgres"):
        Registry.open("postgresql://127.0.0.1:1/x", base=tmp_path)
