"""Fields of one's own in whole runs: rules by their levels, days that follow each other, look-ups, settings."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

import oneid
from lasting import PUBLISHED, World, assert_same, together
from oneid.daily import changedpairs
from oneid.daily.kept import learned_in
from oneid.outputs.runtables import read_tables
from oneid.settings.configfile import from_dict
from oneid.settings.rulesfile import load_rules
from oneid.vocabulary.errors import ConfigError, OneIDError, Problems

OWN = {
    "note": {"column": "note", "kind": "text"},
    "store": {"columns": ["store", "store2"], "kind": "category"},
    "income": {"column": "income", "kind": "number", "tolerance": "5%"},
    "joined": {"column": "joined", "kind": "date", "tolerance": 3},
    "card": {"column": "card", "kind": "identifier", "check": "luhn"},
}
FIELDS = {"name": "name", "phone": "phone", **OWN}
COLUMNS = ("id", "name", "phone", "note", "store", "store2", "income", "joined", "card")
RULES = {
    "version": 1,
    "blocking": [["kanji"], {"keys": ["store"], "most": 400}, ["note"]],
    "base": -6,
    "weights": {
        "name": {"equal_rare": 6, "equal_common": 4, "differs": -4},
        "note": {"equal": 7, "reordered": 6, "near": 5, "most_words": 4, "some_words": 2, "differs": -1},
        "store": {"equal": 1, "equal_rare": 4, "differs": -1},
        "income": {"equal": 3, "within": 2, "differs": -2},
        "joined": {"equal": 4, "within": 3, "near": 2, "differs": -1},
        "card": {"equal": 12, "near": 3, "differs": -3},
    },
    "rules": [
        {
            "id": "rare-store",
            "when": {
                "name": ["equal_rare", "equal_common"],
                "store": ["equal_rare"],
                "note": ["most_words", "reordered"],
            },
            "verdict": "match",
            "why": "one name, one small store, one note",
        }
    ],
    "thresholds": {"match": 4, "review": 1, "never": -15},
}
NAMES = ("佐藤 花子", "鈴木 一平", "高橋 実", "田中 舞", "小鳥遊 六花")
NOTES = ["朝", "昼", "夜", "配達", "留守", "電話", "希望", "piano", "violin", "cello", "harp", "tuba", "猫", "犬", "鳥"]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(yaml.safe_dump(RULES, allow_unicode=True), "utf-8")
    return str(path)


def config(rules: str, *delta: str) -> dict[str, Any]:
    sources = {
        name: {"id": "id", "fields": FIELDS, "feed": "delta" if name in delta else "full"} for name in ("web", "shop")
    }
    return {"sources": sources, "rules": rules}


def rows(name: str, count: int, seed: int) -> pl.DataFrame:
    """Members of few names, whose own fields are drawn from few values."""
    rng = np.random.default_rng(seed)

    def one(values: Any, missing: float = 0.2) -> str | None:
        return None if rng.random() < missing else str(values[rng.integers(0, len(values))])

    def member(number: int) -> tuple[str | None, ...]:
        words = rng.choice(NOTES, rng.integers(1, 4), replace=False)
        stores = [f"store {at}" for at in (*[1] * 60, *[2] * 40, *range(3, 40))]
        return (
            f"{name}{number}", one(NAMES, 0), one(["090-1234-5678", "03-1234-5678"], 0.9), " ".join(words),
            one(stores), one(stores, 0.8), one(range(300, 330)), one([f"2024-01-{day:02}" for day in range(1, 29)]),
            one(["4111111111111111", "4111111111111112", "79927398713"], 0.9),
        )  # fmt: skip

    return pl.DataFrame([member(at) for at in range(count)], dict.fromkeys(COLUMNS, pl.String), orient="row")


def test_rules_name_the_levels(rules: str) -> None:
    """The rule fires, weights count, and patterns show the levels of all five kinds; a wrong check digit is told."""
    stores = [("s", "銀座"), ("t", "銀座")] + [(f"x{at}", "渋谷") for at in range(200)]
    frame = pl.DataFrame(
        {
            "id": [id_ for id_, _ in stores],
            "name": ["小鳥遊 六花"] * 2 + [f"佐藤 {at}" for at in range(200)],
            "note": ["piano 猫", "猫, Piano"] + ["犬"] * 200,
            "store": [store for _, store in stores],
            "income": ["1000", "1040"] + [None] * 200,
            "joined": ["2024-01-05", "2024-01-07"] + [None] * 200,
            "card": ["4111111111111111", "4111111111111112"] + [None] * 200,
        }
    ).with_columns(phone=pl.lit(None, dtype=pl.String), store2=pl.lit(None, dtype=pl.String))
    result = oneid.resolve({"web": frame}, {"sources": {"web": config(rules)["sources"]["web"]}, "rules": rules})
    found = result.explain("web:s", "web:t")
    assert (found.rule, found.together) == ("rare-store", True)
    levels = {field.field: field.level for field in found.fields}
    assert {name: levels[name] for name in OWN} == {
        "note": "reordered", "store": "equal_rare", "income": "within", "joined": "within", "card": "missing",
    }  # fmt: skip
    (card,) = (field for field in result.run["fields"] if field["field"] == "card")
    assert (card["filled"], card["usable"], card["refused"]) == (2, 1, {"check_digit": 1})


def test_a_delta_gives_what_a_run_in_full_gives(rules: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rare was counted once and is kept: few new records are compared as they would be among all."""
    first = {name: rows(name, 160, seed) for seed, name in enumerate(("web", "shop"))}
    few = {name: rows(f"{name}-new", 12, 7 + seed) for seed, name in enumerate(("web", "shop"))}
    changed = {name: pl.concat([few[name], first[name].head(6).with_columns(store=pl.lit("store 3"))]) for name in few}
    worlds = [World(tmp_path / name, config(rules)) for name in ("quick", "whole")]
    for world in worlds:
        world.run(first, run_id="first")
        world.config = config(rules, "web", "shop")
    quick, whole = worlds
    result = quick.run(changed, run_id="next")
    assert result.run["registry"]["compared"] == "changes"
    monkeypatch.setattr(changedpairs, "goes_on", lambda *_given: False)
    result = whole.run(changed, run_id="next")
    assert result.run["registry"]["compared"] == "all"
    assert_same(quick.tables(), whole.tables(), PUBLISHED)
    levels = quick.tables()["patterns"]
    assert {"equal_rare", "equal_common", "differs"} <= set(levels["store"])
    assert {"equal", "reordered", "most_words", "some_words", "differs"} <= set(levels["note"])
    known = quick.tables()["known/learned_bearers"]
    assert {"x:note", "x:store"} <= set(known["kind"])


