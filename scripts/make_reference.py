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
from importlib import import_module, resources
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import yaml
from kind_pages import kind_pages, page_list, refuse_missing
from reference_text import prose, table
from typer.main import get_command

import oneid
from oneid.cli import main as cli
from oneid.golden import survivorship
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
WORDS: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "reference_words.yaml").read_text("utf-8")
)
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
    "state/pairs": [("left", "UInt32"), ("right", "UInt32"), ("pattern", "UInt64")],
    "state/equal": [("left", "UInt32"), ("right", "UInt32")],
    "state/inside": [("left", "UInt32"), ("right", "UInt32"), ("pattern", "UInt64")],
    "state/decided": [("left", "UInt32"), ("right", "UInt32"), ("verdict", "UInt8")],
}  # fmt: skip
"""The columns of each output, in order. FIELD stands for every field of the config; in patterns, every compared one."""


def words(part: str, known: Iterable[str]) -> Mapping[str, str]:
    """The words about ``known``, exactly these."""
    have, want = set(WORDS[part]), set(known)
    if have != want:
        lacking, gone = sorted(want - have), sorted(have - want)
        raise SystemExit(
            f"reference_words.yaml, {part}: missing {lacking or 'nothing'}, no longer there {gone or 'nothing'}"
        )
    return WORDS[part]


def signature(name: str, thing: Callable[..., object]) -> str:
    """The call of a function or class, as code."""
    text = str(inspect.signature(thing)).replace("oneid.", "")
    text = re.sub(r"\b(?:pathlib|collections\.abc|typing|pandas\.core\.\w+)\.", "", text).replace("'", "")
    return f"```text\n{name}{text}\n```"


def python_page() -> str:
    """The Python face: every public name."""
    parts = ["# Python", "Everything public is in `oneid`; what is not listed here may change without notice."]
    for name in oneid.__all__:
        thing = getattr(oneid, name)
        if isinstance(thing, ModuleType):
            thing = thing.__dict__[name]
        parts.append(f"## `{name}`")
        if isinstance(thing, type) and issubclass(thing, OneIDError):
            parts.append(prose(thing.__doc__) + " See [error codes](errors.md).")
            continue
        if not isinstance(thing, type):
            parts += [signature(f"oneid.{name}", thing), prose(thing.__doc__)]
            continue
        parts.append(prose(thing.__doc__))
        for method, inner in vars(thing).items():
            if method.startswith("_") or method == "model_config":
                continue
            plain = getattr(inner, "__func__", inner)
            if inspect.isfunction(plain) and plain.__doc__:
                parts += [f"### `{name}.{method}`", signature(f"{name}.{method}", plain), prose(plain.__doc__)]
            elif getattr(inner, "func", None) or isinstance(inner, property):
                parts.append(f"- `{name}.{method}`: {prose(inner.__doc__)}")
        annotated = [key for key in vars(thing).get("__annotations__", {}) if not key.startswith("_")]
        if annotated:
            parts.append("Fields: " + _listed(annotated) + ".")
    return "\n\n".join(parts)


def commands_page() -> str:
    """Every command with its arguments and options."""
    parts = ["# Commands", prose(cli.__doc__), "`--debug` beside any command shows the traceback of an error."]
    group: Any = get_command(cli.app)
    for name, command in group.commands.items():
        rows, call = [], f"oneid {name}"
        for item in command.params:
            option = item.param_type_name == "option"
            if not option:
                call += f" {item.name.upper()}{'...' if item.nargs == -1 else ''}"
            default = "needed" if item.required else "" if item.default in (None, False) else f"`{item.default}`"
            said = ", ".join(f"`{word}`" for word in item.opts) if option else f"`{item.name.upper()}`"
            rows.append((said, item.help or "", default))
        parts += [f"## `{call}`", prose(command.help), table(("argument or option", "meaning", "left out"), rows)]
    return "\n\n".join(parts)


