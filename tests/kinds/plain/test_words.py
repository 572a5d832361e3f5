"""The words of texts, one by one as in columns, and what two texts share of them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.kinds.plain.words import held_words, shared, words_of, words_of_place
from oneid.kinds.texts import Text
from oneid.vocabulary.codes import code
from strategies import thorough


def place(texts: list[str | None]) -> Text:
    values = pl.Series(texts, dtype=pl.String)
    return Text(code(values), values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tokyo-Tower, tokyo", "tokyo tower"),
        ("東京タワーの展望台", "東京 タワー の 展望台"),
        ("霞ヶ関ビル 36F", "霞ヶ関 ビル 36f"),
        ("らーめん二郎", "らーめん 二郎"),
        ("ジョン・スミス", "ジョン スミス"),
        ("佐々木〆", "佐々木〆"),
        ("Привет мир_mира", "привет мир mира"),
        ("B棟201号室", "b 棟 201 号室"),
        ("?!・", ""),
        ("", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    """By blanks, punctuation and script, in lower case, each once; a column gives the same."""
    assert words_of([text]) == [tuple(words.split())]
    many = words_of_place(place([text or None, *(f"{number}" for number in range(100))]))
    begin, end = many.starts[many.of[0]], many.starts[many.of[0] + 1]
    assert many.codes[begin:end].tolist() == code(pl.Series(words.split(), dtype=pl.String)).tolist()


_LETTERS = st.sampled_from("aZ9 _-ßİΣσς々ー〆ヶカか゛漢字・。①Ⅷㇷ゚한國")


@given(texts=st.lists(st.text(_LETTERS, max_size=8) | st.text(max_size=8), min_size=1, max_size=30))
@example(texts=["ΑΣ", "İ", "ß"])
@settings(max_examples=thorough(60), deadline=None)
def test_one_by_one_as_in_columns(texts: list[str]) -> None:
    """Few texts are read in Python, many as a column: to the same words."""
    texts = [text.encode(errors="replace").decode() for text in texts]
    some = words_of_place(place([text or None for text in texts]))
    filler = [f"w{number}" for number in range(100)]
    many = words_of_place(place([*(text or None for text in texts), *filler]))
    for row in range(len(texts)):
        mine, theirs = (
            words.codes[words.starts[words.of[row]] : words.starts[words.of[row] + 1]].tolist()
            for words in (some, many)
        )
        assert mine == theirs


def test_a_record_holds_each_word_once() -> None:
    """Though two of its values, or one value twice, have it; and words of nothing are none."""
    one, two = words_of_place(place(["b a b", None, "c"])), words_of_place(place(["a d", "x", None]))
    held = held_words([one, two])
    names = dict(zip(code(pl.Series(list("abcdx"))).tolist(), "abcdx", strict=True))
    assert sorted((row, names[word]) for word, row in zip(held.codes.tolist(), held.rows.tolist(), strict=True)) == [
        (0, "a"), (0, "b"), (0, "d"), (1, "x"), (2, "c"),
    ]  # fmt: skip


@pytest.mark.parametrize("piece", [1, 2, 1000])
def test_what_is_shared(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights of the words of both, and of either, however many pairs are looked at together."""
    monkeypatch.setattr("oneid.kinds.plain.words._PIECE", piece)
    words = words_of_place(place(["a b c", "c d", "?", None]))
    weight = dict(zip(code(pl.Series(list("abcd"))).tolist(), (1, 2, 4, 8), strict=True))
    words = words.weighed(np.array([weight[word] for word in words.codes.tolist()]))
    left, right = words.of[np.array([0, 0, 0])], words.of[np.array([1, 0, 2])]
    common, every = shared(words, words, left, right)
    assert common.tolist() == [4, 7, 0]
    assert every.tolist() == [15, 7, 7]
