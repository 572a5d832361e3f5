"""What binds a run's folder to its registry, so that a copy of either is never taken for the original.

A folder says in run.json, under ``registry``, which registry its run is of: its ``id``, and where that is, as seen from
the folder (``file``) or on its server (``server``); and where the folder itself is (``folder``). The registry keeps of
each publication where its folder is, as seen from the config's folder and from its own file. So a project that was
copied or moved whole finds its own folder, and what is still bound to an original that is there is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneid.outputs.runjson import run_of, text_of

__all__ = ["Address", "Found", "bond", "find", "owner", "seen_from"]


@dataclass(frozen=True)
class Address:
    """Where a registry is: its ``id`` (None: it has none yet), its ``file`` or its place on a ``server``, and ``base``,
    the folder of the config that names it. ``is_there`` tells whether a registry of that id is in a file.
    """

    id: str | None
    file: Path | None
    server: str | None
    base: Path
    is_there: Callable[[Path, str], bool]


def bond(folder: Path, address: Address) -> dict[str, Any]:
    """What run.json is to say under ``registry`` of the registry that a folder's run is of."""
    here = folder.resolve()
    where = {"server": address.server} if address.file is None else {"file": _relative(address.file, here)}
    return {"id": address.id, **where, "folder": str(here)}


def seen_from(folder: Path, address: Address) -> dict[str, str]:
    """Where a folder is, as seen from the config's folder and from the registry's file."""
    ends = {"config": address.base} | ({} if address.file is None else {"registry": address.file.parent})
    return {name: _relative(folder.resolve(), end.resolve()) for name, end in ends.items()}


@dataclass(frozen=True)
class Found:
    """Where the folder of a publication is: ``ours``, those that are bound to this registry and no copy of it first, of
    which ``sure`` are so many; and ``others``, with the registry that they belong to.
    """

    ours: tuple[Path, ...]
    sure: int
    others: Mapping[Path, str]


def find(folder: str | None, seen: Mapping[str, str], address: Address) -> Found:
    """Looks for the folder of a publication: as seen from the config, from the registry's file, and where it was
    (``folder``). A folder of a version that bound none is taken only if it is beside the config or the registry.
    """
    beside = [path.resolve() for path in (address.base, address.file and address.file.parent) if path]
    named = [address.base / seen["config"]] if "config" in seen else []
    if "registry" in seen and address.file is not None:
        named.append(address.file.parent / seen["registry"])
    named += [Path(folder)] if folder else []
    ours, others = list[tuple[bool, Path]](), dict[Path, str]()
    for path in dict.fromkeys(path.resolve() for path in named):
        run = _run_at(path)
        if not run:
            continue
        if (whose := owner(path, address)) is not None:
            others[path] = whose
        elif _bound(path, run, address):
            ours.append((True, path))
        elif (run.get("registry") or {}).get("id") is not None or any(map(path.is_relative_to, beside)):
            ours.append((False, path))
    sure = [path for certain, path in ours if certain]
    return Found((*sure, *(path for certain, path in ours if not certain)), len(sure), others)


def _run_at(folder: Path) -> dict[str, Any]:
    """What run.json in a folder says, or that of a run that a crash kept from being published there."""
    runs = folder / ".runs"
    names = (text_of(runs / mark) for mark in ("next", "ready"))
    return run_of(folder) or next((run_of(runs / name) for name in names if name), {})


def _bound(folder: Path, run: Mapping[str, Any], address: Address) -> bool:
    """Whether the folder of a run is bound to just this registry, in this place."""
    said = run.get("registry") or {}
    if said.get("id") is None or said["id"] != address.id:
        return False
    if address.file is None:
        return bool(said.get("server") == address.server)
    return "file" in said and _same(folder.resolve() / said["file"], address.file)


def owner(folder: Path, address: Address) -> str | None:
    """The other registry that a folder with a run belongs to, of which this one is a copy; None: it is this one's, or
    that one is there no more, or it is the folder that was copied. (Registries that were never one: E624.)
    """
    run = _run_at(folder)
    said = run.get("registry") or {}
    if said.get("id") is None or said["id"] != address.id or _bound(folder, run, address):
        return None
    here, first = folder.resolve(), Path(str(said.get("folder")))
    if first != here and (first / "run.json").is_file() and not _same(first, here):
        return None
    if "file" not in said:
        return str(said.get("server"))
    ways = [here, *([first] if first != here and _same(first, here) else [])]  # moved, and linked to where it was
    for there in (Path(os.path.normpath(way / said["file"])) for way in ways):
        if (address.file is None or not _same(there, address.file)) and address.is_there(there, said["id"]):
            return str(there)
    return None


def _relative(path: Path, start: Path) -> str:
    """``path`` as seen from ``start``, both absolute; as it is where there is no way (from disk to disk on Windows)."""
    with suppress(ValueError):
        return Path(os.path.relpath(path, start)).as_posix()
    return str(path)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
