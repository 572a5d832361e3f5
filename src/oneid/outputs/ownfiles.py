"""Which files are ours to replace: never one that the config names, nor one that nobody of us wrote.

A file in a run's folder is ours if ``run.json`` lists it and it is as the run wrote it. What people changed since (a
list with their remarks) is theirs, but for what is no Parquet or Arrow file any more: that is damage, and is mended. Of
other files their own content tells.

==== ==================================================================================================
E307 a file that no run of ours wrote, or that was changed since, would be replaced
E308 a file that the config names would be replaced
E408 an empty text names no folder
==== ==================================================================================================
"""

from __future__ import annotations

import errno
import glob
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from oneid.outputs.elsewhere.addresses import refuse_address
from oneid.outputs.runjson import run_of, text_of
from oneid.outputs.tables.changes import KEYS
from oneid.outputs.tables.tablefiles import CHANGES, sums
from oneid.vocabulary.errors import OneIDError, OutputError, Place, UsageError, raise_all
from oneid.vocabulary.language import said, verbatim
from oneid.vocabulary.pages.markup import begins

__all__ = [
    "NOTHING", "REPORT", "REPORT_BEGINS", "Inputs", "given", "linked_sets", "refuse", "refuse_file", "refuse_in_run",
    "run_files", "settles", "stands",
]  # fmt: skip

REPORT = "report.html"
"""The page about a run, in its folder; ``run.json`` does not list it."""
REPORT_BEGINS = begins("report").encode()
"""What every such page begins with."""
_TABLES = (
    "aliases", "events", "golden", "golden_values", "households", "links", "members", "merge_map", "patterns",
    "rejected", "review", "state/decided", "state/equal", "state/inside", "state/pairs",
)  # fmt: skip
_MAGIC = {".parquet": b"PAR1", ".arrow": b"ARROW1"}
_SHOWN = 5


@dataclass(frozen=True)
class Inputs:
    """The files that a config names: paths, or patterns of paths, in which a ``{variable}`` may be open."""

    named: tuple[Path, ...] = ()

    def name(self, path: Path) -> bool:
        """Whether ``path`` is one of them, by whatever way it is reached; it need not be there."""
        whole = _ways(path)
        return any(_is(path, whole, one) for one in self.named)


NOTHING = Inputs()


def _ways(path: Path) -> set[str]:
    """A path as it is written, and where its links lead to."""
    return {os.path.abspath(path), os.path.realpath(path)}  # noqa: PTH100


def _is(path: Path, whole: set[str], named: Path) -> bool:
    patterns = _ways(named)
    if whole & patterns:
        return True
    with suppress(OSError):
        if path.samefile(named):
            return True
    opened = {re.sub(r"\{([^\W\d]\w*)\}", "*", pattern) for pattern in patterns}
    if not any(map(glob.has_magic, opened)) or named.exists():
        return False
    return any(re.fullmatch(_regex(pattern), one) for pattern in opened for one in whole)


def _regex(pattern: str) -> str:
    """A pattern of paths as a regular expression: ``**`` spans folders, ``*`` and ``?`` do not."""
    made = ""
    for part in re.findall(r"\*\*/?|\*|\?|\[!?\]?[^\]]*\]|.", pattern, re.DOTALL):
        if part.startswith("**"):
            made += ".*"
        elif part in "*?":
            made += "[^/]*" if part == "*" else "[^/]"
        elif part.startswith("[") and len(part) > 1:
            inside = part[1:-1].replace("\\", "\\\\")
            made += f"[{'^' + inside[1:] if inside.startswith('!') else inside}]"
        else:
            made += re.escape(part)
    return made


def given(folder: str | Path) -> Path:
    """A folder's path. E408 for an empty text, which would mean the present folder; E304 for an address."""
    if str(folder).strip() == "":
        hint = "is a variable of the shell empty? write . for this folder"
        raise UsageError("E408", "an empty text names no folder", hint=hint)
    refuse_address(folder)
    return Path(folder)


def run_files(*, csv: bool) -> list[str]:
    """The files that every run writes and people know by name; what else it writes it tells when it writes."""
    kinds = ("parquet", "csv") if csv else ("parquet",)
    return [f"{name}.{kind}" for name in _TABLES for kind in kinds] + [f"{CHANGES}{name}.parquet" for name in KEYS]


