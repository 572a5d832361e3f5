"""Households: who lives together, what is no evidence, and that people are never merged by it."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneid
from conftest import Demo, features_of, people_config, people_frames
from foreign_kind import compared as with_plates
from oneid.households.homes import Homes, homes
from oneid.households.households import EVIDENCE, MOST_FAMILIES, MOST_MEMBERS, Households, households
from oneid.kinds.base import Residence
from oneid.records.features import CARD
from oneid.vocabulary.contracts import HOUSEHOLDS
from oneid.vocabulary.oneids import PUBLIC_KEY, check
from strategies import thorough

HOUSE = "埼玉県坂戸市緑町5-31-19"
FLATS = "東京都新宿区早稲田町603"
OTHER = "東京都北区赤羽2-8-4"
Row = dict[str, Any]


def run(rows: list[Row], key: bytes = PUBLIC_KEY, *, backwards: bool = False) -> Households:
    """The households of members given as texts, each a OneID of its own named by ``who`` (A, B, ... where left out). Of
    several rows of one OneID the last gives the golden address and postcode.
    """
    texts = [{name: text for name, text in row.items() if name not in ("who", "customer")} for row in rows]
    features = features_of(texts).with_columns(
        oneid=pl.Series([row.get("who", chr(65 + at)) for at, row in enumerate(rows)]),
        customer=pl.Series([row.get("customer", "person") for row in rows]),
    )
    golden = features.select(
        "oneid",
        "customer",
        *(pl.col(end).alias(f"{field}_{end}") for field in ("address", "postcode") for end in ("source", "source_id")),
    ).unique("oneid", keep="last", maintain_order=True)
    if backwards:
        features, golden = features.reverse(), golden.reverse()
    return households(homes(features), features.select("source", "source_id", "oneid"), golden, key)


def together(found: Households) -> list[str]:
    """The households as words of their OneIDs: ["AB", "CD"]."""
    return sorted("".join(part["oneid"].sort()) for part in found.table.partition_by("household_id"))


def at(name: str, address: str | None = None, **more: Any) -> Row:
    return {"name": name, "address": address} | more


SATO, SATO_2, SATO_3 = "佐藤 太郎", "佐藤 花子", "佐藤 次郎"
LAND, MOBILE, MAIL = "03-3333-4444", "090-1111-2222", "ie@example.com"

STORIES: dict[str, tuple[list[Row], list[str]]] = {
    "one house, one name": ([at(SATO, HOUSE), at(SATO_2, HOUSE)], ["AB"]),
    "one house, spelled in two ways": ([at(SATO, HOUSE), at(SATO_2, "坂戸市緑町五丁目３１番１９号")], ["AB"]),
    "one house, two names": ([at(SATO, HOUSE), at("鈴木 花子", HOUSE)], []),
    "old and new forms": ([at("髙橋 太郎", HOUSE), at("高橋 花子", HOUSE)], ["AB"]),
    "kana beside kanji": (
        [at("佐藤 太郎", HOUSE, kana="サトウ タロウ"), {"kana": "サトウ ハナコ", "address": HOUSE}],
        ["AB"],
    ),
    "a name missing": ([at(SATO, HOUSE), {"email": MAIL, "address": HOUSE}], []),
    "two streets": ([at(SATO, HOUSE), at(SATO_2, OTHER)], []),
    "the town alone": ([at(SATO, "埼玉県坂戸市緑町"), at(SATO_2, "埼玉県坂戸市緑町")], []),
    "a 丁目 alone": ([at(SATO, "東京都北区赤羽1丁目"), at(SATO_2, "東京都北区赤羽1丁目")], []),
    "a large lot number is a house": ([at(SATO, FLATS), at(SATO_2, FLATS)], ["AB"]),
    "a block that goes on": (
        [at(SATO, "東京都北区赤羽2-8"), at(SATO_2, "東京都北区赤羽2-8"), at("鈴木 一郎", OTHER)],
        [],
    ),
    "one flat": ([at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS + "コーポ桜201号室")], ["AB"]),
    "two flats": ([at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS + " コーポ桜 305")], []),
    "two buildings": ([at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS + " ハイツ泉 201")], []),
    "two buildings, two in one of them": (
        [at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS + " ハイツ泉 201"), at(SATO_3, FLATS + " コーポ桜 201")],
        ["AC"],
    ),
    "a building left out": ([at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS + "-201号室")], ["AB"]),
    "a building left out between two": (
        [at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS + " ハイツ泉 201"), at(SATO_3, FLATS + " 201号室")],
        [],
    ),
    "a room left out, nobody else there": ([at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS)], ["AB"]),
    "a room left out, two rooms known": (
        [at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS + " コーポ桜 305"), at(SATO_3, FLATS)],
        [],
    ),
    "two rooms left out, two rooms known": (
        [
            at(SATO, FLATS + " コーポ桜 201"),
            at(SATO_2, FLATS + " コーポ桜 305"),
            at(SATO_3, FLATS),
            at("佐藤 恵", FLATS),
        ],
        [],
    ),
    "a room left out, another family there": (
        [at(SATO, FLATS + " コーポ桜 201"), at(SATO_2, FLATS), at("鈴木 一郎", FLATS)],
        [],
    ),
    "no room known in a house of two families": (
        [at(SATO, FLATS + " コーポ桜"), at(SATO_2, FLATS + " コーポ桜"), at("鈴木 一郎", FLATS + " コーポ桜")],
        [],
    ),
    "no flats: a couple with two names and her parents": (
        [at(SATO, HOUSE), at(SATO_2, HOUSE), at("鈴木 京子", HOUSE), at("鈴木 一郎", HOUSE)],
        ["AB", "CD"],
    ),
    "a dormitory": (
        [at(SATO, HOUSE), at(SATO_2, HOUSE), *(at(f"{n} 一郎", HOUSE) for n in ("鈴木", "田中", "高橋"))],
        [],
    ),
    "a land line": ([at(SATO, phone=LAND), at(SATO_2, HOUSE, phone=LAND)], ["AB"]),
    "a land line of two names": ([at(SATO, phone=LAND), at("鈴木 一郎", phone=LAND)], []),
    "a land line in two houses": ([at(SATO, OTHER, phone=LAND), at(SATO_2, HOUSE, phone=LAND)], []),
    "a land line in two flats": (
        [at(SATO, FLATS + " コーポ桜 201", phone=LAND), at(SATO_2, FLATS + " コーポ桜 305", phone=LAND)],
        [],
    ),
    "a switchboard": (
        [
            at(SATO, phone=LAND),
            at(SATO_2, phone=LAND),
            *(at(f"{n} 一郎", phone=LAND) for n in ("鈴木", "田中", "高橋")),
        ],
        [],
    ),
    "a line of three families, and of somebody without a name": (
        [
            {"phone": LAND},
            at(SATO, phone=LAND),
            *(at(f"{n} 一郎", phone=LAND) for n in ("鈴木", "田中")),
            at(SATO_2, phone=LAND),
        ],
        ["BE"],
    ),
    "a company's line": (
        [at(SATO, phone=LAND), at(SATO_2, phone=LAND), at("佐藤商店", phone=LAND, customer="company")],
        [],
    ),
    "a company at home": (
        [at(SATO, HOUSE), at(SATO_2, HOUSE), at("佐藤 商店", HOUSE, customer="company")],
        ["AB"],
    ),
    "who may be a person or a company": ([at(SATO, HOUSE, customer=None), at(SATO_2, HOUSE)], ["AB"]),
    "a free line": ([at(SATO, phone="0120-417-583"), at(SATO_2, phone="0120-417-583")], []),
    "a mobile and the postcode": (
        [at(SATO, phone=MOBILE, postcode="100-0001"), at(SATO_2, phone=MOBILE, postcode="100-0001")],
        ["AB"],
    ),
    "a mobile alone": ([at(SATO, phone=MOBILE), at(SATO_2, phone=MOBILE)], []),
    "a mobile and two postcodes": (
        [at(SATO, phone=MOBILE, postcode="100-0001"), at(SATO_2, phone=MOBILE, postcode="170-0041")],
        [],
    ),
    "a mail box and the postcode": (
        [at(SATO, email=MAIL, postcode="100-0001"), at(SATO_2, email=MAIL, postcode="100-0001")],
        ["AB"],
    ),
    "a mail box alone": ([at(SATO, email=MAIL), at(SATO_2, email=MAIL)], []),
    "a home beside two mail boxes": (
        [
            at(SATO, HOUSE),
            at(SATO_2, HOUSE),
            *(at(f"鈴木 {given}郎", email=MAIL, postcode="100-0001") for given in "一二"),
            *(at(f"田中 {given}郎", email="ta@example.com", postcode="100-0001") for given in "一二"),
        ],
        ["AB", "CD", "EF"],
    ),
    "a shop's mail box": (
        [
            at(SATO, email=MAIL, postcode="100-0001"),
            at(SATO_2, email=MAIL, postcode="100-0001"),
            *(at(f"{n} 一郎", email=MAIL, postcode=f"170-00{i}1") for i, n in enumerate(("鈴木", "田中", "高橋"))),
        ],
        [],
    ),
    "who moved out of the parents' house": (
        [at(SATO, HOUSE), at(SATO_2, HOUSE), at(SATO_3, HOUSE, who="M"), at(SATO_3, OTHER, who="M")],
        ["AB"],
    ),
    "a maiden name on another card": (
        [at("鈴木 花子", OTHER, who="M"), at("佐藤 花子", HOUSE, who="M"), at("鈴木 京子", HOUSE)],
        ["CM"],
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str) -> None:
    """Who lives together."""
    rows, expected = STORIES[name]
    assert together(run(rows)) == expected


@pytest.mark.parametrize("name", ["a room left out, nobody else there", "who moved out of the parents' house"])
def test_no_order_of_rows_matters(name: str) -> None:
    """Records and golden records backwards give the same table."""
    rows, expected = STORIES[name]
    found = run(rows, backwards=True)
    assert together(found) == expected
    assert found.table.equals(run(rows).table)


def test_a_crowd_of_one_name_is_no_household() -> None:
    """One name alone contradicts nothing, so the number of its bearers decides; and the run says so."""
    rows = [at(f"佐藤 {given}郎", phone=LAND) for given in "一二三四五六七八九十百千万"]
    assert len(rows) == MOST_MEMBERS + 1
    most = run(rows[1:])
    assert (together(most), most.about["alarms"]) == (["ABCDEFGHIJKL"], [])
    found = run(rows)
    assert found.table.is_empty()
    assert found.about["left_out"]["land_line"] == {"shared": 0, "too_large": 1, "contradicted": 0}


def test_no_chain_from_home_to_home() -> None:
    """Someone without an address hangs on two homes: then only the addresses count."""
    rows = [
        at(SATO, HOUSE),
        at(SATO_2, HOUSE, phone=LAND),
        at("佐藤 健", phone=LAND, phone2="03-5555-6666"),
        at("佐藤 恵", OTHER, phone="03-5555-6666"),
        at("佐藤 実", OTHER),
    ]
    assert together(run(rows[:3])) == ["ABC"]
    found = run(rows)
    assert together(found) == ["AB", "DE"]
    assert set(found.table["evidence"]) == {"address"}
    assert found.about["contradicted"] == 1
    assert found.about["alarms"] == []


def test_a_component_too_large_raises_an_alarm() -> None:
    """Two land lines of seven each that one person joins; nobody has an address. The largest is told first."""
    lines = ["03-3333-4444", "03-5555-6666"]
    names = [at(f"佐藤 {given}郎", phone=lines[nth % 2]) for nth, given in enumerate("一二三四五六七八九十百千")]
    rows = [*names, at("佐藤 万", phone=lines[0], phone2=lines[1])]
    assert together(run(names)) == ["ACEGIK", "BDFHJL"]
    found = run(rows)
    assert found.table.is_empty()
    assert found.about["alarms"] == [MOST_MEMBERS + 1]
    more = [{**row, "name": row["name"].replace("佐藤", "鈴木")} for row in [*rows, at("佐藤 億", phone=lines[1])]]
    assert run([*rows, *more]).about["alarms"] == run([*more, *rows]).about["alarms"] == [14, 13]


def test_evidence_names_what_binds_each_member() -> None:
    """In the order of strength; a member has only the kinds that bind itself."""
    more = {"phone": LAND, "email": MAIL, "postcode": "350-0254"}
    rows = [at(SATO, HOUSE, **more), at(SATO_2, HOUSE, **more), at("佐藤 健", phone=LAND)]
    found = run(rows).table
    assert dict(zip(found["oneid"], found["evidence"], strict=True)) == {
        "A": "address; land_line; email",
        "B": "address; land_line; email",
        "C": "land_line",
    }


def test_the_name_of_a_household() -> None:
    """Made of the least OneID with the key; whoever joins changes it only by being less."""
    home = [at(SATO, HOUSE, who="K"), at(SATO_2, HOUSE, who="M")]
    (name,) = set(run(home).table["household_id"])
    assert len(name) == 16
    assert check("OID" + name.removeprefix("HH"))
    assert set(run([*home, at(SATO_3, HOUSE, who="Z")]).table["household_id"]) == {name}
    assert set(run([home[0], at(SATO_3, HOUSE, who="Z")]).table["household_id"]) == {name}
    assert set(run([*home, at(SATO_3, HOUSE, who="B")]).table["household_id"]) != {name}
    assert set(run(home, key=b"secret").table["household_id"]) != {name}


def test_nobody_and_no_such_fields() -> None:
    """Without records, or without addresses in the config, there are no households, and the table keeps its columns."""
    features = features_of([at(SATO), at(SATO_2)])
    records = features.select("source", "source_id").with_columns(oneid=pl.Series(["A", "B"]))
    golden = pl.DataFrame({"oneid": ["A", "B"], "customer": ["person", None]})
    for keep in (2, 0):
        found = households(homes(features.head(keep)), records.head(keep), golden.head(keep), PUBLIC_KEY)
        assert found.table.is_empty()
        assert found.table.schema == HOUSEHOLDS
        assert (found.about["households"], found.about["members"]) == (0, 0)


def test_what_records_say_is_kept_as_columns() -> None:
    """And read back for some of them, in another order; columns of others are left alone."""
    rows = [
        at(SATO, HOUSE, phone=LAND, phone2=MOBILE, email=MAIL, postcode="100-0001"),
        at(SATO_2, FLATS + " コーポ桜 201", phone=MOBILE, email2="b@example.com"),
        at(SATO_3, "東京都北区赤羽1丁目", phone2="03-5555-6666"),
    ]
    seen = homes(features_of(rows).with_columns(pl.Series(f"{CARD}a", [["1"], ["2", "3"], []])))
    columns = seen.columns()
    assert all(name.startswith("m:") for name in columns)
    places = np.array([2, 0], dtype=np.uint32)
    again = Homes.from_columns(columns | {"k:email:0": np.zeros(3, np.uint64)}, places)
    assert again.ties == seen.ties
    assert type(again.residence.place) is type(seen.residence.place) is np.ndarray
    after, before = again.columns(), seen.columns()
    assert list(after) == list(before)
    assert {name.split(":")[1] for name in before} >= {"names", "place", "around", "cards", "land", "mobile", "email"}
    for name, codes in before.items():
        assert after[name].tolist() == codes[places].tolist()


def cards(*rows: tuple[list[str], list[str]]) -> list[str]:
    """Who lives together of members named 佐藤 who quote main members in two fields."""
    features = features_of([at("佐藤 太郎") for _ in rows]).with_columns(
        pl.Series(f"{CARD}{name}", [row[field] for row in rows], dtype=pl.List(pl.String))
        for field, name in enumerate("ab")
    )
    records = features.select("source", "source_id").with_columns(oneid=pl.Series(list("ABCD"[: len(rows)])))
    golden = records.select("oneid", customer=pl.lit("person"))
    return together(households(homes(features), records, golden, PUBLIC_KEY))


def test_one_number_in_two_fields_is_two_numbers() -> None:
    """Systems count their members each for itself; of several numbers each counts."""
    assert cards((["1"], []), (["1"], [])) == ["AB"]
    assert cards(([], ["1"]), ([], ["1"])) == ["AB"]
    assert cards((["1"], []), ([], ["1"])) == []
    assert cards((["1", "2"], []), (["3", "2"], []), (["3"], ["1"])) == ["ABC"]
    assert cards((["1"], ["2"]), (["2"], ["1"])) == []


# --- the rules, told again pair by pair ------------------------------------------------------------------------------

codes = st.integers(0, 3)
records_of = st.fixed_dictionaries({
    "oneid": st.integers(0, 9),
    "family": st.integers(0, 5),
    "reading": st.integers(0, 4),
    "place": st.integers(0, 3),
    "room": codes,
    "building": st.integers(0, 2),
    "postcode": codes,
    "land": codes,
    "mobile": codes,
    "email": codes,
    "family_card": codes,
    "company": st.sampled_from([False] * 9 + [True]),
})  # fmt: skip


def families(holders: set[int], names: dict[int, set[Any]]) -> list[set[int]]:
    """Holders who bear one name, directly or through others."""
    graph = nx.Graph()
    graph.add_nodes_from(who for who in holders if names[who])
    graph.add_edges_from((a, b) for a, b in combinations(sorted(holders), 2) if names[a] & names[b])
    return list(nx.connected_components(graph))


def contradict(members: set[int], home: dict[int, Row]) -> bool:
    for a, b in combinations(members, 2):
        x, y = home[a], home[b]
        if x["place"] and y["place"]:
            if x["place"] != y["place"] or (x["room"] and y["room"] and x["room"] != y["room"]):
                return True
            if x["room"] and y["room"] and x["building"] and y["building"] and x["building"] != y["building"]:
                return True
    return False


def flat(who: int, home: dict[int, Row], names: dict[int, set[Any]], people: set[int]) -> Any:
    """What the golden address says of the flat, by itself and beside those of its neighbours."""
    mine = home[who]
    if not mine["place"]:
        return None
    there = [row for row in home.values() if row["place"] == mine["place"]]

    def of(row: Row) -> Any:
        buildings = {other["building"] for other in there if other["room"] == row["room"] and other["building"]}
        if len(buildings) < 2:
            return row["place"], row["room"]
        return (row["place"], row["room"], row["building"]) if row["building"] else None

    if mine["room"]:
        return of(mine)
    crowded = len(families({a for a in people if home[a]["place"] == mine["place"]}, names)) > 1
    rooms = {of(row) for row in there if row["room"]} - {None}
    if len(rooms) == 1 and not crowded:
        return rooms.pop()
    flats = any(row["room"] or row["building"] for row in there)
    return (mine["place"],) if not rooms and not (flats and crowded) else None


def bound_by(kind: str, rows: list[Row], home: dict[int, Row], names: dict[int, set[Any]]) -> list[set[int]]:
    """The families that one kind of evidence binds."""
    company = {who for who, row in home.items() if row["company"]}
    people = set(home) - company
    held: dict[Any, set[int]] = defaultdict(set)
    if kind == "address":
        for who in people:
            held[flat(who, home, names, people) or 0].add(who)
    else:
        for row in rows:
            held[row[kind.removesuffix("_line")]].add(row["oneid"])
    held.pop(0, None)
    found = []
    for holders in held.values():
        crowd = families(holders - company, names)
        if (kind == "land_line" and holders & company) or len(crowd) > MOST_FAMILIES:
            continue
        if kind in ("mobile", "email"):
            near = [{who for who in holders - company if home[who]["postcode"] == postcode} for postcode in (1, 2, 3)]
            crowd = [family for part in near for family in families(part, names)]
        found += [part for part in crowd if 1 < len(part) <= MOST_MEMBERS and not contradict(part, home)]
    return found


def components(bound: list[tuple[str, set[int]]]) -> list[set[int]]:
    graph = nx.Graph()
    for _, family in bound:
        nx.add_path(graph, sorted(family))
    return list(nx.connected_components(graph))


def oracle(rows: list[Row]) -> dict[int, tuple[frozenset[int], str]]:
    """By OneID its household and its evidence, told as the module's text tells it."""
    home = {row["oneid"]: row for row in rows}
    names: dict[int, set[Any]] = defaultdict(set)
    for row in rows:
        names[row["oneid"]] |= {(kind, row[kind]) for kind in ("family", "reading") if row[kind]}
    bound = [(kind, family) for kind in EVIDENCE for family in bound_by(kind, rows, home, names)]
    unsound = {who for part in components(bound) if contradict(part, home) for who in part}
    bound = [(kind, family) for kind, family in bound if kind == "address" or not family & unsound]

    def evidence(who: int) -> str:
        return "; ".join(kind for kind in EVIDENCE if any(kind == other and who in family for other, family in bound))

    return {who: (frozenset(part), evidence(who)) for part in components(bound) for who in part}


