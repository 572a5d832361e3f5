"""``oneid check``: what it finds in config, rules and cases, in every format, and with which exit code."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import polars as pl
import pytest
import xmlschema

import oneid
from oneid.ruletests import reports, rulecoverage
from oneid.ruletests.cases import Case, Expect
from oneid.ruletests.check import Finding, Report, check
from oneid.ruletests.worlds import Came, Outcome
from oneid.settings.rules import When
from oneid.settings.rulesfile import load_rules
from paths import CASE_FILES

SCHEMAS = Path(__file__).parent / "schemas"
JUNIT = xmlschema.XMLSchema10(SCHEMAS / "junit-10.xsd")
SARIF = json.loads((SCHEMAS / "sarif-2.1.0-used.json").read_text("utf-8"))
PRESET = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
CASE = """version: 1
cases:
  - id: namesakes
    why: 同姓同名
    severity: must
    records:
      a: {source: ec, name: 鈴木 一郎, birth: 1970-01-15}
      b: {source: point_card, name: 鈴木 一郎, birth: 1970-01-15, address: 千葉県船橋市本町1-3-1}
    context: {name: frequent}
    expect: {pair: [a, b], verdict: [review], rule: namesakes}
  - id: same-mail
    records:
      a: {source: ec, name: 相田 愛, email: ai@example.jp}
      b: {source: credit_card, name: 相田 愛, email: ai@example.jp}
      c: {source: ec, name: 小川 舞}
    expect: {groups: [[a, b], [c]]}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo's config on a copy of the preset, and two cases."""
    config = resources.files("oneid.demo").joinpath("oneid.yaml").read_text("utf-8").replace("rules: jp-members", "")
    (tmp_path / "oneid.yaml").write_text(config + "\nrules: rules/members.yaml\n", "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/members.yaml").write_text(PRESET, "utf-8")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases/some.oneid.yaml").write_text(CASE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


def valid(folder: Path) -> tuple[ElementTree.Element, dict[str, Any]]:
    """The JUnit and SARIF files, which are as their schemas say."""
    JUNIT.validate(folder / "junit.xml")
    sarif = json.loads((folder / "check.sarif").read_text("utf-8"))
    jsonschema.Draft202012Validator(SARIF).validate(sarif)
    return ElementTree.parse(folder / "junit.xml").getroot(), sarif["runs"][0]


@pytest.mark.slow
def test_the_stories_of_the_preset_hold(command, tmp_path: Path) -> None:
    """The preset's own cases pass as they stand, with no rule that they leave untried."""
    config = Path(str(resources.files("oneid.demo").joinpath("oneid.yaml")))
    said = command("check", config, "--cases", CASE_FILES["people"])
    assert said.code == 0
    assert said.out.startswith("passed: config and rules are sound; 191 cases: 183 hold, 8 are known to fail")


def test_a_broken_rule_is_found(command, here: Path) -> None:
    """One word of the preset changed: the failing case, its file and line, the rule with its, exit 1, valid files."""
    rules = here / "rules/members.yaml"
    before, after = PRESET.split("  - id: namesakes\n")
    rules.write_text(before + "  - id: namesakes\n" + after.replace("verdict: review", "verdict: match", 1), "utf-8")
    said = command("check", "oneid.yaml", "--cases", "cases", "--junit", "junit.xml", "--sarif", "check.sarif")
    assert said.code == 1
    at = line_of(rules, "id: namesakes")
    assert (
        "cases/some.oneid.yaml:3: error E160 namesakes (must): expected review by namesakes, came match by namesakes, "
        f"decided by namesakes (match, rules/members.yaml:{at})"
    ) in said.out
    assert "why: 同姓同名" in said.out
    assert "a: source ec, name 鈴木 一郎, birth 1970-01-15" in said.out
    assert "score +8.20 bits" in said.out
    assert "name equal_frequent +2.1, birth equal +11.2, base -5.1" in said.out
    assert "failed: config and rules are sound; 2 cases: 1 hold, 1 failed" in said.out
    told = command("check", "oneid.yaml", "--cases", "cases", "--lang", "ja")
    assert "cases/some.oneid.yaml:3: エラー E160 namesakes (must): 期待はreview by namesakes、結果は" in told.out
    assert "理由: 同姓同名" in told.out
    assert "失敗: 設定とルールは正常です。ケース2件: 成立1件、失敗1件" in told.out
    junit, run = valid(here)
    assert (junit.get("tests"), junit.get("failures"), junit.get("errors")) == ("3", "1", "0")
    failure = junit.find(".//testcase[@name='namesakes']/failure")
    assert failure is not None
    assert failure.text is not None
    assert f"rules/members.yaml:{at}" in failure.text
    (result,) = [one for one in run["results"] if one["level"] == "error"]
    assert result["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "cases/some.oneid.yaml"}, "region": {"startLine": 3}}}
    ]
    assert result["relatedLocations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "rules/members.yaml"}, "region": {"startLine": at},
    }  # fmt: skip


