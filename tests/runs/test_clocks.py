"""Which times are believed: none that lies more than a day ahead of the clock, wherever it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from oneid.runs import clocks
from oneid.vocabulary.errors import OneIDError

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AHEAD = datetime(2036, 1, 1, tzinfo=UTC)
RUNS = {"number": pl.UInt32, "at": pl.Datetime("us", "UTC"), "day": pl.String}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "now", lambda: NOW)


def refused(at: datetime | None, before: list[datetime]) -> str:
    with pytest.raises(OneIDError) as caught:
        clocks.moment(at, before)
    return caught.value.code


def test_the_time_of_a_run() -> None:
    """Now, or what is given; never before the last run, nor in the future; what was in the future is no floor."""
    assert clocks.moment(None, []) == NOW
    assert clocks.moment(None, [NOW - DAY]) == NOW
    assert clocks.moment(None, [NOW + HOUR]) == NOW + HOUR
    assert clocks.moment(None, [NOW - DAY, AHEAD]) == NOW
    assert clocks.moment(None, [NOW + HOUR, AHEAD]) == NOW + HOUR
    assert clocks.moment(NOW - DAY, [NOW - 2 * DAY]) == NOW - DAY
    assert clocks.moment(NOW + 20 * HOUR, []) == NOW + 20 * HOUR
    assert clocks.moment(NOW + 2 * DAY, [NOW + DAY]) == NOW + 2 * DAY
    assert clocks.moment(NOW, [AHEAD]) == NOW
    assert refused(NOW, [NOW]) == refused(NOW - HOUR, [NOW]) == "E625"
    assert refused(NOW + 25 * HOUR, [NOW]) == refused(AHEAD, []) == refused(AHEAD, [NOW - DAY]) == "E625"
    assert refused(None, [AHEAD]) == "E643"
    assert refused(datetime(2026, 1, 1), []) == "E609"


def runs(*rows: tuple[int, datetime, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RUNS, orient="row")


def test_decisions_of_a_run_in_the_future_are_as_old_as_those_around_it() -> None:
    """That is the run that took them in, or else the next one; without one their time is not known."""
    known = runs((1, NOW - 3 * DAY, None), (2, AHEAD, None), (3, NOW - DAY, None), (4, AHEAD, None))
    rows = [("2026-11-27", 1), ("9999-12-31", 1), (AHEAD.isoformat(), 2), (AHEAD.isoformat(), 4), (None, 4)]
    decided = pl.DataFrame(rows, schema={"at": pl.String, "run": pl.UInt32}, orient="row")
    first, third = ((NOW - days * DAY).isoformat() for days in (3, 1))
    assert clocks.believed(decided, known)["at"].to_list() == ["2026-11-27", first, third, None, None]
    assert clocks.believed(decided.head(1), known)["at"].to_list() == ["2026-11-27"]


def test_days_of_the_data() -> None:
    """The last one that was told counts; those without an order, or of the future, tell nothing."""
    known = runs((1, NOW, "2026-9-30"), (2, NOW, None), (3, NOW, "latest"), (4, NOW, "2036-01-01"))

    def told(day: str, *stated: str) -> str | None:
        try:
            clocks.refuse_day(day, stated, known)
        except OneIDError as error:
            return error.code
        return None

    assert [told(day) for day in ("2026-10-1", "2026-09-30", "20261130")] == [None] * 3
    assert [told(day) for day in ("2026-9-29", "2026年9月29日", "2026-08")] == ["E621"] * 3
    assert [told(day) for day in ("latest", "zzz")] == ["E641"] * 2
    assert told("2026-12-02") == "E642"
    assert told("first", "first", "latest") == "E621"
    assert told("last", "latest", "last") is None
