"""Days of data: every spelling of a date has its place among all others; words have the one that the config states."""

from __future__ import annotations

import itertools

import pytest

from oneid.settings.configfile import from_dict
from oneid.settings.days import NUMBER, Day, day_of
from oneid.vocabulary.errors import OneIDError

SAME = [
    "2026-09-30", "2026-9-30", "2026/09/30", "2026/9/30", "2026.9.30", "2026_09_30", "20260930", "2026年9月30日",
    "令和8年9月30日", "R8.9.30", "２０２６－０９－３０", " 2026-09-30 ", "2026-W40-3", "2026W403", "30 Sep 2026",
    "30-Sep-2026", "Sep 30, 2026", "September 30 2026", "2026-sep-30",
]  # fmt: skip
RISING = [
    "2025-12-31", "20260929T2300", "2026-09-29T23:30+09:00", "2026-9-29", "2026-09-30T00", "2026093001",
    "2026-09-30 02:00", "20260930020159", "2026-09-30T01:31:00.5Z", "2026-09-30", "2026-10-1", "2026-W40", "2026-10",
    "2026年11月1日",
]  # fmt: skip
NONE = [
    "latest", "zzz", "", " ", "42", "202610", "260930", "2026-02-30", "2026-13-01", "2026-9-30T25", "0000-01-01",
    "2026-W60", "30.09.2026", "9/30/2026", "batch-9", "2026", "2026-09-30-beta", "平成99年99月1日", "١",
]  # fmt: skip


def made(text: str, stated: tuple[str, ...] = ()) -> Day:
    found = day_of(text, stated)
    assert found is not None, text
    return found


def test_spellings_of_one_day() -> None:
    """None of them is before another."""
    assert {made(text) for text in SAME} == {made("2026-09-30")}


def test_days_moments_weeks_and_months_rise() -> None:
    """Each stands for all of its time, so a day comes after the hours of it."""
    for older, newer in itertools.combinations(RISING, 2):
        assert made(older).before(made(newer)) is True, (older, newer)
        assert made(newer).before(made(older)) is False, (older, newer)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_day(text: str) -> None:
    """Neither a date nor in any order."""
    assert day_of(text) is None


def test_the_end_of_all_days() -> None:
    """It is a day, though none comes after it."""
    assert made("9999-12-31").before(made("2026-01-01")) is False


def test_an_order_that_the_config_states() -> None:
    """A list outranks dates, numbers are compared as such; days of two kinds tell nothing about one another."""
    order = ("spring", "2026-01-01", "2025-01-01")
    assert made("spring", order).before(made("2025-01-01", order)) is True
    assert made("2025-01-01", order).before(made("2026-01-01", order)) is False
    assert made("spring", order).before(made("2024-01-01", order)) is None
    assert made("9", NUMBER).before(made("10", NUMBER)) is True
    assert made("20260930", NUMBER).before(made("2026-09-30", NUMBER)) is None
    assert day_of("9" * 40, NUMBER) is None


def test_the_key_of_the_config() -> None:
    """A word, or a list of words, each once; it changes no digest."""
    base = {"sources": {"a": {"id": "id", "fields": {"name": "name"}}}}
    plain, listed = from_dict(base), from_dict({**base, "days": ["b", "a"]})
    assert (plain.days, listed.days, from_dict({**base, "days": "number"}).days) == ((), ("b", "a"), NUMBER)
    assert plain.model_dump_json() == listed.model_dump_json()
    with pytest.raises(OneIDError, match="E105"):
        from_dict({**base, "days": ["a", "a"]})
