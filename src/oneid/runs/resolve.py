"""A whole run, from a config (or data frames) to a :class:`~oneid.runs.result.Result`."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from oneid.engines.local import LocalEngine
from oneid.identity import assignment
from oneid.kinds.catalogue import IDENTIFIER
from oneid.runs import pipeline
from oneid.runs.result import Result
from oneid.settings import configfile, rulesfile
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.sources.guess import guess_source
from oneid.vocabulary.errors import ConfigError, OneIDError, Place, UsageError, did_you_mean, raise_all

if TYPE_CHECKING:
    from oneid.runs.standing import Standing

__all__ = ["about_run", "key_of", "pairing_of", "prepare", "resolve", "rules_of", "unknown_sources"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def resolve(
    sources: str | Path | Mapping[str, Any] | Config,
    config: str | Path | Mapping[str, Any] | Config | None = None,
    *,
    run_id: str | None = None,
    at: datetime | None = None,
    folder: str | Path | None = None,
    wait: float | None = None,
    threads: int | None = None,
    progress: pipeline.Progress | None = None,
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
    work = prepare(known, frames, run_id=run_id, threads=threads, progress=progress)
    work.keep = keep
    if known.registry is None:
        pipeline.resolve(work)
        about = {**about_run(work), "guessed": guessed}
        return Result(work.tables, about, work if keep else None, known.limits)
    from oneid.runs import standing as registered

    standing = registered.begin(known, work.key, None if folder is None else Path(folder), wait)
    assert standing is not None
    try:
        standing.prepare(work)
        pipeline.resolve(work, lambda work: standing.begun(work, run_id, at))
        if not work.tables:
            return _last(standing)
        about = {**about_run(work), "guessed": guessed}
        return Result(work.tables, about, work if keep else None, known.limits, standing.finished(work, about))
    except BaseException:
        standing.close()
        raise


def _last(standing: Standing) -> Result:
    """The last run, for one that brought nothing new."""
    from oneid.runs.standing import Publishing

    assert standing.known is not None
    tables = standing.known.outputs
    run = {**getattr(tables, "run", {}), "unchanged": True}
    return Result(tables, run, None, standing.config.limits, Publishing(standing, None, {}, {}))


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


def prepare(
    config: Config,
    frames: Mapping[str, Any] | None = None,
    *,
    run_id: str | None = None,
    threads: int | None = None,
    progress: pipeline.Progress | None = None,
) -> pipeline.Work:
    """Everything a run needs before it reads its first row; all mistakes in settings are found here."""
    problems: list[OneIDError] = []
    rules, key = None, b""
    try:
        rules = rules_of(config)
    except OneIDError as error:
        problems.append(error)
    try:
        key = key_of(config)
    except OneIDError as error:
        problems.append(error)
    raise_all(problems)
    assert rules is not None
    return pipeline.Work(
        config=config,
        rules=rules,
        engine=LocalEngine(threads),
        run=assignment.Run(run_id or "", 1, _EPOCH),
        key=key,
        frames=frames or {},
        progress=progress or (lambda _stage, _share: None),
    )


def rules_of(config: Config) -> Rules:
    """The rules that a config names, with what its own identifiers need. Raises all mistakes in them at once."""
    rules = rulesfile.load_rules(config.rules, config.base, config.compared)
    raise_all(unknown_sources(rules, rulesfile.file_of(config.rules, config.base), config.sources))
    return rules.with_identifiers(field for field, spec in config.own_fields.items() if spec.kind == IDENTIFIER.name)


def unknown_sources(rules: Rules, file: str, sources: Iterable[str]) -> list[OneIDError]:
    """A problem for each source that the rules of ``file`` name and that is none of ``sources`` (E134)."""
    known = list(sources)
    named: dict[str, int | None] = {}
    for rule in rules.rules:
        for name in rule.when.sources_named():
            named.setdefault(name, rule.line)
    for name in (*rules.guards.one_per_source, *(n for part in rules.interactions for n in part.when.sources_named())):
        named.setdefault(name, None)
    return [
        ConfigError("E134", f"the rules name a source '{name}' that the config does not have",
                    place=Place(file, line), hint=did_you_mean(name, known))
        for name, line in named.items()
        if name not in known
    ]  # fmt: skip


def key_of(config: Config) -> bytes:
    """The secret for OneIDs: ``env:NAME`` from the environment (E142 where it is not set), else the public default."""
    if config.key is None:
        return assignment.PUBLIC_KEY
    if not config.key.startswith("env:"):
        hint = "write env:NAME and set that variable; a secret in a file is none"
        raise ConfigError("E142", "the key must name an environment variable", place=Place(config.file), hint=hint)
    name = config.key.removeprefix("env:")
    value = os.environ.get(name, "")
    if not value:
        hint = f"export {name}=..., or leave 'key' out"
        raise ConfigError("E142", f"the environment variable {name} is not set", place=Place(config.file), hint=hint)
    return value.encode()


def pairing_of(rules: Rules) -> dict[str, Any]:
    """What of the candidate pairs and their patterns depends on the rules: the ``blocking`` keys, and a digest of the
    values ``never_trusted``.
    """
    never = {name: sorted(values) for name, values in sorted(rules.guards.never_trusted.items())}
    return {
        "blocking": [[list(rule.keys), rule.most, list(rule.then)] for rule in rules.blocking],
        "never_trusted": hashlib.sha256(json.dumps(never, ensure_ascii=False).encode()).hexdigest()[:16],
    }


def _own_kinds(config: Config) -> dict[str, Any]:
    """What more is to be known of fields of one's own: kinds that are not of this package, and options."""
    options = {field: spec.options for field, spec in config.own_fields.items() if spec.options}
    return ({"kinds": list(config.kinds)} if config.kinds else {}) | ({"options": options} if options else {})


