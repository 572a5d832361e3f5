"""A small world that lasts: data frames, a config with a registry on SQLite, and the folder of its runs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from polars.testing import assert_frame_equal

import oneid
from oneid.demo import IDS
from oneid.demo.days import DELETED
from oneid.outputs.runtables import read_tables
from oneid.registry import Registry
from oneid.settings.configfile import from_dict

Frames = Mapping[str, pl.DataFrame]
RECORD = ["source", "source_id"]
PUBLISHED = ("merge_map", "links", "review", "golden", "golden_values", "households", "aliases", "members", "patterns")
"""The tables that must not depend on how much was compared anew."""

FIELDS = {"name": "name", "kana": "kana", "birth": "birth", "phone": "phone", "email": "email",
          "postcode": "postcode", "address": "address"}  # fmt: skip
COLUMNS = ("id", *FIELDS, "joined", "changed")
Row = tuple[str | None, ...]
DAY = timedelta(days=1)


def frame(*rows: Row, columns: Sequence[str] = COLUMNS) -> pl.DataFrame:
    """Rows of text; cells that are left out at the end are null."""
    filled = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    return pl.DataFrame(filled, schema=dict.fromkeys(columns, pl.String), orient="row")


def shop(**more: object) -> dict[str, Any]:
    """The config of a source with :data:`COLUMNS`."""
    return {"id": "id", "fields": dict(FIELDS), "since": "joined", "updated": "changed", **more}


@dataclass
class World:
    """A config, a registry and the folder of its runs, under ``base``. Runs follow each other day by day."""

    base: Path
    config: dict[str, Any]
    start: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    url: str = ""
    """The registry's address; a file of SQLite in ``base`` if left out."""

    def __post_init__(self) -> None:
        self.base.mkdir(exist_ok=True)

    @property
    def out(self) -> Path:
        return self.base / "out"

    @property
    def database(self) -> Path:
        return self.base / "oneid.db"

    @property
    def address(self) -> str:
        return self.url or f"sqlite:///{self.database}"

    def said(self, **more: Any) -> dict[str, Any]:
        """The config with the registry, and ``more`` at its top."""
        return {**self.config, "registry": self.address, **more}

    def loaded(self, **more: Any) -> Any:
        """The config as a value, for acts."""
        return from_dict(self.said(**more))

    def resolve(self, frames: Frames, run_id: str | None = None, at: datetime | None = None) -> oneid.Result:
        """A run that nobody has written yet; a day after the last one."""
        if at is None:
            with self.registry() as registry:
                head = registry.head()
            at = (self.start if head is None else head.at) + DAY
        return oneid.resolve(dict(frames), self.said(), run_id=run_id, at=at, folder=self.out)

    def run(self, frames: Frames, run_id: str | None = None, at: datetime | None = None) -> oneid.Result:
        """A run that is published."""
        with self.resolve(frames, run_id, at) as result:
            result.write(self.out)
        return result

    def registry(self) -> Registry:
        return Registry.open(self.address)

    def tables(self) -> dict[str, pl.DataFrame]:
        """What stands in the folder."""
        return dict(read_tables(self.out, verify=True))

    def oneids(self) -> dict[str, str]:
        """By ``source:id`` the OneID that each record has, in the folder and in the registry alike."""
        rows = read_tables(self.out)["merge_map"].select(*RECORD, "oneid")
        with self.registry() as registry:
            held = registry.state().assignments.select(*RECORD, "oneid")
        assert_frame_equal(rows.sort(RECORD), held)
        return {f"{source}:{source_id}": oneid for source, source_id, oneid in rows.rows()}

    def events(self) -> list[tuple[str, ...]]:
        """What the last run said that happened: event, record."""
        rows = read_tables(self.out)["events"].select("event", *RECORD).rows()
        return sorted(tuple(str(cell) for cell in row if cell is not None) for row in rows)

    def copy(self, base: Path) -> World:
        """The same folder and registry once more."""
        shutil.copytree(self.base, base)
        return World(base, self.config, self.start)

    def bytes(self) -> dict[str, tuple[str, int]]:
        """Every file of the folder and the registry: its digest and when it was written."""
        files = (path for path in sorted(self.base.rglob("*")) if path.is_file())
        return {
            str(path.relative_to(self.base)): (sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in files
            if not path.name.endswith(("-shm", "-wal", "lock"))
        }


def demo_config(*delta: str) -> dict[str, Any]:
    """The demo's config for data frames; the sources of ``delta`` send delta feeds."""
    config = yaml.safe_load(resources.files("oneid.demo").joinpath("oneid.yaml").read_text(encoding="utf-8"))
    for name, source in config["sources"].items():
        for key in ("path", "encoding"):
            source.pop(key, None)
        if name in delta:
            source |= {"feed": "delta", "deleted": {"column": DELETED[name], "values": ["1"]}}
    return dict(config)


def clean(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """A demo source without rows that stand twice and rows without an id, in the order of ids."""
    column = IDS[name][0]
    return rows.filter(pl.col(column).is_not_null()).unique(column, keep="first", maintain_order=True).sort(column)


def together(merge_map: pl.DataFrame) -> set[frozenset[tuple[str, str]]]:
    """The partition, without OneIDs."""
    groups = merge_map.group_by("oneid").agg(pl.struct(RECORD).alias("records"))["records"].to_list()
    return {frozenset((one["source"], one["source_id"]) for one in group) for group in groups}


def assert_same(ours: Mapping[str, pl.DataFrame], theirs: Mapping[str, pl.DataFrame], names: Sequence[str]) -> None:
    """The same tables, in any order of rows and columns."""
    for name in names:
        a, b = ours[name], theirs[name]
        assert sorted(a.columns) == sorted(b.columns), name
        order = [column for column in b.columns if not b.schema[column].is_nested()]
        a, b = (one.select(b.columns).sort(order, nulls_last=True) for one in (a, b))
        assert_frame_equal(a, b)
