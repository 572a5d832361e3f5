"""Every text that reaches people, found in the syntax of the modules; for the reference, and the test of catalogues.

- what :func:`~oneid.vocabulary.language.said`, ``verbatim`` and ``joined`` are given first;
- of a call or tuple that begins with a code (``E206``), the message and the hint;
- what is given to functions that make errors of it (:data:`TAKING`).

Names are followed to what is assigned to them in the function or the module; both sides of a condition count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oneid.vocabulary.errors import OneIDError

ERRORS = {"OneIDError", *(error.__name__ for error in OneIDError.__subclasses__())}
TAKING = {"_bad", "_damaged", "_few", "_held", "_other", "_refused", "_wrong", "as_output_error", "wrong"}
"""Functions that make an error of a text; what they are given is collected where it is given."""
MADE = {"did_you_mean", "install", "joined", "near", "said", "verbatim", "foreign", "_other_encoding"}
"""Functions that give a text of ours, or one that is the same in all languages."""
OPEN = {
    "identity/renumbering.py: message",  # in rows that begin with a code, collected there
    "identity/renumbering.py: hint",
    "runs/gates.py: _naming(message, oneids)",  # both said
    "outputs/folderlock.py: message",
    "outputs/folderlock.py: usual",
    "outputs/ownfiles.py: message",
    "cli/explain.py: error.message",
    "explain/evidence.py: self._now_called(oneid)",  # said there
    "cli/lookup.py: _example()",  # what to type
    "cli/measure.py: title",  # of a list of titles that are said
    "cli/registry/acts.py: event",
    "cli/terminal/given.py: _CALLED[found]",
    "cli/terminal/given.py: hints[found]",
    "cli/terminal/given.py: of_run.get(command, hints['run'])",
    "cli/terminal/summary.py: NUMBERS",  # said where it is noted
    "cli/terminal/summary.py: _EVENTS[event]",
    "ruletests/check.py: _OF_PRESET[code]",  # :data:`TABLES`
    "ruletests/reports.py: error.hint",
    "ruletests/reports.py: error.message",
    "sources/formats/archives.py: _listed(sorted(there))",  # said there
}
"""What is no constant and no ``said``, and may be so."""

WORDS = {"error", "warning", "note"}
"""Levels of findings, which are looked up by their names."""
TABLES = {"FOREIGN", "HEADINGS", "STAGE_WORDS", "_CALLED", "_EVENTS", "_OF_PRESET"}
"""Tables at the top of modules whose texts are said one by one."""

_CODE = re.compile(r"E\d{3}")
_Scope = Mapping[str, list[ast.expr]]


@dataclass
class Found:
    """By text the rooms that say it; by code its messages, in the order of modules; and what could not be followed, as
    ``module: expression``.
    """

    texts: dict[str, set[str]] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    templates: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)


def collect(source: Path) -> Found:
    """All texts of a package."""
    found = Found()
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).as_posix()
        if name not in ("vocabulary/language.py", "cli/language.py"):
            tree = ast.parse(path.read_text("utf-8"))
            for text in _tabled(tree):
                found.texts.setdefault(text, set()).add(name.split("/")[0])
            _visit(tree, _assigned(tree.body), frozenset(), name, found)
    return found


def _visit(node: ast.AST, scope: _Scope, parameters: frozenset[str], name: str, found: Found) -> None:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            mine = frozenset(one.arg for one in (*inner.args.args, *inner.args.kwonlyargs))
            _visit(inner, {**scope, **_assigned([inner])}, mine, name, found)
            continue
        if (code := _code_of(inner)) is not None:
            told = _messages(inner, scope)
            known = found.codes.setdefault(code, [])
            known += [text for text in dict.fromkeys(told) if text not in known]
        for expression in _given(inner):
            template = isinstance(inner, ast.Call) and _name(inner.func) in ("said", "joined") and bool(inner.keywords)
            for text in _texts(expression, scope):
                if isinstance(text, str):
                    found.texts.setdefault(text, set()).add(name.split("/", maxsplit=1)[0].removesuffix(".py"))
                    found.templates |= {text} if template else set()
                elif not (isinstance(text, ast.Name) and text.id in parameters):
                    found.unclear.add(f"{name}: {ast.unparse(text)}")
        _visit(inner, scope, parameters, name, found)


def _code_of(node: ast.AST) -> str | None:
    """The code that a call or a row begins with."""
    items = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
    return str(items[0].value) if items and isinstance(items[0], ast.Constant) and _is_code(items[0]) else None


def _messages(node: ast.AST, scope: _Scope) -> Iterator[str]:
    """What is said beside a code, templates as they are."""
    items = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
    for text in _texts(items[1], scope, inside=True) if len(items) > 1 else ():
        if isinstance(text, str) and not _CODE.fullmatch(text):
            yield text


def _tabled(tree: ast.Module) -> Iterator[str]:
    """The texts of :data:`TABLES`: values of mappings, items of lists."""
    for name, values in _assigned(tree.body).items():
        for value in values if name in TABLES else ():
            items = value.values if isinstance(value, ast.Dict) else getattr(value, "elts", [])
            yield from (str(one.value) for one in items if isinstance(one, ast.Constant))


def _given(node: ast.AST) -> list[ast.expr]:
    """What is said to people by a call, or by what calls are made of."""
    if isinstance(node, ast.Tuple) and node.elts and _is_code(node.elts[0]):
        return [one for one in node.elts[1:] if isinstance(one, ast.Constant) and not _is_code(one)]
    if not isinstance(node, ast.Call):
        return []
    called = _name(node.func)
    if called in ("said", "joined", "verbatim") and isinstance(node.func, ast.Name):
        return node.args[:1]
    if called == "in_language":
        return [one for one in node.args[:1] if isinstance(one, ast.Constant)]
    hints = [word.value for word in node.keywords if word.arg == "hint"]
    if called in TAKING and not _is_code(node.args[0] if node.args else node):
        return [*hints, *(one for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))]
    if called in ERRORS or (node.args and _is_code(node.args[0])):
        return [*hints, *node.args[1:2], *(node.args[3:4] if called in TAKING else ())]
    return []


def _is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(_CODE.fullmatch(str(node.value)))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _texts(
    node: ast.expr, scope: _Scope, seen: tuple[str, ...] = (), *, inside: bool = False
) -> Iterator[str | ast.expr]:
    """The texts that an expression may be; ``inside``: also what ``said`` is given in it."""
    if isinstance(node, ast.Constant):
        yield from [node.value] if isinstance(node.value, str) else []
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body, scope, seen, inside=inside), *_texts(node.orelse, scope, seen, inside=inside))
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _texts(one, scope, seen, inside=inside)
    elif isinstance(node, ast.Name) and node.id in seen:
        return
    elif isinstance(node, ast.Name) and node.id in scope:
        for one in scope[node.id]:
            yield from _texts(one, scope, (*seen, node.id), inside=inside)
    elif inside and isinstance(node, ast.Call) and _name(node.func) == "said":
        yield from _texts(node.args[0], scope, seen)
    elif not (isinstance(node, ast.Call) and _name(node.func) in MADE) and not isinstance(node, ast.List | ast.Tuple):
        yield node


def _assigned(body: list[ast.stmt]) -> dict[str, list[ast.expr]]:
    """What is assigned to names, by name: in functions anywhere, in modules at the top."""
    found: dict[str, list[ast.expr]] = {}
    for statement in body:
        inside = ast.walk(statement) if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) else [statement]
        for node in inside:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    _bind(target, node.value, found)
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                _bind(node.target, node.value, found)
    return found


def _bind(target: ast.expr, value: ast.expr, found: dict[str, list[ast.expr]]) -> None:
    if isinstance(target, ast.Name):
        found.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, of in zip(target.elts, value.elts, strict=True):
            _bind(one, of, found)
