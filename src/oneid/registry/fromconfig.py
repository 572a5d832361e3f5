"""The registry that a config names: its address, opening it for reading, and look-ups in its last run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from oneid.registry.book import Registry
from oneid.settings import configfile
from oneid.settings.config import Config
from oneid.vocabulary.errors import ConfigError, Place, RegistryError

if TYPE_CHECKING:
    from oneid.lookup.lookup import Lookup

__all__ = ["open_lookup", "open_registry", "url_of"]


def url_of(config: Config) -> str | None:
    """The registry's address: as written, or from the environment for ``env:NAME`` (E143 where it is not set)."""
    if config.registry is None or not config.registry.startswith("env:"):
        return config.registry
    name = config.registry.removeprefix("env:")
    value = os.environ.get(name, "")
    if not value:
        message = f"the environment variable {name} is not set"
        raise ConfigError("E143", message, place=Place(config.file), hint=f"export {name}=postgresql+psycopg://...")
    return value


def open_registry(config: Config) -> Registry:
    """The registry of a config, for reading. E602: there is none yet, E628: the config names none."""
    url = url_of(config)
    if url is None:
        raise RegistryError("E628", "the config names no registry", hint="add 'registry: sqlite:///oneid.db' to it")
    return Registry.open(url, base=config.base, create=False)


def open_lookup(where: str | Path | Config) -> Lookup:
    """Look-ups in the last run: of the registry that a config names (a path to its YAML, or a Config), or in the folder
    that a run was published into.

    Raises what :class:`oneid.lookup.lookup.Lookup` does, and RegistryError: E602 no registry there yet, E628 the config
    names none, E632 nothing was published yet.
    """
    if isinstance(where, (str, Path)) and Path(where).is_dir():
        from oneid.lookup.lookup import Lookup  # loads tables that a registry does not need

        return Lookup(Path(where))
    with open_registry(where if isinstance(where, Config) else configfile.load(where)) as registry:
        return registry.opened_lookup()
