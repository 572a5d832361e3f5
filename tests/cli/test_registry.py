"""``oneid registry``: each command's output, exit codes and errors; and the gates, which publish nothing."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

import oneid
from conftest import Said
from lasting import World, frame, shop
from oneid.cli.options import moment
from oneid.identity.decisions import COLUMNS
from runs.test_acts import CARD, KEN, MINORU, RIKKA, WEB
from strategies import lanes

PERSONAL = [cell for row in (*CARD, *WEB) for cell in row[1:] if cell]
"""What no command shows."""


class Shops:
    """Two shops in files, a config, and the command."""

    def __init__(self, base: Path, run: Callable[..., Said]) -> None:
        self.world = World(base / "w", {"version": 1, "sources": {"card": shop(), "web": shop()}})
        self.base = self.world.base
        self._run = run

    def write(self, card: list[Any] = CARD, web: list[Any] = WEB, **more: Any) -> None:
        """The files of a day, and the config with ``more`` at its top."""
        config = self.world.said(registry="sqlite:///oneid.db", **more)
        for name, rows in (("card", card), ("web", web)):
            frame(*rows).write_csv(self.base / f"{name}.csv")
            config["sources"][name]["path"] = f"{name}.csv"
        text = yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
        (self.base / "oneid.yaml").write_text(text, encoding="utf-8")

    def command(self, *words: object) -> Said:
        """``oneid WORDS...``, of which no output may show personal data."""
        said = self._run(*words)
        assert not [value for value in PERSONAL if value in said.out + said.err]
        return said

    def resolve(self, *words: object) -> Said:
        return self.command("resolve", self.base / "oneid.yaml", "--out", self.base / "out", *words)

    def registry(self, *words: object) -> Said:
        """``oneid registry WORDS...`` with the config."""
        return self.command("registry", *words, "--config", self.base / "oneid.yaml")

    def refused(self, *words: object) -> str:
        """The one line that a refused command says; nothing has changed by it."""
        before = self.world.bytes()
        said = self.registry(*words)
        assert said.code == 2
        assert not said.out
        assert len(said.err.strip().splitlines()) == 1
        assert self.world.bytes() == before
        return said.err

    def oneid(self, record: str) -> str:
        return self.world.oneids()[record]


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shops after their first run, in ``w``, and what they are then, in ``kept``."""
    base = tmp_path_factory.mktemp("first")
    made = Shops(base, lambda *_: Said(0, "", ""))
    made.write()
    oneid.resolve(made.base / "oneid.yaml", folder=made.base / "out").write(made.base / "out")
    shutil.copytree(base / "w", base / "kept")
    return base


