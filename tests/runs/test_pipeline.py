"""The whole flow: deterministic, nothing lost, the demo's golden figures and quality."""

from __future__ import annotations

import json
import weakref
from dataclasses import is_dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import get_type_hints

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import oneid
from conftest import PEOPLE_FIELDS, Demo, tables
from oneid.demo import ENCODINGS, generate
from oneid.engines import mapped
from oneid.identity.state import Run
from oneid.outputs.runtables import read_tables
from oneid.runs import pipeline, stages
from oneid.runs.pipeline import STAGES, Done, Given, named
from oneid.runs.preparing import RunSettings, prepare
from oneid.runs.stages import Entities
from oneid.settings import configfile
from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.oneids import check
from runs.end_to_end.update import GOLDEN, figures, text_of
from strategies import member_rows, thorough


def parquet_bytes(folder: Path) -> dict[str, bytes]:
    """Every table's file but rejected.parquet, whose row numbers are those of the input."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob("**/*.parquet"))
        if ".runs" not in path.parts and path.name != "rejected.parquet"
    }


def written(config: Path, folder: Path, threads: int) -> dict[str, bytes]:
    oneid.resolve(config, threads=threads).write(folder)
    return parquet_bytes(folder)


def test_the_same_bytes_for_any_order_of_rows_and_any_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 demo records: run once, run again, with one thread and with two, with all rows of all files shuffled, and
    with every table that nothing looks at laid down in a file.
    """
    made = generate(records=300, seed=3)
    config = made.write(tmp_path / "in")
    shuffled = made.write(tmp_path / "shuffled")
    for seed, (name, frame) in enumerate(made.sources.items()):
        text = frame.sample(fraction=1, shuffle=True, seed=seed).write_csv()
        (shuffled.parent / f"{name}.csv").write_bytes(text.encode(ENCODINGS.get(name, "utf-8")))
    first = written(config, tmp_path / "1", 1)
    assert {Path(name).parts[0] for name in first} >= {"merge_map.parquet", "state", "changes"}
    assert len(first) == 33
    assert written(config, tmp_path / "1", 1) == first
    assert written(config, tmp_path / "2", 2) == first
    assert written(shuffled, tmp_path / "3", 2) == first
    laid: list[object] = []
    monkeypatch.setattr(mapped, "LEAST", 0)
    monkeypatch.setattr(mapped._MAPS, "add", laid.append)
    assert written(config, tmp_path / "4", 2) == first
    assert len(laid) > 10
    rejected = [read_tables(tmp_path / name)["rejected"].drop("row").sort(pl.all()) for name in ("1", "3")]
    assert rejected[0].equals(rejected[1])
    assert rejected[0].height


def frames_of(rows) -> dict[str, pl.DataFrame]:
    columns = ["shop", "id", *PEOPLE_FIELDS]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))
    return {str(shop): part for (shop,), part in sorted(frame.partition_by("shop", as_dict=True).items())}


def resolved(rows, threads: int = 1) -> oneid.Result:
    frames = frames_of(rows)
    return oneid.resolve(
        frames, {"sources": {shop: {"id": "id", "fields": PEOPLE_FIELDS} for shop in frames}}, threads=threads
    )


@pytest.mark.slow
@given(member_rows(), st.randoms(use_true_random=False))
@settings(
    max_examples=thorough(8), deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate]
)
def test_any_members_in_any_order(rows, random) -> None:
    """Members made up at random: shuffled rows and another number of threads give the same tables; every record has one
    OneID; no pair that must not be together is.
    """
    one = resolved(rows)
    turned = list(rows)
    random.shuffle(turned)
    other = resolved(turned, threads=2)
    for name, table in tables(one).items():
        assert table.equals(tables(other)[name]), name
    merge_map = one.to_polars()["merge_map"]
    assert merge_map.height == len(rows)
    assert all(map(check, merge_map["oneid"]))
    links = one.to_polars()["links"]
    oneid_of = {(s, i): o for s, i, o in merge_map.select("source", "source_id", "oneid").iter_rows()}
    for row in links.iter_rows(named=True):
        together = oneid_of[row["source_l"], row["source_id_l"]] == oneid_of[row["source_r"], row["source_id_r"]]
        assert together == row["applied"]


