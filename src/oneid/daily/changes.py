"""A run that goes on from the one before, where little has changed: only what can have changed is compared, clustered,
named and made golden again. The outcome is that of doing all of it for all records, which is tested.

The pairs, clusters, OneIDs and golden records of the run before are taken over for all records but those *affected*:
the members of every component of links, of then or of now, in which a record is dirty (:mod:`oneid.daily.dirtypairs`),
is gone, or was decided about anew. No verdict, cluster or OneID elsewhere can depend on them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.clusters.clustering import Clusters, reached
from oneid.clusters.wholeclusters import clustered, patterns_of
from oneid.daily import dirtypairs
from oneid.daily.kept import CARRIED, by_place
from oneid.daily.mappedtable import Overlay
from oneid.daily.sortedrows import merged
from oneid.golden import survivorship
from oneid.households import households
from oneid.identity import reassignment
from oneid.pairs import columns as columns_
from oneid.pairs import judged as links
from oneid.pairs.columns import columns_of
from oneid.pairs.judged import Judged
from oneid.records import features
from oneid.vocabulary.codes import Codes, among, code
from oneid.vocabulary.references import Verdict

if TYPE_CHECKING:
    from oneid.runs.pipeline import Work

__all__ = [
    "cluster_again",
    "deciding",
    "golden_again",
    "golden_fields",
    "homes",
    "identify_again",
    "keys_and_shared",
    "numbers_of",
    "pair",
    "pairing",
    "possible",
    "regilded",
    "same_survivorship",
]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
MOST_FRESH = 0.3
"""Above this share of new and changed records all are compared: it is quicker then."""
_NONE = np.iinfo(np.uint32).max


def pairing(work: Work) -> str:
    """A digest of all that the candidate pairs and patterns of unchanged records depend on."""
    rules = work.rules
    said = {
        "schema": work.schema.hash,
        "blocking": [asdict(rule) for rule in rules.blocking],
        "never": {field: sorted(values) for field, values in sorted(rules.guards.never_trusted.items())},
        "learned": work.learned.digest,
        "versions": [version("oneid"), pl.__version__],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def deciding(work: Work) -> str:
    """A digest of all that verdicts on given patterns, and golden records of given clusters, depend on."""
    return work.rules.rules_version


def keys_and_shared(
    columns: columns_.Columns, keys: Mapping[str, Sequence[Codes]]
) -> tuple[dirtypairs.Keys, dict[str, Codes]]:
    """The keys of all records, and the values that are shared."""
    held = columns_.held(columns)
    shared = {
        name: np.unique(np.concatenate([codes[flag] for codes, flag in zip(places, columns.shared[name], strict=True)]))
        for name, places in held.items()
    }
    return dirtypairs.Keys(keys, held), shared


def possible(work: Work) -> bool:
    """Whether the pairs of the run before can be taken over."""
    known, taken = work.known, work.intake
    if known is None or taken is None or work.relearn:
        return False
    return known.pairing == pairing(work) and float(taken.fresh.mean()) <= MOST_FRESH


def pair(work: Work) -> Mapping[str, int]:
    """The candidate pairs of now: those of the run before, and those that can have changed compared anew."""
    known, taken = work.known, work.intake
    assert known is not None
    assert taken is not None
    work.numbers = _numbers(work)
    keys = dirtypairs.Keys.from_columns(by_place(work.numbers, ("b:", "h:")))
    made = dirtypairs.pairs(
        work.rules.blocking,
        keys,
        dirtypairs.Before(known.features.place, *known.pairs, known.shared),
        dirtypairs.Now(taken.features.place, taken.was, taken.fresh),
        work.engine,
        lambda places, held: _contradicted(work, places, held),
        lambda left, right, shared: _patterns(work, left, right, shared),
    )
    work.keys, work.shared, work.paired = keys, made.shared, made
    work.left, work.right, work.pattern = made.left, made.right, made.pattern
    work.blocks = made.report
    return {
        "in": taken.ids.height,
        "out": work.left.size,
        "compared": made.compared,
        "changed_records": int(made.dirty.sum()),
    }


def numbers_of(keys: dirtypairs.Keys, seen: households.Homes) -> pl.DataFrame:
    """The codes that records are paired, and their households found by, as one table."""
    return keys.table().with_columns(pl.Series(name, codes) for name, codes in seen.columns().items())


def _numbers(work: Work) -> Overlay:
    """The codes of all places, those of new and changed records made."""
    known, taken, borne = work.known, work.intake, work.learned.borne
    assert known is not None
    assert taken is not None
    fresh = _at(work, np.sort(taken.features.place[taken.fresh]))
    some = columns_of(fresh, work.engine, borne, {}, work.config.compared)
    keys, _ = keys_and_shared(some, columns_.block_keys(some, borne.heard if borne else None))
    made = numbers_of(keys, households.homes(fresh, work.config.compared))
    columns = tuple(dict.fromkeys((*known.numbers.columns, *made.columns)))
    return Overlay((*known.numbers.parts, made), taken.features.place, columns)


def homes(work: Work) -> households.Homes:
    """What records say of where people live, from the codes."""
    assert work.numbers is not None
    return households.Homes.from_columns(by_place(work.numbers, ("m:",)), work.numbers.place, work.config.compared)


def _at(work: Work, places: Rows) -> pl.DataFrame:
    """The features at some places."""
    assert work.intake is not None
    return work.trusted(work.intake.features.at(places))


def _contradicted(work: Work, places: Rows, held: Mapping[str, Sequence[Codes]]) -> dict[str, Codes]:
    some = _at(work, places)
    columns = columns_of(some, work.engine, work.learned.borne, {}, work.config.compared)
    found = {}
    for name, values in held.items():
        flags = columns_.contradicted(columns, values)
        found[name] = np.unique(np.concatenate([codes[flag] for codes, flag in zip(values, flags, strict=True)]))
    return found


def _patterns(work: Work, left: Rows, right: Rows, shared: dirtypairs.Shared) -> Codes:
    """The patterns of pairs of places, from the columns of their records alone."""
    places = np.unique(np.concatenate((left, right)))
    some = _at(work, places)
    columns = columns_of(some, work.engine, work.learned.borne, shared, work.config.compared)
    at, to = (np.searchsorted(places, side).astype(np.uint32) for side in (left, right))
    step = 1_000_000
    parts = [slice(begin, begin + step) for begin in range(0, left.size, step)]
    made = work.engine.map(lambda part: patterns_of(work, columns, at[part], to[part], some), parts)
    return np.concatenate([*made, np.zeros(0, np.uint64)])


def cluster_again(work: Work) -> Mapping[str, int]:
    """Clusters the affected records anew; all others stay as they are."""
    known, taken, paired, judged = work.known, work.intake, work.paired, work.judged
    assert known is not None
    assert taken is not None
    assert paired is not None
    assert judged is not None
    if known.deciding == deciding(work) and not known.recluster:
        affected = _affected(work, paired, judged)
    else:
        affected = np.ones(taken.fresh.size, dtype=np.bool_)
    rows = np.flatnonzero(affected).astype(np.uint32)
    place = np.zeros(affected.size, dtype=np.uint32)
    place[rows] = np.arange(rows.size, dtype=np.uint32)
    mine = affected[judged.left] & affected[judged.right]
    some = Judged(
        place[judged.left[mine]], place[judged.right[mine]], judged.pattern[mine], judged.score[mine],
        judged.verdict[mine], judged.rule[mine], judged.rules,
    )  # fmt: skip
    size = np.uint64(max(rows.size, 1))
    compared = np.sort(some.left.astype(np.uint64) * size + some.right)

    def met(left: Rows, right: Rows) -> Flags:
        return among(left.astype(np.uint64) * size + right, compared)

    places = taken.features.place[rows]
    made = clustered(
        work, some, rows, {} if work.keys is None else work.keys.of(places).blocking, met,
        lambda left, right: _patterns(work, places[left], places[right], work.shared),
    )  # fmt: skip
    labels = _labels(known.state.assignments["oneid"], taken.was, ~affected)
    labels[rows] = rows[made.labels]
    never = made.never
    work.clusters = Clusters(
        labels, made.alarms, made.conflicts, made.compared_inside,
        type(never)(rows[never.left], rows[never.right], never.score),
    )  # fmt: skip
    work.affected = affected
    return {"in": int(affected.sum()), "out": int(np.unique(labels).size)}


def _affected(work: Work, paired: dirtypairs.Paired, judged: Judged) -> Flags:
    """The members of all components, by the links of then and of now, that hold a dirty or gone record, or one whose
    decisions are others now.
    """
    known, taken = work.known, work.intake
    assert known is not None
    assert taken is not None
    size = taken.fresh.size
    still = taken.was != _NONE
    now = np.full(known.records.height, _NONE, dtype=np.uint32)
    now[taken.was[still]] = np.flatnonzero(still).astype(np.uint32)
    gone = now == _NONE
    now[gone] = size + np.arange(int(gone.sum()), dtype=np.uint32)
    old_left, old_right, old_pattern = known.pairs
    a, b = now[old_left], now[old_right]
    marked = np.concatenate((paired.dirty, np.ones(int(gone.sum()), np.bool_)))
    lost = marked[a] | marked[b]
    old = links.judge(work.rules, work.schema, a[lost], b[lost], old_pattern[lost]).of(Verdict.MATCH)
    fresh = judged.of(Verdict.MATCH)
    for end in _redecided(work):
        marked[end] = True
    decided = _decided_before(work, now)
    sides = zip((old.left, old.right), (fresh.left, fresh.right), decided, strict=True)
    left, right = (np.concatenate(parts) for parts in sides)
    return reached(marked, left, right)[:size]


def _redecided(work: Work) -> list[Rows]:
    """The records of pairs whose decision is another than at the run before."""
    known = work.known
    assert known is not None
    columns = ["source_l", "source_id_l", "source_r", "source_id_r", "decision"]
    then = known.decided.select(columns)
    today = then.clear() if work.decided is None else work.decided.select(columns)
    other = pl.concat([then.join(today, on=columns, how="anti"), today.join(then, on=columns, how="anti")])
    if other.is_empty():
        return []
    rows = work.ids.with_row_index("row")
    found = []
    for side in ("l", "r"):
        ends = other.select(source=f"source_{side}", source_id=f"source_id_{side}")
        found.append(rows.join(ends, on=["source", "source_id"], how="semi")["row"].to_numpy())
    return found


def _decided_before(work: Work, now: Rows) -> tuple[Rows, Rows]:
    """The pairs that were decided to be the same at the run before, by the numbers of now."""
    known = work.known
    assert known is not None
    same = known.decided.filter(pl.col("decision") == "same")
    rows = known.records.select("source", "source_id").with_row_index("row")
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        same = same.join(rows.rename({"row": side}), left_on=ends, right_on=["source", "source_id"])
    return now[same["l"].to_numpy()], now[same["r"].to_numpy()]


def _labels(oneids: pl.Series, was: Rows, rows: Flags) -> Rows:
    """The clusters of then of some records: per record the least number of its cluster."""
    labels = np.arange(was.size, dtype=np.uint32)
    at = np.flatnonzero(rows).astype(np.uint32)
    bearing = pl.DataFrame({"code": code(oneids)[was[at]], "row": at})
    labels[at] = bearing.select(pl.col("row").min().over("code")).to_series().to_numpy()
    return labels


def identify_again(work: Work) -> reassignment.Change:
    """Gives OneIDs to the clusters of affected records; all others keep theirs."""
    taken, clusters, affected, previous = work.intake, work.clusters, work.affected, work.previous
    assert taken is not None
    assert clusters is not None
    assert affected is not None
    assert previous is not None
    return reassignment.reassign(
        work.ids, clusters.labels, taken.was, affected | taken.fresh, previous, work.key, work.run
    )


def same_survivorship(work: Work) -> bool:
    """Whether golden records of the run before can be taken over for OneIDs that did not change."""
    known, taken = work.known, work.intake
    if work.change is None or known is None or taken is None or known.deciding != deciding(work):
        return False
    return set(golden_fields(taken.values)) <= set(known.outputs["golden"].columns)


def golden_fields(values: Overlay) -> list[str]:
    """The columns of the values that golden records are made of."""
    others = ("source", "source_id", "since", "updated", "customer", features.UNTIL, features.WITHDRAWN)
    return [name for name in values.columns if name not in others and not name.startswith(CARRIED)]


def regilded(work: Work, withdrawn: Sequence[pl.Series]) -> Flags:
    """Which records are of OneIDs whose golden record can be another now; ``withdrawn``: who has, if any source says
    so (Boolean, one per record).
    """
    known, change, taken = work.known, work.change, work.intake
    assert known is not None
    assert change is not None
    assert taken is not None
    touched = change.touched.copy()
    for now in withdrawn:  # a last day can have passed without any record having changed
        before = known.outputs["members"]
        nobody = pl.repeat(value=False, n=before.height, dtype=pl.Boolean, eager=True)
        then = before["withdrawn"] if "withdrawn" in before.columns else nobody
        same = now == then.gather(pl.Series(taken.was).replace(_NONE, None))
        oneid = change.whole.state.assignments["oneid"]
        other = oneid.filter(~same.fill_null(value=False))
        touched |= oneid.is_in(other.unique().implode()).to_numpy()
    return touched


def golden_again(work: Work, made: survivorship.Golden, oneids: pl.Series) -> survivorship.Golden:
    """The golden records ``made`` of the records of ``oneids``, with all others as they are."""
    known, change = work.known, work.change
    assert known is not None
    assert change is not None
    out = pl.concat([oneids, change.before.assignments["oneid"]]).unique()
    parts: dict[str, pl.DataFrame] = {}
    for name, fresh in (("golden", made.records), ("golden_values", made.values)):
        old = known.outputs[name]
        stays = ~old["oneid"].is_in(out.implode()).to_numpy()
        parts[name] = merged(old.select(fresh.columns), stays, fresh, "oneid")
    return survivorship.Golden(parts["golden"], parts["golden_values"])
