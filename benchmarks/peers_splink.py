"""The Splink side of ``benchmarks/peers.py``; runs in an environment that has Splink and DuckDB and needs no oneid.

Usage: ``python benchmarks/peers_splink.py FOLDER apart|together``. Reads ``FOLDER/records.parquet`` (one
row per record: normalized columns and one blocking key ``key_NN`` per rule), and writes ``clusters.parquet`` (record,
weight, cluster: the clusters at each threshold, in bits) and ``splink.json`` (seconds of each step, at each threshold
for clustering).

The settings are those of somebody who knows Splink and this data: one comparison per kind of evidence with levels by
edit distance, weaker levels below, null levels where a side says nothing, term frequencies for names, mail and phones;
u from random pairs; m by EM in four sessions that block on a given name or a birth beside other evidence, so that they
learn from persons, not from families. ``together`` joins family name, address and land line in one comparison, which
only somebody does who has seen families merged.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import duckdb
import splink.comparison_level_library as cll  # type: ignore[import-not-found]
import splink.comparison_library as cl  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

WEIGHTS = (-8, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20)
"""The thresholds, in bits, at which clusters are made; the best is chosen with the truth."""

SEED = 7

Level: TypeAlias = "cll.CustomLevel | cll.ExactMatchLevel"


def null(*columns: str) -> cll.CustomLevel:
    """Where a side says nothing in any of the columns."""
    sides = (" AND ".join(f"{column}_{side} IS NULL" for column in columns) for side in "lr")
    return cll.CustomLevel(" OR ".join(f"({side})" for side in sides), "missing").configure(is_null_level=True)


def equal(column: str) -> cll.ExactMatchLevel:
    """Equal, the rarer the better."""
    return cll.ExactMatchLevel(column).configure(tf_adjustment_column=column)


def within(column: str, edits: int) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {edits}"


def same(*columns: str) -> str:
    return " AND ".join(f"{column}_l = {column}_r" for column in columns)


def comparison(name: str, *levels: str | Level) -> cl.CustomComparison:
    made = [cll.CustomLevel(level, level) if isinstance(level, str) else level for level in levels]
    return cl.CustomComparison([*made, cll.ElseLevel()], output_column_name=name)


PARTIAL = "(birth_l IS NULL OR birth_r IS NULL) AND year_l = year_r AND coalesce(month_l = month_r, TRUE)"

PERSON = (
    ("given", null("given", "given_key"), equal("given"), equal("given_key"), within("given_key", 1)),
    ("birth", null("year"), equal("birth"), within("birth", 1), PARTIAL, same("year")),
    ("mobile", null("mobile"), equal("mobile"), within("mobile", 1)),
    ("email", null("email"), equal("email"), within("email", 1), same("mailbox")),
    ("nickname", null("nickname"), equal("nickname")),
    ("sex", null("sex"), same("sex")),
)
"""What is a person's own, each comparison's levels from strong to weak."""

APART = (
    ("family", null("family", "family_key"), equal("family"), equal("family_key"), within("family_key", 1)),
    ("land", null("land"), equal("land")),
    (
        "address", null("town", "postcode"), same("town", "block", "room"), same("town", "block"), same("postcode"),
        same("town"),
    ),
)  # fmt: skip
"""What a household shares, as three comparisons that are taken for independent."""

FAMILY = f"({same('family')} OR {same('family_key')})"
TOGETHER = (
    (
        "house", null("town", "land", "postcode"), f"{FAMILY} AND {same('town', 'block')}",
        f"{FAMILY} AND ({same('land')} OR {same('postcode')})", same("town", "block"),
        f"{same('land')} OR {same('postcode')}", FAMILY,
    ),
)  # fmt: skip
"""The same as one comparison, so that a family is not three proofs."""

SETTINGS = {"apart": PERSON + APART, "together": PERSON + TOGETHER}


def trained(connection: duckdb.DuckDBPyConnection, keys: Mapping[str, bool], evidence: str) -> Linker:
    """A linker of the table ``records`` whose parameters are estimated. ``keys`` says of each blocking key whether it
    is a list; ``evidence`` is one of :data:`SETTINGS`.
    """
    rules = [block_on(key, arrays_to_explode=[key] if listed else None) for key, listed in keys.items()]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        comparisons=[comparison(*parts) for parts in SETTINGS[evidence]],
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI(connection).register("records"), settings, log_level=logging.ERROR)
    sure = [block_on("email", "reading"), block_on("mobile", "reading"), block_on("kanji", "birth")]
    training = linker.training
    training.estimate_probability_two_random_records_match(sure, recall=0.6)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
    own = ("kanji", "birth"), ("email", "given_key"), ("mobile", "given_key"), ("postcode", "given_key", "year")
    for rule in (block_on(*columns) for columns in own):
        training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    return linker


def main(folder: Path, evidence: str) -> None:
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("CREATE TABLE records AS SELECT * FROM read_parquet(?)", [str(folder / "records.parquet")])
    described = connection.execute("DESCRIBE records").fetchall()
    keys = {name: kind.endswith("[]") for name, kind, *_ in described if name.startswith("key_")}
    begun = perf_counter()
    linker = trained(connection, keys, evidence)
    train = perf_counter() - begun
    begun = perf_counter()
    found = linker.inference.predict(threshold_match_weight=min(WEIGHTS))
    predict = perf_counter() - begun
    seconds, parts = {}, []
    for weight in WEIGHTS:
        begun = perf_counter()
        made = linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold_match_weight=weight)
        seconds[weight] = perf_counter() - begun
        parts.append(f"SELECT record, {weight} AS weight, cluster_id AS cluster FROM {made.physical_name}")
    pairs = connection.execute(f"SELECT count(*) FROM {found.physical_name}").fetchall()[0][0]
    target = str(folder / "clusters.parquet")
    connection.execute(f"COPY ({' UNION ALL '.join(parts)}) TO '{target}' (FORMAT parquet)")
    figures = {"train": train, "predict": predict, "cluster": seconds, "pairs": pairs}
    (folder / "splink.json").write_text(json.dumps(figures), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
