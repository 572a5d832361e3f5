"""Guesses what the columns of a source are: ``oneid init``, and data frames that are handed over without a config.

What was guessed stands in the config to be read and corrected, with the reason and the doubt beside it
(:mod:`oneid.sources.guessing.reasons`), never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import kinds_of
from oneid.sources.columnnames import refuse_headerless
from oneid.sources.formats.table import FrameRows, Rows
from oneid.sources.frames import frame_to_text, number_columns
from oneid.sources.guessing.columns import look, sample_rows
from oneid.sources.guessing.fields import columns_of, fields_of
from oneid.sources.guessing.ids import counted, find_id
from oneid.sources.guessing.parties import members
from oneid.sources.guessing.reasons import field_reason, id_reason, left_out, party_reason
from oneid.sources.guessing.states import dates_of, status_of
from oneid.vocabulary.errors import Place
from oneid.vocabulary.language import in_language, said

__all__ = ["Guess", "guess", "guess_source", "guess_text"]

Kinds = Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Guess:
    """What the columns of one source seem to be.

    ``id`` is empty where no column serves; ``fields`` has the grammar of the config; ``more``: what else the config
    says (``duplicate_id``, ``status``); ``why`` says for each of them, and for ``id``, why it is so and what is to be
    doubted; ``party``: whose the fields are, where a row tells of several people; ``left_out``: columns that seem to be
    something and are not used, by why; ``unused``: all that are not used.
    """

    name: str
    id: tuple[str, ...]
    fields: dict[str, object]
    dates: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    more: dict[str, object] = field(default_factory=dict)
    party: str | None = None
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def as_mapping(self) -> dict[str, object]:
        """The source as :func:`oneid.settings.configfile.from_dict` reads it."""
        return {**({"id": list(self.id)} if self.id else {}), **self.more, "fields": self.fields, **self.dates}

    def __str__(self) -> str:
        told = {"id": ", ".join(self.id) or in_language(said("(none found)")), **self.more, **self.fields, **self.dates}
        why = {key: in_language(text) for key, text in self.why.items()}
        lines = [f"{self.name}:"] + [f"  {key}: {spec}  # {why.get(key, '')}" for key, spec in told.items()]
        if self.party:
            lines.append(f"  {in_language(self.party)}")
        unused = in_language(said("not used: {columns}", columns=", ".join(self.unused)))
        return "\n".join([*lines, f"  {unused}"] if self.unused else lines)


def guess(name: str, frame: object, kinds: Kinds | None = None) -> dict[str, object]:
    """The fields of a data frame of any make, as a mapping of field to column spec in the grammar of the config.

    ``kinds``: those that fields may have; left out, all that are there (:func:`oneid.kinds.catalogue.kinds_of`).

    >>> guess("ec", pl.DataFrame({"id": ["1"], "last_name": ["佐藤"], "first_name": ["花子"], "gender": ["F"]}))
    {'name': {'family': 'last_name', 'given': 'first_name'}, 'sex': 'gender'}
    """
    return guess_source(name, frame, kinds).fields


def guess_source(name: str, frame: object, kinds: Kinds | None = None) -> Guess:
    """The id, fields, dates and states of a data frame of any make; ``kinds`` as for :func:`guess`. Raises E207, E212
    or E213 as :mod:`oneid.sources.frames` does, and E218 where its columns have no names.
    """
    known = kinds_of() if kinds is None else kinds
    text = frame_to_text(frame, None, (), name)
    refuse_headerless(sample_rows(text), Place(name), known)
    return guess_text(name, text, known, number_columns(frame))


def guess_text(
    name: str, text: pl.DataFrame, known: Kinds, numbers: Mapping[str, str], whole: Rows | None = None
) -> Guess:
    """The same of a frame of text under a header that is known to be one. Some of its rows are looked at, and all of
    its ids; of ``whole``, where the frame is a sample of its rows.
    """
    rows = sample_rows(text)
    whole = FrameRows(text) if whole is None else whole
    party, columns = members(look(rows, known), known)
    by_name = {column.name: column for column in columns}
    fields = fields_of(columns, rows, known)
    found = find_id(columns, fields, whole, party.name)
    orders = any(by_name[one].head.id == "order" for one in found.columns) or found.doubt == "repeated"
    orders = orders or party.name in ("orderer", "billed")
    dates = dates_of(columns, orders=orders)
    count = counted(found, whole)
    more: dict[str, object] = {}
    if count.doubled:
        more["duplicate_id"] = "newest" if dates.keys() & {"since", "updated"} else "first"
    if status := None if orders else status_of(columns):
        more["status"] = status
    why = {key: field_reason(key, spec, by_name, rows, numbers, known) for key, spec in {**fields, **dates}.items()} | (
        {"id": id_reason(found, count, rows, numbers)} if found.columns else {}
    )
    used = {one for spec in {**fields, **dates, "id": list(found.columns)}.values() for one in columns_of(spec)}
    used |= {str(status["column"])} if status else set()
    unused = tuple(column for column in text.columns if column not in used and column.strip())
    return Guess(
        name, found.columns, fields, dates, {**why, **_WHY}, unused, more, party_reason(party), left_out(columns, used)
    )


_WHY = {
    "duplicate_id": said("which row of a repeated number counts"),
    "status": said("by words that say so; are there others?"),
}
