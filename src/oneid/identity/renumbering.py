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
E240  a file is no CSV file with the columns old_id and new_id
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from oneid.identity.state import Run, State, stamped
from oneid.outputs.tables.tablefiles import undefused
from oneid.sources.handwritten import read_lines
from oneid.vocabulary.contracts import conform
from oneid.vocabulary.errors import RegistryError, raise_all
from oneid.vocabulary.language import said, verbatim

__all__ = ["RENUMBERED", "read_renumbering", "rekey", "rekeyed", "renumbered", "source_renamed", "trail"]

RENUMBERED: Final = {"source": pl.String, "old_id": pl.String, "new_id": pl.String}
"""Old and new numbers of members, each once."""

_RECORD: Final = ["source", "source_id"]
_NEW: Final = ["source", "new_id"]
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
        RegistryError(code, said("{message}: {rows}", message=verbatim(message), rows=_rows(wrong["row"])), hint=hint)
        for code, message, hint, wrong in found
        if wrong.height
    )


def _rows(numbers: pl.Series, most: int = 20) -> str:
    """The first of some row numbers, as text; data rows count from 1."""
    told = ", ".join(map(str, numbers.head(most)))
    if len(numbers) == 1:
        return said("row {row}", row=told)
    more = said(" and {n:,} more", n=len(numbers) - most) if len(numbers) > most else ""
    return said("rows {rows}{more}", rows=told, more=more)


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


def source_renamed(state: State, old: str, new: str) -> State:
    """``state`` with the members and founders of a source under its new name; no OneID changes."""
    oneids = state.oneids.with_columns(pl.col("founder_source").replace({old: new}))
    return State(oneids, state.assignments.with_columns(pl.col("source").replace({old: new})).sort(_RECORD))


def read_renumbering(path: Path) -> pl.DataFrame:
    """A CSV file with the columns old_id and new_id, as String. E240 where it is none."""
    lines = read_lines(path, ("old_id", "new_id"), (), ("E240", "E240"))
    return lines.select(undefused("old_id").alias("old_id"), undefused("new_id").alias("new_id"))


def trail(rekeys: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The renumberings (source, old_id, new_id, run) by which ``records`` (source, source_id) came to the numbers that
    they have now, followed back from the latest: a number that another member has had since is followed no further.

    >>> moves = {"source": "a", "old_id": ["1", "2"], "new_id": ["2", "3"], "run": [4, 6]}
    >>> now = pl.DataFrame({"source": ["a"], "source_id": ["3"]})
    >>> trail(pl.DataFrame(moves), now).rows()
    [('a', '2', '3', 6), ('a', '1', '2', 4)]
    """
    now, found = records.select(_RECORD), [rekeys.clear()]
    for part in rekeys.sort("run", descending=True, maintain_order=True).partition_by("run", maintain_order=True):
        met = part.join(now, left_on=_NEW, right_on=_RECORD, how="semi", maintain_order="left")
        stays = now.join(met, left_on=_RECORD, right_on=_NEW, how="anti")
        now = pl.concat([stays, met.select("source", source_id="old_id")])
        found.append(met)
    return pl.concat(found)