def found_in(rows: list[Row]) -> Households:
    """The same by the module."""

    def column(name: str, kind: int = 0) -> Any:
        """Codes spread over 64 bits, as hashes are; 0 stays 0."""
        small = np.array([row[name] for row in rows], dtype=np.uint64)
        return np.where(small == 0, np.uint64(0), (small + np.uint64(10 * kind)) * np.uint64(0x9E3779B97F4A7C15))

    seen = Homes(
        names=(column("family", 1), column("reading", 2)),
        residence=Residence(
            place=column("place"), around=[], short=np.zeros(len(rows), np.uint64), room=column("room"),
            building=column("building"), postcode=column("postcode", 3),
        ),
        cards=[column("family_card", 7)],
        held={"land": [column("land", 4)], "mobile": [column("mobile", 5)], "email": [column("email", 6)]},
    )  # fmt: skip
    ids = [f"{row['oneid']}" for row in rows]
    records = pl.DataFrame({"source": "s", "source_id": [f"{nth:03}" for nth in range(len(rows))], "oneid": ids})
    golden = records.select(
        "oneid", address_source="source", address_source_id="source_id", postcode_source="source",
        postcode_source_id="source_id",
        customer=pl.Series(["company" if row["company"] else "person" for row in rows]),
    ).unique("oneid", keep="last")  # fmt: skip
    return households(seen, records, golden, PUBLIC_KEY)