def raised() -> dict[str, list[str]]:
    """By code, what the code says when it raises it; parts that depend on the case are shown as ‹…›."""
    found: dict[str, list[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            items = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            if (
                len(items) < 2
                or not isinstance(items[0], ast.Constant)
                or not re.fullmatch(r"E\d{3}", str(items[0].value))
            ):
                continue
            message = _template(items[1])
            known = found.setdefault(str(items[0].value), [])
            if message and message not in known:
                known.append(message)
    return found


def _template(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "‹…›" for part in node.values)  # type: ignore[misc]
    return ""


def tabled() -> dict[str, str]:
    """The meanings of codes that module docstrings list."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        found = dict(re.findall(r"^(E\d{3}) +(\S.*)$", docstring, re.MULTILINE)) | found
    return found


def errors_page() -> str:
    """Every error code."""
    meanings = tabled()
    tree = prose((import_module("oneid.vocabulary.errors").__doc__ or "").replace("\n\n    OneID", "\n\n    OneID"))
    parts = ["# Error codes", tree]
    sentences, rows = raised(), []
    meanings |= words("codes", (code for code, said in sentences.items() if not said and code not in meanings))
    for code in sorted(sentences.keys() | meanings.keys()):
        said = meanings.get(code) or "; ".join(sentences[code])
        rows.append((f"`{code}`", said.replace("``", "`")))
    return "\n\n".join([*parts, table(("code", "meaning"), rows)])


def levels_page() -> str:
    """Fields with their evidence levels, and what the presets make of them; then the levels of fields of one's own."""
    presets = {name: rulesfile.load_rules(name) for name in rulesfile.presets()}
    parts = ["# Evidence levels", prose(patterns.__doc__), "The bits are those of the presets; see [rules](rules.md)."]
    for one in Compared().comparisons:
        rows = []
        for level, said in level_meanings(one):
            bits = [f"{made.weights.get(one.field, {}).get(level, 0.0):+g}" for made in presets.values()]
            rows.append((f"`{level}`", said, *("" if level == patterns.MISSING else bit for bit in bits)))
        parts += [f"## {one.field}", table(("level", "meaning", *(f"`{name}`" for name in presets)), rows)]
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for kind in KINDS.values():
        for one in kind.own("FIELD", {}).comparisons:
            alike.setdefault(tuple(level_meanings(one)), []).append(kind.name)
    parts += ["## Fields of your own", "Their levels are those of their kind, with 0 bits unless the rules give some."]
    for meanings, kinds in alike.items():
        parts += [_listed(kinds) + ":", table(("level", "meaning"), ((f"`{level}`", said) for level, said in meanings))]
    return "\n\n".join(parts)


def level_meanings(comparison: Comparison) -> list[tuple[str, str]]:
    """Each level with what its comparison says of it, or else the words of all that are named so."""
    said = [(level, text or WORDS["levels"].get(level, "")) for level, text in comparison.levels.items()]
    if lacking := [level for level, text in said if not text]:
        raise SystemExit(f"reference_words.yaml, levels: missing {lacking} of {comparison.field}")
    return [(level, text[:1].upper() + text[1:]) for level, text in said]


def config_page() -> str:
    """The keys of a config."""
    top, source = words("top", configfile.TOP), words("source", configfile.SOURCE)
    limits = words("limits", Limits.model_fields)
    shapes = WORDS["fields"]
    parted = ((kind.name, kind.parts) for kind in KINDS.values() if kind.parts)
    parts = [
        "# Config", prose(configfile.__doc__),
        "## The file", table(("key", "meaning"), ((f"`{key}`", top[key]) for key in configfile.TOP)),
        "## A source", table(("key", "meaning"), ((f"`{key}`", source[key]) for key in configfile.SOURCE)),
        "## A field", "A field is named by its [kind](kinds.md), or has a name and a `kind` of its own.",
        table(("form", "meaning"), ((f"`{key}`", text) for key, text in shapes.items())),
        "Parts that are known apart:",
        table(("field", "parts"), ((f"`{kind}`", _listed(known)) for kind, known in parted)),
        "## `limits`", table(("key", "meaning"), ((f"`{key}`", text) for key, text in limits.items())),
    ]  # fmt: skip
    return "\n\n".join(parts)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def rules_page() -> str:
    """The keys of a rules file, and the presets."""
    known = [key for key in rules.Rules.model_fields if key != "name"]
    groups = get_args(get_args(rules.SurvivorshipGroup.model_fields["order"].annotation)[0])
    conditions = [*(key for key in rules.When.model_fields if key != "levels"), "FIELD"]
    sections = (
        ("The file", "rules", [*known, "description"]),
        ("A condition (`when`)", "when", conditions),
        ("`guards`", "guards", list(rules.Guards.model_fields)),
        ("Criteria of survivorship", "criteria", list(groups)),
    )
    parts = ["# Rules", prose(rulesfile.__doc__)]
    for title, part, keys in sections:
        about = words(part, keys)
        parts += [f"## {title}", table(("key", "meaning"), ((f"`{key}`", text) for key, text in about.items()))]
    default = _listed(survivorship.DEFAULT_ORDER)
    parts += [f"Fields in no group are chosen by {default}; what is still tied goes to the least source and id."]
    made_of = ((f"`{name}`", f"{key.about[:1].upper()}{key.about[1:]}.") for name, key in Compared().keys.items())
    parts += ["## Blocking keys", table(("key", "made of"), made_of), "Fields of your own are named as in the config."]
    for name in rulesfile.presets():
        made = rulesfile.load_rules(name)
        text = resources.files("oneid.settings.presets").joinpath(f"{name}.yaml").read_text("utf-8")
        limits = made.thresholds
        parts += [
            f"## Preset `{name}`", yaml.safe_load(text)["description"],
            f"Thresholds in bits: match {limits.match:g}, review {limits.review:g}, never {limits.never:g}.",
        ]  # fmt: skip
        if made.rules:
            parts.append(table(("rule", "verdict", "why"), ((f"`{r.id}`", r.verdict, r.why) for r in made.rules)))
    return "\n\n".join(parts)


def outputs_page() -> str:
    """The files of a run with their columns."""
    about = words("tables", CONTRACTS)
    meanings = words("columns", {name for columns in CONTRACTS.values() for name, _ in columns})
    intro = (
        "`oneid resolve CONFIG --out DIR` writes these files, all of them or none. Each is Parquet; `--csv` adds CSV."
    )
    parts = ["# Outputs", intro]
    for name, columns in CONTRACTS.items():
        rows = [(f"`{_shown(column)}`", kind.removesuffix("()"), meanings[column]) for column, kind in columns]
        parts += [f"## `{name}.parquet`", about[name], table(("column", "type", "meaning"), rows)]
    keys = ((f"`{key}`", text) for key, text in WORDS["run"].items())
    parts += ["## `run.json`", table(("key", "meaning"), keys), "## Events", prose(assignment.__doc__)]
    return "\n\n".join(parts)


def _shown(column: str) -> str:
    return column.replace("FIELD", "<field>").replace("CARRIED", "<source>.<column>")


def index_page() -> str:
    """The list of pages, in reading order."""
    lines = []
    for name in MAKERS:
        if name == "kinds":
            lines += [
                "- [Field kinds](kinds.md) ([項目の種類](kinds.ja.md)), with examples and sources:",
                page_list("kinds"),
            ]
        elif name != "index" and not name.startswith("kinds"):
            lines.append(f"- [{_title(name)}]({name}.md)")
    return "\n\n".join(["# Reference", "Made from the code and checked against it.", "\n".join(lines)])


def _title(name: str) -> str:
    return {"python": "Python", "levels": "Evidence levels", "errors": "Error codes"}.get(name, name.capitalize())


MAKERS: dict[str, Callable[[], str]] = {
    "index": index_page, "commands": commands_page, "python": python_page, "config": config_page, **kind_pages(),
    "rules": rules_page, "levels": levels_page, "outputs": outputs_page, "errors": errors_page,
}  # fmt: skip


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