def test_a_rule_of_a_preset_has_its_line(command, here: Path) -> None:
    """With the shipped preset, a failing case names the line in the preset's file."""
    change(here / "oneid.yaml", "rules: rules/members.yaml", "rules: jp-members")
    change(here / "cases/some.oneid.yaml", "[[a, b], [c]]", "[[a], [b], [c]]")
    said = command("check", "oneid.yaml", "--cases", "cases", "--sarif", "check.sarif", "--junit", "junit.xml")
    at = next(number for number, line in enumerate(PRESET.splitlines(), 1) if "id: email-name" in line)
    assert said.code == 1
    assert f"expected a | b | c, came a b | c, decided by email-name (match, preset jp-members:{at})" in said.out
    result = next(one for one in valid(here)[1]["results"] if one["level"] == "error")
    uri = {"uri": "oneid/presets/jp-members.yaml", "uriBaseId": "PYTHON_PACKAGES"}
    assert result["relatedLocations"][0]["physicalLocation"] == {"artifactLocation": uri, "region": {"startLine": at}}


def test_all_mistakes_in_rules_come_together(command, here: Path) -> None:
    """A contradiction, an unreachable rule and a typo in a level, with the cases' mistakes: lines, hints, exit 2."""
    rules = here / "rules/members.yaml"
    more = """  - id: like-email-name
    when: {email: [equal], name: [equal_rare], birth: [equal], none_of: [{sex: [differs]}, {phone: [mobiles_differ]}]}
    verdict: match
    why: x
  - id: against-email-name
    when: {email: [equal], name: [equal_rare], birth: [equal], sex: [equal], phone: [missing]}
    verdict: review
    why: x
  - {id: typo, when: {name: [equal_raer]}, verdict: review, why: x}

# Bits:"""
    change(rules, "\n# Bits:", more)
    change(here / "cases/some.oneid.yaml", "severity", "severty")
    for format_ in ("text", "github", "json", "markdown"):
        said = command(
            "check",
            "oneid.yaml",
            "--cases",
            "cases",
            "--format",
            format_,
            "--junit",
            "junit.xml",
            "--sarif",
            "check.sarif",
        )
        assert said.code == 2
        found = said.err if format_ == "text" else said.out
        for code, text in (("E135", "like-email-name"), ("E136", "against-email-name"), ("E132", "id: typo")):
            line = line_of(rules, text)
            place = {
                "text": f"rules/members.yaml:{line} ",
                "github": f"file=rules/members.yaml,line={line},title=oneid {code}",
                "json": f'"line": {line},', "markdown": f"rules/members.yaml:{line}: ",
            }  # fmt: skip
            assert place[format_] in found, (format_, code)
            assert code in found
        assert "did you mean 'equal" in found.replace("\\_", "_")
        assert "severity" in found
    junit, run = valid(here)
    assert junit.get("errors") == "4"
    assert [one["ruleId"] for one in run["results"]] == ["E102", "E135", "E136", "E132"]
    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]


def test_severities(command, here: Path) -> None:
    """What should hold and does not is a warning; what is known to fail must fail; and what must hold must."""
    file = here / "cases/some.oneid.yaml"
    change(file, "[[a, b], [c]]", "[[a, c], [b]]")
    assert command("check", "oneid.yaml", "--cases", file).code == 1
    change(file, "  - id: same-mail\n", "  - id: same-mail\n    severity: should\n")
    said = command("check", "oneid.yaml", "--cases", file, "--junit", "junit.xml", "--sarif", "check.sarif")
    assert said.code == 0
    assert "some.oneid.yaml:11: warning E161 same-mail (should): expected a c | b, came a b | c" in said.out
    assert "1 hold, 1 should hold and do not (warnings)" in said.out
    junit, run = valid(here)
    assert len(junit.findall(".//testcase[@name='same-mail']/skipped")) == 1
    assert {"warning"} == {one["level"] for one in run["results"]}
    change(file, "severity: should", "severity: known")
    said = command("check", "oneid.yaml", "--cases", file)
    assert said.code == 0
    assert "1 hold, 1 are known to fail" in said.out
    change(file, "[[a, c], [b]]", "[[a, b], [c]]")
    said = command("check", "oneid.yaml", "--cases", file)
    assert said.code == 1
    assert "error E162 same-mail: known to fail, and holds now" in said.out


