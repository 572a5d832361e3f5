"""Small runs with equal rows, and with rows that say less than others, give what comparing everything gives."""

from __future__ import annotations

import random
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from lasting import PUBLISHED, Frames, World, assert_same, frame, shop
from oneid.daily import changedpairs

TARO = ("佐藤 太郎", None, "1990-03-04", "090-1234-5678", "sato.home@example.com", "154-0001", "東京都世田谷区砧2-8-1")
JIRO = ("佐藤 次郎", *TARO[1:])
NOBODY = (None, *TARO[1:])
KANA = ("サトウ タロウ", *TARO[1:])
LESS = ("佐藤 太郎", None, None, None, "sato.home@example.com")
TERMINAL = [(f"{name} 一郎", None, f"19{60 + at}-01-02", "090-1234-5678") for at, name in enumerate("林森原関堀")]
HANAKO = ("高橋 花子", "タカハシ ハナコ", "1980-04-05", "090-1853-2647", "hanako@example.com")
WEB = ("高橋 花子", "タカハシ ハナコ", "1980-04-05", None, "hanako@example.com")
ROWS = [TARO, TARO, TARO, JIRO, NOBODY, KANA, LESS, HANAKO, HANAKO, WEB, *TERMINAL]


def low_limits(folder: Path) -> str:
    """The path of rules under which blocks of few records are too large, and two rules ask for sources."""
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text(encoding="utf-8")
    for most in ("30", "20", "10"):
        text = text.replace(f"most: {most}", f"most: {int(most) // 8 + 1}")
    path = folder / "rules.yaml"
    path.write_text(text.replace("alarm: 500", "alarm: 8"), encoding="utf-8")
    return str(path)


def in_full(patch: pytest.MonkeyPatch, world: World, feeds: Frames, run_id: str) -> dict[str, Any]:
    """What a run in full gives, from a copy of folder and registry."""
    with tempfile.TemporaryDirectory() as folder, patch.context() as inner:
        inner.setattr(changedpairs, "MOST_FRESH", -1)
        copy = world.copy(Path(folder) / "copy")
        assert copy.run(feeds, run_id=run_id).run["registry"]["compared"] == "all"
        return {name: table.clone() for name, table in copy.tables().items()}


@pytest.mark.parametrize(
    ("seed", "days"), [(0, 2), *(pytest.param(seed, 4, marks=pytest.mark.slow) for seed in (0, 1, 2, 3))]
)
def test_equal_rows_come_and_go(seed: int, days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Day by day members come, change and leave; among them many are equal, some are silent, some share a terminal.

    Blocks cross their limits, classes grow and lose their first record, values become shared and are no longer.
    """
    draw = random.Random(seed)
    said = {"sources": {"card": shop(), "web": shop(feed="delta")}, "rules": low_limits(tmp_path)}
    world = World(tmp_path / "w", {**said, "limits": {"members_renumbered_pct": 100}})
    held = {name: {f"{number:02}": draw.choice(ROWS) for number in range(12)} for name in ("card", "web")}
    world.run({name: frame(*((key, *row) for key, row in rows.items())) for name, rows in held.items()})
    monkeypatch.setattr(changedpairs, "MOST_FRESH", 1)
    compared = []
    for day in range(days):
        feeds = {}
        for name, rows in held.items():
            before = dict(rows)
            for _ in range(draw.randint(0, 4)):
                key = f"{draw.randint(0, 20):02}"
                if draw.random() < 0.3:
                    if name == "card" and len(rows) > 1:
                        rows.pop(key, None)
                else:
                    rows[key] = draw.choice(ROWS)
            sent = rows if name == "card" else {key: row for key, row in rows.items() if before.get(key) != row}
            made = [(key, *row) for key, row in sent.items()] or [(key, *row) for key, row in list(rows.items())[:1]]
            draw.shuffle(made)
            feeds[name] = frame(*made)
        expected = in_full(monkeypatch, world, feeds, f"day {day}")
        compared.append(world.run(feeds, run_id=f"day {day}").run.get("registry", {}).get("compared"))
        assert_same(world.tables(), expected, (*PUBLISHED, "events", "known/oneids", "state/pairs", "state/equal"))
    assert "changes" in compared
