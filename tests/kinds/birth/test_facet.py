"""How far two births are apart: the slips of a pen, a miscounted year, another era, told again on texts."""

from __future__ import annotations

import numpy as np
import pytest

from oneid.kinds.birth.facet import BIRTH_LEVELS, ERA_STEPS, Births, birth

LEVELS = list(BIRTH_LEVELS)


def level(*days: tuple[int, int, int]) -> str:
    """The level of two births."""
    year, month, day = np.array(days).T
    births = Births(year.astype(np.uint16), month.astype(np.uint8), day.astype(np.uint8))
    found = birth(births, np.array([0], dtype=np.uint32), np.array([1], dtype=np.uint32))
    return LEVELS[found[0]]


def slip(a: str, b: str) -> bool:
    """Whether one digit, or the order of two neighbours, makes one text the other."""
    wrong = [at for at, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        at = wrong[0]
        return a[at] == b[at + 1] and a[at + 1] == b[at]
    return len(wrong) == 1


@pytest.mark.parametrize("apart", [*range(1, 101), 110, 200])
def test_years_apart(apart: int) -> None:
    """Of one month and day: near where the pen slipped, by one year, and by the years between eras alone."""
    for year in (1900, 1909, 1912, 1925, 1926):
        slipped = slip(str(year), str(year + apart))
        near = slipped or apart in {1, *ERA_STEPS}
        assert level((year, 3, 7), (year + apart, 3, 7)) == ("near" if near else "differs"), year
        assert level((year + apart, 3, 7), (year, 3, 7)) == ("near" if near else "differs"), year
        if not slipped:
            assert level((year, 3, 7), (year + apart, 3, 8)) == "differs", "two slips"


def test_steps_between_eras() -> None:
    """Taisho, Showa, Heisei and Reiwa begin so many years after one another (1912, 1926, 1989, 2019)."""
    begun = (1868, 1912, 1926, 1989, 2019)
    assert set(ERA_STEPS) <= {later - earlier for earlier in begun for later in begun if later > earlier}


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ((1980, 3, 7), (1980, 7, 3), "near"),
        ((1980, 3, 7), (1981, 7, 3), "differs"),
        ((1980, 12, 7), (1980, 7, 12), "near"),
        ((1980, 3, 12), (1980, 3, 21), "near"),
        ((1980, 1, 20), (1980, 2, 11), "differs"),
        ((1980, 3, 7), (1980, 3, 7), "equal"),
        ((1980, 3, 0), (1980, 3, 7), "partial_equal"),
        ((1980, 0, 0), (1980, 3, 7), "partial_weak"),
        ((1980, 3, 0), (1981, 3, 7), "differs"),
        ((0, 0, 0), (1981, 3, 7), "missing"),
    ],
)
def test_levels(one: tuple[int, int, int], other: tuple[int, int, int], said: str) -> None:
    assert level(one, other) == level(other, one) == said
