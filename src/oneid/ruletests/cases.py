"""Reads cases for merge rules: a few records, what is true around them, and what must become of them.

A file (YAML, every scalar a text) holds ``version: 1`` and ``cases``, a list of

- ``id``, unique among all files; ``why``, for people; ``severity``: ``must`` (left out), ``should`` or ``known``;
- ``records``: by letter ``{source: ec, name: ..., birth: ...}`` with the fields of the config as the systems write
  them (and ``source_id`` where a field refers to it), or ``{ref: ec:E4}``, a record of a run;
- ``context``, what these records alone cannot show: a field of a kind whose values several people may have, such as
  ``address``, is ``shared`` with people of other names; the ``name`` or ``family`` name is ``rare``, ``common`` or
  ``frequent``;
- ``expect``: ``pair`` of two letters with the acceptable ``verdict`` or verdicts (``match``, ``review``, ``never``;
  ``none``: neither linked nor asked) and, if it matters, the ``rule`` that decides; or ``groups``: who is one person.

All mistakes of all files are found in one go. Beside the codes of every YAML file (E101 to E106):

====  ====================================================================
E150  no cases: no such file or folder, or nothing in it
E151  a source that the config does not have
E152  a field that the source does not have
E153  a rule that the rules do not have
E154  an expectation that does not fit the case's records, or one record twice
E155  two cases have one id
E156  a reference into a run that cannot be followed
E157  the run that is referred to was made with other rules
E158  a context that does not fit the case's records
====  ====================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import KINDS, STANDARD
from oneid.settings.namedfile import MOST_YAML, contents, reason_of
from oneid.settings.yamltree import Node, Reader, parse_yaml
from oneid.vocabulary.errors import ConfigError, OneIDError, Place, did_you_mean
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef

__all__ = ["CONTEXTS", "FIELDS", "SEVERITIES", "VERDICTS", "Case", "Expect", "Known", "Loaded", "load", "shown_groups"]

FIELDS = STANDARD
"""The fields that a record of any source may have, beside the source's own."""

SEVERITIES = ("must", "should", "known")
VERDICTS = ("match", "review", "never", "none")
_NAME = ("rare", "common", "frequent")
_STANDARD: Mapping[str, Kind] = {name: KINDS[name] for name in FIELDS}

_CASE = ("id", "why", "severity", "records", "context", "expect")
_APART = ("review", "never", "none")

Row = Mapping[str, str]


def _contexts(kinds: Mapping[str, Kind]) -> dict[str, tuple[str, ...]]:
    return {"name": _NAME, "family": _NAME} | {field: ("shared",) for field, kind in kinds.items() if kind.shareable}


CONTEXTS: Mapping[str, tuple[str, ...]] = _contexts(_STANDARD)
"""What can be said of the values of a field that any source may have, or of the family name."""


@dataclass(frozen=True, slots=True)
class Expect:
    """Either a pair with its acceptable verdicts (and the rule, where it matters), or who is one person."""

    pair: tuple[str, str] | None = None
    verdicts: tuple[str, ...] = ()
    rule: str | None = None
    groups: frozenset[frozenset[str]] = frozenset()

    def __str__(self) -> str:
        if self.pair is None:
            return shown_groups(self.groups)
        return " or ".join(self.verdicts) + (f" by {self.rule}" if self.rule else "")


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``records``: by letter, the source and fields as written, or, in a case of references, ``refs``."""

    id: str
    file: str
    line: int
    why: str
    severity: str
    records: Mapping[str, Row]
    expect: Expect
    context: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, RecordRef] = field(default_factory=dict)

    @property
    def letters(self) -> tuple[str, ...]:
        """The names of its records."""
        return tuple(self.refs or self.records)

    @property
    def asked(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The pairs that the case is about, each with what it may come to."""
        if self.expect.pair is not None:
            yield (*self.expect.pair, self.expect.verdicts)
            return
        for a, b in combinations(self.letters, 2):
            together = any({a, b} <= group for group in self.expect.groups)
            yield a, b, ("match",) if together else _APART