@pytest.fixture
def shops(first_run: Path, command: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> Shops:
    """After the first run; the terminal is wide. All files are put back where the run wrote them: a registry knows
    where it is, and elsewhere it would be a copy.
    """
    monkeypatch.setenv("COLUMNS", "200")
    shutil.rmtree(first_run / "w")
    shutil.copytree(first_run / "kept", first_run / "w")
    return Shops(first_run, command)


def test_a_merge_and_its_unmerge_by_command(shops: Shops) -> None:
    """What happened is read back by show, find, log and exposure, now and as of each run."""
    first = shops.world.oneids()
    hanako, ken = first["card:C70001"], first["card:C70004"]
    said = shops.registry("merge", hanako, ken, "--by", "ann", "--reason", "one person", "--ticket", "T-1")
    assert said.code == 0
    assert "published merge-2 in" in said.out
    assert "1 merged" in said.out
    kept = shops.oneid("card:C70004")
    gone = ken if kept == hanako else hanako
    shown = shops.registry("show", gone, kept).out
    assert f"{gone}: leads to {kept} since" in shown
    assert f"{kept}: living since" in shown
    assert f"aliases: {gone}" in shown
    assert "card:C70004" in shown
    then = shops.registry("show", gone, "--as-of", "1").out
    assert f"{gone}: living since" in then
    assert "aliases" not in then
    assert shops.registry("split", gone, "--by", "bob").code == 0
    assert shops.world.oneids() == first
    found = shops.registry("find", "card:C70001", "card:C70004", "card:none").out
    for record in ("card:C70001", "card:C70004"):
        assert f"{record}: {first[record]}" in found
    assert "card:none: not known" in found
    as_of = shops.registry("find", "card:C70001", "card:C70004", "--as-of", "2").out.split()
    assert as_of == ["card:C70001:", kept, "card:C70004:", kept]
    log = shops.registry("log", "--oneid", gone).out
    assert "merge-2" in log
    assert "split-3" in log
    assert "merged" in log
    assert "reinstated" in log
    assert "linked" in log
    runs = shops.registry("log", "--runs").out.splitlines()
    assert [line.split()[2] for line in runs[1:]] == ["run", "merge", "split"]
    exposure = shops.registry("exposure", gone).out
    assert kept in exposure
    assert "C70004" in exposure
    assert "C70001" in exposure


@pytest.mark.slow
def test_variables_of_sources_are_asked_for_by_runs_alone(shops: Shops) -> None:
    """Acts, readings and look-ups read no source: neither its files nor ``--var`` are wanted, by command or Python."""
    text = (shops.base / "oneid.yaml").read_text("utf-8").replace("card.csv", "card_{ds}.csv")
    (shops.base / "oneid.yaml").write_text(text + "rules: rules_{kind}.yaml\n", "utf-8")
    preset = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
    (shops.base / "rules_x.yaml").write_text(preset, "utf-8")
    (shops.base / "card.csv").rename(shops.base / "card_2026-11-22.csv")
    assert shops.resolve("--var", "kind=x").code == 2
    assert shops.resolve("--var", "kind=x", "--var", "ds=2026-11-22").code == 0
    data = ("diff", shops.base / "out", "--rules", "jp-members", "--data", shops.base / "oneid.yaml", "--var", "kind=x")
    assert shops.command(*data).code == 2
    assert shops.command(*data, "--var", "ds=2026-11-22").code == 0
    for path in shops.base.glob("*.csv"):
        path.unlink()
    kind = ("--var", "kind=x")
    assert "E108" in shops.refused("rollback", "1")
    assert shops.registry("rollback", "1", *kind).code == 0
    hanako, ken = shops.oneid("card:C70001"), shops.oneid("card:C70004")
    assert shops.registry("merge", hanako, ken, *kind).code == 0
    assert shops.registry("split", shops.oneid("card:C70004"), "card:C70004", *kind).code == 0
    (shops.base / "numbers.csv").write_text("old_id,new_id\nC70004,X1\n", "utf-8")
    assert shops.registry("rekey", "card", shops.base / "numbers.csv", *kind).code == 0
    header = "source_l,source_id_l,source_r,source_id_r,decision\n"
    (shops.base / "said.csv").write_text(header + "card,X1,web,W80004,different\n", "utf-8")
    assert shops.registry("decide", shops.base / "said.csv", *kind).code == 0
    assert shops.registry("erase", "card:X1", "--receipt", shops.base / "receipt.json", *kind).code == 0
    for words in (("show", hanako), ("find", "card:C70001"), ("log",), ("log", "--runs"), ("exposure", hanako)):
        assert shops.registry(*words).code == 0
    assert shops.registry("prune", "--before", "2001-01-01").code == 0
    assert shops.registry("backup", shops.base / "copy.db").code == 0
    assert shops.command("lookup", shops.base / "oneid.yaml", "name=nobody").code == 1
    assert oneid.open_lookup(shops.base / "oneid.yaml").run_id


def test_the_log_narrows_and_goes_into_a_file(shops: Shops) -> None:
    """By record, since a run, the last so many; the file is safe for spreadsheets."""
    assert shops.registry("split", shops.oneid("card:C70001"), "web:W80001").code == 0
    path = shops.base / "log.csv"
    assert shops.registry("log", "--csv", path).code == 0
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(text.decode("utf-8-sig").splitlines()))
    with shops.world.registry() as registry:
        assert len(rows) == registry.events().height
        assert [row["event"] for row in rows] == registry.events()["event"].to_list()
    since = shops.registry("log", "--since", "1").out
    assert "split-2" in since
    assert "run-" not in since
    assert len(shops.registry("log", "--limit", "2").out.splitlines()) == 3
    record = shops.registry("log", "--record", "web:W80004").out.splitlines()
    assert len(record) == 2
    assert "W80004" in record[1]
    assert shops.registry("exposure", shops.oneid("web:W80004"), "--csv", path).code == 0
    assert "W80004" in path.read_text("utf-8")


