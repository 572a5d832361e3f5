"""Fixtures that several tests share. The demo and its run are made once per process and must not be changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
import yaml
from hypothesis import settings

import oneid
from oneid.cli import main
from oneid.demo import generate
from oneid.engines.local import LocalEngine
from oneid.records.features import normalize_source
from oneid.records.together import combine
from oneid.settings.config import Config
from oneid.settings.configfile import from_dict
from oneid.sources.reading import read_source
from strategies import EVERYDAY, EXAMPLES

os.environ["ONEID_LANG"] = "en"  # whatever the locale: also for processes that tests start

# how long an example takes says more of the machine than of us; which examples, docs/decisions/063
settings.register_profile("everyday", max_examples=round(EXAMPLES * EVERYDAY), deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=EXAMPLES, deadline=None, derandomize=True)  # make test-slow
settings.register_profile("search", max_examples=EXAMPLES, deadline=None)  # make search
settings.load_profile("everyday")


PERSON_FIELDS = {
    "name": "name",
    "kana": "kana",
    "romaji": "romaji",
    "nickname": "nickname",
    "birth": "birth",
    "sex": "sex",
    "phone": ["phone", "phone2"],
    "email": ["email", "email2"],
    "postcode": "postcode",
    "address": "address",
    "card": {"column": "card", "kind": "identifier"},
}
"""The fields of a source whose columns are named as the fields."""

COLUMNS = ["id", "name", "kana", "romaji", "nickname", "birth", "sex", "phone", "phone2", "email", "email2", "postcode",
           "address", "card"]  # fmt: skip


COLUMNS_OF_PARTS = ["family", "given", "kana_family", "kana_given"]
PART_FIELDS = {"name": ("family", "given"), "kana": ("kana_family", "kana_given")}
"""The fields of a source that knows the parts of names apart."""


def features_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The features of records given as mappings of column to text; they stay in their order."""
    parts = {name: {"family": family, "given": given} for name, (family, given) in PART_FIELDS.items()}
    columns = [*COLUMNS, *COLUMNS_OF_PARTS]
    texts = [{column: row.get(column) for column in columns} | {"id": f"{at:06}"} for at, row in enumerate(rows)]
    frame = pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String))
    apart = pl.any_horizontal(pl.col(COLUMNS_OF_PARTS).is_not_null())
    sources = {"people": {"id": "id", "fields": PERSON_FIELDS}, "parts": {"id": "id", "fields": PERSON_FIELDS | parts}}
    config = from_dict({"sources": sources})
    made = []
    for name, held in (("people", frame.filter(~apart)), ("parts", frame.filter(apart))):
        if held.height:
            source = config.sources[name]
            read = read_source(source, config, held).frame
            made.append(normalize_source(read, source, LocalEngine(1)).features)
    return combine(made, LocalEngine(1)).sort("source_id")


def tables(result: oneid.Result) -> dict[str, pl.DataFrame]:
    """The tables of a run but for the row numbers of rejected rows, which are those of the input."""
    found = result.to_polars()
    return found | {"rejected": found["rejected"].drop("row").sort(pl.all())}


class Demo(NamedTuple):
    """The demo of 2,000 records on disk, its config, its truth, and its run."""

    folder: Path
    config: Path
    truth: pl.DataFrame
    result: oneid.Result


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """2,000 demo records of seed 1, resolved; ``folder/out`` holds the written run."""
    folder = tmp_path_factory.mktemp("demo")
    made = generate(records=2000, seed=1)
    config = made.write(folder)
    result = oneid.resolve(config)
    result.write(folder / "out")
    truth = made.truth.rename({"system": "source", "member_id": "source_id"})
    return Demo(folder, config, truth, result)


PEOPLE = {
    "ec": [
        ("E1", "髙橋 花子", "タカハシ ハナコ", "1980-04-05", "090-1111-2222", "hanako@example.com", "7"),
        ("E2", "鈴木 一郎", "スズキ イチロウ", "1975-01-31", "03-3333-4444", None, "11"),
        ("E3", "鈴木 次郎", "スズキ ジロウ", "1978-09-12", "03-3333-4444", None, "13"),
        ("E4", "小鳥遊 六花", "タカナシ リッカ", "2001-06-12", None, "rikka@example.com", "-5"),
    ],
    "store": [
        ("S1", "高橋花子", "ﾀｶﾊｼ ﾊﾅｺ", "S55.4.5", "09011112222", None, "=1+2"),
        ("S2", "小鳥遊六花", "タカナシ リツカ", "2001-06-21", None, "rikka@example.com", "21"),
        ("S3", "田中 実", "タナカ ミノル", "1990-03-03", "080-5555-6666", "minoru@example.com", "22"),
    ],
}
"""Two shops, seven members, five people: E1 = S1 and E4 = S2; E2 and E3 are brothers."""

PEOPLE_COLUMNS = ["id", "name", "kana", "birth", "phone", "email", "points"]
PEOPLE_FIELDS = {"name": "name", "kana": "kana", "birth": "birth", "phone": "phone", "email": "email"}
PEOPLE_CONFIG = {
    "sources": {shop: {"id": "id", "fields": PEOPLE_FIELDS, "carry": ["points"]} for shop in PEOPLE},
}


def people_frames() -> dict[str, pl.DataFrame]:
    """:data:`PEOPLE` as frames of text."""
    schema = dict.fromkeys(PEOPLE_COLUMNS, pl.String)
    return {shop: pl.DataFrame(rows, schema=schema, orient="row") for shop, rows in PEOPLE.items()}


def people_config(**more: object) -> dict[str, Any]:
    """The config of :data:`PEOPLE`, with ``more`` at its top."""
    return {**PEOPLE_CONFIG, **more}


@pytest.fixture(scope="session")
def people() -> oneid.Result:
    """The run of :data:`PEOPLE`."""
    return oneid.resolve(people_frames(), people_config())


def write_people(folder: Path, **more: object) -> Path:
    """Writes :data:`PEOPLE` as CSV files with a config whose top has ``more``, and gives the config's path."""
    folder.mkdir(exist_ok=True)
    sources = {}
    for shop, frame in people_frames().items():
        frame.write_csv(folder / f"{shop}.csv")
        sources[shop] = {**PEOPLE_CONFIG["sources"][shop], "path": f"{shop}.csv"}
    text = yaml.safe_dump({"version": 1, "sources": sources, **more}, allow_unicode=True, sort_keys=False)
    (folder / "oneid.yaml").write_text(text, encoding="utf-8")
    return folder / "oneid.yaml"


@pytest.fixture
def people_files(tmp_path: Path) -> Callable[..., Path]:
    """:func:`write_people` into ``tmp_path/in``."""
    return partial(write_people, tmp_path / "in")


class Said(NamedTuple):
    """What a command said: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs ``oneid ARGUMENTS...`` in this process."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["oneid", *map(str, arguments)])
        code = 0
        try:
            main.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return Said(code, said.out, said.err)

    return run


def loaded(mapping: dict[str, Any]) -> Config:
    """A config from a mapping."""
    return from_dict(mapping)
