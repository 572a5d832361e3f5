"""Golden records: which value survives, and where it came from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign_kind import KINDS as WITH_PLATES
from foreign_kind import PLATE
from oneid.golden.groups import DEFAULT_GROUPS, DEFAULT_ORDER, EVERY, LEADS
from oneid.golden.survivorship import Golden, golden
from oneid.kinds.base import Survival
from oneid.kinds.catalogue import KINDS
from oneid.settings.rules import Survivorship
from oneid.vocabulary.contracts import GOLDEN_VALUES
from oneid.vocabulary.errors import ConfigError, InternalError
from strategies import thorough

MEMBERS = {
    "oneid": pl.String, "source": pl.String, "source_id": pl.String, "since": pl.Date, "updated": pl.Date,
    "customer": pl.String,
}  # fmt: skip
FIELDS = {
    "name": pl.String, "kana": pl.String, "birth": pl.String, "phone": pl.List(pl.String), "email": pl.List(pl.String),
    "postcode": pl.String, "address": pl.String,
}  # fmt: skip
CRITERIA = ("source", "newest", "most_frequent", "longest", "most_complete")
Row = dict[str, Any]


def survivorship(*groups: tuple[tuple[str, ...], tuple[str, ...]], sources: tuple[str, ...] = ()) -> Survivorship:
    listed = tuple({"fields": fields, "order": order} for fields, order in groups)
    return Survivorship.model_validate({"groups": listed, "sources": sources})


def row(record: str, /, oneid: str = "X", **cells: Any) -> Row:
    """A record: its source is the first character, its id the others."""
    return {"oneid": oneid, "source": record[0], "source_id": record[1:], "customer": "person"} | cells


def made(rows: list[Row], rules: Survivorship | None = None) -> Golden:
    schema = MEMBERS | ({"withdrawn": pl.Boolean} if any(r.get("withdrawn") for r in rows) else {})
    members = pl.DataFrame([{"withdrawn": False} | {key: r[key] for key in schema if key in r} for r in rows], schema)
    values = pl.DataFrame([{key: r.get(key) for key in FIELDS} for r in rows], schema=FIELDS)
    return golden(members, values, rules or Survivorship())


def chosen(rows: list[Row], field: str, rules: Survivorship | None = None) -> tuple[Any, Any, Any]:
    """The only OneID's value of ``field`` with its source and id."""
    record = made(rows, rules).records.row(0, named=True)
    return record[field], record[f"{field}_source"], record[f"{field}_source_id"]


# --- the rules, told again record by record --------------------------------------------------------------------------

dates = st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 3))
texts = st.none() | st.sampled_from(["x", "yy", "髙", "zzz"])
lists = st.none() | st.lists(st.none() | st.sampled_from(["p", "qq", "r"]), max_size=3)
cells = st.fixed_dictionaries({
    "oneid": st.sampled_from("XYZ"),
    "since": dates,
    "updated": dates,
    "customer": st.sampled_from([None, "person", "company"]),
    "withdrawn": st.sampled_from([False, False, True]),
    "name": texts, "kana": texts, "birth": texts, "phone": lists, "email": lists, "postcode": texts, "address": texts,
})  # fmt: skip
people = st.dictionaries(st.tuples(st.sampled_from("ab髙"), st.sampled_from(["1", "10", "9", ""])), cells, max_size=8)
records = people.map(lambda found: [{"source": s, "source_id": i} | cell for (s, i), cell in found.items()])
orders = st.permutations(CRITERIA).flatmap(lambda order: st.integers(0, 5).map(lambda n: tuple(order[:n])))
rules_given = st.builds(
    lambda names, phones, sources, grouped: survivorship(
        *(
            [(("name", "kana"), names), (("phone",), phones), (("postcode", "email", "address"), phones)]
            if grouped
            else []
        ),
        sources=sources,
    ),
    orders,
    orders,
    st.sampled_from([(), ("b",), ("髙", "a", "b")]),
    st.booleans(),
)


def listed(cell: Any) -> list[str]:
    return [one for one in (cell if isinstance(cell, list) else [cell]) if one is not None]


