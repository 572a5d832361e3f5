"""A PostgreSQL server for the tests: Debian's package, in a temporary folder, on a Unix socket only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """Where the newest server's programs are; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running() -> Iterator[str]:
    """A server that is stopped and removed at the end; its socket's folder. It refuses to run as root."""
    home = Path(tempfile.mkdtemp(prefix="oneid-pg-"))
    root = os.geteuid() == 0
    if root:
        shutil.chown(home, "postgres", "postgres")
    where = programs()
    assert where is not None

    def call(program: str, *arguments: str) -> None:
        identity = {"user": "postgres", "group": "postgres", "extra_groups": ()} if root else {}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home}
        subprocess.run([where / program, "-D", home / "data", *arguments], check=True, **identity, **quiet)

    try:
        call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        settings = f"-k {home} -c listen_addresses='' -c fsync=off -c shared_buffers=32MB -c max_connections=50"
        call("pg_ctl", "-w", "-l", str(home / "log"), "-o", settings, "start")
        try:
            yield str(home)
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
