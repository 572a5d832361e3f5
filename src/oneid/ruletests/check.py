"""Merge rules under test: validates config, rules and cases, runs the cases, and says what is not as it should be.

What is found, each with a code, a place, and how bad it is:

====  ====================================================================================================
E160  error: a case that must hold does not
E161  warning: a case that should hold does not
E162  error: a case that was known to fail holds now; raise its severity, so that it stays so
E163  warning: a rule can never decide about these sources (a note where the rules are a preset)
E164  warning: a blocking key brings nothing of these sources together (a note where the rules are a preset)
E165  warning: no case that holds is decided by this rule (a note where the rules are a preset)
E166  warning: no case that holds shows where this rule must not decide (a note where the rules are a preset)
====  ====================================================================================================

Mistakes in the files themselves (``problems``) are those of :mod:`oneid.settings.configfile`,
:mod:`oneid.settings.rulesfile` and
:mod:`oneid.ruletests.cases`; with any of them no case is run. Exit codes: 0 nothing worse than a warning, 1 errors, 2
problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from oneid.pairs.scoring import SOURCES, explain_bits
from oneid.ruletests import cases as casesfile
from oneid.ruletests import rulecoverage, runcases, worlds
from oneid.ruletests.cases import Case
from oneid.ruletests.worlds import Came, Outcome
from oneid.runs.preparing import rules_of
from oneid.settings import configfile, rulesfile
from oneid.settings.config import Config
from oneid.settings.rules import Rule, Rules
from oneid.vocabulary.errors import ConfigError, OneIDError, Place
from oneid.vocabulary.language import in_language, joined, said, verbatim
from oneid.vocabulary.terminaltext import harmless

__all__ = ["Finding", "Report", "RulePlace", "check", "known_names", "run_cases", "told"]

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RulePlace:
    """A rule that decided, and where it stands."""

    id: str
    verdict: str
    file: str
    line: int | None

    def __str__(self) -> str:
        return f"{self.id} ({self.verdict}, {Place(self.file, self.line)})"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell. ``level``: error, warning or note; ``details``: more lines for people."""

    level: str
    code: str
    message: str
    file: str | None
    line: int | None = None
    case: str | None = None
    rule: RulePlace | None = None
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        place, told = Place(self.file, self.line), self.told
        return harmless("\n    ".join((f"{place}: {in_language(self.level)} {self.code} {told[0]}", *told[1:])))

    @property
    def told(self) -> tuple[str, ...]:
        """Message and details in the current language."""
        return tuple(in_language(text) for text in (self.message, *self.details))


