"""What is left of somebody who was erased, and what brings them back: nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import oneid
from conftest import Said
from lasting import World, shop
from oneid.daily.kept import learned_in, shared_in
from oneid.identity.decisions import COLUMNS
from oneid.outputs import runfolder
from oneid.outputs.runtables import read_tables
from oneid.registry import forgetting
from oneid.registry.forgetting import UNUSED
from oneid.report.page import report
from oneid.runs import acts
from oneid.vocabulary.codes import code
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.references import RecordRef
from runs.test_acts import CARD, KEN, MINORU, RIKKA, WEB, act, frames, old_new, pairs, renumbered, world

__all__ = ["world"]

RELATIVE = ("小鳥遊 次郎", "タカナシ ジロウ", "1970-02-02", RIKKA[3], "jiro@example.jp", "150-0042", None)
"""Bears RIKKA's telephone number, and is another person: so the number is shared."""


def codes(*texts: str) -> set[int]:
    return set(code(pl.Series(texts)).tolist())


SHOWN = codes("+818072618395", "小鳥遊六花", "rikka@example.jp", "タカナシリッカ")
"""The codes that anybody can compute of what RIKKA's data say."""


def numbers_in(world: World) -> set[int]:
    """Every code in any table of the folder."""
    tables = read_tables(world.out, verify=True)
    columns = [tables[name][column] for name in tables for column in tables[name].columns]
    return {value for column in columns if column.dtype == pl.UInt64 for value in column.to_list()}


def erased(world: World, *records: str) -> acts.Receipt:
    result, receipt = acts.erase(world.loaded(), records=[RecordRef.parse(record) for record in records])
    act(world, result)
    return receipt


def test_no_code_of_an_erased_person_is_left(tmp_path: Path) -> None:
    """Whatever was counted or noted as shared goes, and what is left of such stands under a secret; what others show
    stays as it was learned.
    """
    world = World(tmp_path / "w", {"sources": {"card": shop(), "web": shop()}})
    world.run(frames([*CARD, ("C70005", *RELATIVE)]))
    before = read_tables(world.out)
    phone = codes("+818072618395")
    assert phone <= set(shared_in(before)["phone"].tolist())
    assert not phone & set(before["known/shared"]["code"].to_list())
    bearers = learned_in(before).tables()["bearers"]
    assert SHOWN & set(bearers["code"].to_list())
    assert not SHOWN & set(before["known/learned_bearers"]["code"].to_list())
    plain = {name: before[name] for name in before if name != "index/secret"}  # as earlier versions wrote it
    plain |= {f"known/learned_{name}": learned_in(before).tables()[name] for name in ("bearers", "names")}
    assert learned_in(plain).digest == learned_in(before).digest  # type: ignore[arg-type]
    erased(world, "card:C70003", "web:W80003", "card:C70005")
    after = read_tables(world.out)
    assert not SHOWN & numbers_in(world)
    assert not shared_in(after)
    left = learned_in(after).tables()["bearers"]
    assert not SHOWN & set(left["code"].to_list())
    assert left.join(bearers, on=left.columns, how="anti").is_empty()
    assert after["index/secret"].item() != before["index/secret"].item()
    world.run(frames())
    assert not SHOWN & numbers_in(world)


@pytest.mark.slow
def test_a_value_that_was_shared_with_an_erased_person_is_the_others_own(world: World) -> None:
    world.run(frames([*CARD, ("C70005", *RELATIVE)]))
    erased(world, "card:C70005")
    assert not shared_in(read_tables(world.out))


@pytest.mark.slow
def test_rows_that_are_rejected_name_nobody_who_was_erased(world: World) -> None:
    """Identical rows, and rows of tests: the reason is that they were erased, and their id is left out."""
    erased(world, "card:C70003", "web:W80003")
    twice = [*CARD, CARD[2], CARD[2], CARD[0]]
    world.run(frames(twice))
    rejected = world.tables()["rejected"]
    assert rejected.filter(pl.col("source_id").is_not_null())["source_id"].to_list() == ["C70001"]
    assert rejected.filter(source="card")["reason"].to_list().count("erased") == 3
    assert not any("C70003" in str(table.rows()) for name, table in world.tables().items() if name != "index/settings")


@pytest.mark.slow
def test_a_former_number_brings_nobody_back(world: World) -> None:
    """Nor one from before that; a number that another member has now is refused to nobody."""
    act(world, acts.rekey(world.loaded(), "card", old_new(C70003="C70333")))
    act(world, acts.rekey(world.loaded(), "card", old_new(C70333="C70334", C70004="C70003")))
    erased(world, "card:C70334", "web:W80003")
    moved = renumbered(CARD, {"C70003": "C70333", "C70004": "C70003"})
    world.run(frames(moved))
    assert "card:C70333" not in world.oneids()
    assert "card:C70003" in world.oneids()
    assert world.tables()["rejected"].rows() == [("card", 3, None, "erased"), ("web", 2, None, "erased")]
    world.run(frames(moved[:3]))
    world.run(frames([*moved, ("C70009", *MINORU)]))
    assert "card:C70003" in world.oneids()


