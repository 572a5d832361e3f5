"""The seal of a registry's file: which changes it tells, what stays sealed, and what is looked through instead."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from identity.small import follow, partition_of
from oneid.registry import Registry
from oneid.registry.filesum import refuse_damage
from oneid.vocabulary.errors import RegistryError
from registry.stories import publish, publish_all

UNSEEN = {*range(24, 28), *range(40, 44), *range(92, 100)}
"""What SQLite writes into the header by itself."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A registry after two runs."""
    with Registry.open("sqlite:///r.db", base=tmp_path) as registry:
        publish_all(registry, [partition_of("a1", "a2"), partition_of("a1")])
    return tmp_path / "r.db"


def sealed(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0])


def opened(file: Path, *, create: bool = True) -> str:
    """The code with which a file is refused; empty where it is taken."""
    try:
        Registry.open(f"sqlite:///{file}", create=create).close()
    except RegistryError as error:
        return error.code
    return ""


def test_every_flipped_bit(file: Path) -> None:
    """By whoever writes and whoever only reads."""
    whole, chance = file.read_bytes(), random.Random(7)
    assert sealed(file)
    for number in range(40):
        at = number if number < 100 and number not in UNSEEN else chance.randrange(100, len(whole))
        flipped = bytearray(whole)
        flipped[at] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        assert opened(file, create=number % 2 == 0) in ("E604", "E600")
    file.write_bytes(whole)
    assert opened(file) == ""


def test_what_stays_sealed(file: Path) -> None:
    """Copies, backups, pruning, and whoever reads meanwhile."""
    with Registry.open(f"sqlite:///{file}") as registry:
        registry.backup(file.with_name("backup.db"))
        with closing(sqlite3.connect(file)) as reader:
            assert reader.execute("SELECT count(*) FROM runs").fetchone() == (2,)
            refuse_damage(registry._engine, walked=True)
        registry.prune(registry.head().at)  # type: ignore[union-attr]
    shutil.copy(file, file.with_name("copy.db"))
    for path in (file, file.with_name("backup.db"), file.with_name("copy.db")):
        assert sealed(path)
        assert opened(path) == ""


def test_a_registry_that_was_not_closed(file: Path) -> None:
    """A write that never came to its end takes the seal along: SQLite looks through such a file, when it is written."""
    with Registry.open(f"sqlite:///{file}") as registry, registry._writing():
        pass
    assert not sealed(file)
    assert opened(file) == ""
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xa5" * 4096 + whole[12288:])
    assert opened(file) == "E604"
    file.write_bytes(whole)
    with Registry.open(f"sqlite:///{file}") as registry:
        *_, third = follow(*(partition_of(*some) for some in (("a1", "a2"), ("a1",), ("a1", "a2"))))
        publish(registry, 3, registry.state(), third)
    assert sealed(file)


def test_another_program_may_write_if_it_says_so(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE INDEX mine ON events (event)")
    assert opened(file) == "E604"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 0")
    assert opened(file) == ""
