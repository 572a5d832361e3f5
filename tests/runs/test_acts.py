"""What people do between runs: merge, split, decide, renumber, roll back, erase; and that every run after heeds it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import oneid
from lasting import RECORD, World, frame, shop
from oneid.identity.decisions import COLUMNS, Note
from oneid.runs import acts
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.references import RecordRef

pytestmark = pytest.mark.slow

HANAKO = ("高橋 花子", "タカハシ ハナコ", "1980-04-05", "090-1853-2647", "hanako@example.com", "5300001", None)
IPPEI = ("鈴木 一平", "スズキ イッペイ", "1975-01-31", "090-3917-4862", "ippei@example.com", "2310023", None)
RIKKA = (
    "小鳥遊 六花", "タカナシ リッカ", "2001-06-12", "080-7261-8395", "rikka@example.jp", "150-0042",
    "東京都渋谷区宇田川町99-7",
)  # fmt: skip
MINORU = ("田中 実", "タナカ ミノル", "1990-03-03", "080-5274-6913", "minoru@example.org", "9800811", None)
KEN = ("佐藤 健", "サトウ ケン", "1966-08-19", "080-2846-7193", "ken@example.org", "0600001", None)

CARD = [("C70001", *HANAKO), ("C70002", *IPPEI), ("C70003", *RIKKA), ("C70004", *KEN)]
WEB = [("W80001", *HANAKO), ("W80003", *RIKKA), ("W80004", *MINORU)]
"""Five people; two of them are in both shops."""


def frames(card: list[Any] | None = None, web: list[Any] | None = None) -> dict[str, pl.DataFrame]:
    return {"card": frame(*(CARD if card is None else card)), "web": frame(*(WEB if web is None else web))}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two shops after their first run."""
    made = World(tmp_path / "w", {"sources": {"card": shop(), "web": shop()}})
    made.run(frames())
    return made


def act(world: World, made: oneid.Result) -> list[tuple[str, ...]]:
    """Publishes an act; what it says that happened."""
    with made:
        made.write(world.out)
    return world.events()


def refused(world: World, do: Any) -> str:
    """The codes and messages with which something is refused that changes nothing and leaves nothing locked."""
    before = world.bytes()
    with pytest.raises(OneIDError) as caught:
        do()
    assert world.bytes() == before
    with world.registry() as registry, registry.lock():
        pass
    return str(caught.value)


