"""What databases say when they refuse, in the words for users."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from oneid.registry.failures import shown, told
from oneid.vocabulary.errors import RegistryError

SQLITE = sa.create_engine("sqlite:////nowhere/r.db")
SERVER = sa.create_engine("postgresql+psycopg://me:my-secret@host/db")


def refused(engine: sa.Engine, error: BaseException) -> RegistryError:
    with pytest.raises(RegistryError) as caught, told(engine):
        raise error
    assert caught.value.__cause__ is None
    assert caught.value.place is not None
    assert caught.value.place.file == shown(engine.url)
    return caught.value


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        *((f"SQLITE_{end}", "E604", "put the last backup") for end in (
            "CORRUPT", "NOTADB", "CORRUPT_INDEX", "CORRUPT_SEQUENCE", "CORRUPT_VTAB")),
        *((f"SQLITE_{end}", "E607", "try again") for end in (
            "BUSY", "LOCKED", "BUSY_SNAPSHOT", "BUSY_RECOVERY", "BUSY_TIMEOUT")),
        ("SQLITE_FULL", "E600", "free some space"),
        ("SQLITE_IOERR", "E600", "look at the file"),
        ("", "E600", "look at the file"),
    ],
)  # fmt: skip
def test_a_file(name: str, code: str, hint: str) -> None:
    """By the name of SQLite's error; also inside SQLAlchemy's."""
    error = sqlite3.OperationalError("said")
    if name:
        error.sqlite_errorname = name
    for raised in (error, sa.exc.OperationalError("SELECT 1", {}, error)):
        found = refused(SQLITE, raised)
        assert found.code == code
        assert hint in str(found.hint)
    assert ("said" in found.message) == (code == "E600")


@pytest.mark.parametrize("state", ["08006", "57P01", "28P01"])
def test_a_server_that_cannot_be_reached(state: str) -> None:
    """Not connected, shut down, who is not let in."""
    found = refused(SERVER, errors.lookup(state)("line one\nline two"))
    assert found.code == "E603"
    assert found.message.endswith(": line one")
    assert "user and database" in str(found.hint)


def test_a_connection_that_fails_says_its_first_line_without_the_password() -> None:
    """Nothing said: the kind of error."""
    found = refused(SERVER, psycopg.OperationalError("  wrong my-secret\nDETAIL: member 7"))
    assert (found.code, found.message.rpartition(": ")[2]) == ("E603", "wrong ***")
    assert refused(SERVER, psycopg.OperationalError("")).message.endswith(": OperationalError")
    bare = sa.create_engine("postgresql+psycopg://me@host/db")
    assert refused(bare, psycopg.OperationalError("said")).message.endswith(": said")


@pytest.mark.parametrize("state", ["53300", "23505", "42P01"])
def test_a_server_that_refuses_tells_no_details(state: str) -> None:
    """Too many connections, a row that is there already, no such table: the kind alone, for details hold members."""
    kind = errors.lookup(state)
    found = refused(SERVER, kind("Key (source_id)=(7)"))
    assert (found.code, found.message.rpartition(": ")[2]) == ("E600", kind.__name__)


def test_addresses_are_shown_without_passwords() -> None:
    """A file by its path."""
    assert shown(SQLITE.url) == "/nowhere/r.db"
    assert shown(SERVER.url) == "postgresql+psycopg://me:***@host/db"
    with told(SQLITE):
        pass
    with pytest.raises(ZeroDivisionError), told(SQLITE):
        _ = 1 // 0
