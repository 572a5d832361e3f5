"""What a verdict would change: the clusters that it touches made anew, from the pairs that the run kept.

The records that links bring together with either side are clustered once as people have decided so far, and once with
the verdict, by the code of a run (:mod:`oneid.clusters.wholeclusters`). Pairs that were never compared are compared
now, where the run kept what its records are compared by; else they are counted, for the next run compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import components
from oneid.clusters.wholeclusters import ToCluster, clustered
from oneid.daily.statetables import DECIDED, EQUAL, INSIDE
from oneid.engines.local import LocalEngine
from oneid.pairs import scoring
from oneid.pairs.columns import columns_of
from oneid.pairs.evidence import Progress, patterns_of
from oneid.pairs.judged import Judged, with_decisions
from oneid.pairs.judged import judged as judged_by
from oneid.records import together
from oneid.review.graph import Link
from oneid.review.pairs import RunPairs
from oneid.settings.rules import Rules
from oneid.vocabulary.codes import Codes, among
from oneid.vocabulary.references import Verdict

__all__ = ["Change", "Effects"]

Rows = npt.NDArray[np.uint32]
Decisions = Mapping[tuple[int, int], str]
"""By pair of rows, the smaller first, what a person decided."""
_MOST = 2_000
"""More records than these are not clustered while somebody waits."""


@dataclass(frozen=True)
class Change:
    """What a verdict would do. ``before`` and ``after``: the records by person, among those that change. ``unknown``:
    pairs that were never compared. ``exact``: whether the rules of the run were asked; else it is only said whose
    records the two are of.
    """

    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]
    unknown: int = 0
    exact: bool = True

    @property
    def moved(self) -> int:
        """Records that would be with others than now: all but those of the largest part that stays."""
        old = {row: part for part in self.before for row in part}
        return sum(len(part) - max(len(set(part) & set(old[row])) for row in part) for part in self.after)


def _in(rows: Rows, some: Rows) -> npt.NDArray[np.bool_]:
    """Which rows are among ``some``, sorted."""
    found: npt.NDArray[np.bool_] = some[np.minimum(np.searchsorted(some, rows), some.size - 1)] == rows
    return found


class Effects:
    """The compared pairs of a run, by record. Made when it is first asked."""

    def __init__(self, pairs: RunPairs) -> None:
        self._pairs = pairs
        self._before: tuple[bytes, dict[tuple[int, int], str], list[frozenset[int]]] = b"", {}, []
        self._table = pairs.patterns.select("pattern", "score", "rule", "verdict")

    @cached_property
    def _all(self) -> tuple[Rows, Rows, Codes]:
        """Every compared pair: the candidates, and those inside clusters, with what tells them apart."""
        tables = [self._pairs.tables[name] for name in ("state/pairs", INSIDE)]
        left, right = (np.concatenate([table[name].to_numpy() for table in tables]) for name in ("left", "right"))
        return left, right, np.concatenate([table["pattern"].to_numpy() for table in tables])

    @cached_property
    def _candidates(self) -> int:
        return self._pairs.tables["state/pairs"].height

    @cached_property
    def _labels(self) -> Rows:
        """The component of each record by the run's links, refused ones and people's among them."""
        left, right, pattern = self._all
        known = self._pairs.patterns
        match = known.filter(pl.col("verdict") == str(Verdict.MATCH))["pattern"].to_numpy()
        n = self._candidates
        linked = np.flatnonzero(among(pattern[:n], match))
        decided = self._pairs.tables[DECIDED].filter(pl.col("verdict") == 0)
        a = np.concatenate((left[linked], decided["left"].to_numpy()))
        b = np.concatenate((right[linked], decided["right"].to_numpy()))
        return components(self._pairs.merge_map.height, a, b)

    @cached_property
    def _by_label(self) -> tuple[Rows, Rows]:
        order = np.argsort(self._labels, kind="stable").astype(np.uint32)
        return order, self._labels[order]

    @cached_property
    def _pairs_by_label(self) -> tuple[npt.NDArray[np.intp], Rows]:
        labels = self._labels[self._all[0]]
        order = np.argsort(labels, kind="stable")
        return order, labels[order]

    def warm(self) -> None:
        """Makes what every answer needs."""
        _ = self._pairs_by_label, self._by_label, self._heeded, self._pairs.rules
        if self._pairs.compares:
            _ = self._pairs.features, self._pairs.borne, self._pairs.shared

    def _component(self, rows: Sequence[int], decided: Decisions) -> Rows:
        """The records that links bring together with some, people's verdicts of now among these."""
        order, ordered = self._by_label
        found: set[int] = set()
        todo = {int(self._labels[row]) for row in rows}
        more: dict[int, set[int]] = {}
        for (a, b), word in decided.items():
            if word == "same":
                la, lb = int(self._labels[a]), int(self._labels[b])
                more.setdefault(la, set()).add(lb)
                more.setdefault(lb, set()).add(la)
        while todo:
            label = todo.pop()
            found.add(label)
            todo |= more.get(label, set()) - found
        parts = [order[slice(*np.searchsorted(ordered, [label, label + 1]))] for label in sorted(found)]
        return np.sort(np.concatenate(parts))

    def _among(self, rows: Rows) -> npt.NDArray[np.intp]:
        """The compared pairs whose ends are both among ``rows``."""
        order, ordered = self._pairs_by_label
        labels = np.unique(self._labels[rows])
        parts = [order[slice(*np.searchsorted(ordered, [label, label + 1]))] for label in labels.tolist()]
        at = np.sort(np.concatenate(parts))
        return at[_in(self._all[0][at], rows) & _in(self._all[1][at], rows)]

    def links(self, rows: Sequence[int], decided: Decisions) -> list[Link]:
        """The compared pairs among some records, decisions of now put over them."""
        some = np.unique(np.array(rows, dtype=np.uint32))
        judged, _ = self._judged(some, self._whole(decided))
        return [
            Link(int(some[a]), int(some[b]), int(score), str(tuple(Verdict)[verdict]), judged.rules[rule], decided_)
            for a, b, score, verdict, rule, decided_ in zip(
                judged.left.tolist(), judged.right.tolist(), judged.score.tolist(), judged.verdict.tolist(),
                judged.rule.tolist(), (judged.score == np.iinfo(np.int32).max).tolist(), strict=True,
            )
        ]  # fmt: skip

    def _whole(self, decided: Decisions) -> dict[tuple[int, int], str]:
        """What the run heeded, and what was decided since."""
        return self._heeded | dict(decided)

    @cached_property
    def _heeded(self) -> dict[tuple[int, int], str]:
        words = {0: "same", 1: "defer", 3: "different"}
        return {(a, b): words[verdict] for a, b, verdict in self._pairs.tables[DECIDED].iter_rows()}

    def _judge(self, left: Rows, right: Rows, pattern: Codes) -> Judged:
        """Pairs as the run's rules judge their patterns, each of which is judged once."""
        used = np.unique(pattern)
        table = self._table
        new = used[~among(used, table["pattern"].to_numpy())]
        if new.size and self._pairs.rules is not None:
            fresh = scoring.judge(self._pairs.rules, self._pairs.schema, new, [0] * new.size)
            self._table = table = pl.concat([table, fresh.select(table.columns)]).sort("pattern")
        rows = table[np.searchsorted(table["pattern"].to_numpy(), used)]
        return judged_by(rows, np.searchsorted(used, pattern), left, right)

    def _judged(self, rows: Rows, decided: Decisions) -> tuple[Judged, npt.NDArray[np.intp]]:
        """The candidate pairs among ``rows``, by their places in them, as judged; and all compared pairs among them."""
        every = self._among(rows)
        at = every[every < self._candidates]
        left, right, pattern = self._all[0][at], self._all[1][at], self._all[2][at]
        a, b = (np.searchsorted(rows, side).astype(np.uint32) for side in (left, right))
        made = self._judge(a, b, pattern)
        place = {int(row): number for number, row in enumerate(rows.tolist())}
        said = [(place[x], place[y], word) for (x, y), word in decided.items() if x in place and y in place]
        ids = pl.DataFrame({"source": pl.repeat("", rows.size, eager=True), "source_id": np.arange(rows.size)})
        ids = ids.with_columns(pl.col("source_id").cast(pl.String))
        frame = pl.DataFrame(
            [("", str(x), "", str(y), word) for x, y, word in said],
            schema=dict.fromkeys(("source_l", "source_id_l", "source_r", "source_id_r", "decision"), pl.String),
            orient="row",
        )
        return with_decisions(made, frame, ids), every

    def change(self, pair: tuple[int, int], verdict: str, decided: Decisions) -> Change:
        """What ``verdict`` (same, different or defer) on a pair would do, after ``decided``."""
        low, high = min(pair), max(pair)
        rules = self._pairs.rules
        if rules is None:
            return self._told(low, high, verdict)
        rows = self._component((low, high), decided)
        if rows.size > _MOST:
            return self._told(low, high, verdict)
        whole = self._whole(decided)
        if self._before[:2] != (rows.tobytes(), decided):
            self._before = rows.tobytes(), dict(decided), self._clusters(rows, whole, rules)[0]
        before = self._before[2]
        after, unknown = self._clusters(rows, {**whole, (low, high): verdict}, rules)
        return _difference(before, after, unknown)

    def _told(self, low: int, high: int, verdict: str) -> Change:
        """What can be said without clustering."""
        oneids = [self._pairs.merge_map["oneid"][row] for row in (low, high)]
        parts = [tuple(self._pairs.members(oneid)) for oneid in dict.fromkeys(oneids)]
        if verdict == "same" and len(parts) == 2:
            return Change(tuple(parts), (tuple(sorted(parts[0] + parts[1])),), exact=False)
        return Change((), (), exact=False)

    def _clusters(self, rows: Rows, decided: Decisions, rules: Rules) -> tuple[list[frozenset[int]], int]:
        judged, every = self._judged(rows, decided)
        left, right, pattern = self._all[0][every], self._all[1][every], self._all[2][every]
        comparing = _Comparing(self._pairs, rules, (left, right, pattern))
        candidates = every < self._candidates
        size = np.uint64(rows.size)

        def key(a: Rows, b: Rows) -> Codes:
            made: Codes = a.astype(np.uint64) * size + b
            return made

        met_ = np.sort(key(*(np.searchsorted(rows, side).astype(np.uint32)[candidates] for side in (left, right))))
        unknown = 0

        def met(a: Rows, b: Rows) -> npt.NDArray[np.bool_]:
            nonlocal unknown
            flags = among(key(a, b), met_)
            lost = ~flags & ~comparing.knows(rows[a], rows[b])
            unknown += int(lost.sum())
            return flags | lost

        equal = self._pairs.tables[EQUAL]
        ends = (equal["left"].to_numpy(), equal["right"].to_numpy())
        mine = _in(ends[0], rows) & _in(ends[1], rows)
        first, other = (np.searchsorted(rows, side[mine]).astype(np.uint32) for side in ends)
        sources = self._pairs.merge_map["source"].gather(rows)
        part = ToCluster(rows, judged, sources, {}, met, (first, other))
        made, _ = clustered(part, comparing, rules, self._pairs.schema, self._pairs.compared.comparisons, self._judge)
        parts: dict[int, list[int]] = {}
        for row, label in zip(rows.tolist(), made.labels.tolist(), strict=True):
            parts.setdefault(label, []).append(row)
        return [frozenset(one) for one in parts.values()], unknown