@pytest.mark.slow
def test_decide_and_rekey_by_command(shops: Shops) -> None:
    """From files; the next run with the new numbers brings nothing new."""
    first = shops.world.oneids()
    decided = shops.base / "decided.csv"
    decided.write_text(",".join(COLUMNS) + "\ncard,C70002,web,W80004,same\n", encoding="utf-8")
    assert shops.registry("decide", decided).code == 0
    assert shops.oneid("web:W80004") == first["card:C70002"]
    pairs = shops.base / "pairs.csv"
    pairs.write_text("old_id,new_id\nC70001,C70002\nC70002,C70001\n", encoding="utf-8")
    said = shops.registry("rekey", "card", pairs)
    assert said.code == 0
    assert "2 rekeyed" in said.out
    swapped = [("C70002", *CARD[0][1:]), ("C70001", *CARD[1][1:]), *CARD[2:]]
    shops.write(swapped)
    assert shops.resolve().code == 0
    assert not shops.world.events()
    assert shops.oneid("card:C70002") == first["card:C70001"]
    assert shops.oneid("card:C70001") == shops.oneid("web:W80004") == first["card:C70002"]


@pytest.mark.slow
def test_renumbering_without_notice_by_command(shops: Shops) -> None:
    """The run is stopped with exit code 1 and says which command helps; that command does."""
    first = shops.world.oneids()
    shops.write([(f"N{row[0]}", *row[1:]) for row in CARD])
    said = shops.resolve()
    assert said.code == 1
    assert "E505" in said.err
    proposed = shops.base / "out" / "rekeys" / "card.csv"
    assert proposed.is_file()
    assert shops.registry("rekey", "card", proposed).code == 0
    assert shops.resolve().code == 0
    assert not shops.world.events()
    assert [shops.oneid(f"card:N{row[0]}") for row in CARD] == [first[f"card:{row[0]}"] for row in CARD]


def test_rollback_by_command(shops: Shops) -> None:
    """By the run's number or its name."""
    first = shops.world.oneids()
    with shops.world.registry() as registry:
        name = registry.runs()["run_id"].item()
    for target, again in (("1", "C70005"), (name, "C70006")):
        shops.write([*CARD[:2], (again, *MINORU)], limits={"members_renumbered_pct": 100})
        assert shops.resolve("--run-id", f"bad {again}").code == 0
        said = shops.registry("rollback", target)
        assert said.code == 0
        assert "published rollback-" in said.out
        assert "the next run judges everybody anew" in said.out
        now = shops.world.oneids()
        assert {one: now[one] for one in now if one in first} == {one: first[one] for one in now if one in first}
    assert "E471" in shops.refused("rollback", "nosuch")
    assert "E627" in shops.refused("rollback", "99")


def test_sources_by_command(shops: Shops) -> None:
    """One that has another name in the config is told, renamed, and detached when it is gone."""
    first = shops.world.oneids()
    path = shops.base / "oneid.yaml"
    text = path.read_text("utf-8").replace("  web:\n", "  shop:\n")
    path.write_text(text, encoding="utf-8")
    said = shops.resolve()
    assert said.code == 2
    assert "E644" in said.err
    assert "oneid registry rename-source web NEW" in said.err
    assert "E645" in shops.refused("rename-source", "wbe", "shop")
    said = shops.registry("rename-source", "web", "shop")
    assert said.code == 0
    assert "published rename-source-2 in" in said.out
    renamed = {one.replace("web:", "shop:"): mine for one, mine in first.items()}
    assert shops.world.oneids() == renamed
    assert shops.resolve().code == 0
    assert shops.world.oneids() == renamed
    said = shops.registry("detach", "shop")
    assert said.code == 0
    assert "3 left" in said.out
    assert shops.world.oneids() == {one: mine for one, mine in first.items() if one.startswith("card:")}


