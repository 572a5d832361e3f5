"""Draws docs/images/house.svg: the rooms of src/oneid in their layers, how large they are, and who imports whom.

Layers are read from the contract in pyproject.toml, sizes and imports (those for types and in functions included) from
the code, so that the picture shows what is there. Lines are told in hundreds, so that it is not out of date after every
change.

Usage: ``python scripts/make_house.py [--check]``; with ``--check`` nothing is written, and the exit code is 1 if the
picture is out of date.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/oneid"
PICTURE = ROOT / "docs/images/house.svg"

FACE = "oneid"
"""The public face: the modules in the root, drawn as one room."""
ABOUT: Mapping[str, str] = {
    FACE: "what users import: resolve, read_run, open_lookup ...; testing; the plugin of pytest",
    "cli": "the command, one module per family of commands",
    "report": "a run as a page",
    "review": "people decide about pairs",
    "ruletests": "cases to be passed",
    "diff": "other rules or runs",
    "evaluation": "a run and the truth",
    "training": "weights from data",
    "interop": "recordlinkage, dbt",
    "runs": "whole runs: the stages in order, their result, what people ask of it",
    "registry": "OneIDs over time: SQLite or PostgreSQL",
    "lookup": "which OneID is this record? without a run",
    "explain": "why are two records one person or not?",
    "daily": "what a run keeps, and what can have changed since",
    "identity": "OneIDs, merge map, events",
    "golden": "the best values of each",
    "households": "who lives together",
    "clusters": "links become people",
    "pairs": "who is compared, and how",
    "records": "all fields of a record",
    "sources": "files and frames are read",
    "outputs": "the folder of a run and its files",
    "settings": "config and rules, and the YAML that they come from",
    "kinds": "name, kana, birth, phone, address ...: all that is known of a kind of field",
    "demo": "five systems of people who do not exist",
    "japanese": "text, kanji, readings, eras, places: what several kinds share",
    "engines": "where the work is done",
    "vocabulary": "errors, references, codes, patterns, contracts of tables, masking",
}
"""What each room is for, in a few words. A room without them stops this script."""
STAIRS: Mapping[str, str] = {
    "sources": "rows of text",
    "records": "features",
    "pairs": "judged pairs",
    "clusters": "people",
}
"""The rooms that data pass through, in order, and what each hands on; the layer above the last is where they arrive."""
BANDS: Mapping[str, str] = {
    FACE: "faces",
    "ruletests": "made of whole runs",
    "runs": "whole runs, day after day",
    "identity": "one run: data climb the stairs",
    "outputs": "what all of it stands on",
}
"""The parts of the house, each by the first room of its topmost layer."""

WIDTH, LEFT, RIGHT, GAP = 1090, 20, 742, 12
COLUMN, FIRST_COLUMN = 15, 770
STEP, TREAD = 112, 160
BAR, BOX, TITLE, LANDING = 32, 54, 24, 30
MANY, SOME = 10, 3
"""From how many imports on a dot is large, or of middle size."""

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de; }
  .band { fill: #f6f8fa; }
  .room { fill: #eef4fb; stroke: #3b74b8; }
  .stair { fill: #fdf1dc; stroke: #b7791f; stroke-width: 1.6; }
  .flow { stroke: #b7791f; stroke-width: 2.4; fill: none; }
  .tip { fill: #b7791f; }
  .dot { fill: #3b74b8; }
  .self { fill: #d0d7de; }
  .wrong { fill: #cf222e; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  text { fill: #1f2328; font-size: 13px; font-family: -apple-system, "Segoe UI", "Noto Sans", Arial, sans-serif; }
  .name { font-weight: 600; }
  .small { fill: #57606a; font-size: 11px; }
  .head { fill: #57606a; font-size: 12px; font-weight: 600; }
  .hand { fill: #8a5a12; font-size: 12px; font-style: italic; }
  .end { text-anchor: end; }
  .mid { text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d; }
    .band { fill: #161b22; }
    .room { fill: #1b2a3d; stroke: #6ca6ea; }
    .stair { fill: #3a2d14; stroke: #e0b050; }
    .flow { stroke: #e0b050; }
    .tip { fill: #e0b050; }
    .dot { fill: #6ca6ea; }
    .self { fill: #3d444d; }
    .wrong { fill: #ff7b72; }
    .grid { stroke: #21262d; }
    text { fill: #e6edf3; }
    .small, .head { fill: #a8b2bc; }
    .hand { fill: #e8c27a; }
  }
"""
TIP = (
    '<defs><marker id="tip" markerWidth="10" markerHeight="8" refX="7" refY="4" orient="auto" '
    'markerUnits="userSpaceOnUse"><path class="tip" d="M0,0 L9,4 L0,8 z"/></marker></defs>'
)


@dataclass(frozen=True)
class Room:
    """A room and its size: ``modules`` without ``__init__``, ``lines`` with it, those of folders in it included."""

    name: str
    modules: int
    lines: int

    @property
    def size(self) -> str:
        """For people; lines in hundreds."""
        lines = f"{round(self.lines, -2):,} lines" if self.lines >= 50 else "few lines"
        return f"{self.modules} module{'s' if self.modules != 1 else ''}, {lines}"


