"""Reads a config: from a YAML file (:func:`load`) or from Python mappings (:func:`from_dict`).

Every mistake is found in one go and raised together, each with its place, a code and, where there is one, a hint:

==== ==================================================================================================
E101 not YAML, not UTF-8, or nested beyond measure
E102 an unknown key
E103 an unknown field kind, or a field without one
E104 a key is missing
E105 a value of the wrong type or out of range, or settings that contradict one another
E106 a key stands twice in one mapping
E107 the ``version`` is not one that this release reads
E108 a path names a ``{variable}`` that was not given
E109 a source that is referred to does not exist
E110 the config file itself cannot be read
E111 a kind of one's own cannot be loaded
E112 two kinds have one name
==== ==================================================================================================

In a file every source needs ``path``, ``id`` and ``fields``. In Python, where sources are data frames, these may be
left out: ``id`` and ``fields`` are then empty in the :class:`~oneid.settings.config.Source`, to be guessed
(:mod:`oneid.sources.guessing`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import KINDS, kinds_of
from oneid.settings.config import Config, Customer, Feed, FieldSpec, Format, Limits, Source, Status
from oneid.settings.namedfile import MOST_YAML, contents, reason_of
from oneid.settings.sourcefields import SourceFields, column_names
from oneid.settings.sourcelayout import layout
from oneid.settings.yamltree import Node, Reader, from_object, parse_yaml
from oneid.vocabulary.errors import ConfigError, Place, did_you_mean, in_words, raise_all
from oneid.vocabulary.language import joined, said

__all__ = ["ACTS", "SOURCE", "TOP", "from_dict", "kinds_said", "load", "load_limits"]

TOP = ("version", "sources", "rules", "registry", "key", "decisions", "limits", "outputs", "days", "kinds")
SOURCE = (
    "path", "format", "encoding", "header", "columns", "skip_footer", "sheet", "records", "table", "query",
    "id", "duplicate_id", "feed", "deleted", "customer", "fields",
    "since", "updated", "until", "status", "carry", "null_values",
)  # fmt: skip
_ENCODINGS = ("utf-8", "utf-8-sig", "cp932", "shift_jis", "euc-jp", "utf-16", "iso-2022-jp")
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
_READ = ("sources", "rules", "decisions")
ACTS = ("rules", "decisions")
"""The keys whose files an act of a person reads: what it knows of members stands in the folder of the last run."""


@in_words()
def load(
    path: str | Path,
    variables: Mapping[str, str] = _NO_VARIABLES,
    *,
    reads: Collection[str] = _READ,
    frames: Collection[str] = (),
) -> Config:
    """Reads the config file ``path`` (YAML in UTF-8); ``variables`` fill ``{names}`` in its paths. Those of files that
    nobody will read may stay open: ``reads`` names the keys that matter, of ``sources``, ``rules``, ``decisions``; and
    sources that are handed over as data ``frames`` need no path.

    Raises :class:`~oneid.vocabulary.errors.ConfigError`, or :class:`~oneid.vocabulary.errors.Problems` holding several;
    the table above has the codes. Relative paths in the file are relative to its folder, which becomes ``Config.base``.
    """
    path = Path(path)
    reader = Reader(str(path))
    try:
        text = contents(path, MOST_YAML).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        place = Place(str(path), line)
        raise ConfigError("E101", "the config is not UTF-8", place=place, hint="save it as UTF-8") from None
    except OSError as error:
        reason = "it is a folder" if path.is_dir() else error.strerror or type(error).__name__
        hint = None if path.exists() else "`oneid init FILE... -o oneid.yaml` writes a config for your files"
        place = Place(str(path))
        raise ConfigError(
            "E110", said("cannot read the config: {reason}", reason=reason), place=place, hint=hint
        ) from None
    root = parse_yaml(text, reader)
    config = (
        None
        if root is None
        else _Loader(reader, variables, path.parent, in_file=True, reads=reads, frames=frames).config(root)
    )
    raise_all(sorted(reader.problems, key=lambda problem: (problem.place and problem.place.line) or 0))
    assert config is not None
    return config


def from_dict(
    mapping: Mapping[str, object], base: str | Path = ".", variables: Mapping[str, str] = _NO_VARIABLES
) -> Config:
    """Reads a config given as Python mappings of the same grammar; relative paths are relative to ``base``.

    ``version`` may be left out, and so may ``path``, ``id`` and ``fields`` of a source. Raises as :func:`load` does,
    with places that have no file and line.

    >>> config = from_dict({"sources": {"ec": {"path": "ec.csv", "id": "member_id", "fields": {"name": "full_name"}}}})
    >>> config.sources["ec"].columns
    ('member_id', 'full_name')
    """
    reader = Reader()
    root = from_object(mapping, reader)
    config = _Loader(reader, variables, Path(base), in_file=False).config(root)
    raise_all(reader.problems)
    assert config is not None
    return config


def kinds_said(mapping: Mapping[str, object]) -> Mapping[str, Kind]:
    """The kinds that there are for a config given as Python mappings; of what is wrong with them :func:`from_dict`
    tells.
    """
    reader = Reader()
    loader = _Loader(reader, {}, Path(), in_file=False)
    loader.kinds(from_object(mapping.get("kinds"), reader))
    return loader.known


def load_limits(path: str | Path) -> Limits:
    """The limits of a YAML file: its ``limits``, as in a config, else the whole file. Raises as :func:`load` does."""
    path = Path(path)
    reader = Reader(str(path))
    try:
        text = contents(path, MOST_YAML).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = said("cannot read the limits: {reason}", reason=reason_of(error))
        raise ConfigError("E110", message, place=Place(str(path))) from None
    root = parse_yaml(text, reader)
    limits = Limits()
    if root is not None:
        entries = root.value if isinstance(root.value, dict) else {}
        inner = entries.get("limits") if entries.keys() & set(TOP) else root
        limits = Limits() if inner is None else _Loader(reader, {}, path.parent, in_file=True).limits(inner)
    raise_all(reader.problems)
    return limits


@dataclass(slots=True)
class _Loader:
    reader: Reader
    variables: Mapping[str, str]
    base: Path
    in_file: bool
    reads: Collection[str] = _READ
    frames: Collection[str] = ()
    known: Mapping[str, Kind] = field(default_factory=lambda: KINDS)
    """The kinds that fields may have: those of one's own are told in the config."""
    lacking: bool = False
    """Whether a kind of one's own could not be loaded, so that an unknown one may be no mistake of its field."""

    def config(self, root: Node) -> Config | None:
        """The whole config; None where a mistake leaves nothing to show for it."""
        read = self.reader
        top = read.mapping(root, TOP, ("version", "sources") if self.in_file else ("sources",))
        version = read.optional(top.get("version"))
        if version not in (None, "1"):
            hint = "this release reads version 1; a newer oneid may read yours"
            read.wrong("E107", said("unsupported version '{version}'", version=version), top["version"], hint)
        kinds = self.kinds(top.get("kinds"))
        sources = self.sources(top["sources"]) if "sources" in top else {}
        rules, decisions = (self.filled(top.get(key), key) for key in ACTS)
        registry, key = read.optional(top.get("registry")), read.optional(top.get("key"))
        limits = self.limits(top["limits"]) if "limits" in top else Limits()
        outputs = read.choice(top.get("outputs"), ("whole", "changes"), "whole")
        days = read.texts(top.get("days"), data=True)
        if read.problems:
            return None
        return Config(
            sources=sources, rules=rules or "jp-members", registry=registry, key=key, decisions=decisions,
            limits=limits, outputs=cast("Literal['whole', 'changes']", outputs), days=days, kinds=kinds,
            variables=dict(self.variables), base=self.base, file=read.file,
        )  # fmt: skip

    def kinds(self, node: Node | None) -> tuple[str, ...]:
        """The kinds of one's own, loaded. E111, E112."""
        named: list[str] = []
        items = () if node is None or node.nothing else node.value if isinstance(node.value, tuple) else (node,)
        for item in (Node(None), *items):  # first those of installed packages
            text = () if item.value is None else self.reader.texts(item)
            try:
                self.known = kinds_of([*named, *text])
            except ConfigError as error:
                self.lacking = True
                told = said(" (in {place})", place=error.place) if error.place else ""
                self.reader.wrong(error.code, joined("", [error.message, told]), item, error.hint)
            else:
                named += text
        return tuple(dict.fromkeys(named))

    def limits(self, node: Node) -> Limits:
        if node.nothing:
            return Limits()
        entries = self.reader.mapping(node, tuple(Limits.model_fields))
        largest = self.reader.number(entries.get("largest"), whole=True)
        renumbered = self.reader.number(entries.get("members_renumbered_pct"))
        return Limits(
            source_rows_drop_pct=self.reader.number(entries.get("source_rows_drop_pct")),
            members_moved_pct=self.reader.number(entries.get("members_moved_pct")),
            members_renumbered_pct=1.0 if renumbered is None else renumbered,
            birth_contradictions_pct=self.reader.number(entries.get("birth_contradictions_pct")),
            largest=None if largest is None else int(largest),
        )

    def filled(self, node: Node | None, key: str) -> str | None:
        """A path with its ``{variables}`` filled in. E108, where what stands under ``key`` is to be read."""
        text = self.reader.optional(node)
        if text is None or node is None:
            return None
        known = list(self.variables)
        for name in dict.fromkeys(re.findall(r"\{([^\W\d]\w*)\}", text)):
            if name not in self.variables and key in self.reads:
                hint = did_you_mean(name, known) or said("give it: --var {name}=...", name=name)
                self.reader.wrong("E108", said("the variable '{name}' is not given", name=name), node, hint)
        return re.sub(r"\{([^\W\d]\w*)\}", lambda found: self.variables.get(found[1], found[0]), text)

    def sources(self, node: Node) -> dict[str, Source]:
        entries = self.reader.mapping(node)
        if not entries and isinstance(node.value, dict):
            self.reader.wrong("E104", "there are no sources", node)
        found: dict[str, Source] = {}
        for name, entry in entries.items():
            if not re.fullmatch(r"\w[\w.\-]*", name):
                hint = "source names are letters, digits, _ - and ."
                self.reader.wrong("E105", said("'{name}' cannot name a source", name=name), entry, hint)
            found[name] = self.source(name, entry, tuple(entries))
        self.alike(found, entries)
        return found

    def alike(self, sources: Mapping[str, Source], nodes: Mapping[str, Node]) -> None:
        """That a field of one's own is the same in all sources: it is compared as one kind. E105."""
        first: dict[str, tuple[str, FieldSpec]] = {}
        for name, source in sources.items():
            for spec in (spec for spec in source.fields.values() if spec.own):
                where, other = first.setdefault(spec.field, (name, spec))
                mine, theirs = ({"kind": one.kind, **one.options} for one in (spec, other))
                for what in sorted(mine.keys() & theirs.keys()):
                    if mine[what] != theirs[what]:
                        told = said(
                            "the {what} '{mine}' here, and '{theirs}' in the source '{where}'",
                            what=what,
                            mine=mine[what],
                            theirs=theirs[what],
                            where=where,
                        )
                        hint = "say the same in both, or give one of the fields another name"
                        self.reader.wrong(
                            "E105",
                            said("the field '{field}' has {told}", field=spec.field, told=told),
                            nodes[name],
                            hint,
                        )

    def source(self, name: str, node: Node, names: tuple[str, ...]) -> Source:
        read = self.reader
        if node.nothing and not self.in_file:
            node = Node({}, node.line, node.inside)
        needed = ("id", "fields") if name in self.frames else ("path", "id", "fields")
        entries = read.mapping(node, SOURCE, needed if self.in_file else ())
        dates = {key: read.optional(entries.get(key)) for key in ("since", "updated", "until")}
        duplicate = read.choice(entries.get("duplicate_id"), ("error", "newest", "first"), "error")
        if duplicate == "newest" and not (dates["since"] or dates["updated"]):
            read.wrong("E104", "'duplicate_id: newest' needs 'updated' (or 'since')", entries["duplicate_id"])
        format_ = read.choice(entries.get("format"), get_args(Format), "")
        fields = SourceFields(read, self.known, in_file=self.in_file, lacking=self.lacking)
        return Source(
            name=name,
            path=self.filled(entries.get("path"), "sources"),
            format=cast("Format", format_) if format_ else None,
            encoding=self.encoding(entries.get("encoding")),
            layout=layout(read, entries),
            id=column_names(read, entries.get("id"), in_file=self.in_file),
            duplicate_id=cast("Literal['error', 'newest', 'first']", duplicate),
            feed=self.feed(entries.get("feed"), entries.get("deleted")),
            customer=self.customer(entries.get("customer")),
            fields=fields.read(entries.get("fields"), names),
            status=self.status(entries["status"]) if "status" in entries else None,
            carry=read.texts(entries.get("carry")),
            null_values=read.texts(entries.get("null_values"), data=True),
            line=node.line,
            **dates,
        )

    def encoding(self, node: Node | None) -> str | None:
        name = self.reader.optional(node)
        if name is not None and node is not None:
            try:
                codecs.lookup(name).name.encode("ascii")
                "".encode(name)  # refuses codecs that are not text encodings, such as 'hex'
            except (LookupError, ValueError):
                self.reader.wrong(
                    "E105", said("unknown encoding '{name}'", name=name), node, did_you_mean(name, _ENCODINGS)
                )
        return name

    def feed(self, node: Node | None, deleted: Node | None) -> Feed:
        mode = "full"
        if node is not None and isinstance(node.value, dict):
            entries = self.reader.mapping(node, ("mode", "deleted"))
            mode = self.reader.choice(entries.get("mode"), ("full", "delta"), "full")
            if deleted is not None and "deleted" in entries:
                self.reader.wrong("E105", "'deleted' is given here and for the source", entries["deleted"])
            deleted = entries.get("deleted", deleted)
        else:
            mode = self.reader.choice(node, ("full", "delta"), "full")
        mode_ = cast("Literal['full', 'delta']", mode)
        if deleted is None:
            return Feed(mode=mode_)
        entries = self.reader.mapping(deleted, ("column", "values"), ("column", "values"))
        column, values = self.column(entries), self.reader.texts(entries.get("values"), data=True)
        return Feed(mode=mode_, deleted_column=column, deleted_values=values)

    def column(self, entries: Mapping[str, Node]) -> str | None:
        return self.reader.text(entries["column"], said("a column name")) if "column" in entries else None

    def customer(self, node: Node | None) -> Customer:
        if node is None or not isinstance(node.value, dict):
            kind = self.reader.choice(node, ("person", "company"), "person")
            return Customer(kind=cast("Literal['person', 'company']", kind))
        entries = self.reader.mapping(node, ("column", "company"), ("column", "company"))
        values = self.reader.texts(entries.get("company"), data=True)
        return Customer(column=self.column(entries), company_values=values)

    def status(self, node: Node) -> Status | None:
        if node.nothing:
            return None
        entries = self.reader.mapping(node, ("column", "withdrawn", "test"), ("column",))
        withdrawn, test = (self.reader.texts(entries.get(key), data=True) for key in ("withdrawn", "test"))
        if not (withdrawn or test) and "column" in entries:
            self.reader.wrong("E104", "'status' needs 'withdrawn' or 'test': which values mean it?", node)
        return Status(column=self.column(entries) or "", withdrawn=withdrawn, test=test)
