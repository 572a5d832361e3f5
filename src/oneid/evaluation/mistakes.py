"""Where a merge map is wrong: by pair of sources, by rule, by evidence pattern, and the pairs themselves.

``records`` in this module is one row per record, in the order of its number ``rec``: ``source``, ``source_id``,
``oneid``, ``person_id`` (null where the truth does not know the record, which then counts nowhere). Two kinds of
mistake:

- *wrong*: two records under one OneID that are two persons,
- *missed*: two records of one person under two OneIDs.

Frames name records by source and id only: no personal data.
"""

from __future__ import annotations

import polars as pl

__all__ = [
    "by_pattern", "by_rule", "by_source_pair", "evidence_of", "labelled", "mistaken_pairs", "same_pairs",
    "threshold_curve",
]  # fmt: skip

MOST_LISTED = 500
"""Pairs inside a OneID or person of more records than this are counted, not listed."""


def same_pairs(records: pl.DataFrame, column: str) -> pl.DataFrame:
    """All pairs of records that have one value in ``column``: ``left`` < ``right`` (record numbers).

    Groups of more than :data:`MOST_LISTED` records are left out.
    """
    held = records.select("rec", pl.col(column).alias("group")).drop_nulls()
    held = held.filter(pl.len().over("group").is_between(2, MOST_LISTED))
    both = held.join(held, on="group", suffix="_r").filter(pl.col("rec") < pl.col("rec_r"))
    return both.select(left="rec", right="rec_r").sort("left", "right")


def by_source_pair(records: pl.DataFrame) -> pl.DataFrame:
    """Per pair of sources (``source_l`` <= ``source_r``): ``made`` pairs under one OneID and how many are ``wrong``,
    ``true`` pairs of one person and how many are ``missed``, with ``precision`` and ``recall`` (null of no pairs).

    Pairs are counted from the sizes of groups, never enumerated.
    """
    known = records.filter(pl.col("person_id").is_not_null())
    counts = _pairs_by_source(known, ["oneid"], "made")
    for keys, name in ((["person_id"], "true"), (["oneid", "person_id"], "right")):
        found = _pairs_by_source(known, keys, name)
        counts = counts.join(found, on=["source_l", "source_r"], how="full", coalesce=True)
    filled = counts.with_columns(pl.col("made", "true", "right").fill_null(0))
    return filled.select(
        "source_l",
        "source_r",
        "made",
        wrong=pl.col("made") - pl.col("right"),
        precision=_share("right", "made"),
        true=pl.col("true"),
        missed=pl.col("true") - pl.col("right"),
        recall=_share("right", "true"),
    ).sort(pl.col("wrong") + pl.col("missed"), "source_l", "source_r", descending=[True, False, False])