def test_rows_in_are_merge_map_and_rejected(demo: Demo) -> None:
    """Every row of every file of the demo, the doubled ones and those without an id too."""
    found = demo.result.to_polars()
    rows = {path.stem: pl.read_csv(path, encoding=ENCODINGS.get(path.stem, "utf8"), infer_schema=False).height
            for path in demo.folder.glob("*.csv") if path.stem not in ("truth", "households")}  # fmt: skip
    assert demo.result.run["rows_in"] == rows
    assert sum(rows.values()) == found["merge_map"].height + found["rejected"].height
    assert found["merge_map"].height == demo.truth.height == 2000
    assert found["merge_map"].select("source", "source_id").n_unique() == 2000
    assert found["rejected"]["reason"].unique().sort().to_list() == ["identical duplicate", "no id"]


def test_every_table_speaks_of_the_same_oneids(demo: Demo) -> None:
    """Golden records, members, events and links agree with the merge map; counts add up."""
    found = demo.result.to_polars()
    merge_map = found["merge_map"]
    given_ = set(merge_map["oneid"])
    assert set(found["golden"]["oneid"]) == given_
    assert found["golden"]["n_records"].sum() == merge_map.height
    assert set(found["golden_values"]["oneid"]) <= given_
    assert (
        found["members"].select("source", "source_id", "oneid").equals(merge_map.select("source", "source_id", "oneid"))
    )
    assert set(found["aliases"]["oneid"]) >= given_
    assert found["events"].filter(pl.col("event") == "created").height == len(given_)
    assert found["patterns"]["pairs"].sum() == found["state/pairs"].height == demo.result.run["candidate_pairs"]
    assert found["patterns"]["pattern"].n_unique() == found["patterns"].height
    linked = merge_map.group_by("oneid").len().filter(pl.col("len") > 1)["len"].sum()
    assert (merge_map["status"] == "linked").sum() == linked
    assert merge_map.filter(pl.col("status") == "linked")["rule"].null_count() == 0
    assert merge_map.filter(pl.col("status") != "linked")["rule"].null_count() == merge_map.height - linked


def test_carried_columns_survive(demo: Demo) -> None:
    """Each source's own, verbatim, beside its members; null for other sources."""
    members = demo.result.to_polars()["members"]
    points = (
        pl.read_csv(demo.folder / "point_card.csv", encoding="cp932", infer_schema=False)
        .drop_nulls("会員番号")
        .unique()
    )
    column = "point_card.ポイント残高"
    joined = members.filter(pl.col("source") == "point_card").join(points, left_on="source_id", right_on="会員番号")
    assert joined.height == members.filter(pl.col("source") == "point_card").height
    assert (joined[column].fill_null("") == joined["ポイント残高"].fill_null("")).all()
    assert (
        members.filter(pl.col("source") != "point_card")[column].null_count()
        == (members["source"] != "point_card").sum()
    )


def test_stages_are_measured(demo: Demo) -> None:
    """run.json tells each stage in order, with rows, seconds and memory."""
    measured = demo.result.run["stages"]
    assert [stage["stage"] for stage in measured] == [stage.name for stage in STAGES]
    assert all(
        (stage["seconds"] >= 0 and stage["peak_mb"] > 0 and stage["in"] >= stage["out"]) or stage["stage"] == "compare"
        for stage in measured
    )


def test_progress_goes_from_0_to_1_in_every_stage(people_files) -> None:
    """Each stage begins at 0, never goes back, and ends at 1."""
    seen: dict[str, list[float]] = {}
    oneid.resolve(people_files(), progress=lambda stage, share: seen.setdefault(stage, []).append(share))
    assert list(seen) == [stage.name for stage in STAGES]
    assert all(shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1 for shares in seen.values())


def test_a_lost_record_is_an_internal_error(people_files, monkeypatch) -> None:
    """Should a stage ever drop a record, the run stops and nothing can be written."""

    def lossy(identities, **given):
        found = stages.households(identities=identities, **given)
        tables = {**identities.tables, "merge_map": identities.tables["merge_map"].head(-1)}
        return SimpleNamespace(
            households=found.households, numbers=found.numbers, identities=replace(identities, tables=tables)
        )

    last = replace(STAGES[-1], run=lossy, gives=("households", "numbers", "identities"))
    monkeypatch.setattr(pipeline, "STAGES", (*STAGES[:-1], last))
    run = prepare(configfile.load(people_files()))
    with pytest.raises(InternalError) as caught:
        pipeline.resolve(run, Given(), partial(named, run))
    assert (caught.value.code, caught.value.exit_code) == ("E910", 3)


