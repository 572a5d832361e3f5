"""Files that a list beside them tells to be ours: ``evaluation.json`` and its tables, ``diff.json`` and its page.

Each is moved into its place whole, and the list last. Where that was cut short, what was to be moved still lies beside
them with its list, so that the next writing knows all of them, and takes the rest away.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from oneid.outputs import runjson
from oneid.outputs.ownfiles import refuse, stands
from oneid.outputs.tables.tablefiles import sums

__all__ = ["refuse_listed", "written"]


def refuse_listed(folder: Path, names: Iterable[str], listing: str) -> None:
    """Refuses to write files ``names`` into ``folder`` where that would replace one that is not ours: E307, by the file
    ``listing``, which has the checksum of each that was written before.
    """
    ours = [_listed(folder / listing), *(_listed(left / listing) for left in _cut_short(folder, listing))]
    standing = [name for name in names if stands(folder / name)]
    strange = [name for name in standing if not any(name in one for one in ours)]
    changed = [
        name for name in standing
        if name not in strange and not any(_equals(folder / name, one[name]) for one in ours if name in one)
    ]  # fmt: skip
    refuse(folder, [], strange, changed)


@contextmanager
def written(folder: Path, listing: str, about: Callable[[], Mapping[str, object]]) -> Iterator[Path]:
    """A folder to write files into, which are then moved into ``folder``, made if missing; ``listing``, which says
    ``about`` and the checksums of all, comes last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = _cut_short(folder, listing)
    staging = Path(tempfile.mkdtemp(dir=folder, prefix=_prefix(listing)))
    try:
        yield staging
        (staging / listing).write_text(_sealed(about(), staging), "utf-8")
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    for file in sorted(staging.iterdir(), key=lambda file: (file.name == listing, file.name)):
        file.replace(
            folder / file.name
        )  # what ends here leaves the list by which the next writing knows what was moved
    for left in (*before, staging):
        shutil.rmtree(left, ignore_errors=True)


def _prefix(listing: str) -> str:
    return f".{Path(listing).stem}-"


def _cut_short(folder: Path, listing: str) -> list[Path]:
    """What writings that died have left."""
    return [path for path in sorted(folder.glob(f"{_prefix(listing)}????????")) if path.is_dir()]


def _sealed(about: Mapping[str, object], folder: Path) -> str:
    """``about`` as JSON, with ``files``, the checksums of all files in ``folder``, which are to stand beside it, and
    ``sum``, its own.
    """
    files = {path.name: sums(path)["sha256"] for path in sorted(folder.iterdir())}
    return runjson.sealed(json.dumps({**about, "files": files})) + "\n"


def _listed(path: Path) -> dict[str, object]:
    """The checksums that a list says, and its own; nothing where there is none, or it changed."""
    try:
        said = json.loads(path.read_text("utf-8"))
        if not runjson.is_sealed(said):
            return {}
        return {**said["files"], path.name: sums(path)["sha256"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _equals(path: Path, checksum: object) -> bool:
    return not path.is_symlink() and sums(path)["sha256"] == checksum
