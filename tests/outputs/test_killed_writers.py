"""What a writer of a text leaves when it is killed goes when something is next written there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from oneid.outputs.textfile import write_text

KILLED = """
import os, signal, sys
from pathlib import Path
from oneid.outputs.textfile import write_text
def audited(event, arguments):
    if event == "os.rename":
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audited)
write_text("E305", "no", Path(sys.argv[1]), "half")
"""


def test_what_a_killed_writer_left(tmp_path: Path) -> None:
    """An hour later; until then it might be one that still writes. Other hidden files are not ours."""
    target = tmp_path / "receipt.json"
    done = subprocess.run([sys.executable, "-c", KILLED, target], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    other = tmp_path / ".oneid-notes.txt"
    other.write_text("mine", "utf-8")
    os.utime(other, (0, 0))
    write_text("E305", "no", target, "whole")
    assert {path.name for path in tmp_path.iterdir()} == {left.name, other.name, target.name}
    os.utime(left, (0, 0))
    write_text("E305", "no", target, "whole again")
    assert {path.name for path in tmp_path.iterdir()} == {other.name, target.name}
    assert target.read_text("utf-8") == "whole again"
