"""Households: OneIDs that live together, a layer of its own above OneIDs. Nothing here ever merges people.

**Evidence**, always together with a family name that both OneIDs bear (in kanji, old and new forms alike, or in its
reading; every name that a OneID's records give counts):

===========  =======================================================================================================
family_card  one quotes the other's id as that of its main member (``household_of`` in the config), or both a third's
address      the golden addresses agree: town and block, and room and building where both have one
land_line    a land line agrees, and the golden addresses do not contradict each other
mobile       a mobile number and the golden postcode agree
email        an e-mail address and the golden postcode agree
===========  =======================================================================================================

Lines, numbers and mail boxes are there because their kinds say so (:class:`oneid.kinds.base.Tie`); those of one's own
may add theirs.

Only golden addresses count, for they tell where people live *now*: a son who moved out still has a record with his
parents' address. Of numbers and mail boxes every value counts.

**What is no evidence.** As in matching, a value is shared because its holders contradict each other, not because they
are many. A *family* under a value is its holders who bear one name, directly or through others. A value is left out

- where it has more than :data:`MOST_FAMILIES` families: a dormitory, a switchboard; a number of a company at all;
- for a family of more than :data:`MOST_MEMBERS` OneIDs;
- for a family whose golden addresses contradict each other.

An address without room joins one with a room only where no other room and no other family is known there, so that two
佐藤 of one block of flats are not made a household. Without a room, an address that may end before the house is none: a
block of one number below 100 (1丁目), or one that others know to go on (2-8, where somebody lives at 2-8-1).

**A household** is a component over this evidence. Where one would hold two addresses that contradict each other, or
more than :data:`MOST_MEMBERS` OneIDs, only addresses count in it, and the run says so. So none is ever larger, and no
chain of numbers and mail boxes leads from one home to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from oneid.households.homes import OF_CARDS, OF_PLACES, TIES, Homes
from oneid.kinds.base import Residence
from oneid.vocabulary.codes import Codes, among, code, mix
from oneid.vocabulary.contracts import HOUSEHOLDS, conform
from oneid.vocabulary.oneids import derive

__all__ = ["EVIDENCE", "MOST_FAMILIES", "MOST_MEMBERS", "Households", "households"]

_PLACES_AT: Final = 1
"""Where addresses stand among the evidence."""

EVIDENCE: Final = (OF_CARDS, OF_PLACES, *(tie.evidence for tie in TIES.values()))
"""The kinds of evidence of every run, the strongest first."""

MOST_FAMILIES: Final = 3
"""The most families under one value: a couple of two names, a grandmother with a third."""

MOST_MEMBERS: Final = 12
"""The most OneIDs in a household."""

_Ints = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]
_NONE: Final = np.uint64(0)


@dataclass(frozen=True, slots=True)
class Households:
    """``table``: :data:`oneid.vocabulary.contracts.HOUSEHOLDS`, at least two rows per household.

    ``about``, for run.json: households, members, ``left_out`` (by kind of evidence, how many values were shared, and
    how many families under one value were too_large or contradicted), ``contradicted`` (components that held two homes)
    and ``alarms`` (the sizes of components that were too large).
    """

    table: pl.DataFrame
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Which OneID, by its row, holds which value; each pair once."""

    who: _Ints
    value: Codes

    def take(self, which: npt.NDArray[Any]) -> _Pairs:
        return _Pairs(self.who[which], self.value[which])


@dataclass(frozen=True, slots=True)
class _Groups:
    """OneIDs (``who``) in groups 0, 1, ...; each pair once."""

    who: _Ints
    group: _Ints

    def take(self, which: npt.NDArray[Any]) -> _Groups:
        return _Groups(self.who[which], self.group[which])


@dataclass(frozen=True, slots=True)
class _People:
    """The OneIDs by row, in the order of their text. Row i bears the family names ``name[names[i] : names[i + 1]]``. Of
    its golden address: ``place``, ``room`` (with its place), ``building`` (with both), whether it is one of ``flats``.
    """

    oneids: pl.Series
    company: _Flags
    names: _Ints
    name: Codes
    place: Codes
    room: Codes
    building: Codes
    flats: _Flags
    postcode: Codes


def _houses(seen: Residence) -> Codes:
    """Town and block; 0 where these may be more than one house."""
    place = seen.place.copy()
    longer = _distinct_of(seen.around)
    place[(among(place, longer) & (seen.room == _NONE)) | (seen.short > 0)] = _NONE
    return place


