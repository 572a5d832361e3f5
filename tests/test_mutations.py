"""The small changes that ``scripts/mutate.py`` tries: each is one, can be compiled, and is known wherever it moves."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import yaml

SCRIPTS = Path(__file__).parent.parent / "scripts"
FOUND: dict[str, Any] = runpy.run_path(str(SCRIPTS / "mutations.py"))

SOURCE = '''"""Text, 1 < 2."""

from __future__ import annotations

__all__ = ["f"]


def f(a: int | None, b: list[int], flag: bool = False) -> int:
    """More text."""
    if not b:
        return 0
    total = min(b[1:]) + 2
    for one in b:
        if one < total and flag:
            continue
        b.sort(reverse=True)
    if a is None:
        raise ValueError(f"{a} > 1")
    return total
'''


def test_every_kind_of_change_is_found_once() -> None:
    """By line: what stands there after each change of it. Texts, annotations and imports are left alone."""
    found = [(change.line, change.after) for change in FOUND["changes"]("room/m.py", SOURCE.encode())]
    assert sorted(found) == sorted([
        (8, "def f(a: int | None, b: list[int], flag: bool = True) -> int:"),
        (10, "if b:"),
        (11, "pass"),
        (11, "return 1"),
        (12, "total = max(b[1:]) + 2"),
        (12, "total = min(b[:]) + 2"),
        (12, "total = min(b[2:]) + 2"),
        (12, "total = min(b[1:]) - 2"),
        (12, "total = min(b[1:]) + 3"),
        (14, "if one <= total and flag:"),
        (14, "if one >= total and flag:"),
        (14, "if one < total or flag:"),
        (15, "break"),
        (15, "pass"),
        (16, "pass"),
        (16, "b.sort(reverse=False)"),
        (17, "if a is not None:"),
        (18, "pass"),
    ])  # fmt: skip


def test_a_change_is_one_piece_of_text_and_its_name_survives_a_move() -> None:
    """Further down, in another module of the room, it is known by the same key; and it can be compiled."""
    moved = '"""Other."""\n\nX = 0\n' + SOURCE.partition('"""\n')[2]
    first, again = (FOUND["changes"](*args) for args in (("room/m.py", SOURCE.encode()), ("room/n.py", moved.encode())))
    assert [change.key for change in first] == [change.key for change in again if change.function]
    for change in first:
        changed = change.applied(SOURCE.encode()).decode()
        compile(changed, "changed", "exec")
        assert changed != SOURCE
        assert " ".join(changed.splitlines()[change.line - 1].split()) == change.after


def test_the_list_of_equivalent_changes_has_reasons() -> None:
    """Each entry says all that it is known by, and why nobody can observe it; none is there twice."""
    entries = yaml.safe_load((SCRIPTS / "equivalent_mutants.yaml").read_text(encoding="utf-8"))
    assert all(set(entry) == {"file", "function", "before", "after", "reason"} for entry in entries)
    assert all(len(entry["reason"]) > 20 for entry in entries)
    keys = [(entry["file"], entry["function"], entry["before"], entry["after"]) for entry in entries]
    assert len(keys) == len(set(keys))
