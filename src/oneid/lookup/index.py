"""What look-ups need of a run, as tables that are memory-mapped: found by key, read by row, nothing loaded.

Records are named by *place* (:mod:`oneid.engines.overlay`). What they say is in two parts, ``base`` and ``recent``,
the first of which stays as it is from run to run (:class:`oneid.daily.kept.Known`); who they are is of the run.

====================  =========================================================================================
``index/*/texts``     ``text``: the compared features of a record with its names, see :class:`Layout`;
                      ``then:...``: refining keys
``index/*/keys``      blocking rule by rule, bucket by bucket: ``tail`` (the last 32 bits of a key), ``place``
``index/*/buckets``   ``start``: where each bucket (rule and first bits of the key) begins in ``keys``
``index/places``      by place ``group``, the number of the record's OneID, or :data:`_NONE`: it is no more; and
                      ``counts``, 0 where it agrees in everything compared with an earlier record of its source
``index/members``     ``place``: by group
``index/groups``      ``start``: where each group begins in ``index/members``, and behind the last one its end
``index/oneids``      ``oneid``: by group
``index/settings``    one row: the rules, the sources, the fields and places, as JSON
====================  =========================================================================================

Keys are hashes, so buckets by their first bits are even, and putting records into buckets costs a fifth of sorting
them. Keys are those before large blocks are refined or left out: which blocks are too large is only known with the
record that is looked up (:meth:`Index.block`). These tables hold personal data, as ``known/`` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.dirtypairs import Keys
from oneid.daily.kept import PARTS, Known
from oneid.daily.keptrows import settings_in, settings_of
from oneid.kinds.compared import Compared
from oneid.outputs.runtables import Tables
from oneid.outputs.tables.tablefiles import Kept
from oneid.pairs.alike import Alike
from oneid.pairs.blocking import combined
from oneid.pairs.schema import schema_of
from oneid.records import together
from oneid.settings.config import Config, Source
from oneid.settings.rules import BlockingRule, Rules
from oneid.vocabulary.codes import Codes, code
from oneid.vocabulary.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PREFIX", "Index", "Layout", "single_features", "tables"]

PREFIX = "index/"

Rows = npt.NDArray[np.uint32]

_NAMES = ("source", "source_id", "oneid")
_ONEID = _NAMES.index("oneid")
_OF_PART = ("texts", "keys", "buckets")
_NONE = np.iinfo(np.uint32).max
_APART = "\0"
"""No feature holds it: reading takes it out of every cell."""
_PER_BUCKET = 8
_MOST_BITS = 16
"""Of so many bits NumPy sorts by radix."""


_UNSEEN = ("script", "kind", "kana_whole")
"""Features that comparing does not look at."""


@dataclass(frozen=True)
class Layout:
    """How the features of a record stand in one text: ``single``, those with one value, then each list with so many
    ``places``.
    """

    single: tuple[str, ...]
    places: Mapping[str, int]

    @classmethod
    def of(cls, features: pl.DataFrame, compared: Compared) -> Layout:
        """The layout that holds all these features."""
        lists = [name for name, kind in compared.features.items() if kind == pl.List(pl.String)]
        there = [name for name in lists if name in features.columns]
        longest = features.select(pl.col(there).list.len().max()).row(0, named=True)
        return cls(single_features(compared), {name: max(int(longest.get(name) or 0), 1) for name in lists})

    def grown(self, features: Mapping[str, Any]) -> Layout:
        """One that holds the features of one more record too."""
        places = {name: max(count, len(features.get(name) or ())) for name, count in self.places.items()}
        return self if places == self.places else Layout(self.single, places)

    @cached_property
    def at(self) -> Mapping[str, int]:
        """Where each feature is (the first value of a list)."""
        found = {name: number for number, name in enumerate((*_NAMES, *self.single))}
        end = len(found)
        for name, count in self.places.items():
            found[name] = end
            end += count
        return found

    @cached_property
    def spans(self) -> Mapping[str, slice]:
        """The places of each feature."""
        return {name: slice(begin, begin + self.places.get(name, 1)) for name, begin in self.at.items()}

    def text(self, features: Mapping[str, Any]) -> list[str]:
        """The parts of one record's text, empty where there is nothing."""
        made = [_plain(features.get(name)) for name in (*_NAMES, *self.single)]
        for name, count in self.places.items():
            values = list(features.get(name) or ())
            made += values + [""] * (count - len(values))
        return made

    def texts(self, features: pl.DataFrame) -> pl.Series:
        """The texts of all records, without the OneID, which is of the run."""
        columns = features.with_columns(oneid=pl.lit(None, dtype=pl.String))
        parts = [_expression(name, columns.schema[name]) for name in (*_NAMES, *self.single)]
        for name, count in self.places.items():
            there = pl.col(name) if name in features.columns else pl.lit(None, dtype=pl.List(pl.String))
            parts += [there.list.get(place, null_on_oob=True).fill_null("") for place in range(count)]
        return columns.select(text=pl.concat_str(parts, separator=_APART)).to_series()

    def widened(self, parts: Sequence[str], other: Layout) -> list[str]:
        """The parts of a text of this layout, in another that holds more."""
        if self.places == other.places:
            return list(parts)
        made = list(parts[: len(_NAMES) + len(self.single)])
        for name, count in other.places.items():
            values = parts[self.spans[name]]
            made += [*values, *[""] * (count - len(values))]
        return made


