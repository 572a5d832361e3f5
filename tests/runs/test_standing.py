"""Runs that go on from the run before: what they publish and refuse, and that they give what a run in full gives."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import oneid
from lasting import (
    DAY,
    PUBLISHED,
    RECORD,
    Frames,
    World,
    assert_same,
    clean,
    demo_config,
    frame,
    shop,
    together,
)
from oneid.daily import changedpairs
from oneid.daily.kept import learned_in
from oneid.demo import IDS, generate
from oneid.demo.days import DELETED, Days
from oneid.outputs.runtables import read_tables
from oneid.runs import acts
from oneid.vocabulary.errors import OneIDError
from strategies import lanes

HANAKO = ("高橋 花子", "タカハシ ハナコ", "1980-04-05", "090-1853-2647", "hanako@example.com")
IPPEI = ("鈴木 一平", "スズキ イッペイ", "1975-01-31", "090-3917-4862", "ippei@example.com")
RIKKA = ("小鳥遊 六花", "タカナシ リッカ", "2001-06-12", "080-7261-8395", "rikka@example.jp")
MINORU = ("田中 実", "タナカ ミノル", "1990-03-03", "080-5274-6913", "minoru@example.org")

CARD = [("C1", *HANAKO), ("C2", *IPPEI), ("C3", *RIKKA)]
WEB = [("W1", *HANAKO), ("W3", *RIKKA), ("W4", *MINORU)]
"""Four people; C1 = W1 and C3 = W3."""


def frames(card: list[Any] = CARD, web: list[Any] = WEB) -> dict[str, pl.DataFrame]:
    return {"card": frame(*card), "web": frame(*web)}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two shops; ``web`` may mark members as deleted or as a test."""
    web = shop(deleted={"column": "gone", "values": ["1"]}, status={"column": "kind", "test": ["test"]})
    return World(tmp_path / "w", {"sources": {"card": shop(), "web": web}})


def marked(*rows: Any, **marks: tuple[str, str]) -> pl.DataFrame:
    """Rows of ``web`` with its columns gone and kind; ``marks`` by id."""
    full = frame(*rows)
    gone, kind = ([marks.get(one, ("", ""))[at] or None for one in full["id"]] for at in (0, 1))
    return full.with_columns(gone=pl.Series(gone, dtype=pl.String), kind=pl.Series(kind, dtype=pl.String))


