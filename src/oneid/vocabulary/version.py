"""The version, and the name to install by: said here once. The build reads the version from here, runs record it."""

from __future__ import annotations

__all__ = ["DISTRIBUTION", "VERSION", "install"]

VERSION = "0.1.0"
DISTRIBUTION = "oneid-merge"
"""What ``pip`` calls this package. ``oneid`` on the public index is somebody else's package for something else."""


def install(extra: str) -> str:
    """The command that installs this package with an extra, for the hints of errors."""
    return f'pip install "{DISTRIBUTION}[{extra}]"'