def test_the_rule_that_decides_is_expected(command, here: Path) -> None:
    """The verdict is right, the rule is another."""
    change(here / "cases/some.oneid.yaml", "rule: namesakes}", "rule: two-slips}")
    said = command("check", "oneid.yaml", "--cases", "cases")
    assert said.code == 1
    assert "expected review by two-slips, came review by namesakes" in said.out


def test_rules_that_no_case_tries_are_warnings(command, here: Path) -> None:
    """With a rules file of one's own each is told with its line; of a preset, which nobody can change, in a note."""
    said = command("check", "oneid.yaml", "--cases", "cases")
    assert said.code == 0
    rules = here / "rules/members.yaml"
    line = line_of(rules, "id: two-slips")
    assert (
        f"rules/members.yaml:{line}: warning E165 the rule 'two-slips' decides no case that holds (0 cases" in said.out
    )
    line = line_of(rules, "id: namesakes")
    assert f"rules/members.yaml:{line}: warning E166 no case that holds shows where the rule 'namesakes'" in said.out
    assert "E165 the rule 'namesakes'" not in said.out
    change(here / "oneid.yaml", "rules: rules/members.yaml", "rules: jp-members")
    said = command("check", "oneid.yaml", "--cases", "cases")
    assert said.code == 0
    assert "warning" not in said.out
    assert "preset jp-members: note E165 rules that decide no case that holds: other-person, other-birth" in said.out
    assert command("check", "oneid.yaml").out == "passed: config and rules are sound; no cases were given\n"


def test_rules_that_ask_for_what_no_source_gives(command, here: Path) -> None:
    """Neither the rules nor the blocking keys of a field that no source has."""
    (here / "oneid.yaml").write_text(
        "version: 1\nsources: {ec: {path: x.csv, id: id, fields: {name: n, birth: b}}}\nrules: rules/members.yaml\n",
        "utf-8",
    )
    said = command("check", "oneid.yaml")
    assert said.code == 0
    line = line_of(here / "rules/members.yaml", "id: email-name")
    assert f":{line}: warning E163 the rule 'email-name' can never decide here: no source gives email" in said.out
    assert "E163 the rule 'other-person'" not in said.out
    assert "E163 the rule 'namesakes'" not in said.out
    assert (
        "warning E164 the blocking key 'reading+postcode' brings nothing together: no source gives postcode" in said.out
    )
    assert "E164 the blocking key 'reading+birth'" not in said.out


@pytest.mark.parametrize("format_", ["github", "markdown", "text", "json"])
def test_what_stands_in_a_case_gives_no_orders(command, here: Path, format_: str) -> None:
    """Line breaks, workflow commands, markup and control characters of a case are text, in every format."""
    change(here / "cases/some.oneid.yaml", "同姓同名", '"x\\n::error::y <b>*|`%0A </pre>\\e[31m\\u202e"')
    change(here / "cases/some.oneid.yaml", "[review]", "[match]")
    said = command(
        "check", "oneid.yaml", "--cases", "cases", "--format", format_, "--junit", "junit.xml", "--sarif", "check.sarif"
    )
    assert said.code == 1
    valid(here)
    if format_ == "json":
        (failed,) = [one for one in json.loads(said.out)["findings"] if one["level"] == "error"]
        assert failed["details"][0] == "why: x\n::error::y <b>*|`%0A </pre>\x1b[31m\u202e"
        return
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    if format_ == "github":
        assert all(line.startswith(("::error ", "::warning ", "failed:")) for line in said.out.splitlines())
        assert "%250A" in said.out
    if format_ == "markdown":
        assert "&lt;b&gt;" in said.out
        assert said.out.count("</pre>") == said.out.count("<pre>")


