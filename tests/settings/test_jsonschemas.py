"""The schemas accept what the readers accept, and refuse a misspelt key, level or word."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from conftest import Demo
from oneid.cli import main
from oneid.demo import generate
from oneid.interop import dbt
from oneid.outputs.runtables import read_tables
from oneid.outputs.tables.changes import KEYS
from oneid.settings.configfile import SOURCE, TOP
from oneid.settings.jsonschemas import KINDS_OF_SCHEMA, schema, text, words
from oneid.settings.rulesfile import presets
from paths import CASE_FILES, ROOT

DOCS = ROOT / "docs"


class Loader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: a date is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def problems(what: str, thing: object) -> list[str]:
    return [error.message for error in Draft202012Validator(schema(what)).iter_errors(thing)]


@pytest.mark.parametrize("what", KINDS_OF_SCHEMA)
def test_schemas_are_schemas(what: str) -> None:
    """Of their draft, printed as JSON, and with something said about every key of the top."""
    made = schema(what)
    Draft202012Validator.check_schema(made)
    assert json.loads(text(what)) == made
    assert made["title"] == f"oneid {what}"
    if what != "cases":
        assert all(part["description"] for part in made["properties"].values())


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The demo's config."""
    folder = tmp_path_factory.mktemp("schema")
    found: dict[str, Any] = yaml.safe_load(generate(records=100, seed=1).write(folder).read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def preset() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
    )
    return found


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(CASE_FILES["people"].read_text("utf-8"), Loader)
    return found


def test_what_is_shipped_is_accepted(config: dict[str, Any], cases: dict[str, Any]) -> None:
    """The demo's config, all presets, and the stories of people."""
    assert problems("config", config) == []
    for name in presets():
        rules = yaml.safe_load(resources.files("oneid.settings.presets").joinpath(f"{name}.yaml").read_text("utf-8"))
        assert problems("rules", rules) == []
    assert problems("cases", cases) == []


def test_every_form_is_accepted() -> None:
    """Of fields, feeds, customers, and of cases that refer to a run."""
    fields = {
        "name": {"family": "a", "given": "b"},
        "birth": {"year": "y", "month": "m"},
        "sex": {"column": "s", "values": {"male": ["1"], "female": 2}},
        "phone": ["mobile", "home"],
        "email": {"columns": ["one", "two"]},
        "address": {"join": ["a1", "a2"]},
        "store": {"column": "store", "kind": "category"},
        "linked": {"column": "card", "refers_to": "point_card"},
        "family": {"column": "main", "household_of": "point_card"},
    }
    source = {
        "path": "ec.csv", "id": ["shop", "no"], "fields": fields, "feed": {"mode": "delta"},
        "deleted": {"column": "del", "values": [1]}, "customer": {"column": "k", "company": "法人"},
        "status": {"column": "st", "withdrawn": ["退会"]}, "carry": "points",
    }  # fmt: skip
    whole = {"version": 1, "sources": {"EC": source}, "key": "env:ONEID_KEY", "limits": {"largest": 12}}
    assert problems("config", whole) == []
    expect = {"pair": ["a", "b"], "verdict": "match"}
    case = {"id": "x", "records": {"a": {"ref": "ec:E4"}, "b": {"ref": "ec:E5"}}, "expect": expect}
    assert problems("cases", {"version": 1, "cases": [case]}) == []


def renamed(thing: Any, *path: Any) -> None:
    """Misspells the last key of a path."""
    for part in path[:-1]:
        thing = thing[part]
    thing[f"{path[-1]}x"] = thing.pop(path[-1])


def put(thing: Any, *path: Any) -> None:
    """Sets what the path leads to; its last part is the new value."""
    *path, last, value = path
    for part in path:
        thing = thing[part]
    thing[last] = value


@pytest.mark.parametrize(
    ("what", "slip", "path"),
    [
        ("config", renamed, ["sources", "ec", "fields"]),
        ("config", renamed, ["sources", "ec", "fields", "email"]),
        ("config", renamed, ["sources", "ec", "fields", "name", "family"]),
        ("config", renamed, ["sources", "credit_card", "fields", "sex", "values", "male"]),
        ("config", renamed, ["rules"]),
        ("config", put, ["sources", "ec", "fields", "name", "year", "y"]),
        ("config", put, ["sources", "ec", "fields", "store", {"column": "s", "kind": "categry"}]),
        ("config", put, ["sources", "ec", "feed", "ful"]),
        ("config", put, ["key", "secret"]),
        ("config", put, ["limits", {"larges": 3}]),
        ("rules", renamed, ["weights", "name", "equal_rare"]),
        ("rules", renamed, ["weights", "name"]),
        ("rules", renamed, ["rules", 0, "when"]),
        ("rules", renamed, ["rules", 0, "when", "name"]),
        ("rules", put, ["rules", 0, "when", "name", ["equal_rar"]]),
        ("rules", put, ["rules", 0, "when", "none_of", [{"phone": "mobile_equl"}]]),
        ("rules", put, ["rules", 0, "verdict", "nevr"]),
        ("rules", put, ["survivorship", "groups", 0, "order", ["newst"]]),
        ("rules", put, ["guards", "alrm", 3]),
        ("rules", renamed, ["thresholds", "match"]),
        ("cases", renamed, ["cases", 0, "expect", "verdict"]),
        ("cases", renamed, ["cases", 0, "records", "a", "source"]),
        ("cases", put, ["cases", 0, "severity", "musst"]),
        ("cases", put, ["cases", 0, "expect", "verdict", ["nevr"]]),
        ("cases", put, ["cases", 0, "context", {"email": "sharred"}]),
    ],
)
def test_a_slip_is_refused(
    what: str, slip: Callable[..., None], path: list[Any], request: pytest.FixtureRequest
) -> None:
    """A misspelt key, level, kind or word."""
    thing = copy.deepcopy(request.getfixturevalue({"rules": "preset"}.get(what, what)))
    slip(thing, *path)
    assert problems(what, thing)


