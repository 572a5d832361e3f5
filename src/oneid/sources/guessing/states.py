"""The dates of a record, and which records are of who has left or of a test."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oneid.sources.guessing.columns import Column, best
from oneid.sources.headers import DATES
from oneid.sources.headerwords import PERSONS, STATUS, WITHDRAWN_WORDS

__all__ = ["dates_of", "status_of"]


def dates_of(columns: Sequence[Column], *, orders: bool) -> dict[str, str]:
    """The columns of :data:`~oneid.sources.headers.DATES`; of ``orders`` the day of the order is that of the data."""
    dates = {role: [column for column in columns if column.role == role] for role in DATES}
    if orders and not dates["updated"]:
        dates["updated"] = [column for column in columns if column.role == "ordered"]
    return {role: best(found).name for role, found in dates.items() if found}


def status_of(columns: Sequence[Column]) -> dict[str, object] | None:
    """The column that says who has left or is a test, with the words that say so: only such as everybody uses."""
    for column in columns:
        if column.head.party not in PERSONS or not re.search(STATUS, column.head.text):
            continue
        words = {
            meaning: [cell for cell in column.values if cell.strip().lower() in known]
            for meaning, known in WITHDRAWN_WORDS.items()
        }
        if words["withdrawn"]:
            return {"column": column.name, **{meaning: found for meaning, found in words.items() if found}}
    return None
