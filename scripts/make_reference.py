"""Makes docs/reference from the code: what users can name, with its docstrings, and reference_words.yaml.

The pages about field kinds, which show the case files of the tests, are made by ``kind_pages.py``.

Usage: ``python scripts/make_reference.py [--check]``; with ``--check`` nothing is written, and the exit code is 1 if a
page is out of date.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module, resources
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import yaml
from kind_pages import kind_pages, page_list, refuse_missing
from reference_text import prose, table
from reference_tongues import ENGLISH, JAPANESE, Tongue, refuse_unasked
from said_texts import collect
from typer.main import get_command

import oneid
from oneid.cli import main as cli
from oneid.cli.terminal.commands import EVERYWHERE
from oneid.golden.groups import DEFAULT_ORDER
from oneid.identity import assignment, state
from oneid.kinds.base import Comparison
from oneid.kinds.catalogue import KINDS
from oneid.kinds.compared import Compared
from oneid.settings import configfile, rules, rulesfile
from oneid.settings.config import Limits
from oneid.vocabulary import contracts, patterns
from oneid.vocabulary.errors import OneIDError

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/oneid"
PAGES = ROOT / "docs/reference"
SHIPPED = SOURCE / "japanese/data/words.json"
SHIPPED_PARTS = ("top", "limits", "source", "fields", "rules", "guards", "when", "criteria", "tables", "columns")
WORDS = ENGLISH.words
HEAD = "<!-- Made by scripts/make_reference.py; do not edit. -->\n\n"
FIELDS = ("FIELD", "FIELD_source", "FIELD_source_id")

CONTRACTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "merge_map": [(name, str(kind)) for name, kind in contracts.MERGE_MAP.items()],
    "golden": [
        ("oneid", "String"), *((name, "String") for name in FIELDS),
        ("n_records", "UInt32"), ("n_sources", "UInt32"), ("customer", "String"),
    ],
    "golden_values": [(name, str(kind)) for name, kind in contracts.GOLDEN_VALUES.items()],
    "households": [(name, str(kind)) for name, kind in contracts.HOUSEHOLDS.items()],
    "members": [*((name, str(kind)) for name, kind in contracts.MEMBERS.items()), ("CARRIED", "String")],
    "links": [*((name, str(kind)) for name, kind in contracts.LINKS.items()), ("applied", "Boolean")],
    "review": [*((name, str(kind)) for name, kind in contracts.LINKS.items()), ("reason", "String")],
    "events": [(name, str(kind)) for name, kind in state.EVENTS.items()],
    "aliases": [(name, str(kind)) for name, kind in state.ALIASES.items()],
    "rejected": [(name, str(kind)) for name, kind in contracts.REJECTED.items()],
    "patterns": [
        ("pattern", "UInt64"), ("FIELD", "String"), ("pairs", "UInt32"), ("score", "Int32"), ("rule", "String"),
        ("verdict", "String"),
    ],
    "changes": [("op", "String")],
    "state/pairs": [("left", "UInt32"), ("right", "UInt32"), ("pattern", "UInt64"), ("key", "UInt8")],
    "state/equal": [("left", "UInt32"), ("right", "UInt32")],
    "state/inside": [("left", "UInt32"), ("right", "UInt32"), ("pattern", "UInt64")],
    "state/decided": [("left", "UInt32"), ("right", "UInt32"), ("verdict", "UInt8")],
}  # fmt: skip
"""The columns of each output, in order. FIELD stands for every field of the config; in patterns, every compared one."""


def signature(name: str, thing: Callable[..., object]) -> str:
    """The call of a function or class, as code."""
    text = str(inspect.signature(thing)).replace("oneid.", "")
    text = re.sub(r"\b(?:pathlib|collections\.abc|typing|pandas\.core\.\w+)\.", "", text).replace("'", "")
    return f"```text\n{name}{text}\n```"


def python_page(tongue: Tongue = ENGLISH) -> str:
    """The Python face: every public name."""
    said = partial(tongue.docstring, "python")
    parts = [f"# {tongue.frame('python')}", tongue.frame("python_said")]
    for name in oneid.__all__:
        thing = getattr(oneid, name)
        if isinstance(thing, ModuleType):
            thing = thing.__dict__[name]
        parts.append(f"## `{name}`")
        if isinstance(thing, type) and issubclass(thing, OneIDError):
            parts.append(said(thing.__doc__) + tongue.frame("see_codes"))
            continue
        if not isinstance(thing, type):
            parts += [signature(f"oneid.{name}", thing), said(thing.__doc__)]
            continue
        parts.append(said(thing.__doc__))
        for method, inner in vars(thing).items():
            if method.startswith("_") or method == "model_config":
                continue
            plain = getattr(inner, "__func__", inner)
            if inspect.isfunction(plain) and plain.__doc__:
                parts += [f"### `{name}.{method}`", signature(f"{name}.{method}", plain), said(plain.__doc__)]
            elif getattr(inner, "func", None) or isinstance(inner, property):
                parts.append(f"- `{name}.{method}`{tongue.frame('colon')}{said(inner.__doc__)}")
        annotated = [key for key in vars(thing).get("__annotations__", {}) if not key.startswith("_")]
        if annotated:
            parts.append(tongue.frame("fields_are", names=_listed(annotated)))
    return "\n\n".join(parts)


def commands_page(tongue: Tongue = ENGLISH) -> str:
    """Every command with its arguments, options and examples; those of a group below it."""
    group: Any = get_command(cli.app)
    everywhere = [item for item in group.params if getattr(item, "rich_help_panel", "") == EVERYWHERE]
    shared = [(_option(item), tongue.help(item.help or "")) for item in everywhere]
    parts = [
        f"# {tongue.frame('commands')}", tongue.doc("commands", cli.__doc__), tongue.frame("everywhere_said"),
        table((tongue.frame("option"), tongue.frame("meaning")), shared),
    ]  # fmt: skip
    for name, command in group.commands.items():
        parts += _command(f"oneid {name}", command, "##", tongue)
        for inner, below in getattr(command, "commands", {}).items():
            parts += _command(f"oneid {name} {inner}", below, "###", tongue)
    return "\n\n".join(parts)


def _command(call: str, command: Any, level: str, tongue: Tongue) -> list[str]:  # noqa: ANN401 - Typer's
    """A command as a section."""
    rows = []
    for item in command.params:
        option = item.param_type_name == "option"
        if (option and item.rich_help_panel == EVERYWHERE) or getattr(item, "hidden", False):
            continue
        if not option:
            word = f"{item.metavar or item.name.upper()}{'...' if item.nargs == -1 and not item.metavar else ''}"
            call += f" {word}" if item.required else f" [{word}]"
        default = "" if item.default in (None, False) else f"`{item.default}`"
        said = _option(item) if option else f"`{item.metavar or item.name.upper()}`"
        rows.append((said, tongue.help(item.help or ""), tongue.frame("needed") if item.required else default))
    parts = [f"{level} `{call}`", prose(tongue.help(command.help))]
    if rows:
        parts.append(table([tongue.frame(key) for key in ("argument_or_option", "meaning", "left_out")], rows))
    if examples := getattr(command, "examples", ()):
        parts.append("```text\n" + "\n".join(examples) + "\n```")
    return parts


def _option(item: Any) -> str:  # noqa: ANN401 - Typer's
    return ", ".join(f"`{word}`" for word in item.opts)


def shown(text: str) -> str:
    """A message with its places to fill in."""
    return re.sub(r"\{[^{} ]+\}", "‹…›", text)


def tabled() -> dict[str, str]:
    """The meanings of codes that module docstrings list."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        found = dict(re.findall(r"^(E\d{3}) +(\S.*)$", docstring, re.MULTILINE)) | found
    return found