def households(seen: Homes, records: pl.DataFrame, golden: pl.DataFrame, key: bytes) -> Households:
    """The households among the OneIDs of ``golden``.

    ``records``: source, source_id, oneid, one row per record, in the order of ``seen``. ``golden``: one row per OneID:
    oneid, customer and, where there are such fields, address_source, address_source_id, postcode_source and
    postcode_source_id. ``key``: the secret that OneIDs are made with. The outcome depends on no order of rows.
    Companies are in no household, and no OneID is in two.

    ``household_id`` is ``HH``, 13 symbols and a check symbol, made like a OneID
    (:func:`oneid.vocabulary.oneids.derive`) of the household's least OneID: it stays as long as that OneID is a
    member and no lesser one joins.
    """
    origins = [f"{field}_source{end}" for field in ("address", "postcode") for end in ("", "_id")]
    ordered = golden.select("oneid", "customer", *(name for name in origins if name in golden.columns))
    if not ordered["oneid"].is_sorted():
        ordered = ordered.sort("oneid")
    rows = pl.DataFrame({"code": code(ordered["oneid"]), "row": np.arange(ordered.height)})
    told = pl.DataFrame({"code": code(records["oneid"])}).join(rows, on="code", how="left", maintain_order="left")
    who = told["row"].to_numpy()
    people = _people(seen, records, ordered, who)
    left_out: dict[str, dict[str, int]] = {}
    found: list[_Groups] = []
    for kind, pairs, near in _evidence(seen, who, people):
        made, left_out[kind] = _groups(pairs, people, near=near)
        found.append(made)
    household, kinds, about = _components(found, people)
    table = conform(_table(people.oneids, household, kinds, key, seen.evidence), HOUSEHOLDS, "households")
    count = np.unique(household[kinds > 0]).size
    return Households(table, {"households": count, "members": table.height, "left_out": left_out, **about})


def _people(seen: Homes, records: pl.DataFrame, ordered: pl.DataFrame, who: _Ints) -> _People:
    """``ordered``: the golden records by OneID; ``who``: the row there of each record's OneID."""
    bits = np.uint64(ordered.height.bit_length())
    parts = [(who.astype(np.uint64) << (np.uint64(64) - bits)) | (part >> bits) for part in seen.names]
    names = _distinct_of([packed[part != _NONE] for packed, part in zip(parts, seen.names, strict=True)])
    ids, home = mix(code(records["source"]), code(records["source_id"])), seen.residence

    def chosen(field: str, *values: Codes) -> list[Codes]:
        """The codes of the records that the field's golden values come from."""
        origin = [f"{field}_source", f"{field}_source_id"]
        if not set(origin) <= set(ordered.columns) or not ordered.height:
            return [np.zeros(ordered.height, dtype=np.uint64) for _ in values]
        mine = mix(*(code(ordered[name]) for name in origin))[who] == ids
        made = [np.zeros(ordered.height, dtype=np.uint64) for _ in values]
        for column, codes in zip(made, values, strict=True):
            column[who[mine]] = codes[mine]
        return made

    place, room, building = chosen("address", _houses(home), home.room, home.building)
    return _People(
        oneids=ordered["oneid"],
        company=(ordered["customer"] == "company").fill_null(value=False).to_numpy(),
        names=np.cumsum(
            np.bincount((names >> (np.uint64(64) - bits)).astype(np.int64) + 1, minlength=ordered.height + 1)
        ),
        name=(names << bits) | np.uint64(1),
        place=place,
        room=mix(place, room),
        building=mix(place, room, building),
        flats=(room != _NONE) | (building != _NONE),
        postcode=chosen("postcode", home.postcode)[0],
    )


def _held(who: _Ints, columns: Sequence[Codes], oneids: int) -> _Pairs:
    """The values of the records' columns that several OneIDs hold, with their holders.

    Value and OneID are packed into 64 bits, the last of which are the OneID's, so that one plain sort does it. Of
    2 million OneIDs a value keeps 43 bits: enough, as values that meet bind nobody unless the family names agree too.
    """
    low = np.uint64((1 << oneids.bit_length()) - 1)
    packed = [(values[values != _NONE] & ~low) | who[values != _NONE].astype(np.uint64) for values in columns]
    held = _distinct_of(packed)
    value = held & ~low
    again = value[1:] == value[:-1]
    several = np.append(again, False) | np.insert(again, 0, False) if held.size else np.zeros(0, dtype=np.bool_)
    return _Pairs((held & low).astype(np.int64)[several], value[several])


def _distinct_of(parts: Sequence[Codes]) -> Codes:
    """The distinct numbers of several arrays, sorted."""
    numbers = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *parts]))
    fresh: _Flags = np.ones(numbers.size, dtype=np.bool_)
    fresh[1:] = numbers[1:] != numbers[:-1]
    return numbers[fresh]


