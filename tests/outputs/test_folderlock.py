"""A lock whose holder cannot be written down is let go of, so that the next one gets it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from oneid.outputs import folderlock
from oneid.vocabulary.errors import OutputError


@pytest.mark.parametrize("locks", [True, False])
@pytest.mark.parametrize("call", ["ftruncate", "write"])
def test_a_lock_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: bool, call: str) -> None:
    """With the system's locks, and where there are none (``fcntl`` is missing)."""
    if not locks:
        monkeypatch.setattr(folderlock, "fcntl", None)

    def full(descriptor: int, what: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(OSError, match="No space"):
            folderlock.lock(tmp_path)
    free = folderlock.lock(tmp_path)
    with pytest.raises(OutputError, match=f"E304 another run is writing here: process {os.getpid()} on "):
        folderlock.lock(tmp_path)
    free()
    folderlock.lock(tmp_path)()


def test_a_lock_that_closes_with_an_error_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was closed is closed, whatever the system says of it; nobody is told who is done already."""
    free, plain = folderlock.lock(tmp_path), os.close

    def closed(descriptor: int) -> None:
        plain(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(os, "close", closed)
        free()
    folderlock.lock(tmp_path)()


def test_a_lock_file_that_cannot_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is named, for it has to be removed by hand."""
    monkeypatch.setattr(folderlock, "fcntl", None)
    free = folderlock.lock(tmp_path)

    def refused(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(OutputError, match=r"E301 .*remove .*lock\.held"):
        free()