def errors_page(tongue: Tongue = ENGLISH) -> str:
    """Every error code: its meaning as its module's docstring lists it, or else what is said when it is raised."""
    parts = [
        f"# {tongue.frame('errors')}", tongue.doc("errors", import_module("oneid.vocabulary.errors").__doc__),
        tongue.frame("errors_said"),
    ]  # fmt: skip
    meanings, raised, rows = tabled(), collect(SOURCE).codes, []
    meanings |= ENGLISH.part("codes", (code for code, texts in raised.items() if not texts and code not in meanings))
    for code in sorted(raised.keys() | meanings.keys()):
        messages = dict.fromkeys(shown(tongue.message(text)) for text in raised.get(code, ()))
        said = tongue.docstring("codes", meanings[code]) if code in meanings else tongue.frame("or").join(messages)
        rows.append((f"`{code}`", said))
    return "\n\n".join([*parts, table((tongue.frame("code"), tongue.frame("meaning")), rows)])


def levels_page(tongue: Tongue = ENGLISH) -> str:
    """Fields with their evidence levels, and what the presets make of them; then the levels of fields of one's own."""
    presets = {name: rulesfile.load_rules(name) for name in rulesfile.presets()}
    head = (tongue.frame("level"), tongue.frame("meaning"))
    parts = [f"# {tongue.frame('levels')}", tongue.doc("levels", patterns.__doc__), tongue.frame("bits_said")]
    for one in Compared().comparisons:
        rows = []
        for level, said in level_meanings(one, tongue, field=one.field):
            bits = [f"{made.weights.get(one.field, {}).get(level, 0.0):+g}" for made in presets.values()]
            rows.append((f"`{level}`", said, *("" if level == patterns.MISSING else bit for bit in bits)))
        parts += [f"## {one.field}", table((*head, *(f"`{name}`" for name in presets)), rows)]
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for kind in KINDS.values():
        for one in kind.own("FIELD", {}).comparisons:
            alike.setdefault(tuple(level_meanings(one, tongue, kind=kind.name)), []).append(kind.name)
    parts += [tongue.heading("own_fields"), tongue.frame("own_said")]
    for meanings, kinds in alike.items():
        parts += [_listed(kinds) + ":", table(head, ((f"`{level}`", text) for level, text in meanings))]
    return "\n\n".join(parts)


