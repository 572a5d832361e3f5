"""Why two records are one person or not, field by field.

Each compared field shows both values (masked: what agrees is hidden, what differs stays visible), the evidence
level, and the bits it adds; then come the score, the rule that decided and its reason, and what became of the two
records: the chain of links that joins them, or what kept them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.intake import Records
from oneid.daily.kept import seen
from oneid.pairs import blocking
from oneid.pairs import scoring as score
from oneid.pairs.judged import Judged
from oneid.records.columnfacts import Learned
from oneid.runs.pipeline import Done
from oneid.runs.preparing import RunSettings
from oneid.runs.stages import evidence_of
from oneid.vocabulary.errors import UsageError, did_you_mean
from oneid.vocabulary.masking import mask, mask_pair
from oneid.vocabulary.references import RecordRef, Verdict

__all__ = ["Explainable", "Explanation", "FieldEvidence", "explain_oneid", "explain_pair"]

Rows = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Explainable:
    """What of a finished run pairs are explained from. ``labels`` and ``oneids``: the cluster and the OneID of each
    record; ``learned``: what is known of whole columns.
    """

    settings: RunSettings
    records: Records
    learned: Learned
    judged: Judged
    labels: Rows
    oneids: pl.Series

    @classmethod
    def of(cls, done: Done) -> Explainable | None:
        """That of a run; None where it did not keep its judgements."""
        if done.judgements is None:
            return None
        oneids = done.identities.tables["merge_map"]["oneid"]
        labels = done.entities.clusters.labels
        return cls(done.settings, done.records, done.pairs.learned, done.judgements.judged, labels, oneids)

    @cached_property
    def values(self) -> pl.DataFrame:
        """What people see of the records."""
        return seen(self.records.values.whole)


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """One compared field: both values as shown, the level, and the bits it adds to the score."""

    field: str
    left: str
    right: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about a pair; ``text()`` says it to people."""

    left: RecordRef
    right: RecordRef
    fields: tuple[FieldEvidence, ...]
    extra: tuple[tuple[str, float], ...]
    score: int
    rule: str
    why: str
    verdict: Verdict
    oneids: tuple[str, str]
    candidate: bool
    path: tuple[RecordRef, ...]
    key_rule: str | None
    equal: bool = False

    @property
    def together(self) -> bool:
        """Whether both records have one OneID."""
        return self.oneids[0] == self.oneids[1]

    def text(self) -> str:
        """The explanation as lines."""
        rows = [("field", str(self.left), str(self.right), "level", "bits")]
        rows += [(f.field, f.left, f.right, f.level, f"{f.bits:+.1f}" if f.bits else "") for f in self.fields]
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        lines += [f"{name}: {bits:+.1f} bits" for name, bits in self.extra]
        why = f": {self.why}" if self.why else ""
        lines.append(f"score {self.score / 100:+.2f} bits, verdict {self.verdict} by {self.rule}{why}")
        found = f"found by blocking key {self.key_rule}" if self.candidate else "no blocking key brings them together"
        if self.equal:
            found = "they agree in everything compared"
        lines.append(f"{found}.")
        if self.together:
            lines.append(
                f"One person: {self.oneids[0]}" + (f", by {' = '.join(map(str, self.path))}" if self.path else "")
            )
        else:
            lines.append(f"Two OneIDs: {self.oneids[0]} and {self.oneids[1]}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


def _width(text: str) -> int:
    """Columns on a terminal: full-width characters take two."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _row(run: Explainable, ref: str | RecordRef) -> tuple[int, RecordRef]:
    """The record's number. Raises UsageError for what is no reference (E420) or no record (E421)."""
    if isinstance(ref, str):
        text = ref
        try:
            ref = RecordRef.parse(text)
        except ValueError:
            raise UsageError("E420", f"'{mask(text)}' is no record", hint="write source:id, as in ec:E1024") from None
    frame = run.records.ids.with_row_index("row")
    rows = frame.filter((pl.col("source") == ref.source) & (pl.col("source_id") == ref.source_id))["row"]
    if rows.is_empty():
        sources = frame["source"].unique().sort().to_list()
        hint = None if ref.source in sources else did_you_mean(ref.source, sources)
        raise UsageError("E421", f"no record {ref} in this run", hint=hint)
    return int(rows[0]), ref


def _values(run: Explainable, row: int, field: str) -> str:
    """What people see of a compared field."""
    said = next((one for one in run.settings.config.compared.comparisons if one.field == field), None)
    if said is not None and said.shown:
        return run.settings.trusted(run.records.features.of(np.array([row])))[said.shown][0] or ""
    names = [name for name in (said.made_of if said else (field,)) if name in run.values.columns]
    shown: list[str] = []
    for name in names:
        value = run.values[name][row]
        texts = value.to_list() if isinstance(value, pl.Series) else [value]
        shown += [str(text) for text in texts if text]
    return " / ".join(dict.fromkeys(shown))


def explain_pair(run: Explainable, a: str | RecordRef, b: str | RecordRef, *, show_pii: bool = False) -> Explanation:
    """Explains a pair of records of a finished run; values are masked unless ``show_pii``."""
    rules, schema = run.settings.rules, run.settings.schema
    evidence = evidence_of(run.settings, run.records, run.learned)
    plan = evidence.plan
    (first, ref_a), (second, ref_b) = _row(run, a), _row(run, b)
    if first == second:
        raise UsageError("E422", "the two records are one and the same record")
    (low, ref_l), (high, ref_r) = sorted(((first, ref_a), (second, ref_b)))
    left, right = np.array([low], dtype=np.uint32), np.array([high], dtype=np.uint32)
    pattern = evidence.patterns(left, right)
    table = score.judge(rules, schema, pattern, [1])
    levels = {field: table[field][0] for field in schema.levels}
    bits = score.explain_bits(rules, levels)
    rule, verdict, points = table["rule"][0], Verdict(table["verdict"][0]), int(table["score"][0])
    decided = _decision(run, low, high)
    if decided is not None:
        rule, verdict = "decision", decided
    fields = []
    for field, level in levels.items():
        if field == score.SOURCES:
            continue
        one, other = _values(run, low, field), _values(run, high, field)
        if not show_pii:
            one, other = mask_pair(one, other)
        fields.append(FieldEvidence(field, one, other, level, bits.get(field, 0.0)))
    why = {named.id: named.why for named in rules.rules}.get(rule, "")
    key_rule = next(
        (r.name for n, r in enumerate(plan.rules) if blocking.met(plan, left, right, n + 1)[0]), None
    )  # the first rule that makes the pair
    extra = tuple((name, value) for name, value in bits.items() if name not in schema.levels)
    return Explanation(
        left=ref_l,
        right=ref_r,
        fields=tuple(fields),
        extra=extra,
        score=points,
        rule=rule,
        why=why,
        verdict=verdict,
        oneids=(run.oneids[low], run.oneids[high]),
        candidate=key_rule is not None or bool(evidence.met(left, right)[0]),
        path=_path(run, low, high),
        key_rule=key_rule,
        equal=evidence.alike.together(low, high),
    )


def _decision(run: Explainable, low: int, high: int) -> Verdict | None:
    """What a person decided about the pair."""
    found = run.judged
    if "decision" not in found.rules:
        return None
    at = np.flatnonzero((found.left == low) & (found.right == high) & (found.rule == found.rules.index("decision")))
    return tuple(Verdict)[int(found.verdict[at[0]])] if at.size else None


def _path(run: Explainable, low: int, high: int) -> tuple[RecordRef, ...]:
    """The chain of fewest applied links from one record to the other; empty where they are two OneIDs."""
    import networkx as nx  # only who asks for an explanation waits for it

    labels = run.labels
    if labels[low] != labels[high]:
        return ()
    found = run.judged.of(Verdict.MATCH)
    mine = (labels[found.left] == labels[low]) & (labels[found.right] == labels[low])
    graph = nx.Graph(zip(found.left[mine].tolist(), found.right[mine].tolist(), strict=True))
    rows = nx.shortest_path(graph, low, high)
    return tuple(RecordRef(*run.records.ids.row(row)) for row in rows)


def explain_oneid(tables: Mapping[str, pl.DataFrame], oneid: str, *, show_pii: bool = False) -> str:
    """A whole OneID as text: its golden record, its records, and the link that holds each. ``tables`` are those of the
    run. E412 for an unknown OneID.
    """
    golden = tables["golden"].filter(pl.col("oneid") == oneid)
    if golden.is_empty():
        raise UsageError("E412", "no such OneID in this run", hint="OneIDs are OID and 14 symbols")
    lines = [f"{oneid}: {golden['n_records'][0]} records of {golden['n_sources'][0]} sources"]
    for name in golden.columns:
        if f"{name}_source" not in golden.columns or golden[name][0] is None:
            continue
        value = str(golden[name][0])
        shown = value if show_pii else mask(value)
        lines.append(f"  {name}: {shown}  ({golden[f'{name}_source'][0]}:{golden[f'{name}_source_id'][0]})")
    for row in tables["merge_map"].filter(pl.col("oneid") == oneid).iter_rows(named=True):
        how = row["status"]
        if row["rule"]:
            how = f"{row['rule']}, score {row['score'] / 100:+.2f}, by {row['via_source']}:{row['via_source_id']}"
        lines.append(f"  {row['source']}:{row['source_id']}  {how}")
    return "\n".join(lines)
