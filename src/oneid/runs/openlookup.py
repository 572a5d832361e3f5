"""Opening look-ups: from a config with a registry, or from the folder of a run."""

from __future__ import annotations

from pathlib import Path

from oneid.lookup.lookup import Lookup
from oneid.registry import Registry
from oneid.runs.standing import url_of
from oneid.settings import configfile
from oneid.settings.config import Config
from oneid.vocabulary.errors import RegistryError

__all__ = ["open_lookup"]


def open_lookup(where: str | Path | Config) -> Lookup:
    """Look-ups in the last run: of the registry that a config names (a path to its YAML, or a Config), or in the folder
    that a run was published into.

    Raises what :class:`oneid.lookup.lookup.Lookup` does, and RegistryError: E602 no registry there yet, E628 the config
    names none, E632 nothing was published yet.
    """
    if isinstance(where, (str, Path)) and Path(where).is_dir():
        return Lookup(Path(where))
    config = where if isinstance(where, Config) else configfile.load(where)
    url = url_of(config)
    if url is None:
        raise RegistryError("E628", "the config names no registry", hint="add 'registry: sqlite:///oneid.db' to it")
    with Registry.open(url, base=config.base, create=False) as registry:
        return registry.opened_lookup()
