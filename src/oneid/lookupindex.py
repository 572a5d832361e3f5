"""What look-ups need of a run, as tables that are memory-mapped: found by key, read by row, nothing loaded.

===================  ==========================================================================================
``index/records``    ``text``: the compared features of a record with its names, see :class:`Layout`; ``group``:
                     the number of its OneID; ``order``: record numbers by group; ``then:...``: refining keys
``index/groups``     ``start``: where each group begins in ``order``, and behind the last one its end
``index/keys``       blocking rule by rule, bucket by bucket: ``tail`` (the last 32 bits of a key), ``record``
``index/buckets``    ``start``: where each bucket (rule and first bits of the key) begins in ``index/keys``
``index/settings``   one row: the rules, the sources, the fields and places, as JSON
===================  ==========================================================================================

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

from oneid import combine
from oneid.block import _combined
from oneid.codes import Codes, code
from oneid.config import Config, Source
from oneid.errors import InputError
from oneid.features import CUSTOM
from oneid.rules import BlockingRule, Rules

if TYPE_CHECKING:
    import pyarrow as pa

    from oneid.write import Tables

__all__ = ["PREFIX", "Index", "Layout", "tables"]

PREFIX = "index/"

Rows = npt.NDArray[np.uint32]

_NAMES = ("source", "source_id", "oneid")
_SINGLE = (
    "customer", "name", "family", "given", "kana_family", "kana_given", "key_family", "key_given", "from_romaji",
    "cut_family", "cut_given", "foreign", "sound_family", "sound_given", "phonetic_family", "phonetic_given",
    "nickname", "nickname_key", "year", "month", "day", "sex", "postcode", "town", "block", "building", "room",
    "other_splits",
)  # fmt: skip
_LISTS = ("phone", "email", "mailbox")
_APART = "\0"
"""No feature holds it: reading takes it out of every cell."""
_PER_BUCKET = 8
_MOST_BITS = 16
"""Of so many bits NumPy sorts by radix."""


@dataclass(frozen=True)
class Layout:
    """How the features of a record stand in one text: those with one value, then each list with so many places."""

    places: Mapping[str, int]

    @classmethod
    def of(cls, features: pl.DataFrame) -> Layout:
        """The layout that holds all these features."""
        lists = [*_LISTS, *(name for name in features.columns if name.startswith(CUSTOM))]
        longest = features.select(pl.col(lists).list.len().max()).row(0, named=True)
        return cls({name: max(int(longest[name] or 0), 1) for name in lists})

    def grown(self, features: Mapping[str, Any]) -> Layout:
        """One that holds the features of one more record too."""
        return Layout({name: max(count, len(features.get(name) or ())) for name, count in self.places.items()})

    @cached_property
    def at(self) -> Mapping[str, int]:
        """Where each feature is (the first value of a list)."""
        found = {name: number for number, name in enumerate((*_NAMES, *_SINGLE))}
        end = len(found)
        for name, count in self.places.items():
            found[name] = end
            end += count
        return found

    def text(self, features: Mapping[str, Any]) -> list[str]:
        """The parts of one record's text, empty where there is nothing."""
        made = [_plain(features.get(name)) for name in (*_NAMES, *_SINGLE)]
        for name, count in self.places.items():
            values = list(features.get(name) or ())
            made += values + [""] * (count - len(values))
        return made

    def texts(self, features: pl.DataFrame, oneid: pl.Series) -> pl.Series:
        """The texts of all records."""
        columns = features.with_columns(oneid=oneid)
        parts = [_expression(name, columns.schema[name]) for name in (*_NAMES, *_SINGLE)]
        for name, count in self.places.items():
            parts += [pl.col(name).list.get(place, null_on_oob=True).fill_null("") for place in range(count)]
        return columns.select(text=pl.concat_str(parts, separator=_APART)).to_series()

    def widened(self, parts: Sequence[str], other: Layout) -> list[str]:
        """The parts of a text of this layout, in another that holds more."""
        if self.places == other.places:
            return list(parts)
        made = list(parts[: len(_NAMES) + len(_SINGLE)])
        for name, count in other.places.items():
            values = parts[self.at[name] : self.at[name] + self.places[name]]
            made += [*values, *[""] * (count - len(values))]
        return made


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
    features: pl.DataFrame, oneid: pl.Series, keys: Mapping[str, Sequence[Codes]], rules: Rules, config: Config
) -> dict[str, pl.DataFrame]:
    """The index of a run: ``features`` in record order with the ``oneid`` and the blocking ``keys`` of each record."""
    kinds = {spec.field: spec.kind for source in config.sources.values() for spec in source.fields.values() if spec.own}
    features = combine.distrust(features, rules.guards.never_trusted, kinds)
    layout = Layout.of(features)
    bits = min(max((features.height // _PER_BUCKET).bit_length(), 4), _MOST_BITS)
    _, group = np.unique(code(oneid), return_inverse=True)
    held, starts = _buckets(rules.blocking, keys, bits)
    said = {
        "rules": rules.model_dump(mode="json"),
        "sources": [source.model_dump(mode="json") for source in config.sources.values()],
        "places": layout.places,
        "bits": bits,
    }
    records = {
        "text": layout.texts(features, oneid),
        "group": group.astype(np.uint32),
        "order": np.argsort(group, kind="stable").astype(np.uint32),
        **{_refining(rule): codes for rule in rules.blocking for codes in _combined(rule.then, keys)[:1]},
    }
    sizes = np.bincount(group, minlength=1)
    made = {
        "records": pl.DataFrame(records),
        "groups": pl.DataFrame({"start": np.concatenate(([0], np.cumsum(sizes))).astype(np.uint32)}),
        "keys": held,
        "buckets": starts,
        "settings": pl.DataFrame({"said": [json.dumps(said, ensure_ascii=False)]}),
    }
    return {PREFIX + name: table for name, table in made.items()}


def _refining(rule: BlockingRule) -> str:
    return "then:" + ",".join(rule.then)


def _buckets(
    rules: Iterable[BlockingRule], keys: Mapping[str, Sequence[Codes]], bits: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``index/keys`` and ``index/buckets``."""
    tails, records, sizes = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)], [np.zeros(1, np.int64)]
    for rule in rules:
        slots = _combined(rule.keys, keys)
        there = [np.flatnonzero(slot).astype(np.uint32) for slot in slots]
        mine = np.concatenate([np.zeros(0, np.uint64), *(slot[at] for slot, at in zip(slots, there, strict=True))])
        bucket = (mine >> np.uint64(64 - bits)).astype(np.uint16)
        order = np.argsort(bucket, kind="stable")
        tails.append(mine.astype(np.uint32)[order])
        records.append(np.concatenate([np.zeros(0, np.uint32), *there])[order])
        sizes.append(np.bincount(bucket, minlength=1 << bits))
    starts = np.cumsum(np.concatenate(sizes)).astype(np.uint64)
    held = pl.DataFrame({"tail": np.concatenate(tails), "record": np.concatenate(records)})
    return held, pl.DataFrame({"start": starts})


class Index:
    """The index of one run, memory-mapped. Raises InputError (E254) where the run has none."""

    def __init__(self, tables_: Tables) -> None:
        if PREFIX + "settings" not in tables_:
            hint = "look-ups need a run with a registry, by this version or a later one"
            raise InputError("E254", "the run has no index", hint=hint)
        said = json.loads(tables_.mapped(PREFIX + "settings")["said"][0].as_py())
        self.rules = Rules.model_validate_json(json.dumps(said["rules"]))
        sources = (Source.model_validate_json(json.dumps(source)) for source in said["sources"])
        self.sources = {source.name: source for source in sources}
        self.layout = Layout(said["places"])
        self._bits = int(said["bits"])
        records = tables_.mapped(PREFIX + "records")
        self._group, self._order = _array(records, "group"), _array(records, "order")
        self._then = {name: _array(records, name) for name in records.column_names if name.startswith("then:")}
        self._text = _Texts(records, "text") if records.num_rows else None
        self._groups = _array(tables_.mapped(PREFIX + "groups"), "start")
        keys = tables_.mapped(PREFIX + "keys")
        self._tail, self._record = _array(keys, "tail"), _array(keys, "record")
        self._buckets = _array(tables_.mapped(PREFIX + "buckets"), "start")

    def __len__(self) -> int:
        return self._group.size

    def block(self, number: int, key: int, then: int) -> Rows:
        """The records in the block of a rule (by its number) that one more record with that key would come into;
        none where the block would be too large. ``then``: the record's refining key, 0 where it has none.
        """
        rule = self.rules.blocking[number]
        bucket = (number << self._bits) + (key >> (64 - self._bits))
        place = slice(int(self._buckets[bucket]), int(self._buckets[bucket + 1]))
        found: Rows = self._record[place][self._tail[place] == np.uint32(key & 0xFFFFFFFF)]
        if found.size < rule.most:
            return found
        codes = self._then.get(_refining(rule))
        found = found[codes[found] == np.uint64(then)] if codes is not None and then else found[:0]
        return found if found.size < rule.most else found[:0]

    def parts(self, row: int) -> list[str]:
        """The parts of a record's text (:class:`Layout`)."""
        assert self._text is not None
        return self._text[row].split(_APART)

    def group(self, row: int) -> int:
        """The number of a record's OneID."""
        return int(self._group[row])

    def members(self, group: int) -> list[int]:
        """The records of a OneID."""
        found: list[int] = self._order[int(self._groups[group]) : int(self._groups[group + 1])].tolist()
        return found


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
