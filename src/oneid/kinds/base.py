"""What a field kind is, as one value: everything that the program knows of phone numbers, say, in one object.

A :class:`Kind` says what the values of a column are: how they are read, whole or in parts, in columns or one at a time;
what a header or the content betrays of them; how they are shown and how they survive into the golden record.

A :class:`Facet` is what one kind, or several together, tell of a person: the features that records are reduced to, how
two records are compared by them (:class:`Comparison`: evidence levels), the keys by which candidate pairs are found,
and what ties two persons to one home. A name is one facet, though name, kana, romaji and nickname are four kinds; a
field of one's own is a facet of its own, made by :attr:`Kind.own`.

Stages loop over kinds and facets, and name none. The functions of a kind are pure: columns in, columns out. Besides
the columns' readers there are the *quick* ones for a single record (a look-up from a form), which must give the same;
where a kind has none, the columns' readers are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from oneid.engines.base import Engine
from oneid.engines.local import LocalEngine
from oneid.kinds.families import Families
from oneid.kinds.few import Few, OneRecord
from oneid.kinds.holders import Borne, Counted
from oneid.kinds.shapes import Contract, Features, Flags, Found, FoundRow, Levels, Options, Row, Rows, Words
from oneid.vocabulary.codes import Codes

__all__ = [
    "Betrayal", "Comparison", "Context", "Decision", "Facet", "Header", "Home", "Key", "Kind", "Option", "Residence",
    "Survival", "Tie",
]  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What comparing needs beside the features: the engine; how many records bear each name or value, where that is
    known from before (``borne``); and ``sources``, the source of each record.
    """

    engine: Engine
    sources: pl.Series
    borne: Borne | None = None

    @classmethod
    def of_few(cls, size: int, borne: Borne) -> Context:
        """For so many records of a look-up, which are not counted themselves."""
        known = borne.sources[0] if borne.sources else ""
        return cls(LocalEngine(1), pl.repeat(known, size, dtype=pl.String, eager=True), borne)

    def counts(self, counted: Counted) -> Borne:
        """How many records hold each value: what is known, and the records of sources that are not counted in it."""
        return (self.borne or Borne()).plus(self.sources, counted)


@dataclass(frozen=True)
class Comparison:
    """How two records are compared in one field: to one of some evidence levels.

    ``levels`` maps each level to what it means, in the order of their numbers; the first is ``missing``, and missing is
    never equal. ``order`` tells which levels say more than which: along each line evidence for one person does not
    grow. ``compare`` gives the level numbers (uint8) of pairs of rows, from what :attr:`Facet.columns` made.

    ``apart`` and ``open`` serve to tell whether the holders of one value contradict each other: fields are asked in
    turn; at a level of ``apart`` the two are two people, at one of ``open`` the next field is asked. Without ``apart``
    the field is not asked.
    """

    field: str
    levels: Mapping[str, str]
    compare: Callable[[Any, Rows, Rows], Levels]
    order: tuple[tuple[str, ...], ...] = ()
    apart: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    bridged: Mapping[str, tuple[str, ...]] = made(default_factory=dict)
    """By level at which two records contradict each other the levels at which a third one says less than both, so that
    it fits either and joins neither to the other (:mod:`oneid.clusters.bridges`)."""
    fields: tuple[str, ...] = ()
    """The fields of sources that it compares, and that show what was compared; left out: the one of its own name."""
    shown: str = ""
    """The feature that people see of it, where that is more than the fields of sources show."""
    finds: tuple[str, ...] = ()
    """The levels at which the field alone brings two records of one person together."""
    finds_with: tuple[str, ...] = ()
    """The levels at which it does so with another field that is at one of its own such levels."""
    independent: bool = False
    """Whether it finds independently of all other fields: no blocking key is made of it and others."""
    household: Mapping[str, float] = made(default_factory=dict)
    """What members of one household show, in parts of 100: where training without labels starts."""
    also: Mapping[str, tuple[str, ...]] = made(default_factory=dict)
    """Words that rules may say for several levels at once, such as ``equal`` for both the rare and the common ones."""
    place: int = 9
    """Where the field stands in patterns; fields of one's own come last."""

    @property
    def made_of(self) -> tuple[str, ...]:
        """The fields of sources that it compares."""
        return self.fields or (self.field,)

    @property
    def words(self) -> tuple[str, ...]:
        """The names of the levels, by number."""
        return tuple(self.levels)

    def flags(self, words: Sequence[str]) -> Flags:
        """Which levels are among these words, by number: a table to look levels up in."""
        return np.array([level in words for level in self.levels], dtype=np.bool_)

    @cached_property
    def contradicts(self) -> Flags:
        """By level number, whether the two are two people."""
        return self.flags(self.apart)

    @cached_property
    def leaves_open(self) -> Flags:
        """By level number, whether the next field is asked."""
        return self.flags(self.open)


