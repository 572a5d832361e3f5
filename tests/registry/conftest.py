"""One fixture, both databases: every test of the registry runs on SQLite and on a real PostgreSQL server.

Where the server is not installed its lane is left out and named, or fails if ONEID_REQUIRE_SERVERS is 1.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from oneid.registry import Registry
from registry import server

_left_out = pytest.StashKey[int]()
_numbers = itertools.count()


def _needs_server(item: pytest.Item) -> bool:
    return "postgresql" in getattr(getattr(item, "callspec", None), "params", {}).values()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if server.programs() is not None or os.environ.get("ONEID_REQUIRE_SERVERS") == "1":
        return
    gone = [item for item in items if _needs_server(item)]
    config.hook.pytest_deselected(items=gone)
    config.stash[_left_out] = len(gone)
    items[:] = [item for item in items if not _needs_server(item)]


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> str | None:
    left_out = config.stash.get(_left_out, 0)
    return f"lane left out here: PostgreSQL, {left_out} tests (apt-get install postgresql)" if left_out else None


class Place:
    """Where registries of one test live; each :meth:`new` is the address of another, empty one."""

    def __init__(self, kind: str, folder: Path, socket: str) -> None:
        self.kind = kind
        self.folder = folder
        self._socket = socket
        self._opened: list[Registry] = []
        self.url = self.new()

    def new(self) -> str:
        number = next(_numbers)
        if self.kind == "sqlite":
            return f"sqlite:///registry {number}.db"
        name = f"registry_{os.getpid()}_{number}"
        with psycopg.connect(host=self._socket, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"postgresql://postgres:secret@/postgres?host={self._socket}&options=-csearch_path%3D{name}"

    def open(self, url: str | None = None, **options: object) -> Registry:
        registry = Registry.open(url or self.url, base=self.folder, **options)  # type: ignore[arg-type]
        self._opened.append(registry)
        return registry

    @property
    def file(self) -> Path:
        assert self.kind == "sqlite"
        return self.folder / self.url.removeprefix("sqlite:///")

    def close(self) -> None:
        for registry in self._opened:
            registry.close()


@pytest.fixture(scope="session")
def socket() -> Iterator[str]:
    if server.programs() is None:
        pytest.fail("PostgreSQL is not installed, and ONEID_REQUIRE_SERVERS asks for it: apt-get install postgresql")
    with server.running() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    socket = request.getfixturevalue("socket") if request.param == "postgresql" else ""
    made = Place(request.param, tmp_path, socket)
    yield made
    made.close()


@pytest.fixture
def registry(place: Place) -> Registry:
    """An empty registry."""
    return place.open(key=b"k")
