"""Assertions for tests of one's own: they hold where they should, and say why where they do not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import oneid
from oneid import testing
from oneid.runs.result import Result
from oneid.vocabulary.errors import UsageError


@pytest.fixture(scope="module")
def result() -> Result:
    return testing.sample(150, seed=2).resolve()


def ends(frame: pl.DataFrame) -> tuple[str, str]:
    source, id_, other, other_id = frame.select("source_l", "source_id_l", "source_r", "source_id_r").row(0)
    return f"{source}:{id_}", f"{other}:{other_id}"


def test_the_sample_is_whole(result: Result) -> None:
    """Five systems, a truth of the same records, the same again for the same seed."""
    one, again = testing.sample(150, seed=2), testing.sample(150, seed=2)
    assert set(one.sources) == {"point_card", "credit_card", "prepaid", "mail_list", "ec"}
    assert all(one.sources[name].equals(again.sources[name]) for name in one.sources)
    truth = pl.from_pandas(one.truth)
    assert truth.columns == ["source", "source_id", "person_id"]
    assert oneid.quality(result.to_polars()["merge_map"], truth).lost == 0
    assert result.summary()["oneids"] < truth.height


def test_one_person_and_two(result: Result, tmp_path: Path) -> None:
    """A link's ends are one person, a question's are two; a failure explains, masked; of a run from files too."""
    a, b = ends(result.to_polars()["links"].filter(pl.col("applied")))
    c, d = ends(result.to_polars()["review"])
    testing.assert_same_person(result, a, b)
    testing.assert_different(result, c, oneid.RecordRef.parse(d))
    with pytest.raises(AssertionError, match=f"^{a} and {b} are one person, OID") as failed:
        testing.assert_different(result, a, b)
    assert "bits, verdict match by" in str(failed.value)
    assert "*" in str(failed.value)
    with pytest.raises(AssertionError, match=f"^{c} and {d} are two persons, OID") as failed:
        testing.assert_same_person(result, c, d)
    assert "Two OneIDs" in str(failed.value)
    result.write(tmp_path)
    with pytest.raises(AssertionError, match=f"^{a} and {b} are one person, OID") as again:
        testing.assert_different(tmp_path, a, b)
    assert "bits, verdict match by" in str(again.value)
    testing.assert_same_person(result.merge_map, a, b)


def test_records_that_are_not_there(result: Result) -> None:
    with pytest.raises(AssertionError, match="no record ec:nobody is in the merge map"):
        testing.assert_same_person(result, "ec:nobody", "ec:E2")
    with pytest.raises(UsageError, match="E420"):
        testing.assert_same_person(result, "nobody", "ec:E2")
    with pytest.raises(UsageError, match="E416 no merge map: it lacks oneid"):
        testing.assert_same_person(result.merge_map.drop(columns="oneid"), "ec:1", "ec:2")


def test_a_config_is_resolved(tmp_path: Path) -> None:
    (tmp_path / "ec.csv").write_text(
        "id,mail,name\n1,ai@example.jp,相田 愛\n2,ai@example.jp,相田 愛\n3,,小川 舞\n", "utf-8"
    )
    source = {"path": "ec.csv", "id": "id", "fields": {"email": "mail", "name": "name"}}
    (tmp_path / "oneid.yaml").write_text(f"version: 1\nsources: {{ec: {source}}}\n".replace("'", '"'), "utf-8")
    testing.assert_same_person(tmp_path / "oneid.yaml", "ec:1", "ec:2")
    testing.assert_different(str(tmp_path / "oneid.yaml"), "ec:1", "ec:3")


def merge_map(groups: str, first: str = "") -> pd.DataFrame:
    """``1 2 | 3`` as a merge map; the OneID of a group is its number."""
    rows = [("ec", id_, f"{first}{number}") for number, ids in enumerate(groups.split("|")) for id_ in ids.split()]
    return pd.DataFrame(rows, columns=["source", "source_id", "oneid"])


@pytest.mark.parametrize(("left", "right"), [("1 2 | 3", "2 1 | 3"), ("1 | 2", "1 | 2"), ("", "")])
def test_equal_merge_maps(left: str, right: str) -> None:
    testing.assert_merge_map_equal(merge_map(left), pl.from_pandas(merge_map(right).astype(str)))
    testing.assert_merge_map_equal(merge_map(left), merge_map(right, "other"), ignore_oneids=True)


def test_oneids_count_unless_they_are_ignored() -> None:
    """The same partition in another order of groups."""
    testing.assert_merge_map_equal(merge_map("1 2 | 3"), merge_map("3 | 1 2"), ignore_oneids=True)
    with pytest.raises(AssertionError, match="other OneIDs: ec:1 ec:2 ec:3"):
        testing.assert_merge_map_equal(merge_map("1 2 | 3"), merge_map("3 | 1 2"))


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ("1 2 | 3", "1 | 2 | 3", ["one person in left alone: ec:1 | ec:2"]),
        (
            "1 | 2 3 4", "1 2 3 | 4",
            ["one person in left alone: ec:2 ec:3 | ec:4", "one person in right alone: ec:1 | ec:2 ec:3"],
        ),
        ("1 2", "1", ["only in left: ec:2"]),
        ("1", "1 2 | 3 4 5 6 7 8", ["only in right: ec:2 ec:3 ec:4 ec:5 ec:6 and 2 more"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ignore", [True, False])
def test_differing_merge_maps(left: str, right: str, told: list[str], ignore: bool) -> None:
    """What is together on one side alone, and who is missing; however many, a few are listed."""
    with pytest.raises(AssertionError) as failed:
        testing.assert_merge_map_equal(merge_map(left), merge_map(right), ignore_oneids=ignore)
    assert str(failed.value).splitlines() == ["the merge maps differ", *told]


def test_many_differences_are_counted() -> None:
    torn = " | ".join(f"{n} {n + 1}" for n in range(10, 30, 2))
    with pytest.raises(AssertionError, match=r"\.\.\. and 5 more$"):
        testing.assert_merge_map_equal(merge_map(torn), merge_map(" | ".join(map(str, range(10, 30)))))