@dataclass(frozen=True)
class Key:
    """A blocking key: what it is, and the fields of sources that it is made of."""

    about: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Tie:
    """That a value which OneIDs of one family name hold is evidence that they live together: the name of that evidence.

    ``near``: counts only where the golden postcode agrees too, else where golden addresses do not contradict each
    other. ``of_people``: a value that a company holds as well is none.
    """

    evidence: str
    near: bool = False
    of_people: bool = False


@dataclass(frozen=True)
class Residence:
    """Where each record's person lives: equality codes by record, 0 where it says nothing.

    ``place``: town and block; ``around``: town and the first one, and two, numbers of a longer block; ``short``: 1
    where a block without room may be no more than a 丁目.
    """

    place: Codes
    around: Sequence[Codes]
    short: Codes
    room: Codes
    building: Codes
    postcode: Codes


@dataclass(frozen=True)
class Home:
    """What a facet tells of where people live and with whom: their family ``names``, each spelling an array of codes by
    record; their ``residence``; and by the names of :attr:`Facet.ties` codes, one array per place in a list of values.
    """

    names: Sequence[Codes] = ()
    residence: Residence | None = None
    ties: Mapping[str, Sequence[Codes]] = made(default_factory=dict)


@dataclass(frozen=True)
class Facet:
    """What one kind, or several together, tell of a person. All functions are pure.

    =============  =====================================================================================================
    features       the columns that it reduces a record to, String, List(String), integers or Boolean
    make           ``(found, height)``: those columns of a source's records, from the normalizers' frames by field
    make_one       ``(found, families)``: the same of one record, from the normalizers' rows by field
    columns        ``(features, context)``: arrays to compare and to pair by, of any shape, which only it looks into
    counted        ``(columns)``: codes of what is counted over all records (rarity), by a name of its own
    few            the same of a few records, from their texts (:class:`oneid.kinds.few.Few`), for look-ups
    comparisons    the compared fields, in pattern order
    keys           ``(columns, heard)``: by the name of each blocking key one code array per place; 0 is no key
    keys_of_one    the same of one record, as integers (:class:`oneid.kinds.few.OneRecord`)
    trusted        the features that ``never_trusted`` can take values out of, by the name that rules use
    held           ``(columns)``: codes of the values that several people may share, one array per place
    with_shared    ``(columns, flags)``: the columns with what of that is shared, per place and record
    together       ``(features, engine, families)``: all sources' features, completed by what they show together
    amend          ``(values, features)``: what people see, mended by what the features turned out to be
    ties           evidence for a home, by the name that its codes are kept by
    home           ``(features)``: what they tell of homes, of those of ``lives_by`` (left out: all)
    seen           ``(texts by feature)``: what people see of one record in look-ups, by compared field
    warm           reads the tables that the quick ways need, so that the first look-up does not wait
    =============  =====================================================================================================
    """

    name: str
    features: Contract
    make: Callable[[Found, int], dict[str, pl.Series]]
    columns: Callable[[pl.DataFrame, Context], Any]
    comparisons: tuple[Comparison, ...]
    keys: Callable[[Any, bool | None], Mapping[str, Sequence[Codes]]]
    key_names: Mapping[str, Key]
    """The blocking keys, with what each is."""
    make_one: Callable[[FoundRow, Families | None], dict[str, Any]] | None = None
    counted: Callable[[Any], Counted] | None = None
    few: Callable[[Few, Borne], Any] | None = None
    keys_of_one: Callable[[OneRecord, Borne], Mapping[str, Sequence[int]]] | None = None
    trusted: Mapping[str, Mapping[str, str]] = made(default_factory=dict)
    held: Callable[[Any], Sequence[Codes]] | None = None
    with_shared: Callable[[Any, Sequence[Flags]], Any] | None = None
    together: Callable[[pl.DataFrame, Engine, Families | None], pl.DataFrame] | None = None
    amend: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame] | None = None
    ties: Mapping[str, Tie] = made(default_factory=dict)
    home: Callable[[pl.DataFrame], Home] | None = None
    lives_by: tuple[str, ...] = ()
    seen: Callable[[Mapping[str, Sequence[str]]], Mapping[str, str]] | None = None
    warm: Callable[[], None] | None = None

    def of(self, features: Features, some: Sequence[str] = ()) -> pl.DataFrame:
        """Those that it is made of, or ``some`` of them, with the source of each record."""
        return features.select(["source", *(name for name in features.columns if name in (some or self.features))])


