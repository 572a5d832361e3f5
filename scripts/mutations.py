"""Finds the small changes that can be made to a module, one at a time: what ``scripts/mutate.py`` draws from.

A change is a piece of source text replaced by another, found in the syntax tree:

- comparisons: ``<`` by ``<=`` and ``>=`` (and so on), ``==`` by ``!=``, ``in`` by ``not in``, ``is`` by ``is not``
- operators: ``+ - * / // % & |`` and their assignments, ``and`` by ``or``; ``not`` and ``~`` left out; a plain
  condition negated
- flags (``True``, ``False``) and whole or broken numbers, ``n`` by ``n + 1``
- names that come in pairs: ``min`` and ``max``, ``any`` and ``all``, ``is_null`` and ``is_not_null``, ``"left"`` and
  ``"inner"`` joins, ``keep="first"`` and ``"last"``, and the like
- ends of slices left out
- statements left out: a call for its effect, a raised error, an early ``return`` or ``continue``; ``continue`` by
  ``break`` and back

Left alone is what no test of behaviour is meant to see: annotations, docstrings, texts (those of errors too),
assertions, imports, ``__all__``, decorators of data classes (``frozen``, ``slots``), and ``strict`` of ``zip``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Change", "changes"]

_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}
"""Per comparison its text as a pattern, and what it becomes."""

_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}

_TWINS = [
    ("min", "max"),
    ("any", "all"),
    ("is_null", "is_not_null"),
    ("first", "last"),
    ("head", "tail"),
    ("floor", "ceil"),
    ("minimum", "maximum"),
    ("argmin", "argmax"),
    ("logical_and", "logical_or"),
    ("min_horizontal", "max_horizontal"),
    ("any_horizontal", "all_horizontal"),
    ("cum_min", "cum_max"),
    ("arg_min", "arg_max"),
    ("union", "intersection"),
    ("startswith", "endswith"),
    ("issubset", "issuperset"),
]
_CALLS = dict(_TWINS) | {b: a for a, b in _TWINS}
_WORDS = {
    "how": {"left": "inner", "inner": "left", "semi": "anti", "anti": "semi", "full": "left"},
    "keep": {"first": "last", "last": "first", "any": "none"},
    "side": {"left": "right", "right": "left"},
    "strategy": {"forward": "backward", "backward": "forward"},
}
"""Per keyword the texts that are changed."""


@dataclass(frozen=True, order=True)
class Change:
    """One small change of one module.

    ``file`` is relative to the package; ``function`` the dotted name of what holds the change, ``""`` for the module
    itself; ``line`` where it is, ``statement`` the first line of its statement; ``start``, ``end`` the bytes replaced
    by ``text``; ``before`` and ``after`` the lines it is on, without and with it, white space made plain.
    """

    file: str
    line: int
    start: int
    end: int
    text: str
    statement: int
    function: str
    before: str
    after: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the change is known by wherever it moves within its room."""
        return self.file.partition("/")[0], self.function, self.before, self.after

    def applied(self, source: bytes) -> bytes:
        """The changed text of the module."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def changes(file: str, source: bytes) -> list[Change]:
    """All changes of the module ``file`` with this text, in order; each can be compiled."""
    finder = _Finder(file, source)
    finder.walk(ast.parse(source))
    return sorted(set(finder.found))


class _Finder:
    """Walks a syntax tree and collects changes."""

    def __init__(self, file: str, source: bytes) -> None:
        self.found: list[Change] = []
        self._file = file
        self._source = source
        self._plain = ast.dump(ast.parse(source))
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._names: list[str] = []
        self._statement = 0

    def walk(self, node: ast.AST) -> None:
        """Collects the changes of a node and of all it holds."""
        outer = self._statement
        if isinstance(node, ast.stmt):
            self._statement = node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._definition(node)
        elif not _is_left_alone(node):
            self._change(node)
            for child in _children(node):
                self.walk(child)
        self._statement = outer

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._names.append(node.name)
        if not isinstance(node, ast.ClassDef):
            self._statement = node.body[min(1, len(node.body) - 1)].lineno  # defaults are seen where the function runs
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                self.walk(default)
        for child in node.body:
            self.walk(child)
        self._names.pop()

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _add(self, start: int, end: int, text: str) -> None:
        """Adds a change unless it is none or cannot be compiled."""
        changed = self._source[:start] + text.encode() + self._source[end:]
        try:
            if ast.dump(ast.parse(changed)) == self._plain:
                return
        except SyntaxError:
            return
        first = self._source.rfind(b"\n", 0, start) + 1
        last = self._source.find(b"\n", end)
        last = len(self._source) if last < 0 else last
        before = self._source[first:last].decode()
        after = changed[first : last + len(changed) - len(self._source)].decode()
        line = self._source.count(b"\n", 0, start) + 1
        plain = (" ".join(before.split()), " ".join(after.split()))
        name = ".".join(self._names)
        self.found.append(Change(self._file, line, start, end, text, self._statement, name, *plain))

    def _between(self, left: ast.expr, right: ast.expr, pattern: str, texts: Sequence[str]) -> None:
        """Changes the operator between two operands."""
        start, end = self._span(left)[1], self._span(right)[0]
        found = re.search(pattern.encode(), self._source[start:end])
        if found:
            for text in texts:
                self._add(start + found.start(), start + found.end(), text)

    def _change(self, node: ast.AST) -> None:
        if isinstance(node, ast.Compare | ast.BoolOp | ast.BinOp | ast.AugAssign):
            self._operator(node)
        elif isinstance(node, ast.stmt):
            self._leave_out(node)
        else:
            self._expression(node)
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            self._negate(node.test)
        elif isinstance(node, ast.comprehension):
            for condition in node.ifs:
                self._negate(condition)

    def _operator(self, node: ast.Compare | ast.BoolOp | ast.BinOp | ast.AugAssign) -> None:
        match node:
            case ast.Compare():
                operands = [node.left, *node.comparators]
                for left, op, right in zip(operands, node.ops, operands[1:], strict=False):
                    self._between(left, right, *_COMPARISONS[type(op)])
            case ast.BoolOp():
                word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
                for left, right in zip(node.values, node.values[1:], strict=False):
                    self._between(left, right, word, (other,))
            case ast.BinOp() if type(node.op) in _OPERATORS and not (_is_text(node.left) or _is_text(node.right)):
                sign, other = _OPERATORS[type(node.op)]
                self._between(node.left, node.right, re.escape(sign), (other,))
            case ast.AugAssign() if type(node.op) in _OPERATORS:
                sign, other = _OPERATORS[type(node.op)]
                self._between(node.target, node.value, re.escape(sign) + "=", (other + "=",))

    def _expression(self, node: ast.AST) -> None:
        match node:
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                start = self._span(node)[0]
                self._add(start, start + (3 if isinstance(node.op, ast.Not) else 1), "")
            case ast.Constant():
                self._constant(node)
            case ast.Call():
                self._call(node)
            case ast.Slice():
                for end in filter(None, (node.lower, node.upper)):
                    self._add(*self._span(end), "")

    def _constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add(*self._span(node), str(not node.value))
        elif isinstance(node.value, int | float):
            self._add(*self._span(node), repr(node.value + 1))

    def _call(self, node: ast.Call) -> None:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in _CALLS:
            end = self._span(called)[1]
            self._add(end - len(name.encode()), end, _CALLS[name])
        for keyword in node.keywords:
            value = keyword.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                other = _WORDS.get(keyword.arg or "", {}).get(value.value)
                if other:
                    self._add(*self._span(value), f'"{other}"')

    def _negate(self, test: ast.expr) -> None:
        if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr | ast.Subscript):
            start, end = self._span(test)
            self._add(start, end, f"not ({self._source[start:end].decode()})")

    def _leave_out(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=ast.Call()) | ast.Raise():
                self._add(*self._span(node), "pass")
            case ast.Continue():
                self._add(*self._span(node), "break")
            case ast.Break():
                self._add(*self._span(node), "continue")
            case ast.If(body=[ast.Return() | ast.Continue() as early], orelse=[]):
                self._add(*self._span(early), "pass")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]):
            return True
        case ast.keyword(arg="strict"):
            return True
    return False


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What is walked into: all but annotations and what an error is raised with."""
    if isinstance(node, ast.Raise):
        return
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