@dataclass(frozen=True)
class Report:
    """What a check found. With ``problems`` (mistakes in the files) nothing else was looked at."""

    config: str
    rules: str
    cases: tuple[Case, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    coverage: tuple[rulecoverage.Coverage, ...] = ()
    problems: tuple[OneIDError, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 fine or warnings alone, 1 where a case fails, 2 where a file is wrong."""
        if self.problems:
            return max(problem.exit_code for problem in self.problems)
        return int(any(finding.level == "error" for finding in self.findings))

    @property
    def counts(self) -> dict[str, int]:
        """Cases: all, those that hold, that fail, that should hold and do not, that are known to fail."""
        failed = sum(one.level == "error" for one in self.findings)
        warned = sum(one.code == "E161" for one in self.findings)
        known = sum(one.case.severity == "known" and not one.holds for one in self.outcomes)
        passed = len(self.outcomes) - failed - warned - known
        return {"cases": len(self.cases), "passed": passed, "failed": failed, "should": warned, "known": known}


def check(
    config: str | Path,
    cases: str | Path | None = None,
    run: str | Path | None = None,
    variables: Mapping[str, str] = _NO_VARIABLES,
) -> Report:
    """Checks the config at ``config``, its rules, and the cases in the file or folder ``cases`` (left out: none).

    ``run``: the folder of the run that cases refer to, made with the same rules. The sources' data are not read, and
    neither registry, key nor decisions of the config are touched. Nothing is raised for what is wrong in the files.
    """
    problems: list[OneIDError] = []
    loaded, rules = None, None
    try:
        loaded = configfile.load(config, variables)
        rules = rules_of(loaded)
    except OneIDError as error:
        problems += error.problems
    file = rulesfile.file_of(loaded.rules, loaded.base) if loaded else ""
    found = casesfile.load(Path(cases), known_names(loaded, rules)) if cases is not None else casesfile.Loaded((), ())
    problems += found.problems
    report = Report(str(config), file, found.cases, problems=tuple(problems))
    if problems or loaded is None or rules is None:
        return report
    try:
        outcomes, unknown = run_cases(found.cases, loaded, rules, None if run is None else Path(run))
    except OneIDError as error:
        outcomes, unknown = (), list(error.problems)
    if unknown:
        return Report(str(config), file, found.cases, problems=tuple(unknown))
    covered = tuple(rulecoverage.coverage(rules, outcomes))
    findings = [told(one, rules, file) for one in outcomes]
    about = _about_rules(rules, loaded, file, covered if cases is not None else ())
    return Report(
        str(config), file, found.cases, outcomes, (*(one for one in findings if one is not None), *about), covered
    )


def known_names(config: Config | None, rules: Rules | None) -> casesfile.Known:
    """The names that cases may use: of sources, fields and rules."""
    sources = None if config is None else {name: list(source.fields) for name, source in config.sources.items()}
    kinds = {} if config is None else config.kind_of
    return casesfile.Known(sources, None if rules is None else [rule.id for rule in rules.rules], kinds)


def run_cases(
    cases: Sequence[Case], config: Config, rules: Rules, run: Path | None = None
) -> tuple[tuple[Outcome, ...], list[OneIDError]]:
    """What comes of each case, in their order, and the references that cannot be followed (E156)."""
    written = [case for case in cases if case.records]
    refs = [case for case in cases if case.refs]
    if refs and run is None:
        return (), [
            ConfigError(
                "E156", "the case refers to a run", place=Place(case.file, case.line, case.id), hint="--run DIR"
            )
            for case in refs
        ]
    found = {one.case.id: one for world in worlds.worlds(written, config)
             for one in worlds.resolve(world, config, rules)}  # fmt: skip
    problems: list[OneIDError] = []
    if refs and run is not None:
        more, problems = runcases.outcomes(refs, run, rules)
        found |= {one.case.id: one for one in more}
    return tuple(found[case.id] for case in cases if case.id in found), problems


def told(outcome: Outcome, rules: Rules, file: str) -> Finding | None:
    """What there is to tell of a case's outcome; None where it is as it should be. ``file`` is that of the rules."""
    case, expect = outcome.case, outcome.case.expect
    if outcome.holds == (case.severity != "known"):
        return None
    pairs = list(zip(outcome.pairs, (accepted for *_, accepted in case.asked), strict=True))
    if outcome.holds:
        message = said(
            "{id}: known to fail, and holds now ({expect}); make it must or should", id=case.id, expect=expect
        )
        return Finding("error", "E162", message, case.file, case.line, case.id)
    wrong = [(came, accepted) for came, accepted in pairs if came.verdict not in accepted] or pairs
    came = casesfile.shown_groups(outcome.groups)
    if expect.pair is not None:
        came = wrong[0][0].verdict + (f" by {wrong[0][0].rule}" if expect.rule and wrong[0][0].rule else "")
    by = next((one for one, _ in wrong if one.said == one.verdict), wrong[0][0])
    place = _place(by.rule, rules, file)
    decided = said(", decided by {place}", place=place) if place else ""
    level, code = ("error", "E160") if case.severity == "must" else ("warning", "E161")
    message = said(
        "{id} ({severity}): expected {expect}, came {came}{decided}",
        id=case.id,
        severity=case.severity,
        expect=expect,
        came=came,
        decided=decided,
    )
    details: list[str] = [said("why: {why}", why=case.why)] if case.why else []
    details += [f"{letter}: {_written(case, letter)}" for letter in case.letters]
    for one, accepted in wrong:
        details += _evidence(one, accepted, rules, file)
    return Finding(level, code, message, case.file, case.line, case.id, place, tuple(details))


def _written(case: Case, letter: str) -> str:
    if letter in case.refs:
        return str(case.refs[letter])
    return ", ".join(f"{key} {value}" for key, value in case.records[letter].items())


def _place(rule: str, rules: Rules, file: str) -> RulePlace | None:
    if rule in ("", "decision"):
        return None
    found = next((one for one in rules.rules if one.id == rule), None)
    return RulePlace("score", "thresholds", file, None) if found is None else RulePlace(
        rule, found.verdict, file, found.line
    )  # fmt: skip


def _evidence(came: Came, accepted: Sequence[str], rules: Rules, file: str) -> Iterator[str]:
    """The levels, score and rule of a pair, and the rules that nearly said what was expected."""
    pair = f"{came.a}-{came.b} {came.verdict}"
    if not came.levels:
        yield said("{pair}: not compared in the run", pair=pair) if not came.rule else f"{pair}: {came.rule}"
        return
    bits = explain_bits(rules, came.levels)
    levels = ", ".join(
        f"{field} {level} {bits[field]:+.1f}"
        for field, level in came.levels.items()
        if field in bits and field != SOURCES
    )
    extra = "".join(f", {name} {value:+.1f}" for name, value in bits.items() if name not in came.levels)
    how = [] if came.said == came.verdict else [said(", by the verdict on the whole cluster")]
    how += [] if came.candidate else [said(", no blocking key brings them together")]
    where = _place(came.rule, rules, file)
    yield said(
        "{pair}: {where} says {verdict}, score {score:+.2f} bits{how}",
        pair=pair,
        where=where or came.rule,
        verdict=came.said,
        score=came.score / 100,
        how=joined("", how),
    )
    yield f"  {levels}{extra}"
    for rule in rulecoverage.nearest(rules, came, accepted)[:3]:
        yield said("  one condition short: {place}", place=_place(rule.id, rules, file))


def _about_rules(
    rules: Rules, config: Config, file: str, covered: Sequence[rulecoverage.Coverage]
) -> Iterator[Finding]:
    """What there is to tell of the rules. Of a preset, which nobody can change, in one note for each code."""
    found: dict[str, list[tuple[str, int | None, str]]] = {}
    for rule, fields in rulecoverage.idle_rules(rules, config):
        why = (
            said("no source gives {fields}", fields=", ".join(fields))
            if fields
            else said("the sources lack what it asks for")
        )
        found.setdefault("E163", []).append(
            (rule.id, rule.line, said("the rule '{id}' can never decide here: {why}", id=rule.id, why=why))
        )
    idle = {name for name, _, _ in found.get("E163", ())}
    for key, parts in rulecoverage.idle_keys(rules, config):
        text = said(
            "the blocking key '{key}' brings nothing together: no source gives {parts}", key=key, parts=", ".join(parts)
        )
        found.setdefault("E164", []).append((key, None, text))
    for one in covered:
        name, reached = one.rule.id, said("{reached} cases reach it", reached=one.reached)
        if name not in idle and not one.positive:
            text = said("the rule '{name}' decides no case that holds ({reached})", name=name, reached=reached)
            found.setdefault("E165", []).append((name, one.rule.line, text))
        if name not in idle and not one.negative:
            text = said(
                "no case that holds shows where the rule '{name}' must not decide ({reached})",
                name=name,
                reached=reached,
            )
            found.setdefault("E166", []).append((name, one.rule.line, text))
    if config.rules not in rulesfile.presets():
        for code, items in found.items():
            for name, line, message in items:
                yield Finding("warning", code, message, file, line, None, _place_of(rules, name, file))
        return
    for code, items in found.items():
        names = ", ".join(name for name, _, _ in items)
        yield Finding("note", code, said("{message}: {names}", message=verbatim(_OF_PRESET[code]), names=names), file)


_OF_PRESET = {
    "E163": "rules that can never decide about these sources",
    "E164": "blocking keys that bring nothing of these sources together",
    "E165": "rules that decide no case that holds",
    "E166": "rules of which no case that holds shows where they must not decide",
}


def _place_of(rules: Rules, name: str, file: str) -> RulePlace | None:
    rule: Rule | None = next((one for one in rules.rules if one.id == name), None)
    return None if rule is None else RulePlace(rule.id, rule.verdict, file, rule.line)