def _distinct(pairs: _Pairs) -> _Pairs:
    """Each pair once."""
    _, first = np.unique(mix(pairs.value, pairs.who.astype(np.uint64) + np.uint64(1)), return_index=True)
    return pairs.take(first)


def _evidence(seen: Homes, who: _Ints, people: _People) -> Iterator[tuple[str, _Pairs, bool]]:
    """For each kind of evidence, which OneID that is a person holds which value, and whether it counts only where they
    live near each other.
    """
    size = people.company.size
    cards = _held(who, seen.cards, size)
    yield OF_CARDS, cards.take(~people.company[cards.who]), False
    neighbours = np.flatnonzero(pl.Series(people.place).is_duplicated().to_numpy() & (people.place != _NONE))
    home = _homes_of(people, neighbours)
    at_home = (home != _NONE) & ~people.company[neighbours]
    yield OF_PLACES, _Pairs(neighbours[at_home], home[at_home]), False
    for name, tie in seen.ties.items():
        pairs = _held(who, seen.held[name], size)
        left_out = people.company[pairs.who]
        if tie.of_people:
            left_out = np.isin(pairs.value, np.unique(pairs.value[left_out]))
        yield tie.evidence, pairs.take(~left_out), tie.near


def _homes_of(people: _People, who: _Ints) -> Codes:
    """One code for each of ``who``, all who share a place: equal where golden addresses are one home, 0 where that
    cannot be told.
    """
    place, room, building = people.place[who], people.room[who], people.building[who]
    home = room.copy()
    two_buildings = np.isin(room, _several(room, building))
    home[two_buildings] = building[two_buildings]
    places, inverse = np.unique(place, return_inverse=True)
    _, first = np.unique(home, return_index=True)
    first = first[home[first] != _NONE]
    rooms = np.bincount(inverse[first], minlength=places.size)[inverse]
    only = np.zeros(places.size, dtype=np.uint64)
    only[inverse[first]] = home[first]
    flats, roomless = people.flats[who], room == _NONE
    flats, in_doubt = (np.bincount(inverse[flags], minlength=places.size)[inverse] > 0 for flags in (flats, roomless))
    asked = flats & in_doubt & ~people.company[who]
    families = _families(_Pairs(who[asked], place[asked]), people)
    crowded = np.isin(place, families.values[families.per_value > 1])
    house = roomless & (rooms == 0) & ~crowded
    home[house] = place[house]
    found = roomless & (rooms == 1) & ~crowded
    home[found] = only[inverse[found]]
    return home


def _several(whole: Codes, part: Codes) -> Codes:
    """The codes of ``whole`` that stand beside two different codes of ``part``; 0 counts for nothing."""
    both = (whole != _NONE) & (part != _NONE)
    _, first = np.unique(part[both], return_index=True)
    value, count = np.unique(whole[both][first], return_counts=True)
    return value[count > 1]


@dataclass(frozen=True, slots=True)
class _Families:
    """The families under each value that several OneIDs with a name hold: ``groups`` are families, ``value_of`` is the
    place of each family's value in ``values``, ``per_value`` the number of families of each value.
    """

    groups: _Groups
    value_of: _Ints
    values: Codes
    per_value: _Ints


def _families(pairs: _Pairs, people: _People) -> _Families:
    """Sorts the holders of each value into families: components over the names that they bear."""
    named = np.diff(people.names)
    pairs = pairs.take(named[pairs.who] > 0)
    values, inverse, counts = np.unique(pairs.value, return_inverse=True, return_counts=True)
    pairs = pairs.take(counts[inverse] > 1)
    values, inverse = np.unique(pairs.value, return_inverse=True)
    many = named[pairs.who]
    holder = np.repeat(np.arange(pairs.who.size), many)
    nth = np.arange(holder.size) - np.repeat(np.cumsum(many) - many, many)
    name = people.name[people.names[pairs.who][holder] + nth]
    _, under = np.unique(mix(pairs.value[holder], name), return_inverse=True)
    family = _connected(holder, under)[: pairs.who.size]
    value_of = np.zeros(int(family.max(initial=-1)) + 1, dtype=np.int64)
    value_of[family] = inverse
    return _Families(_Groups(pairs.who, family), value_of, values, np.bincount(value_of, minlength=values.size))


def _connected(left: _Ints, right: _Ints) -> _Ints:
    """The components of a graph between two kinds of nodes, each kind numbered from 0 without gaps: the number of the
    component of each left node, then of each right one.
    """
    lefts, rights = int(left.max(initial=-1)) + 1, int(right.max(initial=-1)) + 1
    size = lefts + rights
    links = coo_array((np.ones(left.size, dtype=np.int8), (left, lefts + right)), shape=(size, size))
    _, labels = connected_components(links, directed=False)
    return labels.astype(np.int64)


