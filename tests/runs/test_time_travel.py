"""Stories of runs that go wrong in time: rolled back, fed out of order, dated in the future. On both databases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import oneid
from lasting import World, frame, shop
from oneid.identity.decisions import COLUMNS, Note
from oneid.runs import acts, clocks
from oneid.settings.configfile import from_dict
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.references import RecordRef
from registry import server as database
from registry.conftest import Place, socket  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow
SERVERS = database.programs() is not None or os.environ.get("ONEID_REQUIRE_SERVERS") == "1"

HANAKO = ("高橋 花子", "タカハシ ハナコ", "1980-04-05", "090-1853-2647", "hanako@example.com")
IPPEI = ("鈴木 一平", "スズキ イッペイ", "1975-01-31", "090-3917-4862", "ippei@example.com")
RIKKA = ("小鳥遊 六花", "タカナシ リッカ", "2001-06-12", "080-7261-8395", "rikka@example.jp")
MINORU = ("田中 実", "タナカ ミノル", "1990-03-03", "080-5274-6913", "minoru@example.org")
KEN = ("佐藤 健", "サトウ ケン", "1966-08-19", "080-2846-7193", "ken@example.org")

CARD = [("C1", *HANAKO), ("C2", *IPPEI), ("C3", *RIKKA), ("C4", *KEN)]
WEB = [("W1", *HANAKO), ("W3", *RIKKA), ("W4", *MINORU)]
"""Five people; C1 = W1 and C3 = W3."""


def frames(card: list[Any] = CARD, web: list[Any] = WEB) -> dict[str, pl.DataFrame]:
    return {"card": frame(*card), "web": frame(*web)}


@pytest.fixture(params=["sqlite", "postgresql"] if SERVERS else ["sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    made = Place(request.param, tmp_path, request.getfixturevalue("socket") if request.param == "postgresql" else "")
    yield made
    made.close()


@pytest.fixture
def world(place: Place, tmp_path: Path) -> World:
    """Two shops, on both databases."""
    url = place.url if place.kind == "postgresql" else ""
    return World(tmp_path / "w", {"sources": {"card": shop(), "web": shop()}}, url=url)


@pytest.fixture
def small(tmp_path: Path) -> World:
    """The same on SQLite alone."""
    return World(tmp_path / "w", {"sources": {"card": shop(), "web": shop()}})


def act(world: World, made: oneid.Result) -> None:
    with made:
        made.write(world.out)


def code(caught: pytest.ExceptionInfo[OneIDError]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


def decided(*rows: tuple[str, str, str], **said: str) -> pl.DataFrame:
    cells = [(*a.split(":"), *b.split(":"), decision) for a, b, decision in rows]
    made = pl.DataFrame(cells, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    return made.with_columns(pl.lit(text).alias(name) for name, text in said.items())


def people(oneids: dict[str, str]) -> set[frozenset[str]]:
    """Who is together."""
    return {frozenset(one for one, mine in oneids.items() if mine == bearer) for bearer in oneids.values()}


def together(*groups: str) -> set[frozenset[str]]:
    """``"C1 W1"`` are one person."""
    return {frozenset(f"{'card' if word[0] == 'C' else 'web'}:{word}" for word in group.split()) for group in groups}


# --- a rollback stands until a run judges anew -----------------------------------------------------------------------


def rolled_back(world: World, tmp_path: Path) -> dict[str, str]:
    """After a bad run that was rolled back; the bad verdicts still stand in the decisions file of the config."""
    world.run(frames())
    good = world.oneids()
    bad = tmp_path / "decisions.csv"
    lines = ["card,C1,card,C2,same", "web,W3,web,W4,same", "card,C3,card,C4,same"]
    bad.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    world.config["decisions"] = str(bad)
    world.run(frames())
    assert people(world.oneids()) >= together("C1 C2", "W3 W4", "C3 C4")
    act(world, acts.rollback(world.loaded(), 1))
    assert world.oneids() == good
    return good


def test_acts_keep_what_a_rollback_put_back(world: World, tmp_path: Path) -> None:
    """One after the other, each changes those whom it names and nobody else; the next run judges anew."""
    good = rolled_back(world, tmp_path)
    act(world, acts.erase(world.loaded(), good["web:W4"])[0])
    left = {one: mine for one, mine in good.items() if one != "web:W4"}
    assert world.oneids() == left
    act(world, acts.split(world.loaded(), good["card:C1"], [RecordRef("web", "W1")]))
    assert people(world.oneids()) == together("C1", "W1", "C2", "C3 W3", "C4")
    act(world, acts.decide(world.loaded(), decided(("card:C1", "web:W1", "same"))))
    assert people(world.oneids()) == together("C1 W1", "C2", "C3 W3", "C4")
    numbers = pl.DataFrame({"old_id": ["C2"], "new_id": ["C22"]})
    act(world, acts.rekey(world.loaded(), "card", numbers))
    assert people(world.oneids()) == together("C1 W1", "C22", "C3 W3", "C4")
    act(world, acts.merge(world.loaded(), [good["card:C2"], good["card:C4"]]))
    assert people(world.oneids()) == together("C1 W1", "C22 C4", "C3 W3")
    with world.resolve(frames([("C1", *HANAKO), ("C22", *IPPEI), *CARD[2:]])) as result:
        found = result.attach(pl.DataFrame({"id": ["C1", "C22", "C3", "C4"]}), source="card", id="id")["oneid"]
        assert found[0] == found[1]  # the decisions of the file are judged again
        assert found[2] == found[3]


def test_acts_do_not_judge_by_other_rules(small: World, tmp_path: Path) -> None:
    """A rules file that was changed since, with a rollback or without: the clusters stand, and the next run judges by
    it, although it brings no other data.
    """
    small.run(frames())
    good = small.oneids()
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text(encoding="utf-8")
    strict = tmp_path / "strict.yaml"
    start, end = text.index("\nrules:\n"), text.index("\nthresholds:")
    text = text[:start] + "\nrules: []\n" + text[end:]
    strict.write_text(text.replace("\nbase: -5.1", "\nbase: -60"), encoding="utf-8")
    small.config["rules"] = str(strict)
    act(small, acts.merge(small.loaded(), [good["card:C2"], good["card:C4"]]))
    assert people(small.oneids()) == together("C1 W1", "C2 C4", "C3 W3", "W4")
    act(small, acts.erase(small.loaded(), good["web:W4"])[0])
    assert people(small.oneids()) == together("C1 W1", "C2 C4", "C3 W3")
    small.run(frames())
    assert people(small.oneids()) == together("C1", "W1", "C2 C4", "C3", "W3")
    act(small, acts.rollback(small.loaded(), 3))
    act(small, acts.split(small.loaded(), good["card:C2"]))
    assert people(small.oneids()) == together("C1 W1", "C2", "C4", "C3 W3")


def test_a_run_after_an_act_judges_what_the_act_left_open(small: World) -> None:
    """Three records of one person, and a decision that parts two of them: what the act makes, a run in full makes."""
    twice = [*WEB, ("W9", *HANAKO)]
    small.run(frames(web=twice))
    act(small, acts.decide(small.loaded(), decided(("card:C1", "web:W1", "different"))))
    after = small.oneids()
    assert after["card:C1"] != after["web:W1"]
    small.run(frames(web=twice), run_id="again")
    assert small.oneids() == after
    act(small, acts.decide(small.loaded(), decided(("card:C1", "web:W1", "same"))))
    assert people(small.oneids()) >= together("C1 W1 W9")


# --- feeds in the order of their days --------------------------------------------------------------------------------


def of_day(world: World, day: str, rows: dict[str, pl.DataFrame] | None = None, **more: Any) -> None:
    """A run of the data of a day."""
    config = from_dict(world.said(**more), variables={"ds": day})
    with oneid.resolve(dict(rows or frames()), config, folder=world.out) as result:
        result.write(world.out)


def refused(world: World, *days: str, **more: Any) -> list[list[str]]:
    """The codes with which days are refused."""
    codes = []
    for day in days:
        with pytest.raises(OneIDError) as caught:
            of_day(world, day, frames(CARD[:2]), **more)
        codes.append(code(caught))
    return codes


def test_an_act_does_not_open_the_door_for_older_feeds(world: World) -> None:
    """Nor does a run that is told no day."""
    of_day(world, "2026-09-30")
    before = world.oneids()
    act(world, acts.merge(world.loaded(), [before["card:C2"], before["card:C4"]]))
    assert refused(world, "2026-09-29") == [["E621"]]
    with oneid.resolve(frames(CARD[:3]), world.said(), folder=world.out) as result:
        result.write(world.out)
    act(world, acts.rollback(world.loaded(), 1))
    assert refused(world, "2026-09-29", "2026-9-29", "20260929", "2026年9月29日") == [["E621"]] * 4
    of_day(world, "2026-10-1")
    with world.registry() as registry:
        days = registry.runs()["day"].to_list()
    assert days == ["2026-09-30", "2026-09-30", None, "2026-09-30", "2026-10-1"]


def test_days_without_an_order_are_refused_and_days_of_the_future(small: World) -> None:
    """At the first run already; with an order that the config states they are taken in it."""
    assert refused(small, "latest", "zzz", "batch-9", "42") == [["E641"]] * 4
    ahead = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    assert refused(small, ahead, "9999-12-31") == [["E642"]] * 2
    order = {"days": ["spring", "summer", "latest"]}
    of_day(small, "summer", **order)
    assert refused(small, "spring", "zzz", **order) == [["E621"], ["E641"]]
    of_day(small, "latest", frames(CARD[:2]), **order)
    of_day(small, "9", frames(CARD[:3]), days="number")
    of_day(small, "10", frames(CARD[:2]), days="number")
    assert refused(small, "9", days="number") == [["E621"]]


def test_data_that_equal_those_of_an_earlier_run_are_taken(world: World) -> None:
    """A source is restored to what it was: a run like any other, with a name of its own."""
    world.run(frames())
    first = world.oneids()
    world.run(frames(CARD[:2]))
    world.run(frames())
    assert people(world.oneids()) == people(first)
    with world.registry() as registry:
        names = registry.runs()["run_id"].to_list()
    assert names[2] == f"{names[0]}-3"
    with world.resolve(frames()) as again:
        assert again.run["unchanged"]


# --- marks that come late --------------------------------------------------------------------------------------------


def dated(who: tuple[str, ...], day: str | None, id_: str = "W1", **marks: str) -> dict[str, str | None]:
    names = ("name", "kana", "birth", "phone", "email")
    return {"id": id_, **dict(zip(names, who, strict=True)), "changed": day, **marks}


def marked(*rows: dict[str, str | None]) -> pl.DataFrame:
    columns = (
        "id",
        "name",
        "kana",
        "birth",
        "phone",
        "email",
        "postcode",
        "address",
        "joined",
        "changed",
        "gone",
        "kind",
    )
    return pl.DataFrame(
        [tuple(row.get(name) for name in columns) for row in rows],
        schema=dict.fromkeys(columns, pl.String),
        orient="row",
    )


@pytest.mark.parametrize("mark", [{"gone": "1"}, {"kind": "test"}], ids=["deleted", "test"])
def test_a_late_mark_takes_nobody_away_in_a_delta(tmp_path: Path, mark: dict[str, str]) -> None:
    """It is rejected as older than what is known; one of the same day or later, or without a date, takes effect; in a
    full feed the row is what the source says.
    """
    web = shop(feed="delta", deleted={"column": "gone", "values": ["1"]}, status={"column": "kind", "test": ["test"]})
    world = World(tmp_path / "w", {"sources": {"card": shop(), "web": web}})
    known = marked(dated(HANAKO, "2024-01-09"), dated(RIKKA, "2024-01-09", "W3"), dated(MINORU, "2024-01-09", "W4"))
    world.run({"card": frame(*CARD), "web": known})
    before = world.oneids()
    late = marked(
        dated(HANAKO, "2024-1-8", **mark), dated(RIKKA, "2024-01-09", "W3", **mark), dated(MINORU, None, "W4", **mark),
        dated(KEN, "2024-01-01", "W5", **mark),
    )  # fmt: skip
    result = world.run({"card": frame(*CARD), "web": late})
    assert world.oneids() == {one: mine for one, mine in before.items() if one not in ("web:W3", "web:W4")}
    assert result.run["feeds"]["web"] == {"new": 0, "changed": 0, "same": 0, "kept": 1, "gone": 2}
    word = "deleted" if "gone" in mark else "test record"
    rejected = world.tables()["rejected"].select("source_id", "reason").rows()
    assert rejected == [("W1", "older than known"), ("W3", word), ("W4", word), ("W5", word)]
    world.config["sources"]["web"]["feed"] = "full"
    full = marked(dated(HANAKO, "2024-01-08", **mark), dated(KEN, "2024-01-09", "W9"))
    world.run({"card": frame(*CARD), "web": full})
    assert "web:W1" not in world.oneids()


def test_a_row_older_than_a_mark_brings_nobody_back(tmp_path: Path) -> None:
    """Nor after an act, a renaming of the source, or a full feed in between; a newer mark is heeded although an older
    one was the last feed, and a row of its day or later makes the member new again.
    """
    web = shop(feed="delta", deleted={"column": "gone", "values": ["1"]})
    world = World(tmp_path / "w", {"sources": {"card": shop(), "web": web}})
    world.run({"card": frame(*CARD), "web": marked(dated(HANAKO, "2024-01-09"), dated(RIKKA, "2024-01-09", "W3"))})
    world.run({"card": frame(*CARD), "web": marked(dated(RIKKA, "2024-01-08", "W3", gone="1"))})
    assert "web:W3" in world.oneids()
    world.run({"card": frame(*CARD), "web": marked(dated(RIKKA, "2024-01-12", "W3", gone="1"))})
    assert "web:W3" not in world.oneids()
    oneids = world.oneids()
    act(world, acts.merge(world.loaded(), [oneids["card:C2"], oneids["card:C4"]]))
    world.config["sources"]["shop"] = world.config["sources"].pop("web")
    act(world, acts.rename_source(world.loaded(), "web", "shop"))
    late = marked(dated(RIKKA, "2024-01-11", "W3"), dated(MINORU, "2024-01-01", "W4"))
    result = world.run({"card": frame(*CARD), "shop": late})
    assert not {"shop:W3"} & set(world.oneids())
    assert result.run["feeds"]["shop"] == {"new": 1, "changed": 0, "same": 0, "kept": 1, "gone": 0}
    assert world.tables()["rejected"].select("source_id", "reason").rows() == [("W3", "older than known")]
    world.run({"card": frame(*CARD), "shop": marked(dated(RIKKA, "2024-01-12", "W3"))})
    assert "shop:W3" in world.oneids()
    assert "known/departed" not in world.tables()


# --- clocks ----------------------------------------------------------------------------------------------------------


def test_rows_dated_in_the_future_do_not_win_for_ever(tmp_path: Path) -> None:
    """They are taken, as is every row after them; the date counts for nothing, also in golden records."""
    world = World(tmp_path / "w", {"sources": {"card": shop(feed="delta"), "web": shop(duplicate_id="newest")}})
    web = [("W1", *HANAKO[:3], "090-1853-2648", None, None, None, None, "2024-01-02")]
    ahead = ("C1", *HANAKO[:3], "070-1111-2222", None, None, None, None, "9999-01-01")
    result = world.run(
        frames([ahead], [*web, ("W1", *HANAKO[:3], "090-1853-2649", None, None, None, None, "2036-01-01")])
    )
    assert any("dated in the future" in note for note in result.run["notes"])
    assert world.tables()["golden"]["phone"].to_list() == ["090-1853-2648"]
    now = ("C1", *HANAKO[:3], "070-3333-4444", None, None, None, None, "2024-01-03")
    result = world.run(frames([now], web))
    assert world.tables()["rejected"].is_empty()
    assert world.tables()["golden"]["phone"].to_list() == ["070-3333-4444"]


def test_decisions_of_the_future_are_refused(small: World, tmp_path: Path) -> None:
    """In the file, in a note, and in what is taken in; within a day they are fine."""
    small.run(frames())
    first = small.oneids()
    pair = ("card:C2", "web:W4", "same")
    soon = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    for at in ("9999-12-31", "9999-12-31T23:59:59Z", (datetime.now(UTC) + timedelta(days=2)).isoformat()):
        with pytest.raises(OneIDError) as caught:
            acts.decide(small.loaded(), decided(pair, at=at))
        assert code(caught) == ["E241"]
        with pytest.raises(OneIDError) as caught:
            acts.merge(small.loaded(), [first["card:C2"], first["card:C4"]], Note(at=at))
        assert code(caught) == ["E241"]
    path = tmp_path / "decisions.csv"
    path.write_text(f"{','.join(COLUMNS)},at\ncard,C2,web,W4,same,9999-01-01\n", encoding="utf-8")
    plain = {**small.config, "decisions": str(path)}
    for config in (plain, small.said(decisions=str(path))):
        with pytest.raises(OneIDError) as caught:
            oneid.resolve(frames(), config)
        assert code(caught) == ["E241"]
        assert caught.value.problems[0].place.line == 2
    act(small, acts.decide(small.loaded(), decided(pair, at=soon)))
    assert small.oneids()["web:W4"] == first["card:C2"]


def test_an_act_with_a_clock_of_2036(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it did stands; its time, and that of its decisions, counts for nothing when the clock is right again."""
    with oneid.resolve(frames(), world.said(), folder=world.out) as result:
        result.write(world.out)
    first = world.oneids()
    with monkeypatch.context() as patched:
        patched.setattr(clocks, "now", lambda: datetime(2036, 1, 1, tzinfo=UTC))
        act(world, acts.merge(world.loaded(), [first["card:C2"], first["card:C4"]]))
    now = clocks.now()
    act(world, acts.erase(world.loaded(), first["web:W4"])[0])
    with world.registry() as registry:
        at = registry.runs()["at"].to_list()
    assert at[1].year == 2036
    assert now <= at[2] <= clocks.now()
    path = tmp_path / "decisions.csv"
    later = (clocks.now() + timedelta(minutes=1)).isoformat()
    path.write_text(f"{','.join(COLUMNS)},at\ncard,C2,card,C4,different,{later}\n", encoding="utf-8")
    world.config["decisions"] = str(path)
    with oneid.resolve(frames(), world.said(), folder=world.out) as result:
        result.write(world.out)
    assert people(world.oneids()) == together("C1 W1", "C2", "C4", "C3 W3")