@pytest.mark.slow
def test_decisions_name_nobody_who_was_erased(world: World, tmp_path: Path) -> None:
    """The lines of the file count no more in later runs, nor are they taken in again."""
    path = tmp_path / "decisions.csv"
    path.write_text(",".join(COLUMNS) + "\ncard,C70003,web,W80004,different\n", encoding="utf-8")
    world.config["decisions"] = str(path)
    world.run(frames())
    assert world.tables()["known/decided"].height == 1
    erased(world, "card:C70003")
    for day in (frames(), frames([*CARD, ("C70009", *KEN)])):
        world.run(day)
        assert world.tables()["known/decided"].is_empty()
    act(world, acts.decide(world.loaded(), pairs(("card:C70003", "web:W80004", "different"))))
    with world.registry() as registry:
        assert registry.decisions().is_empty()


@pytest.mark.slow
def test_a_receipt_is_never_lost(world: World, tmp_path: Path, command: Callable[..., Said]) -> None:
    """The registry keeps it from the moment of the erasure; a place that cannot be written is told before it."""
    config = tmp_path / "oneid.json"
    for name, source in world.config["sources"].items():
        source["path"] = f"{name}.csv"
    config.write_text(json.dumps(world.said(version=1)), "utf-8")
    arguments = ("registry", "erase", "card:C70003", "--config", config, "--out", world.out, "--receipt")
    before = world.bytes()
    for wrong in (tmp_path / "none" / "r.json", tmp_path):
        assert (said := command(*arguments, wrong)).code == 2
        assert "E302" in said.err or "E305" in said.err
    assert world.bytes() == before
    said = command(*arguments, tmp_path / "r.json")
    assert said.code == 0
    (tmp_path / "r.json").unlink()
    printed = command("registry", "receipt", "--config", config)
    receipt = json.loads(printed.out)
    assert receipt["records"] == {"card": 1}
    assert "C70003" not in printed.out
    for name in (receipt["receipt"], receipt["run_id"]):
        assert command("registry", "receipt", name, "--config", config).out == printed.out
    assert command("registry", "receipt", "another", "--config", config).code == 2
    with world.registry() as registry:
        assert registry.receipts() == [receipt]
        with registry._writing() as connection:
            connection.exec_driver_sql("INSERT INTO settings VALUES ('scrub', 'pending')")
        assert registry.receipts()[0]["to_do"][-1] == UNUSED


@pytest.mark.slow
def test_an_erasure_that_is_not_published_leaves_no_receipt(world: World) -> None:
    result, _ = acts.erase(world.loaded(), records=[RecordRef("card", "C70003")])
    result.close()
    with world.registry() as registry:
        assert registry.receipts() == []
    with pytest.raises(OneIDError):
        acts.erase(world.loaded(), records=[RecordRef("card", "C79999")])


def test_what_cannot_be_removed_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """E309: the set of the run before names the person. The receipt is kept, the other files go, and so does this one
    with the next run.
    """
    world.run(frames())
    plain = runfolder.shutil.rmtree

    def refuse(path: Path, **more: bool) -> None:
        if (Path(path) / "run.json").exists():
            raise PermissionError(13, "Permission denied", str(path))
        plain(path, **more)

    monkeypatch.setattr(runfolder.shutil, "rmtree", refuse)
    with pytest.raises(OneIDError, match="E309 the person is erased, but"):
        erased(world, "card:C70003")
    monkeypatch.undo()
    with world.registry() as registry:
        assert [one["records"] for one in registry.receipts()] == [{"card": 1}]
    assert len([path for path in (world.out / ".runs").iterdir() if path.is_dir()]) == 2
    world.run(frames())
    assert len([path for path in (world.out / ".runs").iterdir() if path.is_dir()]) == 1


@pytest.mark.parametrize("why", ["a full disk", "a reader"])
def test_a_database_that_cannot_be_written_anew_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """E309; what is deleted is overwritten all the same where nobody reads it, and the next run does the rest."""
    world.run(frames())
    file = world.database
    reader = sqlite3.connect(file, isolation_level=None)
    with monkeypatch.context() as patched, closing(reader):
        if why == "a reader":
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM memberships").fetchall()
            patched.setattr(forgetting, "_PATIENCE", 0.0)
        else:
            patched.setattr(forgetting, "_rebuilt", lambda _connection: False)
        with pytest.raises(OneIDError, match="E309 the person is erased, but the registry's database"):
            erased(world, "card:C70003")
        assert (b"C70003" in file.read_bytes()) == (why == "a reader")
        with world.registry() as registry:
            assert registry.receipts()[0]["to_do"][-1] == UNUSED
    world.run(frames())
    assert not any(b"C70003" in path.read_bytes() for path in file.parent.glob("oneid.db*") if path.is_file())
    with world.registry() as registry:
        assert UNUSED not in registry.receipts()[0]["to_do"]


