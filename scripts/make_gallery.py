"""Draws the gallery's pictures of measuring and comparing, ``docs/images/thresholds.svg`` and
``docs/images/moves.svg``, with the commands that the gallery names beside them, on the demo.

Usage: ``python scripts/make_gallery.py``; takes half a minute. The same version draws the same pictures.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/images"
CONFIG = ("--config", "oneid-demo/oneid.yaml")


def oneid(folder: Path, *words: str) -> None:
    """Runs a command of ``oneid`` in a folder."""
    subprocess.run([sys.executable, "-m", "oneid", *words], cwd=folder, check=True, capture_output=True)


def main() -> int:
    """Makes the demo, measures it, compares it with other rules, and keeps the pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        oneid(folder, "demo")
        oneid(folder, "evaluate", "oneid-demo/out", "oneid-demo/truth.csv", *CONFIG, "--out", "measured")
        preset = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
        changed = preset.replace("thresholds: {match: 5,", "thresholds: {match: 2,")
        (folder / "oneid-demo/changed.yaml").write_text(changed, "utf-8")
        oneid(folder, "diff", "oneid-demo/out", "--rules", "oneid-demo/changed.yaml", "--out", "moves")
        thresholds = (folder / "measured/thresholds.svg").read_text("utf-8")
        page = re.search(r"<svg.*?</svg>", (folder / "moves/diff.html").read_text("utf-8"), re.S)
    assert page is not None
    moves = re.sub(r"(</title>)", r'\1<rect width="100%" height="100%" fill="white"/>', page[0], count=1)
    for path, text in (("thresholds.svg", thresholds), ("moves.svg", moves + "\n")):
        (PICTURES / path).write_text(text, "utf-8")
        print(f"docs/images/{path}: made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
