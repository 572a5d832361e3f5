"""Runs: files and frames, guessing, keys, limits, registry, guards and decisions."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import oneid
from conftest import PEOPLE, people_config, people_frames, tables
from oneid.identity.decisions import COLUMNS
from oneid.vocabulary.errors import ConfigError, LimitBreached, OneIDError, UsageError

PAIRS = {frozenset({"ec:E1", "store:S1"}), frozenset({"ec:E4", "store:S2"})}
"""Who is one person in PEOPLE."""


def groups(result: oneid.Result) -> set[frozenset[str]]:
    """The OneIDs of several records, as sets of record names."""
    named = result.to_polars()["merge_map"].with_columns(record=pl.concat_str("source", "source_id", separator=":"))
    many = named.group_by("oneid").agg("record").filter(pl.col("record").list.len() > 1)
    return {frozenset(records) for records in many["record"].to_list()}


def with_rules(tmp_path, old: str, new: str) -> str:
    """The shipped rules, changed, as a file; gives its path."""
    from importlib import resources

    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
    assert old in text
    path = tmp_path / "rules.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_who_is_who(people) -> None:
    """The two people that are in both shops, and nobody else: brothers with one land line stay two."""
    assert groups(people) == PAIRS


@pytest.mark.parametrize(
    "make", [pl.DataFrame.lazy, pl.DataFrame.to_pandas, pl.DataFrame.to_arrow], ids=["lazy", "pandas", "arrow"]
)
def test_frames_of_any_make_give_the_same(people, make) -> None:
    """Polars (also lazy), pandas and Arrow."""
    found = oneid.resolve({shop: make(frame) for shop, frame in people_frames().items()}, people_config())
    for name, table in tables(people).items():
        assert table.equals(tables(found)[name]), name


def test_files_give_the_same_as_frames(people, people_files) -> None:
    """But for the name of the run, which is made of the config too."""
    found = oneid.resolve(people_files(), run_id="one")
    again = oneid.resolve(people_frames(), people_config(), run_id="one")
    assert groups(found) == groups(people)
    for name, table in tables(again).items():
        assert table.equals(tables(found)[name]), name
    assert set(found.merge_map["run_id"]) == {"one"}


def test_numbers_and_dates_of_frames_are_text(people) -> None:
    """Integer ids and real dates from pandas are what a person would have typed."""
    frame = pd.DataFrame({"id": [1, 2], "birth": pd.to_datetime(["1980-04-05", None]), "name": ["髙橋 花子", None]})
    found = oneid.resolve({"a": frame}, {"sources": {"a": {"id": "id", "fields": {"name": "name", "birth": "birth"}}}})
    assert sorted(found.merge_map["source_id"]) == ["1", "2"]
    assert "1980-04-05" in found.golden["birth"].tolist()


def test_fields_that_are_left_out_are_guessed() -> None:
    """From headers and content: ids, names, phones; the guess is told."""
    renamed = {
        "ec": ["member_id", "氏名", "フリガナ", "生年月日", "電話番号", "メールアドレス", "points"],
        "store": ["会員番号", "name", "kana", "birthday", "tel", "email", "points"],
    }
    frames = {
        shop: frame.rename(dict(zip(frame.columns, renamed[shop], strict=True)))
        for shop, frame in people_frames().items()
    }
    assert groups(oneid.resolve(frames)) == PAIRS


def test_mistakes_in_settings_are_told_together(people_files, monkeypatch) -> None:
    """An unset key and unknown rules: two lines, all E1xx, nothing read."""
    monkeypatch.delenv("ONEID_TEST_KEY", raising=False)
    config = people_files(registry="sqlite:///x.db", key="env:ONEID_TEST_KEY", rules="jp-member")
    with pytest.raises(OneIDError) as caught:
        oneid.resolve(config)
    assert [problem.code for problem in caught.value.problems] == ["E130", "E142"]
    assert all(problem.hint for problem in caught.value.problems)
    assert caught.value.exit_code == 2


def test_a_registry_may_be_named_by_the_environment(monkeypatch) -> None:
    """``env:NAME`` keeps its password out of the config; a name that is not set is told."""
    monkeypatch.delenv("ONEID_TEST_REGISTRY", raising=False)
    with pytest.raises(ConfigError, match="ONEID_TEST_REGISTRY is not set") as caught:
        oneid.resolve(people_frames(), people_config(registry="env:ONEID_TEST_REGISTRY"))
    assert caught.value.code == "E143"


def test_the_key_changes_oneids_and_nothing_else(people, monkeypatch) -> None:
    """Another secret, other OneIDs, the same people; the same secret, the same OneIDs; run.json says which."""
    found = {}
    for secret in ("one", "two"):
        monkeypatch.setenv("ONEID_TEST_KEY", secret)
        found[secret] = oneid.resolve(people_frames(), people_config(key="env:ONEID_TEST_KEY"))
    again = oneid.resolve(people_frames(), people_config(key="env:ONEID_TEST_KEY"))
    ids = {secret: set(result.merge_map["oneid"]) for secret, result in found.items()}
    assert ids["one"].isdisjoint(ids["two"])
    assert ids["one"].isdisjoint(people.merge_map["oneid"])
    assert groups(found["one"]) == groups(found["two"]) == PAIRS
    assert again.merge_map.equals(found["two"].merge_map)
    assert found["one"].run["key"] == "secret"
    assert people.run["key"].startswith("public default")


@pytest.mark.parametrize(
    ("key", "value"), [("env:ONEID_TEST_KEY", None), ("env:ONEID_TEST_KEY", ""), ("plain secret", None), ("env:", None)]
)
def test_a_key_that_is_not_there(monkeypatch, key, value) -> None:
    """Unset, empty, or a secret written into the file: refused, and the secret is not repeated."""
    monkeypatch.delenv("ONEID_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("ONEID_TEST_KEY", value)
    with pytest.raises(ConfigError) as caught:
        oneid.resolve(people_frames(), people_config(key=key))
    assert caught.value.code == "E142"
    assert "plain secret" not in str(caught.value)


def test_a_limit_that_is_breached(tmp_path) -> None:
    """More records under one OneID than allowed cannot be written, and leaves nothing; as many as allowed can."""
    found = oneid.resolve(people_frames(), people_config(limits={"largest": 1}))
    with pytest.raises(LimitBreached) as caught:
        found.write(tmp_path / "out")
    assert (caught.value.code, caught.value.exit_code) == ("E501", 1)
    named = [word for word in re.findall(r"OID[0-9A-Z]+", str(caught.value)) if len(word) == 17]
    assert sorted(named) == sorted(found.merge_map[found.merge_map["status"] == "linked"]["oneid"].unique())
    assert all(len(found.explain(one).members) == 2 for one in named)
    assert not (tmp_path / "out").exists()
    oneid.resolve(people_frames(), people_config(limits={"largest": 2})).write(tmp_path / "out")
    assert oneid.read_run(tmp_path / "out").summary()["largest"] == 2


def test_sources_given_twice_or_nowhere() -> None:
    """A config and a config; a frame whose source the Config does not know; something that is no frame."""
    from oneid.settings.configfile import from_dict

    with pytest.raises(UsageError) as caught:
        oneid.resolve("a.yaml", "b.yaml")
    assert caught.value.code == "E403"
    with pytest.raises(OneIDError) as unknown:
        oneid.resolve({**people_frames(), "bank": people_frames()["ec"]}, from_dict(people_config()))
    assert unknown.value.code == "E141"
    with pytest.raises(OneIDError) as odd:
        oneid.resolve({"ec": 42})
    assert odd.value.code == "E213"


def test_decisions_outrank_evidence(people_files, tmp_path) -> None:
    """Parted by a person, joined by a person against a veto of the rules, put off by a person."""
    (tmp_path / "in").mkdir()
    head = "source_l,source_id_l,source_r,source_id_r,decision\n"
    lines = "store,S1,ec,E1,different\nec,E2,ec,E3,same\nec,E4,store,S2,defer\nec,E9,ec,E1,same\n"
    (tmp_path / "in" / "decisions.csv").write_text(head + lines, encoding="utf-8")
    found = oneid.resolve(people_files(decisions="decisions.csv"))
    assert groups(found) == {frozenset({"ec:E2", "ec:E3"})}
    merge_map = found.merge_map.set_index("source_id")
    assert set(merge_map.loc[["E2", "E3"], "rule"]) == {"decision"}
    assert merge_map.loc["E4", "status"] == "held"
    review = found.review
    assert ("E4", "S2") in set(zip(review["source_id_l"], review["source_id_r"], strict=True))


def test_one_per_source_is_a_rule_of_ones_own(tmp_path) -> None:
    """Two members of one shop with everything in common are one person, unless the shop is named in the rules."""
    rows = [(f"E{n}", *PEOPLE["ec"][0][1:]) for n in range(3)]
    frames = people_frames() | {"ec": pl.DataFrame(rows, schema=people_frames()["ec"].schema, orient="row")}
    assert {len(group) for group in groups(oneid.resolve(frames, people_config()))} == {4}
    rules = with_rules(tmp_path, "guards: {alarm: 500}", "guards: {alarm: 500, one_per_source: [ec]}")
    alone = oneid.resolve(frames, people_config(rules=rules))
    assert groups(alone) == {frozenset({"ec:E0", "store:S1"})}
    assert alone.to_polars()["merge_map"].filter(pl.col("source") == "ec")["oneid"].n_unique() == 3


def test_most_values_and_never_trusted(tmp_path) -> None:
    """At most one birth date under a OneID; a value that nobody can own proves nothing."""
    rules = with_rules(tmp_path, "guards: {alarm: 500}", "guards: {alarm: 500, most_values: {birth: 1}}")
    assert groups(oneid.resolve(people_frames(), people_config(rules=rules))) == {frozenset({"ec:E1", "store:S1"})}
    guards = "guards: {alarm: 500, never_trusted: {email: [RIKKA@example.com], phone: ['090 1111 2222']}}"
    rules = with_rules(tmp_path, "guards: {alarm: 500}", guards)
    found = oneid.resolve(people_frames(), people_config(rules=rules))
    assert not {"mobile-name", "email-name"} & set(found.merge_map["rule"].dropna())
    assert "rikka@example.com" in set(found.golden["email"].explode().dropna())


def test_rules_that_ask_for_sources(tmp_path) -> None:
    """A rule between two shops holds for them alone, in either order."""
    rule = "rules:\n  - {id: apart, when: {between: [store, ec], name: [equal_rare]}, verdict: never, why: test}\n"
    rules = with_rules(tmp_path, "rules:\n", rule)
    found = oneid.resolve(people_frames(), people_config(rules=rules))
    assert frozenset({"ec:E1", "store:S1"}) not in groups(found)
    assert set(found.patterns["sources"]) <= {"ec+ec", "ec+store", "store+store"}
    rules = with_rules(tmp_path, "rules:\n", rule.replace("store, ec", "ec, stores"))
    with pytest.raises(oneid.ConfigError, match=r"E134 .* 'stores' .* did you mean 'store'"):
        oneid.resolve(people_frames(), people_config(rules=rules))


def test_fields_of_ones_own_are_compared_and_kept(tmp_path) -> None:
    """An identifier that rules trust links records that share nothing else; a category stands in the golden record."""
    rules = with_rules(tmp_path, "weights:\n", "weights:\n  card: {equal: 30}\n")
    text = Path(rules).read_text(encoding="utf-8").replace("blocking:\n", "blocking:\n  - {keys: [card], most: 30}\n")
    Path(rules).write_text(text, encoding="utf-8")
    frame = pl.DataFrame(
        {
            "id": ["1", "2", "3"],
            "name": ["佐藤 太郎", None, None],
            "card": ["A", "A", "B"],
            "store": ["渋谷", None, "新宿"],
        }
    )
    fields = {
        "name": "name",
        "card": {"column": "card", "kind": "identifier"},
        "store": {"column": "store", "kind": "category"},
    }
    found = oneid.resolve({"a": frame}, {"sources": {"a": {"id": "id", "fields": fields}}, "rules": rules})
    assert groups(found) == {frozenset({"a:1", "a:2"})}
    assert set(found.golden["store"].dropna()) == {"渋谷", "新宿"}


def test_records_come_in_order_of_bytes() -> None:
    """Sources and ids, however the sources are listed and the rows sorted."""
    frame = pl.DataFrame({"id": ["10", "a", "2", "B"], "name": ["佐藤 太郎", "鈴木 一郎", None, None]})
    sources = ["b", "あ", "a", "B"]
    config = {"sources": {shop: {"id": "id", "fields": {"name": "name"}} for shop in sources}}
    found = oneid.resolve(dict.fromkeys(sources, frame), config).to_polars()
    wanted = [(shop, id_) for shop in ("B", "a", "b", "あ") for id_ in ("10", "2", "B", "a")]
    assert found["merge_map"].select("source", "source_id").rows() == wanted
    assert found["members"].select("source", "source_id").rows() == wanted


def test_one_source_carries_and_another_does_not() -> None:
    """Every member has its row, whoever carries; a name of a column may stand in both."""
    frame = pl.DataFrame({"id": ["1", "2"], "name": ["佐藤 太郎", "鈴木 一郎"], "points": ["7", "8"]})
    plain = {"id": "id", "fields": {"name": "name"}}
    for carrying, columns in (
        ({"a"}, ["a.points"]),
        ({"b"}, ["b.points"]),
        ({"a", "b"}, ["a.points", "b.points"]),
        (set(), []),
    ):
        sources = {shop: {**plain, **({"carry": ["points"]} if shop in carrying else {})} for shop in ("a", "b")}
        members = oneid.resolve({"a": frame, "b": frame}, {"sources": sources}).to_polars()["members"]
        assert members.columns == ["source", "source_id", "oneid", *columns]
        assert members.select("source", "source_id").rows() == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]
        for column in columns:
            assert members[column].to_list() == [p if s == column[0] else None for s in ("a", "b") for p in ("7", "8")]


def test_a_run_of_one_record() -> None:
    """Alone in the world."""
    found = oneid.resolve(
        {"a": pl.DataFrame({"id": ["1"], "name": ["佐藤 太郎"]})},
        {"sources": {"a": {"id": "id", "fields": {"name": "name"}}}},
    )
    assert found.merge_map["status"].tolist() == ["single"]
    assert found.links.empty
    assert found.review.empty
    assert isinstance(pa.Table.from_pandas(found.golden), pa.Table)


def test_decisions_on_nobody_are_told(tmp_path) -> None:
    """An id that is misspelt, with a blank behind it say, decides nothing: run.json counts such lines."""
    path = tmp_path / "decisions.csv"
    lines = ["a,1,a,2,different", "a,1 ,a,2,same", "a,7,a,2,same"]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    source = {"id": "id", "fields": {"name": "name", "email": "email"}}
    people = pl.DataFrame({"id": ["1", "2"], "name": ["佐藤 健", "田中 実"], "email": ["k@example.jp", "m@example.jp"]})
    config = {"sources": {"a": source}, "decisions": str(path)}
    assert oneid.resolve({"a": people}, config).run["notes"] == ["decisions: 2 lines name a record that is not there"]
    path.write_text("\n".join([",".join(COLUMNS), lines[0]]) + "\n", encoding="utf-8")
    assert not oneid.resolve({"a": people}, config).run["notes"]