def expected(rows: list[Row], rules: Survivorship, oneid: str) -> tuple[Row, set[tuple[Any, ...]]]:
    """The golden record of ``oneid`` as the module's text tells it, and its rows of golden_values."""
    mine = sorted(
        (r for r in rows if r["oneid"] == oneid), key=lambda r: (r["source"].encode(), r["source_id"].encode())
    )
    groups = [(group.fields, group.order) for group in rules.groups]
    for names in [*DEFAULT_GROUPS, *((name,) for name in FIELDS)]:
        taken = {name for fields, _ in groups for name in fields}
        left = tuple(name for name in names if name in FIELDS and name not in taken)
        groups += [(left, DEFAULT_ORDER)] if left else []
    groups = [
        ((*(n for n in names if n in LEADS), *(n for n in names if n not in LEADS)), order) for names, order in groups
    ]
    others = sorted({r["source"] for r in rows} - set(rules.sources), key=str.encode)
    rank = {name: at for at, name in enumerate([*rules.sources, *others])}
    record: Row = {"oneid": oneid, "n_records": len(mine), "n_sources": len({r["source"] for r in mine})}
    kinds = {r["customer"] for r in mine} - {None}
    record["customer"] = "person" if "person" in kinds else min(kinds, default=None)
    every: set[tuple[Any, ...]] = set()

    def badness(candidate: tuple[int, str, Row], rivals: list[tuple[int, str, Row]], fields: Any, order: Any) -> Any:
        at, value, r = candidate
        day = r["updated"] or r["since"]
        told = {
            "source": rank[r["source"]],
            "newest": -day.toordinal() if day else 0,
            "most_frequent": -sum(other == value for _, other, _ in rivals),
            "longest": -len(value),
            "most_complete": -sum(r[name] is not None for name in fields),
        }
        return (bool(r.get("withdrawn")), at, *(told[name] for name in order))

    for fields, order in groups:
        rivals = []
        for r in mine:
            if len(fields) == 1:
                rivals += [(0, value, r) for value in listed(r[fields[0]])]
            else:
                firsts = [(at, listed(r[name])[0], r) for at, name in enumerate(fields) if listed(r[name])]
                rivals += firsts[:1]
        best = min(rivals, key=lambda c: badness(c, rivals, fields, order), default=None)
        for name in fields:
            value = None
            if best:
                value = best[1] if len(fields) == 1 else next(iter(listed(best[2][name])), None)
            record[name] = value
            record[f"{name}_source"] = best[2]["source"] if best and value is not None else None
            record[f"{name}_source_id"] = best[2]["source_id"] if best and value is not None else None
            if name in EVERY:
                alone = [(0, one, r) for r in mine for one in listed(r[name])]
                for one in {value for _, value, _ in alone}:
                    same = [c for c in alone if c[1] == one]
                    r = min(same, key=lambda c: badness(c, alone, fields, order))[2]
                    every.add((oneid, name, one, r["source"], r["source_id"], r["since"], r["updated"]))
    return record, every


@settings(max_examples=thorough(150), deadline=None)
@given(records, rules_given, st.randoms(use_true_random=False))
def test_the_rules_as_written_in_any_order_of_rows(rows: list[Row], rules: Survivorship, random: Any) -> None:
    """Every cell and its provenance, every distinct value, whatever the order of rows."""
    result = made(rows, rules)
    oneids = sorted({r["oneid"] for r in rows})
    told = [expected(rows, rules, oneid) for oneid in oneids]
    assert result.records.to_dicts() == [{name: record[name] for name in result.records.columns} for record, _ in told]
    ordered = sorted(
        (value for _, every in told for value in every), key=lambda v: tuple(part.encode() for part in v[:3])
    )
    assert result.values.rows() == ordered
    assert result.values.schema == pl.Schema(dict(GOLDEN_VALUES))
    shuffled = list(rows)
    random.shuffle(shuffled)
    again = made(shuffled, rules)
    assert again.records.equals(result.records)
    assert again.values.equals(result.values)


