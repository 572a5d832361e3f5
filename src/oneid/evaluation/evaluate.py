"""``oneid evaluate``: a merge map, and the run that made it, against a truth, or without one.

A *merge map* is a file with source, source_id and oneid, or the folder of a run. A *truth* is a file with source (or
system), source_id (or member_id) and person_id; other columns are passed over. In its place there may be pairs that
people labelled (:mod:`oneid.evaluation.labelledpairs`): a decisions file. Where the merge map lies in a run's
folder, what the run stored beside it says which rules and patterns the mistakes come from; with the config, the
features are made again, and each blocking key is measured.

E206, E210 and the other codes of :mod:`oneid.sources.reading` tell of files; E261: a record of the truth is two
persons; E262: the merge map, or the config's sources, hold no record of the truth; E263: the merge map is not of the
run's records; E430: there is neither a truth nor a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from oneid.evaluation import blockingcoverage as coverage
from oneid.evaluation import labelledpairs, mistakes
from oneid.evaluation.blockingcoverage import Coverage, Estimate
from oneid.evaluation.measures import Quality, quality
from oneid.kinds.catalogue import IDENTIFIER
from oneid.outputs.folderlock import as_output_error
from oneid.outputs.listedfiles import refuse_listed, written
from oneid.outputs.runtables import read_tables
from oneid.outputs.tables.tablefiles import defused
from oneid.runs import stages
from oneid.runs.preparing import prepare
from oneid.settings.config import Config
from oneid.sources import columnnames
from oneid.sources.files import FORMATS, Request, read_file
from oneid.vocabulary.errors import InputError, Place, UsageError, did_you_mean
from oneid.vocabulary.language import said
from oneid.vocabulary.pages.lines import Axis, line_chart

__all__ = ["Evaluation", "evaluate", "read_merge_map", "read_truth", "refuse_written"]

_RECORD = ("source", "source_id")
_NEEDED = ("merge_map", "links", "patterns", "state/pairs")
_FILE = "evaluation.json"
_WRITTEN = ("by_source_pair", "mistakes", "by_rule", "by_pattern", "thresholds", "blocking", "labels", "by_verdict")
_LINES = 10
"""So many lines of long tables are shown."""
_STEPS = range(20, -11, -2)
"""The thresholds that are shown, in bits."""
_DEFUSED = "^'([=+\\-@\t\r\n＝＋－＠])"  # what oneid.outputs.tables.tablefiles.defused puts before ids in CSV


@dataclass(frozen=True)
class Evaluation:
    """What was measured; what could not be is None or not among ``tables``, and ``notes`` say why.

    ``tables``: ``by_source_pair``, ``mistakes`` (with a truth); ``by_rule``, ``by_pattern``, ``thresholds`` (with a
    truth and a run); ``blocking`` (with a truth and a config); ``labels`` (with labelled pairs), ``by_verdict`` (and a
    run). Their columns: :mod:`oneid.evaluation.mistakes`, :mod:`oneid.evaluation.blockingcoverage`,
    :mod:`oneid.evaluation.labelledpairs`.
    """

    quality: Quality | None = None
    coverage: Coverage | None = None
    estimate: Estimate | None = None
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    match_bits: float | None = None
    """The threshold of a link in bits, where the config is known."""
    labels: Mapping[str, int] | None = None
    """How many pairs were labelled, and how many of these are right."""

    def to_dict(self) -> dict[str, object]:
        """The figures by name, for JSON."""
        guess = self.estimate
        shares = {"compared_share": guess.compared_share, "together_share": guess.together_share} if guess else {}
        return {
            "quality": self.quality.to_dict() if self.quality else None,
            "labels": None if self.labels is None else dict(self.labels),
            "coverage": asdict(self.coverage) if self.coverage else None,
            "estimate": {**asdict(guess), **shares} if guess else None,
            "notes": list(self.notes),
        }

    def picture(self) -> str | None:
        """The threshold curve as SVG; None without one."""
        curve = self.tables.get("thresholds")
        if curve is None or curve.is_empty():
            return None
        bits = curve["bits"]
        lines = {name: list(zip(bits, curve[name], strict=True)) for name in ("precision", "recall")}
        low, high = (float(np.clip(edge, -20, 30)) for edge in (np.floor(bits[-1]), np.ceil(bits[0])))
        marks = {} if self.match_bits is None else {"match": self.match_bits}
        axes = Axis("threshold of the score, bits", low, max(high, low + 1)), Axis("share", 0, 1)
        return line_chart("Pairs taken alone: precision and recall by threshold", *axes, lines, marks=marks)

    def shown(self) -> list[tuple[str, pl.DataFrame]]:
        """Titles and tables for people, the first lines of long ones, counts and shares as text."""
        tables = self.tables
        curve = tables.get("thresholds", pl.DataFrame(schema={"bits": pl.Float64}))
        steps = [curve.filter(pl.col("bits") >= bits).tail(1).with_columns(bits=pl.lit(bits)) for bits in _STEPS]
        pairs = tables.get("mistakes", pl.DataFrame()).head(_LINES)
        parts = {
            "against the truth": _figures(self.quality.to_dict() if self.quality else {}),
            "against labelled pairs": _figures(self.labels or {}),
            "labelled pairs by verdict": tables.get("by_verdict", pl.DataFrame()),
            "labelled pairs that are wrong": labelledpairs.wrong(tables.get("labels")),
            "pairs by source": tables.get("by_source_pair", pl.DataFrame()),
            "links by rule": tables.get("by_rule", pl.DataFrame()),
            "patterns with most mistakes": tables.get("by_pattern", pl.DataFrame()).drop("pattern", strict=False),
            "pairs behind them": pairs.drop("pattern", "score", strict=False),
            "score alone, at each threshold": pl.concat(steps),
            "true pairs that each blocking key brings": tables.get("blocking", pl.DataFrame()),
            "blocking, against the truth": _figures(asdict(self.coverage) if self.coverage else {}),
            "blocking, estimated without the truth": _figures(self._guessed()),
        }
        long = {"patterns with most mistakes": _LINES, "labelled pairs that are wrong": _LINES}
        return [(name, _told(frame.head(long.get(name, 60)))) for name, frame in parts.items() if not frame.is_empty()]

    def _guessed(self) -> dict[str, float]:
        guess = self.estimate
        if guess is None:
            return {}
        lists = {said("found by {name}", name=name): count for name, count in guess.lists.items()}
        return lists | {
            "pairs under one OneID": guess.together,
            "compared": guess.compared,
            "found once": guess.once,
            "found twice": guess.twice,
            "true pairs, at least": int(guess.total),
            "share compared, about": guess.compared_share,
            "share under one OneID, at most": guess.together_share,
        }

    def write(self, folder: Path) -> None:
        """Writes ``evaluation.json``, each table as Parquet and CSV, and ``thresholds.svg`` into ``folder``, each file
        whole or not at all. Raises OutputError E301 to E305, and E307 where a file would be replaced that no evaluation
        wrote.
        """
        with as_output_error(folder):
            refuse_written(folder)
            with written(folder, _FILE, self.to_dict) as staging:
                for table, frame in self.tables.items():
                    frame.write_parquet(staging / f"{table}.parquet")
                    defused(frame).write_csv(staging / f"{table}.csv", include_bom=True, line_terminator="\r\n")
                if (picture := self.picture()) is not None:
                    (staging / "thresholds.svg").write_text(picture, "utf-8")


def refuse_written(folder: Path) -> None:
    """Refuses a folder in which an evaluation would replace a file that none wrote (E307)."""
    files = [f"{name}.{kind}" for name in _WRITTEN for kind in ("parquet", "csv")]
    refuse_listed(folder, [_FILE, "thresholds.svg", *files], _FILE)


def _figures(named: Mapping[str, float]) -> pl.DataFrame:
    return pl.DataFrame({"figure": list(named), "value": [_cell(value) for value in named.values()]})


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.Series(name, [_cell(cell) for cell in frame[name]], pl.String) for name in frame.columns)


def _cell(value: object) -> str:
    """Counts with commas, shares with four decimals."""
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


@dataclass(frozen=True)
class _Run:
    """What a run stored: its records in the order of their numbers, compared pairs, pattern table and links."""

    records: pl.DataFrame
    pairs: pl.DataFrame
    patterns: pl.DataFrame
    links: pl.DataFrame


def evaluate(
    merge_map: str | Path,
    truth: str | Path | None = None,
    *,
    run: str | Path | None = None,
    config: Config | None = None,
) -> Evaluation:
    """Measures a merge map; see the module for what is measured from what, and the errors.

    ``run`` is the folder of the run that made it (left out: the folder that it lies in, if that is a run's), ``config``
    the config whose blocking keys are measured.
    """
    path = Path(merge_map)
    folder = Path(run) if run is not None else _folder_of(path)
    if truth is None and folder is None:
        hint = "oneid evaluate MERGE_MAP TRUTH, or the folder of a run"
        raise UsageError("E430", "without a truth, only a run can be evaluated", hint=hint)
    notes: list[str] = []
    given = read_merge_map(path)
    stored = _stored(folder, notes) if folder is not None else None
    if folder is None:
        notes.append(said("errors by rule and pattern, and thresholds, need the run: --run DIR"))
    if truth is None:
        return _without_truth(given, stored, config, notes)
    labels = labelledpairs.read_labels(Path(truth))
    if labels is not None:
        return _with_labels(given, stored, labels, str(truth), notes)
    known = read_truth(Path(truth))
    if known.join(given, on=_RECORD, how="semi").is_empty():
        hint = "do 'source' and 'source_id' mean the same in both files?"
        raise InputError("E262", "no record of the truth is in the merge map", place=Place(str(truth)), hint=hint)
    records = _records(given, known, stored)
    pairs = mistakes.same_pairs(records, "person_id")
    held = records["person_id"].drop_nulls().value_counts()["count"].cast(pl.Int64)
    true_pairs = int((held * (held - 1) // 2).sum())
    if true_pairs > pairs.height:
        notes.append(
            said("persons of more than {most} records: their pairs are counted, not listed", most=mistakes.MOST_LISTED)
        )
    tables = {"by_source_pair": mistakes.by_source_pair(records)}
    covered = None
    if stored is not None:
        tables |= _of_run(records, stored, true_pairs)
        compared = pairs.join(stored.pairs.select("left", "right"), on=["left", "right"], how="semi")
        reached = coverage.closure(records.height, compared, pairs)
        covered = Coverage(true_pairs, compared.height / max(pairs.height, 1), reached)
        links = _numbered(stored)
        tables["mistakes"] = mistakes.mistaken_pairs(records, (stored.pairs, stored.patterns, links))
    else:
        tables["mistakes"] = mistakes.mistaken_pairs(records)
    match_bits = None
    if config is not None:
        tables["blocking"], covered, match_bits = _by_key(known, config, str(truth))
    else:
        notes.append(said("the share that each blocking key brings needs the config: --config CONFIG"))
    guess = None if stored is None else _estimate(records, stored, config, notes)
    return Evaluation(quality(given, known), covered, guess, tables, tuple(notes), match_bits)


def _without_truth(given: pl.DataFrame, stored: _Run | None, config: Config | None, notes: list[str]) -> Evaluation:
    if stored is None:
        return Evaluation(notes=tuple(notes))
    nobody = pl.DataFrame(schema={"source": pl.String, "source_id": pl.String, "person_id": pl.String})
    guess = _estimate(_records(given, nobody, stored), stored, config, notes)
    return Evaluation(estimate=guess, notes=tuple(notes))


def _with_labels(
    given: pl.DataFrame, stored: _Run | None, labels: pl.DataFrame, place: str, notes: list[str]
) -> Evaluation:
    told = None if stored is None else (labelledpairs.ended(stored.records, stored.pairs), stored.patterns)
    pairs = labelledpairs.labelled(labels, given, told, place)
    tables = {"labels": pairs} | ({} if told is None else {"by_verdict": labelledpairs.by_verdict(pairs)})
    notes.append(labelledpairs.caveat())
    return Evaluation(tables=tables, notes=tuple(notes), labels=labelledpairs.figures(pairs, labels))


def _folder_of(path: Path) -> Path | None:
    """The folder of the run that a merge map belongs to."""
    folder = path if path.is_dir() else path.parent
    return folder if (folder / "run.json").is_file() else None


def _stored(folder: Path, notes: list[str]) -> _Run | None:
    """What a run stored; None, and a note, where it lacks what is needed."""
    tables = read_tables(folder)
    missing = [name for name in _NEEDED if name not in tables]
    if missing:
        notes.append(
            said(
                "the run in {folder} has no {missing}: nothing is told by rule, pattern or threshold",
                folder=folder,
                missing=", ".join(missing),
            )
        )
        return None
    records = tables["merge_map"].select(_RECORD).with_row_index("rec")
    return _Run(records, tables["state/pairs"], tables["patterns"], tables["links"])


def _records(given: pl.DataFrame, known: pl.DataFrame, stored: _Run | None) -> pl.DataFrame:
    """One row per record of the run (else of the merge map), then those that only the truth knows: they are lost, each
    a OneID of its own.
    """
    unique = given.unique(_RECORD, keep="first", maintain_order=True)
    if stored is None:
        base = unique.select(_RECORD)
    else:
        base = stored.records.select(_RECORD)
        if not unique.join(base, on=_RECORD, how="anti").is_empty():
            hint = "name the run that made this merge map with --run"
            raise InputError("E263", "the merge map holds records that the run does not", hint=hint)
    lost = known.select(_RECORD).join(base, on=_RECORD, how="anti", maintain_order="left")
    base = pl.concat([base, lost]).join(unique, on=_RECORD, how="left", maintain_order="left")
    base = base.join(known, on=_RECORD, how="left", maintain_order="left")
    alone = pl.concat_str(pl.lit("lost "), "source", pl.lit(":"), "source_id")
    return base.with_columns(oneid=pl.coalesce("oneid", alone)).with_row_index("rec")


def _numbered(stored: _Run) -> pl.DataFrame:
    """The run's links with record numbers, ``left`` < ``right``."""
    links = stored.links
    for side in ("l", "r"):
        ends = stored.records.rename({"rec": side})
        links = links.join(ends, left_on=[f"source_{side}", f"source_id_{side}"], right_on=list(_RECORD))
    return links.with_columns(left=pl.min_horizontal("l", "r"), right=pl.max_horizontal("l", "r"))


def _of_run(records: pl.DataFrame, stored: _Run, true_pairs: int) -> dict[str, pl.DataFrame]:
    patterns = mistakes.by_pattern(records, stored.pairs, stored.patterns)
    return {
        "by_rule": mistakes.by_rule(records, _numbered(stored).select("left", "right", "rule")),
        "by_pattern": patterns,
        "thresholds": mistakes.threshold_curve(patterns, true_pairs),
    }


def _estimate(records: pl.DataFrame, stored: _Run, config: Config | None, notes: list[str]) -> Estimate | None:
    specs = [spec for source in config.sources.values() for spec in source.fields.values()] if config else []
    identifiers = sorted({spec.field for spec in specs if spec.kind == IDENTIFIER.name and spec.own})
    numbers = records["oneid"].rank("dense").cast(pl.UInt32).to_numpy()
    compared = config.compared if config else None
    guess = coverage.estimate(numbers, stored.pairs, stored.patterns, identifiers, compared)
    if guess is None:
        notes.append(said("no estimate: fewer than two kinds of evidence find pairs"))
    return guess


def _by_key(known: pl.DataFrame, config: Config, truth: str) -> tuple[pl.DataFrame, Coverage, float]:
    """What each blocking key of a config brings, its features made again."""
    settings = prepare(config)
    records = stages.read(settings, {}, erased=None, known=None)
    plan = stages.every_pair(settings, records).plan()
    rows = records.ids.select(_RECORD).join(known, on=_RECORD, how="left", maintain_order="left")
    if rows["person_id"].null_count() == rows.height:
        hint = "is it the config of the merge map?"
        raise InputError("E262", "no record of the truth is in the config's sources", place=Place(truth), hint=hint)
    true = mistakes.same_pairs(rows.with_row_index("rec"), "person_id")
    table, seen = coverage.by_key(plan, true)
    reached = coverage.closure(rows.height, true.filter(pl.Series(seen)), true)
    share = float(seen.mean()) if seen.size else 1.0
    return table, Coverage(true.height, share, reached), settings.rules.thresholds.match


def read_merge_map(path: Path) -> pl.DataFrame:
    """source, source_id and oneid of a file, or of the run in a folder; ids that CSV guards with ``'`` as they were."""
    if path.is_dir():
        return read_tables(path)["merge_map"].select(*_RECORD, "oneid")
    frame = _read(path, {"source": ("source",), "source_id": ("source_id",), "oneid": ("oneid",)})
    if FORMATS.get(path.suffix.lower()) in ("csv", "tsv"):
        frame = frame.with_columns(pl.col(_RECORD).str.replace(_DEFUSED, "${1}"))
    return frame


def read_truth(path: Path) -> pl.DataFrame:
    """source, source_id and person_id of a file; a record stands once. Rows without a person are left out."""
    wanted = {"source": ("source", "system"), "source_id": ("source_id", "member_id"), "person_id": ("person_id",)}
    frame = _read(path, wanted).drop_nulls("person_id").unique(maintain_order=True)
    twice = frame.filter(pl.struct(_RECORD).is_duplicated()).select(_RECORD).unique(maintain_order=True)
    if twice.height:
        source, source_id = twice.row(0)
        more = said(" (and {n} more)", n=twice.height - 1) if twice.height > 1 else ""
        message = said(
            "the record {source}:{source_id}{more} is two persons", source=source, source_id=source_id, more=more
        )
        raise InputError("E261", message, place=Place(str(path)), hint="a record has one person_id")
    return frame


def _read(path: Path, wanted: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """Columns of a file, each under the first of its possible names that is there; E206 where none is."""
    columns: tuple[str, ...] | None = None
    if path.is_file() and FORMATS.get(path.suffix.lower()) == "parquet":  # only columns that are asked for need be text
        try:
            names = list(pl.read_parquet_schema(path))
            columns = tuple(name for name in names if any(name in choices for choices in wanted.values()))
        except (pl.exceptions.PolarsError, OSError):
            columns = None  # reading it says what is wrong
    elif not path.exists():
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError("E201", "there is no such file", place=Place(str(path)), hint=did_you_mean(path.name, near))
    ids = tuple(name for choices in wanted.values() for name in choices)
    frame = read_file(path, Request(columns, ids)).frame
    chosen = {}
    for name, choices in wanted.items():
        found = next((choice for choice in choices if choice in frame.columns), None)
        if found is None:
            hint = columnnames.near(choices[0], frame.columns, ids)
            message = said("the column '{choices}' is missing", choices=" or ".join(choices))
            raise InputError("E206", message, place=Place(str(path)), hint=hint)
        chosen[name] = pl.col(found).alias(name)
    return frame.select(list(chosen.values()))