def both(card: list[Any] = CARD, web: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    return {"card": frame(*card), "web": marked(*WEB) if web is None else web}


def code(caught: pytest.ExceptionInfo[OneIDError]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


def as_delta(world: World, *names: str) -> None:
    """Lets these sources send delta feeds from now on."""
    for name in names:
        world.config["sources"][name]["feed"] = "delta"


def test_new_changed_deleted_and_test_members(world: World) -> None:
    """Each as its event says; whoever stays keeps the OneID, also under another phone."""
    world.run(both())
    first = world.oneids()
    assert world.events() == [
        ("created", "card", "C1"), ("created", "card", "C2"), ("created", "card", "C3"), ("created", "web", "W4"),
    ]  # fmt: skip
    assert first["card:C1"] == first["web:W1"] != first["card:C2"]
    moved = ("C2", *IPPEI[:3], "070-4182-9356", IPPEI[4])
    world.run(both([CARD[0], moved, CARD[2], ("C5", *MINORU)], marked(*WEB, W1=("1", ""), W3=("", "test"))))
    now = world.oneids()
    assert world.events() == [("joined", "card", "C5"), ("left", "web", "W1"), ("left", "web", "W3")]
    assert now == {one: first[one] for one in ("card:C1", "card:C2", "card:C3", "web:W4")} | {
        "card:C5": first["web:W4"]
    }
    golden = world.tables()["golden"].filter(oneid=first["card:C2"])
    assert golden["phone"].item() == "070-4182-9356"
    assert world.tables()["rejected"].select("source_id", "reason").rows() == [("W1", "deleted"), ("W3", "test record")]
    world.run(both([CARD[0]], marked(*WEB[:1])))
    assert world.oneids() == dict.fromkeys(("card:C1", "web:W1"), first["card:C1"])
    assert [event for event, *_ in world.events()].count("left") == 4
    retired = world.tables()["aliases"].filter(pl.col("current_oneid").is_null())["oneid"].to_list()
    assert sorted(retired) == sorted(first[one] for one in ("card:C2", "card:C3", "web:W4"))


def test_delta_and_full_feeds_mixed(world: World) -> None:
    """Who is missing in a delta feed stays and can still be linked; who is missing in a full one has left."""
    world.run(both())
    first = world.oneids()
    as_delta(world, "web")
    web = marked(("W5", *IPPEI), ("W4", *MINORU), W4=("1", ""))
    result = world.run(both(CARD[:2], web))
    now = world.oneids()
    assert now["web:W5"] == first["card:C2"]
    assert now["web:W3"] == first["card:C3"]
    assert world.events() == [("joined", "web", "W5"), ("left", "card", "C3"), ("left", "web", "W4"), ("retired",)]
    assert result.run["feeds"] == {
        "card": {"new": 0, "changed": 0, "same": 2, "kept": 0, "gone": 1},
        "web": {"new": 1, "changed": 0, "same": 0, "kept": 2, "gone": 1},
    }
    tables = world.tables()
    rows = sum(result.run["rows_in"].values())
    assert rows + 2 == tables["merge_map"].height + tables["rejected"].height == 6
    world.run(both(CARD[:2], marked().clear()))
    assert world.oneids() == now
    assert not world.events()


def test_a_stale_row_of_a_delta_feed_is_refused(world: World) -> None:
    """What is known stays, and the row is rejected and counted; in a full feed the row is what the source says."""
    old, new = ((*IPPEI, None, None, None, day) for day in ("2024-01-05", "2024-01-09"))
    renamed = ("C2", IPPEI[0], IPPEI[1], IPPEI[2], "070-6193-2758", IPPEI[4], None, None, None, "2024-01-04")
    world.run(both([CARD[0], ("C2", *old)]))
    known = world.tables()["golden_values"]
    as_delta(world, "card")
    result = world.run(both([renamed]))
    tables = world.tables()
    assert tables["rejected"].rows() == [("card", 1, "C2", "older than known")]
    assert result.run["feeds"]["card"] == {"new": 0, "changed": 0, "same": 0, "kept": 2, "gone": 0}
    assert result.run["rejected"] == {"older than known": 1}
    assert tables["golden_values"].equals(known)
    world.run(both([("C2", *new[:3], "070-2617-8340", *new[4:])]))
    assert "070-2617-8340" in world.tables()["golden_values"]["value"]
    world.config["sources"]["card"]["feed"] = "full"
    world.run(both([CARD[0], renamed]))
    assert "070-6193-2758" in world.tables()["golden_values"]["value"]


@pytest.mark.parametrize("name", [None, "nightly"])
def test_the_same_input_again_writes_nothing(world: World, name: str | None) -> None:
    """Also with the same run id, in another order of rows, and with rows that stand there twice."""
    world.run(both(), run_id=name)
    before = world.bytes()
    again = world.run({shop_: pl.concat([rows.reverse(), rows[:1]]) for shop_, rows in both().items()}, run_id=name)
    # a row that stands twice is another input file, but says nothing more
    assert again.run["unchanged"]
    assert world.bytes() == before
    with world.registry() as registry:
        assert registry.runs().height == 1
    assert again.merge_map.shape[0] == 6


def test_the_same_input_under_another_name_is_a_run_in_which_nothing_happens(world: World) -> None:
    """It is published, with no event, and no table changes but for its name."""
    world.run(both())
    before = world.tables()
    world.run(both(), run_id="once more")
    assert not world.events()
    assert_same(world.tables(), before, PUBLISHED)
    with world.registry() as registry:
        assert registry.runs()["run_id"].to_list()[1] == "once more"


def test_the_last_run_goes_into_another_folder_too(world: World, tmp_path: Path) -> None:
    """Nothing new, and yet a folder that holds no run gets the last one whole."""
    world.run(both())
    with world.resolve(both()) as result:
        result.write(tmp_path / "other")
    assert_same(oneid.read_run(tmp_path / "other").to_polars(), world.tables(), PUBLISHED)


@pytest.mark.slow
def test_data_of_before_are_taken_but_not_under_their_name(world: World) -> None:
    """A source may be restored to what it was; a name stands for one run (E621, E622), and nothing changes."""
    world.run(both())
    world.run(both(CARD[:2]))
    before = world.bytes()
    with world.registry() as registry:
        first, last = registry.runs()["run_id"].to_list()
    for name, told in ((first, "E621"), (last, "E622")):
        with pytest.raises(OneIDError) as caught:
            world.resolve(both(), run_id=name)
        assert code(caught) == [told]
    assert world.bytes() == before
    assert world.run(both()).run["run_id"] == f"{first}-3"


def test_a_run_id_names_one_run(world: World) -> None:
    """With other data it is refused (E622), with its own data of before too (E621)."""
    world.run(both(), run_id="mon")
    with pytest.raises(OneIDError) as caught:
        world.resolve(both(CARD[:2]), run_id="mon")
    assert code(caught) == ["E622"]
    world.run(both(CARD[:2]), run_id="tue")
    with pytest.raises(OneIDError) as caught:
        world.resolve(both(), run_id="mon")
    assert code(caught) == ["E621"]
    world.run(both(), run_id="wed")
    assert world.oneids()["card:C3"] == world.oneids()["web:W3"]


def test_the_day_of_the_data_does_not_go_back(world: World) -> None:
    """``{ds}`` in the paths: the same day again may bring something new, a day before is refused (E621)."""
    for day, rows in (("2024-02-01", CARD[:2]), ("2024-02-02", CARD)):
        frame(*rows).write_csv(world.base / f"card-{day}.csv")
    said = {"version": 1, "registry": "sqlite:///oneid.db", "sources": {"card": shop(path="card-{ds}.csv")}}
    path = world.base / "oneid.yaml"
    path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")

    def run(day: str) -> None:
        with oneid.resolve(oneid.load_config(path, {"ds": day}), folder=world.out) as result:
            result.write(world.out)

    run("2024-02-02")
    with pytest.raises(OneIDError) as caught:
        run("2024-02-01")
    assert code(caught) == ["E621"]
    frame(*CARD, ("C9", *MINORU)).write_csv(world.base / "card-2024-02-02.csv")
    run("2024-02-02")
    assert world.events() == [("created", "card", "C9")]
    with world.registry() as registry:
        assert registry.runs()["day"].to_list() == ["2024-02-02"] * 2


def test_time_does_not_go_back(world: World) -> None:
    """A moment that is not after the last run is refused (E625); left out, a clock that was set back does no harm."""
    later = datetime.now(UTC) + timedelta(hours=20)
    world.run(both(), at=later)
    for at in (later, later - timedelta(seconds=1)):
        with pytest.raises(OneIDError) as caught:
            world.resolve(both(CARD[:2]), at=at)
        assert code(caught) == ["E625"]
    with oneid.resolve(both(CARD[:2]), world.said(), folder=world.out) as result:
        result.write(world.out)
    with world.registry() as registry:
        assert registry.runs()["at"].to_list() == [later, later]


@pytest.mark.slow
def test_data_of_the_last_run_with_rules_of_an_older_one_are_no_older_data(world: World, tmp_path: Path) -> None:
    """A decision made and taken back without new data: there and back again, each a run."""
    ends = "source_l,source_id_l,source_r,source_id_r,decision\n"
    path = tmp_path / "decisions.csv"
    path.write_text(ends, encoding="utf-8")
    world.config["decisions"] = str(path)
    world.run(both())
    before = world.oneids()
    path.write_text(f"{ends}card,C2,web,W4,same\n", encoding="utf-8")
    world.run(both())
    assert world.oneids()["web:W4"] == before["card:C2"]
    path.write_text(ends, encoding="utf-8")
    world.run(both())
    assert world.oneids() == before
    with world.registry() as registry:
        names = registry.runs()["run_id"]
    assert names[2] == f"{names[0]}-3"


def test_without_the_folder_only_full_feeds_go_on(world: World, tmp_path: Path) -> None:
    """OneIDs are in the registry; what delta feeds leave out is in the folder (E623). A strange folder: E624."""
    world.run(both())
    first = world.oneids()
    other = World(tmp_path / "o", world.config)
    other.run(both())
    world.out.rename(tmp_path / "away")
    other.out.rename(world.out)
    with pytest.raises(OneIDError) as caught:
        world.resolve(both(CARD[:2]))
    assert code(caught) == ["E624"]
    world.out.rename(other.out)
    as_delta(world, "web")
    with pytest.raises(OneIDError) as caught:
        world.resolve(both(CARD[:2]))
    assert code(caught) == ["E623"]
    world.config["sources"]["web"]["feed"] = "full"
    world.run(both(CARD[:2]))
    assert world.oneids() == {one: oneid_ for one, oneid_ in first.items() if one != "card:C3"}


def _lose_it(out: Path) -> None:
    out.rename(out.parent / "away")


def _lose_dots(out: Path) -> None:
    shutil.rmtree(out / ".runs")  # as tools that copy no hidden folders do


def _lose_the_run(out: Path) -> None:
    (out / "run.json").unlink()


@pytest.mark.parametrize(
    "lose", lanes({one.__name__: one for one in (_lose_it, _lose_dots, _lose_the_run)}, "_lose_it")
)
@pytest.mark.parametrize("name", lanes((None, "nightly"), "nightly"))
def test_a_lost_folder_is_made_anew_of_the_same_feeds(world: World, name: str | None, lose: Any) -> None:
    """As often as it is lost, under the same OneIDs; and what is there again is not made once more."""
    world.run(both(), run_id=name)
    first, tables = world.oneids(), world.tables()
    for _ in range(2):
        lose(world.out)
        shutil.rmtree(world.out.parent / "away", ignore_errors=True)
        assert "unchanged" not in world.run(both(), run_id=name).run
        assert world.oneids() == first
        assert_same(world.tables(), tables, PUBLISHED)
        assert world.run(both(), run_id=name).run["unchanged"]
    with world.registry() as registry:
        names = registry.runs()["run_id"].to_list()
    assert names == [names[0], f"{names[0]}-2", f"{names[0]}-3"]


@pytest.mark.slow
def test_a_folder_lost_after_an_act_is_made_anew(world: World) -> None:
    """What people did holds, and they can go on; a rollback also."""
    world.run(both())
    world.run(both([*CARD, ("C5", *MINORU)]))
    hanako, ippei = world.oneids()["card:C1"], world.oneids()["card:C2"]
    for do in (lambda: acts.merge(world.loaded(), [hanako, ippei]), lambda: acts.rollback(world.loaded(), 1)):
        with do() as result:
            result.write(world.out)
        held = world.oneids()
        shutil.rmtree(world.out)
        world.run(both([*CARD, ("C5", *MINORU)]))
        now = world.oneids()
        assert now["card:C1"] == now["card:C2"] == held["card:C1"] or do.__code__.co_names[-1] == "rollback"
        assert world.run(both([*CARD, ("C5", *MINORU)])).run["unchanged"]


# --- members who have withdrawn --------------------------------------------------------------------------------------


def withdrawn_world(tmp_path: Path) -> World:
    card = shop(status={"column": "kind", "withdrawn": ["left", "gone"]})
    return World(tmp_path / "w", {"sources": {"card": card, "web": shop(until="last")}})


def stay(kind: str | None, last: str | None, phone: str = "090-7305-1846") -> Frames:
    """Hanako in both shops, the newer row in ``card``; she is as ``kind`` says there, and left ``web`` on ``last``."""
    card = ("C1", *HANAKO[:3], phone, "new@example.com", None, None, None, "2024-01-02")
    web = ("W1", *HANAKO, None, None, None, "2024-01-01")
    return {
        "card": frame(card, CARD[1]).with_columns(kind=pl.Series([kind, None], dtype=pl.String)),
        "web": frame(web, *WEB[1:]).with_columns(last=pl.Series([last, None, None], dtype=pl.String)),
    }


def test_a_withdrawn_member_keeps_the_oneid_and_comes_last_in_golden_records(tmp_path: Path) -> None:
    """Whatever else speaks for the record; but where nobody else has a value, it is still the best one."""
    world = withdrawn_world(tmp_path)
    world.run(stay(None, None))
    first = world.oneids()
    assert world.tables()["members"]["withdrawn"].to_list() == [False] * 5
    assert list(world.tables()["members"].columns[:4]) == ["source", "source_id", "oneid", "withdrawn"]

    def golden() -> tuple[str, str, str]:
        return world.tables()["golden"].filter(oneid=first["card:C1"]).select("phone", "email", "email_source").row(0)

    assert golden() == ("090-7305-1846", "new@example.com", "card")
    world.run(stay(" left ", None))
    assert world.oneids() == first
    assert not world.events()
    assert golden() == ("090-1853-2647", "hanako@example.com", "web")
    held = world.tables()["members"].filter("withdrawn").select(RECORD).rows()
    assert held == [("card", "C1")]
    assert world.tables()["golden_values"].filter(value="new@example.com").height == 1
    world.run(stay("gone", "2023-12-31"))
    assert golden() == ("090-7305-1846", "new@example.com", "card")
    assert world.tables()["members"]["withdrawn"].sum() == 2


@pytest.mark.slow
def test_withdrawn_where_the_last_day_has_passed(tmp_path: Path) -> None:
    """On the last day itself a member still is one; the day after not, though no row has changed."""
    world = withdrawn_world(tmp_path)
    shown = []
    day = datetime(2024, 3, 9, 16, tzinfo=UTC)  # the 10th in Japan
    for number, last in enumerate(["2024-03-12", "2024-03-12", "2024-03-12", "2024-03-12"]):
        rows = stay("left", last)
        more = [rows["card"][1:].with_columns(id=pl.lit(f"N{one}")) for one in range(number)]
        rows = {**rows, "card": pl.concat([rows["card"], *more])}
        result = world.run(rows, at=day + number * DAY)
        assert result.run["registry"]["compared"] == ("all" if number == 0 else "changes")
        tables = world.tables()
        gone = tables["members"].filter(source="web", source_id="W1")["withdrawn"].item()
        record = tables["merge_map"].filter(source="web", source_id="W1")["oneid"].item()
        shown.append((gone, tables["golden"].filter(oneid=record)["email"].item()))
    assert shown == [(False, "hanako@example.com")] * 3 + [(True, "new@example.com")]


@pytest.mark.slow
def test_withdrawn_without_a_registry() -> None:
    """The run's day is then the newest that the data know of."""
    said = {"sources": {"card": shop(), "web": shop(until="last")}}
    for last, gone in (("2024-01-01", True), ("2024-01-02", False), ("9999-12-31", False), ("soon", False)):
        rows = stay(None, last)
        result = oneid.resolve({**rows, "card": rows["card"].drop("kind")}, said)
        assert result.to_polars()["members"].filter(source_id="W1")["withdrawn"].item() == gone
    plain = oneid.resolve(frames(), {"sources": {"card": shop(), "web": shop()}})
    assert "withdrawn" not in plain.to_polars()["members"].columns


# --- what is learned, and configs that change ------------------------------------------------------------------------


def full(monkeypatch: pytest.MonkeyPatch, world: World, rows: Frames, run_id: str = "next") -> dict[str, pl.DataFrame]:
    """What a run in full gives, from a copy of folder and registry."""
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
        patch.setattr(changedpairs, "MOST_FRESH", -1)
        copy = world.copy(Path(folder) / "copy")
        result = copy.run(rows, run_id=run_id)
        assert result.run["registry"]["compared"] == "all"
        return {name: table.clone() for name, table in copy.tables().items()}


@cache
def demo() -> dict[str, pl.DataFrame]:
    """A small demo, without the rows that say nothing."""
    return {name: clean(name, rows) for name, rows in generate(records=500, seed=3).sources.items()}


def few_changed(rows: Frames, count: int = 5) -> dict[str, pl.DataFrame]:
    """The demo with a few other mail addresses."""
    ec = rows["ec"].with_row_index("at").with_columns(
        email=pl.when(pl.col("at") < count).then(pl.lit("someone@example.net")).otherwise("email")
    )  # fmt: skip
    return {**rows, "ec": ec.drop("at")}


@pytest.mark.slow
def test_what_is_known_stays_in_its_files(tmp_path: Path) -> None:
    """From run to run the same file on the disk, until much has changed; an erasure leaves no old file."""
    world = World(tmp_path, demo_config())

    def known() -> tuple[set[int], int]:
        tables = read_tables(world.out, verify=True)
        base = [world.out / f"{name}.arrow" for name in tables if "/base/" in name]
        assert len(base) == 6
        return {path.stat().st_ino for path in base}, sum("/recent/" in name for name in tables)

    world.run(demo())
    first, recent = known()
    assert recent == 0
    world.run(few_changed(demo()))
    assert known() == (first, 6)
    world.run(few_changed(demo(), 6))
    assert known() == (first, 6)
    world.run(few_changed(demo(), 100))
    folded, recent = known()
    assert recent == 0
    assert not folded & first
    result, _ = acts.erase(world.loaded(), next(iter(world.oneids().values())))
    with result:
        result.write(world.out)
    erased, _ = known()
    assert not erased & folded


def _field_added(said: dict[str, Any]) -> None:
    said["sources"]["mail_list"]["fields"]["romaji"] = "zip"


def _own_field_added(said: dict[str, Any]) -> None:
    said["sources"]["mail_list"]["fields"]["wish"] = {"column": "opt_in", "kind": "category"}


def _field_dropped(said: dict[str, Any]) -> None:
    del said["sources"]["credit_card"]["fields"]["romaji"]


def _source_dropped(said: dict[str, Any]) -> None:
    del said["sources"]["prepaid"]


def _carried_otherwise(said: dict[str, Any]) -> None:
    said["sources"]["prepaid"]["carry"] = []
    said["sources"]["ec"]["carry"] = ["points", "sex"]


def _other_weights(said: dict[str, Any]) -> None:
    said["rules"] = _rules("  email: {equal: 10.4", "  email: {equal: 4.4")


def _other_blocking(said: dict[str, Any]) -> None:
    said["rules"] = _rules("  - {keys: [kanji, birth], most: 30}\n", "")


def _other_survivorship(said: dict[str, Any]) -> None:
    said["rules"] = _rules("order: [most_complete, newest,", "order: [newest, most_complete,")


def _status_added(said: dict[str, Any]) -> None:
    said["sources"]["mail_list"]["status"] = {"column": "opt_in", "withdrawn": ["0"]}


def _rules(old: str, new: str) -> str:
    """The path of the shipped rules with a change."""
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text(encoding="utf-8")
    assert old in text
    path = Path(tempfile.mkdtemp()) / "rules.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(path)


CHANGED = {
    "a field added": _field_added,
    "a field of one's own added": _own_field_added,
    "a field dropped": _field_dropped,
    "a source dropped": _source_dropped,
    "other columns carried": _carried_otherwise,
    "other weights": _other_weights,
    "other blocking": _other_blocking,
    "other survivorship": _other_survivorship,
    "a status added": _status_added,
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_a_config_that_changed_gives_what_a_run_in_full_gives(
    change: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And there is nothing left of what the config says no more."""
    world = World(tmp_path / "w", demo_config())
    world.run(demo())
    before = set(world.config["sources"])
    change(world.config)
    for name in before - set(world.config["sources"]):
        with acts.detach(world.loaded(), name) as result:
            result.write(world.out)
    rows = {name: table for name, table in few_changed(demo()).items() if name in world.config["sources"]}
    expected = full(monkeypatch, world, rows)
    world.run(rows, run_id="next")
    assert_same(world.tables(), expected, PUBLISHED)
    fresh = World(tmp_path / "fresh", world.config)
    fresh.run(rows)
    for name in PUBLISHED:
        assert world.tables()[name].columns == fresh.tables()[name].columns, name


def test_a_source_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its members are new, and all others are as they were."""
    config = demo_config()
    prepaid = config["sources"].pop("prepaid")
    world = World(tmp_path / "w", config)
    world.run({name: rows for name, rows in demo().items() if name != "prepaid"})
    config["sources"]["prepaid"] = prepaid
    expected = full(monkeypatch, world, demo())
    world.run(demo(), run_id="next")
    assert_same(world.tables(), expected, PUBLISHED)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["read in another way", "doubled", "halved"])
def test_what_columns_show_is_learned_anew(how: str, tmp_path: Path) -> None:
    """When all sources are read in another way or one is many times as large, or as small: as a first run learns it."""
    world = World(tmp_path / "w", demo_config())
    small = {name: rows if how == "halved" else rows.gather_every(3) for name, rows in demo().items()}
    large = {name: rows.gather_every(3) if how == "halved" else rows for name, rows in demo().items()}
    rows = small
    world.run(small)
    if how == "read in another way":
        for source in world.config["sources"].values():
            source["null_values"] = ["なし"]
        result = world.run(small)
    else:  # the run after the one that brought so many learns
        world.run(large)
        rows = few_changed(large)
        result = world.run(rows)
    assert result.run["registry"]["compared"] == "all"
    fresh = World(tmp_path / "fresh", world.config)
    fresh.run(rows)
    assert learned_in(world.tables()).digest == learned_in(fresh.tables()).digest  # each has a secret of its own
    assert together(world.tables()["merge_map"]) == together(fresh.tables()["merge_map"])


# --- any batches, any order ------------------------------------------------------------------------------------------


@cache
def _low_limits() -> str:
    """The path of rules under which blocks of few records are too large."""
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text(encoding="utf-8")
    for most in ("30", "20", "10"):
        text = text.replace(f"most: {most}", f"most: {int(most) // 8 + 1}")
    path = Path(tempfile.mkdtemp()) / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


HELD = {"credit_card": ("mobile_phone", "email"), "prepaid": ("tel", "mail"), "ec": ("phone", "email")}
"""By system the columns of values that can be shared."""


class Life:
    """What the five systems hold from batch to batch; all that happens is drawn from one seed."""

    def __init__(self, records: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        days = Days(generate(records=records, seed=4), seed=2)
        self.first = {name: self._dated(name, clean(name, rows)) for name, rows in days.today.full.items()}
        later = [days.next_day(new=0.06, changed=0.08, deleted=0.04).full for _ in range(2)][-1]
        self.later = {name: self._dated(name, clean(name, rows)) for name, rows in later.items()}
        self.now = dict(self.first)

    @staticmethod
    def _dated(name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Some members of ``ec`` have a last day soon."""
        if name != "ec":
            return rows
        number = rows["member_id"].str.slice(1).cast(pl.Int64)
        day = pl.lit("2024-01-0") + (1 + number // 7 % 5).cast(pl.String)
        return rows.with_columns(pl.select(last=pl.when(number % 7 == 0).then(day)).to_series())

    def _some(self, rows: pl.DataFrame, share: float) -> pl.Series:
        return pl.Series(self.rng.random(rows.height) < share, dtype=pl.Boolean)

    def batch(self, share: float, copied: int, last: bool = False) -> None:
        """Some of the members become as they are later, or as they were; some get another one's phone or mail address.
        After the last batch all are as they are later.
        """
        for name in self.now:
            column = IDS[name][0]
            before, target = self.now[name], self.later[name]
            if last:
                self.now[name] = target
                continue
            every = pl.concat([before[column], target[column], self.first[name][column]]).unique().sort()
            taken = every.filter(pl.Series(self.rng.random(len(every)) < share))
            goal = target if self.rng.random() < 0.7 else self.first[name]
            there = pl.col(column).is_in(taken.implode())
            self.now[name] = self._copied(pl.concat([before.filter(~there), goal.filter(there)]), name, copied)

    def _copied(self, rows: pl.DataFrame, name: str, many: int) -> pl.DataFrame:
        for column in HELD.get(name, ()):
            at = self.rng.choice(rows.height, min(many, rows.height), replace=False)
            if at.size:
                rows = rows.with_columns(rows[column].clone().scatter(at, rows[column][int(at[0])]))
        return rows

    def feeds(self, before: Frames, delta: set[str]) -> dict[str, pl.DataFrame]:
        """The feeds of the batch, in any order of rows; delta feeds name who changed, and some who did not."""
        made = {}
        for name in self.now:
            rows = self.now[name]
            if name in delta:
                column = IDS[name][0]
                keep = rows.join(before[name], on=rows.columns, how="anti", nulls_equal=True)
                more = rows.filter(self._some(rows, 0.05)).join(keep, on=column, how="anti")
                gone = before[name].join(rows, on=column, how="anti")
                mark = pl.lit(None, pl.String).alias(DELETED[name])
                rows = pl.concat([
                    pl.concat([keep, more]).with_columns(mark),
                    gone.with_columns(pl.lit("1").alias(DELETED[name])),
                ])  # fmt: skip
            made[name] = rows[self.rng.permutation(rows.height)] if rows.height else rows
        return made


def _world(base: Path, delta: set[str]) -> World:
    config = demo_config(*delta)
    config["sources"]["ec"]["until"] = "last"
    return World(base, {**config, "rules": _low_limits(), "decisions": str(base / "decisions.csv")})


def _decide(world: World, rng: np.random.Generator, kept: list[str]) -> list[str]:
    """Some decisions of before are taken back, and some pairs of the last run are decided."""
    kept = [line for line in kept if rng.random() < 0.6]
    known = {tuple(line.split(",")[:4]) for line in kept}
    if (world.out / "run.json").is_file():
        ends = ["source_l", "source_id_l", "source_r", "source_id_r"]
        tables = world.tables()
        for name, decision in (("links", "different"), ("review", "same"), ("review", "defer")):
            table = tables[name]
            for row in rng.choice(table.height, min(2, table.height), replace=False).tolist():
                pair = table.select(ends).row(row)
                if pair not in known:
                    known.add(pair)
                    kept.append(",".join((*pair, decision)))
    return kept


def _write(world: World, lines: list[str]) -> None:
    text = "source_l,source_id_l,source_r,source_id_r,decision\n" + "".join(f"{line}\n" for line in lines)
    (world.base / "decisions.csv").write_text(text, encoding="utf-8")


def _consistent(lines: list[str], world: World) -> list[str]:
    """The decisions without those that contradict others."""
    from oneid.identity import decisions
    from oneid.vocabulary.errors import InputError

    left: list[str] = []
    for line in lines:
        _write(world, [*left, line])
        try:
            decisions.read(world.base / "decisions.csv")
        except InputError:
            continue
        left.append(line)
    return left


batches = st.lists(
    st.tuples(
        st.sampled_from([0.02, 0.1, 0.2]), st.integers(0, 4), st.sets(st.sampled_from(sorted(IDS))), st.booleans()
    ),
    min_size=2,
    max_size=4,
)


def _any_batches(plan: list[tuple[float, int, set[str], bool]], seed: int, records: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        life = Life(records, seed)
        world = _world(Path(folder) / "w", set())
        _write(world, [])
        world.run(life.feeds(life.now, set()))
        at_once = world.copy(Path(folder) / "once")
        lines: list[str] = []
        compared = []
        for number, (share, copied, delta, decide) in enumerate(plan, 1):
            before = dict(life.now)
            life.batch(share, copied, last=number == len(plan))
            lines = _consistent(_decide(world, life.rng, lines), world) if decide and number < len(plan) else lines
            lines = [] if number == len(plan) else lines
            _write(world, lines)
            world.config = _world(world.base, delta).config
            feeds = life.feeds(before, delta)
            expected = full(monkeypatch, world, feeds, run_id=f"batch {number}")
            compared.append(world.run(feeds, run_id=f"batch {number}").run["registry"]["compared"])
            assert_same(world.tables(), expected, (*PUBLISHED, "events", "known/oneids"))
        assert "changes" in compared
        at_once.config = {**_world(at_once.base, set()).config}
        _write(at_once, [])
        at_once.run(life.feeds(life.now, set()))
        assert together(world.tables()["merge_map"]) == together(at_once.tables()["merge_map"])


# each example is a whole small world, too slow to be made smaller step by step
PHASES = (Phase.explicit, Phase.generate)
everyday = settings(
    max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=PHASES
)
deeper = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)


@pytest.mark.slow
@everyday
@given(plan=batches, seed=st.integers(0, 10_000))
def test_any_split_into_batches_and_any_order_give_what_runs_in_full_give(plan: Any, seed: int) -> None:
    """After each batch all tables are those of comparing everything anew from the same registry; and who is together
    in the end is so whatever the batches were. Decisions are made and taken back, blocks cross their limits, values
    become shared and are no longer, members withdraw.
    """
    _any_batches(plan, seed, 400)


@pytest.mark.slow
@deeper
@given(plan=batches, seed=st.integers(0, 1_000_000))
def test_any_split_into_batches_of_a_larger_world(plan: Any, seed: int) -> None:
    """The same for more records and more batches."""
    _any_batches(plan, seed, 1500)