# --- single stories --------------------------------------------------------------------------------------------------


def test_columns_in_their_order() -> None:
    records = made([row("a1", name="髙橋")]).records
    fields = list(FIELDS)
    origins = [f"{name}{end}" for name in fields for end in ("_source", "_source_id")]
    assert records.columns == ["oneid", *fields, *origins, "n_records", "n_sources", "customer"]
    assert records.schema["n_records"] == records.schema["n_sources"] == pl.UInt32
    assert set(records.select("oneid", *fields, *origins, "customer").dtypes) == {pl.String}


def test_nothing_at_all() -> None:
    """No records, no fields, no values."""
    empty = made([])
    assert (empty.records.height, empty.values.height) == (0, 0)
    members = pl.DataFrame([row("a1", since=None, updated=None)], schema=MEMBERS)
    bare = golden(members, pl.DataFrame(), Survivorship())
    assert bare.records.row(0) == ("X", 1, 1, "person")
    assert bare.values.is_empty()
    assert chosen([row("a1")], "phone") == (None, None, None)


@pytest.mark.parametrize("fields", [("address", "postcode"), ("postcode", "address"), None])
def test_fields_of_a_group_come_from_one_record(fields: tuple[str, ...] | None) -> None:
    """A newer postcode without an address neither stands beside another record's address nor displaces it."""
    rules = survivorship(*([(fields, ("newest",))] if fields else []))
    rows = [
        row("a1", address="東京都千代田区1-1", postcode="1000001", updated=date(2020, 1, 1)),
        row("b1", postcode="5300001", updated=date(2026, 1, 1)),
    ]
    assert chosen(rows, "address", rules) == ("東京都千代田区1-1", "a", "1")
    assert chosen(rows, "postcode", rules) == ("1000001", "a", "1")
    rows[0]["postcode"] = None
    assert chosen(rows, "postcode", rules) == (None, None, None)
    assert chosen(rows[1:], "postcode", rules) == ("5300001", "b", "1")


@pytest.mark.parametrize(
    ("criterion", "winner"),
    [("source", "c1"), ("newest", "b1"), ("most_frequent", "a2"), ("longest", "d1"), ("most_complete", "e1")],
)
def test_each_criterion_alone(criterion: str, winner: str) -> None:
    rows = [
        row("a1", name="佐藤 花"),
        row("a2", name="佐藤 花子", since=date(2020, 1, 1)),
        row("b1", name="佐藤", since=date(2019, 1, 1), updated=date(2021, 1, 1)),
        row("c1", name="サトウ"),
        row("d1", name="佐藤 花子 (旧姓 田中)"),
        row("e1", name="佐藤 花子", kana="サトウハナコ"),
    ]
    rules = survivorship((("name", "kana"), (criterion,)), sources=("c",))
    assert chosen(rows, "name", rules)[1:] == (winner[0], winner[1:])


def test_ties_go_to_the_least_record_in_bytes_then_to_the_value_listed_first() -> None:
    rows = [row("a9", phone=["+81901"]), row("a10", phone=["+81903", "+81902"]), row("あ1", phone=["+81900"])]
    assert chosen(rows, "phone") == ("+81903", "a", "10")


def test_frequency_counts_all_records_of_the_oneid() -> None:
    """Also those that an earlier criterion put out."""
    rows = [
        row("a1", email=["old@x.jp"], updated=date(2020, 1, 1)),
        row("a2", email=["new@x.jp"], updated=date(2021, 1, 1)),
        row("a3", email=["old@x.jp"], updated=date(2021, 1, 1)),
    ]
    rules = survivorship((("email",), ("newest", "most_frequent")))
    assert chosen(rows, "email", rules) == ("old@x.jp", "a", "3")


def test_companies() -> None:
    """A OneID is a company only if no record of it is a person."""
    kinds = [["company"], ["company", "person"], ["company", None], [None]]
    rows = [
        row(f"a{n}{m}", oneid=str(n), customer=kind)
        for n, several in enumerate(kinds)
        for m, kind in enumerate(several)
    ]
    assert made(rows).records["customer"].to_list() == ["company", "person", "company", None]