def about_run(work: pipeline.Work) -> dict[str, Any]:
    """What goes into run.json."""
    assert work.clusters is not None
    public = work.config.key is None
    left_out = [
        {
            "rule": line.rule,
            "pairs": line.left_out_pairs,
            "refined_blocks": line.refined,
            "dropped_blocks": line.left_out_blocks,
            "largest_dropped": line.left_out_largest,
        }
        for line in work.blocks
        if line.left_out_pairs
    ]
    rejected = work.rejected["reason"].value_counts().sort("reason")
    return {
        "run_id": work.run.run_id,
        "oneid_version": version("oneid"),
        "polars_version": pl.__version__,
        "engine": work.engine.name,
        "config_hash": hashlib.sha256(
            work.config.model_dump_json(exclude={"base", "file", "variables"}).encode()
        ).hexdigest()[:16],
        "rules_version": work.rules.rules_version,
        "schema_hash": work.schema.hash,
        "pairing": {
            "fields": {spec.field: spec.kind for spec in work.config.own_fields.values()},
            **_own_kinds(work.config),
            "sources": sorted(work.config.sources),
            **pairing_of(work.rules),
        },
        "key": "public default: anyone can compute OneIDs from member numbers; set key: env:NAME"
        if public
        else "secret",
        "rows_in": work.rows_in,
        "delta": sorted(name for name, source in work.config.sources.items() if source.feed.mode == "delta"),
        "feeds": {} if work.intake is None else work.intake.feeds,
        "birth_contradictions": work.contradictions,
        "records": work.ids.height,
        "rejected": dict(rejected.iter_rows()),
        "oneids": int(np.unique(work.clusters.labels).size),
        "candidate_pairs": int(work.left.size),
        "compared_inside_clusters": work.clusters.compared_inside,
        "clusters_with_contradictions": work.clusters.conflicts,
        "alarms": [{"size": alarm.size, "raised_to": alarm.raised_to} for alarm in work.clusters.alarms],
        "households": work.households,
        "blocks_left_out": left_out,
        "fields": [
            {"source": c.source, "field": c.field, "filled": c.filled, "usable": c.usable, "refused": dict(c.reasons)}
            for c in work.counts
        ],
        "notes": work.notes,
        "stages": work.stages,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
