"""Reads a rules file, a preset that is shipped or one's own, into :class:`oneid.settings.rules.Rules`.

All mistakes are reported at once, each with its line:

====  =============================================
E101  not YAML
E102  an unknown key
E104  a key is missing
E105  a wrong type or value
E130  an unknown preset, or no such file
E131  an unknown field
E132  an unknown level of a field
E133  a rule's id is used twice
E134  a source is named that the config does not have (found when a run begins)
E135  a rule can never decide: nothing fits it, or earlier rules take all that does
E136  a rule contradicts rules that are asked before it: they say something else of all its pairs
====  =============================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from oneid.kinds.compared import Compared
from oneid.settings.namedfile import MOST_YAML, contents, reason_of
from oneid.settings.reachability import covered
from oneid.settings.rules import (
    BlockingRule,
    Guards,
    Interaction,
    Rule,
    Rules,
    Survivorship,
    SurvivorshipGroup,
    Thresholds,
    When,
)
from oneid.settings.yamltree import Node, Reader, parse_yaml
from oneid.vocabulary.errors import ConfigError, Place, did_you_mean, raise_all
from oneid.vocabulary.language import LANGUAGES, said

__all__ = ["BLOCKING_KEYS", "TRUSTED", "file_of", "load_rules", "presets"]

BLOCKING_KEYS: tuple[str, ...] = tuple(Compared().keys)
"""What blocking keys can be made of, beside fields of one's own."""

TRUSTED: tuple[str, ...] = tuple(Compared().trusted)
"""The fields whose values ``never_trusted`` can name, beside fields of one's own."""


def presets() -> tuple[str, ...]:
    """The names of the shipped rules.

    >>> presets()
    ('jp-members', 'person')
    """
    files = resources.files("oneid.settings.presets").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def file_of(name: str, base: Path = Path()) -> str:
    """How errors name the file of the rules called ``name``: ``preset NAME``, or its path.

    >>> file_of("jp-members")
    'preset jp-members'
    """
    return f"preset {name}" if name in presets() else str(base / name)


def load_rules(name: str, base: Path = Path(), compared: Compared | None = None) -> Rules:
    """The rules called ``name``: a preset, or a path from ``base``.

    ``compared``: what rules may speak of, where there are fields of one's own beside those that every run compares.
    Raises ConfigError or Problems with every mistake of the file.
    """
    file = file_of(name, base)
    reader = Reader(file)
    if name in presets():
        root = _shipped(name)
    else:
        path = base / name
        if not path.exists() or path.is_dir():
            hint = did_you_mean(name, presets())
            raise ConfigError(
                "E130", said("no preset and no rules file '{name}'", name=name), place=Place(file), hint=hint
            )
        try:
            text = contents(path, MOST_YAML).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            message = said("cannot be read: {reason}", reason=reason_of(error))
            raise ConfigError("E101", message, place=Place(file)) from None
        root = parse_yaml(text, reader)
    rules = None if root is None else _Loader(reader, compared or Compared()).rules(Path(name).stem, root)
    raise_all(sorted(reader.problems, key=lambda problem: (problem.place and problem.place.line) or 0))
    if rules is None:
        raise ConfigError("E105", "empty rules file", place=Place(file))
    return rules


@cache
def _shipped(name: str) -> Node | None:
    """The tree of a preset, which is without mistakes, parsed once."""
    text = resources.files("oneid.settings.presets").joinpath(f"{name}.yaml").read_text("utf-8")
    return parse_yaml(text, Reader(file_of(name)))


