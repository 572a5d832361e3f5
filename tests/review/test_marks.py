"""What differs is marked to the character; masked, nothing else is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.review.marks import aligned, lines, marked
from oneid.vocabulary.masking import mask, mask_pair

TEXT = st.text(st.sampled_from("佐藤太郎次090-1@."), max_size=12)


@given(TEXT, TEXT)
def test_nothing_is_lost(left: str, right: str) -> None:
    """Shown, the parts are the values; what is not marked stands on both sides."""
    found = marked(left, right, show_pii=True)
    assert ["".join(text for text, _ in side) for side in (found.left, found.right)] == [left, right]
    shared = ["".join(text for text, differs in side if not differs) for side in (found.left, found.right)]
    assert found.same == (left == right)
    if left and right:
        assert shared[0] == shared[1]


@given(TEXT, TEXT)
def test_masked_shows_no_more_than_masking_does(left: str, right: str) -> None:
    found = marked(left, right, show_pii=False)
    texts = tuple("".join(text for text, _ in side) for side in (found.left, found.right))
    if left and right and left != right:
        assert texts == mask_pair(left, right)
    else:
        assert texts == (mask(left), mask(right))


def test_lines() -> None:
    """Equal values first, then those most alike, then those of one side alone."""
    assert aligned(["a1", "b2", "c3"], ["b9", "a1"]) == [("a1", "a1"), ("b2", "b9"), ("c3", "")]
    found = lines(["佐藤 太郎"], ["佐藤 次郎", "x"], show_pii=True)
    assert found[0].left == (("佐藤 ", False), ("太", True), ("郎", False))
    assert found[1].left == ()


@pytest.mark.parametrize("sign", ["\x1b", "\u202e", "\n"])
def test_signs_that_turn_text_are_shown(sign: str) -> None:
    found = marked(f"a{sign}b", "ab", show_pii=True)
    assert "".join(text for text, _ in found.left) == "a\N{REPLACEMENT CHARACTER}b"
