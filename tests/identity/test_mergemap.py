"""The tables that are made of judged pairs and clusters: merge map, links, review."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.clusters.clustering import Clusters
from oneid.identity.assignment import assign
from oneid.identity.mergemap import tables
from oneid.identity.state import Run
from oneid.pairs.judged import judged
from oneid.vocabulary.contracts import LINKS, MERGE_MAP
from oneid.vocabulary.oneids import PUBLIC_KEY
from pairs.test_judged import FEATURES, TABLE, made


def shown(found, labels) -> dict[str, pl.DataFrame]:
    clusters = Clusters(np.array(labels, dtype=np.uint32))
    members = FEATURES.with_columns(cluster=pl.Series(clusters.labels)).with_row_index("rec")
    run = Run("run-1", 1, pl.Series(["2026-01-01"]).str.to_datetime(time_zone="UTC")[0])
    return tables(found, clusters, FEATURES, assign(members, None, PUBLIC_KEY, run), "rules@1")


def test_no_pairs() -> None:
    """Everybody is single."""
    none = np.zeros(0, np.uint32)
    found = judged(TABLE.clear(), np.zeros(0, np.intp), none, none)
    made_ = shown(found, range(5))
    assert made_["merge_map"]["status"].to_list() == ["single"] * 5
    assert made_["links"].height == made_["review"].height == 0


def test_merge_map_tells_the_strongest_link() -> None:
    """Linked by the highest score, then by the smaller record; held while a question is open; single else."""
    found = made((0, 1, 1), (0, 2, 0), (1, 2, 1), (3, 4, 2))
    table = shown(found, [0, 0, 0, 3, 4])["merge_map"]
    assert table.schema == pl.Schema(MERGE_MAP)
    assert table["status"].to_list() == ["linked", "linked", "linked", "held", "held"]
    assert table["rule"].to_list() == ["mail", "score", "mail", None, None]
    assert table["score"].to_list() == [900, 500, 900, None, None]
    assert list(zip(table["via_source"], table["via_source_id"], strict=True)) == [
        ("b", "1"),
        ("a", "1"),
        ("a", "1"),
        (None, None),
        (None, None),
    ]
    assert table["oneid"].n_unique() == 3


def test_links_and_review() -> None:
    """Refused links are told in links and asked in review; questions between records that came together are not."""
    found = made((0, 1, 0), (1, 2, 1), (0, 2, 3), (2, 3, 2), (0, 4, 2))
    made_ = shown(found, [0, 0, 2, 3, 4])
    assert made_["links"].drop("applied").schema == pl.Schema(LINKS)
    assert made_["links"]["applied"].to_list() == [True, False]
    assert made_["review"].select("source_id_l", "score", "verdict", "reason").rows() == [
        ("2", 500, "review", "refused"),
        ("1", 100, "review", "review"),
        ("1", 100, "review", "review"),
    ]
    assert made_["merge_map"]["status"].to_list() == ["linked", "linked", "held", "held", "held"]
    together = shown(made((0, 1, 0), (1, 2, 0), (0, 2, 2)), [0, 0, 0, 3, 4])
    assert together["review"].height == 0
