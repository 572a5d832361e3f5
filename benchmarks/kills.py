"""Kills runs at random moments and before named steps, and checks that nothing is lost, mixed or half-written.

Usage: ``python benchmarks/kills.py [--kills 200] [--registry postgresql+psycopg://...] [--records 400] [--seed 1]
[--print-only]``

A demo lives on for some days; each day is one ``oneid resolve`` with one registry and one folder, in a process of its
own. A third of the processes are killed (SIGKILL) before a step of publishing, a third at a random moment of
publishing, a third at a random moment of the whole run. After each kill these are checked:

*whole*   folder and registry each hold the run before or the new one, whole: every file has its checksum, the merge
          map and the aliases are those of undisturbed runs, and so are the views; the folder is never ahead
*agree*   after what the next run does first (:meth:`oneid.outputs.runfolder.RunFolder.recover`) both hold the same run:
its name,
          the merge map against ``current_members``, the aliases against ``current_oneids``; nothing is left over
*next*    a day is tried again until it is published, at most four times with a kill, then without: it is right if every
          member has the OneID of the undisturbed runs

A round of ten days begins anew with an empty registry and folder, on a server in a schema of its own. Exit 1 where a
check fails.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final, Self

from forked import Ended, Series, Server, Truth, addresses, same, seen, tidy, undisturbed, write_days

__all__ = [
    "STEPS",
    "Ended",
    "Fates",
    "Killing",
    "Series",
    "Server",
    "Truth",
    "main",
    "same",
    "seen",
    "undisturbed",
    "write_days",
]

STEPS: Final = (
    "folder write merge_map", "folder describe", "folder prepare", "folder link", "folder commit", "registry run",
    "registry memberships", "registry oneids", "registry events", "registry commit", "registry tidy", "folder mark",
    "folder place golden.parquet", "folder switch", "folder unmark", "folder clear links",
)  # fmt: skip
"""Steps of publishing, in their order."""
FIRST: Final = STEPS[0]
TRIES: Final = 4
DAYS: Final = 10


# --- the kills -------------------------------------------------------------------------------------------------------


@dataclass
class Fates:
    """Kills by kind, and what was found after them."""

    chance: Random
    usual: Ended
    kinds: Iterator[str]
    steps: Iterator[str]

    @classmethod
    def of(cls, seed: int, usual: Ended) -> Self:
        """``usual`` is a run that was not killed: its seconds are those that random moments are taken from."""
        chance = Random(seed)
        kinds = cycle(("a step", "publishing", "the run"))
        return cls(chance, usual, kinds, cycle(chance.sample(STEPS, len(STEPS))))

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next kind of kill, and what :meth:`Server.run` is to be told for it."""
        kind = next(self.kinds)
        if kind == "a step":
            return kind, {"before": next(self.steps)}
        if kind == "publishing":
            return kind, {"after": (FIRST, self.chance.uniform(0, self.usual.publishing))}
        return kind, {"after": (None, self.chance.uniform(0, self.usual.seconds))}


class Killing:
    """Kills runs of one series of days after the other, and counts what it finds."""

    def __init__(self, server: Server, base: Path, days: Sequence[str], fates: Fates, truths: Sequence[Truth]) -> None:
        self.server, self.base, self.days, self.fates, self.truths = server, base, days, fates, truths
        self.found: Counter[tuple[str, str]] = Counter()
        self.killed = 0
        self.faults: list[str] = []

    def round(self, folder: Path, address: str, kills: int) -> None:
        """Goes through the days with kills, until there were ``kills`` of them in all."""
        series = Series(self.server, self.base, folder, address)
        for number, day in enumerate(self.days):
            before = self.truths[number - 1] if number else None
            tries, done = 0, False
            while not done and tries < TRIES and self.killed < kills:
                tries += 1
                done = self._kill(series, day, before, self.truths[number])
            if not done:
                ended = series.resolve(day, "--wait", 10)
                self._claim(ended.code == 0, f"{day}: the next run ended with {ended.code}: {ended.said}")
            inside, outside = series.seen()
            right = self.truths[number].same(inside) and self.truths[number].same(outside)
            self.found["all", "days right"] += right
            self._claim(right, f"{day}: not what undisturbed runs have")
            if self.killed >= kills:
                return

    def _kill(self, series: Series, day: str, before: Truth | None, new: Truth) -> bool:
        """Runs a day with a kill; whether the day is published."""
        kind, job = self.fates.next()
        ended = series.resolve(day, "--wait", 10, **job)
        if ended.code != -signal.SIGKILL:
            self.found[kind, "too late"] += 1
            self._claim(ended.code == 0, f"{day}: the run ended with {ended.code}: {ended.said}")
            return True
        self.killed += 1
        self.found[kind, "kills"] += 1
        self.found[kind, "while publishing"] += bool(ended.steps)
        what = f"{day}, killed at '{ended.step}'"
        inside, outside = series.seen()
        old_or_new = [any(same(truth, found) for truth in (before, new)) for found in (inside, outside)]
        self.found[kind, "whole"] += all(old_or_new)
        self._claim(all(old_or_new), f"{what}: neither the old run nor the new one (folder, registry: {old_or_new})")
        self._claim(not same(new, inside) or same(new, outside), f"{what}: the folder is ahead of the registry")
        series.recovered()
        inside, outside = series.seen()
        agree = same(inside, outside) and tidy(series.folder)
        self.found[kind, "agree"] += agree
        self._claim(agree, f"{what}: folder and registry do not agree after recovery")
        published = same(new, outside)
        self.found[kind, "new run"] += published
        return published

    def _claim(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.faults.append(otherwise)


def kill(kills: int, records: int, seed: int, registry: str | None, days: int = DAYS) -> Killing:
    """Kills so many runs and gives what was found."""
    with tempfile.TemporaryDirectory(prefix="oneid-kills-") as made, Server() as server:
        base = Path(made)
        named = write_days(base, days, records, seed)
        truths, usual = undisturbed(server, base, named)
        killing = Killing(server, base, named, Fates.of(seed, usual), truths)
        with addresses(registry, base) as fresh:
            for number, address in enumerate(fresh):
                killing.round(base / f"out {number}", address, kills)
                if killing.killed >= kills:
                    break
    return killing


HEAD: Final = ("killed in", "kills", "while publishing", "whole", "agree", "new run stands", "ended before")
COUNTS: Final = ("kills", "while publishing", "whole", "agree", "new run", "too late")


def main() -> None:
    """Parses the command line, kills, tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--registry", help="a database of a PostgreSQL server; SQLite if left out")
    parser.add_argument("--records", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--print-only", action="store_true", help="do not add to RESULTS.md")
    given = parser.parse_args()
    from results import tell  # noqa: PLC0415

    begun = perf_counter()
    killing = kill(given.kills, given.records, given.seed, given.registry)
    kinds = ("a step", "publishing", "the run")
    rows = [[kind, *(str(killing.found[kind, name]) for name in COUNTS)] for kind in kinds]
    rows.append(["all", *(str(sum(killing.found[kind, name] for kind in kinds)) for name in COUNTS)])
    on = "PostgreSQL" if given.registry else "SQLite"
    note = (
        f"{killing.found['all', 'days right']} days were published, {len(killing.faults)} faults, "
        f"{perf_counter() - begun:.0f} s."
    )
    tell(f"{given.kills} kills of runs of {given.records} records on {on}", HEAD, rows, note=note,
         write=not given.print_only)  # fmt: skip
    for fault in killing.faults:
        print("broken:", fault)
    raise SystemExit(bool(killing.faults))


if __name__ == "__main__":
    main()
