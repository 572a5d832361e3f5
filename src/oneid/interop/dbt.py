"""The output tables as dbt sources: descriptions, types, and tests of what every run promises.

A dbt project that has loaded the outputs of a run into a schema ``oneid`` puts this file beside its models; `dbt test`
then checks that keys are unique, that OneIDs have a golden record, and that words are those of the reference. The
source ``oneid_changes`` is what a run left under ``changes/``: each file as a table ``changes_`` and its name.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import yaml

from oneid.identity import state
from oneid.outputs.tables.changes import KEYS
from oneid.settings.jsonschemas import words
from oneid.vocabulary import contracts

__all__ = ["text"]

_TABLES: dict[str, contracts.Contract] = {
    "merge_map": contracts.MERGE_MAP,
    "golden": {"oneid": pl.String, "n_records": pl.UInt32, "n_sources": pl.UInt32, "customer": pl.String},
    "golden_values": contracts.GOLDEN_VALUES,
    "households": contracts.HOUSEHOLDS,
    "members": contracts.MEMBERS,
    "links": {**contracts.LINKS, "applied": pl.Boolean},
    "review": {**contracts.LINKS, "reason": pl.String},
    "events": state.EVENTS,
    "aliases": state.ALIASES,
    "rejected": contracts.REJECTED,
    "patterns": {
        "pattern": pl.UInt64, "pairs": pl.UInt32, "score": pl.Int32, "rule": pl.String, "verdict": pl.String,
    },
}  # fmt: skip
"""The columns that every run has; golden fields, carried columns and levels come on top."""

_NULL = {
    ("merge_map", "rule"), ("merge_map", "score"), ("merge_map", "via_source"), ("merge_map", "via_source_id"),
    ("golden_values", "since"), ("golden_values", "updated"), ("events", "other_oneid"), ("events", "source"),
    ("events", "source_id"), ("events", "oneid"), ("aliases", "current_oneid"), ("rejected", "source_id"),
    ("rejected", "row"),
}  # fmt: skip
_TO_GOLDEN = {
    "merge_map": "oneid", "golden_values": "oneid", "households": "oneid", "members": "oneid",
    "aliases": "current_oneid",
}  # fmt: skip
_VALUES = {
    ("merge_map", "status"): ["single", "linked", "held"],
    ("golden", "customer"): ["person", "company"],
    ("links", "verdict"): ["match"],
    ("review", "verdict"): ["review"],
    ("review", "reason"): ["review", "refused"],
    ("patterns", "verdict"): ["match", "review", "never", "none"],
    ("events", "event"): [
        "created", "joined", "left", "merged", "split", "moved", "retired", "reinstated", "rekeyed",
    ],
}  # fmt: skip
_TYPES: dict[Any, str] = {
    pl.String: "varchar", pl.Boolean: "boolean", pl.Int32: "integer", pl.UInt32: "bigint", pl.UInt64: "numeric",
    pl.Date: "date",
}  # fmt: skip


def text() -> str:
    """The sources as YAML, for dbt 1.8 or later."""
    listed = [_table(name, contract) for name, contract in _TABLES.items()]
    source = {"name": "oneid", "description": "The outputs of oneid resolve.", "tables": listed}
    told = [_changes(name, _TABLES[name]) for name in KEYS]
    changes = {"name": "oneid_changes", "description": words()["tables"]["changes"], "tables": told}
    return yaml.safe_dump({"version": 2, "sources": [source, changes]}, sort_keys=False, allow_unicode=True, width=110)


def _changes(name: str, contract: contracts.Contract) -> dict[str, Any]:
    """What changed of a table: its key is always there, all else only where the row is."""
    key = KEYS[name]
    values = {"accepted_values": {"values": ["insert", "update", "delete"]}}
    columns = [_told("op", pl.String, ["not_null", values])]
    for column, kind in contract.items():
        columns.append(_told(column, kind, [*_unique(column, key), *(["not_null"] if column in key else [])]))
    return _made(f"changes_{name}", words()["tables"][name], key, columns)


def _table(name: str, contract: contracts.Contract) -> dict[str, Any]:
    key = KEYS.get(name, ())
    return _made(name, words()["tables"][name], key, [_column(name, *one, key) for one in contract.items()])


def _made(name: str, about: str, key: tuple[str, ...], columns: list[dict[str, Any]]) -> dict[str, Any]:
    """A table; a key of several columns is unique as a whole."""
    tests = {"data_tests": [{"unique": {"column_name": " || '|' || ".join(key)}}]} if len(key) > 1 else {}
    return {"name": name, "description": about, **tests, "columns": columns}


def _unique(column: str, key: tuple[str, ...]) -> list[Any]:
    return ["unique"] if key == (column,) else []


def _told(name: str, kind: Any, tests: list[Any]) -> dict[str, Any]:  # noqa: ANN401 - a type of Polars
    """A column with its tests."""
    made = {"name": name, "description": words()["columns"][name]}
    made["data_type"] = _TYPES.get(kind, "timestamp with time zone")
    return {**made, "data_tests": tests} if tests else made


def _column(table: str, name: str, kind: Any, key: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401
    tests = _unique(name, key)
    if (table, name) not in _NULL:
        tests.append("not_null")
    if _TO_GOLDEN.get(table) == name:
        tests.append({"relationships": {"to": "source('oneid', 'golden')", "field": "oneid"}})
    if (table, name) in _VALUES:
        tests.append({"accepted_values": {"values": _VALUES[table, name]}})
    return _told(name, kind, tests)
