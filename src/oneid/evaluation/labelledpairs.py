"""A merge map against pairs that people labelled (``oneid review --label``, or any decisions file).

Labelled pairs are no truth: they say nothing of the pairs that nobody looked at, and they were not drawn in proportion.
So they are counted by the verdict that the run gave them: within one verdict the share of ``same`` can be taken for all
its pairs, if these were drawn at random; over all of them it cannot.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from oneid.identity import decisions
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import Said, said

__all__ = ["by_verdict", "caveat", "ended", "figures", "labelled", "read_labels", "wrong"]

_ENDS: Final = ("source_l", "source_id_l", "source_r", "source_id_r")


def read_labels(path: Path) -> pl.DataFrame | None:
    """The labels of a decisions file, one row per pair (``defer`` too); None where the file has other columns.

    Raises what :func:`oneid.identity.decisions.read` raises.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".txt") or not path.is_file():
        return None
    head = path.read_bytes()[:4096].decode("utf-8-sig", "replace").split("\n", 1)[0]
    return decisions.read(path) if all(name in head for name in decisions.COLUMNS) else None


def ended(records: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """A run's compared pairs (left, right, pattern) with the names of their records (rec, source, source_id)."""
    made = pairs.select("left", "right", "pattern")
    for side, end in (("l", "left"), ("r", "right")):
        ends = records.select(pl.col("rec").alias(end), pl.col("source", "source_id").name.suffix(f"_{side}"))
        made = made.join(ends, on=end)
    return made.drop("left", "right")


def labelled(
    labels: pl.DataFrame, given: pl.DataFrame, told: tuple[pl.DataFrame, pl.DataFrame] | None, place: str
) -> pl.DataFrame:
    """Each pair labelled ``same`` or ``different`` whose records the merge map knows: both ends, ``decision``, whether
    one OneID has them (``together``), and whether that is ``right``; what the run said of it (``verdict``, ``rule``,
    ``score`` in hundredths of a bit; null: it was not compared), where ``told`` has the run's compared pairs with their
    ends and its patterns. E262 where there is none.
    """
    known = given.unique(["source", "source_id"], keep="first")
    made = labels.filter(pl.col("decision") != "defer").select(decisions.COLUMNS)
    for side in ("l", "r"):
        ends = known.select(pl.all().name.suffix(f"_{side}"))
        made = made.join(ends, on=[f"source_{side}", f"source_id_{side}"], maintain_order="left")
    if made.is_empty():
        hint = "do 'source' and 'source_id' mean the same in both files?"
        raise InputError("E262", "no labelled pair is of two records of the merge map", place=Place(place), hint=hint)
    together = pl.col("oneid_l") == pl.col("oneid_r")
    made = made.select(*_ENDS, "decision", together=together, right=together == (pl.col("decision") == "same"))
    if told is None:
        return made.sort(_ENDS)
    pairs, patterns = told
    turned = pairs.rename({f"{name}_{a}": f"{name}_{b}" for name in ("source", "source_id") for a, b in ("lr", "rl")})
    both = pl.concat([pairs, turned.select(pairs.columns)]).join(
        patterns.select("pattern", "verdict", "rule", "score"), on="pattern"
    )
    seen = both.drop("pattern").unique(_ENDS, keep="first", maintain_order=True)
    return made.join(seen, on=_ENDS, how="left").sort(_ENDS)


def by_verdict(pairs: pl.DataFrame) -> pl.DataFrame:
    """Per verdict of the run (``not compared`` where there is none) the pairs that were labelled ``same`` and
    ``different``, the share of ``same``, and how many of each have one OneID.
    """
    same, together = pl.col("decision") == "same", pl.col("together")
    counted = pairs.group_by(pl.col("verdict").fill_null("not compared")).agg(
        labelled=pl.len(), same=same.sum(), different=(~same).sum(), same_share=same.mean(),
        same_under_one=(same & together).sum(), different_under_one=(~same & together).sum(),
    )  # fmt: skip
    order = pl.Enum(["match", "review", "none", "never", "not compared"])
    return counted.sort(pl.col("verdict").cast(order))


def figures(pairs: pl.DataFrame, labels: pl.DataFrame) -> dict[str, int]:
    """How many pairs were labelled and how, how many are right, and how many say nothing: put off, or of records that
    the merge map does not know.
    """
    same, together = pairs["decision"] == "same", pairs["together"]
    later = int((labels["decision"] == "defer").sum())
    return {
        "labelled": pairs.height,
        "same": int(same.sum()),
        "same_under_one": int((same & together).sum()),
        "different": int((~same).sum()),
        "different_under_one": int((~same & together).sum()),
        "put_off": later,
        "unknown": labels.height - later - pairs.height,
    }


def wrong(pairs: pl.DataFrame | None) -> pl.DataFrame:
    """The labelled pairs that the merge map has otherwise, for people."""
    if pairs is None:
        return pl.DataFrame()
    return pairs.filter(~pl.col("right")).drop("right", "together", "score", strict=False)


def caveat() -> Said:
    """What must be said beside the figures."""
    return said(
        "labelled pairs say nothing of the pairs that nobody looked at; "
        "within one verdict the share holds if they were drawn at random"
    )
