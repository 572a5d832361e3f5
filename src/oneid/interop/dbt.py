"""The output tables as dbt sources: descriptions, types, and tests of what every run promises.

A dbt project that has loaded the outputs of a run into a schema ``oneid`` puts this file beside its models; `dbt test`
then checks that keys are unique, that OneIDs have a golden record, and that words are those of the reference.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import yaml

from oneid.identity import state
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

_RECORD = ("source", "source_id")
_PAIR = ("source_l", "source_id_l", "source_r", "source_id_r")
_KEYS = {
    "merge_map": _RECORD, "golden": ("oneid",), "households": ("oneid",), "members": _RECORD, "links": _PAIR,
    "review": _PAIR, "aliases": ("oneid",), "patterns": ("pattern",),
}  # fmt: skip
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
    return yaml.safe_dump({"version": 2, "sources": [source]}, sort_keys=False, allow_unicode=True, width=110)


def _table(name: str, contract: contracts.Contract) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "description": words()["tables"][name]}
    key = _KEYS.get(name, ())
    if len(key) > 1:
        made["data_tests"] = [{"unique": {"column_name": " || '|' || ".join(key)}}]
    made["columns"] = [_column(name, column, kind, key) for column, kind in contract.items()]
    return made


def _column(table: str, name: str, kind: Any, key: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401
    made: dict[str, Any] = {"name": name, "description": words()["columns"][name]}
    made["data_type"] = _TYPES.get(kind, "timestamp with time zone")
    tests: list[Any] = ["unique"] if key == (name,) else []
    if (table, name) not in _NULL:
        tests.append("not_null")
    if _TO_GOLDEN.get(table) == name:
        tests.append({"relationships": {"to": "source('oneid', 'golden')", "field": "oneid"}})
    if (table, name) in _VALUES:
        tests.append({"accepted_values": {"values": _VALUES[table, name]}})
    return {**made, "data_tests": tests} if tests else made
