"""How far a command is: a bar on a terminal, a line for each stage in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from oneid.cli.console import err, log, logging, tell
from oneid.vocabulary.language import in_language, said

__all__ = ["STAGE_WORDS", "progress"]

STAGE_WORDS: Final[Mapping[str, str]] = {
    "make": "make the demo",
    "profile": "look through the sources",
    "read": "read and normalize",
    "compare": "block and compare",
    "judge": "judge patterns",
    "cluster": "cluster",
    "identify": "give OneIDs",
    "golden": "golden records",
    "households": "households",
    "gates": "check the limits",
    "write": "write",
}


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A callback for stages (name, share done): a bar on a terminal, lines in a log, nothing with ``--quiet``."""
    how = logging()
    if err.is_terminal and how.form == "text" and how.level == 0:
        with _bar() as shown:
            yield shown
        return
    begun: dict[str, float] = {}

    def line(stage: str, share: float) -> None:
        start = begun.setdefault(stage, time.monotonic())
        if share < 1:
            return
        seconds = round(time.monotonic() - begun.pop(stage, start), 3)
        word = in_language(STAGE_WORDS.get(stage, stage))
        if how.form == "json":
            log("stage", f"{STAGE_WORDS.get(stage, stage)}: done", stage=stage, seconds=seconds)
        elif how.level > 0:
            log("stage", said("{stage}: done, {seconds:.1f} s", stage=word, seconds=seconds))
        else:
            tell(said("{stage}: done", stage=word))

    yield line


@contextmanager
def _bar() -> Iterator[Callable[[str, float], None]]:
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    words = {stage: in_language(word) for stage, word in STAGE_WORDS.items()}
    columns = (TextColumn("{task.description:<20}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(words.get(stage, stage), total=1.0)
            bar.update(tasks[stage], completed=share)

        yield show
