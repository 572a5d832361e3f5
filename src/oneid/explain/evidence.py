"""What a run says of some of its records: who they are, what people see of them, the pairs among them with what the
rules or people say of each. All of it is read where it is wanted, from the folder of a run or from a run in memory.

==== =======================================================
E421 there is no such record in the run
E412 there is no such OneID in the run
E413 the run kept too little to be explained
==== =======================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.keptrows import RowTable, has_rows, rows_in, settings_in
from oneid.outputs.runtables import Tables
from oneid.pairs import scoring
from oneid.pairs.keynumbers import ALIKE, NO_KEY, UNTOLD
from oneid.settings.rules import Rules
from oneid.vocabulary.errors import InputError, UsageError, did_you_mean
from oneid.vocabulary.language import Said, said
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import RecordRef, Verdict

if TYPE_CHECKING:
    from oneid.daily.dirtypairs import Shared
    from oneid.kinds.holders import Borne
    from oneid.pairs.columns import Columns
    from oneid.settings.config import Config

__all__ = ["Learning", "Pair", "RunEvidence", "completed", "evidence_in"]

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
_VERDICTS = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records (``left`` < ``right``, their numbers) with the levels of evidence, and what the rules say of them:
    ``score`` in hundredths of a bit, ``rule`` and ``verdict``, or what people said (``decided``).

    ``found`` tells how they came to be compared: by a blocking ``key`` (its name, where it is known), ``equal`` for
    records that agree in everything, ``inside`` one component, or not at all (an empty text).
    """

    left: int
    right: int
    pattern: int
    levels: Mapping[str, str]
    score: int
    rule: str
    verdict: Verdict
    decided: bool = False
    found: str = ""
    key: str | None = None
    alike: bool = False

    @property
    def linked(self) -> bool:
        """Whether it is a link: the run found it, or people did, and it says match. What was compared only because it
        came into one component links nobody.
        """
        return self.verdict is Verdict.MATCH and self._counts

    @property
    def asked(self) -> bool:
        """Whether it is a question for people."""
        return self.verdict is Verdict.REVIEW and self._counts

    @property
    def _counts(self) -> bool:
        return self.decided or self.found in ("key", "equal")


class Learning:
    """What is known of all records, for comparing few of them as among all: how many bear a name or hold a value, and
    which values are shared.
    """

    def __init__(self, borne: Borne | None, shared: Shared) -> None:
        self.borne = borne
        self.shared = shared


