"""The examples that run every night (``examples/etl``, ``examples/dbt``) run as they stand, with two days of members.

What needs Airflow or dbt is called here as those programs call it.
"""

import importlib.util
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import duckdb
import polars as pl
import pytest
import sqlalchemy as sa
import yaml

import oneid
from oneid.demo import generate
from paths import ROOT

pytestmark = pytest.mark.pages
DATABASES = {"SHOP_DATABASE": "shop", "ONEID_REGISTRY": "registry", "WAREHOUSE": "warehouse"}


@pytest.fixture
def etl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, its databases in the environment, and the members of 2026-11-22."""
    folder = Path(shutil.copytree(ROOT / "examples/etl", tmp_path / "etl"))
    for name, database in DATABASES.items():
        monkeypatch.setenv(name, f"sqlite:///{folder}/{database}.db")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"])
    run("python deliver.py --ds 2026-11-22 --records 400", folder)
    return folder


def run(command: str, folder: Path, expect: int = 0) -> str:
    done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == expect, f"exit {done.returncode}: {command}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tables(folder: Path) -> dict[str, pl.DataFrame]:
    """What is in the warehouse."""
    engine = sa.create_engine(f"sqlite:///{folder}/warehouse.db")
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        found = {
            name: pl.read_database(f"select * from {name}", connection, infer_schema_length=None) for name in names
        }
    engine.dispose()
    return found


def test_a_night_and_the_next(etl: Path) -> None:
    """The day is resolved into the warehouse, again without any change; the next day says what changed since."""
    said = run("python nightly.py --ds 2026-11-22", etl)
    assert re.search(
        r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ INFO changed since the beginning: [\d,]+ created$", said, re.M
    )
    before = tables(etl)
    assert before["oneid_merge_map"].height > 300
    run("python nightly.py --ds 2026-11-22", etl)
    assert tables(etl)["oneid_merge_map"].equals(before["oneid_merge_map"])
    run("python deliver.py --ds 2026-11-23 --records 400", etl)
    said = run("python nightly.py --ds 2026-11-23", etl)
    assert re.search(r"changed since day-2026-11-22: .*\d (created|joined)", said)
    assert tables(etl)["oneid_merge_map"].height == before["oneid_merge_map"].height + 1
    assert "ERROR E621" in run("python nightly.py --ds 2026-11-22", etl, expect=2)


def test_a_night_that_fails(etl: Path) -> None:
    """Files that are missing are named, with 2; a breach ends with 1; neither publishes."""
    said = run("python nightly.py --ds 2026-11-24", etl, expect=2)
    assert said.count("E201") == 4
    config = etl / "oneid.yaml"
    config.write_text(config.read_text("utf-8").replace("largest: 30", "largest: 1"), "utf-8")
    assert "ERROR E50" in run("python nightly.py --ds 2026-11-22", etl, expect=1)
    assert not (etl / "out/merge_map.parquet").exists()
    assert not (etl / "warehouse.db").exists()


def test_cron(etl: Path) -> None:
    """The script does the same by commands, with their exit codes; the table of cron calls it, and holds no secret."""
    said = run("bash nightly.sh 2026-11-22", etl)
    assert re.search(r"^\d{4}-\d\d-\d\dT\S+ 2026-11-22 ended with exit code 0$", said, re.M)
    assert tables(etl)["oneid_merge_map"].height > 300
    assert "ended with exit code 2" in run("bash nightly.sh 2026-11-24", etl, expect=2)
    text = (etl / "oneid.cron").read_text("utf-8")
    assert "://" not in text
    *_, line = text.splitlines()
    when, command = line.split(maxsplit=5)[:5], line.split(maxsplit=5)[5]
    assert all(re.fullmatch(r"[\d*,/-]+", field) for field in when)
    script = etl / Path(command.split()[0]).name
    assert os.access(script, os.X_OK)


class FailException(Exception):
    """Stands for that of Airflow, which ends a task without another attempt."""


def test_airflow(etl: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What the DAG calls publishes the day and hands its events on; bad input fails without another attempt."""

    def task(*made: Callable[..., object], **_options: object) -> object:
        return made[0] if made else lambda function: function

    given = {"ds": "2026-11-22"}
    sdk, errors = ModuleType("airflow.sdk"), ModuleType("airflow.sdk.exceptions")
    sdk.task = task
    sdk.dag = lambda **_options: lambda _function: lambda: None
    errors.AirflowFailException = FailException
    for module in (ModuleType("airflow"), sdk, errors):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.syspath_prepend(str(etl))
    monkeypatch.delitem(sys.modules, "nightly", raising=False)
    dag = loaded(etl / "airflow_dag.py")
    events = dag.resolve(**given)
    assert events["created"] > 100
    with caplog.at_level(logging.INFO):
        dag.tell(events)
    assert "created" in caplog.text
    with pytest.raises(FailException, match="exit code 2"):
        dag.resolve(ds="2026-11-24")
    monkeypatch.delitem(sys.modules, "nightly", raising=False)


def test_dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's function takes relations of one connection, as dbt-duckdb hands them, and gives what DuckDB takes."""
    project = Path(shutil.copytree(ROOT / "examples/dbt", tmp_path / "dbt"))
    generate(records=400, seed=1).write(project / "landing")
    monkeypatch.chdir(project)
    sources = yaml.safe_load((project / "models/sources.yml").read_text("utf-8"))["sources"][0]
    with duckdb.connect(str(project / "warehouse.duckdb")) as session:
        where = sources["config"]["external_location"]
        session.execute("".join(
            f"create view {one['name']} as select * from {where.format(name=one['name'])};" for one in sources["tables"]
        ))  # fmt: skip
        config: dict[str, object] = {}
        dbt = SimpleNamespace(
            source=lambda _source, name: session.table(name), config=lambda **said: config.update(said)
        )
        merge_map = loaded(project / "models/merge_map.py").model(dbt, session)
        assert config == {"materialized": "table"}
        session.register("merge_map", merge_map)
        customers = (project / "models/customers.sql").read_text("utf-8").replace("{{ ref('merge_map') }}", "merge_map")
        counts = session.sql(customers).pl()
    assert counts["records"].sum() == merge_map.num_rows > 100
    assert counts["sources"].max() == 2
    assert oneid.read_run(project / "oneid").run["registry"]
