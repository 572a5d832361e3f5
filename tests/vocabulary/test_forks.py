"""A process that was forked from one that worked is told so, and does not wait for ever."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

WORK = """
import os, signal, sys, warnings
warnings.simplefilter("ignore")
import oneid
if sys.argv[1] == "used":
    oneid.normalize("name", ["髙橋"])
child = os.fork()
if not child:
    signal.alarm(60)
    try:
        print(oneid.normalize("name", ["髙橋"]), flush=True)
    except oneid.OneIDError as error:
        print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize(("before", "said"), [("used", "E425"), ("imported", "['高橋']")])
def test_after_a_fork(before: str, said: str) -> None:
    """Refused with words where the parent worked; where it only imported, it works."""
    done = subprocess.run([sys.executable, "-c", WORK, before], capture_output=True, text=True, timeout=120, check=True)
    assert said in done.stdout


def test_registry_and_look_ups_refuse_too(monkeypatch, people, tmp_path) -> None:
    """Every way in asks; here the other process is made up."""
    from oneid.registry import Registry
    from oneid.vocabulary import forks
    from oneid.vocabulary.errors import UsageError

    registry = Registry.open("sqlite:///x.db", base=tmp_path)
    monkeypatch.setattr(forks, "_used_in", -1)
    import oneid

    ways = (
        registry.head, lambda: Registry.open("sqlite:///x.db", base=tmp_path), lambda: oneid.resolve("x.yaml"),
        lambda: oneid.read_run(tmp_path), lambda: oneid.normalize("name", []), people.summary,
        lambda: oneid.open_lookup(tmp_path),
    )  # fmt: skip
    for way in ways:
        with pytest.raises(UsageError, match="forked"):
            way()
    registry.close()