def test_golden_values_list_each_value_once_with_its_best_record() -> None:
    rows = [
        row("a1", phone=["1", "2", "1"], since=date(2020, 1, 1), address="東京"),
        row("b1", phone=["2"], updated=date(2024, 1, 1)),
        row("b2", oneid="Y", phone=["1"], email=["x@y.jp"], birth="1990-01-01"),
    ]
    assert made(rows).values.select("oneid", "field", "value", "source", "source_id").rows() == [
        ("X", "address", "東京", "a", "1"),
        ("X", "phone", "1", "a", "1"),
        ("X", "phone", "2", "b", "1"),
        ("Y", "email", "x@y.jp", "b", "2"),
        ("Y", "phone", "1", "b", "2"),
    ]


def test_what_golden_refuses() -> None:
    """A field twice in the rules, a field that clashes with a column of ours, frames that do not fit."""
    members = pl.DataFrame([row("a1", since=None, updated=None)], schema=MEMBERS)
    twice = survivorship((("name",), ()), (("kana", "name"), ()))
    with pytest.raises(ConfigError, match="E172"):
        golden(members, pl.DataFrame({"name": ["x"]}), twice)
    for name in ("customer", "oneid", "n_records"):
        with pytest.raises(ConfigError, match="E173"):
            golden(members, pl.DataFrame({name: ["x"]}), Survivorship())
    with pytest.raises(ConfigError, match="E173"):
        golden(members, pl.DataFrame({"name": ["x"], "name_source": ["x"]}), Survivorship())
    for values in (pl.DataFrame({"name": [1]}), pl.DataFrame({"name": ["x", "y"]})):
        with pytest.raises(InternalError, match="E921"):
            golden(members, values, Survivorship())
    with pytest.raises(InternalError, match="E921"):
        golden(members.with_columns(oneid=pl.lit(None, dtype=pl.String)), pl.DataFrame({"name": ["x"]}), Survivorship())


def test_a_refusal_names_the_columns_that_are_of_another_type() -> None:
    """Or says that rows do not match, or that there are nulls."""
    members = pl.DataFrame([row("a1", since=None, updated=None)], schema=MEMBERS)
    with pytest.raises(InternalError, match="age, height"):
        golden(members, pl.DataFrame({"age": [1], "name": ["x"], "height": [1.8]}), Survivorship())
    with pytest.raises(InternalError, match="rows do not match, or nulls"):
        golden(members, pl.DataFrame({"name": ["x", "y"]}), Survivorship())


def test_newest_goes_by_another_day_where_one_is_given() -> None:
    """And by nothing else then; a record without it is the oldest."""
    rows = [row("a1", name="x"), row("a2", name="y", updated=date(2026, 1, 1)), row("a3", name="z")]
    members = pl.DataFrame([{key: r.get(key) for key in MEMBERS} for r in rows], schema=MEMBERS)
    values = pl.DataFrame({"name": [r["name"] for r in rows]})
    for days, name in (([date(2020, 1, 1), None, date(1899, 1, 1)], "x"), ([None, None, date(1899, 1, 1)], "z")):
        dated = members.with_columns(day=pl.Series(days, dtype=pl.Date))
        assert golden(dated, values, Survivorship()).records["name"].item() == name
    assert golden(members, values, Survivorship()).records["name"].item() == "y"


def test_who_has_withdrawn_decides_nothing_that_another_can() -> None:
    """Whatever the criteria say; alone, the last known value still stands."""
    rows = [
        row("a1", name="佐藤 花子", email=["a@x.jp", "c@x.jp"], withdrawn=True, updated=date(2026, 1, 1)),
        row("b1", kana="サトウハナコ", email=["b@x.jp"], withdrawn=False),
        row("b2", email=["c@x.jp"], withdrawn=False),
    ]
    assert chosen(rows, "kana") == ("サトウハナコ", "b", "1")
    assert chosen(rows, "name") == (None, None, None)
    assert chosen(rows[:1], "name") == ("佐藤 花子", "a", "1")
    origin = made(rows).values.select("value", "source", "source_id").rows()
    assert origin == [("a@x.jp", "a", "1"), ("b@x.jp", "b", "1"), ("c@x.jp", "b", "2")]