def _pairs_by_source(known: pl.DataFrame, keys: list[str], name: str) -> pl.DataFrame:
    cells = known.group_by(*keys, "source").len("size").with_columns(pl.col("size").cast(pl.Int64))
    within = pl.col("size") * (pl.col("size") - 1) // 2
    own = cells.select(source_l="source", source_r="source", pairs=within)
    other = cells.join(cells, on=keys, suffix="_r").filter(pl.col("source") < pl.col("source_r"))
    cross = other.select(source_l="source", source_r="source_r", pairs=pl.col("size") * pl.col("size_r"))
    counted = pl.concat([own, cross]).group_by("source_l", "source_r").agg(pl.col("pairs").sum().alias(name))
    return counted.filter(pl.col(name) > 0)


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def labelled(records: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """``pairs`` (left, right and more) of which the truth knows both records, with ``same_person`` and
    ``same_oneid``.
    """
    known = pairs
    for side in ("left", "right"):
        about = records.select("rec", pl.col("oneid", "person_id").name.prefix(f"{side}_")).rename({"rec": side})
        known = known.join(about, on=side, maintain_order="left")
    known = known.filter(pl.col("left_person_id").is_not_null() & pl.col("right_person_id").is_not_null())
    return known.with_columns(
        same_person=pl.col("left_person_id") == pl.col("right_person_id"),
        same_oneid=pl.col("left_oneid") == pl.col("right_oneid"),
    ).select(*pairs.columns, "same_person", "same_oneid")


def by_rule(records: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Per rule, most wrong links first: ``links`` whose records are under one OneID, how many of these are ``wrong``
    and their ``precision``; ``refused`` links (the verdict on the cluster kept them apart) and how many of those were
    right: ``refused_true``. ``links`` has left, right and rule.
    """
    known = labelled(records, links)
    same, together = pl.col("same_person"), pl.col("same_oneid")
    counted = known.group_by("rule").agg(
        links=together.sum(),
        wrong=(together & ~same).sum(),
        right=(together & same).sum(),
        refused=(~together).sum(),
        refused_true=(~together & same).sum(),
    )
    made = counted.with_columns(precision=_share("right", "links"))
    columns = ("rule", "links", "wrong", "precision", "refused", "refused_true")
    return made.select(columns).sort("wrong", "links", "rule", descending=[True, True, False])


def evidence_of(patterns: pl.DataFrame) -> pl.DataFrame:
    """``pattern`` and ``evidence``: what the levels of a pattern table say, in words, missing ones left out.

    >>> evidence_of(pl.DataFrame({"pattern": [7], "name": ["differs"], "sex": ["missing"], "pairs": [1]})).rows()
    [(7, 'name differs')]
    """
    beside = ("pattern", "pairs", "score", "rule", "verdict")
    fields = [name for name in patterns.columns if name not in beside]
    words = [pl.when(pl.col(name) != "missing").then(pl.lit(f"{name} ") + pl.col(name)) for name in fields]
    return patterns.select("pattern", evidence=pl.concat_str(words, separator=", ", ignore_nulls=True))


def by_pattern(records: pl.DataFrame, pairs: pl.DataFrame, patterns: pl.DataFrame) -> pl.DataFrame:
    """The compared pairs per pattern, most mistakes first.

    ``pairs`` (left, right, pattern) are a run's ``state/pairs``, ``patterns`` its pattern table. Gives ``pattern``,
    ``evidence`` in words, ``score`` (hundredths of a bit), ``rule``, ``verdict``, ``pairs`` that the truth knows, how
    many of them are ``true``, ``wrong`` and ``missed``, and ``true_share``.
    """
    same, together = pl.col("same_person"), pl.col("same_oneid")
    counted = (
        labelled(records, pairs)
        .group_by("pattern")
        .agg(pairs=pl.len(), true=same.sum(), wrong=(together & ~same).sum(), missed=(same & ~together).sum())
    )
    told = patterns.select("pattern", "score", "rule", "verdict").join(evidence_of(patterns), on="pattern")
    made = told.join(counted, on="pattern").with_columns(true_share=_share("true", "pairs"))
    head = ("pattern", "evidence", "score", "rule", "verdict", "pairs", "true", "true_share", "wrong", "missed")
    return made.select(head).sort(pl.col("wrong") + pl.col("missed"), "pattern", descending=[True, False])


def mistaken_pairs(
    records: pl.DataFrame, run: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame] | None = None
) -> pl.DataFrame:
    """Every wrong and every missed pair, those of the most frequent pattern first.

    ``run`` is (pairs, patterns, links) of the run that made the merge map, if known; ``how`` then says what it did with
    the pair: *linked*, *chained* (brought together by others), *refused* (a link that its cluster kept apart),
    *review*, *none*, *never*, or *not compared*. Columns: ``mistake`` (wrong, missed), ``how``, source and id of both
    records, ``pattern``, ``evidence``, ``score``, ``rule``, ``alike`` (how many mistakes of that kind share the
    pattern).
    """
    known = records.filter(pl.col("person_id").is_not_null())
    wrong = labelled(known, same_pairs(known, "oneid")).filter(~pl.col("same_person"))
    missed = labelled(known, same_pairs(known, "person_id")).filter(~pl.col("same_oneid"))
    parts = [
        part.select("left", "right", mistake=pl.lit(kind)) for part, kind in ((wrong, "wrong"), (missed, "missed"))
    ]
    found = pl.concat(parts)
    found = _with_run(found, *run) if run else found.with_columns(_no_run())
    for side, end in (("left", "l"), ("right", "r")):
        names = records.select("rec", pl.col("source", "source_id").name.suffix(f"_{end}")).rename({"rec": side})
        found = found.join(names, on=side, maintain_order="left")
    alike = pl.when(pl.col("pattern").is_not_null()).then(pl.len().over("mistake", "how", "pattern"))
    found = found.with_columns(alike=alike.cast(pl.UInt32))
    ends = ("source_l", "source_id_l", "source_r", "source_id_r")
    columns = ("mistake", "how", *ends, "pattern", "evidence", "score", "rule", "alike")
    order = ["mistake", "alike", "pattern", *ends]
    descending = [True, True, False, False, False, False, False]
    return found.select(columns).sort(order, descending=descending, nulls_last=True)


def _no_run() -> list[pl.Expr]:
    kinds = {"how": pl.String, "pattern": pl.UInt64, "evidence": pl.String, "score": pl.Int32, "rule": pl.String}
    return [pl.lit(None, dtype=kind).alias(name) for name, kind in kinds.items()]


def _with_run(found: pl.DataFrame, pairs: pl.DataFrame, patterns: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    told = patterns.select("pattern", "score", "rule", "verdict").join(evidence_of(patterns), on="pattern")
    made = found.join(pairs, on=["left", "right"], how="left").join(told, on="pattern", how="left")
    linked = links.select("left", "right", link_rule="rule", link_score="score")
    made = made.join(linked, on=["left", "right"], how="left")
    is_link, wrong = pl.col("link_rule").is_not_null(), pl.col("mistake") == "wrong"
    return made.with_columns(
        rule=pl.coalesce("link_rule", "rule"),
        score=pl.coalesce("link_score", "score"),
        how=pl.when(wrong & is_link)
        .then(pl.lit("linked"))
        .when(wrong)
        .then(pl.lit("chained"))
        .when(is_link)
        .then(pl.lit("refused"))
        .otherwise(pl.coalesce("verdict", pl.lit("not compared"))),
    )


def threshold_curve(patterns: pl.DataFrame, true_pairs: int) -> pl.DataFrame:
    """What the score alone would find at each threshold, pairs taken one by one.

    ``patterns`` has score (hundredths of a bit), pairs and true, as :func:`by_pattern` gives them; ``true_pairs`` is
    the number of all pairs of one person. Per distinct score, highest first: ``bits``, ``pairs`` with at least that
    score, ``true`` among them, ``precision`` = true / pairs, ``recall`` = true / true_pairs (at the end of the table:
    what blocking brought together).
    """
    steps = patterns.group_by("score").agg(pl.col("pairs", "true").cast(pl.Int64).sum()).sort("score", descending=True)
    summed = steps.with_columns(pl.col("pairs", "true").cum_sum(), bits=pl.col("score") / 100)
    recall = pl.col("true") / max(true_pairs, 1)
    return summed.select("bits", "pairs", "true", precision=pl.col("true") / pl.col("pairs"), recall=recall)
