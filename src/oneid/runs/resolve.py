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
from oneid.identity import decisions
from oneid.identity.state import Run
from oneid.runs import pipeline
from oneid.runs.explain import Explainable
from oneid.runs.pipeline import Done, Given
from oneid.runs.preparing import Progress, RunSettings, pairing_of, prepare
from oneid.runs.result import Result
from oneid.runs.stages import People
from oneid.settings import configfile
from oneid.settings.config import Config
from oneid.sources.guess import guess_source
from oneid.vocabulary.errors import ConfigError, UsageError
from oneid.vocabulary.version import VERSION

if TYPE_CHECKING:
    from oneid.runs.standing import Standing

__all__ = ["about_run", "people_of", "resolve"]


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
) -> Result:
    """Finds which records are the same person and gives each person one OneID.

    ``sources`` is a config (a path to its YAML, or a Config), or data frames by source name (pandas, Polars, Arrow)
    with ``config`` saying what their columns are: a path, a mapping of the same shape as the YAML, or nothing, and
    the columns are guessed from headers and content. ``run_id`` names the run (left out: derived from config and
    data). ``progress`` is called with (stage, share done).

    With a registry in the config the run goes on from the last one: ``at`` is its time (left out: now), ``folder`` is
    where the last run is, if not where it was published. With ``wait`` the right to publish is taken at once, after so
    many seconds at most, and kept until :meth:`Result.close`. Where there is nothing new, the last run comes back.

    Nothing is written; call :meth:`Result.write`. Raises OneIDError (all mistakes at once) and never loses a record.
    """
    frames: Mapping[str, Any] = {}
    if isinstance(sources, Mapping):
        frames = sources
        wanted: Any = config if config is not None else {}
    elif config is None:
        wanted = sources
    else:
        raise UsageError("E403", "sources are given twice", hint="pass data frames and a config, or a config alone")
    known, guessed = _config(wanted, frames)
    settings = prepare(known, threads=threads, progress=progress)
    if known.registry is None:
        given = Given(frames, people=people_of(known))
        begin = partial(pipeline.named, settings, run_id=run_id)
        done = pipeline.resolve(settings, given, begin, keep=keep)
        assert done is not None
        about = {**about_run(done), "guessed": guessed}
        return Result(done.tables, about, Explainable.of(done), known.limits)
    from oneid.runs import standing as registered

    standing = registered.begin(known, settings.key, None if folder is None else Path(folder), wait)
    assert standing is not None
    try:
        return _registered(
            standing, replace(settings, remember=True), standing.given(frames), (run_id, at), keep, guessed
        )
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

    done = pipeline.resolve(settings, given, begin, keep=keep, ready=standing.encoder.offer)
    if done is None:  # nothing new: the last run once more
        assert standing.known is not None
        tables = standing.known.outputs
        run = {**getattr(tables, "run", {}), "unchanged": True}
        return Result(tables, run, None, limits, Publishing(standing, None, {}, {}))
    assert decided is not None
    made, more = publishing(standing, done, decided)
    return Result(done.tables, {**about_run(done), **more, "guessed": guessed}, Explainable.of(done), limits, made)


def people_of(config: Config) -> People:
    """What people said of pairs in the config's decisions file."""
    return People(None if config.decisions is None else decisions.read(config.path(config.decisions)))


def _config(wanted: object, frames: Mapping[str, Any]) -> tuple[Config, list[str]]:
    """The config, with the fields of data frames guessed where they are left out, and what was guessed, for people."""
    guessed: list[str] = []
    if isinstance(wanted, (str, Path)):
        wanted = configfile.load(wanted)
    if isinstance(wanted, Mapping):
        wanted = configfile.from_dict(_guessed(wanted, frames, guessed), Path())
    if not isinstance(wanted, Config):
        raise UsageError(
            "E404", f"expected a config, got {type(wanted).__name__}", hint="a path, a mapping or a Config"
        )
    config = wanted
    missing = [name for name in frames if name not in config.sources]
    if missing:
        names = ", ".join(missing)
        raise ConfigError("E141", f"data frames without a source in the config: {names}", hint="name them in sources")
    return config, guessed


def _guessed(wanted: Mapping[str, Any], frames: Mapping[str, Any], told: list[str]) -> dict[str, Any]:
    """The config with what it leaves out of data frames' ids and fields guessed; each guess is told."""
    sources = dict(wanted.get("sources") or {})
    for name, frame in frames.items():
        said = dict(sources.get(name) or {})
        if "fields" not in said or "id" not in said:
            guess = guess_source(name, frame, configfile.kinds_said(wanted))
            told.append(str(guess))
            sources[name] = guess.as_mapping() | said
    return {"version": 1, **wanted, "sources": sources}


def _own_kinds(config: Config) -> dict[str, Any]:
    """What more is to be known of fields of one's own: kinds that are not of this package, and options."""
    options = config.own_options
    return ({"kinds": list(config.kinds)} if config.kinds else {}) | ({"options": options} if options else {})


def about_run(done: Done) -> dict[str, Any]:
    """What goes into run.json."""
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
            {"source": c.source, "field": c.field, "filled": c.filled, "usable": c.usable, "refused": dict(c.reasons)}
            for c in records.counts
        ],
        "notes": records.notes,
        "stages": list(done.stages),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