@pytest.mark.parametrize(
    "change", [{"since": pl.String}, {"customer": pl.Int64}, {"oneid": None}, {"updated": None}], ids=str
)
def test_members_of_another_form_are_refused(change: dict[str, Any]) -> None:
    """A column of another type, and a column that is missing."""
    members = pl.DataFrame([row("a1", since=None, updated=None, customer=None)], schema=MEMBERS)
    for name, dtype in change.items():
        members = members.drop(name) if dtype is None else members.with_columns(pl.lit(None, dtype).alias(name))
    with pytest.raises(InternalError, match="E90"):
        golden(members, pl.DataFrame({"name": ["x"]}), Survivorship())


@pytest.mark.parametrize("first", ["b1", "b9", "a9"])
def test_ties_go_to_the_least_record_however_rows_are_ordered(first: str) -> None:
    """Sources that fall while ids rise, both falling, ids alone falling."""
    assert chosen([row(first, name="x"), row("a5", name="y")], "name") == ("y", "a", "5")


def test_of_thousands_that_hold_a_value_the_least_record_stands_for_it() -> None:
    """However many tie, for each of several values and OneIDs."""
    rows = [row(f"a{n:05}", oneid="XY"[n % 2], phone=[str(n % 3)]) for n in range(6000)]
    found = made(rows).values.select("oneid", "value", "source_id").rows()
    assert found == [
        ("X", "0", "00000"), ("X", "1", "00004"), ("X", "2", "00002"),
        ("Y", "0", "00003"), ("Y", "1", "00001"), ("Y", "2", "00005"),
    ]  # fmt: skip


def test_groups_of_built_in_kinds() -> None:
    """What comes from one record together, what leads there, and of what every value is listed."""
    assert set(map(frozenset, DEFAULT_GROUPS)) == {
        frozenset({"name", "kana", "romaji"}),
        frozenset({"address", "postcode"}),
    }
    assert (set(LEADS), EVERY) == ({"name", "address"}, ("address", "email", "phone"))


def test_kinds_of_ones_own_survive_as_they_say() -> None:
    """Every value of a kind that lists them, of whatever field; what stands beside another comes from its record."""
    rows = [
        {
            "oneid": "A",
            "source": "s",
            "source_id": "1",
            "name": "佐藤",
            "plate": None,
            "car": "x",
            "updated": date(2024, 1, 2),
        },
        {
            "oneid": "A",
            "source": "s",
            "source_id": "2",
            "name": "佐藤 花子",
            "plate": "品川",
            "car": "y",
            "updated": None,
        },
    ]
    members = pl.DataFrame([{key: row.get(key) for key in MEMBERS} for row in rows], schema=MEMBERS)
    values = pl.DataFrame([{key: row[key] for key in ("name", "plate", "car")} for row in rows])
    kinds = {"name": WITH_PLATES["name"], "plate": PLATE, "car": PLATE}
    found = golden(members, values, Survivorship(), kinds)
    assert found.values.select("field", "value").rows() == [("car", "x"), ("car", "y"), ("plate", "品川")]
    assert found.records.select("name", "plate", "plate_source_id").row(0) == ("佐藤", "品川", "2")
    plate = replace(PLATE, survival=Survival(beside="name", leads=True))
    led = golden(
        members,
        values,
        Survivorship(),
        {**kinds, "plate": plate, "name": replace(KINDS["name"], survival=Survival(beside="name"))},
    )
    assert led.records.select("name", "plate").row(0) == ("佐藤 花子", "品川")
    assert golden(members, values, Survivorship()).values.is_empty()
    alone = golden(members, values, Survivorship(), {"name": KINDS["name"], "plate": KINDS["name"]})
    assert alone.records.select("name", "plate").row(0) == ("佐藤", "品川"), (
        "a name of one's own is no part of the name"
    )
