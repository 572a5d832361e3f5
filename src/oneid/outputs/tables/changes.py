"""What changed since the run before, table by table, under ``changes/``: what a warehouse needs for its MERGE.

Each row that is new or changed is there whole, with ``op`` insert or update before it; of one that is gone (delete)
only its key is told, so that nothing of it is kept. ``run.json`` says in ``changes`` which run that was (``since``),
and how many rows of each ``op`` there are. Where ``since`` is null everything is an insert, into emptied tables: it is
a first run, the run before is not at hand, a table has other columns now, or somebody was erased, whom a list of what
is gone would name.

Tables that tell of one run alone (events, rejected) are no change of what was before; they are themselves what is new.

Rows are compared by 64-bit hashes of all their cells, as values are everywhere in a run; only those that differ are
then looked up by their key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.engines.mapped import Laid
from oneid.outputs.tables.tablefiles import CHANGES
from oneid.vocabulary.errors import InputError

__all__ = ["KEYS", "NEW", "Changes", "Taken", "changed", "rows_before", "since", "told"]

_RECORD: Final = ("source", "source_id")
_PAIR: Final = ("source_l", "source_id_l", "source_r", "source_id_r")
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "merge_map": _RECORD, "golden": ("oneid",), "golden_values": ("oneid", "field", "value"), "members": _RECORD,
    "links": _PAIR, "review": _PAIR, "households": ("oneid",), "aliases": ("oneid",), "patterns": ("pattern",),
}  # fmt: skip
"""The tables of which changes are told, and what no two of their rows have in common; never null."""

NEW: Final = -1

Taken: TypeAlias = Mapping[str, npt.NDArray[np.int64]]
"""By table the row of the run before that each row was taken from as it was, :data:`NEW` for those made now."""


@dataclass(frozen=True)
class Changes:
    """The ``tables`` under ``changes/``, by the names of their files; what run.json says of them (``about``); and
    ``before``: by table the row of the run before that each row equals (:data:`NEW`: none does). It is empty where
    everything is new.
    """

    tables: Mapping[str, pl.DataFrame]
    about: Mapping[str, Any]
    before: Mapping[str, npt.NDArray[np.int64]]


def since(
    before: Mapping[str, pl.DataFrame] | None,
    run_id: str | None,
    tables: Mapping[str, pl.DataFrame],
    taken: Taken | None = None,
) -> Changes:
    """What of ``tables`` is other than in those of the run ``before``, of that ``run_id`` (None: there is none).
    ``taken``: what of some tables is known to be as it was; all else is compared.
    """
    held = None if before is None or run_id is None else _held(before, tables)
    names = [name for name in KEYS if name in tables]
    if held is None:
        inserts = {CHANGES + name: partial(_inserts, tables, name) for name in names}
        rows = {name: {"insert": tables[name].height, "update": 0, "delete": 0} for name in names}
        return Changes(Laid(inserts), {"since": None, "rows": rows}, {})
    made, same = dict[str, pl.DataFrame](), dict[str, npt.NDArray[np.int64]]()
    for name in names:
        same[name] = rows_before(held[name], tables[name], (taken or {}).get(name))
        made[CHANGES + name] = changed(held[name], tables[name], KEYS[name], same[name])
    return Changes(made, {"since": run_id, "rows": _counted(made)}, same)


def _inserts(tables: Mapping[str, pl.DataFrame], name: str) -> pl.DataFrame:
    return tables[name].select(pl.lit("insert").alias("op"), pl.all())


def told(
    standing: Mapping[str, pl.DataFrame] | None,
    of_standing: Mapping[str, Any],
    run: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
) -> tuple[Mapping[str, Any], Mapping[str, pl.DataFrame]]:
    """What a run without a registry says of its changes since the run that is ``standing`` in its folder, and its
    tables with those under ``changes/``. The same run once more says what it said.
    """
    before = of_standing.get("run_id")
    made = since(standing, before, tables)
    nothing = made.about["since"] is not None and not any(table.height for table in made.tables.values())
    if standing is not None and nothing and before == run["run_id"] and "changes" in of_standing:
        again = {name: standing[name] for name in standing if name.startswith(CHANGES)}
        return of_standing["changes"], Laid(tables, again)
    return made.about, Laid(tables, made.tables)


def _held(before: Mapping[str, pl.DataFrame], tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame] | None:
    """The tables of the run before; None where one is not at hand, is damaged, or has other columns now."""
    found: dict[str, pl.DataFrame] = {}
    for name in (name for name in KEYS if name in tables):
        try:
            found[name] = before[name]
        except (InputError, KeyError):
            return None
        if found[name].schema != tables[name].schema:
            return None
    return found


def rows_before(
    before: pl.DataFrame, after: pl.DataFrame, taken: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """By row of ``after`` the row of ``before`` that is the same in every cell; :data:`NEW` where there is none. Both
    have the same columns, and no row twice. ``taken``: the same for rows of which it is known, :data:`NEW` for others.

    >>> rows_before(pl.DataFrame({"a": [1, 2, 3]}), pl.DataFrame({"a": [3, 4, 1]})).tolist()
    [2, -1, 0]
    """
    if taken is not None:
        left = np.ones(before.height, dtype=np.bool_)
        left[taken[taken != NEW]] = False
        old_rows, new_rows = np.flatnonzero(left), np.flatnonzero(taken == NEW)
        some = rows_before(before[old_rows], after[new_rows])
        every = taken.copy()
        every[new_rows[some != NEW]] = old_rows[some[some != NEW]]
        return every
    old, new = before.hash_rows(), after.hash_rows()
    here = np.flatnonzero(old.is_in(new.implode()).to_numpy())
    there = np.flatnonzero(new.is_in(old.implode()).to_numpy())
    found = np.full(after.height, NEW, dtype=np.int64)
    one, other = old.to_numpy()[here], new.to_numpy()[there]
    if one.size == other.size and not np.array_equal(one, other):  # in another order
        here, there = here[np.argsort(one, kind="stable")], there[np.argsort(other, kind="stable")]
        one, other = old.to_numpy()[here], new.to_numpy()[there]
    if np.array_equal(one, other):  # else two rows have one hash: all count as changed
        found[there] = here
    return found


def changed(
    before: pl.DataFrame, after: pl.DataFrame, key: tuple[str, ...], same: npt.NDArray[np.int64]
) -> pl.DataFrame:
    """The rows of ``after`` that are new or changed, with ``op``, and the keys of those that are gone.

    >>> then, now = pl.DataFrame({"k": [1, 2, 3], "v": [1, 2, 3]}), pl.DataFrame({"k": [2, 3, 4], "v": [2, 0, 4]})
    >>> changed(then, now, ("k",), rows_before(then, now)).rows()
    [('update', 3, 0), ('insert', 4, 4), ('delete', 1, None)]
    """
    stays = np.zeros(before.height, dtype=np.bool_)
    stays[same[same != NEW]] = True
    gone, fresh = before[np.flatnonzero(~stays)].select(key), after[np.flatnonzero(same == NEW)]
    known = fresh.join(
        gone.with_columns(op=pl.lit("update")), on=key, how="left", maintain_order="left", nulls_equal=True
    )
    left = gone.join(fresh, on=key, how="anti", nulls_equal=True, maintain_order="left")
    parts = [known.with_columns(pl.col("op").fill_null("insert")), left.with_columns(op=pl.lit("delete"))]
    return pl.concat(parts, how="diagonal").select("op", *after.columns)


def _counted(made: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, int]]:
    """By table how many rows there are of each ``op``."""
    return {
        name.removeprefix(CHANGES): {op: int((table["op"] == op).sum()) for op in ("insert", "update", "delete")}
        for name, table in made.items()
    }
