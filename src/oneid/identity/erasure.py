"""Erasing members: the state without them, and the tombstones by which they are known if they are sent again.

========  =============================================================  ===================
event     says                                                           reason
========  =============================================================  ===================
left      a record of ``oneid`` was erased; ``source_id`` is null        erased
retired   nothing is left of ``oneid``                                   erased; followed
========  =============================================================  ===================
"""

from __future__ import annotations

from base64 import b32encode
from typing import Final

import polars as pl

from oneid.identity.state import ONEIDS, Run, State, stamped
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.oneids import keyed_digests

__all__ = ["erase", "erased", "erased_among", "token", "tombstones"]

_RECORD: Final = ["source", "source_id"]
_FOUNDER: Final = ["founder_source", "founder_source_id"]


def token(sources: pl.Series, source_ids: pl.Series, key: bytes) -> pl.Series:
    """Tombstones by which erased records are known again: two String Series of n -> one of n, named ``token``.

    32 symbols of base 32 (RFC 4648) for the 160 bits of BLAKE2b (RFC 7693), keyed, personalised ``oneid tombstone``, of
    ``length of source in bytes:source:source_id`` in UTF-8. As with OneIDs, without a secret key whoever tries all
    member numbers finds the erased ones. Raises E415 where the key is empty.

    >>> token(pl.Series(["ec"]), pl.Series(["E1"]), b"secret").to_list()
    ['DD6MRHFVDR7BE2ISYAWBSJKE25TPMMJJ']
    """
    if not key:
        raise UsageError(
            "E415", "the key for tombstones is empty", hint="give a secret, or leave the key out altogether"
        )
    length = pl.lit(sources).str.len_bytes().cast(pl.String)
    message = pl.select(pl.concat_str(length, pl.lit(":"), pl.lit(sources), pl.lit(":"), source_ids)).to_series()
    digests = keyed_digests(message, key, 20, b"oneid tombstone")
    return pl.Series("token", [b32encode(digest).decode("ascii") for digest in digests], dtype=pl.String)


def tombstones(gone: pl.DataFrame, former: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """The tombstones of records (source, source_id) and of numbers that they had ``former``, which no other member has
    now: source, source_id, token; the source_id of former ones is null.
    """
    every = pl.concat([gone.select(_RECORD), former.select(_RECORD).sort(_RECORD)])
    tokens = token(every["source"], every["source_id"], key)
    kept = pl.int_range(every.height, eager=True) < gone.height
    return every.with_columns(tokens, source_id=pl.when(kept).then("source_id"))


def erased_among(records: pl.DataFrame, tombstones: pl.Series, key: bytes) -> pl.DataFrame:
    """Those of ``records`` (source, source_id, ...) that were erased; all their columns, in their order."""
    if tombstones.is_empty() or records.is_empty():
        return records.clear()
    return records.filter(token(records["source"], records["source_id"], key).is_in(tombstones.implode()))


def erase(state: State, records: pl.DataFrame, run: Run) -> State:
    """``state`` without ``records`` (source, source_id): not members, not founders of anything.

    A living OneID without records is retired at ``run.at``, with those that lead to it; nothing else changes, so a
    OneID that lost its founder has none until the next run. Records that the state does not know change nothing.
    """
    left = state.assignments.join(records, on=_RECORD, how="anti").sort(_RECORD)
    held = pl.col("current_oneid").is_in(left["oneid"].unique().implode())
    ends = pl.col("current_oneid").is_not_null() & ~held
    lost = records.select(pl.col(_RECORD).name.prefix("founder_"), lost=pl.lit(value=True)).unique()
    oneids = state.oneids.join(lost, on=_FOUNDER, how="left").with_columns(
        *(pl.when(pl.col("lost").is_null()).then(pl.col(name)).alias(name) for name in _FOUNDER),
        *(pl.when(~ends | ends.is_null()).then(pl.col(name)).alias(name) for name in ("current_oneid", "under_oneid")),
        since=pl.when(ends).then(pl.lit(run.at, dtype=ONEIDS["since"])).otherwise("since"),
    )
    return State(oneids.select(list(ONEIDS)).sort("oneid"), left)


def erased(before: State, after: State, run: Run) -> pl.DataFrame:
    """The events of an erasure, from the states before and after :func:`erase`; none names a member's number."""
    gone = before.assignments.join(after.assignments, on=_RECORD, how="anti").sort("oneid", "source")
    left = gone.select("oneid", "source", reason=pl.lit("erased"))
    led = before.oneids.filter(pl.col("current_oneid").is_not_null()).select("oneid", led="current_oneid")
    ended = led.join(after.oneids.filter(pl.col("current_oneid").is_null()), on="oneid", how="semi").sort("oneid")
    own = pl.col("oneid") == pl.col("led")
    retired = ended.select("oneid", reason=pl.when(own).then(pl.lit("erased")).otherwise(pl.lit("followed")))
    return pl.concat([stamped(left, "left", run), stamped(retired, "retired", run)])