def layers() -> list[list[str]]:
    """The rooms from top to bottom, those of one line together; the modules of the root are one room, the topmost."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["id"] == "layers"]
    found = [[name for name in re.split(r" [|:] ", layer) if (SOURCE / name).is_dir()] for layer in contract["layers"]]
    return [[FACE], *filter(None, found)]


def room_of(parts: Sequence[str]) -> str:
    """The room that a module (its name in parts, from ``oneid`` on) belongs to."""
    return parts[1] if len(parts) > 1 and (SOURCE / parts[1]).is_dir() else FACE


def measured() -> tuple[dict[str, Room], Counter[tuple[str, str]]]:
    """The rooms with their sizes, and how many modules' imports lead from one room to another."""
    modules: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    imports: Counter[tuple[str, str]] = Counter()
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        room = room_of((FACE, *path.relative_to(SOURCE).with_suffix("").parts))
        modules[room] += path.stem != "__init__"
        lines[room] += text.count("\n")
        imports.update((room, other) for other in _imported(ast.parse(text)) if other != room)
    return {name: Room(name, modules[name], lines[name]) for name in lines}, imports


def _imported(tree: ast.Module) -> list[str]:
    """The rooms of all modules that a module imports, one for each import."""
    found = []
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{FACE}.{alias.name}" for alias in node.names] if node.module == FACE else [node.module or ""]
        found += [room_of(name.split(".")) for name in names if name.split(".")[0] == FACE]
    return found


def _box(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6"/>'


def _text(x: float, y: float, said: str, kind: str = "") -> str:
    safe = said.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:g}" y="{y:g}"{f" class={kind!r}" if kind else ""}>{safe}</text>'.replace("'", '"')


def _bar(room: Room, y: float) -> list[str]:
    """A room as wide as the house."""
    middle = y + BAR / 2 + 4
    return [
        _box("room", LEFT + GAP, y, RIGHT - LEFT - 2 * GAP, BAR),
        _text(LEFT + 2 * GAP, middle, room.name, "name"),
        _text(LEFT + 122, middle, ABOUT[room.name], "small"),
        _text(RIGHT - 2 * GAP, middle, room.size, "small end"),
    ]


def _card(room: Room, kind: str, x: float, y: float, width: float) -> list[str]:
    """A room with its name, what it is for, and its size below one another."""
    said = ((room.name, "name mid"), (ABOUT[room.name], "small mid"), (room.size, "small mid"))
    lines = [_text(x + width / 2, y + 17 + 15 * number, *line) for number, line in enumerate(said)]
    return [_box(kind, x, y, width, BOX), *lines]


def _beside(rooms: Sequence[Room], y: float, left: float, kind: str) -> list[str]:
    """Rooms of one line, beside one another."""
    width = (RIGHT - GAP - left - 8 * (len(rooms) - 1)) / len(rooms)
    cards = [_card(room, kind, left + at * (width + 8), y, width) for at, room in enumerate(rooms)]
    if kind == "stair":  # the arrow from the last step parts under all of them
        middles = [left + at * (width + 8) + width / 2 for at in range(len(rooms))]
        foot = y + BOX + LANDING / 2
        cards.append([_flow(f"M{middle:g},{foot:g} V{y + BOX + 2:g}") for middle in middles])
        cards.append([f'<path class="flow" d="M{middles[0]:g},{foot:g} H{middles[-1]:g}"/>'])
    return [part for card in cards for part in card]


def _flow(path: str) -> str:
    return f'<path class="flow" d="{path}" marker-end="url(#tip)"/>'


def _stair(room: Room, y: float, above: float) -> list[str]:
    """A step of the stairs, with the arrow that leads up from it to what ends at ``above``."""
    number = list(STAIRS).index(room.name)
    x = LEFT + 110 + number * STEP
    middle, turn = y + BOX / 2, x + TREAD + 34
    last = number == len(STAIRS) - 1
    end = above + LANDING / 2 if last else above + 2
    path = f"M{x + TREAD:g},{middle:g} H{turn:g} V{end:g}"
    drawn = [
        *_card(room, "stair", x, y, TREAD),
        f'<path class="flow" d="{path} h-12"/>' if last else _flow(path),
        _text(turn + 9, middle + 5, STAIRS[room.name], "hand"),
    ]
    if number == 0:
        drawn += [_text(LEFT + GAP, middle + 5, "member data", "hand"), _flow(f"M{x - 20:g},{middle:g} H{x - 2:g}")]
    return drawn


