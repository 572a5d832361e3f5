"""Settings as a tree of texts that remembers its lines: what YAML says, without YAML's guesses about types.

YAML would turn ``0312345670`` into a number and ``no`` into False. Here every scalar stays the text that was written,
and every node knows its line and its path of keys, so that each mistake can be shown where it is. Python mappings
become the same trees (without lines), so that a config in a notebook and a config in a file are read by the same code.

A file may use anchors and aliases; what they unfold to is bounded (:data:`MOST_NODES`, :data:`DEEPEST`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeAlias

import yaml

from oneid.vocabulary.errors import ConfigError, Place, did_you_mean
from oneid.vocabulary.language import said, verbatim
from oneid.vocabulary.terminaltext import is_text

__all__ = ["DEEPEST", "MOST_NODES", "Node", "Reader", "from_object", "parse_yaml"]

MOST_NODES = 200_000
"""The most nodes a tree may unfold to; a config with 1,000 sources of 30 fields has about 100,000."""

DEEPEST = 40
"""The deepest nesting; a config needs 7."""

Value: TypeAlias = "str | tuple[Node, ...] | dict[str, Node] | None"

_NO_TEXT = "a character stands in it that is none of a text"

_NOTHING = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Node:
    """A text, a list, a mapping, or nothing (None). ``line`` is where the entry begins, its key included.

    ``bare`` marks a scalar written without quotes: there ``null`` and ``~`` may stand for nothing where a setting is
    meant; where data is meant they are text.
    """

    value: Value
    line: int | None = None
    inside: str = ""
    bare: bool = False

    @property
    def nothing(self) -> bool:
        """True where a setting was left empty or written as null."""
        return self.value is None or (self.bare and isinstance(self.value, str) and self.value in _NOTHING)

    @property
    def shape(self) -> str:
        """What this is, in the words of messages."""
        if self.value is None or self.value == "":
            return said("nothing")
        return {str: said("a text"), tuple: said("a list"), dict: said("a mapping")}[type(self.value)]


@dataclass(slots=True)
class Reader:
    """Reads nodes as what they should be and collects every mistake in ``problems``, not only the first."""

    file: str | None = None
    problems: list[ConfigError] = field(default_factory=list)

    def wrong(self, code: str, message: str, node: Node, hint: str | None = None) -> None:
        """Notes a problem at ``node``."""
        place = Place(self.file, node.line, node.inside or None)
        self.problems.append(ConfigError(code, message, place=place, hint=hint))

    def mapping(self, node: Node, known: Iterable[str] | None = None, required: Iterable[str] = ()) -> dict[str, Node]:
        """The entries of a mapping that are known (all, where ``known`` is None). E105, E102 for others, E104."""
        if not isinstance(node.value, dict):
            self.wrong("E105", said("expected a mapping (key: value), got {shape}", shape=node.shape), node)
            return {}
        entries = dict(node.value)
        if known is not None:
            names = list(known)
            for key in [key for key in entries if key not in names]:
                self.wrong("E102", said("unknown key '{key}'", key=key), entries.pop(key), did_you_mean(key, names))
        for key in required:
            if key not in entries:
                self.wrong("E104", said("the key '{key}' is missing", key=key), node)
        return entries

    def text(self, node: Node, what: str = said("a text")) -> str | None:
        """A text that is not blank; None after noting E105."""
        if isinstance(node.value, str) and node.value.strip() and not node.nothing:
            return node.value
        self.wrong("E105", said("expected {what}, got {shape}", what=what, shape=node.shape), node)
        return None

    def optional(self, node: Node | None) -> str | None:
        """A text, or None where the key is left out, empty or null."""
        return None if node is None or node.nothing else self.text(node)

    def texts(self, node: Node | None, *, data: bool = False) -> tuple[str, ...]:
        """A text or a list of texts, each once; ``data``: values of cells, where ``null`` and blanks are texts too."""
        if node is None or (node.nothing and not (data and node.value)):
            return ()
        items = node.value if isinstance(node.value, tuple) else (node,)
        found: dict[str, None] = {}
        for item in items:
            word = item.value if data and isinstance(item.value, str) else self.text(item)
            if word is None:
                continue
            if word in found:
                self.wrong("E105", said("'{word}' is listed twice", word=word), item)
            found[word] = None
        return tuple(found)

    def choice(self, node: Node | None, choices: Sequence[str], default: str) -> str:
        """One of ``choices``; the default where left out, or after noting E105."""
        if node is None or node.nothing:
            return default
        word = self.text(node, said("one of {choices}", choices=", ".join(choices)))
        if word is None or word in choices:
            return word or default
        self.wrong(
            "E105",
            said("'{word}' is none of {choices}", word=word, choices=", ".join(choices)),
            node,
            did_you_mean(word, choices),
        )
        return default

    def number(self, node: Node | None, *, whole: bool = False) -> float | None:
        """A number from 0 up (``whole``: an integer from 1 up); None where left out or null, or after noting E105."""
        if node is None or node.nothing:
            return None
        word = node.value if isinstance(node.value, str) else ""
        if re.fullmatch(r"[1-9]\d{0,17}" if whole else r"\d{1,18}(\.\d{1,18})?", word, re.ASCII):
            return float(word)
        self.wrong("E105", "expected a whole number from 1 up" if whole else "expected a number from 0 up", node)
        return None


@dataclass(slots=True)
class _Builder:
    """Turns YAML nodes or Python objects into :class:`Node`, counting so that nothing unfolds without end."""

    reader: Reader
    count: int = 0

    def full(self, node: Node, depth: int) -> bool:
        self.count += 1
        if self.count == MOST_NODES + 1 or (depth == DEEPEST + 1 and self.count <= MOST_NODES):
            self.reader.wrong("E101", "nested or repeated beyond measure", node, "write it without aliases")
        return self.count > MOST_NODES or depth > DEEPEST

    def fit(self, node: Node) -> Node:
        """The node of a text that UTF-8 can hold and a path too; nothing, and E101, for another."""
        if isinstance(node.value, str) and not is_text(node.value):
            self.reader.wrong("E101", _NO_TEXT, node)
            return Node(None, node.line, node.inside)
        return node

    def of_yaml(self, source: yaml.Node, inside: str, line: int, depth: int = 0) -> Node:
        if self.full(here := Node(None, line, inside), depth):
            return here
        if isinstance(source, yaml.SequenceNode):
            items = (
                self.of_yaml(item, f"{inside}[{number}]", _line(item), depth + 1)
                for number, item in enumerate(source.value)
            )
            return Node(tuple(items), line, inside)
        if isinstance(source, yaml.MappingNode):
            return Node(self.entries(source, inside, depth), line, inside)
        bare = isinstance(source, yaml.ScalarNode) and source.style is None
        return self.fit(Node(source.value, line, inside, bare=bare))

    def entries(self, source: yaml.MappingNode, inside: str, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, value in source.value:
            line = _line(key)
            if not isinstance(key, yaml.ScalarNode):
                hint = "quote a value that begins with { or ["
                self.reader.wrong("E105", "a key must be a text", Node(None, line, inside), hint)
                continue
            node = self.of_yaml(value, _path(inside, key.value), line, depth + 1)
            if not self.fit(Node(key.value, line, inside)).value and key.value:
                continue
            if key.value in entries:
                first = entries[key.value].line
                self.reader.wrong(
                    "E106", said("the key '{key}' stands on line {first} already", key=key.value, first=first), node
                )
                continue
            entries[key.value] = node
        return entries

    def of_object(self, source: object, inside: str, depth: int = 0) -> Node:
        if self.full(here := Node(None, None, inside), depth):
            return here
        if isinstance(source, Mapping):
            pairs = [(str(key), value) for key, value in source.items()]
            pairs = [(key, value) for key, value in pairs if not key or self.fit(Node(key, None, inside)).value]
            return Node({k: self.of_object(v, _path(inside, k), depth + 1) for k, v in pairs}, None, inside)
        if isinstance(source, (list, tuple)):
            items = [self.of_object(item, f"{inside}[{number}]", depth + 1) for number, item in enumerate(source)]
            return Node(tuple(items), None, inside)
        if source is None or isinstance(source, (str, bool, int, float, PurePath)):
            text = None if source is None else str(source)
            return self.fit(Node(text.lower() if text and isinstance(source, bool) else text, None, inside))
        self.reader.wrong(
            "E105", said("expected text, number, list or mapping, got {kind}", kind=type(source).__name__), here
        )
        return here


def parse_yaml(text: str, reader: Reader) -> Node | None:
    """The tree of a YAML text; None after noting E101 (not YAML). Doubled keys are noted as E106, the first counts."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Node(None, mark.line + 1 if mark else None)
        hint = "quote values that contain ': ' or begin with one of { [ @ ` % & * ! |"
        reader.wrong("E101", said("not YAML: {problem}", problem=error.problem or error.context), at, hint)
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reader.wrong("E101", "not YAML: a control character stands in the file", Node(None, line))
        return None
    except (ValueError, OverflowError):  # an escape that names no character
        reader.wrong("E101", said("not YAML: {problem}", problem=verbatim(_NO_TEXT)), Node(None))
        return None
    except RecursionError:
        reader.wrong("E101", "nested or repeated beyond measure", Node(None, 1))
        return None
    if root is None:
        return Node({}, 1)
    return _Builder(reader).of_yaml(root, "", _line(root))


def from_object(source: object, reader: Reader) -> Node:
    """The tree of Python mappings, lists, texts and numbers; anything else is noted as E105."""
    return _Builder(reader).of_object(source, "")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _path(inside: str, key: str) -> str:
    return f"{inside}.{key}" if inside else key
