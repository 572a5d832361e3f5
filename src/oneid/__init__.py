"""OneID: one lasting OneID per person from the member records of separate systems.

    sources ──read──▶ rows ──normalize──▶ features ──block──▶ candidate pairs ──compare──▶ evidence patterns
       ──judge──▶ verdicts ──cluster──▶ entities ──identify──▶ OneIDs, merge map, events ──▶ golden records

>>> import oneid
>>> oneid.normalize("name", ["髙橋　花子 様"])
['高橋花子']

Start with :func:`resolve`; what it gives is a :class:`Result`. Everything else here helps before (:func:`load_config`,
:func:`normalize`, :func:`possible_reading`, :func:`possible_splits`) or after (:func:`read_run`,
:func:`quality`, :func:`open_lookup`).
Errors are :class:`OneIDError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oneid.config import Config
    from oneid.configfile import load as load_config
    from oneid.errors import ConfigError, InputError, LimitBreached, OneIDError, OutputError, UsageError
    from oneid.evaluate import Quality, quality
    from oneid.lookup import LookupResult
    from oneid.lookupopen import open_lookup
    from oneid.model import RecordRef, Verdict
    from oneid.normalize import normalize
    from oneid.normalize.people import possible_reading, possible_splits
    from oneid.result import Result, read_run
    from oneid.run import resolve

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
]

__version__ = "0.1.0"

_HOMES = {
    "Config": "config",
    "ConfigError": "errors",
    "InputError": "errors",
    "LimitBreached": "errors",
    "LookupResult": "lookup",
    "OneIDError": "errors",
    "OutputError": "errors",
    "Quality": "evaluate",
    "RecordRef": "model",
    "Result": "result",
    "UsageError": "errors",
    "Verdict": "model",
    "load_config": "configfile",
    "normalize": "normalize",
    "open_lookup": "lookupopen",
    "possible_reading": "normalize.people",
    "possible_splits": "normalize.people",
    "quality": "evaluate",
    "read_run": "result",
    "resolve": "run",
}


def __getattr__(name: str) -> object:
    """Public names are loaded when they are first used, so that ``import oneid`` takes no time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'oneid' has no attribute '{name}'")
    module = import_module(f"oneid.{_HOMES[name]}")
    value = module if name == "normalize" else getattr(module, "load" if name == "load_config" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
