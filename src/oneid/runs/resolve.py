"""A whole run, from a config (or data frames) to a :class:`~oneid.runs.result.Result`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from oneid.daily.intake import Records
from oneid.explain.evidence import evidence_in
from oneid.identity import decisions
from oneid.identity.state import Run
from oneid.outputs.ownfiles import given
from oneid.runs import clocks, pipeline
from oneid.runs.explaining import evidence_of_run, kept_by
from oneid.runs.pipeline import Done, Given
from oneid.runs.preparing import Progress, RunSettings, inputs_of, pairing_of, prepare
from oneid.runs.result import Result
from oneid.runs.stages import People
from oneid.settings import configfile
from oneid.settings.config import Config
from oneid.sources.files import FORMATS
from oneid.sources.frames import held
from oneid.sources.guessing.guess import guess_source
from oneid.vocabulary.errors import ConfigError, UsageError, in_words
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.language import said
from oneid.vocabulary.version import VERSION

if TYPE_CHECKING:
    from oneid.runs.standing import Standing

__all__ = ["about_run", "people_of", "resolve"]


@in_words()
def resolve(
    sources: str | Path | Mapping[str, Any] | Config,
    config: str | Path | Mapping[str, Any] | Config | None = None,
    *,
    run_id: str | None = None,
    at: datetime | None = None,
    folder: str | Path | None = None,
    wait: float | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    keep: bool = True,
    dry_run: bool = False,
) -> Result:
    """Finds which records are the same person and gives each person one OneID.

    ``sources`` is a config (a path to its YAML, or a Config), or data frames by source name (pandas, Polars, Arrow)
    with ``config`` saying what their columns are: a path, a mapping of the same shape as the YAML, or nothing, and
    the columns are guessed from headers and content. ``run_id`` names the run (left out: derived from config and
    data). ``progress`` is called with (stage, share done).

    With a registry in the config the run goes on from the last one: ``at`` is its time (left out: now), ``folder`` is
    where the last run is, if not where it was published. With ``wait`` the right to publish is taken at once, after so
    many seconds at most, and kept until :meth:`Result.close`. Where there is nothing new, the last run comes back.

    Nothing is written but a registry that is not there yet; call :meth:`Result.write`. With ``dry_run`` that writes
    nothing either: it looks whether it could, checks the limits, and no registry is made. Raises OneIDError (all
    mistakes at once) and never loses a record.
    """
    one_process()
    frames: Mapping[str, Any] = {}
    if isinstance(sources, Mapping):
        frames = {name: held(frame) for name, frame in sources.items()}
        wanted: Any = config if config is not None else {}
    elif config is None:
        wanted = sources
    else:
        raise UsageError("E403", "sources are given twice", hint="pass data frames and a config, or a config alone")
    known, guessed = _config(wanted, frames)
    settings = prepare(known, threads=threads, progress=progress)
    if known.registry is not None:
        place = None if folder is None else given(folder)
        return _lasting(settings, frames, (place, wait, dry_run), (run_id, at), keep, guessed)
    before = Given(frames, people=people_of(known))
    done = pipeline.resolve(settings, before, partial(pipeline.named, settings, run_id=run_id))
    assert done is not None
    about = {**about_run(done, before.people.decided), "guessed": guessed}
    asked = partial(evidence_of_run, done, about) if keep else None
    return Result(
        done.tables, about, asked, known.limits, inputs=inputs_of(known), rows=kept_by(done), dry_run=dry_run
    )  # fmt: skip


def _lasting(
    settings: RunSettings,
    frames: Mapping[str, Any],
    how: tuple[Path | None, float | None, bool],
    named: tuple[str | None, datetime | None],
    keep: bool,
    guessed: list[str],
) -> Result:
    """A run with a registry; ``how``: where the last run is, how long it waits, and whether it writes nothing."""
    from oneid.runs import standing as registered

    place, wait, dry_run = how
    standing = registered.begin(settings.config, settings.key, place, None if dry_run else wait, dry_run=dry_run)
    assert standing is not None
    try:
        settings = replace(settings, remember=True, latest=clocks.last_day())
        return _registered(standing, settings, standing.given(frames), named, keep, guessed)
    except BaseException:
        standing.close()
        raise


def _registered(
    standing: Standing,
    settings: RunSettings,
    given: Given,
    named: tuple[str | None, datetime | None],
    keep: bool,
    guessed: list[str],
) -> Result:
    """A run that a registry knows of; ``named``: what it is to be called, and its time."""
    from oneid.runs.publishing import Publishing, publishing

    decided, limits = given.people.decided, standing.config.limits

    def begin(records: Records) -> Run | None:
        return standing.begun(settings.rules.rules_version, decided, records, *named)

    ready = _nothing if standing.rehearses else standing.offer
    done = pipeline.resolve(settings, given, begin, ready=ready)
    if done is None:  # nothing new: the last run once more
        assert standing.known is not None
        tables = standing.known.outputs
        run = {**getattr(tables, "run", {}), "unchanged": True}
        again, nothing = partial(evidence_in, tables), Publishing(standing, None, {}, {})
        return Result(tables, run, again, limits, nothing, inputs_of(standing.config), dry_run=standing.rehearses)
    assert decided is not None
    made, more = publishing(standing, done, decided)
    about = {**about_run(done, decided), **more, "guessed": guessed}
    asked = partial(evidence_of_run, done, about) if keep else None
    return Result(
        done.tables, about, asked, limits, made, inputs_of(standing.config), dry_run=standing.rehearses
    )  # fmt: skip


def _nothing(_tables: Mapping[str, pl.DataFrame]) -> None:
    pass


def people_of(config: Config) -> People:
    """What people said of pairs in the config's decisions file."""
    if config.decisions is None:
        return People()
    lines = decisions.lines(config.path(config.decisions))
    decisions.refuse_future(lines, clocks.latest())
    decisions.refuse_strange(lines, config.sources)
    return People(decisions.combine(lines, None))


