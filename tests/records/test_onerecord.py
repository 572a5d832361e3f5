"""The features of one record are those that reading, normalizing and combining make of a table of that record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import COLUMNS, PERSON_FIELDS, loaded
from oneid.demo import generate
from oneid.engines.local import LocalEngine
from oneid.kinds.compared import Compared
from oneid.kinds.name.split import split_names
from oneid.kinds.plain.own import CUSTOM
from oneid.records.features import features_contract, normalize_source
from oneid.records.onerecord import features_of
from oneid.records.together import combine
from oneid.settings.config import Config, Source
from oneid.settings.configfile import load
from oneid.sources.reading import read_source
from paths import cases
from strategies import thorough

FEATURES = features_contract(Compared())


ENGINE = LocalEngine(1)
SOUNDS = ("sound_family", "sound_given")


def tabled(record: dict[str, str | None], source: Source, config: Config, declared: tuple[str, ...] = ()) -> dict:
    """The features of a table of one record."""
    frame = pl.DataFrame([{name: record.get(name) for name in source.columns}], schema=dict.fromkeys(source.columns,
                         pl.String))  # fmt: skip
    made = normalize_source(read_source(source, config, frame).frame, source, ENGINE, declared)
    return combine([made.features], ENGINE).row(0, named=True)


PARTS = {"name": {"family": "family", "given": "given"}, "kana": {"family": "kana_family", "given": "kana_given"},
         "birth": {"year": "year", "month": "month"},
         "address": {part: part for part in ("prefecture", "city", "street", "building")}}  # fmt: skip


@pytest.fixture(scope="module")
def config() -> Config:
    """Two sources: names whole, and names, births and addresses in parts; companies by a column; words for null."""
    return loaded({
        "sources": {
            "whole": {"id": "id", "fields": PERSON_FIELDS, "null_values": ["不明", "-"]},
            "parts": {
                "id": ["shop", "id"],
                "customer": {"column": "type", "company": ["法人"]},
                "fields": {**PERSON_FIELDS, **PARTS, "sex": {"column": "sex", "values": {"male": ["a"],
                           "female": ["b"]}}},
            },
        }
    })  # fmt: skip


RECORDS: list[dict[str, str | None]] = [
    {"name": "佐藤　太郎", "kana": "ｻﾄｳ ﾀﾛｳ", "birth": "S55.3.7", "phone": "090-1234-5678", "email": "Taro@Example.jp"},
    {"name": "森下実", "kana": "モリ シタミ", "phone": "090-1234-5678", "phone2": "09012345678 / 03-3333-4444"},
    {"name": "森下実"}, {"name": "美咲"}, {"name": "長谷川"}, {"name": "長谷川", "kana": "ハセガワ"},
    {"name": "サトウタロウ"}, {"name": "さとう たろう"}, {"name": "ねこ好き"},
    {"name": "ゆずぽん", "kana": "ヤマダ ハナ"},
    {"name": "John Smith"}, {"name": "John Smith", "kana": "ジョン スミス"}, {"name": "O'Brien, Mary-Ann"},
    {"name": "Jun Ishida", "romaji": "JUN ISHIDA"}, {"romaji": "TARO SATOH", "email": "a.b+c@gmail.com"},
    {"romaji": "SATO", "nickname": "たろちゃん"}, {"romaji": "KATOHFUDOHSANGOHDOHGAISHAX"}, {"nickname": "Ｔａｒｏ♪"},
    {"name": "株式会社青葉", "kana": "カブシキガイシャアオバ"}, {"name": "佐藤 太郎 様(退会)", "card": "ａ-1"},
    {"name": "?橋 太郎", "kana": "タカハシ"},
    {"name": "不明", "kana": " ", "birth": "-", "phone": "\0", "card": "0000"},
    {"postcode": "100-0013", "address": "霞が関1-2-3"}, {"address": "東京都港区六本木６－１０－１ 森タワー23階"},
    {"address": "草加市栄町3ー40 ハイツ桜203", "sex": "女"},
    {"birth": "1980-03", "sex": "9"}, {"name": "\ud800太郎"}, {},
]  # fmt: skip

IN_PARTS: list[dict[str, str | None]] = [
    {"family": "岡本", "given": "なつみ", "kana_family": "ｵｶﾓﾄ", "kana_given": "なつみ", "year": "1980", "month": "3"},
    {"family": "SMITH", "given": "John", "type": "法人", "sex": "a", "id": "b:1", "shop": "\\x"},
    {"family": "岡本", "sex": "女", "kana_given": "ユミ", "romaji": "YUMI OKAMOTO", "type": "個人", "month": "12"},
    {"prefecture": "京都府", "city": "向日市", "street": "鶏冠井町５－１９－２１", "building": "桜 203", "year": "x"},
    {"family": "-", "given": "会員", "kana_family": "タイカイ", "kana_given": "カイイン", "phone": "+81 90 1234 5678"},
]  # fmt: skip


@pytest.mark.parametrize("at", range(len(RECORDS)))
def test_whole(config: Config, at: int) -> None:
    """Names of every script, splits, nicknames, several values, own fields, null words, NUL, half characters."""
    record = {"id": "1", **RECORDS[at]}
    clean = {name: text and text.encode(errors="replace").decode() for name, text in record.items()}
    assert features_of(record, config.sources["whole"]) == tabled(clean, config.sources["whole"], config)


@pytest.mark.parametrize("at", range(len(IN_PARTS)))
def test_in_parts(config: Config, at: int) -> None:
    """Parts known apart, composite ids, companies by a column, own words for sex, and what refers to this source."""
    record = {"id": "1", "shop": "a", **IN_PARTS[at]}
    source, declared = config.sources["parts"], (CUSTOM + "card", CUSTOM + "other")
    assert features_of(record, source, declared) == tabled(record, source, config, declared)


def test_the_contract(config: Config) -> None:
    """The columns of the contract in their order, then the fields of one's own; an id is not needed."""
    made = features_of({"name": "佐藤 太郎"}, config.sources["whole"])
    assert list(made) == [*FEATURES, CUSTOM + "card"]
    assert made["source_id"] is None
    assert made["from_romaji"] is made["foreign"] is False
    pl.DataFrame([made], schema={**FEATURES, CUSTOM + "card": pl.List(pl.String)})