@pytest.fixture(scope="module")
def looked(rules: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, pl.DataFrame]]:
    """A run of some members, to look others up in."""
    world = World(tmp_path_factory.mktemp("lookup"), config(rules))
    first = {name: rows(name, 120, seed) for seed, name in enumerate(("web", "shop"))}
    world.run(first)
    return world, first


def test_a_look_up_says_what_a_run_would(looked: tuple[World, dict[str, pl.DataFrame]], tmp_path: Path) -> None:
    """The same levels and scores as the next run's pairs of the new member with the same records."""
    world, first = looked
    new = rows("new", 12, 99)
    answers = oneid.open_lookup(world.out)
    later = world.copy(tmp_path / "later")
    result = later.run({**first, "web": pl.concat([first["web"], new])}, run_id="next")
    seen = 0
    for row in new.iter_rows(named=True):
        said = answers.lookup({name: row[name] for name in COLUMNS}, source="web")
        for one in said.candidates[:2]:
            told = result.explain(f"web:{row['id']}", str(one.records[0]))
            levels = {field.field: field.level for field in told.fields if field.level != "missing"}
            assert {field.field: field.level for field in one.fields} == levels
            seen += 1
    assert seen > 10


def test_a_form_has_own_fields(looked: tuple[World, dict[str, pl.DataFrame]]) -> None:
    """By field, with the config's check digits and all."""
    world, first = looked
    row = next(row for row in first["web"].iter_rows(named=True) if row["card"] == "79927398713")
    answers = oneid.open_lookup(world.out)
    found = answers.lookup({"name": row["name"], "card": "7992-7398-713"})
    assert any(field.field == "card" and field.level == "equal" for one in found.candidates for field in one.fields)
    wrong = answers.lookup({"name": row["name"], "card": "7992-7398-714"})
    assert not any(field.field == "card" for one in wrong.candidates for field in one.fields)


