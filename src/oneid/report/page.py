"""The report as one page (:mod:`oneid.vocabulary.pages.markup`). Personal data are masked unless they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from oneid.outputs.runtables import read_tables
from oneid.report.facts import Facts, facts
from oneid.report.parts import PARTS
from oneid.report.words import Say
from oneid.vocabulary.pages.markup import begins, document

__all__ = ["is_report", "page", "report"]


def report(
    folder: Path,
    language: str = "en",
    *,
    made: Mapping[str, pl.DataFrame] | None = None,
    show_pii: bool = False,
) -> str:
    """The page of the run in a folder; ``made``: its tables, where they are in memory.

    Raises UsageError E410 for a language that there is not; InputError as :func:`oneid.outputs.runtables.read_tables`.
    """
    say = Say(language)
    tables = read_tables(folder)
    return page(facts(tables if made is None else made, tables.run), say.language, show_pii=show_pii)


def is_report(begin: bytes) -> bool:
    """Whether a file that begins so is a report of ours."""
    return begin.startswith(begins("report").encode())


def page(found: Facts, language: str = "en", *, show_pii: bool = False) -> str:
    """The page of a run's facts in a language of :data:`oneid.report.words.LANGUAGES`. Equal facts give equal text."""
    say = Say(language)
    parts = [part(found, say, show_pii) for part in PARTS]
    return document("report", say("title"), *parts, language=language)
