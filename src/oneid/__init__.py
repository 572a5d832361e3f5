"""OneID: one lasting OneID per person from the member records of separate systems.

    sources ──read──▶ rows ──normalize──▶ features ──block──▶ candidate pairs ──compare──▶ evidence patterns
       ──judge──▶ verdicts ──cluster──▶ entities ──identify──▶ OneIDs, merge map, events ──▶ golden records

>>> import oneid
>>> oneid.normalize("name", ["髙橋　花子 様"])
['高橋花子']

Start with :func:`resolve`; what it gives is a :class:`Result`. Everything else here helps before (:func:`load_config`,
:func:`normalize`, :func:`possible_reading`, :func:`possible_splits`) or after (:func:`read_run`,
:func:`quality`, :func:`open_lookup`).
Errors are :class:`OneIDError`; :func:`use_language` says in which language.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oneid.evaluation.measures import Quality, quality
    from oneid.kinds.name.possible import possible_reading, possible_splits
    from oneid.kinds.normalizing import normalize
    from oneid.lookup.answers import LookupResult
    from oneid.registry.fromconfig import open_lookup
    from oneid.runs.resolve import resolve
    from oneid.runs.result import Result, read_run
    from oneid.settings.config import Config
    from oneid.settings.configfile import load as load_config
    from oneid.vocabulary.errors import (
        ConfigError,
        InputError,
        LimitBreached,
        OneIDError,
        OutputError,
        UsageError,
        use_language,
    )
    from oneid.vocabulary.references import RecordRef, Verdict

__all__ = [
    "Config",
    "ConfigError",
    "InputError",
    "LimitBreached",
    "LookupResult",
    "OneIDError",
    "OutputError",
    "Quality",
    "RecordRef",
    "Result",
    "UsageError",
    "Verdict",
    "load_config",
    "normalize",
    "open_lookup",
    "possible_reading",
    "possible_splits",
    "quality",
    "read_run",
    "resolve",
    "use_language",
]

__version__: str

_HOMES = {
    "__version__": "vocabulary.version",
    "Config": "settings.config",
    "ConfigError": "vocabulary.errors",
    "InputError": "vocabulary.errors",
    "LimitBreached": "vocabulary.errors",
    "LookupResult": "lookup.answers",
    "OneIDError": "vocabulary.errors",
    "OutputError": "vocabulary.errors",
    "Quality": "evaluation.measures",
    "RecordRef": "vocabulary.references",
    "Result": "runs.result",
    "UsageError": "vocabulary.errors",
    "Verdict": "vocabulary.references",
    "load_config": "settings.configfile",
    "normalize": "kinds.normalizing",
    "open_lookup": "registry.fromconfig",
    "possible_reading": "kinds.name.possible",
    "possible_splits": "kinds.name.possible",
    "quality": "evaluation.measures",
    "read_run": "runs.result",
    "resolve": "runs.resolve",
    "use_language": "vocabulary.errors",
}

_NAMES = {"__version__": "VERSION", "load_config": "load"}
"""What is called otherwise at home."""


def __getattr__(name: str) -> object:
    """Public names are loaded when they are first used, so that ``import oneid`` takes no time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'oneid' has no attribute '{name}'")
    module = import_module(f"oneid.{_HOMES[name]}")
    value = getattr(module, _NAMES.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