def test_another_tolerance_compares_anew(rules: str, tmp_path: Path) -> None:
    """A setting of a kind is part of what pairs depend on: a small run after it has changed compares all again."""
    world = World(tmp_path / "w", config(rules))
    world.run({name: rows(name, 80, seed) for seed, name in enumerate(("web", "shop"))})
    said = {**OWN, "income": {"column": "income", "kind": "number", "tolerance": "1%"}}
    world.config = config(rules, "web", "shop")
    for source in world.config["sources"].values():
        source["fields"] = {**FIELDS, **said}
    few = {name: rows(f"{name}-new", 3, 5) for name in ("web", "shop")}
    result = world.run(few, run_id="next")
    assert result.run["registry"]["compared"] == "all"
    assert result.run["pairing"]["options"]["income"] == {"tolerance": "1%"}


@pytest.mark.slow
def test_a_field_that_is_new_is_counted(rules: str, tmp_path: Path) -> None:
    """Also over records that were counted before there was the field; as a first run would count it."""
    first = {name: rows(name, 120, seed) for seed, name in enumerate(("web", "shop"))}
    path = tmp_path / "rules.yaml"
    plain = {**RULES, "rules": [], "blocking": [["kanji"]], "weights": {"name": RULES["weights"]["name"]}}
    path.write_text(yaml.safe_dump(plain), "utf-8")
    without = config(str(path))
    with_own = config(rules)
    some = {"name": "name", "phone": "phone"}
    without["sources"]["web"]["fields"] = some
    for one in (without, with_own):  # read alike by both, so that nothing is learned anew
        one["sources"]["shop"]["fields"] = some
    world, fresh = World(tmp_path / "w", without), World(tmp_path / "fresh", with_own)
    world.run(first)
    world.config = with_own
    world.run(first)
    fresh.run(first)
    assert_same(world.tables(), fresh.tables(), ["patterns"])
    bearers = [learned_in(read_tables(one.out)).tables()["bearers"] for one in (world, fresh)]
    assert bearers[0].equals(bearers[1])
    assert together(world.tables()["merge_map"]) == together(fresh.tables()["merge_map"])


