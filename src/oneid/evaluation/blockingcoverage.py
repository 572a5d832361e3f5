"""What blocking brings together: measured with a truth, estimated without one.

With a truth: the share of the pairs of one person that each blocking key, and all together, make. *Closure* is the
share that perfect verdicts could put under one OneID: a pair that no key makes is reached where compared true pairs
lead from one record to the other.

Without one: capture-recapture over the pairs that a run put under one OneID. Each *list* is a kind of evidence that
finds pairs by itself: each field that finds apart from all others (an e-mail address, a number), each identifier, and
all other fields together, that is name, birth and address (one list, for keys that share a field do not find
independently). With f1 pairs on one list only, f2 on two, and m lists, Chao's estimate of the pairs on none is
``(m - 1) / m * f1 * (f1 - 1) / (2 * (f2 + 1))`` (Chao 1987, Biometrics 43, 783-791, in the bias-corrected form for m
lists). Assumed: the lists find independently, and pairs under one OneID are true. Where pairs differ in how easily they
are found the estimate is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import components
from oneid.kinds.compared import Compared
from oneid.pairs.blocking import Plan, met

__all__ = ["Coverage", "Estimate", "by_key", "chao", "closure", "estimate"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coverage:
    """With a truth: pairs of one person, and the shares (0 to 1) that were compared, and that closure reaches."""

    true_pairs: int
    compared: float
    closure: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Without a truth. ``lists``: pairs under one OneID that each kind of evidence finds; ``once``, ``twice``: on one
    and on two lists; ``compared``: on any; ``together``: all pairs under one OneID; ``total``: true pairs, a lower
    bound. ``compared_share`` estimates the share of true pairs that blocking brings together; ``together_share`` the
    share under one OneID, an upper bound.
    """

    lists: Mapping[str, int]
    once: int
    twice: int
    compared: int
    together: int
    total: float

    @property
    def compared_share(self) -> float:
        """Of the true pairs, those that share a blocking key; 0 to 1."""
        return self.compared / self.total

    @property
    def together_share(self) -> float:
        """Of the true pairs, those under one OneID; at most 1."""
        return min(self.together / self.total, 1.0)


def chao(once: int, twice: int, lists: int) -> float:
    """The estimated number of pairs on none of ``lists`` lists; see the module.

    >>> chao(100, 99, 2)
    24.75
    """
    return (lists - 1) / lists * once * (once - 1) / (2 * (twice + 1))


def estimate(
    oneids: npt.NDArray[np.uint32],
    pairs: pl.DataFrame,
    patterns: pl.DataFrame,
    identifiers: Iterable[str] = (),
    run: Compared | None = None,
) -> Estimate | None:
    """The estimate from a run: ``oneids`` numbers the OneID of each record, ``pairs`` (left, right, pattern) are its
    ``state/pairs``, ``patterns`` its pattern table, ``identifiers`` the fields of that kind; ``run``: what it
    compared.

    None where fewer than two lists find anything, or no pair is under one OneID: nothing can then be estimated.
    """
    inside = pairs.filter(oneids[pairs["left"].to_numpy()] == oneids[pairs["right"].to_numpy()])
    table = inside.group_by("pattern").len("inside").join(patterns, on="pattern").sort("pattern")
    said = [one for one in (run or Compared()).comparisons if one.field in table.columns]
    apart = {one.field: one.finds for one in sorted(said, key=lambda one: one.field) if one.independent}
    apart |= {name: ("equal",) for name in identifiers if name in table.columns}
    found: dict[str, Flags] = {name: table[name].is_in(levels).to_numpy() for name, levels in apart.items()}
    rest = [one for one in said if one.field not in apart and (one.finds or one.finds_with)]
    alone = np.any([table[one.field].is_in(one.finds).to_numpy() for one in rest], axis=0)
    beside = np.sum([table[one.field].is_in(one.finds_with).to_numpy() for one in rest], axis=0)
    left = ~np.any(list(found.values()), axis=0)  # compared, so the keys of the last list made it
    found[", ".join(one.field for one in rest)] = alone | (beside > 1) | left
    sizes = table["inside"].cast(pl.Int64).to_numpy()
    lists = {name: int(sizes[on].sum()) for name, on in found.items() if sizes[on].sum()}
    if len(lists) < 2:
        return None
    times = np.sum(list(found.values()), axis=0)
    once, twice = (int(sizes[times == count].sum()) for count in (1, 2))
    held = np.unique(oneids, return_counts=True)[1].astype(np.int64)
    compared, together = int(sizes.sum()), int((held * (held - 1) // 2).sum())
    return Estimate(lists, once, twice, compared, together, compared + chao(once, twice, len(lists)))


def closure(size: int, compared: pl.DataFrame, true: pl.DataFrame) -> float:
    """The share of the ``true`` pairs (left, right) of ``size`` records that paths of ``compared`` true pairs join."""
    labels = components(size, _rows(compared, "left"), _rows(compared, "right"))
    joined = labels[_rows(true, "left")] == labels[_rows(true, "right")]
    return float(joined.mean()) if joined.size else 1.0


def _rows(pairs: pl.DataFrame, side: str) -> Rows:
    return pairs[side].cast(pl.UInt32).to_numpy()


def by_key(plan: Plan, true: pl.DataFrame) -> tuple[pl.DataFrame, Flags]:
    """What each blocking rule of a plan brings of the ``true`` pairs (left, right), and which pairs any rule brings.

    Per rule, in their order: ``key``, ``pairs`` that its blocks make (those of earlier rules included), ``left_out``
    (pairs of blocks above its limit, not made), ``true`` pairs among them, their ``share`` of all true pairs, ``new``
    (true pairs that no earlier rule makes), and ``so_far``: the share that the rules down to this one make.
    """
    left, right = _rows(true, "left"), _rows(true, "right")
    size = max(left.size, 1)
    seen: Flags = np.zeros(left.size, dtype=np.bool_)
    rows: list[tuple[str, int, int, int, float, int, float]] = []
    for number, line in enumerate(plan.report):
        one = slice(number, number + 1)
        alone = replace(plan, rules=plan.rules[one], slots=plan.slots[one], more=plan.more[one])
        mine = met(alone, left, right)
        count, new = int(mine.sum()), int((mine & ~seen).sum())
        seen |= mine
        so_far = float(seen.sum()) / size
        rows.append((line.rule, line.pairs, line.left_out_pairs, count, count / size, new, so_far))
    kinds = {
        "key": pl.String, "pairs": pl.Int64, "left_out": pl.Int64, "true": pl.Int64, "share": pl.Float64,
        "new": pl.Int64, "so_far": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=kinds, orient="row"), seen
