"""Pairing what changed among what is known gives the pairs and patterns of pairing everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.daily import dirtypairs
from oneid.engines.local import LocalEngine
from oneid.pairs.evidence import candidates
from oneid.pairs.keynumbers import KeyNumbers
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import Codes, among
from strategies import thorough

Rows = npt.NDArray[np.uint32]
NONE = np.iinfo(np.uint32).max
ENGINE = LocalEngine(1)
RULES = (
    BlockingRule("mail", ("mail",), 3, ("name",)),
    BlockingRule("name", ("name",), 2),
    BlockingRule("name+town", ("name", "town"), 4),
)

record = st.fixed_dictionaries({
    "name": st.integers(0, 3), "town": st.integers(0, 2), "mail": st.integers(0, 3), "other": st.integers(0, 3),
})  # fmt: skip
"""Small numbers, 0 for none, so that blocks are large and values are shared."""
worlds = st.lists(
    st.dictionaries(st.integers(0, 11), st.one_of(record, st.none()), max_size=12), min_size=1, max_size=4
)
"""What happens day after day: records by id, new or changed; None: the record goes."""

World = dict[int, dict[str, int]]


@dataclass(frozen=True)
class Paired:
    """All candidate pairs with their patterns and blocking keys; which records were dirty, what is shared, how many
    were compared.
    """

    left: Rows
    right: Rows
    pattern: Codes
    key: KeyNumbers
    dirty: npt.NDArray[np.bool_]
    shared: dirtypairs.Shared
    compared: int


def column(world: World, name: str) -> Codes:
    """A column of codes; numbers far apart, so that ends of codes differ too."""
    return np.array([world[i][name] * 0x9E3779B97F4A7C15 % 2**64 for i in sorted(world)], dtype=np.uint64)


def keys_of(world: World) -> dirtypairs.Keys:
    """A record has one name and town, and two mail addresses; the second is none if it is the first again."""
    first, second = column(world, "mail"), column(world, "other")
    second[second == first] = 0
    none = np.zeros(len(world), np.uint64)
    return dirtypairs.Keys(
        {"name": [column(world, "name")], "town": [column(world, "town")], "mail": [first, second]},
        {"email": [first, second], "phone": [none]},
    )


def contradicted(world: World, rows: Rows, held: Mapping[str, Sequence[Codes]]) -> dict[str, Codes]:
    """A mail address is shared where its holders bear two names."""
    names = column(world, "name")[rows]
    found = {}
    for field, places in held.items():
        bad = [
            value
            for value in np.unique(np.concatenate(places)).tolist()
            if value and len({int(n) for place in places for n in names[place == value] if n}) > 1
        ]
        found[field] = np.array(sorted(bad), dtype=np.uint64)
    return found


def patterns(world: World, left: Rows, right: Rows, shared: dirtypairs.Shared) -> Codes:
    """All that two records are, and whether a mail address of theirs is shared."""
    ids = sorted(world)
    made = []
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        one, two = world[ids[a]], world[ids[b]]
        values = {one["mail"], one["other"]} & {two["mail"], two["other"]} - {0}
        codes = np.array([value * 0x9E3779B97F4A7C15 % 2**64 for value in values], dtype=np.uint64)
        known = among(codes, shared["email"]).sum() if codes.size else 0
        made.append(hash((tuple(sorted(one.items())), tuple(sorted(two.items())), int(known))) % 2**63)
    return np.array(made, dtype=np.uint64)


def paired_in_full(world: World) -> Paired:
    """The pairs of all records, each compared."""
    keys = keys_of(world)
    made = candidates(RULES, keys.blocking, ENGINE)
    left, right, key = made.left, made.right, made.key
    every = np.arange(len(world), dtype=np.uint32)
    shared = contradicted(world, every, keys.held)
    dirty = np.ones(len(world), np.bool_)
    return Paired(left, right, patterns(world, left, right, shared), key, dirty, shared, left.size)


def told(world: World, paired: Paired) -> dict[tuple[int, int], tuple[int, int]]:
    """Patterns and blocking keys by pair of ids; no pair is there twice."""
    ids = sorted(world)
    columns = (paired.left, paired.right, paired.pattern, paired.key)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    found = {(ids[a], ids[b]): (code, key) for a, b, code, key in rows}
    assert len(found) == paired.left.size
    return found


def day(world: World, changes: Mapping[int, dict[str, int] | None]) -> World:
    """The records after a day."""
    after = {**world, **changes}
    return {i: values for i, values in after.items() if values is not None}


@settings(max_examples=thorough(250), deadline=None)
@given(worlds)
def test_any_days_give_what_pairing_everything_gives(days: list[dict[int, dict[str, int] | None]]) -> None:
    """New, changed and gone records, blocks that cross their limit both ways, addresses that turn shared and back."""
    world: World = {}
    last = paired_in_full(world)
    for changes in days:
        now = day(world, changes)
        made = paired_again(world, now, last)
        whole = paired_in_full(now)
        fresh = np.array([now[i] != world.get(i) for i in sorted(now)], dtype=np.bool_)
        assert told(now, made) == told(now, whole)
        assert made.shared["email"].tolist() == whole.shared["email"].tolist()
        assert made.dirty[fresh].all()
        world, last = now, made


def paired_again(world: World, now: World, last: Paired) -> Paired:
    """The pairs of ``now`` from those of ``world``; new and changed records have places behind the known ones."""
    old_ids, ids = sorted(world), sorted(now)
    fresh = np.array([now[i] != world.get(i) for i in ids], dtype=np.bool_)
    come = [i for i, new in zip(ids, fresh, strict=True) if new]
    places = dict(enumerate([*(world[i] for i in old_ids), *(now[i] for i in come)]))
    place = [len(old_ids) + come.index(i) if i in come else old_ids.index(i) for i in ids]
    was = np.array([old_ids.index(i) if i in world else NONE for i in ids], dtype=np.uint32)
    made = dirtypairs.changed(
        RULES,
        keys_of(places),
        dirtypairs.Before(
            np.arange(len(world), dtype=np.uint32), last.left, last.right, last.pattern, last.key, last.shared
        ),
        dirtypairs.Now(np.array(place, dtype=np.uint32), was, fresh),
        ENGINE,
        lambda rows, held: contradicted(places, rows, held),
    )
    key = made.made.key
    ends = [made.rows[side] for side in (made.made.left, made.made.right)]
    left, right = np.minimum(*ends), np.maximum(*ends)
    pattern = patterns(now, left, right, made.shared)
    kept = made.kept
    return Paired(
        np.concatenate((kept[0], left)), np.concatenate((kept[1], right)), np.concatenate((kept[2], pattern)),
        np.concatenate((kept[3], key)), made.dirty, made.shared, left.size,
    )  # fmt: skip


def test_what_did_not_change_is_not_compared() -> None:
    """Of two pairs far apart one changes: one pair is compared."""
    world: World = {i: {"name": 1 + i // 2, "town": 1, "mail": 0, "other": 0} for i in range(4)}
    last = paired_in_full(world)
    now = day(world, {0: {"name": 1, "town": 2, "mail": 0, "other": 0}})
    made = paired_again(world, now, last)
    assert made.compared == 1
    assert made.dirty.tolist() == [True, False, False, False]
    assert len(told(now, made)) == 2


@pytest.mark.parametrize("places", [1, 3])
def test_keys_survive_a_table(places: int) -> None:
    """Also names with colons, as fields of one's own may have."""
    codes = [np.arange(5, dtype=np.uint64) + place for place in range(places)]
    keys = dirtypairs.Keys({"x:y": codes, "name": codes[:1]}, {"phone": codes, "email": codes})
    back = dirtypairs.Keys.from_columns({"m:x": codes[0], **{c.name: c.to_numpy() for c in keys.table()}})
    assert {name: [c.tolist() for c in found] for name, found in back.blocking.items()} == {
        "x:y": [c.tolist() for c in codes], "name": [codes[0].tolist()]
    }  # fmt: skip
    assert len(back.held["email"]) == places