def pairs(*rows: tuple[str, str, str], **said: str) -> pl.DataFrame:
    """Decisions on ``source:id`` pairs."""
    cells = [(*a.split(":"), *b.split(":"), decision) for a, b, decision in rows]
    made = pl.DataFrame(cells, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    return made.with_columns(pl.lit(text).alias(name) for name, text in said.items())


def members_of(oneids: dict[str, str], wanted: str) -> list[tuple[str, ...]]:
    """The records of a OneID."""
    return [tuple(record.split(":")) for record, bearer in sorted(oneids.items()) if bearer == wanted]


# --- merge and split -------------------------------------------------------------------------------------------------


def test_a_merge_and_its_unmerge_read_back_exactly(world: World) -> None:
    """The former OneIDs are back; history, events, exposure and as-of readings tell what was when, by API and SQL."""
    first = world.oneids()
    hanako, ken = first["card:C70001"], first["card:C70004"]
    assert act(world, acts.merge(world.loaded(), [hanako, ken], Note(by="ann", ticket="T-1"))) == [("merged",)]
    oldest, other = (hanako, ken) if world.oneids()["card:C70004"] == hanako else (ken, hanako)
    merged = world.oneids()
    assert {merged[one] for one in ("card:C70001", "card:C70004", "web:W80001")} == {oldest}
    with world.registry() as registry:
        assert registry.oneid(other)["current"] == oldest
        assert registry.decisions().select("by", "ticket", "run").unique().rows() == [("ann", "T-1", 2)]
    world.run(frames())
    assert world.oneids() == merged
    assert not world.events()
    moved = [("moved", source, source_id) for source, source_id in members_of(first, other)]
    assert act(world, acts.split(world.loaded(), other, note=Note(by="bob"))) == [*moved, ("reinstated",), ("split",)]
    assert world.oneids() == first
    world.run(frames(), run_id="after")
    assert world.oneids() == first
    assert not world.events()

    ref = RecordRef("card", "C70004" if other == ken else "C70001")
    with world.registry() as registry:
        at = dict(registry.runs().select("number", "at").iter_rows())
        history = registry.history(ref)
        assert history.select("oneid", "from_run", "to_run").rows() == [(other, 1, 2), (oldest, 2, 4), (other, 4, None)]
        assert history["from_at"].to_list() == [at[1], at[2], at[4]]
        found = [registry.find(ref, as_of=number) for number in (1, 2, 3, 4, 5)]
        assert found == [other, oldest, oldest, other, other]
        assert registry.find(ref, as_of=at[1]) == other
        led = [registry.oneid(other, as_of=number)["current"] for number in (1, 2, 3, 4, 5)]
        assert led == found
        members = [registry.members(oldest, as_of=number).height for number in (1, 3, 4)]
        assert members[1] == 3
        assert members[0] == members[2] < 3
        shown = registry.exposure(other).filter(source=ref.source, source_id=ref.source_id)
        assert (
            shown.select("shown_as", "from_run", "to_run").rows()
            == history.select("oneid", "from_run", "to_run").rows()
        )
        others = registry.exposure(other).filter(pl.col("source_id") != ref.source_id)
        assert {(2, 4)} <= set(others.select("from_run", "to_run").rows())
        told = registry.events()
    assert told.filter(event="merged").select("oneid", "other_oneid", "reason").rows() == [(other, oldest, "linked")]
    assert told.filter(event="split").select("oneid", "other_oneid", "reason").rows() == [(oldest, other, "reinstated")]
    with closing(sqlite3.connect(world.database)) as database:
        rows = database.execute(
            "SELECT oneid, from_run, to_run FROM member_history WHERE source = ? AND source_id = ? ORDER BY from_run",
            (ref.source, ref.source_id),
        ).fetchall()
        assert rows == history.select("oneid", "from_run", "to_run").rows()
        now = dict(database.execute("SELECT source || ':' || source_id, oneid FROM current_members").fetchall())
        assert now == first
        events = database.execute(
            "SELECT run_id, event, oneid, other_oneid, source, source_id, reason FROM oneid_events ORDER BY run, place"
        ).fetchall()
        assert events == told.drop("at").rows()
        where = database.execute("SELECT status, current_oneid FROM current_oneids WHERE oneid = ?", (other,))
        assert where.fetchall() == [("living", other)]


def test_records_are_split_from_a_oneid_and_merged_again(world: World) -> None:
    """The named ones become somebody else, in every run after; a merge takes the split back."""
    first = world.oneids()
    hanako = first["card:C70001"]
    told = act(world, acts.split(world.loaded(), hanako, [RecordRef("web", "W80001")]))
    assert ("split",) in told
    apart = world.oneids()
    assert apart["card:C70001"] == hanako
    assert apart["web:W80001"] not in first.values()
    world.run(frames())
    assert world.oneids() == apart
    world.run(frames([*CARD, ("C70009", *MINORU)]))
    assert world.oneids() == apart | {"card:C70009": first["web:W80004"]}
    act(world, acts.merge(world.loaded(), [apart["web:W80001"], hanako]))
    assert world.oneids()["web:W80001"] == hanako


def test_what_merge_and_split_refuse(world: World) -> None:
    """With a code and a hint, and nothing is written."""
    first = world.oneids()
    hanako, ken = first["card:C70001"], first["card:C70004"]
    config = world.loaded()
    cases = [
        (lambda: acts.merge(config, ["OIDNONE", hanako]), "E460"),
        (lambda: acts.merge(config, [hanako]), "E464"),
        (lambda: acts.merge(config, [hanako, hanako]), "E462"),
        (lambda: acts.split(config, "OIDNONE"), "E460"),
        (lambda: acts.split(config, hanako), "E463"),
        (lambda: acts.split(config, ken, [RecordRef("web", "W80001")]), "E463"),
        (lambda: acts.split(config, hanako, [RecordRef("web", "W80001"), RecordRef("card", "C70001")]), "E463"),
    ]
    for do, code in cases:
        said = refused(world, do)
        assert code in said
        assert "Hint" in said
    world.run(frames(CARD[:3]))
    assert "E461" in refused(world, lambda: acts.merge(config, [hanako, ken]))


# --- decisions -------------------------------------------------------------------------------------------------------


def test_decisions_on_pairs(world: World) -> None:
    """``same`` and ``different`` outrank the rules, in this act and in every run after; a later one takes them back."""
    first = world.oneids()
    same = ("card:C70002", "web:W80004", "same")
    different = ("card:C70003", "web:W80003", "different")
    act(world, acts.decide(world.loaded(), pairs(same, different, at="2024-01-01")))
    now = world.oneids()
    assert now["web:W80004"] == now["card:C70002"]
    assert now["web:W80003"] != now["card:C70003"]
    world.run(frames())
    assert world.oneids() == now
    taken_back = pairs((*same[:2], "defer"), (*different[:2], "defer"), at="2024-01-02")
    act(world, acts.decide(world.loaded(), taken_back))
    after = world.oneids()
    assert after["web:W80004"] == first["web:W80004"]
    assert after["web:W80003"] != after["card:C70003"]  # deferred: for people to look at, not for rules
    act(world, acts.decide(world.loaded(), pairs((*different[:2], "same"), at="2024-01-03")))
    assert world.oneids() == first


def test_contradictions_are_refused_with_the_chain_that_makes_them(world: World) -> None:
    """Every link of the chain is named, and nothing is taken in."""
    config = world.loaded()
    chain = pairs(("card:C70001", "card:C70002", "same"), ("card:C70002", "web:W80004", "same"))
    act(world, acts.decide(config, chain))
    said = refused(world, lambda: acts.decide(config, pairs(("card:C70001", "web:W80004", "different"))))
    assert "E234" in said
    for record in ("card:C70001", "card:C70002", "web:W80004"):
        assert record in said
    with world.registry() as registry:
        assert registry.decisions().height == 2


def test_decisions_of_the_file_and_of_the_registry(world: World, tmp_path: Path) -> None:
    """For one pair the later one counts, wherever it stands; two that do not say which came later are refused."""
    first = world.oneids()
    path = tmp_path / "decisions.csv"
    world.config["decisions"] = str(path)
    head = ",".join((*COLUMNS, "at"))
    line = "card,C70002,web,W80004,{},{}"

    def written(decision: str, at: str) -> None:
        path.write_text(f"{head}\n{line.format(decision, at)}\n", encoding="utf-8")

    written("same", "2024-01-01")
    world.run(frames())
    assert world.oneids()["web:W80004"] == first["card:C70002"]
    act(world, acts.decide(world.loaded(), pairs(("web:W80004", "card:C70002", "different"), at="2024-01-05")))
    assert world.oneids() == first
    written("same", "2024-01-06")
    world.run(frames())
    assert world.oneids()["web:W80004"] == first["card:C70002"]
    written("same", "2024-01-05")
    assert "E238" in refused(world, lambda: world.resolve(frames()))


# --- members that are renumbered -------------------------------------------------------------------------------------


def old_new(**pairs: str) -> pl.DataFrame:
    return pl.DataFrame(list(pairs.items()), schema=dict.fromkeys(("old_id", "new_id"), pl.String), orient="row")


SWAP = {"C70001": "C70002", "C70002": "C70001", "C70003": "C70004", "C70004": "C70009"}
"""A swap and a chain."""


def renumbered(rows: list[Any], pairs: dict[str, str]) -> list[Any]:
    return [(pairs.get(one[0], one[0]), *one[1:]) for one in rows]


def test_renumbered_members_keep_their_oneids(world: World) -> None:
    """Swaps and chains at once; the next full feed, with the new numbers, brings nothing new, nor does one after it."""
    first = world.oneids()
    told = act(world, acts.rekey(world.loaded(), "card", old_new(**SWAP)))
    assert told == sorted(("rekeyed", "card", new) for new in SWAP.values())
    expected = {f"card:{SWAP[one[0]]}": first[f"card:{one[0]}"] for one in CARD}
    expected |= {one: bearer for one, bearer in first.items() if one.startswith("web")}
    assert world.oneids() == expected
    for name in (None, "again"):
        result = world.run(frames(renumbered(CARD, SWAP)), run_id=name)
        assert result.run["renumbered"] == {}
        assert not world.events()
        assert world.oneids() == expected
        assert sum(feed["changed"] + feed["new"] for feed in result.run["feeds"].values()) == 0
    with world.registry() as registry:
        history = registry.history(RecordRef("card", "C70009"))
        assert history.select("oneid", "from_run", "to_run").rows() == [(first["card:C70004"], 1, None)]
        assert registry.rekeys().select("old_id", "new_id").rows() == sorted(SWAP.items())


def test_decisions_follow_renumbered_members(world: World, tmp_path: Path) -> None:
    """Those of the registry, and those of the file that were made before."""
    path = tmp_path / "decisions.csv"
    world.config["decisions"] = str(path)
    head = ",".join((*COLUMNS, "at"))
    path.write_text(f"{head}\ncard,C70002,web,W80004,same,2024-01-01\n", encoding="utf-8")
    act(world, acts.decide(world.loaded(), pairs(("card:C70003", "web:W80003", "different"), at="2024-01-01")))
    before = world.oneids()
    act(world, acts.rekey(world.loaded(), "card", old_new(**SWAP)))
    world.run(frames(renumbered(CARD, SWAP)))
    now = world.oneids()
    assert not world.events()
    assert now["card:C70001"] == now["web:W80004"] == before["card:C70002"]
    assert now["card:C70004"] == before["card:C70003"] != now["web:W80003"]


def test_fields_that_refer_to_renumbered_members(tmp_path: Path) -> None:
    """They hold the new numbers from the next feed on; the link stays, and no OneID changes."""
    web = shop()
    web["fields"]["card_no"] = {"column": "card_no", "refers_to": "card"}
    world = World(tmp_path / "w", {"sources": {"card": shop(), "web": web}})

    def rows(number: str, id_: str) -> dict[str, pl.DataFrame]:
        stranger = ("W80009", "Ｋ・Ｓ", None, None, None, None, None, None)
        linked = frame(*WEB, stranger).with_columns(
            card_no=pl.when(pl.col("id") == "W80009").then(pl.lit(number))
        )  # fmt: skip
        return {"card": frame(*renumbered(CARD, {"C70004": id_})), "web": linked}

    world.run(rows("C70004", "C70004"))
    first = world.oneids()
    assert first["web:W80009"] == first["card:C70004"]
    act(world, acts.rekey(world.loaded(), "card", old_new(C70004="C70444")))
    world.run(rows("C70444", "C70444"))
    assert not world.events()
    assert world.oneids()["web:W80009"] == world.oneids()["card:C70444"] == first["card:C70004"]
    world.run(rows("C70444", "C70444"), run_id="again")
    assert not world.events()


@pytest.mark.parametrize("lead", ["N", "=", "'="])
def test_renumbering_without_notice_is_stopped_and_proposed(world: World, lead: str) -> None:
    """The gate (E505) publishes nothing but the list of who seems to be whom; with it everyone has their OneID. The
    list holds no formula, and numbers that look like one come back as they are.
    """
    first = world.oneids()
    moved = {one[0]: f"{lead}{one[0]}" for one in CARD}
    said = refused_but_proposed(world, frames(renumbered(CARD, moved)))
    assert "E505" in said
    assert "oneid registry rekey card" in said
    path = world.out / "rekeys" / "card.csv"
    assert not any(cell.startswith("=") for line in path.read_text("utf-8").splitlines() for cell in line.split(","))
    pairs_ = acts.read_renumbering(path)
    assert dict(pairs_.rows()) == moved
    act(world, acts.rekey(world.loaded(), "card", pairs_))
    world.run(frames(renumbered(CARD, moved)))
    assert not world.events()
    now = world.oneids()
    assert {one: now[f"card:{moved[one]}"] for one in moved} == {one: first[f"card:{one}"] for one in moved}


def refused_but_proposed(world: World, rows: dict[str, pl.DataFrame]) -> str:
    """As :func:`refused`, but for the files under ``rekeys``."""
    before = world.bytes()
    with world.resolve(rows) as result, pytest.raises(OneIDError) as caught:
        result.write(world.out)
    after = world.bytes()
    assert {name for name in after if name not in before} == {"out/rekeys/card.csv"}
    assert before.items() <= after.items()
    assert caught.value.exit_code == 1
    return str(caught.value)


def test_what_a_renumbering_refuses(world: World, tmp_path: Path) -> None:
    """Unknown, taken, doubled and blank numbers; files that are none."""
    config = world.loaded()
    cases = [
        (old_new(C79999="C1"), "E610"), (old_new(C70001="C70002"), "E611"),
        (old_new(C70001="X", C70002="X"), "E612"), (old_new(C70001=" "), "E613"),
    ]  # fmt: skip
    for table, code in cases:
        assert code in refused(world, lambda table=table: acts.rekey(config, "card", table))
    assert "E610" in refused(world, lambda: acts.rekey(config, "nosuch", old_new(C70001="X")))
    path = tmp_path / "pairs.csv"
    path.write_text("old_id;new_id\n1;2\n", encoding="utf-8")  # as spreadsheets save it in some countries
    assert acts.read_renumbering(path).rows() == [("1", "2")]
    for text in ("old_id\n1\n", ""):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(OneIDError, match="E240"):
            acts.read_renumbering(path)
    with pytest.raises(OneIDError, match="E240"):
        acts.read_renumbering(tmp_path / "none.csv")


# --- back to an earlier run ------------------------------------------------------------------------------------------


def test_a_rollback_after_a_run_with_bad_rules(world: World, tmp_path: Path) -> None:
    """Everybody is as before at once, and stays so when the good rules judge again: with the same data and others."""
    first = world.oneids()
    bad = tmp_path / "decisions.csv"
    columns = ",".join(COLUMNS)
    bad.write_text(f"{columns}\ncard,C70001,card,C70002,same\nweb,W80003,web,W80004,same\n", encoding="utf-8")
    world.config["decisions"] = str(bad)
    world.run(frames([*CARD, ("C70005", *MINORU)]))
    wrong = world.oneids()
    assert wrong["card:C70002"] == wrong["card:C70001"]
    with world.registry() as registry:
        aliases = registry.oneid(first["card:C70001"])["aliases"]
    assert aliases
    del world.config["decisions"]
    act(world, acts.rollback(world.loaded(), 1))
    after = world.oneids()
    assert {one: after[one] for one in first} == first
    assert after["card:C70005"] not in first.values()
    world.run(frames([*CARD, ("C70005", *MINORU)]))
    assert world.oneids() == first | {"card:C70005": first["web:W80004"]}
    world.run(frames(), run_id="fewer")
    assert world.oneids() == first
    with world.registry() as registry:
        assert registry.runs()["kind"].to_list() == ["run", "run", "rollback", "run", "run"]
        found = registry.find(RecordRef("card", "C70002"), as_of=2)
    assert found == wrong["card:C70002"]


def test_the_rules_of_before_judge_the_same_data_after_a_rollback(world: World, tmp_path: Path) -> None:
    """They are no older data: the run takes place, and OneIDs are as before."""
    first = world.oneids()
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text(encoding="utf-8")
    strict = tmp_path / "strict.yaml"
    strict.write_text(text.replace("\nbase: -5.1", "\nbase: -60").replace("\nrules:\n", "\nrules_off:\n"), "utf-8")
    text = strict.read_text("utf-8")
    start, end = text.index("rules_off:"), text.index("\nthresholds:")
    strict.write_text(text[:start] + "rules: []\n" + text[end:], encoding="utf-8")
    world.config["rules"] = str(strict)
    world.run(frames())
    assert len(set(world.oneids().values())) > len(set(first.values()))
    act(world, acts.rollback(world.loaded(), 1))
    assert world.oneids() == first
    del world.config["rules"]
    world.run(frames())
    assert world.oneids() == first
    with world.registry() as registry:
        assert registry.runs()["kind"].to_list() == ["run", "run", "rollback", "run"]


def test_what_a_rollback_refuses(world: World) -> None:
    """There must be a run after the one to go back to."""
    config = world.loaded()
    for number in (0, 1, 2, -1):
        assert "E627" in refused(world, lambda number=number: acts.rollback(config, number))
    world.run(frames(CARD[:2]))
    assert "E627" in refused(world, lambda: acts.rollback(config, 2))
    act(world, acts.rollback(config, 1))


# --- erasure ---------------------------------------------------------------------------------------------------------

TRACES = (
    "C70003", "W80003", "小鳥遊", "六花", "タカナシ", "リッカ", "リツカ", "takanashi", "rikka", "080-7261-8395",
    "8072618395", "7261-8395", "2001-06-12", "20010612", "150-0042", "1500042", "宇田川", "99-7",
)  # fmt: skip
"""What RIKKA's data could be recognised by; nobody else has any of it."""


def traces(world: World) -> set[str]:
    """Which of :data:`TRACES` stand in any file, as bytes or in the cells of a table."""
    found = set()
    for path in world.base.rglob("*"):
        if not path.is_file():
            continue
        said = [path.read_bytes().lower()]
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
            for column in table.get_columns():
                texts = column.explode() if column.dtype == pl.List else column
                said.append("\n".join(texts.cast(pl.String).drop_nulls().to_list()).lower().encode())
        found |= {trace for trace in TRACES for text in said if trace.lower().encode() in text}
    return found


def test_nothing_of_an_erased_person_is_left(world: World) -> None:
    """Not one byte in outputs, what is known, state, registry and its -wal; the receipt names nobody; the member sent
    again is refused without an id; others keep their OneIDs, and what led where is still told.
    """
    first = world.oneids()
    rikka = first["card:C70003"]
    assert traces(world) >= {"C70003", "小鳥遊", "タカナシ", "rikka", "宇田川", "2001-06-12"}
    act(world, acts.merge(world.loaded(), [rikka, first["card:C70004"]]))
    act(world, acts.split(world.loaded(), rikka))
    result, receipt = acts.erase(world.loaded(), rikka)
    told = act(world, result)
    assert told == [("left", "card"), ("left", "web"), ("retired",)]
    assert traces(world) == set()
    said = str(receipt.as_dict()) + repr(receipt)
    assert not {trace for trace in TRACES if trace.lower() in said.lower()}
    assert receipt.records == {"card": 1, "web": 1}
    assert receipt.oneids == 1
    left = {one: bearer for one, bearer in first.items() if bearer != rikka}
    assert world.oneids() == left

    result = world.run(frames())
    assert world.oneids() == left
    rejected = world.tables()["rejected"]
    assert rejected.rows() == [("card", 3, None, "erased"), ("web", 2, None, "erased")]
    assert result.run["rejected"] == {"erased": 2}
    assert traces(world) == set()
    with world.registry() as registry:
        known = registry.oneid(rikka)
        assert known["current"] is None
        assert known["founder"] is None
        exposure = registry.exposure(first["card:C70004"])
        assert exposure.filter(source_id="C70004").height
        assert "E461" in refused(world, lambda: acts.split(world.loaded(), rikka))
    assert world.tables()["aliases"].filter(oneid=rikka)["current_oneid"].to_list() == [None]


def test_an_erased_person_is_in_no_list_of_renumberings_either(world: World) -> None:
    """Neither in a proposal that lies in the folder, nor under a former number in the registry."""
    act(world, acts.rekey(world.loaded(), "card", old_new(C70003="C70333")))
    moved = {"C70001": "N1", "C70002": "N2", "C70333": "N3", "C70004": "N4"}
    refused_but_proposed(world, frames(renumbered(renumbered(CARD, {"C70003": "C70333"}), moved)))
    assert "C70333" in (world.out / "rekeys" / "card.csv").read_text("utf-8")
    result, _ = acts.erase(world.loaded(), world.oneids()["card:C70333"])
    act(world, result)
    assert traces(world) == set()
    assert not (world.out / "rekeys").exists()
    with world.registry() as registry:
        assert registry.rekeys().is_empty()


def test_erasing_a_founder_keeps_the_others_oneid(world: World) -> None:
    """The OneID lives on with the records that are left, through the next runs too, and refuses the erased one."""
    first = world.oneids()
    rikka = first["web:W80003"]
    result, receipt = acts.erase(world.loaded(), records=[RecordRef("card", "C70003")])
    assert act(world, result) == [("left", "card")]
    assert receipt.oneids == 0
    left = {one: bearer for one, bearer in first.items() if one != "card:C70003"}
    assert world.oneids() == left
    assert left["web:W80003"] == rikka
    for rows in (frames(), frames([*CARD, ("C70009", *RIKKA)])):
        world.run(rows)
        assert not {event for event, *_ in world.events()} & {"moved", "retired", "created"}
        assert {one: world.oneids()[one] for one in left} == left
    assert world.oneids()["card:C70009"] == rikka


def test_what_an_erasure_refuses(world: World) -> None:
    """Records and OneIDs that are not known; nothing is erased by half."""
    config = world.loaded()
    known, strange = RecordRef("card", "C70001"), RecordRef("card", "C79999")
    assert "E460" in refused(world, lambda: acts.erase(config, "OIDNONE"))
    assert "E629" in refused(world, lambda: acts.erase(config, records=[known, strange]))
    assert "E629" in refused(world, lambda: acts.erase(config))
    result, _ = acts.erase(config, world.oneids()["card:C70004"])
    gone = world.oneids()["card:C70004"]
    act(world, result)
    assert "E461" in refused(world, lambda: acts.erase(config, gone))


def test_an_erasure_says_what_is_left_to_do(world: World, tmp_path: Path) -> None:
    """The sources' own files and backups; the decisions file where there is one. Decisions on the member are gone."""
    path = tmp_path / "decisions.csv"
    path.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    act(world, acts.decide(world.loaded(), pairs(("card:C70003", "web:W80004", "different"))))
    result, receipt = acts.erase(world.loaded(decisions=str(path)), records=[RecordRef("card", "C70003")])
    act(world, result)
    assert len(receipt.left) == 2
    with world.registry() as registry:
        assert registry.decisions().is_empty()
    assert world.tables()["known/decided"].is_empty()


# --- all of them -----------------------------------------------------------------------------------------------------


def acts_on(world: World) -> dict[str, Any]:
    """Every act, as something to call with a config."""
    first = world.oneids()
    hanako, ken = first["card:C70001"], first["card:C70004"]
    return {
        "merge": lambda config: acts.merge(config, [hanako, ken]),
        "split": lambda config: acts.split(config, hanako, [RecordRef("web", "W80001")]),
        "decide": lambda config: acts.decide(config, pairs(("card:C70002", "web:W80004", "same"))),
        "rekey": lambda config: acts.rekey(config, "card", old_new(C70001="X1")),
        "rollback": lambda config: acts.rollback(config, 1),
        "erase": lambda config: acts.erase(config, hanako)[0],
    }


def test_acts_need_a_registry_and_the_folder_of_the_last_run(world: World, tmp_path: Path) -> None:
    """E628 without a registry, E626 before the first run and without the folder; it may have been moved."""
    empty = World(tmp_path / "e", world.config)
    plain = world.loaded(registry=None)
    for do in acts_on(world).values():
        with pytest.raises(OneIDError, match="E628"):
            do(plain)
        with pytest.raises(OneIDError, match="E626"):
            do(empty.loaded())
    moved = tmp_path / "moved"
    world.out.rename(moved)
    with pytest.raises(OneIDError, match="E626"):
        acts.rekey(world.loaded(), "card", old_new(C70001="X1"))
    with acts.rekey(world.loaded(), "card", old_new(C70001="X1"), folder=moved) as result:
        result.write(moved)
    assert oneid.read_run(moved).attach(pl.DataFrame({"id": ["X1"]}), source="card", id="id")["oneid"].item()


def test_an_act_that_is_not_written_changes_nothing(world: World) -> None:
    """Every act is a result to come; while it is open, no other can begin."""
    world.run(frames([*CARD, ("C70005", *MINORU)]))
    before = world.bytes()
    for do in acts_on(world).values():
        with do(world.loaded()), pytest.raises(OneIDError, match="E607"):
            acts.merge(world.loaded(), list(world.oneids().values())[:2])
        assert world.bytes() == before


def test_acts_are_no_moved_members(world: World) -> None:
    """A limit on members who move is about runs; what people do is meant."""
    world.config["limits"] = {"members_moved_pct": 0}
    first = world.oneids()
    act(world, acts.merge(world.loaded(), [first["card:C70001"], first["card:C70004"]]))
    assert len(set(world.oneids().values())) == 4


def test_rows_and_records_are_what_the_feeds_last_said(world: World) -> None:
    """An act changes no golden value of those that it is not about, and no carried one."""
    before = world.tables()
    first = world.oneids()
    act(world, acts.merge(world.loaded(), [first["card:C70001"], first["card:C70004"]]))
    after = world.tables()
    touched = [first["card:C70001"], first["card:C70004"]]
    for name in ("golden", "golden_values"):
        old, new = (one[name].filter(~pl.col("oneid").is_in(touched)) for one in (before, after))
        assert old.equals(new)
    assert before["members"].drop("oneid").equals(after["members"].drop("oneid"))
    assert before["merge_map"].select(RECORD).equals(after["merge_map"].select(RECORD))