def _groups(pairs: _Pairs, people: _People, *, near: bool) -> tuple[_Groups, dict[str, int]]:
    """The families of two OneIDs or more that one kind of evidence binds, and how many values and families were left
    out, by reason.
    """
    families = _families(pairs, people)
    shared = families.per_value > MOST_FAMILIES
    left_out = {"shared": int(shared.sum())}
    usable = ~shared[families.value_of]
    if near:  # who holds a value is counted everywhere, and bound where the postcode agrees too
        here = mix(pairs.value, people.postcode[pairs.who])
        here[np.isin(pairs.value, families.values[shared])] = _NONE
        families = _families(_distinct(_Pairs(pairs.who, here).take(here != _NONE)), people)
        usable = np.ones(families.value_of.size, dtype=np.bool_)
    size = np.bincount(families.groups.group, minlength=usable.size)
    usable &= size > 1
    too_large = usable & (size > MOST_MEMBERS)
    contradicted = usable & ~too_large & _contradicted(families.groups, people)
    left_out |= {"too_large": int(too_large.sum()), "contradicted": int(contradicted.sum())}
    return families.groups.take((usable & ~too_large & ~contradicted)[families.groups.group]), left_out


def _contradicted(groups: _Groups, people: _People) -> _Flags:
    """By group, whether its OneIDs have two golden addresses that cannot be one home."""
    count = int(groups.group.max(initial=-1)) + 1
    found = np.zeros(count, dtype=np.bool_)
    for part in (people.place, people.room, people.building):
        codes = part[groups.who]
        told = _distinct(_Pairs(groups.group, codes).take(codes != _NONE))
        found |= np.bincount(told.who, minlength=count) > 1
    return found


def _components(found: Sequence[_Groups], people: _People) -> tuple[_Ints, _Ints, dict[str, Any]]:
    """By OneID, the number of its household (where it has one) and its kinds of evidence (one bit each, 0: none); and
    what is to be said of components that were no households.
    """
    starts = np.cumsum([0, *(int(part.group.max(initial=-1)) + 1 for part in found)])
    who = np.concatenate([part.who for part in found])
    group = np.concatenate([part.group + start for part, start in zip(found, starts, strict=False)])
    kind = np.repeat(np.arange(len(found)), [part.who.size for part in found])
    component = _component(who, group)
    members = _distinct(_Pairs(component, who.astype(np.uint64)))
    whole = _Groups(members.value.astype(np.int64), members.who)
    size = np.bincount(whole.group)
    contradicted = _contradicted(whole, people)
    sound = (size <= MOST_MEMBERS) & ~contradicted
    keep = sound[component] | (kind == _PLACES_AT)
    who, group, kind = who[keep], group[keep], kind[keep]
    household, kinds = (np.zeros(people.place.size, dtype=np.int64) for _ in range(2))
    household[who] = _component(who, group)
    for place in range(len(found)):
        kinds[who[kind == place]] |= 1 << place
    alarms = sorted(size[size > MOST_MEMBERS].tolist(), reverse=True)
    return household, kinds, {"contradicted": int(contradicted.sum()), "alarms": alarms}


def _component(who: _Ints, group: _Ints) -> _Ints:
    """By pair of OneID and group, the number of the component that both are in."""
    _, holder = np.unique(who, return_inverse=True)
    _, under = np.unique(group, return_inverse=True)
    return _connected(holder, under)[holder]


def _table(oneids: pl.Series, household: _Ints, kinds: _Ints, key: bytes, evidence: Sequence[str]) -> pl.DataFrame:
    """The table; ``oneids`` rise, so that the first member of a household is its least."""
    member = np.flatnonzero(kinds)
    _, first, of = np.unique(household[member], return_index=True, return_inverse=True)
    least = oneids.gather(member[first])
    ids = derive(pl.repeat("", least.len(), dtype=pl.String, eager=True), least, key) if least.len() else least
    masks, told = np.unique(kinds[member], return_inverse=True)
    words = ["; ".join(word for bit, word in enumerate(evidence) if mask >> bit & 1) for mask in masks.tolist()]
    order = ids.rank("ordinal").to_numpy()[of].argsort(kind="stable")
    return pl.DataFrame({
        "household_id": ("HH" + ids.str.slice(3)).gather(of[order]),
        "oneid": oneids.gather(member[order]),
        "evidence": pl.Series(words, dtype=pl.String).gather(told[order]),
    })  # fmt: skip
