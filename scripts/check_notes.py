"""Checks what people read beside the code: changelog fragments and decisions are named and formed as they should be.

Usage: ``python scripts/check_notes.py``; exit 1 with one line per problem.

``changelog.d/NNN-what.(added|changed|fixed|removed).md`` holds one user-visible change in a sentence or two;
``docs/decisions/NNN-what.md`` has a title and says the choice, the reasons and what was given up. Numbers do not
repeat.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def check() -> list[str]:
    """Every problem, as a line for people."""
    wrong = []
    for path in sorted((ROOT / "changelog.d").glob("*")):
        if path.name == "README.md":
            continue
        if not re.fullmatch(r"\d{3}-[a-z0-9-]+\.(added|changed|fixed|removed)\.md", path.name):
            wrong.append(f"changelog.d/{path.name}: name it NNN-what.added.md (or changed, fixed, removed)")
        elif not 20 <= len(path.read_text("utf-8").strip()) <= 600:
            wrong.append(f"changelog.d/{path.name}: one change, in a sentence or two")
    seen: dict[str, str] = {}
    for path in sorted((ROOT / "docs/decisions").glob("*.md")):
        if not re.fullmatch(r"\d{3}-[a-z0-9-]+\.md", path.name):
            wrong.append(f"docs/decisions/{path.name}: name it NNN-what.md")
        elif not path.read_text("utf-8").startswith("# "):
            wrong.append(f"docs/decisions/{path.name}: begin with a title")
        elif path.name[:3] in seen:
            wrong.append(f"docs/decisions/{path.name}: the number is taken by {seen[path.name[:3]]}")
        seen[path.name[:3]] = path.name
    return wrong


if __name__ == "__main__":
    problems = check()
    print("\n".join(problems) or "notes: well formed")
    sys.exit(bool(problems))