def made(rows: list[Row]) -> dict[int, tuple[frozenset[int], str]]:
    """By OneID its household and its evidence, as the module tells."""
    table = found_in(rows).table
    of_home = {part["household_id"][0]: part for part in table.partition_by("household_id")}
    return {
        int(who): (frozenset(map(int, of_home[name]["oneid"])), evidence) for name, who, evidence in table.iter_rows()
    }


@settings(max_examples=thorough(150), deadline=None)
@given(st.lists(records_of, min_size=1, max_size=14))
def test_as_told_pair_by_pair(rows: list[Row]) -> None:
    """The columns give what a plain reading of the rules gives."""
    assert made(rows) == oracle(rows)


def left_out(rows: list[Row]) -> dict[str, dict[str, int]]:
    """By kind, how many values are shared by too many families, and how many families contradict themselves."""
    home = {row["oneid"]: row for row in rows}
    names: dict[int, set[Any]] = defaultdict(set)
    for row in rows:
        names[row["oneid"]] |= {(kind, row[kind]) for kind in ("family", "reading") if row[kind]}
    company = {who for who, row in home.items() if row["company"]}
    people = set(home) - company
    told = {}
    for kind in EVIDENCE:
        held: dict[Any, set[int]] = defaultdict(set)
        for who in people if kind == "address" else ():
            held[flat(who, home, names, people) or 0].add(who)
        for row in rows if kind != "address" else ():
            held[row[kind.removesuffix("_line")]].add(row["oneid"])
        held.pop(0, None)
        if kind == "land_line":
            held = {value: holders for value, holders in held.items() if not holders & company}
        crowds = [families(holders - company, names) for holders in held.values() if len(holders - company) > 1]
        usable = [crowd for crowd in crowds if len(crowd) <= MOST_FAMILIES]
        bound = [family for crowd in usable for family in crowd]
        if kind in ("mobile", "email"):
            near = [
                {who for who in set().union(*crowd) if home[who]["postcode"] == postcode}
                for crowd in usable
                for postcode in (1, 2, 3)
            ]
            bound = [family for part in near for family in families(part, names)]
        told[kind] = {
            "shared": len(crowds) - len(usable),
            "too_large": 0,
            "contradicted": sum(len(family) > 1 and contradict(family, home) for family in bound),
        }
    return told


