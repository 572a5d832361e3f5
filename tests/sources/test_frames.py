"""Frames of every make, as engineers really hold them."""

from __future__ import annotations

import datetime as dt
import pickle
import uuid

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import oneid
from oneid.settings.configfile import from_dict
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import InputError, Place, Problems

ROWS = pl.DataFrame({"id": [1, 2], "name": ["佐藤 花子", "鈴木 一郎"], "tel": ["090-1111-2222", None]})
SOURCE = {"id": "id", "fields": {"name": "name", "phone": "tel"}}
READER = "an Arrow reader"


def made(make: str) -> object:
    connection = duckdb.connect()
    connection.register("t", ROWS.to_arrow())
    return {
        "pandas": ROWS.to_pandas,
        "lazy": ROWS.lazy,
        "arrow": ROWS.to_arrow,
        READER: lambda: ROWS.to_arrow().to_reader(),
        "duckdb": lambda: connection.sql("select * from t"),
    }[make]()


MAKES = ["pandas", "lazy", "arrow", READER, "duckdb"]


@pytest.mark.parametrize("make", MAKES)
def test_every_make(make: str) -> None:
    """With a config that says all, and with one that is guessed: a reader is read once."""
    for config in ({"sources": {"a": SOURCE}}, {}):
        result = oneid.resolve({"a": made(make)}, config)
        assert sorted(result.merge_map["source_id"]) == ["1", "2"]


def test_two_relations_of_one_connection() -> None:
    """As dbt-duckdb hands them; their unused columns may be of any type."""
    connection = duckdb.connect()
    connection.register("t", ROWS.to_arrow())
    query = (
        "select *, interval 1 day as i, {'a': [1]} as s, 170141183460469231731687303715884105727::hugeint as h from t"
    )
    frames = {"a": connection.sql(query), "b": connection.sql(query)}
    result = oneid.resolve(frames, {"sources": {"a": SOURCE, "b": SOURCE}})
    assert len(result.merge_map) == 4
    assert result.merge_map["oneid"].nunique() == 3  # one of them has no phone


def test_a_config_file_without_a_path(tmp_path) -> None:
    """The frame that is handed over is what is read; a source that is not, needs its path."""
    (tmp_path / "c.yaml").write_text("version: 1\nsources:\n  a: {id: id, fields: {name: name}}\n", "utf-8")
    assert len(oneid.resolve({"a": ROWS}, tmp_path / "c.yaml").merge_map) == 2
    with pytest.raises(oneid.ConfigError, match="path"):
        oneid.resolve(tmp_path / "c.yaml")


def test_unused_columns_never_matter() -> None:
    """Whatever their type, with a config and where columns are guessed."""
    frame = ROWS.with_columns(
        pl.Series("o", [object(), object()], dtype=pl.Object),
        pl.Series("l", [[[1]], [[2]]]),
        pl.lit(b"\xff").alias("b"),
    )
    assert len(oneid.resolve({"a": frame}, {"sources": {"a": SOURCE}}).merge_map) == 2
    assert oneid.resolve({"a": frame.drop("b")}).run["rows_in"] == {"a": 2}


def test_lists_structs_and_types() -> None:
    """Lists are several values, fields of structs columns; ids may be UUIDs, large numbers, days."""
    one = uuid.UUID(int=7)
    frame = pd.DataFrame(
        {
            "id": [one],
            "who": [{"name": "佐藤 花子"}],
            "tel": [["090-1111-2222", "03-1234-5678"]],
            "at": [dt.date(1990, 1, 2)],
        }
    )
    config = from_dict({"sources": {"a": {"id": "id", "fields": {"name": "who.name", "phone": "tel", "birth": "at"}}}})
    row = read_source(config.sources["a"], config, frame).frame.row(0, named=True)
    assert row["source_id"] == str(one)
    assert row["@who.name"] == "佐藤 花子"
    assert row["@tel"] == "090-1111-2222; 03-1234-5678"
    large = read_source(config.sources["a"], config, frame.assign(id=np.array([2**64 - 1], dtype=np.uint64))).frame
    assert large["source_id"].to_list() == [str(2**64 - 1)]


@pytest.fixture(scope="module")
def result() -> oneid.Result:
    return oneid.resolve({"a": ROWS}, {"sources": {"a": SOURCE}})


def test_attach_takes_ids_of_any_honest_type(result: oneid.Result) -> None:
    """Numbers, floats that are whole numbers, text; the same OneIDs, in the make that was given."""
    known = dict(result.merge_map[["source_id", "oneid"]].itertuples(index=False))
    expected = [known["2"], None, known["1"]]
    for ids in (["2", "9", "1"], [2, 9, 1], [2.0, 9.0, 1.0], np.array([2, 9, 1]), ["2", 9, 1.0]):
        assert result.attach(ids, source="a") == expected
    floats = pl.Series("id", [2.0, None, 1.0])
    assert result.attach(floats, source="a").to_list() == expected
    assert result.attach(floats.to_pandas(), source="a").to_list() == expected
    for frame in (pl.DataFrame({"id": [2.0, None, 1.0]}), pl.DataFrame({"id": [2, 9, 1]}).lazy()):
        assert result.attach(frame, source="a", id="id", into="o").lazy().collect()["o"].to_list() == expected
    table = result.attach(pa.table({"id": [2, 9, 1]}), source="a", id="id")
    assert table.column("oneid").to_pylist() == expected
    relation = duckdb.connect().sql("select unnest([2, 9, 1]) as id")
    assert result.attach(relation, source="a", id="id").column("oneid").to_pylist() == expected
    pandas = pd.DataFrame({"id": [2.0, np.nan, 1.0]}, index=[5, 6, 7])
    assert result.attach(pandas, source="a", id="id").loc[7, "oneid"] == known["1"]


def test_attach_is_never_silent(result: oneid.Result) -> None:
    """Floats that are no ids are refused; where no id is known, a warning says so."""
    with pytest.raises(InputError, match="E208"):
        result.attach([1.5, 2.0], source="a")
    with pytest.warns(UserWarning, match="none of the ids"):
        assert result.attach(["01", "02"], source="a") == [None, None]


def test_results_and_errors_can_be_pickled(result: oneid.Result) -> None:
    """As pools of workers hand them over."""
    again = pickle.loads(pickle.dumps(result))
    assert again.merge_map.equals(result.merge_map)
    assert again.run == result.run
    error = InputError("E206", "the column 'x' is missing", place=Place("a.csv", 3), hint="rename it")
    for one in (error, Problems([error, error])):
        back = pickle.loads(pickle.dumps(one))
        assert (type(back), str(back), back.code) == (type(one), str(one), one.code)
