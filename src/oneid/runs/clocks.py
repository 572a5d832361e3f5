"""Times that a run believes: its own, those of the registry, those of people's decisions, and the day of the data.

A time from the future would win for ever: over every later decision, row and run. So whatever lies more than a day
ahead of the clock is refused where it is given, and counts for nothing where the registry has it already.

==== ===================================================================================================
E621 the day is before that of the last run, or the data were published before under that name
E625 the time given is before that of the last run, or in the future
E641 the day has no order: it is no date, and the config states none
E642 the day lies in the future
E643 all runs of the registry lie in the future of this machine's clock
==== ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl

from oneid.identity.decisions import span
from oneid.settings.days import day_of
from oneid.vocabulary.errors import RegistryError
from oneid.vocabulary.language import said
from oneid.vocabulary.localtime import JAPAN

__all__ = ["believed", "last_day", "latest", "moment", "moments", "now", "refuse_day"]

_LEEWAY = timedelta(days=1)
"""How far clocks and time zones may differ."""


def now() -> datetime:
    """What this machine's clock says."""
    return datetime.now(UTC)


def latest() -> datetime:
    """The last moment that is not in the future."""
    return now() + _LEEWAY


def last_day() -> date:
    """The last day, of Japan, that is not in the future."""
    return latest().astimezone(JAPAN).date()


def moment(at: datetime | None, before: Sequence[datetime]) -> datetime:
    """The time of a run: ``at``, else now; never before the runs ``before`` (their times, in order), even if a clock
    was set back. Times of theirs that lie in the future count for nothing, as long as there are others; but who gives
    times may go on from the last one by a day.

    Raises E609 for a time without a zone, E625, and E643 where all of them lie in the future and no time is given.
    """
    last = latest()
    if at is not None and at.tzinfo is None:
        raise RegistryError("E609", "a moment needs a time zone", hint="write it like 2026-11-22T09:00:00+09:00")
    if at is not None and at > max((last, *(one + _LEEWAY for one in before[-1:]))):
        message = "the time given is more than a day in the future"
        raise RegistryError("E625", message, hint="leave it out, or set this machine's clock")
    past = [one for one in before if one <= last]
    if before and not past and at is None:
        message = said(
            "the registry's last run is of {day:%Y-%m-%d}, and this machine's clock says {now:%Y-%m-%d}",
            day=before[-1],
            now=now(),
        )
        hint = "set the clock; if it is right and was wrong then, give a run its time: oneid.resolve(..., at=...)"
        raise RegistryError("E643", message, hint=hint)
    floor = past[-1] if before and before[-1] <= last else max(past, default=None)
    if at is not None and floor is not None and at <= floor:
        raise RegistryError("E625", "the time given is not after that of the last run", hint="leave it out")
    made = at or now()
    return made if floor is None or made > floor else floor


def moments(runs: pl.DataFrame) -> Mapping[int, datetime | None]:
    """When each run (number, at) was, by its number: where its time lies in the future, no later than the next one that
    is believed; None where there is none.
    """
    when = pl.when(pl.col("at") <= pl.lit(latest())).then("at")
    known = runs.sort("number").select("number", when.fill_null(strategy="backward").alias("at"))
    return dict(known.iter_rows())


def believed(decided: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Decisions of the registry (at, run, ...) with the time of the run that took them in, where what they say of
    theirs lies in the future.
    """
    said = decided["at"].drop_nulls().unique()
    ahead = [text for text in said.to_list() if _first(text) > latest()]
    if not ahead:
        return decided
    known = {number: when.isoformat() if when else None for number, when in moments(runs).items()}
    taken = pl.col("run").replace_strict(known, default=None, return_dtype=pl.String)
    return decided.with_columns(at=pl.when(pl.col("at").is_in(ahead)).then(taken).otherwise("at"))


def _first(text: str) -> datetime:
    return span(text)[0] or datetime.min.replace(tzinfo=UTC)


def refuse_day(day: str, stated: Sequence[str], runs: pl.DataFrame) -> None:
    """Refuses the day of the data (``--var ds=``) where it has no order (E641), lies in the future (E642), or is before
    the last one that the registry was told (E621); ``runs``: number, day. Days of before that have no order, or one of
    another kind, tell nothing.
    """
    mine = day_of(day, stated)
    if mine is None:
        hint = "write a date, as 2026-11-22, or state the order of days in the config: days: [first, second], or number"
        raise RegistryError("E641", "the day 'ds' is no date, and the config states no order in which it has a place",
                            hint=hint)  # fmt: skip
    if mine.begins is not None and mine.begins > latest():
        hint = "give the day of the data; a day of the future would make all others older"
        raise RegistryError("E642", "the day 'ds' is more than a day in the future", hint=hint)
    for text in reversed(runs.sort("number")["day"].drop_nulls().to_list()):
        other = day_of(text, stated)
        if other is None or (other.begins is not None and other.begins > latest()):
            continue
        older = mine.before(other)
        if older:
            hint = "feeds are taken in the order of their days; oneid registry rollback puts people back, not data"
            raise RegistryError(
                "E621", said("the day {day} is before that of the last run, {text}", day=day, text=text), hint=hint
            )
        if older is not None:
            return