@settings(max_examples=thorough(100), deadline=None)
@given(st.lists(records_of, min_size=1, max_size=14))
def test_what_is_told_of_a_run(rows: list[Row]) -> None:
    """How many households and members, and what was left out of each kind of evidence."""
    homes_ = {members for members, _ in oracle(rows).values()}
    found = found_in(rows)
    assert (found.about["households"], found.about["members"]) == (len(homes_), found.table.height)
    assert found.about["left_out"] == left_out(rows)
    assert found.about["alarms"] == []
    assert found.table.equals(found.table.sort("household_id", "oneid"))
    home = {row["oneid"]: row for row in rows}
    names: dict[int, set[Any]] = defaultdict(set)
    for row in rows:
        names[row["oneid"]] |= {(kind, row[kind]) for kind in ("family", "reading") if row[kind]}
    bound = [(kind, family) for kind in EVIDENCE for family in bound_by(kind, rows, home, names)]
    assert found.about["contradicted"] == sum(contradict(part, home) for part in components(bound))


# --- in a run --------------------------------------------------------------------------------------------------------


def test_the_demo_against_its_truth(demo: Demo) -> None:
    """Few wrong members, a good part of those that can be found; nobody twice, no company, nobody alone."""
    tables = demo.result.to_polars()
    table = tables["households"]
    assert table["oneid"].is_unique().all()
    assert table["household_id"].value_counts()["count"].min() >= 2
    assert table.equals(table.sort("household_id", "oneid"))
    companies = tables["golden"].filter(pl.col("customer") == "company")
    assert companies.height
    assert not set(companies["oneid"]) & set(table["oneid"])
    truth = demo.truth.join(tables["merge_map"], on=["source", "source_id"])
    truth = truth.with_columns(pl.col("person_id").cast(pl.String))
    truth = truth.filter(pl.col("person_id").n_unique().over("oneid") == 1).select("oneid", "person_id").unique()
    lives = pl.read_csv(demo.folder / "households.csv", infer_schema=False).rename({"household_id": "lives"})
    people = truth.join(lives, on="person_id").join(table, on="oneid", how="left")

    def pairs(column: str) -> set[tuple[str, str]]:
        groups = people.drop_nulls(column).group_by(column).agg(pl.col("person_id").unique().sort())
        return {pair for members in groups["person_id"].to_list() for pair in combinations(members, 2)}

    found, true = pairs("household_id"), pairs("lives")
    assert len(found & true) / len(found) >= 0.97
    assert len(found & true) / len(true) >= 0.55


