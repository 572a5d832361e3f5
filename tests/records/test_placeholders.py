"""Values that a column's own statistics betray: never families or true days, always what forms fill in."""

from __future__ import annotations

import datetime
import random

import polars as pl
import pytest

from oneid.records.placeholders import COLUMN_PLACEHOLDER, column_placeholders


def people(count: int, seed: int = 1) -> tuple[list[str | None], list[str | None]]:
    """Births of 80 years and names, of which some are common, as a column of true records has them."""
    dice = random.Random(seed)
    first = datetime.date(1930, 1, 1)
    births = [(first + datetime.timedelta(days=dice.randrange(29_220))).isoformat() for _ in range(count)]
    names = [f"{int(dice.paretovariate(0.6)) % 4000} {int(dice.paretovariate(0.5)) % 5000}" for _ in range(count)]
    return births, names


def betrayed(values: list[str | None], names: list[str | None], *, dates: bool = True) -> list[str]:
    found = column_placeholders(pl.Series(values, dtype=pl.String), pl.Series(names, dtype=pl.String), dates=dates)
    assert found.columns == ["value", "rows", "names", "reason"]
    assert set(found["reason"]) <= {COLUMN_PLACEHOLDER}
    return found["value"].to_list()


@pytest.mark.parametrize("count", [0, 1, 1000, 30_000])
def test_true_births_stand(count):
    """No true column is touched, whatever its size."""
    assert betrayed(*people(count)) == []


@pytest.mark.parametrize("count", [5000, 50_000])
def test_one_in_a_hundred(count):
    """One row of a hundred put to one day is found, and only that day."""
    births, names = people(count)
    births = ["1980-01-01" if at % 100 == 0 else day for at, day in enumerate(births)]
    assert betrayed(births, names) == ["1980-01-01"]


def test_few_names_are_no_placeholder():
    """One person's many records, a family's phone and up to thirty names are let go; the thirty-first is too many."""
    assert betrayed(["1980-03-07"] * 500, ["佐藤花子"] * 500) == []
    assert betrayed(["+81312345678"] * 900, [str(at % 31) for at in range(900)], dates=False) == ["+81312345678"]
    assert betrayed(["+81312345678"] * 900, [str(at % 30) for at in range(900)], dates=False) == []


def test_names_must_be_as_different_as_those_of_strangers():
    """Forty names among four thousand rows of one value are a club; among strangers there would be thousands."""
    club = ["+81312345678"] * 4000, [f"club {at % 40}" for at in range(4000)]
    others = [f"+8190{at:08}" for at in range(4000)], [f"stranger {at}" for at in range(4000)]
    assert betrayed(club[0] + others[0], club[1] + others[1], dates=False) == []


def test_a_popular_day_is_measured_against_the_days_around():
    """Forty people born on one day are too many in a thin decade, but not where ten are born every day."""
    thin, names = people(2000)
    extra = ["1980-01-02"] * 40
    assert betrayed(thin + extra, names + [f"x{at}" for at in range(40)]) == ["1980-01-02"]
    days = [datetime.date(1979, 1, 1) + datetime.timedelta(days=step) for step in range(1000)]
    crowd = [day.isoformat() for day in days for _ in range(10)]
    assert betrayed(crowd + extra, [str(at) for at in range(len(crowd) + 40)]) == []


def test_new_year_of_all_years():
    """Years written as January 1 fall together, though no single day is too frequent; a few such births do not."""
    births, names = people(6000)
    heaped = [f"{day[:4]}-01-01" if at % 20 == 0 else day for at, day in enumerate(births)]
    found = betrayed(heaped, names)
    assert len(found) > 60
    assert all(day.endswith("-01-01") for day in found)
    assert betrayed(["1980-01-01", "1985-01-01", *births[:300]], ["a", "b", *names[:300]]) == []
    only_new_year = [f"{1930 + at % 80}-01-01" for at in range(400)]
    assert betrayed(only_new_year, [str(at) for at in range(400)]) == []


def test_unknown_is_not_counted():
    """Rows without a value or a name say nothing; what is no ISO date is judged by its count alone."""
    assert betrayed([None] * 100, [str(at) for at in range(100)]) == []
    assert betrayed(["1980-01-01"] * 100, [None] * 100) == []
    assert betrayed(["no day"] * 100, [str(at) for at in range(100)]) == ["no day"]


def test_order_does_not_matter():
    """The same rows in another order give the same answer, the most frequent first."""
    values = ["a"] * 40 + ["b"] * 50 + [f"v{at}" for at in range(50)]
    names = [str(at) for at in range(140)]
    assert betrayed(values, names, dates=False) == ["b", "a"]
    assert betrayed(values[::-1], names, dates=False) == ["b", "a"]
