"""Words of foreign names matched with words, and runs of kana or Latin letters with the kanji that they stand for."""

from __future__ import annotations

import random

import pytest

from oneid.kinds.name.matching import mixed, words
from oneid.kinds.name.matching.words import agreement, generation, words_of

AGREEMENT = {
    words.NOTHING: [("김 민수", "John Michael Smith")],
    words.DIFFER: [("Maria Fernanda Oliveira", "Anna Paula Costa")],
    words.FAMILY: [
        ("John Michael Smith", "John Paul Smith"), ("Maria da Silva", "Maria da Costa"),
        ("Nguyen Van An", "Nguyen Thi An"), ("Smith John A", "Smith Jim B"),
        ("Maria Fernanda Oliveira", "Oliv Maria Fernanda"),
        ("Maria Fernanda Oliveira Santos", "Maria Fernanda Oliv"),
    ],
    words.PART: [
        ("Anna Maria Rossi", "Anna Maria Rossi Bianchi"), ("John M Smith", "John Michael Smith"),
        ("Maria Fernanda Oliveira", "Maria Fernanda Oliv"), ("Maria Fernanda Oliveira", "Maria Fernanda Ol"),
        ("Maria Fernanda Oliveira", "Maria Fernanda O"), ("Dela Cruz Juan", "Juan Delacruz Santos"),
        ("Van der Berg Anna", "Vanderberg Anna Maria"), ("Lee Min Ho", "Lee Minho Soo"),
    ],
    words.SOUND: [("John Michael Smith", "ジョン マイケル スミス")],
    words.SAME: [
        ("John Michael Smith", "SMITH, JOHN MICHAEL"), ("Anna Maria Rossi", "アンナ マリア ロッシ"),
        ("Juan de la Cruz", "Cruz Juan Dela"), ("Ana Dela Cruz Van der Berg", "Ana Delacruz Vanderberg"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("level", "a", "b"), [(level, *pair) for level, pairs in AGREEMENT.items() for pair in pairs])
def test_how_foreign_names_agree(level: int, a: str, b: str) -> None:
    """Whichever comes first; nothing is left of whom one word of theirs is taken for twice."""
    one, other = words_of(a), words_of(b)
    assert one is not None
    assert other is not None
    assert agreement(one, other) == agreement(other, one) == level


def test_words_in_any_order_are_the_same_name() -> None:
    """However many there are."""
    tokens = ["Maria", "Fernanda", "dos", "Santos", "Oliveira"]
    one, dice = words_of(" ".join(tokens)), random.Random(1)
    for _ in range(10):
        dice.shuffle(tokens)
        assert agreement(one, words_of(" ".join(tokens))) == words.SAME  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "count", "of"),
    [
        ("John Smith", 0, None), ("John Michael Smith", 3, None), ("John Smith, Jr.", 2, "jr"),
        ("Mr. John Smith", 0, None),
        ("John Michael Smith III", 3, "iii"), ("John Smith 2nd Sr", 2, "sr"), ("Junior Silva", 0, None),
        ("J M S", 0, None), ("O'Brien Mary-Jane Ann", 3, None), ("김민수", 2, None), ("김민", 0, None),
        ("ヤ マ ダ", 0, None),
        ("ジョン・スミス・ジュニア", 2, "jr"), ("", 0, None),
    ],
)  # fmt: skip
def test_words_of_a_name(text: str, count: int, of: str | None) -> None:
    """Three and more, or two before a generation; titles are no words."""
    assert len((words_of(text) or "").split()) == count
    assert generation(text) == of


RUNS = {
    mixed.SAME: [
        "さち子 幸子", "サチ子 幸子", "幸こ 幸子", "さちこ 幸子", "さち子 祥子", "まり子 茉莉子", "み子 美子",
        "恵ミ 恵美", "えみり美 恵美里美", "julia恵美 ジュリア恵美", "一ノ瀬 一之瀬", "恵理 恵り",
    ],
    mixed.PARTLY: ["ジュリア恵美 恵美", "恵美ジュリア 恵美", "ジュリア恵美 ジュリア"],
    mixed.OTHER: [
        "さち子 幸恵", "さち子 さち恵", "さち子 良子", "A恵美 恵美", "由美えみ 恵美", "ジュリア恵美 ジュリアン恵美",
        "りえ子 理恵", "さち子 子", "幸子 子", "さち 幸子子", "子さち 幸子",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("level", "pair"), [(level, pair) for level, pairs in RUNS.items() for pair in pairs])
def test_runs_of_kana_among_kanji(level: int, pair: str) -> None:
    """They stand for what may be read so; whichever comes first."""
    a, b = pair.split()
    assert mixed.agree(a, b) == mixed.agree(b, a) == level
