"""The shipped rules: complete, sensible, and what their comments say."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from oneid.kinds.compared import LEVELS, Compared
from oneid.kinds.plain.own import PLAIN_LEVELS
from oneid.pairs.scoring import judge
from oneid.settings.rules import Rules
from oneid.settings.rulesfile import load_rules, presets
from oneid.vocabulary.language import LANGUAGES
from oneid.vocabulary.patterns import MISSING, Schema
from oneid.vocabulary.references import Verdict
from paths import BENCHMARKS

SHARED = {"name": "family_equal", "phone": "land_shared", "address": "equal_full", "email": "shared"}
"""What two members of one household have in common."""


rules_of = cache(load_rules)


def verdict(preset: str, **levels: str) -> Verdict:
    return verdict_by(rules_of(preset), levels)


def verdict_by(rules: Rules, levels: dict[str, str]) -> Verdict:
    """What rules say of levels, those of fields of one's own among them."""
    schema = Schema({**LEVELS, **{field: tuple(PLAIN_LEVELS) for field in levels if field not in LEVELS}})
    numbers = {
        field: np.array([schema.index(field, level)], np.uint8) for field, level in {"sex": MISSING, **levels}.items()
    }
    return Verdict(judge(rules, schema, schema.pack(numbers), [1])["verdict"][0])


def test_the_presets() -> None:
    """Those that the documentation names."""
    assert presets() == ("jp-members", "person")


@pytest.mark.parametrize("preset", presets())
def test_a_preset_is_whole(preset: str) -> None:
    """Rules have distinct ids and a reason; weights only of levels that can occur; missing weighs nothing."""
    rules = load_rules(preset)
    assert len({rule.id for rule in rules.rules}) == len(rules.rules)
    for rule in rules.rules:
        assert set(rule.why) == set(LANGUAGES), rule.id
        assert all(text.strip() for text in rule.why.values())
    assert all(MISSING not in weights for weights in rules.weights.values())
    assert rules.thresholds.never < rules.thresholds.review <= rules.thresholds.match
    for field, weights in rules.weights.items():
        positive = [level for level, bits in weights.items() if level.startswith("equal") and bits < 0]
        assert not positive, (field, positive)
        assert weights.get("differs", 0) <= 0


@pytest.mark.parametrize("preset", presets())
@pytest.mark.parametrize(
    ("levels", "verdicts"),
    [
        ({}, "none review never"),
        ({"name": "equal_rare", "birth": "equal", "phone": "mobile_equal", "email": "equal"}, "match"),
        ({"name": "equal_rare", "email": "equal"}, "match"),
        ({"name": "equal_rare", "phone": "mobile_equal"}, "match"),
        ({"name": "variant_rare", "birth": "equal"}, "match"),
        ({"name": "given_equal", "birth": "equal", "email": "equal"}, "match"),
        ({"name": "equal_rare"}, "none review"),
        ({"name": "equal_frequent", "address": "differs"}, "none review never"),
        ({"birth": "equal", "address": "differs"}, "none review"),
        ({**SHARED}, "none review never"),
        ({**SHARED, "birth": "differs"}, "never"),
        ({**SHARED, "sex": "differs"}, "none review never"),
        ({"name": "differs", "birth": "differs"}, "never"),
        ({"name": "family_equal", "birth": "differs", "address": "equal_full", "phone": "land_equal"}, "never"),
        ({"name": "differs", "phone": "land_equal"}, "none review never"),
        ({"name": "equal_rare", "birth": "differs", "email": "equal"}, "none review match"),
    ],
)
def test_verdicts_that_must_not_change(preset: str, levels: dict[str, str], verdicts: str) -> None:
    """What people would say of these patterns, whatever the weights are fitted to."""
    assert verdict(preset, **levels) in verdicts.split()


@pytest.mark.parametrize("preset", presets())
def test_a_household_is_never_enough(preset: str) -> None:
    """Whatever a household shares, another given name does not make a match. (Two given names that hold one number make
    it a shared one, so *land_equal* cannot stand beside *family_equal*.)
    """
    for address in LEVELS["address"]:
        for phone in (MISSING, "land_shared", "differs"):
            for email in (MISSING, "shared"):
                for birth in (MISSING, "differs"):
                    found = verdict(preset, name="family_equal", address=address, phone=phone, email=email, birth=birth)
                    assert found != Verdict.MATCH, (address, phone, email, birth)


@pytest.mark.parametrize(
    ("levels", "verdicts"),
    [
        ({"name": "close", "birth": "equal"}, "match"),
        ({"name": "swapped", "birth": "equal"}, "match"),
        ({"name": "equal_rare", "birth": "near"}, "match"),
        ({"name": "equal_common", "phone": "land_equal"}, "match"),
        ({"name": "close"}, "none review"),
        ({"name": "family_equal", "birth": "equal"}, "none review"),
        ({"name": "equal_rare", "birth": "differs"}, "none review never"),
        ({"number": "equal"}, "match"),
        ({"number": "equal", "name": "close"}, "match"),
        ({"number": "equal", "name": "equal_rare", "birth": "differs"}, "match"),
        ({"number": "differs", "name": "equal_rare", "birth": "equal"}, "match"),
        ({"number": "differs", "name": "equal_rare"}, "none review"),
        ({"number": "equal", "name": "differs", "birth": "differs"}, "never"),
    ],
)
def test_persons_with_a_number(levels: dict[str, str], verdicts: str) -> None:
    """The preset for Latin names: slips in a name or a date are let pass beside other evidence, twins are not one
    person, and an identifier that the rules do not name counts by itself.
    """
    assert verdict_by(rules_of("person").with_identifiers(["number"]), levels) in verdicts.split()


PLACE = {"street_number": "equal", "street": "equal", "estate": "equal", "suburb": "equal", "zip": "equal"}


@pytest.mark.parametrize(
    ("levels", "careful", "careless"),
    [
        ({"name": "family_equal", "birth": "equal", "soc_sec_id": "differs"}, False, True),
        ({"name": "family_equal"}, False, True),
        ({"name": "family_equal", "birth": "differs", "soc_sec_id": "equal"}, True, True),
        ({"name": "family_equal", "birth": "differs", "soc_sec_id": "differs"}, False, False),
        ({"name": "close", "soc_sec_id": "differs"}, True, True),
    ],
)
def test_the_rules_for_febrl(
    levels: dict[str, str], careful: bool, careless: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laid over the preset they are whole; a place keeps families apart, but for the way that supposes none."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    febrl = importlib.import_module("febrl")
    known = {"soc_sec_id": "identifier", **dict.fromkeys(febrl.OWN, "text")}
    _, fields, no_families = febrl.ways(tmp_path)
    for way, match in ((fields, careful), (no_families, careless)):
        found = verdict_by(
            load_rules(way.rules, tmp_path, Compared.with_own((kind, field, {}) for field, kind in known.items())),
            {"soc_sec_id": MISSING, **PLACE, **levels},
        )
        assert (found == Verdict.MATCH) == match, way.name
