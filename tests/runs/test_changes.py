"""What a run says of its changes since the run before: in its folder, with and without a registry, acts included."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import oneid
from lasting import World, assert_same, frame, shop
from oneid.outputs.export import copied, whole
from oneid.outputs.runtables import read_tables
from oneid.outputs.tables import parts
from oneid.outputs.tables.changes import KEYS
from oneid.runs import acts
from strategies import thorough

HANAKO = ("高橋 花子", "タカハシ ハナコ", "1980-04-05", "090-1853-2647", "hanako@example.com", "5300001", None)
IPPEI = ("鈴木 一平", "スズキ イッペイ", "1975-01-31", "090-3917-4862", "ippei@example.com", "2310023", None)
KEN = ("佐藤 健", "サトウ ケン", "1966-08-19", "080-2846-7193", "ken@example.org", "0600001", None)
ONEID = str(Path(sys.executable).with_name("oneid"))
CARD = [("C70001", *HANAKO), ("C70002", *IPPEI)]
WEB = [("W80001", *HANAKO)]


def frames(card: list[Any] = CARD, web: list[Any] = WEB) -> dict[str, pl.DataFrame]:
    return {"card": frame(*card), "web": frame(*web)}


@pytest.fixture(params=["whole", "changes"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(parts, "MOST", 100.0)  # a small world changes by much
    return World(tmp_path / "w", {"sources": {"card": shop(), "web": shop()}, "outputs": request.param})


def told(*words: object) -> str:
    """The exit code of a command, and what it says."""
    done = subprocess.run([ONEID, *map(str, words), "--lang", "en"], capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout}{done.stderr}"


def written(world: World) -> bool:
    """Whether the whole tables are there; either all or none."""
    there = {(world.out / f"{name}.parquet").is_file() for name in KEYS}
    assert len(there) == 1
    assert {bool(list((world.out / "known").glob("spans/*")))} != there
    return there == {True}


class Warehouse:
    """The tables as somebody keeps them who loads ``changes/`` after every run and never a whole table."""

    def __init__(self) -> None:
        self.tables: dict[str, pl.DataFrame] = {}
        self.last: str | None = None

    def load(self, folder: Path) -> Mapping[str, Any]:
        found = read_tables(folder, verify=True)
        about = found.run["changes"]
        if about["since"] is None:
            self.tables = {name: found[f"changes/{name}"].drop("op").clear() for name in KEYS}
        else:
            assert about["since"] == self.last
        for name, key in KEYS.items():
            told = found[f"changes/{name}"]
            assert told.select(key).is_unique().all(), name
            assert {op: int((told["op"] == op).sum()) for op in ("insert", "update", "delete")} == about["rows"][name]
            held, keys = self.tables[name], told.select("op", *key)
            new = keys.filter(op="insert").drop("op")
            assert held.join(new, on=key, how="semi").is_empty(), name
            assert held.join(keys.filter(pl.col("op") != "insert"), on=key, how="semi").height == len(told) - len(new)
            kept = held.join(keys, on=key, how="anti")
            self.tables[name] = pl.concat([kept, told.filter(pl.col("op") != "delete").drop("op")])
        self.last = found.run["run_id"]
        assert not any(name.startswith(("known/whole", "known/since", "known/spans")) for name in found)
        return dict(about["rows"])

    def agrees(self, world: World) -> None:
        assert_same(self.tables, read_tables(world.out), list(KEYS))


def test_a_first_run_is_all_inserts(world: World) -> None:
    world.run(frames())
    warehouse = Warehouse()
    rows = warehouse.load(world.out)
    assert rows["merge_map"] == {"insert": 3, "update": 0, "delete": 0}
    assert read_tables(world.out).run["changes"]["since"] is None
    warehouse.agrees(world)


def test_new_changed_and_gone_members(world: World) -> None:
    first = world.run(frames())
    warehouse = Warehouse()
    warehouse.load(world.out)
    world.run(frames([CARD[0], ("C70009", *KEN)], [("W80001", *HANAKO[:3], "090-1111-2222", *HANAKO[4:])]))
    assert read_tables(world.out).run["changes"]["since"] == first.run["run_id"]
    rows = warehouse.load(world.out)
    assert rows["members"] == {"insert": 1, "update": 0, "delete": 1}
    assert rows["golden"]["insert"] == rows["golden"]["delete"] == 1
    assert rows["golden_values"]["insert"] >= 1
    gone = read_tables(world.out)["changes/merge_map"].filter(op="delete")
    assert gone.drop_nulls("source_id").select("source", "source_id").rows() == [("card", "C70002")]
    assert gone.drop("op", "source", "source_id").null_count().sum_horizontal().item() == gone.width - 3
    warehouse.agrees(world)


def test_acts_tell_their_changes_and_an_erasure_names_nobody(world: World) -> None:
    world.run(frames())
    warehouse = Warehouse()
    warehouse.load(world.out)
    oneids = world.oneids()
    for made in (
        lambda: acts.merge(world.loaded(), [oneids["card:C70001"], oneids["card:C70002"]]),
        lambda: acts.split(world.loaded(), world.oneids()["card:C70001"]),
        lambda: acts.rollback(world.loaded(), 1),
    ):
        with made() as act:
            act.write(world.out)
        assert read_tables(world.out).run["changes"]["since"] is not None
        warehouse.load(world.out)
        warehouse.agrees(world)
        assert written(world) == (world.config["outputs"] == "whole")
    result, _ = acts.erase(world.loaded(), oneids["card:C70002"])
    with result:
        result.write(world.out)
    assert read_tables(world.out).run["changes"]["since"] is None
    warehouse.load(world.out)
    warehouse.agrees(world)
    assert written(world)
    for path in (world.out / "changes").iterdir():
        assert "C70002" not in pl.read_parquet(path).write_json()


def test_a_lost_folder_begins_anew(world: World) -> None:
    world.run(frames())
    shutil.rmtree(world.out)
    world.run(frames())
    assert read_tables(world.out).run["changes"]["since"] is None


@pytest.mark.slow
def test_without_a_registry_the_run_before_is_that_of_the_folder(tmp_path: Path) -> None:
    config = {"sources": {"card": shop(), "web": shop()}}
    out = tmp_path / "out"
    first = oneid.resolve(frames(), config)
    first.write(out)
    assert read_tables(out).run["changes"]["since"] is None
    before = read_tables(out).run
    oneid.resolve(frames(), config).write(out)  # the same run again changes nothing
    assert read_tables(out).run["set"] == before["set"]
    oneid.resolve(frames(CARD[:1]), config).write(out)
    found = read_tables(out)
    assert found.run["changes"]["since"] == first.run["run_id"]
    assert found["changes/merge_map"].filter(op="delete")["source_id"].to_list() == ["C70002"]
    again = found.run["set"]
    oneid.resolve(frames(CARD[:1]), config).write(out)
    assert read_tables(out).run["set"] == again


def test_a_strange_file_under_changes_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out" / "changes").mkdir(parents=True)
    (tmp_path / "out" / "changes" / "golden.parquet").write_bytes(b"mine")
    with pytest.raises(oneid.OneIDError, match="E307"):
        oneid.resolve(frames(), {"sources": {"card": shop(), "web": shop()}}).write(tmp_path / "out")


def test_changes_are_no_csv(tmp_path: Path) -> None:
    oneid.resolve(frames(), {"sources": {"card": shop(), "web": shop()}}).write(tmp_path / "out", csv=True)
    assert (tmp_path / "out" / "golden.csv").is_file()
    assert not list((tmp_path / "out" / "changes").glob("*.csv"))


# --- whole tables that are not written --------------------------------------------------------------------------------


@pytest.fixture
def lean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of which the second run wrote only what changed."""
    monkeypatch.setattr(parts, "MOST", 100.0)
    made = World(tmp_path / "w", {"sources": {"card": shop(), "web": shop()}, "outputs": "changes"})
    made.run(frames())
    made.run(frames([*CARD, ("C70009", *KEN)]))
    assert not written(made)
    return made


