"""The records of a person side by side: from memory, from a folder with and without a registry; masked by default."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import oneid
from conftest import people_config, people_frames
from oneid.vocabulary.errors import UsageError


def of(result: oneid.Result, source_id: str) -> str:
    """The OneID of a member."""
    merge_map = result.merge_map
    return str(merge_map.loc[merge_map["source_id"] == source_id, "oneid"].iloc[0])


def test_from_memory(people: oneid.Result) -> None:
    """A column per record, a row per field that one of them has, and what links them."""
    seen = people.records(of(people, "E1"), show_pii=True)
    assert list(seen.columns) == ["ec:E1", "store:S1"]
    assert seen.loc["name"].tolist() == ["髙橋 花子", "高橋花子"]
    assert seen.loc["birth"].tolist() == ["1980-04-05", "1980-04-05"]
    assert seen.loc["email"].tolist() == ["hanako@example.com", ""]
    assert seen.loc["ec.points"].tolist() == ["7", ""]
    assert "sex" not in seen.index
    assert seen.loc["rule"].tolist().count("") < 2


def test_masked(people: oneid.Result) -> None:
    """What two records share is hidden, what differs stays visible, and nothing is shown whole."""
    seen = people.records(of(people, "E4"))
    plain = people.records(of(people, "E4"), show_pii=True)
    assert seen.loc["birth", "store:S2"] == "****-**-2*"
    assert plain.loc["birth", "store:S2"] == "2001-06-21"
    for field in ("name", "kana", "birth", "email"):
        for record in seen.columns:
            if plain.loc[field, record]:
                assert seen.loc[field, record] != plain.loc[field, record]
                assert "*" in seen.loc[field, record]
    assert "小鳥遊" not in seen.to_string()


def test_from_folders(people: oneid.Result, people_files: Callable[..., Path], tmp_path: Path) -> None:
    """With a registry a folder has all that the process had; without one the compared fields, and what else the golden
    records say.
    """
    oneid.resolve(people_frames(), people_config()).write(tmp_path / "plain")
    plain = oneid.read_run(tmp_path / "plain")
    seen = plain.records(of(plain, "E1"), show_pii=True)
    assert list(seen.columns) == ["ec:E1", "store:S1"]
    assert seen.loc["email"].tolist() == ["hanako@example.com", ""]
    assert seen.loc["ec.points"].tolist() == ["7", ""]
    assert seen.loc["name"].tolist() == ["髙橋 花子", "高橋花子"]
    assert seen.loc["birth"].tolist() == ["1980-04-05", "1980-04-05"]
    with oneid.resolve(people_files(registry=f"sqlite:///{tmp_path}/r.db"), folder=tmp_path / "kept") as result:
        result.write(tmp_path / "kept")
    kept = oneid.read_run(tmp_path / "kept")
    assert kept.records(of(kept, "E1"), show_pii=True).equals(people.records(of(people, "E1"), show_pii=True))


def test_a_oneid_that_is_not_there(people: oneid.Result) -> None:
    with pytest.raises(UsageError, match="E412"):
        people.records("OID00000000000000")


def test_text_of_others_is_no_markup() -> None:
    """What a notebook shows of it is escaped."""
    frames = people_frames()
    frames["ec"] = frames["ec"].with_columns(points=frames["ec"]["points"].replace("7", "<script>x</script>"))
    result = oneid.resolve(frames, people_config())
    html = result.records(of(result, "E1"), show_pii=True)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
