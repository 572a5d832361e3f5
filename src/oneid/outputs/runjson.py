"""``run.json``: what it says of a folder's files, and which of these are not as it says.

It says of itself what it must be, too: ``sum`` is a digest of all else in it, and the name of its ``set`` tells that it
has one, so that nothing in it can change and go unnoticed. Earlier versions wrote none; theirs is read as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from oneid.outputs.tables.blocksums import read_at
from oneid.outputs.tables.tablefiles import NAME, sums

__all__ = ["altered", "as_described", "damaged", "is_sealed", "named", "run_of", "sealed", "text_of", "unfinished"]

_BLOCK = 1 << 22
"""Large, for between two blocks a thread waits its turn."""
_SET = re.compile(r"[\w.~%-]*\.[0-9a-f]{16}", re.ASCII)
"""The name of a set: see :func:`named`."""
Files = Mapping[str, Mapping[str, object]]


def damaged(folder: Path, files: Files) -> list[str]:
    """Which of ``files`` are missing in ``folder`` or not as described."""

    def whole(name: str) -> bool:
        path = folder / name
        return path.is_file() and path.stat().st_size == files[name]["bytes"] and _same(path, files[name])

    with ThreadPoolExecutor(2) as pool:
        return [name for name, good in zip(files, pool.map(whole, files), strict=True) if not good]


def _same(path: Path, about: Mapping[str, object]) -> bool:
    return sums(path)["sha256"] == about["sha256"]


def as_described(file: BinaryIO, about: Mapping[str, object]) -> bool:
    """Whether an open file is as ``run.json`` says."""
    whole = os.fstat(file.fileno()).st_size
    if whole != about.get("bytes"):
        return False
    digest, at = hashlib.sha256(), 0
    block = memoryview(bytearray(min(_BLOCK, whole + 1)))  # one for all: new ones would cost a third of the time
    while size := read_at(file, block, at):
        digest.update(block[:size])
        at += size
    return digest.hexdigest() == about.get("sha256")


def text_of(path: Path) -> str | None:
    """A file's text; None where there is no file."""
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def run_of(folder: Path) -> dict[str, Any]:
    """What ``folder/run.json`` says; nothing where there is none, or it is not ours, names files elsewhere or is
    damaged.
    """
    found = _said(folder)
    try:
        ours = bool(_SET.fullmatch(found["set"])) and all(map(_described, found["files"].items()))
    except (KeyError, TypeError, AttributeError):
        return {}
    return found if ours and "run_id" in found and not _altered(found) else {}


def _described(file: tuple[str, Mapping[str, object]]) -> bool:
    name, about = file
    return bool(NAME.fullmatch(name)) and isinstance(about["bytes"], int) and isinstance(about["sha256"], str)


def unfinished(folder: Path) -> bool:
    """Whether a publication into ``folder`` has begun to become visible and has not ended: it is on its way, or a crash
    cut it short.
    """
    return any((folder / ".runs" / name).exists() for name in ("ready", "next"))


def altered(folder: Path) -> bool:
    """Whether ``folder/run.json`` is there and not as a run wrote it. What was never a run's is not ours to judge."""
    found = _said(folder)
    return (folder / ".runs").is_dir() if found is None else _altered(found)


def _said(folder: Path) -> Any:  # noqa: ANN401 - whatever JSON may be
    """What ``run.json`` holds; None where that is no JSON, {} where there is none."""
    try:
        return json.loads(text_of(folder / "run.json") or "{}")
    except (ValueError, RecursionError):  # nested too deeply
        return None


def _altered(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    if "sum" in found:
        return not is_sealed(found)
    try:
        return bool(found["set"] == named(str(found["run_id"]), found["files"]))
    except (KeyError, TypeError):
        return False


def named(run_id: str, files: Mapping[str, object]) -> str:
    """The name of a set of files; a run_id is any text, a file name is not."""
    digest = hashlib.sha256(json.dumps(["sum", run_id, files], sort_keys=True).encode()).hexdigest()
    return f"{quote(run_id, safe='')[:80]}.{digest[:16]}"


def sealed(text: str) -> str:
    """What ``run.json``, or another file that says of itself what it must be, is to say (JSON), with its ``sum``."""
    said = json.loads(text)
    return json.dumps({**said, "sum": _sum(said)}, ensure_ascii=False, indent=2)


def is_sealed(said: Mapping[str, Any]) -> bool:
    """Whether it is as :func:`sealed` made it."""
    return bool(said["sum"] == _sum(said))


def _sum(said: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in said.items() if name != "sum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
