"""What is fixed for a run before it reads its first row: config, rules, key, engine, and the levels of evidence."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from oneid.engines.base import Engine
from oneid.engines.local import LocalEngine
from oneid.kinds.catalogue import IDENTIFIER, kinds_of
from oneid.kinds.compared import Compared
from oneid.kinds.shapes import Features
from oneid.outputs.elsewhere.addresses import names_files
from oneid.outputs.ownfiles import Inputs
from oneid.pairs.schema import Trusted, schema_of
from oneid.pairs.scoring import SOURCES, source_pair
from oneid.settings import rulesfile
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.vocabulary.errors import ConfigError, OneIDError, Place, did_you_mean, raise_all
from oneid.vocabulary.language import said
from oneid.vocabulary.oneids import PUBLIC_KEY
from oneid.vocabulary.patterns import Schema

__all__ = [
    "Progress", "RunSettings", "compared_in", "inputs_of", "key_of", "pairing_of", "prepare", "rules_of", "schema_in",
    "unknown_sources",
]  # fmt: skip

Progress = Callable[[str, float], None]
"""Called with the name of the stage and the share of it that is done, 0 to 1."""


def _silent(_stage: str, _share: float) -> None:
    pass


@dataclass(frozen=True)
class RunSettings:
    """What is fixed for a run. ``schema`` says what its patterns mean, ``key`` is the secret for OneIDs, ``remember``
    tells whether the next run shall be able to go on from this one, ``forget`` whether it shall know nothing that no
    record shows any more. ``latest`` is the last day that is not in the future (None: a run without a registry, which
    no clock changes).
    """

    config: Config
    rules: Rules
    schema: Schema
    engine: Engine
    key: bytes
    progress: Progress = _silent
    remember: bool = False
    latest: date | None = None
    forget: bool = False

    def trusted(self, features: Features) -> Trusted:
        """``features`` without the values that the rules never trust: what is compared."""
        return Trusted(features, self.config, self.rules)


def prepare(config: Config, *, threads: int | None = None, progress: Progress | None = None) -> RunSettings:
    """The settings of a run; all mistakes in them are found here."""
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
    return RunSettings(config, rules, schema_of(config, rules), LocalEngine(threads), key, progress or _silent)


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
        ConfigError("E134", said("the rules name a source '{name}' that the config does not have", name=name),
                    place=Place(file, line), hint=did_you_mean(name, known))
        for name, line in named.items()
        if name not in known
    ]  # fmt: skip


_AFTER_LEVELS = ("pairs", "score", "rule", "verdict")


def compared_in(pairing: Mapping[str, Any]) -> Compared:
    """What a run compared, by what run.json says under ``pairing``, as this version knows it."""
    kinds, options = kinds_of(pairing.get("kinds", ())), pairing.get("options", {})
    own = sorted(pairing["fields"].items())
    return Compared.with_own(((kind, field, options.get(field, {})) for field, kind in own if kind in kinds), kinds)


def schema_in(pairing: Mapping[str, Any], columns: Sequence[str]) -> Schema:
    """The compared fields of a run and their levels; ``columns`` are those of its pattern table."""
    names, levels = sorted(pairing["sources"]), compared_in(pairing).levels
    known = {SOURCES: tuple(sorted({source_pair(a, b) for a in names for b in names})), **levels}
    try:
        return Schema({name: known[name] for name in columns[1:] if name not in _AFTER_LEVELS})
    except (ConfigError, KeyError):  # another version's
        return Schema(levels)


def inputs_of(config: Config) -> Inputs:
    """The files that a config names, itself among them: no output may replace one of them."""
    paths = [source.path for source in config.sources.values() if source.path is not None]
    named = [config.path(path) for path in paths if names_files(path)]
    named += [config.path(name) for name in (config.rules, config.decisions) if name is not None]
    named += [Path(config.file)] if config.file is not None else []
    if config.registry is not None:
        from oneid.registry.fromconfig import file_of  # loads what runs without a registry do not need

        file = file_of(config)
        named += [] if file is None else [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))]
    return Inputs(tuple(named))


def key_of(config: Config) -> bytes:
    """The secret for OneIDs: ``env:NAME`` from the environment (E142 where it is not set), else the public default."""
    if config.key is None:
        return PUBLIC_KEY
    if not config.key.startswith("env:"):
        hint = "write env:NAME and set that variable; a secret in a file is none"
        raise ConfigError("E142", "the key must name an environment variable", place=Place(config.file), hint=hint)
    name = config.key.removeprefix("env:")
    value = os.environ.get(name, "")
    if not value:
        hint = said("export {name}=..., or leave 'key' out", name=name)
        raise ConfigError(
            "E142", said("the environment variable {name} is not set", name=name), place=Place(config.file), hint=hint
        )
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
