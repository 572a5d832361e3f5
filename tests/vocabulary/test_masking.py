"""Masking: what is shared is hidden, what differs is shown, and no value is ever shown whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.vocabulary.masking import mask, mask_pair

SIGNS = set(" -/.@+:・　")
values = st.text("佐藤太郎次abc019-@. ", max_size=12)


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("佐藤太郎", "佐藤次郎", ("**太*", "**次*")),
        ("090-1111-2222", "090-1111-2223", ("***-****-***2", "***-****-***3")),
        ("1980-03-07", "1980-03-01", ("****-**-*7", "****-**-*1")),
        ("佐藤太郎", "佐藤太郎", ("****", "****")),
        ("佐藤", "佐藤太", ("**", "**太")),
        ("佐藤", "鈴木", ("**", "**")),
        ("李", "林", ("*", "*")),
        ("", "佐藤", ("", "**")),
        ("", "女", ("", "*")),
        ("taro@example.com", "satoko@mail.jp", ("t***@*******.***", "s*****@****.**")),
        ("", "0@@", ("", "*@@")),
        ("李 梅", "王 芳", ("* *", "* *")),
        ("", "", ("", "")),
    ],
)
def test_pairs(left, right, shown) -> None:
    """What differs little shows where; what differs wholly is masked each."""
    assert mask_pair(left, right) == shown


@given(values)
def test_a_masked_value_keeps_its_length_and_signs_only(value: str) -> None:
    """But for the first, where three or more are hidden."""
    hidden = mask(value)
    assert len(hidden) == len(value)
    for place, (char, shown) in enumerate(zip(value, hidden, strict=True)):
        assert shown in (char, "*")
        assert shown == "*" or char in SIGNS or (place == 0 and sum(char not in SIGNS for char in value) >= 3)


@given(values, values)
def test_no_value_is_ever_shown_whole(left: str, right: str) -> None:
    """In a pair neither value can be read, unless it has nothing to hide; both ways round alike."""
    shown = mask_pair(left, right)
    for value, seen in zip((left, right), shown, strict=True):
        assert len(seen) == len(value)
        assert seen != value or set(value) <= SIGNS
        assert all(mark in ("*", char) for char, mark in zip(value, seen, strict=True))
