"""From features to the arrays that blocking and comparing work on: those of each facet, and which values are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.base import Engine
from oneid.engines.mapped import let_go
from oneid.kinds.base import Context, Facet
from oneid.kinds.compared import Compared
from oneid.kinds.holders import Borne, Listed
from oneid.kinds.shapes import Features, Flags, Levels, Rows
from oneid.pairs.alike import SAME, equality
from oneid.vocabulary.codes import Codes, among, mix

__all__ = [
    "MOST_HOLDERS", "Columns", "block_keys", "borne", "columns_of", "contradicted", "contradicting", "held", "marked",
]  # fmt: skip

_NO_CODES = np.zeros(0, dtype=np.uint64)
MOST_HOLDERS = 12
"""Up to so many different holders of a value every pair is looked at; of more, the first against each other one.
"""


@dataclass(frozen=True)
class Columns:
    """Everything that blocking and comparing look at: the arrays of each facet, by its name, and who is a company."""

    compared: Compared
    parts: Mapping[str, Any]
    company: Flags
    shared: Mapping[str, Sequence[Flags]] = field(default_factory=dict)
    """By facet whose values several people may share: per place and record, whether the value there is shared."""
    same: Codes | None = None
    """Equal for records that agree in everything compared; None: it was not asked."""

    @property
    def height(self) -> int:
        """How many records there are."""
        return self.company.size


def columns_of(
    features: Features,
    engine: Engine,
    names: Borne | None = None,
    shared: Mapping[str, Codes] | None = None,
    compared: Compared | None = None,
) -> Columns:
    """The comparison columns of records; ``features`` is what :func:`oneid.records.together.combine` gives.

    Left out, ``names`` (how many records bear each name, or hold each value that is counted) and ``shared`` (by facet
    of :attr:`Compared.held` the codes of its values that are shared, sorted; none where it is not named) are what these
    records show. Records of sources that ``names`` does not count are counted in addition.
    """
    run = compared or Compared()
    about = features.select(("source", "customer"))
    context = Context(engine, about["source"], names)

    def made(facet: Facet) -> Any:  # noqa: ANN401 - of any shape
        arrays = facet.columns(facet.of(features), context)
        let_go()
        return arrays

    arrays = engine.map(made, run.facets)
    parts = {facet.name: part for facet, part in zip(run.facets, arrays, strict=True)}
    company = (about["customer"] == "company").fill_null(value=False).to_numpy()
    open_ = Columns(run, parts, company, same=equality(features, run))
    values = held(open_)
    if shared is None:
        flags = dict(zip(values, engine.map(lambda places: contradicted(open_, places), values.values()), strict=True))
    else:
        flags = {
            name: [among(codes, shared.get(name, _NO_CODES)) for codes in places] for name, places in values.items()
        }
    return marked(open_, flags)


def held(columns: Columns) -> dict[str, Sequence[Codes]]:
    """By facet the values that several people may share, as codes place by place."""
    return {
        facet.name: facet.held(columns.parts[facet.name]) for facet in columns.compared.facets if facet.held is not None
    }


def marked(columns: Columns, shared: Mapping[str, Sequence[Flags]]) -> Columns:
    """The columns with what is ``shared`` of each facet's values, per place and record."""
    parts = dict(columns.parts)
    for facet in columns.compared.facets:
        if facet.with_shared is not None and facet.name in shared:
            parts[facet.name] = facet.with_shared(parts[facet.name], list(shared[facet.name]))
    return Columns(columns.compared, parts, columns.company, shared, columns.same)


def borne(columns: Columns, sources: pl.Series, known: Borne | None = None, *, only: bool = False) -> Borne:
    """How many records bear each name, or hold each value that is counted: what is ``known``, and the records of
    sources that it does not count. ``sources`` names the source of each record. ``only``: nothing else is counted than
    what a record of these shows.
    """
    counted: dict[str, Sequence[Codes | Listed]] = {}
    for facet in columns.compared.facets:
        if facet.counted is not None:
            counted |= facet.counted(columns.parts[facet.name])
    found = (known or Borne()).plus(sources, counted)
    return found.only(counted) if only else found


