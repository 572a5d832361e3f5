"""Records the demo as a picture that moves: ``docs/images/demo.svg``, from a real run of the commands that it shows.

Usage: ``python scripts/make_recording.py``; takes half a minute. ``oneid`` of this tree must be importable.

The picture holds text and CSS alone: no script, nothing from elsewhere. Lines appear as they would be read, once; who
asked the system for less motion sees the last frame at once, and so does a viewer that knows no animation. Of long
lists three lines are shown.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs/images/demo.svg"
COLUMNS = 112
CELL, LINE, EDGE, BAR = 7.8, 19, 18, 30
"""Pixels: the width of a half-width character, the height of a line, the margin, and the bar above the lines."""
TYPING, WORKING, READING = 0.035, 1.2, 0.09
"""Seconds: a character typed, a command at work (however long it took), and a line of its output."""
STYLE = """
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace;
 fill: #d7dde8; white-space: pre; }
.prompt { fill: #8fd694; } .typed { fill: #ffffff; }
.line { animation: come .01s linear var(--at) backwards; }
@keyframes come { from { opacity: 0; } to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .line { animation: none; } }
"""


def run(command: str, folder: Path) -> list[str]:
    """The lines that a command prints."""
    environment = os.environ | {"COLUMNS": str(COLUMNS), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    call = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return shortened([line.rstrip() for line in done.stdout.splitlines()])


def shortened(lines: Sequence[str]) -> list[str]:
    """Lines of which long lists, that is more than five indented lines, show three and a mark of what is left out."""
    made: list[str] = []
    for indented, group in groupby(lines, key=lambda line: line.startswith("  ")):
        part = list(group)
        made += [*part[:3], f"  … {len(part) - 3} more"] if indented and len(part) > 5 else part
    return made


def wide(char: str) -> bool:
    """Whether a character takes two cells."""
    return unicodedata.east_asian_width(char) in "WF"


def pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Parts of a line that are set by themselves, so that columns stand below one another in any font: the cell where a
    part begins, the cells that it takes, the part.
    """
    for found in re.finditer(r"\S+(?: \S+)*", text):
        for part in re.finditer(r"[\u2e80-\uffef]+|[^\u2e80-\uffef]+", found[0]):
            before = text[: found.start() + part.start()]
            yield sum(1 + wide(char) for char in before), sum(1 + wide(char) for char in part[0]), part[0]


def drawn(text: str, row: int, at: float, kind: str = "") -> str:
    """A line of the picture that comes at a second."""
    y = BAR + EDGE + row * LINE
    parts = [
        f'<text x="{EDGE + cell * CELL:.1f}" y="{y}" textLength="{cells * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
        f"{kind}>{escape(part)}</text>"
        for cell, cells, part in pieces(text)
    ]
    return f'<g class="line" style="--at:{at:.2f}s">{"".join(parts)}</g>'


def typed(command: str, row: int, at: float) -> tuple[list[str], float]:
    """A command as somebody types it, character by character; and the second at which it is there."""
    lines = [drawn("$", row, at, ' class="prompt"')]
    for place, char in enumerate(command):
        at += TYPING
        if char != " ":
            lines.append(drawn(" " * (place + 2) + char, row, at, ' class="typed"'))
    return lines, at


def picture(session: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The recording of commands with what they printed."""
    made, row, at = [], 0, 0.4
    for command, output in session:
        lines, at = typed(command, row, at)
        made += lines
        row, at = row + 1, at + WORKING
        for line in output:
            made.append(drawn(line, row, at))
            row, at = row + 1, at + READING
        row, at = row + 1, at + 1
    width, height = 2 * EDGE + COLUMNS * CELL, BAR + EDGE + row * LINE
    dots = "".join(f'<circle cx="{20 + 18 * number}" cy="15" r="5" fill="#4a5364"/>' for number in range(3))
    told = "; ".join(command for command, _ in session)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
        'aria-labelledby="t d">\n'
        "<!-- Made by scripts/make_recording.py; do not edit. -->\n"
        f'<title id="t">A terminal: {escape(told)}</title>\n'
        '<desc id="d">The demo makes five systems, resolves them and says how much is right; then two records are '
        "explained field by field, masked.</desc>\n"
        f"<style>{STYLE}</style>\n"
        f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#161b24"/>{dots}\n' + "\n".join(made) + "\n</svg>\n"
    )


def main() -> int:
    """Runs the demo and the command that it names at its end, and writes the picture."""
    with tempfile.TemporaryDirectory() as folder:
        demo = run("oneid demo", Path(folder))
        explain = next(line for line in reversed(demo) if "oneid explain" in line).partition(": ")[2]
        session = [("oneid demo", demo), (explain, run(explain, Path(folder)))]
    PICTURE.write_text(picture(session), "utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