@dataclass(frozen=True, slots=True)
class Known:
    """What cases may name: fields by source, and rules. None: not known, so anything goes. ``kinds``: those of fields
    of the sources' own.
    """

    sources: Mapping[str, Sequence[str]] | None = None
    rules: Sequence[str] | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    @property
    def contexts(self) -> Mapping[str, tuple[str, ...]]:
        """What can be said of the values of a field, or of the family name."""
        return _contexts({**_STANDARD, **self.kinds})


@dataclass(frozen=True, slots=True)
class Loaded:
    """The cases of all files in the order of files and lines, and every mistake."""

    cases: tuple[Case, ...]
    problems: tuple[OneIDError, ...]


def load(path: Path, known: Known | None = None) -> Loaded:
    """Reads a file, or all ``*.yaml`` and ``*.yml`` files below a folder. Mistakes are given back, not raised."""
    files = _files(path)
    if not files:
        what = "no *.yaml file is in this folder" if path.is_dir() else "there is no such file or folder"
        return Loaded((), (ConfigError("E150", what, place=Place(str(path))),))
    found: list[Case] = []
    problems: list[OneIDError] = []
    for file in files:
        reader = Reader(str(file))
        found += _Loader(reader, known or Known()).cases(file)
        problems += sorted(reader.problems, key=lambda one: (one.place.line or 0) if one.place else 0)
    return Loaded(tuple(found), (*problems, *_twice(found)))


def shown_groups(groups: Iterable[Iterable[str]]) -> str:
    """Groups as people read them: ``a c | b``."""
    return " | ".join(sorted(" ".join(sorted(group)) for group in groups))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path] if path.exists() else []
    return sorted(
        file
        for pattern in ("*.yaml", "*.yml")
        for file in path.rglob(pattern)
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )


def _twice(found: Sequence[Case]) -> Iterator[ConfigError]:
    first: dict[str, Case] = {}
    for case in found:
        other = first.setdefault(case.id, case)
        if other is not case:
            place = Place(case.file, case.line, case.id)
            yield ConfigError(
                "E155",
                said("the id stands in {file} on line {line} already", file=other.file, line=other.line),
                place=place,
            )


