"""Results: tables, attaching OneIDs, members, notebook view, writing and reading back."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import oneid
from conftest import PEOPLE, Demo, people_config, people_frames, tables
from oneid.vocabulary.errors import InputError, OutputError, UsageError

TABLES = ("merge_map", "golden", "links", "review", "events", "patterns")


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_pandas_frames(demo: Demo, name: str) -> None:
    """Each with the rows and columns of its Polars twin, made once."""
    table = getattr(demo.result, name)
    assert isinstance(table, pd.DataFrame)
    twin = demo.result.to_polars()[name]
    assert table.shape == twin.shape
    assert list(table.columns) == twin.columns
    assert getattr(demo.result, name) is table


def test_columns_of_the_tables(demo: Demo) -> None:
    """At least the columns that the outputs promise."""
    promised = {
        "merge_map": "source source_id oneid status rule score via_source via_source_id run_id",
        "golden": "oneid name name_source name_source_id n_records n_sources customer",
        "golden_values": "oneid field value source source_id since updated",
        "members": "source source_id oneid",
        "links": "source_l source_id_l source_r source_id_r pattern score rule verdict rules_version",
        "review": "source_l source_id_l source_r source_id_r pattern score rule verdict rules_version",
        "events": "run_id at event oneid other_oneid source source_id reason",
        "aliases": "oneid current_oneid since",
        "rejected": "source row source_id reason",
        "patterns": "pattern name birth phone email address pairs score rule verdict",
    }
    found = demo.result.to_polars()
    for name, columns in promised.items():
        assert set(columns.split()) <= set(found[name].columns), name
    assert set(found["state/pairs"].dtypes) <= {pl.UInt32, pl.UInt64, pl.UInt8}
    assert found["review"]["score"].is_sorted(descending=True)


def test_to_polars_is_a_copy_of_the_mapping(people) -> None:
    """Taking a table out of it does not take it out of the result."""
    people.to_polars().clear()
    assert people.to_polars()


def test_attach_to_pandas(people) -> None:
    """Index and order stay; unknown and missing ids have null; the frame itself is not changed."""
    frame = pd.DataFrame({"member": ["E3", "nobody", "E1", None, "E1"], "x": range(5)}, index=[9, 8, 7, 6, 5])
    made = people.attach(frame, source="ec", id="member")
    assert made.index.tolist() == [9, 8, 7, 6, 5]
    assert made["x"].tolist() == list(range(5))
    assert list(frame.columns) == ["member", "x"]
    known = people.merge_map[people.merge_map["source"] == "ec"].set_index("source_id")["oneid"]
    assert made["oneid"].tolist()[0::2] == [known["E3"], known["E1"], known["E1"]]
    assert made["oneid"].isna().tolist() == [False, True, False, True, False]


def test_attach_to_polars(people) -> None:
    """The same for Polars."""
    frame = pl.DataFrame({"member": ["E3", "nobody", "E1", None, "E1"], "x": range(5)})
    made = people.attach(frame, source="ec", id="member")
    assert made.columns == ["member", "x", "oneid"]
    assert made["x"].to_list() == list(range(5))
    assert made["oneid"].is_null().to_list() == [False, True, False, True, False]
    pandas = people.attach(frame.to_pandas(), source="ec", id="member")
    assert made["oneid"].to_list() == [None if pd.isna(value) else value for value in pandas["oneid"]]
    assert people.attach(frame.clear(), source="ec", id="member").columns == ["member", "x", "oneid"]


def test_attach_by_integer_ids() -> None:
    """Ids that are numbers in the table match the texts they are read as."""
    fields = {"sources": {"a": {"id": "id", "fields": {"name": "name"}}}}
    found = oneid.resolve({"a": pl.DataFrame({"id": [7, 8], "name": ["佐藤 太郎", "鈴木 一郎"]})}, fields)
    for frame in (pd.DataFrame({"n": [8, 7, 1]}), pl.DataFrame({"n": [8, 7, 1]})):
        made = found.attach(frame, source="a", id="n")["oneid"]
        assert pl.Series(made).is_null().to_list() == [False, False, True]


def test_attach_to_what_is_not_there(people) -> None:
    """Unknown source, unknown column: with a hint."""
    for error, call in (
        ("E410.*did you mean 'store'", lambda: people.attach(pd.DataFrame({"id": ["1"]}), source="stores", id="id")),
        (
            "E411.*did you mean 'member'",
            lambda: people.attach(pd.DataFrame({"member": ["1"]}), source="ec", id="membr"),
        ),
        ("E411", lambda: people.attach(pl.DataFrame({"member": ["1"]}), source="ec", id="id")),
    ):
        with pytest.raises(UsageError, match=error):
            call()


def test_members(people) -> None:
    """The records of one OneID with their carried columns."""
    of = dict(zip(people.merge_map["source_id"], people.merge_map["oneid"], strict=True))
    found = people.members(of["E1"])
    assert sorted(found["source_id"]) == ["E1", "S1"]
    assert found.set_index("source_id").loc["S1", "store.points"] == "=1+2"
    with pytest.raises(UsageError, match="E412"):
        people.members("OID0000000000000A")


def test_summary(people) -> None:
    """Counts that can be checked by hand."""
    found = people.summary()
    assert found["records"] == {"ec": 4, "store": 3}
    assert (found["rejected"], found["oneids"], found["linked_records"], found["largest"]) == (0, 5, 4, 2)
    assert sum(found["links_by_rule"].values()) == 2
    assert repr(people) == f"<oneid.Result 7 records, 5 OneIDs, {found['review']} to review>"


def test_the_notebook_view_is_escaped_and_masked() -> None:
    """No markup out of a cell, and no whole value of a golden record."""
    name, mail = "<script>alert(1)</script> 太郎", "evil&co@example.com"
    frames = {
        shop: pl.DataFrame({"id": ["1"], "name": [name], "mail": [mail], "phone": ["090-1234-9876"]})
        for shop in ("a", "b")
    }
    fields = {"id": "id", "fields": {"name": "name", "email": "mail", "phone": "phone"}}
    html = oneid.resolve(frames, {"sources": {"a": fields, "b": fields}})._repr_html_()
    assert "<table>" in html
    assert "<script" not in html
    assert "alert" not in html
    assert mail not in html
    assert "12349876" not in re.sub(r"[-\s]", "", html)


def test_the_notebook_view_of_the_demo_shows_no_value(demo: Demo) -> None:
    """None of the names, kana, births, phones and mails of the golden records shown."""
    html = demo.result._repr_html_()
    shown = demo.result.to_polars()["golden"].filter(pl.col("n_records") > 1).head(5)
    for field in ("name", "kana", "birth", "phone", "email", "postcode", "address"):
        for value in shown[field].drop_nulls():
            assert value not in html, field
    assert all(oneid_ in html for oneid_ in shown["oneid"])


def test_written_and_read_back(demo: Demo) -> None:
    """Every table and run.json come back as they were."""
    again = oneid.read_run(demo.folder / "out")
    for name, table in demo.result.to_polars().items():
        assert again.to_polars()[name].equals(table), name
    assert again.summary() == demo.result.summary()
    assert again.run["run_id"] == demo.result.run["run_id"]
    assert again.merge_map.equals(demo.result.merge_map)


def test_read_where_nothing_was_written(tmp_path: Path) -> None:
    """An empty folder, no folder, a file."""
    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(InputError) as caught:
            oneid.read_run(place)
        assert caught.value.code == "E251"


def test_csv_has_a_bom_and_defused_formulas(people, tmp_path: Path) -> None:
    """Spreadsheets read it as UTF-8 and run nothing of it; Parquet keeps what was there."""
    people.write(tmp_path / "out", csv=True)
    assert {path.stem for path in (tmp_path / "out").glob("*.csv")} == {
        name for name in people.to_polars() if "/" not in name
    }
    data = (tmp_path / "out" / "members.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    cells = pl.read_csv(data, infer_schema=False).sort("source_id")
    assert dict(zip(cells["source_id"], cells["store.points"], strict=True))["S1"] == "'=1+2"
    assert dict(zip(cells["source_id"], cells["ec.points"], strict=True))["E4"] == "'-5"
    assert "=1+2" in pl.read_parquet(tmp_path / "out" / "members.parquet")["store.points"].to_list()


def test_writing_twice_changes_nothing(people, tmp_path: Path) -> None:
    """Not even the times of the files."""

    def seen() -> dict[str, tuple[int, bytes]]:
        return {
            str(p.relative_to(tmp_path)): (p.stat().st_mtime_ns, p.read_bytes())
            for p in tmp_path.rglob("*")
            if p.is_file() and p.name != "lock"
        }

    people.write(tmp_path / "out")
    first = seen()
    people.write(tmp_path / "out")
    assert seen() == first


def test_a_second_run_replaces_the_first(people, tmp_path: Path) -> None:
    """Also the CSV files that it does not write."""
    people.write(tmp_path / "out", csv=True)
    frames = people_frames() | {"store": people_frames()["store"].head(1)}
    smaller = oneid.resolve(frames, people_config())
    smaller.write(tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.csv"))
    again = oneid.read_run(tmp_path / "out")
    assert sum(again.summary()["records"].values()) == len(PEOPLE["ec"]) + 1
    assert all(table.equals(tables(again)[name]) for name, table in tables(smaller).items())


def test_writing_where_a_file_is(people, tmp_path: Path) -> None:
    """The file stays."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="E302"):
        people.write(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"