@pytest.mark.slow
def test_somebody_who_has_left_can_be_erased(tmp_path: Path) -> None:
    """By number, also after the history was pruned, and by a OneID that is retired; nothing names them then, and who
    sends them again is refused.
    """
    web = shop(feed="delta", deleted={"column": "id", "values": ["W80004"]})
    world = World(tmp_path / "w", {"sources": {"card": shop(), "web": shop(feed="delta")}})
    dated_ = [(*row, "2024-01-01", "2024-01-02") for row in WEB]
    world.run(frames(web=dated_))
    before = world.oneids()
    world.config["sources"]["web"] = web
    world.run(frames(CARD[:3], dated_[2:]))  # KEN's card is gone, and MINORU is marked
    assert world.tables()["known/departed"]["source_id"].to_list() == ["W80004"]
    with world.registry() as registry:
        registry.prune(registry.head().at + timedelta(seconds=1))  # type: ignore[union-attr]
    assert erased(world, "card:C70004").records == {"card": 1}
    result, receipt = acts.erase(world.loaded(), before["web:W80004"])
    assert (receipt.records, receipt.oneids) == ({"web": 1}, 0)
    act(world, result)
    assert "known/departed" not in world.tables()
    with world.registry() as registry:
        assert not any(registry.names(RecordRef.parse(record)) for record in ("card:C70004", "web:W80004"))
    for record in ("card:C70004", "card:C70009"):
        with pytest.raises(OneIDError, match="E629"):
            acts.erase(world.loaded(), records=[RecordRef.parse(record)])
    for bearer in (before["card:C70004"], before["web:W80004"]):
        with pytest.raises(OneIDError, match="E461"):
            acts.erase(world.loaded(), bearer)
    del world.config["sources"]["web"]["deleted"]
    world.run(frames(CARD, dated_))
    assert not {"card:C70004", "web:W80004"} & set(world.oneids())
    assert world.tables()["rejected"]["reason"].to_list() == ["erased"] * 2


@pytest.mark.slow
def test_with_a_oneid_go_those_who_left_it(world: World) -> None:
    """Also of one that was merged into it since; those who moved to somebody else before they left stay."""
    before = world.oneids()
    world.run(frames(CARD, WEB[1:]))  # HANAKO's web record leaves
    act(world, acts.merge(world.loaded(), [before["card:C70002"], before["card:C70001"]]))
    result, receipt = acts.erase(world.loaded(), before["card:C70001"])
    result.close()
    assert receipt.records == {"card": 2, "web": 1}
    act(world, acts.rollback(world.loaded(), 2))
    act(world, acts.erase(world.loaded(), before["card:C70001"])[0])
    world.run(frames())
    assert world.tables()["rejected"]["reason"].to_list() == ["erased"] * 2


@pytest.mark.slow
def test_the_report_goes_with_an_erasure(world: World) -> None:
    """It may show names; a page of somebody else stays."""
    page = world.out / "report.html"
    page.write_text(report(world.out, show_pii=True), "utf-8")
    assert RIKKA[0] in page.read_text("utf-8")
    erased(world, "card:C70003", "web:W80003")
    assert not page.exists()
    page.write_text("theirs", "utf-8")
    erased(world, "card:C70004")
    assert page.read_text("utf-8") == "theirs"


@pytest.mark.slow
def test_folders_of_earlier_runs_are_left_to_do(world: World, tmp_path: Path) -> None:
    """Nobody says that they are to go, and they still name the person; the receipt says where they are."""
    first = world.out.rename(tmp_path / "first")
    with oneid.resolve(frames(CARD[:3]), world.said(), folder=first) as result:
        result.write(tmp_path / "second")
    result, receipt = acts.erase(world.loaded(), records=[RecordRef("card", "C70003")], folder=tmp_path / "second")
    result.close()
    assert not [line for line in receipt.left if "earlier runs" in line]  # it was moved, and is found by nobody
    first.rename(world.out)
    result, receipt = acts.erase(world.loaded(), records=[RecordRef("card", "C70003")])
    result.close()
    assert [line for line in receipt.left if "earlier runs" in line] == [f"the outputs of earlier runs in {world.out}"]