class RunEvidence:
    """A run. ``tables`` are its tables by name, ``about`` what :func:`oneid.daily.keptrows.settings_of` says,
    ``features`` and ``values`` the rows of its records; ``learning`` is asked for only where pairs are compared that
    the run did not compare.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.DataFrame],
        about: Mapping[str, Any],
        rows: tuple[RowTable, RowTable],
        learning: Callable[[], Learning],
        run: Mapping[str, Any],
    ) -> None:
        self.tables = tables
        self.about = about
        self.features, self.values = rows
        self._learning = learning
        self._last: tuple[bytes, Columns, pl.DataFrame] | None = None
        self.run = run

    # --- settings ----------------------------------------------------------------------------------------------------

    @cached_property
    def rules(self) -> Rules:
        """The rules of the run."""
        return Rules.model_validate_json(json.dumps(self.about["rules"]))

    @cached_property
    def schema(self) -> Schema:
        """The compared fields with their levels."""
        return Schema({field: tuple(words) for field, words in self.about["levels"].items()})

    @cached_property
    def config(self) -> Config:
        """The sources and kinds of the run, without where files are."""
        from oneid.settings.config import Config, Source

        sources = (Source.model_validate_json(json.dumps(source)) for source in self.about["sources"])
        return Config(sources={one.name: one for one in sources}, kinds=tuple(self.about.get("kinds", ())))

    @cached_property
    def _coming(self) -> Future[Learning]:
        """What is known of all records, which is read beside the loading of what compares."""
        pool = ThreadPoolExecutor(1)
        coming = pool.submit(copy_context().run, self._learning)
        pool.shutdown(wait=False)
        return coming

    @property
    def learning(self) -> Learning:
        """What is known of all records."""
        return self._coming.result()

    # --- who ---------------------------------------------------------------------------------------------------------

    def scan(self, name: str) -> pl.LazyFrame:
        """A table of which little is wanted."""
        scan = getattr(self.tables, "scan", None)
        found: pl.LazyFrame = self.tables[name].lazy() if scan is None else scan(name)
        return found

    @cached_property
    def _map(self) -> pl.DataFrame:
        """source, source_id and oneid of all records: read once, for whatever is asked of records asks for them."""
        return self.scan("merge_map").select("source", "source_id", "oneid").collect()

    def row(self, ref: RecordRef) -> int:
        """The number of a record. E421 where there is none."""
        rows = ((self._map["source_id"] == ref.source_id) & (self._map["source"] == ref.source)).arg_true()
        if rows.is_empty():
            sources = sorted(source["name"] for source in self.about["sources"])
            hint = None if ref.source in sources else did_you_mean(ref.source, sources)
            raise UsageError("E421", said("no record {ref} in this run", ref=ref), hint=hint)
        return int(rows[0])

    def members(self, oneid: str) -> Rows:
        """The numbers of the records of a OneID, rising. E412 where there is none."""
        rows = (self._map["oneid"] == oneid).arg_true()
        if rows.is_empty():
            raise UsageError("E412", "no such OneID in this run", hint=self._now_called(oneid))
        return rows.to_numpy().astype(np.uint32)

    def _now_called(self, oneid: str) -> Said | None:
        """What OneID one that was merged or renamed leads to."""
        if "aliases" in self.tables:
            found = self.scan("aliases").filter(pl.col("oneid") == oneid).collect()
            if found.height and found["current_oneid"][0] and found["current_oneid"][0] != oneid:
                return said("it is now {oneid}", oneid=found["current_oneid"][0])
            if found.height:
                return said("it was retired: none of its records is there any more")
        return None

    def who(self, rows: Iterable[int]) -> dict[int, tuple[RecordRef, str]]:
        """By number the record and its OneID."""
        some = sorted(set(rows))
        return {
            row: (RecordRef(source, id_), oneid)
            for row, (source, id_, oneid) in zip(some, self._map[some].iter_rows(), strict=True)
        }

    def shown(self, rows: Sequence[int]) -> dict[int, dict[str, str]]:
        """By number and compared field what people see of a record; empty where there is nothing."""
        some = np.array(rows, dtype=np.uint32)
        values = self.values.of(some)
        shown = {field: told for field, told in self.about["shown"].items() if field in self.schema.levels}
        features = None
        if any(feature for _, feature in shown.values()):
            features = self.features.of(some)
            if self.rules.guards.never_trusted:
                features = self._trusted(features)
        made: dict[int, dict[str, str]] = {}
        for at, row in enumerate(rows):
            made[row] = {
                field: _text(values, columns, at) if not feature or features is None else features[feature][at] or ""
                for field, (columns, feature) in shown.items()
            }
        return made

    # --- pairs -------------------------------------------------------------------------------------------------------

    @cached_property
    def _pairs(self) -> dict[str, dict[str, npt.NDArray[Any]]]:
        """The pairs that the run compared, and those that people decided, as arrays."""
        found = {}
        for name in ("state/pairs", "state/inside", "state/decided"):
            table = self.tables[name]
            found[name] = {column: table[column].to_numpy() for column in table.columns}
        return found

    def _at(self, name: str, mask: Flags, both: bool) -> npt.NDArray[np.intp]:
        left, right = (self._pairs[name][side] for side in ("left", "right"))
        if not both:
            return np.flatnonzero(mask[left] | mask[right])
        at = np.flatnonzero(mask[left])
        return at.compress(mask[right[at]])

    def pairs(self, rows: Iterable[int], *, both: bool = True) -> list[Pair]:
        """The pairs that were compared or decided with both ends, or one, among some records, by their numbers."""
        mask = np.zeros(self.height, dtype=np.bool_)
        mask[list(rows)] = True
        ends: list[tuple[int, int, int, str, int]] = []
        for name, found in (("state/pairs", "key"), ("state/inside", "inside")):
            pairs, at = self._pairs[name], self._at(name, mask, both)
            key = pairs["key"][at] if "key" in pairs else np.full(at.size, UNTOLD, np.uint8)
            columns = (pairs[column][at].tolist() for column in ("left", "right", "pattern"))
            ends += [(a, b, code, found, k) for a, b, code, k in zip(*columns, key.tolist(), strict=True)]
        decided = self._decided(mask, both)
        there = {(a, b) for a, b, *_ in ends}
        ends += [(a, b, -1, "", UNTOLD) for a, b in decided if (a, b) not in there]
        unknown = [(a, b) for a, b, code, *_ in ends if code < 0]
        codes = dict(zip(unknown, self.compared(unknown), strict=True))
        return self._judged([(a, b, codes.get((a, b), code), how, key) for a, b, code, how, key in ends], decided)

    def pair(self, low: int, high: int) -> Pair:
        """One pair, whether it was compared or not."""
        found = [one for one in self.pairs((low, high)) if (one.left, one.right) == (low, high)]
        if found and found[0].found:
            return found[0]
        (pattern,) = self.compared([(low, high)])
        mask = np.zeros(self.height, dtype=np.bool_)
        mask[[low, high]] = True
        key = UNTOLD + (ALIKE if self._agree(low, high) else 0)
        (made,) = self._judged([(low, high, pattern, "", key)], self._decided(mask, both=True))
        return made

    def _decided(self, mask: Flags, both: bool) -> dict[tuple[int, int], Verdict]:
        at = self._at("state/decided", mask, both)
        columns = (self._pairs["state/decided"][column][at].tolist() for column in ("left", "right", "verdict"))
        return {(a, b): _VERDICTS[verdict] for a, b, verdict in zip(*columns, strict=True)}

    def _judged(
        self, ends: Sequence[tuple[int, int, int, str, int]], decided: Mapping[tuple[int, int], Verdict]
    ) -> list[Pair]:
        if not ends:
            return []
        codes = np.array([code for _, _, code, *_ in ends], dtype=np.uint64)
        patterns, inverse = np.unique(codes, return_inverse=True)
        table = scoring.judge(self.rules, self.schema, patterns, [1] * patterns.size).to_dicts()
        made = []
        for (a, b, code, found, key), at in zip(ends, inverse.tolist(), strict=True):
            told = table[at]
            verdict, rule = Verdict(told["verdict"]), told["rule"]
            if (a, b) in decided:
                verdict, rule = decided[a, b], "decision"
            number = key % ALIKE
            name = self.rules.blocking[number].name if number < len(self.rules.blocking) else None
            made.append(Pair(
                left=a, right=b, pattern=code, levels={field: told[field] for field in self.schema.levels},
                score=told["score"], rule=rule, verdict=verdict, decided=(a, b) in decided,
                found="equal" if number == NO_KEY else found, key=name if found == "key" else None,
                alike=key >= ALIKE,
            ))  # fmt: skip
        return sorted(made, key=lambda one: (one.left, one.right))

    @property
    def height(self) -> int:
        """How many records there are."""
        return int(self.run["records"])

    # --- comparing ---------------------------------------------------------------------------------------------------

    def _trusted(self, features: pl.DataFrame) -> pl.DataFrame:
        from oneid.pairs.schema import trusted

        return trusted(features, self.config, self.rules)

    def columns(self, rows: Rows) -> tuple[Columns, pl.DataFrame]:
        """The comparison columns of some records, as among all, and their features."""
        from oneid.engines.local import LocalEngine
        from oneid.pairs.columns import columns_of

        if self._last is None or self._last[0] != rows.tobytes():
            features, known = self._trusted(self.features.of(rows)), self.learning
            made = columns_of(features, LocalEngine(1), known.borne, known.shared, self.config.compared)
            self._last = rows.tobytes(), made, features
        return self._last[1:]

    def compared(self, pairs: Sequence[tuple[int, int]]) -> list[int]:
        """The patterns of pairs, which are compared for it."""
        if not pairs:
            return []
        self._coming  # noqa: B018 - begun here
        from oneid.engines.local import LocalEngine
        from oneid.pairs.evidence import patterns_of

        rows = np.unique(np.array(pairs, dtype=np.uint32))
        columns, features = self.columns(rows)
        at = np.searchsorted(rows, np.array(pairs, dtype=np.uint32)).astype(np.uint32)
        made = patterns_of(self.schema, columns, features["source"], (at[:, 0], at[:, 1]), LocalEngine(1))
        return [int(code) for code in made.tolist()]

    def _agree(self, low: int, high: int) -> bool:
        """Whether two records agree in everything compared, and say enough for that to count."""
        from oneid.pairs.alike import SAME
        from oneid.pairs.alike import Said as Enough
        from oneid.pairs.columns import block_keys, held

        columns, _ = self.columns(np.array([low, high], dtype=np.uint32))
        borne = self.learning.borne
        keys = block_keys(columns, None if borne is None else borne.heard)
        (same,) = keys[SAME]
        if same[0] != same[1]:
            return False
        evidence = Enough(keys, held(columns), self.learning.shared)
        return bool(evidence.enough(np.array([0]), self.rules.blocking, self.config.compared)[0])


def evidence_in(tables: Tables) -> RunEvidence:
    """The run whose tables these are. Raises UsageError (E413) where it kept too little."""
    about = settings_in(tables) if has_rows(tables) else None
    if about is None or "state/pairs" not in tables:
        raise UsageError("E413", "the run kept no records to explain", hint="resolve again with this version")
    if "levels" not in about:
        about = completed(about)
    return RunEvidence(tables, about, rows_in(tables), lambda: _learning(tables), tables.run)


def _learning(tables: Tables) -> Learning:
    from oneid.daily.kept import learned_in, shared_in

    try:
        return Learning(learned_in(tables).borne, shared_in(tables))
    except InputError as error:
        if error.code != "E253":
            raise
        hint = "resolve again with this version"
        raise UsageError("E413", "the run was made by a version that compares otherwise", hint=hint) from None


def completed(about: dict[str, object]) -> dict[str, object]:
    """What an earlier version did not say: the levels and what is shown are those of this version."""
    from oneid.daily.keptrows import settings_of
    from oneid.pairs.schema import schema_of

    old = RunEvidence({}, about, (None, None), None, {})  # type: ignore[arg-type]
    return settings_of(old.rules, old.config, schema_of(old.config, old.rules))


def _text(values: pl.DataFrame, columns: Sequence[str], at: int) -> str:
    """What people see of a field that is made of some columns, each text once."""
    shown: list[str] = []
    for name in columns:
        if name in values.columns:
            value = values[name][at]
            shown += [str(text) for text in (value.to_list() if isinstance(value, pl.Series) else [value]) if text]
    return " / ".join(dict.fromkeys(shown))
