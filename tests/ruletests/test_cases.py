"""Files of cases: what they say, every mistake in them, and the worlds in which they are true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oneid.kinds.compared import Compared
from oneid.ruletests import cases
from oneid.ruletests.cases import Case, Expect, Known, Loaded
from oneid.ruletests.worlds import bystanders, resolve, run_world, worlds
from oneid.runs.preparing import rules_of
from oneid.settings.config import Config
from oneid.settings.configfile import from_dict
from oneid.settings.rules import Rule, When
from oneid.settings.rulesfile import load_rules
from oneid.vocabulary.references import RecordRef

KNOWN = Known({"ec": ["name", "card"], "mail_list": ["email"]}, ["email-name", "other-person"])
GOOD = """version: 1
cases:
  - id: one
    why: because
    severity: should
    records: {a: {source: ec, phone: 0312345670}, b: {source: ec, name: no, card: ~}}
    context: {phone: shared}
    expect: {pair: [a, b], verdict: [none]}
"""
FIELDS = {
    "name": "name", "kana": "kana", "birth": "birth", "email": "email", "phone": "phone",
    "sex": {"column": "sex", "values": {"male": ["M"], "female": ["F"]}},
    "card": {"column": "card", "kind": "identifier"},
}  # fmt: skip


def load(tmp_path: Path, text: str, name: str = "some.yaml", known: Known = KNOWN) -> Loaded:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return cases.load(tmp_path / name, known)


def config(**more: object) -> Config:
    source = {"path": "x.csv", "id": "id", "fields": FIELDS}
    return from_dict({"sources": {"ec": source, "crm": {**source, "null_values": ["unknown"]}}, **more})


def case(records: dict[str, dict[str, str]], context: dict[str, str] | None = None, name: str = "it") -> Case:
    expect = Expect(groups=frozenset(frozenset({letter}) for letter in records))
    return Case(name, "some.yaml", 1, "", "must", records, expect, context or {})


def test_a_file_is_read_as_written(tmp_path: Path) -> None:
    """A leading zero stays, ``no`` is a name and ``~`` a text; places are kept; must is left out."""
    loaded = load(tmp_path, GOOD)
    assert loaded.problems == ()
    (one,) = loaded.cases
    assert (one.id, one.line, one.file, one.why, one.severity) == (
        "one", 3, str(tmp_path / "some.yaml"), "because", "should",
    )  # fmt: skip
    assert one.records == {
        "a": {"source": "ec", "phone": "0312345670"}, "b": {"source": "ec", "name": "no", "card": "~"},
    }  # fmt: skip
    assert one.context == {"phone": "shared"}
    assert one.expect == Expect(("a", "b"), ("none",), None)
    short = load(tmp_path, GOOD.replace("    severity: should\n", "").replace("    why: because\n", ""))
    assert [(one.severity, one.why) for one in short.cases] == [("must", "")]


def test_groups_ask_about_all_pairs(tmp_path: Path) -> None:
    """Inside a group a match; across groups anything else."""
    text = GOOD.replace("{pair: [a, b], verdict: [none]}", "{groups: [[b], [a]]}")
    (one,) = load(tmp_path, text).cases
    assert list(one.asked) == [("a", "b", ("review", "never", "none"))]
    together = replace(one, expect=Expect(groups=frozenset({frozenset("ab")})))
    assert list(together.asked) == [("a", "b", ("match",))]
    assert (str(one.expect), str(together.expect)) == ("a | b", "a b")


def test_references(tmp_path: Path) -> None:
    text = GOOD.replace("{source: ec, phone: 0312345670}", "{ref: 'ec:E:4'}")
    both = load(tmp_path, text)
    assert [problem.code for problem in both.problems] == ["E156", "E158"]
    text = text.replace("{source: ec, name: no, card: ~}", "{ref: mail_list:M1}").replace(
        "    context: {phone: shared}\n", ""
    )
    loaded = load(tmp_path, text)
    assert loaded.problems == ()
    again = load(tmp_path, text.replace("mail_list:M1", "ec:E:4"))
    assert [problem.code for problem in again.problems] == ["E154"]
    assert loaded.cases[0].refs == {"a": RecordRef("ec", "E:4"), "b": RecordRef("mail_list", "M1")}


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "hint"),
    [
        ("severity", "severty", 5, "E102", "severity"),
        ("severity: should", "severity: shuld", 5, "E105", "should"),
        ("id: one", "id: ''", 3, "E105", ""),
        ("a: {source: ec, ", "a: {", 6, "E104", ""),
        ("a: {source: ec, ", "a: {source: ecc, ", 6, "E151", "'ec'"),
        ("card: ~", "caard: ~", 6, "E152", "card"),
        ("name: no", "name: [no, yes]", 6, "E105", "、"),
        ("pair: [a, b]", "pair: [a, c]", 8, "E154", ""),
        ("verdict: [none]", "verdict: [nne]", 8, "E154", "none"),
        (", verdict: [none]", "", 8, "E104", ""),
        ("[none]}", "[none], rule: email-nam}", 8, "E153", "email-name"),
        ("{pair: [a, b], verdict: [none]}", "{groups: [[a]]}", 8, "E154", ""),
        ("{pair: [a, b], verdict: [none]}", "{groups: [[a], [b]], rule: x}", 8, "E154", ""),
        ("phone: shared", "phone: frequent", 7, "E105", "shared"),
        ("phone: shared", "email: shared", 7, "E158", ""),
        ("phone: shared", "fone: shared", 7, "E102", "phone"),
        ("version: 1\n", "version: 1\nversion: 1\n", 2, "E106", ""),
        ("version: 1", "version: 2", 1, "E107", ""),
        ("phone: 0312345670}, b: {", "source_id: '7', phone: '1'}, b: {source_id: '7', ", 6, "E154", ""),
        ("a: {source: ec, phone: 0312345670}", "a: {ref: ec}", 6, "E156", "source:id"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_line_and_hint(tmp_path: Path, old, new, line, code, hint) -> None:
    found = load(tmp_path, GOOD.replace(old, new, 1)).problems
    assert (code, line) in [(problem.code, problem.place.line) for problem in found if problem.place]
    assert hint in " ".join(problem.hint or "" for problem in found if problem.code == code)


def test_all_mistakes_of_all_files_come_together(tmp_path: Path) -> None:
    """Of two files three mistakes, and an id that stands in both."""
    load(tmp_path, GOOD, "a.yaml")
    load(tmp_path, GOOD, "b.oneid.yaml")
    load(tmp_path, GOOD.replace("why", "wy").replace("[none]", "[nobody]"), "c.yml")
    load(tmp_path, "not: cases", ".hidden.yaml")
    loaded = cases.load(tmp_path, KNOWN)
    assert [(Path(p.place.file).name, p.place.line, p.code) for p in loaded.problems if p.place and p.place.file] == [
        ("c.yml", 4, "E102"), ("c.yml", 8, "E154"), ("b.oneid.yaml", 3, "E155"),
    ]  # fmt: skip


def test_there_must_be_cases(tmp_path: Path) -> None:
    """No file, an empty folder, an empty list, and what is no text."""
    assert [p.code for p in cases.load(tmp_path / "none.yaml").problems] == ["E150"]
    assert [p.code for p in cases.load(tmp_path).problems] == ["E150"]
    assert [p.code for p in load(tmp_path, "version: 1\ncases: []\n").problems] == ["E150"]
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xff")
    assert [p.code for p in cases.load(tmp_path / "bytes.yaml").problems] == ["E101"]
    assert [p.code for p in load(tmp_path, "a: [").problems] == ["E101"]


def test_without_a_config_names_are_free(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("source: ec", "source: anything"), known=Known()).problems == ()


def levels(one: Case) -> dict[str, str]:
    (world,) = worlds([one], config())
    (found,) = resolve(
        world, config(), load_rules("jp-members", Path(), Compared.with_own([("identifier", "card", {})]))
    )
    return dict(found.pairs[0].levels)


def test_values_are_read_as_the_source_writes_them() -> None:
    """What ``values`` and ``null_values`` of the config say of cells holds in cases too, beside usual spellings."""
    here = {"source": "crm", "name": "相田 愛", "sex": "M", "birth": "unknown", "card": "A-77"}
    there = {"source": "ec", "name": "相田 愛", "sex": "男", "birth": "2001-04-02", "card": "A-77"}
    found = levels(case({"a": here, "b": there}))
    assert (found["sex"], found["birth"], found["card"]) == ("equal", "missing", "equal")
    found = levels(case({"a": here | {"sex": "F"}, "b": there}))
    assert found["sex"] == "differs"


@pytest.mark.parametrize("name", ["佐藤 愛", "佐藤愛"])
def test_a_family_name_is_frequent_however_it_is_written(name: str) -> None:
    """The bystanders bear the family name, with given names of their own."""
    made = bystanders(case({"a": {"source": "ec", "name": name}}, {"family": "frequent"}), 0)
    assert len(made) > 40
    assert {row["name"].split()[0] for row in made} == {"佐藤"}
    assert "愛" not in {row["name"].split()[1] for row in made}


def test_cases_that_could_touch_one_another_have_worlds_of_their_own() -> None:
    """A phone in common in two spellings, a name and its kana, an identifier; strangers share a world."""
    one = case({"a": {"source": "ec", "phone": "090-1234-5678", "card": "X1"}}, name="one")
    for row in ({"phone": "+81 90 1234 5678"}, {"card": "X1"}, {"source_id": "X1"}):
        other = case({"a": {"source": "crm", **row}}, name="other")
        assert len(worlds([one, other], config())) == 2
    kana = case({"a": {"source": "ec", "kana": "サトウ アイ"}}, name="kana")
    romaji = case({"a": {"source": "ec", "romaji": "SATO AI"}}, name="romaji")
    assert len(worlds([kana, romaji], config())) == 2
    assert len(worlds([one, kana], config())) == 1
    dates = case({"a": {"source": "ec", "birth": "03/04/2001"}}, name="dates")
    assert len(worlds([one, dates], config())) == 2, "the column would say which is the day"


def test_declared_ids_and_conditions_on_sources() -> None:
    """A field that refers to another source meets its ids; rules may ask for sources; a record may be empty."""
    source = {"path": "x.csv", "id": "id", "fields": {"name": "name", "email": "email"}}
    linked = {**source, "fields": {"name": "name", "card": {"column": "card", "refers_to": "ec"}}}
    settings = from_dict({"sources": {"ec": source, "crm": linked}})
    rules = rules_of(settings)
    inside = Rule(id="inside", when=When(levels={"email": ("equal",)}, same_source=True), verdict="review", why="x")
    rules = rules.model_copy(update={"rules": (inside,)})
    one = case({"a": {"source": "ec", "source_id": "E-77"}, "b": {"source": "crm", "card": "E-77"}}, name="one")
    two = case(
        {"a": {"source": "ec", "email": "a@example.jp"}, "b": {"source": "ec", "email": "a@example.jp"}}, name="two"
    )
    (world,) = worlds([one, two], settings)
    found = resolve(world, settings, rules)
    assert [(one.pairs[0].verdict, one.pairs[0].rule) for one in found] == [("match", "score"), ("review", "inside")]
    assert found[0].pairs[0].levels["card"] == "equal"


def test_nothing_of_the_config_is_touched(tmp_path: Path) -> None:
    """Neither registry, key, decisions nor the sources' files are looked at."""
    settings = config(registry="sqlite:///nowhere/at/all.db", key="env:NOT_SET_ANYWHERE", decisions="gone.csv")
    rules = load_rules("jp-members", Path(), Compared.with_own([("identifier", "card", {})]))
    one = case({"a": {"source": "ec", "name": "相田 愛"}, "b": {"source": "crm", "name": "小川 舞"}})
    (world,) = worlds([one], settings)
    assert run_world(world, settings, rules).tables["merge_map"].height == 2
    (found,) = resolve(world, settings, rules)
    assert found.holds
