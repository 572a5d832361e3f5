"""Check digits: known numbers, what each scheme finds, and the reason of those that are wrong."""

from __future__ import annotations

import string

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.kinds.catalogue import KINDS
from oneid.kinds.plain.checkdigits import SCHEMES, right
from strategies import thorough

KNOWN = {
    "luhn": "79927398713 4111111111111111 378282246310005",
    "mod10_weight3": "4901234567894 49123456 036000291452 9784101010014",
    "mod11": "0306406152 080442957X 03784371 4101010013",
    "mod97": "GB82WEST12345698765432 DE89370400440532013000 FR1420041010050500013M02606",
    "verhoeff": "2363 1234567890120 1428570",
    "damm": "5724",
    "jp_individual": "123456789018",
    "jp_corporate": "7000012050002 1180301018771 5010401067252",
}
"""Numbers printed in the standards and on things: cards, books, journals, accounts, offices."""
FINDS_EXCHANGED = ("mod11", "mod97", "verhoeff", "damm")


def holds(scheme: str, *numbers: str) -> list[bool]:
    return right(scheme, pl.Series(numbers, dtype=pl.String)).to_list()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_known_numbers(scheme: str) -> None:
    """Each is right, and wrong with any other digit in its last place but one."""
    numbers = KNOWN[scheme].split()
    assert holds(scheme, *numbers) == [True] * len(numbers)
    for number in numbers:
        others = [number[:-2] + digit + number[-1] for digit in string.digits if digit != number[-2]]
        assert sum(holds(scheme, *others)) <= scheme.startswith("jp_")  # these take 0 and 9, or rests 0 and 1, for one


@given(data=st.data(), scheme=st.sampled_from(["luhn", "mod10_weight3", "mod11", "verhoeff", "damm"]))
@settings(max_examples=thorough(80), deadline=None)
def test_a_wrong_digit_is_found(data: st.DataObject, scheme: str) -> None:
    """To any number belongs exactly one check digit; any one digit changed is found, and by some two exchanged."""
    number = data.draw(st.text(string.digits, min_size=1, max_size=9))
    digits = string.digits + ("X" if scheme == "mod11" else "")
    fits = [
        number + digit
        for digit, fit in zip(digits, holds(scheme, *(number + one for one in digits)), strict=True)
        if fit
    ]
    assert len(fits) == 1
    whole = fits[0]
    place = data.draw(st.integers(0, len(number) - 1))
    changed = [whole[:place] + digit + whole[place + 1 :] for digit in string.digits if digit != whole[place]]
    assert not any(holds(scheme, *changed))
    exchanged = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    if scheme in FINDS_EXCHANGED and whole[place] != whole[place + 1] and "X" not in exchanged[:-1]:
        assert holds(scheme, exchanged) == [False]


@given(number=st.text(string.digits, min_size=11, max_size=11))
@settings(max_examples=thorough(30), deadline=None)
def test_individual_numbers_by_the_ordinance(number: str) -> None:
    """The digit is 11 less the rest by 11 of the weighed sum, and 0 where that rest is 0 or 1."""
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(number), 1))
    digit = 0 if total % 11 <= 1 else 11 - total % 11
    assert holds("jp_individual", *(number + str(other) for other in range(10))) == [
        other == digit for other in range(10)
    ]


@given(number=st.text(string.digits, min_size=12, max_size=12))
@settings(max_examples=thorough(30), deadline=None)
def test_corporate_numbers_by_the_ordinance(number: str) -> None:
    """The digit is 9 less the rest by 9 of the digits that weigh 1 and 2 in turn, from the end."""
    total = sum(int(digit) * (1 if n % 2 else 2) for n, digit in enumerate(reversed(number), 1))
    assert holds("jp_corporate", *(f"{other}{number}" for other in range(10))) == [
        other == 9 - total % 9 for other in range(10)
    ]


def test_an_account_with_two_signs_exchanged() -> None:
    """ISO/IEC 7064 finds that too; and what has no country, or other signs, is no account."""
    assert holds("mod97", "GB28WEST12345698765432", "GB82WEST12345698765423") == [False, False]
    assert holds("mod97", "1282WEST12345698765432", "GB82WEST123456987654é2", "GB82", "GB") == [False] * 4


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_no_number(scheme: str) -> None:
    """One sign, letters, other scripts, far too long: wrong, and never raised; nothing stays nothing."""
    assert right(scheme, pl.Series(["7", "AB", "٣٤", "é", "9" * 400, "X", "1X1", None])).to_list() == [False] * 7 + [
        None
    ]
    assert right(scheme, pl.Series([], dtype=pl.String)).to_list() == []


def test_wrong_ones_have_a_reason() -> None:
    """They are not used, what people see stays; other reasons stay as well."""
    kind = KINDS["identifier"]
    assert kind.checked is not None
    frame = kind.normalize(pl.Series(["4111-1111-1111-1111", "4111-1111-1111-1112", "0000", None]))
    made = kind.checked(frame, {"check": "luhn"})
    assert made["normalized"].to_list() == ["4111111111111111", None, None, None]
    assert made["reason"].to_list() == [None, "check_digit", "placeholder", "missing"]
    assert made["display"].to_list() == frame["display"].to_list()
    assert kind.checked(frame, {}).equals(frame)
    for row in frame.iter_rows(named=True):  # one row, whose columns may have no type
        alone = kind.checked(pl.DataFrame([row]), {"check": "luhn"})
        assert (
            alone["reason"].to_list() == made.filter(pl.col("display").eq_missing(row["display"]))["reason"].to_list()
        )
