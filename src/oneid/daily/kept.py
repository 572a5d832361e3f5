"""What a run knows of each record when it ends, kept for the runs after it beside the outputs, under ``known/``.

A daily run reads few rows that it has not seen. For all others it takes what the run before made of them, so members
that a delta feed does not name are still there to be linked, and nothing is normalized twice. These tables hold
personal data, as the golden records do.

=====================  =======================================================================================
``known/records``      print (:func:`oneid.sources.feeds.prints`), place, first_run and home_oneid (null where it is the
                       OneID that the record has), row by row with ``merge_map``, which is in record order
``known/*/features``   by place: what is compared (:func:`oneid.records.features.features_contract`, after
                       :mod:`oneid.records.together`)
``known/*/values``     by place: what people see, with the carried columns behind them as ``carried_source.column``
``known/*/numbers``    by place: what records are paired and households are found by, codes only
``known/oneids``       row by row with ``aliases``: what more is known of a OneID
                       (:data:`oneid.identity.state.ONEIDS`); with the records, the state that the registry holds too
``known/learned_*``    what was learned from whole columns (:mod:`oneid.records.columnfacts`)
``known/shared``       the codes of shared values: field, code
``known/decided``      people's verdicts that counted
``known/departed``     whom a mark in a delta feed took away, and the date of it: source, source_id, updated
``index/secret``       the key (hex) under which ``known/shared`` and ``known/learned_bearers`` have their codes
                       (:mod:`oneid.daily.keyedcodes`); look-ups need it too. Earlier versions had none
=====================  =======================================================================================

Of tables by *place*, ``known/base`` stays the file that it is, memory-mapped and linked from one run's files to the
next's, and ``known/recent`` holds what came later (:class:`oneid.engines.overlay.Overlay`), until
:meth:`Known.settled` makes one of both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.dirtypairs import KeptPairs, Shared
from oneid.daily.keyedcodes import keyed, new_secret, unkeyed
from oneid.engines.overlay import Overlay, Part
from oneid.identity.state import ASSIGNMENTS, ONEIDS, State
from oneid.outputs.runtables import Tables
from oneid.outputs.tables.tablefiles import Kept
from oneid.pairs.keynumbers import UNTOLD
from oneid.records.columnfacts import Learned
from oneid.settings.config import Source
from oneid.sources import feeds
from oneid.vocabulary.codes import Codes
from oneid.vocabulary.errors import InputError
from oneid.vocabulary.version import VERSION

__all__ = [
    "CARRIED", "DEPARTED", "PARTS", "PREFIX", "Known", "by_place", "carried", "few_at", "held_in", "learned_in",
    "placed", "plain_tables", "reading", "seen", "shared_in", "shown_first", "state_of",
]  # fmt: skip

Rows = npt.NDArray[np.uint32]

PREFIX = "known/"
_DECIDED = {
    "source_l": pl.String, "source_id_l": pl.String, "source_r": pl.String, "source_id_r": pl.String,
    "decision": pl.String,
}  # fmt: skip
DEPARTED = {"source": pl.String, **feeds.DEPARTED}
"""The columns of ``known/departed``."""
CARRIED = "carried_"
"""The prefix of carried columns among the values."""
_LEARNED = "learned_"
_BEARERS = PREFIX + _LEARNED + "bearers"
_NAMES = PREFIX + _LEARNED + "names"
_SHARED = PREFIX + "shared"
_DEPARTED = PREFIX + "departed"
_KEY = "index/secret"

_BY_PLACE = ("features", "values", "numbers")
PARTS = ("base", "recent")
"""The parts of tables by place: the one that stays, and what came later."""
MOST_RECENT = 0.125
"""Where more records than this share of the first part came later, all are written into one part again."""


def _no_pairs() -> KeptPairs:
    return np.zeros(0, np.uint32), np.zeros(0, np.uint32), np.zeros(0, np.uint64), np.zeros(0, np.uint8)


@dataclass(frozen=True)
class Known:
    """What the run before left. ``readings`` says by source how it was read (:func:`reading`). ``learned`` is None
    where this version cannot use it.
    """

    records: pl.DataFrame
    features: Overlay
    values: Overlay
    numbers: Overlay
    state: State
    learned: Learned | None
    readings: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    """Records by source when the columns were learned from."""
    shared: Shared = field(default_factory=dict)
    pairs: KeptPairs = field(default_factory=_no_pairs)
    """The candidate pairs, by the rows of ``records``, their patterns, and which blocking key made each."""
    decided: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_DECIDED))
    departed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DEPARTED))
    pairing: str = ""
    """What the pairs depend on (:func:`oneid.daily.changedpairs.pairing`), and with ``deciding`` the verdicts: the
    version of the rules."""
    deciding: str = ""
    renamed: bool = False
    """Whether records were renamed or removed since that run, so that its ``outputs`` name others."""
    recluster: bool = False
    """Whether the clusters are not those that the rules would make, for a person put them back."""
    outputs: Tables = field(default_factory=lambda: Tables({}, {}))
    """All tables of the run, read when they are asked for."""
    secret: bytes = field(default_factory=new_secret)

    def unlearned(self) -> Known:
        """The same for a run that reads all rows anew and learns from whole columns again: nothing that was learned, or
        that depends on it, is taken over.
        """
        return replace(self, learned=None, readings={}, counts={}, pairing="")

    def by_source(self) -> Iterator[tuple[str, int, pl.DataFrame]]:
        """For each source, its name, the number of its first record, and its records: they follow each other."""
        start = 0
        for name, count in self.records["source"].rle().struct.unnest().select("value", "len").iter_rows():
            yield name, start, self.records.slice(start, count)
            start += count

    def of(self, source: str) -> pl.DataFrame:
        """The records of one source: source_id, print, row (UInt32, its number among all)."""
        for name, start, rows in self.by_source():
            if name == source:
                numbers = pl.int_range(start, start + rows.height, dtype=pl.UInt32, eager=True).alias("row")
                return rows.select("source_id", "print").with_columns(numbers)
        return self.records.clear().select("source_id", "print", row=pl.lit(0, dtype=pl.UInt32))

    def settled(self) -> Known:
        """The same in two parts at most: the one that stays as it is in its file, and all rows that came later; or in
        one that is written anew, where there is no such file yet, or it would not be most of all.
        """
        place = self.features.place
        base = self.features.heights()[0]
        recent = np.flatnonzero(place >= base)
        whole = isinstance(self.features.parts[0], pl.DataFrame) or recent.size > MOST_RECENT * base
        moved = place.copy()
        moved[recent] = base + np.arange(recent.size, dtype=np.uint32)

        def of(held: Overlay, blank: int | None = None) -> Overlay:
            made = held.whole if whole else held.of(recent)
            made = made if blank is None else made.fill_null(blank)
            return Overlay.plain(made) if whole else Overlay((held.parts[0], made), moved, held.columns)

        return replace(self, features=of(self.features), values=of(self.values), numbers=of(self.numbers, 0))

    def tables(self) -> dict[str, pl.DataFrame | Kept]:
        """The tables by the names of their files; of what is :meth:`settled`."""
        made: dict[str, pl.DataFrame | Kept] = {
            "records": _beside(self.state.assignments).with_columns(
                self.records["print"], place=pl.Series(self.features.place)
            ),
            "oneids": self.state.oneids.drop(_OF_ALIASES),
            "decided": self.decided.select(pl.col(name).cast(kind) for name, kind in _DECIDED.items()),
        }
        if self.departed.height:
            made["departed"] = self.departed
        for name in _BY_PLACE:
            for part, rows in zip(PARTS, getattr(self, name).parts, strict=False):
                file = f"{part}/{name}"
                made[file] = rows if isinstance(rows, pl.DataFrame) else self.outputs.kept(PREFIX + file)
        named: dict[str, pl.DataFrame | Kept] = {PREFIX + name: table for name, table in made.items()}
        named |= plain_tables(self.learned or Learned(), self.shared)
        for name in (_BEARERS, _SHARED):
            table = named[name]
            assert isinstance(table, pl.DataFrame)
            named[name] = _with_codes(table, keyed(table["code"].to_numpy(), self.secret))
        names = named[_NAMES]
        assert isinstance(names, pl.DataFrame)
        named[_NAMES] = _probed(names, keyed, self.secret)  # so that earlier versions see that codes are others
        return {**named, _KEY: pl.DataFrame({"secret": [self.secret.hex()]})}

    @classmethod
    def from_tables(cls, tables: Tables) -> Known | None:
        """What the tables of a run hold; None where it kept nothing, or an earlier version did that kept it
        otherwise.
        """
        if PREFIX + "base/numbers" not in tables:
            return None
        about = tables.run.get("known", {})
        records, merge_map = tables[PREFIX + "records"], tables["merge_map"]
        held = {name: held_in(tables, name) for name in _BY_PLACE}
        return cls(
            records=merge_map.select("source", "source_id").with_columns(records["print"]),
            features=held["features"],
            values=held["values"],
            numbers=held["numbers"],
            state=state_of(tables),
            learned=_learned(tables),
            readings=about.get("readings", {}),
            counts=about.get("counts", {}),
            shared=shared_in(tables),
            pairs=_pairs(tables["state/pairs"]),
            decided=tables[PREFIX + "decided"],
            departed=tables[_DEPARTED] if _DEPARTED in tables else pl.DataFrame(schema=DEPARTED),
            pairing=about.get("pairing", ""),
            deciding=about.get("deciding", ""),
            recluster=about.get("recluster", False),
            outputs=tables,
            secret=_secret(tables) or new_secret(),
        )


def plain_tables(learned: Learned, shared: Shared) -> dict[str, pl.DataFrame]:
    """What was learned of whole columns and which values are shared, by the names of their files, without a secret."""
    codes = [("", np.zeros(0, np.uint64)), *sorted(shared.items())]
    parts = [
        pl.DataFrame({"code": some}, schema={"code": pl.UInt64}).select(pl.lit(name).alias("field"), "code")
        for name, some in codes
    ]
    return {**{PREFIX + _LEARNED + name: table for name, table in learned.tables().items()}, _SHARED: pl.concat(parts)}


_OF_ALIASES = ("oneid", "current_oneid", "since")


def _beside(assignments: pl.DataFrame) -> pl.DataFrame:
    """What of the assignments is not in the merge map."""
    home = pl.when(pl.col("home_oneid").ne_missing(pl.col("oneid"))).then("home_oneid")
    return assignments.select("first_run", home_oneid=home)


def state_of(tables: Mapping[str, pl.DataFrame]) -> State:
    """All OneIDs and who has which, from the tables of a run: the merge map, the aliases, and what stands beside."""
    merge_map, records = tables["merge_map"], tables[PREFIX + "records"]
    assignments = merge_map.select("source", "source_id", "oneid", "run_id").with_columns(
        records["first_run"], home_oneid=records["home_oneid"].fill_null(merge_map["oneid"])
    )
    oneids = tables["aliases"].select(_OF_ALIASES).hstack(tables[PREFIX + "oneids"])
    return State(oneids.select(list(ONEIDS)), assignments.select(list(ASSIGNMENTS)))


def shown_first(columns: Sequence[str]) -> list[str]:
    """The columns of values that people see of records, then the carried ones."""
    return sorted(columns, key=lambda name: name.startswith(CARRIED))


def seen(values: Overlay) -> Overlay:
    """What people see of records, without the carried columns."""
    return values.only([name for name in values.columns if not name.startswith(CARRIED)])


def carried(values: Overlay) -> pl.DataFrame:
    """The carried columns by their names; of no width where there are none."""
    names = [name for name in values.columns if name.startswith(CARRIED)]
    return values.select(names).rename(lambda name: name.removeprefix(CARRIED)) if names else pl.DataFrame()


def by_place(numbers: Overlay, prefixes: tuple[str, ...]) -> dict[str, Codes]:
    """The columns of numbers whose names begin so, one entry for each place; 0 where a part has no such column."""
    heights = numbers.heights()
    found: dict[str, Codes] = {}
    for name in numbers.columns:
        if name.startswith(prefixes):
            every = [_codes(part, name, height) for part, height in zip(numbers.parts, heights, strict=True)]
            found[name] = every[0] if len(every) == 1 else np.concatenate(every)
    return found


def _codes(part: Part, name: str, height: int) -> Codes:
    """A column of a part as it lies in memory or in its file."""
    if isinstance(part, pl.DataFrame):
        return part[name].to_numpy() if name in part.columns else np.zeros(height, np.uint64)
    if name not in part.column_names or not height:
        return np.zeros(height, np.uint64)
    (piece,) = part[name].chunks
    return np.frombuffer(piece.buffers()[1], np.uint64)[piece.offset : piece.offset + height]


def held_in(tables: Tables, name: str) -> Overlay:
    """A table by place of a run that has it: ``features``, ``values`` or ``numbers``."""
    place = placed(tables).collect()["place"].to_numpy()
    return _overlay(tables, name, tables.mapped(PREFIX + f"base/{name}"), place)


def few_at(tables: Tables, name: str, place: Rows) -> pl.DataFrame:
    """The rows of such a table at a few places, in the given order. Of the file that stays only what they lie in is
    read, where it has sums by block.
    """
    base = PREFIX + f"base/{name}"
    if not tables.in_blocks(base):
        return held_in(tables, name).at(place)
    height, place = tables.kept(base).height, place.astype(np.int64)
    old = place < height
    part = tables.rows(base, place[old].tolist())
    at = np.where(old, np.cumsum(old) - 1, place - height + part.height).astype(np.uint32)
    return _overlay(tables, name, part, at).at(at)


def placed(tables: Tables) -> pl.LazyFrame:
    """The place of each record, without the rest that is known of it."""
    return tables.scan(PREFIX + "records").select("place")


def _overlay(tables: Tables, name: str, base: Part, place: Rows) -> Overlay:
    recent = PREFIX + f"recent/{name}"
    parts: list[Part] = [base, tables[recent]] if recent in tables else [base]
    return Overlay(tuple(parts), place, _columns(parts))


def _columns(parts: Sequence[Part]) -> tuple[str, ...]:
    """The columns of the newest part, and behind them those that only older ones have."""
    names = [part.columns if isinstance(part, pl.DataFrame) else part.column_names for part in reversed(parts)]
    return tuple(dict.fromkeys(name for found in names for name in found))


def learned_in(tables: Tables) -> Learned:
    """What was learned from whole columns. Raises InputError (E253) where this version cannot use it."""
    prefix = PREFIX + _LEARNED
    found = {name.removeprefix(prefix): tables[name] for name in tables if name.startswith(prefix)}
    if _BEARERS in tables:
        found[_BEARERS.removeprefix(prefix)] = _unkeyed(tables, _BEARERS)
    secret = _secret(tables)
    if secret is not None and _NAMES in tables:
        found[_NAMES.removeprefix(prefix)] = _probed(tables[_NAMES], unkeyed, secret)
    return Learned.from_tables(found)


def _learned(tables: Tables) -> Learned | None:
    try:
        return learned_in(tables)
    except InputError as error:
        if error.code != "E253":
            raise
        return None


def shared_in(tables: Tables) -> dict[str, Codes]:
    """The codes of shared values, sorted, by the facet of the values."""
    table = _unkeyed(tables, _SHARED)
    names = table["field"].unique(maintain_order=True).to_list()
    return {name: table.filter(pl.col("field") == name)["code"].to_numpy() for name in names}


def _unkeyed(tables: Tables, name: str) -> pl.DataFrame:
    """A table with its codes as they are without the secret."""
    table, secret = tables[name], _secret(tables)
    codes = table["code"].to_numpy()
    return _with_codes(table, codes if secret is None else unkeyed(codes, secret))


def _with_codes(table: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """A table with other codes, part by part in the order of these."""
    (part,) = (name for name in ("kind", "field") if name in table.columns)
    made, at, parts = table.with_columns(code=pl.Series(codes)), 0, []
    for size in table[part].rle().struct.field("len"):
        parts.append(made.slice(at, size).sort("code"))
        at += size
    return pl.concat(parts) if parts else made


def _probed(names: pl.DataFrame, under: Callable[[Codes, bytes], Codes], secret: bytes) -> pl.DataFrame:
    return names.with_columns(probe=pl.Series(under(names["probe"].to_numpy(), secret)))


def _secret(tables: Tables) -> bytes | None:
    """The secret of a run; an earlier version had none."""
    return bytes.fromhex(tables[_KEY]["secret"].item()) if _KEY in tables else None


def _pairs(table: pl.DataFrame) -> KeptPairs:
    left, right, pattern = (table[name].to_numpy() for name in ("left", "right", "pattern"))
    if "key" in table.columns:
        return left, right, pattern, table["key"].to_numpy()
    return left, right, pattern, np.full(left.size, UNTOLD, dtype=np.uint8)


def reading(source: Source) -> str:
    """A digest of all that decides what a row of a source is read as: its spec, and this version of oneid."""
    spec = source.model_dump(mode="json", exclude={"path", "format", "encoding", "feed", "line", "duplicate_id"})
    text = json.dumps([spec, VERSION], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