@pytest.mark.slow
def test_readers_find_whole_tables(lean: World) -> None:
    result = oneid.read_run(lean.out)
    assert len(result.merge_map) == 4
    assert result.summary()["records"] == {"card": 3, "web": 1}
    assert result.explain("card:C70001", "web:W80001").verdict == "match"
    assert told("report", lean.out, "-o", lean.base / "page.html").startswith("0 ")
    lean.oneids()  # folder and registry agree
    moved = lean.copy(lean.base.parent / "elsewhere")
    shutil.rmtree(moved.out / ".runs")
    assert read_tables(moved.out)["golden"].equals(read_tables(lean.out)["golden"])


@pytest.mark.slow
def test_export_makes_the_whole_tables_in_the_folder(lean: World) -> None:
    before = lean.tables()
    assert set(whole(lean.out)) == set(KEYS)
    assert written(lean)
    assert whole(lean.out) == []
    after = lean.tables()
    assert set(before) == set(after)
    for name, table in after.items():
        assert table.equals(before[name]), name
    lean.run(frames([("C70009", *KEN)]))  # and the next run goes on from there
    assert not written(lean)


def test_export_writes_csv_elsewhere_and_replaces_no_strange_file(lean: World) -> None:
    target = lean.base / "tables"
    files = copied(lean.out, target, csv=True)
    assert {f"{name}.csv" for name in KEYS} <= set(files)
    found = pl.read_csv(target / "merge_map.csv", infer_schema=False)
    assert found["source_id"].to_list() == read_tables(lean.out)["merge_map"]["source_id"].to_list()
    copied(lean.out, target, csv=True)  # its own files
    (target / "golden.csv").write_text("mine")
    with pytest.raises(oneid.OneIDError, match="E307"):
        copied(lean.out, target, csv=True)
    assert not written(lean)


