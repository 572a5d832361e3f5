"""What a config says, as one frozen value. :mod:`oneid.settings.configfile` makes it from YAML, keeping line numbers
for errors.

The shapes here are already unfolded: every field of a source is a :class:`FieldSpec`, however briefly it was written.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import KINDS, kinds_of
from oneid.kinds.compared import Compared

__all__ = ["FORMATS", "Config", "Customer", "Feed", "FieldSpec", "Layout", "Limits", "Source", "Status"]

FORMATS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xlsx",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".orc": "orc",
}  # fmt: skip
"""The format that the ending of a file's name tells."""
Format = Literal["csv", "tsv", "parquet", "jsonl", "json", "xlsx", "arrow", "orc"]


class Frozen(BaseModel):
    """A value: immutable, comparable, refusing unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FieldSpec(Frozen):
    """One field of a source and the columns it comes from.

    ``shape`` says how the columns make the field: ``values`` (each column is a value of its own), ``join`` (all
    columns are one value, joined in order) or ``parts`` (``parts`` names each column's role: ``family``/``given`` of
    names and kana, ``year``/``month``/``day`` of a birth, ``prefecture``/``city``/``town``/``street``/``building``
    of an address). ``refers_to`` and ``household_of`` name the source whose ids the values are: the member's own
    there, or that of the main member of the household.
    """

    field: str
    kind: str
    columns: tuple[str, ...]
    shape: Literal["values", "join", "parts"] = "values"
    parts: dict[str, str] = Field(default_factory=dict)
    values: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    refers_to: str | None = None
    household_of: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    """What else the config says of the field, as its kind reads it (:attr:`oneid.kinds.base.Kind.options`)."""

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As JSON, without options where there are none: what is left out changes no digest."""
        made: dict[str, Any] = handler(self)
        if not self.options:
            del made["options"]
        return made

    @property
    def own(self) -> bool:
        """Whether this is a field of one's own that is compared."""
        return (self.field != self.kind or self.kind not in KINDS) and self.household_of is None


class Feed(Frozen):
    """``full``: who is missing has left. ``delta``: who is missing stays. ``deleted``: a column whose values say so."""

    mode: Literal["full", "delta"] = "full"
    deleted_column: str | None = None
    deleted_values: tuple[str, ...] = ()


class Customer(Frozen):
    """Whether members are persons or companies: for the whole source, or by a column's values."""

    kind: Literal["person", "company"] = "person"
    column: str | None = None
    company_values: tuple[str, ...] = ()


class Status(Frozen):
    """The column that says who has withdrawn and which records are tests."""

    column: str
    withdrawn: tuple[str, ...] = ()
    test: tuple[str, ...] = ()


class Layout(Frozen):
    """How a file is laid out, where that is said instead of being found.

    ``header``: the lines of the header, from 1, first to last. ``columns``: what the columns are called; without
    ``header`` there is none. ``skip_footer``: so many rows at the end are no members'. ``sheet``: its name, or its
    number from 1. ``records``: the keys, divided by dots, under which a JSON file has its list of members. ``table`` or
    ``query``: what is read of a database.
    """

    header: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    skip_footer: int | None = None
    sheet: str | None = None
    records: str | None = None
    table: str | None = None
    query: str | None = None


class Source(Frozen):
    """One system that knows members. ``path`` is None where the records are handed over as a data frame."""

    name: str
    path: str | None = None
    format: Format | None = None
    encoding: str | None = None
    layout: Layout = Layout()
    id: tuple[str, ...]
    duplicate_id: Literal["error", "newest", "first"] = "error"
    feed: Feed = Feed()
    customer: Customer = Customer()
    fields: dict[str, FieldSpec]
    since: str | None = None
    updated: str | None = None
    until: str | None = None
    status: Status | None = None
    carry: tuple[str, ...] = ()
    null_values: tuple[str, ...] = ()
    line: int | None = None
    """The line of the config on which this source begins, for errors."""

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As JSON, without a layout where none is said: what is left out changes no digest."""
        made: dict[str, Any] = handler(self)
        if self.layout == Layout():
            made.pop("layout", None)
        return made

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is needed of this source, in order of first mention, each once."""
        wanted: list[str] = [*self.id]
        for spec in self.fields.values():
            wanted += spec.columns
        wanted += [name for name in (self.since, self.updated, self.until) if name]
        wanted += [name for name in (self.feed.deleted_column, self.customer.column) if name]
        wanted += [self.status.column] if self.status else []
        return tuple(dict.fromkeys([*wanted, *self.carry]))