def _config(wanted: object, frames: Mapping[str, Any]) -> tuple[Config, list[str]]:
    """The config, with the fields of data frames guessed where they are left out, and what was guessed, for people."""
    guessed: list[str] = []
    if isinstance(wanted, (str, Path)):
        if Path(wanted).suffix.lower() in FORMATS:
            hint = said(
                "oneid.resolve({{'name': frame}}) takes a frame; `oneid init {file}` writes a config", file=wanted
            )
            raise UsageError("E404", said("expected a config, got the file of a source"), hint=hint)
        wanted = configfile.load(wanted, frames=frames)
    if isinstance(wanted, Mapping):
        wanted = configfile.from_dict(_guessed(wanted, frames, guessed), Path())
    if not isinstance(wanted, Config):
        raise _no_config(wanted)
    config = wanted
    missing = [name for name in frames if name not in config.sources]
    if missing:
        names = ", ".join(missing)
        raise ConfigError(
            "E141",
            said("data frames without a source in the config: {names}", names=names),
            hint="name them in sources",
        )
    return config, guessed


def _no_config(wanted: object) -> UsageError:
    """E404, with what was meant."""
    message = said("expected a config, got {kind}", kind=type(wanted).__name__)
    hint = said("a path, a mapping or a Config")
    if hasattr(wanted, "columns") or hasattr(wanted, "__arrow_c_stream__"):
        hint = said("give the frame a name, which becomes that of its source: oneid.resolve({{'name': frame}})")
    elif isinstance(wanted, (list, tuple)):
        hint = said("give each frame a name, which becomes that of its source: oneid.resolve({{'name': frame, ...}})")
    return UsageError("E404", message, hint=hint)


