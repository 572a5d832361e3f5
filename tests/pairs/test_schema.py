"""Which fields a run compares: those of every run, one's own, and sources where a rule asks."""

from __future__ import annotations

import polars as pl

from conftest import loaded
from oneid.kinds.compared import LEVELS
from oneid.kinds.plain.own import CUSTOM
from oneid.pairs.schema import schema_of, trusted
from oneid.pairs.scoring import SOURCES
from oneid.settings.rules import Guards, Rule, When
from oneid.settings.rulesfile import load_rules
from oneid.vocabulary.references import Verdict

RULES = load_rules("jp-members")
CONFIG = loaded(
    {
        "sources": {
            "b": {"id": "id", "fields": {"name": "n", "card": {"columns": "c", "kind": "identifier"}}},
            "a": {"id": "id", "fields": {"name": "n", "card": {"columns": "c", "kind": "identifier"}}},
        }
    }
)


def test_fields_of_ones_own_come_last() -> None:
    """Each once, behind the fields of every run."""
    assert list(CONFIG.own_fields) == ["card"]
    assert list(schema_of(CONFIG, RULES).levels) == [*LEVELS, "card"]


def test_sources_come_first_where_a_rule_asks() -> None:
    """Every pair of them, whichever comes first."""
    rule = Rule(id="shops", when=When(between=("b", "a")), verdict=Verdict.MATCH, why="one till")
    found = schema_of(CONFIG, RULES.model_copy(update={"rules": (rule,)}))
    assert next(iter(found.levels)) == SOURCES
    assert found.levels[SOURCES] == ("a+a", "a+b", "b+b")


def test_values_that_are_never_trusted_are_gone() -> None:
    """Also of a field of one's own; all else stays."""
    rules = RULES.model_copy(update={"guards": Guards(never_trusted={"phone": ("090-1111-2222",), "card": ("77",)})})
    features = pl.DataFrame(
        {"phone": [["+819011112222", "+81312345678"]], CUSTOM + "card": [["77", "78"]], "name": ["x"]}
    )
    assert trusted(features, CONFIG, rules).row(0) == (["+81312345678"], ["78"], "x")
    assert trusted(features, CONFIG, RULES).equals(features)