def _difference(before: list[frozenset[int]], after: list[frozenset[int]], unknown: int) -> Change:
    """The parts that are not in both."""
    old, new = set(before), set(after)
    parts = [tuple(tuple(sorted(part)) for part in sorted(some, key=min)) for some in (old - new, new - old)]
    return Change(parts[0], parts[1], unknown)


class _Comparing:
    """Compares pairs inside clusters: by what the run kept of them, else anew by the features that it kept."""

    def __init__(self, pairs: RunPairs, rules: Rules, known: tuple[Rows, Rows, Codes]) -> None:
        self._pairs, self._rules = pairs, rules
        left, right, pattern = known
        codes = left.astype(np.uint64) << np.uint64(32) | right
        order = np.argsort(codes, kind="stable")
        self._codes, self._pattern = codes[order], pattern[order]

    def knows(self, left: Rows, right: Rows) -> npt.NDArray[np.bool_]:
        """Of which pairs it can tell the pattern."""
        if self._pairs.compares:
            return np.ones(left.size, np.bool_)
        return among(left.astype(np.uint64) << np.uint64(32) | right, self._codes)

    def patterns(self, left: Rows, right: Rows, progress: Progress = lambda _share: None) -> Codes:
        """The patterns of pairs that it :meth:`knows`."""
        made = np.zeros(left.size, np.uint64)
        if not left.size:
            return made
        codes = left.astype(np.uint64) << np.uint64(32) | right
        there = among(codes, self._codes)
        made[there] = self._pattern[np.searchsorted(self._codes, codes[there])]
        if not there.all():
            made[~there] = self._compared(left[~there], right[~there], progress)
        return made

    def _compared(self, left: Rows, right: Rows, progress: Progress) -> Codes:
        pairs, rules = self._pairs, self._rules
        rows = np.unique(np.concatenate((left, right)))
        some = together.distrust(
            pairs.features.of(rows), rules.guards.never_trusted, pairs.run["pairing"]["fields"], pairs.compared
        )
        engine = LocalEngine(1)
        columns = columns_of(some, engine, pairs.borne, pairs.shared, pairs.compared)
        at, to = (np.searchsorted(rows, side).astype(np.uint32) for side in (left, right))
        return patterns_of(pairs.schema, columns, some["source"], (at, to), engine, progress)