def test_people_stay_apart(people: oneid.Result) -> None:
    """The brothers with one land line are two OneIDs and one household."""
    of = dict(zip(people.merge_map["source_id"], people.merge_map["oneid"], strict=True))
    assert isinstance(people.households, pd.DataFrame)
    assert sorted(people.households["oneid"]) == sorted([of["E2"], of["E3"]])
    assert set(people.households["evidence"]) == {"land_line"}
    assert of["E2"] != of["E3"]
    assert people.summary()["households"] == people.run["households"]["households"] == 1


def test_a_family_card_binds_a_household_and_merges_nobody() -> None:
    """The card quotes the main member's id and phone; who lives elsewhere is not at home; ids of others bind nobody."""
    shop = pl.DataFrame(
        {
            "id": ["P1", "P2", "P3"],
            "name": ["佐藤 太郎", "鈴木 太郎", "高橋 翔"],
            "phone": ["090-1111-2222", None, None],
            "address": [HOUSE, FLATS, None],
        }
    )
    card = pl.DataFrame(
        {
            "id": ["C1", "C2", "C3"],
            "name": ["佐藤 花子", "鈴木 愛", "高橋 舞"],
            "phone": ["090-1111-2222", None, None],
            "address": [None, OTHER, None],
            "main": ["P1", "P2", "C1"],
        }
    )
    fields = {"name": "name", "phone": "phone", "address": "address"}
    family = {"column": "main", "household_of": "shop"}
    sources = {"shop": {"id": "id", "fields": fields}, "card": {"id": "id", "fields": {**fields, "main_card": family}}}
    result = oneid.resolve({"shop": shop, "card": card}, {"version": "1", "rules": "jp-members", "sources": sources})
    of = dict(zip(result.merge_map["source_id"], result.merge_map["oneid"], strict=True))
    assert len(set(of.values())) == 6
    assert sorted(result.households["oneid"]) == sorted([of["P1"], of["C1"]])
    assert set(result.households["evidence"]) == {"family_card"}
    assert "main_card" not in result.patterns.columns