class _Loader:
    """Reads one file, noting every mistake with the reader."""

    def __init__(self, reader: Reader, known: Known) -> None:
        self.reader = reader
        self.known = known

    def cases(self, file: Path) -> list[Case]:
        read = self.reader
        try:
            root = parse_yaml(contents(file, MOST_YAML).decode("utf-8-sig"), read)
        except (OSError, UnicodeDecodeError) as error:
            read.wrong("E101", said("cannot be read: {reason}", reason=reason_of(error)), Node(None))
            return []
        if root is None:
            return []
        top = read.mapping(root, ("version", "cases"), ("version", "cases"))
        if "version" in top and top["version"].value != "1":
            read.wrong("E107", "only version 1 is known", top["version"])
        listed = top.get("cases")
        if listed is None:
            return []
        if not isinstance(listed.value, tuple) or not listed.value:
            read.wrong("E150", "expected a list of cases", listed)
            return []
        return [made for node in listed.value if (made := self.case(node)) is not None]

    def case(self, node: Node) -> Case | None:
        read, before = self.reader, len(self.reader.problems)
        entries = read.mapping(node, _CASE, ("id", "records", "expect"))
        records, refs = self.records(entries["records"]) if "records" in entries else ({}, {})
        letters = (*records, *refs)
        made = Case(
            id=(read.text(entries["id"]) if "id" in entries else None) or "",
            file=read.file or "",
            line=node.line or 0,
            why=read.optional(entries.get("why")) or "",
            severity=read.choice(entries.get("severity"), SEVERITIES, "must"),
            records=records,
            refs=refs,
            context=self.context(entries["context"], records) if "context" in entries else {},
            expect=self.expect(entries["expect"], letters) if "expect" in entries else Expect(),
        )
        return made if len(read.problems) == before else None

    def records(self, node: Node) -> tuple[dict[str, Row], dict[str, RecordRef]]:
        records: dict[str, Row] = {}
        refs: dict[str, RecordRef] = {}
        for letter, record in self.reader.mapping(node).items():
            if isinstance(record.value, dict) and "ref" in record.value:
                ref = self.ref(record)
                refs |= {letter: ref} if ref else {}
            else:
                records[letter] = self.record(record)
        if refs and records:
            self.reader.wrong("E156", "a case has records or references, not both", node)
        named = [(row.get("source"), row["source_id"]) for row in records.values() if "source_id" in row]
        if len(set(named)) < len(named) or len(set(refs.values())) < len(refs):
            self.reader.wrong("E154", "two records of the case are one and the same", node)
        return records, refs

    def ref(self, record: Node) -> RecordRef | None:
        node = self.reader.mapping(record, ("ref",))["ref"]
        try:
            ref = RecordRef.parse(self.reader.text(node) or "")
        except ValueError:
            self.reader.wrong("E156", "expected a record of a run", node, "write ref: source:id, as in ec:E1024")
            return None
        self.source(ref.source, node)
        return ref

    def source(self, name: str, node: Node) -> Sequence[str] | None:
        """The fields of a source; None where they are not known. E151."""
        if self.known.sources is None:
            return None
        if name not in self.known.sources:
            self.reader.wrong(
                "E151",
                said("no source '{name}' in the config", name=name),
                node,
                did_you_mean(name, self.known.sources),
            )
            return None
        return self.known.sources[name]

    def record(self, node: Node) -> Row:
        entries = self.reader.mapping(node, None, ("source",))
        cells = {key: text for key, cell in entries.items() if (text := self.cell(cell)) is not None}
        own = self.source(cells["source"], entries["source"]) if "source" in cells else None
        known = list(dict.fromkeys((*FIELDS, *(own or ()), "source_id")))
        for key in (key for key in cells if own is not None and key not in ("source", *known)):
            hint = did_you_mean(key, known)
            self.reader.wrong(
                "E152", said("'{key}' is no field of {source}", key=key, source=cells["source"]), entries[key], hint
            )
        return cells

    def cell(self, node: Node) -> str | None:
        """The text of a cell as it is written; blanks and ``null`` are texts too."""
        if isinstance(node.value, str):
            return node.value
        hint = "several values of a field stand in one text, divided by 、"
        self.reader.wrong("E105", said("expected a text, got {shape}", shape=node.shape), node, hint)
        return None

    def context(self, node: Node, records: Mapping[str, Row]) -> dict[str, str]:
        made, known = {}, self.known.contexts
        for key, value in self.reader.mapping(node, known).items():
            word = self.reader.choice(value, known[key], "")
            needed = ("name", "kana") if key in ("name", "family") else (key,)
            if not any(record.get(name) for record in records.values() for name in needed):
                self.reader.wrong(
                    "E158", said("no record of the case has a {needed}", needed=" or ".join(needed)), value
                )
            elif word:
                made[key] = word
        return made

    def expect(self, node: Node, letters: Sequence[str]) -> Expect:
        read = self.reader
        entries = read.mapping(node, ("pair", "verdict", "rule", "groups"))
        if "groups" in entries:
            listed = entries["groups"].value
            groups = [read.texts(group) for group in listed] if isinstance(listed, tuple) else []
            if sorted(letter for group in groups for letter in group) != sorted(letters) or len(entries) > 1:
                read.wrong("E154", "groups must name every record once, and stand alone", entries["groups"])
            return Expect(groups=frozenset(map(frozenset, groups)))
        pair, verdicts = read.texts(entries.get("pair")), read.texts(entries.get("verdict"))
        if len(pair) != 2 or not set(pair) <= set(letters):
            read.wrong("E154", "expected a pair of two records of the case, or groups", entries.get("pair", node))
            return Expect()
        if not verdicts:
            read.wrong("E104", "the key 'verdict' is missing", node)
        for word in verdicts:
            if word not in VERDICTS:
                read.wrong(
                    "E154", said("no verdict '{word}'", word=word), entries["verdict"], did_you_mean(word, VERDICTS)
                )
        rule = read.optional(entries.get("rule"))
        rules = self.known.rules
        if rule is not None and rules is not None and rule not in (*rules, "score"):
            read.wrong(
                "E153", said("no rule '{rule}' in the rules", rule=rule), entries["rule"], did_you_mean(rule, rules)
            )
        return Expect((pair[0], pair[1]), verdicts, rule)
