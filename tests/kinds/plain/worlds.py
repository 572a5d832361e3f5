"""Records that have one field of one's own: as columns, as a few texts, and what is counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from oneid.engines.local import LocalEngine
from oneid.kinds.base import Context, Facet
from oneid.kinds.catalogue import KINDS
from oneid.kinds.few import Few, OneRecord
from oneid.kinds.holders import Borne

COLUMN = "x:it"
ENGINE = LocalEngine(1)


def normal(kind: str, values: Sequence[str | None], said: Mapping[str, Any]) -> list[str]:
    """The usable values of one record, normalized."""
    one = KINDS[kind]
    frame = one.normalize(pl.Series(values, dtype=pl.String))
    frame = one.checked(frame, said) if one.checked is not None and said else frame
    return list(dict.fromkeys(frame["normalized"].drop_nulls().to_list()))


@dataclass(frozen=True)
class World:
    """``records``: the normalized values of each."""

    kind: str
    records: Sequence[Sequence[str]]
    said: Mapping[str, Any]

    @cached_property
    def facet(self) -> Facet:
        return KINDS[self.kind].own("it", self.said)

    @property
    def words(self) -> tuple[str, ...]:
        return self.facet.comparisons[0].words

    @property
    def sources(self) -> pl.Series:
        return pl.repeat("s", len(self.records), dtype=pl.String, eager=True)

    def columns(self, rows: Sequence[int] | None = None, borne: Borne | None = None) -> Any:
        """The columns of all records, or of some."""
        some = self.records if rows is None else [self.records[row] for row in rows]
        values = pl.Series(COLUMN, [list(one) or None for one in some], dtype=pl.List(pl.String))
        return self.facet.columns(values.to_frame(), Context(ENGINE, self.sources.head(len(some)), borne))

    @cached_property
    def borne(self) -> Borne:
        """What is counted over all records."""
        counted = {} if self.facet.counted is None else self.facet.counted(self.columns())
        return Borne().plus(self.sources, counted)

    @cached_property
    def places(self) -> int:
        return max(map(len, self.records), default=1) or 1

    def row(self, record: int) -> list[str]:
        values = list(self.records[record])
        return values + [""] * (self.places - len(values))

    def few(self, rows: Sequence[int]) -> Any:
        """Some records from their texts."""
        made = Few([self.row(row) for row in rows], {COLUMN: 0}, {COLUMN: self.places})
        assert self.facet.few is not None
        return self.facet.few(made, self.borne)

    def one(self, record: int) -> OneRecord:
        return OneRecord({}, {COLUMN: self.row(record)})

    def levels(self, columns: Any, left: Sequence[int], right: Sequence[int]) -> list[str]:
        """The levels of pairs of rows."""
        sides = (np.array(side, dtype=np.uint32) for side in (left, right))
        return [self.words[number] for number in self.facet.comparisons[0].compare(columns, *sides)]
