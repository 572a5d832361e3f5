"""Reads what a config says of the fields of a source; its errors are those of :mod:`oneid.settings.configfile`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import IDENTIFIER
from oneid.settings.config import FieldSpec
from oneid.settings.yamltree import Node, Reader
from oneid.vocabulary.errors import did_you_mean
from oneid.vocabulary.language import joined, said, verbatim

__all__ = ["SourceFields", "column_names"]

_OF_FIELDS = ("column", "columns", "join", "kind", "values", "refers_to", "household_of")
_RESERVED = ("oneid", "customer", "n_records", "n_sources", "source", "source_id", "row", "rec")


def column_names(reader: Reader, node: Node | None, *, in_file: bool) -> tuple[str, ...]:
    """One or more column names. E104 where the key stands without a value."""
    columns = reader.texts(node)
    left_out = node is None or (node.value is None and not in_file)
    if not left_out and not columns and node is not None and node.value in (None, "", ()):
        reader.wrong("E104", "a column name is missing", node)
    return columns


@dataclass(frozen=True, slots=True)
class SourceFields:
    """Reads fields of the ``known`` kinds; ``lacking``: a kind of one's own could not be loaded, so that an unknown one
    may be no mistake of its field.
    """

    reader: Reader
    known: Mapping[str, Kind]
    in_file: bool
    lacking: bool = False

    def read(self, node: Node | None, names: tuple[str, ...]) -> dict[str, FieldSpec]:
        """The fields of a source; ``names``: the sources that there are."""
        if node is None:
            return {}
        entries = self.reader.mapping(node)
        if not entries and isinstance(node.value, dict) and self.in_file:
            self.reader.wrong("E104", "there are no fields", node)
        found = ((name, self.field(name, entry, names)) for name, entry in entries.items())
        return {name: spec for name, spec in found if spec is not None}

    def field(self, name: str, node: Node, names: tuple[str, ...]) -> FieldSpec | None:
        """One field; None where a mistake leaves nothing to show for it."""
        read = self.reader
        if not re.fullmatch(r"\w+", name) or name in _RESERVED or name.endswith(("_source", "_source_id")):
            hint = said(
                "letters, digits and _; taken are {reserved} and *_source, *_source_id", reserved=", ".join(_RESERVED)
            )
            read.wrong("E105", said("'{name}' cannot name a field", name=name), node, hint)
        if not isinstance(node.value, dict):
            kind, columns = self.kind(name, node, {}), column_names(self.reader, node, in_file=self.in_file)
            return FieldSpec(field=name, kind=kind, columns=columns) if kind and columns else None
        every = self.every_part
        known = [*_OF_FIELDS, *every, *(option for one in self.known.values() for option in one.options)]
        entries = read.mapping(node, tuple(dict.fromkeys(known)))
        kind = self.kind(name, node, entries)
        parts = self.parts(name, kind, entries)
        forms = [key for key in ("column", "columns", "join") if key in entries] + (
            ["parts"] if entries.keys() & set(every) else []
        )
        if len(forms) != 1:
            told = " and ".join(forms) if forms else "no column"
            read.wrong(
                "E105",
                said("a field comes from one of column, columns, join or its parts, here: {told}", told=told),
                node,
            )
            return None
        columns = (
            tuple(parts.values()) if forms == ["parts"] else column_names(read, entries[forms[0]], in_file=self.in_file)
        )
        if kind is None or not columns:
            return None
        shape: Literal["values", "join", "parts"] = "parts" if parts else "join" if forms == ["join"] else "values"
        return FieldSpec(
            field=name, kind=kind, columns=tuple(dict.fromkeys(columns)), shape=shape, parts=parts,
            values=self.values(kind, entries.get("values")),
            refers_to=self.source_of("refers_to", entries, kind, names),
            household_of=self.source_of("household_of", entries, kind, names),
            options=self.options(name, kind, entries),
        )  # fmt: skip

    @property
    def every_part(self) -> tuple[str, ...]:
        """The parts that values of any kind may be known in."""
        return tuple(dict.fromkeys(part for kind in self.known.values() for part in kind.parts))

    def options(self, name: str, kind: str, entries: Mapping[str, Node]) -> dict[str, Any]:
        """What the kind asks beside its name. E102 where it asks no such thing, E105 for a value that it refuses."""
        made: dict[str, Any] = {}
        mine = self.known[kind].options
        parts = self.known[kind].parts
        for option in entries.keys() - {*_OF_FIELDS, *parts}:
            if option not in mine:
                told = said(
                    "fields of the kind '{kind}' have {mine}",
                    kind=kind,
                    mine=", ".join(mine) or said("no such settings"),
                )
                self.reader.wrong(
                    "E102",
                    said("the field '{name}' has no '{option}'", name=name, option=option),
                    entries[option],
                    told,
                )
                continue
            text = self.reader.text(entries[option]) or ""
            try:
                made[option] = mine[option].parse(text)
            except ValueError as error:
                self.reader.wrong(
                    "E105",
                    said("'{option}' of the field '{name}': {reason}", option=option, name=name, reason=error.args[0]),
                    entries[option],
                )
        return {option: made[option] for option in mine if option in made}

    def kind(self, name: str, node: Node, entries: Mapping[str, Node]) -> str | None:
        """The field's kind: said, that of its name, or ``identifier`` where it refers to a source. E103, E105."""
        word = self.reader.optional(entries.get("kind"))
        if self.lacking and (word or name) not in self.known:
            return None
        if word is not None and word not in self.known:
            self.reader.wrong(
                "E103", said("unknown field kind '{word}'", word=word), entries["kind"], did_you_mean(word, self.known)
            )
            return None
        if name in self.known:
            if word not in (None, name):
                hint = said("a field named '{name}' has that kind; give the field another name", name=name)
                self.reader.wrong(
                    "E105",
                    said("the field '{name}' cannot have the kind '{word}'", name=name, word=word),
                    entries["kind"],
                    hint,
                )
            return name
        if word is None and not entries.keys() & {"refers_to", "household_of"}:
            near = did_you_mean(name, self.known) or ""
            own = "a field of your own needs a kind: {column: ..., kind: text}"
            hint = joined(" ", [near, verbatim(own)]) if near.startswith("did") else verbatim(own)
            self.reader.wrong("E103", said("'{name}' is no field kind", name=name), node, hint)
            return None
        return word or IDENTIFIER.name

    def parts(self, name: str, kind: str | None, entries: Mapping[str, Node]) -> dict[str, str]:
        """Role to column, such as ``{"family": "last_name"}``. E102 where the kind has no such part."""
        parts: dict[str, str] = {}
        roles = self.known[kind].parts if kind is not None else ()
        for role in (role for role in self.every_part if role in entries):
            if kind is not None and role not in roles:
                told = said("its parts are {roles}", roles=", ".join(roles)) if roles else "it has no parts"
                self.reader.wrong(
                    "E102", said("'{role}' is no part of the field '{name}'", role=role, name=name), entries[role], told
                )
            elif column := self.reader.text(entries[role], said("a column name")):
                parts[role] = column
        return {role: parts[role] for role in (roles or self.every_part) if role in parts}

    def values(self, kind: str, node: Node | None) -> dict[str, tuple[str, ...]]:
        """Meaning to cell values, such as ``{"male": ("m", "1")}``."""
        if node is None or node.nothing:
            return {}
        entries = self.reader.mapping(node, self.known[kind].words or None)
        return {meaning: self.reader.texts(cells, data=True) for meaning, cells in entries.items()}

    def source_of(self, key: str, entries: Mapping[str, Node], kind: str, names: tuple[str, ...]) -> str | None:
        """The source whose ids the values are; E105 for other kinds than identifiers, E109 for no source."""
        name = self.reader.optional(node) if (node := entries.get(key)) else None
        if name is None or node is None:
            return None
        if kind != IDENTIFIER.name:
            self.reader.wrong(
                "E105", said("'{key}' makes an identifier, but the kind is '{kind}'", key=key, kind=kind), node
            )
        if key == "household_of" and "refers_to" in entries:
            self.reader.wrong("E105", "an id is the member's own or the main member's, not both", node)
        if name not in names:
            self.reader.wrong("E109", said("there is no source '{name}'", name=name), node, did_you_mean(name, names))
        return name