def test_every_key_is_known() -> None:
    """The schema has the keys of the reader, in their order."""
    made = schema("config")
    assert tuple(made["properties"]) == TOP
    assert tuple(made["properties"]["sources"]["additionalProperties"]["properties"]) == SOURCE


def test_the_examples_of_the_documentation_are_accepted() -> None:
    """Every config and rules file that a page shows."""
    seen = 0
    for path in [*sorted(DOCS.rglob("*.md")), *DOCS.parent.glob("*.md")]:
        parts = path.read_text("utf-8").split("<!-- ")[1:]
        for part in parts:
            mark, _, rest = part.partition(" -->\n```yaml\n")
            kind = mark.partition(":")[0]
            if rest and kind in ("config", "rules"):
                assert problems(kind, yaml.safe_load(rest.partition("```")[0])) == [], f"{path}: {mark}"
                seen += 1
    assert seen > 1


# --- dbt -----------------------------------------------------------------------------------------------------------


def test_dbt_tables_are_those_of_a_run(demo: Demo) -> None:
    """Every table and column that it names is there; its tests hold for the demo."""
    source, _ = yaml.safe_load(dbt.text())["sources"]
    found = demo.result.to_polars()
    for table in source["tables"]:
        frame = found[table["name"]]
        assert table["description"] == words()["tables"][table["name"]]
        for test in table.get("data_tests", ()):
            key = test["unique"]["column_name"].split(" || '|' || ")
            assert not frame.select(key).is_duplicated().any()
        for column in table["columns"]:
            held = frame[column["name"]]
            assert column["description"]
            for test in column.get("data_tests", ()):
                assert holds(test, held, found), f"{table['name']}.{column['name']}: {test}"


def test_dbt_tables_of_changes_are_those_of_a_run(demo: Demo, tmp_path: Path) -> None:
    """Every file of ``changes/``, with its key; what it says of them holds after a run that has all three ops."""
    _, source = yaml.safe_load(dbt.text())["sources"]
    demo.result.write(tmp_path / "out")
    found = read_tables(tmp_path / "out")
    assert source["name"] == "oneid_changes"
    assert [table["name"] for table in source["tables"]] == [f"changes_{name}" for name in KEYS]
    for table in source["tables"]:
        frame = found[table["name"].replace("changes_", "changes/")]
        for test in table.get("data_tests", ()):
            assert not frame.select(test["unique"]["column_name"].split(" || '|' || ")).is_duplicated().any()
        for column in table["columns"]:
            for test in column.get("data_tests", ()):
                assert holds(test, frame[column["name"]], {}), f"{table['name']}.{column['name']}: {test}"


def holds(test: Any, held: pl.Series, found: dict[str, pl.DataFrame]) -> bool:
    """What dbt says of a test on a column."""
    if test == "unique":
        return not held.is_duplicated().any()
    if test == "not_null":
        return held.null_count() == 0
    ((name, said),) = test.items()
    if name == "accepted_values":
        return set(held.drop_nulls()) <= set(said["values"])
    assert (name, said["to"]) == ("relationships", "source('oneid', 'golden')")
    return set(held.drop_nulls()) <= set(found["golden"][said["field"]])


def test_dbt_covers_the_tests_that_were_promised() -> None:
    """unique, not_null, relationships and accepted_values are all there."""
    made = dbt.text()
    assert all(f"{word}" in made for word in ("unique", "not_null", "relationships", "accepted_values"))


def test_the_command_prints_them() -> None:
    """One of three schemas, or the sources for dbt."""
    for words_, told in (([], text("config")), (["rules"], text("rules")), (["--dbt"], dbt.text())):
        done = CliRunner().invoke(main.app, ["schema", *words_])
        assert (done.exit_code, done.output) == (0, told)
    assert CliRunner().invoke(main.app, ["schema", "ruls"]).exit_code == 2