def test_times_that_are_given(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the future (E625), none without a zone (E609); a clock that is before all runs is refused (E643)."""
    with pytest.raises(OneIDError) as caught:
        small.resolve(frames(), at=clocks.now() + timedelta(days=2))
    assert code(caught) == ["E625"]
    with pytest.raises(OneIDError) as caught:
        small.resolve(frames(), at=datetime(2024, 1, 1))
    assert code(caught) == ["E609"]
    small.run(frames())
    monkeypatch.setattr(clocks, "now", lambda: datetime(1970, 1, 2, tzinfo=UTC))
    with pytest.raises(OneIDError) as caught:
        acts.merge(small.loaded(), list(small.oneids().values())[:2])
    assert code(caught) == ["E643"]


# --- sources that have another name, or are gone ---------------------------------------------------------------------


def test_a_source_that_vanishes_is_told_and_renamed(world: World, tmp_path: Path) -> None:
    """No run retires its members by an oversight (E644). Under the new name they keep their OneIDs, with what
    was decided about them, carried columns and past, and who was erased stays away.
    """
    world.config["sources"]["web"] = shop(feed="delta", carry=["postcode"])
    path = tmp_path / "decisions.csv"
    path.write_text(f"{','.join(COLUMNS)}\ncard,C4,web,W4,same\n", encoding="utf-8")
    world.config["decisions"] = str(path)
    world.run(frames())
    before = world.oneids()
    act(world, acts.erase(world.loaded(), records=[RecordRef("web", "W3")])[0])
    act(world, acts.decide(world.loaded(), decided(("card:C2", "web:W1", "different"))))
    sources = world.config["sources"]
    sources["shop"] = sources.pop("web")
    renamed = {"card": frame(*CARD), "shop": frame(*WEB)}
    with pytest.raises(OneIDError) as caught:
        world.resolve(renamed)
    assert code(caught) == ["E644"]
    assert "oneid registry rename-source web NEW" in str(caught.value)
    for wrong, told in ((("web", "card"), "E646"), (("web", "nosuch"), "E645"), (("nosuch", "shop"), "E645")):
        with pytest.raises(OneIDError) as caught:
            acts.rename_source(world.loaded(), *wrong)
        assert code(caught) == [told]
    act(world, acts.rename_source(world.loaded(), "web", "shop"))
    expected = {one.replace("web:", "shop:"): mine for one, mine in before.items() if one != "web:W3"}
    assert world.oneids() == expected
    assert "shop.postcode" in world.tables()["members"].columns
    world.run(renamed)
    assert world.oneids() == expected
    assert world.tables()["rejected"].select("source", "source_id", "reason").rows() == [("shop", None, "erased")]
    with world.registry() as registry:
        assert registry.find(RecordRef("shop", "W1"), as_of=1) == before["web:W1"]
        assert registry.decisions().select("source_l", "source_r").rows() == [("card", "shop")]
        assert registry.runs()["kind"].to_list() == ["run", "erase", "decide", "rename-source", "run"]


def test_a_source_that_is_gone_is_detached(world: World) -> None:
    """Its members leave, others keep what they have; the next run is as any other."""
    world.run(frames())
    before = world.oneids()
    del world.config["sources"]["web"]
    card = {"card": frame(*CARD)}
    with pytest.raises(OneIDError) as caught:
        world.resolve(card)
    assert code(caught) == ["E644"]
    with pytest.raises(OneIDError) as caught:
        acts.detach(world.loaded(), "wbe")
    assert code(caught) == ["E645"]
    act(world, acts.detach(world.loaded(), "web"))
    left = {one: mine for one, mine in before.items() if one.startswith("card:")}
    assert world.oneids() == left
    assert world.events() == [("left", "web", "W1"), ("left", "web", "W3"), ("left", "web", "W4"), ("retired",)]
    world.run(card)
    assert world.oneids() == left
    assert not world.events()
    with pytest.raises(OneIDError) as caught:
        acts.detach(world.loaded(), "card")
    assert code(caught) == ["E645"]
