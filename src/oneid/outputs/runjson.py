"""``run.json``: what it says of a folder's files, and which of these are not as it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oneid.outputs.tablefiles import NAME, sums

__all__ = ["damaged", "run_of", "text_of"]


def damaged(folder: Path, files: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Which of ``files`` are missing in ``folder`` or not as described."""

    def whole(name: str, about: Mapping[str, object]) -> bool:
        path = folder / name
        return path.is_file() and path.stat().st_size == about["bytes"] and sums(path)["sha256"] == about["sha256"]

    return [name for name, about in files.items() if not whole(name, about)]


def text_of(path: Path) -> str | None:
    """A file's text; None where there is no file."""
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def run_of(folder: Path) -> dict[str, Any]:
    """What ``folder/run.json`` says; nothing where there is none, or it is not ours or names files elsewhere."""
    try:
        found = json.loads(text_of(folder / "run.json") or "{}")
        inside = "/" not in found["set"] and all(map(NAME.fullmatch, found["files"]))
    except (ValueError, KeyError, TypeError):
        return {}
    return found if inside else {}