def test_json_holds_everything(command, here: Path) -> None:
    """Counts, cases with levels, and how many cases reach each rule."""
    said = command("check", "oneid.yaml", "--cases", "cases", "--format", "json")
    found = json.loads(said.out)
    assert (found["exit_code"], found["counts"]["passed"]) == (0, 2)
    first = found["cases"][0]
    assert (first["id"], first["line"], first["holds"], first["expected"]) == (
        "namesakes",
        3,
        True,
        "review by namesakes",
    )
    assert first["pairs"][0]["levels"]["name"] == "equal_frequent"
    rule = next(one for one in found["rules"] if one["id"] == "email-name")
    assert (rule["cases"], rule["positive"]) == (1, 1)
    assert "| namesakes | review | 1 | 1 | 0 |" in command(
        "check", "oneid.yaml", "--cases", "cases", "--format", "markdown"
    ).out.replace("\\", "")


def test_bad_usage(command, here: Path) -> None:
    """No config, no cases, a format that is none, a report that cannot be written."""
    assert command("check", "nothing.yaml", "--cases", "cases").err.startswith("nothing.yaml: E110")
    assert "E150" in command("check", "oneid.yaml", "--cases", "nowhere").err
    assert command("check", "oneid.yaml", "--format", "html").code == 2
    said = command("check", "oneid.yaml", "--junit", "no/such/folder/j.xml")
    assert (said.code, "E322" in said.err) == (2, True)


def test_variables_fill_paths(command, here: Path) -> None:
    change(here / "oneid.yaml", "path: ec.csv", "path: '{ds}/ec.csv'")
    assert "E108" in command("check", "oneid.yaml").err
    assert command("check", "oneid.yaml", "--var", "ds=2026").code == 0


