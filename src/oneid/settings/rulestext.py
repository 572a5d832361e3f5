"""Rules as the text of a rules file: what :mod:`oneid.settings.rulesfile` reads, laid out for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

from oneid.settings.rules import BlockingRule, Interaction, Rule, Rules, Survivorship, When

__all__ = ["to_yaml", "when_text"]

_WIDTH = 120


def to_yaml(rules: Rules, comments: Sequence[str] = ()) -> str:
    """The text of a rules file that loads as ``rules`` (numbers of bits to two decimals), ``comments`` at its head."""
    lines = [f"# {line}".rstrip() for line in comments]
    lines += [f"version: {rules.version}", "", "blocking:", *_list(map(_blocking, rules.blocking))]
    lines += ["", "# Evidence in bits: one bit more makes a pair twice as likely to be one person."]
    lines += [f"base: {_bits(rules.base)}", "weights:" if rules.weights else "weights: {}"]
    for field, weights in rules.weights.items():
        lines += _entry(field, {level: _bits(bits) for level, bits in weights.items()})
    if rules.interactions:
        lines += ["", "# Where several levels are one piece of evidence.", "interactions:"]
        lines += _list(map(_interaction, rules.interactions))
    if rules.rules:
        lines += ["", "# Precedence: never, match, review, then the score.", "rules:"]
        lines += [line for rule in rules.rules for line in _rule(rule)]
    limits = rules.thresholds
    shown = {name: _bits(bits) for name, bits in limits.model_dump().items()}
    lines += ["", f"thresholds: {_flow(shown)}"]
    guards = {key: value for key, value in rules.guards.model_dump(mode="json").items() if value}
    lines += ["", f"guards: {_flow(guards)}", *_survivorship(rules.survivorship)]
    return "\n".join(lines) + "\n"


def when_text(when: When) -> str:
    """A condition as it is written in a rules file.

    >>> when_text(When(levels={"email": ("equal", "shared")}, same_source=False))
    '{email: [equal, shared], same_source: false}'
    """
    return _flow(_condition(when))


def _condition(when: When) -> dict[str, object]:
    made: dict[str, object] = {field: list(levels) for field, levels in when.levels.items()}
    for name, inner in (("any_of", when.any_of), ("none_of", when.none_of)):
        if inner:
            made[name] = [_condition(one) for one in inner]
    if when.between is not None:
        made["between"] = list(when.between)
    if when.same_source is not None:
        made["same_source"] = when.same_source
    return made


def _bits(value: float) -> float | int:
    """Two decimals, and none where they are nothing."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _flow(value: object) -> str:
    """YAML's flow style on one line."""

    def dumped(style: str | None) -> str:
        text = yaml.safe_dump(
            value, default_flow_style=True, default_style=style, allow_unicode=True, sort_keys=False, width=10**6
        )
        return str(text).removesuffix("\n").removesuffix("\n...")

    plain = dumped(None)
    return dumped('"') if "\n" in plain else plain  # within double quotes line breaks are escaped


def _list(items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    return (f"  - {_flow(dict(item))}" for item in items)


def _entry(key: str, levels: Mapping[str, object]) -> list[str]:
    """``key: {...}`` indented by two, broken before it is too wide."""
    head = f"  {_flow(key)}: {{"
    lines, line = [], head
    parts = [f"{_flow(level)}: {_flow(bits)}" for level, bits in levels.items()]
    for number, part in enumerate(parts):
        text = part + ("" if number == len(parts) - 1 else ", ")
        if len(line) + len(text) > _WIDTH and line != head:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += text
    return [*lines, line + "}"]


def _blocking(rule: BlockingRule) -> dict[str, object]:
    made: dict[str, object] = {"keys": list(rule.keys), "most": rule.most}
    return made | ({"then": list(rule.then)} if rule.then else {})


def _interaction(item: Interaction) -> dict[str, object]:
    return {"when": _condition(item.when), "bits": _bits(item.bits)}


def _rule(rule: Rule) -> list[str]:
    return [
        f"  - id: {_flow(rule.id)}",
        f"    when: {when_text(rule.when)}",
        f"    verdict: {rule.verdict}",
        f"    why: {_flow(rule.why)}",
    ]


def _survivorship(how: Survivorship) -> list[str]:
    lines = [f"  sources: {_flow(list(how.sources))}"] if how.sources else []
    if how.groups:
        lines.append("  groups:")
        for group in how.groups:
            lines.append(f"    - {_flow({'fields': list(group.fields), 'order': list(group.order)})}")
    return ["", "survivorship:", *lines] if lines else []