def test_erase_by_command(shops: Shops) -> None:
    """The receipt is JSON without personal data; the member sent again is refused; nothing is found any more."""
    rikka = shops.oneid("card:C70003")
    receipt = shops.base / "receipt.json"
    said = shops.registry("erase", rikka, "--receipt", receipt)
    assert said.code == 0
    assert "left to do:" in said.out
    text = receipt.read_text("utf-8")
    made = json.loads(text)
    assert made["records"] == {"card": 1, "web": 1}
    assert made["oneids_ended"] == 1
    assert made["receipt"] in said.out
    assert not [value for value in (*RIKKA, "C70003", "W80003", rikka) if value and value in text]
    assert "not known" in shops.registry("find", "card:C70003").out
    shown = shops.registry("show", rikka).out
    assert f"{rikka}: retired since" in shown
    assert "founder erased" in shown
    assert shops.registry("exposure", rikka).code == 0
    assert shops.resolve().code == 0
    assert shops.world.tables()["rejected"].rows() == [("card", 3, None, "erased"), ("web", 2, None, "erased")]
    refused = shops.registry("erase", "card:C70004", "--receipt", receipt)
    assert (refused.code, "E307" in refused.err) == (2, True)  # a receipt replaces nothing
    another = shops.base / "another.json"
    assert shops.registry("erase", "card:C70004", "--receipt", another).code == 0
    assert json.loads(another.read_text("utf-8"))["records"] == {"card": 1}


def test_prune_and_backup_by_command(shops: Shops) -> None:
    """History goes, and is refused from then on; a copy of the registry is a registry."""
    assert shops.registry("split", shops.oneid("card:C70001"), "web:W80001").code == 0
    copy = shops.base / "copy.db"
    assert shops.registry("backup", copy).code == 0
    assert copy.stat().st_size
    said = shops.registry("prune", "--before", "2999-01-01")
    assert said.code == 0
    assert "rows of events" in said.out
    assert "E609" in shops.refused("show", shops.oneid("card:C70001"), "--as-of", "1")
    assert "E470" in shops.refused("prune", "--before", "3")
    shops.write([*CARD, ("C70005", *MINORU)])
    assert shops.resolve().code == 0
    assert shops.oneid("card:C70005") == shops.oneid("web:W80004")


WRONG = [
    (("show", "OIDNONE"), "E460"),
    (("exposure", "OIDNONE"), "E460"),
    (("log", "--oneid", "OIDNONE"), "E460"),
    (("merge", "OIDNONE"), "E460"),
    (("split", "OIDNONE"), "E460"),
    (("find", "C70001"), "E420"),
    (("split", "OIDNONE", "W80001"), "E420"),
    (("log", "--since", "soon"), "E470"),
    (("show", "OIDNONE", "--as-of", "2024-13-01"), "E470"),
    (("find", "card:C70001", "--as-of", "7"), "E609"),
    (("decide", "none.csv"), "E230"),
    (("rekey", "card", "none.csv"), "E240"),
    (("erase", "OIDNONE", "--receipt", "receipt.json"), "E460"),
    (("erase", "card:none", "--receipt", "receipt.json"), "E629"),
]