@pytest.mark.slow
def test_a_field_without_any_value_stays_counted(rules: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That nothing was found is known too: later values are compared alike by few and by all."""
    nothing = pl.lit(None, dtype=pl.String)
    first = {
        name: rows(name, 60, seed).with_columns(note=nothing, store=nothing, store2=nothing)
        for seed, name in enumerate(("web", "shop"))
    }
    days = [
        {name: rows(f"{name}-{day}", 8, 10 * day + seed) for seed, name in enumerate(("web", "shop"))} for day in (1, 2)
    ]
    worlds = [World(tmp_path / name, config(rules)) for name in ("quick", "whole")]
    for world in worlds:
        world.run(first, run_id="first")
        world.config = config(rules, "web", "shop")
    for number, world in enumerate(worlds):
        for day, few in enumerate(days):
            world.run(few, run_id=f"day-{day}")
        if not number:
            monkeypatch.setattr(changedpairs, "goes_on", lambda *_given: False)
    assert_same(worlds[0].tables(), worlds[1].tables(), PUBLISHED)


# --- settings --------------------------------------------------------------------------------------------------------


def said(*fields: Mapping[str, Any]) -> dict[str, Any]:
    """A config whose sources have one field each."""
    return {"sources": {f"s{at}": {"id": "id", "fields": {"it": one}} for at, one in enumerate(fields)}}


@pytest.mark.parametrize(
    ("field", "code", "told"),
    [
        ({"column": "a", "kind": "number", "tolerance": "many"}, "E105", "a number above 0"),
        ({"column": "a", "kind": "number", "tolerance": "0"}, "E105", "a number above 0"),
        ({"column": "a", "kind": "number", "tolerance": "100%"}, "E105", "below 100 %"),
        ({"column": "a", "kind": "date", "tolerance": "1.5"}, "E105", "whole number of days"),
        ({"column": "a", "kind": "date", "tolerance": "5%"}, "E105", "whole number of days"),
        ({"column": "a", "kind": "identifier", "check": "lunh"}, "E105", "did you mean 'luhn'?"),
        ({"column": "a", "kind": "text", "tolerance": "5"}, "E102", "has no 'tolerance'"),
        ({"column": "a", "kind": "category", "check": "luhn"}, "E102", "has no 'check'"),
    ],
)
def test_wrong_settings(field: Mapping[str, Any], code: str, told: str) -> None:
    """What a kind does not take, or takes otherwise."""
    with pytest.raises(ConfigError) as caught:
        from_dict(said(field))
    assert caught.value.code == code
    assert told in str(caught.value)


def test_settings_are_kept() -> None:
    """As their kinds read them, the same after JSON."""
    made = from_dict(said({"column": "a", "kind": "number", "tolerance": 5}, {"column": "a", "kind": "number"}))
    assert made.own_options == {"it": {"tolerance": "5"}}
    again = type(made).model_validate_json(made.model_dump_json())
    assert again.own_options == made.own_options
    assert from_dict(said({"column": "a", "kind": "number", "tolerance": "0.50％"})).own_options == {
        "it": {"tolerance": "0.50%"}
    }
    assert from_dict(said({"column": "a", "kind": "date", "tolerance": "3"})).own_options == {"it": {"tolerance": 3}}


def test_sources_must_agree() -> None:
    """A field is compared as one kind, by one tolerance."""
    number = {"column": "a", "kind": "number"}
    with pytest.raises(Problems) as caught:
        from_dict(said(number | {"tolerance": "5"}, number | {"tolerance": "6"}, {"column": "a", "kind": "text"}))
    assert [(one.code, one.place.inside) for one in caught.value.problems if one.place] == [
        ("E105", "sources.s1"), ("E105", "sources.s2"),
    ]  # fmt: skip
    assert "the tolerance '6' here, and '5' in the source 's0'" in str(caught.value)
    assert "the kind 'text' here, and 'number' in the source 's0'" in str(caught.value)


def test_equal_means_both(tmp_path: Path) -> None:
    """Rules files that say ``equal`` of a category mean the rare and the common ones; one that is named is its own."""
    compared = from_dict(said({"column": "a", "kind": "category"})).compared
    made = {
        "version": 1, "blocking": [["it"]], "base": 0, "thresholds": {"match": 3, "review": 1, "never": -3},
        "weights": {"it": {"equal_rare": 5, "equal": 2, "near": 1}},
        "rules": [
            {"id": "one", "when": {"it": ["equal", "equal_rare"]}, "verdict": "match", "why": "x"},
            {"id": "two", "when": {"it": ["near"]}, "verdict": "review", "why": "x"},
        ],
    }  # fmt: skip
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(made), "utf-8")
    rules = load_rules("rules.yaml", tmp_path, compared)
    assert rules.weights["it"] == {"equal_rare": 5, "equal_common": 2, "near": 1}
    assert rules.rules[0].when.levels == {"it": ("equal_rare", "equal_common")}
    for part, level in product(("weights", "rules"), ("equals", "equal_frequent")):
        wrong = {**made, "weights": {}} | ({"weights": {"it": {level: 1}}} if part == "weights" else {})
        if part == "rules":
            wrong["rules"] = [{**made["rules"][0], "when": {"it": [level]}}]
        path.write_text(yaml.safe_dump(wrong), "utf-8")
        with pytest.raises(OneIDError) as caught:
            load_rules("rules.yaml", tmp_path, compared)
        (problem,) = (one for one in caught.value.problems if one.code == "E132")
        assert "did you mean" in (problem.hint or "")