@pytest.mark.parametrize("how", ["csv", "much", "config"])
def test_whole_tables_are_written_where_they_are_wanted(lean: World, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "much":
        monkeypatch.setattr(parts, "MOST", 0.0)
    if how == "config":
        lean.config["outputs"] = "whole"
    with lean.resolve(frames([("C70009", *KEN)])) as result:
        result.write(lean.out, csv=how == "csv")
    assert written(lean)


def test_a_part_that_is_damaged_is_told(lean: World) -> None:
    path = next((lean.out / ".runs").glob("*/known/since/golden.parquet"))
    path.write_bytes(path.read_bytes()[:-9] + b"x" * 9)
    with pytest.raises(oneid.OneIDError, match="E252"):
        read_tables(lean.out)["golden"]
    with pytest.raises(oneid.OneIDError, match="E252"):
        lean.run(frames(CARD[:1]))


def test_what_is_erased_is_in_no_part(lean: World) -> None:
    result, _ = acts.erase(lean.loaded(), lean.oneids()["card:C70002"])
    with result:
        result.write(lean.out)
    for path in lean.base.rglob("*.parquet"):
        assert "C70002" not in pl.read_parquet(path).write_json(), path


def test_the_command_exports(lean: World) -> None:
    assert "E419" in told("export", lean.out, "--csv")
    assert told("export", lean.out).startswith("0 wrote 9 tables into")
    assert told("export", lean.out).startswith("0 the whole tables are there")
    assert told("export", lean.out, "--out", lean.base / "t", "--csv").startswith("0 wrote 11 tables into")


# --- any days --------------------------------------------------------------------------------------------------------

PEOPLE = [HANAKO, IPPEI, KEN, ("高橋 一郎", "タカハシ イチロウ", "1978-02-03", None, None, "5300001", None)]
rows = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 3), st.booleans()), max_size=5, unique_by=lambda row: row[0]
)
days = st.tuples(rows, rows, st.sampled_from(["run", "run", "delta", "merge", "split", "rollback", "erase"]))


def drawn(prefix: str, drawn_rows: list[tuple[int, int, bool]]) -> list[Any]:
    """Members of some of the people, some of whom have lost their mail address."""
    found = [(f"{prefix}{number}", *PEOPLE[person]) for number, person, _ in drawn_rows]
    return [(*row[:5], None, *row[6:]) if other else row for row, (_, _, other) in zip(found, drawn_rows, strict=True)]


def happened(world: World, card: list[Any], web: list[Any], what: str) -> None:
    """A day: a full or a delta feed, or an act where there is somebody for it."""
    oneids = sorted(set(world.oneids().values())) if (world.out / "run.json").is_file() else []
    with world.registry() as registry:
        runs = registry.runs().height
    feed = "delta" if what == "delta" else "full"
    if (
        what in ("run", "delta")
        or not oneids
        or (what == "merge" and len(oneids) < 2)
        or (what == "rollback" and runs < 2)
    ):
        for source in world.config["sources"].values():
            source["feed"] = feed if oneids else "full"
        kept = [("C9", *KEN)]
        world.run(frames([*card, *kept], [*web, ("W9", *KEN)]))
        return
    do = {
        "merge": lambda: acts.merge(world.loaded(), oneids[:2]),
        "split": lambda: acts.split(world.loaded(), oneids[0]),
        "rollback": lambda: acts.rollback(world.loaded(), 1),
        "erase": lambda: acts.erase(world.loaded(), oneids[0])[0],
    }
    try:
        made = do[what]()
    except oneid.OneIDError:  # nothing was merged that could be split, say
        return
    with made:
        made.write(world.out)


@pytest.mark.parametrize("outputs", ["whole", "changes"])
@settings(
    max_examples=thorough(8),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(plan=st.lists(days, min_size=2, max_size=5))
def test_whole_and_all_changes_since_are_whole(outputs: str, plan: list[Any]) -> None:
    """Whatever happens on several days, who loads ``changes/`` each time has what the run has; and a run that writes
    only what changed leaves the tables of one that writes them whole.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "MOST", 100.0)
        sources = {"card": shop(), "web": shop()}
        limits = {"members_renumbered_pct": 100}
        world = World(Path(folder) / "w", {"sources": sources, "outputs": outputs, "limits": limits})
        warehouse = Warehouse()
        for card, web, what in plan:
            before = (world.out / "run.json").read_bytes() if (world.out / "run.json").is_file() else b""
            happened(world, drawn("C", card), drawn("W", web), what)
            if (world.out / "run.json").read_bytes() != before:
                warehouse.load(world.out)
            warehouse.agrees(world)