def level_meanings(comparison: Comparison, tongue: Tongue, field: str = "", kind: str = "") -> list[tuple[str, str]]:
    """Each level with what its comparison says of it, or else the words of all that are named so."""
    return [(level, tongue.level(field, kind, level, text)) for level, text in comparison.levels.items()]


def _keys(tongue: Tongue, about: Mapping[str, str], head: str = "key") -> str:
    return table((tongue.frame(head), tongue.frame("meaning")), ((f"`{key}`", text) for key, text in about.items()))


def config_page(tongue: Tongue = ENGLISH) -> str:
    """The keys of a config."""
    ENGLISH.part("limits", Limits.model_fields)
    parted = ((kind.name, kind.parts) for kind in KINDS.values() if kind.parts)
    parts = [
        f"# {tongue.frame('config')}", tongue.doc("config", configfile.__doc__),
        tongue.heading("the_file"), _keys(tongue, in_order(tongue, "top", configfile.TOP)),
        tongue.heading("a_source"), _keys(tongue, in_order(tongue, "source", configfile.SOURCE)),
        tongue.heading("a_field"), tongue.frame("field_said"),
        _keys(tongue, in_order(tongue, "fields", ENGLISH.words["fields"]), "form"),
        tongue.frame("parts_said"),
        table(
            (tongue.frame("field"), tongue.frame("parts")), ((f"`{kind}`", _listed(known)) for kind, known in parted)
        ),
        "## `limits`", _keys(tongue, in_order(tongue, "limits", ENGLISH.words["limits"])),
    ]  # fmt: skip
    return "\n\n".join(parts)


def in_order(tongue: Tongue, part: str, known: Iterable[str]) -> dict[str, str]:
    """The words about ``known``, exactly these, in this order."""
    keys = list(known)
    about = tongue.part(part, keys)
    return {key: about[key] for key in keys}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def rules_page(tongue: Tongue = ENGLISH) -> str:
    """The keys of a rules file, and the presets."""
    known = [key for key in rules.Rules.model_fields if key != "name"]
    groups = get_args(get_args(rules.SurvivorshipGroup.model_fields["order"].annotation)[0])
    conditions = [*(key for key in rules.When.model_fields if key != "levels"), "FIELD"]
    sections = (
        ("the_file", "rules", [*known, "description"]),
        ("a_condition", "when", conditions),
        ("", "guards", list(rules.Guards.model_fields)),
        ("survivorship", "criteria", list(groups)),
    )
    parts = [f"# {tongue.frame('rules')}", tongue.doc("rules", rulesfile.__doc__)]
    for title, part, keys in sections:
        tongue.part(part, keys)
        about = {key: tongue.words[part][key] for key in ENGLISH.words[part]}
        parts += [tongue.heading(title) if title else f"## `{part}`", _keys(tongue, about)]
    parts += [tongue.frame("default_said", default=_listed(DEFAULT_ORDER))]
    made_of = (
        (f"`{name}`", tongue.of_code("keys", name, f"{key.about[:1].upper()}{key.about[1:]}."))
        for name, key in Compared().keys.items()
    )
    head = (tongue.frame("key"), tongue.frame("made_of"))
    parts += [tongue.heading("blocking_keys"), table(head, made_of), tongue.frame("keys_said")]
    for name in rulesfile.presets():
        parts += preset(name, tongue)
    return "\n\n".join(parts)


