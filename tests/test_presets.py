"""The shipped rules: complete, sensible, and what their comments say."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from oneid.model import Verdict
from oneid.patterns import LEVELS, MISSING, Schema
from oneid.rulesfile import load_rules, presets
from oneid.score import judge

SHARED = {"name": "family_equal", "phone": "land_shared", "address": "equal_full", "email": "shared"}
"""What two members of one household have in common."""


rules_of = cache(load_rules)


def verdict(preset: str, **levels: str) -> Verdict:
    schema = Schema()
    numbers = {
        field: np.array([schema.index(field, level)], np.uint8) for field, level in {"sex": MISSING, **levels}.items()
    }
    return Verdict(judge(rules_of(preset), schema, schema.pack(numbers), [1])["verdict"][0])


def test_the_presets() -> None:
    """Those that the documentation names."""
    assert presets() == ("jp-members", "person")


@pytest.mark.parametrize("preset", presets())
def test_a_preset_is_whole(preset: str) -> None:
    """Rules have distinct ids and a reason; weights only of levels that can occur; missing weighs nothing."""
    rules = load_rules(preset)
    assert len({rule.id for rule in rules.rules}) == len(rules.rules)
    assert all(rule.why.strip() for rule in rules.rules)
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
