"""Databases as sources and as the place of results, and files that are elsewhere."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import fsspec
import polars as pl
import pyarrow as pa
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

import oneid
from oneid.cli.main import app
from oneid.settings.configfile import from_dict
from oneid.sources.formats import database
from oneid.sources.reading import SourceRows, read_source
from registry import server

PLACES = ["sqlite", "duckdb", *(["postgresql"] if server.programs() else [])]
TABLE = (
    """create table members (id bigint, name varchar(40), tel text, born date, points numeric(10, 2), "unusual" text)"""
)
ROWS = """insert into members values (1001, '佐藤 花子', '090-1111-2222', '1990-01-02', 10.5, 'x'),
 (1002, '鈴木 一郎', null, null, null, null)"""
FIELDS = {"name": "name", "phone": "tel", "birth": "born"}


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    if server.programs() is None:
        yield ""
        return
    with server.running() as home:
        yield home


@pytest.fixture(params=PLACES)
def url(request: pytest.FixtureRequest, tmp_path, socket: str) -> str:
    """A database with a table of members."""
    if request.param == "postgresql":
        address = f"postgresql+psycopg://postgres@/postgres?host={socket}"
    else:
        address = f"{request.param}:///{tmp_path}/crm.db"
    if request.param == "duckdb":
        with duckdb.connect(str(tmp_path / "crm.db")) as connection:
            connection.execute(TABLE)
            connection.execute(ROWS)
        return address
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table if exists members")
        connection.exec_driver_sql(TABLE)
        connection.exec_driver_sql(ROWS)
    engine.dispose()
    return address


def read(path: str, **more: object) -> SourceRows:
    config = from_dict({"sources": {"crm": {"path": path, "id": "id", "fields": FIELDS, **more}}})
    return read_source(config.sources["crm"], config)


def test_a_table_and_a_query(url: str, monkeypatch) -> None:
    """The wanted columns, as a person would have typed them; the address may come from the environment."""
    monkeypatch.setenv("CRM_URL", url)
    for path, said in ((url, {"table": "members"}), ("env:CRM_URL", {"query": "select * from members where id > 0"})):
        rows = read(path, **said).frame
        assert rows.select("source_id", "@name", "@tel", "@born").rows() == [
            ("1001", "佐藤 花子", "090-1111-2222", "1990-01-02"), ("1002", "鈴木 一郎", None, None),
        ]  # fmt: skip


def test_a_table_is_read_in_batches(url: str, monkeypatch) -> None:
    """So many rows at a time, however many there are; together they are all rows, in any mix of types."""
    names = [f"'佐藤 {n}'" if n % 3 else "null" for n in range(5000)]
    rows = ", ".join(f"({n}, {name}, null, '1990-01-02', 1, null)" for n, name in enumerate(names))
    if url.startswith("duckdb"):
        with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
            connection.execute(f"delete from members; insert into members values {rows}")
    else:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("delete from members")
            connection.exec_driver_sql(f"insert into members values {rows}")
        engine.dispose()
    seen: list[int] = []

    def counting(read: Callable[..., object]) -> Callable[..., object]:
        def counted(cells: Any, *more: object) -> object:
            seen.append(cells.num_rows if isinstance(cells, pa.Table) else len(next(iter(cells.values()))))
            return read(cells, *more)

        return counted

    for name in ("cells_to_text", "read_frame"):
        monkeypatch.setattr(f"oneid.sources.formats.database.{name}", counting(getattr(database, name)))
    monkeypatch.setattr("oneid.sources.formats.database._BATCH", 2048)
    found = read(url, table="members").frame.sort("row")
    assert found["source_id"].cast(pl.Int64).sort().to_list() == list(range(5000))
    assert found["@name"].null_count() == 1667
    assert set(found.drop_nulls("@name").select(pl.col("@name").str.ends_with(pl.col("source_id"))).to_series()) == {
        True
    }
    assert sum(seen) == 5000
    assert max(seen) <= 2048


def test_duckdb_draws_nothing(tmp_path, monkeypatch) -> None:
    """No bar of progress gets into what a command prints, though DuckDB draws one where it thinks somebody looks on."""
    real = duckdb.connect

    def drawing(*asked: object, **options: object) -> object:
        connection = real(*asked, **options)
        connection.execute("set enable_progress_bar = true")
        return connection

    monkeypatch.setattr(duckdb, "connect", drawing)
    drawing(str(tmp_path / "crm.db")).close()
    query = "select 1 id, current_setting('enable_progress_bar')::text as name, '' tel, '' born"
    assert read(f"duckdb:///{tmp_path}/crm.db", query=query).frame["@name"].to_list() == ["false"]


def test_what_cannot_be_read_of_a_database(url: str, monkeypatch) -> None:
    """No table, no such table, no such column, nothing that writes; never a password."""
    for said, code in (
        ({}, "E219"), ({"table": "memebers"}, "E219"), ({"query": "selec 1"}, "E219"),
        ({"table": "members", "fields": {"name": "nama"}}, "E206"),
        ({"query": "delete from members returning id, name, tel, born"}, "E219"),
    ):  # fmt: skip
        with pytest.raises(oneid.OneIDError, match=code):
            read(url, **said)
    assert read(url, table="members").rows_in == 2
    monkeypatch.delenv("CRM_URL", raising=False)
    with pytest.raises(oneid.ConfigError, match="E143"):
        read("env:CRM_URL", table="members")
    with pytest.raises(oneid.OneIDError) as caught:
        read("postgresql+psycopg://me:geheim@127.0.0.1:1/x", table="members")
    assert "geheim" not in str(caught.value)


def exported(url: str) -> dict[str, pl.DataFrame]:
    """The tables that are there, with their keys checked."""
    if url.startswith("duckdb"):
        with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
            names = [row[0] for row in connection.execute("show tables").fetchall() if row[0].startswith("oneid_")]
            return {name: connection.table(name).pl() for name in names}
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        there = sa.inspect(connection)
        names = [name for name in there.get_table_names() if name.startswith("oneid_")]
        assert there.get_pk_constraint("oneid_merge_map")["constrained_columns"] == ["source", "source_id"]
        found = {
            name: pl.DataFrame(list(map(tuple, connection.execute(sa.text(f"select * from {name}")))), orient="row")
            for name in names
        }
    engine.dispose()
    return found


def test_export(url: str, tmp_path) -> None:
    """All tables, by command and in Python, twice: they are replaced. What is not ours stays."""
    result = oneid.resolve(
        from_dict({"sources": {"crm": {"path": url, "table": "members", "id": "id", "fields": FIELDS}}})
    )
    result.write(tmp_path / "out")
    for _ in range(2):
        done = CliRunner().invoke(app, ["export", str(tmp_path / "out"), "--to", url])
        assert done.exit_code == 0, done.output
    tables = exported(url)
    assert {name: table.height for name, table in tables.items() if table.height} == {
        f"oneid_{name}": table.height for name, table in result.to_polars().items() if table.height and "/" not in name
    }
    with pytest.raises(oneid.OutputError, match="E307"):
        result.export(url, prefix="") if _strange(url) else None
    assert exported(url).keys() == tables.keys()


def _strange(url: str) -> bool:
    """Makes a table that is called as one of ours, and is not."""
    if url.startswith("duckdb"):
        with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
            connection.execute("create table golden (x integer)")
        return True
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table if exists golden")
        connection.exec_driver_sql("create table golden (x integer)")
    engine.dispose()
    return True


def test_a_table_is_replaced_or_none(url: str, monkeypatch) -> None:
    """A fault on the way leaves all as it was."""
    from oneid.outputs.elsewhere import databases

    one = pl.DataFrame({"source": ["a"], "source_id": ["1"], "oneid": ["x"]})
    databases.export({"merge_map": one}, url)
    twice = pl.concat([one, one])
    with pytest.raises(oneid.OutputError, match="E325"):
        databases.export({"golden": pl.DataFrame({"oneid": ["y"]}), "merge_map": twice}, url)
    assert exported(url)["oneid_merge_map"].height == 1
    large = pl.DataFrame({"pattern": pl.Series([2**64 - 1], dtype=pl.UInt64), "at": [dt.date(2026, 1, 2)]})
    databases.export({"patterns": large}, url)
    assert exported(url)["oneid_patterns"].row(0)[0] == str(2**64 - 1)


def test_files_elsewhere(tmp_path, monkeypatch) -> None:
    """By fsspec: a file, a folder of parts, a pattern; errors name the address."""
    text = "id,name,tel,born\n1,佐藤 花子,090-1111-2222,1990-01-02\n"
    memory = fsspec.filesystem("memory")
    memory.pipe("/shop/a.csv", text.encode())
    memory.pipe("/shop/parts/day=1/a.csv", text.encode())
    memory.pipe("/shop/parts/day=2/a.csv", text.replace("\n1,", "\n2,").encode())
    assert read("memory://shop/a.csv").rows_in == 1
    assert read("memory://shop/parts", carry=["day"]).frame["@day"].to_list() == ["1", "2"]
    with pytest.raises(oneid.InputError, match=r"memory://shop/a\.csv"):
        read("memory://shop/a.csv", id="no")
    with pytest.raises(oneid.InputError, match="E202"):
        read("memory://shop/none.csv")
    with pytest.raises(oneid.InputError, match="E211"):
        read("nothing-knows-this://shop/none.csv")
    real = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", lambda name: real("no_such_module" if name == "fsspec" else name))
    with pytest.raises(oneid.InputError, match="pip install fsspec s3fs"):
        read("s3://shop/a.csv")


def test_results_are_not_written_to_an_address(tmp_path, monkeypatch) -> None:
    """A folder that is called s3: is nobody's wish."""
    monkeypatch.chdir(tmp_path)
    result = oneid.resolve(
        {"a": pl.DataFrame({"id": ["1"], "name": ["佐藤 花子"]})},
        {"sources": {"a": {"id": "id", "fields": {"name": "name"}}}},
    )
    with pytest.raises(oneid.OutputError, match="E304"):
        result.write("s3://bucket/out")
    assert not list(tmp_path.iterdir())
