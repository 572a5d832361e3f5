"""Records that agree in everything that is compared: they are one before candidate pairs are made.

Thirty equal rows in a block are pairs; thirty-one, and a hundred thousand, must not be none. So equal rows make a
*class*, and a block that is too large for its pairs takes of each class the *first* record of each source alone
(:mod:`oneid.pairs.blocking`). The others meet that one, and one of another source where there is one
(:attr:`Alike.links`), each pair with the verdict that the rules have for it: whether equal rows are one person is
theirs to say.

Only rows that say enough make a class: two facets (:class:`oneid.kinds.base.Facet`) or more by which records are
paired, not counting values that contradicting people share, and a blocking key. One mail address on fifty thousand rows
that say nothing else, or one mobile number of a shop on rows with fifty thousand names, is nobody's.

Classes depend on the records alone, never on their order or on what is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.mapped import let_go
from oneid.kinds.compared import Compared
from oneid.kinds.shapes import Features
from oneid.pairs.blocking import Counted, combined
from oneid.pairs.keynumbers import ALIKE, KeyNumbers
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import Codes, among

__all__ = ["SAME", "Alike", "Said", "alike", "equal_marked", "equality"]

SAME = "="
"""The name by which equality codes stand among the codes of blocking keys; no field is called so."""

_UNSEEN = ("script", "kind", "kana_whole")
"""Features that comparing does not look at."""

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Pairs = tuple[Rows, Rows]


def equality(features: Features, compared: Compared) -> Codes:
    """A code per record that is equal where all compared features are."""
    every = {"customer": pl.String, **compared.features}
    wanted = {name: kind for name, kind in every.items() if name in features.columns and name not in _UNSEEN}
    columns = []
    for name, kind in wanted.items():
        column = pl.col(name).cast(kind)
        columns.append(column.fill_null([]) if isinstance(kind, pl.List) else column)
    codes = np.empty(features.height, dtype=np.uint64)
    for begin in range(0, features.height, _AT_A_TIME):
        some = features.slice(begin, _AT_A_TIME).select(list(wanted))
        codes[begin : begin + _AT_A_TIME] = some.select(columns).hash_rows(seed=20_26).to_numpy()
        let_go()
    codes[codes == 0] = 1
    return codes


_AT_A_TIME = 250_000
"""Of so many records all features are looked at together."""


@dataclass(frozen=True)
class Said:
    """What records say, place by place: the codes of blocking ``keys``, :data:`SAME` among them, and of ``held``
    values, of which some are ``shared`` (codes by facet, sorted).
    """

    keys: Mapping[str, Sequence[Codes]]
    held: Mapping[str, Sequence[Codes]]
    shared: Mapping[str, Codes]

    def enough(self, at: npt.NDArray[np.integer], rules: Iterable[BlockingRule], compared: Compared) -> Flags:
        """Which of some places say enough to make a class."""
        facets = np.zeros(at.size, dtype=np.uint8)
        for facet in compared.facets:
            if facet.name in self.held:
                shared = self.shared.get(facet.name, np.zeros(0, np.uint64))
                own = [codes[at] for codes in self.held[facet.name]]
                facets += _any(((codes != 0) & ~among(codes, shared) for codes in own), at.size)
            else:
                keys = (codes for name in facet.key_names for codes in self.keys.get(name, ()))
                facets += _any((codes[at] != 0 for codes in keys), at.size)
        some = {name: [codes[at] for codes in places] for name, places in self.keys.items()}
        paired = _any((codes != 0 for rule in rules for codes in combined(rule.keys, some)), at.size)
        return (facets > 1) & paired


def _any(flags: Iterable[Flags], size: int) -> Flags:
    found = np.zeros(size, dtype=np.bool_)
    for some in flags:
        found |= some
    return found


@dataclass(frozen=True)
class Alike:
    """The classes of ``size`` records. ``rows``: those of any class, rising; for each of them ``kind``, its class, and
    ``least``, the first record of its class in its source. ``links``: pairs (left < right, sorted) that each record of
    a class has with the first of its source, and with the first of another.
    """

    size: int
    rows: Rows
    kind: Codes
    least: Rows
    links: Pairs

    @classmethod
    def none(cls, size: int) -> Alike:
        """No record is like another."""
        rows = np.zeros(0, np.uint32)
        return cls(size, rows, np.zeros(0, np.uint64), rows, (rows, rows))

    def kinds(self) -> Codes:
        """The class of each record; 0: none."""
        codes = np.zeros(self.size, np.uint64)
        codes[self.rows] = self.kind
        return codes

    def counted(self) -> Flags:
        """Which records count in blocks that are too large: all but those that are like an earlier one."""
        flags = np.ones(self.size, np.bool_)
        flags[self.rows] = self.rows == self.least
        return flags

    def in_blocks(self) -> Counted | None:
        """How the records count in blocks; None: each for itself."""
        return Counted(self.kinds(), self.counted()) if self.rows.size else None

    def together(self, a: int, b: int) -> bool:
        """Whether two records are of one class."""
        kinds = [self.kind[self.rows == row] for row in (a, b)]
        return kinds[0].size > 0 and np.array_equal(*kinds)

    @property
    def others(self) -> Pairs:
        """The records that are like an earlier one of their source: that one, and they."""
        mine = self.rows != self.least
        return self.least[mine], self.rows[mine]

    def of(self, rows: Rows) -> Alike:
        """The classes among some records, rising, by their places among these; without links."""
        at = np.searchsorted(rows, self.rows)
        at[at == rows.size] = 0
        there = (rows[at] == self.rows) if rows.size else np.zeros(self.rows.size, np.bool_)
        mine, kind = at[there].astype(np.uint32), self.kind[there]
        first = np.searchsorted(rows, self.least[there])
        first[first == rows.size] = 0
        whole = rows[first] == self.least[there]
        return Alike(rows.size, mine[whole], kind[whole], first[whole].astype(np.uint32), (mine[:0], mine[:0]))


def alike(
    said: Said,
    sources: pl.Series,
    rules: Iterable[BlockingRule],
    compared: Compared,
    place: Rows | None = None,
) -> Alike:
    """The classes of records in their order; ``sources``: the source of each, ``place``: where each stands in what is
    ``said`` (left out: in their order).
    """
    codes = said.keys[SAME][0] if place is None else said.keys[SAME][0][place]
    twice = np.flatnonzero(pl.Series(codes).is_duplicated().to_numpy())
    rows = twice[said.enough(twice if place is None else place[twice], rules, compared)].astype(np.uint32)
    if not rows.size:
        return Alike.none(codes.size)
    kind, source = codes[rows], sources.gather(rows).rank("dense").to_numpy()
    order = np.lexsort((rows, source, kind))
    kinds, of = kind[order], source[order]
    own = np.concatenate(([True], (kinds[1:] != kinds[:-1]) | (of[1:] != of[:-1])))
    least = np.empty(rows.size, np.uint32)
    least[order] = rows[order][own][np.cumsum(own) - 1]
    return Alike(codes.size, rows, kind, least, _links(rows, kind, least))


def equal_marked(key: KeyNumbers, alike: Alike | None, left: Rows, right: Rows) -> KeyNumbers:
    """The blocking keys of pairs, marked (:data:`ALIKE`) where the two records agree in everything compared."""
    key = key & np.uint8(ALIKE - 1)
    if alike is None or not alike.rows.size:
        return key
    kinds = alike.kinds()
    key[(kinds[left] == kinds[right]) & (kinds[left] != 0)] |= np.uint8(ALIKE)
    return key


def _links(rows: Rows, kind: Codes, least: Rows) -> Pairs:
    """Each record with the first one of its source, and with the first one of all sources or, if that is its own, of
    the others.
    """
    firsts = np.flatnonzero(rows == least)
    firsts = firsts[np.lexsort((rows[firsts], kind[firsts]))]
    begins = np.flatnonzero(np.concatenate(([True], kind[firsts][1:] != kind[firsts][:-1])))
    of = np.searchsorted(kind[firsts][begins], kind)
    first = rows[firsts][begins][of]
    size = np.diff(np.append(begins, firsts.size))[of]
    second = rows[firsts][np.minimum(begins[of] + 1, firsts.size - 1)]
    second = np.where(size > 1, second, first)
    other = np.where(least == first, second, first)
    ends = np.concatenate((rows, rows)), np.concatenate((least, other))
    pair = np.unique(np.minimum(*ends).astype(np.uint64) << np.uint64(32) | np.maximum(*ends))
    left, right = (pair >> np.uint64(32)).astype(np.uint32), pair.astype(np.uint32)
    return left[left != right], right[left != right]
