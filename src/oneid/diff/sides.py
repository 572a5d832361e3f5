"""What changes between two runs, or between a run and what other rules would make of it.

    run, rules --rejudge--> judged pairs, clusters --> OneIDs
                                                         +--compare--> Difference --> text, page, diff.parquet, gate
    run, run ----------------------------------------> OneIDs

**Words.** A member has *moved* where its OneID is another. A OneID is *merged* where its members were of several
OneIDs before, *split* where its members are of several now.

**Cause.** The members that share a OneID before and one after are a *fragment*. What moved a fragment is the rule of
the strongest link (highest score, then least records) after the change between it and members of its new OneID that
had another one: that link *joined* it. Where there is none, it is the rule of the strongest link before the change
between it and members of its old OneID that have another one now: that link no longer *holds* it. ``score`` is the
thresholds, ``decision`` a person; null: no link of either run, as where only the key of OneIDs is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.diff.difference import Difference, Side, compare
from oneid.diff.rejudge import Data, Outcome, data_of, rejudge, rules_for
from oneid.diff.storedrun import Stored, read
from oneid.diff.words import Range
from oneid.identity import reassignment
from oneid.identity.state import Run
from oneid.kinds.catalogue import in_short
from oneid.pairs import judged as links
from oneid.runs.preparing import key_of
from oneid.settings.config import Config
from oneid.vocabulary.codes import Codes, code
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import said
from oneid.vocabulary.masking import mask
from oneid.vocabulary.oneids import PUBLIC_KEY
from oneid.vocabulary.patterns import MISSING, Schema

__all__ = ["diff_rules", "diff_runs"]

Rows = npt.NDArray[np.uint32]


def diff_runs(before: str | Path, after: str | Path) -> Difference:
    """What changed from one run to another, by their folders. Raises InputError (E251, E252)."""
    old, new = read(Path(before)), read(Path(after))
    records = pl.concat([old.records, new.records]).unique().sort("source", "source_id")
    sides = [_side_of_run(stored, records) for stored in (old, new)]
    made = compare(records, *sides)
    made.about |= {
        "before": _named(old), "after": _named(new), "birth_contradictions": new.run.get("birth_contradictions", 0),
    }  # fmt: skip
    made.notes += _notes_on_runs(old, new)
    return made


def diff_rules(run: str | Path, rules: str | Path, config: Config | None = None) -> Difference:
    """What a run would have come to by other rules: a preset, or the path of a rules file.

    ``config``: that of the run; its data are then read, so that nothing is left to bound. Raises InputError (E251,
    E252), UsageError (E490 to E495), and what is wrong with the rules.
    """
    stored = read(Path(run))
    wanted = rules_for(stored, str(rules), Path())
    data = None if config is None else data_of(stored, config, wanted)
    found = rejudge(stored, wanted, data)
    key, secret = _key(stored, config)
    oneids = _oneids(stored, found.clusters.labels, key, hidden=secret)
    before = _side(stored.judged(), stored.oneid, found)
    made = compare(stored.records, before, _side(found.judged, oneids, found))
    more = made.figures["contradictions"][1] - made.figures["contradictions"][0]
    made.about |= {
        "before": _named(stored), "after": {"rules_version": wanted.rules_version}, "unknown_pairs": found.unknown,
        "birth_contradictions": stored.run["birth_contradictions"] + more,
    }  # fmt: skip
    if data is not None:
        made.about["birth_contradictions"] = data.births_apart(found.clusters.labels)
    _bound(made, stored, found, key)
    _show_evidence(made, found, data)
    if secret:
        made.notes.append(said("the key is secret, so new OneIDs are named new-1, new-2 ...; --data CONFIG knows it"))
    if not stored.lasting:
        made.notes.append(said("known/oneids.parquet is not at hand: which of two OneIDs stays may be told wrongly"))
    return made


def _named(stored: Stored) -> dict[str, Any]:
    return {name: stored.run.get(name) for name in ("run_id", "rules_version")}


def _notes_on_runs(old: Stored, new: Stored) -> list[str]:
    found: list[str] = []
    for name, words in (
        ("oneid_version", said("version of oneid")),
        ("schema_hash", said("compared fields and levels")),
    ):
        if old.run.get(name) != new.run.get(name):
            found.append(said("the two runs differ in their {words}", words=words))
    return found


# --- sides ---------------------------------------------------------------------------------------------------------


def _pairs(judged: links.Judged, at: npt.NDArray[np.intp]) -> pl.DataFrame:
    names = pl.Series(judged.rules or ("score",), dtype=pl.String)
    columns = {"left": judged.left[at], "right": judged.right[at], "score": judged.score[at]}
    return pl.DataFrame(columns).with_columns(rule=names.gather(judged.rule[at].astype(np.uint32)))


def _side(judged: links.Judged, oneid: pl.Series, found: Outcome) -> Side:
    """A partition of the records with the pairs that were judged for it."""
    label = code(oneid)
    together = label[judged.left] == label[judged.right]
    match = judged.verdict == 0
    waiting = (match | (judged.verdict == 1)) & ~together
    level = found.schema.unpack(found.known[2])["birth"] == found.schema.index("birth", "differs")
    apart = pl.DataFrame({"left": found.known[0][level], "right": found.known[1][level]})
    holding, asked = np.flatnonzero(match & together), np.flatnonzero(waiting)
    return Side(oneid, _pairs(judged, holding), _pairs(judged, asked), apart)


def _side_of_run(stored: Stored, records: pl.DataFrame) -> Side:
    """A run among the records of two."""
    rows = records.with_row_index("row")
    own = stored.tables["merge_map"].select("source", "source_id", "oneid")
    place = stored.records.join(rows, on=["source", "source_id"], how="left", maintain_order="left")["row"]
    oneid = records.join(own, on=["source", "source_id"], how="left", maintain_order="left")["oneid"]
    made = {}
    for name in ("links", "review"):
        table = stored.tables.get(name)
        if table is None:
            raise UsageError("E493", said("{name}.parquet is missing", name=name), hint="copy it too")
        for side in ("l", "r"):
            ends = {f"source_{side}": "source", f"source_id_{side}": "source_id"}
            table = table.join(
                rows.rename({"row": side, **{own_: name_ for name_, own_ in ends.items()}}),
                on=list(ends), how="left", maintain_order="left",
            )  # fmt: skip
        pair = table.select(
            left=pl.min_horizontal("l", "r"), right=pl.max_horizontal("l", "r"), score="score", rule="rule",
            applied=pl.col("applied") if name == "links" else pl.lit(value=True),
        )  # fmt: skip
        made[name] = pair.filter("applied").drop("applied")
    return Side(oneid, made["links"], made["review"], _contradicted(stored, place))


def _contradicted(stored: Stored, place: pl.Series) -> pl.DataFrame:
    """The compared pairs of a run whose births differ."""
    patterns = stored.tables["patterns"] if "patterns" in stored.tables else pl.DataFrame()
    parts = [pl.DataFrame(schema={"left": pl.UInt32, "right": pl.UInt32})]
    if "birth" in patterns.columns:
        apart = patterns.filter(pl.col("birth") == "differs")["pattern"]
        for name in ("state/pairs", "state/inside"):
            if name in stored.tables:
                pairs = stored.tables[name]
                pairs = pairs.filter(_differs(pairs["pattern"], stored, apart, inside=name == "state/inside"))
                parts.append(pairs.select(place.gather(pairs[side]).alias(side) for side in ("left", "right")))
    return pl.concat(parts)


def _differs(pattern: pl.Series, stored: Stored, apart: pl.Series, *, inside: bool) -> pl.Series:
    """Where the births differ; the patterns of pairs inside components need not be among those of the candidates."""
    if inside and stored.run.get("schema_hash") == stored.schema.hash:
        level = stored.schema.unpack(pattern.to_numpy())["birth"]
        return pl.Series(level == stored.schema.index("birth", "differs"))
    return pattern.is_in(apart.implode())


# --- OneIDs --------------------------------------------------------------------------------------------------------


def _key(stored: Stored, config: Config | None) -> tuple[bytes, bool]:
    """The key of OneIDs, and whether it is a secret that is not at hand."""
    if config is not None:
        return key_of(config), False
    return PUBLIC_KEY, stored.run.get("key") == "secret"


def _oneids(stored: Stored, labels: Rows, key: bytes, *, hidden: bool = False) -> pl.Series:
    """The OneIDs that the next run of the registry would give to clusters."""
    _, first, inverse = np.unique(code(stored.oneid), return_index=True, return_inverse=True)
    changed = labels != first[inverse]
    if not changed.any():
        return stored.oneid
    number = int(stored.run.get("registry", {}).get("number", 1)) + 1
    run = Run("diff", number, datetime(1970, 1, 1, tzinfo=UTC))
    was = np.arange(labels.size, dtype=np.uint32)
    previous = stored.state()
    made = reassignment.reassign(stored.records, labels, was, changed, previous, key, run)
    oneid = made.whole.state.assignments["oneid"]
    if hidden:
        new = oneid.filter(~oneid.is_in(previous.oneids["oneid"].implode())).unique(maintain_order=True)
        oneid = oneid.replace(new, pl.Series([f"new-{number}" for number in range(1, len(new) + 1)], dtype=pl.String))
    return oneid


def _bound(made: Difference, stored: Stored, found: Outcome, key: bytes) -> None:
    """Between what the figures lie where pairs were never compared.

    A member surely stays where its OneID is the same after making every core, and after making every group, a cluster:
    the record that its OneID goes with is then in its core, and no older OneID in its group. It surely moves where it
    moves and its cluster is certain.
    """
    if found.bounds is None or not found.bounds.open.any():
        return
    open_ = found.bounds.open
    cores, groups = (_oneids(stored, labels, key) for labels in (found.bounds.cores, found.bounds.groups))
    stays = ((cores == stored.oneid) & (groups == stored.oneid)).to_numpy()
    surely = made.moved & ~open_
    sizes = [np.bincount(labels) for labels in (found.bounds.cores, found.bounds.groups)]
    made.open = open_
    made.ranges |= {
        "oneids": Range(int((sizes[1] > 0).sum()), int((sizes[0] > 0).sum())),
        "moved": Range(int(surely.sum()), int((~stays).sum())),
        "largest": Range(int(sizes[0].max()), int(sizes[1].max())),
    }
    made.about["open"] = {"oneids": int(np.unique(found.bounds.groups[open_]).size), "members": int(open_.sum())}


# --- evidence ------------------------------------------------------------------------------------------------------


def _show_evidence(made: Difference, found: Outcome, data: Data | None) -> None:
    """Adds to the sample the levels of the pair that caused a move and, where data are at hand, masked values."""
    sample = made.sample
    ends = sample.select("left", "right").drop_nulls().unique()
    wanted = _key_of(*(ends[side].to_numpy() for side in ("left", "right")))
    keys = _key_of(*found.known[:2])
    at = np.flatnonzero(np.isin(keys, wanted))
    levels = {
        int(key): _words(found.schema, pattern) for key, pattern in zip(keys[at], found.known[2][at], strict=True)
    }
    pairs = sample.select("left", "right").iter_rows()
    texts = [None if left is None else levels.get(left << 32 | right) for left, right in pairs]
    made.sample = sample = sample.with_columns(levels=pl.Series(texts, dtype=pl.String))
    if data is not None:
        rows = data.values[sample["row"].to_list()]
        shown = [name for name in in_short(data.config.compared.kinds) if name in rows.columns]
        made.sample = sample.with_columns(
            pl.Series(name, [None if value is None else mask(_text(value)) for value in rows[name]], dtype=pl.String)
            for name in shown
        )


def _text(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, (list, pl.Series)) else str(value)


def _key_of(left: Rows, right: Rows) -> Codes:
    made: Codes = left.astype(np.uint64) << np.uint64(32) | right
    return made


def _words(schema: Schema, pattern: np.uint64) -> str:
    row: Mapping[str, str] = schema.table(np.array([pattern])).drop("pattern").row(0, named=True)
    return ", ".join(f"{name} {level}" for name, level in row.items() if level != MISSING)