def _guessed(wanted: Mapping[str, Any], frames: Mapping[str, Any], told: list[str]) -> dict[str, Any]:
    """The config with what it leaves out of data frames' ids and fields guessed; each guess is told."""
    sources = dict(wanted.get("sources") or {})
    for name, frame in frames.items():
        said = dict(sources.get(name) or {})
        if "fields" not in said or "id" not in said:
            guess = guess_source(name, frame, configfile.kinds_said(wanted))
            told.append(str(guess))
            guessed = guess.as_mapping()
            if "id" in said:  # which row of it counts was guessed of another one
                guessed.pop("duplicate_id", None)
            sources[name] = guessed | said
    return {"version": 1, **wanted, "sources": sources}


def _own_kinds(config: Config) -> dict[str, Any]:
    """What more is to be known of fields of one's own: kinds that are not of this package, and options."""
    options = config.own_options
    return ({"kinds": list(config.kinds)} if config.kinds else {}) | ({"options": options} if options else {})


def _of_nobody(decided: pl.DataFrame | None, ids: pl.DataFrame) -> list[str]:
    """What is to be said of lines of the decisions file that name a record which is not there."""
    if decided is None or decided.is_empty():
        return []
    lines = decided.filter(pl.col("line").is_not_null())
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        lines = lines.join(ids, left_on=ends, right_on=["source", "source_id"], how="semi")
    missing = decided["line"].count() - lines.height
    return [f"decisions: {missing} lines name a record that is not there"] if missing else []


_OF_FIELD = ("source", "field", "rows", "filled", "usable", "shared")


def about_run(done: Done, decided: pl.DataFrame | None = None) -> dict[str, Any]:
    """What goes into run.json; ``decided``: people's verdicts, of which it tells those that concern nobody."""
    settings, records, clusters, alike = done.settings, done.records, done.entities.clusters, done.pairs.alike
    config = settings.config
    public = config.key is None
    left_out = [
        {
            "rule": line.rule,
            "pairs": line.left_out_pairs,
            "refined_blocks": line.refined,
            "dropped_blocks": line.left_out_blocks,
            "largest_dropped": line.left_out_largest,
            "equal_pairs": line.equal_pairs,
        }
        for line in done.pairs.report
        if line.left_out_pairs
    ]
    rejected = records.rejected["reason"].value_counts().sort("reason")
    return {
        "run_id": done.run.run_id,
        "oneid_version": VERSION,
        "polars_version": pl.__version__,
        "engine": settings.engine.name,
        "config_hash": hashlib.sha256(
            config.model_dump_json(exclude={"base", "file", "variables"}).encode()
        ).hexdigest()[:16],
        "rules_version": settings.rules.rules_version,
        "schema_hash": settings.schema.hash,
        "pairing": {
            "fields": {spec.field: spec.kind for spec in config.own_fields.values()},
            **_own_kinds(config),
            "sources": sorted(config.sources),
            **pairing_of(settings.rules),
        },
        "key": "public default: anyone can compute OneIDs from member numbers; set key: env:NAME"
        if public
        else "secret",
        "rows_in": records.rows_in,
        "delta": sorted(name for name, source in config.sources.items() if source.feed.mode == "delta"),
        "feeds": records.feeds,
        "birth_contradictions": done.identities.contradictions,
        "birth_contradictions_in": list(done.identities.contradicted),
        "records": records.ids.height,
        "rejected": dict(rejected.iter_rows()),
        "oneids": int(np.unique(clusters.labels).size),
        "candidate_pairs": done.pairs.table.height,
        "compared_inside_clusters": clusters.compared_inside,
        "clusters_with_contradictions": clusters.conflicts,
        "alarms": [{"size": alarm.size, "raised_to": alarm.raised_to} for alarm in clusters.alarms],
        "households": done.households.about,
        "blocks_left_out": left_out,
        "equal_records": 0 if alike is None else int(alike.others[1].size),
        "fields": [
            {**{name: getattr(c, name) for name in _OF_FIELD}, "refused": dict(c.reasons)} for c in records.counts
        ],
        "notes": [*records.notes, *_of_nobody(decided, records.ids)],
        "stages": list(done.stages),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
