"""Patterns: levels packed into one integer and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.kinds.compared import LEVELS
from oneid.kinds.plain.own import PLAIN_LEVELS
from oneid.vocabulary.errors import ConfigError
from oneid.vocabulary.patterns import MISSING, Schema

levels_of = st.fixed_dictionaries({name: st.integers(0, len(names) - 1) for name, names in LEVELS.items()})


@given(st.lists(levels_of, min_size=1, max_size=8, unique_by=lambda row: tuple(row.values())))
def test_pack_and_unpack(rows):
    """What is packed comes out again; different levels make different patterns; the table names them."""
    schema = Schema(LEVELS)
    packed = schema.pack({name: np.array([row[name] for row in rows], np.uint8) for name in LEVELS})
    assert len(set(packed.tolist())) == len(rows)
    assert packed.max() < schema.size
    unpacked = schema.unpack(packed)
    table = schema.table(packed)
    assert table.columns == ["pattern", *LEVELS]
    for at, row in enumerate(rows):
        assert {name: int(unpacked[name][at]) for name in LEVELS} == row
        assert {name: table[name][at] for name in LEVELS} == {name: LEVELS[name][n] for name, n in row.items()}


def test_missing_is_level_zero_everywhere():
    """A field that is left out is missing, and pattern 0 says nothing at all."""
    schema = Schema(LEVELS)
    assert {names[0] for names in LEVELS.values()} == {MISSING}
    assert schema.pack({"sex": np.array([0], np.uint8)}).tolist() == [0]
    assert set(schema.table(np.array([0], np.uint64)).drop("pattern").row(0)) == {MISSING}


def test_level_numbers():
    """``index`` finds a level by name; every field's levels are distinct."""
    schema = Schema(LEVELS)
    assert schema.index("name", "differs") == len(LEVELS["name"]) - 1
    assert all(len(set(names)) == len(names) for names in LEVELS.values())


def with_own(fields: int) -> dict[str, tuple[str, ...]]:
    return {**LEVELS, **{f"own{n}": tuple(PLAIN_LEVELS) for n in range(fields)}}


MOST = max(n for n in range(60) if len(tuple(PLAIN_LEVELS)) ** n * Schema(LEVELS).size <= 2**63)
"""As many fields of one's own as fit."""


def test_the_largest_pattern_fits() -> None:
    """The highest level of every field, with as many fields of one's own as fit into 2**63."""
    schema = Schema(with_own(MOST))
    top = {name: np.array([len(names) - 1], np.uint8) for name, names in schema.levels.items()}
    packed = schema.pack(top)
    assert int(packed[0]) == schema.size - 1
    assert all(int(level[0]) == int(top[name][0]) for name, level in schema.unpack(packed).items())


def test_too_many_patterns_are_refused() -> None:
    """One field more, and there is an error with a hint."""
    with pytest.raises(ConfigError) as caught:
        Schema(with_own(MOST + 1))
    assert caught.value.code == "E120"
    assert caught.value.hint


def test_the_hash_names_fields_and_levels():
    """Equal schemas have one hash; another level, another field or another order has another."""
    own = {"own": tuple(PLAIN_LEVELS)}
    hashes = [
        Schema(levels).hash
        for levels in (LEVELS, {**LEVELS, **own}, {**own, **LEVELS}, {**LEVELS, "sex": (MISSING, "equal")})
    ]
    assert Schema(LEVELS).hash == hashes[0]
    assert len(set(hashes)) == 4
