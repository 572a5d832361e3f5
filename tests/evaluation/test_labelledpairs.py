"""Labelled pairs: counted by hand, by verdict, and told by the command; what is no labels file is a truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from conftest import Demo, Said
from oneid.evaluation.evaluate import evaluate
from oneid.evaluation.labelledpairs import by_verdict, figures, labelled, read_labels
from oneid.identity.decisions import COLUMNS
from oneid.review.books import HEADER
from oneid.vocabulary.errors import InputError

GIVEN = pl.DataFrame(
    [("s", "a", "X"), ("s", "b", "X"), ("t", "c", "X"), ("t", "d", "Y")],
    schema=["source", "source_id", "oneid"], orient="row",
)  # fmt: skip
LABELS = pl.DataFrame(
    [("s", "a", "s", "b", "same"), ("s", "b", "t", "c", "different"), ("s", "a", "t", "d", "same"),
     ("s", "b", "t", "d", "different"), ("s", "a", "t", "c", "defer"), ("s", "a", "t", "gone", "same")],
    schema=list(COLUMNS), orient="row",
)  # fmt: skip


def test_counted_by_hand() -> None:
    """Of two pairs labelled the same one has one OneID, of two different ones too; one put off, one unknown."""
    ends = ["source_l", "source_id_l", "source_r", "source_id_r", "pattern"]
    pairs = pl.DataFrame([("s", "a", "s", "b", 1), ("t", "c", "s", "b", 2)], schema=ends, orient="row")
    patterns = pl.DataFrame(
        {"pattern": [1, 2], "verdict": ["match", "review"], "rule": ["r", "score"], "score": [9, 0]}
    )
    found = labelled(LABELS, GIVEN, (pairs, patterns), "labels.csv")
    assert found.select("source_id_l", "source_id_r", "together", "right", "verdict").rows() == [
        ("a", "b", True, True, "match"), ("a", "d", False, False, None),
        ("b", "c", True, False, "review"), ("b", "d", False, True, None),
    ]  # fmt: skip
    assert figures(found, LABELS) == {
        "labelled": 4, "same": 2, "same_under_one": 1, "different": 2, "different_under_one": 1, "put_off": 1,
        "unknown": 1,
    }  # fmt: skip
    assert by_verdict(found).rows() == [
        ("match", 1, 1, 0, 1.0, 1, 0), ("review", 1, 0, 1, 0.0, 0, 1), ("not compared", 2, 1, 1, 0.5, 0, 0),
    ]  # fmt: skip


def test_strangers_are_refused() -> None:
    with pytest.raises(InputError, match="E262"):
        labelled(LABELS, GIVEN.with_columns(source=pl.lit("other")), None, "labels.csv")


def test_what_is_no_labels_file(demo: Demo, tmp_path: Path) -> None:
    """A truth is none, nor a table of another kind; the header that the page writes is one."""
    assert read_labels(demo.folder / "truth.csv") is None
    assert read_labels(demo.folder / "out/links.parquet") is None
    file = tmp_path / "labels.csv"
    file.write_text(",".join(HEADER) + "\r\nec,E1,ec,E2,same,sato,,,\r\n", "utf-8-sig")
    made = read_labels(file)
    assert made is not None
    assert made["decision"].to_list() == ["same"]


def test_by_command(demo: Demo, command: Callable[..., Said], tmp_path: Path) -> None:
    """Labels as the truth has them: what the run linked rightly is right; written, and told as JSON."""
    person = dict(demo.truth.select(pl.concat_str("source", pl.lit(":"), "source_id"), "person_id").iter_rows())
    out = demo.folder / "out"
    rows = [
        (*ends, "same" if person[f"{ends[0]}:{ends[1]}"] == person[f"{ends[2]}:{ends[3]}"] else "different")
        for name in ("links", "review")
        for ends in pl.read_parquet(out / f"{name}.parquet").select(COLUMNS[:4]).head(60).iter_rows()
    ]
    file = tmp_path / "labels.csv"
    pl.DataFrame(rows, schema=list(COLUMNS), orient="row").unique(COLUMNS[:4]).write_csv(file)
    said = command("evaluate", out, file, "--format", "json", "--out", tmp_path / "measured")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["labels"]["labelled"] >= 100
    assert told["labels"]["same_under_one"] >= 50
    table = pl.read_parquet(tmp_path / "measured/by_verdict.parquet")
    assert {"match", "review"} <= set(table["verdict"])
    assert table["labelled"].sum() == told["labels"]["labelled"]
    words = command("evaluate", out, file, "--lang", "ja").out
    assert "ラベル付きペアとの比較" in words
    found = evaluate(out, file)
    assert found.quality is None
    assert found.labels == told["labels"]
