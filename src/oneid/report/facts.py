"""What a report says of a run, as numbers and names: all of it read from the run's folder, nothing computed anew that a
stage computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.vocabulary.patterns import MISSING

__all__ = ["MANY", "STEP", "Example", "Facts", "Field", "Overlap", "Rule", "facts", "fields"]

MANY = 4
"""From so many records on, sizes of OneIDs are not told apart."""
STEP = 50
"""Hundredths of a bit in one bar of the scores."""
_MOST_OVERLAPS, _MOST_ONEIDS, _EXAMPLES = 15, 10, 2
_DRAWN = 10
"""Links of a rule among which examples are chosen."""
_NO_SCORE = np.iinfo(np.int32).max
_PLACEHOLDERS = ("placeholder", "column_placeholder")
_PATTERN = frozenset(("pattern", "pairs", "score", "rule", "verdict"))


@dataclass(frozen=True)
class Overlap:
    """OneIDs that are known to just these sources: how many, and their records."""

    sources: tuple[str, ...]
    oneids: int
    records: int


@dataclass(frozen=True)
class Example:
    """Two records that a rule linked: (source, id) each, their OneID, what its golden record is called, and the levels
    of the fields that said something.
    """

    left: tuple[str, str]
    right: tuple[str, str]
    oneid: str
    name: str | None
    levels: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """What a rule linked: links that hold, links that the cluster refused, and examples of the first."""

    rule: str
    links: int
    refused: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Field:
    """A field of a source: of all values that there could be in the rows read anew, those ``filled``; of these, those
    ``usable``, known in ``partial``, ``placeholder`` and ``unreadable``; different values that more than two records
    ``shared`` (None: an older run did not count them); and reasons.
    """

    source: str
    field: str
    values: int
    filled: int
    usable: int
    partial: int
    placeholder: int
    unreadable: int
    shared: int | None
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Facts:
    """A run. ``rows`` by source; ``held`` and ``inside``: of each source its records, and the OneIDs among them;
    ``flows``: of each source the records by the size of their OneID, :data:`MANY` for so many or more; ``unused``: of
    each its rejected rows; ``events`` since the run before (empty: there is none before it); ``scores``: per verdict
    the pairs by the lower end of their bar in hundredths of a bit; ``thresholds``: the least score of a link and of a
    pair to review by the score alone; ``review`` by rule and reason; ``sizes``: OneIDs by their number of records;
    ``largest`` and ``weakest``: OneIDs with their records, and with the least score that holds one of their records;
    ``anew``: whether only rows that are new or changed were read.
    """

    run: Mapping[str, Any]
    rows: Mapping[str, int]
    rejected: Mapping[str, int]
    records: int
    oneids: int
    several: int
    held: Mapping[str, int]
    inside: Mapping[str, int]
    flows: Mapping[str, Mapping[int, int]]
    unused: Mapping[str, int]
    events: Mapping[str, int]
    overlaps: Sequence[Overlap]
    others: int
    rules: Sequence[Rule]
    scores: Mapping[str, Mapping[int, int]]
    thresholds: Mapping[str, int]
    review: Sequence[tuple[str, str, int]]
    waiting: int
    sizes: Mapping[int, int]
    largest: Sequence[tuple[str, int]]
    weakest: Sequence[tuple[str, int, int]]
    fields: Sequence[Field]
    anew: bool

    @property
    def first(self) -> bool:
        """Whether it is the first run of a registry, or one without: there is none before it."""
        return _is_first(self.run)

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class _People:
    """Of each record the number of its OneID (``who``) and of its source (``of``, in ``sources``); of each OneID, in
    ``clusters``, its name, its records (n), its sources (bits) and the least score of a link (least).
    """

    sources: Sequence[str]
    who: npt.NDArray[np.intp]
    of: npt.NDArray[np.intp]
    clusters: pl.DataFrame

    @classmethod
    def of_map(cls, merge_map: pl.DataFrame) -> _People:
        """Those of a merge map."""
        names = merge_map["source"].unique().cast(pl.String).sort()
        of = merge_map["source"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.intp)
        codes = merge_map["oneid"].hash().to_numpy()
        order = np.argsort(codes)
        starts = np.flatnonzero(np.diff(codes[order], prepend=~codes[order[:1]]))
        who = np.empty(codes.size, dtype=np.intp)
        who[order] = np.repeat(np.arange(starts.size), np.diff(starts, append=codes.size))
        score = merge_map["score"].fill_null(_NO_SCORE).to_numpy()[order]
        bits = np.uint64(1) << of[order].astype(np.uint64)
        clusters = pl.DataFrame({
            "oneid": merge_map["oneid"].gather(order[starts]),
            "n": np.diff(starts, append=codes.size),
            "sources": np.bitwise_or.reduceat(bits, starts) if starts.size else bits,
            "least": np.minimum.reduceat(score, starts) if starts.size else score,
        })  # fmt: skip
        least = pl.when(pl.col("least") != _NO_SCORE).then("least")
        return cls(names.to_list(), who, of, clusters.with_columns(least, pl.col("n").cast(pl.UInt32)))

    @property
    def held(self) -> dict[str, int]:
        """By source its records."""
        return dict(zip(self.sources, np.bincount(self.of, minlength=len(self.sources)).tolist(), strict=True))

    @property
    def inside(self) -> dict[str, int]:
        """By source the OneIDs that have records of it."""
        bits = self.clusters["sources"].to_numpy()
        return {name: int(((bits >> np.uint64(at)) & np.uint64(1)).sum()) for at, name in enumerate(self.sources)}

    @property
    def flows(self) -> dict[str, dict[int, int]]:
        """By source its records by the size of their OneID, :data:`MANY` for so many or more."""
        size = np.minimum(self.clusters["n"].to_numpy(), MANY).astype(np.intp)[self.who]
        counts = np.bincount(self.of * (MANY + 1) + size, minlength=len(self.sources) * (MANY + 1))
        table = counts.reshape(len(self.sources), MANY + 1).tolist()
        return {
            name: {size: n for size, n in enumerate(row) if n} for name, row in zip(self.sources, table, strict=True)
        }


def facts(tables: Mapping[str, pl.DataFrame], run: Mapping[str, Any]) -> Facts:
    """The facts of a run from its tables and what run.json says; both as
    :func:`oneid.outputs.runtables.read_tables` gives them.

    Pure; a second for a million records.
    """
    people = _People.of_map(tables["merge_map"])
    clusters = people.clusters
    overlaps, others = _overlaps(clusters, people.sources)
    review = (
        tables["review"]
        .group_by("rule", "reason")
        .len("n")
        .sort("n", "rule", "reason", descending=[True, False, False])
    )
    return Facts(
        run=run,
        rows=run["rows_in"],
        rejected=run["rejected"],
        records=people.who.size,
        oneids=clusters.height,
        several=clusters.filter(pl.col("n") > 1).height,
        held=people.held,
        inside=people.inside,
        flows=people.flows,
        unused=dict(tables["rejected"].group_by(pl.col("source").cast(pl.String)).len("n").sort("source").iter_rows()),
        events=_events(tables["events"], run),
        overlaps=overlaps,
        others=others,
        rules=_rules(tables),
        scores=_scores(tables["patterns"]),
        thresholds=_thresholds(tables["patterns"]),
        review=[(str(rule), str(reason), n) for rule, reason, n in review.iter_rows()],
        waiting=tables["review"].height,
        sizes=dict(clusters["n"].value_counts().sort("n").iter_rows()),
        largest=_top(clusters, "n", "oneid", "n", descending=True),
        weakest=_top(
            clusters.filter((pl.col("n") > 1) & pl.col("least").is_not_null()), "least", "oneid", "n", "least"
        ),
        fields=fields(run),
        anew=any(of.get("same") or of.get("kept") for of in run.get("feeds", {}).values()),
    )


def fields(run: Mapping[str, Any]) -> list[Field]:
    """The fields of the sources of a run, as run.json counts them."""
    made = []
    for one in run.get("fields", ()):
        reasons = dict(sorted(one["refused"].items(), key=lambda item: (-item[1], item[0])))
        placeholder = sum(reasons.get(name, 0) for name in _PLACEHOLDERS)
        partial = reasons.get("partial", 0)
        filled, usable = one["filled"], one["usable"]
        made.append(Field(
            one["source"], one["field"], one.get("rows", run["rows_in"].get(one["source"], 0)), filled, usable, partial,
            placeholder, max(filled - usable - partial - placeholder, 0), one.get("shared"), reasons,
        ))  # fmt: skip
    return made


def _top(clusters: pl.DataFrame, by: str, *names: str, descending: bool = False) -> list[Any]:
    take = clusters.top_k if descending else clusters.bottom_k
    ordered = take(_MOST_ONEIDS, by=[by, "oneid"], reverse=[False, descending])
    return ordered.sort(by, "oneid", descending=[descending, False]).select(names).rows()


def _overlaps(clusters: pl.DataFrame, names: Sequence[str]) -> tuple[list[Overlap], int]:
    """The largest sets of sources that OneIDs are known to, and how many OneIDs all others have."""
    found = clusters.group_by("sources").agg(oneids=pl.len(), records=pl.col("n").sum())
    found = found.sort("oneids", "sources", descending=[True, False])
    most = found.head(_MOST_OVERLAPS)
    made = [
        Overlap(tuple(name for at, name in enumerate(names) if sources >> at & 1), oneids, records)
        for sources, oneids, records in most.iter_rows()
    ]
    return made, int(found["oneids"].sum()) - sum(one.oneids for one in made)


def _is_first(run: Mapping[str, Any]) -> bool:
    return not run.get("registry") or run["registry"].get("number", 2) == 1


def _events(events: pl.DataFrame, run: Mapping[str, Any]) -> dict[str, int]:
    """Events by kind; none for a first run, in which everything is new."""
    if _is_first(run):
        return {}
    counted = events.group_by("event").len("n").sort("n", "event", descending=[True, False])
    return {str(event): n for event, n in counted.iter_rows()}


def _rules(tables: Mapping[str, pl.DataFrame]) -> list[Rule]:
    links = tables["links"].select("source_l", "source_id_l", "source_r", "source_id_r", "pattern", "rule", "applied")
    counted = links.group_by(pl.col("rule").cast(pl.String)).agg(
        n=pl.col("applied").sum(), refused=(~pl.col("applied")).sum()
    )
    examples = _examples(links.filter("applied"), tables)
    counted = counted.sort("n", "rule", descending=[True, False])
    return [Rule(rule, n, refused, tuple(examples.get(rule, ()))) for rule, n, refused in counted.iter_rows()]


def _examples(links: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> dict[str, list[Example]]:
    """Links of each rule, those between two sources first, each of another OneID."""
    ends = links.select("rule", across=pl.col("source_l").cast(pl.String) != pl.col("source_r").cast(pl.String))
    ends = ends.with_row_index("row")
    some = [part.group_by("rule", maintain_order=True).head(_DRAWN) for part in (ends.filter("across"), ends)]
    shown = links[pl.concat(some)["row"]]
    shown = shown.with_columns(pl.col("rule", "source_l", "source_r").cast(pl.String))
    members = tables["merge_map"].filter(pl.col("source_id").is_in(shown["source_id_l"].unique().implode()))
    members = members.select(
        pl.col("source").cast(pl.String).alias("source_l"), pl.col("source_id").alias("source_id_l"), "oneid"
    )
    shown = shown.join(members, on=["source_l", "source_id_l"], how="left", maintain_order="left")
    shown = shown.unique(["rule", "oneid"], keep="first", maintain_order=True)
    shown = shown.group_by("rule", maintain_order=True).head(_EXAMPLES)
    golden = tables["golden"]
    called = golden.select("oneid", name="name" if "name" in golden.columns else pl.lit(None, pl.String))
    called = called.filter(pl.col("oneid").is_in(shown["oneid"].implode()))
    shown = shown.join(called, on="oneid", how="left", maintain_order="left")
    patterns = {row["pattern"]: row for row in tables["patterns"].iter_rows(named=True)}
    examples: dict[str, list[Example]] = {}
    for row in shown.iter_rows(named=True):
        levels = patterns.get(row["pattern"], {})
        said = {name: str(level) for name, level in levels.items() if name not in _PATTERN and level != MISSING}
        left, right = ((row[f"source_{side}"], row[f"source_id_{side}"]) for side in "lr")
        examples.setdefault(row["rule"], []).append(Example(left, right, row["oneid"], row["name"], said))
    return examples


def _scores(patterns: pl.DataFrame) -> dict[str, dict[int, int]]:
    bar = (pl.col("score").cast(pl.Int64) // STEP) * STEP
    counted = patterns.with_columns(bar=bar).group_by("verdict", "bar").agg(n=pl.col("pairs").cast(pl.Int64).sum())
    found: dict[str, dict[int, int]] = {}
    for verdict, start, n in counted.sort("verdict", "bar").iter_rows():
        found.setdefault(str(verdict), {})[start] = n
    return found


def _thresholds(patterns: pl.DataFrame) -> dict[str, int]:
    by_score = patterns.filter(pl.col("rule") == "score")
    least = by_score.group_by("verdict").agg(pl.col("score").min())
    return {str(verdict): score for verdict, score in least.iter_rows() if str(verdict) in ("match", "review")}