class Limits(Frozen):
    """Publish gates. A breach publishes nothing. None: no gate."""

    source_rows_drop_pct: float | None = None
    members_moved_pct: float | None = None
    members_renumbered_pct: float | None = 1.0
    birth_contradictions_pct: float | None = None
    largest: int | None = None


class Config(Frozen):
    """The whole config. ``base`` is the folder that relative paths are relative to; ``file`` names the config in
    errors. ``variables`` are those that filled its paths (``--var``).
    """

    version: Literal[1] = 1
    sources: dict[str, Source]
    rules: str = "jp-members"
    registry: str | None = Field(default=None, repr=False)
    """The address, which may hold a password, or ``env:NAME``; it is not shown."""
    key: str | None = Field(default=None, repr=False)
    decisions: str | None = None
    limits: Limits = Limits()
    outputs: Literal["whole", "changes"] = "whole"
    """Whether a small run writes whole tables, or only what changed since the run before."""
    days: tuple[str, ...] = ()
    """The order of days of data that are no dates (:mod:`oneid.settings.days`)."""
    kinds: tuple[str, ...] = ()
    """Kinds of one's own, ``module:NAME`` (:mod:`oneid.kinds.catalogue`)."""
    variables: dict[str, str] = Field(default_factory=dict)
    base: Path = Path()
    file: str | None = None

    def path(self, name: str) -> Path:
        """``name`` as a path, relative ones from the config's folder; ``~`` is the home of whoever runs it."""
        if name.startswith("~"):
            try:
                return Path(name).expanduser()
            except RuntimeError:  # no such user
                pass
        return self.base / name

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As JSON, without kinds where there are none: what is left out changes no digest. The order of days never
        does, nor how outputs are written.
        """
        made: dict[str, Any] = handler(self)
        for name in ("days", "outputs"):
            made.pop(name, None)
        if not self.kinds:
            made.pop("kinds", None)
        return made

    @property
    def own_fields(self) -> dict[str, FieldSpec]:
        """The fields of one's own that are compared, by name, in the order of their names; with what any source says
        of them.
        """
        found: dict[str, FieldSpec] = {}
        for spec in (spec for source in self.sources.values() for spec in source.fields.values() if spec.own):
            said = {**found[spec.field].options, **spec.options} if spec.field in found else spec.options
            found[spec.field] = spec if said == spec.options else spec.model_copy(update={"options": said})
        return {name: found[name] for name in sorted(found)}

    @property
    def kind_of(self) -> dict[str, Kind]:
        """The kind of each field, in the order of kinds, fields of one's own behind those that are named as theirs."""
        known = self.compared.kinds
        specs = {spec.field: spec.kind for source in self.sources.values() for spec in source.fields.values()}
        ordered = dict.fromkeys([*(name for name in known if name in specs), *sorted(specs)])
        return {field: known[specs[field]] for field in ordered}

    @property
    def own_options(self) -> dict[str, dict[str, Any]]:
        """What is said of fields of one's own beside their kinds, by field, where anything is."""
        return {field: spec.options for field, spec in self.own_fields.items() if spec.options}

    @cached_property
    def compared(self) -> Compared:
        """What a run compares: the facets of its fields, and the kinds that there are."""
        own = ((spec.kind, spec.field, spec.options) for spec in self.own_fields.values())
        return Compared.with_own(own, kinds_of(self.kinds))
