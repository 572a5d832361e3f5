"""The folder of the last run: finding it, and telling whether it is the one that the registry speaks of.

==== ===================================================================================================
E623 the folder of the last run is missing, so members that only delta feeds named are not at hand
E624 the folder holds a run that the registry does not know: it is an older backup, or another registry
E631 the folder of the last run is as it was after an earlier one: an older backup
==== ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oneid.daily.kept import Known
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runtables import read_tables
from oneid.registry import Head, Registry
from oneid.settings.config import Config
from oneid.vocabulary.errors import InputError, Place, RegistryError

__all__ = ["last_known", "refuse_deltas", "refuse_unknown", "run_in"]


def last_known(registry: Registry, head: Head, folder: Path | None) -> Known | None:
    """What is known by the folder of the last run, published or about to be; None where there is no such folder.

    Raises E624 for a folder that is ahead of the registry, and E631 where there is only one that is behind it.
    """
    behind: tuple[Path, Head] | None = None
    for place in dict.fromkeys(path for path in (folder, Path(head.folder) if head.folder else None) if path):
        if not (place / ".runs").is_dir():
            continue
        with RunFolder(place, committed=lambda name: registry.knows(name) is not None):
            pass  # finishes what a crash left
        try:
            tables = read_tables(place)
        except InputError as error:
            if error.code == "E251":
                continue
            raise
        found = refuse_unknown(registry, place, tables.run, any_run=place == folder)
        if found is not None and found.number == head.number:
            tables.ahead("merge_map", "aliases", "state/pairs", "golden", "golden_values")
            return Known.from_tables(tables)
        behind = behind or (None if found is None else (place, found))
    if behind is not None:
        message = f"the folder holds run {behind[1].number}, and the registry's last is run {head.number}"
        hint = (
            f"put a newer backup in its place (run {head.number} was published into {head.folder}), "
            "or move it away and give full feeds: OneIDs stay"
        )
        raise RegistryError("E631", message, place=Place(str(behind[0])), hint=hint)
    return None


def refuse_unknown(registry: Registry, folder: Path, run: Mapping[str, Any], *, any_run: bool = False) -> Head | None:
    """The registry's word on the run in a folder, by its run.json; None for no run, and for one that no registry made.

    Raises E624 where a registry made it and this one does not know it; with ``any_run`` also if none made it.
    """
    if not run:
        return None
    made = run.get("registry")
    found = registry.knows(str(run.get("run_id")))
    if found is not None:
        of_run = made or {}
        if (of_run.get("number", found.number), of_run.get("input", found.input)) == (found.number, found.input):
            return found
    if made is None and not any_run:
        return None
    message, hint = "the folder holds a run that the registry does not know", "publish into another folder"
    if made is not None:
        message += f": '{run.get('run_id')}', number {made.get('number')}"
        hint = (
            "if the registry was lost or is an older backup, put the newest one in its place, else OneIDs given since "
            "then change; to go on with it all the same, publish into another folder"
        )
    raise RegistryError("E624", message, place=Place(str(folder)), hint=hint)


def run_in(folder: Path) -> dict[str, Any]:
    """What run.json in a folder says; nothing where there is no run."""
    try:
        return read_tables(folder).run
    except InputError:
        return {}


def refuse_deltas(config: Config, head: Head) -> None:
    """Refuses to go on where only the missing folder knows the members of delta feeds."""
    delta = sorted(name for name, source in config.sources.items() if source.feed.mode != "full")
    if delta:
        message = f"the folder of run {head.number} is missing ({head.folder or 'unknown'})"
        hint = f"restore it from a backup, or give a full feed of {', '.join(delta)} ('feed: full') once"
        raise RegistryError("E623", message, hint=hint)