@pytest.fixture(scope="module", params=[200, pytest.param(3_000, marks=pytest.mark.slow)])
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The config of a demo of so many records on disk."""
    folder: Path = tmp_path_factory.mktemp("one")
    return load(generate(request.param, seed=7).write(folder))


def _free_of_columns(made: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What is wanted, but for what only whole columns show: betrayed births, how kana sounds beside Latin names."""
    wanted = wanted if wanted["foreign"] else {**wanted, **dict.fromkeys(SOUNDS)}
    betrayed = wanted["year"] is None and wanted["month"] is None and made["day"] is not None
    return {**wanted, **{part: made[part] for part in ("year", "month", "day")}} if betrayed else wanted


def test_demo(people: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record of the demo, where the family names of the data are not asked."""
    nobody = pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String})
    monkeypatch.setattr("oneid.kinds.name.together.split_names", lambda names, family, given, seen: split_names(
        names, family, given, nobody))  # fmt: skip
    for source in people.sources.values():
        rows = read_source(source, people).frame
        wanted = combine([normalize_source(rows, source, ENGINE).features], ENGINE)
        raw = rows.select(pl.col("^@.*$").name.map(lambda name: name[1:]))
        for record, row in zip(raw.iter_rows(named=True), wanted.iter_rows(named=True), strict=True):
            made = features_of(record, source)
            assert made == _free_of_columns(made, row), record


CELLS = {kind: sorted({row["raw"] for row in cases(kind) if isinstance(row.get("raw"), str)})
         for kind in ("name", "kana", "romaji", "birth", "sex", "phone", "email", "postcode", "address")}  # fmt: skip


@settings(max_examples=thorough(12), deadline=None)
@given(st.fixed_dictionaries({}, optional={kind: st.sampled_from(texts) for kind, texts in CELLS.items()}))
def test_cases_together(record: dict[str, str | None]) -> None:
    """Values of the case files put together at random."""
    config = loaded({"sources": {"people": {"id": "id", "fields": PERSON_FIELDS}}})
    whole = {"id": "1", **{name: record.get(name) for name in COLUMNS if name != "id"}}
    assert features_of(whole, config.sources["people"]) == tabled(whole, config.sources["people"], config)