def drawn_house(order: Sequence[Sequence[str]], rooms: Mapping[str, Room]) -> tuple[list[str], list[float], float]:
    """The rooms; the middle of each layer, from top to bottom; and where the house ends."""
    drawn: list[str] = []
    bands: list[tuple[float, str]] = []
    middles: list[float] = []
    y, arrived = 96.0, 0.0
    for layer in order:
        if layer[0] in BANDS:
            y += GAP if bands else 0
            bands.append((y, BANDS[layer[0]]))
            y += TITLE
        inside = [rooms[name] for name in layer]
        height = BOX if len(layer) > 1 or layer[0] in STAIRS else BAR
        if layer[0] in STAIRS:
            drawn += _stair(inside[0], y, arrived)
        elif len(layer) > 1:
            on_top = BANDS.get(layer[0]) == BANDS["identity"]
            drawn += _beside(inside, y, LEFT + 220 if on_top else LEFT + GAP, "stair" if on_top else "room")
        else:
            drawn += _bar(inside[0], y)
        middles.append(y + height / 2)
        arrived = y + height
        y = arrived + (LANDING if BANDS.get(layer[0]) == BANDS["identity"] else 16 if layer[0] in STAIRS else 6)
    ends = [top - GAP for top, _ in bands[1:]] + [y]
    below = [
        part
        for (top, title), end in zip(bands, ends, strict=True)
        for part in (
            _box("band", LEFT, top, RIGHT - LEFT, end - top),
            _text(LEFT + GAP, top + 17, title, "head"),
        )
    ]
    return below + drawn, middles, y


def drawn_imports(
    order: Sequence[Sequence[str]], imports: Mapping[tuple[str, str], int], middles: Sequence[float], end: float
) -> list[str]:
    """A row and a column for each layer: a dot where one imports the other, larger for more imports."""
    drawn = []
    columns = [FIRST_COLUMN + COLUMN * number for number in range(len(order))]
    for x, y, layer in zip(columns, middles, order, strict=True):
        label = layer[0] + (f" +{len(layer) - 1}" if len(layer) > 1 else "")
        drawn.append(f'<path class="grid" d="M{x},92 V{end:g} M{columns[0]},{y:g} H{columns[-1]}"/>')
        drawn.append(f'<text class="small" transform="translate({x + 4},86) rotate(-58)">{label}</text>')
        among = any(imports.get((one, other)) for one in layer for other in layer)
        kind = "wrong" if among else "self"
        drawn.append(f'<rect class="{kind}" x="{x - 5}" y="{y - 5:g}" width="10" height="10" rx="2"/>')
    for row, upper in enumerate(order):
        for column, lower in enumerate(order):
            count = sum(imports.get((one, other), 0) for one in upper for other in lower)
            if count and row != column:
                radius = 5.5 if count >= MANY else 4 if count >= SOME else 2.5
                kind = "dot" if column > row else "wrong"
                drawn.append(f'<circle class="{kind}" cx="{columns[column]}" cy="{middles[row]:g}" r="{radius:g}"/>')
    return drawn


def picture() -> str:
    """The whole picture. Stops where a room has no words, or words are for no room."""
    order = layers()
    rooms, imports = measured()
    placed = [name for layer in order for name in layer]
    if wrong := {*rooms} ^ {*placed} | {*ABOUT} ^ {*placed}:
        raise SystemExit(f"make_house.py: in the code, the contract and ABOUT differ: {', '.join(sorted(wrong))}")
    house, middles, end = drawn_house(order, rooms)
    title = "The rooms of oneid in their layers"
    told = (
        "Rooms from top to bottom; imports point down only. Data climb the stairs: from sources to records, pairs and "
        "clusters, and to OneIDs, golden records and households. Beside it a dot for each layer that imports another."
    )
    head: Iterable[str] = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {end + 46:g}" role="img" aria-labelledby="t d">',
        "<!-- Made by scripts/make_house.py; do not edit. -->",
        f'<title id="t">{title}</title>',
        f'<desc id="d">{told}</desc>',
        f"<style>{STYLE}</style>",
        TIP,
        _box("card", 1, 1, WIDTH - 2, end + 44),
        f'<text x="{LEFT}" y="40" style="font-size:20px;font-weight:600">Where things are</text>',
        _text(LEFT, 64, "Data climb the stairs. Imports point down: a room knows only what lies below it.", "small"),
        _text(LEFT, 80, "Sizes are of the code as it is; lines in hundreds.", "small"),
    )
    told_below = (
        "On the right: a dot where the row imports the column (a square is the row itself); larger from "
        f"{SOME}, largest from {MANY} imports on. Red: against the order."
    )
    foot = _text(LEFT, end + 26, told_below, "small")
    parts = [*head, *house, *drawn_imports(order, imports, middles, end), foot, "</svg>"]
    return "\n".join(filter(None, parts)) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Writes or checks the picture; returns the exit code."""
    made = picture()
    stale = not PICTURE.exists() or PICTURE.read_text("utf-8") != made
    if stale and "--check" not in arguments:
        PICTURE.write_text(made, encoding="utf-8")
    name = PICTURE.relative_to(ROOT)
    said = "up to date" if not stale else "out of date; run make house" if "--check" in arguments else "made"
    print(f"{name}: {said}")
    return int(stale and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
