"""What a run says of itself: since the last run, fields refused as a whole, columns of numbers; and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from cli.test_registry import Shops
from conftest import Said
from oneid.cli.terminal.summary import refused_fields

KEYS = {
    "run_id", "folder", "published", "dry_run", "unchanged", "summary", "since_last_run", "rejected", "refused_fields",
    "blocks_left_out", "alarms", "key", "notes", "seconds", "limits_breached",
}  # fmt: skip


def test_since_the_last_run(tmp_path: Path, command: Callable[..., Said]) -> None:
    """From the events: who is new, who left, who was un-merged; nothing of a first run, and nothing of any member."""
    shops = Shops(tmp_path, command)
    shops.write()
    first = shops.resolve("--format", "json")
    assert "since the last run" not in first.out
    assert json.loads(first.out)["since_last_run"] is None
    ids = shops.world.oneids()
    assert shops.registry("merge", ids["card:C70001"], ids["card:C70004"], "--by", "ann").code == 0
    frame = pl.read_csv(shops.base / "card.csv", infer_schema=False)
    shorter = frame.filter(frame[frame.columns[0]] != "C70004")
    shorter.write_csv(shops.base / "card.csv")
    said = shops.resolve("--dry-run")
    assert "since the last run: " in said.out
    assert "1 records left" in said.out
    told = json.loads(shops.resolve("--format", "json").out)
    assert set(told) == KEYS
    assert told["since_last_run"]["left"] == 1
    frame.write_csv(shops.base / "card.csv")
    assert json.loads(shops.resolve("--format", "json").out)["since_last_run"]["left"] == 0
    again = json.loads(shops.resolve("--format", "json").out)
    assert (again["unchanged"], again["published"]) == (True, False)
    assert not any(again["since_last_run"].values())


def test_a_field_that_is_refused_as_a_whole(people_files: Callable[..., Path], command: Callable[..., Said],
                                            tmp_path: Path) -> None:  # fmt: skip
    """98 % of the births of a source lie in the future: a line of the summary says so, with the reason."""
    config = people_files()
    frame = pl.read_csv(config.parent / "ec.csv", infer_schema=False).select("id", "name", "birth")
    row = [
        frame.head(1).with_columns(id=pl.lit(f"X{n}"), birth=pl.lit("2990-01-01" if n else "1980-04-05"))
        for n in range(50)
    ]
    columns = ["kana", "phone", "email", "points"]
    many = pl.concat(row).with_columns(pl.lit(None, pl.String).alias(name) for name in columns)
    many.write_csv(config.parent / "ec.csv")
    said = command("resolve", config, "--out", tmp_path / "out")
    assert said.code == 0
    (line,) = [line for line in said.out.splitlines() if line.startswith("birth of ec: ")]
    assert line.startswith("birth of ec: 98 % of 50 values cannot be used (")
    assert "2990" not in said.out
    run = json.loads((tmp_path / "out/run.json").read_text("utf-8"))
    (one,) = refused_fields(run)
    assert (one["source"], one["field"], one["unusable"], one["filled"]) == ("ec", "birth", 49, 50)
    assert sum(one["reasons"].values()) == 49


def test_partial_values_are_not_refused() -> None:
    """A birth of which only the year is known is used; few values say nothing of a field."""
    field = {"source": "mail", "field": "birth", "filled": 100, "usable": 5, "refused": {"partial": 90, "x": 5}}
    assert refused_fields({"fields": [field]}) == []
    assert refused_fields({"fields": [{**field, "filled": 19, "usable": 0, "refused": {"x": 19}}]}) == []
    assert refused_fields({}) == []


def test_columns_of_numbers(people_files: Callable[..., Path], command: Callable[..., Said], tmp_path: Path) -> None:
    """A file that tells types gives phones as numbers: the summary says which, init says so beside the column."""
    config = people_files()
    frame = pl.read_csv(config.parent / "ec.csv", infer_schema=False)
    phone = frame["phone"].str.replace_all("-", "").cast(pl.Int64)
    frame.with_columns(phone, id=pl.Series(range(4))).write_parquet(config.parent / "ec.parquet")
    config.write_text(config.read_text("utf-8").replace("ec.csv", "ec.parquet"), "utf-8")
    said = command("resolve", config, "--out", tmp_path / "out")
    for name in ("id", "phone"):
        assert f"ec: column {name} is a column of numbers (int64): zeros in front are lost" in said.out
    assert "column points" not in said.out
    japanese = command("resolve", config, "--out", tmp_path / "out2", "--lang", "ja")
    assert "列phoneが数値（int64）のため" in japanese.out
    made = config.parent / "made.yaml"
    assert command("init", config.parent / "ec.parquet", "-o", made).code == 0
    assert made.read_text("utf-8").count("zeros in front are lost") == 2