def contradicted(columns: Columns, places: Sequence[Codes]) -> list[Flags]:
    """Per place and record: whether the holders of its value contradict each other.

    Holders contradict each other where two of them bear the same family name with another given name, or wholly
    different names, or were born on different days while their names do not agree. A value that many records hold is
    not shared for that: most often they are one person's.
    """
    keys = np.concatenate(places)
    rows = np.tile(np.arange(places[0].size, dtype=np.uint32), len(places))
    keys, rows = keys[keys != 0], rows[keys != 0]
    order = np.lexsort((rows, keys))
    keys, rows = _different(keys[order], rows[order], columns.same)
    bad = np.zeros(0, dtype=np.uint64)
    if keys.size:
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        left, right, of = _holder_pairs(starts, np.diff(np.append(starts, keys.size)))
        bad = np.unique(keys[of[_contradict(columns, rows[left], rows[right])]])
    return [np.isin(place, bad) for place in places]


def _different(keys: Codes, rows: Rows, same: Codes | None) -> tuple[Codes, Rows]:
    """The holders of values (sorted by value and record), of many who are equal the first alone."""
    if same is None or not keys.size:
        return keys, rows
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    sizes = np.diff(np.append(starts, keys.size))
    many = np.flatnonzero(np.repeat(sizes > MOST_HOLDERS, sizes))
    first = np.unique(np.stack((keys[many], same[rows[many]])), axis=1, return_index=True)[1]
    stays = np.ones(keys.size, np.bool_)
    stays[many] = False
    stays[many[first]] = True
    return keys[stays], rows[stays]


def _holder_pairs(
    starts: npt.NDArray[np.intp], sizes: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Positions of the holders to look at together, and the start of their value."""
    left, right, of = [], [], []
    for size in np.unique(sizes[sizes > 1]).tolist():
        mine = starts[sizes == size]
        i, j = np.triu_indices(size, 1) if size <= MOST_HOLDERS else (np.zeros(size - 1, int), np.arange(1, size))
        left.append((mine[:, None] + i).ravel())
        right.append((mine[:, None] + j).ravel())
        of.append(np.repeat(mine, i.size))
    if not left:
        none = np.zeros(0, dtype=np.intp)
        return none, none, none
    return np.concatenate(left), np.concatenate(right), np.concatenate(of)


def _contradict(columns: Columns, left: Rows, right: Rows) -> Flags:
    levels = {}
    for facet in columns.compared.facets:
        for one in facet.comparisons:
            if one.apart:
                levels[one.field] = one.compare(columns.parts[facet.name], left, right)
    return contradicting(columns.compared, levels)


def contradicting(compared: Compared, levels: Mapping[str, Levels]) -> Flags:
    """Where the ``levels`` of pairs show two people who contradict each other: fields are asked in pattern order, and
    the first one that leaves it not open decides (:class:`oneid.kinds.base.Comparison`).
    """
    asked = compared.contradicting
    bad = np.zeros(levels[asked[0].field].size, dtype=np.bool_)
    open_ = np.ones(bad.size, dtype=np.bool_)
    for one in asked:
        numbers = levels[one.field]
        bad |= open_ & one.contradicts[numbers]
        open_ &= one.leaves_open[numbers]
    return bad


def block_keys(columns: Columns, heard: bool | None = None) -> Mapping[str, Sequence[Codes]]:
    """The codes that blocking keys are made of, by the names of :attr:`Compared.keys`, and :data:`SAME`; ``heard``:
    whether any record is known by the sound of its name alone (left out: any of these).

    Companies have keys of their own, so that a company and a person, its representative say, are never compared.
    """
    keys: dict[str, Sequence[Codes]] = {}
    for facet in columns.compared.facets:
        keys |= facet.keys(columns.parts[facet.name], heard)
    rows = np.flatnonzero(columns.company)
    if rows.size:
        keys = {name_: [_apart(place, rows) for place in found] for name_, found in keys.items()}
    return keys if columns.same is None else {**keys, SAME: [columns.same]}


def _apart(codes: Codes, rows: npt.NDArray[np.intp]) -> Codes:
    """The codes, those of some rows other than anyone else's."""
    changed = codes.copy()
    changed[rows] = mix(codes[rows], np.ones(rows.size, np.uint64))
    return changed