def refuse_in_run(folder: Path, names: Iterable[str], inputs: Inputs = NOTHING) -> None:
    """Refuses to publish a run of files ``names`` (and run.json) into ``folder`` where that would replace, or remove, a
    file that is not ours: E307, E308; E302 where a folder is in the way, or a file where a folder should be.
    """
    sets = _sets(folder)
    files = dict.fromkeys(name for made, _ in sets for name in made)
    wanted = dict.fromkeys([*names, "run.json", *files])
    there = [name for name in wanted if stands(folder / name) and not (sets and name == "run.json")]
    strange = [name for name in there if name not in files and not _linked(folder, name)]
    changed = [
        name for name in there if name in files
        and not any(name in made and _as_written(folder / name, made[name], when) for made, when in sets)
    ]  # fmt: skip
    for name in wanted:
        if (folder / name).is_dir():
            raise OutputError("E302", "there is a folder where a file should be", place=Place(str(folder / name)),
                              hint="choose another folder, or move it away")  # fmt: skip
    refuse(folder, [name for name in wanted if inputs.name(folder / name)], strange, changed)


def refuse_file(path: Path, ours: Callable[[bytes], bool] = lambda _content: False, inputs: Inputs = NOTHING) -> None:
    """Refuses to write the file ``path`` where one is that is not ours, by what it begins with (4 KiB at most): E307,
    E308, and E302 for a folder. Devices, pipes and empty files hold nothing that could be lost.
    """
    if inputs.name(path):
        refuse(path.parent, [path.name], [], [])
    if path.is_dir():
        hint = "name a file in it"
        raise OutputError("E302", "there is a folder where the file should be", place=Place(str(path)), hint=hint)
    try:
        mine = not path.is_file() or path.stat().st_size == 0 or ours(_begin(path))
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM):
            raise
        mine = False
    if not mine or str(path.name) in run_of(path.parent).get("files", {}):
        refuse(path.parent, [], [path.name], [])


def settles(*keys: str) -> Callable[[bytes], bool]:
    """Tells by what a file begins with whether it is YAML with one of these keys at its top: such a one is replaced
    where that is asked for, and nothing else is.
    """
    line = re.compile(
        rb"^(\xef\xbb\xbf)?[{\s]*[\"']?(%s)[\"']?\s*:" % b"|".join(key.encode() for key in keys), re.MULTILINE
    )
    return lambda begin: b"\0" not in begin and line.search(begin) is not None


def refuse(folder: Path, named: list[str], strange: list[str], changed: list[str]) -> None:
    """Raises E308 and E307 for files in a folder: those that the config ``named``, those that nobody of us wrote, and
    those that were ``changed`` since.
    """
    problems: list[OneIDError] = []
    for code, names, message in (
        ("E308", named, "the config names what would be replaced"),
        ("E307", [name for name in strange if name not in named], "no run of ours wrote what would be replaced"),
        ("E307", [name for name in changed if name not in named], "changed since we wrote it, and would be replaced"),
    ):
        if names:
            more = said(" and {n} more", n=len(names) - _SHOWN) if len(names) > _SHOWN else ""
            told = said(
                "{message}: {names}{more}", message=verbatim(message), names=", ".join(names[:_SHOWN]), more=more
            )
            hint = "write to another place, or move what is there away"
            problems.append(OutputError(code, told, place=Place(str(folder)), hint=hint))
    raise_all(problems)


def _sets(folder: Path) -> list[tuple[Mapping[str, Mapping[str, object]], int]]:
    """The files of the run in a folder, and of one that a crash left half published there; with the time in which each
    was described.
    """
    runs = folder / ".runs"
    places = [folder, *(runs / name for mark in ("next", "ready") if (name := text_of(runs / mark)))]
    return [(said["files"], _changed(place / "run.json")) for place in places if (said := run_of(place))]


def linked_sets(folder: Path) -> set[str]:
    """The sets under ``.runs`` that files in the folder are hard links to: those of a run that was published there."""
    return {
        place.name for place in (folder / ".runs").glob("*.*")
        if any(_same(folder / path.relative_to(place), path) for path in place.rglob("*.*"))
    }  # fmt: skip


def _linked(folder: Path, name: str) -> bool:
    """Whether a file is a hard link to that of a set of ours: so it is where ``run.json`` was damaged or lost."""
    return any(_same(folder / name, other) for other in (folder / ".runs").glob(f"*/{name}"))


def _same(path: Path, other: Path) -> bool:
    try:
        return not path.is_symlink() and path.samefile(other)
    except OSError:
        return False


def _begin(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def stands(path: Path) -> bool:
    """Whether a file is there, or a link, wherever it leads."""
    return path.is_symlink() or path.is_file()


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1


def _as_written(path: Path, about: Mapping[str, object], written: int) -> bool:
    """Whether a file is as a run wrote it, or is damaged. One that is not younger than ``run.json``, which was written
    last, is not read for it.
    """
    if path.is_symlink():
        return False
    size = path.stat().st_size
    if size == about.get("bytes") and (_changed(path) <= written or sums(path)["sha256"] == about.get("sha256")):
        return True
    magic = _MAGIC.get(path.suffix, b"")
    with path.open("rb") as file:
        if not magic or file.read(len(magic)) != magic or size < 2 * len(magic):
            return bool(magic)
        file.seek(-len(magic), os.SEEK_END)
        return file.read(len(magic)) != magic
