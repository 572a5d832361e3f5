"""The time zone of days and of times that name none."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Final

__all__ = ["JAPAN"]

JAPAN: Final = timezone(timedelta(hours=9))
"""Japan's time; it knows no summer time."""
