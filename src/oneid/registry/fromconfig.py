"""The registry that a config names: its address, opening it for reading, and look-ups in its last run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from oneid.lookup.currency import last_tables
from oneid.outputs.elsewhere.addresses import address_of
from oneid.outputs.runjson import run_of
from oneid.outputs.runtables import Tables
from oneid.registry import opening
from oneid.registry.book import Registry
from oneid.settings import configfile
from oneid.settings.config import Config
from oneid.vocabulary.errors import ConfigError, Place, RegistryError, in_words

if TYPE_CHECKING:
    from oneid.lookup.lookup import Lookup

__all__ = ["file_of", "last_run_of", "open_lookup", "open_registry", "rehearsed", "url_of"]


def url_of(config: Config) -> str | None:
    """The registry's address: as written, or from the environment for ``env:NAME`` (E143 where it is not set)."""
    return None if config.registry is None else address_of(config.registry, Place(config.file))


def file_of(config: Config) -> Path | None:
    """The file of the registry that a config names, if it is one of SQLite, whether it is there or not."""
    try:
        return opening.file_at(url_of(config) or "", config.base)
    except ConfigError:  # whoever opens it tells
        return None


def open_registry(config: Config) -> Registry:
    """The registry of a config, for reading. E602: there is none yet, E628: the config names none."""
    url = url_of(config)
    if url is None:
        raise RegistryError("E628", "the config names no registry", hint="add 'registry: sqlite:///oneid.db' to it")
    return Registry.open(url, base=config.base, create=False)


def last_run_of(config: Config) -> Tables | None:
    """The tables of the last run of the registry that a config names, from its folder; None where there is no registry,
    or nothing was published yet. Raises what :meth:`oneid.registry.Registry.opened_lookup` does.
    """
    if config.registry is None:
        return None
    try:
        with open_registry(config) as registry:
            tables, _ = last_tables(registry.last_folder(), registry.last_run)
    except RegistryError as error:
        if error.code not in ("E602", "E632"):
            raise
        return None
    return tables


def rehearsed(url: str, base: Path, key: bytes) -> tuple[Registry, Callable[[], None]]:
    """The registry at ``url`` for a run that writes nothing, an empty one elsewhere where there is none yet; and what
    is to be called in the end. Raises as :meth:`oneid.registry.book.Registry.open` does, and E639 for an older version.
    """
    try:
        registry = Registry.open(url, base=base, key=key, create=False, update=False)
    except RegistryError as error:
        if error.code != "E602":
            raise
    else:
        return registry, registry.close
    file = opening.file_at(url, base)
    if file is not None:
        opening.probe(file)
    folder = TemporaryDirectory(prefix="oneid-")
    registry = Registry.open("sqlite:///oneid.db", base=Path(folder.name), key=key)

    def end() -> None:
        registry.close()
        folder.cleanup()

    return registry, end


@in_words()
def open_lookup(where: str | Path | Config) -> Lookup:
    """Look-ups in the last run: of the registry that a config names (a path to its YAML, or a Config), or in the folder
    that a run was published into. A folder's registry is asked whether the run is its last, if it is a file that is
    still where the run had it; else nobody can say (:attr:`oneid.lookup.lookup.Lookup.asked`).

    Raises what :class:`oneid.lookup.lookup.Lookup` does, and RegistryError: E602 no registry there yet, E628 the config
    names none, E632 nothing was published yet.
    """
    if isinstance(where, (str, Path)) and Path(where).is_dir():
        from oneid.lookup.lookup import Lookup  # loads tables that a registry does not need

        file = (run_of(Path(where)).get("registry") or {}).get("file")
        path = None if file is None else Path(where).resolve() / file
        if path is None or not path.is_file():
            return Lookup(Path(where))
        with Registry.open(f"sqlite:///{path}", create=False) as registry:
            return Lookup(Path(where), registry.last_run)
    with open_registry(where if isinstance(where, Config) else configfile.load(where, reads=())) as registry:
        return registry.opened_lookup()
