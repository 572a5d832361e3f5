"""The column contract of each table between stages, shared by the stages and their tests.

A contract is an ordered mapping of column to Polars type. :func:`conform` checks a frame against one; stages call it on
what they return, so that a drift is found where it begins.

Record numbers: after reading, records are ordered by (source, source_id) in bytes and numbered ``rec`` = 0, 1, ...;
nothing later depends on the order of the input. Raw columns of a source carry the prefix ``@`` so that no column of a
member system can collide with ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from oneid.vocabulary.errors import InternalError
from oneid.vocabulary.language import said

__all__ = ["GOLDEN_VALUES", "HOUSEHOLDS", "LINKS", "MEMBERS", "MERGE_MAP", "RAW", "REJECTED", "conform", "raw"]

Contract = Mapping[str, "pl.DataType | type[pl.DataType]"]

RAW: Contract = {"source_id": pl.String, "row": pl.UInt32}
"""What reading a source gives, before its raw columns (all String, ``@`` + the column's name). ``row`` counts data rows
from 1 as they stand in the file, for errors and rejects. Sorted by source_id in bytes, ids unique and not null."""

REJECTED: Contract = {"source": pl.String, "row": pl.UInt32, "source_id": pl.String, "reason": pl.String}

MERGE_MAP: Contract = {
    "source": pl.String, "source_id": pl.String, "oneid": pl.String, "status": pl.String, "rule": pl.String,
    "score": pl.Int32, "via_source": pl.String, "via_source_id": pl.String, "run_id": pl.String,
}  # fmt: skip

LINKS: Contract = {
    "source_l": pl.String, "source_id_l": pl.String, "source_r": pl.String, "source_id_r": pl.String,
    "pattern": pl.UInt64, "score": pl.Int32, "rule": pl.String, "verdict": pl.String, "rules_version": pl.String,
}  # fmt: skip

GOLDEN_VALUES: Contract = {
    "oneid": pl.String, "field": pl.String, "value": pl.String, "source": pl.String, "source_id": pl.String,
    "since": pl.Date, "updated": pl.Date,
}  # fmt: skip

HOUSEHOLDS: Contract = {"household_id": pl.String, "oneid": pl.String, "evidence": pl.String}
"""Sorted by household_id and oneid; ``evidence`` lists kinds of :data:`oneid.households.households.EVIDENCE`, joined by
``; ``.
"""

MEMBERS: Contract = {"source": pl.String, "source_id": pl.String, "oneid": pl.String}
"""Followed by withdrawn (Boolean) where a source says who has, and by the carried columns, named ``source.column``."""


def raw(column: str) -> str:
    """The name under which a source's own column travels until it is normalized."""
    return "@" + column


def conform(frame: pl.DataFrame, contract: Contract, stage: str, *, more: bool = False) -> pl.DataFrame:
    """``frame`` itself, if it begins with the contract's columns and types (and has no others, unless ``more``)."""
    have = list(frame.schema.items())
    want = [(name, dtype() if isinstance(dtype, type) else dtype) for name, dtype in contract.items()]
    if have[: len(want)] != want or (len(have) > len(want) and not more):
        message = said("{stage} broke its table contract: wanted {want}, got {have}", stage=stage, want=want, have=have)
        raise InternalError("E901", message)
    return frame