def preset(name: str, tongue: Tongue) -> list[str]:
    """A preset's thresholds and named rules."""
    made = rulesfile.load_rules(name)
    text = resources.files("oneid.settings.presets").joinpath(f"{name}.yaml").read_text("utf-8")
    limits = {key: f"{getattr(made.thresholds, key):g}" for key in ("match", "review", "never")}
    parts = [
        f"## {tongue.frame('preset', name=name)}",
        tongue.of_code("presets", name, yaml.safe_load(text)["description"]),
        tongue.frame("limits_said", **limits),
    ]
    if made.rules:
        head = [tongue.frame(key) for key in ("rule", "verdict", "why")]
        parts.append(table(head, ((f"`{r.id}`", r.verdict, tongue.why(r.reason)) for r in made.rules)))
    return parts


def outputs_page(tongue: Tongue = ENGLISH) -> str:
    """The files of a run with their columns."""
    about = tongue.part("tables", CONTRACTS)
    meanings = tongue.part("columns", {name for columns in CONTRACTS.values() for name, _ in columns})
    parts = [f"# {tongue.frame('outputs')}", tongue.frame("outputs_said")]
    head = [tongue.frame(key) for key in ("column", "type", "meaning")]
    for name, columns in CONTRACTS.items():
        rows = [(f"`{_shown(column)}`", kind.removesuffix("()"), meanings[column]) for column, kind in columns]
        file = "changes/<table>" if name == "changes" else name
        parts += [f"## `{file}.parquet`", about[name], table(head, rows)]
    keys = in_order(tongue, "run", ENGLISH.words["run"])
    parts += ["## `run.json`", _keys(tongue, keys), tongue.heading("events"), tongue.doc("events", assignment.__doc__)]
    return "\n\n".join(parts)


def _shown(column: str) -> str:
    return column.replace("FIELD", "<field>").replace("CARRIED", "<source>.<column>")


def index_page(tongue: Tongue = ENGLISH) -> str:
    """The list of pages, in reading order."""
    lines = []
    for name in MAKERS:
        if name == "kinds":
            lines += [tongue.frame("kinds_said"), page_list("kinds", tongue.language)]
        elif name in PAGES_OF_ALL and name != "index":
            lines.append(f"- [{tongue.frame(name)}]({name}{tongue.end}.md)")
    other = "[日本語](index.ja.md)" if tongue is ENGLISH else "[English](index.md)"
    return "\n\n".join([f"# {tongue.frame('index')}", other, tongue.frame("index_said"), "\n".join(lines)])


PAGES_OF_ALL: Mapping[str, Callable[[Tongue], str]] = {
    "index": index_page, "commands": commands_page, "python": python_page, "config": config_page, "rules": rules_page,
    "levels": levels_page, "outputs": outputs_page, "errors": errors_page,
}  # fmt: skip
"""The pages beside those of kinds, which are there in every language too."""
MAKERS: dict[str, Callable[[], str]] = {
    "index": index_page, "commands": commands_page, "python": python_page, "config": config_page, **kind_pages(),
    "rules": rules_page, "levels": levels_page, "outputs": outputs_page, "errors": errors_page,
} | {f"{name}{JAPANESE.end}": partial(make, JAPANESE) for name, make in PAGES_OF_ALL.items()}  # fmt: skip


def shipped_words() -> str:
    """The words that ``oneid schema`` shows in editors and warehouses."""
    parts = {part: WORDS[part] for part in SHIPPED_PARTS}
    return json.dumps(parts, ensure_ascii=False, indent=1) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Writes or checks the pages and the words that are shipped; returns the exit code."""
    stale = []
    texts = {PAGES / f"{name}.md": HEAD + make().rstrip() + "\n" for name, make in MAKERS.items()}
    texts[SHIPPED] = shipped_words()
    refuse_missing()
    refuse_unasked()
    for path, text in texts.items():
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    known = {PAGES / f"{name}.md" for name in MAKERS}
    stale += [path for path in sorted(PAGES.rglob("*.md")) if path not in known]
    for path in stale:
        said = "out of date; run scripts/make_reference.py" if "--check" in arguments else "made"
        print(f"{path.relative_to(ROOT)}: {said}")
    if not stale:
        print("reference: up to date")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
