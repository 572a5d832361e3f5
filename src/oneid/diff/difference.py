"""Two partitions of the same records compared: who moved, what merged and split, and which rule it was.

See :mod:`oneid.diff.sides` for the words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.diff.words import Range, figures, remarks
from oneid.outputs.folderlock import as_output_error
from oneid.outputs.listedfiles import refuse_listed, written
from oneid.runs import gates
from oneid.settings.config import Limits
from oneid.vocabulary.codes import Codes, code
from oneid.vocabulary.errors import raise_all
from oneid.vocabulary.pages.markup import fragment, items

__all__ = ["DIFF", "Difference", "Side", "compare", "refuse_written"]

Flags = npt.NDArray[np.bool_]
DIFF = {
    "source": pl.String, "source_id": pl.String, "oneid_old": pl.String, "oneid_new": pl.String,
    "cause_rule": pl.String, "certain": pl.Boolean,
}  # fmt: skip
"""The columns of ``diff.parquet``, sorted by source and source_id: members whose OneID is another, those that only one
of two runs knows among them (one OneID is null then). ``certain`` is false where pairs that were never compared can
still change it."""
_PER_RULE, _SAMPLE, _LARGEST = 4, 24, 5


@dataclass(frozen=True)
class Side:
    """A partition. ``oneid``: per record, null where it is not there. ``links`` (left, right, score, rule): the pairs
    that hold records of one OneID together. ``review``: those that wait for a person. ``apart`` (left, right): compared
    pairs whose births differ.
    """

    oneid: pl.Series
    links: pl.DataFrame
    review: pl.DataFrame
    apart: pl.DataFrame

    def codes(self) -> Codes:
        """The OneIDs as numbers, 0 for none."""
        return code(self.oneid)


@dataclass
class Difference:
    """What changed. ``moved`` flags the ``records``. ``figures`` are counts by name, those that can be before and after
    as pairs; ``ranges`` what uncertain ones lie between. ``rules``: per rule what it caused. ``sample``: some moves.
    """

    records: pl.DataFrame
    moved: Flags
    rows: pl.DataFrame
    figures: dict[str, Any]
    rules: pl.DataFrame
    sample: pl.DataFrame
    ranges: dict[str, Range] = field(default_factory=dict)
    open: Flags | None = None
    about: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def table(self) -> pl.DataFrame:
        """:data:`DIFF`."""
        unsure = np.zeros(self.records.height, np.bool_) if self.open is None else self.open
        certain = ~unsure[self.rows["row"].to_numpy()]
        return self.rows.with_columns(certain=pl.Series(certain, dtype=pl.Boolean)).select(list(DIFF))

    def to_dict(self) -> dict[str, Any]:
        """Everything but the table, for JSON."""
        return {
            **self.about,
            "figures": self.figures,
            "ranges": {name: list(found) for name, found in self.ranges.items()},
            "rules": self.rules.to_dicts(),
            "sample": self.sample.drop("row", "left", "right").to_dicts(),
            "notes": self.notes,
        }

    def _repr_html_(self) -> str:
        """The figures and what limits them; no member is named."""
        return fragment(figures(self.figures, self.ranges), items(remarks(self.figures, self.about, self.notes)))

    def check(self, limits: Limits) -> None:
        """The limits as a gate: ``largest``, ``members_moved_pct`` and ``birth_contradictions_pct``, by the worst that
        can be. Raises LimitBreached (E501, E503, E504), all at once.
        """
        largest = self.ranges.get(
            "largest", Range(0, self.figures["largest"][1][0] if self.figures["largest"][1] else 0)
        )
        moved = self.ranges.get("moved", Range(0, self.figures["moved"]))
        raise_all([
            *gates.largest(limits, largest.high),
            *gates.births(limits, self.about["birth_contradictions"], self.figures["several"][1]),
            *gates.moved(limits, moved.high, self.figures["members"]),
        ])  # fmt: skip

    def write(self, folder: Path, page: str) -> None:
        """Writes ``diff.parquet``, ``diff.json`` and ``diff.html`` (``page``) into ``folder``, each file whole or not
        at all. Raises OutputError E301 to E305, and E307 where a file would be replaced that no difference wrote.
        """
        with as_output_error(folder):
            refuse_written(folder)
            with written(folder, "diff.json", self.to_dict) as staging:
                self.table.write_parquet(staging / "diff.parquet")
                (staging / "diff.html").write_text(page, "utf-8")


def refuse_written(folder: Path) -> None:
    """Refuses a folder in which a difference would replace a file that none wrote (E307)."""
    refuse_listed(folder, ("diff.parquet", "diff.json", "diff.html"), "diff.json")


def compare(records: pl.DataFrame, before: Side, after: Side) -> Difference:
    """What changed between two partitions of ``records`` (source, source_id), whose rows all pairs are of."""
    old, new = before.codes(), after.codes()
    moved = (old != new) & (old != 0) & (new != 0)
    causes = _causes(before, after, old, new)
    rows = _rows(records, before, after, old, new).join(causes, on=["old", "new"], how="left", maintain_order="left")
    rows = rows.with_columns(cause_rule="rule")
    figures, rules = _figures(before, after, old, new, moved)
    came, went = _reviewed(before, after)
    fragments = rows.filter(pl.col("oneid_old").is_not_null() & pl.col("oneid_new").is_not_null())
    whole = fragments.unique(["old", "new"], maintain_order=True)
    counted = [
        _counts(fragments["cause_rule"], "moved"),
        _counts(whole.filter(pl.col("how") == "joined")["cause_rule"], "merged"),
        _counts(whole.filter(pl.col("how") == "held")["cause_rule"], "split"),
        _counts(came["rule"], "review_in"),
        _counts(went["rule"], "review_out"),
    ]
    figures |= {"review": [before.review.height, after.review.height, came.height, went.height]}
    for part in counted:
        rules = rules.join(part, on="rule", how="full", coalesce=True, nulls_equal=True)
    names = rules.columns[1:]
    rules = rules.with_columns(pl.col(names).fill_null(0)).sort(
        ["moved", "review_in", "rule"], descending=[True, True, False]
    )
    return Difference(records, moved, rows, figures, rules, _sampled(rows))


def _counts(rules: pl.Series, name: str) -> pl.DataFrame:
    return rules.alias("rule").to_frame().group_by("rule").agg(pl.len().cast(pl.UInt32).alias(name))


def _rows(records: pl.DataFrame, before: Side, after: Side, old: Codes, new: Codes) -> pl.DataFrame:
    """The members whose OneID is another."""
    at = np.flatnonzero(old != new)
    part = records[at].select("source", "source_id")
    return part.with_columns(
        oneid_old=before.oneid.gather(at), oneid_new=after.oneid.gather(at), old=pl.Series(old[at]),
        new=pl.Series(new[at]), row=pl.Series(at, dtype=pl.UInt32),
    )  # fmt: skip


def _causes(before: Side, after: Side, old: Codes, new: Codes) -> pl.DataFrame:
    """Per fragment (old, new) the link that moved it: how (joined, held), rule, left, right."""
    found = []
    for how, side, other in (("joined", after, old), ("held", before, new)):
        left, right = (side.links[name].to_numpy() for name in ("left", "right"))
        across = np.flatnonzero(other[left] != other[right])
        part = side.links[across].select("left", "right", "score", "rule")
        for end in (left[across], right[across]):
            found.append(part.with_columns(
                old=pl.Series(old[end]), new=pl.Series(new[end]), how=pl.lit(how, dtype=pl.String)
            ))  # fmt: skip
    every = pl.concat(found).sort(
        [pl.col("how") == "held", "score", "left", "right"], descending=[False, True, False, False], maintain_order=True
    )
    return every.unique(["old", "new"], keep="first", maintain_order=True).drop("score")


def _figures(before: Side, after: Side, old: Codes, new: Codes, moved: Flags) -> tuple[dict[str, Any], pl.DataFrame]:
    sizes = [np.unique(codes[codes != 0], return_counts=True)[1] for codes in (old, new)]
    rules = [_counts(side.links["rule"], name) for side, name in ((before, "links_old"), (after, "links_new"))]
    several = [int((size > 1).sum()) for size in sizes]
    figures = {
        "members": int(((old != 0) & (new != 0)).sum()),
        "added": int((old == 0).sum()),
        "removed": int((new == 0).sum()),
        "oneids": [int(size.size) for size in sizes],
        "several": several,
        "moved": int(moved.sum()),
        "merged": _several(new, old, moved),
        "split": _several(old, new, moved),
        "contradictions": [*(_holding(side, codes) for side, codes in ((before, old), (after, new))),
                           _holding(after, new, old)],
        "largest": [np.sort(size)[::-1][:_LARGEST].tolist() for size in sizes],
    }  # fmt: skip
    return figures, rules[0].join(rules[1], on="rule", how="full", coalesce=True)


def _several(whole: Codes, part: Codes, moved: Flags) -> int:
    """How many clusters of ``whole`` hold records of several clusters of ``part``; each of them has a moved one."""
    mine = np.isin(whole, np.unique(whole[moved])) & (part != 0)
    pairs = pl.DataFrame({"whole": whole[mine], "part": part[mine]}).unique()
    return int(
        pairs["whole"].is_duplicated().sum() and pairs.filter(pl.col("whole").is_duplicated())["whole"].n_unique()
    )


def _holding(side: Side, codes: Codes, other: Codes | None = None) -> int:
    """How many OneIDs hold two records whose births differ; with ``other``, two that it kept apart."""
    left, right = (side.apart[name].to_numpy() for name in ("left", "right"))
    inside = (codes[left] == codes[right]) & (codes[left] != 0)
    if other is not None:
        inside &= other[left] != other[right]
    return int(np.unique(codes[left[inside]]).size)


def _reviewed(before: Side, after: Side) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pairs that wait for a person only after, and only before."""
    ends = ["left", "right"]
    return after.review.join(before.review, on=ends, how="anti"), before.review.join(after.review, on=ends, how="anti")


def _sampled(rows: pl.DataFrame) -> pl.DataFrame:
    """A few moves of each rule, those of the lesser records."""
    some = rows.filter(pl.col("oneid_old").is_not_null() & pl.col("oneid_new").is_not_null())
    some = some.filter(pl.int_range(pl.len()).over("cause_rule") < _PER_RULE).head(_SAMPLE)
    return some.select("row", "source", "source_id", "oneid_old", "oneid_new", "how", "cause_rule", "left", "right")
