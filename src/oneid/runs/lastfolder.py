"""The folder of the last run: finding it, and telling whether it is the one that the registry speaks of.

==== ===================================================================================================
E623 the folder of the last run is missing, so members that only delta feeds named are not at hand
E624 the folder holds a run that the registry does not know: it is an older backup, or another registry
E631 the folder of the last run is as it was after an earlier one: an older backup
E633 the folder belongs to another registry, of which this one is a copy; or to another project on the same registry
E636 the registry contradicts itself
E637 the folder of the last run and the registry say different things
E638 a publication into the folder is not finished, and a dry run writes nothing
==== ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oneid.daily.kept import Known, state_of
from oneid.identity.state import State, contradictions
from oneid.lookup.currency import is_last
from oneid.outputs.folderbond import owner
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runjson import run_of, unfinished
from oneid.outputs.runtables import read_tables
from oneid.registry import Head, Registry
from oneid.registry.failures import not_ours
from oneid.settings.config import Config
from oneid.vocabulary.errors import InputError, OneIDError, OutputError, Place, RegistryError, raise_all
from oneid.vocabulary.language import joined, said, verbatim

__all__ = [
    "former", "last_known", "refuse_deltas", "refuse_others", "refuse_unfinished", "refuse_unknown", "run_in", "verify",
]  # fmt: skip


def last_known(registry: Registry, head: Head, folder: Path | None, *, mends: bool = True) -> tuple[Known, Path] | None:
    """What is known by the folder of the last run, published or about to be, and where that is; None where there is no
    such folder. Where none is named, it is looked for. What a crash left unfinished in it is finished, unless it is
    only looked at (not ``mends``): E638 then.

    Raises E624 for a folder that is ahead of the registry, E631 where there is only one that is behind it, and E633 for
    one that an original of this registry owns, or where two projects have one and none is named.
    """
    behind: tuple[Path, Head] | None = None
    found = registry.folders()
    if folder is not None:
        refuse_others(registry, folder)
    elif len(found.ours) > 1:
        message = said(
            "{n} projects have the folder of this registry's last run, one the copy of the other", n=len(found.ours)
        )
        raise RegistryError("E633", message, place=Place(str(found.ours[0])), hint="name the right one with --out")
    elif found.others and not found.ours:
        raise not_ours(*next(iter(found.others.items())))
    for place in dict.fromkeys(path for path in (folder, *found.ours) if path):
        if not (place / ".runs").is_dir():
            continue
        _finish(registry, place, mends=mends)
        try:
            tables = read_tables(place)
        except InputError as error:
            if error.code == "E251":
                continue
            raise
        made = refuse_unknown(registry, place, tables.run, any_run=place == folder)
        if made is not None and made.number == head.number:
            tables.verify()
            tables.ahead("merge_map", "aliases", "state/pairs", "golden", "golden_values")
            known = Known.from_tables(tables)
            return None if known is None else (known, place)
        behind = behind or (None if made is None else (place, made))
    if behind is not None:
        message = said(
            "the folder holds run {held}, and the registry's last is run {last}",
            held=behind[1].number,
            last=head.number,
        )
        hint = said(
            "put a newer backup in its place (run {last} was published into {folder}), "
            "or move it away and give full feeds: OneIDs stay",
            last=head.number,
            folder=head.folder,
        )
        raise RegistryError("E631", message, place=Place(str(behind[0])), hint=hint)
    return None


def _finish(registry: Registry, place: Path, *, mends: bool) -> None:
    """Finishes what a crash left in a folder, or refuses it (E638)."""
    if not mends:
        refuse_unfinished(place)
        return
    try:
        with RunFolder(place, committed=lambda name: registry.knows(name) is not None):
            pass
    except OutputError as error:
        if error.code != "E301" or unfinished(place):
            raise  # else whoever may not write there reads what is whole


def refuse_unfinished(folder: Path) -> None:
    """Refuses a folder into which a publication is not finished: reading it would finish that (E638)."""
    if unfinished(folder):
        hint = "a run, not a dry one, finishes it"
        raise RegistryError("E638", "a publication is not finished", place=Place(str(folder)), hint=hint)


def former(registry: Registry, last: Path | None) -> list[str]:
    """The folders that earlier runs were published into, beside that of the ``last``, and that still hold a run."""
    told = registry.runs()["folder"].drop_nulls().unique().sort().to_list()
    here = None if last is None else last.resolve()
    return [folder for folder in told if Path(folder).resolve() != here and run_of(Path(folder))]


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
        message = said(
            "{message}: '{run_id}', number {number}",
            message=verbatim(message),
            run_id=run.get("run_id"),
            number=made.get("number"),
        )
        hint = (
            "if the registry was lost or is an older backup, put the newest one in its place, else OneIDs given since "
            "then change; to go on with it all the same, publish into another folder"
        )
    raise RegistryError("E624", message, place=Place(str(folder)), hint=hint)


def refuse_others(registry: Registry, folder: Path) -> None:
    """Refuses a folder that an original of this registry owns (E633)."""
    whose = owner(folder, registry.address())
    if whose is not None:
        raise not_ours(folder, whose)


def run_in(folder: Path) -> dict[str, Any]:
    """What run.json in a folder says; nothing where there is no run."""
    try:
        return read_tables(folder).run
    except InputError as error:
        if error.code != "E251":
            raise
        return {}


def refuse_deltas(config: Config, head: Head) -> None:
    """Refuses to go on where only the missing folder knows the members of delta feeds."""
    delta = sorted(name for name, source in config.sources.items() if source.feed.mode != "full")
    if delta:
        message = said(
            "the folder of run {last} is missing ({folder})", last=head.number, folder=head.folder or said("unknown")
        )
        hint = said(
            "restore it from a backup, or give a full feed of {delta} ('feed: full') once", delta=", ".join(delta)
        )
        raise RegistryError("E623", message, hint=hint)


def verify(registry: Registry, folder: Path | None = None) -> dict[str, int]:
    """Looks through a registry and the folder of its last run (``folder``: if it was moved): every byte that a sum is
    known of, what OneIDs lead where, and whether both say the same. Gives counts of what was looked at.

    Raises all that is found at once: E252 files of the folder, E604 the registry's file, E623, E631, E636, E637.
    """
    registry.look_through()
    head, state = registry.head(), registry.state()
    counts = {"runs": 0 if head is None else head.number, "OneIDs": state.oneids.height}
    counts["records"] = state.assignments.height
    problems: list[OneIDError] = [
        RegistryError(
            "E636", said("the registry contradicts itself: {what}", what=what), hint="put the last backup in its place"
        )
        for what in contradictions(state)
    ]
    place = folder or (None if head is None or head.folder is None else Path(head.folder))
    if head is not None:
        try:
            counts["files"] = _agrees(head, state, place)
        except OneIDError as error:
            problems += error.problems
    raise_all(problems)
    return counts


def _agrees(head: Head, state: State, place: Path | None) -> int:
    """Looks through the folder of the last run; how many files it has."""
    if place is None or not place.is_dir():
        hint = "give its place with --out, restore it from a backup, or run with full feeds"
        raise RegistryError(
            "E623",
            said("the folder of run {last} is missing ({folder})", last=head.number, folder=place or said("unknown")),
            hint=hint,
        )
    tables = read_tables(place)
    tables.verify()
    if not is_last(tables.run, head):
        message = said("the folder does not hold the registry's last run, which is run {last}", last=head.number)
        raise RegistryError("E631", message, place=Place(str(place)), hint="put a newer backup in its place")
    held = state_of(tables)
    same = (
        held.oneids.sort("oneid").equals(state.oneids.sort("oneid")),
        held.assignments.sort("source", "source_id").equals(state.assignments.sort("source", "source_id")),
    )
    if not all(same):
        parts = (said("OneIDs"), said("members"))
        what = joined(" and ", [name for name, good in zip(parts, same, strict=True) if not good])
        hint = "move the folder away and run with full feeds: the registry's word holds"
        raise RegistryError(
            "E637", said("folder and registry differ in {what}", what=what), place=Place(str(place)), hint=hint
        )
    return len(tables.run["files"])
