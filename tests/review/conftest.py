"""A run with a registry, to decide about: made once, and copied for each test that writes.

Where the extra ``review`` is not installed these tests are left out and named, or fail if ONEID_REQUIRE_SERVERS is 1.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

import oneid
from oneid.demo import generate
from oneid.registry import Registry
from oneid.review.books import FileBook, RegistryBook
from oneid.review.pairs import RunPairs

MISSING = find_spec("starlette") is None or find_spec("jinja2") is None or find_spec("uvicorn") is None
collect_ignore = (
    ["test_guard.py", "test_web.py", "test_in_browser.py", "test_screens.py"]
    if MISSING and os.environ.get("ONEID_REQUIRE_SERVERS") != "1"
    else []
)


def pytest_report_header() -> str | None:
    return "left out here: the review page (pip install starlette uvicorn jinja2 httpx)" if collect_ignore else None


class Shop(NamedTuple):
    """A folder with a config, its registry and its run in ``out``."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "oneid.yaml"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def registry(self) -> Registry:
        return Registry.open(f"sqlite:///{self.folder / 'oneid.db'}", create=False)

    def book(self) -> RegistryBook:
        return RegistryBook(self.registry(), self.out)

    def pairs(self) -> RunPairs:
        return RunPairs(self.out)


@pytest.fixture(scope="session")
def made_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    config = generate(records=800, seed=3).write(folder)
    said = yaml.safe_load(config.read_text("utf-8")) | {"registry": "sqlite:///oneid.db"}
    config.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), "utf-8")
    oneid.resolve(config).write(folder / "out")
    return Shop(folder)


@pytest.fixture
def shop(made_shop: Shop, tmp_path: Path) -> Shop:
    """A copy that a test may write to."""
    return Shop(Path(shutil.copytree(made_shop.folder, tmp_path / "shop")))


@pytest.fixture
def labels(tmp_path: Path) -> FileBook:
    """A decisions file that is not there yet."""
    return FileBook(tmp_path / "decisions.csv")