class _Loader:
    """Unfolds the tree of a rules file, noting every mistake with the reader."""

    def __init__(self, reader: Reader, compared: Compared) -> None:
        self.reader = reader
        self.compared = compared
        self.levels = compared.levels

    def rules(self, name: str, root: Node) -> Rules | None:
        known = (
            "version", "description", "blocking", "base", "weights", "interactions", "rules", "thresholds", "guards",
            "survivorship",
        )  # fmt: skip
        entries = self.reader.mapping(root, known, ("version", "blocking", "base", "weights", "thresholds"))
        if (version := entries.get("version")) is not None and version.value != "1":
            self.reader.wrong("E105", "only version 1 is known", version)
        made = Rules(
            name=name,
            blocking=tuple(filter(None, map(self.blocking, self.items(entries.get("blocking"))))),
            base=self.number(entries.get("base")),
            weights=self.weights(entries.get("weights")),
            interactions=tuple(filter(None, map(self.interaction, self.items(entries.get("interactions"))))),
            rules=self.named(entries.get("rules")),
            thresholds=self.thresholds(entries.get("thresholds")),
            guards=self.guards(entries.get("guards")),
            survivorship=self.survivorship(entries.get("survivorship")),
        )
        return None if self.reader.problems else made

    def items(self, node: Node | None) -> tuple[Node, ...]:
        if node is None or node.nothing:
            return ()
        if isinstance(node.value, tuple):
            return node.value
        self.reader.wrong("E105", said("expected a list, got {shape}", shape=node.shape), node)
        return ()

    def number(self, node: Node | None) -> float:
        if (
            node is not None
            and isinstance(node.value, str)
            and re.fullmatch(r"[-+]?\d{1,5}(\.\d{1,9})?", node.value, re.ASCII)
        ):
            return float(node.value)
        if node is not None:
            self.reader.wrong("E105", "expected a number of bits below 100,000", node)
        return 0.0

    def whole(self, node: Node | None, default: int) -> int:
        found = self.reader.number(node, whole=True)
        return default if found is None else int(found)

    def blocking(self, node: Node) -> BlockingRule | None:
        if isinstance(node.value, dict):
            entries = self.reader.mapping(node, ("keys", "most", "then"), ("keys",))
        else:
            entries = {"keys": node}
        keys, then = (self.reader.texts(entries.get(part)) for part in ("keys", "then"))
        known = list(self.compared.keys)
        for key in (*keys, *then):
            if key not in known:
                self.reader.wrong("E131", said("no blocking key '{key}'", key=key), node, did_you_mean(key, known))
        return BlockingRule("+".join(keys), keys, self.whole(entries.get("most"), 50), then) if keys else None

    def level_names(self, field: str, node: Node) -> tuple[str, ...]:
        known = self.levels.get(field)
        if known is None:
            self.reader.wrong(
                "E131", said("no field '{field}' is compared", field=field), node, did_you_mean(field, self.levels)
            )
            return ()
        also = self.compared.also.get(field, {})
        found: list[str] = []
        for level in self.reader.texts(node):
            if level not in known and level not in also:
                hint = did_you_mean(level, [*known, *also])
                self.reader.wrong(
                    "E132", said("field '{field}' has no level '{level}'", field=field, level=level), node, hint
                )
            found += also.get(level, (level,))
        return tuple(dict.fromkeys(found))

    def weights(self, node: Node | None) -> dict[str, dict[str, float]]:
        if node is None:
            return {}
        made: dict[str, dict[str, float]] = {}
        for field, levels in self.reader.mapping(node).items():
            known = self.levels.get(field)
            if known is None:
                self.reader.wrong(
                    "E131",
                    said("no field '{field}' is compared", field=field),
                    levels,
                    did_you_mean(field, self.levels),
                )
                continue
            also = self.compared.also.get(field, {})
            given: dict[str, float] = {}
            several: dict[str, float] = {}
            for level, bits in self.reader.mapping(levels).items():
                if level not in known and level not in also:
                    hint = did_you_mean(level, [*known, *also])
                    self.reader.wrong(
                        "E132", said("field '{field}' has no level '{level}'", field=field, level=level), bits, hint
                    )
                number = self.number(bits)
                given |= {} if level in also else {level: number}
                several |= dict.fromkeys(also.get(level, ()), number)
            made[field] = several | given
        return made

    def when(self, node: Node | None) -> When:
        if node is None:
            return When()
        made: dict[str, object] = {}
        levels: dict[str, tuple[str, ...]] = {}
        for key, value in self.reader.mapping(node).items():
            if key in ("any_of", "none_of"):
                made[key] = tuple(map(self.when, self.items(value)))
            elif key == "between":
                ends = self.reader.texts(value)
                if len(ends) == 2:
                    made[key] = ends
                else:
                    self.reader.wrong("E105", "between needs two different sources", value)
            elif key == "same_source":
                made[key] = self.reader.choice(value, ("true", "false"), "true") == "true"
            else:
                levels[key] = self.level_names(key, value)
        return When.model_validate({"levels": levels, **made})

    def interaction(self, node: Node) -> Interaction | None:
        entries = self.reader.mapping(node, ("when", "bits"), ("when", "bits"))
        return Interaction(when=self.when(entries.get("when")), bits=self.number(entries.get("bits")))

    def named(self, node: Node | None) -> tuple[Rule, ...]:
        made: dict[str, Rule] = {}
        sound: dict[str, Node] = {}
        for item in self.items(node):
            before = len(self.reader.problems)
            entries = self.reader.mapping(item, ("id", "when", "verdict", "why"), ("id", "when", "verdict", "why"))
            if len(entries) < 4:
                continue
            name = self.reader.text(entries["id"]) or ""
            if name in made:
                self.reader.wrong(
                    "E133",
                    said("the rule id '{name}' is used on line {line} already", name=name, line=made[name].line),
                    item,
                )
            verdict = self.reader.choice(entries["verdict"], ("match", "review", "never"), "review")
            why = self.why(entries["why"])
            rule = {"id": name, "when": self.when(entries["when"]), "verdict": verdict, "why": why, "line": item.line}
            made[name] = Rule.model_validate(rule)
            if len(self.reader.problems) == before:
                sound[name] = item
        self.reached({name: made[name] for name in sound}, sound)
        return tuple(made.values())

    def why(self, node: Node) -> str | dict[str, str]:
        """A reason: a text, or a mapping of language to text."""
        if not isinstance(node.value, dict):
            return self.reader.text(node) or ""
        texts = {name: self.reader.text(text) or "" for name, text in self.reader.mapping(node, LANGUAGES).items()}
        if not node.value:
            self.reader.wrong("E104", "a reason needs a text", node, said("{name}: a sentence", name=LANGUAGES[0]))
        return texts

    def reached(self, rules: Mapping[str, Rule], nodes: Mapping[str, Node]) -> None:
        """Notes the rules that can never decide."""
        for found in covered(list(rules.values()), self.levels):
            name = found.rule.id
            others = ", ".join(
                said("'{id}' ({verdict}, line {line})", id=rule.id, verdict=rule.verdict, line=rule.line)
                for rule in found.by
            )
            if found.contradicts:
                text = said(
                    "the rule '{name}' says {verdict} of pairs that are all decided by {others}",
                    name=name,
                    verdict=found.rule.verdict,
                    others=others,
                )
                self.reader.wrong("E136", text, nodes[name], "never decides before match, match before review")
            elif found.by:
                text = said(
                    "the rule '{name}' is never reached: all its pairs are decided by {others}",
                    name=name,
                    others=others,
                )
                self.reader.wrong("E135", text, nodes[name], "put the narrower rule first, or remove it")
            else:
                text = said("the rule '{name}' fits no pair: its conditions exclude one another", name=name)
                self.reader.wrong("E135", text, nodes[name])

    def thresholds(self, node: Node | None) -> Thresholds:
        names = ("match", "review", "never")
        entries = {} if node is None else self.reader.mapping(node, names, names)
        made = Thresholds.model_validate({name: self.number(entries.get(name)) for name in names})
        if node is not None and len(entries) == len(names) and not made.never < made.review <= made.match:
            self.reader.wrong("E105", "thresholds must rise: never < review <= match", node)
        return made

    def guards(self, node: Node | None) -> Guards:
        if node is None:
            return Guards()
        entries = self.reader.mapping(node, ("alarm", "one_per_source", "most_values", "never_trusted"))
        most, never = (
            self.known(entries.get(name), list(names))
            for name, names in (("most_values", self.compared.keys), ("never_trusted", self.compared.trusted))
        )
        return Guards(
            alarm=self.whole(entries.get("alarm"), 500),
            one_per_source=self.reader.texts(entries.get("one_per_source")),
            most_values={field: self.whole(value, 1) for field, value in most.items()},
            never_trusted={field: self.reader.texts(values, data=True) for field, values in never.items()},
        )

    def known(self, node: Node | None, names: Sequence[str]) -> dict[str, Node]:
        """The entries of a mapping whose keys are among ``names``; E131 for others."""
        entries = {} if node is None else self.reader.mapping(node)
        for field in [field for field in entries if field not in names]:
            self.reader.wrong(
                "E131", said("no field '{field}' to guard", field=field), entries.pop(field), did_you_mean(field, names)
            )
        return entries

    def survivorship(self, node: Node | None) -> Survivorship:
        if node is None:
            return Survivorship()
        entries = self.reader.mapping(node, ("sources", "groups"))
        criteria = ("source", "newest", "most_frequent", "longest", "most_complete")
        groups = []
        for item in self.items(entries.get("groups")):
            parts = self.reader.mapping(item, ("fields", "order"), ("fields", "order"))
            order = parts.get("order")
            if order is None or "fields" not in parts:
                continue
            words = self.reader.texts(order)
            for word in words:
                if word not in criteria:
                    self.reader.wrong(
                        "E105", said("no criterion '{word}'", word=word), order, did_you_mean(word, criteria)
                    )
            if not set(words) <= set(criteria):
                continue
            groups.append(
                SurvivorshipGroup.model_validate({"fields": self.reader.texts(parts["fields"]), "order": words})
            )
        return Survivorship(sources=self.reader.texts(entries.get("sources")), groups=tuple(groups))
