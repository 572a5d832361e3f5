"""Explaining a pair: fields, score, rule and the way from one to the other, masked unless asked for."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

import oneid
from conftest import PEOPLE, Demo, people_config, people_frames
from foreign_kind import NAMED, PLATE
from oneid.kinds import catalogue
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.references import RecordRef, Verdict


def test_a_linked_pair(people) -> None:
    """Levels, bits that add up to the score, the rule with its reason, the OneID and the way there."""
    found = people.explain("store:S1", "ec:E1")
    assert (found.left, found.right) == (RecordRef("ec", "E1"), RecordRef("store", "S1"))
    assert found.verdict == Verdict.MATCH
    assert found.together
    assert found.path == (RecordRef("ec", "E1"), RecordRef("store", "S1"))
    levels = {field.field: field.level for field in found.fields}
    assert (levels["name"], levels["birth"], levels["phone"], levels["email"]) == (
        "equal_rare",
        "equal",
        "mobile_equal",
        "missing",
    )
    assert found.score == round(
        100 * (sum(field.bits for field in found.fields) + sum(bits for _, bits in found.extra))
    )
    text = str(found)
    assert found.why
    assert found.why in text
    assert f"One person: {found.oneids[0]}, by ec:E1 = store:S1" in text
    assert f"found by blocking key {found.key_rule}" in text


def test_which_comes_first_does_not_matter(people) -> None:
    """Both ways round, as text or as RecordRef."""
    assert people.explain("store:S1", "ec:E1") == people.explain(RecordRef("ec", "E1"), RecordRef("store", "S1"))


def test_a_pair_of_two_people(people) -> None:
    """Brothers: what they share, what differs, and their two OneIDs."""
    found = people.explain("ec:E2", "ec:E3")
    assert not found.together
    assert found.verdict == Verdict.NEVER
    assert found.path == ()
    assert {field.field: field.level for field in found.fields}["phone"] == "land_shared"
    assert "Two OneIDs" in found.text()


def test_a_pair_that_no_key_brings_together(people) -> None:
    """Said so; and compared all the same."""
    found = people.explain("ec:E1", "store:S3")
    assert (found.candidate, found.key_rule) == (False, None)
    assert "no blocking key" in found.text()


def test_a_decided_pair(tmp_path, people_files) -> None:
    """What a person decided is the rule."""
    (tmp_path / "in").mkdir()
    head = "source_l,source_id_l,source_r,source_id_r,decision\n"
    (tmp_path / "in" / "decisions.csv").write_text(head + "ec,E1,store,S1,different\n", encoding="utf-8")
    found = oneid.resolve(people_files(decisions="decisions.csv")).explain("ec:E1", "store:S1")
    assert (found.rule, found.verdict, found.together) == ("decision", Verdict.NEVER, False)


def values(records) -> set[str]:
    """Everything that records say but for ids, in the forms in which it may be shown."""
    said = {cell for row in records for cell in row[1:6] if cell}
    return said | {cell.replace("-", "") for cell in said} | {cell.replace(" ", "") for cell in said}


RECORDS = [(f"{shop}:{row[0]}", row) for shop in PEOPLE for row in PEOPLE[shop]]
PAIRS = [(a, b, row, other) for (a, row), (b, other) in combinations(RECORDS, 2)]


@pytest.mark.parametrize(("a", "b", "row", "other"), PAIRS, ids=[f"{a}-{b}" for a, b, *_ in PAIRS])
def test_no_value_is_shown_whole(people, a, b, row, other) -> None:
    """Of any pair; with show_pii all of them are."""
    text = people.explain(a, b).text()
    for value in values([row, other]):
        assert value not in text
    assert other[1] in people.explain(a, b, show_pii=True).text()


@pytest.mark.slow
def test_no_value_of_the_demo_is_shown_whole(demo: Demo) -> None:
    """Fifty links and fifty questions of the demo: no phone, mail or address of either record."""
    found = demo.result.to_polars()
    pairs = pl.concat(
        [
            found[name].select("source_l", "source_id_l", "source_r", "source_id_r").head(50)
            for name in ("links", "review")
        ]
    )
    held = found["golden_values"].group_by("source", "source_id").agg("value")
    of = {(source, id_): said for source, id_, said in held.iter_rows()}
    seen = 0
    for source_l, id_l, source_r, id_r in pairs.iter_rows():
        text = demo.result.explain(f"{source_l}:{id_l}", f"{source_r}:{id_r}").text()
        for value in {*of.get((source_l, id_l), []), *of.get((source_r, id_r), [])}:
            if len(value) >= 2:
                seen += 1
                assert value not in text
    assert seen > 100


@pytest.mark.parametrize(
    ("a", "b", "code", "hint"),
    [
        ("E1", "store:S1", "E420", "write source:id"),
        ("ec:E1", "stores:S1", "E421", "did you mean 'store'"),
        ("ec:E99", "store:S1", "E421", None),
        ("ec:E1", "ec:E1", "E422", None),
    ],
)
def test_records_that_are_none(people, a, b, code, hint) -> None:
    """No reference, unknown source, unknown record, one record twice."""
    with pytest.raises(UsageError) as caught:
        people.explain(a, b)
    assert caught.value.code == code
    assert hint is None or hint in str(caught.value)


def test_a_run_with_fields_of_ones_own() -> None:
    """They are shown and masked like the others."""
    frames = {shop: frame.with_columns(card=pl.lit("CARD-77123")) for shop, frame in people_frames().items()}
    config = people_config()
    sources = {
        shop: {**said, "fields": {**said["fields"], "card": {"column": "card", "kind": "identifier"}}}
        for shop, said in config["sources"].items()
    }
    found = oneid.resolve(frames, {**config, "sources": sources}).explain("ec:E1", "store:S1")
    assert {field.field: field.level for field in found.fields}["card"] == "equal"
    assert "77123" not in found.text()


def test_a_kind_of_ones_own_goes_all_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guessed, compared, explained, golden, of one household, shown in short, and in a diff."""
    rows = [("1", "佐藤 花子", "1980-03-07", "品川 300"), ("2", "佐藤 太郎", "1978-01-02", "品川300")]
    more = [("1", "佐藤 花子", "1980-03-07", "品川300"), ("2", "佐藤 花子", "1980-03-07", "足立500")]
    columns = ["id", "氏名", "生年月日", "車両番号"]
    frames = {"garage": pl.DataFrame(rows, columns, orient="row"), "shop": pl.DataFrame(more, columns, orient="row")}
    found = oneid.resolve(frames, {"kinds": [NAMED]})
    pair = found.explain("garage:1", "shop:1", show_pii=True)
    shown = {field.field: (field.left, field.right, field.level) for field in pair.fields}
    assert shown["plate"] == ("品川300", "品川300", "shared")
    assert dict(found.to_polars()["golden_values"].select("value", "field").rows()) == {
        "品川300": "plate",
        "足立500": "plate",
    }
    assert set(found.households["evidence"]) == {"car"}
    monkeypatch.setattr(catalogue, "_offered", lambda: (NAMED,))
    catalogue._kinds_of.cache_clear()
    try:
        assert '<th scope="col">plate</th>' in found._repr_html_()
    finally:
        catalogue._kinds_of.cache_clear()
    assert PLATE.in_short


def test_a_nickname_shows_the_handle_that_was_compared() -> None:
    """Wherever it stands, among names or in a field of its own, and no name beside it."""
    frames = {
        "a": pl.DataFrame(
            {"id": ["1"], "name": ["xX_taro_Xx"], "nickname": [None]}, schema_overrides={"nickname": pl.String}
        ),
        "b": pl.DataFrame({"id": ["1"], "name": ["佐藤 太郎"], "nickname": ["xX_taro_Xx"]}),
    }
    fields = {"name": "name", "nickname": "nickname"}
    found = oneid.resolve(frames, {"sources": {name: {"id": "id", "fields": fields} for name in frames}})
    shown = {field.field: (field.left, field.right) for field in found.explain("a:1", "b:1", show_pii=True).fields}
    assert shown["nickname"] == ("xX_taro_Xx", "xX_taro_Xx")