def refs(pairs: list[tuple[str, str, str]]) -> str:
    """Cases on pairs of records of a run, each with its verdict."""
    lines = ["version: 1", "cases:"]
    for number, (a, b, verdict) in enumerate(pairs):
        lines += [
            f"  - id: ref-{number}", f"    records: {{a: {{ref: '{a}'}}, b: {{ref: '{b}'}}}}",
            f"    expect: {{pair: [a, b], verdict: {verdict}}}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of 300 records with its run."""
    from oneid.demo import generate

    folder = tmp_path_factory.mktemp("check")
    generate(records=300, seed=3).write(folder)
    oneid.resolve(folder / "oneid.yaml").write(folder / "out")
    return folder


def test_references_into_a_run(command, made: Path, tmp_path: Path) -> None:
    """Each kind of outcome of a run, as its files say; a false expectation fails with levels and without values."""
    tables = oneid.read_run(made / "out").to_polars()

    def first(frame: pl.DataFrame) -> tuple[str, str]:
        source, id_, other, other_id = frame.select("source_l", "source_id_l", "source_r", "source_id_r").row(0)
        return f"{source}:{id_}", f"{other}:{other_id}"

    link, ask = first(tables["links"].filter(pl.col("applied"))), first(tables["review"])
    names = (tables["merge_map"]["source"] + ":" + tables["merge_map"]["source_id"]).to_list()
    state = tables["state/pairs"].join(tables["patterns"], on="pattern").filter(pl.col("verdict") == "never")
    oneids = tables["merge_map"]["oneid"]
    left, right = next((a, b) for a, b in state.select("left", "right").iter_rows() if oneids[a] != oneids[b])
    file = tmp_path / "refs.yaml"
    file.write_text(refs([(*link, "match"), (*ask, "review"), (names[left], names[right], "never")]), "utf-8")
    said = command("check", made / "oneid.yaml", "--cases", file, "--run", made / "out")
    assert said.code == 0, said
    assert "3 cases: 3 hold" in said.out
    file.write_text(refs([(*link, "never")]), "utf-8")
    said = command("check", made / "oneid.yaml", "--cases", file, "--run", made / "out")
    assert said.code == 1
    rule = tables["links"].filter(pl.col("applied"))["rule"][0]
    assert f"expected never, came match, decided by {rule} (" in said.out
    assert f"a: {link[0]}" in said.out
    assert "says match, score" in said.out


def test_references_that_cannot_be_followed(command, made: Path, tmp_path: Path) -> None:
    """Without a run, into nothing, to a record that is not there, and into a run of other rules."""
    file = tmp_path / "refs.yaml"
    file.write_text(refs([("ec:E-nobody", "ec:E-no", "match")]), "utf-8")
    said = command("check", made / "oneid.yaml", "--cases", file)
    assert (said.code, "E156 the case refers to a run Hint: --run DIR" in said.err) == (2, True)
    assert "E251" in command("check", made / "oneid.yaml", "--cases", file, "--run", tmp_path).err
    said = command("check", made / "oneid.yaml", "--cases", file, "--run", made / "out")
    assert (said.code, said.err.count("refs.yaml:3 (ref-0): E156 no record ec:")) == (2, 2)
    shutil.copy(made / "oneid.yaml", tmp_path / "oneid.yaml")
    (tmp_path / "other.yaml").write_text(PRESET.replace("match: 5,", "match: 6,"), "utf-8")
    text = (tmp_path / "oneid.yaml").read_text("utf-8").replace("rules: jp-members", "")
    (tmp_path / "oneid.yaml").write_text(text + "\nrules: other.yaml\n", "utf-8")
    said = command("check", tmp_path / "oneid.yaml", "--cases", file, "--run", made / "out")
    assert (said.code, "E157 the run was made with other rules" in said.err) == (2, True)


def test_misses_by_one_condition() -> None:
    """Each kind of condition can be the one that is missed; two missed are no near miss, and holding is none either."""
    table = pl.DataFrame(
        {"email": ["equal", "equal", "differs", "equal"], "birth": ["equal", "differs", "differs", "missing"],
         "sources": ["ec+ec", "ec+ec", "ec+ec", "ec+mail"]}
    )  # fmt: skip
    both = When(levels={"email": ("equal",), "birth": ("equal",)})
    assert rulecoverage.misses_by_one(both, table).tolist() == [False, True, False, True]
    none = When(levels={"email": ("equal",)}, none_of=(When(levels={"birth": ("differs",)}),))
    assert rulecoverage.misses_by_one(none, table).tolist() == [False, True, False, False]
    either = When(levels={"email": ("equal",)}, any_of=(When(levels={"birth": ("equal",)}),))
    assert rulecoverage.misses_by_one(either, table).tolist() == [False, True, False, True]
    inside = When(levels={"email": ("equal",)}, same_source=True)
    assert rulecoverage.misses_by_one(inside, table).tolist() == [False, False, True, True]
    between = When(levels={"email": ("equal",)}, between=("mail", "ec"))
    assert rulecoverage.misses_by_one(between, table).tolist() == [True, True, False, False]


def test_coverage_counts_cases_not_pairs() -> None:
    """Reached by a case that fails is not positive; a near miss counts where the verdict would be wrong."""
    rules = load_rules("jp-members")
    levels = {"name": "equal_rare", "nickname": "missing", "birth": "missing", "phone": "missing", "email": "equal",
              "address": "missing", "sex": "missing"}  # fmt: skip

    def outcome(verdict: str, expected: str, **other: str) -> Outcome:
        at = levels | other
        case = Case("x", "f", 1, "", "must", {"a": {}, "b": {}}, Expect(("a", "b"), (expected,)))
        return Outcome(
            case, (Came("a", "b", verdict, "email-name" if not other else "score", verdict, 0, at, True),), frozenset()
        )

    def counted(*outcomes: Outcome) -> tuple[int, int, int]:
        one = next(one for one in rulecoverage.coverage(rules, outcomes) if one.rule.id == "email-name")
        return one.reached, one.positive, one.negative

    assert counted() == (0, 0, 0)
    assert counted(outcome("match", "match"), outcome("match", "review")) == (2, 1, 0)
    assert counted(outcome("review", "review", name="differs")) == (0, 0, 1)
    assert counted(outcome("match", "match", name="differs")) == (0, 0, 0)
    assert counted(outcome("match", "review", name="differs")) == (0, 0, 0)


def test_a_report_without_files_is_valid(here: Path) -> None:
    """A mistake that knows no place, and a place outside of the folder with odd characters."""
    odd = Finding("error", "E160", "x\x00", str(Path("/else where/ケース#1.yaml")), 4, "c")
    report = Report(
        "oneid.yaml", "preset jp-members", findings=(odd, Finding("note", "E163", "y", "preset jp-members"))
    )
    (here / "junit.xml").write_text(reports.as_junit(report), "utf-8")
    (here / "check.sarif").write_text(reports.as_sarif(report), "utf-8")
    _, run = valid(here)
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]
    assert uris == ["file:///else%20where/%E3%82%B1%E3%83%BC%E3%82%B9%231.yaml", "oneid.yaml"]
    assert "::notice title=oneid E163::y" in reports.as_github(report)
    assert check("oneid.yaml").exit_code == 0
