"""The MERGE statements, run: in DuckDB and on a PostgreSQL server they make of yesterday's tables those of today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import polars as pl
import psycopg
import pytest

import oneid
from lasting import World, frame, shop
from oneid.interop.warehouse import merges
from oneid.outputs.runtables import read_tables
from oneid.outputs.tables.changes import KEYS
from oneid.runs import acts
from paths import ROOT

HANAKO = ("高橋 花子", "タカハシ ハナコ", "1980-04-05", "090-1853-2647", "hanako@example.com", "5300001", None)
IPPEI = ("鈴木 一平", "スズキ イッペイ", "1975-01-31", "090-3917-4862", "ippei@example.com", "2310023", None)
ICHIRO = ("高橋 一郎", "タカハシ イチロウ", "1978-02-03", None, None, "5300001", None)
DAYS = (
    {"card": [("C1", *HANAKO), ("C2", *IPPEI)], "web": [("W1", *HANAKO)]},
    {"card": [("C1", *HANAKO), ("C3", *ICHIRO)], "web": [("W1", *HANAKO[:3], "080-2222-3333", *HANAKO[4:])]},
    {"card": [("C2", *IPPEI), ("C3", *ICHIRO)], "web": [("W1", *HANAKO), ("W2", *IPPEI)]},
)
SQL_TYPES = {pl.String: "text", pl.Boolean: "boolean", pl.UInt64: "numeric", pl.Date: "date"}


def frames(day: dict[str, list[Any]]) -> dict[str, pl.DataFrame]:
    return {name: frame(*rows) for name, rows in day.items()}


class Warehouse(Protocol):
    def run(self, statements: str) -> None: ...
    def put(self, name: str, table: pl.DataFrame) -> None: ...
    def rows(self, name: str, columns: Sequence[str]) -> set[tuple[str | None, ...]]: ...


class InDuckDB:
    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def run(self, statements: str) -> None:
        self.connection.execute(statements)

    def put(self, name: str, table: pl.DataFrame) -> None:
        made = table.to_arrow()
        self.connection.register("handed", made)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM handed")

    def rows(self, name: str, columns: Sequence[str]) -> set[tuple[str | None, ...]]:
        listed = ", ".join(f'CAST("{column}" AS text)' for column in columns)
        return set(self.connection.execute(f"SELECT {listed} FROM {name}").fetchall())

    def close(self) -> None:
        self.connection.close()


class OnServer:
    def __init__(self, socket: str) -> None:
        self.connection = psycopg.connect(host=socket, user="postgres", dbname="postgres")

    def run(self, statements: str) -> None:
        self.connection.execute(statements.encode())

    def put(self, name: str, table: pl.DataFrame) -> None:
        kinds = {
            column: "timestamptz" if isinstance(kind, pl.Datetime) else SQL_TYPES.get(type(kind), "bigint")
            for column, kind in table.schema.items()
        }
        listed = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
        self.run(f"DROP TABLE IF EXISTS {name}; CREATE TEMPORARY TABLE {name} ({listed})")
        with self.connection.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy:
            for row in table.iter_rows():
                copy.write_row(row)

    def rows(self, name: str, columns: Sequence[str]) -> set[tuple[str | None, ...]]:
        listed = ", ".join(f'"{column}"::text' for column in columns)
        return set(self.connection.execute(f"SELECT {listed} FROM {name}".encode()).fetchall())

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(params=["duckdb", pytest.param("postgresql", marks=pytest.mark.slow)])
def warehouse(request: pytest.FixtureRequest) -> Iterator[Warehouse]:
    made = InDuckDB() if request.param == "duckdb" else OnServer(request.getfixturevalue("socket"))
    yield made
    made.close()


def compared(warehouse: Warehouse, name: str, table: pl.DataFrame) -> None:
    """The warehouse's table is the run's, told as text by the warehouse itself."""
    warehouse.put(f"whole_{name}", table)
    assert warehouse.rows(name, table.columns) == warehouse.rows(f"whole_{name}", table.columns), name


def test_the_statements_follow_every_run_and_act(warehouse: Warehouse, tmp_path: Path) -> None:
    world = World(tmp_path / "w", {"sources": {"card": shop(carry=["joined"]), "web": shop()}})
    first = True

    def load() -> None:
        nonlocal first
        found = read_tables(world.out)
        for name in KEYS:
            told = found[f"changes/{name}"]
            if first:
                warehouse.put(name, told.drop("op").clear())
            warehouse.put(f"changes_{name}", told)
        warehouse.run(merges(found))
        first = False
        for name in KEYS:
            compared(warehouse, name, found[name])

    for day in DAYS:
        world.run(frames(day))
        load()
    oneids = world.oneids()
    for act in (
        lambda: acts.merge(world.loaded(), [oneids["card:C2"], oneids["card:C3"]]),
        lambda: acts.rollback(world.loaded(), 2),
        lambda: acts.erase(world.loaded(), world.oneids()["card:C3"])[0],
    ):
        with act() as made:
            made.write(world.out)
        load()
    assert "DELETE FROM golden WHERE TRUE;" in merges(read_tables(world.out))


PAGE = (ROOT / "docs/en/how-to/warehouse.md").read_text("utf-8")


def statements(name: str) -> str:
    (found,) = re.findall(rf"^<!-- warehouse: {name} -->\n```sql\n(.*?)^```$", PAGE, re.M | re.S)
    return str(found)


def test_the_statements_of_the_page_run(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those for DuckDB and PostgreSQL, as they stand there; the other two differ only in how files become tables."""
    config = {"sources": {"card": shop()}}
    people = [("C1", *HANAKO), ("C3", *ICHIRO[:3], *HANAKO[3:])]
    monkeypatch.chdir(tmp_path)
    for rows in (people, people[:1]):
        oneid.resolve({"card": frame(*rows)}, config).write("out")
        found = read_tables(Path("out"))
        if isinstance(warehouse, InDuckDB):
            warehouse.run(statements("duckdb"))
        else:
            before, _, after = statements("postgresql").partition("-- load out/changes/households.parquet")
            warehouse.run(before)
            warehouse.put("changes_households", found["changes/households"])
            warehouse.run(after.partition("\n")[2])
        compared(warehouse, "households", found["households"])
    for name in ("bigquery", "snowflake"):
        merge = statements(name).replace("oneid.", "")
        assert merge[merge.index("MERGE") :] == statements("duckdb")[statements("duckdb").index("MERGE") :]


def test_a_run_that_tells_no_changes(tmp_path: Path) -> None:
    from oneid.outputs.runfolder import write_run

    write_run(tmp_path, {"golden": pl.DataFrame({"oneid": ["1"]})}, {"run_id": "old"})
    with pytest.raises(oneid.OneIDError, match="E255"):
        merges(read_tables(tmp_path))
