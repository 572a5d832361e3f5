"""Proposes a rules file: weights fitted to the data, with labels or without, beside what they would change.

With labels a ridge logistic regression over the labelled patterns. Without, three classes of pairs
(:mod:`oneid.training.em`) say how likely each pattern is of one person, and the same regression turns that into weights
and interactions. Either way weights start at today's and move as far as the data speaks: a level that no pair shows
keeps its weight. Blocking, named rules, thresholds, guards and survivorship stay. Nothing is ever replaced: a proposal
is a text and some tables.

====  ====================================================================================
E313  the rules file exists already (``force`` overwrites it)
E314  it cannot be written
E450  too few pairs to learn from
E451  a level would be worth less than one that says less (``Comparison.order``)
E452  a class vanished: (almost) no pairs of one person, or none of two
====  ====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.kinds.compared import Compared
from oneid.outputs.ownfiles import NOTHING, Inputs, refuse_file, settles
from oneid.outputs.textfile import write_text
from oneid.pairs import scoring
from oneid.pairs.evidence import Evidence
from oneid.runs import stages
from oneid.runs.preparing import Progress, RunSettings, prepare
from oneid.settings import configfile, rulestext
from oneid.settings.config import Config
from oneid.settings.rules import Interaction, Rules, When
from oneid.training import em, labels, logistic
from oneid.training.labels import ComparedRecords
from oneid.vocabulary.errors import OneIDError, OutputError, Place, UsageError, raise_all
from oneid.vocabulary.language import joined, said
from oneid.vocabulary.patterns import Schema

__all__ = ["LEAST_LABELS", "LEAST_PAIRS", "Proposal", "compared", "refuse_existing", "train", "write"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.uint32]

LEAST_PAIRS = 500
"""Candidate pairs that learning without labels needs."""

LEAST_LABELS = 50
"""Labelled pairs of one person, and as many of two, that learning with labels needs."""

_DRAWN = 500_000
"""About how many pairs are drawn to see what strangers share by chance."""

_SHUFFLE = 2026
"""Names the order that records are drawn in; NumPy keeps the stream of a RandomState for good."""

_INTERACTIONS = 12
"""The most interactions that one training adds."""

_BITS: Mapping[str, type[pl.DataType]] = {"bits_now": pl.Float64, "bits_proposed": pl.Float64, "pairs": pl.Int64}

_SLACK = 1.0
"""Bits by which a level may be worth less than one that says less: what the ridge leaves open."""


@dataclass(frozen=True)
class Proposal:
    """Proposed rules and what they would change.

    ``weights``: field, level, bits_now, bits_proposed, pairs (candidates that show the level). ``interactions``: when,
    bits_now, bits_proposed, pairs. ``moves``: verdict_now, verdict_proposed, pairs, and with labels ``labelled`` and
    ``one_person``, how many of them are labelled, and labelled as one person. ``notes`` say what it is based on.
    """

    rules: Rules
    weights: pl.DataFrame
    interactions: pl.DataFrame
    moves: pl.DataFrame
    notes: tuple[str, ...]

    @property
    def links(self) -> tuple[int, int]:
        """Candidate pairs that are links now, and that would be."""
        now, then = (
            self.moves.filter(pl.col(side) == "match")["pairs"].sum() for side in ("verdict_now", "verdict_proposed")
        )
        return int(now), int(then)

    def shown(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """The tables for people: a title and a frame of texts each."""
        now, then = self.links
        yield "bits per level", _words(self.weights)
        if self.interactions.height:
            yield "bits where levels come together", _words(self.interactions)
        yield (
            said("candidate pairs by verdict: {now:,} links now, {then:,} proposed", now=now, then=then),
            _words(self.moves),
        )

    @property
    def text(self) -> str:
        """The proposed rules file."""
        return rulestext.to_yaml(self.rules, self.notes)


def train(
    config: str | Path | Config,
    truth: str | Path | None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Proposal:
    """Fits weights to the data of ``config``: to the labels of ``truth`` (see :mod:`oneid.training.labels`), or without
    any.

    The same input gives the same proposal. Raises OneIDError (E1xx and E2xx for what cannot be read, E450 to E452 for
    what would be nonsense), all problems at once.
    """
    loaded = config if isinstance(config, Config) else configfile.load(config)
    made = compared(prepare(loaded, threads=threads, progress=progress))
    distinct, found = np.unique(made.pairs.pattern, return_counts=True)
    candidates = em.Sample(made.settings.schema.table(distinct), found.astype(np.float64))
    if truth is None:
        sample, true, told, problems = _unlabelled(made, candidates)
        labelled = None
    else:
        labelled = labels.counts(made, Path(truth))
        sample, true, told, problems = _labelled(made.settings.schema, labelled)
    raise_all(problems)
    now, rules = made.settings.rules, _fitted(made, sample, true)
    weights = _weights(now, rules, candidates)
    raise_all(_disorder(weights, loaded.compared))
    head = f"Proposed by oneid train from {now.rules_version}: weights and interactions; all else as it was."
    return Proposal(
        rules=rules,
        weights=weights,
        interactions=_interactions(now, rules, candidates),
        moves=_moves(made, rules, distinct, found, labelled),
        notes=(head, *told),
    )


def _words(frame: pl.DataFrame) -> pl.DataFrame:
    """Counts with thousands marked off, bits with their sign."""

    def word(value: object) -> str:
        return f"{value:+.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)

    return pl.DataFrame(
        [[word(value) for value in row] for row in frame.iter_rows()],
        schema=dict.fromkeys(frame.columns, pl.String),
        orient="row",
    )


def compared(settings: RunSettings) -> ComparedRecords:
    """Reads, normalizes, blocks and compares."""
    settings.progress("read", 0.0)
    records = stages.read(settings, {}, erased=None, known=None)
    settings.progress("read", 1.0)
    settings.progress("compare", 0.0)
    made = stages.compare(settings, records, known=None)
    settings.progress("compare", 1.0)
    assert isinstance(made.evidence, Evidence)
    return ComparedRecords(settings, records, made.pairs, made.evidence)


def _drawn(made: ComparedRecords) -> em.Sample:
    """Pairs without regard to what they share: each record with those that follow it in a fixed shuffled order."""
    size = made.records.ids.height
    rows = made.records.ids.with_row_index("row").sort("source", "source_id")["row"]
    order = rows.to_numpy()[np.random.RandomState(_SHUFFLE).permutation(size)]
    steps = max(1, min((size - 1) // 2, -(-_DRAWN // size)))
    others = np.concatenate([np.roll(order, -step) for step in range(1, steps + 1)])
    distinct, found = np.unique(made.evidence.patterns(np.tile(order, steps), others), return_counts=True)
    return em.Sample(made.settings.schema.table(distinct), found.astype(np.float64))


def _unlabelled(made: ComparedRecords, candidates: em.Sample) -> tuple[em.Sample, Floats, list[str], list[OneIDError]]:
    """The candidates, how many pairs of each pattern are of one person as three classes have it, and what to tell."""
    total = int(candidates.pairs.sum())
    if total < LEAST_PAIRS:
        message = said("{total:,} candidate pairs are too few to learn from without labels", total=total)
        return (
            candidates,
            candidates.pairs,
            [],
            [_few(message, said("at least {least:,} are needed", least=LEAST_PAIRS))],
        )
    size, drawn = made.records.ids.height, _drawn(made)
    start = 1 / (1 + np.exp2(-scoring.score(made.settings.rules, scoring.Levels(candidates.table)) / 100))
    household = {one.field: one.household for one in made.settings.config.compared.comparisons}
    found = em.three_classes(made.settings.schema, candidates, drawn, size * (size - 1) / 2, start, household)
    groups = (said("one person"), said("one household"), said("strangers"))
    parts = dict(zip(groups, found.pairs, strict=True))
    kinds = {said("one person"): found.pairs[0], said("two persons"): found.pairs[1] + found.pairs[2]}
    problems: list[OneIDError] = [
        UsageError(
            "E452",
            said(
                "only {count:,.0f} of {total:,} candidate pairs seem to be of {name}: nothing to tell them by",
                count=count,
                total=total,
                name=name,
            ),
            hint="more data, other blocking keys, or labels: --truth",
        )
        for name, count in kinds.items()
        if count < LEAST_LABELS
    ]
    shares = joined(", ", [said("{name} {count:,.0f}", name=name, count=count) for name, count in parts.items()])
    told: list[str] = [
        said(
            "Based on {total:,} candidate pairs without labels ({steps} steps): {shares};",
            total=total,
            steps=found.steps,
            shares=shares,
        ),
        said(
            "what strangers share by chance is seen in {drawn:,} pairs drawn from {size:,} records.",
            drawn=int(drawn.pairs.sum()),
            size=size,
        ),
    ]
    return candidates, candidates.pairs * found.same, told, problems


def _labelled(schema: Schema, counts: pl.DataFrame) -> tuple[em.Sample, Floats, list[str], list[OneIDError]]:
    """The labelled patterns, how many pairs of each are of one person, and what to tell."""
    pairs, true = (counts[name].to_numpy().astype(np.float64) for name in ("pairs", "true"))
    same, apart = int(true.sum()), int((pairs - true).sum())
    problems: list[OneIDError] = []
    for count, what in ((same, said("one person")), (apart, said("two persons"))):
        if not count:
            hint = "label both kinds"
            problems.append(UsageError("E452", said("no compared pair is labelled as {what}", what=what), hint=hint))
        elif count < LEAST_LABELS:
            message = said(
                "{count:,} compared pairs labelled as {what} are too few to learn from", count=count, what=what
            )
            problems.append(_few(message, said("at least {least} are needed", least=LEAST_LABELS)))
    told: list[str] = [
        said(
            "Based on {total:,} labelled pairs: {same:,} of one person, {apart:,} of two.",
            total=same + apart,
            same=same,
            apart=apart,
        )
    ]
    return em.Sample(schema.table(counts["pattern"].to_numpy()), pairs), true, told, problems


def _few(message: str, hint: str) -> UsageError:
    return UsageError("E450", message, hint=hint)


def _fitted(made: ComparedRecords, sample: em.Sample, true: Floats) -> Rules:
    """Today's rules with weights and interactions fitted to a sample, starting from today's."""
    now, table = made.settings.rules, sample.table
    fields = [field for field in made.settings.schema.levels if field != scoring.SOURCES]
    x, names = logistic.design(table, fields)
    levels = scoring.Levels(table)
    held = [scoring.holds(item.when, levels) for item in now.interactions]
    kept = [item for item, rows in zip(now.interactions, held, strict=True) if rows.any()]
    x = np.column_stack((x, *(rows.astype(np.float64) for rows in held if rows.any())))
    prior = [now.weights.get(name[0][0], {}).get(name[0][1], 0.0) for name in names]
    start = np.array([*prior, *(item.bits for item in kept), now.base]) * np.log(2)
    known = [tuple((f, level) for f, levels in item.when.levels.items() for level in levels) for item in kept]
    grown, coefficients = logistic.grow(x, [*names, *known], sample.pairs, true, _INTERACTIONS, start)
    bits = [round(float(value), 2) for value in coefficients / np.log(2)]
    weights = {field: dict(now.weights.get(field, {})) for field in fields}
    for name, value in zip(names, bits, strict=False):
        ((field, level),) = name
        weights[field][level] = value
    ordered = {
        field: {level: weights[field][level] for level in made.settings.schema.levels[field] if level in weights[field]}
        for field in fields
        if weights[field]
    }
    changed = dict(zip(map(id, kept), bits[len(names) :], strict=False))
    again = [Interaction(when=item.when, bits=changed.get(id(item), item.bits)) for item in now.interactions]
    first = len(names) + len(kept)
    for name, value in zip(grown[first:], bits[first:-1], strict=True):
        again.append(Interaction(when=When(levels={field: (level,) for field, level in name}), bits=value))
    return now.model_copy(update={"base": bits[-1], "weights": ordered, "interactions": tuple(again)})


def _weights(now: Rules, then: Rules, candidates: em.Sample) -> pl.DataFrame:
    rows = []
    for field, weights in then.weights.items():
        column = candidates.table[field]
        for level, bits in weights.items():
            pairs = int(candidates.pairs[(column == level).to_numpy()].sum())
            rows.append((field, level, now.weights.get(field, {}).get(level, 0.0), bits, pairs))
    every = int(candidates.pairs.sum())
    rows.append(("base", "", now.base, then.base, every))
    return pl.DataFrame(rows, schema={"field": pl.String, "level": pl.String, **_BITS}, orient="row")


def _interactions(now: Rules, then: Rules, candidates: em.Sample) -> pl.DataFrame:
    rows, levels = [], scoring.Levels(candidates.table)
    for number, item in enumerate(then.interactions):
        before = now.interactions[number].bits if number < len(now.interactions) else 0.0
        pairs = int(candidates.pairs[scoring.holds(item.when, levels)].sum())
        rows.append((rulestext.when_text(item.when), before, item.bits, pairs))
    return pl.DataFrame(rows, schema={"when": pl.String, **_BITS}, orient="row")


def _disorder(weights: pl.DataFrame, compared: Compared) -> Iterator[OneIDError]:
    """A problem for each level that would be worth less than one that says less, where pairs show both."""
    bits: dict[str, dict[str, float]] = {}
    for row in weights.filter(pl.col("pairs") > 0).iter_rows(named=True):
        bits.setdefault(row["field"], {})[row["level"]] = row["bits_proposed"]
    for field, known in bits.items():
        for chain in compared.order.get(field, ()):
            there = [level for level in chain if level in known]
            for number, level in enumerate(there):
                for weaker in there[number + 1 :]:
                    if known[level] < known[weaker] - _SLACK:
                        message = said(
                            "{field}: {level} would be worth {bits:+.2f} bits, "
                            "less than {weaker} with {weaker_bits:+.2f}",
                            field=field,
                            level=level,
                            bits=known[level],
                            weaker=weaker,
                            weaker_bits=known[weaker],
                        )
                        yield UsageError("E451", message, hint="label more pairs that show these levels")


def _moves(
    made: ComparedRecords,
    rules: Rules,
    patterns: npt.NDArray[np.uint64],
    found: npt.NDArray[np.intp],
    labelled: pl.DataFrame | None,
) -> pl.DataFrame:
    """Candidate pairs by the verdict on their pattern now and then."""
    now, then = (
        scoring.judge(one, made.settings.schema, patterns, found.tolist()) for one in (made.settings.rules, rules)
    )
    frame = now.select("pattern", pl.col("pairs").cast(pl.Int64), pl.col("verdict").alias("verdict_now"))
    frame = frame.with_columns(verdict_proposed=then["verdict"])
    sums = ["pairs"]
    if labelled is not None:
        known = labelled.select(
            "pattern", labelled=pl.col("pairs").cast(pl.Int64), one_person=pl.col("true").cast(pl.Int64)
        )
        frame = frame.join(known, on="pattern", how="left").with_columns(pl.col("labelled", "one_person").fill_null(0))
        sums += ["labelled", "one_person"]
    moves = frame.group_by("verdict_now", "verdict_proposed").agg(pl.col(sums).sum())
    return moves.sort("verdict_now", "verdict_proposed")


def refuse_existing(output: str | Path, force: bool, inputs: Inputs = NOTHING) -> None:
    """Raises OutputError E313 where ``output`` exists, unless ``force``, E307 where what is there is no rules file, and
    E308 where the config names it.
    """
    if inputs.name(Path(output)):
        refuse_file(Path(output), inputs=inputs)
    if Path(output).exists() and not force:
        hint = "choose another name, or --force to overwrite it"
        raise OutputError("E313", "the rules file exists already", place=Place(str(output)), hint=hint)
    refuse_file(Path(output), settles("version", "weights", "rules", "blocking"))


def write(proposal: Proposal, output: str | Path, *, force: bool = False, inputs: Inputs = NOTHING) -> None:
    """Writes the proposed rules file in one piece: nobody ever sees half a file. E313, E314; E308 for one of
    ``inputs``, also with ``force``.
    """
    refuse_existing(output, force, inputs)
    write_text("E314", "the rules file cannot be written", Path(output), proposal.text)