@pytest.mark.parametrize(("words", "code"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_errors_are_one_line_with_a_code(shops: Shops, words: tuple[str, ...], code: str) -> None:
    """Exit code 2, nothing on standard output, nothing changed."""
    assert code in shops.refused(*words)


def test_without_a_registry(shops: Shops) -> None:
    """A config that names none (E628), or whose registry no run has made yet (E602)."""
    (shops.base / "oneid.db").rename(shops.base / "away.db")
    for extra in ("-wal", "-shm"):
        Path(f"{shops.base / 'oneid.db'}{extra}").unlink(missing_ok=True)
    every = [("show", "X"), ("find", "a:1"), ("log",), ("exposure", "X"), ("prune", "--before", "2024-01-01"),
             ("backup", "x.db"), ("rollback", "one")]  # fmt: skip
    for words in every:
        assert "E602" in shops.refused(*words), words
    text = (shops.base / "oneid.yaml").read_text("utf-8").replace("registry: sqlite:///oneid.db\n", "")
    (shops.base / "oneid.yaml").write_text(text, encoding="utf-8")
    pairs = shops.base / "pairs.csv"
    pairs.write_text("old_id,new_id\n1,2\n", encoding="utf-8")
    decided = shops.base / "decided.csv"
    decided.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    acts = [("merge", "X", "Y"), ("split", "X"), ("decide", decided), ("rekey", "card", pairs), ("rollback", "1"),
            ("rename-source", "card", "web"), ("detach", "card"),
            ("erase", "X", "--receipt", "r.json")]  # fmt: skip
    for words in (*every, *acts):
        assert "E628" in shops.refused(*words), words


def test_moments() -> None:
    """A run, a day to its end in Japan, a moment with or without a zone."""
    assert moment(None) is None
    assert moment("12") == 12
    assert str(moment("2026-11-22")) == "2026-11-22 23:59:59.999999+09:00"
    assert str(moment("20261122")) == str(moment("2026-11-22"))
    assert str(moment("2026-11-22T09:00")) == "2026-11-22 09:00:00+09:00"
    assert str(moment("2026-11-22T09:00+00:00")) == "2026-11-22 09:00:00+00:00"


# --- gates -----------------------------------------------------------------------------------------------------------

TWIN = ("C70009", *WEB[2][1:3], "1991-07-21", *WEB[2][4:])
GATES: dict[str, tuple[dict[str, float], list[Any], list[Any], str]] = {
    "largest": ({"largest": 2}, [*CARD, ("C70011", *CARD[0][1:])], WEB, "E501"),
    "rows": ({"source_rows_drop_pct": 20}, CARD[:3], WEB, "E502"),
    "moved": ({"members_moved_pct": 1}, CARD, WEB, "E503"),
    "births": ({"birth_contradictions_pct": 10}, [*CARD, TWIN], WEB, "E504"),
    "renumbered": ({"members_renumbered_pct": 10}, [*CARD[:3], ("N1", *KEN)], WEB, "E505"),
}


@pytest.mark.parametrize("gate", lanes(GATES, "rows", "births"))
def test_a_limit_that_is_breached_publishes_nothing(
    shops: Shops, gate: tuple[dict[str, float], list[Any], list[Any], str]
) -> None:
    """Exit code 1, the folder and the registry byte for byte as before; a wider limit lets the same data through."""
    limits, card, web, code = gate
    more: dict[str, Any] = {}
    if code in ("E503", "E504"):  # people say so, as no rule would
        pair = "card,C70001,card,C70002,same" if code == "E503" else "card,C70009,web,W80004,same"
        (shops.base / "decisions.csv").write_text(",".join(COLUMNS) + f"\n{pair}\n", encoding="utf-8")
        more["decisions"] = "decisions.csv"
    shops.write(card, web, limits=limits, **more)
    before = shops.world.bytes()
    said = shops.resolve()
    assert said.code == 1
    assert code in said.err.strip().splitlines()[-1]
    after = shops.world.bytes()
    added = {"out/rekeys/card.csv"} if code == "E505" else set()
    assert set(after) - set(before) == added
    assert before.items() <= after.items()
    with shops.world.registry() as registry:
        assert registry.runs().height == 1
    shops.write(card, web, limits=dict.fromkeys(limits, 100), **more)
    assert shops.resolve().code == 0
    assert shops.world.tables()["merge_map"].height == len(card) + len(web)


# --- files and folders that are not ours -----------------------------------------------------------------------------


@pytest.mark.slow
def test_files_that_are_not_ours_are_not_written_over(shops: Shops) -> None:
    """Receipts never, tables and backups only by their like; told before anything is done."""
    theirs = shops.base / "theirs"
    theirs.write_text("id,name\n1,somebody\n", "utf-8")
    assert "E307" in shops.refused("erase", "card:C70004", "--receipt", theirs)
    assert shops.registry("erase", "card:C70004", "--receipt", shops.base / "receipt.json").code == 0
    assert "E307" in shops.refused("erase", "card:C70003", "--receipt", shops.base / "receipt.json")
    for place in (theirs, shops.base / "card.csv", shops.base / "oneid.db", shops.base / "oneid.yaml"):
        assert "E307" in shops.refused("backup", place)
    copy = shops.base / "copy.db"
    for _ in range(2):
        assert shops.registry("backup", copy).code == 0
    (shops.base / "other").mkdir()
    other = Shops(shops.base / "other", shops._run)
    other.write()
    assert other.resolve().code == 0
    assert "E307" in other.refused("backup", copy)
    for words in (("log",), ("log", "--runs"), ("exposure", shops.oneid("card:C70001"))):
        before = theirs.read_bytes()
        assert "E307" in shops.registry(*words, "--csv", theirs).err
        assert theirs.read_bytes() == before
        for _ in range(2):
            assert shops.registry(*words, "--csv", shops.base / f"{len(words)}{words[0]}.csv").code == 0
    assert "E408" in shops.refused("merge", *sorted(set(shops.world.oneids().values()))[:2], "--out", "")


@pytest.mark.slow
def test_a_backup_that_was_put_in_place_and_went_on_is_none(shops: Shops) -> None:
    """So it is not written over by the next backup of the registry that it was copied from."""
    copy = shops.base / "copy.db"
    assert shops.registry("backup", copy).code == 0
    text = (shops.base / "oneid.yaml").read_text("utf-8")
    (shops.base / "oneid.yaml").write_text(text.replace("oneid.db", "copy.db"), "utf-8")
    assert "E633" in shops.registry("split", shops.oneid("card:C70001"), "web:W80001").err
    shutil.copytree(shops.base / "out", shops.base / "out2")
    said = shops.registry("split", shops.oneid("card:C70001"), "web:W80001", "--out", shops.base / "out2")
    assert said.code == 0
    (shops.base / "oneid.yaml").write_text(text, "utf-8")
    assert "E307" in shops.refused("backup", copy)


@pytest.mark.parametrize("out", ["out", pytest.param("../out", marks=pytest.mark.slow)])
def test_a_copied_project_leaves_the_original_alone(shops: Shops, out: str, tmp_path: Path) -> None:
    """Acts, runs and look-ups take the copy's own folder, and where it has none they say so. So does a moved one."""
    base = tmp_path / "all"
    (base / "there").mkdir(parents=True)
    for name in ("oneid.yaml", "card.csv", "web.csv"):
        shutil.copy(shops.base / name, base / "there" / name)
    prod, copy = base / "there", base / "copied"
    assert shops.command("resolve", prod / "oneid.yaml", "--out", prod / out).code == 0
    shutil.copytree(prod, copy)
    one, two = sorted(oneid.read_run(prod / out).merge_map["oneid"].unique())[:2]

    def held() -> dict[str, bytes]:
        folders = (prod, prod / out)
        files = {path.resolve() for folder in folders for path in folder.rglob("*") if path.is_file()}
        return {
            str(path): path.read_bytes() for path in sorted(files) if not path.name.endswith(("-shm", "-wal", "lock"))
        }

    before = held()
    acts = (
        ("merge", one, two), ("erase", one, "--receipt", base / "receipt"), ("rollback", "1"),
    )  # fmt: skip
    for words in acts:
        said = shops.command("registry", *words, "--config", copy / "oneid.yaml")
        assert held() == before
        assert said.code == (2 if out.startswith("..") else 0), said.err
        assert ("E633" in said.err) == out.startswith("..")
        assert ("a copy" in said.err) == (words[0] == "merge" or out.startswith(".."))
    for words in (("resolve", copy / "oneid.yaml", "--out", prod / out), ("lookup", copy / "oneid.yaml", "name=x")):
        said = shops.command(*words)
        assert ("E633" in said.err) == (words[0] == "resolve" or out.startswith("..")), said.err
        assert held() == before
    if out.startswith(".."):  # with a folder of its own it goes on
        shutil.copytree(base / "out", base / "own")
        words = ("registry", "merge", one, two, "--config", copy / "oneid.yaml")
        assert shops.command(*words, "--out", base / "own").code == 0
        assert shops.command("registry", "split", one, "--config", copy / "oneid.yaml").code == 0
        assert held() == before
    shutil.rmtree(copy)
    if not out.startswith(".."):
        prod.rename(base / "moved")
        prod = base / "moved"
    assert shops.command("registry", "merge", one, two, "--config", prod / "oneid.yaml").code == 0
    assert oneid.read_run(prod / out).run["registry"]["number"] == 2


@pytest.mark.slow
def test_two_projects_on_one_registry(shops: Shops, tmp_path: Path) -> None:
    """Acts of a copied project that shares the registry would leave the other folder behind: one has to be named."""
    config = (shops.base / "oneid.yaml").read_text("utf-8")
    (shops.base / "oneid.yaml").write_text(config.replace("oneid.db", f"{tmp_path / 'shared.db'}"), "utf-8")
    shutil.rmtree(shops.world.out)
    assert shops.resolve().code == 0
    copy = tmp_path / "copy"
    shutil.copytree(shops.base, copy)
    one, two = sorted(oneid.read_run(copy / "out").merge_map["oneid"].unique())[:2]
    words = ("registry", "merge", one, two, "--config", copy / "oneid.yaml")
    said = shops.command(*words)
    assert (said.code, "E633" in said.err, "--out" in said.err) == (2, True, True)
    assert shops.command(*words, "--out", copy / "out").code == 0


def test_as_json(shops: Shops) -> None:
    """Every reading and act as one document that holds what the words say."""
    first = shops.world.oneids()
    hanako, ken = first["card:C70001"], first["card:C70004"]

    def document(*words: object) -> dict[str, Any]:
        said = shops.registry(*words, "--format", "json")
        assert (said.code, said.err) == (0, "")
        return json.loads(said.out)

    act = document("merge", hanako, ken, "--by", "ann")
    assert set(act) == {"run_id", "folder", "events", "notes"}
    assert (act["run_id"], act["events"]["merged"]) == ("merge-2", 1)
    kept = shops.oneid("card:C70004")
    gone = ken if kept == hanako else hanako
    shown = document("show", gone, kept)["oneids"]
    assert [one["state"] for one in shown] == ["redirected", "living"]
    assert (shown[0]["current_oneid"], shown[1]["aliases"]) == (kept, [gone])
    assert {"source": "card", "source_id": "C70004"} in [
        {key: member[key] for key in ("source", "source_id")} for member in shown[1]["members"]
    ]
    found = document("find", "card:C70004", "card:none")["records"]
    assert [one["oneid"] for one in found] == [kept, None]
    assert len(found[0]["history"]) == 1 + (kept != ken)
    assert "history" not in document("find", "card:C70004", "--as-of", "1")["records"][0]
    assert "merged" in {one["event"] for one in document("log")["events"]}
    assert [run["kind"] for run in document("log", "--runs")["runs"]] == ["run", "merge"]
    assert {row["source_id"] for row in document("exposure", gone)["exposure"]} >= {"C70004"} - {"C70001"}
    assert document("verify")["sound"] is True
    assert document("split", gone, "--by", "bob")["events"]
    assert shops.world.oneids() == first