def test_the_table_of_contents_is_true() -> None:
    """Each stage takes what its function asks for by name, in that order, and gives what it says: the types that the
    next ones ask for. What a run is given comes before, and nothing is taken that nobody gives.
    """
    known = {name: hint for name, hint in get_type_hints(Given).items() if name not in ("run", "records", "entities")}
    known |= {"settings": RunSettings, "run": Run}
    for stage in STAGES:
        asked = get_type_hints(stage.run)
        made = asked.pop("return")
        assert tuple(asked) == stage.takes, stage.name
        assert asked == {name: known[name] for name in stage.takes}, stage.name
        assert is_dataclass(made), stage.name
        assert made.__dataclass_params__.frozen, stage.name
        fields_ = get_type_hints(made)
        known |= {stage.gives[0]: made} if len(stage.gives) == 1 else {name: fields_[name] for name in stage.gives}
    done = {name: hint for name, hint in get_type_hints(Done).items() if name in known}
    assert done == {name: known[name] for name in done}


def test_what_nobody_needs_any_more_is_let_go(people_files, monkeypatch) -> None:
    """The columns that pairs are compared by are gone before OneIDs are given, verdicts before golden records are made;
    and what is not wanted in the end is not there.
    """
    held: dict[str, list[str]] = {}
    made: dict[str, weakref.ref] = {}

    def watched(stage):
        def run(**given):
            held[stage.name] = [name for name, seen in made.items() if seen() is not None]
            found = stage.run(**given)
            for name in {"evidence", "judgements"} & set(stage.gives):
                made[name] = weakref.ref(stage.named(found)[name])
            return found

        return replace(stage, run=run)

    monkeypatch.setattr(pipeline, "STAGES", tuple(map(watched, STAGES)))
    settings = prepare(configfile.load(people_files()))
    pipeline.resolve(settings, Given(), partial(named, settings))
    assert {name: "evidence" in there for name, there in held.items()} == {
        "read": False, "compare": False, "judge": True, "cluster": True, "identify": False, "golden": False,
        "households": False,
    }  # fmt: skip
    assert {name for name, there in held.items() if "judgements" in there} == {"cluster", "identify"}


def test_what_is_given_is_not_made(people_files) -> None:
    """Records and entities that are there already: their stages are left out, and a name stays."""
    settings = prepare(configfile.load(people_files()))
    run = Run("mine", 7, datetime(2026, 11, 29, tzinfo=UTC))
    first = pipeline.resolve(settings, Given(), partial(named, settings))
    alone = Entities.put(np.arange(first.records.ids.height, dtype=np.uint32))
    given = Given(records=first.records, entities=alone, run=run)
    done = pipeline.resolve(settings, given, lambda _records: None)
    assert done.run is run
    assert [stage["stage"] for stage in done.stages] == ["compare", "judge", "identify", "golden", "households"]
    assert done.tables["golden"].height == first.records.ids.height


def test_nothing_new_ends_a_run(people_files) -> None:
    """When the records are known and nobody names the run, no stage after the first runs."""
    seen: list[str] = []
    settings = prepare(configfile.load(people_files()), progress=lambda stage, _share: seen.append(stage))
    assert pipeline.resolve(settings, Given(), lambda _records: None) is None
    assert set(seen) == {"read"}


def test_the_golden_demo(demo: Demo) -> None:
    """Summary and first rows of the merge map are those of demo_2000.json; update.py there makes them anew."""
    assert figures(demo.result) == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert text_of(figures(demo.result)) == GOLDEN.read_text(encoding="utf-8")


def test_quality_on_the_small_demo(demo: Demo) -> None:
    """Precision before recall, at 2,000 records."""
    found = oneid.quality(demo.result.to_polars()["merge_map"], demo.truth)
    assert (found.lost, found.duplicated) == (0, 0)
    assert found.precision >= 0.99
    assert found.recall >= 0.85


@pytest.mark.slow
def test_quality_on_the_demo(tmp_path: Path) -> None:
    """At the 20,000 records that `oneid demo` makes."""
    made = generate(records=20_000, seed=1)
    merge_map = oneid.resolve(made.write(tmp_path)).to_polars()["merge_map"]
    found = oneid.quality(merge_map, made.truth.rename({"system": "source", "member_id": "source_id"}))
    assert (found.records, found.lost, found.duplicated) == (20_000, 0, 0)
    assert found.precision >= 0.99
    assert found.recall >= 0.85
