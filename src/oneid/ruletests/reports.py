"""What ``oneid check`` found, as text, JSON, Markdown, GitHub annotations, JUnit XML and SARIF.

Whatever stands in a case, a name of a file or a rule is escaped, so that it can neither break a format nor give orders
to a terminal or a CI system.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from oneid.ruletests.check import Finding, Report
from oneid.vocabulary.errors import OneIDError
from oneid.vocabulary.language import Said, in_language, joined, said, verbatim
from oneid.vocabulary.terminaltext import as_json as json_text
from oneid.vocabulary.terminaltext import harmless, visible
from oneid.vocabulary.version import VERSION

__all__ = [
    "FORMATS", "as_github", "as_json", "as_junit", "as_markdown", "as_sarif", "as_text", "findings", "is_junit",
    "is_sarif", "summary",
]  # fmt: skip

_PRESET = "preset "
_MEANINGS = {
    "E160": "A case that must hold does not",
    "E161": "A case that should hold does not",
    "E162": "A case that was known to fail holds now",
    "E163": "A rule can never decide about these sources",
    "E164": "A blocking key brings nothing of these sources together",
    "E165": "No case that holds is decided by this rule",
    "E166": "No case that holds shows where this rule must not decide",
}


def is_junit(begin: bytes) -> bool:
    """Whether a file that begins so is a report of ours as JUnit XML."""
    return re.match(rb"(<\?xml[^>]*\?>)?\s*<testsuites [^>]*name=[\"']oneid check[\"']", begin) is not None


def is_sarif(begin: bytes) -> bool:
    """Whether a file that begins so is a report of ours as SARIF."""
    return re.search(rb'"driver":\s*\{\s*"name":\s*"oneid', begin) is not None


def findings(report: Report) -> list[Finding]:
    """Everything there is to tell, mistakes in files included, by file and line."""
    wrong = [
        Finding(
            "error", one.code, _with_hint(one),
            one.place.file if one.place else None, one.place.line if one.place else None,
        )
        for one in report.problems
    ]  # fmt: skip
    return sorted([*wrong, *report.findings], key=lambda one: (one.file or "", one.line or 0))


def _with_hint(error: OneIDError) -> Said:
    hint = [said("Hint:"), verbatim(error.hint)] if error.hint else []
    return joined(" ", [verbatim(error.message), *hint])


def summary(report: Report) -> str:
    """One line: what was checked, and how it went.

    >>> summary(Report("oneid.yaml", "preset jp-members"))
    'passed: config and rules are sound; no cases were given'
    """
    counts = report.counts
    if report.problems:
        return said("stopped: {n} mistakes in the files; no case was run", n=len(report.problems))
    parts = [said("{n} hold", n=counts["passed"])]
    parts += [said("{n} failed", n=counts["failed"])] if counts["failed"] else []
    parts += [said("{n} should hold and do not (warnings)", n=counts["should"])] if counts["should"] else []
    parts += [said("{n} are known to fail", n=counts["known"])] if counts["known"] else []
    cases = said("no cases were given")
    if report.cases:
        cases = said("{n} cases: {parts}", n=counts["cases"], parts=joined(", ", parts))
    if report.exit_code:
        return said("failed: config and rules are sound; {cases}", cases=cases)
    return said("passed: config and rules are sound; {cases}", cases=cases)


def as_text(report: Report) -> str:
    """Each finding with its details, then the summary."""
    return harmless("\n".join([*map(str, findings(report)), in_language(summary(report))]) + "\n")


def as_json(report: Report) -> str:
    """``summary``, ``exit_code``, ``counts``, ``findings``, ``cases`` (with evidence) and ``rules`` (with coverage)."""
    made = {
        "exit_code": report.exit_code,
        "summary": summary(report),
        "config": report.config,
        "rules_file": report.rules,
        "counts": report.counts,
        "findings": [_as_object(one) for one in findings(report)],
        "cases": [
            {
                "id": one.case.id,
                "file": one.case.file,
                "line": one.case.line,
                "severity": one.case.severity,
                "holds": one.holds,
                "expected": str(one.case.expect),
                "groups": sorted(sorted(group) for group in one.groups),
                "pairs": [
                    {
                        "pair": [came.a, came.b],
                        "came": came.verdict,
                        "rule": came.rule or None,
                        "rule_says": came.said or None,
                        "score": came.score / 100,
                        "levels": dict(came.levels),
                        "candidate": came.candidate,
                    }
                    for came in one.pairs
                ],
            }
            for one in report.outcomes
        ],
        "rules": [
            {
                "id": one.rule.id,
                "line": one.rule.line,
                "verdict": one.rule.verdict,
                "cases": one.reached,
                "positive": one.positive,
                "negative": one.negative,
            }
            for one in report.coverage
        ],
    }
    return json_text(made) + "\n"


def _as_object(one: Finding) -> dict[str, Any]:
    rule = None if one.rule is None else {
        "id": one.rule.id, "verdict": one.rule.verdict, "file": one.rule.file, "line": one.rule.line
    }  # fmt: skip
    return {
        "level": one.level, "code": one.code, "message": one.message, "file": one.file, "line": one.line,
        "case": one.case, "rule": rule, "details": list(one.details),
    }  # fmt: skip


def as_github(report: Report) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request, then the summary."""

    def data(text: str) -> str:
        return harmless(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    words = {"error": "error", "warning": "warning", "note": "notice"}
    lines = []
    for one in findings(report):
        where = f"title={value(f'oneid {one.code}')}"
        if one.file and not one.file.startswith(_PRESET):
            line = f",line={one.line}" if one.line else ""
            where = f"file={value(_relative(one.file))}{line},{where}"
        lines.append(f"::{words[one.level]} {where}::{data(chr(10).join(one.told))}")
    return "\n".join([*lines, data(in_language(summary(report)))]) + "\n"


def as_markdown(report: Report) -> str:
    """A summary for a pull request or a job: what failed, and how many cases reach each rule."""

    def text(words: object) -> str:
        escaped = html.escape(visible(str(words)), quote=False).replace("\n", " ")
        return re.sub(r"([\\`*_\[\]{}|~#@])", r"\\\1", escaped)

    lines = ["## Merge rules", "", f"**{text(in_language(summary(report)))}**", ""]
    for one in findings(report):
        place = f"{_relative(one.file) if one.file else ''}{f':{one.line}' if one.line else ''}"
        lines += [f"- **{in_language(one.level)} {one.code}** {text(place)}: {text(one.told[0])}", ""]
        if one.details:
            inside = html.escape(visible("\n".join(one.told[1:])), quote=False)
            lines += ["<pre>", inside, "</pre>", ""]
    if report.coverage:
        lines += ["<details><summary>Cases that reach each rule</summary>", ""]
        lines += ["| rule | verdict | cases | positive | negative |", "| --- | --- | ---: | ---: | ---: |"]
        for one_ in report.coverage:
            cells = (one_.rule.id, one_.rule.verdict, one_.reached, one_.positive, one_.negative)
            lines.append(f"| {' | '.join(map(text, cells))} |")
        lines += ["", "</details>"]
    return "\n".join(lines).rstrip() + "\n"


def as_junit(report: Report) -> str:
    """JUnit XML, a suite for each file of cases and one for the files themselves.

    A case that should hold and does not, or is known to fail, counts as skipped, with a message: it stops nothing.
    """
    root = ElementTree.Element("testsuites", name="oneid check")
    suite = ElementTree.SubElement(root, "testsuite", name="files")
    if not report.problems:
        ElementTree.SubElement(suite, "testcase", name="config, rules and cases are sound", classname="files")
    for one in findings(report) if report.problems else ():
        place = f"{_relative(one.file) if one.file else ''}:{one.line or ''}"
        test = ElementTree.SubElement(suite, "testcase", name=visible(f"{place} {one.code}"), classname="files")
        error = ElementTree.SubElement(test, "error", type=one.code, message=visible(in_language(one.message)))
        error.text = visible(str(one))
    told = {one.case: one for one in report.findings if one.case}
    suites: dict[str, ElementTree.Element] = {}
    for outcome in report.outcomes:
        case, found = outcome.case, told.get(outcome.case.id)
        name = visible(_relative(case.file))
        if name not in suites:
            suites[name] = ElementTree.SubElement(root, "testsuite", name=name)
        test = ElementTree.SubElement(suites[name], "testcase", name=visible(case.id), classname=name)
        if found is not None:
            kind = "failure" if found.level == "error" else "skipped"
            ElementTree.SubElement(test, kind, type=found.code, message=visible(found.told[0])).text = visible(
                str(found)
            )
        elif case.severity == "known":
            known = in_language(said("known to fail: {why}", why=case.why))
            ElementTree.SubElement(test, "skipped", type="known", message=visible(known))
    for suite in root:
        _count(suite, suite)
    _count(root, root)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return harmless(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _count(element: ElementTree.Element, inside: ElementTree.Element) -> None:
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if not (element.tag == "testsuites" and name == "skipped"):
            element.set(name, str(sum(1 for _ in inside.iter(tag))))


def as_sarif(report: Report) -> str:
    """SARIF 2.1.0: a result for each finding, at its file and line, the rule's place beside it."""
    listed = findings(report)
    codes = sorted({one.code for one in listed})
    driver = {
        "name": "oneid",
        "version": VERSION,
        "rules": [
            {"id": code, "shortDescription": {"text": _MEANINGS.get(code, "A mistake in config, rules or cases")}}
            for code in codes
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.problems, "exitCode": report.exit_code}],
        "results": [_result(one, codes, report.config) for one in listed],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return harmless(json_text(log) + "\n")


def _result(one: Finding, codes: list[str], config: str) -> dict[str, Any]:
    preset = one.file is None or one.file.startswith(_PRESET)
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": codes.index(one.code),
        "level": one.level,
        "message": {"text": visible("\n".join(one.told))},
        "locations": [
            {"physicalLocation": _physical(config, None) if preset else _physical(one.file or config, one.line)}
        ],
    }
    if one.case is not None:
        result["partialFingerprints"] = {"case/v1": visible(f"{one.code} {one.case}")}
    beside = []
    if one.rule is not None and (one.rule.file, one.rule.line) != (one.file, one.line):
        beside.append((f"rule {one.rule.id}", one.rule.file, one.rule.line))
    elif one.file is not None and preset:
        beside.append((one.file, one.file, one.line))
    if beside:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": visible(text)}, "physicalLocation": _physical(file, line)}
            for number, (text, file, line) in enumerate(beside, 1)
        ]
    return result


def _physical(file: str, line: int | None) -> dict[str, Any]:
    if file.startswith(_PRESET):
        uri = f"oneid/presets/{quote(file.removeprefix(_PRESET))}.yaml"
        artifact: dict[str, Any] = {"uri": uri, "uriBaseId": "PYTHON_PACKAGES"}
    else:
        path = Path(_relative(file))
        artifact = {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}
    return {"artifactLocation": artifact} | ({"region": {"startLine": line}} if line else {})


def _relative(file: str) -> str:
    """A path as seen from the folder of the command, where it is inside."""
    if file.startswith(_PRESET):
        return file
    path, here = Path(file).absolute(), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text, "json": as_json, "github": as_github, "markdown": as_markdown,
}  # fmt: skip
"""What ``--format`` can be."""