def single_features(compared: Compared) -> tuple[str, ...]:
    """The features with one value, in the order in which they stand in a text; lists of numbers are one value."""
    known = {"customer": pl.String, **compared.features}
    single = [name for name, kind in known.items() if not isinstance(kind, pl.List) and name not in _UNSEEN]
    numbers = [name for name, kind in known.items() if isinstance(kind, pl.List) and kind != pl.List(pl.String)]
    return (*single, *numbers)


def _plain(value: object) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "1" if value is True else str(value)


def _expression(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Boolean:
        column = pl.when(column).then(pl.lit("1"))
    elif isinstance(dtype, pl.List):
        column = pl.when(column.list.len() > 0).then(column.cast(pl.List(pl.String)).list.join(","))
    return column.cast(pl.String).fill_null("")


def tables(
    known: Known, oneid: pl.Series, rules: Rules, config: Config, alike: Alike | None = None
) -> dict[str, pl.DataFrame | Kept]:
    """The index of a run: of what is ``known`` at its end (:meth:`oneid.daily.kept.Known.settled`), with the ``oneid``
    of each record, in record order, and which are ``alike``.
    """
    about = settings_of(rules, config, schema_of(config, rules))
    kinds = {field: spec.kind for field, spec in config.own_fields.items()}
    made: dict[str, pl.DataFrame | Kept] = {}
    parts: list[dict[str, Any]] = []
    end = 0
    sizes = known.features.heights()
    for name, part, numbers, size in zip(PARTS, known.features.parts, known.numbers.parts, sizes, strict=False):
        begin, end = end, end + size
        if not isinstance(part, pl.DataFrame):
            parts.append(_settings(known.outputs)["parts"][0])
            made |= {f"{name}/{table}": known.outputs.kept(f"{PREFIX}{name}/{table}") for table in _OF_PART}
            continue
        assert isinstance(numbers, pl.DataFrame)
        features = together.distrust(part, rules.guards.never_trusted, kinds, config.compared)
        layout = Layout.of(features, config.compared)
        bits = min(max((features.height // _PER_BUCKET).bit_length(), 4), _MOST_BITS)
        keys = Keys.from_columns({column.name: column.to_numpy() for column in numbers}).blocking
        held, starts = _buckets(rules.blocking, keys, bits, begin)
        then = {_refining(rule): codes for rule in rules.blocking for codes in combined(rule.then, keys)[:1]}
        made[f"{name}/texts"] = pl.DataFrame({"text": layout.texts(features), **then})
        made[f"{name}/keys"], made[f"{name}/buckets"] = held, starts
        parts.append({"begin": begin, "places": layout.places, "bits": bits})
    _, first, group = np.unique(code(oneid), return_index=True, return_inverse=True)
    of_place = np.full(end, _NONE, dtype=np.uint32)
    of_place[known.features.place] = group
    counts = np.ones(end, dtype=np.uint8)
    if alike is not None:
        counts[known.features.place[alike.others[1]]] = 0
    ends = np.cumsum(np.bincount(group, minlength=1))
    members = known.features.place[np.argsort(group, kind="stable")]
    made |= {
        "places": pl.DataFrame({"group": of_place, "counts": counts}),
        "members": pl.DataFrame({"place": members}),
        "groups": pl.DataFrame({"start": np.concatenate(([0], ends)).astype(np.uint32)}),
        "oneids": pl.DataFrame({"oneid": oneid.gather(first)}),
        "settings": pl.DataFrame({"said": [json.dumps({**about, "parts": parts}, ensure_ascii=False)]}),
    }
    return {PREFIX + name: table for name, table in made.items()}


def _settings(tables_: Tables) -> dict[str, Any]:
    """The settings of an index, which is there."""
    found = settings_in(tables_)
    assert found is not None
    return found


def _refining(rule: BlockingRule) -> str:
    return "then:" + ",".join(rule.then)


def _buckets(
    rules: Iterable[BlockingRule], keys: Mapping[str, Sequence[Codes]], bits: int, begin: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The ``keys`` and ``buckets`` of a part whose places begin at ``begin``."""
    tails, records, sizes = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)], [np.zeros(1, np.int64)]
    for rule in rules:
        slots = combined(rule.keys, keys)
        there = [np.flatnonzero(slot).astype(np.uint32) for slot in slots]
        mine = np.concatenate([np.zeros(0, np.uint64), *(slot[at] for slot, at in zip(slots, there, strict=True))])
        bucket = (mine >> np.uint64(64 - bits)).astype(np.uint16)
        order = np.argsort(bucket, kind="stable")
        tails.append(mine.astype(np.uint32)[order])
        records.append(np.concatenate([np.zeros(0, np.uint32), *there])[order])
        sizes.append(np.bincount(bucket, minlength=1 << bits))
    starts = np.cumsum(np.concatenate(sizes)).astype(np.uint64)
    places = np.concatenate(records) + np.uint32(begin)
    held = pl.DataFrame({"tail": np.concatenate(tails), "place": places})
    return held, pl.DataFrame({"start": starts})


class Index:
    """The index of one run, memory-mapped. Raises InputError (E254) where the run has none."""

    def __init__(self, tables_: Tables) -> None:
        if PREFIX + "oneids" not in tables_:
            hint = "look-ups need a run with a registry, by this version or a later one"
            raise InputError("E254", "the run has no index", hint=hint)
        about = _settings(tables_)
        self.rules = Rules.model_validate_json(json.dumps(about["rules"]))
        sources = (Source.model_validate_json(json.dumps(source)) for source in about["sources"])
        self.sources = {source.name: source for source in sources}
        self.config = Config(sources=self.sources, kinds=tuple(about.get("kinds", ())))
        single = single_features(self.config.compared)
        parts = zip(PARTS, about["parts"], strict=False)
        self._parts = [_Held(tables_, PREFIX + name, part, single) for name, part in parts]
        places: dict[str, int] = {}
        for part in self._parts:
            places |= {name: max(count, places.get(name, 0)) for name, count in part.layout.places.items()}
        self.layout = Layout(single, places)
        places_ = tables_.mapped(PREFIX + "places")
        self._group, self._counts = _array(places_, "group"), _array(places_, "counts")
        self._members = _array(tables_.mapped(PREFIX + "members"), "place")
        self._groups = _array(tables_.mapped(PREFIX + "groups"), "start")
        oneids = tables_.mapped(PREFIX + "oneids")
        self._oneids = _Texts(oneids, "oneid") if oneids.num_rows else None

    def __len__(self) -> int:
        return self._members.size

    def block(self, number: int, key: int, then: int) -> Rows:
        """The places of records in the block of a rule (by its number) that one more record with that key would come
        into; none where the block would be too large. ``then``: the record's refining key, 0 where it has none.
        """
        rule = self.rules.blocking[number]
        found: Rows = np.concatenate([part.block(number, key) for part in self._parts])
        found = found[self._group[found] != _NONE]
        some = self._few(found, rule.most)
        if some is not None:
            return some
        if not then:
            return found[:0]
        some = self._few(
            np.concatenate([part.refined(_refining(rule), then, found) for part in self._parts]), rule.most
        )
        return found[:0] if some is None else some

    def _few(self, found: Rows, most: int) -> Rows | None:
        """The places of a block that one more record may come into, of equal ones the first alone where it is large."""
        if found.size >= most:
            found = found[self._counts[found] != 0]
        return found if found.size < most else None

    def parts(self, place: int) -> list[str]:
        """The parts of a record's text (:class:`Layout`)."""
        held = self._parts[-1] if place >= self._parts[-1].begin else self._parts[0]
        assert self._oneids is not None
        found = held.layout.widened(held.text(place), self.layout)
        found[_ONEID] = self._oneids[int(self._group[place])]
        return found

    def group(self, place: int) -> int:
        """The number of a record's OneID."""
        return int(self._group[place])

    def members(self, group: int) -> list[int]:
        """The places of the records of a OneID, of equal ones of a source the first alone."""
        mine = self._members[int(self._groups[group]) : int(self._groups[group + 1])]
        found: list[int] = mine[self._counts[mine] != 0].tolist()
        return found


class _Held:
    """One part of the records; places are those of all parts."""

    def __init__(self, tables_: Tables, name: str, said: Mapping[str, Any], single: tuple[str, ...]) -> None:
        self.begin = int(said["begin"])
        self.layout = Layout(single, said["places"])
        self._bits = int(said["bits"])
        texts, keys = tables_.mapped(f"{name}/texts"), tables_.mapped(f"{name}/keys")
        self.end = self.begin + texts.num_rows
        self._then = {column: _array(texts, column) for column in texts.column_names if column.startswith("then:")}
        self._text = _Texts(texts, "text") if texts.num_rows else None
        self._tail, self._place = _array(keys, "tail"), _array(keys, "place")
        self._buckets = _array(tables_.mapped(f"{name}/buckets"), "start")

    def block(self, number: int, key: int) -> Rows:
        """The places with a key of a rule."""
        bucket = (number << self._bits) + (key >> (64 - self._bits))
        within = slice(int(self._buckets[bucket]), int(self._buckets[bucket + 1]))
        found: Rows = self._place[within][self._tail[within] == np.uint32(key & 0xFFFFFFFF)]
        return found

    def refined(self, name: str, then: int, places: Rows) -> Rows:
        """Those of ``places`` in this part that have a refining key."""
        codes = self._then.get(name)
        mine: Rows = places[(places >= self.begin) & (places < self.end)]
        return mine[:0] if codes is None else mine[codes[mine - self.begin] == np.uint64(then)]

    def text(self, place: int) -> list[str]:
        """The parts of a record's text."""
        assert self._text is not None
        return self._text[place - self.begin].split(_APART)


class _Texts:
    """A text column by row, straight from the mapped file."""

    def __init__(self, table: pa.Table, name: str) -> None:
        whole = table[name].chunk(0)
        _, offsets, data = whole.buffers()
        self._offsets = np.frombuffer(offsets, dtype=np.int64)[whole.offset :]
        self._data = memoryview(data)

    def __getitem__(self, row: int) -> str:
        return str(self._data[int(self._offsets[row]) : int(self._offsets[row + 1])], "utf-8")


def _array(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """A column of numbers as it lies in the file."""
    dtype = np.dtype(str(table.schema.field(name).type))
    if not table.num_rows:
        return np.zeros(0, dtype)
    whole = table[name].chunk(0)
    found: npt.NDArray[Any] = np.frombuffer(whole.buffers()[1], dtype)[whole.offset : whole.offset + len(whole)]
    return found