@dataclass(frozen=True)
class Decision:
    """How a whole column decides what each of its values is: which of day and month comes first, what a code means.

    ``read``: a column, the words that the config gives (or none) and what was decided before (or None: decide now) to
    the normalizer's frame and the decision. ``read_parts``: the same of a value in parts. ``settled``: ``(row, text,
    decision)``, whether a value is the same read alone as in its column; ``text`` is null for a value in parts.
    ``clear``: whether a text is read the same whatever its column decides. Decisions are kept in the table ``table``,
    whose columns of their own are ``contract``, by ``flat`` and ``unflat``. ``later``: those of them that earlier
    versions did not keep, with what they decided.
    """

    table: str
    contract: Contract
    read: Callable[[pl.Series, Words | None, Any], tuple[pl.DataFrame, Any]]
    settled: Callable[[Row, str | None, Any], bool]
    flat: Callable[[Any], tuple[Any, ...]]
    unflat: Callable[[tuple[Any, ...]], Any]
    clear: Callable[[str], bool]
    read_parts: Callable[[Sequence[pl.Series], Any], tuple[pl.DataFrame, Any]] | None = None
    later: Mapping[str, Any] = made(default_factory=dict)


@dataclass(frozen=True)
class Betrayal:
    """That a value which too many differently named records hold is a placeholder (:mod:`oneid.records.placeholders`),
    and the normalizer's ``columns`` that are then emptied. ``dates``: days are judged against the days around them.
    """

    columns: tuple[str, ...] = ("normalized",)
    dates: bool = False


@dataclass(frozen=True)
class Header:
    """What a column is called: ``pattern`` of the whole field (``part`` empty) or of one of its parts. The lower
    ``rank`` is asked first. ``else_part``: the part that a column called so is where its values look like that alone
    (誕生日 may be the whole date, or the day).
    """

    rank: int
    pattern: str
    part: str = ""
    else_part: str = ""


@dataclass(frozen=True)
class Survival:
    """How a kind survives into the golden record where the rules do not say.

    ``beside``: the field whose record it comes from, together with all others that name the same one; ``leads``: it
    decides in that group, whatever the rules list first; ``every``: all its values are listed in ``golden_values``.
    """

    beside: str = ""
    leads: bool = False
    every: bool = False


@dataclass(frozen=True)
class Option:
    """Something that a config may say of a field of one's own beside its kind: ``parse`` reads the text of it to a
    value that JSON has (text, number, list), and raises ValueError, whose message tells what is expected; ``about``
    says what it is for.
    """

    parse: Callable[[str], Any]
    about: str
    choices: tuple[str, ...] = ()
    """All that may be said, where that is closed."""


