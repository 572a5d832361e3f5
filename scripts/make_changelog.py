"""Joins the fragments of ``changelog.d/`` into ``CHANGELOG.md`` under a version, by kind.

Usage: ``python scripts/make_changelog.py VERSION [--date YYYY-MM-DD] [--delete]``

The section of the version is written anew each time, so the command may be run again as long as the fragments are
there. ``--delete`` takes them away at the end, which is the release itself. A section of another version is never
touched, and a version whose fragments are gone is not written over.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("added", "changed", "fixed", "removed")
NAME = re.compile(r"\d{3}-[a-z0-9-]+\.(added|changed|fixed|removed)\.md")


def section(version: str, date: str, fragments: Sequence[Path]) -> str:
    """The section of a version: each fragment is one point, in the order of numbers."""
    parts = [f"## {version} ({date})"]
    for kind in KINDS:
        texts = [path.read_text("utf-8").strip() for path in fragments if path.name.endswith(f".{kind}.md")]
        if texts:
            points = (re.sub(r"\s*\n\s*", " ", text) for text in texts)
            parts.append(f"### {kind.capitalize()}\n\n" + "\n".join(f"- {text}" for text in points))
    return "\n\n".join(parts) + "\n"


def released(changes: str, version: str, made: str) -> str:
    """The changes with the section of a version, in its old place or, where it is new, before all other versions."""
    head, *old = re.split(r"^(?=## )", changes, flags=re.M)
    names = [text.split()[1] for text in old]
    if version in names:
        old[names.index(version)] = made
    else:
        old.insert(0, made)
    return "\n".join(text.rstrip("\n") + "\n" for text in (head, *old))


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Writes the section; returns the exit code."""
    parser = argparse.ArgumentParser(description="Joins changelog.d into CHANGELOG.md.")
    parser.add_argument("version")
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat())
    parser.add_argument("--delete", action="store_true", help="take the fragments away, as the release does")
    asked = parser.parse_args(arguments)
    fragments = sorted(path for path in (root / "changelog.d").glob("*.md") if NAME.fullmatch(path.name))
    if not fragments:
        print("changelog.d: no fragments, nothing to do")
        return 1
    file = root / "CHANGELOG.md"
    made = section(asked.version, asked.date, fragments)
    file.write_text(released(file.read_text("utf-8"), asked.version, made), "utf-8")
    if asked.delete:
        for path in fragments:
            path.unlink()
    print(f"CHANGELOG.md: {asked.version}, {len(fragments)} changes{'; fragments are gone' if asked.delete else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
