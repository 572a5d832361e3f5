"""Members that get new numbers: the state follows them, and no OneID changes.

========  =============================================================  ===================
event     says                                                           reason
========  =============================================================  ===================
rekeyed   a member of ``oneid`` has a new number, ``source_id``          renumbered
========  =============================================================  ===================

E610  an old number is unknown
E611  a new number is known already, and is not renumbered away
E612  a number is there twice
E613  a source or number is blank
"""

from __future__ import annotations

from typing import Final

import polars as pl

from oneid.identity.state import Run, State, stamped
from oneid.vocabulary.contracts import conform
from oneid.vocabulary.errors import RegistryError, raise_all

__all__ = ["RENUMBERED", "rekey", "rekeyed", "renumbered"]

RENUMBERED: Final = {"source": pl.String, "old_id": pl.String, "new_id": pl.String}
"""Old and new numbers of members, each once."""

_RECORD: Final = ["source", "source_id"]
_FOUNDER: Final = ["founder_source", "founder_source_id"]


def rekey(state: State, old_new: pl.DataFrame) -> State:
    """``state`` with members and founders under their new numbers (:data:`RENUMBERED`); no OneID changes.

    All rows count at once, so chains and swaps are fine. Refused with all mistakes at once: E610 (neither a member nor
    a founder), E611, E612, E613.
    """
    conform(old_new, RENUMBERED, "rekey")
    known = pl.concat(
        [state.assignments.select(_RECORD), state.oneids.select(pl.col(_FOUNDER).name.map(_unfounded)).drop_nulls()]
    ).unique()
    _refuse(old_new, known)
    to_new = old_new.rename({"old_id": "source_id"})
    assignments = state.assignments.join(to_new, on=_RECORD, how="left").with_columns(
        source_id=pl.coalesce("new_id", "source_id")
    )
    founders = state.oneids.join(to_new, left_on=_FOUNDER, right_on=_RECORD, how="left").with_columns(
        founder_source_id=pl.coalesce("new_id", "founder_source_id")
    )
    return State(founders.drop("new_id").sort("oneid"), assignments.drop("new_id").sort(_RECORD))


def _unfounded(name: str) -> str:
    return name.removeprefix("founder_")


def _refuse(old_new: pl.DataFrame, known: pl.DataFrame) -> None:
    rows = old_new.with_row_index("row", offset=1)
    blank = rows.filter(pl.any_horizontal(pl.col(list(RENUMBERED)).fill_null("").str.strip_chars() == ""))
    filled = rows.join(blank, on="row", how="anti", maintain_order="left")
    twice = pl.struct("source", "old_id").is_duplicated() | pl.struct("source", "new_id").is_duplicated()
    old, new = (["source", name] for name in ("old_id", "new_id"))
    strange = filled.join(known, left_on=old, right_on=_RECORD, how="anti", maintain_order="left")
    taken = filled.join(known, left_on=new, right_on=_RECORD, how="semi", maintain_order="left")
    taken = taken.join(filled, left_on=new, right_on=old, how="anti", maintain_order="left")
    found = (
        ("E613", "a source or number is blank", "give source, old and new number in each row", blank),
        ("E612", "a number is there twice", "one row per member", filled.filter(twice)),
        ("E610", "the old number is unknown", "the number as the run before knew it, of a known source", strange),
        ("E611", "the new number is known already", "renumber its holder in the same file, or erase it", taken),
    )
    raise_all(
        RegistryError(code, f"{message}: {_rows(wrong['row'])}", hint=hint)
        for code, message, hint, wrong in found
        if wrong.height
    )


def _rows(numbers: pl.Series, most: int = 20) -> str:
    """The first of some row numbers, as text; data rows count from 1."""
    told = ", ".join(map(str, numbers.head(most)))
    more = f" and {len(numbers) - most:,} more" if len(numbers) > most else ""
    return f"row{'s' if len(numbers) > 1 else ''} {told}{more}"


def rekeyed(state: State, old_new: pl.DataFrame, run: Run) -> pl.DataFrame:
    """The events of a renumbering; ``state`` is what :func:`rekey` made. One for each member whose number changed."""
    changed = old_new.filter(pl.col("old_id") != pl.col("new_id")).select("source", source_id="new_id")
    theirs = state.assignments.join(changed, on=_RECORD, how="semi").sort(_RECORD)
    return stamped(theirs.select("oneid", "source", "source_id", reason=pl.lit("renumbered")), "rekeyed", run)


def renumbered(gone: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """Proposals (:data:`RENUMBERED`) where one gone and one new record of a source, and no others, are alike.

    Both: source, source_id, fingerprint (UInt64 of all values but the id; null: nothing to go by).

    >>> gone = pl.DataFrame({"source": ["ec"], "source_id": ["7"], "fingerprint": [99]})
    >>> renumbered(gone, gone.with_columns(source_id=pl.lit("E0007"))).rows()
    [('ec', '7', 'E0007')]
    """
    alike = ["source", "fingerprint"]
    alone = pl.struct(alike).is_unique() & pl.col("fingerprint").is_not_null()
    pairs = gone.filter(alone).join(fresh.filter(alone), on=alike, suffix="_new")
    return pairs.select("source", old_id="source_id", new_id="source_id_new").sort("source", "old_id")
