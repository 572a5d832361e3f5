"""What OneIDs promise from one day to the next, as counts of what breaks it: 0 is as it should be.

Frames: merge maps, aliases, events and the other tables are a run's; a truth is source, source_id, person_id.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = [
    "RECORD",
    "Tables",
    "alias_faults",
    "apart",
    "changes",
    "lost_members",
    "lost_rows",
    "moved",
    "torn",
    "untold",
]

RECORD = ["source", "source_id"]
Tables = Mapping[str, pl.DataFrame]


def lost_rows(feeds: Tables, delta: frozenset[str], before: pl.DataFrame | None, tables: Tables) -> int:
    """How far rows in and known members kept differ from merge map and rejected, over all sources.

    ``feeds``: the rows of each source's feed, its ids in the first column; ``before``: the merge map of the day before.
    """
    wrong = 0
    for name, rows in feeds.items():
        kept = 0
        if before is not None and name in delta:
            known = before.filter(pl.col("source") == name)
            kept = known.filter(~pl.col("source_id").is_in(rows.to_series(0).drop_nulls().implode())).height
        out = sum(tables[table].filter(pl.col("source") == name).height for table in ("merge_map", "rejected"))
        wrong += abs(rows.height + kept - out)
    return wrong


def lost_members(truth: pl.DataFrame, merge_map: pl.DataFrame) -> int:
    """Members of the truth that are not in the merge map, records there that are no members, and doubled ones."""
    there = merge_map.select(RECORD)
    doubled = there.height - there.n_unique()
    missing = truth.join(there, on=RECORD, how="anti").height
    return doubled + missing + there.join(truth, on=RECORD, how="anti").height


def alias_faults(ever: pl.Series, tables: Tables) -> int:
    """OneIDs ever given that are not in the aliases once, or lead to one that is not living; living ones that do not
    lead to themselves.
    """
    aliases, living = tables["aliases"], tables["merge_map"]["oneid"].unique()
    doubled = aliases.height - aliases["oneid"].n_unique()
    unknown = _not_in(ever, aliases["oneid"]) + _not_in(living, aliases["oneid"])
    lead = aliases.filter(pl.col("current_oneid").is_not_null())
    dead_ends = _not_in(lead["current_oneid"], living)
    itself = lead.filter(pl.col("oneid").is_in(living.implode()) & (pl.col("oneid") != pl.col("current_oneid"))).height
    gone = aliases.filter(pl.col("current_oneid").is_null() & pl.col("oneid").is_in(living.implode())).height
    return doubled + unknown + dead_ends + itself + gone


def torn(tables: Tables) -> int:
    """OneIDs whose records the applied links do not join to one whole, links applied between two OneIDs, and OneIDs
    that do not have exactly one golden record.
    """
    rows = tables["merge_map"].select(*RECORD, "oneid").with_row_index("row")
    ends = tables["links"].filter("applied")
    for side in "lr":
        theirs = rows.rename({"row": side, "oneid": f"oneid_{side}"})
        ends = ends.join(theirs, left_on=[f"source_{side}", f"source_id_{side}"], right_on=RECORD)
    between = ends.filter(pl.col("oneid_l") != pl.col("oneid_r")).height
    left, right = ends["l"].to_numpy(), ends["r"].to_numpy()
    graph = coo_array((np.ones(left.size, dtype=np.int8), (left, right)), shape=(rows.height, rows.height))
    parts = connected_components(graph, directed=False)[1]
    apart = rows.with_columns(part=pl.Series(parts)).group_by("oneid").agg(pl.col("part").n_unique())
    golden, living = tables["golden"]["oneid"], rows["oneid"].unique()
    several = len(golden) - golden.n_unique()
    none = _not_in(living, golden) + _not_in(golden.unique(), living)
    return between + apart.filter(pl.col("part") > 1).height + several + none


def changes(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Records of two merge maps whose OneID is not the same: source, source_id, was (null: new), now (null: gone)."""
    was, now = (frame.select(*RECORD, pl.col("oneid").alias(name)) for frame, name in ((before, "was"), (after, "now")))
    return was.join(now, on=RECORD, how="full", coalesce=True).filter(pl.col("was").ne_missing(pl.col("now")))


def untold(changed: pl.DataFrame, events: pl.DataFrame) -> int:
    """How many of these :func:`changes` no event of the day tells."""

    def told(event: str, on: Mapping[str, str]) -> pl.Expr:
        rows = events.filter(pl.col("event") == event).select(**on).unique()
        keys = list(on)
        found = changed.join(rows.with_columns(told=True), on=keys, how="left", maintain_order="left", nulls_equal=True)
        return pl.lit(found["told"].is_not_null())

    record = {name: name for name in RECORD}
    moved = told("moved", {**record, "was": "oneid", "now": "other_oneid"})
    merged = told("merged", {"was": "oneid", "now": "other_oneid"})
    came = told("created", {"now": "oneid"}) | told("joined", {**record, "now": "oneid"})
    left = told("left", {**record, "was": "oneid"})
    known = pl.when(pl.col("was").is_null()).then(came).when(pl.col("now").is_null()).then(left)
    return changed.filter(~known.otherwise(moved | merged)).height


def moved(changed: pl.DataFrame, truth: pl.DataFrame, touched: pl.DataFrame) -> tuple[int, int]:
    """People none of whose records are ``touched``, and those of them of whom a known record changed its OneID.

    ``truth``: source, source_id, person_id of the day and the day before; ``touched``: source, source_id.
    """
    busy = truth.join(touched, on=RECORD, how="semi")["person_id"].unique()
    calm = truth.filter(~pl.col("person_id").is_in(busy.implode()))
    known = changed.drop_nulls(["was", "now"])
    return calm["person_id"].n_unique(), calm.join(known, on=RECORD, how="semi")["person_id"].n_unique()


def apart(one: pl.DataFrame, other: pl.DataFrame) -> int:
    """Records that are together with other records in one merge map than in the other, or are in only one of them."""
    label = pl.col("row").min().over("oneid")
    ours, theirs = (frame.sort(RECORD).with_row_index("row").with_columns(label=label) for frame in (one, other))
    if not ours.select(RECORD).equals(theirs.select(RECORD)):
        both = one.join(other, on=RECORD, how="semi").height
        return one.height + other.height - 2 * both
    return ours.filter(ours["label"] != theirs["label"]).height


def _not_in(values: pl.Series, others: pl.Series) -> int:
    """How many of ``values`` are not among ``others``."""
    return len(values.filter(~values.is_in(others.implode())))
