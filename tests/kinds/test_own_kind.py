"""A kind of one's own, from a package of one's own, through every command: the documented example, as it stands there.

The package is installed beside this one, with an entry point and nothing else; no file of ours knows the word plate.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml

from oneid.outputs.runtables import read_tables
from paths import ROOT
from strategies import lanes

PAGE = ROOT / "docs/en/how-to/own-kind.md"
FILES = dict(re.findall(r"^<!-- file: (.+?) -->\n```\w+\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S))


class Install:
    """An environment in which the example's package is installed, and a folder to work in."""

    def __init__(self, base: Path, *, installed: bool) -> None:
        self.folder, packages = base / "work", base / "packages"
        self.folder.mkdir()
        packages.mkdir()
        (packages / "plates.py").write_text(FILES["plates.py"], "utf-8")
        if installed:
            about = packages / "garage_kinds-1.0.dist-info"
            about.mkdir()
            (about / "METADATA").write_text("Metadata-Version: 2.1\nName: garage-kinds\nVersion: 1.0\n", "utf-8")
            (about / "entry_points.txt").write_text("[oneid.kinds]\nplate = plates:PLATE\n", "utf-8")
        path = [str(packages), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(path), "PYTHONUTF8": "1", "COLUMNS": "160"}
        for name in ("garage.csv", "insurer.csv", "rules.yaml"):
            (self.folder / name).write_text(FILES[name], "utf-8")
        said = yaml.safe_load(FILES["oneid.yaml"])
        if installed:
            del said["kinds"]
        self.config(said, "once.yaml")
        self.config(said | {"registry": "sqlite:///oneid.db"})

    def config(self, said: object, name: str = "oneid.yaml") -> None:
        (self.folder / name).write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), "utf-8")

    def said(self) -> dict[str, object]:
        found: dict[str, object] = yaml.safe_load((self.folder / "oneid.yaml").read_text("utf-8"))
        return found

    def __call__(self, *words: str, expect: int = 0) -> str:
        """What a command prints; of one that fails, what it says of that."""
        done = subprocess.run(
            [sys.executable, "-m", "oneid", *words], cwd=self.folder, env=self.environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def oneids(self) -> dict[str, str]:
        rows = pl.read_parquet(self.folder / "out/merge_map.parquet")
        return {f"{source}:{id_}": one for source, id_, one in rows.select("source", "source_id", "oneid").rows()}


@pytest.fixture(scope="module", params=lanes({"entry point": True, "config": False}, "config"))
def garage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Install:
    """A run of the example with a registry."""
    made = Install(tmp_path_factory.mktemp("garage"), installed=request.param)
    made("resolve", "oneid.yaml", "--out", "out")
    return made


def test_the_example_is_short() -> None:
    """In at most 40 lines, and in nothing of this package."""
    assert len(FILES["plates.py"].splitlines()) <= 40
    words = [path for path in (ROOT / "src").rglob("*.py") if re.search(r"\bplates?\b", path.read_text("utf-8"))]
    told = {"base.py", "catalogue.py"}  # where it is named as an example
    assert {path.name for path in words} <= told | {"config.py"}


def test_it_finds_who_moved(garage: Install) -> None:
    """One person by name and car, with another phone and another office; and the level and rule that say so."""
    oneids = garage.oneids()
    assert oneids["garage:G1"] == oneids["insurer:I1"]
    assert oneids["garage:G2"] == oneids["insurer:I2"]
    assert len(set(oneids.values())) == 3
    explained = garage("explain", "once.yaml", "garage:G1", "insurer:I1", "--show-pii")
    assert re.search(r"plate.*serial_equal", explained)
    assert "same-car" in explained
    assert "品川 300 あ 12-34" in explained
    masked = garage("explain", "once.yaml", "garage:G1", "insurer:I1")
    assert "品川 300 あ 12-34" not in masked


def test_profile(garage: Install) -> None:
    """Counts its values, and why others cannot be used."""
    rows = [line.split() for line in garage("profile", "oneid.yaml").splitlines() if " plate " in line]
    assert [row[:5] for row in rows] == [["garage", "plate", "3", "3", "2"], ["insurer", "plate", "2", "2", "2"]]
    assert "placeholder 1" in " ".join(rows[0])


def test_golden_records_and_households(garage: Install) -> None:
    """The value that people see, with where it is from; households know nothing of it."""
    golden = pl.read_parquet(garage.folder / "out/golden.parquet")
    mine = golden.filter(oneid=garage.oneids()["garage:G2"])
    assert mine["plate"].item() in ("品川330さ・・56", "品川 330 さ 56")
    assert mine["plate_source"].item() in ("garage", "insurer")
    assert pl.read_parquet(garage.folder / "out/households.parquet").height == 0


def test_rules_are_checked_by_its_levels(garage: Install) -> None:
    """A misspelt level is found, with the near one as a hint."""
    text = FILES["rules.yaml"].replace("serial_equal]", "serial_eqal]")
    (garage.folder / "wrong.yaml").write_text(text, "utf-8")
    garage.config(garage.said() | {"rules": "wrong.yaml"}, "wrong-config.yaml")
    said = garage("check", "wrong-config.yaml", expect=2)
    assert "E132 field 'plate' has no level 'serial_eqal'" in said
    assert "'serial_equal'" in said
    assert re.search(r"wrong\.yaml:\d+", said)


@pytest.mark.slow
def test_cases_may_have_it(garage: Install) -> None:
    """Records of cases have plates as any other field, and rules are told by their name."""
    case = """
    version: 1
    cases:
      - id: moved
        records:
          a: {source: garage, name: 田中 実, plate: 名古屋 301 る 77-88}
          b: {source: insurer, name: 田中 実, plate: なにわ 500 る 77-88}
        expect: {pair: [a, b], verdict: match, rule: same-car}
    """
    (garage.folder / "cases").mkdir(exist_ok=True)
    (garage.folder / "cases/plates.oneid.yaml").write_text(case, "utf-8")
    assert "1 cases: 1 hold" in garage("check", "oneid.yaml", "--cases", "cases")


def test_other_rules_are_compared(garage: Install) -> None:
    """By the pairs that the run kept, which it knows the kind of."""
    text = (
        FILES["rules.yaml"]
        .replace("plate: [equal, serial_equal]", "plate: [equal]")
        .replace("serial_equal: 9", "serial_equal: -9")
    )
    (garage.folder / "strict.yaml").write_text(text, "utf-8")
    said = garage("diff", "out", "--rules", "strict.yaml")
    assert re.search(r"members moved\D+1 of 5", said)
    about = json.loads((garage.folder / "out/run.json").read_text("utf-8"))["pairing"]
    assert about["fields"] == {"plate": "plate"}
    assert about.get("kinds") == garage.said().get("kinds")


def test_look_ups(garage: Install) -> None:
    """Answer by the plate, in any spelling, as a run would."""
    asked = {"name": "佐藤花子", "plate": "なにわ ３３０ あ １２－３４"}
    said = json.loads(
        garage("lookup", "out", *(f"{name}={value}" for name, value in asked.items()), "--json", "--show-pii")
    )
    assert said["oneid"] == garage.oneids()["garage:G1"]
    assert said["candidates"][0]["fields"]["plate"]["level"] == "serial_equal"


@pytest.mark.slow
def test_a_day_later(garage: Install) -> None:
    """A new member of the insurer joins by the car, whatever was known stays."""
    before = garage.oneids()
    with (garage.folder / "insurer.csv").open("a", encoding="utf-8") as file:
        file.write("I3,高橋 実,,多摩 500 て 98-76\nI4,鈴木 一平,,品川 330 さ ・・57\n")
    garage("resolve", "oneid.yaml", "--out", "out")
    after = garage.oneids()
    assert {who: after[who] for who in before} == before
    assert read_tables(garage.folder / "out").run["registry"]["number"] == 2


@pytest.mark.slow
def test_init_knows_the_columns(tmp_path: Path) -> None:
    """By the header that the kind names, and by content that looks so; the installed kind alone makes it."""
    made = Install(tmp_path, installed=True)
    made("init", "garage.csv", "insurer.csv", "-o", "guessed.yaml")
    said = yaml.safe_load((made.folder / "guessed.yaml").read_text("utf-8"))
    assert said["sources"]["garage"]["fields"]["plate"] == "ナンバープレート"
    assert "plate" not in said["sources"]["insurer"]["fields"]
    assert json.loads(made("normalize", "plate", "横浜３０１あ１２３４"))["normalized"] == "横浜 301 あ 1234"
    schema = json.loads(made("schema", "config"))
    assert "plate" in json.dumps(schema)


def test_a_package_that_is_broken(tmp_path: Path) -> None:
    """Its name, the line, and how to see more; exit code 2."""
    made = Install(tmp_path, installed=True)
    (tmp_path / "packages/plates.py").write_text("from oneid.kinds import Kinds\n", "utf-8")
    said = made("profile", "oneid.yaml", expect=2)
    assert "E111 the kind 'plates:PLATE' cannot be loaded" in said
    assert "E103" not in said