@dataclass(frozen=True)
class Kind:
    """One kind of field. ``normalize`` is its normalizer: a String column to a frame of the same height with at least
    ``normalized`` (what is compared, null where nothing usable is there), ``display`` (for people) and ``reason`` (why
    ``normalized`` is null); it never raises on any text. A further column ``more`` (List) holds more values of a cell,
    a column ``kind`` may say that a value is a ``company``'s.

    ``own`` makes the facet of a field of one's own of this kind, given the field's name and what the config says of it
    (``options``); ``facet`` is that of the field which is named as the kind, None where there is no such field.
    """

    name: str
    normalize: Callable[[pl.Series], pl.DataFrame]
    own: Callable[[str, Options], Facet]
    facet: Facet | None = None
    # reading
    reads: Callable[[pl.Series], pl.DataFrame] | None = None
    """The normalizer of a run, where it gives less than ``normalize`` does, sooner."""
    parts: tuple[str, ...] = ()
    """The parts in which a source may know a value, such as family and given name."""
    from_parts: Callable[[Sequence[pl.Series], pl.Series | None], pl.DataFrame] | None = None
    """The normalizer of a value in parts, one column per part (all null where it is not known); see ``completed``."""
    beside: str = ""
    """The field whose normalized value completes this one."""
    completed: Callable[[pl.Series, pl.Series | None], pl.DataFrame] | None = None
    """The normalizer given the column of ``beside`` too."""
    decision: Decision | None = None
    words: tuple[str, ...] = ()
    """What the cells of a column can be said to mean (``values`` in the config), where that is closed."""
    usual: Callable[[str], Row | None] | None = None
    """What the normalizer says of one text in a usual spelling, else null."""
    usual_by: Callable[[str, Words], Row | None] | None = None
    """The same by the words of the config."""
    usual_parts: Callable[..., Row | None] | None = None
    options: Mapping[str, Option] = made(default_factory=dict)
    """What a config may say of a field of one's own of this kind."""
    checked: Callable[[pl.DataFrame, Options], pl.DataFrame] | None = None
    """The normalizer's frame by what the config says of the field: values that it refuses have a reason."""
    slow: bool = False
    """Whether it takes longest of all, so that it is begun first."""
    longest: int = 300
    """The most characters of a value (in NFKC): a longer one is none, and is not read. 0: it may have any length."""
    zeros: bool = False
    """Whether a value may begin with zeros, which a column of numbers has lost."""
    example: str = ""
    """A usual value, whose reading needs the tables that most values need."""
    # seeing
    spelled: tuple[str, ...] = ()
    """The normalizer's columns that make a value where one text does not tell it all."""
    several: bool = False
    """Whether a cell may hold several values."""
    shows: str = "display"
    """The normalizer's column that people see."""
    partial: tuple[str, ...] = ()
    """Columns of which one suffices for a value to be shown, though it cannot be used."""
    in_short: bool = False
    """Whether short tables show it."""
    # guessing
    headers: tuple[Header, ...] = ()
    looks: Mapping[str, str] = made(default_factory=dict)
    """What the whole of a value looks like, loosely, by part (empty: the whole field); NFKC, lower case."""
    obvious: str = ""
    """What hardly any other kind looks like."""
    evident: Callable[[pl.Series], pl.Series] | None = None
    """Which of a column's distinct values hardly any other kind has, where a pattern does not tell (Boolean)."""
    many_columns: bool = False
    """Whether every column that is called so is a value of its own."""
    joins: bool = False
    """Whether columns that are not one clear part each are one value together, in their order."""
    stands_for: str = ""
    """The field that it is taken for where no column is called so."""
    tells: int = 0
    """How soon it tells whose a row is that names several people: 1 first (a name), then 2 and so on. 0: not."""
    # knowing
    betrayal: Betrayal | None = None
    witness: int = 0
    """Where its values name a person: the lowest number of a source's fields is taken to tell holders apart. 0: not."""
    survival: Survival = Survival()
    shareable: bool = False
    """Whether cases may say that a value is shared with other people."""
    mark: str | None = None
    """What values of two cases may not have in common: the normalized form of this kind; empty: what is written; None:
    they may have all in common."""

    @property
    def read(self) -> Callable[[pl.Series], pl.DataFrame]:
        """The normalizer of a run."""
        return self.reads or self.normalize