def test_written_with_the_others_whatever_the_order_of_rows(tmp_path: Any, people: oneid.Result) -> None:
    """Same bytes for shuffled input; in CSV and run.json too; read back as it was."""
    mixed = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in people_frames().items()}
    backwards = dict(random.Random(1).sample(sorted(mixed.items()), len(mixed)))
    people.write(tmp_path / "a", csv=True)
    oneid.resolve(backwards, people_config()).write(tmp_path / "b", csv=True)
    for name in ("households.parquet", "households.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    again = oneid.read_run(tmp_path / "a")
    assert again.households.equals(people.households)
    assert again.run["files"]["households.parquet"]["rows"] == 2
    assert again.run["households"]["members"] == 2


def test_a_kind_of_ones_own_ties_people_to_a_home() -> None:
    """A car of two people of one name; kept as codes and read back; nobody else's word of evidence changes."""
    features = features_of([at(SATO), at(SATO_2), at("鈴木 一郎"), at(SATO_3)])
    plates = pl.Series([["品川300"], ["品川300", "足立500"], ["品川300"], None], dtype=pl.List(pl.String))
    features = features.with_columns(plates.alias("x:plate"), oneid=pl.Series(list("ABCD")))
    golden = features.select("oneid", "customer")
    seen = homes(features, with_plates())
    assert seen.evidence == (*EVIDENCE, "car")
    assert [name for name in seen.columns() if name not in homes(features).columns()] == ["m:car:0", "m:car:1"]
    again = Homes.from_columns(seen.columns(), np.arange(4, dtype=np.uint32), with_plates())
    for held in (seen, again):
        found = households(held, features.select("source", "source_id", "oneid"), golden, PUBLIC_KEY)
        assert together(found) == ["AB"]
        assert set(found.table["evidence"]) == {"car"}
        assert found.about["left_out"]["car"] == {"shared": 0, "too_large": 0, "contradicted": 0}
    without = households(homes(features), features.select("source", "source_id", "oneid"), golden, PUBLIC_KEY)
    assert without.table.is_empty()
